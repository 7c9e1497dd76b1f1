import CellInterface

/// Writes a table of what goes on inside a cell beside the records of what a cycler sees, at the same instants.
public final class SideTableWriter<Records: RecordOutput>: RecordOutput {
  private let records: Records
  private let file: OutputFile
  private let interval: Double
  private let lines: (_ time: Double, _ write: (String) -> Void) -> Void
  private var last: SideTableState.Instant?

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

  /// Goes on with a file where it was in a state; what comes after that is lost.
  public init(
    path: String, continuingFrom state: SideTableState, interval: Double, beside records: Records,
    lines: @escaping (_ time: Double, _ write: (String) -> Void) -> Void
  ) throws(OutputError) {
    self.records = records
    self.interval = interval
    self.lines = lines
    file = try OutputFile(path: path, continuingFrom: state.file)
    last = state.last
  }

  public var state: SideTableState { SideTableState(file: file.state, last: last) }

  /// Waits until the disk has everything.
  public func sync() throws(OutputError) { try file.sync() }

  public func write(_ record: Record) throws(OutputError) {
    try records.write(record)
    let time = record.reading.time
    let step = record.position.stepCount
    if let last, last.step == step, time < last.time + interval { return }
    last = SideTableState.Instant(time: time, step: step)
    lines(time) { file.append($0 + "\n") }
    try file.flushIfDue()
  }

  public func stepEnded() throws(OutputError) {
    try records.stepEnded()
    try file.flush()
  }

  public func advanced() throws(OutputError) { try records.advanced() }
}

/// How far a side table has come.
public struct SideTableState: Codable, Equatable, Sendable {
  struct Instant: Codable, Equatable, Sendable {
    var time: Double
    var step: Int
  }

  public var file: FileState
  /// The last one in the table.
  var last: Instant?
}
