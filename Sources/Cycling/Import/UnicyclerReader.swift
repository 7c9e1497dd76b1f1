import Documents

/// Reads the JSON of aurora-unicycler (0.4), a cycler-neutral description of tests. Charge is positive there too.
struct UnicyclerReader {
  private let document: DocumentNode
  private var record = RecordRule()

  init(_ document: DocumentNode) throws(DocumentError) {
    self.document = document
    try document.checkKeys(["unicycler", "sample", "record", "safety", "method"])
  }

  mutating func testProtocol() throws(DocumentError) -> TestProtocol {
    var sample = Sample()
    var name = "unicycler protocol"
    if let node = document["sample"] {
      try node.checkKeys(["name", "capacity_mAh"])
      name = try node["name"]?.string() ?? name
      sample.capacity = try node["capacity_mAh"].map { node throws(DocumentError) in
        Quantity(try node.positiveValue() * 1e-3 * 3600, .charge)
      }
    }
    record = try recordRule(document.required("record"))
    let safety = try document["safety"].map(safetyWindow) ?? SafetyWindow()
    return TestProtocol(name: name, sample: sample, safety: safety, statements: try statements())
  }

  private func recordRule(_ node: DocumentNode) throws(DocumentError) -> RecordRule {
    try node.checkKeys(["current_mA", "voltage_V", "time_s"])
    func interval(
      _ node: DocumentNode, _ factor: Double, _ dimension: Dimension, atLeast smallest: Double
    ) throws(DocumentError) -> Quantity {
      let value = try node.positiveValue() * factor
      if dimension == .time { _ = try seconds(node) }
      guard value >= smallest else {
        throw node.error(
          "'\(node.scalar ?? "")' is too fine to be recorded", advice: "give at least \(smallest / factor)")
      }
      return Quantity(value, dimension)
    }
    let finest = RecordRule.finest
    return RecordRule(
      dt: try interval(node.required("time_s"), 1, .time, atLeast: finest.dt),
      dV: try node["voltage_V"].map { node throws(DocumentError) in
        try interval(node, 1, .voltage, atLeast: finest.dV)
      },
      dI: try node["current_mA"].map { node throws(DocumentError) in
        try interval(node, 1e-3, .current, atLeast: finest.dI)
      })
  }

  /// A bound that is not given lies beyond everything.
  private static let beyond = (voltage: 1000.0, current: 1e6)

  private func safetyWindow(_ node: DocumentNode) throws(DocumentError) -> SafetyWindow {
    try node.checkKeys([
      "max_voltage_V", "min_voltage_V", "max_current_mA", "min_current_mA", "max_capacity_mAh", "delay_s",
    ])
    func bounds(
      _ lower: String, _ upper: String, _ dimension: Dimension, _ factor: Double, beyond: Double
    ) throws(DocumentError) -> SafetyWindow.Bounds? {
      guard node[lower] != nil || node[upper] != nil else { return nil }
      let low = try node[lower]?.value() ?? -beyond / factor
      let high = try node[upper]?.value() ?? beyond / factor
      guard low < high else { throw node.error("'\(lower)' must be below '\(upper)'") }
      return SafetyWindow.Bounds(
        .constant(Quantity(low * factor, dimension)), .constant(Quantity(high * factor, dimension)))
    }
    var window = SafetyWindow(
      voltage: try bounds("min_voltage_V", "max_voltage_V", .voltage, 1, beyond: Self.beyond.voltage),
      current: try bounds("min_current_mA", "max_current_mA", .current, 1e-3, beyond: Self.beyond.current))
    window.charge = try node["max_capacity_mAh"].map { node throws(DocumentError) in
      .constant(Quantity(try node.positiveValue() * 1e-3 * 3600, .charge))
    }
    if let delay = node["delay_s"], try delay.value() > 0 { window.delay = try time(delay) }
    return window
  }

  // MARK: method

  /// Statements that stand for entries of the method.
  private struct Item {
    /// Indices from 1.
    var entries: ClosedRange<Int>
    var statement: Statement
    /// Of loops in one another.
    var depth = 0
  }

  /// As deep as loops of our own can be.
  private static let deepestLoop = 330

