import Documents

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// One way in which the variants of a study differ.
struct Axis {
  var points: [Point] = []

  struct Point {
    /// Its part of the name of a variant.
    var name: String
    var choices: [Variant.Choice]
    var settings = RunSettings()
  }

  /// A value as a study has it.
  private struct Value {
    var text: String
    /// Where it stands.
    var node: DocumentNode

    /// The number, and what follows it: `0.2C`, `25 degC`, `3e-8`.
    var parts: (number: Double, unit: String)? { Self.parts(text) }

    var label: String { Double(text)?.label ?? text }

    static func parts(_ text: String) -> (number: Double, unit: String)? {
      if text.hasPrefix("C/"), let divisor = Double(text.dropFirst(2)), divisor > 0 { return (1 / divisor, "C") }
      // The longest beginning that is a number: `2e-3 A` has an exponent, `2 eV` has none.
      for end in text.indices.reversed() {
        guard let number = Double(text[...end]), number.isFinite else { continue }
        let unit = text[text.index(after: end)...]
        return (number, String(unit.first == " " ? unit.dropFirst() : unit))
      }
      return nil
    }
  }

  // MARK: named variants

  /// Variants that have names, each with what is set for it.
  init(named node: DocumentNode, as axis: String, folder: String) throws(DocumentError) {
    for (name, keyNode, value) in try node.entries() {
      var settings = RunSettings()
      if value.isMapping {
        for entry in try value.entries() {
          try settings.set(entry.name, entry.value.string(), at: entry.value, folder: folder)
        }
      } else if value.scalar != "" {
        throw keyNode.error("expected what is set for this variant", advice: "such as '{cell: other.json}'")
      }
      points.append(
        Point(name: name, choices: [Variant.Choice(axis: axis, label: name)], settings: settings))
    }
    guard !points.isEmpty else { throw node.error("there is no variant") }
  }

  // MARK: lists and ranges

  /// What varies, each with its values: several move together. Or a sample.
  init(_ name: String, _ node: DocumentNode, folder: String) throws(DocumentError) {
    if let sample = node["latin hypercube"] {
      try node.checkKeys(["latin hypercube"])
      points = try Self.latinHypercube(name, sample, folder: folder)
      return
    }
    let entries = try node.entries().filter { $0.name != "labels" }
    guard !entries.isEmpty else { throw node.error("nothing varies here", advice: Self.advice) }
    var columns: [(key: String, values: [Value])] = []
    for entry in entries { columns.append((entry.name, try Self.values(entry.value))) }
    let count = columns[0].values.count
    guard columns.allSatisfy({ $0.values.count == count }) else {
      throw node.error(
        "what moves together has different numbers of values, "
          + columns.map { "\($0.values.count)" }.joined(separator: " and "))
    }
    var labels: [String]?
    if let list = node["labels"] {
      labels = []
      for item in try list.list() { labels?.append(try item.string()) }
      guard labels?.count == count else { throw list.error("expected \(count) labels, one for each value") }
    }
    let units = Set(columns[0].values.map { $0.parts?.unit })
    for index in 0..<count {
      let value = columns[0].values[index]
      let label = labels?[index] ?? value.label
      // Numbers of one unit stand on an axis.
      let number = units.count == 1 ? value.parts?.number : nil
      let unit = value.parts?.unit ?? ""
      var point = Point(
        name: labels == nil ? "\(name)=\(label)" : label,
        choices: [
          Variant.Choice(
            axis: name, label: label, value: number,
            quantity: number.map { _ in unit.isEmpty ? Self.quantity(of: columns[0].key) : "\(name) [\(unit)]" })
        ])
      for column in columns {
        let value = column.values[index]
        try point.settings.set(column.key, value.text, at: value.node, folder: folder)
      }
      points.append(point)
    }
  }

  private static let advice = "write 'KEY: [values]', with a key of the cell file, or 'vars/NAME', or 'protocol'"

  /// The last part of a key has the unit.
  private static func quantity(of key: String) -> String { String(key.split(separator: "/").last ?? "") }

  private static func values(_ node: DocumentNode) throws(DocumentError) -> [Value] {
    var values: [Value] = []
    if node.isList {
      for item in try node.list() { values.append(Value(text: try item.string(), node: item)) }
      guard !values.isEmpty else { throw node.error("the list is empty") }
    } else {
      try node.checkKeys(["from", "to", "count", "scale"])
      let range = try Range(node)
      let count = try count(node.required("count"))
      for index in 0..<count {
        values.append(Value(text: range.text(at: count > 1 ? Double(index) / Double(count - 1) : 0), node: node))
      }
    }
    return values
  }

