/// A parameter of a cell that tells tests apart, as pictures show it.
public struct Parameter: Sendable {
  /// For an axis: `Particle radius / nm`.
  public let label: String
  private let quantity: String
  private let unit: String
  private let factor: Double

  /// - Parameters:
  ///   - key: in the cell file: `Positive electrode/Particle radius [m]`.
  ///   - values: all that occur; they choose the unit.
  public init(key: String, values: [Double]) {
    let last = key.split(separator: "/").last.map(String.init) ?? key
    let open = last.hasSuffix("]") ? last.lastIndex(of: "[") : nil
    quantity = String(last[..<(open ?? last.endIndex)]).trimmingSpaces
    let fileUnit = open.map { String(last[last.index(after: $0)...].dropLast()) } ?? ""
    switch fileUnit {
    // Units with which a prefix is usual.
    case "m", "Pa", "V", "A", "s", "A.h":
      let display = DisplayUnit(fileUnit == "A.h" ? "A·h" : fileUnit, largest: values.map(abs).max() ?? 0)
      (factor, unit) = (display.factor, display.name)
    default:
      (factor, unit) = (1, Self.inPrint(fileUnit))
    }
    label = unit.isEmpty ? quantity : "\(quantity) / \(unit)"
  }

  /// In the unit of the label.
  public func shown(_ value: Double) -> Double { value * factor }

  /// `Particle radius 40 nm`.
  public func name(of value: Double) -> String {
    "\(quantity) \(short(shown(value), digits: 4))" + (unit.isEmpty ? "" : " \(unit)")
  }

  /// `mol.m-2.s-1` as mol m⁻² s⁻¹.
  private static func inPrint(_ unit: String) -> String {
    if unit == "degC" { return "°C" }
    let raised: [Character: Character] = [
      "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
    ]
    return String(unit.map { $0 == "." ? " " : raised[$0] ?? $0 })
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    var text = Substring(self)
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
