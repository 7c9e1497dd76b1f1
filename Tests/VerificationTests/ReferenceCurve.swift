import Electrochemistry
import Foundation
import Testing

/// A converged curve of an independent solver, from the folder References.
struct ReferenceCurve {
  /// One row for each instant: time in s, current in A (charge positive), voltage in V, number of the step.
  struct Row {
    var time: Double
    var current: Double
    var voltage: Double
    var step: Int
    /// In K, where the reference has it.
    var temperature: Double?
  }

  var rows: [Row]

  init(_ name: String) throws {
    let text = try String(contentsOf: Self.url("\(name).csv"), encoding: .utf8)
    let lines = text.split(whereSeparator: \.isNewline)
    let labels = lines[0].split(separator: ",")
    let time = try #require(labels.firstIndex(of: "time_s"))
    let current = try #require(labels.firstIndex(of: "current_A"))
    let voltage = try #require(labels.firstIndex(of: "voltage_V"))
    let step = labels.firstIndex(of: "step")
    let temperature = labels.firstIndex(of: "temperature_K")
    rows = try lines.dropFirst().map { line in
      let fields = try line.split(separator: ",").map { try #require(Double($0)) }
      return Row(
        time: fields[time], current: fields[current], voltage: fields[voltage],
        step: step.map { Int(fields[$0]) } ?? 1,
        temperature: temperature.map { fields[$0] })
    }
  }

  static func url(_ file: String) -> URL {
    Bundle.module.url(forResource: "References", withExtension: nil)!.appendingPathComponent(file)
  }

  /// A cell file of the repository's `cells` folder, or one that stands beside the references.
  static func cell(_ name: String) throws -> Cell {
    let beside = url("\(name).json").path
    let path =
      FileManager.default.fileExists(atPath: beside)
      ? beside : URL(filePath: #filePath).pathComponents.dropLast(3).joined(separator: "/") + "/cells/\(name).json"
    return try CellFile(path: path).cell
  }
}

/// The deviation of a simulated voltage curve from a reference, in V.
struct Deviation {
  private var sum = 0.0
  private var count = 0
  private(set) var largest = 0.0
  var rootMeanSquare: Double { (sum / Double(max(count, 1))).squareRoot() }

  mutating func add(_ deviation: Double) {
    sum += deviation * deviation
    count += 1
    largest = max(largest, abs(deviation))
  }
}
