#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Elastic fields of the particles of a class, found from their compositions.
final class ParticleStress {
  let mechanics: Mechanics
  private let shape: ParticleShape
  /// ε₁: linear strain from x = 0 to 1.
  private let expansion: Double
  /// In mol/m³.
  private let maximumConcentration: Double
  private let layout: StateLayout.Class
  /// Relative radii of the nodes and their shares of the volume; without radii every node is alike: one, or those of a facet.
  private let nodes: [Double]
  private let volumes: [Double]
  /// The volume integral between each node and the next.
  private let intervals: [RadialMesh.Point]
  /// What turns v x̄ − ∫ x dv further inside into the mean there, of each node; 0 in the centre.
  private let perVolumeInside: [Double]
  private let radii: [Double]
  /// Stress of the particle in each volume per surface stress.
  private let perSurfaceStress: [LameStress<Double>]
  /// By which the stresses of the nodes enter the stress intensity factor of the flaw in the middle, for the particle in each
  /// volume; empty without one.
  private let flawWeights: [Double]
  /// Of a material whose elasticity changes with its composition.
  private let layers: UnsafePointer<LayeredElasticity>?

  /// nil without mechanics.
  /// - Parameter order: of the elements in which a particle is divided for diffusion.
  convenience init?(_ material: ActiveMaterial, _ particle: Particle, order: Int) {
    guard material.mechanics != nil else { return nil }
    let intervals = particle.layout.nodeCount - 1
    var mesh = material.radialMesh(intervals: intervals, order: order)
    if case .layered = particle.transport { mesh = material.layeredMesh(intervals: intervals) }
    self.init(
      material, mesh: mesh, volumes: Array(particle.nodeVolumes), layout: particle.layout,
      radii: Array(particle.radii), layers: particle.elasticity)
  }

  /// One particle on a mesh; its state is the stoichiometries of the nodes.
  convenience init?(_ material: ActiveMaterial, _ mesh: RadialMesh) {
    let layout = StateLayout.Class(
      reaction: 0, stoichiometry: 0, local: 0, volumeCount: 1, nodeCount: mesh.nodes.count, localState: .none)
    self.init(material, mesh: mesh, volumes: mesh.volumes, layout: layout, radii: [material.radius], layers: nil)
  }

  private init?(
    _ material: ActiveMaterial, mesh: RadialMesh?, volumes: [Double], layout: StateLayout.Class, radii: [Double],
    layers: UnsafePointer<LayeredElasticity>?
  ) {
    guard let mechanics = material.mechanics else { return nil }
    self.mechanics = mechanics
    self.layers = layers
    self.layout = layout
    self.radii = radii
    self.volumes = volumes
    shape = material.shape
    maximumConcentration = material.maximumConcentration
    expansion = mechanics.expansion(maximumConcentration: maximumConcentration)
    nodes = mesh?.nodes ?? []
    intervals = mesh?.intervals ?? []
    let (factor, solid) = (material.shape.factor, 1 - pow(material.hollowness, material.shape.factor))
    perVolumeInside = (0..<layout.nodeCount).map { node in
      let radius = mesh.map { $0.nodes.count > 1 ? $0.nodes[node] : 1 } ?? 1
      return radius == 0 ? 0 : solid / pow(radius, factor)
    }
    perSurfaceStress = radii.map {
      material.shape.surfaceStress(
        radius: $0, hollowness: material.hollowness, surfaceModulus: mechanics.surfaceModulus,
        modulus: mechanics.youngsModulus, poisson: mechanics.poissonRatio
      ).stress
    }
    var weights: [Double] = []
    if let mesh, mesh.nodes.count > 1, let size = mechanics.fracture?.flawSize, mechanics.film == nil,
      material.innerRadius == 0
    {
      for radius in radii {
        weights += mesh.flawWeights(size: size / radius, shape: shape).map { $0 * radius.squareRoot() }
      }
    }
    flawWeights = weights
  }

