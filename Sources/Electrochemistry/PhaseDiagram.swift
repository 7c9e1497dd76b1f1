#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What a host is made of at rest, at one temperature: where it splits into two phases (common tangents to the free energy),
/// where it cannot do otherwise (spinodals), and what lies between the phases.
public struct PhaseDiagram: Sendable {
  /// In K.
  public let temperature: Double
  /// From the emptiest on; empty where the host is a solid solution at this temperature.
  public let gaps: [MiscibilityGap]
  /// The temperature in K above which there is no unstable composition; nil where there is none at any temperature, or at
  /// all of them.
  public let criticalTemperature: Double?
  /// The composition with the smallest curvature of the free energy, and this curvature g″ in J/mol: below 0 if the host
  /// is unstable there.
  public let mostUnstableComposition: Double
  public let smallestCurvature: Double
  /// χ of the regular solution that has this curvature at this composition: ½ (1/(x(1−x)) − g″/RT).
  public let interactionParameter: Double

  /// - Parameters:
  ///   - temperature: in K.
  ///   - referenceTemperature: of the material's parameters, in K.
  ///   - stiffness: in J/m³; a part of a particle that differs by Δx from its mean costs ½ stiffness Δx² more: B for a
  ///     coherent one, B + c_max κ k² for a wave with the wavenumber k.
  public init(
    _ material: ActiveMaterial, temperature: Double, referenceTemperature: Double, stiffness: Double = 0
  ) {
    let perMole = stiffness / material.maximumConcentration
    let host = UniformHost(
      material, temperature: temperature, referenceTemperature: referenceTemperature, stiffness: perMole)
    self.temperature = temperature
    let lowest = maximum(over: host.nodes) { -host.curvature($0) }
    mostUnstableComposition = host.stoichiometry(lowest.position)
    smallestCurvature = -lowest.value
    interactionParameter = 0.5 * (1 / host.sites(lowest.position) + lowest.value / host.thermalEnergy)
    let critical = maximum(over: host.nodes) { host.spinodalTemperature($0) ?? 0 }.value
    criticalTemperature = critical > 0 ? critical : nil
    gaps = Self.tangents(host).map { MiscibilityGap($0, host, material, stiffness: perMole) }
  }

  /// The phases of a gap and what lies between them.
  struct Tangent {
    /// Compositions t of `UniformHost` where it touches the free energy.
    var low: Double
    var high: Double
    /// μ in J/mol of both, the slope of the tangent.
    var potential: Double
    var unstable: [ClosedRange<Double>]
  }

  /// The widest hysteresis in V at zero current that a gap brings about; 0 in a solid solution, which has none.
  public var voltageGap: Double { gaps.map(\.voltageGap).max() ?? 0 }

  /// The straight parts of the lower hull of g. Between unstable ranges lie stable branches, on which μ rises; a branch that
  /// comes to lie above the common tangent of its neighbours is no phase of its own.
  private static func tangents(_ host: UniformHost) -> [Tangent] {
    let unstable = host.unstableRanges
    guard let first = unstable.first, let last = unstable.last else { return [] }
    let spinodal = unstable.flatMap { [host.potential($0.lowerBound), host.potential($0.upperBound)] }
    let potentials = spinodal.min()!...spinodal.max()!
    let branches =
      [host.nodes.first!...first.lowerBound]
      + zip(unstable, unstable.dropFirst()).map { $0.upperBound...$1.lowerBound }
      + [last.upperBound...host.nodes.last!]

    func tangent(_ a: Int, _ b: Int) -> Tangent {
      func ends(_ potential: Double) -> (Double, Double) {
        (
          host.composition(potential: potential, on: branches[a]),
          host.composition(potential: potential, on: branches[b])
        )
      }
      // Maxwell: the areas between μ and the plateau are equal. Their difference falls as the plateau rises, by x_b − x_a.
      let potential = root(in: potentials) { potential in
        let (low, high) = ends(potential)
        return potential * (host.stoichiometry(high) - host.stoichiometry(low))
          - (host.energy(high) - host.energy(low))
      } slope: { potential in
        let (low, high) = ends(potential)
        return host.stoichiometry(high) - host.stoichiometry(low)
      }
      let (low, high) = ends(potential)
      return Tangent(low: low, high: high, potential: potential, unstable: Array(unstable[a..<b]))
    }

    var phases = [0]
    var tangents: [Tangent] = []
    for branch in 1..<branches.count {
      var next = tangent(phases.last!, branch)
      while let before = tangents.last, before.potential >= next.potential {
        tangents.removeLast()
        phases.removeLast()
        next = tangent(phases.last!, branch)
      }
      tangents.append(next)
      phases.append(branch)
    }
    return tangents
  }

