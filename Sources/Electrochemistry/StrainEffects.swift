#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What strain does to a material at one temperature: its phases, its voltage, and whether it cracks.
public struct StrainEffects: Sendable {
  /// What the cell file says.
  public let mechanics: Mechanics
  private let material: ActiveMaterial
  private let temperature: Double
  private let referenceTemperature: Double

  /// nil without mechanics.
  public init?(_ material: ActiveMaterial, temperature: Double, referenceTemperature: Double) {
    guard let mechanics = material.mechanics else { return nil }
    self.mechanics = mechanics
    self.material = material
    self.temperature = temperature
    self.referenceTemperature = referenceTemperature
  }

  /// Whether E or Ω change with the composition: what is told is with those at half filling, but for uniform particles.
  public var changesWithComposition: Bool { mechanics.modulusRatio != nil || mechanics.molarVolumeRatio != nil }

  private var concentration: Double { material.maximumConcentration }

  /// Linear strain from x = 0 to 1.
  public var strainFromEmptyToFull: Double {
    guard mechanics.molarVolumeRatio != nil else { return expansion }
    let strain = mechanics.freeStrain(maximumConcentration: concentration)
    return strain(1) - strain(0)
  }

  // MARK: constants

  /// ε₁: linear strain from x = 0 to 1.
  public var expansion: Double { mechanics.expansion(maximumConcentration: concentration) }

  /// B in J/m³.
  public var stiffness: Double { material.coherencyEnergy }

  /// Largest elastic energy in J/m³ of full layers beside empty ones: ½ B f (1 − f) for the share f = ½.
  public var largestEnergy: Double { stiffness / 8 }

  /// Stress in Pa of a thin empty layer in a full body, or of a full film whose substrate fits it empty.
  public var layerStress: Double { mechanics.layerModulus * abs(expansion) }

  // MARK: phases

  /// The smallest linear strain from x = 0 to 1 that keeps a host uniform, and B in J/m³ at it; nil for a solid solution.
  public var criticalStrain: (linear: Double, stiffness: Double)? {
    let curvature = PhaseDiagram(
      material, temperature: temperature, referenceTemperature: referenceTemperature
    ).smallestCurvature
    guard curvature < 0 else { return nil }
    let stiffness = -curvature * concentration
    return ((stiffness / mechanics.stiffnessPerStrain(shape: material.shape)).squareRoot(), stiffness)
  }

  /// A clamped film that splits into phases.
  public struct ClampedPhases: Sendable {
    /// Potential in V at which its phases lie side by side.
    public let plateauPotential: Double
    /// How far in V this is above the plateau of the host that nothing strains.
    public let plateauShift: Double
    /// Free energy in J/m³ that a uniform film must climb at the potential of the unstrained plateau, from the emptier
    /// phase and from the fuller; 0 where only one of them exists there.
    public let barriers: (filling: Double, emptying: Double)
  }

  /// Of each gap of a film, clamped as it is.
  public var clampedPhases: [ClampedPhases] {
    guard mechanics.film != nil else { return [] }
    let free = PhaseDiagram(material, temperature: temperature, referenceTemperature: referenceTemperature)
    let clamped = PhaseDiagram(
      material, temperature: temperature, referenceTemperature: referenceTemperature, stiffness: stiffness)
    let terms = mechanics.strainPotential(material, radius: material.radius)
    let host = UniformHost(
      material, temperature: temperature, referenceTemperature: referenceTemperature,
      stiffness: stiffness / concentration)
    let origin = material.latticePotential ?? 0
    return zip(clamped.gaps, free.gaps).map { gap, unstrained in
      let plateau = gap.plateauPotential
      let potential = (origin - unstrained.plateauPotential - terms.constant) * Constants.faraday
      return ClampedPhases(
        plateauPotential: plateau, plateauShift: plateau - unstrained.plateauPotential,
        barriers: barriers(host, at: potential))
    }
  }

  /// Between the outermost minima of g − μ x, up to the highest point on the way.
  private func barriers(_ host: UniformHost, at potential: Double) -> (filling: Double, emptying: Double) {
    let unstable = host.unstableRanges
    guard let first = unstable.first, let last = unstable.last,
      host.potential(first.lowerBound) > potential, host.potential(last.upperBound) < potential
    else { return (0, 0) }
    func energy(_ t: Double) -> Double { host.energy(t) - potential * host.stoichiometry(t) }
    let low = energy(host.composition(potential: potential, on: host.nodes.first!...first.lowerBound))
    let high = energy(host.composition(potential: potential, on: last.upperBound...host.nodes.last!))
    let top = unstable.map { energy(host.composition(potential: potential, on: $0)) }.max()!
    return (concentration * (top - low), concentration * (top - high))
  }

  // MARK: uniform particles

