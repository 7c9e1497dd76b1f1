/// Where each unknown of a cell stands in the state vector.
///
/// | unknown | unit | one for each |
/// |---|---|---|
/// | cₑ electrolyte concentration | mol/m³ | volume through the cell |
/// | φₑ electrolyte potential | V | volume through the cell |
/// | i current density of a foil | A/m² | negative foil |
/// | φₛ electrode potential | V | volume of a porous electrode; a positive foil |
/// | T − T_ref temperature above that of the parameters, so that errors are relative to the rise | K | cell with a heat balance |
/// | I terminal current (charge positive) | A | cell |
/// | Q charge passed, W energy passed | C, J | cell |
/// | j reaction current density | A/m² | particle class and volume of its electrode |
/// | n exchange through a neck | 1/s | neck and volume of its electrode |
/// | x stoichiometry | 1 | particle class, radial node and volume of its electrode |
/// | j current density of a face, one before and one behind the stoichiometries | A/m² | the same, of bent plates |
/// | u displacement over the radius, after each x | 1 | the same, of spheres and cylinders with layered elasticity |
/// | local state: h hysteresis state, x̄ mean stoichiometry or s stretch | 1 | particle class that has one and volume of its electrode |
struct StateLayout {
  /// The unknowns of one particle class.
  struct Class {
    /// First of the reaction current densities, one per volume of the electrode.
    let reaction: Int
    /// First of the stoichiometries: all volumes' centre nodes, then all their next nodes, up to the surface.
    let stoichiometry: Int
    /// First of the local states; the next unknown where there are none.
    let local: Int
    /// Volumes of the electrode.
    let volumeCount: Int
    /// Nodes of a particle.
    let nodeCount: Int
    /// Unknowns of a node: its stoichiometry, and with `LayeredElasticity` the displacement of the boundary outside of it.
    var stride = 1
    /// Whether both ends react (a bent plate), each with a current density of its own.
    var reactsOnBothFaces = false
    let localState: LocalState

    /// What a particle has besides its stoichiometries.
    enum LocalState {
      case none, hysteresis, mean
      /// That all layers share (`LayeredElasticity`).
      case stretch
    }

    /// Stoichiometry of node `node` of the particle in volume `volume`.
    func stoichiometry(node: Int, volume: Int) -> Int { stoichiometry + node * stride * volumeCount + volume }
    /// Displacement of the boundary outside of a node over the radius, where there is one.
    func displacement(node: Int, volume: Int) -> Int { stoichiometry(node: node, volume: volume) + volumeCount }
    /// Current density of the face at node `node`, the first or the last one, where both react.
    func faceReaction(node: Int, volume: Int) -> Int {
      stoichiometry(node: node == 0 ? -1 : nodeCount, volume: volume)
    }
    /// The first of what is inside a particle, and how many there are in each volume: nodes and faces.
    var inside: Int { reactsOnBothFaces ? stoichiometry - volumeCount : stoichiometry }
    var insideCount: Int { nodeCount * stride + (reactsOnBothFaces ? 2 : 0) }
    /// Whether an unknown is a current density.
    func isCurrentDensity(_ unknown: Int) -> Bool {
      (reaction..<reaction + volumeCount).contains(unknown)
        || reactsOnBothFaces
          && [0, nodeCount - 1].contains { (0..<volumeCount).contains(unknown - faceReaction(node: $0, volume: 0)) }
    }
    /// Whether an unknown is a displacement.
    func isDisplacement(_ unknown: Int) -> Bool {
      stride > 1 && (stoichiometry..<stoichiometry + nodeCount * stride * volumeCount).contains(unknown)
        && (unknown - stoichiometry) / volumeCount % 2 == 1
    }
    /// Stoichiometry at the surface of the particle in volume `volume`.
    func surface(volume: Int) -> Int { stoichiometry(node: nodeCount - 1, volume: volume) }
  }

  /// Volumes through the cell.
  let volumeCount: Int
  let concentration: Int
  let electrolytePotential: Int
  /// First potential of a porous negative electrode, or the current density of a negative foil.
  let negative: Int
  /// First potential of a porous positive electrode, or the potential of a positive foil.
  let positive: Int
  let negativeClasses: [Class]
  let positiveClasses: [Class]
  /// First of the exchanges through each neck.
  let negativeNecks: [Int]
  let positiveNecks: [Int]
  /// nil in an isothermal cell.
  let temperature: Int?
  let current: Int
  let charge: Int
  let energy: Int
  /// What is needed to read the terminals: the last potential of the positive side and what follows up to the energy.
  let terminals: Range<Int>
  let count: Int

  init(_ cell: Cell, mesh: Mesh) {
    var next = 0
    func reserve(_ count: Int) -> Int {
      defer { next += count }
      return next
    }
    func classes(_ side: Side, _ volumes: Int) -> [Class] {
      (side.porous?.materials ?? []).map { material in
        let nodes =
          switch material.transport {
          // Layers are of second order; a bent plate has them on both sides of its middle.
          case .fickian:
            (material.mechanics?.bending != nil ? 4 : material.mechanics?.isLayered == true ? 2 : 1) * mesh.radial + 1
          case .homogeneous: 1
          case .cahnHilliard(let model): model.intervals + 1
          case .allenCahn(let model): model.computedCells
          }
        let isLayered = material.mechanics?.isLayered == true
        let state: Class.LocalState =
          isLayered ? .stretch : material.needsMean ? .mean : material.hysteresis == nil ? .none : .hysteresis
        let stride = isLayered && material.shape != .plate ? 2 : 1
        let isBent = material.mechanics?.bending != nil
        let reaction = reserve(volumes)
        let inside = reserve(volumes * (nodes * stride + (isBent ? 2 : 0)))
        return Class(
          reaction: reaction, stoichiometry: isBent ? inside + volumes : inside,
          local: reserve(state == .none ? 0 : volumes), volumeCount: volumes, nodeCount: nodes, stride: stride,
          reactsOnBothFaces: isBent, localState: state)
      }
    }
    volumeCount = mesh.negative + mesh.separator + mesh.positive
    concentration = reserve(volumeCount)
    electrolytePotential = reserve(volumeCount)
    negative = reserve(cell.negative == .reference ? 0 : max(1, mesh.negative))
    positive = reserve(max(1, mesh.positive))
    let lastPotential = next - 1
    temperature = cell.thermal == nil ? nil : reserve(1)
    current = reserve(1)
    charge = reserve(1)
    energy = reserve(1)
    terminals = lastPotential..<next
    negativeClasses = classes(cell.negative, mesh.negative)
    positiveClasses = classes(cell.positive, mesh.positive)
    negativeNecks = (cell.negative.porous?.necks ?? []).map { _ in reserve(mesh.negative) }
    positiveNecks = (cell.positive.porous?.necks ?? []).map { _ in reserve(mesh.positive) }
    count = next
  }
}
