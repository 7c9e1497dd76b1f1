/// Something that is or becomes true: `V <= 2.5 V`, several such things at once, or one of several.
public indirect enum Condition: Equatable, Sendable {
  case comparison(Comparison)
  case all([Condition])
  case any([Condition])

  /// As the protocol has it.
  public var text: String {
    switch self {
    case .comparison(let comparison): comparison.text
    case .all(let conditions):
      conditions.map { if case .any = $0 { "(\($0.text))" } else { $0.text } }.joined(separator: " and ")
    case .any(let conditions): conditions.map(\.text).joined(separator: " or ")
    }
  }

  /// The step time at which this becomes true, or the test time, if it is about nothing but time: an exact end rather
  /// than a limit to be located.
  var end: (of: Symbol, bound: Expression)? {
    guard case .comparison(let comparison) = self else { return nil }
    let (reading, bound) =
      comparison.relation.isUpward ? (comparison.left, comparison.right) : (comparison.right, comparison.left)
    guard case .symbol(let symbol) = reading, symbol == .time || symbol == .testTime, comparison.relation.isOrder,
      !bound.isReading
    else { return nil }
    return (symbol, bound)
  }

  var isReading: Bool {
    switch self {
    case .comparison(let comparison): comparison.left.isReading || comparison.right.isReading
    case .all(let conditions), .any(let conditions): conditions.contains(where: \.isReading)
    }
  }

  var isConstant: Bool {
    switch self {
    case .comparison(let comparison): comparison.left.isConstant && comparison.right.isConstant
    case .all(let conditions), .any(let conditions): conditions.allSatisfy(\.isConstant)
    }
  }
}

/// Two values that measure the same.
public struct Comparison: Equatable, Sendable {
  /// Readings are continuous: for them `<` and `<=` are the same, and nothing is ever equal.
  public enum Relation: String, CaseIterable, Sendable {
    case less = "<"
    case atMost = "<="
    case greater = ">"
    case atLeast = ">="
    case equal = "=="
    case unequal = "!="

    var isOrder: Bool { self != .equal && self != .unequal }
    /// Whether it becomes true as the left side grows.
    var isUpward: Bool { self == .greater || self == .atLeast }

    func holds(_ left: Double, _ right: Double) -> Bool {
      switch self {
      case .less: left < right
      case .atMost: left <= right
      case .greater: left > right
      case .atLeast: left >= right
      case .equal: left == right
      case .unequal: left != right
      }
    }
  }

  public var left: Expression
  public var relation: Relation
  public var right: Expression
  /// As the protocol has it, for messages and summaries.
  public var text: String

  /// - Parameter text: by default made of the parts.
  public init(_ left: Expression, _ relation: Relation, _ right: Expression, text: String? = nil) {
    self.left = left
    self.relation = relation
    self.right = right
    self.text = text ?? "\(left.text) \(relation.rawValue) \(right.text)"
  }
}

/// One of the alternatives that end a step or a loop, and where the test goes on.
public struct Exit: Equatable, Sendable {
  public var condition: Condition
  /// The label to go on at; nil goes on with what follows.
  public var target: String?

  public init(_ condition: Condition, to target: String? = nil) {
    self.condition = condition
    self.target = target
  }
}