  /// A uniform particle at rest.
  public struct UniformState: Sendable {
    public let stoichiometry: Double
    /// In Pa, the same everywhere but in a hollow particle with surface stress, of which it is that at the outside, and in a bent
    /// plate, of which it is that in the middle plane.
    public let stress: Stress
    /// What the stress adds to the potential, in V.
    public let potentialShift: Double
    /// Of a film on a substrate, in 1/m.
    public let curvature: Double?
  }

  /// - Parameter x: stoichiometry.
  public func uniform(_ x: Double) -> UniformState {
    let (stress, shift) = mechanics.uniformState(of: material, stoichiometry: x) ?? uniformOfConstants(x)
    return UniformState(
      stoichiometry: x, stress: stress, potentialShift: shift,
      curvature: mechanics.film?.substrate.map { $0.curvature(stress: stress.hoop, thickness: material.radius) })
  }

  private func uniformOfConstants(_ x: Double) -> (stress: Stress, shift: Double) {
    let stress = particleStress(intervals: 0)
    var state: Stress?
    withUnsafePointer(to: x) { stress.field.forEachNode($0, volume: 0) { state = $1 } }
    let terms = mechanics.strainPotential(material, radius: material.radius)
    return (state!, -((terms.own + terms.mean) * x + terms.constant))
  }

  /// Rise of the potential in V per strain of a clamped film.
  public var potentialPerMisfit: Double {
    2 / 3 * mechanics.partialMolarVolume * mechanics.biaxialModulus / Constants.faraday
  }

  // MARK: bent plates

  /// Strain of the stretched face of a bent plate; nil for any other particle.
  public var faceStrain: Double? { mechanics.bending.map { material.radius / $0.radius } }

  /// Rise of the potential in V per strain by which a bent plate is stretched along the bend.
  public var potentialPerBending: Double {
    mechanics.partialMolarVolume / Constants.faraday
      * mechanics.bendingStress(1, modulus: mechanics.youngsModulus).hydrostatic
  }

  /// Both faces of a bent plate of uniform composition; nil for any other particle.
  public func uniformFaces(_ x: Double) -> (pressed: UniformState, stretched: UniformState)? {
    guard mechanics.bending != nil else { return nil }
    func face(_ height: Double) -> UniformState {
      let (stress, shift) = mechanics.uniformState(of: material, stoichiometry: x, height: height)!
      return UniformState(stoichiometry: x, stress: stress, potentialShift: shift, curvature: nil)
    }
    return (face(-1), face(1))
  }

  /// A bent plate at rest, whose ions have gone where the stress wants them.
  public struct BentAtRest: Sendable {
    /// Stoichiometries of its faces and of its middle plane.
    public let pressed: Double
    public let middle: Double
    public let stretched: Double
    /// Stresses of its faces.
    public let pressedStress: Stress
    public let stretchedStress: Stress
    /// Potential in V above that of a straight plate that is as full.
    public let potentialShift: Double
    /// Moment that holds it over that without swelling.
    public let relativeMoment: Double
  }

  /// nil for a particle that is not bent, whose elasticity changes with its composition, or that splits into phases, and where
  /// a face would go beyond the stoichiometries of the potential.
  /// - Parameter mean: stoichiometry.
  public func bentAtRest(mean: Double) -> BentAtRest? {
    guard let faceStrain, !changesWithComposition else { return nil }
    let host = UniformHost(
      material, temperature: temperature, referenceTemperature: referenceTemperature,
      stiffness: stiffness / concentration)
    let all = host.nodes.first!...host.nodes.last!
    guard host.unstableRanges.isEmpty, all.contains(host.coordinate(mean)) else { return nil }
    // μ_h + (B/c_max) x less what bending takes at the height y, tilt × y, is the same everywhere.
    let tilt = Constants.faraday * potentialPerBending * faceStrain
    func coordinate(_ height: Double, _ potential: Double) -> Double {
      host.composition(potential: potential + tilt * height, on: all)
    }
    /// ½ ∫ dy from face to face.
    func average(_ f: (Double) -> Double) -> Double {
      let count = 40
      return (0..<count).reduce(0) {
        let height = 2 * Double($1) / Double(count) - 1
        return $0 + 0.5 * gauss(from: height, to: height + 2 / Double(count), f)
      }
    }
    let straight = host.potential(host.coordinate(mean))
    let potential = root(in: (straight - abs(tilt))...(straight + abs(tilt))) { potential in
      average { host.stoichiometry(coordinate($0, potential)) } - mean
    } slope: { potential in
      average { 1 / host.curvature(coordinate($0, potential)) }
    }
    let ends = [coordinate(-1, potential), coordinate(1, potential)]
    guard ends.allSatisfy({ $0 > all.lowerBound && $0 < all.upperBound }) else { return nil }
    func stoichiometry(_ height: Double) -> Double { host.stoichiometry(coordinate(height, potential)) }
    func stress(_ height: Double) -> Stress {
      let held = -mechanics.layerModulus * expansion * (stoichiometry(height) - mean)
      return mechanics.uniformState(of: material, stoichiometry: mean, height: height)!.stress
        + Stress(radial: 0, hoop: held, axial: mechanics.isBeam ? 0 : held)
    }
    let ofSurfaces = faceStrain * mechanics.surfaceModulus / material.radius
    let elastic = average { $0 * mechanics.bendingStress($0 * faceStrain, modulus: mechanics.youngsModulus).hoop }
    return BentAtRest(
      pressed: stoichiometry(-1), middle: stoichiometry(0), stretched: stoichiometry(1),
      pressedStress: stress(-1), stretchedStress: stress(1),
      potentialShift: uniform(mean).potentialShift - (potential - straight) / Constants.faraday,
      relativeMoment: (average { $0 * stress($0).hoop } + ofSurfaces) / (elastic + ofSurfaces))
  }

