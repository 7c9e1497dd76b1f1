import Documents

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// One number that a cycle of a run came to.
public struct Metric: Equatable, Sendable {
  /// With its unit: `Discharging Capacity / Ah`.
  public var label: String
  public var value: Double
}

/// What a run came to, from its `summary.json`.
public struct RunMetrics: Decodable, Sendable {
  /// Test time at the end in s.
  public var duration: Double
  public var cycles: [Cycle]

  public struct Cycle: Sendable {
    public var number: Int
    public var metrics: [Metric]

    public subscript(label: String) -> Double? { metrics.first { $0.label == label }?.value }
  }

  enum CodingKeys: String, CodingKey {
    case duration = "duration_s"
    case cycles
  }

  init(path: String) throws(DocumentError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw DocumentError(file: path, message: "cannot be read")
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "infinity", negativeInfinity: "-infinity", nan: "nan")
    do {
      self = try decoder.decode(RunMetrics.self, from: data)
    } catch {
      throw DocumentError(file: path, message: "is not the summary of a run")
    }
  }
}

extension RunMetrics.Cycle: Decodable {
  private enum Key: String, CodingKey {
    case cycle, extremes
    case chargingCapacity = "charging_capacity_Ah"
    case dischargingCapacity = "discharging_capacity_Ah"
    case chargingEnergy = "charging_energy_Wh"
    case dischargingEnergy = "discharging_energy_Wh"
    case coulombicEfficiency = "coulombic_efficiency"
    case energyEfficiency = "energy_efficiency"
    case meanChargingVoltage = "mean_charging_voltage_V"
    case meanDischargingVoltage = "mean_discharging_voltage_V"
  }

  private static let labels: [(Key, String)] = [
    (.chargingCapacity, "Charging Capacity / Ah"), (.dischargingCapacity, "Discharging Capacity / Ah"),
    (.chargingEnergy, "Charging Energy / Wh"), (.dischargingEnergy, "Discharging Energy / Wh"),
    (.coulombicEfficiency, "Coulombic Efficiency / 1"), (.energyEfficiency, "Energy Efficiency / 1"),
    (.meanChargingVoltage, "Mean Charging Voltage / V"), (.meanDischargingVoltage, "Mean Discharging Voltage / V"),
  ]

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    number = try container.decode(Int.self, forKey: .cycle)
    metrics = []
    for (key, label) in Self.labels {
      guard let value = try container.decodeIfPresent(Double.self, forKey: key) else { continue }
      metrics.append(Metric(label: label, value: value))
    }
    if let charging = self["Mean Charging Voltage / V"], let discharging = self["Mean Discharging Voltage / V"] {
      metrics.append(Metric(label: "Voltage Hysteresis / V", value: charging - discharging))
    }
    let extremes = try container.decodeIfPresent([String: [Double]].self, forKey: .extremes) ?? [:]
    for (label, range) in extremes.sorted(by: { $0.key < $1.key }) where range.count == 2 {
      metrics.append(Metric(label: "Lowest \(label)", value: range[0]))
      metrics.append(Metric(label: "Highest \(label)", value: range[1]))
    }
  }
}

extension Sweep {
  /// What the runs came to, in the order of the manifest. Nothing in it depends on how, where or in which order they were
  /// computed.
  public struct Outcome: Sendable {
    public var rows: [Row]

    public struct Row: Sendable {
      public var run: PlannedRun
      /// nil where the run has not ended.
      public var result: Result?
      /// nil where there are none.
      public var metrics: RunMetrics?
    }

    /// Names of the runs that have not ended.
    public var missing: [String] { rows.filter { $0.result == nil }.map(\.run.name) }
  }

  public func outcome() throws(DocumentError) -> Outcome {
    var rows: [Outcome.Row] = []
    for run in runs {
      let result = result(of: run)
      let hasMetrics = result.map { $0.status != .failed } ?? false
      rows.append(
        Outcome.Row(
          run: run, result: result,
          metrics: hasMetrics ? try RunMetrics(path: prefix(of: run) + ".summary.json") : nil))
    }
    return Outcome(rows: rows)
  }
}

extension Sweep.Outcome {
  /// The axes of all runs, in the order in which they occur.
  public var axes: [String] {
    var axes: [String] = []
    for row in rows { for choice in row.run.choices where !axes.contains(choice.axis) { axes.append(choice.axis) } }
    return axes
  }

  /// A row for each variant, cycle and metric (`compare.csv`).
  public var table: String {
    let axes = axes
    var text = csvLine(["variant"] + axes.filter { $0 != "variant" } + ["cycle", "metric", "value"])
    for row in rows {
      let beginning = Self.beginning(row.run, axes)
      guard let metrics = row.metrics else { continue }
      // Of the whole test.
      text += csvLine(beginning + ["", "Simulated Time / s", "\(metrics.duration)"])
      for cycle in metrics.cycles {
        for metric in cycle.metrics {
          // What does not exist, as the size of a crack without stress, is empty.
          let value = metric.value.isFinite ? "\(metric.value)" : ""
          text += csvLine(beginning + ["\(cycle.number)", metric.label, value])
        }
      }
    }
    return text
  }

  /// A row for each variant: how it ended (`variants.csv`).
  public var variantTable: String {
    let axes = axes
    var text = csvLine(["variant"] + axes.filter { $0 != "variant" } + ["status", "simulated time / s", "reason"])
    for row in rows {
      text += csvLine(
        Self.beginning(row.run, axes) + [
          row.result?.status.rawValue ?? "not computed", row.metrics.map { "\($0.duration)" } ?? "",
          row.result?.reason ?? "",
        ])
    }
    return text
  }

  /// How long each run took: the only table that another computation of the same runs changes (`timing.csv`).
  public var timingTable: String {
    csvLine(["variant", "wall time / s"])
      + rows.map { csvLine([$0.run.name, $0.result.map { "\($0.wallTime)" } ?? ""]) }.joined()
  }

  /// The name of the run and where it stands on the axes: a number where it is one in the unit of a key.
  private static func beginning(_ run: PlannedRun, _ axes: [String]) -> [String] {
    [run.name]
      + axes.filter { $0 != "variant" }.map { axis in
        guard let choice = run.choices.first(where: { $0.axis == axis }) else { return "" }
        // What has a unit of its own keeps it.
        let hasUnit = choice.quantity?.hasPrefix("\(axis) [") ?? true
        return hasUnit ? choice.label : choice.value.map { "\($0)" } ?? choice.label
      }
  }
}

/// Fields as a line of a table.
public func csvLine(_ fields: [String]) -> String {
  fields.map { field in
    guard field.contains(where: { ",\"\n\r".contains($0) }) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }.joined(separator: ",") + "\n"
}
