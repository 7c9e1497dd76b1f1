import ArgumentParser
import CellInterface
import Cycling
import Documents
import Electrochemistry

/// `spinodal check`: are these files right, and what do they say?
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Validate cells and protocols, or compare a cell with its own measured data.",
    discussion: """
      Says for each file what it is, or what is wrong in it: file, line, column, key and what would be right.

      Example:
        spinodal check cells/nmc111-graphite-pouch.json protocols/cccv.yaml
        spinodal check --measured cells/nmc111-graphite-pouch.json
      """)

  @Argument(help: "Cells (BPX, *.json) and protocols (*.yaml).")
  var files: [String]

  @Flag(help: "Simulate the measured experiments in the `Validation` section of each cell and print the deviation.")
  var measured = false

  @OptionGroup var solver: SolverOptions

  mutating func run() throws {
    var failures = 0
    for file in files {
      do {
        try check(file)
      } catch let error as DocumentError {
        complain("error: \(error)")
        failures += 1
      }
    }
    if failures > 0 {
      throw Failure(status: .badInput, message: "\(failures) of \(files.count) files cannot be used")
    }
  }

  private func check(_ path: String) throws {
    // A cell has a header; where there is none, the ending of the name says what was meant.
    let document = path.hasSuffix(".txt") ? nil : try DocumentNode(path: path)
    let isProtocol =
      document.map { $0["steps"] != nil || $0["method"] != nil || path.hasSuffix(".yaml") || path.hasSuffix(".yml") }
      ?? true
    if document?["Header"] == nil, isProtocol {
      let test = try TestProtocol(path: path)
      try test.checkCanRun()
      print("\(path): a protocol, '\(test.name)'")
      for remark in test.remarks.texts { complain("note: \(remark)") }
      return
    }
    let file = try CellFile(path: path)
    for warning in file.warnings { complain("warning: \(warning)") }
    print("\(path): a cell, '\(file.cell.title)'")
    if measured { try compareWithMeasured(file, path: path) }
  }

  private func compareWithMeasured(_ file: CellFile, path: String) throws {
    guard !file.validation.isEmpty else {
      throw Failure(status: .badInput, message: "\(path): has no `Validation` section with measured data")
    }
    let mesh = try solver.parsedMesh()
    let tolerance = try solver.checkedTolerance()
    var rows = [["measured", "points", "RMS deviation/mV", "largest/mV"]]
    for experiment in file.validation {
      let comparison: MeasuredComparison
      do {
        comparison = try MeasuredComparison(
          experiment, SimulatedCell(file.cell, mesh: mesh, relativeTolerance: tolerance))
      } catch {
        throw Failure(
          status: .stoppedEarly, message: "\(path): '\(experiment.name)' cannot be simulated: \(error)")
      }
      rows.append([
        experiment.name, "\(comparison.pointCount)", fixed(comparison.rootMeanSquare * 1e3, 1),
        fixed(comparison.largest * 1e3, 1),
      ])
    }
    print(table(rows))
    print("The model against measured voltages: this tells about the parameter set. The first point, measured")
    print("before the current flows, is left out.")
  }
}

/// A measured voltage curve beside the simulated one, under the measured current.
struct MeasuredComparison {
  private(set) var pointCount = 0
  /// In V.
  private(set) var rootMeanSquare = 0.0
  private(set) var largest = 0.0

  init(_ experiment: Experiment, _ cell: SimulatedCell) throws {
    var sum = 0.0
    for i in 1..<experiment.time.count {
      // Each current flows from its own point to the next.
      if i == 1 || experiment.current[i - 1] != experiment.current[i - 2] {
        try cell.impose(.current(experiment.current[i - 1]), limits: [])
      }
      let end = experiment.time[i] - experiment.time[0]
      while cell.reading.time < end, try cell.step(to: end) != .reachedEnd {}
      let deviation = abs(cell.reading.voltage - experiment.voltage[i])
      sum += deviation * deviation
      largest = max(largest, deviation)
      pointCount += 1
    }
    rootMeanSquare = (sum / Double(pointCount)).squareRoot()
  }
}
