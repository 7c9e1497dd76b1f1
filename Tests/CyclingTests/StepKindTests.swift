import CellInterface
import Foundation
import Testing

@testable import Cycling

// The cell: C = 3600 F, R = 0.05 Ω, V = 3.5 V at rest, window 3 to 4 V, 1C = 1 A, half charged.

@Suite struct StepKinds {
  @Test func pulses() throws {
    let (summary, records) = try run(steps("{pulse: [{I: -1C, t: 10 s}, {I: 0, t: 40 s}], repeat: 2}"))
    #expect(summary.steps.map(\.type) == [.pulse])
    #expect(summary.steps[0].endedBy == "end of the pulses")
    #expect(records.map(\.stepTime) == [0, 10, 10, 50, 50, 60, 60, 100])
    #expect(records.map(\.reading.current) == [-1, -1, 0, 0, -1, -1, 0, 0])
    for (record, charge) in zip(records, [0.0, -10, -10, -10, -10, -20, -20, -20]) {
      #expect(isNear(record.reading.voltage, 3.5 + charge / 3600 + record.reading.current * 0.05, relative: 1e-13))
    }
    #expect(summary.steps[0].throughput.dischargingCharge == 20)
  }

  @Test func pulsesOfOtherKinds() throws {
    let (summary, records) = try run(
      steps("{pulse: [{V: 3.6 V, t: 3 min}, {P: -2 W, t: 10 min}, {R: 2 ohm, t: 5 min}]}"))
    #expect(summary.steps[0].duration == 1080)
    // Held for one time constant: 1 − 1/e of what 0.1 V moves.
    let held = records[1].reading
    #expect(isNear(held.charge, 360 * (1 - exp(-1))))
    #expect(isNear(held.current, 2 * exp(-1)))
    #expect(isNear(held.energy, 3.6 * held.charge))
    let power = try #require(records.last { $0.stepTime == 780 && $0.reading.current < 0 })
    #expect(isNear(records[3].reading.energy - held.energy, -1200))
    // The load of 2 Ω beside 0.05 Ω lets the voltage fall with a time constant of 2.05 Ω · 3600 F.
    #expect(isNear(records[5].reading.voltage, power.reading.voltage * exp(-300 / (2.05 * 3600))))
  }

  @Test func cyclicVoltammetry() throws {
    let (summary, records) = try run(steps("{cv_scan: {E1: 3.2 V, E2: 3.8 V, rate: 1 mV/s, cycles: 2}}"))
    let step = summary.steps[0]
    #expect(step.type == .cyclicVoltammetry)
    #expect(isNear(step.duration, 300 + 3 * 600, relative: 1e-13))
    #expect(step.endedBy == "end of the scan")
    #expect(isNear(step.endVoltage, 3.8, relative: 1e-13))
    // A sweep drives the current exponentially to C dV/dt, from where the last one left it.
    var current = 0.0
    #expect(records.count == 5)
    for (index, (duration, slope)) in [(300.0, -3.6), (600, 3.6), (600, -3.6), (600, 3.6)].enumerated() {
      current = slope + (current - slope) * exp(-duration / 180)
      #expect(isNear(records[index + 1].reading.current, current))
      #expect(isNear(records[index + 1].reading.voltage, index % 2 == 0 ? 3.2 : 3.8, relative: 1e-13))
    }
  }

  @Test func cyclicVoltammetryFromAVoltage() throws {
    let (summary, records) = try run(steps("{cv_scan: {start: 3.4 V, E1: 3.3 V, E2: 3.7 V, rate: 1 mV/s}}"))
    #expect(isNear(records[0].reading.current, -0.1 / 0.05))
    #expect(isNear(summary.steps[0].duration, 500, relative: 1e-13))
  }

