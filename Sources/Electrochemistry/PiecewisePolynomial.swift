import CKernels

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A smooth function on equal intervals, each with the polynomial of degree 5 through the six Chebyshev–Lobatto points
/// of the interval: continuous, and a few nanoseconds to evaluate whatever the expression it stands for.
///
/// Between the points the error is that of the nodal polynomial, h⁶ f⁽⁶⁾ / 737 280 for an interval of length h at its
/// largest, which is where it is checked. Intervals where it exceeds `tolerance` hold no polynomial.
struct PiecewisePolynomial {
  private let pieces: UnsafePointer<Piece>?
  private let count: Double
  private let start: Double
  /// Intervals per x.
  private let density: Double

  /// - Parameter pieces: one for each interval, and one without a polynomial behind them.
  init(pieces: UnsafeBufferPointer<Piece>, range: ClosedRange<Double>) {
    self.pieces = pieces.baseAddress
    count = Double(pieces.count - 1)
    start = range.lowerBound
    density = count / (range.upperBound - range.lowerBound)
  }

  private init() {
    pieces = nil
    count = 0
    start = 0
    density = 0
  }

  /// No intervals.
  static var none: PiecewisePolynomial { PiecewisePolynomial() }

  /// Slope of the position inside an interval, from −1 to 1, against x.
  var scale: Double { 2 * density }

  /// Largest error as a fraction of the largest value in the interval.
  static let tolerance = 1e-10

  /// The polynomial of the interval that holds x, and the position of x in it; nil outside and where there is none.
  @inline(__always)
  func piece(at x: Double) -> (UnsafePointer<Piece>, position: Double)? {
    let t = density * (x - start)
    // False also where x is not a number.
    guard t >= 0 && t < count else { return nil }
    // Rounded to a whole number by adding one so large that nothing smaller fits, in whose last bits it then stands.
    let large = 0x1.8p52
    let shifted = (t - 0.5) + large
    let piece = pieces.unsafelyUnwrapped + Int(shifted.bitPattern & 0xffff)
    return piece.pointee.c0.isNaN ? nil : (piece, 2 * (t - (shifted - large)) - 1)
  }

  /// Writes the values at the numbers x, a row of all systems after the other, times a factor of each system; not a number
  /// where there is no polynomial.
  /// - Returns: whether there are any polynomials.
  func values(
    _ x: UnsafePointer<Double>, rows: Int, factors: UnsafePointer<Double>, systems: Int,
    to y: UnsafeMutablePointer<Double>
  ) -> Bool {
    guard let pieces else { return false }
    ck_piecewise(
      rows, systems, UnsafeRawPointer(pieces).assumingMemoryBound(to: Double.self), count, start, density, factors, x, y
    )
    return true
  }

  struct Piece {
    var c0, c1, c2, c3, c4, c5: Double

    /// No polynomial.
    static let none = Piece(c0: .nan, c1: 0, c2: 0, c3: 0, c4: 0, c5: 0)

    @inline(__always)
    func value(at u: Double) -> Double {
      // Estrin's scheme: three independent halves instead of a chain of five.
      let u2 = u * u
      return (c0 + c1 * u) + u2 * ((c2 + c3 * u) + u2 * (c4 + c5 * u))
    }

    @inline(__always)
    func slope(at u: Double) -> Double {
      let u2 = u * u
      return (c1 + 2 * c2 * u) + u2 * ((3 * c3 + 4 * c4 * u) + u2 * (5 * c5))
    }
  }

  /// As many intervals as the tolerance asks for, at most 1024; none where most of them would hold no polynomial.
  /// - Parameter size: values below this count as this large: what is small beside it need not be exact for itself.
  static func pieces(of function: (Double) -> Double, over range: ClosedRange<Double>, size: Double = 0) -> [Piece] {
    var count = 64
    while true {
      let isLast = count == 1024
      if let pieces = pieces(of: function, over: range, size: size, count: count, canMissSome: isLast) {
        let missing = pieces.count { $0.c0.isNaN }
        return missing > count / 2 ? [] : pieces + [Piece.none]
      }
      count *= 2
    }
  }

  /// - Returns: nil where an interval holds no polynomial, unless some can be missing.
  private static func pieces(
    of function: (Double) -> Double, over range: ClosedRange<Double>, size: Double, count: Int,
    canMissSome: Bool
  ) -> [Piece]? {
    let half = (range.upperBound - range.lowerBound) / Double(2 * count)
    var pieces: [Piece] = []
    pieces.reserveCapacity(count + 1)
    for index in 0..<count {
      let middle = range.lowerBound + Double(2 * index + 1) * half
      let piece = piece(of: function, middle: middle, half: half, size: size)
      guard !piece.c0.isNaN || canMissSome else { return nil }
      pieces.append(piece)
    }
    return pieces
  }

  private static func piece(
    of function: (Double) -> Double, middle: Double, half: Double, size: Double
  ) -> Piece {
    var values = SIMD8<Double>.zero
    for (i, node) in nodes.enumerated() { values[i] = function(middle + half * node) }
    // The large part, a constant, comes through without round-off.
    let base = values[2]
    var (c, largest) = (SIMD8<Double>.zero, size)
    for (i, coefficients) in lagrange.enumerated() {
      c += coefficients * (values[i] - base)
      largest = max(largest, abs(values[i]))
    }
    let piece = Piece(c0: c[0] + base, c1: c[1], c2: c[2], c3: c[3], c4: c[4], c5: c[5])
    // The negation is true also where something is not a number.
    let isGood = checkPoints.allSatisfy {
      abs(piece.value(at: $0) - function(middle + half * $0)) <= tolerance * largest
    }
    return isGood ? piece : .none
  }

  private static let nodes = (0...5).map { -cos(.pi * Double($0) / 5) }
  /// Near the extrema of the nodal polynomial.
  private static let checkPoints = (0..<5).map { -cos(.pi * (Double($0) + 0.5) / 5) }

  /// Coefficients in powers of u of the polynomials that are 1 at one node and 0 at the others.
  private static let lagrange: [SIMD8<Double>] = nodes.indices.map { i in
    var c = SIMD8<Double>.zero
    c[0] = 1
    for (j, node) in nodes.enumerated() where j != i {
      let denominator = nodes[i] - node
      for k in (0..<6).reversed() { c[k] = ((k > 0 ? c[k - 1] : 0) - node * c[k]) / denominator }
    }
    return c
  }
}
