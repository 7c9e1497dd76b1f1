import Documents

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Computes runs of a sweep, several at a time.
public struct SweepRunner {
  let sweep: Sweep
  /// The program whose verb `run` computes one.
  let program: String
  /// How many runs are computed at a time.
  let jobs: Int

  /// In the environment of a run, the process that began it: without that a run ends.
  public static let parentVariable = "SPINODAL_PARENT"

  public init(_ sweep: Sweep, program: String, jobs: Int) {
    (self.sweep, self.program, self.jobs) = (sweep, program, jobs)
  }

  /// How far the runs have come.
  public struct Progress: Equatable, Sendable {
    public var total: Int
    /// That had ended before.
    public var found = 0
    public var completed = 0
    public var stoppedEarly = 0
    public var failed = 0
    public var running = 0
    /// That another process computes.
    public var busy = 0
    /// What the runs that have ended took together, in s.
    public var wallTime = 0.0
    public var isInterrupted = false

    public var ended: Int { found + completed + stoppedEarly + failed }

    /// About how long the rest takes with so many runs at a time, in s; nil where nothing is known.
    public func timeLeft(jobs: Int) -> Double? {
      let computed = completed + stoppedEarly + failed
      guard computed > 0 else { return nil }
      return wallTime / Double(computed) * Double(total - ended) / Double(min(jobs, max(1, total - ended)))
    }
  }

  /// Computes those of the runs that have no result yet. Runs that were interrupted go on where they stopped; those that
  /// failed are tried again.
  /// - Parameters:
  ///   - isInterrupted: asked all the time; true ends the runs, which can be gone on with.
  ///   - progress: called all the time.
  /// - Returns: how they ended; `isInterrupted` where a run has not, because it was asked to stop, its disk is full, or another
  ///   process computes it.
  public func compute(
    _ runs: [PlannedRun], isInterrupted: () -> Bool, progress report: (Progress) -> Void
  ) throws -> Progress {
    var progress = Progress(total: runs.count)
    let workers = Workers()
    var next = runs.makeIterator()
    var isStopping = false
    func beginNext() throws -> Bool {
      while let run = next.next() {
        if let result = sweep.result(of: run), result.status != .failed {
          progress.found += 1
          continue
        }
        guard let claim = try sweep.claim(run) else {
          progress.busy += 1
          continue
        }
        // Another process may have ended it since.
        if let result = sweep.result(of: run), result.status != .failed {
          progress.found += 1
          sweep.drop(claim)
          continue
        }
        try begin(run, claim, workers) { ending, wallTime in
          progress.wallTime += wallTime
          switch ending {
          case .completed: progress.completed += 1
          case .stoppedEarly: progress.stoppedEarly += 1
          case .failed: progress.failed += 1
          case nil: progress.isInterrupted = true
          }
        }
        return true
      }
      return false
    }
    while true {
      if isInterrupted(), !isStopping {
        isStopping = true
        progress.isInterrupted = true
        workers.interrupt()
      }
      while !isStopping, workers.count < jobs, try beginNext() {}
      guard workers.count > 0 else { return progress }
      try workers.wait()
      progress.running = workers.count
      report(progress)
    }
  }

  private func begin(
    _ run: PlannedRun, _ claim: Sweep.Claim, _ workers: Workers,
    ended: @escaping (Sweep.Result.Status?, _ wallTime: Double) -> Void
  ) throws {
    let began = ContinuousClock.now
    let folder = claim.folder
    let log = "\(folder)/\(run.name).log"
    let command =
      [program] + run.settings.arguments(folder: sweep.folder)
      + ["--output", "\(folder)/\(run.name)", claim.isBegun ? "--resume" : "--force"]
    try workers.begin(command, log: log) { ending in
      let wallTime = (ContinuousClock.now - began) / .seconds(1)
      let complaint = Self.complaint(log)
      var result = Sweep.Result(id: run.id, status: .failed, reason: nil, wallTime: wallTime)
      switch ending {
      case .exited(0): result.status = .completed
      case .exited(1) where sweep.hasSummary(in: folder, run):
        result.status = .stoppedEarly
        result.reason = complaint
      // Interrupted, perhaps by what ends programs that take too much memory: what has been saved stays.
      case .exited(75), .killed(signal: SIGKILL), .killed(signal: SIGTERM): return ended(nil, wallTime)
      case .exited(let status): result.reason = complaint ?? "exit status \(status)"
      case .killed(let signal): result.reason = "ended by signal \(signal)"
      }
      if complaint == nil { try? FileManager.default.removeItem(atPath: log) }
      try sweep.finish(run, claim, result)
      ended(result.status, wallTime)
    }
  }

  /// The last error that a run complained of.
  private static func complaint(_ log: String) -> String? {
    guard let data = FileManager.default.contents(atPath: log), !data.isEmpty else { return nil }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
    let beginnings = ["error: ", "stopped early: "]
    guard var complaint = lines.last(where: { $0.hasPrefix(beginnings[0]) }) ?? lines.last else { return nil }
    for beginning in beginnings where complaint.hasPrefix(beginning) {
      complaint = complaint.dropFirst(beginning.count)
    }
    return String(complaint)
  }
}

extension Sweep {
  fileprivate func hasSummary(in folder: String, _ run: PlannedRun) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder)/\(run.name).summary.json")
  }
}