  /// A file of this table in a folder of its own, and the path of a protocol beside it.
  private func withTable<Result>(_ table: String, _ body: (_ protocolPath: String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try table.write(to: folder.appending(path: "drive.csv"), atomically: false, encoding: .utf8)
    return try body(folder.appending(path: "p.yaml").path)
  }

  private func runProfile(_ text: String, at path: String) throws -> (summary: RunSummary, records: [Record]) {
    let output = RecordList()
    let test = try TestProtocol(text: text, file: path)
    return (try Cycler(cell: CapacitorCell(), test: test, output: output).run(), output.records)
  }

  @Test func aProfileOfCurrents() throws {
    let table = "# a comment\nt_s,x,I_A\n100,a,-1\n110,b,-1\n130,c,0.5\n150,d,0\n160,e,99\n"
    let profile = "{profile: {file: drive.csv, columns: {time: t_s, current: I_A}, repeat: 2}, record: {dt: 10 s}}"
    let (summary, records) = try withTable(table) { try runProfile(steps(profile), at: $0) }
    let step = summary.steps[0]
    #expect(step.type == .currentProfile)
    #expect(step.duration == 120)
    #expect(step.endedBy == "end of the profile")
    #expect(isNear(step.throughput.dischargingCharge, 60, relative: 1e-13))
    #expect(isNear(step.throughput.chargingCharge, 20, relative: 1e-13))
    // Each record is the last instant of what held before.
    #expect(records.map(\.stepTime) == Array(stride(from: 0.0, through: 120, by: 10)))
    #expect(
      records.map(\.reading.current) == [-1, -1, -1, -1, 0.5, 0.5, 0, -1, -1, -1, 0.5, 0.5, 0])
  }

  @Test func aProfileOfPowersUntilItIsStopped() throws {
    let table = "time;power\n0;3\n10;-1\n20;0\n"
    let profile = """
      {profile: {file: drive.csv, columns: {time: time, power: power}, positive: discharge, scale: 0.5, \
      repeat: until stop}, until: ["E >= 100.25 J"]}
      """
    let (summary, _) = try withTable(table) { try runProfile(steps(profile), at: $0) }
    // 15 J out and 5 J in within 20 s: 90 J after nine passes, 10.25 J of the tenth at 1.5 W.
    #expect(isNear(summary.steps[0].duration, 180 + 10.25 / 1.5))
    #expect(isNear(summary.steps[0].throughput.dischargingEnergy, 9 * 15 + 10.25))
    #expect(isNear(summary.steps[0].throughput.chargingEnergy, 9 * 5))
  }

