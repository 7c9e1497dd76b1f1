import Documents

extension TestProtocol {
  /// Reads a protocol file. A complaint names the file, line, column and key.
  public init(path: String) throws(DocumentError) {
    try self.init(document: DocumentNode(path: path))
  }

  /// Reads a protocol from text; `file` is the name used in complaints.
  public init(text: String, file: String) throws(DocumentError) {
    try self.init(document: DocumentNode(text: text, file: file))
  }

  /// Reads a protocol from a parsed YAML or JSON document.
  public init(document: DocumentNode) throws(DocumentError) {
    var parser = ProtocolParser()
    self = try parser.testProtocol(document)
  }
}

/// Words of the language by what they are for; those after `later` are refused as not supported yet.
private enum Words {
  static let top = ["name", "start", "defaults", "safety", "steps"]
  static let laterTop = ["cell", "vars", "define"]
  static let verbs = ["rest", "charge", "discharge", "hold", "ramp", "temperature", "loop", "cycle"]
  static let laterVerbs = ["cv_scan", "pulse", "profile", "eis", "if", "call", "goto", "set", "end"]
  static let stepKeys = ["until", "record", "label", "note"]
  static let laterStepKeys = ["safety", "tags", "when", "repeat", "tolerance"]
  static let loopKeys = ["repeat", "until", "steps"]
  static let record = ["dt", "dV", "dI", "dQ"]
}

/// Turns a document into the syntax tree, with what must be known on the way down.
private struct ProtocolParser {
  var record = RecordRule.standard
  var labels: Set<String> = []

  mutating func testProtocol(_ document: DocumentNode) throws(DocumentError) -> TestProtocol {
    if document["steps"] == nil, document["Header"] != nil {
      throw document.error("is a cell file, where a protocol is wanted", advice: "the cell comes before the protocol")
    }
    guard document.isMapping else {
      throw document.error(
        "a protocol is a group of keys, found \(document.isList ? "a list" : "'\(document.scalar?.prefix(40) ?? "")'")",
        advice: "begin with 'steps:'")
    }
    try check(document, Words.top, later: Words.laterTop)
    let name = try document["name"]?.string() ?? fileName(of: document)
    let start = try document["start"].map { node throws(DocumentError) in try self.start(node) }
    if let defaults = document["defaults"] {
      try check(defaults, ["record"], later: ["until"])
      if let rule = defaults["record"] { record = try recordRule(rule, over: RecordRule()) }
    }
    let safety = try document["safety"].map(safetyWindow) ?? SafetyWindow()
    let statements = try statements(document.required("steps"))
    return TestProtocol(
      name: name, start: start?.state, startTemperature: start?.temperature, safety: safety, statements: statements)
  }

  /// What a protocol without a name is called: its file, without folder and ending.
  private func fileName(of document: DocumentNode) -> String {
    let name = document.file.split(separator: "/").last ?? ""
    guard let point = name.lastIndex(of: "."), point != name.startIndex else { return String(name) }
    return String(name[..<point])
  }

  private func start(_ node: DocumentNode) throws(DocumentError) -> (state: Start?, temperature: Double?) {
    try check(node, ["soc", "voltage", "temperature"], later: [])
    let entries = try node.entries()
    guard !entries.isEmpty else {
      throw node.error("says nothing", advice: "add for example 'soc: 50 %' or 'voltage: 3.7 V'")
    }
    let states = entries.filter { $0.name != "temperature" }
    if states.count > 1 { throw states[1].keyNode.error("give one of 'soc' and 'voltage'") }
    var state: Start?
    if let soc = node["soc"] { state = .stateOfCharge(try self.soc(soc)) }
    if let voltage = node["voltage"] { state = .voltage(try value(voltage, .voltage)) }
    let temperature = try node["temperature"].map { node throws(DocumentError) in try node.cellTemperature() }
    return (state, temperature)
  }

  private func soc(_ node: DocumentNode) throws(DocumentError) -> Double {
    let soc = try node.quantity(.fraction).value
    guard (0...1).contains(soc) else {
      throw node.error("a state of charge lies between 0 % and 100 %, found '\(node.scalar ?? "")'")
    }
    return soc
  }

