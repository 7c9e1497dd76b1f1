import Figures
import Foundation
import Testing

@testable import Analysis

@Suite struct DerivedTests {
  private func data(_ parts: [SyntheticTest.Part], every interval: Double = 60) throws -> CyclerData {
    let folder = try Folder()
    var data = try CyclerData(path: folder.write(SyntheticTest.table(parts, every: interval), to: "a.bdf.csv"))
    data.nominalCapacity = SyntheticTest.capacity
    return data
  }

  private func part(_ current: Double, _ duration: Double) -> SyntheticTest.Part {
    SyntheticTest.Part(current: current, duration: duration, cycle: 1, number: 1, type: "CC")
  }

  @Test func stepsSayWhatHasPassed() throws {
    let data = try data(SyntheticTest.cycles(currents: [0.5, 1]))
    #expect(data.steps.map(\.type) == ["REST", "CC_CHG", "CC_DCH", "REST", "CC_CHG", "CC_DCH"])
    #expect(data.steps.map(\.cycle) == [1, 1, 1, 2, 2, 2])
    for (step, charge) in zip(data.steps, [0, 1, -1, 0, 1, -1]) { #expect(abs(step.charge - Double(charge)) < 1e-9) }
    #expect(abs(data.steps[5].meanCurrent + 1) < 1e-9)
    // ∫ U dQ of a straight line, less I²R t.
    let (high, low) = (SyntheticTest.openCircuit(1), SyntheticTest.openCircuit(0))
    #expect(abs(data.steps[5].energy + ((high + low) / 2 - SyntheticTest.resistance)) < 1e-6)
    #expect(abs(data.steps[5].meanPower - data.steps[5].energy) < 1e-9)
  }

  @Test func cyclesAreCountedByTheFile() throws {
    let data = try data(SyntheticTest.cycles(currents: [0.5, 1, 2]))
    #expect(data.cycles.map(\.number) == [1, 2, 3])
    for cycle in data.cycles {
      #expect(abs(cycle.charge - 1) < 1e-9 && abs(cycle.coulombicEfficiency - 1) < 1e-9)
      // Charged against the resistance at 0.5 A.
      #expect(cycle.energyEfficiency < 1)
    }
    #expect(data.cycles[0].energyEfficiency > data.cycles[2].energyEfficiency)
  }

  @Test func withoutCountersTwoSweepsAreACycle() throws {
    let data = try data([part(1, 3600), part(-1, 3000), part(1, 3000), part(-1, 2000)])
    #expect(data.cycles.map(\.number) == [1, 2])
    #expect(abs(data.cycles[0].coulombicEfficiency - 3000.0 / 3600) < 1e-9)
    #expect(abs(data.cycles[1].coulombicEfficiency - 2.0 / 3) < 1e-9)
  }

  /// A titration with rests, and pulses the other way, is one sweep; rests at its ends are no part of it.
  @Test func pulsesAndRestsDoNotEndASweep() throws {
    var parts = [part(0, 600)]
    for _ in 0..<10 { parts += [part(-1, 360), part(0, 600), part(0.5, 30), part(-0.5, 30)] }
    parts += [part(0, 600), part(1, 3600), part(0, 60)]
    let sweeps = try data(parts, every: 10).sweeps
    #expect(sweeps.map(\.isDischarge) == [true, false])
    #expect(abs(sweeps[0].capacity - 1) < 1e-9 && abs(sweeps[1].capacity - 1) < 1e-9)
    #expect(abs(sweeps[0].current - 1) < 1e-9)
    #expect(abs(sweeps[1].duration - 3600) < 1e-6)
  }

  @Test func aTestWithoutCurrentHasNoSweeps() throws {
    let data = try data([part(0, 600)])
    #expect(data.sweeps.isEmpty && data.cycles.isEmpty)
    #expect(figures(of: [NamedTest(name: "rest", data: data)]).map(\.name) == ["voltage-time"])
  }

  // MARK: dQ/dV

  /// The charge of a plateau of the width w in a host of the capacity c.
  private func charge(at voltage: Double) -> Double { 0.5 * voltage + 1.5 * tanh((voltage - 3.7) / 0.03) }
  private func slope(at voltage: Double) -> Double {
    let c = cosh((voltage - 3.7) / 0.03)
    return 0.5 + 1.5 / 0.03 / (c * c)
  }

  @Test func theIntegralIsTheCharge() throws {
    // Voltages that are not uniform, and go back now and then.
    let voltage = (0...900).map { 3.4 + 0.6 * pow(Double($0) / 900, 1.3) + 0.004 * sin(Double($0)) }
    for width in [nil, 0, 0.001, 0.05] {
      let result = try #require(
        DifferentialCapacity(voltage: voltage, charge: voltage.map(charge), smoothing: width))
      let total = result.values.reduce(0, +) * result.step
      #expect(abs(total - (charge(at: voltage[900]) - charge(at: voltage[0]))) < 1e-9)
    }
  }