  /// The sharpest phase boundary of a material with a phase field, coherency included; nil where there is none.
  public static func sharpestInterface(
    of material: ActiveMaterial, temperature: Double, referenceTemperature: Double
  ) -> MiscibilityGap.Interface? {
    guard material.transport.gradientEnergy != nil else { return nil }
    let diagram = PhaseDiagram(
      material, temperature: temperature, referenceTemperature: referenceTemperature,
      stiffness: material.phaseCoherencyEnergy)
    return diagram.gaps.compactMap(\.interface).min { $0.width < $1.width }
  }
}

/// Compositions between which a host splits into two phases.
public struct MiscibilityGap: Sendable {
  /// Compositions of the two phases. Where the potential of a host is known inside its stoichiometry limits only, a gap may
  /// end there.
  public let binodal: ClosedRange<Double>
  /// Compositions that split without nucleation: one range, or more where a phase between the others is never stable.
  public let spinodals: [ClosedRange<Double>]
  /// Potential in V of the two phases side by side; in a coherent particle with the mean composition in the middle of the
  /// gap.
  public let plateauPotential: Double
  /// Potentials in V of the homogeneous host where it becomes unstable: on filling and on emptying.
  public let spinodalPotentials: (filling: Double, emptying: Double)
  /// How far in V the potential falls below the plateau before the host becomes unstable on filling, and how far it rises
  /// above it on emptying; the stiffness is counted in.
  public let overshoot: (filling: Double, emptying: Double)
  /// Largest free energy above the common tangent, in J/m³ and in RT c_max.
  public let barrier: Double
  public let relativeBarrier: Double
  /// nil without gradient energy.
  public let interface: Interface?

  /// The two overshoots together in V: the hysteresis at zero current of a homogeneous particle.
  public var voltageGap: Double { overshoot.filling + overshoot.emptying }

  /// A plane boundary between two phases (Cahn & Hilliard, J. Chem. Phys. 28, 258, 1958).
  public struct Interface: Sendable {
    /// γ in J/m².
    public let energy: Double
    /// In m: between 10 and 90 % of the difference of the phases.
    public let width: Double
    /// In m: the difference of the phases over the largest slope.
    public let widthOfLargestSlope: Double
    /// In m: lengths in which the composition approaches that of the emptier and the fuller phase.
    public let decayLengths: (low: Double, high: Double)
    /// In J/m²: wetting by which a surface would become full, and empty, beside a phase of this gap. Beyond, no potential is
    /// finite.
    public let wettingLimits: (full: Double, empty: Double)
    /// Of a wetted Cahn–Hilliard particle; nil without wetting, and where it is beyond its limit.
    public let wettedSurface: WettedSurface?
  }

  /// A wetted surface at rest on the plateau, beside the phase that it prefers.
  public struct WettedSurface: Sendable, Equatable {
    public let stoichiometry: Double
    /// By how many per cent the sites that are left free (filled), where it is fuller (emptier) than the phase, change with
    /// each per cent of the wetting.
    public let sensitivity: Double
  }

