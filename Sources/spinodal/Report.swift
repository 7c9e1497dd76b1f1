import Analysis
import Cycling
import Documents
import Figures
import Studies

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The pictures of a study and the page that shows it all.
struct Report {
  let sweep: Studies.Sweep
  let outcome: Studies.Sweep.Outcome

  /// More curves than that nobody can tell apart, whether colours stand for a number or each has its own; then there are only
  /// pictures of what the runs came to.
  private var mostCurves: Int { numericAxis == nil ? 12 : 60 }

  /// - Parameter measured: cyclers' files to show beside the runs.
  func figures(measured: [NamedTest]) throws -> [Figure] {
    let shown = outcome.rows.filter { $0.metrics != nil }
    var figures = outcome.figures
    guard !shown.isEmpty, shown.count <= mostCurves else { return figures }
    let numeric = numericAxis
    let tests = try shown.map { row in
      let paths = OutputPaths(prefix: sweep.prefix(of: row.run))
      let choice = row.run.choices.first { $0.axis == numeric }
      let parameter = choice.map { Parameter(key: $0.quantity ?? $0.axis, values: values(on: numeric)) }
      let hasProfiles = FileManager.default.fileExists(atPath: paths.profiles)
      return NamedTest(
        name: row.run.legend, value: choice?.value.flatMap { parameter?.shown($0) }, valueLabel: parameter?.label,
        data: try CyclerData(path: paths.data), profiles: hasProfiles ? try ProfileData(path: paths.profiles) : nil)
    }
    figures += Analysis.figures(of: tests + measured)
    return figures
  }

  /// The only axis, where it is a number: then colours can stand for it.
  private var numericAxis: String? {
    let axes = outcome.axes
    return axes.count == 1 && outcome.rows.allSatisfy { $0.run.choices[0].value != nil } ? axes[0] : nil
  }

  private func values(on axis: String?) -> [Double] {
    outcome.rows.compactMap { row in row.run.choices.first { $0.axis == axis }?.value }
  }

  // MARK: the page

  /// A page that needs no other file and no network.
  /// - Parameters:
  ///   - pictures: each with its SVG.
  ///   - overview: a table with a head.
  ///   - commands: what makes this page again.
  func page(
    _ pictures: [(figure: Figure, svg: String)], overview: [[String]], deviations: [[String]], commands: [String]
  ) -> String {
    let failures = outcome.rows.filter { $0.result.map { $0.status != .completed } ?? true }
    let title = outcome.rows.first?.run.study ?? ""
    var body = "<h1>\(title.escaped)</h1>\n"
    let axes = outcome.axes.filter { $0 != "variant" }
    body +=
      "<p>\(outcome.rows.count) \(outcome.rows.count == 1 ? "run" : "runs")"
      + (axes.isEmpty ? "" : ", which differ in \(axes.joined(separator: ", ").escaped)")
      + (failures.isEmpty ? "; all of them completed" : "; \(failures.count) did not complete") + ".</p>\n"
    body += "<h2>Results</h2>\n" + Self.table(overview)
    if overview.count - 1 < outcome.rows.count {
      body += "<p>The first \(overview.count - 1) of them; compare.csv has them all.</p>\n"
    }
    if !deviations.isEmpty { body += "<h2>Beside measured data</h2>\n" + Self.table(deviations) }
    if !failures.isEmpty {
      body +=
        "<h2>Did not complete</h2>\n"
        + Self.table(
          [["variant", "how", "why"]]
            + failures.prefix(200).map { row in
              [row.run.name, row.result?.status.rawValue ?? "not computed", row.result?.reason ?? ""]
            })
    }
    body += "<div class=\"figures\">\n"
    for (figure, svg) in pictures {
      body += """
        <figure>
        <h2>\(figure.title.escaped)</h2>
        <img src="data:image/svg+xml;base64,\(Data(svg.utf8).base64EncodedString())" alt="\(figure.title.escaped)">
        <figcaption>\(figure.caption.escaped)</figcaption>
        </figure>

        """
    }
    body += "</div>\n<h2>How to make it again</h2>\n<pre>" + commands.joined(separator: "\n").escaped + "</pre>\n"
    body += "<p>Each run by itself:</p>\n<pre>"
    body += outcome.rows.prefix(Self.commandsShown).map { row in
      (["spinodal"] + row.run.settings.arguments(folder: sweep.folder)).map(\.quoted).joined(separator: " ").escaped
    }.joined(separator: "\n")
    body += "</pre>\n<p>\(Run.software.escaped)</p>\n"
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <link rel="icon" href="data:,">
      <title>\(title.escaped)</title>
      <style>
      body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 64rem; margin: 0 auto; padding: 1rem; }
      h1 { font-size: 1.6rem; line-height: 1.2; }
      h2 { font-size: 1.1rem; margin: 2rem 0 0.5rem; }
      .wide { overflow-x: auto; }
      table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
      th, td { padding: 0.2rem 0.8rem 0.2rem 0; text-align: right; border-bottom: 1px solid #ddd; vertical-align: top; }
      th:first-child, td:first-child { text-align: left; white-space: nowrap; }
      figure { margin: 0; break-inside: avoid; }
      img { width: 100%; max-width: 34rem; height: auto; }
      figcaption { font-size: 0.9rem; color: #555; }
      pre { overflow-x: auto; background: #f4f4f4; padding: 0.8rem; font-size: 0.85rem; }
      @media (min-width: 56rem) { .figures { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2rem; } }
      </style>
      </head>
      <body>
      \(body)</body>
      </html>

      """
  }

  private static let commandsShown = 40

  private static func table(_ rows: [[String]]) -> String {
    func row(_ fields: [String], _ tag: String) -> String {
      "<tr>" + fields.map { "<\(tag)>\($0.escaped)</\(tag)>" }.joined() + "</tr>\n"
    }
    return "<div class=\"wide\"><table>\n" + row(rows[0], "th") + rows.dropFirst().map { row($0, "td") }.joined()
      + "</table></div>\n"
  }
}

extension String {
  /// As a word for a shell.
  fileprivate var quoted: String {
    let isPlain = allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_=./:,+".contains($0)) }
    return isPlain && !isEmpty ? self : "'" + replacing("'", with: "'\\''") + "'"
  }

  /// As text of a page.
  fileprivate var escaped: String {
    replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing(
      "\"", with: "&quot;")
  }
}
