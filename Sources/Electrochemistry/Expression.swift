import Documents
import Integration

/// What is wrong in an expression, and at which character (from 1).
public struct ExpressionError: Error, Equatable {
  public var column: Int
  public var message: String
  public var advice: String?
}

/// The functions that an expression may call: those of BPX, and three of ours.
private let functions: KeyValuePairs<String, Operation> = [
  "exp": .exp, "tanh": .tanh, "cosh": .cosh,
  "sinh": .sinh, "sqrt": .sqrt, "log": .log,
]

/// Reads an expression in `x`, in the syntax of Python that BPX uses:
///
///     sum     = product { ("+" | "-") product }
///     product = signed { ("*" | "/") signed }
///     signed  = ("+" | "-") signed | power
///     power   = atom [ "**" signed ]
///     atom    = number | "x" | function "(" sum ")" | "(" sum ")"
///
/// so that -x ** 2 is -(x ** 2), 2 ** -x is allowed and 2 ** 3 ** 2 is 2 ** 9.
struct ExpressionParser {
  typealias Operand = ProgramBuilder.Operand

  private let text: [UInt8]
  private var position = 0
  private var depth = 0
  private var builder = ProgramBuilder()

  enum Result {
    case constant(Double)
    case program([Instruction])
  }

  static func parse(_ text: String) throws(ExpressionError) -> Result {
    // Many times what any function of one variable takes; where there is more, a table is meant.
    guard text.utf8.count <= 10_000 else {
      throw ExpressionError(column: 1, message: "is longer than 10000 characters", advice: "give a table of x and y")
    }
    var parser = ExpressionParser(text: Array(text.utf8))
    return try parser.expression()
  }

  private init(text: [UInt8]) { self.text = text }

  private mutating func expression() throws(ExpressionError) -> Result {
    if next == nil { throw error("the expression is empty") }
    let result = try sum()
    if let character = next { throw unexpected(character) }
    if result.isConstant { return .constant(result.shift) }
    guard let program = builder.program(result: result) else {
      throw ExpressionError(
        column: 1, message: "needs more than \(Program.registerCount) intermediate values at once",
        advice: "write it with fewer nested parentheses")
    }
    return .program(program)
  }

  // MARK: grammar

  private mutating func sum() throws(ExpressionError) -> Operand {
    var result = try product()
    while let column = operatorColumn("+-") {
      let minus = text[column - 1] == UInt8(ascii: "-")
      let term = try product()
      result = try finite(minus ? builder.subtract(result, term) : builder.add(result, term), at: column)
    }
    return result
  }

  private mutating func product() throws(ExpressionError) -> Operand {
    var result = try signed()
    while let column = operatorColumn("*/") {
      let division = text[column - 1] == UInt8(ascii: "/")
      let factor = try signed()
      if division && factor == .constant(0) {
        throw ExpressionError(column: column, message: "division by zero")
      }
      result = try finite(
        division ? builder.divide(result, factor) : builder.multiply(result, factor), at: column)
    }
    return result
  }

  private mutating func signed() throws(ExpressionError) -> Operand {
    guard let column = operatorColumn("+-") else { return try power() }
    let minus = text[column - 1] == UInt8(ascii: "-")
    try enter()
    let operand = try signed()
    depth -= 1
    return minus ? builder.negate(operand) : operand
  }

  private mutating func power() throws(ExpressionError) -> Operand {
    let base = try atom()
    guard next == UInt8(ascii: "*"), position + 1 < text.count, text[position + 1] == UInt8(ascii: "*") else {
      return base
    }
    let column = position + 1
    position += 2
    try enter()
    let exponent = try signed()
    depth -= 1
    return try finite(builder.raise(base, to: exponent), at: column)
  }

  private mutating func atom() throws(ExpressionError) -> Operand {
    guard let character = next else { throw error("a number, x or '(' is missing at the end") }
    if character == UInt8(ascii: "(") { return try parentheses() }
    if isDigit(character) || character == UInt8(ascii: ".") { return try number() }
    if isLetter(character) { return try name() }
    throw error("expected a number, x, a function or '('; found \(quoted(character))")
  }

