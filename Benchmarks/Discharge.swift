import CellInterface
import Electrochemistry

/// A discharge at 1C from full to the lower cut-off voltage, and the voltage at each time of a reference.
struct Discharge: Work {
  let cell: Cell
  let reference: ReferenceCurve
  let times: [Double]

  /// - Parameter mechanics: nil for particles without strain; else of both electrodes.
  init(
    cell name: String, reference: String, form: Job.Form = .dilute,
    mechanics: (negative: Mechanics, positive: Mechanics)? = nil
  ) throws {
    var cell = try CellFile(path: "cells/\(name).json").cell
    for (side, mechanics) in [(\Cell.negative, mechanics?.negative), (\.positive, mechanics?.positive)] {
      guard case .porous(var electrode) = cell[keyPath: side] else { continue }
      for i in electrode.materials.indices {
        try Self.apply(form, mechanics, to: &electrode.materials[i])
      }
      cell[keyPath: side] = .porous(electrode)
    }
    self.cell = cell
    self.reference = try ReferenceCurve(reference)
    times = self.reference.inside(step: 1).map(\.time)
  }

  private static func apply(_ form: Job.Form, _ mechanics: Mechanics?, to material: inout ActiveMaterial) throws {
    if form == .graded {
      material.diffusivity = try MaterialFunction(expression: "\(material.diffusivity(0.5)) * (1.2 - 0.4 * x)")
    }
    guard var mechanics else { return }
    switch form {
    case .dilute, .graded: break
    case .consistent: mechanics.flux = .consistent
    case .activated:
      (mechanics.diffusionActivationVolume, mechanics.reactionActivationVolume) = (2e-6, 1e-6)
    case .layered:
      mechanics.modulusRatio = try MaterialFunction(expression: "1.2 - 0.4 * x").tabulated(over: 0...1)
    }
    material.mechanics = mechanics
  }

  func perform(as job: Job, _ clock: inout Clock) throws -> Outcome {
    let simulation = try SimulatedCell(
      cell, stateOfCharge: 1, mesh: job.mesh, relativeTolerance: job.tolerance, solver: job.solver)
    let voltages = try clock.run {
      try discharge(simulation, at: cell.nominalCapacity, readingAt: times)
    }
    var error = Deviation()
    for (row, voltage) in zip(reference.rows, voltages) { error.add(voltage - row.voltage, at: row.time) }
    return Outcome(of: simulation, error: error, curve: voltages)
  }
}

/// Never inlined: the instruction counter begins and ends here.
@inline(never)
func discharge(_ cell: SimulatedCell, at current: Double, readingAt times: [Double]) throws -> [Double] {
  let lowest = cell.voltageWindow.lowerBound
  try cell.impose(.current(-current), limits: [{ $0.voltage - lowest }])
  var voltages = [cell.reading.voltage]
  voltages.reserveCapacity(times.count)
  while true {
    let outcome = try cell.step(to: 2 * 3600)
    while voltages.count < times.count, times[voltages.count] <= cell.reading.time {
      voltages.append(cell.reading(at: times[voltages.count]).voltage)
    }
    if outcome != .advanced { return voltages }
  }
}
