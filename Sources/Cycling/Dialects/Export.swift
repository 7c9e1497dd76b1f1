import Documents

/// Writes a test that stands in Battery Data Format as the file of another cycler. The file is read and written row by
/// row, so that a long test needs no more memory than a short one.
public struct Export {
  public let source: String
  /// Of the file and of what stands beside it.
  private let labels: [String]
  private let columns: Set<Column>
  private let otherLabels: [String]
  private let sidecar: BDFSidecar
  private let startTime: Double?
  private let software: String

  /// Reads the header, and the metadata beside the file where there are any.
  /// - Parameters:
  ///   - startTime: Unix time in s at test time zero, in place of what the file says.
  ///   - software: who writes, for the line that is free for comments.
  public init(source: String, startTime: Double? = nil, software: String) throws(DocumentError) {
    self.source = source
    self.software = software
    sidecar = try BDFSidecar(besides: source)
    let reader = try BDFReader(path: source, startTime: nil)
    labels = reader.labels
    columns = reader.columns
    otherLabels = reader.otherLabels
    self.startTime = startTime ?? (columns.contains(.unixTime) ? nil : sidecar.startTime)
  }

  /// Whether nothing tells when the test began, so that its dates begin in 1970.
  public var hasNoDate: Bool { startTime == nil && !columns.contains(.unixTime) }

  /// Labels of the columns that a dialect has no place for.
  public func leftOut(by dialect: Dialect) -> [String] {
    columns.subtracting(dialect.holds).sorted { $0.rawValue < $1.rawValue }.map(\.label) + otherLabels
  }

  /// The name of the file that is written where none is asked for.
  public func path(for dialect: Dialect) -> String { BDFSidecar.stem(of: source) + dialect.suffix }

  /// What was written, and what was not.
  public struct Result: Equatable, Sendable {
    public var rowCount: Int
    /// The last line of the source if it has no end.
    public var unendedLine: UnendedLine?
  }

  /// A last line without an end: a program may have written it like that, or a test may have been cut off.
  public struct UnendedLine: Equatable, Sendable {
    public var number: Int
    /// Because something in it is missing.
    public var isLeftOut: Bool
  }

  /// The path that stands for standard output.
  public static let standardOutput = "-"

  /// Writes the whole test; Battery Data Format with its metadata beside it, but not on standard output.
  /// - Parameter force: whether an existing file is replaced rather than refused.
  @discardableResult
  public func write(_ dialect: Dialect, to path: String, force: Bool = false) throws -> Result {
    let isFile = path != Self.standardOutput
    let metadata = dialect.hasMetadata && isFile ? BDFSidecar.path(besides: path) : nil
    for path in [path, metadata].compactMap(\.self) where isFile {
      try OutputFile.check(path, force: force, inputs: [source, BDFSidecar.path(besides: source)])
    }
    let reader = try BDFReader(path: source, startTime: startTime)
    var result = Result(rowCount: 0)
    var description: TestDescription?
    func writeRows(to file: OutputFile) throws {
      while let row = try reader.next() {
        if description == nil {
          let test = describe(row)
          file.append { text in
            dialect.preamble(test, &text)
            dialect.appendLabels(to: &text)
          }
          description = test
        }
        file.append { dialect.append(row, to: &$0) }
        try file.flushIfLarge()
        result.rowCount += 1
      }
      guard description != nil else { throw DocumentError(file: source, message: "there are no rows below the labels") }
    }
    if isFile {
      try OutputFile.replace(path, writeRows)
    } else {
      let file = try OutputFile.standardOutput()
      try writeRows(to: file)
      try file.flush()
    }
    result.unendedLine = reader.unendedLine
    if let metadata, let description {
      var content = BDFMetadata(
        name: description.name, startTime: description.startTime, nominalCapacity: description.nominalCapacity,
        observableLabels: [], details: ["comment": .text(description.origin)])
      content.columns = dialect.columns.map(\.label)
      content.isMeasurement = sidecar.isMeasurement
      try content.write(to: metadata, force: force)
    }
    return result
  }

  private func describe(_ first: CyclerRow) -> TestDescription {
    let name = BDFSidecar.stem(of: source).split(separator: "/").last.map(String.init) ?? source
    let origin =
      switch sidecar.isMeasurement {
      case true?: "measured; written by \(software)"
      case false?: "simulated; written by \(software)"
      case nil: "written by \(software)"
      }
    return TestDescription(
      name: name, startTime: first.unixTime - first.testTime, nominalCapacity: sidecar.nominalCapacity, origin: origin)
  }
}

/// What stands beside a file in Battery Data Format, in `NAME.bdf.metadata.json`.
package struct BDFSidecar {
  /// Unix time in s at test time zero.
  var startTime: Double?
  /// In A·h.
  package var nominalCapacity: Double?
  /// nil where nobody says.
  var isMeasurement: Bool?

  /// Nothing where there is no such file.
  package init(besides path: String) throws(DocumentError) {
    let path = Self.path(besides: path)
    guard OutputFile.exists(path) else { return }
    let document = try DocumentNode(path: path)
    startTime = try document["start_unix_time_s"]?.number(in: -1e13...1e13, "a time in s since 1970")
    nominalCapacity = try document["nominal_capacity_Ah"]?.number(in: 0...1e12, "a capacity in A.h")
    isMeasurement = document["is_measurement"].map { $0.scalar == "true" }
  }

  /// `NAME` of `NAME.bdf.csv`.
  package static func stem(of path: String) -> String {
    for ending in [".bdf.csv", ".csv"] where path.hasSuffix(ending) { return String(path.dropLast(ending.count)) }
    return path
  }

  static func path(besides path: String) -> String { stem(of: path) + ".bdf.metadata.json" }
}
