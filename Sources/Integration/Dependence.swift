/// A number that remembers which unknowns it was computed from. Evaluating the equations with it gives the
/// sparsity pattern of their Jacobian, so no pattern is ever written by hand.
public struct Dependence: Scalar {
  public var value: Double
  /// Indices of the unknowns, ascending.
  public private(set) var unknowns: [Int32]

  public init(_ value: Double) {
    self.value = value
    unknowns = []
  }

  public init(_ value: Double, unknown: Int32) {
    self.value = value
    unknowns = [unknown]
  }

  private init(_ value: Double, _ unknowns: [Int32]) {
    self.value = value
    self.unknowns = unknowns
  }

  private static func union(_ a: [Int32], _ b: [Int32]) -> [Int32] {
    if b.isEmpty || a == b { return a }
    if a.isEmpty { return b }
    var merged: [Int32] = []
    merged.reserveCapacity(a.count + b.count)
    var i = 0
    var j = 0
    while i < a.count || j < b.count {
      let next = j == b.count || (i < a.count && a[i] <= b[j]) ? a[i] : b[j]
      if i < a.count && a[i] == next { i += 1 }
      if j < b.count && b[j] == next { j += 1 }
      merged.append(next)
    }
    return merged
  }

  public init(_ numbers: UnsafePointer<Double>, at index: Int) { self.init(numbers[index]) }
  public var isZero: Bool { value == 0 }

  public static func apply(
    to x: Self, value: (Double) -> Double, withSlope: (Double) -> (value: Double, slope: Double)
  ) -> Self { Self(value(x.value), x.unknowns) }
  public static func choose(
    _ x: Self, atLeast limit: Double, _ inside: @autoclosure () -> Self, else outside: @autoclosure () -> Self
  ) -> Self { x.value >= limit ? inside() : outside() }
  public static func + (a: Self, b: Self) -> Self { Self(a.value + b.value, union(a.unknowns, b.unknowns)) }
  public static func - (a: Self, b: Self) -> Self { Self(a.value - b.value, union(a.unknowns, b.unknowns)) }
  public static func * (a: Self, b: Self) -> Self { Self(a.value * b.value, union(a.unknowns, b.unknowns)) }
  public static func / (a: Self, b: Self) -> Self { Self(a.value / b.value, union(a.unknowns, b.unknowns)) }
  public static prefix func - (a: Self) -> Self { Self(-a.value, a.unknowns) }
  public static func + (a: Self, b: Double) -> Self { Self(a.value + b, a.unknowns) }
  public static func * (a: Double, b: Self) -> Self { Self(a * b.value, b.unknowns) }
  public static func / (a: Double, b: Self) -> Self { Self(a / b.value, b.unknowns) }
  public static func exp(_ x: Self) -> Self { Self(Double.exp(x.value), x.unknowns) }
  public static func log(_ x: Self) -> Self { Self(Double.log(x.value), x.unknowns) }
  public static func sqrt(_ x: Self) -> Self { Self(x.value.squareRoot(), x.unknowns) }
  public static func sinh(_ x: Self) -> Self { Self(Double.sinh(x.value), x.unknowns) }
  public static func cosh(_ x: Self) -> Self { Self(Double.cosh(x.value), x.unknowns) }
  public static func tanh(_ x: Self) -> Self { Self(Double.tanh(x.value), x.unknowns) }
  public static func asinh(_ x: Self) -> Self { Self(Double.asinh(x.value), x.unknowns) }
  public static func pow(_ x: Self, _ exponent: Double) -> Self {
    Self(Double.pow(x.value, exponent), x.unknowns)
  }
  public static func pow(_ x: Self, _ exponent: Self) -> Self {
    Self(Double.pow(x.value, exponent.value), union(x.unknowns, exponent.unknowns))
  }
}
