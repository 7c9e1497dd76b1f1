import Documents

/// Reads experiments in the words of PyBaMM, from a text file: the list that stands in a Python script, or one step a
/// line.
///
///     [
///       ("Discharge at C/10 until 3.3 V", "Rest for 1 hour", "Hold at 4.1 V until 50 mA (1 minute period)"),
///     ] * 3
///     termination="80% capacity"
///
/// Each entry of the list is a cycle. Steps without a period are recorded every minute.
struct PyBaMMExperiment {
  private struct Line {
    var text: String
    var place: Place
  }

  /// Cycles that are carried out so many times.
  private struct Group {
    var cycles: [[Line]]
    var repeats = 1
  }

  private var groups: [Group] = []
  private var period = 60.0
  private var terminations: [Line] = []
  private var temperature: Double?
  private let file: String
  private var stepCount = 0

  init(text: String, file: String) throws(DocumentError) {
    self.file = file
    var reader = PythonReader(text: text, file: file)
    for entry in try reader.entries() {
      switch entry {
      case .setting(let name, let value, let place): try set(name, value, place)
      case .value(let value): try append(value)
      }
    }
    guard !groups.isEmpty else { throw DocumentError(file: file, message: "there are no steps") }
  }

  private mutating func set(_ name: String, _ value: PythonReader.Value, _ place: Place) throws(DocumentError) {
    if name.isEmpty || name == "experiment" || name == "operating_conditions" { return try append(value) }
    guard case .text(let text, let textPlace) = value else {
      if case .list(let items, _) = value, name == "termination" {
        for item in items { try set(name, item, place) }
        return
      }
      throw place.error("'\(name)' needs a text in quotes")
    }
    switch name {
    case "termination": terminations.append(Line(text: text, place: textPlace))
    case "period": period = try self.period(text, textPlace)
    case "temperature": temperature = try celsius(text, textPlace) + 273.15
    default:
      throw place.error(
        "'\(name.prefix(40))' is not understood", advice: "there are period, termination and temperature")
    }
  }

  private mutating func append(_ value: PythonReader.Value) throws(DocumentError) {
    switch value {
    case .text(let text, let place):
      try count(1, place)
      groups.append(Group(cycles: [[Line(text: text, place: place)]]))
    case .tuple(let items, let repeats, let place):
      try count(items.count * repeats, place)
      let cycle = try items.map { item throws(DocumentError) in try line(item) }
      groups.append(Group(cycles: [Array([[Line]](repeating: cycle, count: repeats).joined())]))
    case .list(let items, let repeats):
      if repeats == 1 {
        for item in items { try append(item) }
        return
      }
      let before = groups
      groups = []
      for item in items { try append(item) }
      // What is repeated inside is written out.
      for group in groups where group.repeats > 1 {
        let steps = group.cycles.reduce(0) { $0 + $1.count }
        try count((group.repeats - 1) * steps, value.place)
      }
      let cycles = groups.flatMap { [[[Line]]](repeating: $0.cycles, count: $0.repeats).joined() }
      groups = before + [Group(cycles: Array(cycles), repeats: repeats)]
    }
  }

  /// Takes note of more steps.
  private mutating func count(_ steps: Int, _ place: Place) throws(DocumentError) {
    stepCount += steps
    guard stepCount <= 1_000_000 else { throw place.error("more than a million steps") }
  }

  private func line(_ value: PythonReader.Value) throws(DocumentError) -> Line {
    guard case .text(let text, let place) = value else {
      throw value.place.error("a cycle is a tuple of steps in quotes")
    }
    return Line(text: text, place: place)
  }

  // MARK: the protocol

  func testProtocol() throws(DocumentError) -> TestProtocol {
    var ends: [Exit] = []
    var variables: [Variable] = []
    /// After each cycle.
    var checks: [Statement] = []
    var remarks = Remarks()
    for termination in terminations {
      if let remark = try terminate(termination, &ends, &variables, &checks) {
        remarks.texts.append("termination '\(termination.text.prefix(60))' \(remark)")
      }
    }
    var statements: [Statement] = []
    for group in groups {
      var body: [Statement] = []
      for cycle in group.cycles {
        for line in cycle { body.append(Statement(.step(try step(line, ends)), place: line.place)) }
        body += checks
        body.append(Statement(.nextCycle))
      }
      if group.repeats == 1 {
        statements += body
      } else {
        statements.append(Statement(.loop(Loop(repeats: group.repeats, statements: body))))
      }
    }
    let name = file.split(separator: "/").last.map(String.init) ?? file
    var test = TestProtocol(
      name: name.hasSuffix(".txt") ? String(name.dropLast(4)) : name, startTemperature: temperature,
      variables: variables, statements: statements)
    test.remarks = remarks
    return test
  }

