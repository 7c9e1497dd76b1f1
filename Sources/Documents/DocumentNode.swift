import Yams

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// One value of a YAML or JSON file that knows where it stands, so that every complaint about it can name
/// the file, line, column and key.
public struct DocumentNode {
  private let node: Node
  /// Path of the file as the user gave it.
  public let file: String
  /// Keys from the top, joined by `/`; list items count from 1.
  public let key: String

  private init(_ node: Node, file: String, key: String) {
    self.node = node
    self.file = file
    self.key = key
  }

  /// Reads a YAML or JSON file. Throws when it cannot be read or is not well-formed.
  public init(path: String) throws(DocumentError) {
    try self.init(text: Self.text(ofFile: path), file: path)
  }

  /// Parses YAML or JSON text; `file` is the name used in messages.
  public init(text: String, file: String) throws(DocumentError) {
    // Editors on Windows begin a file with a byte order mark, which would become part of its first key.
    let text = text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text
    let (depth, line) = Self.deepestNesting(of: text)
    guard depth * text.utf8.count <= Self.longestSearch else {
      throw DocumentError(
        file: file, line: line,
        message: "values are nested too deeply, "
          + (depth > Self.deepest ? "more than \(Self.deepest) levels" : "\(depth) levels in so large a file"))
    }
    let root: Node?
    do {
      root = try Aliases.compose(text, file: file)
    } catch let error as DocumentError {
      throw error
    } catch let error as YamlError {
      throw Self.located(error, file: file, text: text)
    } catch {
      throw DocumentError(file: file, message: "cannot be parsed: \(error)")
    }
    guard let root else { throw DocumentError(file: file, message: "the file is empty") }
    self.init(root, file: file, key: "")
  }

  /// For each of its words the parser looks at all brackets that are open: deep and long texts would take it hours.
  private static let longestSearch = 300_000_000

  /// The levels that the parser allows.
  static let deepest = 1000

