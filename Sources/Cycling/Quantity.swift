import Documents

/// What a value in a protocol measures.
public enum Dimension: String, Sendable {
  case time, voltage, current, power, resistance, temperature, charge, energy, fraction
  case voltageRate = "voltage per time"
  case currentRate = "current per time"
  case powerRate = "power per time"

  /// A value of this kind as a user would write it, for messages.
  var example: String {
    switch self {
    case .time: "30 min"
    case .voltage: "4.2 V"
    case .current: "C/20' or '50 mA"
    case .power: "5 W"
    case .resistance: "10 ohm"
    case .temperature: "25 degC"
    case .charge: "2 Ah' or '5 %"
    case .energy: "7 Wh"
    case .fraction: "50 %"
    case .voltageRate: "0.1 mV/s"
    case .currentRate: "10 mA/min"
    case .powerRate: "1 W/s"
    }
  }

  var phrase: String {
    switch self {
    case .energy: "an energy"
    case .fraction: "a percentage"
    default: "a " + rawValue
    }
  }

  /// What its change with time measures, where a protocol can ask for one.
  var perTime: Dimension? {
    switch self {
    case .voltage: .voltageRate
    case .current: .currentRate
    case .power: .powerRate
    default: nil
    }
  }
}

/// A value with its unit as written in a protocol: `C/20`, `50 mA`, `4.2 V`, `2 h`, `5 %`, `0.1 mV/s`.
public struct Quantity: Equatable, Sendable {
  /// In s, V, A, W, ohm, K, C, J, 1, V/s, A/s or W/s; divided by the nominal capacity in A·h if
  /// `isPerNominalCapacity`.
  public var value: Double
  public var dimension: Dimension
  /// Whether the value scales with the cell: a C-rate, or a percentage of the nominal capacity.
  public var isPerNominalCapacity: Bool

  /// `value` in s, V, A, W, ohm, K, C, J, 1, V/s, A/s or W/s.
  public init(_ value: Double, _ dimension: Dimension, isPerNominalCapacity: Bool = false) {
    self.value = value
    self.dimension = dimension
    self.isPerNominalCapacity = isPerNominalCapacity
  }

  /// The value in s, V, A, W, ohm, K, C, J, 1, V/s, A/s or W/s for a cell with this nominal capacity in A·h.
  public func value(nominalCapacity: Double) -> Double {
    isPerNominalCapacity ? value * nominalCapacity : value
  }

  /// Reads text such as `0.5C`, `30 min` or `10 mA/min`.
  public init(parsing text: String) throws(QuantityError) {
    let text = text.trimmed
    if let slash = text.lastIndex(of: "/"), let per = Unit.all[text[text.index(after: slash)...].trimmed],
      per.dimension == .time
    {
      let change = try Quantity(amount: text[..<slash].trimmed)
      guard let dimension = change.dimension.perTime else {
        throw QuantityError(
          message: "'\(text.prefix(40))' is \(change.dimension.phrase) per time",
          advice: "only voltage, current and power can be ramped")
      }
      self.init(change.value / per.factor, dimension, isPerNominalCapacity: change.isPerNominalCapacity)
    } else {
      try self.init(amount: text)
    }
    guard value.isFinite else { throw QuantityError(message: "'\(text.prefix(40))' is not a finite number") }
  }

  /// Reads anything but a change with time.
  private init(amount text: String) throws(QuantityError) {
    if let rate = try Self.rate(text) {
      self.init(rate, .current, isPerNominalCapacity: true)
      return
    }
    let (number, unitText) = Self.split(text)
    guard let number else {
      throw QuantityError(
        message: text.isEmpty ? "nothing is given" : "'\(text.prefix(40))' does not begin with a number")
    }
    guard !unitText.isEmpty else { throw QuantityError(message: "'\(text.prefix(40))' has no unit") }
    guard let unit = Unit.all[unitText] else {
      if ["mA/cm2", "A/m2", "mA/g", "A/g"].contains(unitText) {
        throw QuantityError(
          message: "currents in \(unitText) are not supported yet", advice: "give a current or a C-rate")
      }
      if unitText.hasPrefix("M"), Unit.all["k" + unitText.dropFirst()] != nil {
        throw QuantityError(
          message: "unknown unit '\(unitText)'",
          advice: "milli is 'm'; mega is not known: 1 \(unitText) is 1000 k\(unitText.dropFirst())")
      }
      throw QuantityError(
        message: "unknown unit '\(unitText.prefix(40))'",
        advice: Unit.meant(by: unitText).map { "did you mean '\($0)'?" })
    }
    self.init(number * unit.factor + unit.offset, unit.dimension)
    guard dimension != .temperature || value >= 0 else {
      throw QuantityError(message: "'\(text.prefix(40))' is below absolute zero")
    }
  }