  private func recordRule(_ node: DocumentNode, over base: RecordRule) throws(DocumentError) -> RecordRule {
    try check(node, Words.record, later: ["first"])
    var rule = base
    if let dt = node["dt"] { rule.dt = try interval(dt, .time, atLeast: 1e-6, "1 us") }
    if let dV = node["dV"] { rule.dV = try interval(dV, .voltage, atLeast: 1e-9, "1 nV") }
    if let dI = node["dI"] { rule.dI = try interval(dI, .current, atLeast: 1e-15, "0.001 pA") }
    if let dQ = node["dQ"] { rule.dQ = try interval(dQ, .charge, atLeast: 3.6e-15, "1e-6 pAh") }
    return rule
  }

  /// Finer than `smallest` no instrument records, and a run would never come to its end.
  private func interval(
    _ node: DocumentNode, _ dimension: Dimension, atLeast smallest: Double, _ text: String
  ) throws(DocumentError) -> Quantity {
    let quantity = try node.positiveQuantity(dimension)
    guard quantity.value >= smallest else {
      throw node.error("'\(node.scalar ?? "")' is too fine to be recorded", advice: "give at least \(text)")
    }
    return quantity
  }

  private func safetyWindow(_ node: DocumentNode) throws(DocumentError) -> SafetyWindow {
    try check(node, ["V", "I", "T"], later: ["delay", "action"])
    return SafetyWindow(
      voltage: try node["V"].map { node throws(DocumentError) in try bounds(node, .voltage) },
      current: try node["I"].map { node throws(DocumentError) in try bounds(node, .current) },
      temperature: try node["T"].map { node throws(DocumentError) in try bounds(node, .temperature) })
  }

  private func bounds(_ node: DocumentNode, _ dimension: Dimension) throws(DocumentError)
    -> SafetyWindow.Bounds
  {
    let items = try node.list()
    guard items.count == 2 else {
      throw node.error("expected two values, the lowest and the highest allowed, found \(items.count)")
    }
    let lower = try value(items[0], dimension)
    let upper = try value(items[1], dimension)
    if case .constant(let low) = lower, case .constant(let high) = upper,
      low.isPerNominalCapacity == high.isPerNominalCapacity, low.value >= high.value
    {
      throw node.error("the lowest allowed value must come first and be below the highest")
    }
    return SafetyWindow.Bounds(lower, upper)
  }

  // MARK: steps

  private mutating func statements(_ node: DocumentNode) throws(DocumentError) -> [Statement] {
    let items = try node.list()
    guard !items.isEmpty else { throw node.error("there are no steps") }
    var statements: [Statement] = []
    for item in items { statements += try self.statements(item: item) }
    return statements
  }

  /// One item of a list of steps; a `temperature` with `soak` is two statements.
  private mutating func statements(item node: DocumentNode) throws(DocumentError) -> [Statement] {
    guard node.isMapping else {
      throw node.error(
        "expected a step such as 'rest: 10 min', found \(node.scalar.map { "'\($0.prefix(40))'" } ?? "a list")")
    }
    let entries = try node.entries()
    if let later = entries.first(where: { Words.laterVerbs.contains($0.name) }) {
      throw later.keyNode.notSupportedYet(
        later.name, advice: "supported: \(Words.verbs.joined(separator: ", "))")
    }
    let verbs = entries.filter { Words.verbs.contains($0.name) }
    guard let verb = verbs.first else {
      // What is unknown here was meant to be the verb.
      let others = Words.stepKeys + Words.laterStepKeys
      if let entry = entries.first(where: { !others.contains($0.name) }) {
        throw entry.keyNode.unknownKey(known: Words.verbs, others: Words.laterVerbs + others)
      }
      try check(node, Words.stepKeys, later: Words.laterStepKeys)
      throw node.error(
        "the step does nothing", advice: "give it one of \(Words.verbs.joined(separator: ", "))")
    }
    if verbs.count > 1 {
      throw verbs[1].keyNode.error(
        "a step does one thing, found '\(verb.name)' and '\(verbs[1].name)'",
        advice: "start a new list item with '- '")
    }
    switch verb.name {
    case "loop":
      if let entry = entries.first(where: { Words.loopKeys.contains($0.name) }) {
        throw entry.keyNode.error("belongs inside 'loop'", advice: "indent it further than 'loop'")
      }
      try check(node, ["loop", "note"], later: Words.laterStepKeys)
      return [.loop(try loop(verb.value, line: verb.keyNode.line))]
    case "cycle":
      try check(node, ["cycle", "note"], later: Words.laterStepKeys)
      guard verb.value.scalar == "next" else {
        throw verb.value.error("found '\(verb.value.scalar ?? "")'", advice: "write 'cycle: next'")
      }
      return [.nextCycle]
    case "temperature":
      try check(node, ["temperature", "soak"] + Words.stepKeys, later: Words.laterStepKeys)
      let temperature = Statement.ambientTemperature(try verb.value.cellTemperature())
      if node["soak"] != nil { return [temperature, .step(try step(node, verb: verb.name, verb.value))] }
      if let entry = entries.first(where: { !["temperature", "note"].contains($0.name) }) {
        throw entry.keyNode.error(
          "without 'soak' setting the temperature takes no time", advice: "add for example 'soak: 1 h'")
      }
      return [temperature]
    default:
      if let soak = entries.first(where: { $0.name == "soak" }) {
        throw soak.keyNode.error("belongs to 'temperature'")
      }
      try check(node, [verb.name] + Words.stepKeys, later: Words.laterStepKeys)
      return [.step(try step(node, verb: verb.name, verb.value))]
    }
  }

