import CellInterface
import Testing

@testable import Cycling

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

// The cell: C = 3600 F, R = 0.05 Ω, V = 3.5 V at rest, window 3 to 4 V, 1C = 1 A.

@Suite struct StepEnds {
  @Test func constantCurrentEndsAtTheVoltage() throws {
    let (summary, records) = try run(steps("{charge: 0.5C, until: [\"V >= 3.9 V\"]}"))
    // 3.5 + 0.5·t/3600 + 0.5·0.05 = 3.9
    let expected = (3.9 - 3.5 - 0.025) * 3600 / 0.5
    #expect(isNear(summary.steps[0].duration, expected))
    #expect(isNear(summary.steps[0].endVoltage, 3.9))
    #expect(summary.steps[0].endedBy == "V >= 3.9 V")
    #expect(isNear(summary.steps[0].throughput.chargingCharge, 0.5 * expected))
    #expect(summary.status == .completed)
    #expect(records.count == 2)
  }

  @Test(arguments: ["1 s", "7 s", "100 s", "1 d"])
  func endTimesDoNotDependOnRecording(interval: String) throws {
    let cell = CapacitorCell()
    let record = "record: {dt: \(interval), dV: 3 mV, dQ: 1 %}"
    let (summary, _) = try run(
      steps(
        "{discharge: 1C, until: [\"V <= Vmin\"], \(record)}",
        "{charge: {at: C/2, to: Vmax, hold_until: C/20}, \(record)}"), on: cell)
    let discharge = (3.5 - 3 - 0.05) * 3600
    #expect(isNear(summary.steps[0].duration, discharge))
    #expect(cell.internalStepCount == 65)
  }

  @Test func constantCurrentThenVoltageMatchesTheLogarithm() throws {
    let (summary, records) = try run(steps("{charge: {at: 0.5C, to: Vmax, hold_until: C/20}}"))
    let current = (4 - 3.5 - 0.025) * 3600 / 0.5
    let voltage = 0.05 * 3600 * log(0.5 / 0.05)
    let step = summary.steps[0]
    #expect(isNear(step.duration, current + voltage))
    #expect(isNear(step.endCurrent, 0.05))
    #expect(step.endedBy == "fell to C/20")
    #expect(step.type == .constantCurrentVoltageCharge)
    // The charge left over is what the current still at hand would move: I·τ.
    #expect(isNear(step.throughput.chargingCharge, (4 - 3.5) * 3600 - 0.05 * 180))
    // First, the corner between the two parts, last; one step all the same.
    #expect(records.count == 3)
    #expect(isNear(records[1].stepTime, current))
    #expect(records.allSatisfy { $0.position.stepID == 1 && $0.position.stepCount == 1 })
    #expect(summary.cycles[0].throughput == step.throughput)
  }

  @Test func dischargeIsTheMirrorImage() throws {
    let (summary, _) = try run(steps("{discharge: {at: 0.5C, to: Vmin, hold_until: C/20}}"))
    #expect(isNear(summary.steps[0].duration, (0.5 - 0.025) * 7200 + 180 * log(10)))
    #expect(isNear(summary.steps[0].endCurrent, -0.05))
    #expect(summary.steps[0].type == .constantCurrentVoltageDischarge)
    #expect(summary.steps[0].throughput.chargingCharge == 0)
  }

  @Test func aVoltageWithoutHoldEndsTheStep() throws {
    let (summary, _) = try run(steps("{charge: {at: 1C, to: 3.8 V}}"))
    #expect(isNear(summary.steps[0].duration, 0.25 * 3600))
    #expect(summary.steps[0].endedBy == "reached 3.8 V")
  }

  @Test func aVoltageAlreadyReachedIsHeldFromTheStart() throws {
    let (summary, records) = try run(steps("{charge: {at: 2C, to: 3.55 V, hold_until: C/2}}"))
    // 2C would need 3.6 V at once; held at 3.55 V the current starts at 1 A.
    #expect(isNear(records[0].reading.current, 1))
    #expect(isNear(summary.steps[0].duration, 180 * log(2)))
  }