  @Test(arguments: [
    ("t,P\n0,1\n", "drive.csv: needs two or more rows: each holds until the time of the next"),
    ("", "drive.csv: the file is empty"),
    ("t,W\n0,1\n1,1\n", "drive.csv:1: has no column 'P' (there are t, W)"),
    ("t,P\n0,1\n0,1\n", "drive.csv:3: the time does not grow: 0.0 s after 0.0 s"),
    ("t,P\n0,1\n1,x\n", "drive.csv:3: P: expected a number, found 'x'"),
    ("t,P\n0,1\n\n1\n", "drive.csv:4: the line ends before the column 'P'"),
    ("t,P\n0,1\n1e10,1\n", "drive.csv: lasts longer than 100 years"),
  ])
  func wrongTables(table: String, complaint: String) throws {
    try withTable(table) { path in
      let error = #expect(throws: (any Error).self) {
        try runProfile(steps("profile: {file: drive.csv, columns: {time: t, power: P}}"), at: path)
      }
      let description = "\(try #require(error))"
      #expect(description.hasSuffix(complaint))
    }
  }

  @Test func aTableThatIsNotThere() throws {
    let error = #expect(throws: (any Error).self) {
      try runProfile(steps("profile: {file: none.csv, columns: {time: t, power: P}}"), at: "p.yaml")
    }
    let description = "\(try #require(error))"
    #expect(
      description == "p.yaml:5:21: steps/1/profile/file: none.csv: cannot be opened: No such file or directory")
  }

  @Test func theSoakCountsFromWhenTheCellIsThere() throws {
    let cell = CapacitorCell()
    cell.thermalTime = 600
    let (summary, records) = try run(
      steps("{temperature: 45 degC, soak: 1 h, tolerance: 0.5 K}", "{temperature: 45 degC, soak: 1 h, tolerance: 1 K}"),
      on: cell)
    #expect(isNear(summary.steps[0].duration, 600 * log(40) + 3600))
    #expect(summary.steps[0].endedBy == "after 1 h")
    #expect(summary.steps[1].duration == 3600)
    #expect(records.last?.ambientTemperature == 318.15)
  }

  @Test func holdsOfOtherKinds() throws {
    let (summary, _) = try run(
      steps(
        "{hold: {I: -1 A}, until: [\"V <= 3.4 V\"]}", "{hold: {P: 2 W}, until: [\"t >= 10 min\"]}",
        "{hold: {R: 2 ohm}, until: [\"I >= -1.6 A\"]}", "{hold: {V: 3.2 V}, until: [\"abs(I) < 1 mA\"]}"))
    #expect(
      summary.steps.map(\.type) == [.constantCurrent, .constantPower, .constantResistanceDischarge, .constantVoltage])
    #expect(isNear(summary.steps[0].duration, 180))
    #expect(isNear(summary.steps[1].throughput.chargingEnergy, 1200))
    let open = summary.steps[1].endVoltage - summary.steps[1].endCurrent * 0.05
    #expect(isNear(summary.steps[2].duration, 2.05 * 3600 * log(open / 2.05 / 1.6)))
    let held = summary.steps[2].endVoltage - summary.steps[2].endCurrent * 0.05
    #expect(isNear(summary.steps[3].duration, 180 * log((held - 3.2) / 0.05 / 1e-3)))
  }

  @Test func chargeToAStateOfCharge() throws {
    let (summary, _) = try run(
      steps(
        "{charge: {at: 1C, to: 80 %}}", "{discharge: {power: 2 W}, until: [\"SOC <= 20 %\"]}",
        "{discharge: {at: C/2, to: 10 %}}"))
    #expect(isNear(summary.steps[0].duration, 0.3 * 3600))
    #expect(summary.steps[0].endedBy == "reached 80 %")
    #expect(isNear(summary.steps[1].throughput.dischargingCharge, 0.6 * 3600))
    #expect(isNear(summary.steps[2].throughput.dischargingCharge, 0.1 * 3600))
  }

  @Test func ratesOfChange() throws {
    let cell = CapacitorCell()
    cell.thermalTime = 600
    let (summary, _) = try run(
      steps(
        "{hold: 3.6 V, until: [\"abs(dI/dt) < 1 mA/s\"]}", "rest: 1 s",
        "{discharge: {resistance: 2 ohm}, until: [\"dV/dt > -0.45 mV/s\"]}",
        "{temperature: 45 degC, soak: 5 h, until: [\"dT/dt < 0.1 K/min\"]}"), on: cell)
    // I = 2 A exp(−t/τ), τ = 180 s.
    #expect(isNear(summary.steps[0].duration, 180 * log(2 / 180.0 / 1e-3)))
    // V = V₀ exp(−t/τ'): the rate is that of V/τ'. The cell differentiates it numerically, to a millionth.
    #expect(isNear(summary.steps[2].endVoltage, 0.45e-3 * 2.05 * 3600, relative: 1e-6))
    // ΔT/τ = 0.1 K/min = 1/600 K/s: 1 K before it is there.
    let start = summary.steps[3].start
    #expect(summary.steps[3].endedBy == "dT/dt < 0.1 K/min")
    #expect(start > 0 && summary.steps[3].duration > 600)
  }

  /// Whose voltage does not change at rest: what is so from the beginning is seen after the first instant.
  @Test func ratesOfChangeAreNotLookedAtInTheFirstInstant() throws {
    let (summary, _) = try run(
      steps("rest: 1 min", "{rest: 1 h, until: [\"abs(dV/dt) < 1 mV/h\"]}"))
    #expect(!summary.steps[1].wasAlreadyMet)
    #expect(abs(summary.steps[1].duration - 1e-3) < 1e-9)
  }

  @Test func otherReadings() throws {
    let (summary, _) = try run(
      steps(
        "{discharge: 1C, until: [\"dV <= -100 mV\"]}", "{charge: 1C, until: [\"R >= 3.53 ohm\"]}",
        "{rest: 1 h, until: [\"t_test >= 30 min\"]}", "{discharge: 1C, until: [\"Q_test >= 100 mAh\"]}",
        "{charge: 1C, until: [\"E_test <= 600 J\"]}", "{rest: 1 h, until: [\"t_test >= 1 min\"]}"))
    // 50 mV at once, then 1 V in an hour.
    #expect(isNear(summary.steps[0].duration, 180))
    #expect(isNear(summary.steps[1].endVoltage, 3.53))
    #expect(summary.steps[2].start + summary.steps[2].duration == 1800)
    #expect(
      isNear(abs(summary.steps[3].throughput.dischargingCharge - summary.steps[1].throughput.chargingCharge), 180))
    let net = summary.steps.map { $0.throughput.chargingEnergy - $0.throughput.dischargingEnergy }.reduce(0, +)
    #expect(isNear(net, -600))
    #expect(try #require(summary.steps.last).endedBy == "t_test >= 1 min")
    #expect(try #require(summary.steps.last).wasAlreadyMet)
  }

  @Test func whatPassedInACycle() throws {
    let (summary, _) = try run(
      steps(
        "loop: {repeat: 2, steps: [{charge: 1C, until: [\"Q_chg >= 0.2 Ah\"]}, {discharge: 1C, until: [\"Q_dis >= 0.9 * Q_chg\"]}, {charge: C/2, until: [\"Q_chg >= 0.25 Ah\"]}, {discharge: 1C, until: [\"E_dis >= E_chg\"]}]}"
      ))
    let charges = summary.steps.map { $0.throughput.chargingCharge + $0.throughput.dischargingCharge }
    for (charge, expected) in zip(charges, [720, 648, 180.0]) { #expect(isNear(charge, expected)) }
    for (charge, expected) in zip(charges.dropFirst(4), [720, 648, 180.0]) { #expect(isNear(charge, expected)) }
    for cycle in summary.cycles {
      #expect(isNear(cycle.throughput.chargingEnergy, cycle.throughput.dischargingEnergy))
    }
  }

  @Test func currentDensities() throws {
    let step = "{discharge: 25 mA/cm2, until: [\"Q >= 2 mAh/cm2\"]}"
    let (summary, _) = try run(steps(step, top: "cell: {area: 20 cm2}"))
    #expect(isNear(summary.steps[0].endCurrent, -0.5))
    #expect(isNear(summary.steps[0].throughput.dischargingCharge, 0.04 * 3600))
    let cell = CapacitorCell()
    cell.electrodeArea = 10e-4
    #expect(isNear(try run(steps(step), on: cell).summary.steps[0].endCurrent, -0.25))
    let perMass = steps(
      "{discharge: 100 mA/g, until: [\"V <= 3.3 V\"]}", top: "cell: {active_mass: 5 g, capacity: 2 Ah}")
    #expect(isNear(try run(perMass).summary.steps[0].endCurrent, -0.5))
    // The capacity that is stated is what C-rates refer to.
    let rate = steps("{discharge: C/4, until: [\"Q >= 1 %\"]}", top: "cell: {capacity: 2 Ah}")
    #expect(isNear(try run(rate).summary.steps[0].throughput.dischargingCharge, 72))
    #expect(isNear(try run(rate).summary.steps[0].endCurrent, -0.5))
  }

  @Test(arguments: [
    (
      "{discharge: 25 mA/cm2, until: [\"t > 1 s\"]}",
      "'25 mA/cm2' needs the electrode area, which the cell does not state (add for example 'cell: {area: 10 cm2}' at the top)"
    ),
    (
      "{discharge: 1C, until: [\"Q >= 100 mAh/g\"]}",
      "'100 mAh/g' needs the mass of active material, which the cell does not state (add for example 'cell: {active_mass: 60 g}' at the top)"
    ),
    (
      "{eis: {amplitude: C/20, from: 10 kHz, to: 10 mHz}}",
      "'eis' is understood, but impedance spectra cannot be simulated yet (take the step out)"
    ),
  ])
  func whatTheCellDoesNotSay(step: String, complaint: String) throws {
    let error = #expect(throws: (any Error).self) { try run(steps(step)) }
    let description = "\(try #require(error))"
    #expect(
      description == "test.yaml:5:5: steps/1: \(complaint)")
  }

  @Test func recordsThatGrowApart() throws {
    let (_, records) = try run(steps("{rest: 100 s, record: {first: 100 ms log 10/decade, dt: 4 s}}"))
    var expected = [0.0]
    var k = 0.0
    while case let time = 0.1 * pow(10, k / 10), time - 0.1 * pow(10, (k - 1) / 10) < 4 {
      expected.append(time)
      k += 1
    }
    expected += stride(from: 4.0, through: 100, by: 4)
    let times = records.map(\.stepTime)
    #expect(times.count == expected.count)
    for (time, wanted) in zip(times, expected.sorted()) { #expect(abs(time - wanted) < 1e-9) }
  }

  @Test func recordsThatGrowApartBeginAnewWithEachPulse() throws {
    let (_, records) = try run(
      steps("{pulse: [{I: -1C, t: 10 s}, {I: 0, t: 10 s}], record: {first: 1 s log 1/decade, dt: 1000 d}}"))
    #expect(records.map(\.stepTime) == [0, 1, 10, 10, 11, 20])
  }
}

@Suite struct SafetyDelays {
  @Test func aReadingMustBeOutsideForTheDelay() throws {
    let charge = "{charge: 1C, until: [\"V >= 3.9 V\"]}"
    let (summary, _) = try run(steps(charge, top: "safety: {V: [3 V, 3.6 V], delay: 20 s}"))
    // 3.6 V and the margin of 0.1 mV after 180.36 s.
    #expect(isNear(summary.duration, 200.36))
    #expect(
      summary.reason
        == "the voltage rose above the safety limit of 3.6 V, for longer than the delay (step 1, CC_CHG, cycle 1)")
  }

  @Test func aShortExcursionIsForgiven() throws {
    let pulses = "{pulse: [{I: 3C, t: 15 s}, {I: 0, t: 60 s}], repeat: 3}"
    let (summary, _) = try run(steps(pulses, top: "safety: {V: [3 V, 3.6 V], delay: 20 s}"))
    #expect(summary.status == .completed)
    #expect(summary.duration == 225)
    let stopped = try run(steps(pulses, top: "safety: {V: [3 V, 3.6 V], delay: 10 s}")).summary
    #expect(stopped.status == .stoppedEarly)
    #expect(isNear(stopped.duration, 10))
    #expect(try run(steps(pulses, top: "safety: {V: [3 V, 3.6 V]}")).summary.duration == 0)
  }

  /// A ramp goes on as if nothing had been.
  @Test func anExcursionDoesNotChangeWhatIsImposed() throws {
    let ramp = "{ramp: {of: current, from: 0 A, to: 2 A, rate: 10 mA/s}, until: [\"V >= 3.62 V\"]}"
    let free = try run(steps(ramp)).summary.steps[0]
    let (summary, _) = try run(steps(ramp, top: "safety: {V: [3 V, 3.6 V], delay: 1 min}"))
    #expect(summary.status == .completed)
    #expect(isNear(summary.steps[0].duration, free.duration))
    #expect(isNear(summary.steps[0].throughput.chargingCharge, free.throughput.chargingCharge))
  }

  @Test func theChargeOfAStep() throws {
    let (summary, _) = try run(steps("{discharge: 1C, until: [\"V <= Vmin\"]}", top: "safety: {Q: 100 mAh}"))
    #expect(isNear(summary.duration, 360, relative: 1e-5))
    #expect(summary.reason?.hasPrefix("the charge of the step rose above the safety limit of 0.1 Ah") == true)
  }

  @Test func aStepHasBoundsOfItsOwn() throws {
    let top = "safety: {V: [3.45 V, 3.6 V], I: [-3 A, 3 A]}"
    let step = "{discharge: 2C, until: [\"t >= 1 min\"], safety: {V: [3.2 V, 3.6 V]}}"
    #expect(try run(steps(step, top: top)).summary.status == .completed)
    #expect(try run(steps(step, "{discharge: 2C, until: [\"t >= 1 min\"]}", top: top)).summary.duration == 60)
  }
}
