import ArgumentParser
import Cycling
import Documents
import Studies

/// `spinodal sweep`: a study on any number of machines.
struct SweepVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Compute a study in shares, on one machine or many.",
    discussion: """
      `plan` writes the list of runs, `run` computes a share of them, `merge` makes the tables of `spinodal compare`. All \
      machines see the same folder. `run` may be repeated: what has been computed stays, and what was interrupted goes on \
      where it stopped.

      Example, in four shares:
        spinodal sweep plan study.yaml -o results/sweep
        spinodal sweep run results/sweep --shard 1/4     (and 2/4, 3/4, 4/4, anywhere)
        spinodal sweep merge results/sweep
      """,
    subcommands: [SweepPlan.self, SweepRun.self, SweepMerge.self])
}

struct SweepPlan: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Write the list of the runs of a study.",
    discussion: """
      Writes FOLDER/manifest.jsonl, one run per line, each with an identity made of its cell, protocol, settings and this \
      program: planned again after a change, only the runs that have changed are computed anew.

      Example:
        spinodal sweep plan study.yaml -o results/sweep
      """)

  @Argument(help: "A study (YAML; see Examples/README.md).")
  var study: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Folder for the list and the results.", valueName: "folder"))
  var output: String

  mutating func run() throws {
    let sweep = try Sweep(planning: Study(checking: study), in: output)
    print("\(sweep.runs.count) runs\n\nwrote \(Sweep.manifestPath(output))")
  }
}

struct SweepRun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Compute a share of the runs.",
    discussion: """
      Ctrl-C, SIGTERM and SIGUSR1 end it with exit status 75, and the same command goes on.

      Example:
        spinodal sweep run results/sweep --shard 2/4
      """)

  @Argument(help: "The folder of `spinodal sweep plan`.")
  var folder: String

  @Option(
    help: ArgumentHelp(
      "Which share of how many, from 1/n to n/n; by default all, or in a Slurm job array the share of the task.",
      valueName: "i/n"))
  var shard: String?

  @OptionGroup var jobs: JobOptions

  mutating func run() throws {
    Interrupt.watch()
    let sweep: Sweep
    do {
      sweep = try Sweep(folder: folder)
    } catch {
      throw Failure.badInput(error)
    }
    let (index, count) = try share()
    let runs = sweep.share(index, of: count)
    do {
      try sweep.check(runs, software: Sweep.software)
    } catch {
      throw Failure.badInput(error)
    }
    let progress = try jobs.compute(runs, of: sweep)
    let share = count > 1 ? " of share \(index)/\(count)" : ""
    print(
      "\(progress.ended) of \(runs.count) runs\(share) have ended"
        + (progress.found > 0 ? ", \(progress.found) of them before" : ""))
    try progress.checkHasEnded()
    try sweep.listFailures(among: runs)
  }

  private func share() throws -> (index: Int, count: Int) {
    if let shard {
      let parts = shard.split(separator: "/", omittingEmptySubsequences: false).compactMap { Int($0) }
      guard parts.count == 2, parts[1] >= 1, (1...parts[1]).contains(parts[0]) else {
        throw Failure(status: .badInput, message: "--shard '\(shard)': expected a share such as 1/4, up to 4/4")
      }
      return (parts[0], parts[1])
    }
    guard let task = environment("SLURM_ARRAY_TASK_ID"),
      let count = environment("SLURM_ARRAY_TASK_COUNT")
    else { return (1, 1) }
    let first = environment("SLURM_ARRAY_TASK_MIN") ?? 0
    guard (1...count).contains(task - first + 1) else {
      throw Failure(
        status: .badInput,
        message: "SLURM_ARRAY_TASK_ID is \(task), in an array of \(count) tasks from \(first): "
          + "number the tasks of the array one by one, such as --array=1-\(count)")
    }
    return (task - first + 1, count)
  }
}

struct SweepMerge: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Make the tables and pictures of a computed study.",
    discussion: """
      Writes what `spinodal compare` writes. The tables are the same, byte for byte, however the runs were shared, but for \
      timing.csv.

      Example:
        spinodal sweep merge results/sweep
      """)

  @Argument(help: "The folder of `spinodal sweep plan`.")
  var folder: String

  @OptionGroup var results: ResultOptions

  mutating func run() throws {
    let presentation = try results.presentation()
    let sweep: Sweep
    do {
      sweep = try Sweep(folder: folder)
    } catch {
      throw Failure.badInput(error)
    }
    let missing = sweep.runs.filter { sweep.result(of: $0) == nil }
    guard missing.isEmpty else {
      throw Failure(
        status: .interrupted,
        message: "\(missing.count) of \(sweep.runs.count) runs have not ended, the first of them '\(missing[0].name)' "
          + "('spinodal sweep run \(folder)' computes them)")
    }
    try presentation.show(
      sweep, commands: ["spinodal sweep run \(folder)", "spinodal sweep merge \(folder)\(results.asArguments)"])
  }
}
