/// What is wrong in a file, where, and what would be right. Rendered by the command line as
/// `FILE:LINE:COLUMN: KEY: message (advice)`.
public struct DocumentError: Error, Equatable, CustomStringConvertible {
  /// Path as the user gave it.
  public var file: String
  /// Line and column from 1; nil where the whole file is meant.
  public var line: Int?
  public var column: Int?
  /// Path of keys from the top, joined by `/`; empty at the top.
  public var key: String
  public var message: String
  public var advice: String?

  public init(
    file: String, line: Int? = nil, column: Int? = nil, key: String = "", message: String, advice: String? = nil
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.key = key
    self.message = message
    self.advice = advice
  }

  public var description: String {
    var text = file
    if let line { text += ":\(line)" }
    if let column { text += ":\(column)" }
    text += ": "
    if !key.isEmpty { text += "\(key.printable): " }
    text += message.printable
    if let advice { text += " (\(advice.printable))" }
    return text
  }
}

extension String {
  /// The same text fit for a terminal: a complaint may quote a file that has everything in it. Characters that nobody can
  /// see are written as their numbers, and of a very long text the beginning is enough.
  public var printable: String {
    var text = ""
    for scalar in unicodeScalars.prefix(Self.longestPrintable) {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: text += scalar.escaped(asASCII: true)
      default: text.unicodeScalars.append(scalar)
      }
    }
    return utf8.count > Self.longestPrintable && unicodeScalars.count > Self.longestPrintable ? text + "…" : text
  }

  private static let longestPrintable = 400
}