  @Test func aChargeNeverTurnsIntoADischarge() throws {
    let (summary, _) = try run(steps("{charge: {at: 1C, to: 3.2 V, hold_until: C/2}}"))
    #expect(summary.steps[0].duration == 0)
    #expect(summary.steps[0].wasAlreadyMet)
    #expect(summary.steps[0].throughput.dischargingCharge == 0)
  }

  @Test func holdEndsAtACurrentOrATime() throws {
    let (summary, _) = try run(
      steps(
        "{hold: 3.6 V, until: [\"abs(I) < C/10\"]}",
        "{hold: 3.5 V, until: [\"abs(I) < C/10\", \"t >= 1 min\"]}"))
    #expect(isNear(summary.steps[0].duration, 180 * log(20)))
    #expect(summary.steps[1].duration == 60)
    #expect(summary.steps[1].endedBy == "t >= 1 min")
  }

  @Test func powerAndResistanceMatchTheirClosedForms() throws {
    let cell = CapacitorCell()
    let (summary, _) = try run(
      steps(
        "{discharge: {power: 2 W}, until: [\"t >= 20 min\"]}",
        "{discharge: {resistance: 2 ohm}, until: [\"V <= 3.1 V\"]}"), on: cell)
    #expect(isNear(summary.steps[0].throughput.dischargingEnergy, 2400))
    let (power, load) = (summary.steps[0], summary.steps[1])
    #expect(isNear(power.endVoltage * power.endCurrent, -2))
    // Terminal voltage at the load: U·2/(2 + 0.05), decaying with (2 + 0.05)·C.
    let open = power.endVoltage - power.endCurrent * 0.05
    #expect(isNear(load.duration, 2.05 * 3600 * log(open / (3.1 * 2.05 / 2)), relative: 1e-8))
    #expect(load.type == .constantResistanceDischarge)
  }

  @Test func restEndsExactly() throws {
    let (summary, records) = try run(steps("rest: 10 min", "{rest: 1 h, until: [\"t > 90 s\"]}"))
    #expect(summary.steps[0].duration == 600)
    #expect(summary.steps[1].duration == 90)
    #expect(summary.steps[0].endedBy == "after 10 min")
    #expect(records.map(\.reading.time) == [0, 600, 600, 690])
  }

  @Test func allConditionsMustHold() throws {
    let (summary, _) = try run(
      steps("{discharge: 1C, until: [{all: [\"V <= 3.4 V\", \"t > 10 min\"]}, \"Q >= 90 %\"]}"))
    // 3.4 V is there after 180 s, 10 min later: both then.
    #expect(isNear(summary.steps[0].duration, 600))
    #expect(summary.steps[0].endedBy == "V <= 3.4 V and t > 10 min")
  }

  @Test func chargeEnergyPowerAndTemperatureAreReadings() throws {
    let (summary, _) = try run(
      steps(
        "{discharge: 0.2C, until: [\"Q >= 5 %\"]}", "{charge: 0.1C, until: [\"E >= 100 mWh\"]}",
        "{charge: 0.2C, until: [\"P >= 0.71 W\"]}", "{hold: 3.8 V, until: [\"T < 28 degC\"]}"))
    #expect(isNear(summary.steps[0].duration, 900))
    #expect(isNear(summary.steps[1].throughput.chargingEnergy, 360))
    #expect(isNear(summary.steps[2].endVoltage, 3.55))
    #expect(isNear(summary.steps[3].endCurrent, 0.3))
  }

  @Test func aLimitAlreadyMetEndsTheStepAtOnce() throws {
    let (summary, records) = try run(steps("{discharge: 1C, until: [\"V <= 3.5 V\"]}", "rest: 1 s"))
    #expect(summary.steps[0].wasAlreadyMet)
    #expect(summary.steps[0].duration == 0)
    #expect(summary.steps[0].endedBy == "V <= 3.5 V")
    #expect(isNear(summary.steps[0].endVoltage, 3.45))
    #expect(!summary.steps[1].wasAlreadyMet)
    #expect(records.map(\.position.stepCount) == [1, 2, 2])
    #expect(summary.status == .completed)
  }
}

