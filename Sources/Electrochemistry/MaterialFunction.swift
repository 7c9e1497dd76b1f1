import Integration

/// A property that depends on one variable `x` (a stoichiometry or a concentration): a number, an expression,
/// or a table, as BPX files state them.
public struct MaterialFunction: Sendable {
  var constant: Double

  public init(_ constant: Double) { self.constant = constant }

  /// The value at `x`, with its derivatives when `x` carries any.
  public var constantValue: Double? { constant }
  public func callAsFunction<S: Scalar>(_ x: S) -> S { S(constant) }
}