  /// The entries, where loops that say how far they go back become loops around what they repeat.
  private func statements() throws(DocumentError) -> [Statement] {
    let entries = try document.required("method").list()
    var tags: [String: Int] = [:]
    for (index, entry) in entries.enumerated() where entry["step"]?.scalar == "tag" {
      tags[try entry["tag"]?.string() ?? ""] = index + 1
    }
    var items: [Item] = []
    for (index, entry) in entries.enumerated() {
      switch try entry.required("step").string() {
      case "tag": try entry.checkKeys(["id", "step", "tag"])
      case "loop":
        try entry.checkKeys(["id", "step", "loop_to", "cycle_count"])
        let start = try self.start(of: entry, tags, at: index + 1)
        guard let count = Int(try entry.required("cycle_count").string()), (1...1_000_000_000).contains(count) else {
          throw entry.error("'cycle_count' must be a whole number, 1 to 1000000000")
        }
        let first = items.lastIndex { $0.entries.lowerBound < start }.map { $0 + 1 } ?? 0
        if first > 0, items[first - 1].entries.upperBound >= start {
          throw entry.error("goes back into the middle of another loop", advice: "loops must lie inside one another")
        }
        let repeated = items[first...]
        guard let depth = repeated.map(\.depth).max() else { throw entry.error("there is nothing to repeat") }
        guard depth < Self.deepestLoop else {
          throw entry.error("loops are nested too deeply, more than \(Self.deepestLoop) levels")
        }
        let loop = Loop(repeats: count, statements: repeated.map(\.statement))
        items.removeSubrange(first...)
        items.append(
          Item(
            entries: start...(index + 1), statement: Statement(.loop(loop), place: Place(entry)), depth: depth + 1))
      case let name:
        let step = try step(entry, name)
        items.append(
          Item(entries: (index + 1)...(index + 1), statement: Statement(.step(step), place: Place(entry))))
      }
    }
    guard !items.isEmpty else { throw try document.required("method").error("there are no steps") }
    return items.map(\.statement)
  }

  /// The index of the entry, from 1, to which a loop goes back.
  private func start(of loop: DocumentNode, _ tags: [String: Int], at index: Int) throws(DocumentError) -> Int {
    guard let target = try loop["loop_to"]?.string() else { return 1 }
    guard let start = tags[target] ?? Int(target), start < index, start >= 1 else {
      throw loop.error(
        "there is no tag '\(target.prefix(40))' before it",
        advice: nearest(to: target, in: tags.keys.sorted()).map { "did you mean '\($0)'?" })
    }
    return start
  }