@Suite struct Stops {
  @Test func withoutLimitsTheCellsWindowStopsTheTest() throws {
    let (summary, records) = try run(steps("charge: 1C", "rest: 1 h"))
    #expect(summary.status == .stoppedEarly)
    #expect(
      summary.reason == "the voltage rose above the safety limit of 4.0 V (step 1, CC_CHG, cycle 1)")
    #expect(summary.steps.count == 1)
    #expect(summary.steps[0].endedBy == "safety")
    #expect(isNear(summary.steps[0].endVoltage, 4, relative: 1e-4))
    #expect(records.last?.reading.time == summary.duration)
  }

  @Test func aLimitAtTheEdgeOfTheWindowIsNotSafety() throws {
    let (summary, _) = try run(
      steps(
        "{charge: 1C, until: [\"V >= 4 V\"]}", "{hold: 4 V, until: [\"I < C/50\"]}", "rest: 1 h",
        "{discharge: 1C, until: [\"V <= 3 V\"]}", "{hold: Vmin, until: [\"t >= 1 h\"]}", "rest: 1 h"))
    #expect(summary.status == .completed)
  }

  @Test func aCellAboveItsWindowMayBeDischarged() throws {
    let cell = CapacitorCell(charge: 3610)
    let (summary, _) = try run(steps("rest: 1 h", "{discharge: C/100, until: [\"V <= 3.9 V\"]}"), on: cell)
    #expect(summary.status == .completed)
  }

  /// The cell has 3.5 V between cut-offs of 3 and 4 V, and 50 mΩ: a limit that is met in the first instant ends the step,
  /// but not where the current throws the cell further than 0.5 V out.
  @Test(
    arguments: [
      ("{discharge: 19 A, until: [\"V <= Vmin\"]}", nil),
      (
        "{discharge: 21 A, until: [\"V <= Vmin\"]}",
        "the voltage fell below the safety limit of 3.0 V by more than 0.5 V at once"
      ),
      (
        "{discharge: 100000 A, until: [\"V <= Vmin\"]}",
        "the voltage fell below the safety limit of 3.0 V by more than 0.5 V at once"
      ),
      (
        "{discharge: {resistance: 1 mohm}, until: [\"V <= Vmin\"]}",
        "the voltage fell below the safety limit of 3.0 V by more than 0.5 V at once"
      ),
      ("{charge: {at: 19 A, to: 3 V}}", nil),
      ("{charge: {at: 21 A, to: 3 V}}", "the voltage rose above the safety limit of 4.0 V by more than 0.5 V at once"),
      // The voltage is held from the start: the current never flows.
      ("{charge: {at: 21 A, to: Vmax, hold_until: 1C}}", nil),
    ] as [(String, String?)])
  func firstInstant(step: String, reason: String?) throws {
    let (summary, records) = try run(steps(step))
    #expect(summary.status == (reason == nil ? .completed : .stoppedEarly))
    #expect(summary.reason == reason.map { "\($0) (step 1, \(summary.steps[0].type.rawValue), cycle 1)" })
    // The instant is on record.
    #expect(!records.isEmpty)
    if reason != nil { #expect(summary.steps[0].endedBy == "safety" && summary.steps[0].duration == 0) }
  }

  /// A window in the protocol counts as it stands, before the step's own limit.
  @Test func aStatedWindowIsExactInTheFirstInstantToo() throws {
    let step = "{discharge: 12 A, until: [\"V <= 3 V\"]}"
    #expect(try run(steps(step)).summary.status == .completed)
    let (summary, _) = try run(steps(step, top: "safety: {V: [2.95 V, 4 V]}"))
    #expect(summary.reason == "the voltage fell below the safety limit of 2.95 V (step 1, CC_DCH, cycle 1)")
    #expect(try run(steps(step, top: "safety: {V: [2.85 V, 4 V]}")).summary.status == .completed)
    #expect(try run(steps(step, top: "safety: {I: [-10 A, 10 A]}")).summary.steps[0].endedBy == "safety")
  }

  @Test func aHoldOutsideTheWindowStopsTheTest() throws {
    let (summary, _) = try run(steps("{hold: 4.1 V, until: [\"t >= 1 h\"]}"))
    #expect(summary.status == .stoppedEarly)
    #expect(summary.duration == 0)
  }

  @Test(arguments: [
    ("V: [3.4 V, 3.6 V]", "the voltage rose above the safety limit of 3.6 V", 180.0),
    ("I: [-2C, 0.9C]", "the current rose above the safety limit of 0.9 A", 0),
    ("T: [0 degC, 30 degC]", "the temperature rose above the safety limit of 30.0 degC", 0),
  ])
  func safetyWindows(window: String, reason: String, time: Double) throws {
    let (summary, _) = try run(
      steps("{charge: 1C, until: [\"V >= 3.9 V\"]}", top: "safety: {\(window)}"))
    #expect(summary.status == .stoppedEarly)
    #expect(summary.reason?.hasPrefix(reason) == true)
    #expect(abs(summary.duration - time) < 1)
  }

  @Test func anErrorOfTheCellKeepsTheRecords() throws {
    let cell = CapacitorCell()
    cell.failureTime = 500
    let (summary, records) = try run(
      steps("{charge: 0.1C, until: [\"V >= 4 V\"], record: {dt: 100 s}}"), on: cell)
    #expect(summary.status == .stoppedEarly)
    #expect(summary.reason == "the electrolyte is depleted (step 1, CC_CHG, cycle 1)")
    #expect(summary.steps[0].endedBy == "cell")
    #expect(records.map(\.stepTime) == [0, 100, 200, 300, 400, 137.3 * 3])
  }

  @Test func anInterruptIsSeenBetweenInternalSteps() throws {
    var asked = 0
    let (summary, records) = try run(
      steps("{charge: 0.1C, until: [\"V >= 4 V\"]}"),
      isInterrupted: {
        asked += 1
        return asked > 4
      })
    #expect(summary.status == .interrupted)
    #expect(isNear(summary.duration, 137.3 * 3))
    #expect(records.last?.reading.time == summary.duration)
    #expect(summary.steps[0].throughput.chargingCharge > 0)
  }

  @Test func aStepThatNeverEndsIsGivenUp() throws {
    let cell = CapacitorCell(internalStep: 1e6)
    let (summary, _) = try run(steps("{hold: 3.6 V, until: [\"I < -1 A\"]}"), on: cell)
    #expect(summary.status == .stoppedEarly)
    #expect(summary.reason?.hasPrefix("the step had not ended after 365 days") == true)
  }
}

