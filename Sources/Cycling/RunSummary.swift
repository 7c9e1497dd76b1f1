import Documents

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a run came to: written as `NAME.summary.json`.
public struct RunSummary: Equatable, Sendable {
  public enum Status: String, Codable, Sendable {
    /// Every step of the protocol was carried out.
    case completed
    /// The safety window was left or the cell could not go on; what was recorded until then is kept.
    case stoppedEarly = "stopped early"
    case interrupted
  }

  public var protocolName: String
  public var status: Status
  /// Why the run did not complete.
  public var reason: String?
  /// Test time at the end in s.
  public var duration: Double
  public var recordCount: Int
  public var steps: [StepSummary]
  public var cycles: [CycleSummary]
  public var files = Files()
  /// What the `extremes` of the cycles are of.
  public var observableLabels: [String] = []
  /// Whatever the caller wants to keep with the result: solver statistics, versions, hashes of the inputs.
  public var details: [String: JSONValue] = [:]

  /// What the test has written, so that a later change can be told.
  public struct Files: Codable, Equatable, Sendable {
    public var data: FileState?
    public var profiles: FileState?

    public init(data: FileState? = nil, profiles: FileState? = nil) {
      self.data = data
      self.profiles = profiles
    }
  }

  /// Writes the summary as JSON, one line for each cycle and step, in place of whatever is there.
  /// - Parameter survivesPowerFailure: whether to wait until the disk has it.
  public func write(to path: String, survivesPowerFailure: Bool = true) throws {
    try OutputFile.replace(path, survivesPowerFailure: survivesPowerFailure, write)
  }

  private func write(to file: OutputFile) throws(OutputError) {
    file.append("{\n")
    file.append("  \"protocol\": \(json(protocolName)),\n")
    file.append("  \"status\": \(json(status)),\n")
    if let reason { file.append("  \"reason\": \(json(reason)),\n") }
    file.append("  \"duration_s\": \(json(duration)),\n")
    file.append("  \"records\": \(json(recordCount)),\n")
    file.append("  \"files\": \(json(files)),\n")
    file.append("  \"details\": \(json(details)),\n")
    var extremes = Extremes()
    for cycle in cycles { extremes.include(cycle.extremes) }
    file.append("  \"extremes\": \(json(LabelledExtremes(extremes, observableLabels))),\n")
    try file.append("cycles", cycles.lazy.map { LabelledCycle(cycle: $0, labels: observableLabels) })
    file.append(",\n")
    try file.append("steps", steps)
    file.append("\n}\n")
  }

  /// How a test ended, by its summary.
  public struct Outcome: Equatable, Sendable {
    public var status: Status
    /// Why the run did not complete.
    public var reason: String?
    public var files: Files

    public init(_ summary: RunSummary) { (status, reason, files) = (summary.status, summary.reason, summary.files) }

    /// What the first lines of a summary say; nil where there is none.
    public init?(ofSummaryAt path: String) {
      guard let head = OutputFile.head(of: path) else { return nil }
      func value<Value: Decodable>(_ key: String, _ type: Value.Type) -> Value? {
        let start = "  \"\(key)\": "
        guard let line = head.split(separator: "\n").first(where: { $0.hasPrefix(start) }), line.hasSuffix(",") else {
          return nil
        }
        return try? JSONDecoder().decode(type, from: Data(line.dropFirst(start.count).dropLast().utf8))
      }
      guard let status = value("status", Status.self) else { return nil }
      self.status = status
      reason = value("reason", String.self)
      files = value("files", Files.self) ?? Files()
    }
  }
}

extension OutputFile {
  /// A member of a JSON object. The entries are encoded one by one: the text of a million steps is never in
  /// memory at once.
  fileprivate func append(_ name: String, _ entries: some Sequence<some Encodable>) throws(OutputError) {
    append("  \"\(name)\": [")
    let encoder = jsonEncoder()
    for (index, entry) in entries.enumerated() {
      append(index == 0 ? "\n    " : ",\n    ")
      append(json(entry, encoder))
      try flushIfDue()
    }
    append("\n  ]")
  }
}