  /// `80% capacity`, `4 Ah capacity`, `2.5 V`, `10 h`.
  /// - Returns: in what PyBaMM does otherwise.
  private func terminate(
    _ line: Line, _ ends: inout [Exit], _ variables: inout [Variable], _ checks: inout [Statement]
  ) throws(DocumentError) -> String? {
    let text = line.text.trimmed
    let discharged = Expression.symbol(.dischargedInCycle)
    let advice = "write for example '80% capacity', '4 Ah capacity', '2.5 V' or '10 h'"
    if text.lowercased().hasSuffix("capacity") {
      let amount = try quantity(String(text.dropLast(8)), line.place, advice: advice)
      let limit: Expression
      switch amount.dimension {
      case .fraction:
        let first = Expression.variable("Q_first", .charge)
        // Of several shares each is one of the same.
        if variables.isEmpty {
          variables.append(Variable("Q_first", .constant(Quantity(0, .charge))))
          checks.append(
            Statement(
              .set([Variable("Q_first", discharged)]),
              when: .comparison(Comparison(first, .equal, .number(0)))))
        }
        limit = .operation(.constant(amount), .times, first)
      case .charge: limit = .constant(amount)
      default: throw line.place.error("'\(line.text.prefix(60))' is not understood", advice: advice)
      }
      checks.append(
        Statement(
          .end(line.text),
          when: .all([
            .comparison(Comparison(discharged, .greater, .number(0))),
            .comparison(Comparison(discharged, .less, limit)),
          ])))
      return "is compared with the charge that comes out in a cycle"
        + (amount.dimension == .fraction ? ", as a share of that in the first one" : "")
        + "; PyBaMM computes a capacity from its model"
    }
    let amount = try quantity(text, line.place, advice: advice)
    switch amount.dimension {
    case .voltage:
      ends.append(
        Exit(.comparison(Comparison(.symbol(.voltage), .atMost, .constant(amount))), to: Words.end))
      return "ends the test at the instant at which it is reached; PyBaMM goes on to the end of the cycle"
    case .time:
      ends.append(
        Exit(.comparison(Comparison(.symbol(.testTime), .atLeast, .constant(amount))), to: Words.end))
      return nil
    default: throw line.place.error("'\(line.text.prefix(60))' is not understood", advice: advice)
    }
  }

  /// `Charge at 1 C for 0.5 hours or until 4.1 V (1 minute period)`.
  private func step(_ line: Line, _ ends: [Exit]) throws(DocumentError) -> Step {
    let place = line.place
    var text = line.text.trimmed
    var period = self.period
    if text.hasSuffix(")"), let open = text.lastIndex(of: "(") {
      let inside = text[text.index(after: open)...].dropLast().trimmed
      guard inside.lowercased().hasSuffix("period") else {
        throw place.error("'(\(inside.prefix(40)))' is not understood", advice: "write for example '(1 minute period)'")
      }
      period = try self.period(String(inside.dropLast(6)), place)
      text = text[..<open].trimmed
    }
    let advice = "write for example 'Discharge at C/2 for 1 hour or until 3.0 V'"
    let words = text.split(separator: " ", maxSplits: 1).map(String.init)
    guard let verb = words.first?.lowercased(), words.count == 2 else {
      throw place.error("'\(line.text.prefix(60))' is not a step", advice: advice)
    }
    var rest = words[1].trimmed
    var amount: Quantity?
    if rest.lowercased().hasPrefix("at ") {
      let parts = Self.split(String(rest.dropFirst(3)), at: [" for ", " until "])
      amount = try quantity(parts.head, place, advice: advice)
      rest = parts.tail
    } else {
      rest = " " + rest
    }
    var until: [Exit] = []
    var duration: Double?
    while !rest.isEmpty {
      let isTime = rest.lowercased().hasPrefix(" for ")
      guard isTime || rest.lowercased().hasPrefix(" until ") else {
        throw place.error("'\(rest.trimmed.prefix(60))' is not understood", advice: advice)
      }
      let parts = Self.split(
        String(rest.dropFirst(isTime ? 5 : 7)), at: [" or until ", " or for ", " until ", " for "])
      rest = parts.tail.lowercased().hasPrefix(" or ") ? String(parts.tail.dropFirst(3)) : parts.tail
      if isTime {
        duration = try seconds(parts.head, place)
        continue
      }
      let bound = try quantity(parts.head, place, advice: advice)
      switch bound.dimension {
      case .voltage:
        let relation: Comparison.Relation = verb == "charge" ? .atLeast : .atMost
        until.append(Exit(.comparison(Comparison(.symbol(.voltage), relation, .constant(bound)))))
      case .current:
        until.append(
          Exit(.comparison(Comparison(.function(.abs, [.symbol(.current)]), .atMost, .constant(bound)))))
      default: throw place.error("a step ends at a voltage, a current or a time, not at '\(parts.head.prefix(40))'")
      }
    }
    if let duration, verb != "rest" {
      until.append(
        Exit(.comparison(Comparison(.symbol(.time), .atLeast, .constant(Quantity(duration, .time))))))
    }
    guard duration != nil || !until.isEmpty else {
      throw place.error("'\(line.text.prefix(60))' does not say when it ends", advice: advice)
    }
    let action = try action(verb, amount, duration, line, advice)
    return Step(action, until: until + ends, record: RecordRule(dt: Quantity(period, .time)))
  }

