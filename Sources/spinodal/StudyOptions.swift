import ArgumentParser
import Cycling
import Documents
import Electrochemistry
import Studies

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The options of the verbs that compute many runs.
struct JobOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Runs computed at the same time; by default as many as there are processors (SLURM_CPUS_PER_TASK in a Slurm job).",
      valueName: "count"))
  var jobs: Int?

  func checkedJobs() throws -> Int {
    if let jobs {
      guard (1...4096).contains(jobs) else {
        throw Failure(status: .badInput, message: "--jobs \(jobs): expected 1 to 4096")
      }
      return jobs
    }
    return max(1, environment("SLURM_CPUS_PER_TASK") ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }

  /// Computes runs of a sweep and shows how far they have come.
  /// - Returns: how they ended.
  func compute(_ runs: [PlannedRun], of sweep: Sweep) throws -> SweepRunner.Progress {
    let jobs = try checkedJobs()
    let line = ProgressLine()
    defer { line.clear() }
    do {
      return try SweepRunner(sweep, program: ownPath(), jobs: jobs).compute(
        runs, isInterrupted: { Interrupt.isRequested },
        progress: { progress in line.update(Self.text(progress, jobs: jobs)) })
    } catch let failure as Failure {
      throw failure
    } catch {
      line.clear()
      throw Failure(
        status: .stoppedEarly, message: "\(error); what has been computed is kept, and the same command goes on")
    }
  }

  private static func text(_ progress: SweepRunner.Progress, jobs: Int) -> String {
    var text = "\(progress.ended) of \(progress.total) runs, \(progress.running) running"
    if progress.busy > 0 { text += ", \(progress.busy) elsewhere" }
    if progress.failed > 0 { text += ", \(progress.failed) failed" }
    if let timeLeft = progress.timeLeft(jobs: jobs) { text += ", about \(duration(timeLeft)) left" }
    return text
  }
}

extension SweepRunner.Progress {
  /// - Throws: when there are runs that have not ended.
  func checkHasEnded() throws {
    guard isInterrupted || busy > 0 else { return }
    let reason = isInterrupted ? "interrupted" : "another process computes \(busy) of the runs"
    throw Failure(
      status: .interrupted, message: "\(reason); \(ended) of \(total) have ended, and the same command goes on")
  }
}

/// A whole number in the environment.
func environment(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }

/// The file of this program.
private func ownPath() -> String {
  #if canImport(Darwin)
    var size = UInt32(PATH_MAX)
    var path = [CChar](repeating: 0, count: Int(size))
    guard _NSGetExecutablePath(&path, &size) == 0 else { return CommandLine.arguments[0] }
    return String(cString: path)
  #else
    var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = path.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
    return count > 0 ? String(decoding: path[..<count], as: UTF8.self) : CommandLine.arguments[0]
  #endif
}

extension Study {
  /// Reads a study and makes sure that its cells and protocols can be read, with all its keys.
  init(checking path: String) throws {
    do {
      try self.init(path: path)
      for variant in variants {
        for option in variant.settings.options {
          do {
            try Self.check(option)
          } catch let failure as Failure {
            throw Failure(status: .badInput, message: "\(path): variant '\(variant.name)': \(failure.message)")
          }
        }
      }
      for variant in probes {
        let settings = variant.settings
        do {
          _ = try CellFile(
            path: settings.cell ?? "", overrides: settings.values.map { (key: $0.key, value: $0.value) })
          try TestProtocol(
            path: settings.testProtocol ?? "",
            variables: settings.variables.map { (name: $0.key, value: $0.value) }
          ).checkCanRun()
        } catch {
          throw Failure(status: .badInput, message: "\(path): variant '\(variant.name)': \(error)")
        }
      }
    } catch let error as DocumentError {
      throw Failure.badInput(error)
    }
  }
}

extension Study {
  private static func check(_ option: RunSettings.Pair) throws {
    // As the study calls it.
    switch option.key {
    case "mesh": _ = try SolverOptions.mesh(option.value)
    case "tolerance":
      guard let tolerance = Double(option.value) else {
        throw Failure(status: .badInput, message: "tolerance '\(option.value)': expected a number such as 1e-4")
      }
      _ = try SolverOptions.tolerance(tolerance)
    case "temperature": _ = try kelvin(option.value, option: "temperature")
    case "profiles-every": _ = try seconds(option.value, option: "profiles")
    case "start-time": _ = try unixTime(option.value, option: "start")
    default: break
    }
  }
}

extension Sweep {
  static var software: String { Run.software }

  /// Plans the runs of a study in a folder.
  init(planning study: Study, in folder: String) throws {
    do {
      try self.init(planning: study, in: folder, software: Self.software)
    } catch {
      throw Failure.badInput(error)
    }
  }

  /// Lists those of the runs that did not complete.
  /// - Throws: when there is one.
  func listFailures(among runs: [PlannedRun]) throws {
    let ended = runs.compactMap { run in result(of: run).map { (run, $0) } }.filter { $0.1.status != .completed }
    guard !ended.isEmpty else { return }
    for (run, result) in ended.prefix(Self.failuresShown) {
      complain("\(run.name): \(result.status.rawValue)\(result.reason.map { ": \($0)" } ?? "")")
    }
    if ended.count > Self.failuresShown { complain("… and \(ended.count - Self.failuresShown) others") }
    throw Failure(status: .stoppedEarly, message: "\(ended.count) of \(runs.count) runs did not complete")
  }

  private static var failuresShown: Int { 20 }
}