/// One executed step.
public struct StepSummary: Encodable, Equatable, Sendable {
  public var cycle: Int
  public var stepCount: Int
  public var stepID: Int
  public var type: StepType
  /// Whether what ended the step was so from the beginning, so that it took no time.
  public var wasAlreadyMet: Bool
  public var label: String?
  /// What ended the step: a condition as the protocol has it, `after 10 min`, `reached 4.2 V`, `fell to C/20`, the end of
  /// scan, pulses or profile, or `safety`, `cell`, `longest step` or `interrupt` where the test stopped.
  public var endedBy: String
  /// Test time at the beginning in s.
  public var start: Double
  /// In s.
  public var duration: Double
  public var throughput: Throughput
  /// In V.
  public var endVoltage: Double
  /// In A.
  public var endCurrent: Double

  enum CodingKeys: String, CodingKey {
    case cycle
    case stepCount = "step_count"
    case stepID = "step_id"
    case type
    case label
    case endedBy = "ended_by"
    case wasAlreadyMet = "already_met"
    case start = "start_s"
    case duration = "duration_s"
    case chargingCapacity = "charging_capacity_Ah"
    case dischargingCapacity = "discharging_capacity_Ah"
    case chargingEnergy = "charging_energy_Wh"
    case dischargingEnergy = "discharging_energy_Wh"
    case endVoltage = "end_voltage_V"
    case endCurrent = "end_current_A"
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(cycle, forKey: .cycle)
    try container.encode(stepCount, forKey: .stepCount)
    try container.encode(stepID, forKey: .stepID)
    try container.encode(type.rawValue, forKey: .type)
    try container.encodeIfPresent(label, forKey: .label)
    try container.encode(endedBy, forKey: .endedBy)
    try container.encode(wasAlreadyMet, forKey: .wasAlreadyMet)
    try container.encode(start, forKey: .start)
    try container.encode(duration, forKey: .duration)
    try container.encode(throughput.chargingCharge / 3600, forKey: .chargingCapacity)
    try container.encode(throughput.dischargingCharge / 3600, forKey: .dischargingCapacity)
    try container.encode(throughput.chargingEnergy / 3600, forKey: .chargingEnergy)
    try container.encode(throughput.dischargingEnergy / 3600, forKey: .dischargingEnergy)
    try container.encode(endVoltage, forKey: .endVoltage)
    try container.encode(endCurrent, forKey: .endCurrent)
  }
}

/// One cycle in which at least one step was begun.
public struct CycleSummary: Encodable, Equatable, Sendable {
  public var cycle: Int
  public var throughput: Throughput
  /// Of the cell's observables in the records of the cycle; empty where none were recorded.
  public var extremes = Extremes()

  /// Discharged over charged; nil where nothing was charged or nothing discharged.
  public var coulombicEfficiency: Double? { ratio(throughput.dischargingCharge, throughput.chargingCharge) }
  public var energyEfficiency: Double? { ratio(throughput.dischargingEnergy, throughput.chargingEnergy) }
  /// Energy over charge in V.
  public var meanChargingVoltage: Double? { ratio(throughput.chargingEnergy, throughput.chargingCharge) }
  public var meanDischargingVoltage: Double? {
    ratio(throughput.dischargingEnergy, throughput.dischargingCharge)
  }

  private func ratio(_ numerator: Double, _ denominator: Double) -> Double? {
    denominator > 0 && numerator != 0 ? numerator / denominator : nil
  }

  enum CodingKeys: String, CodingKey {
    case cycle
    case chargingCapacity = "charging_capacity_Ah"
    case dischargingCapacity = "discharging_capacity_Ah"
    case chargingEnergy = "charging_energy_Wh"
    case dischargingEnergy = "discharging_energy_Wh"
    case coulombicEfficiency = "coulombic_efficiency"
    case energyEfficiency = "energy_efficiency"
    case meanChargingVoltage = "mean_charging_voltage_V"
    case meanDischargingVoltage = "mean_discharging_voltage_V"
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(cycle, forKey: .cycle)
    try container.encode(throughput.chargingCharge / 3600, forKey: .chargingCapacity)
    try container.encode(throughput.dischargingCharge / 3600, forKey: .dischargingCapacity)
    try container.encode(throughput.chargingEnergy / 3600, forKey: .chargingEnergy)
    try container.encode(throughput.dischargingEnergy / 3600, forKey: .dischargingEnergy)
    try container.encodeIfPresent(coulombicEfficiency, forKey: .coulombicEfficiency)
    try container.encodeIfPresent(energyEfficiency, forKey: .energyEfficiency)
    try container.encodeIfPresent(meanChargingVoltage, forKey: .meanChargingVoltage)
    try container.encodeIfPresent(meanDischargingVoltage, forKey: .meanDischargingVoltage)
  }
}

/// `[lowest, highest]` by label.
private struct LabelledExtremes: Encodable {
  let extremes: Extremes
  let labels: [String]

