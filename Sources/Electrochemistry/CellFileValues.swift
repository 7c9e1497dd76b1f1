import Documents

// The kinds of value that a cell file holds, beside those of any document.

extension DocumentNode {
  /// A number above 0 and below 1.
  func openFraction(_ meaning: String) throws(DocumentError) -> Double {
    let value = try number()
    guard value > 0 && value < 1 else {
      throw error("\(scalar ?? "") is not \(meaning)", advice: "greater than 0, less than 1")
    }
    return value
  }

  /// A number from zero up.
  func nonNegativeNumber() throws(DocumentError) -> Double {
    let value = try number()
    guard value >= 0 else { throw error("must not be negative, found \(scalar ?? "")") }
    return value
  }

  /// Effective over bulk property: above 0, at most 1.
  func transportEfficiency() throws(DocumentError) -> Double {
    let value = try number()
    guard value > 0 && value <= 1 else {
      throw error("\(scalar ?? "") is not a transport efficiency", advice: "greater than 0, at most 1")
    }
    return value
  }

  /// A temperature in K; the range is narrow enough to catch one in °C.
  func temperature() throws(DocumentError) -> Double { try number(in: 150...500, "a temperature in K") }

  /// A number, an expression in x or a table of x and y.
  func function() throws(DocumentError) -> MaterialFunction {
    if isMapping { return try table() }
    guard let text = scalar else { throw error("expected a number, an expression or a table, found a list") }
    if Double(text) != nil { return MaterialFunction(try number()) }
    do throws(ExpressionError) {
      return try MaterialFunction(expression: text)
    } catch {
      throw self.error(error.message, character: error.column, advice: error.advice)
    }
  }

  private func table() throws(DocumentError) -> MaterialFunction {
    for (name, keyNode, _) in try entries() where name != "x" && name != "y" {
      throw keyNode.error("unknown key", advice: "a table has two lists, 'x' and 'y'")
    }
    let x = try required("x")
    let xs = try x.numbers()
    if xs.count < 2 { throw x.error("a table has two points or more") }
    try x.checkIncreasing(xs)
    return MaterialFunction(x: xs, y: try required("y").numbers(count: xs.count, like: "x"))
  }

  /// A function that is finite inside a range.
  func function(over range: ClosedRange<Double>) throws(DocumentError) -> MaterialFunction {
    let function = try function()
    for x in range.samples where !function(x).isFinite { throw error("has no finite value at x = \(x.shown)") }
    return function
  }

  /// Complains about the first number of this list that is not above the one before it.
  func checkIncreasing(_ numbers: [Double]) throws(DocumentError) {
    for (value, previous) in zip(try list().dropFirst(), numbers) where try value.number() <= previous {
      throw value.error("x must increase, found \(value.scalar ?? "") after \(previous)")
    }
  }

  /// A function of the relative position from 0 to 1 whose values are all allowed.
  func profile(
    _ meaning: String, _ allowed: String, isAllowed: (Double) -> Bool
  ) throws(DocumentError) -> MaterialFunction {
    let profile = try function()
    for x in MaterialFunction.positions where !isAllowed(profile(x)) {
      throw error("\(profile(x).shown) at x = \(x.shown) is not \(meaning)", advice: allowed)
    }
    return profile
  }

  /// A function that is finite and above zero inside a range.
  func positiveFunction(over range: ClosedRange<Double>) throws(DocumentError) -> MaterialFunction {
    let function = try function(over: range)
    for x in range.samples where function(x) <= 0 {
      throw error("must be greater than zero, is \(function(x).shown) at x = \(x.shown)")
    }
    return function
  }

  /// A list of finite numbers.
  func numbers() throws(DocumentError) -> [Double] {
    var numbers: [Double] = []
    for item in try list() { numbers.append(try item.number()) }
    return numbers
  }

  /// A list of finite numbers as long as another one.
  func numbers(count: Int, like other: String) throws(DocumentError) -> [Double] {
    let numbers = try numbers()
    guard numbers.count == count else {
      throw error("has \(numbers.count) values, but '\(other)' has \(count)")
    }
    return numbers
  }

  /// Like `checkKeys`, for a section from which version 1 moved some keys elsewhere.
  func checkKeys(_ known: [String], formerly: [String], version: Int) throws(DocumentError) {
    if version < 1 { return try checkKeys(known + formerly) }
    for entry in try entries() where formerly.contains(entry.name) {
      throw entry.keyNode.error(
        "is a key of BPX 0.x", advice: "from 1.0 on, temperatures and concentration stand in 'State'")
    }
    try checkKeys(known)
  }

  /// The advice where a key is given without the groups around it: it may stand in several places.
  private func placesMeant(by name: String) -> String? {
    guard !name.contains("/") else { return nil }
    let paths = (self["Parameterisation"]?.paths ?? []) + (self["State"]?.paths.map { "State/\($0)" } ?? [])
    let names = paths.map { String($0.split(separator: "/").last ?? "") }
    guard let meant = names.first(where: { $0.hasPrefix(name + " [") }) ?? nearest(to: name, in: names) else {
      return nil
    }
    let places = zip(paths, names).filter { $0.1 == meant }.map { "'\($0.0)'" }
    return "did you mean \(places.joined(separator: " or "))?"
  }

  /// This cell file with one value replaced; the key starts at the top or below `Parameterisation`.
  func overriding(_ key: String, with value: String) throws(DocumentError) -> DocumentNode {
    var path = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if let first = path.first, self[first] == nil { path.insert("Parameterisation", at: 0) }
    var node = self
    for name in path {
      guard let next = node[name] else {
        let siblings = node.isMapping ? try node.entries().map(\.name) : []
        throw DocumentError(
          file: "--set", key: key, message: "the file has no such key",
          advice: nearest(to: name, in: siblings).map { "did you mean '\($0)'?" }
            ?? placesMeant(by: key))
      }
      node = next
    }
    guard !node.isList, !node.isMapping || node["x"]?.isList == true else {
      throw DocumentError(file: "--set", key: key, message: "is not a single value")
    }
    return replacing(path[...], with: value)
  }
}

extension MaterialFunction {
  /// Relative positions in an electrode, both ends included.
  fileprivate static let positions = (0...1000).map { Double($0) / 1000 }

  /// The mean from x = 0 to 1, by Simpson's rule.
  var mean: Double {
    let sum = Self.positions.enumerated().map { index, x in
      self(x) * (index == 0 || index == 1000 ? 1 : index.isMultiple(of: 2) ? 2 : 4)
    }.reduce(0, +)
    return sum / 3000
  }

  /// The largest value from x = 0 to 1.
  var largest: Double { Self.positions.map { self($0) }.max()! }
}

extension Double {
  /// With five digits, for messages.
  var shown: Double {
    guard isFinite, self != 0 else { return self }
    var (mantissa, exponent) = (self, 0)
    while abs(mantissa) < 1e4 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    guard exponent < 0 else { return self }
    return Double("\(Int(mantissa.rounded()))e\(exponent)") ?? self
  }
}

extension ClosedRange<Double> {
  /// Points inside, not at the ends, where a potential may go to infinity.
  var samples: [Double] {
    (0..<20).map { lowerBound + (Double($0) + 0.5) / 20 * (upperBound - lowerBound) }
  }
}
