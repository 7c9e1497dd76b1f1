import Cycling
import Electrochemistry

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Remembers where a test can be left, and writes that down now and then.
///
/// Whether something is written depends on the clock; where a test can be left does not.
final class CheckpointKeeper {
  private let paths: OutputPaths
  private let files: RunFiles
  private let cell: SimulatedCell
  private let inputs: [TestInput]
  private let startTime: Double

  /// Where the test could be left last.
  private var state: CyclerState?
  private var cellNumbers: [Double] = []
  private var data: FileState?
  private var profiles: SideTableState?
  private var history: () -> CyclerHistory = { CyclerHistory() }

  private var lastSave = ContinuousClock.now
  private var interval = CheckpointKeeper.shortestInterval
  /// Whether there is a checkpoint of this run that survives a power failure.
  private(set) var hasSaved = false

  /// What is lost at most when a run is killed, in time of the clock. Tests ask for checkpoints wherever a test can be left.
  private static let shortestInterval: Duration =
    getenv("SPINODAL_CHECKPOINT_EVERY").flatMap { Double(String(cString: $0)) }.map { .seconds($0) } ?? .seconds(1)
  /// Of the time of a run that goes into its checkpoints.
  private static let share = 0.02

  init(_ paths: OutputPaths, files: RunFiles, cell: SimulatedCell, inputs: [TestInput], startTime: Double) {
    self.paths = paths
    self.files = files
    self.cell = cell
    self.inputs = inputs
    self.startTime = startTime
  }

  /// The test can be left here.
  func note(_ state: CyclerState, _ history: @escaping () -> CyclerHistory) throws(OutputError) {
    self.state = state
    self.history = history
    cell.save(to: &cellNumbers)
    data = files.records.state
    profiles = files.profiles?.state
    if ContinuousClock.now - lastSave >= interval { try save() }
  }

  /// Writes down where the test could be left last.
  func save() throws(OutputError) {
    guard let state, let data else { return }
    let began = ContinuousClock.now
    // A checkpoint counts on what stands in the other files.
    if !hasSaved { try paths.syncMetadata() }
    try files.sync()
    try Checkpoint(
      inputs: inputs, startTime: startTime,
      progress: Checkpoint.Progress(
        cycler: state, history: history().prefix(upTo: state), cell: cellNumbers, data: data,
        profiles: profiles)
    ).write(to: paths.checkpoint)
    hasSaved = true
    lastSave = .now
    if Self.shortestInterval > .zero { interval = max(Self.shortestInterval, (lastSave - began) / Self.share) }
  }
}
