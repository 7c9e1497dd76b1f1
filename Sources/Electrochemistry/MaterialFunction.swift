import CKernels
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

  /// A smooth function with values of the order of 1, read from polynomials that are as good as the function itself; beyond the range it goes straight on.
  init(tabulating function: (Double) -> Double, over range: ClosedRange<Double>) {
    // Where the function is not smooth enough for polynomials, and beyond the range, these points stand in.
    let count = 4096
    let points = (0...count).map { i in
      let x = range.lowerBound + Double(i) / Double(count) * (range.upperBound - range.lowerBound)
      return SIMD2(x, function(x))
    }
    self.init(
      Owner(points: points, pieces: PiecewisePolynomial.pieces(of: function, over: range, size: 1), range: range))
  }

  private init(_ owner: Owner) {
    self.owner = owner
    view = FunctionView(owner.source, owner.pieces.map { PiecewisePolynomial(pieces: $0, range: owner.range) })
  }

  private final class Owner {
    let source: UnsafeMutablePointer<FunctionSource>
    let pieces: UnsafeBufferPointer<PiecewisePolynomial.Piece>?
    let range: ClosedRange<Double>
    private let memory = PlainMemory()

    init(
      program: [Instruction] = [], points: [SIMD2<Double>] = [], pieces: [PiecewisePolynomial.Piece] = [],
      range: ClosedRange<Double> = 0...1
    ) {
      source = .allocate(capacity: 1)
      source.initialize(to: FunctionSource(program: memory.copy(program), points: memory.copy(points)))
      self.pieces = pieces.isEmpty ? nil : memory.copy(pieces)
      self.range = range
    }

    deinit { source.deallocate() }
  }

  /// The same function, read from polynomials inside a range where they are as good as the expression itself.
  /// Numbers and tables stay as they are.
  public func tabulated(over range: ClosedRange<Double>) -> MaterialFunction {
    guard let owner, !owner.source.pointee.program.isEmpty else { return self }
    let pieces = PiecewisePolynomial.pieces(of: { self($0) }, over: range)
    return MaterialFunction(Owner(program: Array(owner.source.pointee.program), pieces: pieces, range: range))
  }

  public static func == (a: MaterialFunction, b: MaterialFunction) -> Bool {
    guard let first = a.owner?.source.pointee, let second = b.owner?.source.pointee else {
      return a.owner == nil && b.owner == nil && a.view.constant == b.view.constant
    }
    return first.program.elementsEqual(second.program) && first.points.elementsEqual(second.points)
  }

  /// The value, if it is the same for every x.
  public var constantValue: Double? { owner == nil ? view.constant : nil }

  public var isConstant: Bool { owner == nil }

  func divided(by unit: Double) -> MaterialFunction {
    MaterialFunction(tabulating: { self($0) / unit }, over: 0...1)
  }

  /// Its slope.
  var slope: MaterialFunction {
    isConstant ? MaterialFunction(0) : MaterialFunction(tabulating: { self.valueAndSlope($0).slope }, over: 0...1)
  }

  /// A factor times the integral from a point on, inside 0...1.
  func integral(from start: Double, times factor: Double) -> MaterialFunction {
    if let constantValue {
      return MaterialFunction(tabulating: { factor * constantValue * ($0 - start) }, over: 0...1)
    }
    return Self(integrating: { factor * self($0) }, from: start)
  }

  /// The integral of a function from a point on, inside 0...1.
  init(integrating function: @escaping (Double) -> Double, from start: Double) {
    let count = 400
    var sums = [0.0]
    for i in 0..<count {
      sums.append(sums[i] + gauss(from: Double(i) / Double(count), to: Double(i + 1) / Double(count), function))
    }
    func fromZero(_ x: Double) -> Double {
      let i = min(max(Int(x * Double(count)), 0), count - 1)
      return sums[i] + gauss(from: Double(i) / Double(count), to: x, function)
    }
    let origin = fromZero(start)
    self.init(tabulating: { fromZero($0) - origin }, over: 0...1)
  }

  /// The value at `x` and the slope there.
  func valueAndSlope(_ x: Double) -> (value: Double, slope: Double) {
    let result = self(Dual(x, partials: SIMD2<Double>(1, 0)))
    return (result.value, result.partials[0])
  }

  /// The slope at `x` of what was stated, where polynomials stand for an expression: theirs jumps a little from one to the next.
  func statedSlope(_ x: Double) -> Double {
    guard let owner, !owner.source.pointee.program.isEmpty else { return valueAndSlope(x).slope }
    return owner.source.pointee.valueAndSlope(at: x).slope
  }

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
  let constant: Double
  private let polynomial: PiecewisePolynomial
  /// nil for a constant.
  private let source: UnsafePointer<FunctionSource>?

  init(constant: Double) {
    self.constant = constant
    polynomial = .none
    source = nil
  }

  init(_ source: UnsafePointer<FunctionSource>, _ polynomial: PiecewisePolynomial?) {
    constant = 0
    self.polynomial = polynomial ?? .none
    self.source = source
  }

  var isConstant: Bool { source == nil }

  /// Writes the values at the numbers x, a row of all systems after the other, times a factor of each system.
  func values(
    _ x: UnsafePointer<Double>, rows: Int, factors: UnsafePointer<Double>, systems: Int,
    to y: UnsafeMutablePointer<Double>
  ) {
    let count = rows * systems
    let hasPolynomials = polynomial.values(x, rows: rows, factors: factors, systems: systems, to: y)
    if hasPolynomials && ck_finite(y, count) == 0 { return }
    for i in 0..<count where !hasPolynomials || !y[i].isFinite { y[i] = factors[i % systems] * self(x[i]) }
  }

  /// There is one variable, so that whatever the number type, the value and the slope are all that has to be
  /// computed; the chain rule does the rest.
  @inline(__always)
  func callAsFunction<S: Scalar>(_ x: S) -> S {
    guard let source else { return S(constant) }
    return S.apply(to: x) { x in
      if let (piece, position) = polynomial.piece(at: x) { return piece.pointee.value(at: position) }
      return source.pointee.value(at: x)
    } withSlope: { x in
      if let (piece, position) = polynomial.piece(at: x) {
        return (piece.pointee.value(at: position), polynomial.scale * piece.pointee.slope(at: position))
      }
      return source.pointee.valueAndSlope(at: x)
    }
  }
}

/// What a cell file says of a function: an expression or a table.
struct FunctionSource {
  let program: Program
  let points: UnsafeBufferPointer<SIMD2<Double>>

  @inline(never)
  func value(at x: Double) -> Double { program.isEmpty ? interpolate(x).value : program.run(x) }

  @inline(never)
  func valueAndSlope(at x: Double) -> (value: Double, slope: Double) {
    if program.isEmpty { return interpolate(x) }
    let result = program.run(Dual(x, partials: SIMD2<Double>(1, 0)))
    return (result.value, result.partials[0])
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
