import CellInterface
import Electrochemistry
import Testing

/// Our porous-electrode model against converged solutions of independent solvers: References/README.md says which.
///
/// The bounds on the standard mesh are what a user may count on; with four times as many volumes and intervals the
/// error of second order must have fallen to less than a tenth.
@Suite struct CrossCodeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var reference: String
    var cell: String
    /// RMS deviation of the voltage in mV on the standard mesh, and with each count × 4 (nil: the reference itself is
    /// not that accurate).
    var bound: Double
    var refinedBound: Double?
    /// What each step of the reference imposes, and what ends it; without an end it lasts as long as the reference's.
    var steps: [Step]
    var testDescription: String { reference }
  }

  struct Step: Sendable {
    var control: Control
    var end: End = .duration
    /// Bound on the relative deviation of the duration.
    var durationBound = 5e-4

    enum End: Sendable {
      case duration
      case voltage(Double)
      /// Magnitude of the current in A.
      case current(Double)
    }
  }

  static func discharge(_ current: Double, to voltage: Double) -> [Step] {
    // A discharge capacity within 0.02 % at constant current is a duration within 0.02 %.
    [Step(control: .current(-current), end: .voltage(voltage), durationBound: 2e-4)]
  }

  static let cases = [
    Case(
      reference: "chen2020_C20", cell: "lg-m50", bound: 0.5, refinedBound: 0.05,
      steps: discharge(0.25, to: 2.5)),
    Case(reference: "chen2020_1C", cell: "lg-m50", bound: 0.5, refinedBound: 0.05, steps: discharge(5, to: 2.5)),
    Case(
      reference: "chen2020_cccv", cell: "lg-m50", bound: 0.5, refinedBound: 0.05,
      steps: discharge(5, to: 2.5) + [
        Step(control: .current(0)),
        Step(control: .current(2.5), end: .voltage(4.2)),
        Step(control: .voltage(4.2), end: .current(0.25), durationBound: 1.5e-3),
        Step(control: .current(0)),
      ]),
    Case(
      reference: "chen2020_gitt", cell: "lg-m50", bound: 0.5, refinedBound: 0.05,
      steps: (0..<20).flatMap { _ in [Step(control: .current(-2.5)), Step(control: .current(0))] }),
    Case(
      reference: "marquis2019_1C", cell: "marquis2019", bound: 0.5, refinedBound: 0.05,
      steps: discharge(0.680616, to: 3.105)),
    Case(
      reference: "ecker2015_1C", cell: "ecker2015", bound: 0.5, refinedBound: 0.05,
      steps: discharge(0.15625, to: 2.5)),
    Case(
      reference: "prada2013_1C", cell: "prada2013", bound: 0.5, refinedBound: 0.05,
      steps: discharge(2.3, to: 2.0)),
    Case(reference: "nmc111_1C", cell: "nmc111-graphite-pouch", bound: 0.5, steps: discharge(12.5, to: 2.7)),
    Case(reference: "nmc111_C20", cell: "nmc111-graphite-pouch", bound: 0.5, steps: discharge(0.625, to: 2.7)),
    Case(reference: "lfp_1C", cell: "lfp-graphite-18650", bound: 1.5, steps: discharge(2, to: 2.0)),
  ]

  @Test(arguments: cases) func standardMesh(_ case: Case) throws {
    let deviation = try follow(`case`, mesh: .standard)
    #expect(deviation.rootMeanSquare * 1e3 <= `case`.bound)
  }

  @Test(arguments: cases.filter { $0.refinedBound != nil })
  func fourTimesAsFine(_ case: Case) throws {
    let deviation = try follow(`case`, mesh: Mesh.standard.refined(by: 4))
    #expect(deviation.rootMeanSquare * 1e3 <= `case`.refinedBound!)
  }

  /// Runs the steps and compares the voltages at the reference's times in each step.
  private func follow(_ case: Case, mesh: Mesh) throws -> Deviation {
    let reference = try ReferenceCurve(`case`.reference)
    let cell = try SimulatedCell(ReferenceCurve.cell(`case`.cell), mesh: mesh)
    var deviation = Deviation()
    for (index, step) in `case`.steps.enumerated() {
      let rows = reference.rows.filter { $0.step == index + 1 }
      try follow(step, rows: rows, referenceStart: rows[0].step == 1 ? 0 : rows[0].time, cell, &deviation)
    }
    return deviation
  }

  private func follow(
    _ step: Step, rows: [ReferenceCurve.Row], referenceStart: Double, _ cell: SimulatedCell,
    _ deviation: inout Deviation
  ) throws {
    let start = cell.reading.time
    let referenceDuration = rows.last!.time - referenceStart
    var limits: [Limit] = []
    switch step.end {
    case .duration: break
    case .voltage(let voltage):
      let sign = cell.reading.voltage > voltage ? 1.0 : -1.0
      limits = [{ sign * ($0.voltage - voltage) }]
    case .current(let current): limits = [{ abs($0.current) - current }]
    }
    let end = limits.isEmpty ? start + referenceDuration : .infinity
    try cell.impose(step.control, limits: limits)
    var next = 0
    func compare() {
      while next < rows.count, start + rows[next].time - referenceStart <= cell.reading.time {
        let time = start + rows[next].time - referenceStart
        deviation.add(cell.reading(at: time).voltage - rows[next].voltage)
        next += 1
      }
    }
    compare()
    var outcome = StepOutcome.advanced
    while outcome == .advanced {
      outcome = try cell.step(to: end)
      compare()
    }
    let duration = cell.reading.time - start
    #expect(abs(duration / referenceDuration - 1) <= step.durationBound)
    if case .voltage(let voltage) = step.end { #expect(abs(cell.reading.voltage - voltage) < 1e-4) }
  }
}