  private mutating func loop(_ node: DocumentNode, line: Int?) throws(DocumentError) -> Loop {
    try check(node, Words.loopKeys, later: ["counter", "for"])
    var repeats: Int?
    if let count = node["repeat"] {
      guard let number = Int(try count.string()), (1...1_000_000_000).contains(number) else {
        throw count.error(
          "expected a whole number of passes, 1 to 1000000000, found '\(count.scalar?.prefix(40) ?? "")'")
      }
      repeats = number
    }
    let until = try node["until"].map { node throws(DocumentError) in try node.conditions() } ?? []
    guard repeats != nil || !until.isEmpty else {
      throw node.error("the loop never ends", advice: "give it 'repeat: 10' or 'until: [...]'")
    }
    let list = try node.required("steps")
    let statements = try statements(list)
    guard statements.contains(where: \.containsStep) else {
      throw list.error("nothing in the loop takes time", advice: "add for example 'rest: 10 min'")
    }
    return Loop(repeats: repeats, until: until, statements: statements, line: line)
  }

  private mutating func step(_ node: DocumentNode, verb: String, _ value: DocumentNode)
    throws(DocumentError) -> Step
  {
    var until: [Condition] = []
    if let list = node["until"] {
      until = try list.conditions()
      try checkTimes(list.isList ? list.list() : [list], until)
    }
    let action: Action
    switch verb {
    case "rest": action = .rest(.constant(try value.positiveQuantity(.time)))
    case "temperature": action = .rest(.constant(try node.required("soak").positiveQuantity(.time)))
    case "ramp": action = .ramp(try ramp(value))
    case "charge": action = .charge(try drive(value, isCharge: true))
    case "discharge": action = .discharge(try drive(value, isCharge: false))
    default:
      action = .hold(try self.value(value, .voltage))
      guard !until.isEmpty else {
        throw node.error(
          "the hold never ends",
          advice: "add for example 'until: [\"t >= 1 h\"]' or 'until: [\"abs(I) < C/20\"]'")
      }
    }
    let rule = try node["record"].map { node throws(DocumentError) in try recordRule(node, over: record) }
    let label = try node["label"].map { node throws(DocumentError) in try newLabel(node) }
    let note = try node["note"].map { node throws(DocumentError) in try node.string() }
    return Step(action, until: until, record: rule ?? record, label: label, note: note)
  }

  /// Step time grows from zero: by itself `t < 3 h` would end a step before it began.
  private func checkTimes(_ nodes: [DocumentNode], _ until: [Condition]) throws(DocumentError) {
    for (node, condition) in zip(nodes, until) {
      guard case .comparison(let comparison) = condition, comparison.reading.dimension == .time else {
        continue
      }
      guard let end = condition.endTime else {
        throw node.error("'\(condition.text)' ends the step at once", advice: "write 't >= 3 h'")
      }
      if case .constant(let time) = end, time.value <= 0 {
        throw node.error("'\(condition.text)' ends the step at once", advice: "give a time above zero")
      }
    }
  }

  private mutating func newLabel(_ node: DocumentNode) throws(DocumentError) -> String {
    let label = try node.string()
    guard labels.insert(label).inserted else { throw node.error("the label '\(label)' is used twice") }
    return label
  }

