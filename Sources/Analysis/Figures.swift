import Figures

/// The pictures that there are of tests; the raw value is the name of the file.
public enum FigureKind: String, CaseIterable, Sendable {
  case voltageCapacity = "voltage-capacity"
  case voltageTime = "voltage-time"
  case differentialCapacity = "differential-capacity"
  case rateCapability = "rate-capability"
  case capacityByCycle = "capacity-by-cycle"
  case ragone
  case stress = "stress-state-of-charge"
  case classFilling = "class-filling"
  case concentrationProfile = "concentration-profile"
  case stressProfile = "stress-profile"
}

/// The pictures that make sense for tests, in the order of `FigureKind`.
/// - Parameter kinds: which to make, where there is anything to show.
public func figures(of tests: [NamedTest], kinds: Set<FigureKind> = Set(FigureKind.allCases)) -> [Figure] {
  let album = Album(tests)
  return FigureKind.allCases.filter(kinds.contains).flatMap { kind -> [Figure] in
    switch kind {
    case .voltageCapacity: album.voltageCapacity().map { [$0] } ?? []
    case .voltageTime: album.voltageTime().map { [$0] } ?? []
    case .differentialCapacity: album.differentialCapacity().map { [$0] } ?? []
    case .rateCapability: album.rateCapability().map { [$0] } ?? []
    case .capacityByCycle: album.capacityByCycle().map { [$0] } ?? []
    case .ragone: album.ragone().map { [$0] } ?? []
    case .stress: album.stress().map { [$0] } ?? []
    case .classFilling: album.classFilling().map { [$0] } ?? []
    case .concentrationProfile: album.profiles(of: .stoichiometry)
    case .stressProfile: album.profiles(of: .hoopStress)
    }
  }
}

/// Tests, and how they look in all pictures of them.
struct Album {
  let tests: [NamedTest]
  /// Of each test.
  let sweeps: [[Sweep]]
  /// What the colours stand for where they stand for a number and there are too many for a legend.
  let colours: ColourScale?
  /// Of each test, where each has one colour.
  let styles: [(name: String, style: Series.Style, colour: Series.Colour)]

  init(_ tests: [NamedTest]) {
    self.tests = tests
    sweeps = tests.map(\.data.sweeps)
    let computed = tests.filter { !$0.isMeasured }
    let values = computed.compactMap(\.value)
    var colours: ColourScale?
    if values.count == computed.count, values.count > 6, let low = values.min(), let high = values.max(), low < high {
      colours = ColourScale(
        computed[0].valueLabel ?? "", range: low...high, scale: low > 0 && high / low > 9.99 ? .logarithmic : .linear)
    }
    self.colours = colours
    var count = 0
    styles = tests.map { test in
      if test.isMeasured { return (test.name, .points, .grey) }
      count += 1
      if colours != nil, let value = test.value { return ("", .line, .number(value)) }
      return (test.name, .line, .category(count - 1))
    }
  }

  // MARK: voltage

  /// What of a test is drawn as one curve or a pair of curves.
  struct Selection {
    var name: String
    var sweeps: [Sweep]
  }

  /// A choice of the cycles of a test: those of different rates where a test is about them, else the first, the last and some
  /// between.
  func selections(_ index: Int) -> (choice: [Selection], isAll: Bool) {
    let (data, sweeps) = (tests[index].data, sweeps[index])
    guard sweeps.count > 2 else {
      return (sweeps.map { Selection(name: $0.isDischarge ? "Discharge" : "Charge", sweeps: [$0]) }, true)
    }
    let pairs = stride(from: 0, to: sweeps.count, by: 2).map { Array(sweeps[$0..<min($0 + 2, sweeps.count)]) }
    let byRate = Self.firstOfEachRate(pairs.filter { $0.contains(where: \.isDischarge) }) { pair in
      pair.first(where: \.isDischarge)!.current
    }
    if byRate.count > 2, byRate.count <= 12, 2 * byRate.count >= pairs.count {
      let choice = byRate.map { pair in
        let current = pair.first(where: \.isDischarge)!.current
        return Selection(name: rateName(current, data), sweeps: pair)
      }
      return (choice, byRate.count == pairs.count)
    }
    let numbers = pairs.map(\.[0].cycle)
    let areCounted = zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
    let most = 6
    let chosen =
      pairs.count <= most
      ? Array(pairs.indices)
      : (0..<most).map { Int((Double($0) * Double(pairs.count - 1) / Double(most - 1)).rounded()) }
    let choice = chosen.map { place in
      Selection(name: "Cycle \(areCounted ? numbers[place] : place + 1)", sweeps: pairs[place])
    }
    return (choice, pairs.count <= most)
  }

  /// The first element of each rate; rates are the same within a tenth.
  static func firstOfEachRate<Element>(_ elements: [Element], _ rate: (Element) -> Double) -> [Element] {
    var chosen: [Element] = []
    for element in elements
    where !chosen.contains(where: { abs(rate($0) - rate(element)) < 0.1 * max(rate($0), rate(element)) }) {
      chosen.append(element)
    }
    return chosen
  }

