/// A number that remembers which unknowns it was computed from. Evaluating the equations with it gives the
/// sparsity pattern of their Jacobian, so no pattern is ever written by hand.
@frozen
public struct Dependence<Unknowns: UnknownSet>: Scalar {
  public var value: Double
  public let unknowns: Unknowns

  @inlinable public init(_ value: Double) { self.init(value, unknowns: Unknowns()) }

  @inlinable public init(_ value: Double, unknowns: Unknowns) {
    self.value = value
    self.unknowns = unknowns
  }

  @inlinable public init(_ numbers: UnsafePointer<Double>, at index: Int) { self.init(numbers[index]) }
  @inlinable public var isZero: Bool { value == 0 }

  @inlinable public static func apply(
    to x: Self, value: (Double) -> Double, withSlope: (Double) -> (value: Double, slope: Double)
  ) -> Self { Self(value(x.value), unknowns: x.unknowns) }
  @inlinable public static func choose(
    _ x: Self, atLeast limit: Double, _ inside: @autoclosure () -> Self, else outside: @autoclosure () -> Self
  ) -> Self { x.value >= limit ? inside() : outside() }
  @inlinable public static func + (a: Self, b: Self) -> Self {
    Self(a.value + b.value, unknowns: a.unknowns.union(b.unknowns))
  }
  @inlinable public static func - (a: Self, b: Self) -> Self {
    Self(a.value - b.value, unknowns: a.unknowns.union(b.unknowns))
  }
  @inlinable public static func * (a: Self, b: Self) -> Self {
    Self(a.value * b.value, unknowns: a.unknowns.union(b.unknowns))
  }
  @inlinable public static func / (a: Self, b: Self) -> Self {
    Self(a.value / b.value, unknowns: a.unknowns.union(b.unknowns))
  }
  @inlinable public static prefix func - (a: Self) -> Self { Self(-a.value, unknowns: a.unknowns) }
  @inlinable public static func + (a: Self, b: Double) -> Self { Self(a.value + b, unknowns: a.unknowns) }
  @inlinable public static func * (a: Double, b: Self) -> Self { Self(a * b.value, unknowns: b.unknowns) }
  @inlinable public static func / (a: Double, b: Self) -> Self { Self(a / b.value, unknowns: b.unknowns) }
  @inlinable public static func exp(_ x: Self) -> Self { Self(Double.exp(x.value), unknowns: x.unknowns) }
  @inlinable public static func log(_ x: Self) -> Self { Self(Double.log(x.value), unknowns: x.unknowns) }
  @inlinable public static func sqrt(_ x: Self) -> Self { Self(x.value.squareRoot(), unknowns: x.unknowns) }
  @inlinable public static func sinh(_ x: Self) -> Self { Self(Double.sinh(x.value), unknowns: x.unknowns) }
  @inlinable public static func cosh(_ x: Self) -> Self { Self(Double.cosh(x.value), unknowns: x.unknowns) }
  @inlinable public static func tanh(_ x: Self) -> Self { Self(Double.tanh(x.value), unknowns: x.unknowns) }
  @inlinable public static func asinh(_ x: Self) -> Self { Self(Double.asinh(x.value), unknowns: x.unknowns) }
  @inlinable public static func pow(_ x: Self, _ exponent: Double) -> Self {
    Self(Double.pow(x.value, exponent), unknowns: x.unknowns)
  }
  @inlinable public static func pow(_ x: Self, _ exponent: Self) -> Self {
    Self(Double.pow(x.value, exponent.value), unknowns: x.unknowns.union(exponent.unknowns))
  }
}

/// Which unknowns a number was computed from.
public protocol UnknownSet {
  /// None.
  init()
  func union(_ other: Self) -> Self
}

/// Any unknowns, by their indices in ascending order.
extension [Int32]: UnknownSet {
  public func union(_ other: [Int32]) -> [Int32] {
    if other.isEmpty || self == other { return self }
    if isEmpty { return other }
    var merged: [Int32] = []
    merged.reserveCapacity(count + other.count)
    var i = 0
    var j = 0
    while i < count || j < other.count {
      let next = j == other.count || (i < count && self[i] <= other[j]) ? self[i] : other[j]
      if i < count && self[i] == next { i += 1 }
      if j < other.count && other[j] == next { j += 1 }
      merged.append(next)
    }
    return merged
  }
}
