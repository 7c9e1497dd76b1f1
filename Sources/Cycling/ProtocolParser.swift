import Documents

/// Words of the language by what they are for.
enum Words {
  static let top = ["name", "cell", "start", "defaults", "safety", "vars", "define", "steps"]
  static let verbs = stepVerbs + ["temperature", "loop", "if", "call", "goto", "set", "cycle", "end"]
  /// What is done to the cell.
  static let stepVerbs = ["rest", "charge", "discharge", "hold", "ramp", "cv_scan", "pulse", "profile", "eis"]
  /// What every item of a list of steps may have.
  static let common = ["label", "when", "tags", "note"]
  static let stepKeys = ["until", "record", "safety"] + common
  static let loopKeys = ["repeat", "counter", "for", "until", "steps"]
  static let branchKeys = ["cond", "then", "else"]
  static let record = ["dt", "dV", "dI", "dQ", "first"]
  /// What belongs to one verb alone.
  static let additions = ["soak": "temperature", "tolerance": "temperature", "repeat": "pulse"]
  /// Ends the test where `goto` names it.
  static let end = "end"
}

/// Turns a document into the syntax tree, with what must be known on the way down.
struct ProtocolParser {
  var record = RecordRule.standard
  var until: [Exit] = []
  var names = Names()
  private var labels: Set<String> = []
  /// The counters and loop variables around the present statement.
  private var loopNames: [String] = []
  /// Those of any loop: `set` leaves them alone.
  private var setByLoops: Set<String> = []

  mutating func testProtocol(_ document: DocumentNode) throws(DocumentError) -> TestProtocol {
    if document["steps"] == nil, document["Header"] != nil {
      throw document.error("is a cell file, where a protocol is wanted", advice: "the cell comes before the protocol")
    }
    guard document.isMapping else {
      throw document.error(
        "a protocol is a group of keys, found \(document.isList ? "a list" : "'\(document.scalar?.prefix(40) ?? "")'")",
        advice: "begin with 'steps:'")
    }
    try check(document, Words.top)
    let name = try document["name"]?.string() ?? fileName(of: document)
    let sample = try document["cell"].map(sample) ?? Sample()
    let start = try document["start"].map { node throws(DocumentError) in try self.start(node) }
    let variables = try document["vars"].map { node throws(DocumentError) in try self.variables(node) } ?? []
    for variable in variables { names.variables[variable.name] = variable.initial.dimension }
    try collectNames(document, declared: variables)
    names.routines = Set(try document["define"]?.entries().map(\.name) ?? [])
    if let defaults = document["defaults"] {
      try check(defaults, ["record", "until"])
      if let rule = defaults["record"] { record = try recordRule(rule, over: RecordRule()) }
      if let list = defaults["until"] { until = try stepEnds(list) }
    }
    let safety = try document["safety"].map(safetyWindow) ?? SafetyWindow()
    var routines: [Routine] = []
    if let definitions = document["define"] {
      for entry in try definitions.entries() {
        routines.append(Routine(entry.name, try statements(entry.value)))
      }
    }
    let statements = try statements(document.required("steps"))
    var test = TestProtocol(
      name: name, sample: sample, start: start?.state, startTemperature: start?.temperature, safety: safety,
      variables: variables, routines: routines, statements: statements)
    if let voltage = document["start"]?["voltage"] { test.startPlace = Place(voltage) }
    return test
  }

  /// What a protocol without a name is called: its file, without folder and ending.
  private func fileName(of document: DocumentNode) -> String {
    let name = document.file.split(separator: "/").last ?? ""
    guard let point = name.lastIndex(of: "."), point != name.startIndex else { return String(name) }
    return String(name[..<point])
  }

