import Integration

// What becomes of a small wave in the composition of a uniform particle.

/// The longest waves without flux through the surface that fit into a particle: those that grow first.
public enum ParticleMode: CaseIterable, Sendable {
  /// cos(πz/L) from one face of a plate to the other, and the same twice: what a plate has that is equal on both sides.
  case plate, plateSymmetric
  /// J₁(kr) cos φ: across a cylinder; J₀(kr), from the axis outwards.
  case cylinder, cylinderAxisymmetric
  /// j₁(kr) cos θ: across a sphere; j₀(kr), from the centre outwards.
  case sphere, sphereRadial

  public var shape: ParticleShape {
    switch self {
    case .plate, .plateSymmetric: .plate
    case .cylinder, .cylinderAxisymmetric: .cylinder
    case .sphere, .sphereRadial: .sphere
    }
  }

  /// k R with the radius (half-thickness) R: the first zeros of the derivatives of these functions.
  public var eigenvalue: Double {
    switch self {
    case .plate: .pi / 2
    case .plateSymmetric: .pi
    case .cylinder: 1.8411837813406593
    case .cylinderAxisymmetric: 3.8317059702075125
    case .sphere: 2.0815759778181244
    case .sphereRadial: 4.4934094579090642
    }
  }
}

extension PhaseDiagram {
  /// √(κ/−g″) in m at the most unstable composition: waves shorter than 2π times this decay. nil where the host is stable.
  public func stabilityLength(gradientEnergy: Double) -> Double? {
    smallestCurvature < 0 ? (gradientEnergy / -smallestCurvature).squareRoot() : nil
  }

  /// Diameter (thickness) in m below which no composition of a particle is unstable against a mode; nil where none is at any
  /// size.
  public func criticalSize(_ mode: ParticleMode, gradientEnergy: Double) -> Double? {
    stabilityLength(gradientEnergy: gradientEnergy).map { 2 * mode.eigenvalue * $0 }
  }
}

/// How an unstable Cahn–Hilliard particle splits, at its most unstable composition: waves grow at the rate
/// −M k² (g″ + κ k²) (Cahn, Acta Metall. 9, 795, 1961).
public struct SpinodalDecomposition: Sendable {
  public let composition: Double
  /// In m: of the wave that grows fastest, and of the shortest that grows.
  public let wavelength: Double
  public let shortestWavelength: Double
  /// Of the first one, in 1/s.
  public let growthRate: Double

  /// nil for another kind of particle, and where nothing is unstable.
  /// - Parameter diagram: with the coherency.
  public init?(_ material: ActiveMaterial, _ diagram: PhaseDiagram, referenceTemperature: Double) {
    guard case .cahnHilliard(let model) = material.transport, diagram.smallestCurvature < 0 else { return nil }
    let x = diagram.mostUnstableComposition
    let curvature = diagram.smallestCurvature
    let sites = model.mobility == .siteLimited ? x * (1 - x) : x
    let diffusivity =
      material.diffusivity(x)
      * arrhenius(
        activationEnergy: material.diffusivityActivationEnergy, temperature: diagram.temperature,
        reference: referenceTemperature)
    composition = x
    shortestWavelength = 2 * .pi * (model.gradientEnergy / -curvature).squareRoot()
    wavelength = shortestWavelength * 2.0.squareRoot()
    growthRate =
      diffusivity * sites / (Constants.gas * diagram.temperature) * curvature * curvature / (4 * model.gradientEnergy)
  }
}

/// How a uniform Allen–Cahn platelet under current keeps or loses its uniformity: the longest wave that fits along its facet,
/// cos(πz/L), grows at the rate d(∂x/∂t)/dx with what the gradient and the coherency add to μ (Bai, Cogswell & Bazant, Nano
/// Lett. 11, 4890, 2011).
public struct FacetStability {
  /// What `reaction` points to.
  private let material: ActiveMaterial
  private let memory = PlainMemory()
  private let reaction: InsertionReaction
  private let host: UniformHost
  private let waveHost: UniformHost
  private let temperature: Double
  private let potentialOrigin: Double
  /// 1/(F c_max h) in m²/C.
  private let stoichiometryPerCharge: Double

