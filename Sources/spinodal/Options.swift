import ArgumentParser
import Documents
import Electrochemistry

/// The options of every verb that reads a cell.
struct CellOptions: ParsableArguments {
  @Argument(help: "A cell in Battery Parameter eXchange format (BPX, *.json).")
  var cell: String

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Override a value of the cell file, e.g. 'Positive electrode/Particle radius [m]=4e-8'. Repeatable.",
      valueName: "key=value"))
  var overrides: [String] = []

  /// Reads the cell file; warnings go to standard error.
  func load() throws -> CellFile {
    let pairs = try overrides.map { text in
      guard let sign = text.lastIndex(of: "=") else {
        throw Failure(
          status: .badInput, message: "--set '\(text)': expected KEY=VALUE, e.g. 'Separator/Porosity=0.5'")
      }
      return (key: String(text[..<sign]), value: String(text[text.index(after: sign)...]))
    }
    do {
      let file = try CellFile(path: cell, overrides: pairs)
      for warning in file.warnings { complain("warning: \(warning)") }
      return file
    } catch {
      throw Failure.badInput(error)
    }
  }
}

/// The options of every verb that solves a cell.
struct SolverOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Finite volumes through negative electrode, separator and positive electrode, and radial intervals of the \
      particles.
      """, valueName: "n/s/pxr"))
  var mesh = "20/10/20x20"

  @Option(help: "Relative error tolerance of the time integration.")
  var tolerance = SimulatedCell.standardTolerance

  func parsedMesh() throws -> Mesh {
    let parts = mesh.split(whereSeparator: { "/x".contains($0) }).map { Int($0) }
    let separators = mesh.filter { "/x".contains($0) }
    guard separators == "//x", parts.count == 4, let n = parts[0], let s = parts[1], let p = parts[2],
      let r = parts[3], [n, s, p, r].allSatisfy({ (1...10_000).contains($0) })
    else {
      throw Failure(
        status: .badInput,
        message: "--mesh '\(mesh)': expected four counts from 1 to 10000 such as 20/10/20x20")
    }
    return Mesh(negative: n, separator: s, positive: p, radial: r)
  }

  func checkedTolerance() throws -> Double {
    guard tolerance >= 1e-12 && tolerance <= 1e-2 else {
      throw Failure(status: .badInput, message: "--tolerance \(tolerance): expected 1e-12 to 0.01")
    }
    return tolerance
  }
}