  private mutating func parentheses() throws(ExpressionError) -> Operand {
    let open = position + 1
    position += 1
    try enter()
    let result = try sum()
    depth -= 1
    guard let close = next else { throw ExpressionError(column: open, message: "'(' is never closed") }
    guard close == UInt8(ascii: ")") else { throw unexpected(close) }
    position += 1
    return result
  }

  private mutating func number() throws(ExpressionError) -> Operand {
    let start = position
    skip(while: isDigit)
    if current == UInt8(ascii: ".") {
      position += 1
      skip(while: isDigit)
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      skip(while: isDigit)
    }
    let digits = String(decoding: text[start..<position], as: UTF8.self)
    guard let value = Double(digits), value.isFinite else {
      throw ExpressionError(column: start + 1, message: "'\(digits)' is not a finite number")
    }
    return .constant(value)
  }

  private mutating func name() throws(ExpressionError) -> Operand {
    let column = position + 1
    let start = position
    skip { isLetter($0) || isDigit($0) }
    let word = String(decoding: text[start..<position], as: UTF8.self)
    let called = next == UInt8(ascii: "(")
    if word == "x" {
      if called { throw error("x is not a function", advice: "multiplication is written *") }
      return .x
    }
    guard let function = functions.first(where: { $0.key == word })?.value else {
      let names = functions.map(\.key)
      if !called {
        throw ExpressionError(
          column: column, message: "unknown name '\(word)'", advice: "the only variable is x")
      }
      throw ExpressionError(
        column: column, message: "unknown function '\(word)'",
        advice: nearest(to: word, in: names).map { "did you mean '\($0)'?" }
          ?? "known: \(names.joined(separator: ", "))")
    }
    guard called else {
      throw error("\(word) needs an argument", advice: "\(word)(x)")
    }
    return try finite(builder.call(function, parentheses()), at: column)
  }

  // MARK: characters

  private var current: UInt8? { position < text.count ? text[position] : nil }

  /// The next character that is not a space.
  private var next: UInt8? {
    mutating get {
      skip { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\n") }
      return current
    }
  }

  private mutating func skip(while matches: (UInt8) -> Bool) {
    while let character = current, matches(character) { position += 1 }
  }

  /// Takes the next character if it is one of two operators; returns its column.
  private mutating func operatorColumn(_ operators: StaticString) -> Int? {
    guard let character = next else { return nil }
    guard character == operators.utf8Start[0] || character == operators.utf8Start[1] else { return nil }
    position += 1
    return position
  }

  // MARK: complaints

  private func error(_ message: String, advice: String? = nil) -> ExpressionError {
    ExpressionError(column: position + 1, message: message, advice: advice)
  }

  private func unexpected(_ character: UInt8) -> ExpressionError {
    switch character {
    case UInt8(ascii: "^"): error("unexpected '^'", advice: "a power is written **")
    case UInt8(ascii: ")"): error("')' without '('")
    case UInt8(ascii: ","): error("unexpected ','", advice: "a function has one argument")
    default: error("expected an operator, found \(quoted(character))", advice: "multiplication is written *")
    }
  }

  private func quoted(_ character: UInt8) -> String {
    character < 128 ? "'\(Character(UnicodeScalar(character)))'" : "a character outside ASCII"
  }

  private func finite(_ operand: Operand, at column: Int) throws(ExpressionError) -> Operand {
    if !operand.isFinite {
      throw ExpressionError(column: column, message: "the result is not a finite number")
    }
    return operand
  }

  /// Bounds the recursion, so that no file can exhaust the stack.
  private mutating func enter() throws(ExpressionError) {
    depth += 1
    if depth > 64 { throw error("nested too deeply") }
  }
}

private func isDigit(_ character: UInt8) -> Bool {
  character >= UInt8(ascii: "0") && character <= UInt8(ascii: "9")
}

private func isLetter(_ character: UInt8) -> Bool {
  let lower = character | 0x20
  return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z") || character == UInt8(ascii: "_")
}
