extension TestProtocol {
  /// The protocol as YAML. Reading it gives the same protocol.
  public var yaml: String {
    var printer = ProtocolPrinter()
    return printer.text(of: self)
  }
}

/// A value of a YAML document.
private indirect enum YAML {
  case scalar(String)
  case list([YAML])
  case group([(String, YAML)])

  /// On one line.
  var flow: String {
    switch self {
    case .scalar(let text): Self.quoted(text)
    case .list(let items): "[" + items.map(\.flow).joined(separator: ", ") + "]"
    case .group(let entries): "{" + entries.map { "\(Self.quoted($0.0)): \($0.1.flow)" }.joined(separator: ", ") + "}"
    }
  }

  /// Plain where YAML cannot mistake it for anything else.
  static func quoted(_ text: String) -> String {
    let plain = { (character: Character) in
      character.isASCII && (character.isLetter || character.isNumber) || "_./%+- ".contains(character)
    }
    let starts = text.first.map { $0.isASCII && ($0.isLetter || $0.isNumber) } == true
    let isNegative =
      text.first == "-" && text.dropFirst().first.map { $0.isASCII && ($0.isLetter || $0.isNumber) } == true
    let words = ["null", "Null", "NULL", "true", "false"]
    if starts || isNegative, text.allSatisfy(plain), text.last != " ", !words.contains(text) { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      default:
        if scalar.value >= 0x20 && scalar.value != 0x7F && !(0x80..<0xA0).contains(scalar.value)
          && scalar.value != 0x2028 && scalar.value != 0x2029 && scalar.value != 0xFEFF
        {
          quoted.unicodeScalars.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16)
          quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      }
    }
    return quoted + "\""
  }
}

private struct ProtocolPrinter {
  /// What all steps record.
  private var common = RecordRule.standard
  private var lines: [String] = []

  mutating func text(of test: TestProtocol) -> String {
    let rules = (test.routines.flatMap(\.statements) + test.statements).flatMap(\.rules)
    line("name: " + YAML.quoted(test.name), 0)
    if let sample = sample(test.sample) { line("cell: " + sample.flow, 0) }
    if let start = start(test) { line("start: " + start.flow, 0) }
    if rules.contains(where: { $0 != .standard }) {
      common = RecordRule(
        dt: Self.usual(rules.map(\.dt)), dV: Self.usual(rules.map(\.dV)), dI: Self.usual(rules.map(\.dI)),
        dQ: Self.usual(rules.map(\.dQ)), first: Self.usual(rules.map(\.first)))
      line("defaults: {record: \(record(common, over: RecordRule()).flow)}", 0)
    }
    if let safety = safety(test.safety) { line("safety: " + safety.flow, 0) }
    if !test.variables.isEmpty { line("vars: " + variables(test.variables).flow, 0) }
    if !test.routines.isEmpty {
      line("define:", 0)
      for routine in test.routines {
        line(YAML.quoted(routine.name) + ":", 1)
        statements(routine.statements, 2)
      }
    }
    line("steps:", 0)
    statements(test.statements, 1)
    return lines.joined(separator: "\n") + "\n"
  }

  private mutating func line(_ text: String, _ depth: Int) {
    lines.append(String(repeating: "  ", count: depth) + text)
  }

  // MARK: head

  private func sample(_ sample: Sample) -> YAML? {
    var entries: [(String, YAML)] = []
    if let capacity = sample.capacity { entries.append(("capacity", .scalar(capacity.text))) }
    if let area = sample.area { entries.append(("area", .scalar(size(area, ("cm2", 1e-4), basic: "m2")))) }
    if let mass = sample.activeMass { entries.append(("active_mass", .scalar(size(mass, ("g", 1e-3), basic: "kg")))) }
    return entries.isEmpty ? nil : .group(entries)
  }

  private func size(_ value: Double, _ unit: (name: String, factor: Double), basic: String) -> String {
    let amount = (value / unit.factor * 1e9).rounded() / 1e9
    return amount * unit.factor == value ? "\(number(amount)) \(unit.name)" : "\(number(value)) \(basic)"
  }

  private func start(_ test: TestProtocol) -> YAML? {
    var entries: [(String, YAML)] = []
    switch test.start {
    case .stateOfCharge(let soc): entries.append(("soc", .scalar(Quantity(soc, .fraction).text)))
    case .voltage(let voltage): entries.append(("voltage", .scalar(voltage.text)))
    case nil: break
    }
    if let temperature = test.startTemperature {
      entries.append(("temperature", .scalar(Quantity(temperature, .temperature).text)))
    }
    return entries.isEmpty ? nil : .group(entries)
  }

