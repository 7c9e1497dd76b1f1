import CellInterface
import Cycling
import Foundation
import Testing

@testable import Electrochemistry

private let tolerance = 1e-10

extension SingleParticle {
  /// A capacitor of C = capacity / 0.3 V behind R = 0.05 Ω of contacts and as much of film.
  fileprivate static let resistance = 0.05 + film.ofTheCell
  fileprivate static let capacitance = capacity / 0.3
  fileprivate static let time = resistance * capacitance

  fileprivate static func behindResistance(keys: String = "", heatTransferCoefficient: Double? = nil) throws
    -> SimulatedCell
  {
    try SingleParticle(
      keys: keys, groups: "\"Film\": {\"Resistance [Ohm.m2]\": \(film.perSurface)}", contactResistance: 0.05,
      heatTransferCoefficient: heatTransferCoefficient
    ).simulated(tolerance: tolerance)
  }
}

/// Temperatures that a protocol sets, and those that a cell takes by itself.
@Suite struct ChamberTests {
  /// In V/K.
  private let entropicChange = 2e-4
  private var keys: String { "\"Entropic change coefficient [V.K-1]\": \(entropicChange)," }

  private func voltage(_ x: Double, _ temperature: Double) -> Double {
    3.6 - 0.3 * x + (temperature - 298.15) * entropicChange
  }

  /// A resting cell follows its chamber with the time constant C/(hA), here 200 s, and its voltage follows the
  /// temperature.
  @Test func soak() throws {
    let cell = try SingleParticle.behindResistance(keys: keys, heatTransferCoefficient: 10)
    let time = SingleParticle.heatCapacity / (10 * SingleParticle.cooledSurface)
    #expect(abs(time - 200) < 1e-9)
    let (summary, records) = try run(
      cell, "rest: 1 min", "{temperature: 45 degC, soak: 10 min, record: {dt: 30 s}}", "temperature: 5 degC",
      "{rest: 10 min, record: {dt: 30 s}}")
    #expect(summary.status == .completed && records.count == 2 + 21 + 21)
    var start = 298.15
    for (step, chamber) in [(1, 298.15), (2, 318.15), (3, 278.15)] {
      func expected(_ t: Double) -> Double { chamber + (start - chamber) * exp(-t / time) }
      let ofThisStep = records.filter { $0.position.stepCount == step }
      for record in ofThisStep {
        let temperature = expected(record.stepTime)
        #expect(record.ambientTemperature == chamber)
        #expect(abs(record.reading.temperature - temperature) < cell.errorBound(320, tolerance: tolerance))
        #expect(
          abs(record.reading.voltage - voltage(0.5, temperature))
            < entropicChange * cell.errorBound(320, tolerance: tolerance) + cell.stepBound(4, tolerance: tolerance))
      }
      let last = try #require(ofThisStep.last)
      start = expected(last.stepTime)
    }
  }

  /// Without a heat transfer coefficient the cell has the temperature of the chamber from the next step on.
  @Test func withoutHeatBalanceTheCellFollowsAtOnce() throws {
    let cell = try SingleParticle.behindResistance(keys: keys)
    let (_, records) = try run(
      cell, "rest: 1 min", "temperature: 45 degC", "rest: 1 min", "{temperature: 5 degC, soak: 1 min}")
    for (record, temperature) in zip(records, [298.15, 298.15, 318.15, 318.15, 278.15, 278.15]) {
      #expect(record.reading.temperature == temperature)
      #expect(abs(record.reading.voltage - voltage(0.5, temperature)) < cell.stepBound(4, tolerance: tolerance))
    }
  }

  /// Joule's heat I² R and the reaction's I T ∂U/∂T against h A (T − T_ambient):
  /// T approaches (I² R + hA T_ambient)/(hA − I ∂U/∂T) at the rate (hA − I ∂U/∂T)/C. Nothing else is irreversible here.
  @Test(arguments: [(0.0, -2.0), (0, 1), (10, -2), (10, 2)])
  func heatOfCurrent(heatTransferCoefficient: Double, current: Double) throws {
    let cell = try SingleParticle.behindResistance(keys: keys, heatTransferCoefficient: heatTransferCoefficient)
    let exchange = heatTransferCoefficient * SingleParticle.cooledSurface - current * entropicChange
    let joule = current * current * SingleParticle.resistance
    let steady = (joule + heatTransferCoefficient * SingleParticle.cooledSurface * 298.15) / exchange
    try cell.impose(.current(current), limits: [])
    for time in [1.0, 20, 100, 200] {
      try cell.advance(to: time)
      let temperature = steady + (298.15 - steady) * exp(-exchange / SingleParticle.heatCapacity * time)
      // The reaction itself takes 2e-9 Ω, 2e-8 of the resistance, and as little of the rise, which is below 10 K.
      let bound = cell.errorBound(320, tolerance: tolerance) + 2e-7
      #expect(abs(cell.reading.temperature - temperature) < bound)
      let open = voltage(0.5 - current * time / SingleParticle.capacity, temperature)
      #expect(
        abs(cell.reading.voltage - open - current * SingleParticle.resistance)
          < entropicChange * bound + 1e-8 + cell.errorBound(1, tolerance: tolerance))
    }
  }
}