  /// `C/5`, `2C`; without a nominal capacity the current.
  func rateName(_ current: Double, _ data: CyclerData) -> String {
    guard let rate = data.cRate(current), rate > 0 else {
      let unit = DisplayUnit("A", largest: current)
      return "\(short(current * unit.factor)) \(unit.name)"
    }
    let inverse = 1 / rate
    if rate < 0.99, abs(inverse - inverse.rounded()) < 0.03 * inverse { return "C/\(Int(inverse.rounded()))" }
    return short(rate, digits: 2) + "C"
  }

  /// What is drawn of each test in pictures of sweeps, with its appearance.
  private func curves() -> (curves: [(sweep: Sweep, data: CyclerData, series: Series)], note: String) {
    var curves: [(Sweep, CyclerData, Series)] = []
    let isSingle = tests.count { !$0.isMeasured } <= 1
    var note = ""
    for (index, test) in tests.enumerated() {
      let (choice, isAll) = selections(index)
      if test.isMeasured || !isSingle {
        // One colour for a test leaves room for one cycle.
        let (name, style, colour) = styles[index]
        let chosen = sweeps[index].count > 2 ? Array(choice.prefix(isSingle ? choice.count : 1)) : choice
        for sweep in chosen.flatMap(\.sweeps) {
          curves.append((sweep, test.data, Series(name, x: [], y: [], style: style, colour: colour)))
        }
        if chosen.count < choice.count || !isAll { note = "Of tests with several cycles the first is shown." }
      } else {
        for (number, selection) in choice.enumerated() {
          for sweep in selection.sweeps {
            curves.append(
              (sweep, test.data, Series(selection.name, x: [], y: [], style: .line, colour: .category(number))))
          }
        }
        if !isAll { note = "\(choice.count) of \((sweeps[index].count + 1) / 2) cycles are shown." }
      }
    }
    return (curves, note)
  }

  func voltageCapacity() -> Figure? {
    let (curves, note) = curves()
    guard !curves.isEmpty else { return nil }
    let unit = DisplayUnit("A·h", largest: curves.map(\.sweep.capacity).max() ?? 0)
    let series = curves.map { curve in
      let (rows, data) = (curve.sweep.rows, curve.data)
      let start = data.charge[rows.lowerBound] - data.discharge[rows.lowerBound]
      let sign = curve.sweep.isDischarge ? -1.0 : 1
      var series = curve.series
      series.x = unit(rows.map { sign * (data.charge[$0] - data.discharge[$0] - start) })
      series.y = Array(data.voltage[rows])
      return series
    }
    return Figure(
      name: FigureKind.voltageCapacity.rawValue, title: "Voltage against capacity",
      caption: Self.sentences("Voltage against the charge that has passed since the sweep began.", note),
      panels: [Panel(x: Axis("Capacity / \(unit.name)"), y: Axis("Voltage / V"), series: series)], colours: colours)
  }

  func voltageTime() -> Figure? {
    let longest = tests.map { ($0.data.time.last ?? 0) - ($0.data.time.first ?? 0) }.max() ?? 0
    guard longest > 0 else { return nil }
    let time = DisplayUnit(seconds: longest)
    let current = DisplayUnit("A", largest: tests.flatMap { $0.data.current.map(abs) }.max() ?? 0)
    // Shown from zero on, also where it does not change.
    let lowest = tests.reduce(0) { min($0, $1.data.current.min() ?? 0) } * current.factor
    let highest = tests.reduce(0) { max($0, $1.data.current.max() ?? 0) } * current.factor
    let margin = 0.06 * (highest - lowest)
    let range = margin > 0 ? (lowest - margin)...(highest + margin) : nil
    func panel(_ label: String, range: ClosedRange<Double>? = nil, _ values: (CyclerData) -> [Double]) -> Panel {
      let isSingle = tests.count == 1
      return Panel(
        x: Axis("Time / \(time.name)"), y: Axis(label, range: range),
        series: zip(tests, styles).map { test, style in
          Series(
            isSingle ? "" : style.name, x: time(test.data.time), y: values(test.data), style: style.style,
            colour: style.colour)
        })
    }
    return Figure(
      name: FigureKind.voltageTime.rawValue, title: "Voltage and current against time",
      caption: "Voltage and current in the course of the test; the current is positive on charge.",
      panels: [
        panel("Voltage / V", \.voltage),
        panel("Current / \(current.name)", range: range) { current($0.current) },
      ],
      colours: colours, sharesAbscissa: true)
  }

  func differentialCapacity() -> Figure? {
    let (curves, note) = curves()
    let found = curves.compactMap { curve in curve.data.differentialCapacity(of: curve.sweep).map { (curve.series, $0) }
    }
    guard !found.isEmpty else { return nil }
    let unit = DisplayUnit("A·h", largest: found.flatMap { $0.1.values.map(abs) }.max() ?? 0)
    let series = found.map { series, differential in
      var series = series
      (series.x, series.y) = (differential.voltage, unit(differential.values))
      return series
    }
    return Figure(
      name: FigureKind.differentialCapacity.rawValue, title: "Differential capacity",
      caption: Self.sentences("Charge per voltage, positive on charge and negative on discharge.", note),
      panels: [Panel(x: Axis("Voltage / V"), y: Axis("dQ/dV / \(unit.name) V⁻¹"), series: series)], colours: colours)
  }