  private func step(_ node: DocumentNode, _ name: String) throws(DocumentError) -> Step {
    var until: [Exit] = []
    func end(_ left: Expression, _ relation: Comparison.Relation, _ value: Quantity) {
      until.append(Exit(.comparison(Comparison(left, relation, .constant(value)))))
    }
    let action: Action
    switch name {
    case "open_circuit_voltage":
      try node.checkKeys(["id", "step", "until_time_s"])
      action = .rest(try time(node.required("until_time_s")))
    case "constant_current":
      try node.checkKeys(["id", "step", "rate_C", "current_mA", "until_time_s", "until_voltage_V"])
      var current = try rateOrCurrent(node, "rate_C", "current_mA")
      guard let value = current?.value else {
        throw node.error("the current is missing", advice: "add 'rate_C' or 'current_mA'")
      }
      current?.value = abs(value)
      if let voltage = try node["until_voltage_V"]?.value() {
        end(.symbol(.voltage), value < 0 ? .atMost : .atLeast, Quantity(voltage, .voltage))
      }
      if let seconds = node["until_time_s"] {
        end(.symbol(.time), .atLeast, Quantity(try self.seconds(seconds), .time))
      }
      guard !until.isEmpty else { throw node.error("the step never ends", advice: "add 'until_voltage_V'") }
      let drive = Drive(.current(.constant(current ?? Quantity(0, .current))))
      action = value == 0 ? .hold(.current(.number(0))) : value < 0 ? .discharge(drive) : .charge(drive)
    case "constant_voltage":
      try node.checkKeys(["id", "step", "voltage_V", "until_time_s", "until_rate_C", "until_current_mA"])
      action = .hold(.voltage(.constant(Quantity(try node.required("voltage_V").value(), .voltage))))
      if var current = try rateOrCurrent(node, "until_rate_C", "until_current_mA") {
        current.value = abs(current.value)
        end(.function(.abs, [.symbol(.current)]), .atMost, current)
      }
      if let seconds = node["until_time_s"] {
        end(.symbol(.time), .atLeast, Quantity(try self.seconds(seconds), .time))
      }
      guard !until.isEmpty else { throw node.error("the step never ends", advice: "add 'until_rate_C'") }
    case "voltage_scan":
      try node.checkKeys(["id", "step", "start_voltage_V", "end_voltage_V", "scan_rate_mV_per_s"])
      let from = try node.required("start_voltage_V").value()
      let to = try node.required("end_voltage_V").value()
      guard from != to else { throw node.error("the scan ends where it begins") }
      let rate = try node.required("scan_rate_mV_per_s").positiveValue() * 1e-3
      guard abs(to - from) <= rate * longestTest else {
        throw node.error("the scan takes longer than \(longestTestText)")
      }
      action = .ramp(
        Ramp(
          .voltage, from: .constant(Quantity(from, .voltage)), to: .constant(Quantity(to, .voltage)),
          rate: .constant(Quantity(rate, .voltageRate))))
    case "impedance_spectroscopy": action = .impedance(try impedance(node))
    default:
      let known = [
        "open_circuit_voltage", "constant_current", "constant_voltage", "voltage_scan", "impedance_spectroscopy",
        "loop", "tag",
      ]
      throw node.error(
        "unknown step '\(name.prefix(40))'",
        advice: nearest(to: name, in: known).map { "did you mean '\($0)'?" }
          ?? "there are \(known.joined(separator: ", "))")
    }
    return Step(action, until: until, record: record)
  }

  private func seconds(_ node: DocumentNode) throws(DocumentError) -> Double {
    let seconds = try node.positiveValue()
    guard seconds <= longestTest else { throw node.error("is longer than \(longestTestText)") }
    return seconds
  }

  private func time(_ node: DocumentNode) throws(DocumentError) -> Expression {
    .constant(Quantity(try seconds(node), .time))
  }

  /// The C-rate counts where both are given.
  private func rateOrCurrent(_ node: DocumentNode, _ rate: String, _ current: String) throws(DocumentError) -> Quantity?
  {
    if let rate = try node[rate]?.value() { return Quantity(rate, .current, per: .nominalCapacity) }
    return try node[current].map { node throws(DocumentError) in Quantity(try node.value() * 1e-3, .current) }
  }

  private func impedance(_ node: DocumentNode) throws(DocumentError) -> Impedance {
    try node.checkKeys([
      "id", "step", "amplitude_V", "amplitude_mA", "start_frequency_Hz", "end_frequency_Hz", "points_per_decade",
      "measures_per_point", "drift_correction",
    ])
    let amplitude: Quantity
    if let voltage = node["amplitude_V"] {
      amplitude = Quantity(try voltage.positiveValue(), .voltage)
    } else {
      amplitude = Quantity(try node.required("amplitude_mA").positiveValue() * 1e-3, .current)
    }
    guard let count = Int(try node["points_per_decade"]?.string() ?? "10"), count > 0 else {
      throw node.error("'points_per_decade' must be a whole number above zero")
    }
    return Impedance(
      amplitude: .constant(amplitude),
      from: .constant(Quantity(try node.required("start_frequency_Hz").positiveValue(), .frequency)),
      to: .constant(Quantity(try node.required("end_frequency_Hz").positiveValue(), .frequency)),
      pointsPerDecade: count)
  }
}

extension DocumentNode {
  /// A number of a size that something can have.
  fileprivate func value() throws(DocumentError) -> Double {
    let value = try number()
    guard Quantity.isPossible(value) else { throw error("\(scalar ?? "") is no size that anything has") }
    return value
  }

  fileprivate func positiveValue() throws(DocumentError) -> Double {
    let value = try value()
    guard value > 0 else { throw error("must be greater than zero, found \(scalar ?? "")") }
    return value
  }
}
