import CellInterface

/// Writes records as Battery Data Format, the comma-separated table of the Battery Data Alliance.
///
/// The columns are those of `BDFWriter.columns` followed by the cell's observables. Lines reach the operating
/// system at the end of each step and about every second, so a killed run keeps what it had.
public final class BDFWriter: RecordOutput {
  public static let columns = [
    "Test Time / s", "Voltage / V", "Current / A", "Unix Time / s", "Record Index / 1", "Cycle Count / 1",
    "Step Count / 1", "Ambient Temperature / degC", "Step ID", "Step Time / s", "Step Type",
    "Charging Capacity / Ah", "Discharging Capacity / Ah", "Charging Energy / Wh", "Discharging Energy / Wh",
    "Step Charging Capacity / Ah", "Step Discharging Capacity / Ah", "Temperature T1 / degC", "Power / W",
  ]

  private let file: OutputFile
  private let startTime: Double

  /// Creates the file and writes its header.
  /// - Parameters:
  ///   - startTime: Unix time in s at test time zero.
  ///   - observableLabels: columns after the standard ones.
  ///   - force: whether an existing file is replaced rather than refused.
  public init(path: String, startTime: Double, observableLabels: [String] = [], force: Bool = false)
    throws(OutputError)
  {
    file = try OutputFile(path: path, force: force)
    self.startTime = startTime
    let labels = (Self.columns + observableLabels).map(Self.quoted)
    file.append(labels.joined(separator: ","))
    file.append(Self.newline)
    try file.flush()
  }

  public func write(_ record: Record) throws(OutputError) {
    let reading = record.reading
    // Times to a nanosecond, or as finely as a number around 1.7e9 can carry.
    field(Self.rounded(reading.time, 1e9))
    field(Self.rounded(reading.voltage, 1e9))
    field(Self.significant(reading.current))
    field(Self.rounded(startTime + reading.time, 1e6))
    field(record.index)
    field(record.position.cycle)
    field(record.position.stepCount)
    field(Self.rounded(record.ambientTemperature - 273.15, 1e6))
    field(record.position.stepID)
    field(Self.rounded(record.stepTime, 1e9))
    file.append(record.stepType.rawValue)
    file.append(Self.comma)
    field(Self.significant(record.total.chargingCharge / 3600))
    field(Self.significant(record.total.dischargingCharge / 3600))
    field(Self.significant(record.total.chargingEnergy / 3600))
    field(Self.significant(record.total.dischargingEnergy / 3600))
    field(Self.significant(record.step.chargingCharge / 3600))
    field(Self.significant(record.step.dischargingCharge / 3600))
    field(Self.rounded(reading.temperature - 273.15, 1e6))
    file.append(Self.significant(reading.voltage * reading.current).description)
    for value in record.observables {
      file.append(Self.comma)
      file.append(Self.significant(value).description)
    }
    file.append(Self.newline)
    try file.flushIfDue()
  }

  public func stepEnded() throws(OutputError) {
    try file.flush()
  }

  public func advanced() throws(OutputError) {
    try file.flushIfDue()
  }

  private static let comma = UInt8(ascii: ",")
  private static let newline = UInt8(ascii: "\n")

  private func field(_ value: Double) {
    file.append(value.description)
    file.append(Self.comma)
  }

  private func field(_ value: Int) {
    file.append(value.description)
    file.append(Self.comma)
  }

  private static func rounded(_ value: Double, _ perUnit: Double) -> Double {
    let scaled = value * perUnit
    // Beyond this every representable number is kept.
    guard abs(scaled) < 0x1p52 else { return value }
    return positiveZero(scaled.rounded() / perUnit)
  }

  /// To 11 to 12 significant digits whatever the magnitude, from single particles to packs: far below what
  /// any solver resolves, and free of the round-off that makes 17 digits of 0.1 + 0.2.
  private static func significant(_ value: Double) -> Double {
    guard value.isNormal else { return value.isNaN ? value : positiveZero(value) }
    // 2^exponent ≤ |value| < 2^(exponent + 1); 0.30103 = log10(2).
    let decade = (Double(value.exponent) * 0.30103).rounded(.down)
    let digits = Int(11 - decade)
    guard abs(digits) <= 22 else { return value }
    // Powers of ten up to 10^22 are exact, so dividing by them gives the number nearest to the decimal.
    return digits >= 0
      ? (value * powersOfTen[digits]).rounded() / powersOfTen[digits]
      : (value / powersOfTen[-digits]).rounded() * powersOfTen[-digits]
  }

  private static let powersOfTen: [Double] = (0...22).map { Double("1e\($0)") ?? .nan }

  private static func positiveZero(_ value: Double) -> Double { value == 0 ? 0 : value }

  private static func quoted(_ label: String) -> String {
    guard label.contains(where: { $0 == "," || $0 == "\"" || $0 == "\n" }) else { return label }
    return "\"" + label.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}
