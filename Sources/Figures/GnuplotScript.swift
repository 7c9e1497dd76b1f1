/// A figure in gnuplot's language. Everything has its place from `Layout`, so that the picture does not depend on how gnuplot
/// measures text; text stands in single quotes, which expand nothing, and the terminal's markup is off, so that names of
/// users mean what they say.
struct GnuplotScript {
  private(set) var text = ""
  private let figure: Figure
  private let layout: Layout
  private let sizes: Sizes

  /// What makes marks of axes and symbols as large as in other terminals.
  struct Sizes {
    var ticks: Double
    var symbols: Double

    static let svg = Sizes(ticks: 0.75, symbols: 1.6)
    static let cairo = Sizes(ticks: 1, symbols: 1)
  }

  /// - Parameter terminal: gnuplot's words for what it writes.
  init(_ figure: Figure, _ sizes: Sizes, terminal: (Layout) -> String) {
    self.figure = figure
    self.sizes = sizes
    layout = Layout(figure)
    text = "set encoding utf8\nset terminal \(terminal(layout))\n"
    let data = writeData()
    text += """
      set multiplot
      unset key
      set border 15 lw 0.5

      """
    for (index, panel) in figure.panels.enumerated() {
      writeAxes(index)
      if index == 0 { writeFurniture() }
      if !panel.title.isEmpty {
        let box = layout.panels[index]
        label(panel.title, x: box.left, y: box.top + 6.5)
      }
      let plots = data[index]
      line("plot " + (plots.isEmpty ? "NaN notitle" : plots.joined(separator: ", \\\n  ")))
      line("unset label\nunset arrow\nunset object")
    }
    line("unset multiplot")
  }

  private mutating func line(_ words: String) { text += words + "\n" }

  // MARK: data

  /// Writes the numbers, and returns for each panel what to plot.
  private mutating func writeData() -> [[String]] {
    let curves = figure.panels.reduce(0) { $0 + $1.series.count }
    let limit = min(2000, max(400, 16_000 / max(curves, 1)))
    var block = 0
    var plots: [[String]] = []
    for (index, panel) in figure.panels.enumerated() {
      var here: [String] = []
      if let map = panel.heatMap {
        block += 1
        write(map, block, range: layout.ticks[index])
        here.append("$d\(block) using 1:2:3:4:5 with rgbimage notitle")
      }
      for series in panel.series where !series.x.isEmpty {
        block += 1
        line("$d\(block) << EOD")
        for index in indices(of: series, in: layout.ticks[index], limit: limit) {
          let (x, y) = (series.x[index], series.y[index])
          line(x.isFinite && y.isFinite ? "\(x) \(y)" : "")
        }
        line("EOD")
        here.append("$d\(block) using 1:2 \(appearance(of: series)) notitle")
      }
      plots.append(here)
    }
    return plots
  }

  private func indices(of series: Series, in ticks: (x: Ticks, y: Ticks), limit: Int) -> [Int] {
    guard series.style == .points else { return Decimation.indices(x: series.x, y: series.y, limit: limit) }
    func places(_ values: [Double], _ range: ClosedRange<Double>) -> [Double] {
      values.map { ($0 - range.lowerBound) / (range.upperBound - range.lowerBound) }
    }
    return Decimation.spacedIndices(
      x: places(series.x, ticks.x.range), y: places(series.y, ticks.y.range), distance: 0.02)
  }

  /// A map as an image of as many pixels as the eye can tell apart.
  private mutating func write(_ map: HeatMap, _ block: Int, range: (x: Ticks, y: Ticks)) {
    let (columns, rows) = (300, 120)
    let (xs, ys) = (range.x.range, range.y.range)
    func place(_ range: ClosedRange<Double>, _ index: Int, _ count: Int) -> Double {
      range.lowerBound + (range.upperBound - range.lowerBound) * (Double(index) + 0.5) / Double(count)
    }
    line("$d\(block) << EOD")
    var sampler = HeatMapSampler(map)
    for column in 0..<columns {
      let x = place(xs, column, columns)
      for row in 0..<rows {
        let y = place(ys, row, rows)
        let value = sampler.value(x: x, y: y)
        let bytes = value.map { map.colours.colour(of: $0).bytes } ?? [255, 255, 255]
        line("\(x) \(y) \(bytes[0]) \(bytes[1]) \(bytes[2])")
      }
    }
    line("EOD")
  }

