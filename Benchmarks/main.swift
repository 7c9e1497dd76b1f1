import CellInterface
import Electrochemistry
import Foundation
import Integration

let file = try CellFile(path: CommandLine.arguments[1])
var mesh = Mesh(CommandLine.arguments[2])!
if let order = ProcessInfo.processInfo.environment["ORDER"] { mesh.radialOrder = Int(order)! }
let tolerance = Double(CommandLine.arguments[3])!
let repeats = Int(CommandLine.arguments[4])!
let solver: SimulatedCell.Solver = CommandLine.arguments.count > 5 ? .sparse : .structured
var times: [Double] = []
var stats: IDA.Statistics?
func cpu() -> Double {
  var t = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t)
  return Double(t.tv_sec) + 1e-9 * Double(t.tv_nsec)
}
var end = 0.0
for _ in 0..<repeats {
  let t0 = cpu()
  let cell = try SimulatedCell(file.cell, stateOfCharge: 1, mesh: mesh, relativeTolerance: tolerance, solver: solver)
  let t1 = cpu()
  try cell.impose(.current(-file.cell.nominalCapacity), limits: [{ $0.voltage - 2.5 }])
  var last = cell.statistics
  while case .advanced = try cell.step(to: 1e9) {
    if repeats == 1 {
      let now = cell.statistics
      print(cell.reading.time, now.newtonIterations - last.newtonIterations, now.factorisations - last.factorisations, now.errorTestFailures, now.newtonFailures, cell.reading.voltage)
      last = now
    }
  }
  times.append(cpu() - t1)
  if repeats == 1 { print("setup", t1 - t0) }
  stats = cell.statistics
  end = cell.reading.time
}
print(String(format: "%.3f ms", 1000 * times.sorted()[times.count / 2]), "min", 1000 * times.min()!, end, stats!)
