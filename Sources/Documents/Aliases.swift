import Yams

/// Puts the values that a YAML text marks with `&name` in the places of their aliases, `*name`.
///
/// The parser could do this by itself, but a few lines of aliases of aliases stand for more values than any memory holds,
/// or for more levels than a stack, and it meets them while it still reads: it compares keys with each other, and takes
/// apart what it has when the text turns out to be wrong. So it gets to see words instead of aliases.
struct Aliases {
  private let stand: Unicode.Scalar
  private let file: String
  private var marked: [String: (node: Node, size: Int, depth: Int)] = [:]
  private var allowance: Int

  /// The value that a text holds; nil where it is empty.
  static func compose(_ text: String, file: String) throws -> Node? {
    // What a plain word means is decided where it is read: YAML's own rules, a dozen regular expressions, are not needed.
    guard text.utf8.contains(UInt8(ascii: "&")), text.utf8.contains(UInt8(ascii: "*")) else {
      return try Parser(yaml: text, resolver: .basic).singleRoot()
    }
    // A character that nobody uses takes the place of the asterisk.
    let free = (0xE000...0xF8FF).lazy.compactMap { Unicode.Scalar(UInt32($0)) }.first {
      !text.unicodeScalars.contains($0)
    }
    guard let free else { throw DocumentError(file: file, message: "has all characters that mean nothing") }
    // The marks are gone with the parser.
    let parser = try Parser(yaml: text.replacing("*", with: String(free)), resolver: .basic)
    guard let root = try parser.singleRoot() else { return nil }
    var aliases = Aliases(stand: free, file: file, allowance: text.utf8.count + 100_000)
    return try withExtendedLifetime(parser) { try aliases.resolved(root, level: 0).node }
  }

  private init(stand: Unicode.Scalar, file: String, allowance: Int) {
    self.stand = stand
    self.file = file
    self.allowance = allowance
  }

  /// The node without aliases, how many values it holds and how deeply they are nested.
  private mutating func resolved(_ node: Node, level: Int) throws(DocumentError) -> (node: Node, size: Int, depth: Int)
  {
    var result = (node: node, size: 1, depth: 1)
    switch node {
    case .scalar(var scalar):
      guard scalar.string.unicodeScalars.contains(stand) else { break }
      if scalar.style == .plain, scalar.string.unicodeScalars.first == stand {
        result = try value(of: String(scalar.string.unicodeScalars.dropFirst()), at: scalar.mark)
        // With aliases a few lines can stand for billions of values; without them no text holds more than bytes.
        allowance -= result.size
        guard allowance >= 0, level + result.depth <= DocumentNode.deepest else {
          throw error("too large: its aliases ('*name') repeat each other too often", at: scalar.mark)
        }
      } else {
        scalar.string = scalar.string.replacing(String(stand), with: "*")
        result.node = .scalar(scalar)
      }
    case .sequence(var sequence):
      for index in sequence.indices {
        let item = try resolved(sequence[index], level: level + 1)
        sequence[index] = item.node
        (result.size, result.depth) = (result.size + item.size, max(result.depth, item.depth + 1))
      }
      result.node = .sequence(sequence)
    case .mapping(let mapping):
      var pairs: [(Node, Node)] = []
      for (key, value) in mapping {
        let (key, value) = (try resolved(key, level: level + 1), try resolved(value, level: level + 1))
        pairs.append((key.node, value.node))
        (result.size, result.depth) = (
          result.size + key.size + value.size, max(result.depth, key.depth + 1, value.depth + 1)
        )
      }
      result.node = .mapping(.init(pairs, mapping.tag, mapping.style, mapping.mark))
    case .alias: break
    }
    if let name = node.anchor?.rawValue { marked[name] = result }
    return result
  }

  private func value(of name: String, at mark: Mark?) throws(DocumentError) -> (node: Node, size: Int, depth: Int) {
    guard let value = marked[name] else {
      throw error("'*\(name)' repeats what was marked '&\(name)' before, and nothing was", at: mark)
    }
    return value
  }

  private func error(_ message: String, at mark: Mark?) -> DocumentError {
    DocumentError(file: file, line: mark?.line, column: mark?.column, message: message)
  }
}
