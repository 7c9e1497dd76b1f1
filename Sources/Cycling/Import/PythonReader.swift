import Documents

/// Reads the part of Python in which experiments are written down: texts in quotes, tuples, lists, `* 3`, `+`, names with
/// values, comments. A line without any of these is a text as it is.
struct PythonReader {
  enum Value {
    case text(String, Place)
    /// Its parts repeated so many times.
    case tuple([Value], repeats: Int, Place)
    case list([Value], repeats: Int)

    var place: Place {
      switch self {
      case .text(_, let place), .tuple(_, _, let place): place
      case .list(let items, _): items.first?.place ?? Place()
      }
    }
  }

  enum Entry {
    case value(Value)
    /// `termination="80% capacity"`.
    case setting(String, Value, Place)
  }

  private let characters: [Character]
  private let file: String
  private var index = 0
  private var line = 1
  private var lineStart = 0
  private var depth = 0

  init(text: String, file: String) {
    characters = Array(text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...])
    self.file = file
  }

  /// All that the file holds.
  mutating func entries() throws(DocumentError) -> [Entry] {
    var entries: [Entry] = []
    while true {
      skipSpace(",)")
      guard let character = peek() else { return entries }
      if character.isLetter {
        if let entry = try named() { entries.append(entry) }
      } else {
        entries.append(.value(try sum()))
      }
    }
  }

  // MARK: grammar

  /// `name = value`, the beginning of `pybamm.Experiment(…`, or a plain line.
  private mutating func named() throws(DocumentError) -> Entry? {
    let place = place()
    let start = index
    var name = ""
    while let character = peek(), character.isLetter || character.isNumber || "_.".contains(character) {
      name.append(character)
      advance()
    }
    while let character = peek(), character == " " || character == "\t" { advance() }
    switch peek() {
    case "=":
      advance()
      skipSpace()
      // What is assigned may be a call, as in `experiment = pybamm.Experiment([…])`.
      guard peek()?.isLetter == true else { return .setting(name, try sum(), place) }
      return nil
    case "(" where name.hasSuffix("Experiment"):
      advance()
      return nil
    default:
      var text = String(characters[start..<index])
      while let character = peek(), !character.isNewline, character != "#" {
        text.append(character)
        advance()
      }
      if let colon = text.firstIndex(of: ":") {
        let value = Value.text(text[text.index(after: colon)...].trimmed, place)
        return .setting(text[..<colon].trimmed.lowercased(), value, place)
      }
      return .value(.text(text.trimmed, place))
    }
  }

  private mutating func sum() throws(DocumentError) -> Value {
    var values = [try product()]
    skipSpace()
    while peek() == "+" {
      advance()
      skipSpace()
      values.append(try product())
      skipSpace()
    }
    return values.count == 1 ? values[0] : .list(values, repeats: 1)
  }

  private mutating func product() throws(DocumentError) -> Value {
    let value = try atom()
    var ahead = self
    ahead.skipSpace()
    guard ahead.peek() == "*" else { return value }
    self = ahead
    advance()
    skipSpace()
    var digits = ""
    while let character = peek(), character.isNumber {
      digits.append(character)
      advance()
    }
    guard let count = Int(digits), (1...1_000_000).contains(count) else {
      throw place().error("after '*' a whole number is needed", advice: "write for example '* 3'")
    }
    switch value {
    case .tuple(let items, let repeats, let place):
      guard items.count * repeats * count <= 1_000_000 else { throw place.error("more than a million steps") }
      return .tuple(items, repeats: repeats * count, place)
    case .list(let items, 1): return .list(items, repeats: count)
    case .list: return .list([value], repeats: count)
    case .text: return .list([value], repeats: count)
    }
  }

  private mutating func atom() throws(DocumentError) -> Value {
    skipSpace()
    depth += 1
    defer { depth -= 1 }
    guard depth < 100 else { throw place().error("nested too deeply, more than 100 levels") }
    switch peek() {
    case "(":
      let start = place()
      let (items, hasComma) = try items(until: ")")
      // Parentheses around a single thing only group it, and texts without a comma between them are one.
      if items.count == 1, !hasComma { return items[0] }
      return .tuple(items, repeats: 1, start)
    case "[": return .list(try items(until: "]").items, repeats: 1)
    case "\"", "'": return try text()
    case let character?:
      throw place().error(
        "'\(character)' is not expected", advice: "write steps in quotes, or one step a line without quotes")
    case nil: throw place().error("the file ends too early")
    }
  }

  private mutating func items(until close: Character) throws(DocumentError) -> (items: [Value], hasComma: Bool) {
    let start = place()
    advance()
    var items: [Value] = []
    var hasComma = false
    while true {
      skipSpace()
      guard let character = peek() else { throw start.error("'\(close)' is missing") }
      if character == close {
        advance()
        return (items, hasComma)
      }
      if character == "," {
        hasComma = true
        advance()
        continue
      }
      items.append(try sum())
      skipSpace()
      guard peek() == "," || peek() == close || peek() == nil else {
        throw place().error("a comma is missing")
      }
    }
  }

  private mutating func text() throws(DocumentError) -> Value {
    let start = place()
    let quote = peek()
    advance()
    var text = ""
    while let character = peek(), character != quote {
      guard !character.isNewline else { throw start.error("the closing quote is missing") }
      text.append(character)
      advance()
    }
    guard peek() != nil else { throw start.error("the closing quote is missing") }
    advance()
    return .text(text, start)
  }

  // MARK: characters

  private func peek() -> Character? { index < characters.count ? characters[index] : nil }

  private mutating func advance() {
    if characters[index].isNewline {
      line += 1
      lineStart = index + 1
    }
    index += 1
  }

  /// Spaces, line ends, comments, and whatever else is given.
  private mutating func skipSpace(_ others: String = "") {
    while let character = peek() {
      if character == "#" {
        while let character = peek(), !character.isNewline { advance() }
      } else if character.isWhitespace || character == "\\" || others.contains(character) {
        advance()
      } else {
        return
      }
    }
  }

  private func place() -> Place {
    var place = Place()
    place.file = file
    place.line = line
    place.column = index - lineStart + 1
    return place
  }
}