  // MARK: cracks

  /// A full shell of the share f of the volume around an empty core, with a sharp boundary: stress in the core, right outside
  /// the boundary and at the surface, and mean elastic energy in J/m³.
  public func coreAndShell(
    share f: Double
  ) -> (core: Stress, boundary: Stress, surface: Stress, energy: Double) {
    func stress(_ strain: Double, _ partial: Double) -> Stress {
      material.shape.freeStress(
        modulus: mechanics.youngsModulus, poisson: mechanics.poissonRatio, strain: expansion * strain,
        mean: expansion * f, partial: expansion * partial)
    }
    return (stress(0, f), stress(1, f), stress(1, 0), 0.5 * stiffness * f * (1 - f))
  }

  /// Radius (half-thickness) in m below which the elastic energy of two phases is too small to crack the particle.
  public var crackFreeRadius: Double? {
    mechanics.fractureEnergy.map {
      material.shape.crackFreeRadius(fractureEnergy: $0, energyDensity: largestEnergy)
    }
  }

  /// A solid particle that diffuses by Fick's law while it fills at a constant rate, long after the start; what is said of flaws
  /// holds for the direction that pulls them open, which is emptying where the host shrinks as it fills.
  public struct Shock: Sendable {
    /// Stress in the middle in Pa at 1 C, which fills from x = 0 to 1 in an hour.
    public let centre: Stress
    /// Half-width of the flaw in the middle with the largest stress intensity factor, over the radius.
    public let worstFlaw: Double
    /// That factor at 1 C in Pa √m.
    public let intensity: Double
    /// Rate in C at which it reaches the toughness.
    public let criticalRate: Double?
    /// At the rate that is critical: surface less mean stoichiometry; above 1 there is no such rate.
    public let contrast: Double?
  }

  /// nil for a film, a bent plate, a hollow particle, and where another model than Fick's law moves the ion.
  public var shock: Shock? {
    guard material.transport == .fickian, mechanics.film == nil, mechanics.bending == nil, material.innerRadius == 0
    else { return nil }
    let s = material.shape.factor
    let diffusivity =
      material.diffusivity(material.stoichiometry(filling: 0.5))
      * material.diffusivityFactor(temperature, referenceTemperature)
    // ∂x/∂t = 1/3600 s everywhere: x − x̄ = (ρ² − s/(s+2)) R²/(2 s D 3600 s).
    let scale = material.radius * material.radius / (2 * s * diffusivity * 3600)
    let (field, mesh) = particleStress(intervals: 16)
    let x = mesh.nodes.map { 0.5 + scale * ($0 * $0 - s / (s + 2)) }
    var stresses: [Stress] = []
    x.withUnsafeBufferPointer { x in
      field.forEachNode(x.baseAddress!, volume: 0) { stresses.append($1) }
    }
    // Without what a surface stress adds all over.
    let atRest = material.shape.opening(uniform(0.5).stress)
    let opening = stresses.map { material.shape.opening($0) - atRest }
    let sign = opening[0] < 0 ? -1.0 : 1.0
    func intensity(_ size: Double) -> Double {
      zip(mesh.flawWeights(size: size, shape: material.shape), opening).reduce(0) { $0 + sign * $1.0 * $1.1 }
    }
    // Where the slope, by differences of fourth order, changes its sign.
    let h = 1e-3
    let worst = root(in: 0.01...0.99) {
      intensity($0 - h) * 8 - intensity($0 + h) * 8 + intensity($0 + 2 * h) - intensity($0 - 2 * h)
    }
    let largest = intensity(worst) * material.radius.squareRoot()
    let rate = mechanics.fracture.map { $0.toughness / largest }
    return Shock(
      centre: stresses[0], worstFlaw: worst, intensity: largest, criticalRate: rate,
      contrast: rate.map { $0 * scale * 2 / (s + 2) })
  }

  /// The stress field of one particle with a mesh of its own.
  private func particleStress(intervals: Int) -> (field: ParticleStress, mesh: RadialMesh) {
    let mesh = RadialMesh(
      intervals: intervals, order: 4, shape: material.shape, hollowness: material.hollowness)
    return (ParticleStress(material, mesh)!, mesh)
  }
}
