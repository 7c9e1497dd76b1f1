import Documents
import Foundation
import Testing

/// The numbers that the examples stand for: `checks.yaml` of each.
@Suite(.serialized) struct ExampleTests {
  private static let folder = Spinodal.root.appending(path: "Examples").path

  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/checks.yaml") }.sorted()

  @Test func thereAreExamples() { #expect(Self.names.count > 5) }

  @Test(arguments: names) func numbersAreWhatTheReadmeSays(name: String) throws {
    let results = try ExampleResults("\(Self.folder)/\(name)")
    for check in try DocumentNode(path: "\(Self.folder)/\(name)/checks.yaml").list() {
      try check.checkKeys(["says", "value", "is", "within", "above", "below", "times"])
      let claim = try check.required("says").string()
      let value = try results.number(check.required("value"))
      let factor = try check["times"]?.number() ?? 1
      var sides = 0
      if let other = check["is"] {
        let expected = try factor * results.number(other)
        let within = try check.required("within").string()
        let tolerance =
          within.hasSuffix("%")
          ? try #require(Double(within.dropLast().trimmingCharacters(in: .whitespaces))) / 100 * abs(expected)
          : try #require(Double(within))
        #expect(abs(value - expected) <= tolerance, "\(claim): \(value), expected \(expected) ± \(tolerance)")
        sides += 1
      }
      if let other = check["above"] {
        let bound = try factor * results.number(other)
        #expect(value > bound, "\(claim): \(value), expected more than \(bound)")
        sides += 1
      }
      if let other = check["below"] {
        let bound = try factor * results.number(other)
        #expect(value < bound, "\(claim): \(value), expected less than \(bound)")
        sides += 1
      }
      #expect(sides > 0, "\(claim): compares nothing")
    }
  }
}

/// What the studies and cells of an example come to, each computed once.
private final class ExampleResults {
  private let folder: String
  private let output = try! TemporaryFolder()
  /// Values by variant, metric and cycle; the last cycle also without one.
  private var studies: [String: [String: Double]] = [:]
  private var descriptions: [String: DocumentNode] = [:]

  init(_ folder: String) throws { self.folder = folder }

  /// A number as it stands, or where it is to be found.
  func number(_ node: DocumentNode) throws -> Double {
    if node.scalar != nil { return try node.number() }
    if let cell = node["info"] {
      try node.checkKeys(["info", "set", "path"])
      return try description(cell.string(), node["set"]).value(at: node.required("path").string()).number()
    }
    try node.checkKeys(["study", "variant", "metric", "cycle"])
    let study = try node["study"]?.string() ?? "study"
    let key = try [
      node.required("variant").string(), node.required("metric").string(), node["cycle"]?.string() ?? "",
    ].joined(separator: "\t")
    guard let value = try results(study)[key] else { throw node.error("\(study).yaml gives no such number") }
    return value
  }

  private func results(_ study: String) throws -> [String: Double] {
    if let known = studies[study] { return known }
    let path = output.path(study)
    // Runs may stop early, which some examples are about.
    let compare = try Spinodal("compare", "\(folder)/\(study).yaml", "-o", path, "--tables")
    #expect([0, 1].contains(compare.status), "\(study): \(compare.complaints)")
    var values: [String: Double] = [:]
    let rows = try output.text("\(study)/compare.csv").split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    for row in rows.dropFirst() {
      let (variant, cycle, metric) = (row[0], row[row.count - 3], row[row.count - 2])
      guard let value = Double(row[row.count - 1]) else { continue }
      values["\(variant)\t\(metric)\t\(cycle)"] = value
      values["\(variant)\t\(metric)\t"] = value
    }
    studies[study] = values
    return values
  }

  private func description(_ cell: String, _ overrides: DocumentNode?) throws -> DocumentNode {
    let settings = try overrides?.entries().flatMap { ["--set", "\($0.name)=\(try $0.value.string())"] } ?? []
    let key = ([cell] + settings).joined(separator: "\n")
    if let known = descriptions[key] { return known }
    let info = try Spinodal(["info", "\(folder)/\(cell)", "--json"] + settings)
    #expect(info.status == 0, "\(cell): \(info.complaints)")
    let document = try DocumentNode(text: info.output, file: cell)
    descriptions[key] = document
    return document
  }
}

extension DocumentNode {
  /// The value at `a/b/2/c`; items of lists count from 1.
  fileprivate func value(at path: String) throws -> DocumentNode {
    var node = self
    for part in path.split(separator: "/") {
      if node.isList {
        let items = try node.list()
        let index = try #require(Int(part))
        node = try #require(items.indices.contains(index - 1) ? items[index - 1] : nil, "no item \(part) in \(path)")
      } else {
        node = try node.required(String(part))
      }
    }
    return node
  }
}
