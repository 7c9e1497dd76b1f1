import Documents

extension DocumentNode {
  /// A list of alternatives, or a single one, each of which may say where to go on.
  func exits(_ names: Names) throws(DocumentError) -> [Exit] {
    var exits: [Exit] = []
    for item in try alternatives() {
      if item.isMapping, let condition = item["if"] {
        try item.checkKeys(["if", "goto"])
        exits.append(Exit(try condition.condition(names), to: try item["goto"]?.string()))
      } else {
        exits.append(Exit(try item.condition(names)))
      }
    }
    return exits
  }

  /// `"V <= 2.5 V"`, `{all: ["V <= 2.5 V", "t > 1 h"]}` or `{any: […]}`.
  func condition(_ names: Names) throws(DocumentError) -> Condition {
    guard isMapping else { return .comparison(try comparison(names)) }
    let entries = try entries()
    for entry in entries where entry.name != "all" && entry.name != "any" {
      throw entry.keyNode.unknownKey(known: ["all", "any", "if"])
    }
    guard let entry = entries.first else { throw error("is empty", advice: conditionAdvice) }
    if entries.count > 1 { throw entries[1].keyNode.error("give one of 'all' and 'any'") }
    let items = try entry.value.list()
    guard items.count > 1 else {
      throw error("'\(entry.name)' joins two or more conditions, found \(items.count)", advice: conditionAdvice)
    }
    var conditions: [Condition] = []
    for item in items { conditions.append(try item.condition(names)) }
    return entry.name == "all" ? .all(conditions) : .any(conditions)
  }

  /// The items of a list, or this value alone.
  func alternatives() throws(DocumentError) -> [DocumentNode] {
    guard isList else { return [self] }
    let items = try list()
    guard !items.isEmpty else { throw error("the list of conditions is empty", advice: conditionAdvice) }
    guard items.count <= 1000 else { throw error("has \(items.count) conditions, more than 1000") }
    return items
  }

  private func comparison(_ names: Names) throws(DocumentError) -> Comparison {
    let text = try string()
    if let advice = Self.joinedAdvice(text) {
      throw error("'\(text.prefix(60))' is more than one condition", advice: advice)
    }
    guard let (leftText, sign, rightText) = Self.split(text) else {
      throw error("'\(text.prefix(60))' is not a condition", advice: conditionAdvice)
    }
    if sign == "=", let second = rightText.first, "<>".contains(second) {
      throw error("'=\(second)' is not a comparison: '\(text.prefix(60))'", advice: "use <= or >=")
    }
    guard !rightText.contains(where: { "<>=!".contains($0) }) else {
      throw error("'\(text.prefix(60))' compares more than once", advice: conditionAdvice)
    }
    guard let relation = Comparison.Relation(rawValue: sign) else {
      throw error("'\(sign)' is not a comparison: '\(text.prefix(60))'", advice: "use == or <= or >=")
    }
    var left = try computed(leftText, names, advice: conditionAdvice)
    var right = try computed(rightText, names, advice: conditionAdvice)
    if !relation.isOrder, left.isReading || right.isReading {
      throw error("readings are never exactly equal: '\(text.prefix(60))'", advice: "use <= or >=")
    }
    for (side, other) in [(left, right), (right, left)] where side == .symbol(.stateOfCharge) {
      guard case .number(let share) = other, abs(share) > 1 else { continue }
      throw error("'\(text.prefix(60))' compares with \(Cycling.number(100 * share)) %", advice: shareAdvice(share))
    }
    do {
      (left, right) = try ExpressionParser.alike(left, right) {
        "\(Self.kind(of: $0, leftText)), \(Self.kind(of: $1, rightText))"
      }
    } catch {
      let example = (left.isConstant ? right : left).dimension.example
      throw self.error(error.message, advice: "compare it with '\(example)'")
    }
    for case .constant(let quantity) in [left, right] { try checkDuration(quantity, quantity.text) }
    return Comparison(left, relation, right, text: text)
  }

  /// What a side of a comparison measures.
  private static func kind(of side: Expression, _ text: String) -> String {
    switch side {
    case .constant(let quantity): "'\(text)' is \(quantity.phrase)"
    case .number: "'\(text)' has no unit"
    default: "\(text) is \(side.dimension == .fraction ? "a number" : side.dimension.phrase)"
    }
  }

  /// What to write where two conditions stand in one text.
  private static func joinedAdvice(_ text: String) -> String? {
    for (words, isAll) in [([" and ", " AND ", "&&", "&"], true), ([" or ", " OR ", "||", "|"], false)] {
      for word in words {
        let parts = text.split(separator: word).map(\.trimmed)
        guard parts.count > 1, parts.filter({ split($0) != nil }).count > 1 else { continue }
        let list = "[" + parts.map { "\"\($0.prefix(60))\"" }.joined(separator: ", ") + "]"
        return isAll ? "write {all: \(list)}" : "write \(list)"
      }
    }
    return nil
  }

  private static func split(_ text: String) -> (left: String, sign: String, right: String)? {
    // What stands in quotes is a label.
    var quote: Character?
    var start: String.Index?
    for index in text.indices {
      let character = text[index]
      if quote != nil {
        if character == quote { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if "<>=!".contains(character) {
        start = index
        break
      }
    }
    guard let start else { return nil }
    var end = text.index(after: start)
    if end < text.endIndex, text[end] == "=" { end = text.index(after: end) }
    let sign = String(text[start..<end])
    guard sign != "!" else { return nil }
    return (text[..<start].trimmed, sign, text[end...].trimmed)
  }
}

/// What a share of the capacity without a unit was meant to be.
func shareAdvice(_ share: Double) -> String {
  abs(share) <= 100 ? "write '\(number(share)) %' or '\(number(share / 100))'" : "write '50 %' or '0.5'"
}

private let conditionAdvice = "write for example 'V <= 2.5 V'"
