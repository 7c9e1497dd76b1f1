/// Vectors of which the elementary functions that cost most are computed for all lanes at once, to two units in the last
/// place.
public protocol LaneVector: SIMD where Scalar == Double, MaskStorage.Scalar == Int64 {
  /// In each lane what the lane before has, 0 in the first.
  var shifted: Self { get }
}

extension SIMD2<Double>: LaneVector {
  @inlinable @inline(__always) public var shifted: Self { Self(0, x) }
}
extension SIMD4<Double>: LaneVector {
  @inlinable @inline(__always) public var shifted: Self { Self(0, x, y, z) }
}

extension LaneVector {
  @inlinable @inline(__always)
  static func line(_ a: Double, _ b: Double, _ x: Self) -> Self { Self(repeating: a) + b * x }

  @inlinable @inline(__always)
  static func each(_ x: Self, _ function: (Double) -> Double) -> Self {
    var result = x
    for lane in x.indices { result[lane] = function(x[lane]) }
    return result
  }

  /// x = 2ᵏ m with √½ ≤ m < √2 and ln m = 2 artanh s for s = (m − 1)/(m + 1), by its series.
  @inlinable @inline(__always)
  public static func logarithm(_ x: Self) -> Self {
    guard all(x .>= Double.leastNormalMagnitude .& x .< Double.infinity) else { return each(x) { Double.log($0) } }
    let smallest = Int64(bitPattern: 0.5.squareRoot().bitPattern)
    let one = Int64(bitPattern: 1.0.bitPattern)
    let shifted = unsafeBitCast(x, to: MaskStorage.self) &+ (one &- smallest)
    // A whole number in the last bits of one that is large.
    let large = 0x1p52
    let exponent = (shifted &>> 52) | Int64(bitPattern: large.bitPattern)
    let k = unsafeBitCast(exponent, to: Self.self) - (large + 1023)
    let mantissa = (shifted & ((1 << 52) - 1)) &+ smallest
    let f = unsafeBitCast(mantissa, to: Self.self) - 1
    let s = f / (f + 2)
    let z = s * s
    let z2 = z * z
    let z4 = z2 * z2
    let low = line(2 / 3, 2 / 5, z) + z2 * line(2 / 7, 2 / 9, z)
    let middle = line(2 / 11, 2 / 13, z) + z2 * line(2 / 15, 2 / 17, z)
    let series = z * (low + z4 * (middle + z4 * line(2 / 19, 2 / 21, z)))
    // The first part of ln 2 has so few digits that its product with k is exact.
    let small = s * (f - series) - k * 0x1.cf79abc9e3b3ap-40
    return k * 0x1.62e42fefap-1 + (f - small)
  }

  /// exp x = 2ⁿ exp r with |r| ≤ ½ ln 2, by its series.
  @inlinable @inline(__always)
  public static func exponential(_ x: Self) -> Self {
    guard all(x .> -700 .& x .< 700) else { return each(x) { Double.exp($0) } }
    let large = 0x1.8p52
    let shifted = x * 1.4426950408889634 + large
    let n = shifted - large
    let r = (x - n * 0x1.62e42fefap-1) - n * 0x1.cf79abc9e3b3ap-40
    let r2 = r * r
    let r4 = r2 * r2
    let first = r2 * line(1 / 2, 1 / 6, r)
    let second = line(1 / 24, 1 / 120, r) + r2 * line(1 / 720, 1 / 5040, r)
    let third = line(1 / 40320, 1 / 362_880, r) + r2 * line(1 / 3_628_800, 1 / 39_916_800, r)
    let fourth = line(1 / 479_001_600, 1 / 6_227_020_800, r)
    let sum = first + r4 * (second + r4 * (third + r4 * fourth))
    let series = 1 + (r + sum)
    let power = (unsafeBitCast(shifted, to: MaskStorage.self) &+ 1023) &<< 52
    return series * unsafeBitCast(power, to: Self.self)
  }
}
