import CellInterface
import Cycling
import Electrochemistry
import Foundation
import Testing

/// Protocols on published cells, as the README runs them, with few volumes.
@Suite struct ProtocolsOnCells {
  private static let mesh = Mesh(negative: 5, separator: 3, positive: 5, radial: 8)

  private func cell(_ name: String) throws -> SimulatedCell {
    try SimulatedCell(ReferenceCurve.cell(name), stateOfCharge: 1, mesh: Self.mesh)
  }

  private func run(_ test: TestProtocol, on name: String) throws -> (summary: RunSummary, records: [Record]) {
    let output = Records()
    return (try Cycler(cell: cell(name), test: test, output: output).run(), output.records)
  }

  private func shipped(_ name: String) throws -> TestProtocol {
    let root = URL(filePath: #filePath).pathComponents.dropLast(3).joined(separator: "/")
    return try TestProtocol(path: root + "/protocols/\(name).yaml")
  }

  @Test(arguments: ["lg-m50", "nmc111-graphite-pouch", "lfp-graphite-18650"])
  func pulsesAtEveryStateOfCharge(cell name: String) throws {
    let (summary, records) = try run(shipped("hppc"), on: name)
    #expect(summary.status == .completed, "\(summary.reason ?? "")")
    let pulses = summary.steps.filter { $0.type == .pulse }
    #expect(pulses.count == 9)
    // A pulse lasts as long as it should, but where charging takes the cell to its cut-off before.
    let window = try ReferenceCurve.cell(name).voltageWindow
    for pulse in pulses {
      #expect(abs(pulse.duration - 100) < 1e-9 || abs(pulse.endVoltage - window.upperBound) < 1e-6)
    }
    #expect(pulses.dropFirst().allSatisfy { abs($0.duration - 100) < 1e-9 })
    let last = try #require(records.last)
    #expect(abs(last.reading.voltage - window.lowerBound) < 1e-6)
    #expect(summary.steps.last?.label == "empty")
    // What 10 s at 1C cost in voltage: tens to hundreds of millivolts, the most where the cell is nearly empty.
    for pulse in pulses {
      let before = try #require(records.last { $0.reading.time <= pulse.start && $0.reading.current == 0 })
      let end = try #require(records.last { $0.reading.time <= pulse.start + 10 && $0.reading.current < 0 })
      #expect(end.reading.time > pulse.start + 9)
      #expect((0.01...0.5).contains(before.reading.voltage - end.reading.voltage))
    }
  }

  @Test func aDriveCycle() throws {
    let (summary, records) = try run(shipped("drive"), on: "lg-m50")
    #expect(summary.status == .completed, "\(summary.reason ?? "")")
    let drive = try #require(summary.steps.first { $0.type == .powerProfile })
    #expect(drive.endedBy == "t >= 2 h" && abs(drive.duration - 7200) < 1e-9)
    // What was driven is what the table says: its mean power, to the last partial pass.
    guard case .step(let step) = try shipped("drive").statements[2].verb, case .profile(let profile) = step.action
    else {
      Issue.record("no profile")
      return
    }
    let length = try #require(profile.rows.last).time
    let energy = zip(profile.rows, profile.rows.dropFirst()).map { $0.value * ($1.time - $0.time) }.reduce(0, +)
    let partial = 7200.truncatingRemainder(dividingBy: length)
    let rest = zip(profile.rows, profile.rows.dropFirst()).map { $0.value * max(0, min($1.time, partial) - $0.time) }
    let expected = energy * (7200 / length).rounded(.down) + rest.reduce(0, +)
    let net = drive.throughput.chargingEnergy - drive.throughput.dischargingEnergy
    #expect(abs(net - expected) < 1e-4 * abs(expected))
    #expect(records.count > 7200)
  }

  // MARK: the languages of others

  private static let unicycler = """
    {"unicycler": {"version": "0.4.6"}, "sample": {"name": "formation", "capacity_mAh": 5000.0},
     "record": {"current_mA": null, "voltage_V": 0.01, "time_s": 300.0},
     "safety": {"max_voltage_V": 4.3, "min_voltage_V": 2.4, "max_current_mA": 10000, "min_current_mA": -10000,
       "max_capacity_mAh": null, "delay_s": 1.0},
     "method": [
      {"step": "constant_current", "rate_C": -0.5, "until_time_s": 3600.0, "until_voltage_V": 3.0},
      {"step": "open_circuit_voltage", "until_time_s": 600.0},
      {"step": "tag", "tag": "f"},
      {"step": "constant_current", "rate_C": 0.5, "until_time_s": 43200.0, "until_voltage_V": 4.1},
      {"step": "constant_voltage", "voltage_V": 4.1, "until_time_s": 21600.0, "until_rate_C": 0.1},
      {"step": "constant_current", "rate_C": -0.5, "until_voltage_V": 3.5},
      {"step": "loop", "loop_to": "f", "cycle_count": 2}]}
    """

  private static let unicyclerInOurWords = """
    name: formation
    cell: {capacity: 5 Ah}
    safety: {V: [2.4 V, 4.3 V], I: [-10 A, 10 A], delay: 1 s}
    defaults: {record: {dt: 5 min, dV: 10 mV}}
    steps:
    - {discharge: C/2, until: ["V <= 3 V", "t >= 1 h"]}
    - rest: 10 min
    - loop:
        repeat: 2
        steps:
        - {charge: C/2, until: ["V >= 4.1 V", "t >= 12 h"]}
        - {hold: 4.1 V, until: ["abs(I) <= C/10", "t >= 6 h"]}
        - {discharge: C/2, until: ["V <= 3.5 V"]}
    """

  private static let experiment = """
    experiment = pybamm.Experiment(
      [("Discharge at C/2 for 1 hour or until 3.0 V", "Rest for 10 minutes (1 minute period)"),
       ("Charge at 2.5 A until 4.1 V", "Hold at 4.1 V until 500 mA", "Discharge at 5 W until 3.5 V")] * 2,
      period="5 minutes", termination="20% capacity")
    """

  private static let experimentInOurWords = """
    defaults: {record: {dt: 5 min}}
    vars: {Q_first: 0 Ah}
    define:
      check:
      - {set: {Q_first: Q_dis}, when: Q_first == 0 Ah}
      - {end: 20% capacity, when: {all: ["Q_dis > 0 Ah", "Q_dis < 20 % * Q_first"]}}
      - cycle: next
    steps:
    - loop:
        repeat: 2
        steps:
        - {discharge: C/2, until: ["V <= 3 V", "t >= 1 h"]}
        - {rest: 10 min, record: {dt: 1 min}}
        - call: check
        - {charge: 2.5 A, until: ["V >= 4.1 V"]}
        - {hold: 4.1 V, until: ["abs(I) <= 500 mA"]}
        - {discharge: {power: 5 W}, until: ["V <= 3.5 V"]}
        - call: check
    """

  @Test func unicyclerAgreesRecordForRecord() throws {
    let imported = try TestProtocol(text: Self.unicycler, file: "formation.json")
    let (summary, records) = try run(imported, on: "lg-m50")
    #expect(summary.status == .completed && summary.steps.count == 8, "\(summary.reason ?? "")")
    let own = try run(TestProtocol(text: Self.unicyclerInOurWords, file: "formation.yaml"), on: "lg-m50")
    #expect(own.records == records && records.count > 200)
  }

  @Test func pybammsWordsAgreeRecordForRecord() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).txt").path
    try Self.experiment.write(toFile: path, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let (summary, records) = try run(TestProtocol(path: path), on: "lg-m50")
    #expect(summary.status == .completed && summary.steps.count == 10, "\(summary.reason ?? "")")
    #expect(summary.cycles.count == 4)
    let own = try run(TestProtocol(text: Self.experimentInOurWords, file: "experiment.yaml"), on: "lg-m50")
    #expect(own.records == records && records.count > 100)
  }
}

private final class Records: RecordOutput {
  private(set) var records: [Record] = []

  func write(_ record: Record) { records.append(record) }
  func stepEnded() {}
  func advanced() {}
}
