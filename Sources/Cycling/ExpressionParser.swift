import Documents

/// The names that expressions of one protocol may use beside the readings.
struct Names {
  /// With what they measure.
  var variables: [String: Dimension] = [:]
  var labels: Set<String> = []
  var routines: Set<String> = []
}

/// Turns text such as `0.8 * Q0` or `abs(dV/dt)` into an expression, and checks that like is added to and compared with
/// like.
struct ExpressionParser {
  private let bytes: [UInt8]
  private var place = 0
  private let names: Names
  private var depth = 0
  private var operandCount = 0

  static func parse(_ text: String, _ names: Names) throws(QuantityError) -> Expression {
    var parser = ExpressionParser(bytes: Array(text.utf8), names: names)
    let expression = try parser.sum()
    parser.skipSpaces()
    guard parser.place == parser.bytes.count else {
      throw QuantityError(message: "'\(parser.rest)' is not expected in '\(text.prefix(60))'")
    }
    return expression
  }

  private init(bytes: [UInt8], names: Names) {
    self.bytes = bytes
    self.names = names
  }

  // MARK: grammar

  private mutating func sum() throws(QuantityError) -> Expression {
    depth += 1
    defer { depth -= 1 }
    guard depth < 100 else { throw QuantityError(message: "nested too deeply, more than 100 levels") }
    var left = try product()
    while let sign = take(.plus, .minus) {
      let right = try product()
      left = try Self.joined(left, sign, right)
    }
    return left
  }

  private mutating func product() throws(QuantityError) -> Expression {
    var left = try factor()
    while let sign = take(.times, .divided, .modulo) {
      let right = try factor()
      if sign == .modulo, left.dimension != .fraction || right.dimension != .fraction {
        throw QuantityError(message: "'%' divides counts, not \(left.dimension.phrase) and \(right.dimension.phrase)")
      }
      left = .operation(left, sign, right)
    }
    return left
  }

  private mutating func factor() throws(QuantityError) -> Expression {
    skipSpaces()
    operandCount += 1
    guard operandCount <= 1000 else { throw QuantityError(message: "more than 1000 values are joined") }
    guard let byte = peek() else { throw QuantityError(message: "nothing is given") }
    if byte == UInt8(ascii: "-") {
      place += 1
      depth += 1
      defer { depth -= 1 }
      guard depth < 100 else { throw QuantityError(message: "nested too deeply, more than 100 levels") }
      switch try factor() {
      case .number(let value): return .number(-value)
      case .constant(var quantity):
        guard quantity.dimension != .temperature else {
          throw QuantityError(message: "a temperature below zero is written '-10 degC', without anything between")
        }
        quantity.value = -quantity.value
        return .constant(quantity)
      case let inner: return .negated(inner)
      }
    }
    if byte == UInt8(ascii: "(") {
      place += 1
      let inner = try sum()
      try expect(")")
      return inner
    }
    return Self.isLetter(byte) ? try name() : try literal()
  }

  /// `last('x').Q`, `abs(…)`, a reading, a variable, or a C-rate.
  private mutating func name() throws(QuantityError) -> Expression {
    for symbol in [Symbol.voltageRate, .currentRate, .temperatureRate] where starts(with: symbol.rawValue) {
      place += symbol.rawValue.utf8.count
      return .symbol(symbol)
    }
    let start = place
    let word = self.word()
    skipSpaces()
    if peek() == UInt8(ascii: "(") {
      place += 1
      return word == "last" ? try last() : try call(word)
    }
    if let symbol = Symbol(rawValue: word) { return .symbol(symbol) }
    if let dimension = names.variables[word] { return .variable(word, dimension) }
    if word == "C" { return try literal(from: start) }
    let known = Symbol.allCases.map(\.rawValue) + names.variables.keys.sorted()
    throw QuantityError(
      message: "'\(word.prefix(40))' is no reading and no variable",
      advice: nearest(to: word, in: known + ["last"]).map { "did you mean '\($0)'?" }
        ?? "readings: \(Symbol.readings)")
  }

