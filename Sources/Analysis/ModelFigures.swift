import Figures

/// Pictures of what only a model can show.
extension Album {
  private static let meanSuffix = "Mean Stoichiometry / 1"
  private static let stressSuffix = "Surface Hoop Stress / Pa"

  /// Materials that have a column, by what stands before its name: `Positive`, `Negative Graphite`.
  private func materials(_ suffix: String) -> [String] {
    var names: [String] = []
    for label in tests.flatMap({ $0.data.observables.map(\.label) }) where label.hasSuffix(" " + suffix) {
      let name = String(label.dropLast(suffix.count + 1))
      if Self.classNumber(name) == nil, !names.contains(name) { names.append(name) }
    }
    return names
  }

  /// The number in `Positive Class 3`; nil where there is none.
  private static func classNumber(_ name: String) -> Int? {
    let words = name.split(separator: " ")
    return words.count > 1 && words[words.count - 2] == "Class" ? Int(words.last!) : nil
  }

  /// Values of a column for each class of a material.
  private static func classes(_ material: String, _ suffix: String, _ data: CyclerData) -> [(number: Int, [Double])] {
    var classes: [(Int, [Double])] = []
    while let values = data.observable("\(material) Class \(classes.count + 1) \(suffix)") {
      classes.append((classes.count + 1, values))
    }
    return classes
  }

  /// Rows of the first charge and discharge.
  private func firstCycle(_ index: Int) -> Range<Int> {
    let sweeps = sweeps[index].prefix(2)
    guard let first = sweeps.first, let last = sweeps.last else { return 0..<0 }
    return first.rows.lowerBound..<last.rows.upperBound
  }

  private static func electrode(_ material: String) -> String {
    let words = material.split(separator: " ", maxSplits: 1)
    return words.count > 1 ? "\(words[0]) electrode, \(words[1])" : "\(material) electrode"
  }

  func stress() -> Figure? {
    // Each material, by itself or by the first of its classes.
    let materials = materials(Self.meanSuffix).filter { material in
      tests.contains {
        $0.data.observable("\(material) \(Self.stressSuffix)") != nil
          || !Self.classes(material, Self.stressSuffix, $0.data).isEmpty
      }
    }
    guard !materials.isEmpty else { return nil }
    var found: [[(name: String, colour: Series.Colour, x: [Double], y: [Double])]] = []
    for material in materials {
      var curves: [(String, Series.Colour, [Double], [Double])] = []
      for (index, test) in tests.enumerated() {
        guard let mean = test.data.observable("\(material) \(Self.meanSuffix)") else { continue }
        let rows = firstCycle(index)
        let x = Array(mean[rows])
        if let values = test.data.observable("\(material) \(Self.stressSuffix)") {
          curves.append((tests.count == 1 ? "" : styles[index].name, styles[index].colour, x, Array(values[rows])))
          continue
        }
        let classes = Self.classes(material, Self.stressSuffix, test.data)
        for (number, values) in tests.count == 1 ? Self.choice(classes) : classes.suffix(1) {
          let isOne = tests.count == 1
          curves.append(
            (
              isOne ? "Class \(number)" : styles[index].name, isOne ? .category(number - 1) : styles[index].colour, x,
              Array(values[rows])
            ))
        }
      }
      found.append(curves)
    }
    let panels = zip(materials, found).map { material, curves in
      let unit = DisplayUnit.stress(curves.flatMap { $0.y.map(abs) }.max() ?? 0)
      return Panel(
        title: Self.electrode(material), x: Axis("Mean stoichiometry"), y: Axis("Hoop stress / \(unit.name)"),
        series: curves.map { Series($0.name, x: $0.x, y: unit($0.y), style: .line, colour: $0.colour) })
    }
    return Figure(
      name: FigureKind.stress.rawValue, title: "Surface stress against state of charge",
      caption: Self.sentences(
        "Hoop stress at the surface of the particles, where it is largest, against the mean filling of the material in the first"
          + " cycle; tension is positive.",
        tests.count > 1 && found.joined().isEmpty == false && hasClasses(materials)
          ? "Of several sizes the largest is shown." : ""),
      panels: panels, colours: colours)
  }

  private func hasClasses(_ materials: [String]) -> Bool {
    tests.contains { test in materials.contains { !Self.classes($0, Self.stressSuffix, test.data).isEmpty } }
  }

  /// At most seven of several classes.
  private static func choice<Element>(_ classes: [Element]) -> [Element] {
    guard classes.count > 7 else { return classes }
    return (0..<7).map { classes[Int((Double($0) * Double(classes.count - 1) / 6).rounded())] }
  }

