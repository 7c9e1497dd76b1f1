import ArgumentParser
import Cycling
import Documents

/// `spinodal export`: the file another cycler would have written.
struct ExportVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a test as the file of another cycler.",
    discussion: """
      Reads a table in Battery Data Format, such as a run writes, row by row: a file of any size. Capacities and \
      energies begin again with each step or cycle as the cycler does it; columns that its files have no place for are \
      left out and named.

      Example:
        spinodal export results/first.bdf.csv --to arbin --to biologic

      Formats (what opens them is in README.md):
      \(DialectOptions.table)
      """)

  @Argument(help: "A table in Battery Data Format (*.bdf.csv).")
  var file: String

  @Option(
    name: .customLong("to"), parsing: .singleValue,
    help: ArgumentHelp("A format of the table above. Repeatable.", valueName: "format"))
  var formats: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The file to write, where there is one format; - is standard output; by default the source's name with another ending.",
      valueName: "path"))
  var output: String?

  @Flag(help: "Replace existing files.")
  var force = false

  @Option(
    help: ArgumentHelp(
      "Date and time of test time zero, e.g. 2026-01-15T09:30:00Z; by default what the file says.", valueName: "time"))
  var startTime: String?

  mutating func run() throws {
    let dialects = try DialectOptions.parse(formats, option: "--to")
    guard output == nil || dialects.count == 1 else {
      throw Failure(status: .badInput, message: "--output names one file, and there are \(dialects.count) formats")
    }
    let startTime = try startTime.map { try unixTime($0, option: "--start-time") }
    for dialect in dialects {
      let written = try DialectOptions.export(file, dialect, to: output, startTime: startTime, force: force)
      if written != Export.standardOutput { print("wrote \(written)") }
    }
  }
}

/// What `export` and `run` have in common.
enum DialectOptions {
  /// The dialects of these names.
  static func parse(_ names: [String], option: String) throws -> [Dialect] {
    try names.map { name in
      guard let dialect = Dialect.named(name) else {
        let known = Dialect.all.map(\.name)
        let advice =
          nearest(to: name, in: known).map { "did you mean '\($0)'?" } ?? "there are \(known.joined(separator: ", "))"
        throw Failure(status: .badInput, message: "\(option) '\(name)': unknown format (\(advice))")
      }
      return dialect
    }
  }

  /// Writes one file and says what it cannot hold.
  /// - Returns: its path.
  static func export(
    _ source: String, _ dialect: Dialect, to output: String?, startTime: Double?, force: Bool
  ) throws -> String {
    do {
      let export = try Export(source: source, startTime: startTime, software: "spinodal \(Spinodal.version)")
      let path = output ?? export.path(for: dialect)
      let result = try export.write(dialect, to: path, force: force)
      if let line = result.unendedLine {
        complain(
          "warning: \(source):\(line.number): the last line has no end, as in a file that was cut off, "
            + (line.isLeftOut ? "and is left out" : "but all its values, and is taken as it is"))
      }
      if export.hasNoDate {
        complain("note: \(source) does not say when the test began; dates begin in 1970 (see --start-time)")
      }
      let leftOut = export.leftOut(by: dialect)
      if !leftOut.isEmpty {
        complain("note: \(dialect.name) has no place for \(leftOut.joined(separator: ", "))")
      }
      return path
    } catch let error as OutputError {
      if case .alreadyExists = error {
        throw Failure(status: .badInput, message: "\(error) (use --force to replace it)")
      }
      if case .cannotWrite = error { throw Failure(status: .stoppedEarly, message: "\(error)") }
      throw Failure.badInput(error)
    } catch let error as DocumentError {
      throw Failure.badInput(error)
    }
  }

  /// For the help: names, and what they are.
  static var table: String {
    let width = Dialect.all.map(\.name.count).max() ?? 0
    return Dialect.all.map { dialect in
      let space = String(repeating: " ", count: width - dialect.name.count + 2)
      return "  \(dialect.name)\(space)\(dialect.title)"
    }.joined(separator: "\n")
  }
}
