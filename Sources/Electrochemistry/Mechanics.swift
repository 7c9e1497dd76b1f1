import Integration

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Elasticity of a particle: the inserted ion strains the host by (Ω/3)(c − c_ref) in every direction, what differs in a
/// particle is under stress, and the stress enters the chemical potential as −Ω σ_h (Larché & Cahn, Acta Metall. 21, 1051,
/// 1973). Quasi-static, linear, isotropic, small strains.
public struct Mechanics: Sendable, Equatable {
  /// E in Pa; at half filling, where it changes with the composition.
  public var youngsModulus: Double
  /// ν.
  public var poissonRatio: Double
  /// Ω in m³/mol; at half filling, where it changes: there it may be 0.
  public var partialMolarVolume: Double
  /// E over the above as a function of the stoichiometry; nil where it is the same everywhere.
  public var modulusRatio: MaterialFunction?
  /// Ω over `molarVolumeUnit`; nil where it is the same everywhere. It may change its sign.
  public var molarVolumeRatio: MaterialFunction?
  /// In m³/mol.
  public var molarVolumeUnit: Double
  /// Stoichiometry at which the host is as large as its lattice is counted from: c_ref/c_max.
  public var referenceStoichiometry = 0.0
  /// What a film is clamped to; nil for a particle that nothing holds.
  public var film: Film?
  /// How a plate is bent; nil for a straight one.
  public var bending: Bending?
  /// Surface stress τ₀ + K_s ε in N/m, with the strain ε of the surface; of a hollow particle that of both surfaces.
  public var surfaceStress = 0.0
  public var surfaceModulus = 0.0
  /// What the stress gradient does to the flux inside; nil for nothing.
  public var flux: Flux? = .dilute
  /// Whether the stress is part of the chemical potential at the surface, which drives the reaction.
  public var actsOnReaction = true
  /// ΔV in m³/mol: pressure slows hopping down, D ← D exp(ΔV σ_h/RT), and so the reaction, j₀ ← j₀ exp(ΔV σ_h/RT).
  public var diffusionActivationVolume = 0.0
  public var reactionActivationVolume = 0.0
  /// Relative change of volume as a function of stoichiometry, from which the thickness of the electrode follows; nil for
  /// that of the strain.
  public var volumeChange: MaterialFunction?
  public var fracture: Fracture?

  public init(youngsModulus: Double, poissonRatio: Double, partialMolarVolume: Double) {
    self.youngsModulus = youngsModulus
    self.poissonRatio = poissonRatio
    self.partialMolarVolume = partialMolarVolume
    molarVolumeUnit = partialMolarVolume
  }

  /// Forms of the flux N = −D (∇c − Φ ∇(Ω σ_h)) of Fickian diffusion; a phase field moves by its chemical potential.
  public enum Flux: Sendable, Equatable {
    /// Φ = c/RT.
    case dilute
    /// Φ = 1/(∂μ_h/∂c), so that all of the flux runs down the chemical potential.
    case consistent
  }

  /// A film on a substrate that it cannot move sideways; it is free towards the electrolyte.
  public struct Film: Sendable, Equatable {
    /// Strain ε_m in the plane at which it is held, above that of the host at the reference stoichiometry.
    public var misfitStrain = 0.0
    /// Ω_⊥ in m³/mol along the normal, where it differs from Ω, which then is that in the plane.
    public var normalMolarVolume: Double?
    /// Of the substrate, to tell how the film bends it.
    public var substrate: Substrate?
  }

  public struct Substrate: Sendable, Equatable {
    /// E in Pa and ν.
    public var youngsModulus: Double
    public var poissonRatio: Double
    /// In m.
    public var thickness: Double
  }

  /// A plate bent to a cylinder, from one face to the other: free to stretch, not to straighten.
  public struct Bending: Sendable, Equatable {
    /// Of its middle plane in m.
    public var radius: Double
    /// Whether it is as wide as long, so that it cannot bend across; else a beam or a wire, whose sides are free.
    public var isWide = false
  }

  /// What it takes to crack the host.
  public struct Fracture: Sendable, Equatable {
    /// Size a of a flaw in m: half the width of one in the middle, the depth of one at the surface.
    public var flawSize: Double?
    /// K_Ic in Pa √m.
    public var toughness: Double
  }

  /// Whether a particle has to be taken layer by layer (`LayeredElasticity`).
  var isLayered: Bool { modulusRatio != nil || molarVolumeRatio != nil || bending != nil }

