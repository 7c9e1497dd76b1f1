import Analysis
import ArgumentParser
import Cycling
import Documents
import Figures

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

/// `spinodal plot`: pictures of tests.
struct Plot: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw what runs and cycler files show.",
    discussion: """
      Reads the results of runs and the files of cyclers, several of them together, and draws the pictures that make sense \
      for them: at the width of a journal's column, in colours that every kind of colour vision can tell apart. A file is \
      recognised by its labels: Battery Data Format, Arbin, Neware, Maccor, BioLogic (.mpt), Novonix, with decimal commas \
      or points. Needs gnuplot.

      Examples:
        spinodal plot results/first --open
        spinodal plot results/fine results/coarse -o pictures --format svg,pdf
        spinodal plot results/first --measured cell7.mpt --only voltage-capacity
        spinodal plot results/first --text --only voltage-time

      Pictures (--only takes these names):
        voltage-capacity        voltage against charge; of many cycles a choice
        voltage-time            voltage and current against time
        differential-capacity   dQ/dV of the same cycles
        rate-capability         discharge capacity against C-rate, of tests with several rates
        capacity-by-cycle       capacity and coulombic efficiency, of tests with several cycles
        ragone                  energy against mean power, of several rates or tests
        stress-state-of-charge  stress at the surface of particles, of cells with Mechanics
        class-filling           filling of each size, of lattice hosts with a size distribution
        concentration-profile   inside the particles, of runs with --profiles
        stress-profile          the same of the stress
      """)

  @Argument(
    help: ArgumentHelp(
      "A run (its --output or *.bdf.csv), a folder of runs, or a file of a cycler. Repeatable.", valueName: "path"))
  var paths: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The folder for the pictures; by default PATH.plots of the first path, of a folder PATH/plots.",
      valueName: "folder"))
  var output: String?

  @Option(help: ArgumentHelp("svg, png or pdf, or several: svg,pdf.", valueName: "formats"))
  var format: String?

  @Option(
    name: .customLong("measured"), parsing: .singleValue,
    help: ArgumentHelp("A cycler's file to compare with, shown as grey points. Repeatable.", valueName: "file"))
  var measured: [String] = []

  @Option(help: ArgumentHelp("The pictures to draw, by the names above, separated by commas.", valueName: "names"))
  var only: String?

  @Flag(help: "Draw in the terminal, in letters; files only with --output or --format.")
  var text = false

  @Flag(help: "Show the pictures when they are drawn.")
  var open = false

  @Flag(help: "Replace existing files.")
  var force = false

  mutating func run() throws {
    let formats = try Gnuplot.Format.parse(format ?? Gnuplot.Format.svg.rawValue)
    let kinds = try parsedKinds()
    let tests: [NamedTest]
    do {
      tests = try namedTests(kinds)
    } catch let error as DocumentError {
      throw Failure.badInput(error)
    }
    let figures = Analysis.figures(of: tests, kinds: kinds)
    if only != nil {
      for kind in FigureKind.allCases where kinds.contains(kind) {
        guard !figures.contains(where: { $0.name.hasPrefix(kind.rawValue) }) else { continue }
        complain("note: there is nothing to show as \(kind.rawValue)")
      }
    }
    guard !figures.isEmpty else { throw Failure(status: .badInput, message: "there is nothing to draw") }
    do {
      if text { try show(figures) }
      if !text || output != nil || format != nil { try write(figures, formats) }
    } catch let error as FigureError {
      throw Failure(status: .stoppedEarly, message: "\(error)")
    }
  }

  // MARK: arguments

  private func parsedKinds() throws -> Set<FigureKind> {
    guard let only else { return Set(FigureKind.allCases) }
    return try Set(
      only.split(separator: ",").map { word in
        guard let kind = FigureKind(rawValue: String(word)) else {
          let known = FigureKind.allCases.map(\.rawValue)
          let advice =
            nearest(to: String(word), in: known).map { "did you mean '\($0)'?" }
            ?? "there are \(known.joined(separator: ", "))"
          throw Failure(status: .badInput, message: "--only '\(word)': unknown picture (\(advice))")
        }
        return kind
      })
  }

  // MARK: tests

  private func namedTests(_ kinds: Set<FigureKind>) throws -> [NamedTest] {
    let files = try paths.flatMap(Self.files)
    let names = Self.names(of: files + measured)
    var tests = try zip(files + measured, names).enumerated().map { index, file in
      let (path, name) = file
      let data = try CyclerData(path: path)
      if let line = data.cutOffLine {
        complain("warning: \(path):\(line): the last line has no end, as in a file that was cut off, and is left out")
      }
      let profiles = OutputPaths(prefix: BDFSidecar.stem(of: path)).profiles
      let hasProfiles =
        !kinds.isDisjoint(with: [.concentrationProfile, .stressProfile])
        && FileManager.default.fileExists(atPath: profiles)
      return NamedTest(
        name: name, data: data, profiles: hasProfiles ? try ProfileData(path: profiles) : nil,
        isMeasured: index >= files.count)
    }
    try Self.nameByOverride(&tests)
    return tests
  }

  /// Runs that differ in the number of one `--set` are called after it.
  private static func nameByOverride(_ tests: inout [NamedTest]) throws(DocumentError) {
    let runs = tests.indices.filter { !tests[$0].isMeasured }
    guard runs.count > 1 else { return }
    var overrides: [[String: String]] = []
    for run in runs {
      let path = OutputPaths(prefix: BDFSidecar.stem(of: tests[run].data.path)).metadata
      guard FileManager.default.fileExists(atPath: path) else { return }
      var values: [String: String] = [:]
      for entry in try DocumentNode(path: path)["details"]?["overrides"]?.list() ?? [] {
        guard let text = entry.scalar, let sign = text.lastIndex(of: "=") else { return }
        values[String(text[..<sign])] = String(text[text.index(after: sign)...])
      }
      overrides.append(values)
    }
    let differing = Set(overrides.flatMap(\.keys)).filter { key in Set(overrides.map { $0[key] }).count > 1 }
    let values = overrides.compactMap { $0[differing.first ?? ""].flatMap(Double.init) }
    guard differing.count == 1, Set(values).count == runs.count, let key = differing.first else { return }
    let parameter = Parameter(key: key, values: values)
    for (run, value) in zip(runs, values) {
      tests[run].name = parameter.name(of: value)
      (tests[run].value, tests[run].valueLabel) = (parameter.shown(value), parameter.label)
    }
  }

  /// The tables that a path stands for.
  private static func files(_ path: String) throws -> [String] {
    let prefixed = OutputPaths(prefix: path).data
    if FileManager.default.fileExists(atPath: prefixed) { return [prefixed] }
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw Failure(status: .badInput, message: "\(path): there is no such run, file or folder")
    }
    guard isFolder else { return [path] }
    let files = ((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".bdf.csv") }
      .sorted().map { path.hasSuffix("/") ? path + $0 : path + "/" + $0 }
    guard !files.isEmpty else {
      throw Failure(status: .badInput, message: "\(path): there are no results of runs (*.bdf.csv) in this folder")
    }
    return files
  }

  /// The names of files without folders and endings, with as many folders as it takes to tell them apart.
  private static func names(of files: [String]) -> [String] {
    let parts = files.map { file -> [Substring] in
      var stem = BDFSidecar.stem(of: file)
      if let slash = stem.lastIndex(of: "/"), let dot = stem[slash...].lastIndex(of: "."), stem == file {
        stem = String(stem[..<dot])
      }
      return stem.split(separator: "/")
    }
    let deepest = parts.map(\.count).max() ?? 1
    for depth in 1...max(1, deepest) {
      let names = parts.map { $0.suffix(depth).joined(separator: "/") }
      if Set(names).count == names.count { return names }
    }
    return files
  }

  // MARK: pictures

  private func show(_ figures: [Figure]) throws {
    var size = winsize()
    let isTerminal = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    let width = isTerminal ? min(max(Int(size.ws_col) - 1, 40), 160) : 79
    for figure in figures where figure.panels.contains(where: { !$0.series.isEmpty }) {
      print(
        try Gnuplot().text(of: figure, width: width, height: isTerminal ? max(14, min(Int(size.ws_row) - 2, 40)) : 22))
    }
  }

  private func write(_ figures: [Figure], _ formats: [Gnuplot.Format]) throws {
    let folder = output ?? defaultFolder
    let files = figures.flatMap { figure in
      formats.map { (figure, $0, "\(folder)/\(figure.name).\($0.rawValue)") }
    }
    for (_, _, path) in files where !force && FileManager.default.fileExists(atPath: path) {
      throw Failure(
        status: .badInput, message: "\(OutputError.alreadyExists(path: path)) (use --force to replace it)")
    }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw Failure(status: .badInput, message: "\(folder): cannot be created")
    }
    for (figure, format, path) in files {
      try Gnuplot().write(figure, as: format, to: path)
      print("wrote \(path)")
    }
    if open { show(files.count == 1 ? files[0].2 : folder) }
  }

  private var defaultFolder: String {
    var isFolder = false
    let path = paths[0]
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder { return path + "/plots" }
    return BDFSidecar.stem(of: path) + ".plots"
  }

  /// Hands a path to whatever the desktop shows such things with.
  private func show(_ path: String) {
    #if os(macOS)
      let program = "open"
    #else
      let program = "xdg-open"
    #endif
    if ChildProcess.run([program, path]) == nil { complain("note: \(program) is not there to open \(path)") }
  }
}

extension Gnuplot.Format {
  /// Of an option: `svg,pdf`.
  static func parse(_ text: String) throws -> [Gnuplot.Format] {
    guard !text.isEmpty else { throw Failure(status: .badInput, message: "--format '': expected svg, png or pdf") }
    return try text.split(separator: ",").map { word in
      guard let format = Gnuplot.Format(rawValue: word.lowercased()) else {
        let known = Gnuplot.Format.allCases.map(\.rawValue).joined(separator: ", ")
        throw Failure(status: .badInput, message: "--format '\(word)': unknown format (there are \(known))")
      }
      return format
    }
  }
}
