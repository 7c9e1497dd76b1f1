#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The radial mesh of a particle in units of its radius (half-thickness), from the centre 0, or the wall of a hollow one,
/// to the surface 1, and the integrals on it of finite elements of high order (Galerkin's method with consistent mass; nodes at the
/// Gauss–Lobatto points of each element, Karniadakis & Sherwin, Spectral/hp Element Methods, 2005, ch. 2).
///
/// The surface concentration is an unknown of its own, exact in the first instant of a current; the inventory is
/// conserved to round-off, because the weight functions add up to 1.
struct RadialMesh {
  /// Relative radius of each node.
  let nodes: [Double]
  /// What share of the particle's volume each node stands for: the integral of its shape function. The sum is 1.
  let volumes: [Double]
  /// The first node that shares an element with each node; the last one follows by symmetry.
  let firstNeighbour: [Int]
  /// How far neighbours are apart at most.
  let bandwidth: Int
  /// ∫ φᵢφⱼ dv and ∫ ∇φᵢ·∇φⱼ dv over the particle, dv = s ρ^(s−1) dρ; row i, column j at `[i][j − i + bandwidth]`.
  let mass: [[Double]]
  let stiffness: [[Double]]
  /// Quadrature points for what is not linear.
  let points: [Point]
  /// The volume integral between each node and the next.
  let intervals: [Point]
  private let elements: [(firstNode: Int, ends: ClosedRange<Double>, interpolation: Lagrange)]

  /// A quadrature point: the value there is Σ shape[j] x, the gradient Σ slope[j] x over the nodes from `firstNode` on; or an
  /// interval, the integral over which is Σ shape[j] x.
  struct Point {
    var firstNode: Int
    /// Share of the particle's volume.
    var weight: Double
    var shape: [Double]
    var slope: [Double]
  }

  /// For diffusion: the ratio of the widest element (centre) to the narrowest (surface) is about e³.
  static func finerTowardsTheSurface(_ t: Double) -> Double { (1 - exp(-3 * t)) / (1 - exp(-3)) }

  /// Where the stress in the middle matters, too: a ratio of e².
  static func milder(_ t: Double) -> Double { (1 - exp(-2 * t)) / (1 - exp(-2)) }

  /// - Parameters:
  ///   - intervals: number of intervals between nodes; 0 for a particle of one node, without gradients.
  ///   - order: polynomial order of the elements; the innermost one is of lower order where they do not fit.
  ///   - shape: gives the volume s ρ^(s−1) dρ/(1 − ρ₀^s) of a shell of relative radius ρ.
  ///   - hollowness: ρ₀, the relative radius from which on there is material; −1 for a plate from one face to the other.
  ///   - map: relative radii of the element ends, from those of a uniform mesh; smooth, so that the order of convergence
  ///     is that of the uniform mesh.
  init(
    intervals: Int, order: Int, shape: ParticleShape, hollowness: Double = 0,
    map: (Double) -> Double = Self.finerTowardsTheSurface
  ) {
    precondition(intervals >= 0 && order >= 1)
    if intervals == 0 {
      (nodes, volumes, firstNeighbour, bandwidth) = ([1], [1], [0], 0)
      (mass, stiffness, points) = ([[1]], [[0]], [])
      (self.intervals, elements) = ([], [])
      return
    }
    let s = shape.factor
    let perVolume = s / (1 - pow(hollowness, s))
    let remainder = intervals % order
    let orders = (remainder == 0 ? [] : [remainder]) + [Int](repeating: order, count: intervals / order)
    let ends = (0...orders.count).map {
      hollowness + (1 - hollowness) * map(Double($0) / Double(orders.count))
    }
    let bandwidth = orders.max()!
    var nodes = [hollowness]
    var firstNeighbour = [0]
    var mass = [[Double]](repeating: [Double](repeating: 0, count: 2 * bandwidth + 1), count: intervals + 1)
    var stiffness = mass
    var points: [Point] = []
    var segments: [Point] = []
    var elements: [(firstNode: Int, ends: ClosedRange<Double>, interpolation: Lagrange)] = []
    // All elements but the first are of one order.
    let kinds = Dictionary(uniqueKeysWithValues: Set(orders).map { ($0, ElementKind(order: $0)) })
    for (element, p) in orders.enumerated() {
      let first = nodes.count - 1
      let length = ends[element + 1] - ends[element]
      let kind = kinds[p]!
      let interpolation = kind.interpolation
      nodes += interpolation.nodes.dropFirst().map { ends[element] + length * (1 + $0) / 2 }
      nodes[nodes.count - 1] = ends[element + 1]
      firstNeighbour += [Int](repeating: first, count: p)
      func point(at position: Double, weight: Double) -> Point {
        let (values, slopes) = interpolation.evaluate(at: position)
        let radius = ends[element] + length * (1 + position) / 2
        return Point(
          firstNode: first, weight: weight * length / 2 * perVolume * pow(radius, s - 1), shape: values,
          slope: slopes.map { 2 / length * $0 })
      }
      elements.append((first, ends[element]...ends[element + 1], interpolation))
      for (low, high) in zip(interpolation.nodes, interpolation.nodes.dropFirst()) {
        var segment = Point(
          firstNode: first, weight: 0, shape: [Double](repeating: 0, count: p + 1), slope: [])
        for (position, weight) in kind.rule {
          let q = point(at: 0.5 * (low + high + (high - low) * position), weight: 0.5 * (high - low) * weight)
          segment.weight += q.weight
          for i in 0...p { segment.shape[i] += q.weight * q.shape[i] }
        }
        segments.append(segment)
      }
      for (position, weight) in kind.rule {
        let q = point(at: position, weight: weight)
        for i in 0...p {
          for j in 0...p {
            // The products in this order are symmetric to the last digit.
            mass[first + i][j - i + bandwidth] += q.weight * (q.shape[i] * q.shape[j])
            stiffness[first + i][j - i + bandwidth] += q.weight * (q.slope[i] * q.slope[j])
          }
        }
      }
      points += kind.coarseRule.map { point(at: $0, weight: $1) }
    }
    self.nodes = nodes
    self.firstNeighbour = firstNeighbour
    self.bandwidth = bandwidth
    self.mass = mass
    self.stiffness = stiffness
    self.points = points
    self.intervals = segments
    self.elements = elements
    volumes = mass.map { $0.reduce(0, +) }
  }

