#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The numbers that an equation can be written in: `Double` gives its value, `Dual` also its derivatives, `Lanes` the values
/// at several places at once, `Dependence` the list of unknowns it reads. Every equation of the models is written once,
/// generic over this.
public protocol Scalar {
  init(_ value: Double)
  /// A parameter of the place `index`, from a list with one for each place.
  init(_ numbers: UnsafePointer<Double>, at index: Int)
  /// Whether the value is 0, at all places.
  var isZero: Bool { get }

  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func / (a: Self, b: Self) -> Self
  static prefix func - (a: Self) -> Self

  static func + (a: Self, b: Double) -> Self
  static func * (a: Double, b: Self) -> Self
  static func / (a: Double, b: Self) -> Self

  static func exp(_ x: Self) -> Self
  static func log(_ x: Self) -> Self
  static func sqrt(_ x: Self) -> Self
  static func sinh(_ x: Self) -> Self
  static func cosh(_ x: Self) -> Self
  static func tanh(_ x: Self) -> Self
  static func asinh(_ x: Self) -> Self
  /// x raised to a constant power.
  static func pow(_ x: Self, _ exponent: Double) -> Self
  /// x raised to a variable power; x > 0.
  static func pow(_ x: Self, _ exponent: Self) -> Self
  /// A function that is known by its values and slopes, for tables and other black boxes.
  /// - Parameters:
  ///   - value: its value, for numbers without derivatives.
  ///   - withSlope: its value and its slope, for others.
  static func apply(
    to x: Self, value: (Double) -> Double, withSlope: (Double) -> (value: Double, slope: Double)
  ) -> Self
  /// What holds where x ≥ `limit`, else what holds elsewhere.
  static func choose(
    _ x: Self, atLeast limit: Double, _ inside: @autoclosure () -> Self, else outside: @autoclosure () -> Self
  ) -> Self
}

extension Scalar {
  @inlinable @inline(__always)
  public init(_ numbers: UnsafeBufferPointer<Double>, at index: Int) {
    self.init(numbers.baseAddress.unsafelyUnwrapped, at: index)
  }
  @inlinable @inline(__always) public static func - (a: Self, b: Double) -> Self { a + (-b) }
  @inlinable @inline(__always) public static func + (a: Double, b: Self) -> Self { b + a }
  @inlinable @inline(__always) public static func - (a: Double, b: Self) -> Self { -b + a }
  @inlinable @inline(__always) public static func * (a: Self, b: Double) -> Self { b * a }
  @inlinable @inline(__always) public static func / (a: Self, b: Double) -> Self { (1 / b) * a }
  @inlinable @inline(__always) public static func += (a: inout Self, b: Self) { a = a + b }
  @inlinable @inline(__always) public static func -= (a: inout Self, b: Self) { a = a - b }
}

/// Numbers without derivatives.
public protocol PlainScalar: Scalar {
  /// Writes a number per place.
  func store(to numbers: UnsafeMutablePointer<Double>)
}

extension Double: PlainScalar {
  @inlinable public init(_ numbers: UnsafePointer<Double>, at index: Int) { self = numbers[index] }
  @inlinable public func store(to numbers: UnsafeMutablePointer<Double>) { numbers.pointee = self }
  @inlinable public static func exp(_ x: Double) -> Double { cExp(x) }
  @inlinable public static func log(_ x: Double) -> Double { cLog(x) }
  @inlinable public static func sqrt(_ x: Double) -> Double { x.squareRoot() }
  @inlinable public static func sinh(_ x: Double) -> Double { cSinh(x) }
  @inlinable public static func cosh(_ x: Double) -> Double { cCosh(x) }
  @inlinable public static func tanh(_ x: Double) -> Double { cTanh(x) }
  /// To 2e-16 absolutely, which costs a third of what the C library's relative accuracy costs.
  @inlinable public static func asinh(_ x: Double) -> Double {
    let size = abs(x)
    // Where the square overflows, the 1 has long ceased to matter.
    let value = size < 1e100 ? cLog(size + (size * size + 1).squareRoot()) : cLog(size) + 0.6931471805599453
    return x < 0 ? -value : value
  }
  @inlinable public static func pow(_ x: Double, _ exponent: Double) -> Double { cPow(x, exponent) }
  @inlinable @inline(__always)
  public static func apply(
    to x: Double, value: (Double) -> Double, withSlope: (Double) -> (value: Double, slope: Double)
  ) -> Double { value(x) }
  @inlinable @inline(__always)
  public static func choose(
    _ x: Double, atLeast limit: Double, _ inside: @autoclosure () -> Double, else outside: @autoclosure () -> Double
  ) -> Double { x >= limit ? inside() : outside() }
}

// The C library's functions, under names that the static members above do not shadow.
@usableFromInline @inline(__always) func cExp(_ x: Double) -> Double { exp(x) }
@usableFromInline @inline(__always) func cLog(_ x: Double) -> Double { log(x) }
@usableFromInline @inline(__always) func cSinh(_ x: Double) -> Double { sinh(x) }
@usableFromInline @inline(__always) func cCosh(_ x: Double) -> Double { cosh(x) }
@usableFromInline @inline(__always) func cTanh(_ x: Double) -> Double { tanh(x) }
@usableFromInline @inline(__always) func cPow(_ x: Double, _ y: Double) -> Double { pow(x, y) }
