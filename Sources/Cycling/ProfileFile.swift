import Documents

extension ProtocolParser {
  /// `{file: us06.csv, columns: {time: t_s, power: P_W}, positive: discharge, scale: 0.9, repeat: until stop}`.
  func profile(_ node: DocumentNode) throws(DocumentError) -> Profile {
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
      text = try DocumentNode.text(ofFile: path)
    } catch {
      throw fileNode.error("\(path): \(error.message)")
    }
    let sign = positive == "discharge" && variable != .voltage ? -1.0 : 1
    let rows = try ProfileTable(text, file: path).rows(time: timeColumn, value: valueColumn)
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
  private let lines: [(number: Int, cells: [Substring])]
  private let file: String

  init(_ text: String, file: String) throws(DocumentError) {
    self.file = file
    let text = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
    let all = text.split(omittingEmptySubsequences: false) { $0.isNewline }.enumerated()
      .filter { !$0.element.allSatisfy(\.isWhitespace) && !$0.element.hasPrefix("#") }
    guard let heading = all.first?.element else { throw DocumentError(file: file, message: "the file is empty") }
    let separator: Character = heading.contains("\t") ? "\t" : heading.contains(";") ? ";" : ","
    lines = all.map { (number: $0.offset + 1, cells: Self.cells($0.element, separator)) }
  }

  /// The rows in the order of time, which starts at zero.
  func rows(time: String, value: String) throws(DocumentError) -> [Profile.Row] {
    let timeIndex = try index(of: time)
    let valueIndex = try index(of: value)
    var rows: [Profile.Row] = []
    for line in lines.dropFirst() {
      let row = Profile.Row(time: try number(line, timeIndex, time), value: try number(line, valueIndex, value))
      if let last = rows.last, row.time <= last.time {
        throw DocumentError(
          file: file, line: line.number, message: "the time does not grow: \(row.time) s after \(last.time) s")
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
    let names = lines[0].cells.map { $0.trimmed }
    guard let index = names.firstIndex(of: name) else {
      throw DocumentError(
        file: file, line: lines[0].number, message: "has no column '\(name)'",
        advice: nearest(to: name, in: names).map { "did you mean '\($0)'?" }
          ?? "there are \(names.prefix(8).joined(separator: ", "))")
    }
    return index
  }

  private func number(
    _ line: (number: Int, cells: [Substring]), _ index: Int, _ column: String
  ) throws(DocumentError) -> Double {
    guard index < line.cells.count else {
      throw DocumentError(file: file, line: line.number, message: "the line ends before the column '\(column)'")
    }
    let text = line.cells[index].trimmed
    guard let number = Double(text), number.isFinite else {
      throw DocumentError(
        file: file, line: line.number, key: column, message: "expected a number, found '\(text.prefix(40))'")
    }
    return number
  }

  private static func cells(_ line: Substring, _ separator: Character) -> [Substring] {
    line.split(separator: separator, omittingEmptySubsequences: false).map { cell in
      let cell = cell.drop { $0.isWhitespace }
      return cell.count > 1 && cell.first == "\"" && cell.last == "\"" ? cell.dropFirst().dropLast() : cell
    }
  }
}
