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
  var mesh = Mesh.standard.description

  @Option(help: "Relative error tolerance of the time integration.")
  var tolerance = SimulatedCell.standardTolerance

  func parsedMesh() throws -> Mesh {
    // Some ten times the finest mesh that anyone has needed, and little enough for the memory of a laptop.
    guard let parsed = Mesh(mesh),
      (parsed.negative + parsed.positive) * (parsed.radial + 4) + parsed.separator < 500_000
    else {
      throw Failure(
        status: .badInput,
        message: "--mesh '\(mesh)': expected four counts such as \(Mesh.standard), together below 500000 unknowns")
    }
    return parsed
  }

  func checkedTolerance() throws -> Double {
    guard tolerance >= 1e-9 && tolerance <= 1e-2 else {
      throw Failure(status: .badInput, message: "--tolerance \(tolerance): expected 1e-9 to 0.01")
    }
    return tolerance
  }
}
