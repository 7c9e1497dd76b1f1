/// A number that carries its derivatives with respect to up to `Partials.scalarCount` unknowns (forward-mode
/// automatic differentiation): evaluating an equation with duals gives its value and these columns of its
/// Jacobian, exact to round-off.
@frozen
public struct Dual<Partials: SIMD>: Scalar where Partials.Scalar == Double {
  public var value: Double
  /// ∂value/∂(unknown k) in lane k.
  public var partials: Partials

  @inlinable public init(_ value: Double) {
    self.value = value
    partials = .zero
  }

  @inlinable public init(_ value: Double, partials: Partials) {
    self.value = value
    self.partials = partials
  }

  @inlinable public init(_ numbers: UnsafePointer<Double>, at index: Int) { self.init(numbers[index]) }
  @inlinable public var isZero: Bool { value == 0 }

  @inlinable @inline(__always)
  public static func apply(
    to x: Self, value: (Double) -> Double, withSlope: (Double) -> (value: Double, slope: Double)
  ) -> Self {
    let (value, slope) = withSlope(x.value)
    return function(of: x, value: value, slope: slope)
  }
  @inlinable @inline(__always)
  public static func choose(
    _ x: Self, atLeast limit: Double, _ inside: @autoclosure () -> Self, else outside: @autoclosure () -> Self
  ) -> Self { x.value >= limit ? inside() : outside() }

  /// The function of `x` that has this value and slope there (chain rule).
  @inlinable @inline(__always) public static func function(of x: Self, value: Double, slope: Double) -> Self {
    Self(value, partials: slope * x.partials)
  }

  @inlinable @inline(__always) public static func + (a: Self, b: Self) -> Self {
    Self(a.value + b.value, partials: a.partials + b.partials)
  }
  @inlinable @inline(__always) public static func - (a: Self, b: Self) -> Self {
    Self(a.value - b.value, partials: a.partials - b.partials)
  }
  @inlinable @inline(__always) public static func * (a: Self, b: Self) -> Self {
    Self(a.value * b.value, partials: a.value * b.partials + b.value * a.partials)
  }
  @inlinable @inline(__always) public static func / (a: Self, b: Self) -> Self {
    let inverse = 1 / b.value
    let value = a.value * inverse
    return Self(value, partials: inverse * (a.partials - value * b.partials))
  }
  @inlinable public static prefix func - (a: Self) -> Self { Self(-a.value, partials: -a.partials) }

  @inlinable public static func + (a: Self, b: Double) -> Self { Self(a.value + b, partials: a.partials) }
  @inlinable public static func * (a: Double, b: Self) -> Self { Self(a * b.value, partials: a * b.partials) }
  @inlinable public static func / (a: Double, b: Self) -> Self {
    let value = a / b.value
    return function(of: b, value: value, slope: -value / b.value)
  }

  @inlinable public static func exp(_ x: Self) -> Self {
    let value = Double.exp(x.value)
    return function(of: x, value: value, slope: value)
  }
  @inlinable public static func log(_ x: Self) -> Self {
    function(of: x, value: Double.log(x.value), slope: 1 / x.value)
  }
  @inlinable public static func sqrt(_ x: Self) -> Self {
    let value = x.value.squareRoot()
    return function(of: x, value: value, slope: 0.5 / value)
  }
  @inlinable public static func sinh(_ x: Self) -> Self {
    function(of: x, value: Double.sinh(x.value), slope: Double.cosh(x.value))
  }
  @inlinable public static func cosh(_ x: Self) -> Self {
    function(of: x, value: Double.cosh(x.value), slope: Double.sinh(x.value))
  }
  @inlinable public static func tanh(_ x: Self) -> Self {
    let value = Double.tanh(x.value)
    return function(of: x, value: value, slope: 1 - value * value)
  }
  @inlinable public static func asinh(_ x: Self) -> Self {
    // Where the square overflows, the 1 has long ceased to matter.
    let size = abs(x.value)
    return function(
      of: x, value: Double.asinh(x.value), slope: 1 / (size < 1e100 ? (size * size + 1).squareRoot() : size))
  }
  @inlinable public static func pow(_ x: Self, _ exponent: Double) -> Self {
    function(
      of: x, value: Double.pow(x.value, exponent), slope: exponent * Double.pow(x.value, exponent - 1))
  }
  @inlinable public static func pow(_ x: Self, _ exponent: Self) -> Self {
    let value = Double.pow(x.value, exponent.value)
    let bySlope = exponent.value * Double.pow(x.value, exponent.value - 1)
    return Self(
      value, partials: bySlope * x.partials + (value * Double.log(x.value)) * exponent.partials)
  }
}

/// The dual number of the solvers: eight Jacobian columns in one evaluation.
public typealias Dual8 = Dual<SIMD8<Double>>