  /// Whether the model of the particle tells radii apart.
  private var isRadial: Bool { nodes.count > 1 }

  private func stoichiometry(_ y: UnsafePointer<Double>, node: Int, volume: Int) -> Double {
    y[layout.stoichiometry(node: node, volume: volume)]
  }

  /// Mean stoichiometry of the particle in a volume, which others below are asked to be given.
  func mean(_ y: UnsafePointer<Double>, volume: Int) -> Double {
    var sum = 0.0
    for node in volumes.indices { sum += volumes[node] * stoichiometry(y, node: node, volume: volume) }
    return sum
  }

  /// What the surface stress makes of the particle in a volume.
  private func surfaceStress(mean: Double, volume: Int) -> LameStress<Double> {
    let swelling = expansion * (mean - mechanics.referenceStoichiometry)
    return (mechanics.surfaceStress + mechanics.surfaceModulus * swelling) * perSurfaceStress[volume]
  }

  /// Calls `body` with the stress in Pa at each node of the particle in a volume, from the centre on.
  /// - Parameter mean: its mean stoichiometry, where that is known.
  func forEachNode(
    _ y: UnsafePointer<Double>, mean: Double? = nil, volume: Int, _ body: (_ node: Int, Stress) -> Void
  ) {
    if let layers {
      for node in volumes.indices {
        let radius = isRadial ? nodes[node] : 1
        body(
          node,
          (layers.pointee.modulusUnit * layer(layers, node, y, volume: volume).stress).stress(shape, radius: radius))
      }
      return
    }
    if let film = mechanics.film {
      for node in volumes.indices {
        let stress = mechanics.filmStress(
          film, stoichiometry: stoichiometry(y, node: node, volume: volume),
          maximumConcentration: maximumConcentration)
        body(node, Stress(radial: 0, hoop: stress, axial: stress))
      }
      return
    }
    let mean = mean ?? self.mean(y, volume: volume)
    let ofSurface = surfaceStress(mean: mean, volume: volume)
    // v x̄ − ∫ x dv further inside, in differences to the mean.
    var sum = 0.0
    for node in volumes.indices {
      let excess = stoichiometry(y, node: node, volume: volume) - mean
      if node > 0 && isRadial {
        let interval = intervals[node - 1]
        for (i, weight) in interval.shape.enumerated() {
          sum -= weight * (stoichiometry(y, node: interval.firstNode + i, volume: volume) - mean)
        }
      }
      let radius = isRadial ? nodes[node] : 1
      let partial = radius == 0 ? -excess : sum * perVolumeInside[node]
      body(
        node,
        (isRadial ? shape : .plate).freeStress(
          modulus: mechanics.youngsModulus, poisson: mechanics.poissonRatio, strain: expansion * excess, mean: 0,
          partial: expansion * partial)
          + ofSurface.stress(shape, radius: radius))
    }
  }

  private func layer(
    _ layers: UnsafePointer<LayeredElasticity>, _ node: Int, _ y: UnsafePointer<Double>, volume: Int
  ) -> LayeredElasticity.Layer<Double> {
    func displacement(_ node: Int) -> Double {
      layout.stride > 1 && node >= 0 ? y[layout.displacement(node: node, volume: volume)] : 0
    }
    return layers.layer(
      node, stoichiometry(y, node: node, volume: volume), inside: displacement(node - 1),
      outside: displacement(node), stretch: y[layout.local + volume], volume: volume)
  }

  /// Bending moment over what it would be without swelling.
  func relativeMoment(_ y: UnsafePointer<Double>, volume: Int) -> Double {
    guard let layers else { return 1 }
    var (moment, elastic) = (0.0, 0.0)
    for node in volumes.indices {
      let strain = layers.pointee.bendingStrain(node)
      let layer = layer(layers, node, y, volume: volume)
      moment += volumes[node] * strain * layer.stress.uniform
      let modulus = layers.pointee.relativeModulus(stoichiometry(y, node: node, volume: volume))
      elastic += volumes[node] * strain * mechanics.bendingStress(strain, modulus: modulus).hoop
    }
    let ofSurfaces = layers.pointee.surfaceMoment(volume: volume)
    return (moment + ofSurfaces) / (elastic + ofSurfaces)
  }