  private func sample(_ node: DocumentNode) throws(DocumentError) -> Sample {
    try check(node, ["capacity", "area", "active_mass"])
    var sample = Sample()
    sample.capacity = try node["capacity"].map { node throws(DocumentError) in
      let capacity = try node.positiveQuantity(.charge)
      guard capacity.basis == .nothing else { throw node.error("must be a charge such as '5 Ah'") }
      return capacity
    }
    sample.area = try node["area"].map { node throws(DocumentError) in
      try measure(node, "an area", "10 cm2", ["cm2": 1e-4, "cm²": 1e-4, "m2": 1, "m²": 1, "mm2": 1e-6])
    }
    sample.activeMass = try node["active_mass"].map { node throws(DocumentError) in
      try measure(node, "a mass", "60 g", ["mg": 1e-6, "g": 1e-3, "kg": 1])
    }
    return sample
  }

  /// A number above zero with one of these units.
  private func measure(
    _ node: DocumentNode, _ phrase: String, _ example: String, _ units: [String: Double]
  ) throws(DocumentError) -> Double {
    let text = try node.string()
    let bytes = Array(text.utf8)
    let length = Quantity.numberLength(bytes[...])
    guard let number = Double(String(decoding: bytes[..<length], as: UTF8.self)), number.isFinite, number > 0,
      let factor = units[String(decoding: bytes[length...], as: UTF8.self).trimmed]
    else { throw node.error("expected \(phrase), found '\(text.prefix(40))'", advice: "write '\(example)'") }
    return number * factor
  }

  private func start(_ node: DocumentNode) throws(DocumentError) -> (state: Start?, temperature: Double?) {
    try check(node, ["soc", "voltage", "temperature"])
    let entries = try node.entries()
    guard !entries.isEmpty else {
      throw node.error("says nothing", advice: "add for example 'soc: 50 %' or 'voltage: 3.7 V'")
    }
    let states = entries.filter { $0.name != "temperature" }
    if states.count > 1 { throw states[1].keyNode.error("give one of 'soc' and 'voltage'") }
    var state: Start?
    if let soc = node["soc"] { state = .stateOfCharge(try self.soc(soc)) }
    if let voltage = node["voltage"] { state = .voltage(try voltage.expression(.voltage, Names())) }
    let temperature = try node["temperature"].map { node throws(DocumentError) in
      let temperature = try node.quantity(.temperature)
      try checkTemperature(.constant(temperature), node)
      return temperature.value
    }
    return (state, temperature)
  }

  private func soc(_ node: DocumentNode) throws(DocumentError) -> Double {
    if let text = node.scalar, let share = Double(text), share.isFinite {
      guard (0...1).contains(share) else { throw node.error("'\(text)' has no unit", advice: shareAdvice(share)) }
      return share
    }
    let soc = try node.quantity(.fraction).value
    guard (0...1).contains(soc) else {
      throw node.error("a state of charge lies between 0 % and 100 %, found '\(node.scalar ?? "")'")
    }
    return soc
  }

  // MARK: names

  /// `vars: {Q0: 5 Ah, n: 0}`.
  private func variables(_ node: DocumentNode) throws(DocumentError) -> [Variable] {
    var variables: [Variable] = []
    for entry in try node.entries() {
      try checkName(entry.keyNode, entry.name)
      variables.append(Variable(entry.name, try initial(entry.value)))
    }
    return variables
  }

  /// A value that needs no variables.
  private func initial(_ node: DocumentNode) throws(DocumentError) -> Expression {
    let text = try node.string()
    let expression = try node.computed(Names())
    guard expression.isConstant else {
      throw node.error("'\(text.prefix(40))' is not the same at every time", advice: "write for example '0 Ah'")
    }
    return expression
  }

  private func checkName(_ node: DocumentNode, _ name: String) throws(DocumentError) {
    let isWord =
      name.first.map { $0.isASCII && ($0.isLetter || $0 == "_") } == true
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    guard isWord else { throw node.error("a name is made of letters, digits and '_'") }
    if Symbol(rawValue: name) != nil { throw node.error("'\(name)' is a reading and cannot name a variable") }
    if name == "C" || Unit.all[name] != nil { throw node.error("'\(name)' is a unit and cannot name a variable") }
    if name == "last" || Expression.Function(rawValue: name) != nil {
      throw node.error("'\(name)' is a function and cannot name a variable")
    }
  }