  /// nil for another kind of particle.
  public init?(
    _ material: ActiveMaterial, temperature: Double, referenceTemperature: Double, initialConcentration: Double
  ) {
    guard case .allenCahn(let model) = material.transport else { return nil }
    self.material = material
    let wavenumber = Double.pi / model.length
    let wave = model.gradientEnergy * wavenumber * wavenumber
    host = UniformHost(
      material, temperature: temperature, referenceTemperature: referenceTemperature, stiffness: 0)
    waveHost = UniformHost(
      material, temperature: temperature, referenceTemperature: referenceTemperature,
      stiffness: wave + material.phaseCoherencyEnergy / material.maximumConcentration)
    reaction = InsertionReaction(
      material, referenceTemperature: referenceTemperature, initialConcentration: initialConcentration, in: memory)
    self.temperature = temperature
    potentialOrigin = material.latticePotential ?? 0
    stoichiometryPerCharge = 1 / (Constants.faraday * material.maximumConcentration * material.radius)
  }

  /// Growth rate in 1/s of the wave on a particle with the composition t of `UniformHost`; nil where the reaction cannot
  /// carry the current.
  /// - Parameter j: current density in A/m², negative where the particle fills.
  private func growthRate(_ t: Double, currentDensity j: Double) -> Double? {
    typealias Number = Dual<SIMD4<Double>>
    let potential = potentialOrigin - host.potential(t) / Constants.faraday
    let at = reaction.at(Number(temperature), isConstant: true)
    // The unknowns of the lanes: current density, potential of the surface, composition, potential difference.
    func imbalance(_ difference: Double) -> Number {
      reaction.imbalance(
        currentDensity: Number(j, partials: [1, 0, 0, 0]),
        potentialDifference: Number(difference, partials: [0, 0, 0, 1]),
        potential: Number(potential, partials: [0, 1, 0, 0]),
        stoichiometry: Number(host.stoichiometry(t), partials: [0, 0, 1, 0]), concentrationRatio: Number(1),
        rate: at.rate, at)
    }
    var difference = potential
    var result = imbalance(difference)
    for _ in 0..<100 where abs(result.value) > 1e-13 {
      difference -= result.value / result.partials[3]
      result = imbalance(difference)
    }
    guard abs(result.value) < 1e-9 else { return nil }
    // What the wave adds to U where the composition is higher.
    let slope = -waveHost.curvature(t) / Constants.faraday
    let change = -(result.partials[2] + result.partials[1] * slope) / result.partials[0]
    return -stoichiometryPerCharge * change
  }

  /// Compositions at which the wave grows while a particle fills at this rate, in fillings from 0 to 1 per hour (negative:
  /// empties).
  public func unstableRanges(rate: Double) -> [ClosedRange<Double>] {
    let j = currentDensity(rate: rate)
    func grows(_ t: Double) -> Double { growthRate(t, currentDensity: j) ?? -1 }
    var ranges: [ClosedRange<Double>] = []
    var start: Double?
    for (before, t) in zip(host.nodes, host.nodes.dropFirst()) {
      let isUnstable = grows(t) > 0
      if isUnstable, start == nil {
        start = root(in: before...t, grows)
      } else if !isUnstable, let low = start {
        ranges.append(host.stoichiometry(low)...host.stoichiometry(root(in: before...t) { -grows($0) }))
        start = nil
      }
    }
    return ranges
  }

  /// Current density in A/m² of a rate as above.
  public func currentDensity(rate: Double) -> Double { -rate / 3600 / stoichiometryPerCharge }

  /// The current beyond which no composition of a filling particle is unstable.
  public struct CriticalCurrent: Sendable {
    /// Rate as above.
    public let rate: Double
    /// The size of the current density in A/m².
    public let currentDensity: Double
    /// The composition that is the last to become stable.
    public let composition: Double
  }

  /// nil where nothing is unstable, and where no current suppresses it.
  public func criticalCurrent() -> CriticalCurrent? {
    // Rates from one filling in a century to one in a microsecond.
    let (slowest, fastest) = (1e-6, 1e10)
    func critical(_ t: Double) -> Double {
      func stability(_ rate: Double) -> Double {
        -(growthRate(t, currentDensity: currentDensity(rate: rate)) ?? -1)
      }
      if stability(fastest) < 0 { return .infinity }
      var high = fastest
      while high > slowest {
        let low = high / 4
        if stability(low) < 0 { return root(in: low...high, stability) }
        high = low
      }
      return 0
    }
    let (t, rate) = maximum(over: host.nodes.dropFirst().dropLast(), critical)
    guard rate > 0, rate.isFinite else { return nil }
    return CriticalCurrent(
      rate: rate, currentDensity: -currentDensity(rate: rate), composition: host.stoichiometry(t))
  }
}
