#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Where an axis has its marks, and what is written there.
struct Ticks: Equatable {
  var range: ClosedRange<Double>
  var major: [(place: Double, label: String)]
  var minor: [Double]

  static func == (a: Ticks, b: Ticks) -> Bool {
    a.range == b.range && a.minor == b.minor && a.major.elementsEqual(b.major, by: ==)
  }

  /// - Parameters:
  ///   - values: extremes of what is shown, none where nothing is.
  ///   - count: of marks, about.
  init(_ axis: Axis, values: ClosedRange<Double>?, count: Double) {
    switch axis.scale {
    case .linear:
      let range = axis.range ?? Self.withMargin(values ?? 0...1)
      self.init(linear: range, count: count, isWhole: axis.isWhole)
    case .logarithmic:
      let range = axis.range ?? values ?? 1...10
      self.init(logarithmic: Self.withFactor(range, isGiven: axis.range != nil), count: count)
    }
  }

  /// Some space beside the curves, but none below zero where nothing is below.
  private static func withMargin(_ values: ClosedRange<Double>) -> ClosedRange<Double> {
    let (low, high) = (values.lowerBound, values.upperBound)
    let span = high - low
    guard span > 1e-9 * max(abs(low), abs(high)) else {
      let margin = low == 0 ? 1 : 0.05 * abs(low)
      return (low - margin)...(high + margin)
    }
    let margin = 0.04 * span
    return (low == 0 ? 0 : low - margin)...(high == 0 ? 0 : high + margin)
  }

  private static func withFactor(_ values: ClosedRange<Double>, isGiven: Bool) -> ClosedRange<Double> {
    let low = values.lowerBound > 0 ? values.lowerBound : min(1, values.upperBound) * 1e-3
    let high = max(values.upperBound, low * 1.01)
    guard !isGiven else { return low...high }
    let factor = pow(max(high / low, 1.5), 0.04)
    return (low / factor)...(high * factor)
  }

  init(linear given: ClosedRange<Double>, count: Double, isWhole: Bool = false) {
    // A range of one value, or of neighbouring numbers, has no marks.
    let isFlat = given.upperBound - given.lowerBound <= 1e-9 * max(abs(given.lowerBound), abs(given.upperBound))
    let range = isFlat ? Self.withMargin(given) : given
    let span = range.upperBound - range.lowerBound
    let raw = span / max(count, 1)
    let decade = pow(10, log10(raw).rounded(.down))
    var (step, parts) = (10 * decade, 5)
    for (factor, pieces) in [(1.0, 5), (2, 4), (5, 5)] where factor * decade >= raw * 0.75 {
      (step, parts) = (factor * decade, pieces)
      break
    }
    if isWhole, step < 1 { step = 1 }
    func places(_ step: Double) -> [Double] {
      let first = (range.lowerBound / step - 1e-6).rounded(.up)
      let last = (range.upperBound / step + 1e-6).rounded(.down)
      guard last >= first, last - first < 1000 else { return [] }
      return stride(from: first, through: last, by: 1).map { $0 * step }
    }
    self.range = range
    let exponent = Int(log10(step).rounded(.down))
    let (lowest, highest) = (range.lowerBound, range.upperBound)
    // Where numbers would be long they share a power of ten, each with its own.
    let largest = max(abs(lowest), abs(highest))
    let isLong = largest >= 1e5 || largest < 1e-3 || exponent < -8
    major = places(step).map { place in
      (place, isLong ? Self.scientific(place, step: step) : Self.text(place, decimals: max(0, -exponent)))
    }
    minor = isWhole && step <= 1 ? [] : places(step / Double(parts))
  }

  init(logarithmic range: ClosedRange<Double>, count: Double) {
    self.range = range
    major = []
    minor = []
    let first = Int(log10(range.lowerBound).rounded(.down))
    let last = Int(log10(range.upperBound).rounded(.up))
    let decades = log10(range.upperBound / range.lowerBound)
    // Few decades have marks between them, many leave some out.
    let digits: [Int] = decades > 2.2 ? [1] : decades > 1.2 ? [1, 3] : [1, 2, 5]
    let every = max(1, Int((decades / max(count, 1)).rounded(.up)))
    // The first decade in the range has a mark.
    let phase = Int((log10(range.lowerBound) - 1e-6).rounded(.up))
    for exponent in first...max(first, last) {
      for digit in 1...9 {
        let place = Double(digit) * pow(10, Double(exponent))
        guard place >= range.lowerBound * 0.9999, place <= range.upperBound * 1.0001 else { continue }
        if digits.contains(digit), (exponent - phase) % every == 0 {
          major.append((place, Self.short(digit, exponent)))
        } else if decades < 8 {
          minor.append(place)
        }
      }
    }
    if major.count < 2 {
      // Less than there is between two of these marks: as if the axis were linear.
      let linear = Ticks(linear: range, count: count)
      (major, minor) = (linear.major, [])
    }
  }

  private static func short(_ digit: Int, _ exponent: Int) -> String {
    if (-3...4).contains(exponent) {
      return text(Double(digit) * pow(10, Double(exponent)), decimals: max(0, -exponent))
    }
    return (digit == 1 ? "" : "\(digit)×") + "10" + superscript(exponent)
  }

  private static func scientific(_ value: Double, step: Double) -> String {
    guard abs(value) > step * 1e-6 else { return "0" }
    let exponent = Int((log10(abs(value)) + 1e-9).rounded(.down))
    let decimals = max(0, exponent - Int((log10(step) + 1e-9).rounded(.down)))
    let power = exponent == 0 ? "" : "×10" + superscript(exponent)
    return text(value / pow(10, Double(exponent)), decimals: decimals) + power
  }

  /// With a minus sign that is as long as a plus sign.
  static func text(_ value: Double, decimals: Int) -> String {
    let scale = pow(10, Double(decimals))
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 1e15 else { return "\(value)" }
    let digits = String(Int(scaled))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let sign = value < 0 && scaled > 0 ? "\u{2212}" : ""
    return decimals == 0 ? sign + padded : sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }

  private static func superscript(_ number: Int) -> String {
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    return (number < 0 ? "⁻" : "") + String(String(abs(number)).compactMap { $0.wholeNumberValue.map { digits[$0] } })
  }
}
