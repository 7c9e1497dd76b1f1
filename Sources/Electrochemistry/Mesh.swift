/// How finely a cell is divided.
public struct Mesh: Sendable, Equatable, CustomStringConvertible {
  /// Finite volumes through the negative electrode, the separator and the positive electrode.
  public var negative: Int
  public var separator: Int
  public var positive: Int
  /// Radial intervals of a particle; there is one node more, at the centre and at the surface included.
  public var radial: Int
  /// Polynomial order of the radial elements.
  public var radialOrder = Mesh.standardOrder

  /// The order at which a given accuracy costs least time.
  public static let standardOrder = 4

  public init(negative: Int, separator: Int, positive: Int, radial: Int) {
    self.negative = negative
    self.separator = separator
    self.positive = positive
    self.radial = radial
  }

  public static let standard = Mesh(negative: 20, separator: 10, positive: 20, radial: 24)

  /// The mesh of a cell for which none is asked: with twice as many volumes in an electrode whose surface stress is told at its
  /// faces. While a step of the potential passes a face, a parabola through the last three of twenty volumes misses the stress
  /// there by 1.5 %, although in the volumes it is known to 0.05 %; of forty, by 0.4 %.
  public static func standard(for cell: Cell) -> Mesh {
    var mesh = standard
    // A single particle has no faces to look at.
    if cell.negative == .reference { return mesh }
    if cell.negative.porous?.tellsStressAtFaces == true { mesh.negative *= 2 }
    if cell.positive.porous?.tellsStressAtFaces == true { mesh.positive *= 2 }
    return mesh
  }

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

extension Electrode {
  /// Whether it has a material of one size with stresses that change smoothly from volume to volume.
  fileprivate var tellsStressAtFaces: Bool {
    materials.contains { material in
      material.mechanics != nil && material.transport == .fickian && material.latticePotential == nil
        && materials.count(where: { $0.name == material.name }) == 1
    }
  }
}
