/// A figure for gnuplot's terminal of letters: each panel with a legend of its own.
struct TextScript {
  private(set) var text: String

  init(_ figure: Figure, width: Int, height: Int) {
    text = "set encoding utf8\nset terminal dumb size \(width),\(height) noenhanced mono\n"
    text += "set key below\nset tics out scale 0.5 nomirror\n"
    for panel in figure.panels { write(panel, figure) }
  }

  private mutating func write(_ panel: Panel, _ figure: Figure) {
    func line(_ words: String) { text += words + "\n" }
    let series = panel.series.filter { !$0.x.isEmpty }
    line("set title \(GnuplotScript.quoted(panel.title.isEmpty ? figure.title : "\(figure.title): \(panel.title)"))")
    line("set xlabel \(GnuplotScript.quoted(panel.x.label))")
    line("set label 1 \(GnuplotScript.quoted(panel.y.label)) at graph 0, graph 1.06")
    for (name, axis) in [("x", panel.x), ("y", panel.y)] {
      line("\(axis.scale == .linear ? "unset" : "set") logscale \(name)")
      line("set \(name)range [\(axis.range.map { "\($0.lowerBound):\($0.upperBound)" } ?? "*:*")]")
    }
    guard !series.isEmpty else { return }
    for (index, series) in series.enumerated() {
      line("$d\(index) << EOD")
      for index in Decimation.indices(x: series.x, y: series.y, limit: 800) {
        line(series.x[index].isFinite && series.y[index].isFinite ? "\(series.x[index]) \(series.y[index])" : "")
      }
      line("EOD")
    }
    var names: Set<String> = []
    let plots = series.enumerated().map { index, series in
      let isNew = !series.name.isEmpty && names.insert(series.name).inserted && names.count <= 8
      return "$d\(index) using 1:2 with \(series.style == .points ? "points" : "lines") "
        + (isNew ? "title \(GnuplotScript.quoted(series.name))" : "notitle")
    }
    line("plot " + plots.joined(separator: ", \\\n  "))
  }
}
