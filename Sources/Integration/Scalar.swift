#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The numbers that an equation can be written in: `Double` gives its value, `Dual` also its derivatives,
/// `Dependence` the list of unknowns it reads. Every equation of the models is written once, generic over this.
public protocol Scalar {
  init(_ value: Double)
  /// The numerical value, without derivatives.
  var value: Double { get }

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
  /// The function whose value and slope at `x` are already known, for tables and other black boxes.
  static func function(of x: Self, value: Double, slope: Double) -> Self
}

extension Scalar {
  @inlinable public static func - (a: Self, b: Double) -> Self { a + (-b) }
  @inlinable public static func + (a: Double, b: Self) -> Self { b + a }
  @inlinable public static func - (a: Double, b: Self) -> Self { -b + a }
  @inlinable public static func * (a: Self, b: Double) -> Self { b * a }
  @inlinable public static func / (a: Self, b: Double) -> Self { (1 / b) * a }
  @inlinable public static func += (a: inout Self, b: Self) { a = a + b }
  @inlinable public static func -= (a: inout Self, b: Self) { a = a - b }
}

extension Double: Scalar {
  @inlinable public var value: Double { self }
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
  @inlinable public static func function(of x: Double, value: Double, slope: Double) -> Double { value }
}

// The C library's functions, under names that the static members above do not shadow.
@usableFromInline @inline(__always) func cExp(_ x: Double) -> Double { exp(x) }
@usableFromInline @inline(__always) func cLog(_ x: Double) -> Double { log(x) }
@usableFromInline @inline(__always) func cSinh(_ x: Double) -> Double { sinh(x) }
@usableFromInline @inline(__always) func cCosh(_ x: Double) -> Double { cosh(x) }
@usableFromInline @inline(__always) func cTanh(_ x: Double) -> Double { tanh(x) }
@usableFromInline @inline(__always) func cPow(_ x: Double, _ y: Double) -> Double { pow(x, y) }
