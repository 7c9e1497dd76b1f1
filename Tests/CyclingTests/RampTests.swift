import CellInterface
import Testing

@testable import Cycling

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

// The cell: C = 3600 F, R = 0.05 Ω, V = 3.5 V at rest, window 3 to 4 V, 1C = 1 A.

@Suite struct Ramps {
  @Test func ofVoltage() throws {
    let (summary, records) = try run(
      steps("{ramp: {of: voltage, to: 3.9 V, rate: 0.1 mV/s}, record: {dt: 1000 s}}"))
    let step = summary.steps[0]
    #expect(step.type == .voltageRamp)
    #expect(step.endedBy == "reached 3.9 V")
    // From the 3.5 V at rest.
    #expect(isNear(step.duration, 4000, relative: 1e-14))
    #expect(isNear(step.endVoltage, 3.9, relative: 1e-14))
    // Linear sweep of a capacitor behind a resistor: I = C dV/dt (1 − exp(−t/RC)).
    for record in records {
      #expect(isNear(record.reading.voltage, 3.5 + 0.1e-3 * record.stepTime, relative: 1e-14))
      let current = 0.36 * -expm1(-record.stepTime / 180)
      #expect(abs(record.reading.current - current) < 1e-12)
    }
    #expect(records.count == 5)
    #expect(isNear(step.throughput.chargingCharge, 0.36 * (4000 - 180), relative: 1e-8))
  }

  @Test func ofCurrentThroughZero() throws {
    let (summary, records) = try run(
      steps("{ramp: {of: current, from: -1C, to: 1 A, rate: 0.6 A/min}, record: {dI: 0.25 A, dt: 1 d}}"))
    let step = summary.steps[0]
    #expect(step.type == .currentRamp)
    #expect(isNear(step.duration, 200, relative: 1e-14))
    #expect(isNear(step.endCurrent, 1, relative: 1e-14))
    #expect(isNear(step.throughput.chargingCharge, 50))
    #expect(isNear(step.throughput.dischargingCharge, 50))
    #expect(records.count == 9)
    for (index, record) in records.enumerated() {
      #expect(abs(record.reading.current + 1 - 0.25 * Double(index)) < 1e-6)
    }
  }

  @Test func ofPower() throws {
    let (summary, records) = try run(
      steps("{ramp: {of: power, from: 0.5 W, to: -2.5 W, rate: 10 mW/s}, record: {dt: 10 s}}"))
    let step = summary.steps[0]
    #expect(step.type == .powerRamp)
    #expect(isNear(step.duration, 300, relative: 1e-14))
    for record in records {
      #expect(abs(record.reading.voltage * record.reading.current - 0.5 + 0.01 * record.stepTime) < 1e-12)
    }
    #expect(isNear(step.throughput.chargingEnergy, 0.5 * 0.5 * 50, relative: 1e-7))
    #expect(isNear(step.throughput.dischargingEnergy, 0.5 * 2.5 * 250, relative: 1e-7))
  }

  @Test func beginsAtWhatTheCellShows() throws {
    let (summary, records) = try run(
      steps(
        "{discharge: 1C, until: [\"t >= 5 min\"]}", "{ramp: {of: voltage, to: 3.6 V, rate: 0.36 V/h}}",
        "{ramp: {of: current, to: -C/10, rate: 1C/h}}", "{ramp: {of: power, to: 0 W, rate: 1 W/min}}"))
    try #require(summary.status == .completed)
    for (before, after) in zip(summary.steps, summary.steps.dropFirst()) {
      let first = try #require(records.first { $0.position.stepCount == after.stepCount }).reading
      switch after.type {
      case .voltageRamp: #expect(first.voltage == before.endVoltage)
      case .currentRamp: #expect(first.current == before.endCurrent)
      default: #expect(isNear(first.voltage * first.current, before.endVoltage * before.endCurrent))
      }
    }
    #expect(isNear(summary.steps[1].duration, (3.6 - summary.steps[0].endVoltage) * 10_000))
    #expect(isNear(summary.steps[2].endCurrent, -0.1))
    #expect(abs(summary.steps[3].endCurrent) < 1e-12)
  }

  @Test func endsAtALimitBeforeItArrives() throws {
    let (summary, _) = try run(
      steps(
        "{ramp: {of: current, from: 0 A, to: 2C, rate: 1 mA/s}, until: [\"V >= 3.6 V\", \"t > 1 h\"]}",
        "{ramp: {of: voltage, to: 3.5 V, rate: 1 mV/s}, until: [\"t > 10 s\"]}"))
    // 3.5 + r t²/2C + r t R = 3.6
    let (a, b) = (1e-3 / 7200, 0.05e-3)
    #expect(isNear(summary.steps[0].duration, (sqrt(b * b + 4 * a * 0.1) - b) / 2 / a))
    #expect(summary.steps[0].endedBy == "V >= 3.6 V")
    #expect(summary.steps[1].duration == 10)
    #expect(isNear(summary.steps[1].endVoltage, 3.59))
  }

  @Test func whereItAlreadyIsTakesNoTime() throws {
    let (summary, _) = try run(steps("{ramp: {of: voltage, to: 3.5 V, rate: 1 mV/s}}", "rest: 1 s"))
    #expect(summary.steps[0].wasAlreadyMet)
    #expect(summary.steps[0].endedBy == "reached 3.5 V")
    #expect(summary.steps[0].duration == 0)
    #expect(summary.status == .completed)
  }