  private func action(
    _ verb: String, _ amount: Quantity?, _ duration: Double?, _ line: Line, _ advice: String
  ) throws(DocumentError) -> Action {
    let place = line.place
    if verb == "rest" {
      guard let duration else { throw place.error("a rest needs a time", advice: "write 'Rest for 1 hour'") }
      return .rest(.constant(Quantity(duration, .time)))
    }
    guard ["charge", "discharge", "hold"].contains(verb) else {
      throw place.error(
        "'\(line.text.prefix(60))' begins with none of Charge, Discharge, Hold and Rest",
        advice: verb == "run" ? "a drive cycle is a 'profile' in a protocol of our own" : advice)
    }
    guard let amount else { throw place.error("'\(line.text.prefix(60))' lacks 'at …'", advice: advice) }
    let value = Expression.constant(amount)
    if verb == "hold" {
      guard amount.dimension == .voltage else {
        throw place.error("a hold needs a voltage, '\(amount.text)' is \(amount.phrase)")
      }
      return .hold(.voltage(value))
    }
    guard amount.value > 0 else { throw place.error("'\(amount.text)' must be greater than zero") }
    let level: Level
    switch amount.dimension {
    case .current: level = .current(value)
    case .power: level = .power(value)
    case .resistance where verb == "discharge": level = .resistance(value)
    default: throw place.error("'\(verb)' needs a current or a power, '\(amount.text)' is \(amount.phrase)")
    }
    return verb == "charge" ? .charge(Drive(level)) : .discharge(Drive(level))
  }

  // MARK: values

  /// The text before the first of some words, and the rest from there on.
  private static func split(_ text: String, at words: [String]) -> (head: String, tail: String) {
    let lower = text.lowercased()
    guard lower.utf8.count == text.utf8.count else { return (text.trimmed, "") }
    let starts = words.compactMap { word in lower.firstRange(of: word)?.lowerBound }
    guard let start = starts.min() else { return (text.trimmed, "") }
    let offset = lower.utf8.distance(from: lower.startIndex, to: start)
    let place = text.utf8.index(text.startIndex, offsetBy: offset)
    return (text[..<place].trimmed, String(text[place...]))
  }

  /// `1 C`, `C/20`, `200 mA`, `4.1V`, `5 W`, `4 Ohm`, `80%`, `4 A.h`.
  private func quantity(_ text: String, _ place: Place, advice: String) throws(DocumentError) -> Quantity {
    let text = text.trimmed.replacing("A.h", with: "Ah").replacing("Ohm", with: "ohm")
    if let quantity = try? Quantity(parsing: text) { return quantity }
    if let seconds = Self.duration(text), Quantity.isPossible(seconds) { return Quantity(seconds, .time) }
    throw place.error("'\(text.prefix(40))' is not understood", advice: advice)
  }

  private func seconds(_ text: String, _ place: Place) throws(DocumentError) -> Double {
    guard let seconds = Self.duration(text), seconds > 0, seconds <= longestTest, Quantity.isPossible(seconds) else {
      throw place.error("'\(text.trimmed.prefix(40))' is not a time", advice: "write for example '30 minutes'")
    }
    return seconds
  }

  /// A time between two records.
  private func period(_ text: String, _ place: Place) throws(DocumentError) -> Double {
    let period = try seconds(text, place)
    guard period >= RecordRule.finest.dt else {
      throw place.error("'\(text.trimmed.prefix(40))' is too fine to be recorded", advice: "give at least 1e-6 s")
    }
    return period
  }

  /// `30 minutes`, `0.5 hours`, `10s`.
  private static func duration(_ text: String) -> Double? {
    let bytes = Array(text.trimmed.utf8)
    let length = Quantity.numberLength(bytes[...])
    guard let number = Double(String(decoding: bytes[..<length], as: UTF8.self)) else { return nil }
    switch String(decoding: bytes[length...], as: UTF8.self).trimmed.lowercased() {
    case "second", "seconds", "sec", "s": return number
    case "minute", "minutes", "min", "m": return number * 60
    case "hour", "hours", "hr", "h": return number * 3600
    case "day", "days", "d": return number * 86_400
    default: return nil
    }
  }

  /// `25oC`.
  private func celsius(_ text: String, _ place: Place) throws(DocumentError) -> Double {
    let number = text.trimmed.hasSuffix("oC") ? Double(text.trimmed.dropLast(2).trimmed) : nil
    guard let number, chamberTemperatures.contains(number + 273.15) else {
      throw place.error("'\(text.prefix(40))' is no temperature for a cell", advice: "write for example '25oC'")
    }
    return number
  }
}