  /// By which the values at the nodes from `firstNode` on enter that at a relative radius.
  func interpolation(at radius: Double) -> (firstNode: Int, weights: [Double]) {
    let (first, ends, interpolation) =
      elements.first { radius <= $0.ends.upperBound } ?? elements[elements.count - 1]
    let position = 2 * (radius - ends.lowerBound) / (ends.upperBound - ends.lowerBound) - 1
    return (first, interpolation.evaluate(at: position).values)
  }
}

/// The polynomials that are 1 at one of the p + 1 Gauss–Lobatto points of [−1, 1] and 0 at the others.
private struct Lagrange {
  let nodes: [Double]

  init(order p: Int) {
    // The inner points are the zeros of the derivative of Legendre's polynomial of degree p.
    let inner = zeros(guesses: (1..<p).map { -cos(.pi * Double($0) / Double(p)) }) { x in
      let (value, slope) = legendre(p, x)
      // (1 − x²) P″ = 2x P′ − p(p + 1) P
      return (slope, (2 * x * slope - Double(p * (p + 1)) * value) / (1 - x * x))
    }
    nodes = [-1] + inner + [1]
  }

  func evaluate(at x: Double) -> (values: [Double], slopes: [Double]) {
    var values: [Double] = []
    var slopes: [Double] = []
    values.reserveCapacity(nodes.count)
    slopes.reserveCapacity(nodes.count)
    for (i, node) in nodes.enumerated() {
      var value = 1.0
      var slope = 0.0
      for (j, other) in nodes.enumerated() where j != i {
        slope = (slope * (x - other) + value) / (node - other)
        value *= (x - other) / (node - other)
      }
      values.append(value)
      slopes.append(slope)
    }
    return (values, slopes)
  }
}

/// What elements of one order have in common.
private struct ElementKind {
  let interpolation: Lagrange
  /// Exact for products of two shape functions and ρ², of degree 2p + 2.
  let rule: [(position: Double, weight: Double)]
  let coarseRule: [(position: Double, weight: Double)]

  init(order: Int) {
    interpolation = Lagrange(order: order)
    rule = gaussLegendre(order + 2)
    coarseRule = gaussLegendre(order + 1)
  }
}

/// Gauss–Legendre quadrature: positions and weights on [−1, 1] that integrate polynomials of degree 2n − 1 exactly.
func gaussLegendre(_ n: Int) -> [(position: Double, weight: Double)] {
  zeros(guesses: (0..<n).map { -cos(.pi * (Double($0) + 0.75) / (Double(n) + 0.5)) }) { legendre(n, $0) }.map { x in
    let slope = legendre(n, x).slope
    return (x, 2 / ((1 - x * x) * slope * slope))
  }
}

/// Legendre's polynomial of degree n and its slope, for |x| < 1.
private func legendre(_ n: Int, _ x: Double) -> (value: Double, slope: Double) {
  var (previous, value) = (1.0, x)
  if n == 0 { return (1, 0) }
  for k in 1..<max(n, 1) {
    (previous, value) = (value, (Double(2 * k + 1) * x * value - Double(k) * previous) / Double(k + 1))
  }
  return (value, Double(n) * (previous - x * value) / (1 - x * x))
}

/// The zeros of a polynomial by Newton's method from points nearby.
private func zeros(guesses: [Double], _ function: (Double) -> (value: Double, slope: Double)) -> [Double] {
  guesses.map { guess in
    var x = guess
    for _ in 0..<20 {
      let (value, slope) = function(x)
      let change = value / slope
      x -= change
      if abs(change) < 1e-16 { break }
    }
    return x
  }
}