  // MARK: appearance

  private func colour(of series: Series) -> Colour {
    switch series.colour {
    case .category(let index): Colour.categories[index % Colour.categories.count]
    case .number(let value): figure.colours?.lineColour(of: value) ?? .grey
    case .grey: .grey
    }
  }

  /// The second time around the colours lines are dashed, and symbols are others.
  private func dash(of series: Series) -> String {
    if series.style == .dashed { return " dt (10,8)" }
    guard case .category(let index) = series.colour, index >= Colour.categories.count else { return "" }
    return [" dt (8,3)", " dt (2,2)", " dt (8,3,2,3)"][(index / Colour.categories.count - 1) % 3]
  }

  private func symbol(of series: Series) -> Int {
    guard case .category(let index) = series.colour else { return series.colour == .grey ? 6 : 7 }
    return [7, 5, 9, 13, 11][index % 5]
  }

  private func appearance(of series: Series) -> String {
    let colour = "lc rgb '\(colour(of: series).code)'"
    let points = "pt \(symbol(of: series)) ps \(0.35 * sizes.symbols)"
    return switch series.style {
    case .line, .dashed: "with lines lw 1 \(colour)\(dash(of: series))"
    case .points: "with points \(points) lw 0.5 \(colour)"
    case .lineAndPoints: "with linespoints \(points) lw 0.8 \(colour)\(dash(of: series))"
    }
  }

  // MARK: axes

  private mutating func writeAxes(_ index: Int) {
    let (panel, box, ticks) = (figure.panels[index], layout.panels[index], layout.ticks[index])
    line("set lmargin at screen \(box.left / layout.width)")
    line("set rmargin at screen \(box.right / layout.width)")
    line("set bmargin at screen \(box.bottom / layout.height)")
    line("set tmargin at screen \(box.top / layout.height)")
    let isLabelled = index == figure.panels.count - 1 || !figure.sharesAbscissa
    for (name, axis, ticks, isLabelled) in [("x", panel.x, ticks.x, isLabelled), ("y", panel.y, ticks.y, true)] {
      line("\(axis.scale == .linear ? "unset" : "set") logscale \(name)")
      line("set \(name)range [\(ticks.range.lowerBound):\(ticks.range.upperBound)]")
      let marks =
        ticks.major.map { "\(Self.quoted(isLabelled ? Self.formatted($0.label) : "")) \($0.place) 0" }
        + ticks.minor.filter { place in !ticks.major.contains { $0.place == place } }.map { "'' \($0) 1" }
      line("set \(name)tics (\(marks.joined(separator: ", ")))")
    }
    // On an image marks would not show.
    let marks = panel.heatMap == nil ? (side: "in mirror", length: 0.6) : (side: "out nomirror", length: 0.4)
    line("set tics front scale \(marks.length * sizes.ticks),\(0.6 * marks.length * sizes.ticks)")
    line("set xtics \(marks.side)\nset ytics \(marks.side)")
    if panel.y.scale == .linear, panel.heatMap == nil, ticks.y.range.lowerBound < 0, ticks.y.range.upperBound > 0 {
      line("set arrow from graph 0, first 0 to graph 1, first 0 nohead back lw 0.4 lc rgb '#BBBBBB'")
    }
  }

  /// What belongs to no panel, drawn with the first: labels of axes, legend, bars.
  private mutating func writeFurniture() {
    for (index, (panel, box)) in zip(figure.panels, layout.panels).enumerated() {
      label(panel.y.label, x: layout.ordinateLabel, y: box.bottom + box.height / 2, centred: true, turned: true)
      if index == figure.panels.count - 1 || !figure.sharesAbscissa {
        label(panel.x.label, x: box.left + box.width / 2, y: layout.abscissaLabel(below: box), centred: true)
      }
    }
    for entry in layout.legend { write(entry) }
    for bar in layout.bars { write(bar) }
  }

  private mutating func write(_ entry: Layout.Entry) {
    label(entry.name, x: entry.left + Layout.sample + 4, y: entry.middle)
    guard let series = entry.series else { return }
    let colour = "lc rgb '\(colour(of: series).code)'"
    let (left, right) = (entry.left, entry.left + Layout.sample)
    if series.style != .points {
      line(
        "set arrow from \(screen(left, entry.middle)) to \(screen(right, entry.middle)) nohead lw 1 \(colour)"
          + dash(of: series))
    }
    if series.style == .points || series.style == .lineAndPoints {
      line(
        "set label '' at \(screen((left + right) / 2, entry.middle)) point pt \(symbol(of: series)) ps \(0.35 * sizes.symbols) lw 0.5 \(colour)"
      )
    }
  }

