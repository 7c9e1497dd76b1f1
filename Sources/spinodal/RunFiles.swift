import Cycling
import Electrochemistry

/// The files that a run appends to.
struct RunFiles {
  let records: BDFWriter
  /// Writes the records, too.
  let profiles: SideTableWriter<BDFWriter>?

  /// Of a test that begins.
  /// - Parameter interval: least time in s between two profiles; nil where none are wanted.
  init(_ paths: OutputPaths, startTime: Double, cell: SimulatedCell, profilesEvery interval: Double?)
    throws(OutputError)
  {
    let records = try BDFWriter(path: paths.data, startTime: startTime, observableLabels: cell.observableLabels)
    self.records = records
    profiles = try interval.map { interval throws(OutputError) in
      try SideTableWriter(
        path: paths.profiles, force: false, header: cell.profileHeader, interval: interval, beside: records
      ) { time, write in cell.writeProfiles(at: time, write) }
    }
  }

  /// Of a test that goes on.
  init(
    _ paths: OutputPaths, continuing progress: Checkpoint.Progress, startTime: Double, cell: SimulatedCell,
    profilesEvery interval: Double?
  ) throws {
    let records = try BDFWriter(path: paths.data, startTime: startTime, continuingFrom: progress.data)
    self.records = records
    profiles = try interval.map { interval in
      guard let state = progress.profiles else { throw Checkpoint.Problem.damaged(path: paths.checkpoint) }
      return try SideTableWriter(
        path: paths.profiles, continuingFrom: state, interval: interval, beside: records
      ) { time, write in cell.writeProfiles(at: time, write) }
    }
  }

  var states: RunSummary.Files { RunSummary.Files(data: records.state, profiles: profiles?.state.file) }

  /// Waits until the disk has everything.
  func sync() throws(OutputError) {
    try records.sync()
    try profiles?.sync()
  }
}