  // MARK: constants that follow

  /// Y = E/(1 − ν) in Pa: stress per strain that is the same in two directions.
  public var biaxialModulus: Double { youngsModulus / (1 - poissonRatio) }

  /// ε₁ = Ω c_max/3: linear strain from x = 0 to 1.
  public func expansion(maximumConcentration: Double) -> Double { partialMolarVolume * maximumConcentration / 3 }

  /// ε of a composition without stress, and its slope.
  func freeStrain(maximumConcentration: Double) -> MaterialFunction {
    (molarVolumeRatio ?? MaterialFunction(1)).integral(
      from: referenceStoichiometry, times: molarVolumeUnit * maximumConcentration / 3)
  }

  func freeStrainSlope(maximumConcentration: Double) -> MaterialFunction {
    let unit = molarVolumeUnit * maximumConcentration / 3
    guard let molarVolumeRatio else { return MaterialFunction(unit) }
    return MaterialFunction(tabulating: { unit * molarVolumeRatio($0) }, over: 0...1)
  }

  /// Whether it is held along one direction alone.
  var isBeam: Bool { bending.map { !$0.isWide } ?? false }

  /// Y, of a beam E, in Pa: stress of a layer that the rest of a particle holds, per strain.
  public var layerModulus: Double { isBeam ? youngsModulus : biaxialModulus }

  /// Stress in Pa of a plate of the modulus E in Pa where bending strains it by ε along the bend.
  func bendingStress(_ strain: Double, modulus: Double) -> Stress {
    if isBeam { return Stress(radial: 0, hoop: modulus * strain, axial: 0) }
    let along = modulus / (1 - poissonRatio * poissonRatio) * strain
    return Stress(radial: 0, hoop: along, axial: poissonRatio * along)
  }

  /// B/ε₁² in Pa.
  func stiffnessPerStrain(shape: ParticleShape) -> Double {
    if isBeam { return youngsModulus }
    return 3 * shape.hydrostaticStiffness(modulus: youngsModulus, poisson: poissonRatio)
  }

  /// B = 2 Y ε₁² (of a bent beam E ε₁²) in J/m³: −Ω σ_h = (B/c_max)(x − x°), where x° is the mean in a free body, and the
  /// composition without stress in a clamped one.
  public func stiffness(shape: ParticleShape, maximumConcentration: Double) -> Double {
    let expansion = expansion(maximumConcentration: maximumConcentration)
    return toTwelveDigits(stiffnessPerStrain(shape: shape) * expansion * expansion)
  }

  /// G = K² (1 − ν²)/E in J/m², the energy release rate at a stress intensity factor in Pa √m (plane strain).
  public func energyReleaseRate(_ intensity: Double) -> Double {
    intensity * intensity * (1 - poissonRatio * poissonRatio) / youngsModulus
  }

  /// G_c in J/m².
  public var fractureEnergy: Double? { fracture.map { energyReleaseRate($0.toughness) } }

  /// σ = Y (ε_m − ε₁ (x − x_ref)) in Pa in the plane of a clamped film.
  public func filmStress(_ film: Film, stoichiometry x: Double, maximumConcentration: Double) -> Double {
    biaxialModulus
      * (film.misfitStrain - expansion(maximumConcentration: maximumConcentration) * (x - referenceStoichiometry))
  }

  /// The terms of −Ω σ_h/F = own x + mean x̄ + constant in V.
  func strainPotential(_ material: ActiveMaterial, radius: Double) -> (own: Double, mean: Double, constant: Double) {
    let concentration = material.maximumConcentration
    let own =
      stiffness(shape: material.shape, maximumConcentration: concentration) / (Constants.faraday * concentration)
    let perStress = -partialMolarVolume / Constants.faraday
    if let film {
      return (
        own, 0,
        perStress * 2 / 3 * filmStress(film, stoichiometry: 0, maximumConcentration: concentration)
      )
    }
    // The surface stress rises with the swelling ε₁ (x̄ − x_ref).
    let perSurfaceStress = material.shape.surfaceStress(
      radius: radius, hollowness: material.hollowness, surfaceModulus: surfaceModulus, modulus: youngsModulus,
      poisson: poissonRatio
    ).stress.stress(material.shape, radius: 1).hydrostatic
    let swelling = surfaceModulus * expansion(maximumConcentration: concentration)
    return (
      own, -own + perStress * perSurfaceStress * swelling,
      perStress * perSurfaceStress * (surfaceStress - swelling * referenceStoichiometry)
    )
  }
}