  private mutating func last() throws(QuantityError) -> Expression {
    skipSpaces()
    let advice = "write for example \"last('check').Q\""
    guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw QuantityError(message: "'last' needs the label of a step in quotes", advice: advice)
    }
    let start = place + 1
    guard let end = bytes[start...].firstIndex(of: quote) else {
      throw QuantityError(message: "the label after 'last' has no closing quote", advice: advice)
    }
    let label = String(decoding: bytes[start..<end], as: UTF8.self)
    place = end + 1
    guard names.labels.contains(label) else {
      throw QuantityError(
        message: "no step has the label '\(label.prefix(40))'",
        advice: labelAdvice(label))
    }
    try expect(")")
    guard peek() == UInt8(ascii: ".") else {
      throw QuantityError(message: "'last' does not say what of the step is meant", advice: advice)
    }
    place += 1
    let word = self.word()
    guard let outcome = Outcome(rawValue: word) else {
      throw QuantityError(
        message: "'\(word.prefix(40))' of a step is not known",
        advice: "there are \(Outcome.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return .last(label: label, outcome)
  }

  private func labelAdvice(_ label: String) -> String {
    if names.routines.contains(label) { return "'\(label)' is a routine: give the step in it that is meant a label" }
    let labels = names.labels.sorted()
    if let meant = nearest(to: label, in: labels) { return "did you mean '\(meant)'?" }
    return labels.isEmpty
      ? "give the step that is meant 'label: \(label.prefix(40))'"
      : "labels: \(labels.prefix(8).joined(separator: ", "))"
  }

  private mutating func call(_ word: String) throws(QuantityError) -> Expression {
    guard let function = Expression.Function(rawValue: word) else {
      let known = Expression.Function.allCases.map(\.rawValue)
      throw QuantityError(
        message: "'\(word.prefix(40))' is no function", advice: "there are \(known.joined(separator: ", ")) and last")
    }
    var arguments = [try sum()]
    skipSpaces()
    while peek() == UInt8(ascii: ",") {
      place += 1
      let next = try sum()
      let (first, second) = try Self.alike(arguments[0], next) {
        "'\(word)' compares \($0.phrase) with \($1.phrase)"
      }
      arguments[0] = first
      arguments.append(second)
      skipSpaces()
    }
    try expect(")")
    guard function.hasRightCount(arguments.count) else {
      throw QuantityError(
        message: function == .abs ? "'abs' takes one value" : "'\(word)' takes two or more values, joined by commas")
    }
    return .function(function, arguments)
  }

  /// A number with or without its unit, or a C-rate. `5 % …` is a percentage unless an operand follows.
  private mutating func literal(from start: Int? = nil) throws(QuantityError) -> Expression {
    let start = start ?? place
    place = start + Quantity.numberLength(bytes[start...])
    let number = Double(String(decoding: bytes[start..<place], as: UTF8.self))
    let afterNumber = place
    skipSpaces()
    if let byte = peek(), Self.isLetter(byte) || byte == UInt8(ascii: "%") && !isOperand(after: place + 1) {
      if byte == UInt8(ascii: "%") { place += 1 } else { takeUnit() }
      return .constant(try Quantity(parsing: String(decoding: bytes[start..<place], as: UTF8.self)))
    }
    place = afterNumber
    guard let number else {
      throw QuantityError(message: "'\(rest.prefix(40))' does not begin with a number")
    }
    guard number.isFinite else { throw QuantityError(message: "a number is not finite") }
    return .number(number)
  }

  /// `mA`, `C/20`, `mV/h`, `mA/cm2/min`: a slash belongs to a unit where a unit, or after `C` a plain number, follows.
  private mutating func takeUnit() {
    let first = word()
    while true {
      let before = place
      skipSpaces()
      guard peek() == UInt8(ascii: "/") else {
        place = before
        return
      }
      place += 1
      skipSpaces()
      if first == "C", peek().map({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) == true {
        place += Quantity.numberLength(bytes[place...])
        let end = place
        skipSpaces()
        // The number may be a value of its own, as in `1C / 2 h` and `1C / 5 %`.
        if let next = peek(), Self.isLetter(next) || next == UInt8(ascii: "%") {
          place = before
          return
        }
        place = end
        continue
      }
      let unit = word()
      // `min` is a function too.
      let isUnit = Unit.all[unit]?.dimension == .time || Unit.spreads.contains { $0.name == unit }
      guard isUnit, names.variables[unit] == nil, peek() != UInt8(ascii: "(") else {
        place = before
        return
      }
    }
  }

  // MARK: like with like

  private static func joined(
    _ left: Expression, _ sign: Expression.Operator, _ right: Expression
  ) throws(QuantityError) -> Expression {
    let (left, right) = try alike(left, right) { first, second in
      sign == .plus ? "\(second.phrase) is added to \(first.phrase)" : "\(second.phrase) is taken from \(first.phrase)"
    }
    return .operation(left, sign, right)
  }

  /// Two values that measure the same: a percentage beside a charge is one of the nominal capacity.
  static func alike(
    _ left: Expression, _ right: Expression, complaint: (Expression, Expression) -> String
  ) throws(QuantityError) -> (Expression, Expression) {
    if left.dimension == right.dimension { return (left, right) }
    if left.isZero && right.dimension != .temperature || right.isZero && left.dimension != .temperature {
      return (left, right)
    }
    if let left = left.understood(as: right.dimension) { return (left, right) }
    if let right = right.understood(as: left.dimension) { return (left, right) }
    throw QuantityError(message: complaint(left, right))
  }

  // MARK: characters

  private func peek() -> UInt8? { place < bytes.count ? bytes[place] : nil }

  private var rest: String { String(decoding: bytes[min(place, bytes.count)...], as: UTF8.self) }

  private mutating func skipSpaces() {
    while let byte = peek(), byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { place += 1 }
  }

  private func starts(with text: String) -> Bool {
    guard bytes[place...].starts(with: text.utf8) else { return false }
    let end = place + text.utf8.count
    return end == bytes.count || !Self.continuesWord(bytes[end])
  }

  private mutating func take(_ signs: Expression.Operator...) -> Expression.Operator? {
    skipSpaces()
    guard let byte = peek(), let sign = signs.first(where: { $0.rawValue.utf8.first == byte }) else { return nil }
    place += 1
    return sign
  }

  private mutating func expect(_ character: String) throws(QuantityError) {
    skipSpaces()
    guard peek() == character.utf8.first else {
      throw QuantityError(message: "'\(character)' is missing" + (rest.isEmpty ? "" : " before '\(rest.prefix(40))'"))
    }
    place += 1
  }

  private mutating func word() -> String {
    let start = place
    while let byte = peek(), Self.continuesWord(byte) { place += 1 }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  private func isOperand(after index: Int) -> Bool {
    var index = index
    while index < bytes.count, bytes[index] == UInt8(ascii: " ") { index += 1 }
    guard index < bytes.count else { return false }
    return Self.continuesWord(bytes[index]) || bytes[index] == UInt8(ascii: "(") || bytes[index] == UInt8(ascii: ".")
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    // Beyond ASCII: °, Ω, µ.
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
  }

  private static func continuesWord(_ byte: UInt8) -> Bool { isLetter(byte) || (0x30...0x39).contains(byte) }
}

extension Expression {
  /// What it measures, for messages.
  var phrase: String {
    switch self {
    case .constant(let quantity): "\(quantity.phrase) ('\(text)')"
    case .number: "a number without a unit ('\(text)')"
    default: "\(dimension == .fraction ? "a number" : dimension.phrase) ('\(text)')"
    }
  }

  /// The same value understood as `wanted`, which differs only for a percentage of the nominal capacity.
  func understood(as wanted: Dimension) -> Expression? {
    guard case .constant(let quantity) = self else { return nil }
    return quantity.understood(as: wanted).map { .constant($0) }
  }
}

extension DocumentNode {
  /// A quantity or an expression of any kind.
  func computed(_ names: Names) throws(DocumentError) -> Expression {
    try computed(string(), names)
  }

  /// A part of this text as a quantity or an expression.
  /// - Parameter advice: where the complaint has none.
  func computed(_ text: String, _ names: Names, advice: String? = nil) throws(DocumentError) -> Expression {
    // Only alone is `-10 degC` a value, and not the negative of one.
    let complaint: QuantityError
    do {
      return .constant(try Quantity(parsing: text))
    } catch {
      complaint = error
    }
    do {
      return try ExpressionParser.parse(text, names)
    } catch {
      // What begins like a value was meant to be one.
      let isValue = text.first.map { "+-.0123456789".contains($0) } == true && !text.contains { "*()".contains($0) }
      let meant = isValue ? complaint : error
      throw self.error(meant.message, advice: meant.advice ?? advice)
    }
  }

  /// A value of this dimension: a quantity, or something computed from variables.
  func expression(_ dimension: Dimension, _ names: Names) throws(DocumentError) -> Expression {
    let text = try string()
    if dimension == .fraction, let number = Double(text), number.isFinite { return .number(number) }
    // What is a name or is put together is an expression; a mistake in anything else is one in a quantity.
    let isSimple =
      !text.contains { "*+()".contains($0) } && ![" - ", " / ", " % "].contains(where: text.contains)
      && !text.contains("'")
      && Symbol(rawValue: text) == nil
      && !text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.contains { names.variables[String($0)] != nil }
    if isSimple || (try? Quantity(parsing: text)) != nil { return .constant(try quantity(dimension)) }
    let expression = try computed(names)
    if let symbol = expression.firstReading {
      throw self.error(
        "'\(symbol.rawValue)' changes during a step",
        advice: "keep it in a variable before: '- set: {x: \(symbol.rawValue)}'")
    }
    guard expression.dimension == dimension || expression.isZero && dimension != .temperature else {
      throw self.error(
        "expected \(dimension.phrase), '\(text.prefix(60))' is \(expression.dimension.phrase)",
        advice: "write '\(dimension.example)'")
    }
    return expression
  }
}

extension Expression {
  fileprivate var firstReading: Symbol? {
    var found: Symbol?
    _ = contains {
      guard case .symbol(let symbol) = $0, symbol.isReading else { return false }
      found = symbol
      return true
    }
    return found
  }
}