  @Test func theCellsWindowGuardsTheDirectionsInWhichARampDrives() throws {
    let charged = try run(steps("{ramp: {of: current, from: -0.1 A, to: 2 A, rate: 1 mA/s}}")).summary
    #expect(charged.reason?.hasPrefix("the voltage rose above the safety limit of 4.0 V") == true)
    let full = CapacitorCell(charge: 3900)
    let discharged = try run(steps("{ramp: {of: current, from: -0.2 A, to: -0.1 A, rate: 1 mA/s}}"), on: full)
    #expect(discharged.summary.status == .completed)
  }
}

@Suite struct Temperatures {
  /// Whose temperature follows its surroundings with a time constant of 10 min.
  private func thermalCell() -> CapacitorCell {
    let cell = CapacitorCell()
    cell.thermalTime = 600
    return cell
  }

  @Test func theSetPointTakesNoTimeWithoutSoak() throws {
    let (summary, records) = try run(
      steps("rest: 1 min", "temperature: 45 degC", "rest: 10 min", "temperature: 300 K"), on: thermalCell())
    #expect(summary.steps.map(\.stepID) == [1, 2])
    #expect(records.map(\.ambientTemperature) == [298.15, 298.15, 318.15, 318.15])
    #expect(records[2].reading.temperature == 298.15)
    #expect(isNear(records[3].reading.temperature, 318.15 - 20 * exp(-1)))
  }

  @Test func aSoakIsARestAtTheNewTemperature() throws {
    let (summary, records) = try run(
      steps(
        "{temperature: 45 degC, soak: 2 h, record: {dt: 10 min}, label: warm}",
        "{temperature: 25 degC, soak: 2 h, until: [\"T <= 30 degC\"]}"), on: thermalCell())
    #expect(summary.steps.map(\.type) == [.rest, .rest])
    #expect(summary.steps[0].duration == 7200)
    #expect(summary.steps[0].label == "warm")
    for record in records.prefix(13) {
      #expect(record.ambientTemperature == 318.15)
      #expect(isNear(record.reading.temperature, 318.15 - 20 * exp(-record.stepTime / 600)))
    }
    #expect(records.last?.ambientTemperature == 298.15)
    #expect(summary.steps[1].endedBy == "T <= 30 degC")
    #expect(isNear(summary.steps[1].duration, 600 * log((20 - 20 * exp(-12)) / 5), relative: 1e-8))
  }

  @Test func theCellWarmsUpToTheSafetyLimit() throws {
    let (summary, records) = try run(
      steps("{discharge: 1C, until: [\"V <= Vmin\"]}", top: "safety: {T: [-10 degC, 30 degC]}"),
      on: thermalCell())
    #expect(summary.status == .stoppedEarly)
    #expect(
      summary.reason == "the temperature rose above the safety limit of 30.0 degC (step 1, CC_DCH, cycle 1)")
    #expect(summary.steps[0].endedBy == "safety")
    // 10 K above the surroundings in the end: half of it, and a margin of 1 mK.
    #expect(isNear(summary.duration, 600 * log(10 / (5 - 1e-3)), relative: 1e-8))
    #expect(records.last?.reading.time == summary.duration)
  }

  @Test func theChamberMayNotCoolTheCellBelowTheSafetyLimit() throws {
    let (summary, _) = try run(
      steps("{temperature: -20 degC, soak: 1 d}", top: "safety: {T: [-10 degC, 30 degC]}"), on: thermalCell())
    #expect(summary.reason == "the temperature fell below the safety limit of -10.0 degC (step 1, REST, cycle 1)")
    #expect(isNear(summary.duration, 600 * log(45 / (10 - 1e-3)), relative: 1e-8))
  }

  @Test func aPulseOfTheLoopKeepsItsTemperature() throws {
    let (_, records) = try run(
      steps(
        "loop: {repeat: 2, steps: [temperature: 10 degC, rest: 1 s, temperature: 40 degC, rest: 1 s]}"))
    #expect(records.map { ($0.ambientTemperature - 273.15).rounded() } == [10, 10, 40, 40, 10, 10, 40, 40])
  }
}

@Suite struct Endurance {
  @Test(.timeLimit(.minutes(1))) func aHundredThousandPulses() throws {
    let cell = CapacitorCell(capacitance: 3.6e7, charge: 1.8e7)
    let output = LastRecord()
    let test = try TestProtocol(
      text: steps(
        "loop: {repeat: 5000, steps: [loop: {repeat: 10, steps: [{discharge: 1C, until: [{all: [\"t >= 10 s\", \"V <= 4 V\"]}]}, {charge: 1C, until: [\"Q >= 1 mAh\"]}]}]}"
      ), file: "f")
    let summary = try Cycler(cell: cell, test: test, output: output).run()
    #expect(summary.status == .completed)
    #expect(summary.steps.count == 100_000)
    #expect(summary.cycles.count == 5000)
    #expect(summary.cycles.last?.cycle == 5000)
    let last = try #require(output.record)
    #expect(last.position.stepCount == 100_000)
    #expect(last.index == 200_000)
    #expect(summary.recordCount == 200_000)
    // 10 s of 1 A out, 1 mA·h = 3.6 C in; time and charge add up over all steps.
    #expect(isNear(summary.duration, 50_000 * 13.6, relative: 1e-9))
    #expect(isNear(last.total.dischargingCharge, 500_000, relative: 1e-9))
    #expect(isNear(last.total.chargingCharge, 180_000, relative: 1e-9))
    #expect(isNear(last.total.chargingCharge - last.total.dischargingCharge, last.reading.charge, relative: 1e-9))
    // What a step leaves in memory: its numbers; the texts are shared.
    #expect(MemoryLayout<StepSummary>.stride <= 128)
  }
}

/// Keeps nothing but the last record.
private final class LastRecord: RecordOutput {
  private(set) var record: Record?

  func write(_ record: Record) { self.record = record }
  func stepEnded() {}
  func advanced() {}
}
