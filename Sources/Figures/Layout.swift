/// Where everything in a figure stands. Lengths are in points, from the lower left corner.
struct Layout {
  static let fontSize = 8.0
  static let pointsPerCentimetre = 72 / 2.54

  struct Box: Equatable {
    var left, bottom, width, height: Double
    var right: Double { left + width }
    var top: Double { bottom + height }
  }

  /// One name of the legend.
  struct Entry: Equatable {
    var name: String
    var series: Series?
    var left = 0.0
    var middle = 0.0
  }

  struct Bar {
    var box: Box
    var colours: ColourScale
    var ticks: Ticks
    /// Whether lines have its colours, or an area.
    var isOfLines: Bool
    var widestTick: Double
  }

  private(set) var width: Double
  private(set) var height = 0.0
  private(set) var panels: [Box] = []
  private(set) var ticks: [(x: Ticks, y: Ticks)] = []
  private(set) var legend: [Entry] = []
  private(set) var bars: [Bar] = []

  static let sample = 15.0
  private static let lineHeight = 10.5
  /// Between an axis and the numbers at it.
  private static let gap = 4.0

  init(_ figure: Figure) {
    width = figure.width * Self.pointsPerCentimetre
    let maps = figure.panels.map(\.heatMap)
    let isMap = maps.contains { $0 != nil }
    let columnShare = figure.width / Figure.columnWidth
    let panelHeight = (figure.panels.count == 1 && !isMap ? 150 : isMap ? 78 : 92) * min(columnShare, 1.5)

    // The width of the numbers at the ordinates and the bars decides what is left for the panels.
    let extremes = figure.panels.map(\.extremes)
    ticks = zip(figure.panels, extremes).map { panel, extremes in
      var y = panel.y
      // An image reaches to its frame.
      if panel.heatMap != nil, y.range == nil { y.range = extremes.y.flatMap(Self.proper) }
      return (Ticks(panel.x, values: nil, count: 1), Ticks(y, values: extremes.y, count: panelHeight / 26))
    }
    let left = Self.lineHeight + 4 + Self.gap + (ticks.map { Self.widest($0.y) }.max() ?? 0)
    let scales = figure.colours.map { [$0] } ?? maps.compactMap { $0?.colours }
    let barTicks = scales.map { scale in
      Ticks(
        Axis("", scale: scale.scale, range: scale.range), values: nil, count: figure.colours == nil ? 4 : 5)
    }
    let barWidth =
      scales.isEmpty ? 7.0 : 6 + 7 + Self.gap + (barTicks.map(Self.widest).max() ?? 0) + Self.lineHeight + 3
    let plotWidth = width - left - barWidth
    let shared = figure.sharesAbscissa ? extremes.compactMap(\.x).reduce(nil, Self.union) : nil
    for (index, panel) in figure.panels.enumerated() {
      let values = shared ?? extremes[index].x
      var x = panel.x
      if panel.heatMap != nil, x.range == nil { x.range = values.flatMap(Self.proper) }
      // As many marks as there is room for.
      var count = 6 * columnShare
      repeat {
        ticks[index].x = Ticks(x, values: values, count: count)
        count -= 1
      } while count > 1 && 1.5 * Self.widest(ticks[index].x) * Double(ticks[index].x.major.count) > plotWidth
    }

    legend = Self.entries(of: figure)
    let rows = arrange(left: left, available: width - left - 7)
    let legendHeight = rows == 0 ? 0 : Double(rows) * Self.lineHeight + 4

    // From below.
    var bottom = 3 + legendHeight
    for (row, entry) in legend.enumerated() { legend[row].middle = bottom - 2 - Self.lineHeight * (entry.middle + 0.5) }
    var boxes: [Box] = []
    for (index, panel) in figure.panels.enumerated().reversed() {
      let isLast = index == figure.panels.count - 1
      if isLast || !figure.sharesAbscissa { bottom += 2 * Self.lineHeight + Self.gap + 2 }
      boxes.append(Box(left: left, bottom: bottom, width: plotWidth, height: panelHeight))
      bottom += panelHeight + (panel.title.isEmpty ? 5 : 14)
      if figure.sharesAbscissa, index > 0 { bottom += 2 }
    }
    panels = boxes.reversed()
    height = bottom + 1

    let barBoxes =
      figure.colours == nil
      ? zip(panels, maps).filter { $1 != nil }.map(\.0)
      : panels.first.map {
        [Box(left: $0.left, bottom: panels.last!.bottom, width: $0.width, height: $0.top - panels.last!.bottom)]
      } ?? []
    for ((box, scale), ticks) in zip(zip(barBoxes, scales), barTicks) {
      bars.append(
        Bar(
          box: Box(left: box.right + 6, bottom: box.bottom, width: 7, height: box.height), colours: scale, ticks: ticks,
          isOfLines: figure.colours != nil, widestTick: Self.widest(ticks)))
    }
  }