@Suite struct LoopsAndCycles {
  private static let pulse = "{discharge: C/2, until: [\"t >= 1 min\"]}"

  @Test func eachPassOfTheOutermostLoopIsACycle() throws {
    let (summary, records) = try run(
      steps(
        "rest: 1 s",
        "loop: {repeat: 3, steps: [\(Self.pulse), loop: {repeat: 2, steps: [rest: 1 min]}]}",
        "rest: 2 s", "loop: {repeat: 2, steps: [rest: 3 s]}"))
    #expect(summary.steps.map(\.stepID) == [1, 2, 3, 3, 2, 3, 3, 2, 3, 3, 4, 5, 5])
    #expect(summary.steps.map(\.stepCount) == Array(1...13))
    #expect(summary.steps.map(\.cycle) == [1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 5])
    #expect(summary.cycles.map(\.cycle) == [1, 2, 3, 4, 5])
    #expect(summary.cycles.map(\.throughput.dischargingCharge) == [30, 30, 30, 0, 0])
    #expect(records.map(\.index) == Array(1...26))
  }

  @Test func explicitCyclesReplaceTheDefault() throws {
    let (summary, _) = try run(
      steps("rest: 1 s", "cycle: next", "loop: {repeat: 3, steps: [rest: 1 s, \(Self.pulse)]}", "cycle: next")
    )
    #expect(summary.steps.map(\.cycle) == [1, 2, 2, 2, 2, 2, 2])
    #expect(summary.cycles.map(\.cycle) == [1, 2])
  }

