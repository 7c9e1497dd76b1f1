import Documents

/// The verbs that do something to the cell.
extension ProtocolParser {
  func step(_ node: DocumentNode, verb: String, _ value: DocumentNode) throws(DocumentError) -> Step {
    var until: [Exit] = []
    if let list = node["until"] { until = try stepEnds(list) }
    let action = try action(node, verb: verb, value)
    if case .hold = action, until.isEmpty, self.until.isEmpty {
      throw node.error(
        "the hold never ends",
        advice: "add for example 'until: [\"t >= 1 h\"]' or 'until: [\"abs(I) < C/20\"]'")
    }
    let rule = try node["record"].map { node throws(DocumentError) in try recordRule(node, over: record) }
    let safety = try node["safety"].map(safetyWindow) ?? SafetyWindow()
    let inherited = self.until.filter { !until.contains($0) }
    return Step(action, until: until + inherited, record: rule ?? record, safety: safety)
  }

  private func action(_ node: DocumentNode, verb: String, _ value: DocumentNode) throws(DocumentError) -> Action {
    switch verb {
    case "rest": .rest(try positive(value, .time))
    case "temperature": .soak(try soak(node, value))
    case "ramp": .ramp(try ramp(value))
    case "cv_scan": .scan(try scan(value))
    case "pulse": .pulse(try pulse(value, repeats: node["repeat"]))
    case "profile": .profile(try profile(value))
    case "eis": .impedance(try impedance(value))
    case "charge": .charge(try drive(value, isCharge: true))
    case "discharge": .discharge(try drive(value, isCharge: false))
    case "hold": .hold(value.isMapping ? try level(value) : .voltage(try self.value(value, .voltage)))
    default: preconditionFailure("not the verb of a step: \(verb)")
    }
  }

  /// What ends a step: something that changes while it goes on.
  func stepEnds(_ list: DocumentNode) throws(DocumentError) -> [Exit] {
    let exits = try list.exits(names)
    for (node, exit) in zip(try list.alternatives(), exits) { try checkEnd(node, exit.condition) }
    return exits
  }

  private func checkEnd(_ node: DocumentNode, _ condition: Condition) throws(DocumentError) {
    guard condition.isReading else {
      throw node.error("nothing in '\(condition.text)' changes during a step", advice: "readings: \(Symbol.readings)")
    }
    // Step time grows from zero: by itself `t < 3 h` would end a step before it began.
    guard case .comparison(let comparison) = condition,
      [comparison.left, comparison.right].contains(.symbol(.time))
    else { return }
    guard let end = condition.end else {
      guard comparison.left == .symbol(.time) || !comparison.left.isReading,
        comparison.right == .symbol(.time) || !comparison.right.isReading
      else { return }
      throw node.error("'\(condition.text)' ends the step at once", advice: "write 't >= 3 h'")
    }
    if case .constant(let time) = end.bound, time.value <= 0 {
      throw node.error("'\(condition.text)' ends the step at once", advice: "give a time above zero")
    }
  }

  // MARK: charge and discharge

  /// `C/3`, `{at: 0.5C, to: 4.2 V, hold_until: C/20}`, `{power: 5 W}`, `{resistance: 10 ohm}`.
  private func drive(_ node: DocumentNode, isCharge: Bool) throws(DocumentError) -> Drive {
    guard node.isMapping else {
      if let parts = node.scalar?.components(" to "), parts.count == 2 {
        throw node.error(
          "says two things at once", advice: "write '{at: \(parts[0].prefix(40)), to: \(parts[1].prefix(40))}'")
      }
      return Drive(.current(try magnitude(node, .current, isCharge: isCharge)))
    }
    if let entry = try node.entries().first(where: { Words.stepKeys.contains($0.name) }) {
      throw entry.keyNode.error(
        "belongs to the step",
        advice: "put it behind the braces: '{\(isCharge ? "charge" : "discharge"): {…}, \(entry.name): …}'")
    }
    try check(node, ["at", "power", "resistance", "to", "hold_until"])
    let levels = try node.entries().filter { ["at", "power", "resistance"].contains($0.name) }
    guard let entry = levels.first else {
      throw node.error("how strongly is missing", advice: "add for example 'at: C/3' or 'power: 5 W'")
    }
    if levels.count > 1 {
      throw levels[1].keyNode.error("give one of 'at', 'power' and 'resistance'")
    }
    let level: Level
    switch entry.name {
    case "at": level = .current(try magnitude(entry.value, .current, isCharge: isCharge))
    case "power": level = .power(try magnitude(entry.value, .power, isCharge: isCharge))
    default:
      if isCharge { throw entry.keyNode.error("a resistor only discharges a cell") }
      level = .resistance(try positive(entry.value, .resistance))
    }
    let to = try node["to"].map { node throws(DocumentError) in try target(node) }
    let holdUntil = try node["hold_until"].map { node throws(DocumentError) in
      guard case .voltage = to else {
        throw node.error("there is no voltage to hold", advice: "add for example 'to: 4.2 V'")
      }
      let holdUntil = try positive(node, .current)
      // A C-rate and a current in A can only be compared when the cell is known.
      if case .current(.constant(let at)) = level, case .constant(let end) = holdUntil, end.basis == at.basis,
        end.value > at.value
      {
        throw node.error(
          "the hold ends as it begins: '\(node.scalar ?? "")' is above '\(entry.value.scalar ?? "")', the current before it",
          advice: "give less than 'at'")
      }
      return holdUntil
    }
    return Drive(level, to: to, holdUntil: holdUntil)
  }