  /// `C/3`, `{at: 0.5C, to: 4.2 V, hold_until: C/20}`, `{power: 5 W}`, `{resistance: 10 ohm}`.
  private func drive(_ node: DocumentNode, isCharge: Bool) throws(DocumentError) -> Drive {
    guard node.isMapping else { return Drive(.current(try magnitude(node, .current, isCharge: isCharge))) }
    try check(node, ["at", "power", "resistance", "to", "hold_until"], later: [])
    let levels = try node.entries().filter { ["at", "power", "resistance"].contains($0.name) }
    guard let entry = levels.first else {
      throw node.error("how strongly is missing", advice: "add for example 'at: C/3' or 'power: 5 W'")
    }
    if levels.count > 1 {
      throw levels[1].keyNode.error("give one of 'at', 'power' and 'resistance'")
    }
    let level: Drive.Level
    switch entry.name {
    case "at": level = .current(try magnitude(entry.value, .current, isCharge: isCharge))
    case "power": level = .power(try magnitude(entry.value, .power, isCharge: isCharge))
    default:
      if isCharge { throw entry.keyNode.error("a resistor only discharges a cell") }
      level = .resistance(.constant(try entry.value.positiveQuantity(.resistance)))
    }
    let to = try node["to"].map { node throws(DocumentError) in try value(node, .voltage) }
    let holdUntil = try node["hold_until"].map { node throws(DocumentError) in
      guard to != nil else {
        throw node.error("there is no voltage to hold", advice: "add for example 'to: 4.2 V'")
      }
      let holdUntil = Expression.constant(try node.positiveQuantity(.current))
      // A C-rate and a current in A can only be compared when the cell is known.
      if case .current(.constant(let at)) = level, case .constant(let end) = holdUntil,
        end.isPerNominalCapacity == at.isPerNominalCapacity, end.value > at.value
      {
        throw node.error(
          "the hold ends as it begins: '\(node.scalar ?? "")' is above '\(entry.value.scalar ?? "")', the current before it",
          advice: "give less than 'at'")
      }
      return holdUntil
    }
    return Drive(level, to: to, holdUntil: holdUntil)
  }

  /// `{of: voltage, from: 3 V, to: 4.2 V, rate: 0.1 mV/s}`.
  private func ramp(_ node: DocumentNode) throws(DocumentError) -> Ramp {
    try check(node, ["of", "from", "to", "rate"], later: [])
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
    guard let rateDimension = dimension.perTime else { preconditionFailure("what can be ramped has a rate") }
    let rateNode = try node.required("rate")
    let rate = try rateNode.quantity(rateDimension)
    guard rate.value > 0 else {
      throw rateNode.error(
        "must be greater than zero, found '\(rateNode.scalar ?? "")'",
        advice: "'from' and 'to' give the direction")
    }
    if case .constant(let start) = from, case .constant(let end) = to,
      start.isPerNominalCapacity == rate.isPerNominalCapacity, end.isPerNominalCapacity == rate.isPerNominalCapacity,
      abs(end.value - start.value) > rate.value * longestTest
    {
      throw rateNode.error("at '\(rateNode.scalar ?? "")' the ramp takes longer than \(longestTestText)")
    }
    return Ramp(variable, from: from, to: to, rate: .constant(rate))
  }

  /// A current or power above zero: the verb gives the sign.
  private func magnitude(_ node: DocumentNode, _ dimension: Dimension, isCharge: Bool) throws(DocumentError)
    -> Expression
  {
    let quantity = try node.quantity(dimension)
    if quantity.value < 0 {
      throw node.error(
        "must be greater than zero, found '\(node.scalar ?? "")'",
        advice: "the verb gives the direction: for the opposite write '\(isCharge ? "discharge" : "charge")'")
    }
    return .constant(try node.positiveQuantity(dimension))
  }

  /// A value of this dimension, or `Vmin` or `Vmax` where a voltage is wanted.
  private func value(_ node: DocumentNode, _ dimension: Dimension) throws(DocumentError) -> Expression {
    if dimension == .voltage, let symbol = node.scalar.flatMap(Symbol.init(rawValue:)), !symbol.isReading {
      return .symbol(symbol)
    }
    return .constant(try node.quantity(dimension))
  }

  /// Complains about the first key that is unknown, not supported yet, or without a value.
  private func check(_ node: DocumentNode, _ known: [String], later: [String]) throws(DocumentError) {
    for entry in try node.entries() {
      if later.contains(entry.name) { throw entry.keyNode.notSupportedYet(entry.name) }
      guard known.contains(entry.name) else { throw entry.keyNode.unknownKey(known: known, others: later) }
      guard node[entry.name] != nil else { throw entry.keyNode.error("has no value") }
    }
  }
}

extension Statement {
  fileprivate var containsStep: Bool {
    switch self {
    case .step: true
    case .loop(let loop): loop.statements.contains(where: \.containsStep)
    case .nextCycle, .ambientTemperature: false
    }
  }
}