  /// Takes up the labels, and the variables that loops bring along, of the whole document: what is called may stand above
  /// what it needs.
  private mutating func collectNames(_ node: DocumentNode, declared: [Variable]) throws(DocumentError) {
    if node.isList {
      for item in try node.list() { try collectNames(item, declared: declared) }
    } else if node.isMapping {
      if let label = node["label"]?.scalar { names.labels.insert(label) }
      if let loop = node["loop"], loop.isMapping {
        if let counter = loop["counter"] {
          let name = try counter.string()
          try checkName(counter, name)
          try bringIn(name, .number(0), at: counter, declared)
        }
        if let values = loop["for"] {
          let entries = try values.entries()
          guard let entry = entries.first, entries.count == 1 else {
            throw values.error("expected one variable and its values", advice: "write 'for: {rate: [C/2, 1C]}'")
          }
          try checkName(entry.keyNode, entry.name)
          guard let first = try entry.value.list().first else { throw entry.value.error("there are no values") }
          try bringIn(entry.name, initial(first), at: entry.keyNode, declared)
        }
      }
      for entry in try node.entries() { try collectNames(entry.value, declared: declared) }
    }
  }

  private mutating func bringIn(
    _ name: String, _ value: Expression, at node: DocumentNode, _ declared: [Variable]
  ) throws(DocumentError) {
    if let known = names.variables[name], known != value.dimension {
      // A variable that is said to be zero, without a unit, can become anything.
      let isOpen = declared.contains { $0.name == name && $0.initial.isZero }
      guard isOpen, known == .fraction else {
        throw node.error("'\(name)' is \(known.phrase) elsewhere and \(value.dimension.phrase) here")
      }
    }
    names.variables[name] = value.dimension
    setByLoops.insert(name)
  }

  // MARK: rules

  func recordRule(_ node: DocumentNode, over base: RecordRule) throws(DocumentError) -> RecordRule {
    guard node.isMapping else {
      throw node.error("says when records are written", advice: "write for example '{dt: 10 s, dV: 10 mV}'")
    }
    try check(node, Words.record)
    var rule = base
    if let dt = node["dt"] { rule.dt = try interval(dt, .time, atLeast: RecordRule.finest.dt, "1 us") }
    if let dV = node["dV"] { rule.dV = try interval(dV, .voltage, atLeast: RecordRule.finest.dV, "1 nV") }
    if let dI = node["dI"] { rule.dI = try interval(dI, .current, atLeast: RecordRule.finest.dI, "0.001 pA") }
    if let dQ = node["dQ"] { rule.dQ = try interval(dQ, .charge, atLeast: 3.6e-15, "1e-6 pAh") }
    if let first = node["first"] { rule.first = try logarithmic(first) }
    return rule
  }

  /// `100 ms log 10/decade`.
  private func logarithmic(_ node: DocumentNode) throws(DocumentError) -> RecordRule.Logarithmic {
    let text = try node.string()
    let words = text.components("log")
    guard words.count == 2, words[1].hasSuffix("/decade"), let count = Int(words[1].dropLast(7).trimmed),
      (1...1000).contains(count)
    else {
      throw node.error("'\(text.prefix(40))' is not understood", advice: "write for example '100 ms log 10/decade'")
    }
    let first: Quantity
    do {
      first = try Quantity(parsing: words[0])
    } catch {
      throw node.error("expected a time: \(error.message)", advice: "write for example '100 ms log 10/decade'")
    }
    guard first.dimension == .time, first.value >= 1e-6, first.value <= longestTest else {
      throw node.error("the first record needs a time of at least 1 us, found '\(words[0])'")
    }
    return RecordRule.Logarithmic(first: first, perDecade: count)
  }

  /// A distance between two records.
  private func interval(
    _ node: DocumentNode, _ dimension: Dimension, atLeast smallest: Double, _ text: String
  ) throws(DocumentError) -> Quantity {
    let quantity = try node.positiveQuantity(dimension)
    guard quantity.value >= smallest else {
      throw node.error("'\(node.scalar ?? "")' is too fine to be recorded", advice: "give at least \(text)")
    }
    return quantity
  }