extension Mechanics {
  /// A uniform particle whose elasticity changes with its composition, or a bent one: its stress at the surface, and what this
  /// adds to its potential in V, −(−Ω σ_h + ½ ε:(∂C/∂c):ε)/F. nil for any other.
  /// - Parameter height: in a bent plate, from −1 at its pressed face to 1 at its stretched one.
  func uniformState(
    of material: ActiveMaterial, stoichiometry x: Double, height: Double = 0
  ) -> (stress: Stress, shift: Double)? {
    guard isLayered else { return nil }
    let unit = molarVolumeUnit * material.maximumConcentration / 3
    func slope(_ x: Double) -> Double { unit * (molarVolumeRatio?(x) ?? 1) }
    let count = 20
    let panel = (x - referenceStoichiometry) / Double(count)
    let free = (0..<count).reduce(0.0) { sum, i in
      let start = referenceStoichiometry + panel * Double(i)
      return sum + gauss(from: start, to: start + panel, slope)
    }
    let ratio = modulusRatio?.valueAndSlope(x) ?? (value: 1, slope: 0)
    let modulus = youngsModulus * ratio.value
    let stress: Stress
    if let film {
      let inPlane = modulus / (1 - poissonRatio) * (film.misfitStrain - free)
      stress = Stress(radial: 0, hoop: inPlane, axial: inPlane)
    } else {
      // What happens across a beam does not matter along it.
      let perSurfaceStress = material.shape.surfaceStress(
        radius: material.radius, hollowness: material.hollowness, surfaceModulus: surfaceModulus, modulus: modulus,
        poisson: isBeam ? 0 : poissonRatio
      ).stress
      var straight = ((surfaceStress + surfaceModulus * free) * perSurfaceStress).stress(material.shape, radius: 1)
      if isBeam { straight.axial = 0 }
      stress =
        straight
        + (bending.map { bendingStress(height * material.radius / $0.radius, modulus: modulus) }
          ?? Stress(radial: 0, hoop: 0, axial: 0))
    }
    let softening = ratio.slope / ratio.value * stress.energy(modulus, poissonRatio)
    return (
      stress, (3 * stress.hydrostatic * slope(x) - softening) / (Constants.faraday * material.maximumConcentration)
    )
  }
}

extension Mechanics.Substrate {
  /// Curvature in 1/m of a substrate under a film (Stoney, Proc. R. Soc. A 82, 172, 1909); positive where the film pulls.
  /// - Parameters:
  ///   - stress: mean stress of the film in its plane in Pa.
  ///   - thickness: of the film in m.
  public func curvature(stress: Double, thickness: Double) -> Double {
    6 * stress * thickness * (1 - poissonRatio) / (youngsModulus * self.thickness * self.thickness)
  }

  /// Curvature over that by Stoney's formula, which takes the film as thin, of two layers that share a misfit (Timoshenko, J.
  /// Opt. Soc. Am. 11, 233, 1925).
  /// - Parameters:
  ///   - biaxialModulus: of the film in Pa.
  ///   - thickness: of the film in m.
  func share(ofStoney biaxialModulus: Double, thickness: Double) -> Double {
    let h = thickness / self.thickness
    let m = biaxialModulus * (1 - poissonRatio) / youngsModulus
    return (1 + h) / (1 + h * m * (4 + h * (6 + h * (4 + h * m))))
  }
}

/// B is the same number however it was computed: a last digit would decide at which instant a particle falls apart, and change a
/// voltage by a tenth of a millivolt.
private func toTwelveDigits(_ x: Double) -> Double {
  guard x != 0, x.isFinite else { return x }
  let unit = pow(10, 11 - log10(abs(x)).rounded(.down))
  return (x * unit).rounded() / unit
}

extension ActiveMaterial {
  /// What stress adds to the potential of the reaction of a uniform particle, in V.
  func uniformStressPotential(_ x: Double) -> Double {
    guard let mechanics, mechanics.actsOnReaction else { return 0 }
    if let state = mechanics.uniformState(of: self, stoichiometry: x) { return state.shift }
    let terms = mechanics.strainPotential(self, radius: radius)
    return -((terms.own + terms.mean) * x + terms.constant)
  }