  init(_ tangent: PhaseDiagram.Tangent, _ host: UniformHost, _ material: ActiveMaterial, stiffness: Double) {
    let (low, high) = (host.stoichiometry(tangent.low), host.stoichiometry(tangent.high))
    binodal = low...high
    spinodals = tangent.unstable.map { host.stoichiometry($0.lowerBound)...host.stoichiometry($0.upperBound) }
    // A clamped film is under the stress of its composition; a body that nothing holds, under that of what differs from its mean.
    let clamped =
      material.mechanics?.film != nil && stiffness != 0
      ? material.mechanics?.strainPotential(material, radius: material.radius) : nil
    let released = stiffness - Constants.faraday * (clamped?.own ?? 0)
    let origin = (material.latticePotential ?? 0) - (clamped?.constant ?? 0)
    func voltage(_ t: Double) -> Double {
      origin - (host.potential(t) - released * host.stoichiometry(t)) / Constants.faraday
    }
    plateauPotential = origin - (tangent.potential - released * 0.5 * (low + high)) / Constants.faraday
    let (first, last) = (tangent.unstable.first!.lowerBound, tangent.unstable.last!.upperBound)
    spinodalPotentials = (voltage(first), voltage(last))
    overshoot = (
      (host.potential(first) - tangent.potential) / Constants.faraday,
      (tangent.potential - host.potential(last)) / Constants.faraday
    )
    let start = host.energy(tangent.low)
    func aboveTangent(_ t: Double) -> Double {
      max(host.energy(t) - start - tangent.potential * (host.stoichiometry(t) - low), 0)
    }
    // It is largest where μ falls through that of the tangent.
    let largest = tangent.unstable.map {
      aboveTangent(host.composition(potential: tangent.potential, on: $0))
    }.max()!
    barrier = material.maximumConcentration * largest
    relativeBarrier = largest / host.thermalEnergy
    guard let gradientEnergy = material.transport.gradientEnergy else {
      interface = nil
      return
    }

    // ½ κ (dx/dz)² = Δg.
    let concentration = material.maximumConcentration
    let (middle, half) = (0.5 * (low + high), 0.5 * (high - low))
    func sum(_ count: Int, from a: Double, to b: Double, _ f: (Double) -> Double) -> Double {
      (0..<count).reduce(0) {
        let width = (b - a) / Double(count)
        return $0 + gauss(from: a + width * Double($1), to: a + width * Double($1 + 1), f)
      }
    }
    // x = middle + half sin θ: near the ends the root of Δg needs short steps.
    let energy = sum(100, from: -0.5 * .pi, to: 0.5 * .pi) { angle in
      let x = middle + half * sin(angle)
      return half * cos(angle) * (2 * gradientEnergy * aboveTangent(host.coordinate(x))).squareRoot()
    }
    let width = sum(50, from: middle - 0.8 * half, to: middle + 0.8 * half) { x in
      (gradientEnergy / (2 * aboveTangent(host.coordinate(x)))).squareRoot()
    }
    func wetting(_ t: Double) -> Double { concentration * (2 * gradientEnergy * aboveTangent(t)).squareRoot() }
    var wettedSurface: WettedSurface?
    if case .cahnHilliard(let model) = material.transport, model.wetting != 0 {
      let size = abs(model.wetting)
      let (phase, end) = model.wetting > 0 ? (tangent.high, host.nodes.last!) : (tangent.low, host.nodes.first!)
      if size < wetting(end) {
        let surface = root(in: min(phase, end)...max(phase, end)) {
          model.wetting > 0 ? wetting($0) - size : size - wetting($0)
        }
        // Δg = Γ²/(2κ c_max²) at the surface, and its slope there is μ above the plateau.
        wettedSurface = WettedSurface(
          stoichiometry: host.stoichiometry(surface),
          sensitivity: size * size / (gradientEnergy * concentration * concentration)
            / (host.sites(surface) * abs(host.potential(surface) - tangent.potential)))
      }
    }
    interface = Interface(
      energy: concentration * energy, width: width,
      widthOfLargestSlope: 2 * half * (gradientEnergy / (2 * largest)).squareRoot(),
      decayLengths: (
        (gradientEnergy / host.curvature(tangent.low)).squareRoot(),
        (gradientEnergy / host.curvature(tangent.high)).squareRoot()
      ),
      wettingLimits: (wetting(host.nodes.last!), wetting(host.nodes.first!)), wettedSurface: wettedSurface)
  }
}

extension Transport {
  /// κ in J·m²/mol; nil without gradient energy.
  public var gradientEnergy: Double? {
    switch self {
    case .cahnHilliard(let model): model.gradientEnergy
    case .allenCahn(let model): model.gradientEnergy
    case .fickian, .homogeneous: nil
    }
  }

  /// B in J/m³.
  public var coherencyEnergy: Double {
    switch self {
    case .cahnHilliard(let model): model.coherencyEnergy
    case .allenCahn(let model): model.coherencyEnergy
    case .fickian, .homogeneous: 0
    }
  }
}