  func safetyWindow(_ node: DocumentNode) throws(DocumentError) -> SafetyWindow {
    guard node.isMapping else {
      throw node.error("says nothing of what is limited", advice: "write for example '{V: [2.5 V, 4.2 V]}'")
    }
    try check(node, ["V", "I", "T", "Q", "delay", "action"])
    if let action = node["action"], action.scalar != "stop" {
      throw action.error("found '\(action.scalar?.prefix(40) ?? "")'", advice: "safety always stops: write 'stop'")
    }
    return SafetyWindow(
      voltage: try node["V"].map { node throws(DocumentError) in try bounds(node, .voltage) },
      current: try node["I"].map { node throws(DocumentError) in try bounds(node, .current) },
      temperature: try node["T"].map { node throws(DocumentError) in try bounds(node, .temperature) },
      charge: try node["Q"].map { node throws(DocumentError) in try positive(node, .charge) },
      delay: try node["delay"].map { node throws(DocumentError) in try value(node, .time) })
  }

  private func bounds(_ node: DocumentNode, _ dimension: Dimension) throws(DocumentError)
    -> SafetyWindow.Bounds
  {
    let items = try node.list(advice: "write '[lowest, highest]'")
    guard items.count == 2 else {
      throw node.error("expected two values, the lowest and the highest allowed, found \(items.count)")
    }
    let lower = try value(items[0], dimension)
    let upper = try value(items[1], dimension)
    if case .constant(let low) = lower, case .constant(let high) = upper, low.basis == high.basis,
      low.value >= high.value
    {
      throw node.error("the lowest allowed value must come first and be below the highest")
    }
    return SafetyWindow.Bounds(lower, upper)
  }

  // MARK: statements

  private mutating func statements(_ node: DocumentNode) throws(DocumentError) -> [Statement] {
    let items = try node.list(advice: "begin each step with '- '")
    guard !items.isEmpty else { throw node.error("there are no steps") }
    var statements: [Statement] = []
    for item in items { statements.append(try statement(item)) }
    return statements
  }

  /// One item of a list of steps.
  private mutating func statement(_ node: DocumentNode) throws(DocumentError) -> Statement {
    if node.scalar == Words.end { return Statement(.end(nil), place: Place(node)) }
    guard node.isMapping else {
      throw node.error(
        "expected a step such as 'rest: 10 min', found \(node.scalar.map { "'\($0.prefix(40))'" } ?? "a list")")
    }
    let entries = try node.entries()
    let verbs = entries.filter { Words.verbs.contains($0.name) }
    guard let verb = verbs.first else {
      // What is unknown here was meant to be the verb.
      if let entry = entries.first(where: { !Words.stepKeys.contains($0.name) && Words.additions[$0.name] == nil }) {
        var complaint = entry.keyNode.unknownKey(known: Words.verbs, others: Words.stepKeys)
        complaint.advice = complaint.advice ?? "allowed: \(Words.verbs.joined(separator: ", "))"
        throw complaint
      }
      throw node.error(
        "the step does nothing", advice: "give it one of \(Words.verbs.joined(separator: ", "))")
    }
    if verbs.count > 1 {
      throw verbs[1].keyNode.error(
        "a step does one thing, found '\(verb.name)' and '\(verbs[1].name)'",
        advice: "start a new list item with '- '")
    }
    for entry in entries {
      guard verb.name != "loop" || entry.name != "repeat", let owner = Words.additions[entry.name],
        owner != verb.name
      else { continue }
      throw entry.keyNode.error("belongs to '\(owner)'")
    }
    let action = try self.verb(verb, of: node, entries)
    let label = try node["label"].map { node throws(DocumentError) in try newLabel(node) }
    let when = try node["when"].map { node throws(DocumentError) in try betweenSteps(node) }
    var tags: [String] = []
    if let list = node["tags"] { for tag in try list.list() { tags.append(try tag.string()) } }
    let note = try node["note"].map { node throws(DocumentError) in try node.string() }
    return Statement(action, label: label, when: when, tags: tags, note: note, place: Place(node))
  }

  private typealias Entry = (name: String, keyNode: DocumentNode, value: DocumentNode)