  /// What it measures, for messages.
  var phrase: String {
    switch dimension {
    case .current where isPerNominalCapacity: "a C-rate"
    case .currentRate where isPerNominalCapacity: "a C-rate per time"
    default: dimension.phrase
    }
  }

  /// The same value understood as `wanted`, which differs only for a percentage of the nominal capacity;
  /// nil when it measures something else.
  func understood(as wanted: Dimension) -> Quantity? {
    if dimension == wanted { return self }
    if dimension == .fraction, wanted == .charge {
      return Quantity(value * 3600, .charge, isPerNominalCapacity: true)
    }
    return nil
  }

  /// `[n]C[/m]` as a multiple of the current that moves the nominal capacity in one hour.
  private static func rate(_ text: String) throws(QuantityError) -> Double? {
    let (number, rest) = split(text)
    let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map { $0.trimmed }
    guard let letter = parts.first, letter == "C" || (letter == "-C" && number == nil) else { return nil }
    let multiple = number ?? (letter == "C" ? 1 : -1)
    guard parts.count == 2 else { return multiple }
    guard let divisor = Double(parts[1]), divisor.isFinite, divisor > 0 else {
      throw QuantityError(message: "'\(text.prefix(40))' is not a C-rate", advice: "write '0.5C' or 'C/20'")
    }
    return multiple / divisor
  }

  /// The number at the front and the rest without surrounding spaces.
  private static func split(_ text: String) -> (number: Double?, rest: String) {
    let bytes = Array(text.utf8)
    func isDigit(_ index: Int) -> Bool { index < bytes.count && (0x30...0x39).contains(bytes[index]) }
    func isOne(of characters: String, _ index: Int) -> Bool {
      index < bytes.count && characters.utf8.contains(bytes[index])
    }
    var end = 0
    if isOne(of: "+-", end) { end += 1 }
    while isDigit(end) { end += 1 }
    if isOne(of: ".", end) { end += 1 }
    while isDigit(end) { end += 1 }
    if isOne(of: "eE", end) {
      let exponent = isOne(of: "+-", end + 1) ? end + 2 : end + 1
      if isDigit(exponent) {
        end = exponent
        while isDigit(end) { end += 1 }
      }
    }
    guard let number = Double(String(decoding: bytes[..<end], as: UTF8.self)) else { return (nil, text) }
    return (number, String(decoding: bytes[end...], as: UTF8.self).trimmed)
  }
}

/// Why text is not a quantity. The caller knows where it stands.
public struct QuantityError: Error, Equatable {
  public var message: String
  public var advice: String?

  init(message: String, advice: String? = nil) {
    self.message = message
    self.advice = advice
  }
}

/// How a written unit converts: SI value = number × factor + offset.
private struct Unit {
  var dimension: Dimension
  var factor: Double
  var offset = 0.0

