#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// How finely a cell is divided.
public struct Mesh: Sendable, Equatable {
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

  public static let standard = Mesh(negative: 20, separator: 10, positive: 20, radial: 20)

  /// The same mesh with every count multiplied.
  public func refined(by factor: Int) -> Mesh {
    Mesh(
      negative: negative * factor, separator: separator * factor, positive: positive * factor,
      radial: radial * factor)
  }
}

/// The radial mesh of a particle in units of its radius (half-thickness): nodes from the centre 0 to the surface 1,
/// each in the middle of its control volume but for the two at the ends, so that the surface concentration is
/// an unknown of its own and not an extrapolation.
struct RadialMesh {
  /// Positions of the nodes.
  let nodes: [Double]
  /// Volume of each node's control volume over the volume of the particle; the sum is 1.
  let volumes: [Double]
  /// For each interval: area of the face in its middle × (particle surface/volume)⁻¹ … see `init`; divided by
  /// the distance between its nodes.
  let conductances: [Double]

  /// Ratio of the widest interval (centre) to the narrowest (surface) is about exp(`grading`); a fixed smooth map
  /// of a uniform mesh, so that the order of convergence is that of the uniform mesh.
  static let grading = 3.0

  /// - Parameters:
  ///   - intervals: number of intervals between nodes.
  ///   - shape: gives the area ∝ ρ^(s−1) of a shell of relative radius ρ.
  init(intervals: Int, shape: ParticleShape) {
    precondition(intervals >= 1)
    let g = Self.grading
    nodes = (0...intervals).map { (1 - exp(-g * Double($0) / Double(intervals))) / (1 - exp(-g)) }
    let s = shape.factor
    var faces = [0.0]
    for i in 0..<intervals { faces.append((nodes[i] + nodes[i + 1]) / 2) }
    faces.append(1)
    volumes = (0...intervals).map { pow(faces[$0 + 1], s) - pow(faces[$0], s) }
    let nodes = nodes
    // The mean stoichiometry changes by s times the flux density at the surface over R; the same factor s stands
    // before every interior face, whose area is ρ^(s−1) of the surface.
    conductances = (0..<intervals).map { s * pow(faces[$0 + 1], s - 1) / (nodes[$0 + 1] - nodes[$0]) }
  }
}
