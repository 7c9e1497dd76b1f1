import Documents

/// A value with its unit as written in a protocol: `C/20`, `50 mA`, `1 mA/cm2`, `4.2 V`, `2 h`, `5 %`, `0.1 mV/s`.
public struct Quantity: Equatable, Sendable {
  /// What of a cell a value scales with.
  public enum Basis: Equatable, Sendable {
    case nothing
    /// A C-rate, or a percentage of the nominal capacity.
    case nominalCapacity
    /// `mA/cm2`.
    case area
    /// `mA/g`.
    case mass
  }

  /// In s, V, A, W, ohm, K, C, J, 1 or these per s; divided by the nominal capacity in A·h, the area in m² or the mass
  /// in kg as `basis` says.
  public var value: Double
  public var dimension: Dimension
  public var basis: Basis

  /// `value` in s, V, A, W, ohm, K, C, J, 1 or these per s, and per A·h, m² or kg of `basis`.
  public init(_ value: Double, _ dimension: Dimension, per basis: Basis = .nothing) {
    self.value = value
    self.dimension = dimension
    self.basis = basis
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
          advice: "only voltage, current, power and temperature have a rate")
      }
      guard !text.contains("deg"), !text.contains("°") else {
        throw QuantityError(message: "'\(text.prefix(40))' is no change of temperature", advice: "write 'K'")
      }
      self.init(change.value / per.factor, dimension, per: change.basis)
    } else {
      try self.init(amount: text)
    }
    guard value.isFinite else { throw QuantityError(message: "'\(text.prefix(40))' is not a finite number") }
    guard Self.isPossible(value) else {
      throw QuantityError(message: "'\(text.prefix(40))' is no size that anything has")
    }
  }

  /// Beyond, units are mistaken. What is computed from possible values is neither infinite nor zero.
  static func isPossible(_ value: Double) -> Bool { value == 0 || (1e-60...1e60).contains(abs(value)) }

  /// Reads anything but a change with time.
  private init(amount text: String) throws(QuantityError) {
    if let rate = try Self.rate(text) {
      self.init(rate, .current, per: .nominalCapacity)
      return
    }
    let (number, unitText) = Self.split(text)
    guard let number else {
      throw QuantityError(
        message: text.isEmpty ? "nothing is given" : "'\(text.prefix(40))' does not begin with a number")
    }
    guard !unitText.isEmpty else { throw QuantityError(message: "'\(text.prefix(40))' has no unit") }
    guard let unit = Unit.all[unitText] else {
      if let meant = Self.meant(by: text) {
        throw QuantityError(message: "'\(text.prefix(40))' is no value with one unit", advice: meant)
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
    self.init(number * unit.factor + unit.offset, unit.dimension, per: unit.basis)
    guard dimension != .temperature || value >= 0 else {
      throw QuantityError(message: "'\(text.prefix(40))' is below absolute zero")
    }
  }

  /// What to write in place of `1 h 30 min`, `01:30:00` or `4,2 V`.
  private static func meant(by text: String) -> String? {
    let fields = text.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
    if (2...3).contains(fields.count), fields.allSatisfy({ $0.map { $0 >= 0 } == true }) {
      let total = fields.reduce(0) { 60 * $0 + ($1 ?? 0) }
      guard isPossible(total) else { return nil }
      let seconds = Quantity(total, .time).text
      return fields.count == 3 ? "write '\(seconds)'" : "write '\(Quantity(60 * total, .time).text)' or '\(seconds)'"
    }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    if parts.count == 2, let last = parts[0].last, last.isNumber, parts[1].first?.isNumber == true {
      let point = parts.joined(separator: ".")
      if (try? Quantity(parsing: point)) != nil { return "a decimal number is written with a point: '\(point)'" }
    }
    return sum(ofTimes: text).map { "write '\(Quantity($0, .time).text)'" }
  }

  /// The sum of `1 h 30 min` in s.
  private static func sum(ofTimes text: String) -> Double? {
    var rest = Array(text.utf8)[...]
    var total = 0.0
    var count = 0
    while let first = rest.first, count < 10 {
      if first == UInt8(ascii: " ") {
        rest.removeFirst()
        continue
      }
      let (number, unitText) = split(String(decoding: rest, as: UTF8.self))
      let word = unitText.prefix { $0.isLetter }
      guard let number, let unit = Unit.all[String(word)], unit.dimension == .time else { return nil }
      total += number * unit.factor
      count += 1
      rest = Array(unitText.utf8.dropFirst(word.utf8.count))[...]
    }
    return count > 1 && rest.isEmpty && isPossible(total) ? total : nil
  }

  /// What it measures, for messages.
  var phrase: String {
    switch (dimension, basis) {
    case (.current, .nominalCapacity): "a C-rate"
    case (.currentRate, .nominalCapacity): "a C-rate per time"
    case (_, .area): dimension.phrase + " per area"
    case (_, .mass): dimension.phrase + " per mass"
    default: dimension.phrase
    }
  }

  /// The same value understood as `wanted`, which differs only for a percentage of the nominal capacity;
  /// nil when it measures something else.
  func understood(as wanted: Dimension) -> Quantity? {
    if dimension == wanted { return self }
    if dimension == .fraction, wanted == .charge {
      return Quantity(value * 3600, .charge, per: .nominalCapacity)
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
    let end = bytes.first == UInt8(ascii: "+") || bytes.first == UInt8(ascii: "-") ? 1 : 0
    let count = end + numberLength(bytes[end...])
    guard let number = Double(String(decoding: bytes[..<count], as: UTF8.self)) else { return (nil, text) }
    return (number, String(decoding: bytes[count...], as: UTF8.self).trimmed)
  }

  /// How many bytes at the front belong to a number without sign.
  static func numberLength(_ bytes: ArraySlice<UInt8>) -> Int {
    func isDigit(_ index: Int) -> Bool { index < bytes.endIndex && (0x30...0x39).contains(bytes[index]) }
    func isOne(of characters: String, _ index: Int) -> Bool {
      index < bytes.endIndex && characters.utf8.contains(bytes[index])
    }
    var end = bytes.startIndex
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
    return end - bytes.startIndex
  }
}

// MARK: writing

extension Quantity {
  /// As a person would write it, so that reading it gives the same value to the last digit.
  public var text: String {
    if basis == .nominalCapacity, dimension == .current { return rateText(of: value) ?? "\(value)C" }
    if basis == .nominalCapacity, dimension == .currentRate {
      let candidates = [("h", 3600.0), ("min", 60), ("s", 1)].compactMap { per, seconds in
        rateText(of: value * seconds, suffix: "/\(per)")
      }
      return best(candidates) ?? "\(value)C/s"
    }
    if basis == .nominalCapacity { return best(numbers(value / 3600 / 0.01).map { "\($0) %" }) ?? "\(value) %" }
    let units = Unit.written.filter { $0.dimension == dimension && $0.basis == basis }
    let candidates = units.flatMap { unit in
      numbers((value - unit.offset) / unit.factor).map { "\($0) \(unit.name)" }
    }
    // The basic unit needs no conversion.
    return best(candidates) ?? "\(number(value)) \(units.first { $0.factor == 1 && $0.offset == 0 }?.name ?? "")"
  }

  private func rateText(of rate: Double, suffix: String = "") -> String? {
    let whole = (1 / abs(rate)).rounded()
    let fraction = (rate < 0 ? "-C/" : "C/") + number(whole) + suffix
    if whole >= 2, whole < 1000, isRead(from: fraction) { return fraction }
    return best(numbers(rate).map { "\($0)C" + suffix })
  }

  private func isRead(from text: String) -> Bool {
    guard let read = try? Quantity(parsing: text) else { return false }
    return read == self || read.understood(as: dimension) == self
  }

  /// The text that reads as this value with the fewest digits, the first of equals. A rate that needs few is left in the
  /// first unit of time.
  private func best(_ candidates: [String]) -> String? {
    let isRate = dimension.second < 0
    func length(_ text: String) -> Int {
      let digits = text.prefix { $0.isNumber || ".-+e".contains($0) }.count
      return isRate && digits <= 3 ? 1 : digits
    }
    return candidates.filter(isRead).min { length($0) < length($1) }
  }

  /// A number as it is, and without the round-off of its last digits.
  private func numbers(_ value: Double) -> [String] {
    guard value != 0, value.isFinite else { return [number(value)] }
    let scale = pow10(13 - Int(log10Floor(abs(value))))
    return [number((value * scale).rounded() / scale), number(value)]
  }

  private func pow10(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? .infinity }

  private func log10Floor(_ value: Double) -> Double { (Double(value.exponent) * 0.30103).rounded(.down) }
}

/// A number as a person writes it: 150, not 150.0.
func number(_ value: Double) -> String {
  let text = value.description
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
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
struct Unit {
  var name = ""
  var dimension: Dimension
  var factor: Double
  var offset = 0.0
  var basis = Quantity.Basis.nothing

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
      (["ohm", "Ω"], .resistance, 1), (["Ah"], .charge, 3600), (["As"], .charge, 1), (["Wh"], .energy, 3600),
      (["J"], .energy, 1), (["Hz"], .frequency, 1),
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
    for (name, unit) in units where isSpreadOver.contains(unit.dimension) {
      for (per, size, basis) in spreads {
        units["\(name)/\(per)"] = Unit(dimension: unit.dimension, factor: unit.factor / size, basis: basis)
      }
    }
    for name in units.keys { units[name]?.name = name }
    return units
  }()

  /// What electrodes are compared by.
  private static let isSpreadOver: Set<Dimension> = [.current, .power, .charge, .energy]
  static let spreads: [(name: String, size: Double, basis: Quantity.Basis)] = [
    ("cm2", 1e-4, .area), ("m2", 1, .area), ("cm²", 1e-4, .area), ("m²", 1, .area), ("mg", 1e-6, .mass),
    ("g", 1e-3, .mass), ("kg", 1, .mass),
  ]

  /// The units in which values are written, common ones first.
  static let written: [Unit] = {
    let names = [
      "d", "h", "min", "s", "ms", "V", "mV", "A", "mA", "uA", "W", "mW", "ohm", "mohm", "degC", "K", "Ah", "mAh", "As",
      "Wh", "mWh", "J", "%", "kHz",
      "mHz", "Hz", "mA/cm2", "A/m2", "mA/g", "A/kg", "mW/cm2", "W/m2", "W/g", "W/kg", "mAh/cm2", "As/m2",
      "mAh/g", "As/kg", "mWh/cm2", "J/m2", "mWh/g", "J/kg",
    ]
    let plain = names.compactMap { all[$0] }
    let rates = plain.filter { $0.dimension.perTime != nil && $0.offset == 0 }.flatMap { unit in
      [("s", 1.0), ("min", 60), ("h", 3600)].map { per, seconds in
        Unit(
          name: "\(unit.name)/\(per)", dimension: unit.dimension.per(.time), factor: unit.factor / seconds,
          basis: unit.basis)
      }
    }
    return plain + rates
  }()

  private static let names = all.keys.sorted()
  private static let plainNames = names.filter { !$0.contains("/") }

  /// The unit that somebody who wrote `text` had in mind.
  static func meant(by text: String) -> String? {
    if let symbol = spelledOut[text.lowercased()] { return symbol }
    var candidates = (text.contains("/") ? names : plainNames) + ["C"]
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

/// The temperatures in K that a chamber may be set to, those of cell files.
let chamberTemperatures = 150.0...500.0

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
