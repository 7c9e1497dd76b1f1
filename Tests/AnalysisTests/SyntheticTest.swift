import Foundation

/// A folder that is gone when a test has ended.
final class Folder {
  let url = FileManager.default.temporaryDirectory.appending(path: "spinodal-\(UUID().uuidString)")
  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path }

  func write(_ text: String, to name: String) throws -> String {
    try text.write(toFile: path(name), atomically: false, encoding: .utf8)
    return path(name)
  }
}

/// A test of a cell whose voltage is a straight line over its charge, behind a resistance: every number has a closed form.
struct SyntheticTest {
  static let capacity = 2.0
  static let resistance = 0.05
  /// In V at a net charge in A·h.
  static func openCircuit(_ charge: Double) -> Double { 3.4 + 0.4 * charge / capacity }

  /// Of one step: its current in A and duration in s.
  struct Part {
    var current: Double
    var duration: Double
    var cycle: Int
    var number: Int
    var type: String
  }

  /// Each cycle: rest, charge, discharge at a current of its own.
  static func cycles(currents: [Double]) -> [Part] {
    currents.enumerated().flatMap { index, current in
      [
        Part(current: 0, duration: 120, cycle: index + 1, number: 1, type: "REST"),
        Part(current: 0.5, duration: 7200, cycle: index + 1, number: 2, type: "CC_CHG"),
        Part(current: -current, duration: 3600 / current, cycle: index + 1, number: 3, type: "CC_DCH"),
      ]
    }
  }

  /// In Battery Data Format, with the counters that this program writes and one column of a model.
  static func table(_ parts: [Part], every interval: Double = 60) -> String {
    var text =
      "Test Time / s,Voltage / V,Current / A,Cycle Count / 1,Step Count / 1,Step ID,Step Time / s,Step Type,"
      + "Charging Capacity / Ah,Discharging Capacity / Ah,Temperature T1 / degC,Positive Mean Stoichiometry / 1\n"
    var (time, charge, discharge) = (0.0, 0.0, 0.0)
    for (count, part) in parts.enumerated() {
      let rows = Int((part.duration / interval).rounded(.up))
      let (start, startCharge, startDischarge) = (time, charge, discharge)
      for row in 0...rows {
        let stepTime = min(Double(row) * interval, part.duration)
        time = start + stepTime
        charge = startCharge + max(part.current, 0) * stepTime / 3600
        discharge = startDischarge + max(-part.current, 0) * stepTime / 3600
        let net = charge - discharge
        let voltage = openCircuit(net) + resistance * part.current
        text +=
          "\(time),\(voltage),\(part.current),\(part.cycle),\(count + 1),\(part.number),\(stepTime),\(part.type),"
          + "\(charge),\(discharge),25.0,\(1 - net / 4)\n"
      }
    }
    return text
  }
}
