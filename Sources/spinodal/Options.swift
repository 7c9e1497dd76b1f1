import ArgumentParser
import Cycling
import Documents
import Electrochemistry

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

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
      particles (default: \(Mesh.standard); twice the volumes in electrodes of diffusing particles with 'Mechanics').
      """, valueName: "n/s/pxr"))
  var mesh: String?

  @Option(help: "Relative error tolerance of the time integration.")
  var tolerance = SimulatedCell.standardTolerance

  func parsedMesh() throws -> Mesh? { try mesh.map { try Self.mesh($0) } }

  static func mesh(_ mesh: String) throws -> Mesh {
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

  func checkedTolerance() throws -> Double { try Self.tolerance(tolerance) }

  static func tolerance(_ tolerance: Double) throws -> Double {
    guard tolerance >= 1e-10 && tolerance <= 1e-2 else {
      throw Failure(status: .badInput, message: "--tolerance \(tolerance): expected 1e-10 to 0.01")
    }
    return tolerance
  }
}

/// In K, of a temperature in an option.
func kelvin(_ text: String, option: String) throws -> Double {
  guard let quantity = try? Quantity(parsing: text), quantity.dimension == .temperature,
    (150...500).contains(quantity.value)
  else {
    throw Failure(status: .badInput, message: "\(option) '\(text)': expected a temperature such as '40 degC'")
  }
  return quantity.value
}

/// In s, of a duration in an option.
func seconds(_ text: String, option: String) throws -> Double {
  guard let quantity = try? Quantity(parsing: text), quantity.dimension == .time, quantity.value >= 0 else {
    throw Failure(status: .badInput, message: "\(option) '\(text)': expected a duration such as '10 min'")
  }
  return quantity.value
}

/// Unix time in s of a date and time in an option.
func unixTime(_ text: String, option: String) throws -> Double {
  guard let date = try? Date(text, strategy: .iso8601) else {
    throw Failure(status: .badInput, message: "\(option) '\(text)': expected a time such as 2026-01-15T09:30:00Z")
  }
  guard isInCalendar(text) else {
    throw Failure(status: .badInput, message: "\(option) '\(text)': there is no such day or time of day")
  }
  return date.timeIntervalSince1970
}

/// Whether day and time exist: where they do not, the parser counts on into the next month or hour.
private func isInCalendar(_ text: String) -> Bool {
  let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
  guard numbers.count >= 6 else { return false }
  let (year, month) = (numbers[0], numbers[1])
  guard (1...12).contains(month) else { return false }
  let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
  let days = month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  return (1...days).contains(numbers[2]) && (0..<24).contains(numbers[3]) && (0..<60).contains(numbers[4])
    && (0..<60).contains(numbers[5])
}
