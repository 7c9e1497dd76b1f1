import Analysis
import Figures

extension Variant.Choice {
  /// As it stands in a legend: `Particle radius 40 nm`, `C/5`.
  var text: String {
    guard let value, let quantity, label == value.label else { return label }
    return Parameter(key: quantity, values: [value]).name(of: value)
  }
}

extension PlannedRun {
  /// What the run is called in pictures.
  public var legend: String { choices.isEmpty ? name : choices.map(\.text).joined(separator: ", ") }
}

extension Sweep.Outcome {
  /// What the runs came to against each axis that is a number: capacity, voltage, hysteresis, stress.
  public var figures: [Figure] {
    let numeric = axes.filter { axis in
      Set(rows.compactMap { row in row.run.choices.first { $0.axis == axis }?.value }).count > 2
    }
    return numeric.compactMap(figure)
  }

  /// What is shown where the runs differ in it, and what it is called beside an axis.
  private var shown: [(label: String, name: String)] {
    let inside = [
      ("Largest Von Mises Stress / Pa", "Stress"), ("Largest Energy Release Rate / J m-2", "Energy release"),
      ("Phase Fraction / 1", "Phase fraction"),
    ]
    let labels = rows.compactMap { $0.metrics?.cycles.last?.metrics.map(\.label) }.first ?? []
    return [
      ("Discharging Capacity / Ah", "Capacity"), ("Mean Discharging Voltage / V", "Mean voltage"),
      ("Voltage Hysteresis / V", "Hysteresis"), ("Energy Efficiency / 1", "Efficiency"),
    ]
      + labels.filter { $0.hasPrefix("Highest ") }.compactMap { label in
        inside.first { label.hasSuffix(" " + $0.0) }.map { (label, $0.1) }
      }.prefix(Self.mostSeries)
  }

  private func figure(against axis: String) -> Figure? {
    /// Of a run: where it stands on the axis, and on all others.
    struct Point {
      var x: Double
      var series: String
      var cycle: RunMetrics.Cycle
    }
    var quantity = axis
    let points = rows.compactMap { row -> Point? in
      guard let choice = row.run.choices.first(where: { $0.axis == axis }), let x = choice.value,
        let cycle = row.metrics?.cycles.last
      else { return nil }
      quantity = choice.quantity ?? axis
      let others = row.run.choices.filter { $0.axis != axis }
      return Point(x: x, series: others.map(\.text).joined(separator: ", "), cycle: cycle)
    }
    guard let low = points.map(\.x).min(), let high = points.map(\.x).max(), low < high else { return nil }
    var names: [String] = []
    for point in points where !names.contains(point.series) {
      names.append(point.series)
      // Where everything varies at the same time, each run would be a series.
      if names.count > Self.mostSeries { break }
    }
    let isCloud = names.count > Self.mostSeries
    if isCloud { names = [""] }

    let parameter = Parameter(key: quantity, values: [low, high])
    let x = Figures.Axis(parameter.label, scale: low > 0 && high > 20 * low ? .logarithmic : .linear)
    let panels = shown.compactMap { label, name -> Panel? in
      let values = points.compactMap { $0.cycle[label] }.filter(\.isFinite)
      guard let least = values.min(), let largest = values.max(),
        largest - least > 1e-3 * max(abs(largest), abs(least)),
        // Of a cell in short circuit there is nothing but round-off.
        !label.hasSuffix(" / V") || max(abs(largest), abs(least)) > 1e-9
      else { return nil }
      let unit = DisplayUnit.of(label, largest: max(abs(least), abs(largest))).unit
      let series = names.enumerated().map { index, series in
        let own = points.filter { isCloud || $0.series == series }.sorted { $0.x < $1.x }
          .compactMap { point in point.cycle[label].map { (point.x, $0) } }
        return Series(
          series, x: own.map { parameter.shown($0.0) }, y: own.map { $0.1 * unit.factor },
          style: isCloud ? .points : .lineAndPoints, colour: .category(index))
      }
      // Which electrode or class it is of.
      let words = label.split(separator: " ")
      return Panel(
        title: words.first == "Highest" && words.count > 1 ? String(words[1]) : "", x: x,
        y: Figures.Axis(unit.name.isEmpty ? name : "\(name) / \(unit.name)"), series: series)
    }
    guard !panels.isEmpty else { return nil }
    return Figure(
      name: "against-\(Study.fileName(axis))", title: "Against \(axis)",
      caption: "What the last cycle of each run came to.", panels: panels, sharesAbscissa: true)
  }

  private static let mostSeries = 8
}
