/// A system of differential-algebraic equations F(t, y, ẏ) = 0 of index 1, in which ẏ appears linearly and only
/// in rows of their own (semi-explicit).
///
/// The equations are written once, in `evaluate`. The two concrete forms of `residual` let a model specialise
/// them for plain and dual numbers inside its own module; each is one line, `evaluate(at: time, y, rate, r)`.
public protocol DAESystem: AnyObject {
  /// Number of unknowns, which is also the number of equations.
  var unknownCount: Int { get }
  /// Whether the time derivative of this unknown appears in the equations.
  func isDifferential(_ unknown: Int) -> Bool
  /// Absolute tolerance of this unknown, in its own unit.
  func absoluteTolerance(_ unknown: Int) -> Double
  /// Unknowns that lie between 0 and 1, where what happens near an end depends on how near it is: errors count relative to
  /// the room that is left on both sides.
  var fractions: [Range<Int>] { get }
  /// Whether there are states in which small errors grow. Where there are none, `canFollow` is not asked, and the iterations
  /// of a step end as soon as what others have achieved promises the tolerance.
  var hasInstabilities: Bool { get }
  /// Whether a step can follow what happens in a state by itself, without a new Newton matrix, whose assembly asks the same.
  /// - Parameter c: of the Newton matrix, ∂F/∂y + c ∂F/∂ẏ.
  func canFollow(_ y: UnsafePointer<Double>, c: Double) -> Bool

  /// Writes F(t, y, ẏ) to `residual`; all three have `unknownCount` elements. A state outside the range of the
  /// equations shows as NaN.
  func evaluate<S: Scalar>(
    at time: Double, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ residual: UnsafeMutablePointer<S>)

  func residual(
    at time: Double, _ y: UnsafePointer<Double>, _ rate: UnsafePointer<Double>,
    _ residual: UnsafeMutablePointer<Double>)
  func residual(
    at time: Double, _ y: UnsafePointer<Dual8>, _ rate: UnsafePointer<Dual8>,
    _ residual: UnsafeMutablePointer<Dual8>)
}

extension DAESystem {
  public var fractions: [Range<Int>] { [] }
  public var hasInstabilities: Bool { false }
  public func canFollow(_ y: UnsafePointer<Double>, c: Double) -> Bool { true }
}

/// Which combination of ∂F/∂y and ∂F/∂ẏ is wanted.
public enum Linearisation: Sendable, Equatable {
  /// ∂F/∂y + c ∂F/∂ẏ: the Newton matrix of a time step.
  case step(c: Double)
  /// ∂F/∂ẏ in the columns of differential unknowns and ∂F/∂y in those of algebraic ones: the Newton matrix of
  /// a consistent start, where the differential unknowns are held and their rates are sought.
  case start

  /// The weights of ∂F/∂y and ∂F/∂ẏ in a column.
  public func weights(differential: Bool) -> (state: Double, rate: Double) {
    switch self {
    case .step(let c): (1, differential ? c : 0)
    case .start: differential ? (0, 1) : (1, 0)
    }
  }
}

/// Assembles, factors and solves the Newton matrix of a DAE system.
public protocol LinearSolver: AnyObject {
  /// Assembles and factors; false when the matrix is singular or cannot be evaluated.
  func factor(
    _ linearisation: Linearisation, at time: Double, _ y: UnsafePointer<Double>, _ rate: UnsafePointer<Double>
  ) -> Bool
  /// Replaces `b` by the solution with the last factorisation; false on failure.
  func solve(_ b: UnsafeMutablePointer<Double>) -> Bool
}