  private func safety(_ window: SafetyWindow) -> YAML? {
    var entries: [(String, YAML)] = []
    for (name, bounds) in [("V", window.voltage), ("I", window.current), ("T", window.temperature)] {
      guard let bounds else { continue }
      entries.append((name, .list([.scalar(bounds.lower.text), .scalar(bounds.upper.text)])))
    }
    if let charge = window.charge { entries.append(("Q", .scalar(charge.text))) }
    if let delay = window.delay { entries.append(("delay", .scalar(delay.text))) }
    return entries.isEmpty ? nil : .group(entries)
  }

  private func variables(_ variables: [Variable]) -> YAML {
    .group(variables.map { ($0.name, .scalar($0.initial.text)) })
  }

  /// The most frequent value of what all rules have: a step can replace a value, but not take it away.
  private static func usual<Value: Equatable>(_ values: [Value?]) -> Value? {
    let known = values.compactMap { $0 }
    guard known.count == values.count else { return nil }
    var counts: [(value: Value, count: Int)] = []
    for value in known {
      if let index = counts.firstIndex(where: { $0.value == value }) {
        counts[index].count += 1
      } else {
        counts.append((value, 1))
      }
    }
    return counts.max { $0.count < $1.count }?.value
  }

  private func record(_ rule: RecordRule, over base: RecordRule) -> YAML {
    var entries: [(String, YAML)] = []
    for (name, value, known) in [
      ("dt", rule.dt, base.dt), ("dV", rule.dV, base.dV), ("dI", rule.dI, base.dI), ("dQ", rule.dQ, base.dQ),
    ] {
      if let value, value != known { entries.append((name, .scalar(value.text))) }
    }
    if let first = rule.first, first != base.first {
      entries.append(("first", .scalar("\(first.first.text) log \(first.perDecade)/decade")))
    }
    return .group(entries)
  }

  // MARK: statements

  private mutating func statements(_ statements: [Statement], _ depth: Int) {
    for statement in statements { self.statement(statement, depth) }
  }

  private mutating func statement(_ statement: Statement, _ depth: Int) {
    let additions = additions(statement)
    switch statement.verb {
    case .loop(let loop):
      line("- loop:", depth)
      if let values = loop.values {
        let list = YAML.list(values.list.map { .scalar($0.text) })
        line("for: " + YAML.group([(values.name, list)]).flow, depth + 2)
      }
      if let repeats = loop.repeats { line("repeat: \(repeats)", depth + 2) }
      if let counter = loop.counter { line("counter: \(counter)", depth + 2) }
      if !loop.until.isEmpty { line("until: " + exits(loop.until).flow, depth + 2) }
      line("steps:", depth + 2)
      statements(loop.statements, depth + 3)
      lines(additions, depth + 1)
    case .branch(let branch):
      line("- if:", depth)
      line("cond: " + condition(branch.condition).flow, depth + 2)
      line("then:", depth + 2)
      statements(branch.then, depth + 3)
      if !branch.otherwise.isEmpty {
        line("else:", depth + 2)
        statements(branch.otherwise, depth + 3)
      }
      lines(additions, depth + 1)
    default:
      let entries = self.entries(of: statement.verb) + additions
      if entries.count == 1, case .scalar = entries[0].1 {
        line("- \(entries[0].0): \(entries[0].1.flow)", depth)
      } else {
        line("- " + YAML.group(entries).flow, depth)
      }
    }
  }

  private mutating func lines(_ entries: [(String, YAML)], _ depth: Int) {
    for (name, value) in entries { line("\(name): \(value.flow)", depth) }
  }

  private func additions(_ statement: Statement) -> [(String, YAML)] {
    var entries: [(String, YAML)] = []
    if let label = statement.label { entries.append(("label", .scalar(label))) }
    if let when = statement.when { entries.append(("when", condition(when))) }
    if !statement.tags.isEmpty { entries.append(("tags", .list(statement.tags.map { .scalar($0) }))) }
    if let note = statement.note { entries.append(("note", .scalar(note))) }
    return entries
  }

  private func exits(_ exits: [Exit]) -> YAML {
    .list(
      exits.map { exit in
        guard let target = exit.target else { return condition(exit.condition) }
        return .group([("if", condition(exit.condition)), ("goto", .scalar(target))])
      })
  }

  private func condition(_ condition: Condition) -> YAML {
    switch condition {
    case .comparison(let comparison): .scalar(comparison.text)
    case .all(let conditions): .group([("all", .list(conditions.map(self.condition)))])
    case .any(let conditions): .group([("any", .list(conditions.map(self.condition)))])
    }
  }