  @Test func aLoopRunsUntilACondition() throws {
    let (summary, _) = try run(
      steps("loop: {until: [\"V <= 3.3 V\"], steps: [{discharge: 1C, until: [\"Q >= 5 %\"]}, rest: 1 min]}"))
    // 3.45, 3.40, 3.35, 3.30 V at rest; round-off may cost one more pass.
    #expect([8, 10].contains(summary.steps.count))
  }

  @Test func timeAndChargeOfALoopCountFromItsStart() throws {
    let (summary, _) = try run(
      steps(
        "{discharge: 1C, until: [\"Q >= 12 %\"]}",
        "loop: {repeat: 9, until: [\"Q >= 9.9 %\"], steps: [{discharge: 1C, until: [\"Q >= 5 %\"]}]}",
        "loop: {until: [\"t > 150 s\"], steps: [rest: 1 min]}"))
    #expect(summary.steps.map(\.stepID) == [1, 2, 2, 3, 3, 3])
  }

  @Test func aLoopWithoutProgressIsGivenUp() throws {
    let (summary, _) = try run(
      steps("loop: {until: [\"V <= 2 V\"], steps: [{discharge: 1C, until: [\"V <= 3.6 V\"]}]}"))
    #expect(summary.status == .stoppedEarly)
    #expect(summary.reason == "the loop in line 5 made no progress: every step of a pass ended as it began")
  }

  /// Nothing that ends the loop moves: a voltage at rest, the charge of cycles that come back to where they began.
  @Test(arguments: [
    "{until: [\"V >= 9 V\"], steps: [rest: 1 h]}",
    "{until: [{all: [\"V >= 9 V\", \"t > 20 h\"]}], steps: [rest: 1 h]}",
    "{until: [\"Q >= 50 %\"], steps: [{discharge: C/2, until: [\"t >= 1 min\"]}, {charge: C/2, until: [\"t >= 1 min\"]}]}",
  ])
  func aLoopThatGoesOnForNothingIsGivenUp(loop: String) throws {
    let (summary, _) = try run(steps("loop: \(loop)"))
    #expect(summary.status == .stoppedEarly)
    #expect(
      summary.reason == "the loop in line 5 made no progress: in 100 passes the cell came no nearer to what ends it")
    #expect((101...130).contains(summary.cycles.count))
  }

  /// Each pass does little, but something: the time goes on, or the charge.
  @Test(arguments: [
    ("{until: [\"t > 500 min\"], steps: [rest: 1 min]}", 501),
    ("{until: [\"V >= 3.55 V\"], steps: [{charge: C/50, until: [\"t >= 1 min\"]}, rest: 1 s]}", 150),
    ("{repeat: 300, until: [\"V >= 9 V\"], steps: [rest: 1 min]}", 300),
  ])
  func aLoopMayTakeItsTime(loop: String, passes: Int) throws {
    let (summary, _) = try run(steps("loop: \(loop)"))
    #expect(summary.status == .completed)
    #expect(abs(summary.cycles.count - passes) <= 1)
  }

  @Test func aTestOfMoreThanAHundredYearsIsGivenUp() throws {
    let cell = CapacitorCell(internalStep: 1e9)
    let (summary, _) = try run(steps("loop: {repeat: 1000, steps: [rest: 3000 d]}"), on: cell)
    #expect(summary.reason == "the test had not ended after 100 years")
    #expect(summary.steps.count == 13)
  }

  @Test func efficiencies() throws {
    let (summary, _) = try run(
      steps(
        "loop: {repeat: 2, steps: [{charge: 1C, until: [\"V >= Vmax\"]}, {discharge: 1C, until: [\"V <= 3.2 V\"]}]}"
      ))
    let cycle = try #require(summary.cycles.last)
    // From the second cycle on: between open-circuit voltages of 3.25 V and 3.95 V both ways.
    #expect(isNear(cycle.throughput.chargingCharge, 0.7 * 3600))
    #expect(isNear(try #require(cycle.coulombicEfficiency), 1))
    #expect(isNear(try #require(cycle.meanChargingVoltage), 3.65))
    #expect(isNear(try #require(cycle.meanDischargingVoltage), 3.55))
    #expect(isNear(try #require(cycle.energyEfficiency), 3.55 / 3.65))
    #expect(summary.cycles.first?.cycle == 1)
  }
}

