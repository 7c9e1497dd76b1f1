import Integration

/// A property that depends on one variable `x` (a stoichiometry or a concentration): a number, an expression,
/// or a table, as BPX files state them.
public struct MaterialFunction: @unchecked Sendable, Equatable {
  /// The same function in plain memory that `owner` frees and that nobody writes after `init`.
  let view: FunctionView
  private let owner: Owner?

  /// The same value for every x.
  public init(_ constant: Double) {
    owner = nil
    view = FunctionView(constant: constant)
  }

  /// An expression in x in Python's syntax: numbers, `+ - * / **`, parentheses and the functions exp, tanh,
  /// cosh (BPX), sinh, sqrt and log (ours).
  public init(expression: String) throws(ExpressionError) {
    switch try ExpressionParser.parse(expression) {
    case .constant(let value): self.init(value)
    case .program(let instructions): self.init(Owner(program: instructions))
    }
  }

  /// Linear interpolation between points, and straight on beyond the first and the last. There are at least
  /// two points and x increases strictly.
  public init(x: [Double], y: [Double]) {
    precondition(x.count == y.count && x.count >= 2, "a table has two or more points")
    precondition(zip(x, x.dropFirst()).allSatisfy { $0 < $1 }, "x increases from point to point")
    self.init(Owner(points: zip(x, y).map { SIMD2($0, $1) }))
  }

  private init(_ owner: Owner) {
    self.owner = owner
    view = FunctionView(
      program: Program(owner.program), points: UnsafeBufferPointer(owner.points),
      pieces: UnsafeBufferPointer(owner.pieces), range: owner.range)
  }

  private final class Owner {
    let program: UnsafeMutableBufferPointer<Instruction>
    let points: UnsafeMutableBufferPointer<SIMD2<Double>>
    let pieces: UnsafeMutableBufferPointer<PiecewisePolynomial.Piece>
    let range: ClosedRange<Double>

    init(
      program: [Instruction] = [], points: [SIMD2<Double>] = [], pieces: [PiecewisePolynomial.Piece] = [],
      range: ClosedRange<Double> = 0...1
    ) {
      self.program = .allocate(capacity: program.count)
      self.points = .allocate(capacity: points.count)
      self.pieces = .allocate(capacity: pieces.count)
      self.range = range
      _ = self.program.initialize(from: program)
      _ = self.points.initialize(from: points)
      _ = self.pieces.initialize(from: pieces)
    }

    deinit {
      program.deallocate()
      points.deallocate()
      pieces.deallocate()
    }
  }

  /// The same function, read from polynomials inside a range where they are as good as the expression itself.
  /// Numbers and tables stay as they are.
  public func tabulated(over range: ClosedRange<Double>) -> MaterialFunction {
    guard let owner, !owner.program.isEmpty else { return self }
    let pieces = PiecewisePolynomial.pieces(of: { self($0) }, over: range)
    return MaterialFunction(Owner(program: Array(owner.program), pieces: pieces, range: range))
  }

  public static func == (a: MaterialFunction, b: MaterialFunction) -> Bool {
    a.view.constant == b.view.constant && a.view.program.elementsEqual(b.view.program)
      && a.view.points.elementsEqual(b.view.points)
  }

  /// The value, if it is the same for every x.
  public var constantValue: Double? { owner == nil ? view.constant : nil }

  public var isConstant: Bool { owner == nil }

  /// The value at `x`, with its derivatives when `x` carries any.
  public func callAsFunction<S: Scalar>(_ x: S) -> S {
    defer { extendLifetime(owner) }
    return view(x)
  }
}

/// A material function as the inner loops of a model read it: plain memory, which belongs to a `MaterialFunction` that
/// outlives it. Evaluating through a class or an enum with payloads would cost a retain and a release each time, as
/// much as the arithmetic.
struct FunctionView {
  let isConstant: Bool
  let constant: Double
  let program: Program
  let points: UnsafeBufferPointer<SIMD2<Double>>
  let polynomial: PiecewisePolynomial

  init(constant: Double) {
    isConstant = true
    self.constant = constant
    program = Program(start: nil, count: 0)
    points = .init(start: nil, count: 0)
    polynomial = PiecewisePolynomial(pieces: .init(start: nil, count: 0), range: 0...1)
  }

  init(
    program: Program, points: UnsafeBufferPointer<SIMD2<Double>>,
    pieces: UnsafeBufferPointer<PiecewisePolynomial.Piece>, range: ClosedRange<Double>
  ) {
    isConstant = false
    constant = 0
    self.program = program
    self.points = points
    polynomial = PiecewisePolynomial(pieces: pieces, range: range)
  }

  /// There is one variable, so that whatever the number type, the value and the slope are all that has to be
  /// computed; the chain rule does the rest.
  @inline(__always)
  func callAsFunction<S: Scalar>(_ x: S) -> S {
    if isConstant { return S(constant) }
    if let (piece, position) = polynomial.piece(at: x.value) {
      if S.self == Double.self { return S(piece.pointee.value(at: position)) }
      return S.function(
        of: x, value: piece.pointee.value(at: position), slope: polynomial.scale * piece.pointee.slope(at: position))
    }
    return withoutPolynomial(x)
  }

  @inline(never)
  private func withoutPolynomial<S: Scalar>(_ x: S) -> S {
    if !program.isEmpty {
      if S.self == Double.self { return S(program.run(x.value)) }
      let result = program.run(Dual(x.value, partials: SIMD2<Double>(1, 0)))
      return S.function(of: x, value: result.value, slope: result.partials[0])
    }
    let (value, slope) = interpolate(x.value)
    return S.function(of: x, value: value, slope: slope)
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
