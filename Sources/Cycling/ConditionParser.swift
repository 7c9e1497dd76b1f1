import Documents

/// Names of the protocol language that are understood but cannot be used yet.
private let laterSymbols = [
  "t_test", "SOC", "Q_chg", "Q_dis", "Q_test", "E_chg", "E_dis", "E_test", "R", "dV", "dV/dt", "dI/dt",
  "dQ/dV",
]

extension DocumentNode {
  /// A list of alternatives, or a single one.
  func conditions() throws(DocumentError) -> [Condition] {
    guard isList else { return [try condition()] }
    let items = try list()
    guard !items.isEmpty else { throw error("the list of conditions is empty", advice: conditionAdvice) }
    var conditions: [Condition] = []
    for item in items { conditions.append(try item.condition()) }
    return conditions
  }

  /// `"V <= 2.5 V"` or `{all: ["V <= 2.5 V", "t > 1 h"]}`.
  private func condition() throws(DocumentError) -> Condition {
    guard isMapping else { return .comparison(try comparison()) }
    for entry in try entries() where entry.name == "if" || entry.name == "goto" {
      throw entry.keyNode.notSupportedYet(entry.name)
    }
    try checkKeys(["all"])
    let items = try required("all").list()
    guard items.count > 1 else {
      throw error("'all' joins two or more conditions, found \(items.count)", advice: conditionAdvice)
    }
    var conditions: [Condition] = []
    for item in items { conditions.append(try item.condition()) }
    return .all(conditions)
  }

  private func comparison() throws(DocumentError) -> Comparison {
    let text = try string()
    guard let (left, sign, right) = Self.split(text) else {
      throw error("'\(text.prefix(60))' is not a condition", advice: conditionAdvice)
    }
    if sign == "=", let second = right.first, "<>".contains(second) {
      throw error("'=\(second)' is not a comparison: '\(text.prefix(60))'", advice: "use <= or >=")
    }
    guard !right.contains(where: { "<>=".contains($0) }) else {
      throw error("'\(text.prefix(60))' compares more than once", advice: conditionAdvice)
    }
    guard sign != "==", sign != "=", sign != "!=" else {
      throw error("readings are never exactly equal: '\(text.prefix(60))'", advice: "use <= or >=")
    }
    let leftReading = try reading(left)
    let rightReading = try reading(right)
    if leftReading != nil, rightReading != nil {
      throw error("'\(text.prefix(60))' compares two readings", advice: "one side must be a value such as '4.2 V'")
    }
    guard leftReading != nil || rightReading != nil else {
      throw error(
        "neither side of '\(text.prefix(60))' is a reading",
        advice: "readings: \(Symbol.allCases.filter(\.isReading).map(\.rawValue).joined(separator: ", "))")
    }
    let isLess = sign.hasPrefix("<")
    if let leftReading {
      let bound = try bound(right, comparedWith: leftReading, named: left)
      return Comparison(leftReading, isLess ? .atMost : .atLeast, bound, text: text)
    }
    guard let rightReading else { preconditionFailure("one side is a reading") }
    let bound = try bound(left, comparedWith: rightReading, named: right)
    return Comparison(rightReading, isLess ? .atLeast : .atMost, bound, text: text)
  }

  /// `V` or `abs(I)`; nil when the text is no reading.
  private func reading(_ text: String) throws(DocumentError) -> Expression? {
    var name = text
    let isAbsolute = text.hasPrefix("abs(") && text.hasSuffix(")")
    if isAbsolute { name = text.dropFirst(4).dropLast().trimmed }
    if let symbol = Symbol(rawValue: name), symbol.isReading {
      return isAbsolute ? .absolute(.symbol(symbol)) : .symbol(symbol)
    }
    if laterSymbols.contains(name) || name.hasPrefix("last(") {
      throw error("'\(name)' in a condition is not supported yet")
    }
    return nil
  }

  private func bound(_ text: String, comparedWith reading: Expression, named name: String)
    throws(DocumentError) -> Expression
  {
    let dimension = reading.dimension
    if let symbol = Symbol(rawValue: text) {
      guard symbol.dimension == dimension else {
        throw error(
          "\(name) is \(dimension.phrase), \(text) is \(symbol.dimension.phrase)",
          advice: "compare it with '\(dimension.example)'")
      }
      return .symbol(symbol)
    }
    let quantity: Quantity
    do {
      quantity = try Quantity(parsing: text)
    } catch {
      throw self.error(
        "\(name) is \(dimension.phrase) and is compared with something else: \(error.message)",
        advice: error.advice ?? cutoffMeant(by: text, dimension) ?? "compare it with '\(dimension.example)'")
    }
    guard let understood = quantity.understood(as: dimension) else {
      throw error(
        "\(name) is \(dimension.phrase), '\(text)' is \(quantity.phrase)",
        advice: "compare it with '\(dimension.example)'")
    }
    try checkDuration(understood, text)
    return .constant(understood)
  }

  private static func split(_ text: String) -> (left: String, sign: String, right: String)? {
    guard let start = text.firstIndex(where: { "<>=!".contains($0) }) else { return nil }
    var end = text.index(after: start)
    if end < text.endIndex, text[end] == "=" { end = text.index(after: end) }
    let sign = String(text[start..<end])
    guard sign != "!" else { return nil }
    return (text[..<start].trimmed, sign, text[end...].trimmed)
  }

  /// The complaint about a word that belongs to the language but cannot be used yet.
  func notSupportedYet(_ word: String, advice: String? = nil) -> DocumentError {
    error("'\(word)' is not supported yet", advice: advice)
  }
}

private let conditionAdvice = "write for example 'V <= 2.5 V'"