@Suite struct Records {
  @Test func atExactMultiplesOfTheInterval() throws {
    let (summary, records) = try run(
      steps(
        "{charge: 1C, until: [\"V >= 3.6 V\"]}",
        "{discharge: 1C, until: [\"Q >= 30 mAh\"], record: {dt: 7 s}}"))
    let times = records.filter { $0.position.stepID == 2 }.map(\.stepTime)
    // 108 s: 0, 7 … 105, and the end.
    #expect(times.count == 17)
    for (index, time) in times.dropLast().enumerated() { #expect(abs(time - 7 * Double(index)) < 1e-9) }
    #expect(isNear(try #require(times.last), 108))
    #expect(records.last?.reading.time == summary.duration)
  }

  @Test func aRecordAtTheEndIsNotDoubled() throws {
    let (_, records) = try run(steps("{rest: 1 min, record: {dt: 20 s}}"))
    #expect(records.map(\.stepTime) == [0, 20, 40, 60])
  }

  @Test func atVoltageMoves() throws {
    let (_, records) = try run(steps("{charge: 1C, until: [\"V >= 3.655 V\"], record: {dV: 10 mV}}"))
    // From 3.55 V: every 10 mV, 36 s apart, and the end.
    #expect(records.count == 12)
    for (index, record) in records.dropLast().enumerated() {
      #expect(abs(record.reading.voltage - 3.55 - 0.01 * Double(index)) < 1e-7)
      #expect(abs(record.stepTime - 36 * Double(index)) < 1e-3)
    }
  }

  @Test func atCurrentMoves() throws {
    let (_, records) = try run(
      steps("{hold: 3.6 V, until: [\"I < 0.95 A\"], record: {dI: 0.25 A, dt: 1000 d}}"))
    #expect(records.count == 6)
    for (index, record) in records.dropLast().enumerated() {
      #expect(abs(record.reading.current - 2 + 0.25 * Double(index)) < 1e-5)
      #expect(abs(record.stepTime - 180 * log(2 / record.reading.current)) < 1e-6)
    }
  }

  @Test func atChargeMovesAndIntervalsTogether() throws {
    let (_, records) = try run(
      steps("{discharge: 1C, until: [\"t >= 100 s\"], record: {dQ: 1 %, dt: 50 s}}"))
    // 1 % is 36 s after any record.
    let expected = [0.0, 36, 50, 86, 100]
    #expect(records.count == expected.count)
    for (record, time) in zip(records, expected) { #expect(abs(record.stepTime - time) < 1e-3) }
  }

  @Test func theDefaultIsThirtySecondsAndFiveMillivolts() throws {
    let text = "name: test\nsteps:\n  - rest: 1 min\n  - {charge: 1C, until: [\"V >= 3.5625 V\"]}\n"
    let (_, records) = try run(text)
    #expect(records.map { $0.stepTime.rounded() } == [0, 30, 60, 0, 18, 30, 45])
  }

  @Test func aStepReplacesSingleKeysOfTheDefault() throws {
    let text = """
      name: test
      defaults: {record: {dt: 20 s, dV: 1 V}}
      steps: [{rest: 1 min, record: {dV: 1 mV}}]
      """
    #expect(
      try TestProtocol(text: text, file: "f").statements == [
        Statement(
          .step(
            Step(
              .rest(.constant(Quantity(60, .time))),
              record: RecordRule(dt: Quantity(20, .time), dV: Quantity(0.001, .voltage)))))
      ])
  }

  @Test func capacitiesResetWhereTheyShouldAndBalance() throws {
    let record = "record: {dt: 11 s}"
    let (summary, records) = try run(
      steps(
        "loop: {repeat: 2, steps: [{charge: 1C, until: [\"V >= 3.9 V\"], \(record)}, {hold: 3.5 V, until: [\"t >= 5 min\"], \(record)}, {discharge: {power: 1 W}, until: [\"V <= 3.2 V\"], \(record)}]}"
      ))
    #expect(records.count > 600)
    for record in records {
      let total = record.total
      #expect(abs(total.chargingCharge - total.dischargingCharge - record.reading.charge) < 1e-9)
      #expect(abs(total.chargingEnergy - total.dischargingEnergy - record.reading.energy) < 1e-8)
      if record.stepTime == 0 { #expect(record.step == Throughput()) }
    }
    for (before, after) in zip(records, records.dropFirst()) {
      #expect(after.total.chargingCharge >= before.total.chargingCharge)
      #expect(after.total.dischargingCharge >= before.total.dischargingCharge)
    }
    let second = try #require(records.first { $0.position.cycle == 2 })
    #expect(second.cycle == Throughput())
    #expect(second.total.chargingCharge > 0)
    #expect(
      isNear(
        summary.cycles.map(\.throughput.chargingCharge).reduce(0, +),
        try #require(records.last).total.chargingCharge))
  }

  @Test(arguments: [1.0, 30, 1000])
  func aReversalOfTheCurrentIsSplitWhereItHappens(internalStep: Double) throws {
    // Held at 3.6 V the cell is charged; a capacitor never reverses by itself, so a cell that does is made
    // of the readings of a charge followed by a discharge.
    let cell = ReversingCell(internalStep: internalStep)
    let output = RecordList()
    let test = try TestProtocol(text: steps("{rest: 1000 s, record: {dt: 90 s}}"), file: "f")
    _ = try Cycler(cell: cell, test: test, output: output).run()
    let total = try #require(output.records.last).total
    // I = 1 A·(1 − t/500 s): 250 C in, 250 C out.
    #expect(abs(total.chargingCharge - 250) < 1e-6)
    #expect(abs(total.dischargingCharge - 250) < 1e-6)
    let at900 = try #require(output.records.first { $0.stepTime == 900 }).total
    #expect(abs(at900.dischargingCharge - 160) < 1e-6)
  }
}

/// Whose current falls through zero at 500 s, whatever is imposed.
private final class ReversingCell: CellUnderTest {
  let nominalCapacity = 1.0
  let voltageWindow = 0.0...1.0
  let electrodeArea: Double? = nil
  let stateOfChargeScale: StateOfChargeScale? = nil
  var ambientTemperature = 298.15
  let observableLabels: [String] = []
  let internalStep: Double
  private(set) var reading = Reading(
    time: 0, voltage: 0.5, current: 1, temperature: 298.15, charge: 0, energy: 0)

  init(internalStep: Double) { self.internalStep = internalStep }

  func reading(at time: Double) -> Reading {
    let charge = time - time * time / 1000
    return Reading(
      time: time, voltage: 0.5, current: 1 - time / 500, temperature: 298.15, charge: charge,
      energy: 0.5 * charge)
  }

  func rates(at time: Double) -> ReadingRates { ReadingRates(voltage: 0, current: -1 / 500, temperature: 0) }
  func observe(at time: Double, into values: inout [Double]) {}
  func impose(_ control: Control, limits: [Limit], isContinuation: Bool) {}

  func step(to end: Double) -> StepOutcome {
    reading = reading(at: min(reading.time + internalStep, end))
    return reading.time == end ? .reachedEnd : .advanced
  }
}
