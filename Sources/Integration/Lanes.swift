/// Several values side by side, of neighbouring places: an equation evaluated with it is evaluated for all of them at once.
@frozen
public struct Lanes<Values: LaneVector>: PlainScalar {
  public var values: Values

  @inlinable @inline(__always) public init(_ values: Values) { self.values = values }
  /// The same value in all lanes.
  @inlinable @inline(__always) public init(_ value: Double) { values = Values(repeating: value) }
  @inlinable @inline(__always) public init(_ numbers: UnsafePointer<Double>, at index: Int) {
    values = UnsafeRawPointer(numbers + index).loadUnaligned(as: Values.self)
  }

  @inlinable @inline(__always) public var isZero: Bool { values == .zero }
  /// The sum over the lanes.
  @inlinable @inline(__always) public var sum: Double { values.sum() }
  /// The value of the last lane.
  @inlinable @inline(__always) public var last: Double { values[Values.scalarCount - 1] }
  /// In each lane what the lane before has, 0 in the first.
  @inlinable @inline(__always) public var shifted: Self { Self(values.shifted) }

  @inlinable @inline(__always) public func store(to numbers: UnsafeMutablePointer<Double>) {
    UnsafeMutableRawPointer(numbers).storeBytes(of: values, as: Values.self)
  }

  @inlinable @inline(__always) public static func + (a: Self, b: Self) -> Self { Self(a.values + b.values) }
  @inlinable @inline(__always) public static func - (a: Self, b: Self) -> Self { Self(a.values - b.values) }
  @inlinable @inline(__always) public static func * (a: Self, b: Self) -> Self { Self(a.values * b.values) }
  @inlinable @inline(__always) public static func / (a: Self, b: Self) -> Self { Self(a.values / b.values) }
  @inlinable @inline(__always) public static prefix func - (a: Self) -> Self { Self(-a.values) }
  @inlinable @inline(__always) public static func + (a: Self, b: Double) -> Self { Self(a.values + b) }
  @inlinable @inline(__always) public static func * (a: Double, b: Self) -> Self { Self(a * b.values) }
  @inlinable @inline(__always) public static func / (a: Double, b: Self) -> Self { Self(a / b.values) }

  @inlinable @inline(__always)
  static func each(_ x: Self, _ function: (Double) -> Double) -> Self { Self(Values.each(x.values, function)) }

  @inlinable @inline(__always) public static func exp(_ x: Self) -> Self { Self(.exponential(x.values)) }
  @inlinable @inline(__always) public static func log(_ x: Self) -> Self { Self(.logarithm(x.values)) }
  @inlinable @inline(__always) public static func sqrt(_ x: Self) -> Self { Self(x.values.squareRoot()) }
  @inlinable @inline(__always) public static func sinh(_ x: Self) -> Self { each(x, Double.sinh) }
  @inlinable @inline(__always) public static func cosh(_ x: Self) -> Self { each(x, Double.cosh) }
  @inlinable @inline(__always) public static func tanh(_ x: Self) -> Self { each(x, Double.tanh) }
  @inlinable @inline(__always) public static func asinh(_ x: Self) -> Self {
    let isNegative = x.values .< 0
    let size = Self(x.values.replacing(with: -x.values, where: isNegative))
    // Where the square overflows it takes another way.
    let value = choose(1e100 - size, atLeast: 0, log(size + sqrt(size * size + 1)), else: each(size, Double.asinh))
    return Self(value.values.replacing(with: -value.values, where: isNegative))
  }
  @inlinable @inline(__always) public static func pow(_ x: Self, _ exponent: Double) -> Self {
    each(x) { Double.pow($0, exponent) }
  }
  @inlinable @inline(__always) public static func pow(_ x: Self, _ exponent: Self) -> Self {
    var result = x
    for lane in 0..<Values.scalarCount { result.values[lane] = Double.pow(x.values[lane], exponent.values[lane]) }
    return result
  }

  @inlinable @inline(__always)
  public static func apply(
    to x: Self, value: (Double) -> Double, withSlope: (Double) -> (value: Double, slope: Double)
  ) -> Self { each(x, value) }

  @inlinable @inline(__always)
  public static func choose(
    _ x: Self, atLeast limit: Double, _ inside: @autoclosure () -> Self, else outside: @autoclosure () -> Self
  ) -> Self {
    let isInside = x.values .>= limit
    if all(isInside) { return inside() }
    return Self(outside().values.replacing(with: inside().values, where: isInside))
  }
}

/// Calls for places 0 to `count` − 1, four neighbours at once as long as there are as many, then two, then one.
@inlinable @inline(__always)
public func forEachGroup(of count: Int, four: (Int) -> Void, two: (Int) -> Void, one: (Int) -> Void) {
  var first = 0
  while first + 4 <= count {
    four(first)
    first += 4
  }
  if first + 2 <= count {
    two(first)
    first += 2
  }
  if first < count { one(first) }
}