  /// A voltage or a state of charge.
  private func target(_ node: DocumentNode) throws(DocumentError) -> Drive.Target {
    if let text = node.scalar, let quantity = try? Quantity(parsing: text), quantity.dimension == .fraction {
      guard (0...1).contains(quantity.value) else {
        throw node.error("a state of charge lies between 0 % and 100 %, found '\(text)'")
      }
      return .stateOfCharge(.constant(quantity))
    }
    return .voltage(try value(node, .voltage))
  }

  /// A current or power above zero: the verb gives the sign.
  private func magnitude(_ node: DocumentNode, _ dimension: Dimension, isCharge: Bool) throws(DocumentError)
    -> Expression
  {
    if case .constant(let quantity) = try value(node, dimension), quantity.value < 0 {
      throw node.error(
        "must be greater than zero, found '\(node.scalar ?? "")'",
        advice: "the verb gives the direction: for the opposite write '\(isCharge ? "discharge" : "charge")'")
    }
    return try positive(node, dimension)
  }

  // MARK: other verbs

  /// `{I: -2C}`, `{V: 4.2 V}`, `{P: 5 W}` or `{R: 10 ohm}`; `others` are keys beside it.
  private func level(_ node: DocumentNode, others: [String] = []) throws(DocumentError) -> Level {
    let kinds = ["I", "V", "P", "R"]
    if let soc = try node.entries().first(where: { $0.name == "SOC" }) {
      throw soc.keyNode.error("a state of charge cannot be held", advice: "write 'charge: {at: C/3, to: 50 %}'")
    }
    try check(node, kinds + others)
    let entries = try node.entries().filter { kinds.contains($0.name) }
    guard let entry = entries.first else {
      throw node.error("what is imposed is missing", advice: "give one of I, V, P and R")
    }
    if entries.count > 1 { throw entries[1].keyNode.error("give one of I, V, P and R") }
    return switch entry.name {
    case "I": .current(try value(entry.value, .current))
    case "V": .voltage(try value(entry.value, .voltage))
    case "P": .power(try value(entry.value, .power))
    default: .resistance(try positive(entry.value, .resistance))
    }
  }

  /// `{of: voltage, from: 3 V, to: 4.2 V, rate: 0.1 mV/s}`.
  private func ramp(_ node: DocumentNode) throws(DocumentError) -> Ramp {
    try check(node, ["of", "from", "to", "rate"])
    let of = try node.required("of")
    let names = Ramp.Variable.allCases.map(\.rawValue)
    guard let variable = Ramp.Variable(rawValue: try of.string()) else {
      throw of.error(
        "'\(of.scalar?.prefix(40) ?? "")' cannot be ramped", advice: "give one of \(names.joined(separator: ", "))")
    }
    let dimension = variable.dimension
    let from = try node["from"].map { node throws(DocumentError) in try value(node, dimension) }
    let to = try value(node.required("to"), dimension)
    guard from != to else { throw node.error("the ramp ends where it begins", advice: "change 'from' or 'to'") }
    let rate = try rate(node.required("rate"), dimension.per(.time), from: from, to: to)
    return Ramp(variable, from: from, to: to, rate: rate)
  }

  private func rate(
    _ node: DocumentNode, _ dimension: Dimension, from: Expression?, to: Expression
  ) throws(DocumentError) -> Expression {
    let rate = try value(node, dimension)
    guard case .constant(let quantity) = rate else { return rate }
    guard quantity.value > 0 else {
      throw node.error(
        "must be greater than zero, found '\(node.scalar ?? "")'",
        advice: "'from' and 'to' give the direction")
    }
    if case .constant(let start) = from, case .constant(let end) = to, start.basis == quantity.basis,
      end.basis == quantity.basis, abs(end.value - start.value) > quantity.value * longestTest
    {
      throw node.error("at '\(node.scalar ?? "")' the ramp takes longer than \(longestTestText)")
    }
    return rate
  }

