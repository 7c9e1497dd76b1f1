#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A unit in which the numbers of an axis are neither long nor tiny.
public struct DisplayUnit: Sendable {
  public var factor: Double
  public var name: String

  /// A power of a thousand of an SI unit; of what is next to nothing, the unit itself.
  /// - Parameter largest: of the values in the unit.
  public init(_ unit: String, largest: Double) {
    let prefixes = [(1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p")]
    let largest = largest.isFinite && largest > 0 ? largest : 1
    let (size, prefix) = prefixes.first { largest >= 0.5 * $0.0 } ?? (1, "")
    (factor, name) = (1 / size, prefix + unit)
  }

  /// That of a quantity with its unit after a slash: `Discharging Capacity / Ah`. What has a compound unit stays in it.
  /// - Returns: the unit, and what is measured in it.
  public static func of(_ label: String, largest: Double) -> (unit: DisplayUnit, name: String) {
    let slash = label.ranges(of: " / ").last
    let name = String(label[..<(slash?.lowerBound ?? label.endIndex)])
    let unit = slash.map { String(label[$0.upperBound...]) } ?? "1"
    switch unit {
    case "Pa": return (.stress(largest), name)
    case "Ah", "Wh": return (DisplayUnit(unit == "Ah" ? "A·h" : "W·h", largest: largest), name)
    case "m", "V": return (DisplayUnit(unit, largest: largest), name)
    default:
      var same = DisplayUnit("", largest: 1)
      same.name = unit == "1" ? "" : unit
      return (same, name)
    }
  }

  /// Of stresses, which are compared in MPa.
  static func stress(_ largest: Double) -> DisplayUnit {
    DisplayUnit("Pa", largest: (5e4..<1e10).contains(largest) ? 1e6 : largest)
  }

  /// Of times up to so many seconds.
  init(seconds: Double) {
    (factor, name) =
      switch seconds {
      case ..<180: (1, "s")
      case ..<10_800: (1.0 / 60, "min")
      case ..<360_000: (1.0 / 3600, "h")
      default: (1.0 / 86_400, "d")
      }
  }

  public func callAsFunction(_ values: some Sequence<Double>) -> [Double] { values.map { $0 * factor } }
}

/// A number with so many significant digits, as short as that: 0.2, 12.5, 1.3e-9.
public func short(_ value: Double, digits: Int = 3) -> String {
  guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
  let exponent = Int(log10(abs(value)).rounded(.down))
  let scale = pow(10, Double(digits - 1 - exponent))
  let text = "\((value * scale).rounded() / scale)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