  private static func count(_ node: DocumentNode) throws(DocumentError) -> Int {
    guard let count = Int(try node.string()), (1...Study.mostVariants).contains(count) else {
      throw node.error("expected a whole number from 1 to \(Study.mostVariants), found '\(try node.string())'")
    }
    return count
  }

  /// From one number to another, in equal steps or equal ratios.
  private struct Range {
    var from: Double
    var to: Double
    /// After the number, with the space between them.
    var unit: String
    var isLogarithmic = false

    init(_ node: DocumentNode) throws(DocumentError) {
      let (first, last) = (try node.required("from"), try node.required("to"))
      guard let start = Value.parts(try first.string()) else {
        throw first.error("expected a number, with or without a unit")
      }
      guard let end = Value.parts(try last.string()) else {
        throw last.error("expected a number, with or without a unit")
      }
      guard start.unit == end.unit else {
        throw last.error("a range has one unit", advice: "found '\(start.unit)' and '\(end.unit)'")
      }
      (from, to) = (start.number, end.number)
      unit = start.unit.isEmpty || start.unit == "C" ? start.unit : " " + start.unit
      guard let scale = node["scale"] else { return }
      switch try scale.string() {
      case "linear": break
      case "log":
        guard from * to > 0 else { throw scale.error("a logarithmic range begins and ends on the same side of zero") }
        isLogarithmic = true
      case let other: throw scale.error("unknown scale '\(other)'", advice: "allowed: linear, log")
      }
    }

    /// - Parameter share: 0 to 1.
    func text(at share: Double) -> String {
      if share == 0 { return "\(from)\(unit)" }
      if share == 1 { return "\(to)\(unit)" }
      let value = isLogarithmic ? from * pow(to / from, share) : from + (to - from) * share
      // Without the noise of the last places, which differ from one mathematical library to another.
      return "\(value.rounded(toDigits: 12))\(unit)"
    }
  }

  // MARK: samples

  /// Points such that each of as many equal parts of every range holds one (McKay, Beckman & Conover 1979).
  private static func latinHypercube(_ name: String, _ node: DocumentNode, folder: String) throws(DocumentError)
    -> [Point]
  {
    try node.checkKeys(["count", "seed", "over"])
    let count = try count(node.required("count"))
    let seed = try node.required("seed")
    guard let state = UInt64(try seed.string()) else {
      throw seed.error("expected a whole number, found '\(try seed.string())'")
    }
    var generator = SplitMix(state: state)
    let digits = "\(count)".count
    var points = (1...count).map { number in
      let label = String(repeating: "0", count: digits - "\(number)".count) + "\(number)"
      return Point(name: "\(name)\(label)", choices: [Variant.Choice(axis: name, label: label)])
    }
    let over = try node.required("over").entries()
    guard !over.isEmpty else { throw try node.required("over").error("nothing varies here") }
    for (axis, _, value) in over {
      let entries = try value.entries()
      guard entries.count == 1, let entry = entries.first else {
        throw value.error("expected one key with its range", advice: "write 'KEY: {from: a, to: b}'")
      }
      try entry.value.checkKeys(["from", "to", "scale"])
      let range = try Range(entry.value)
      let parts = generator.permutation(of: count)
      for index in points.indices {
        let text = range.text(at: (Double(parts[index]) + generator.share()) / Double(count))
        try points[index].settings.set(entry.name, text, at: entry.value, folder: folder)
        points[index].choices.append(
          Variant.Choice(
            axis: axis, label: Value(text: text, node: value).label, value: Value.parts(text)?.number,
            quantity: range.unit.isEmpty ? quantity(of: entry.name) : "\(axis) [\(Value.parts(text)?.unit ?? "")]"))
      }
    }
    return points
  }
}

/// Random numbers that are the same for the same seed everywhere (Steele, Lea & Flood 2014, figure 4).
private struct SplitMix {
  var state: UInt64

  private mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// The numbers from 0 up to `count` in some order.
  mutating func permutation(of count: Int) -> [Int] {
    (0..<count).map { (place: next(), number: $0) }.sorted { $0 < $1 }.map(\.number)
  }

  /// In 0 up to 1.
  mutating func share() -> Double { Double(next() >> 11) * 0x1p-53 }
}

extension Double {
  /// What a point on an axis is called that has no other name.
  var label: String {
    let text = "\(rounded(toDigits: 4))"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// The nearest number that has so many decimal digits.
  func rounded(toDigits digits: Int) -> Double {
    guard isFinite, self != 0 else { return self }
    let exponent = Int(log10(abs(self)).rounded(.down)) - digits + 1
    let mantissa = self / pow(10, Double(exponent))
    guard mantissa.isFinite else { return self }
    return Double("\(Int(mantissa.rounded()))e\(exponent)") ?? self
  }
}