/// Ramps, on a cell that is a capacitor behind a resistance.
@Suite struct RampOnModelTests {
  /// From the rest and back: I = C r + (I₀ − C r) exp(−t/RC). Up to 0.5 A and 400 C pass.
  @Test func ofVoltage() throws {
    let cell = try SingleParticle.behindResistance()
    let (summary, records) = try run(
      cell, "{ramp: {of: voltage, to: 3.55 V, rate: 0.1 mV/s}, record: {dt: 60 s}}",
      "{ramp: {of: voltage, to: 3.4 V, rate: 0.72 V/h}, record: {dt: 60 s}}")
    try #require(summary.steps.map(\.endedBy) == ["reached 3.55 V", "reached 3.4 V"], "\(summary.reason ?? "")")
    // But for what the resting cell shows.
    #expect(abs(summary.steps[0].duration - 1000) < 1e-6 && abs(summary.steps[1].duration - 750) < 1e-6)
    var (voltage, current, charge) = (3.45, 0.0, 0.0)
    for (step, rate) in [(1, 1e-4), (2, -2e-4)] {
      let steady = SingleParticle.capacitance * rate
      func expected(_ t: Double) -> (voltage: Double, current: Double, charge: Double) {
        let left = exp(-t / SingleParticle.time)
        return (
          voltage + rate * t, steady + (current - steady) * left,
          charge + steady * t + (current - steady) * SingleParticle.time * (1 - left)
        )
      }
      let ofThisStep = records.filter { $0.position.stepCount == step }
      #expect(ofThisStep.count == (step == 1 ? 18 : 14))
      for record in ofThisStep {
        let (voltage, current, charge) = expected(record.stepTime)
        #expect(abs(record.reading.voltage - voltage) < cell.stepBound(4, tolerance: tolerance))
        // The current is what the stoichiometry leaves of the voltage over the resistance; the reaction adds 2e-8 to
        // it.
        let bound =
          (cell.stepBound(4, tolerance: tolerance) + 0.3 * cell.errorBound(1, tolerance: tolerance))
          / SingleParticle.resistance + 1e-7 * 0.5
        #expect(abs(record.reading.current - current) < bound)
        #expect(abs(record.reading.charge - charge) < cell.errorBound(550, tolerance: tolerance) + 1e-7 * 400)
      }
      (voltage, current, charge) = expected(summary.steps[step - 1].duration)
    }
  }

  /// Through zero: the charge is I₀ t + r t²/2, at every instant of the dense output, and is counted by its direction.
  @Test func ofCurrent() throws {
    let cell = try SingleParticle.behindResistance()
    let (summary, records) = try run(
      cell, "{ramp: {of: current, from: -1C, to: 1C, rate: 0.2 A/min}, record: {dt: 7 s}}")
    let step = summary.steps[0]
    #expect(step.duration == 240)
    // Of 24 C; the tolerance counts from a tenth of the nominal 1440 C.
    let bound = cell.errorBound(170, tolerance: tolerance)
    for record in records {
      let t = record.stepTime
      let (current, charge) = (-0.4 + t / 300, -0.4 * t + t * t / 600)
      #expect(abs(record.reading.current - current) < cell.stepBound(0.4, tolerance: tolerance))
      #expect(abs(record.reading.charge - charge) < bound)
      let open = 3.45 + charge / SingleParticle.capacitance
      #expect(
        abs(record.reading.voltage - open - current * SingleParticle.resistance)
          < cell.errorBound(1, tolerance: tolerance) + 1e-8)
    }
    #expect(abs(step.throughput.chargingCharge - 24) < 2 * bound)
    #expect(abs(step.throughput.dischargingCharge - 24) < 2 * bound)
  }

  /// The energy is P₀ t + r t²/2.
  @Test func ofPower() throws {
    let cell = try SingleParticle.behindResistance()
    let (summary, records) = try run(
      cell, "{ramp: {of: power, from: 0.5 W, to: -2.5 W, rate: 10 mW/s}, record: {dt: 20 s}}")
    #expect(abs(summary.steps[0].duration - 300) < 1e-9)
    // The tolerance counts from a tenth of 1440 C × 5 V.
    let bound = cell.errorBound(1100, tolerance: tolerance)
    for record in records {
      let t = record.stepTime
      let power = 0.5 - 0.01 * t
      // A current of up to 0.8 A at up to 3.5 V.
      #expect(
        abs(record.reading.voltage * record.reading.current - power) < 8 * cell.stepBound(1, tolerance: tolerance))
      #expect(abs(record.reading.energy - 0.5 * t + 0.005 * t * t) < bound)
    }
  }
}