  @Test func dQdVIsTheClosedForm() throws {
    let voltage = (0...6000).map { 3.4 + 1e-4 * Double($0) }
    let result = try #require(
      DifferentialCapacity(voltage: voltage, charge: voltage.map(charge), intervals: 600, smoothing: 0.002))
    // A bell of the deviation s adds s²/2 of the second derivative, here at most 2 (1.5/0.03)/0.03² · s²/2; an interval h adds
    // h²/24 of it.
    let curvature = 2 * (1.5 / 0.03) / (0.03 * 0.03)
    let error = curvature * (0.002 * 0.002 / 2 + 0.001 * 0.001 / 24)
    for (voltage, value) in zip(result.voltage, result.values) where voltage > 3.42 && voltage < 3.98 {
      #expect(abs(value - slope(at: voltage)) < 1.05 * error)
    }
  }

  @Test func whatPassesWhileTheVoltageIsHeldIsLeftOut() throws {
    let rise = (0...100).map { 3.5 + 0.005 * Double($0) }
    let voltage = rise + [Double](repeating: 4, count: 50)
    let charge = rise.map { $0 - 3.5 } + (1...50).map { 0.5 + 0.01 * Double($0) }
    let result = try #require(DifferentialCapacity(voltage: voltage, charge: charge))
    #expect(abs(result.values.reduce(0, +) * result.step - 0.5) < 1e-9)
    #expect(result.values.allSatisfy { abs($0 - 1) < 1e-6 })
    #expect(DifferentialCapacity(voltage: [3, 3, 3], charge: [0, 1, 2]) == nil)
  }

  // MARK: figures

  @Test func thereIsAPictureWhereThereIsSomethingToShow() throws {
    let one = NamedTest(name: "one", data: try data([part(-1, 3600)]))
    #expect(figures(of: [one]).map(\.name) == ["voltage-capacity", "voltage-time", "differential-capacity"])
    let rates = NamedTest(name: "rates", data: try data(SyntheticTest.cycles(currents: [0.2, 1, 4])))
    let all = figures(of: [rates])
    #expect(
      all.map(\.name) == [
        "voltage-capacity", "voltage-time", "differential-capacity", "rate-capability", "capacity-by-cycle", "ragone",
      ])
    #expect(all[0].panels[0].series.map(\.name) == ["C/10", "C/10", "C/2", "C/2", "2C", "2C"])
    #expect(all[3].panels[0].series.map(\.x) == [[0.1, 0.5, 2]].map { $0.map { ($0 * 1e9).rounded() / 1e9 } })
    #expect(figures(of: [rates], kinds: [.ragone]).map(\.name) == ["ragone"])
    for figure in all {
      for axis in figure.panels.flatMap({ [$0.x, $0.y] }) where axis.label != "Cycle" {
        #expect(axis.label.contains(" / "), "\(axis.label) has no unit")
      }
    }
  }

  @Test func measuredTestsAreGreyPoints() throws {
    let data = try data([part(-1, 3600)])
    let tests = [NamedTest(name: "model", data: data), NamedTest(name: "cell 7", data: data, isMeasured: true)]
    let series = figures(of: tests, kinds: [.voltageCapacity])[0].panels[0].series
    #expect(series.map(\.name) == ["Discharge", "cell 7"])
    #expect(series[1].style == .points && series[1].colour == .grey)
    // A discharge of one ampere hour, in the open.
    #expect(abs(series[0].x.last! - 1) < 1e-9)
  }

  @Test func ofManyCyclesAChoiceIsShown() throws {
    let data = try data(SyntheticTest.cycles(currents: Array(repeating: 1, count: 40)))
    let figure = figures(of: [NamedTest(name: "ageing", data: data)], kinds: [.voltageCapacity])[0]
    let names = figure.panels[0].series.map(\.name)
    #expect(Set(names) == ["Cycle 1", "Cycle 9", "Cycle 17", "Cycle 24", "Cycle 32", "Cycle 40"])
    #expect(figure.caption.contains("6 of 40 cycles"))
  }

  @Test func manyTestsThatANumberTellsApartHaveAColourBar() throws {
    let data = try data([part(-1, 3600)])
    let tests = (1...10).map {
      NamedTest(name: "\($0) nm", value: Double($0 * $0), valueLabel: "Particle radius / nm", data: data)
    }
    let figure = figures(of: tests, kinds: [.voltageCapacity])[0]
    #expect(figure.colours?.range == 1...100 && figure.colours?.scale == .logarithmic)
    #expect(figure.panels[0].series.allSatisfy { $0.name.isEmpty })
    #expect(figure.panels[0].series[2].colour == .number(9))
  }

  @Test func parametersAreNamedAsInPrint() {
    let radius = Parameter(key: "Positive electrode/Particle radius [m]", values: [2e-8, 1e-7])
    #expect(radius.label == "Particle radius / nm")
    #expect(radius.name(of: 2e-8) == "Particle radius 20 nm" && abs(radius.shown(1e-7) - 100) < 1e-9)
    let rate = Parameter(key: "Negative electrode/Reaction rate constant [mol.m-2.s-1]", values: [1e-5])
    #expect(rate.label == "Reaction rate constant / mol m⁻² s⁻¹")
    #expect(Parameter(key: "Separator/Porosity", values: [0.5]).name(of: 0.5) == "Porosity 0.5")
  }
}