  init(_ extremes: Extremes, _ labels: [String]) { (self.extremes, self.labels) = (extremes, labels) }

  func encode(to encoder: any Encoder) throws {
    let pairs = zip(labels, zip(extremes.lowest, extremes.highest).map { [$0, $1] })
    try Dictionary(pairs) { first, _ in first }.encode(to: encoder)
  }
}

private struct LabelledCycle: Encodable {
  let cycle: CycleSummary
  let labels: [String]

  enum CodingKeys: CodingKey { case extremes }

  func encode(to encoder: any Encoder) throws {
    try cycle.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(LabelledExtremes(cycle.extremes, labels), forKey: .extremes)
  }
}

/// What stands beside the data: written as `NAME.bdf.metadata.json`.
public struct BDFMetadata: Encodable, Equatable, Sendable {
  public var name: String
  /// Unix time in s at test time zero.
  public var startTime: Double
  /// In A·h; nil where nobody says.
  public var nominalCapacity: Double?
  /// Whether a real cell was measured; nil where nobody says.
  public var isMeasurement: Bool? = false
  public var columns: [String]
  public var details: [String: JSONValue]

  public init(
    name: String, startTime: Double, nominalCapacity: Double?, observableLabels: [String],
    details: [String: JSONValue] = [:]
  ) {
    self.name = name
    self.startTime = startTime
    self.nominalCapacity = nominalCapacity
    columns = BDFWriter.columns + observableLabels
    self.details = details
  }

  enum CodingKeys: String, CodingKey {
    case name
    case startTime = "start_unix_time_s"
    case nominalCapacity = "nominal_capacity_Ah"
    case columns
    case details
    case isMeasurement = "is_measurement"
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(startTime, forKey: .startTime)
    try container.encodeIfPresent(nominalCapacity, forKey: .nominalCapacity)
    try container.encode(columns, forKey: .columns)
    try container.encode(details, forKey: .details)
    // Simulated data must never pass for measured data.
    try container.encodeIfPresent(isMeasurement, forKey: .isMeasurement)
  }

  /// What the test was given, by the metadata at a path; nil where that does not say.
  public static func inputs(at path: String) throws(DocumentError) -> [String: String]? {
    guard OutputFile.exists(path), let group = try DocumentNode(path: path)["details"]?["inputs"] else { return nil }
    var inputs: [String: String] = [:]
    for entry in try group.entries() { inputs[entry.name] = try entry.value.string() }
    return inputs
  }

  /// Writes the metadata as JSON. Refuses an existing file unless `force` is true.
  public func write(to path: String, force: Bool = false) throws(OutputError) {
    let encoder = jsonEncoder(isPretty: true)
    let file = try OutputFile(path: path, force: force)
    file.append(json(self, encoder))
    file.append(UInt8(ascii: "\n"))
    try file.flush()
  }
}

/// Any JSON value; write it as a Swift literal.
public enum JSONValue: Encodable, Equatable, Sendable {
  case text(String)
  case number(Double)
  case integer(Int)
  case flag(Bool)
  case list([JSONValue])
  case group([String: JSONValue])
  case null

  /// The number, or null where there is none.
  public init(_ number: Double?) { self = number.map { .number($0) } ?? .null }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .flag(let value): try container.encode(value)
    case .list(let value): try container.encode(value)
    case .group(let value): try container.encode(value)
    case .null: try container.encodeNil()
    }
  }

  /// As readable JSON, with all digits.
  public var text: String {
    let encoder = jsonEncoder()
    encoder.outputFormatting.insert(.prettyPrinted)
    return json(self, encoder)
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .text(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(booleanLiteral value: Bool) { self = .flag(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .list(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .group(Dictionary(elements) { _, last in last })
  }
}

func jsonEncoder(isPretty: Bool = false) -> JSONEncoder {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
  // JSON has no such numbers; a result that contains one must still be saved.
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "infinity", negativeInfinity: "-infinity", nan: "nan")
  return encoder
}

func jsonDecoder() -> JSONDecoder {
  let decoder = JSONDecoder()
  decoder.nonConformingFloatDecodingStrategy = .convertFromString(
    positiveInfinity: "infinity", negativeInfinity: "-infinity", nan: "nan")
  return decoder
}

func json(_ value: some Encodable, _ encoder: JSONEncoder = jsonEncoder()) -> String {
  do {
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  } catch {
    preconditionFailure("every value here can be encoded: \(error)")
  }
}