/// A test that leaves its safety window is stopped there: 0.1 mV, 1 mK or a millionth of the current beyond it.
@Suite struct SafetyOnModelTests {
  /// U = 3.45 V + q/C, V = U + I R.
  @Test(arguments: [-1.0, 1]) func voltage(sign: Double) throws {
    let cell = try SingleParticle.behindResistance()
    let verb = sign < 0 ? "discharge" : "charge"
    let (summary, records) = try run(
      cell, "{\(verb): 1C, until: [\"t >= 10 h\"]}", "rest: 1 h", top: "safety: {V: [3.38 V, 3.52 V]}")
    #expect(summary.status == .stoppedEarly && summary.steps.count == 1)
    #expect(summary.steps[0].endedBy == "safety")
    #expect(
      summary.reason
        == (sign < 0
          ? "the voltage fell below the safety limit of 3.38 V (step 1, CC_DCH, cycle 1)"
          : "the voltage rose above the safety limit of 3.52 V (step 1, CC_CHG, cycle 1)"))
    // The instant is a root of the dense output, whose slope of 8e-5 V/s leaves nothing of the resolution of time.
    let voltage = 3.45 + sign * (0.07 + 1e-4)
    #expect(abs(cell.reading.voltage - voltage) < 1e-12)
    let change = 0.07 + 1e-4 - 0.4 * SingleParticle.resistance
    let expected = change * SingleParticle.capacitance / 0.4
    let slope = 0.4 / SingleParticle.capacitance
    #expect(abs(cell.reading.time - expected) < (cell.errorBound(1, tolerance: tolerance) + 1e-8) / slope)
    let last = try #require(records.last)
    #expect(last.reading == cell.reading && records.dropLast().allSatisfy { abs($0.reading.voltage - 3.45) <= 0.07 })
  }

  /// Joule's heat warms the cell by I² R/(hA) (1 − exp(−t hA/C)), 2 K in the end.
  @Test func temperature() throws {
    let cell = try SingleParticle.behindResistance(heatTransferCoefficient: 10)
    let (summary, _) = try run(
      cell, "{discharge: 5C, until: [\"t >= 5 min\"]}", top: "safety: {T: [0 degC, 26 degC]}")
    #expect(summary.status == .stoppedEarly && summary.steps[0].endedBy == "safety")
    #expect(
      summary.reason == "the temperature rose above the safety limit of 26.0 degC (step 1, CC_DCH, cycle 1)")
    #expect(abs(cell.reading.temperature - 299.151) < 1e-10)
    let rise = 4 * SingleParticle.resistance / (10 * SingleParticle.cooledSurface)
    let expected = -200 * log(1 - 1.001 / rise)
    let slope = (rise - 1.001) / 200
    #expect(abs(cell.reading.time - expected) < (cell.errorBound(320, tolerance: tolerance) + 1e-7) / slope)
  }

  /// A ramp of the voltage draws I = C r (1 − exp(−t/RC)).
  @Test func current() throws {
    let cell = try SingleParticle.behindResistance()
    let (summary, _) = try run(
      cell, "{ramp: {of: voltage, to: 3.55 V, rate: 0.1 mV/s}}", top: "safety: {I: [-0.5C, 0.2 A]}")
    #expect(
      summary.reason == "the current rose above the safety limit of 0.2 A (step 1, V_RAMP, cycle 1)")
    #expect(abs(cell.reading.current - 0.2 * (1 + 1e-6)) < 1e-12)
    let steady = SingleParticle.capacitance * 1e-4
    let expected = -SingleParticle.time * log(1 - 0.2 * (1 + 1e-6) / steady)
    let slope = (steady - 0.2) / SingleParticle.time
    let bound =
      (cell.stepBound(4, tolerance: tolerance) + 0.3 * cell.errorBound(1, tolerance: tolerance))
      / SingleParticle.resistance + 1e-7 * 0.2
    #expect(abs(cell.reading.time - expected) < bound / slope)
  }

  /// Without a window in the protocol a published cell is stopped at its own cut-off; a limit of the step at the same
  /// voltage ends the step and not the test.
  @Test func cutOffOfTheCell() throws {
    func cell() throws -> SimulatedCell {
      try SimulatedCell(
        ReferenceCurve.cell("lg-m50"), mesh: Mesh(negative: 6, separator: 3, positive: 6, radial: 8))
    }
    let stopped = try cell()
    let (summary, _) = try run(stopped, "{discharge: 1C, until: [\"t >= 10 h\"]}", "rest: 1 h")
    #expect(summary.status == .stoppedEarly && summary.steps.count == 1)
    #expect(
      summary.reason == "the voltage fell below the safety limit of 2.5 V (step 1, CC_DCH, cycle 1)")
    #expect(abs(stopped.reading.voltage - (2.5 - 1e-4)) < 1e-9)
    let ended = try cell()
    let (complete, _) = try run(ended, "{discharge: 1C, until: [\"V <= 2.5 V\"]}", "rest: 1 min")
    #expect(complete.status == .completed && complete.steps[0].endedBy == "V <= 2.5 V")
    #expect(abs(complete.steps[0].endVoltage - 2.5) < 1e-9)
    #expect(complete.steps[0].duration < stopped.reading.time)
  }
}