  /// B in J/m³: what it costs that parts of a particle differ in composition; 0 without mechanics.
  public var coherencyEnergy: Double {
    mechanics.map { $0.stiffness(shape: shape, maximumConcentration: maximumConcentration) }
      ?? toTwelveDigits(transport.coherencyEnergy)
  }

  /// What of it decides into which phases a particle splits: all of it where the stress drives what moves ions between its
  /// points, the flux inside or, without one, the reaction; else nothing.
  public var phaseCoherencyEnergy: Double {
    switch transport {
    case .fickian, .cahnHilliard: mechanics.map { $0.flux != nil } ?? true ? coherencyEnergy : 0
    case .allenCahn, .homogeneous: mechanics?.actsOnReaction ?? true ? coherencyEnergy : 0
    }
  }
}

/// What the hydrostatic stress adds to a chemical potential, w = −Ω σ_h/F in V, and what else it acts on: in every shape a
/// linear function of the stoichiometry x there and of the mean x̄ of the particle. Plain memory.
struct StrainPotential {
  /// w = own x + mean x̄ + constant, of the particle in each volume.
  let own: Double
  private let mean: UnsafeBufferPointer<Double>
  private let constant: UnsafeBufferPointer<Double>
  /// Whether x̄ matters.
  let readsMean: Bool
  let actsOnFlux: Bool
  let actsOnReaction: Bool
  /// ΔV/Ω.
  let diffusionShare: Double
  let reactionShare: Double

  /// nil where nothing comes of the stress.
  init?(_ material: ActiveMaterial, radii: [Double], in memory: PlainMemory) {
    let perCharge = Constants.faraday * material.maximumConcentration
    let own = material.coherencyEnergy / perCharge
    if material.mechanics?.isLayered == true { return nil }
    guard let mechanics = material.mechanics else {
      guard own != 0 else { return nil }
      self.own = own
      mean = memory.copy(radii.map { _ in -own })
      constant = memory.copy(radii.map { _ in 0 })
      (readsMean, actsOnFlux, actsOnReaction) = (true, true, true)
      (diffusionShare, reactionShare) = (0, 0)
      return
    }
    let terms = radii.map { mechanics.strainPotential(material, radius: $0) }
    self.own = own
    mean = memory.copy(terms.map(\.mean))
    constant = memory.copy(terms.map(\.constant))
    readsMean = mechanics.film == nil
    actsOnFlux = mechanics.flux != nil
    actsOnReaction = mechanics.actsOnReaction
    diffusionShare = mechanics.diffusionActivationVolume / mechanics.partialMolarVolume
    reactionShare = mechanics.reactionActivationVolume / mechanics.partialMolarVolume
  }

  /// w in V.
  @inline(__always)
  func callAsFunction<S: Scalar>(_ x: S, mean: S, volume: Int) -> S {
    own * x + S(self.mean, at: volume) * mean + S(constant, at: volume)
  }

  /// exp(ΔV σ_h/RT), by which the stress changes a rate.
  /// - Parameters:
  ///   - share: ΔV/Ω.
  ///   - thermalVoltage: RT/F in V.
  @inline(__always)
  func factor<S: Scalar>(_ share: Double, _ potential: S, thermalVoltage: S) -> S {
    S.exp((-share) * (potential / thermalVoltage))
  }
}

extension ActiveMaterial {
  /// B/(F c_max) in V of small differences from a composition, where elasticity changes with it, as far as it drives the flux.
  func coherency(at x: Double) -> Double {
    guard let mechanics, mechanics.isLayered, mechanics.flux != nil else { return 0 }
    let strain = mechanics.molarVolumeUnit * (mechanics.molarVolumeRatio?(x) ?? 1) * maximumConcentration / 3
    return (mechanics.modulusRatio?(x) ?? 1) * mechanics.stiffnessPerStrain(shape: shape) * strain * strain
      / (Constants.faraday * maximumConcentration)
  }

  /// The least that this may be.
  var softestCoherency: Double { (0...100).map { coherency(at: Double($0) / 100) }.min()! }

  /// Whether the equations need the mean stoichiometry of a particle.
  var needsMean: Bool {
    if case .allenCahn = transport { return true }
    if mechanics?.isLayered == true { return false }
    guard let mechanics else { return coherencyEnergy != 0 }
    return mechanics.film == nil
      && (mechanics.actsOnReaction || mechanics.reactionActivationVolume != 0
        || mechanics.diffusionActivationVolume != 0)
  }
}
