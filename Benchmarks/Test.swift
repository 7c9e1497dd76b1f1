import CellInterface
import Cycling
import Electrochemistry

/// A cycler's test on the LG M50 cell, recorded in memory.
struct Test: Work {
  enum Name { case cccv, cycles, gitt }

  let cell: Cell
  let test: TestProtocol
  let reference: ReferenceCurve?

  init(_ name: Name) throws {
    cell = try CellFile(path: "cells/lg-m50.json").cell
    let text: String
    switch name {
    case .cccv:
      reference = try ReferenceCurve("chen2020_cccv")
      text = """
        steps:
          - {discharge: 1C, until: [V <= Vmin], record: {dt: 20 s}}
          - {rest: 1 h, record: {dt: 30 s}}
          - {charge: C/2, until: [V >= Vmax], record: {dt: 30 s}}
          - {hold: Vmax, until: [I <= C/20], record: {dt: 30 s}}
          - {rest: 1 h, record: {dt: 30 s}}
        """
    case .cycles:
      reference = nil
      text = """
        steps:
          - loop:
              repeat: 100
              steps:
                - {discharge: 1C, until: [V <= Vmin]}
                - {charge: C/2, until: [V >= Vmax]}
                - {hold: Vmax, until: [I <= C/20]}
        """
    case .gitt:
      reference = try ReferenceCurve("chen2020_gitt")
      text = """
        steps:
          - loop:
              repeat: 20
              steps:
                - {discharge: C/2, until: [t >= 300 s], record: {dt: 5 s}}
                - {rest: 3300 s, record: {dt: 30 s}}
        """
    }
    // The standard rule would also follow the voltage.
    test = try TestProtocol(text: "name: \(name)\ndefaults: {record: {dt: 60 s}}\n" + text, file: "\(name)")
  }

  func perform(as job: Job, _ clock: inout Clock) throws -> Outcome {
    let simulation = try SimulatedCell(
      cell, stateOfCharge: 1, mesh: job.mesh, relativeTolerance: job.tolerance, solver: job.solver)
    let trace = Trace()
    let summary = try clock.run { try Cycler(cell: simulation, test: test, output: trace).run() }
    guard summary.status == .completed else { throw Job.Mistake("\(test.name): \(summary.reason ?? "not completed")") }
    return Outcome(of: simulation, error: reference.map { trace.deviation(from: $0) })
  }
}

/// Keeps the records.
private final class Trace: RecordOutput {
  private var records: [Record] = []

  func write(_ record: Record) { records.append(record) }
  func stepEnded() {}
  func advanced() {}

  /// At the instants that both have.
  func deviation(from reference: ReferenceCurve) -> Deviation {
    var deviation = Deviation()
    var next = 0
    for step in 1...reference.rows.last!.step {
      for row in reference.inside(step: step) {
        while next < records.count, (records[next].position.stepCount, records[next].stepTime) < (step, row.time - 1e-3)
        {
          next += 1
        }
        guard next < records.count, records[next].position.stepCount == step,
          abs(records[next].stepTime - row.time) < 1e-3
        else { continue }
        deviation.add(records[next].reading.voltage - row.voltage, at: row.time)
      }
    }
    return deviation
  }
}