  private mutating func write(_ bar: Layout.Bar) {
    let box = bar.box
    let count = 100
    for index in 0..<count {
      let fraction = (Double(index) + 0.5) / Double(count)
      let colour =
        bar.isOfLines
        ? ColourScale.lineColour(at: fraction)
        : Colour(
          between: bar.colours.palette == .sequential ? Colour.sequential : Colour.diverging, at: fraction)
      // Each reaches to the top, so that nothing shines through between two.
      let bottom = box.bottom + box.height * Double(index) / Double(count)
      line(
        "set object rectangle from \(screen(box.left, bottom)) to \(screen(box.right, box.top)) "
          + "fc rgb '\(colour.code)' fs solid noborder")
    }
    line(
      "set object rectangle from \(screen(box.left, box.bottom)) to \(screen(box.right, box.top)) "
        + "fs empty border lc rgb '#000000' lw 0.5")
    for (place, text) in bar.ticks.major {
      let y = box.bottom + box.height * bar.colours.fraction(place)
      line("set arrow from \(screen(box.right - 2, y)) to \(screen(box.right, y)) nohead lw 0.5 lc rgb '#000000'")
      label(text, x: box.right + 3, y: y)
    }
    label(
      bar.colours.label, x: layout.label(beside: bar), y: box.bottom + box.height / 2, centred: true, turned: true)
  }

  private mutating func label(
    _ words: String, x: Double, y: Double, centred: Bool = false, turned: Bool = false
  ) {
    line(
      "set label \(Self.quoted(words)) at \(screen(x, y)) "
        + "\(centred ? "center" : "left")\(turned ? " rotate by 90" : "") front")
  }

  private func screen(_ x: Double, _ y: Double) -> String {
    "screen \(x / layout.width), screen \(y / layout.height)"
  }

  /// One line of text, as it is.
  static func quoted(_ text: String) -> String {
    "'" + text.map { $0.isNewline || $0 == "\t" ? " " : $0 == "'" ? "''" : String($0) }.joined() + "'"
  }

  /// Marks of axes are formats.
  private static func formatted(_ text: String) -> String { text.replacing("%", with: "%%") }
}

/// Reads a map anywhere between its points.
private struct HeatMapSampler {
  private let map: HeatMap
  private var column = 0

  init(_ map: HeatMap) { self.map = map }

  /// - Parameter x: not less than that of the call before.
  mutating func value(x: Double, y: Double) -> Double? {
    let columns = map.columns
    guard let first = columns.first, let last = columns.last else { return nil }
    let tolerance = 0.01 * (last.x - first.x)
    guard x >= first.x - tolerance, x <= last.x + tolerance else { return nil }
    while column + 2 < columns.count, columns[column + 1].x < x { column += 1 }
    guard columns.count > 1 else { return Self.value(first, at: y) }
    let (before, after) = (columns[column], columns[column + 1])
    guard let a = Self.value(before, at: y), let b = Self.value(after, at: y) else { return nil }
    let share = min(max((x - before.x) / (after.x - before.x), 0), 1)
    return share.isFinite ? a + (b - a) * share : b
  }

  /// On straight lines; the outermost values hold as far as the distance to their neighbours.
  private static func value(_ column: HeatMap.Column, at y: Double) -> Double? {
    let places = column.y
    guard places.count > 1 else { return places.isEmpty ? nil : column.values.first }
    let last = places.count - 1
    guard y >= places[0] - (places[1] - places[0]), y <= places[last] + (places[last] - places[last - 1]) else {
      return nil
    }
    var (low, high) = (0, last)
    while high - low > 1 {
      let middle = (low + high) / 2
      if places[middle] <= y { low = middle } else { high = middle }
    }
    let share = min(max((y - places[low]) / (places[high] - places[low]), 0), 1)
    let value = column.values[low] + (column.values[high] - column.values[low]) * (share.isFinite ? share : 0)
    return value.isFinite ? value : nil
  }
}