  /// What is told of the particle in a volume.
  struct Summary {
    var surface = Stress(radial: 0, hoop: 0, axial: 0)
    var centre = Stress(radial: 0, hoop: 0, axial: 0)
    /// Hydrostatic stress that is largest in size, and the largest of von Mises, in Pa.
    var hydrostatic = 0.0
    var vonMises = 0.0
    /// Mean elastic energy in J/m³.
    var energy = 0.0
    /// Stress intensity factors in Pa √m of the flaw in the middle and of that at the surface.
    var centreIntensity = 0.0
    var surfaceIntensity = 0.0
  }

  /// Stress in Pa at the surface of the particle in a volume.
  func surface(_ y: UnsafePointer<Double>, volume: Int) -> Stress {
    var surface = Stress(radial: 0, hoop: 0, axial: 0)
    forEachNode(y, volume: volume) { surface = $1 }
    return surface
  }

  func summary(_ y: UnsafePointer<Double>, mean: Double, volume: Int) -> Summary {
    var summary = Summary()
    let count = volumes.count
    // In squares, and over the modulus: roots and quotients would cost as much as the rest.
    forEachNode(y, mean: mean, volume: volume) { node, stress in
      if node == 0 { summary.centre = stress }
      summary.surface = stress
      if abs(stress.hydrostatic) > abs(summary.hydrostatic) { summary.hydrostatic = stress.hydrostatic }
      summary.vonMises = max(summary.vonMises, stress.vonMisesSquare)
      var energy = volumes[node] * stress.energy(1, mechanics.poissonRatio)
      if let layers { energy /= layers.pointee.relativeModulus(stoichiometry(y, node: node, volume: volume)) }
      summary.energy += energy
      if !flawWeights.isEmpty {
        summary.centreIntensity += flawWeights[volume * count + node] * shape.opening(stress)
      }
    }
    summary.vonMises.formSquareRoot()
    summary.energy /= mechanics.youngsModulus
    // A flaw that is pressed together does not grow.
    summary.centreIntensity = max(summary.centreIntensity, 0)
    if let size = mechanics.fracture?.flawSize {
      summary.surfaceIntensity =
        1.12 * max(summary.surface.hoop, summary.surface.axial, 0) * (Double.pi * size).squareRoot()
    }
    return summary
  }

  var substrate: Mechanics.Substrate? { mechanics.film?.substrate }
  var fracture: Mechanics.Fracture? { mechanics.fracture }

  func crackFreeRadius(fractureEnergy: Double, energyDensity: Double) -> Double {
    shape.crackFreeRadius(fractureEnergy: fractureEnergy, energyDensity: energyDensity)
  }

  /// Mean stress in Pa in the plane of a film.
  func meanFilmStress(_ y: UnsafePointer<Double>, mean: Double, volume: Int) -> Double {
    var sum = 0.0
    forEachNode(y, mean: mean, volume: volume) { node, stress in sum += volumes[node] * stress.hoop }
    return sum
  }

