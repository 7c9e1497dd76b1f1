import Analysis
import ArgumentParser
import Cycling
import Documents
import Figures
import Studies

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The options of the verbs that show what the runs of a study came to.
struct ResultOptions: ParsableArguments {
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("A cycler's file to set beside the runs. Repeatable.", valueName: "file"))
  var measured: [String] = []

  @Option(
    help: ArgumentHelp(
      "How measured and computed voltages are compared: step by step, each from its beginning, or at the same test time.",
      valueName: "step|time"))
  var align: String?

  @Option(help: ArgumentHelp("Format of the pictures: svg, png or pdf, or several.", valueName: "formats"))
  var format = Gnuplot.Format.svg.rawValue

  @Flag(help: "Only the tables: no pictures and no report.")
  var tables = false

  /// As they stand on the command line.
  var asArguments: String {
    var text = measured.map { " --measured \($0)" }.joined()
    if let align { text += " --align \(align)" }
    if format != Gnuplot.Format.svg.rawValue { text += " --format \(format)" }
    return text + (tables ? " --tables" : "")
  }

  /// - Throws: when the options are wrong or a file cannot be read.
  func presentation() throws -> Presentation {
    let alignment = try align.map { word in
      guard let alignment = Deviation.Alignment(rawValue: word) else {
        throw Failure(status: .badInput, message: "--align '\(word)': expected step or time")
      }
      guard !measured.isEmpty else {
        throw Failure(status: .badInput, message: "--align has no effect without --measured")
      }
      return alignment
    }
    let formats = try Gnuplot.Format.parse(format)
    do {
      // Not after hours of computing.
      if !tables { try Gnuplot().check() }
      return Presentation(
        measured: try measured.map { path in
          NamedTest(
            name: "measured (\(path.split(separator: "/").last ?? ""))", data: try CyclerData(path: path),
            isMeasured: true)
        }, alignment: alignment ?? .step, formats: formats, hasPictures: !tables)
    } catch let error as FigureError {
      throw Failure(status: .badInput, message: "\(error); --tables makes the tables alone")
    } catch let error as DocumentError {
      throw Failure.badInput(error)
    }
  }
}

/// How the results of a study are shown.
struct Presentation {
  let measured: [NamedTest]
  let alignment: Deviation.Alignment
  let formats: [Gnuplot.Format]
  let hasPictures: Bool

  /// Writes tables, pictures and the report, shows what the runs came to, and lists those that did not complete.
  /// - Parameter commands: what makes the report again.
  /// - Throws: when something cannot be written, and when a run did not complete.
  func show(_ sweep: Studies.Sweep, commands: [String]) throws {
    var written: [String] = []
    func write(_ name: String, _ text: String) throws {
      try replaceFile("\(sweep.folder)/\(name)", with: text)
      written.append("\(sweep.folder)/\(name)")
    }
    removeOlder(in: sweep.folder)
    do {
      let outcome = try sweep.outcome()
      try write("compare.csv", outcome.table)
      try write("variants.csv", outcome.variantTable)
      try write("timing.csv", outcome.timingTable)
      let deviations = measured.isEmpty ? [] : try self.deviations(sweep, outcome)
      if !measured.isEmpty { try write("measured.csv", deviations.map(csvLine).joined()) }
      let overview = outcome.overview
      print(table(overview))
      if overview.count - 1 < outcome.rows.count { print("… \(outcome.rows.count + 1 - overview.count) variants more") }
      if deviations.count > 1 { print("\n" + table(Array(deviations.prefix(40)))) }
      if hasPictures {
        let report = Report(sweep: sweep, outcome: outcome)
        let figures = try report.figures(measured: measured)
        let pictures = try figures.map { ($0, try Gnuplot().svg(of: $0)) }
        for (figure, svg) in pictures {
          for format in formats {
            let path = "\(sweep.folder)/\(figure.name).\(format.rawValue)"
            if format == .svg {
              try replaceFile(path, with: svg)
            } else {
              try Gnuplot().write(figure, as: format, to: path)
            }
            written.append(path)
          }
        }
        try write(
          "report.html",
          report.page(pictures, overview: overview, deviations: deviations, commands: commands))
      }
    } catch let error as FigureError {
      throw Failure(
        status: .stoppedEarly, message: "\(error); the tables are in \(sweep.folder) (--tables makes nothing else)")
    } catch {
      throw Failure(status: .stoppedEarly, message: "\(error); the results are in \(sweep.folder)/runs")
    }
    print("\nwrote " + written.joined(separator: "\n      "))
    try sweep.listFailures(among: sweep.runs)
  }

  /// Pictures and pages of an earlier state of the study, which this call may not make again.
  private func removeOlder(in folder: String) {
    let files = FileManager.default
    for name in (try? files.contentsOfDirectory(atPath: folder)) ?? [] {
      let parts = name.split(separator: ".")
      let isPicture =
        parts.count == 2 && Gnuplot.Format(rawValue: String(parts[1])) != nil
        && (["against-"] + FigureKind.allCases.map(\.rawValue)).contains { name.hasPrefix($0) }
      if isPicture || ["report.html", "measured.csv"].contains(name) {
        try? files.removeItem(atPath: "\(folder)/\(name)")
      }
    }
  }

  /// A row for each run, measured file and step.
  private func deviations(_ sweep: Studies.Sweep, _ outcome: Studies.Sweep.Outcome) throws -> [[String]] {
    var rows = [
      ["variant", "measured", "step", "type", "points", "points beyond the end", "RMS deviation / V", "largest / V"]
    ]
    for row in outcome.rows where row.metrics != nil {
      let data = try CyclerData(path: sweep.prefix(of: row.run) + ".bdf.csv")
      for test in measured {
        for step in try data.deviations(from: test.data, by: alignment) {
          rows.append([
            row.run.name, String(test.data.path.split(separator: "/").last ?? ""), "\(step.step)", step.type,
            "\(step.pointCount)", "\(step.pointsBeyond)",
            step.rootMeanSquare.map { significant($0, 4) } ?? "", step.largest.map { significant($0, 4) } ?? "",
          ])
        }
      }
    }
    return rows
  }
}

extension Studies.Sweep.Outcome {
  /// The last cycle of each run, with a head.
  fileprivate var overview: [[String]] {
    let shown = rows.prefix(Self.rowsShown)
    let all = shown.compactMap { $0.metrics?.cycles.last }
    let labels =
      [
        "Discharging Capacity / Ah", "Mean Discharging Voltage / V", "Discharging Energy / Wh",
        "Voltage Hysteresis / V",
      ].filter { label in all.contains { $0[label] ?? 0 != 0 } }
      + (all.first?.metrics.map(\.label) ?? []).filter {
        $0.hasPrefix("Highest ") && $0.hasSuffix(" Largest Von Mises Stress / Pa")
      }
    // In one unit for all rows, which the head names.
    let units = labels.map { label in DisplayUnit.of(label, largest: all.compactMap { $0[label].map(abs) }.max() ?? 0) }
    let head = units.map { $0.unit.name.isEmpty ? $0.name : "\($0.name) / \($0.unit.name)" }
    return [
      ["variant", "last cycle"] + head.map { $0.replacing("Highest ", with: "").replacing("Largest ", with: "") }
    ]
      + shown.map { row in
        let last = row.metrics?.cycles.last
        return [row.run.name, last.map { "\($0.number)" } ?? ""]
          + zip(labels, units).map { label, unit in last?[label].map { significant($0 * unit.unit.factor, 4) } ?? "" }
      }
  }

  private static var rowsShown: Int { 40 }
}
