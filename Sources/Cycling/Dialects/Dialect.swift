/// The file of a cycler, as one of its readers knows it.
public struct Dialect: Sendable {
  /// The word on the command line.
  public let name: String
  /// What it is, and the programs that have been seen to open it.
  public let title: String
  public let readers: String
  /// What a file in this dialect is called after the name of its source.
  public let suffix: String

  /// Whether metadata stand beside the file.
  let hasMetadata: Bool
  /// What its columns say; all other columns of a source are left out.
  let holds: Set<Column>
  /// What stands before the line of labels.
  let preamble: @Sendable (TestDescription, inout TextBuffer) -> Void
  let columns: [DialectColumn]
  let separator: String
  let lineEnd: String
  /// Letters beyond ASCII in the labels, and in the preamble, are single bytes.
  let isLatin1: Bool
  /// Whether a separator ends the line of labels.
  let endsLabelsWithSeparator: Bool

  init(
    name: String, title: String, readers: String, suffix: String, alsoHolds: Set<Column>, columns: [DialectColumn],
    separator: String = ",", lineEnd: String = "\n", isLatin1: Bool = false, endsLabelsWithSeparator: Bool = false,
    hasMetadata: Bool = false,
    preamble: @escaping @Sendable (TestDescription, inout TextBuffer) -> Void = { _, _ in }
  ) {
    self.name = name
    self.title = title
    self.readers = readers
    self.suffix = suffix
    // Every cycler's file has these, or has what they can be found from.
    holds = alsoHolds.union([
      .testTime, .voltage, .current, .index, .cycle, .stepID, .stepCount, .stepTime, .unixTime, .chargingCapacity,
      .dischargingCapacity, .chargingEnergy, .dischargingEnergy, .stepChargingCapacity, .stepDischargingCapacity,
      .power,
    ])
    self.columns = columns
    self.separator = separator
    self.lineEnd = lineEnd
    self.isLatin1 = isLatin1
    self.endsLabelsWithSeparator = endsLabelsWithSeparator
    self.hasMetadata = hasMetadata
    self.preamble = preamble
  }

  /// Every dialect that can be written.
  public static let all: [Dialect] =
    [.bdf, .machineReadableBDF] + arbin + neware + maccor + [.biologic] + novonix

  /// The dialect of a name; nil where there is none.
  public static func named(_ name: String) -> Dialect? { all.first { $0.name == name } }

  func appendLabels(to text: inout TextBuffer) {
    for (index, column) in columns.enumerated() {
      if index > 0 { text.append(separator) }
      append(column.label, to: &text)
    }
    if endsLabelsWithSeparator { text.append(separator) }
    text.append(lineEnd)
  }

  func append(_ row: CyclerRow, to text: inout TextBuffer) {
    let separator = separator.utf8.first!
    var isFirst = true
    for column in columns {
      if !isFirst { text.append(separator) }
      isFirst = false
      column.append(row, &text)
    }
    text.append(lineEnd)
  }

  private func append(_ words: String, to text: inout TextBuffer) {
    if isLatin1 { text.append(latin1: words) } else { text.append(words) }
  }
}

/// One column: its label, and how the value of a row is written.
struct DialectColumn: Sendable {
  let label: String
  let append: @Sendable (CyclerRow, inout TextBuffer) -> Void

  init(_ label: String, _ append: @escaping @Sendable (CyclerRow, inout TextBuffer) -> Void) {
    self.label = label
    self.append = append
  }

  /// The same text in every row.
  static func fixed(_ label: String, _ text: String) -> DialectColumn {
    DialectColumn(label) { _, line in line.append(text) }
  }
}

/// What the preamble of a file says about the test.
struct TestDescription: Sendable {
  var name: String
  /// Unix time in s at test time zero.
  var startTime: Double
  /// In A·h; nil where the source does not tell.
  var nominalCapacity: Double?
  /// Where the data come from, for the line that is free for comments.
  var origin: String
}

extension TextBuffer {
  /// Text of which every letter is one byte.
  mutating func append(latin1 text: String) {
    for scalar in text.unicodeScalars { append(scalar.value < 256 ? UInt8(scalar.value) : UInt8(ascii: "?")) }
  }
}
