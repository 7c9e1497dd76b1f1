import ArgumentParser
import Cycling
import Documents
import Studies

/// `spinodal compare`: a study.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Run the variants of a study, several at a time, and compare them in a table and in pictures.",
    discussion: """
      Writes in the folder: runs/VARIANT/VARIANT.bdf.csv and the other files of `spinodal run` for each variant; \
      compare.csv, one row per variant, cycle and metric; variants.csv, how each variant ended; timing.csv, how long each \
      took; pictures; and report.html, which shows it all and opens without a network.

      With --measured the report sets the runs beside a cycler's file, and measured.csv has the deviation of each run's \
      voltage in each step.

      A second time it computes only what is missing or has changed. A variant that fails costs the others nothing.

      Example:
        spinodal compare Examples/shapes/study.yaml -o results/shapes

      Ctrl-C, SIGTERM and SIGUSR1 end it with exit status 75, and the same command goes on.
      """)

  @Argument(help: "A study (YAML; see Examples/README.md).")
  var study: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Folder for the results.", valueName: "folder"))
  var output: String

  @OptionGroup var jobs: JobOptions
  @OptionGroup var results: ResultOptions

  mutating func run() throws {
    Interrupt.watch()
    let path = study
    let study = try Study(checking: path)
    _ = try jobs.checkedJobs()
    let presentation = try results.presentation()
    let sweep = try Sweep(planning: study, in: output)
    let progress = try jobs.compute(sweep.runs, of: sweep)
    try progress.checkHasEnded()
    try presentation.show(sweep, commands: ["spinodal compare \(path) -o \(output)\(results.asArguments)"])
  }
}