  private mutating func verb(
    _ verb: Entry, of node: DocumentNode, _ entries: [Entry]
  ) throws(DocumentError) -> Statement.Verb {
    switch verb.name {
    case "loop":
      if let entry = entries.first(where: { Words.loopKeys.contains($0.name) }) {
        throw entry.keyNode.error("belongs inside 'loop'", advice: "indent it further than 'loop'")
      }
      try check(node, ["loop"] + Words.common)
      return .loop(try loop(verb.value))
    case "if":
      if let entry = entries.first(where: { Words.branchKeys.contains($0.name) }) {
        throw entry.keyNode.error("belongs inside 'if'", advice: "indent it further than 'if'")
      }
      try check(node, ["if"] + Words.common)
      return .branch(try branch(verb.value))
    case "call":
      try check(node, ["call"] + Words.common)
      return .call(try verb.value.string())
    case "goto":
      try check(node, ["goto"] + Words.common)
      return .goto(try verb.value.string())
    case "set":
      try check(node, ["set"] + Words.common)
      return .set(try assignments(verb.value))
    case "cycle":
      try check(node, ["cycle"] + Words.common)
      guard verb.value.scalar == "next" else {
        throw verb.value.error("found '\(verb.value.scalar ?? "")'", advice: "write 'cycle: next'")
      }
      return .nextCycle
    case "end":
      for entry in entries where entry.name != "end" && !Words.common.contains(entry.name) {
        throw entry.keyNode.unknownKey(known: Words.common)
      }
      let reason = try node["end"].map { node throws(DocumentError) in try node.string() }
      return .end(reason == "true" ? nil : reason)
    case "temperature":
      try check(node, ["temperature", "soak", "tolerance"] + Words.stepKeys)
      if node["soak"] != nil { return .step(try step(node, verb: verb.name, verb.value)) }
      if let entry = entries.first(where: { $0.name != "temperature" && !Words.common.contains($0.name) }) {
        throw entry.keyNode.error(
          "without 'soak' setting the temperature takes no time", advice: "add for example 'soak: 1 h'")
      }
      return .ambientTemperature(try temperature(verb.value))
    default:
      let additions = Words.additions.filter { $0.value == verb.name }.map(\.key)
      try check(node, [verb.name] + additions + Words.stepKeys)
      return .step(try step(node, verb: verb.name, verb.value))
    }
  }

  private mutating func loop(_ node: DocumentNode) throws(DocumentError) -> Loop {
    if let entry = try node.entries().first(where: { ["count", "times", "cycles"].contains($0.name) }) {
      throw entry.keyNode.error("unknown key", advice: "did you mean 'repeat'?")
    }
    try check(node, Words.loopKeys)
    let repeats = try node["repeat"].map { node throws(DocumentError) in try passes(node) }
    let until = try node["until"].map { node throws(DocumentError) in try node.exits(names) } ?? []
    for (item, exit) in zip(try node["until"]?.alternatives() ?? [], until) {
      guard !exit.condition.isConstant else { throw item.error("nothing in '\(exit.condition.text)' ever changes") }
      guard !exit.condition.hasRate else { throw item.error(rateComplaint) }
    }
    var values: Loop.Values?
    if let entry = try node["for"]?.entries().first {
      let dimension = names.variables[entry.name] ?? .fraction
      var list: [Expression] = []
      for item in try entry.value.list() { list.append(try value(item, dimension)) }
      values = Loop.Values(entry.name, list)
    }
    guard repeats != nil || !until.isEmpty || values != nil else {
      throw node.error("the loop never ends", advice: "give it 'repeat: 10' or 'until: [...]'")
    }
    let counter = try node["counter"]?.string()
    let inner = [counter, values?.name].compactMap { $0 }
    for name in inner where loopNames.contains(name) || inner.filter({ $0 == name }).count > 1 {
      throw (node["counter"] ?? node).error("'\(name)' belongs to a loop around this one already")
    }
    loopNames += inner
    let list = try node.required("steps")
    let statements = try statements(list)
    loopNames.removeLast(inner.count)
    guard statements.contains(where: \.maySpendTime) else {
      throw list.error("nothing in the loop takes time", advice: "add for example 'rest: 10 min'")
    }
    return Loop(repeats: repeats, counter: counter, values: values, until: until, statements: statements)
  }

