/// Where each unknown of a cell stands in the state vector.
///
/// | unknown | unit | one for each |
/// |---|---|---|
/// | cₑ electrolyte concentration | mol/m³ | volume through the cell |
/// | φₑ electrolyte potential | V | volume through the cell |
/// | φₛ electrode potential | V | volume of an electrode |
/// | j reaction current density | A/m² | particle class and volume of its electrode |
/// | x stoichiometry | 1 | particle class, radial node and volume of its electrode |
/// | I terminal current (charge positive) | A | cell |
/// | Q charge passed, W energy passed | C, J | cell |
struct StateLayout {
  /// The unknowns of one particle class.
  struct Class {
    /// First of the reaction current densities, one per volume of the electrode.
    let reaction: Int
    /// First of the stoichiometries: all volumes' centre nodes, then all their next nodes, up to the surface.
    let stoichiometry: Int
    /// Volumes of the electrode.
    let volumeCount: Int
    /// Nodes of a particle.
    let nodeCount: Int

    /// Stoichiometry of node `node` of the particle in volume `volume`.
    func stoichiometry(node: Int, volume: Int) -> Int { stoichiometry + node * volumeCount + volume }
    /// Stoichiometry at the surface of the particle in volume `volume`.
    func surface(volume: Int) -> Int { stoichiometry(node: nodeCount - 1, volume: volume) }
  }

  let concentration: Int
  let electrolytePotential: Int
  let negativePotential: Int
  let positivePotential: Int
  let negativeClasses: [Class]
  let positiveClasses: [Class]
  let current: Int
  let charge: Int
  let energy: Int
  let count: Int

  init(mesh: Mesh, negativeClasses: Int, positiveClasses: Int) {
    var next = 0
    func reserve(_ count: Int) -> Int {
      defer { next += count }
      return next
    }
    let volumes = mesh.negative + mesh.separator + mesh.positive
    func classes(_ count: Int, _ volumes: Int) -> [Class] {
      (0..<count).map { _ in
        Class(
          reaction: reserve(volumes), stoichiometry: reserve(volumes * (mesh.radial + 1)),
          volumeCount: volumes, nodeCount: mesh.radial + 1)
      }
    }
    concentration = reserve(volumes)
    electrolytePotential = reserve(volumes)
    negativePotential = reserve(mesh.negative)
    positivePotential = reserve(mesh.positive)
    self.negativeClasses = classes(negativeClasses, mesh.negative)
    self.positiveClasses = classes(positiveClasses, mesh.positive)
    current = reserve(1)
    charge = reserve(1)
    energy = reserve(1)
    count = next
  }
}