  static let all: [String: Unit] = {
    var units: [String: Unit] = [
      "min": Unit(dimension: .time, factor: 60),
      "h": Unit(dimension: .time, factor: 3600),
      "d": Unit(dimension: .time, factor: 86_400),
      "K": Unit(dimension: .temperature, factor: 1),
      "degC": Unit(dimension: .temperature, factor: 1, offset: 273.15),
      "°C": Unit(dimension: .temperature, factor: 1, offset: 273.15),
      "%": Unit(dimension: .fraction, factor: 0.01),
    ]
    let scaled: [(symbols: [String], dimension: Dimension, factor: Double)] = [
      (["s"], .time, 1), (["V"], .voltage, 1), (["A"], .current, 1), (["W"], .power, 1),
      (["ohm", "Ω"], .resistance, 1), (["Ah"], .charge, 3600), (["Wh"], .energy, 3600), (["J"], .energy, 1),
    ]
    let prefixes = [
      ("k", 1e3), ("", 1), ("m", 1e-3), ("u", 1e-6), ("µ", 1e-6), ("μ", 1e-6), ("n", 1e-9), ("p", 1e-12),
    ]
    for unit in scaled {
      for symbol in unit.symbols {
        for (prefix, scale) in prefixes {
          units[prefix + symbol] = Unit(dimension: unit.dimension, factor: unit.factor * scale)
        }
      }
    }
    return units
  }()

  /// The unit that somebody who wrote `text` had in mind.
  static func meant(by text: String) -> String? {
    if let symbol = spelledOut[text.lowercased()] { return symbol }
    var candidates = all.keys.sorted() + ["C"]
    if text.contains("/") {
      for amount in candidates where amount == "C" || all[amount]?.dimension.perTime != nil {
        candidates += ["s", "min", "h"].map { "\(amount)/\($0)" }
      }
    }
    return nearest(to: text, in: candidates)
  }

  private static let spelledOut = [
    "sec": "s", "second": "s", "seconds": "s", "minute": "min", "minutes": "min", "hr": "h", "hrs": "h",
    "hour": "h", "hours": "h", "day": "d", "days": "d", "volt": "V", "volts": "V", "amp": "A", "amps": "A",
    "ampere": "A", "watt": "W", "watts": "W", "celsius": "degC", "percent": "%",
  ]
}

extension DocumentNode {
  /// A value of this dimension.
  func quantity(_ dimension: Dimension) throws(DocumentError) -> Quantity {
    let text = try string()
    let quantity: Quantity
    do {
      quantity = try Quantity(parsing: text)
    } catch {
      throw self.error(
        "expected \(dimension.phrase): \(error.message)",
        advice: error.advice ?? cutoffMeant(by: text, dimension) ?? "write '\(dimension.example)'")
    }
    guard let understood = quantity.understood(as: dimension) else {
      throw self.error(
        "expected \(dimension.phrase), found '\(text.prefix(40))', which is \(quantity.phrase)",
        advice: "write '\(dimension.example)'")
    }
    try checkDuration(understood, text)
    return understood
  }

  /// Complains about a time that no test lasts.
  func checkDuration(_ quantity: Quantity, _ text: String) throws(DocumentError) {
    if quantity.dimension == .time, quantity.value > longestTest {
      throw error("'\(text.prefix(40))' is longer than \(longestTestText)", advice: "no test lasts so long")
    }
  }

  /// A temperature in K that a chamber may be set to; the range is that of cell files.
  func cellTemperature() throws(DocumentError) -> Double {
    let temperature = try quantity(.temperature).value
    guard (150...500).contains(temperature) else {
      throw error("'\(scalar ?? "")' is no temperature for a cell", advice: "allowed: 150 K to 500 K")
    }
    return temperature
  }

  /// A value of this dimension above zero.
  func positiveQuantity(_ dimension: Dimension) throws(DocumentError) -> Quantity {
    let quantity = try quantity(dimension)
    guard quantity.value > 0 else {
      throw error("must be greater than zero, found '\(scalar ?? "")'")
    }
    return quantity
  }
}

/// In s: longer than any test that somebody waits for, though simulated. What would take longer is a mistake in a unit or
/// an end that never comes.
let longestTest = 100 * 365.25 * 86_400
let longestTestText = "100 years"

/// The advice to write `Vmin` or `Vmax` where a voltage is wanted and `text` is nearly that.
func cutoffMeant(by text: String, _ dimension: Dimension) -> String? {
  guard dimension == .voltage else { return nil }
  let cutoffs = [Symbol.lowerCutoff, .upperCutoff].map(\.rawValue)
  return nearest(to: text, in: cutoffs).map { "did you mean '\($0)'?" }
}

extension StringProtocol {
  /// Without spaces and tabs at both ends.
  var trimmed: String {
    var rest = self[...]
    while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    return String(rest)
  }
}