  /// Relative change of the radius of a particle, or of the thickness of a film, from the reference stoichiometry on.
  func radialStrain(_ y: UnsafePointer<Double>, mean: Double, volume: Int) -> Double {
    let (modulus, nu) = (mechanics.youngsModulus, mechanics.poissonRatio)
    /// Strain of a film along its normal, without stress; of any other particle in every direction.
    func normalStrain(_ x: Double, _ free: Double) -> Double {
      mechanics.film?.normalMolarVolume.map {
        $0 * maximumConcentration / 3 * (x - mechanics.referenceStoichiometry)
      } ?? free
    }
    if let layers {
      if layout.stride > 1 { return y[layout.displacement(node: layout.nodeCount - 1, volume: volume)] }
      return volumes.indices.reduce(0) { sum, node in
        let x = stoichiometry(y, node: node, volume: volume)
        let stress = layer(layers, node, y, volume: volume).stress
        let inPlane = (stress.uniform + stress.axial) / layers.pointee.relativeModulus(x)
        return sum + volumes[node] * (normalStrain(x, layers.pointee.freeStrain(x)) - nu * inPlane)
      }
    }
    let swelling = expansion * (mean - mechanics.referenceStoichiometry)
    if mechanics.film != nil {
      return normalStrain(mean, swelling) - 2 * nu / modulus * meanFilmStress(y, mean: mean, volume: volume)
    }
    let stress = surfaceStress(mean: mean, volume: volume).stress(shape, radius: 1)
    let squeezed =
      shape == .plate
      ? stress.radial - nu * (stress.hoop + stress.axial) : stress.hoop - nu * (stress.radial + stress.axial)
    return swelling + squeezed / modulus
  }

  /// Relative change of volume from the reference stoichiometry on.
  func volumeStrain(_ y: UnsafePointer<Double>, mean: Double, volume: Int) -> Double {
    if let film = mechanics.film { return 2 * film.misfitStrain + radialStrain(y, mean: mean, volume: volume) }
    if let layers {
      // By elasticity alone stresses with the mean 0 change the volume where the modulus is not the same everywhere.
      return volumes.indices.reduce(0) { sum, node in
        let x = stoichiometry(y, node: node, volume: volume)
        let hydrostatic = layer(layers, node, y, volume: volume).hydrostatic / layers.pointee.relativeModulus(x)
        return sum + volumes[node] * 3 * (layers.pointee.freeStrain(x) + (1 - 2 * mechanics.poissonRatio) * hydrostatic)
      }
    }
    return 3 * expansion * (mean - mechanics.referenceStoichiometry)
      + 3 * (1 - 2 * mechanics.poissonRatio) / mechanics.youngsModulus
      * surfaceStress(mean: mean, volume: volume).stress(shape, radius: 1).hydrostatic
  }

  /// Relative change of the volume that the particle fills in its electrode.
  func swelling(_ y: UnsafePointer<Double>, volume: Int) -> Double {
    let mean = mean(y, volume: volume)
    if let volumeChange = mechanics.volumeChange { return volumeChange(mean) }
    return mechanics.film == nil
      ? volumeStrain(y, mean: mean, volume: volume) : radialStrain(y, mean: mean, volume: volume)
  }
}

extension RadialMesh {
  /// By which the opening stresses of the nodes enter the stress intensity factor of a flaw in the middle of a particle of
  /// radius 1; from one face of a bent plate to the other that at its end towards the stretched face.
  func flawWeights(size: Double, shape: ParticleShape) -> [Double] {
    var weights = [Double](repeating: 0, count: nodes.count)
    // Panels of the angle φ, sin φ = r/a, between which the ends of the elements lie: inside each the stress is smooth.
    let hasTwoFaces = nodes[0] < 0
    let inside = nodes.filter { $0 > (hasTwoFaces ? -size : 0) && $0 < size }.map { asin($0 / size) }
    let ends = [hasTwoFaces ? -0.5 * .pi : 0] + inside + [0.5 * .pi]
    for (low, high) in zip(ends, ends.dropFirst()) {
      for (position, weight) in gaussLegendre(6) {
        let angle = 0.5 * (low + high + (high - low) * position)
        let sine = sin(angle)
        let (first, values) = interpolation(at: size * sine)
        // What pulls nearer to this end counts more: by 1 + y/a, which without the odd part of the stress is 1.
        let side = hasTwoFaces ? 0.5 * (1 + sine) : 1
        let factor = 0.5 * (high - low) * weight * side * shape.flawWeight(size: size, sine: sine)
        for (i, value) in values.enumerated() { weights[first + i] += factor * value }
      }
    }
    return weights
  }
}
