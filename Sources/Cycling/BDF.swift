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

  /// Goes on with a file where it was in a state; what comes after that is lost.
  public init(path: String, startTime: Double, continuingFrom state: FileState) throws(OutputError) {
    file = try OutputFile(path: path, continuingFrom: state)
    self.startTime = startTime
  }

  /// All that has been written.
  public var state: FileState { file.state }

  /// Waits until the disk has everything.
  public func sync() throws(OutputError) { try file.sync() }

  public func write(_ record: Record) throws(OutputError) {
    let comma = UInt8(ascii: ",")
    let reading = record.reading
    file.append { line in
      // Times to a nanosecond, or as finely as a number around 1.7e9 can carry.
      line.append(reading.time, roundedTo: 9)
      line.append(comma)
      line.append(reading.voltage, roundedTo: 9)
      line.append(comma)
      line.append(significant: reading.current)
      line.append(comma)
      line.append(startTime + reading.time, roundedTo: 6)
      line.append(comma)
      line.append(record.index)
      line.append(comma)
      line.append(record.position.cycle)
      line.append(comma)
      line.append(record.position.stepCount)
      line.append(comma)
      line.append(record.ambientTemperature - 273.15, roundedTo: 6)
      line.append(comma)
      line.append(record.position.stepID)
      line.append(comma)
      line.append(record.stepTime, roundedTo: 9)
      line.append(comma)
      line.append(record.stepType.rawValue)
      line.append(comma)
      for amount in [
        record.total.chargingCharge, record.total.dischargingCharge, record.total.chargingEnergy,
        record.total.dischargingEnergy, record.step.chargingCharge, record.step.dischargingCharge,
      ] {
        line.append(significant: amount / 3600)
        line.append(comma)
      }
      line.append(reading.temperature - 273.15, roundedTo: 6)
      line.append(comma)
      line.append(significant: reading.voltage * reading.current)
      for value in record.observables {
        line.append(comma)
        // Not every reader knows "inf" and "nan"; every one knows a cell with nothing in it.
        if value.isFinite { line.append(significant: value) }
      }
      line.append(Self.newline)
    }
    // Whether it is time to flush is asked after each internal step of the cell, not for each record in it.
    try file.flushIfLarge()
  }

  public func stepEnded() throws(OutputError) {
    try file.flush()
  }

  public func advanced() throws(OutputError) {
    try file.flushIfDue()
  }

  private static let newline = UInt8(ascii: "\n")

  /// Text as one field.
  static func quoted(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == newline }) else {
      return text
    }
    return "\"" + String(String.UnicodeScalarView(text.unicodeScalars.flatMap { $0 == "\"" ? [$0, $0] : [$0] })) + "\""
  }
}
