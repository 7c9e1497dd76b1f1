import CellInterface
import Foundation
import Testing

@testable import Cycling

/// Whatever a condition looks at, its root is located in time.
@Suite struct Conditions {
  /// In s, of the capacitor of 3600 F behind 50 mΩ, half charged at 3.5 V.
  private static let time = 3600.0
  /// When half a W·h is out: 3.45 V t - t²/7200 s.
  private static let halfWattHour = time * (3.45 - (3.45 * 3.45 - 1).squareRoot())

  /// The voltage falls from 3.45 V by 1 V an hour at -1 A.
  private static let discharges: [(condition: String, time: Double)] = [
    ("t >= 500 s", 500), ("t_test >= 510 s", 510), ("V <= 3.2 V", 900), ("dV <= -100 mV", 180), ("Q >= 0.2 Ah", 720),
    ("Q_dis >= 0.2 Ah", 720), ("Q_test >= 0.2 Ah", 720), ("SOC <= 30 %", 720), ("abs(P) <= 3.3 W", 540),
    ("R <= 3.3 ohm", 540), ("E >= 0.5 Wh", halfWattHour),
    ("E_dis >= 0.5 Wh", halfWattHour),
    ("E_test >= 1800 J", halfWattHour), ("T >= 300.15 K", 600 * -log(0.8)),
    ("dT/dt <= 0.5 K/min", 600 * log(2)), ("V - Vmin <= 0.25 * (Vmax - Vmin)", 720),
    ("V * 2 + dV <= 6.6 V - min(Q / 1 h * 0.1 ohm, 1 V)", time * (6.85 - 6.6) / (3 - 0.1)),
    ("{all: [\"V <= 3.3 V\", \"t >= 600 s\"]}", 600), ("{all: [\"V <= 3.2 V\", \"t >= 600 s\"]}", 900),
    ("{any: [\"V <= 3.3 V\", \"Q >= 0.2 Ah\"]}", 540),
    ("{any: [\"V <= 3 V\", {all: [\"V <= 3.2 V\", \"R <= 3.3 ohm\"]}]}", 900),
  ]

  @Test(arguments: discharges) func onDischarge(condition: String, time: Double) throws {
    let cell = CapacitorCell()
    cell.thermalTime = 600
    let text = condition.hasPrefix("{") ? condition : "\"\(condition)\""
    let (summary, records) = try run(steps("{discharge: 1C, until: [\(text)]}"), on: cell)
    #expect(summary.status == .completed)
    #expect(summary.steps[0].endedBy != "safety")
    #expect(isNear(summary.steps[0].duration, time, relative: 1e-6))
    #expect(records.last?.reading.time == summary.steps[0].duration)
  }

  private static let others: [(step: String, time: Double)] = [
    // I = 2 A exp(-t/180 s).
    ("{hold: 3.6 V, until: [\"I <= 0.5 A\"]}", 180 * log(4.0)),
    ("{hold: 3.6 V, until: [\"abs(dI/dt) < 1 mA/s\"]}", 180 * log(2 / 0.18)),
    ("{hold: 3.6 V, until: [\"Q_chg >= 0.09 Ah\"]}", 180 * log(10.0)),
    ("{hold: 3.6 V, until: [\"E_chg >= 0.324 Wh\"]}", 180 * log(10.0)),
    // V = 3.5 V · 2/2.05 exp(-t/7380 s).
    ("{discharge: {resistance: 2 ohm}, until: [\"dV/dt > -0.45 mV/s\"]}", 7380 * log(7 / 2.05 / 3.321)),
  ]

  @Test(arguments: others)
  func onOtherSteps(step: String, time: Double) throws {
    let (summary, _) = try run(steps(step))
    #expect(isNear(summary.steps[0].duration, time, relative: 1e-6))
  }
}
