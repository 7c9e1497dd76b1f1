import CellInterface

/// Writes a table of what goes on inside a cell beside the records of what a cycler sees, at the same instants.
public final class SideTableWriter<Records: RecordOutput>: RecordOutput {
  private let records: Records
  private let file: OutputFile
  private let interval: Double
  private let lines: (_ time: Double, _ write: (String) -> Void) -> Void
  private var last: (time: Double, step: Int)?

  /// Creates the file and writes its header.
  /// - Parameters:
  ///   - header: the first line.
  ///   - interval: least time in s between two instants of a step.
  ///   - records: where the records go.
  ///   - lines: writes the lines of an instant inside the last internal step of the cell.
  public init(
    path: String, force: Bool, header: String, interval: Double, beside records: Records,
    lines: @escaping (_ time: Double, _ write: (String) -> Void) -> Void
  ) throws(OutputError) {
    self.records = records
    self.interval = interval
    self.lines = lines
    file = try OutputFile(path: path, force: force)
    file.append(header + "\n")
    try file.flush()
  }

  public func write(_ record: Record) throws(OutputError) {
    try records.write(record)
    let time = record.reading.time
    let step = record.position.stepCount
    if let last, last.step == step, time < last.time + interval { return }
    last = (time, step)
    lines(time) { file.append($0 + "\n") }
    try file.flushIfDue()
  }

  public func stepEnded() throws(OutputError) {
    try records.stepEnded()
    try file.flush()
  }

  public func advanced() throws(OutputError) { try records.advanced() }
}
