/// Text under construction, in memory of its own: numbers become digits without a string in between, and nothing is
/// allocated but where the text outgrows what it had.
struct TextBuffer: ~Copyable {
  private var start: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    start = .allocate(capacity: capacity)
  }

  deinit { start.deallocate() }

  var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

  mutating func removeAll() { count = 0 }

  // MARK: text

  mutating func append(_ byte: UInt8) {
    reserve(1)
    start[count] = byte
    count += 1
  }

  mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append($0) }
  }

  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let source = bytes.baseAddress else { return }
    reserve(bytes.count)
    (start + count).update(from: source, count: bytes.count)
    count += bytes.count
  }

  private mutating func reserve(_ more: Int) {
    if count + more > capacity { grow(more) }
  }

  private mutating func grow(_ more: Int) {
    capacity = max(2 * capacity, count + more)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.update(from: start, count: count)
    start.deallocate()
    start = larger
  }

  // MARK: numbers

  mutating func append(_ value: Int) {
    reserve(Self.longestNumber)
    if value < 0 { append(UInt8(ascii: "-")) }
    let size = Self.digitCount(UInt64(value.magnitude))
    write(UInt64(value.magnitude), size, to: start + count)
    count += size
  }

  /// A number rounded to a count of decimals from 0 to 22, without the zeros at its end: what `description` says of it.
  mutating func append(_ value: Double, roundedTo decimals: Int) {
    let scaled = (value * Self.powersOfTen[decimals]).rounded()
    // Beyond this neighbouring decimals are not different numbers, and every representable number is kept.
    guard abs(scaled) < 0x1p52 else {
      append(value.description)
      return
    }
    append(units: UInt64(abs(scaled)), decimals: decimals, isNegative: scaled < 0)
  }

  /// To 11 to 12 significant digits whatever the magnitude, from single particles to packs: far below what
  /// any solver resolves, and free of the round-off that makes 17 digits of 0.1 + 0.2.
  mutating func append(significant value: Double) {
    guard value.isNormal else {
      append((value == 0 ? 0 : value).description)
      return
    }
    let digits = 11 - Self.decade(value)
    switch digits {
    case 0...22:
      append(value, roundedTo: digits)
    case -22..<0:
      append(((value / Self.powersOfTen[-digits]).rounded() * Self.powersOfTen[-digits]).description)
    default: append(value.description)
    }
  }

  /// A number with exactly so many decimals, from 0 to 15.
  mutating func append(_ value: Double, decimals: Int) {
    let scaled = (value * Self.powersOfTen[decimals]).rounded()
    guard abs(scaled) < 0x1p63 else {
      append(value.description)
      return
    }
    reserve(Self.longestNumber)
    let units = UInt64(abs(scaled))
    if scaled < 0 { append(UInt8(ascii: "-")) }
    append(units, decimals)
  }

  /// A number as 1.2345E-003: one digit before the point, so many behind it, from 1 to 16, and three of the exponent.
  mutating func append(scientific value: Double, decimals: Int) {
    guard value.isFinite else {
      append(value.description)
      return
    }
    reserve(Self.longestNumber)
    if value < 0 { append(UInt8(ascii: "-")) }
    var (mantissa, exponent) = (abs(value), 0)
    if mantissa > 0 {
      exponent = Self.decade(mantissa)
      mantissa = Self.scaled(mantissa, byPowerOfTen: decimals - exponent).rounded()
      // The decade may be one too low, and 9.99… be rounded to 10.
      if mantissa >= Self.powersOfTen[decimals + 1] {
        exponent += 1
        mantissa = Self.scaled(abs(value), byPowerOfTen: decimals - exponent).rounded()
      }
    }
    append(UInt64(mantissa), decimals)
    append(UInt8(ascii: "E"))
    append(UInt8(ascii: exponent < 0 ? "-" : "+"))
    append(padded: UInt64(exponent.magnitude), 3)
  }

  /// A number of so many digits or more, with zeros in front.
  mutating func append(padded value: UInt64, _ digits: Int) {
    reserve(Self.longestNumber)
    let size = max(digits, Self.digitCount(value))
    write(value, size, to: start + count)
    count += size
  }

  /// No number here takes more bytes.
  private static let longestNumber = 40

  /// `units` times 10 to the power of minus `decimals`, as short as it can be: as a decimal fraction, below 0.0001 with
  /// an exponent, always with a point or an exponent.
  private mutating func append(units: UInt64, decimals: Int, isNegative: Bool) {
    reserve(Self.longestNumber)
    if isNegative { append(UInt8(ascii: "-")) }
    guard units > 0 else {
      append("0.0")
      return
    }
    var (units, decimals) = (units, decimals)
    if decimals > 8, units % 100_000_000 == 0 { (units, decimals) = (units / 100_000_000, decimals - 8) }
    if decimals > 4, units % 10000 == 0 { (units, decimals) = (units / 10000, decimals - 4) }
    if decimals > 2, units % 100 == 0 { (units, decimals) = (units / 100, decimals - 2) }
    while decimals > 1, units % 10 == 0 { (units, decimals) = (units / 10, decimals - 1) }
    if decimals == 0 {
      append(units, 0)
      append(".0")
      return
    }
    let size = Self.digitCount(units)
    let exponent = size - 1 - decimals
    guard exponent < -4 else {
      append(units, decimals)
      return
    }
    if size > 1 {
      append(units, size - 1)
    } else {
      append(UInt8(ascii: "0") + UInt8(units))
    }
    append("e-")
    append(padded: UInt64(-exponent), 2)
  }

  /// `units` times 10 to the power of minus `decimals`.
  private mutating func append(_ units: UInt64, _ decimals: Int) {
    let size = max(Self.digitCount(units), decimals + 1)
    let place = start + count
    write(units, size, to: place)
    count += size
    guard decimals > 0 else { return }
    let point = place + (size - decimals)
    (point + 1).update(from: point, count: decimals)
    point.pointee = UInt8(ascii: ".")
    count += 1
  }

  /// The last `size` digits of a number.
  private func write(_ value: UInt64, _ size: Int, to place: UnsafeMutablePointer<UInt8>) {
    var value = value
    var index = size
    while index > 1 {
      let pair = Int(value % 100)
      value /= 100
      index -= 2
      place[index] = Self.pairs.utf8Start[2 * pair]
      place[index + 1] = Self.pairs.utf8Start[2 * pair + 1]
    }
    if index > 0 { place[0] = UInt8(ascii: "0") + UInt8(value % 10) }
  }

  private static func digitCount(_ value: UInt64) -> Int {
    guard value > 0 else { return 1 }
    // 1233 / 4096 is just above log10(2).
    let guess = ((64 - value.leadingZeroBitCount) * 1233) >> 12
    return value < integerPowersOfTen[guess] ? guess : guess + 1
  }

  /// The exponent of the largest power of ten below a number that is not zero, or the one before it.
  private static func decade(_ value: Double) -> Int {
    // 2^exponent ≤ |value| < 2^(exponent + 1); 0.30103 = log10(2).
    Int((Double(value.exponent) * 0.30103).rounded(.down))
  }

  private static func scaled(_ value: Double, byPowerOfTen power: Int) -> Double {
    var (value, power) = (value, power)
    while power > 22 { (value, power) = (value * 1e22, power - 22) }
    while power < -22 { (value, power) = (value / 1e22, power + 22) }
    return power < 0 ? value / powersOfTen[-power] : value * powersOfTen[power]
  }

  /// Powers of ten up to 10²² are exact, so that one multiplication or division by them is rounded once.
  static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  private static let integerPowersOfTen: [UInt64] = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
    10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
  ]

  private static let pairs: StaticString = """
    00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657\
    585960616263646566676869707172737475767778798081828384858687888990919293949596979899
    """
}