  /// How many brackets are open at the same time, wherever they stand, and in which line.
  private static func deepestNesting(of text: String) -> (depth: Int, line: Int) {
    var (depth, line) = (0, 1)
    var deepest = (depth: 0, line: 1)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        if depth > deepest.depth { deepest = (depth, line) }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
      case UInt8(ascii: "\n"): line += 1
      default: break
      }
    }
    return deepest
  }

  // MARK: what it is

  public var isMapping: Bool { node.mapping != nil }
  public var isList: Bool { node.sequence != nil }
  /// A number, word or quoted text, as written (without the quotes); nil for mappings and lists.
  public var scalar: String? { node.scalar?.string }
  public var line: Int? { node.mark?.line }
  public var column: Int? { node.mark?.column }

  /// A complaint about this value.
  public func error(_ message: String, advice: String? = nil) -> DocumentError {
    DocumentError(
      file: file, line: node.mark?.line, column: node.mark?.column, key: key, message: message, advice: advice)
  }

  /// A complaint about one character of this scalar, counted from 1.
  public func error(_ message: String, character: Int, advice: String? = nil) -> DocumentError {
    var complaint = error(message, advice: advice)
    let quote = node.scalar?.style == .doubleQuoted || node.scalar?.style == .singleQuoted ? 1 : 0
    complaint.column = column.map { $0 + quote + character - 1 }
    return complaint
  }

  // MARK: scalars

  /// The text of a scalar.
  public func string() throws(DocumentError) -> String {
    guard let scalar else { throw error("expected text, found \(kind)") }
    return scalar
  }

  /// A finite number.
  public func number() throws(DocumentError) -> Double {
    guard let scalar else { throw error("expected a number, found \(kind)") }
    guard let value = Double(scalar) else { throw error("expected a number, found '\(scalar.prefix(40))'") }
    guard value.isFinite else { throw error("\(scalar) is not a finite number") }
    return value
  }

  /// A finite number inside a range; `meaning` says what the range is for, e.g. "a porosity".
  public func number(in range: ClosedRange<Double>, _ meaning: String) throws(DocumentError) -> Double {
    let value = try number()
    guard range.contains(value) else {
      throw error(
        "\(scalar ?? "") is not \(meaning)", advice: "allowed: \(short(range.lowerBound)) to \(short(range.upperBound))"
      )
    }
    return value
  }

  /// A number above zero.
  public func positiveNumber() throws(DocumentError) -> Double {
    let value = try number()
    guard value > 0 else { throw error("must be greater than zero, found \(scalar ?? "")") }
    return value
  }

  // MARK: lists

  /// - Parameter advice: what to write instead of something else.
  public func list(advice: String? = nil) throws(DocumentError) -> [DocumentNode] {
    guard let sequence = node.sequence else { throw error("expected a list, found \(kind)", advice: advice) }
    return sequence.enumerated().map { index, item in
      DocumentNode(item, file: file, key: join("\(index + 1)"))
    }
  }

  // MARK: mappings

  /// The entries of a mapping in the order of the file. `keyNode` stands where the key is written.
  public func entries() throws(DocumentError) -> [(name: String, keyNode: DocumentNode, value: DocumentNode)] {
    guard let mapping = node.mapping else { throw error("expected a group of keys, found \(kind)") }
    var entries: [(name: String, keyNode: DocumentNode, value: DocumentNode)] = []
    for (keyItem, valueItem) in mapping {
      guard let name = keyItem.scalar?.string else {
        throw DocumentNode(keyItem, file: file, key: key).error("a key must be plain text")
      }
      entries.append(
        (
          name, DocumentNode(keyItem, file: file, key: join(name)),
          DocumentNode(valueItem, file: file, key: join(name))
        ))
    }
    return entries
  }

  /// The value of a key, or nil when the key is absent, `null`, or this is not a mapping.
  public subscript(name: String) -> DocumentNode? {
    guard let value = node.mapping?.first(where: { $0.key.scalar?.string == name })?.value else { return nil }
    if let scalar = value.scalar, scalar.style == .plain, ["null", "~", ""].contains(scalar.string) {
      return nil
    }
    return DocumentNode(value, file: file, key: join(name))
  }

  /// The value of a key that must be there.
  public func required(_ name: String) throws(DocumentError) -> DocumentNode {
    guard node.mapping != nil else { throw error("expected a group of keys, found \(kind)") }
    guard let value = self[name] else {
      for (stated, keyNode, value) in try entries() {
        // JSON's comments become part of the key that follows them.
        if stated.hasSuffix("\"\(name)\"") { throw keyNode.unknownKey(known: [name]) }
        guard stated == name else { continue }
        throw value.scalar == ""
          ? keyNode.error("has no value") : value.error("is \(value.scalar ?? ""), where a value is needed")
      }
      throw error("the key '\(name)' is missing")
    }
    return value
  }

  /// Complains about the first key that is not in `known`, and suggests the nearest one.
  public func checkKeys(_ known: [String]) throws(DocumentError) {
    for entry in try entries() where !known.contains(entry.name) {
      throw entry.keyNode.unknownKey(known: known)
    }
  }

  /// The complaint that this key is not one of `known`. Advises the nearest of them and of `others`, words that are
  /// known elsewhere; where none is near and there are few, all of `known`.
  public func unknownKey(known: [String], others: [String] = []) -> DocumentError {
    let name = scalar ?? key
    if name.hasPrefix("//") || name.hasPrefix("/*") { return error("unknown key", advice: Self.noComments) }
    // What follows the comma in `{to: 4,2 V}`.
    if name.first?.isNumber == true {
      return error("unknown key", advice: "a decimal number is written with a point, not a comma")
    }
    let list = known.count <= 8 && !known.isEmpty ? "allowed: \(known.joined(separator: ", "))" : nil
    return error("unknown key", advice: nearest(to: name, in: known + others).map { "did you mean '\($0)'?" } ?? list)
  }

  private static let noComments = "JSON has no comments: take it out"

  /// The paths to all keys below this value, in the order of the file.
  public var paths: [String] {
    guard let mapping = node.mapping else { return [] }
    return mapping.flatMap { pair -> [String] in
      guard let name = pair.key.scalar?.string else { return [] }
      return [name] + DocumentNode(pair.value, file: file, key: "").paths.map { "\(name)/\($0)" }
    }
  }

  /// This document with the value at a path of keys replaced. The path exists. What replaces it stands in no
  /// file: its line and column are nil.
  public func replacing(_ path: ArraySlice<String>, with text: String) -> DocumentNode {
    DocumentNode(Self.replacing(path, of: node, with: text), file: file, key: key)
  }

  private static func replacing(_ path: ArraySlice<String>, of node: Node, with text: String) -> Node {
    guard let name = path.first else { return .scalar(.init(text)) }
    guard let mapping = node.mapping, mapping.contains(where: { $0.key.scalar?.string == name }) else {
      preconditionFailure("no key \(name)")
    }
    let pairs = mapping.map { key, value in
      (key, key.scalar?.string == name ? replacing(path.dropFirst(), of: value, with: text) : value)
    }
    return .mapping(.init(pairs, mapping.tag, mapping.style, mapping.mark))
  }

  // MARK: helpers

  private var kind: String {
    if node.mapping != nil { return "a group of keys" }
    if node.sequence != nil { return "a list" }
    return "'\(scalar?.prefix(40) ?? "")'"
  }

  private func join(_ name: String) -> String { key.isEmpty ? name : "\(key)/\(name)" }

  private static func located(_ error: YamlError, file: String, text: String) -> DocumentError {
    let start = "not well-formed YAML or JSON: "
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      var (message, advice) = (start, Self.advice(on: problem))
      if problem.hasPrefix("Maximum nesting level") {
        message = "values are nested too deeply, more than \(deepest) levels"
      } else if problem == "but found another document" {
        message += "a second document begins here"
      } else if character(at: mark, of: text) == "\t" {
        (message, advice) = (start + "found a tab", "indent with spaces")
      } else {
        if let context {
          message +=
            context.text + (context.mark.line == mark.line ? ": " : " that begins in line \(context.mark.line): ")
        }
        message += problem
      }
      if let comment = commentInJSON(text), comment.line <= mark.line {
        return DocumentError(
          file: file, line: comment.line, column: comment.column, message: start + "found a comment", advice: noComments
        )
      }
      return DocumentError(file: file, line: mark.line, column: mark.column, message: message, advice: advice)
    case .reader(let problem, let offset, _, let yaml):
      let before = yaml.prefix(offset ?? 0).split(separator: "\n", omittingEmptySubsequences: false)
      return DocumentError(
        file: file, line: max(1, before.count), column: (before.last?.unicodeScalars.count ?? 0) + 1,
        message: start + problem)
    case .duplicatedKeysInMapping(let duplicates, let context):
      return DocumentError(
        file: file, line: context.mark.line, column: context.mark.column,
        message:
          "a key is given twice: \(duplicates.sorted().joined(separator: ", "))")
    default:
      return DocumentError(file: file, message: start + "\(error)")
    }
  }

  /// What is usually behind a complaint of the parser.
  private static func advice(on problem: String) -> String? {
    switch problem {
    case "mapping values are not allowed in this context":
      "check the indentation; put text that contains ': ' in quotes"
    case "did not find expected '-' indicator", "did not find expected key": "check the indentation"
    case "could not find expected ':'": "write 'key: value'"
    case "found character that cannot start any token": "put it in quotes"
    case "found undefined alias": "'*name' repeats what was marked '&name' before"
    default: nil
    }
  }

  /// Where text in JSON has its first comment in the manner of C; nil where it has none, or is no JSON.
  private static func commentInJSON(_ text: String) -> (line: Int, column: Int)? {
    guard let first = text.first(where: { !$0.isWhitespace }), first == "{" || first == "/" else { return nil }
    var (line, column) = (1, 0)
    var isInQuotes = false
    var previous: Character = " "
    for character in text {
      column += 1
      if isInQuotes, previous == "\\" {
        previous = " "
        continue
      }
      if character == "\"" { isInQuotes.toggle() }
      if !isInQuotes, previous == "/", character == "/" || character == "*" { return (line, column - 1) }
      if character.isNewline { (line, column, isInQuotes) = (line + 1, 0, false) }
      // In front of a comment there is a space, a comma or a bracket; in an address there is not.
      previous = character == "/" && !isInQuotes && !" \t\n,{}[]".contains(previous) ? ":" : character
    }
    return nil
  }

  private static func character(at mark: Mark, of text: String) -> Unicode.Scalar? {
    var (line, column) = (1, 1)
    for scalar in text.unicodeScalars {
      if line == mark.line, column == mark.column { return scalar }
      (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
    }
    return nil
  }

  /// The text of a file that is no larger than `largest` bytes.
  public static func text(ofFile path: String, largest: Int = largestDocument) throws(DocumentError) -> String {
    guard let stream = fopen(path, "rb") else {
      throw DocumentError(file: path, message: "cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { fclose(stream) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&chunk, 1, chunk.count, stream)
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
      guard bytes.count <= largest else {
        throw DocumentError(file: path, message: "is larger than the \(largest >> 20) MB that such a file can have")
      }
    }
    guard ferror(stream) == 0 else {
      guard errno != EISDIR else { throw DocumentError(file: path, message: "is a folder: name a file in it") }
      throw DocumentError(file: path, message: "cannot be read: \(String(cString: strerror(errno)))")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw DocumentError(file: path, message: "is not text (UTF-8)")
    }
    return withSurrogatePairsJoined(text)
  }

  /// In bytes: far more than any protocol, or any cell with its measured data. Parsed, a document takes some two hundred
  /// times the memory at worst.
  public static let largestDocument = 8 << 20

  /// JSON writes a character beyond the basic plane as two escapes, which YAML does not know: joins them into YAML's one.
  private static func withSurrogatePairsJoined(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
    return text.replacing(/\\u([dD][89aAbB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})/) { match in
      let high = UInt32(match.output.1, radix: 16)! - 0xD800
      let low = UInt32(match.output.2, radix: 16)! - 0xDC00
      let digits = String(0x10000 + (high << 10) + low, radix: 16)
      return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
    }
  }
}

/// A number as a person writes it: 150, not 150.0.
private func short(_ number: Double) -> String { number.description.replacing(/\.0$/, with: "") }

/// The word of `candidates` with the smallest edit distance to `word`, if it is near enough to be meant.
public func nearest(to word: String, in candidates: [String]) -> String? {
  // Nothing has a name of this length, and comparing takes as long as both are.
  guard word.utf8.count <= 1000 else { return nil }
  // A single letter is near to every other: it only suggests its other case.
  let farthest = word.count > 1 ? max(2, word.count / 3) : 0
  let scored = candidates.filter { abs($0.count - word.count) <= farthest }
    .map { ($0, editDistance(word.lowercased(), $0.lowercased())) }
  guard let best = scored.min(by: { $0.1 < $1.1 }), best.1 <= farthest else { return nil }
  return best.0
}

/// Number of single-character insertions, deletions and substitutions between two words (Levenshtein).
func editDistance(_ a: String, _ b: String) -> Int {
  let b = Array(b)
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let substituted = diagonal + (x == y ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