  private static func union(_ a: ClosedRange<Double>?, _ b: ClosedRange<Double>) -> ClosedRange<Double>? {
    a.map { min($0.lowerBound, b.lowerBound)...max($0.upperBound, b.upperBound) } ?? b
  }

  /// nil for a single value.
  private static func proper(_ range: ClosedRange<Double>) -> ClosedRange<Double>? {
    range.lowerBound < range.upperBound ? range : nil
  }

  /// The middle of the text along an ordinate.
  var ordinateLabel: Double { Self.lineHeight / 2 + 1 }

  /// The middle of the text below an abscissa.
  func abscissaLabel(below box: Box) -> Double { box.bottom - Self.gap - 1.7 * Self.lineHeight }

  func label(beside bar: Bar) -> Double { bar.box.right + Self.gap + bar.widestTick + Self.lineHeight / 2 + 2 }

  // MARK: legend

  /// More names than this are for a colour bar; the others are counted.
  private static let mostEntries = 12

  private static func entries(of figure: Figure) -> [Entry] {
    var entries: [Entry] = []
    var names: Set<String> = []
    for series in figure.panels.flatMap(\.series) where !series.name.isEmpty {
      guard zip(series.x, series.y).contains(where: { $0.isFinite && $1.isFinite }) else { continue }
      guard names.insert(series.name).inserted else { continue }
      entries.append(Entry(name: series.name, series: series))
    }
    guard entries.count > mostEntries else { return entries }
    let more = entries.count - mostEntries + 1
    return entries.prefix(mostEntries - 1) + [Entry(name: "and \(more) more", series: nil)]
  }

  /// Columns of one width, filled row by row. Leaves in `middle` the number of the row.
  private mutating func arrange(left: Double, available: Double) -> Int {
    guard !legend.isEmpty else { return 0 }
    let room = available - Self.sample - 4
    for index in legend.indices { legend[index].name = Self.shortened(legend[index].name, to: room) }
    let widest = legend.map { Self.width(of: $0.name) }.max() ?? 0
    let columnWidth = Self.sample + 4 + widest + 8
    let columns = max(1, min(legend.count, Int((available + 8) / columnWidth)))
    for index in legend.indices {
      legend[index].left = left + Double(index % columns) * max(columnWidth, 0)
      legend[index].middle = Double(index / columns)
    }
    return (legend.count + columns - 1) / columns
  }

  // MARK: text

  private static func widest(_ ticks: Ticks) -> Double { ticks.major.map { width(of: $0.label) }.max() ?? 0 }

  /// A long name without its middle.
  private static func shortened(_ name: String, to room: Double) -> String {
    guard width(of: name) > room else { return name }
    var (head, tail) = (Array(name), [Character]())
    tail = Array(head[(head.count / 2)...])
    head = Array(head[..<(head.count / 2)])
    while width(of: String(head) + "…" + String(tail)) > room, !head.isEmpty, !tail.isEmpty {
      if head.count > tail.count { head.removeLast() } else { tail.removeFirst() }
    }
    return String(head) + "…" + String(tail)
  }

  /// In Helvetica, with a tenth more for fonts that stand in for it.
  static func width(of text: String) -> Double {
    let thousandths = text.unicodeScalars.reduce(0) { sum, scalar in
      let index = Int(scalar.value) - 32
      return sum + (Self.widths.indices.contains(index) ? Self.widths[index] : 600)
    }
    return 1.1 * fontSize * Double(thousandths) / 1000
  }

  /// Of the printable characters of ASCII, in thousandths of the font's size.
  private static let widths = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556,
    556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722,
    778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278,
    556,
    556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
  ]
}

extension Panel {
  /// Of everything that is finite (and, on a logarithmic axis, positive).
  fileprivate var extremes: (x: ClosedRange<Double>?, y: ClosedRange<Double>?) {
    var (xs, ys): (ClosedRange<Double>?, ClosedRange<Double>?)
    func extend(_ range: inout ClosedRange<Double>?, _ value: Double) {
      range = range.map { min($0.lowerBound, value)...max($0.upperBound, value) } ?? value...value
    }
    for series in series {
      for (x, y) in zip(series.x, series.y) {
        guard x.isFinite, y.isFinite, self.x.shows(x), self.y.shows(y) else { continue }
        // What lies beyond a given abscissa does not count for the ordinate.
        if let range = self.x.range, !range.contains(x) { continue }
        extend(&xs, x)
        extend(&ys, y)
      }
    }
    for column in heatMap?.columns ?? [] {
      extend(&xs, column.x)
      if let first = column.y.first, let last = column.y.last {
        extend(&ys, first)
        extend(&ys, last)
      }
    }
    return (xs, ys)
  }
}

extension Axis {
  fileprivate func shows(_ value: Double) -> Bool { scale == .linear || value > 0 }
}