  func classFilling() -> Figure? {
    var panels: [Panel] = []
    for (index, test) in tests.enumerated() where !test.isMeasured {
      guard let sweep = sweeps[index].first else { continue }
      for material in materials(Self.meanSuffix) {
        let classes = Self.classes(material, Self.meanSuffix, test.data)
        guard classes.count > 1, let mean = test.data.observable("\(material) \(Self.meanSuffix)") else { continue }
        let x = Array(mean[sweep.rows])
        var series = Self.choice(classes).enumerated().map { place, entry in
          let isEnd = entry.number == 1 ? " (smallest)" : entry.number == classes.count ? " (largest)" : ""
          return Series(
            "Class \(entry.number)\(isEnd)", x: x, y: Array(entry.1[sweep.rows]), style: .line, colour: .category(place)
          )
        }
        if let low = x.min(), let high = x.max() {
          series.append(Series("All alike", x: [low, high], y: [low, high], style: .dashed, colour: .grey))
        }
        let name = Self.electrode(material)
        panels.append(
          Panel(
            title: tests.count == 1 ? name : "\(test.name): \(name)", x: Axis("Mean stoichiometry of all sizes"),
            y: Axis("Stoichiometry"), series: series))
      }
    }
    guard !panels.isEmpty else { return nil }
    return Figure(
      name: FigureKind.classFilling.rawValue, title: "Filling of each size",
      caption:
        "Mean stoichiometry of each size of particles in the first sweep. Particles that fill one after another stand in"
        + " steps; those that fill together lie on the broken line.",
      panels: Array(panels.prefix(4)))
  }

  // MARK: profiles

  enum ProfileQuantity { case stoichiometry, hoopStress }

  func profiles(of quantity: ProfileQuantity) -> [Figure] {
    let shown = tests.filter { $0.profiles != nil }.prefix(4)
    return shown.enumerated().compactMap { index, test in
      let kind = quantity == .stoichiometry ? FigureKind.concentrationProfile : .stressProfile
      let name = shown.count == 1 ? kind.rawValue : "\(kind.rawValue)-\(index + 1)"
      return profile(of: quantity, test, name: name)
    }
  }

  private func profile(of quantity: ProfileQuantity, _ test: NamedTest, name: String) -> Figure? {
    let particles = (test.profiles?.particles ?? []).filter { particle in
      guard let first = particle.instants.first, first.positions.count > 1, particle.instants.count > 1 else {
        return false
      }
      return quantity == .stoichiometry || first.hoopStress.count == first.positions.count
    }.prefix(6)
    guard !particles.isEmpty else { return nil }
    let start = particles.flatMap { $0.instants.map(\.time) }.min() ?? 0
    let time = DisplayUnit(seconds: (particles.flatMap { $0.instants.map(\.time) }.max() ?? 0) - start)
    let panels = particles.map { particle in
      let instants = particle.instants.filter { $0.stoichiometry.count == $0.positions.count }
      func values(_ instant: ProfileData.Instant) -> [Double] {
        quantity == .stoichiometry ? instant.stoichiometry : instant.hoopStress
      }
      let all = instants.flatMap(values)
      let (low, high) = (all.min() ?? 0, all.max() ?? 1)
      let colours: ColourScale
      var factor = 1.0
      switch quantity {
      case .stoichiometry:
        colours = ColourScale("Stoichiometry", range: low < high ? low...high : (low - 0.01)...(low + 0.01))
      case .hoopStress:
        let unit = DisplayUnit.stress(max(abs(low), abs(high)))
        factor = unit.factor
        let largest = max(abs(low), abs(high)) * factor
        colours = ColourScale(
          "Hoop stress / \(unit.name)", range: -max(largest, 1e-3)...max(largest, 1e-3), palette: .diverging)
      }
      let length = DisplayUnit("m", largest: particle.instants.flatMap(\.positions).max() ?? 1)
      let radius = DisplayUnit("m", largest: particle.radius)
      let columns = instants.map { instant in
        HeatMap.Column(
          x: instant.time * time.factor, y: length(instant.positions), values: values(instant).map { $0 * factor })
      }
      return Panel(
        title: "\(particle.name), R = \(short(particle.radius * radius.factor)) \(radius.name)",
        x: Axis("Time / \(time.name)"), y: Axis("Position / \(length.name)"),
        heatMap: HeatMap(colours: colours, columns: columns))
    }
    let what = quantity == .stoichiometry ? "Stoichiometry" : "Hoop stress"
    return Figure(
      name: name, title: "\(what) inside the particles" + (tests.count == 1 ? "" : ": \(test.name)"),
      caption: "\(what) from the centre to the surface of particles beside the separator, in the course of the test.",
      panels: Array(panels), sharesAbscissa: true)
  }
}
