import Documents

extension ProtocolParser {
  /// `{file: us06.csv, columns: {time: t_s, power: P_W}, positive: discharge, scale: 0.9, repeat: until stop}`.
  func profile(_ node: DocumentNode) throws(DocumentError) -> Profile {
    guard node.isMapping else {
      throw node.error(
        "a profile has several keys", advice: "write '{file: us06.csv, columns: {time: t_s, power: P_W}}'")
    }
    try check(node, ["file", "columns", "positive", "scale", "repeat"])
    let fileNode = try node.required("file")
    let name = try fileNode.string()
    let columns = try node.required("columns")
    try check(columns, ["time"] + Ramp.Variable.allCases.map(\.rawValue))
    let timeColumn = try columns.required("time").string()
    let values = try columns.entries().filter { $0.name != "time" }
    guard let entry = values.first, let variable = Ramp.Variable(rawValue: entry.name) else {
      throw columns.error("what the file holds is missing", advice: "add for example 'power: P_W'")
    }
    if values.count > 1 { throw values[1].keyNode.error("give one of current, power and voltage") }
    let valueColumn = try entry.value.string()
    let signs = ["charge", "discharge"]
    let positive = try node["positive"]?.string() ?? "charge"
    guard signs.contains(positive) else {
      throw (node["positive"] ?? node).error("found '\(positive.prefix(40))'", advice: "write 'charge' or 'discharge'")
    }
    let scale = try node["scale"]?.positiveNumber() ?? 1
    var repeats: Int? = 1
    if let count = node["repeat"] { repeats = count.scalar == "until stop" ? nil : try passes(count) }

    let path = Self.path(name, besideFile: node.file)
    let text: String
    do {
      text = try DocumentNode.text(ofFile: path, largest: ProfileTable.largest)
    } catch {
      throw fileNode.error("\(path): \(error.message)")
    }
    let sign = positive == "discharge" && variable != .voltage ? -1.0 : 1
    var table = try ProfileTable(text, file: path)
    let rows = try table.rows(time: timeColumn, value: valueColumn)
    return Profile(
      variable: variable, file: name, timeColumn: timeColumn, valueColumn: valueColumn,
      isDischargePositive: positive == "discharge", scale: scale, repeats: repeats,
      rows: rows.map { Profile.Row(time: $0.time, value: $0.value * scale * sign) })
  }

  /// A path in a protocol starts at the folder of the protocol.
  private static func path(_ name: String, besideFile file: String) -> String {
    guard !name.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return name }
    return file[...slash] + name
  }
}

/// A table of numbers with a line of headings, as a spreadsheet saves it: separated by commas, semicolons or tabs. Lines
/// that begin with `#` are left out.
private struct ProfileTable {
  /// In bytes: a day at thirty rows a second, and no burden for the memory.
  static let largest = 64 << 20
  private static let longestLine = 1 << 20

  private let file: String
  /// What has not been read yet.
  private var rest: Substring.UTF8View
  private var lineNumber = 0
  private var heading: [String] = []
  private var separator = UInt8(ascii: ",")

  init(_ text: String, file: String) throws(DocumentError) {
    self.file = file
    rest = text.utf8[...]
    if text.hasPrefix("\u{FEFF}") { rest = rest.dropFirst(3) }
    guard let line = try nextLine() else { throw DocumentError(file: file, message: "the file is empty") }
    separator = [UInt8(ascii: "\t"), UInt8(ascii: ";")].first { line.contains($0) } ?? separator
    heading = cells(line).map { String($0).trimmed }
  }

  /// The next line that says something.
  private mutating func nextLine() throws(DocumentError) -> Substring.UTF8View? {
    while !rest.isEmpty {
      let end = rest.firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? rest.endIndex
      let line = rest[..<end]
      rest = rest[end...]
      // A carriage return and a line feed are one end.
      if let first = rest.popFirst(), first == UInt8(ascii: "\r"), rest.first == UInt8(ascii: "\n") {
        rest.removeFirst()
      }
      lineNumber += 1
      guard line.count <= Self.longestLine else {
        throw DocumentError(file: file, line: lineNumber, message: "the line is longer than 1 MB: this is no table")
      }
      let isBlank = line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      if !isBlank, line.first != UInt8(ascii: "#") { return line }
    }
    return nil
  }

  /// The rows in the order of time, which starts at zero.
  mutating func rows(time: String, value: String) throws(DocumentError) -> [Profile.Row] {
    let timeIndex = try index(of: time)
    let valueIndex = try index(of: value)
    var rows: [Profile.Row] = []
    while let line = try nextLine() {
      let cells = cells(line)
      let row = Profile.Row(time: try number(cells, timeIndex, time), value: try number(cells, valueIndex, value))
      if let last = rows.last, row.time <= last.time {
        throw DocumentError(
          file: file, line: lineNumber, message: "the time does not grow: \(row.time) s after \(last.time) s")
      }
      rows.append(row)
    }
    guard rows.count > 1, let first = rows.first, let last = rows.last else {
      throw DocumentError(file: file, message: "needs two or more rows: each holds until the time of the next")
    }
    guard last.time - first.time <= longestTest else {
      throw DocumentError(file: file, message: "lasts longer than \(longestTestText)")
    }
    return rows.map { Profile.Row(time: $0.time - first.time, value: $0.value) }
  }

  private func index(of name: String) throws(DocumentError) -> Int {
    guard let index = heading.firstIndex(of: name) else {
      throw DocumentError(
        file: file, line: lineNumber, message: "has no column '\(name)'",
        advice: nearest(to: name, in: heading).map { "did you mean '\($0)'?" }
          ?? "there are \(heading.prefix(8).joined(separator: ", "))")
    }
    return index
  }

  private func number(_ cells: [Substring], _ index: Int, _ column: String) throws(DocumentError) -> Double {
    guard index < cells.count else {
      throw DocumentError(file: file, line: lineNumber, message: "the line ends before the column '\(column)'")
    }
    let text = cells[index].trimmed
    guard let number = Double(text), number.isFinite else {
      throw DocumentError(
        file: file, line: lineNumber, key: column, message: "expected a number, found '\(text.prefix(40))'")
    }
    return number
  }

  private func cells(_ line: Substring.UTF8View) -> [Substring] {
    line.split(separator: separator, omittingEmptySubsequences: false).map { cell in
      let cell = cell.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      let isQuoted = cell.count > 1 && cell.first == UInt8(ascii: "\"") && cell.last == UInt8(ascii: "\"")
      return Substring(isQuoted ? cell.dropFirst().dropLast() : cell)
    }
  }
}
