import Integration

/// A property that depends on one variable `x` (a stoichiometry or a concentration): a number, an expression,
/// or a table, as BPX files state them.
public struct MaterialFunction: @unchecked Sendable, Equatable {
  // Plain pointers into memory that `owner` frees and that nobody writes after `init`. Evaluating through a
  // class or an enum with payloads would cost a retain and a release each time, as much as the arithmetic.
  private let constant: Double
  private let program: Program
  private let points: UnsafeBufferPointer<SIMD2<Double>>
  private let owner: Owner?

  /// The same value for every x.
  public init(_ constant: Double) { self.init(constant: constant, program: [], points: []) }

  /// An expression in x in Python's syntax: numbers, `+ - * / **`, parentheses and the functions exp, tanh,
  /// cosh (BPX), sinh, sqrt and log (ours).
  public init(expression: String) throws(ExpressionError) {
    switch try ExpressionParser.parse(expression) {
    case .constant(let value): self.init(value)
    case .program(let instructions): self.init(constant: 0, program: instructions, points: [])
    }
  }

  /// Linear interpolation between points, and straight on beyond the first and the last. There are at least
  /// two points and x increases strictly.
  public init(x: [Double], y: [Double]) {
    precondition(x.count == y.count && x.count >= 2, "a table has two or more points")
    precondition(zip(x, x.dropFirst()).allSatisfy { $0 < $1 }, "x increases from point to point")
    self.init(constant: 0, program: [], points: zip(x, y).map { SIMD2($0, $1) })
  }

  private init(constant: Double, program: [Instruction], points: [SIMD2<Double>]) {
    self.constant = constant
    owner = program.isEmpty && points.isEmpty ? nil : Owner(program: program, points: points)
    self.program = Program(owner?.program ?? .init(start: nil, count: 0))
    self.points = UnsafeBufferPointer(owner?.points ?? .init(start: nil, count: 0))
  }

  private final class Owner {
    let program: UnsafeMutableBufferPointer<Instruction>
    let points: UnsafeMutableBufferPointer<SIMD2<Double>>

    init(program: [Instruction], points: [SIMD2<Double>]) {
      self.program = .allocate(capacity: program.count)
      self.points = .allocate(capacity: points.count)
      _ = self.program.initialize(from: program)
      _ = self.points.initialize(from: points)
    }

    deinit {
      program.deallocate()
      points.deallocate()
    }
  }

  public static func == (a: MaterialFunction, b: MaterialFunction) -> Bool {
    a.constant == b.constant && a.program.elementsEqual(b.program) && a.points.elementsEqual(b.points)
  }

  /// The value, if it is the same for every x.
  public var constantValue: Double? { owner == nil ? constant : nil }

  public var isConstant: Bool { owner == nil }

  /// The value at `x`, with its derivatives when `x` carries any.
  ///
  /// There is one variable, so that whatever the number type, the value and the slope are all that has to be
  /// computed; the chain rule does the rest.
  public func callAsFunction<S: Scalar>(_ x: S) -> S {
    defer { extendLifetime(owner) }
    if !program.isEmpty {
      if S.self == Double.self { return S(program.run(x.value)) }
      let result = program.run(Dual(x.value, partials: SIMD2<Double>(1, 0)))
      return S.function(of: x, value: result.value, slope: result.partials[0])
    }
    if !points.isEmpty {
      let (value, slope) = interpolate(x.value)
      return S.function(of: x, value: value, slope: slope)
    }
    return S(constant)
  }

  private func interpolate(_ x: Double) -> (value: Double, slope: Double) {
    // By bisection the segment that holds x, or the first or the last one.
    var low = 0
    var high = points.count - 1
    while high - low > 1 {
      let middle = (low + high) / 2
      if points[middle].x <= x { low = middle } else { high = middle }
    }
    let (start, end) = (points[low], points[high])
    let slope = (end.y - start.y) / (end.x - start.x)
    return (start.y + slope * (x - start.x), slope)
  }
}
