#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// How finely a cell is divided.
public struct Mesh: Sendable, Equatable, CustomStringConvertible {
  /// Finite volumes through the negative electrode, the separator and the positive electrode.
  public var negative: Int
  public var separator: Int
  public var positive: Int
  /// Radial intervals of a particle; there is one node more, at the centre and at the surface included.
  public var radial: Int

  public init(negative: Int, separator: Int, positive: Int, radial: Int) {
    self.negative = negative
    self.separator = separator
    self.positive = positive
    self.radial = radial
  }

  public static let standard = Mesh(negative: 20, separator: 10, positive: 20, radial: 30)

  /// A mesh written as its four counts, such as 20/10/20x30; nil for anything else.
  public init?(_ text: String) {
    let counts = text.split(whereSeparator: { "/x".contains($0) }).map { Int($0) ?? 0 }
    guard text.filter({ "/x".contains($0) }) == "//x", counts.count == 4, counts.allSatisfy({ $0 > 0 }) else {
      return nil
    }
    self.init(negative: counts[0], separator: counts[1], positive: counts[2], radial: counts[3])
  }

  public var description: String { "\(negative)/\(separator)/\(positive)x\(radial)" }

  /// The same mesh with every count multiplied.
  public func refined(by factor: Int) -> Mesh {
    Mesh(
      negative: negative * factor, separator: separator * factor, positive: positive * factor,
      radial: radial * factor)
  }
}

/// The radial mesh of a particle in units of its radius (half-thickness), from the centre 0 to the surface 1, and the
/// integrals of linear finite elements on it (Galerkin's method: hat functions as weights, consistent mass).
///
/// The surface concentration is an unknown of its own, exact in the first instant of a current; the inventory is
/// conserved to round-off; and the error is a quarter of that of finite volumes on the same nodes.
struct RadialMesh {
  let elements: [Element]
  /// What share of the particle's volume each node stands for: the integral of its hat function. The sum is 1.
  let volumes: [Double]

  /// An interval between two nodes. Integrals are over the volume of the particle, dv = s ρ^(s−1) dρ.
  struct Element {
    /// ∫ φᵢφᵢ dv, ∫ φᵢφₒ dv and ∫ φₒφₒ dv of the hat functions of the inner and the outer node.
    var inner = 0.0
    var cross = 0.0
    var outer = 0.0
    /// ∫ dv over the square of the length: the flow between the nodes for a unit difference and diffusivity.
    var conductance = 0.0
  }

  /// Ratio of the widest interval (centre) to the narrowest (surface) is about exp(`grading`); a fixed smooth map
  /// of a uniform mesh, so that the order of convergence is that of the uniform mesh.
  static let grading = 3.0

  /// - Parameters:
  ///   - intervals: number of intervals between nodes.
  ///   - shape: gives the volume s ρ^(s−1) dρ of a shell of relative radius ρ.
  init(intervals: Int, shape: ParticleShape) {
    precondition(intervals >= 1)
    let g = Self.grading
    let nodes = (0...intervals).map { (1 - exp(-g * Double($0) / Double(intervals))) / (1 - exp(-g)) }
    let s = shape.factor
    elements = (0..<intervals).map { i in
      let length = nodes[i + 1] - nodes[i]
      var element = Element()
      // Three Gauss points integrate polynomials of degree 5 exactly; these are of degree 4 at most.
      for (position, weight) in [(-0.6.squareRoot(), 5.0 / 18), (0, 8.0 / 18), (0.6.squareRoot(), 5.0 / 18)] {
        let outerHat = (1 + position) / 2
        let volume = weight * length * s * pow(nodes[i] + outerHat * length, s - 1)
        element.inner += volume * (1 - outerHat) * (1 - outerHat)
        element.cross += volume * (1 - outerHat) * outerHat
        element.outer += volume * outerHat * outerHat
        element.conductance += volume / (length * length)
      }
      return element
    }
    var volumes = [Double](repeating: 0, count: intervals + 1)
    for (i, element) in elements.enumerated() {
      volumes[i] += element.inner + element.cross
      volumes[i + 1] += element.cross + element.outer
    }
    self.volumes = volumes
  }
}