  private func entries(of verb: Statement.Verb) -> [(String, YAML)] {
    switch verb {
    case .step(let step):
      var entries = entries(of: step.action)
      if !step.until.isEmpty { entries.append(("until", exits(step.until))) }
      if step.record != common { entries.append(("record", record(step.record, over: common))) }
      if let safety = safety(step.safety) { entries.append(("safety", safety)) }
      return entries
    case .call(let name): return [("call", .scalar(name))]
    case .goto(let label): return [("goto", .scalar(label))]
    case .set(let assignments): return [("set", variables(assignments))]
    case .nextCycle: return [("cycle", .scalar("next"))]
    case .ambientTemperature(let temperature): return [("temperature", .scalar(temperature.text))]
    case .end(let reason): return [("end", .scalar(reason ?? "true"))]
    case .loop, .branch: preconditionFailure("written over several lines")
    }
  }

  // MARK: actions

  private func entries(of action: Action) -> [(String, YAML)] {
    switch action {
    case .rest(let duration): [("rest", .scalar(duration.text))]
    case .charge(let drive): [("charge", self.drive(drive))]
    case .discharge(let drive): [("discharge", self.drive(drive))]
    case .hold(.voltage(let voltage)): [("hold", .scalar(voltage.text))]
    case .hold(let level): [("hold", .group([self.level(level)]))]
    case .ramp(let ramp):
      [
        (
          "ramp",
          .group(
            [("of", .scalar(ramp.variable.rawValue))] + optional("from", ramp.from)
              + [("to", .scalar(ramp.to.text)), ("rate", .scalar(ramp.rate.text))])
        )
      ]
    case .scan(let scan):
      [
        (
          "cv_scan",
          .group([
            ("start", .scalar(scan.start?.text ?? "ocv")), ("E1", .scalar(scan.first.text)),
            ("E2", .scalar(scan.second.text)), ("rate", .scalar(scan.rate.text)),
            ("cycles", .scalar("\(scan.cycles)")),
          ])
        )
      ]
    case .pulse(let train):
      [("pulse", .list(train.pulses.map { .group([level($0.level), ("t", .scalar($0.duration.text))]) }))]
        + (train.repeats == 1 ? [] : [("repeat", .scalar("\(train.repeats)"))])
    case .profile(let profile): [("profile", self.profile(profile))]
    case .impedance(let impedance):
      [
        (
          "eis",
          .group(
            [
              ("mode", .scalar(impedance.amplitude.dimension == .voltage ? "potentiostatic" : "galvanostatic")),
              ("amplitude", .scalar(impedance.amplitude.text)),
            ] + optional("dc", impedance.dc)
              + [
                ("from", .scalar(impedance.from.text)), ("to", .scalar(impedance.to.text)),
                ("per_decade", .scalar("\(impedance.pointsPerDecade)")),
              ])
        )
      ]
    case .soak(let soak):
      [("temperature", .scalar(soak.temperature.text)), ("soak", .scalar(soak.duration.text))]
        + optional("tolerance", soak.tolerance)
    }
  }

  private func optional(_ name: String, _ value: Expression?) -> [(String, YAML)] {
    value.map { [(name, .scalar($0.text))] } ?? []
  }

  private func level(_ level: Level) -> (String, YAML) {
    switch level {
    case .current(let value): ("I", .scalar(value.text))
    case .voltage(let value): ("V", .scalar(value.text))
    case .power(let value): ("P", .scalar(value.text))
    case .resistance(let value): ("R", .scalar(value.text))
    }
  }

  private func drive(_ drive: Drive) -> YAML {
    let key =
      switch drive.level {
      case .power: "power"
      case .resistance: "resistance"
      case .current, .voltage: "at"
      }
    var entries: [(String, YAML)] = [(key, .scalar(drive.level.expression.text))]
    switch drive.to {
    case .voltage(let value), .stateOfCharge(let value): entries.append(("to", .scalar(value.text)))
    case nil: break
    }
    entries += optional("hold_until", drive.holdUntil)
    return entries.count == 1 && key == "at" ? entries[0].1 : .group(entries)
  }

  private func profile(_ profile: Profile) -> YAML {
    .group(
      [
        ("file", .scalar(profile.file)),
        (
          "columns",
          .group([
            ("time", .scalar(profile.timeColumn)), (profile.variable.rawValue, .scalar(profile.valueColumn)),
          ])
        ),
      ] + (profile.isDischargePositive ? [("positive", .scalar("discharge"))] : [])
        + (profile.scale == 1 ? [] : [("scale", .scalar(number(profile.scale)))])
        + (profile.repeats == 1 ? [] : [("repeat", .scalar(profile.repeats.map { "\($0)" } ?? "until stop"))]))
  }
}

extension Statement {
  /// What the steps in it record.
  fileprivate var rules: [RecordRule] {
    switch verb {
    case .step(let step): [step.record]
    case .loop(let loop): loop.statements.flatMap(\.rules)
    case .branch(let branch): (branch.then + branch.otherwise).flatMap(\.rules)
    case .call, .goto, .set, .nextCycle, .ambientTemperature, .end: []
    }
  }
}