  func passes(_ node: DocumentNode) throws(DocumentError) -> Int {
    guard let number = Int(try node.string()), (1...1_000_000_000).contains(number) else {
      throw node.error(
        "expected a whole number of passes, 1 to 1000000000, found '\(node.scalar?.prefix(40) ?? "")'")
    }
    return number
  }

  private mutating func branch(_ node: DocumentNode) throws(DocumentError) -> Branch {
    try check(node, Words.branchKeys)
    let condition = try betweenSteps(node.required("cond"))
    let then = try statements(node.required("then"))
    let otherwise = node["else"]
    return Branch(condition, then: then, otherwise: otherwise == nil ? [] : try statements(node.required("else")))
  }

  /// A condition that is looked at once.
  private func betweenSteps(_ node: DocumentNode) throws(DocumentError) -> Condition {
    let condition = try node.condition(names)
    guard !condition.hasRate else { throw node.error(rateComplaint) }
    return condition
  }

  /// `{Qrpt: "last('rpt').Q", n: n + 1}`, one after the other.
  private func assignments(_ node: DocumentNode) throws(DocumentError) -> [Variable] {
    var assignments: [Variable] = []
    let entries = try node.entries()
    guard !entries.isEmpty else { throw node.error("sets nothing", advice: "write for example 'set: {Q0: Q}'") }
    for entry in entries {
      guard let dimension = names.variables[entry.name] else {
        throw entry.keyNode.error(
          "is no variable",
          advice: nearest(to: entry.name, in: names.variables.keys.sorted()).map { "did you mean '\($0)'?" }
            ?? "declare it at the top: 'vars: {\(entry.name): 0 Ah}'")
      }
      guard !setByLoops.contains(entry.name) else { throw entry.keyNode.error("is set by its loop alone") }
      let text = try entry.value.string()
      var expression = try entry.value.computed(names)
      guard !expression.hasRate else { throw entry.value.error(rateComplaint) }
      if let understood = expression.understood(as: dimension) { expression = understood }
      guard expression.dimension == dimension || expression.isZero && dimension != .temperature else {
        throw entry.value.error(
          "'\(entry.name)' is \(dimension == .fraction ? "a number" : dimension.phrase), '\(text.prefix(60))' is "
            + expression.dimension.phrase,
          advice: "its kind is that of its first value in 'vars', unit and all")
      }
      assignments.append(Variable(entry.name, expression))
    }
    return assignments
  }

  private mutating func newLabel(_ node: DocumentNode) throws(DocumentError) -> String {
    let label = try node.string()
    guard label != Words.end else { throw node.error("'end' is the end of the test", advice: "choose another label") }
    guard !label.contains(where: { "'\"".contains($0) }) else { throw node.error("a label has no quotes in it") }
    guard labels.insert(label).inserted else { throw node.error("the label '\(label)' is used twice") }
    return label
  }

  /// Complains about the first key that is unknown or without a value.
  func check(_ node: DocumentNode, _ known: [String]) throws(DocumentError) {
    for entry in try node.entries() {
      guard known.contains(entry.name) else { throw entry.keyNode.unknownKey(known: known) }
      guard node[entry.name] != nil else { throw entry.keyNode.error("has no value") }
    }
  }
}

private let rateComplaint = "rates of change are known during a step alone: put the condition into its 'until'"

extension Statement {
  fileprivate var maySpendTime: Bool {
    switch verb {
    // What a call does is not looked at: a routine may stand below.
    case .step, .call: true
    case .loop(let loop): loop.statements.contains(where: \.maySpendTime)
    case .branch(let branch): (branch.then + branch.otherwise).contains(where: \.maySpendTime)
    case .nextCycle, .ambientTemperature, .goto, .set, .end: false
    }
  }
}

extension StringProtocol {
  /// The trimmed parts between one occurrence of a word.
  func components(_ separator: String) -> [String] {
    split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false).map { $0.trimmed }
  }
}