  // MARK: rates and cycles

  /// The first discharge at each rate, slowest first.
  private func discharges(_ index: Int) -> [Sweep] {
    Self.firstOfEachRate(sweeps[index].filter { $0.isDischarge && $0.restShare < 0.1 }, \.current)
      .sorted { $0.current < $1.current }
  }

  /// Points of several tests: of each its own series where one of them has several points, else one series.
  private func rateSeries(_ point: (Sweep, CyclerData) -> (x: Double, y: Double)?) -> [Series] {
    var series: [Series] = []
    for (index, test) in tests.enumerated() {
      let points = discharges(index).compactMap { point($0, test.data) }
      guard !points.isEmpty else { continue }
      let (name, style, colour) = styles[index]
      series.append(
        Series(
          tests.count == 1 ? "" : name, x: points.map(\.x), y: points.map(\.y),
          style: style == .points ? .points : .lineAndPoints, colour: colour))
    }
    return series
  }

  func rateCapability() -> Figure? {
    let hasRates = tests.indices.contains { discharges($0).count > 1 }
    let isNominal = tests.allSatisfy { $0.data.nominalCapacity != nil }
    let all = tests.indices.flatMap(discharges)
    guard hasRates, let largest = all.map(\.capacity).max() else { return nil }
    let capacity = DisplayUnit("A·h", largest: largest)
    let current = DisplayUnit("A", largest: all.map(\.current).max() ?? 0)
    let series = rateSeries { sweep, data in
      let x = isNominal ? data.cRate(sweep.current) ?? 0 : sweep.current * current.factor
      return x > 0 ? (x, sweep.capacity * capacity.factor) : nil
    }
    return Figure(
      name: FigureKind.rateCapability.rawValue, title: "Rate capability",
      caption: "Capacity of the first discharge at each rate.",
      panels: [
        Panel(
          x: Axis(isNominal ? "Discharge rate / C" : "Current / \(current.name)", scale: .logarithmic),
          y: Axis("Discharge capacity / \(capacity.name)"), series: series)
      ], colours: colours)
  }

  func ragone() -> Figure? {
    let all = tests.indices.flatMap(discharges)
    let powers = all.map(\.meanPower)
    guard let largest = powers.max(), let least = powers.min(), least > 0, largest > 1.2 * least else { return nil }
    let power = DisplayUnit("W", largest: largest)
    let energy = DisplayUnit("W·h", largest: all.map(\.energy).max() ?? 0)
    let series = rateSeries { sweep, _ in
      sweep.meanPower > 0 && sweep.energy > 0 ? (sweep.meanPower * power.factor, sweep.energy * energy.factor) : nil
    }
    return Figure(
      name: FigureKind.ragone.rawValue, title: "Ragone plot",
      caption: "Energy of the first discharge at each rate against its mean power.",
      panels: [
        Panel(
          x: Axis("Mean power / \(power.name)", scale: .logarithmic),
          y: Axis("Discharge energy / \(energy.name)"), series: series)
      ], colours: colours)
  }

  func capacityByCycle() -> Figure? {
    let cycles = tests.map(\.data.cycles)
    guard cycles.contains(where: { $0.count > 1 }) else { return nil }
    let unit = DisplayUnit("A·h", largest: cycles.flatMap { $0.map(\.discharge) }.max() ?? 0)
    func panel(_ label: String, _ value: (CyclerData.Cycle) -> Double) -> Panel {
      let series = tests.indices.map { index in
        let (name, style, colour) = styles[index]
        let isMany = cycles[index].count > 60
        return Series(
          tests.count == 1 ? "" : name, x: cycles[index].map { Double($0.number) }, y: cycles[index].map(value),
          style: style == .points || isMany ? .points : .lineAndPoints, colour: colour)
      }
      return Panel(x: Axis("Cycle", isWhole: true), y: Axis(label), series: series)
    }
    return Figure(
      name: FigureKind.capacityByCycle.rawValue, title: "Capacity and efficiency by cycle",
      caption:
        "Discharge capacity, and what is discharged over what is charged in each cycle (where that is below 110 %).",
      panels: [
        panel("Discharge capacity / \(unit.name)") { $0.discharge * unit.factor },
        // Where more comes out than went in, cycles are counted from the middle of one to the middle of another.
        panel("Efficiency / %") { $0.coulombicEfficiency < 1.1 ? 100 * $0.coulombicEfficiency : .nan },
      ], colours: colours, sharesAbscissa: true)
  }

  static func sentences(_ parts: String...) -> String { parts.filter { !$0.isEmpty }.joined(separator: " ") }
}
