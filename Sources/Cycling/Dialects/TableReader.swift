import Documents

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Reads a table of separated values line by line, in memory that does not grow with the file.
///
/// Fields may stand in double quotes, with quotes doubled inside. Lines end with a line feed, with or without a carriage
/// return before it; a byte order mark is skipped, empty lines too. Where fields are not separated by commas, a comma in a
/// number is its decimal point.
package final class TableReader {
  package let path: String
  /// Number of the present line in the file, from 1.
  package private(set) var line = 0
  /// Whether the present line is the last one and has no end.
  package private(set) var isUnended = false

  private let stream: UnsafeMutablePointer<FILE>
  private var buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)
  /// What has been read and not yet consumed.
  private var unread = 0..<0
  private var isAtEnd = false
  private var separator = UInt8(ascii: ",")
  private var hasDecimalComma: Bool { separator != UInt8(ascii: ",") }
  private var fields: [Range<Int>] = []

  /// Opens the file.
  package init(path: String) throws(DocumentError) {
    guard let stream = fopen(path, "rb") else {
      throw DocumentError(file: path, message: "cannot be opened: \(String(cString: strerror(errno)))")
    }
    self.path = path
    self.stream = stream
  }

  deinit {
    fclose(stream)
    buffer.deallocate()
  }

  /// Goes to the next line and finds out what separates its fields, and those of the lines that follow: a comma, a
  /// semicolon or a tab.
  /// - Returns: the fields; nil at the end of the file.
  package func header() throws(DocumentError) -> [String]? {
    guard let range = try nextRange() else { return nil }
    let bytes = buffer[range]
    separator =
      [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")].max { a, b in
        bytes.count { $0 == a } < bytes.count { $0 == b }
      } ?? separator
    split(range)
    return fields.indices.map(text)
  }

  /// Goes to the next line.
  /// - Returns: false at the end of the file.
  package func next() throws(DocumentError) -> Bool {
    guard let range = try nextRange() else { return false }
    split(range)
    return true
  }

  /// Of the present line.
  package var fieldCount: Int { fields.count }

  package func text(_ field: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[fields[field]]), as: UTF8.self)
  }

  /// The number in a field; nil where it is empty.
  package func number(_ field: Int, _ label: String) throws(DocumentError) -> Double? {
    let range = fields[field]
    guard !range.isEmpty else { return nil }
    if let value = decimal(range) { return value }
    let text = text(field)
    guard let value = Double(hasDecimalComma ? text.replacing(",", with: ".") : text) else {
      throw error("expected a number, found '\(text.prefix(40))'", label)
    }
    return value
  }

  /// A complaint about a value of the present line.
  package func error(_ message: String, _ label: String = "", advice: String? = nil) -> DocumentError {
    DocumentError(file: path, line: line, key: label, message: message, advice: advice)
  }

  // MARK: lines

  /// In bytes. Far more than any row of a cycler, and no burden for the memory.
  private static let longestLine = 1 << 20

  private func nextRange() throws(DocumentError) -> Range<Int>? {
    while true {
      guard let end = try endOfLine() else { return nil }
      var range = unread.lowerBound..<end
      unread = min(end + 1, unread.upperBound)..<unread.upperBound
      line += 1
      if line == 1, buffer[range].starts(with: [0xEF, 0xBB, 0xBF]) { range = (range.lowerBound + 3)..<end }
      if range.last.map({ buffer[$0] == UInt8(ascii: "\r") }) == true { range = range.dropLast() }
      if !range.isEmpty { return range }
    }
  }

  /// The place of the next line feed, or the end of the file; nil where there is nothing before that.
  private func endOfLine() throws(DocumentError) -> Int? {
    var searched = unread.lowerBound
    while true {
      let rest = UnsafeMutableBufferPointer(rebasing: buffer[searched..<unread.upperBound])
      if let start = rest.baseAddress, let found = memchr(start, Int32(UInt8(ascii: "\n")), rest.count) {
        return searched + (found - UnsafeMutableRawPointer(start))
      }
      guard !isAtEnd else {
        isUnended = !unread.isEmpty
        return isUnended ? unread.upperBound : nil
      }
      let searchedCount = unread.count
      try fill()
      searched = unread.lowerBound + searchedCount
    }
  }

  /// Reads on, after moving what is left to the start of the buffer.
  private func fill() throws(DocumentError) {
    if unread.lowerBound > 0 {
      let count = unread.count
      buffer.baseAddress!.update(from: buffer.baseAddress! + unread.lowerBound, count: count)
      unread = 0..<count
    }
    if unread.count == buffer.count {
      guard buffer.count < Self.longestLine else {
        line += 1
        throw error("the line is longer than \(Self.longestLine >> 20) MB: this is no table of a cycler")
      }
      let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 2 * buffer.count)
      larger.baseAddress!.update(from: buffer.baseAddress!, count: unread.count)
      buffer.deallocate()
      buffer = larger
    }
    let count = fread(buffer.baseAddress! + unread.upperBound, 1, buffer.count - unread.upperBound, stream)
    if count == 0 {
      guard ferror(stream) == 0 else {
        throw DocumentError(file: path, message: "cannot be read: \(String(cString: strerror(errno)))")
      }
      isAtEnd = true
    }
    unread = unread.lowerBound..<(unread.upperBound + count)
  }

  // MARK: fields

  private func split(_ range: Range<Int>) {
    fields.removeAll(keepingCapacity: true)
    var start = range.lowerBound
    while true {
      var end = start
      if start < range.upperBound, buffer[start] == UInt8(ascii: "\"") {
        fields.append(unquoted(start..<range.upperBound, end: &end))
      } else {
        while end < range.upperBound, buffer[end] != separator { end += 1 }
        fields.append(trimmed(start..<end))
      }
      guard end < range.upperBound else { return }
      start = end + 1
    }
  }

  /// The contents of a field in quotes, put together at its place. `end` becomes the place of the separator behind it.
  private func unquoted(_ range: Range<Int>, end: inout Int) -> Range<Int> {
    let quote = UInt8(ascii: "\"")
    var (from, to) = (range.lowerBound + 1, range.lowerBound)
    while from < range.upperBound {
      if buffer[from] == quote {
        guard from + 1 < range.upperBound, buffer[from + 1] == quote else { break }
        from += 1
      }
      buffer[to] = buffer[from]
      (from, to) = (from + 1, to + 1)
    }
    while from < range.upperBound, buffer[from] != separator { from += 1 }
    end = from
    return range.lowerBound..<to
  }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, buffer[start] == UInt8(ascii: " ") { start += 1 }
    while end > start, buffer[end - 1] == UInt8(ascii: " ") { end -= 1 }
    return start..<end
  }

  // MARK: numbers

  /// A decimal fraction of up to 15 digits, exactly as the standard library would read it; nil for everything else.
  private func decimal(_ range: Range<Int>) -> Double? {
    var bytes = buffer[range]
    let isNegative = bytes.first == UInt8(ascii: "-")
    if isNegative { bytes = bytes.dropFirst() }
    var (digits, digitCount, decimals, hasPoint) = (UInt64(0), 0, 0, false)
    for byte in bytes {
      if byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",") && hasDecimalComma, !hasPoint {
        hasPoint = true
        continue
      }
      let digit = byte &- UInt8(ascii: "0")
      guard digit <= 9, digitCount < 15 else { return nil }
      digits = digits * 10 + UInt64(digit)
      digitCount += 1
      if hasPoint { decimals += 1 }
    }
    guard digitCount > 0 else { return nil }
    // Both are exact, so that the quotient is the number nearest to the decimal.
    let value = Double(digits) / TextBuffer.powersOfTen[decimals]
    return isNegative ? -value : value
  }
}