  /// `{start: ocv, E1: 3 V, E2: 4.3 V, rate: 0.1 mV/s, cycles: 3}`.
  private func scan(_ node: DocumentNode) throws(DocumentError) -> Scan {
    try check(node, ["start", "E1", "E2", "rate", "cycles"])
    let start: Expression? = try node["start"].flatMap { node throws(DocumentError) in
      node.scalar == "ocv" ? nil : try value(node, .voltage)
    }
    let first = try value(node.required("E1"), .voltage)
    let second = try value(node.required("E2"), .voltage)
    guard first != second else { throw node.error("the scan ends where it begins", advice: "change 'E1' or 'E2'") }
    let rate = try rate(node.required("rate"), .voltageRate, from: first, to: second)
    let cycles = try node["cycles"].map(passes) ?? 1
    return Scan(start: start, first: first, second: second, rate: rate, cycles: cycles)
  }

  /// `[{I: -2C, t: 10 s}, {I: 0 A, t: 40 s}]`.
  private func pulse(_ node: DocumentNode, repeats: DocumentNode?) throws(DocumentError) -> PulseTrain {
    let advice = "write for example '[{I: -2C, t: 10 s}, {I: 0 A, t: 40 s}]'"
    let items = try node.list(advice: advice)
    guard !items.isEmpty else { throw node.error("there are no pulses", advice: advice) }
    var pulses: [PulseTrain.Pulse] = []
    for item in items {
      pulses.append(
        PulseTrain.Pulse(try level(item, others: ["t"]), try positive(item.required("t"), .time)))
    }
    return PulseTrain(pulses, repeats: try repeats.map(passes) ?? 1)
  }

  /// `{mode: galvanostatic, amplitude: C/20, dc: 0 A, from: 10 kHz, to: 10 mHz, per_decade: 6}`.
  private func impedance(_ node: DocumentNode) throws(DocumentError) -> Impedance {
    guard node.isMapping else {
      throw node.error("a spectrum has several keys", advice: "write '{amplitude: C/20, from: 10 kHz, to: 10 mHz}'")
    }
    try check(node, ["mode", "amplitude", "dc", "from", "to", "per_decade"])
    let amplitude = try node.required("amplitude")
    let modes: [String: Dimension] = ["galvanostatic": .current, "potentiostatic": .voltage]
    var dimension = Dimension.current
    if let mode = node["mode"] {
      guard let known = modes[try mode.string()] else {
        throw mode.error("unknown mode", advice: "write 'galvanostatic' or 'potentiostatic'")
      }
      dimension = known
    } else if let text = amplitude.scalar, let quantity = try? Quantity(parsing: text) {
      dimension = quantity.dimension == .voltage ? .voltage : .current
    }
    let perDecade = try node["per_decade"].map(passes) ?? 10
    return Impedance(
      amplitude: try positive(amplitude, dimension),
      dc: try node["dc"].flatMap { node throws(DocumentError) in
        node.scalar == "ocv" ? nil : try value(node, dimension)
      }, from: try positive(node.required("from"), .frequency), to: try positive(node.required("to"), .frequency),
      pointsPerDecade: perDecade)
  }

  /// `{temperature: 45 degC, soak: 1 h, tolerance: 0.5 K}`.
  private func soak(_ node: DocumentNode, _ value: DocumentNode) throws(DocumentError) -> Soak {
    let tolerance = try node["tolerance"].map { node throws(DocumentError) in
      let tolerance = try positive(node, .temperature)
      if case .constant(let quantity) = tolerance, quantity.value > 100 {
        throw node.error("'\(node.scalar ?? "")' is no difference of temperatures", advice: "write '0.5 K'")
      }
      return tolerance
    }
    return Soak(try temperature(value), for: try positive(node.required("soak"), .time), tolerance: tolerance)
  }

  // MARK: values

  /// A temperature that a chamber may be set to.
  func temperature(_ node: DocumentNode) throws(DocumentError) -> Expression {
    let temperature = try value(node, .temperature)
    try checkTemperature(temperature, node)
    return temperature
  }

  func checkTemperature(_ temperature: Expression, _ node: DocumentNode) throws(DocumentError) {
    guard case .constant(let quantity) = temperature, !chamberTemperatures.contains(quantity.value) else { return }
    throw node.error("'\(node.scalar ?? "")' is no temperature for a cell", advice: "allowed: 150 K to 500 K")
  }

  /// A value of this dimension.
  func value(_ node: DocumentNode, _ dimension: Dimension) throws(DocumentError) -> Expression {
    // Zero needs no unit but for a temperature.
    if node.scalar == "0", dimension != .temperature { return .number(0) }
    return try node.expression(dimension, names)
  }

  /// A value above zero, so far as that can be known before the test.
  func positive(_ node: DocumentNode, _ dimension: Dimension) throws(DocumentError) -> Expression {
    let value = try value(node, dimension)
    let number: Double? =
      switch value {
      case .constant(let quantity): quantity.value
      case .number(let number): number
      default: nil
      }
    if let number, number <= 0 { throw node.error("must be greater than zero, found '\(node.scalar ?? "")'") }
    return value
  }
}
