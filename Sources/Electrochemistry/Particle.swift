import CKernels
import Integration

/// How the ion moves inside a particle; each model is a file of its own.
public enum Transport: Sendable, Equatable {
  /// ∂c/∂t = ∇·(D ∇c).
  case fickian
  /// No gradients at all.
  case homogeneous
  /// Diffusion down the gradient of a chemical potential with gradient energy.
  case cahnHilliard(CahnHilliard)
  /// A platelet in which every point of the facets reacts.
  case allenCahn(AllenCahn)
}

/// A particle class as the equations see it: particles of one material, one in each volume of an electrode. Plain memory:
/// the model holds what it points to.
struct Particle {
  let layout: StateLayout.Class
  let reaction: InsertionReaction
  let transport: TransportView
  /// What stress does; nil where there is none.
  let strain: StrainPotential?
  /// Concentration of the inserted ion at stoichiometry 1 in mol/m³.
  let maximumConcentration: Double
  /// Shares of a particle's volume that the nodes stand for.
  let nodeVolumes: UnsafeBufferPointer<Double>

  // Of the particle in each volume:
  /// Radius (half-thickness) in m.
  let radii: UnsafeBufferPointer<Double>
  /// Volume fraction of the electrode that it fills.
  let volumeFraction: UnsafeBufferPointer<Double>
  /// Reacting surface per electrode volume in 1/m.
  let surfaceAreaPerVolume: UnsafeBufferPointer<Double>
  /// Change of its mean stoichiometry per charge through the surface, s/(F c_max R), in m²/C.
  let stoichiometryPerCharge: UnsafeBufferPointer<Double>

  /// Whether the volume fraction differs from volume to volume.
  private let isGraded: Bool
  /// Whether the host may hold several phases, of which the observables tell.
  let isLattice: Bool

  /// What the local state of a particle is.
  enum LocalState {
    case none
    /// Between the branches of a potential with hysteresis.
    case hysteresis(decayConstant: Double)
    /// The mean stoichiometry x̄.
    case mean
    /// What layers share.
    case stretch
  }
  let localState: LocalState

  /// By pointers: what is large would be copied each time that it is looked at.
  enum TransportView {
    case fickian(UnsafePointer<FickianTransport>)
    case cahnHilliard(UnsafePointer<CahnHilliardTransport>)
    case allenCahn(UnsafePointer<AllenCahnFacet>)
    case layered(UnsafePointer<LayeredTransport>)
  }

  /// - Parameters:
  ///   - positions: of the volumes, relative between the collector (0) and the separator (1).
  ///   - temperature: in K, of a cell without heat balance.
  init(
    _ material: ActiveMaterial, layout: StateLayout.Class, positions: [Double], order: Int,
    referenceTemperature: Double, temperature: Double?, initialConcentration: Double, in memory: PlainMemory
  ) {
    self.layout = layout
    reaction = InsertionReaction(
      material, referenceTemperature: referenceTemperature, initialConcentration: initialConcentration, in: memory)
    maximumConcentration = material.maximumConcentration
    let radii = positions.map { material.radiusProfile?($0) ?? material.radius }
    let fractions = positions.map { material.volumeFractionProfile?($0) ?? material.volumeFraction }
    self.radii = memory.copy(radii)
    volumeFraction = memory.copy(fractions)
    isGraded = fractions.contains { $0 != fractions[0] }
    isLattice = material.latticePotential != nil
    surfaceAreaPerVolume = memory.copy(zip(fractions, radii).map { $0 * material.surfacePerVolume(radius: $1) })
    stoichiometryPerCharge = memory.copy(
      radii.map { material.surfacePerVolume(radius: $0) / (Constants.faraday * material.maximumConcentration) })
    strain = StrainPotential(material, radii: radii, in: memory)

    switch material.transport {
    case .fickian where material.mechanics?.isLayered == true,
      .cahnHilliard where material.mechanics?.isLayered == true,
      .homogeneous where material.mechanics?.isLayered == true:
      let transport = memory.place(
        LayeredTransport(
          material, material.mechanics!, radii: radii, intervals: layout.nodeCount - 1,
          referenceTemperature: referenceTemperature, in: memory))
      self.transport = .layered(transport)
      nodeVolumes = transport.pointee.elasticity.pointee.volumes
    case .fickian, .homogeneous:
      let transport = FickianTransport(
        material, strain, radii: radii, intervals: layout.nodeCount - 1, order: order,
        referenceTemperature: referenceTemperature, temperature: temperature, in: memory)
      self.transport = .fickian(memory.place(transport))
      nodeVolumes = transport.radial.volumes
    case .cahnHilliard(let model):
      let transport = CahnHilliardTransport(
        material, model, strain, radii: radii, referenceTemperature: referenceTemperature, in: memory)
      self.transport = .cahnHilliard(memory.place(transport))
      nodeVolumes = transport.volumes
    case .allenCahn(let model):
      let facet = AllenCahnFacet(material, model, radii: radii, in: memory)
      transport = .allenCahn(memory.place(facet))
      nodeVolumes = memory.copy([Double](repeating: 1 / Double(layout.nodeCount), count: layout.nodeCount))
    }
    localState =
      switch layout.localState {
      case .none: .none
      case .hysteresis: .hysteresis(decayConstant: material.hysteresis!.decayConstant)
      case .mean: .mean
      case .stretch: .stretch
      }
  }

  /// Whether its points react one by one, without transport inside.
  var isFacet: Bool { if case .allenCahn = transport { true } else { false } }

  /// Whether its elasticity is taken layer by layer.
  var isLayered: Bool {
    switch transport {
    case .layered: true
    case .allenCahn(let facet): facet.pointee.elasticity != nil
    case .fickian, .cahnHilliard: false
    }
  }

  /// Whether its part of the Newton matrix is a `BorderedClassSystem`.
  var isBordered: Bool {
    switch transport {
    case .allenCahn, .layered: true
    case .fickian, .cahnHilliard: false
    }
  }

  var hasMean: Bool { if case .mean = localState { true } else { false } }
  /// Whether the transport inside reads the mean.
  var transportReadsMean: Bool {
    hasMean && layout.nodeCount > 1 && strain.map { $0.diffusionShare != 0 && $0.readsMean } ?? false
  }

  /// Equations of the stoichiometries of the particles in all volumes, per particle volume in 1/s, but for those that
  /// belong to the balances.
  @inline(__always)
  func addTransport<S: Scalar>(
    _ temperature: S, isIsothermal: Bool, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>,
    _ residual: UnsafeMutablePointer<S>
  ) {
    switch transport {
    case .fickian(let transport):
      transport.pointee.addTransport(temperature, hasMean: hasMean, layout, y, rate, residual)
    case .cahnHilliard(let transport):
      transport.pointee.addTransport(
        reaction.at(temperature, isConstant: isIsothermal), temperature, reaction, hasMean: hasMean, layout, y, rate,
        residual)
    case .allenCahn, .layered: return
    }
    let surface = residual + layout.surface(volume: 0)
    let current = y + layout.reaction
    for k in 0..<layout.volumeCount { surface[k] = surface[k] + stoichiometryPerCharge[k] * current[k] }
  }

  /// The surface of the particle in a volume: stoichiometry and local state, U_s = −μ_s/F in V, and the part U_s − T ∂U_s/∂T
  /// of it that does not become heat.
  /// - Parameter lanes: of the stoichiometry there, of that at the node before, and of the local state.
  @inline(__always)
  func surface<A: Assembly>(
    volume: Int, lanes: (Int, Int, Int), _ at: InsertionReaction.AtTemperature<A.Number>, _ a: A
  ) -> (x: A.Number, state: A.Number, potential: A.Number, stored: A.Number) {
    typealias S = A.Number
    let x = a.differential(layout.surface(volume: volume), lane: lanes.0)
    let state = layout.localState == .none ? S(0) : a.differential(layout.local + volume, lane: lanes.2)
    var (potential, stored) = reaction.potential(x, hysteresisState: state, at)
    if let strain, strain.actsOnReaction {
      let strain = strain(x, mean: state, volume: volume)
      potential -= strain
      stored -= strain
    }
    if case .cahnHilliard(let transport) = transport {
      let inner = a.differential(layout.surface(volume: volume) - layout.volumeCount, lane: lanes.1)
      let gradient = transport.pointee.surfaceGradientPotential(x, inner: inner, volume: volume)
      potential -= gradient
      stored -= gradient
    }
    return (x, state, potential, stored)
  }

  /// Adds the equation of the reaction current density j in volume `volume`, and that of the local state; of a layered particle
  /// `addLayeredReaction` does.
  /// - Returns: U − T ∂U/∂T in V, the part of the energy of the reaction that does not become heat; it is needed only where
  ///   the temperature is an unknown.
  @inline(__always)
  func addReaction<A: Assembly>(
    volume: Int, currentDensity j: A.Number, potentialDifference: A.Number, concentrationRatio: A.Number,
    _ at: InsertionReaction.AtTemperature<A.Number>, to a: inout A
  ) -> A.Number {
    typealias S = A.Number
    if case .allenCahn(let facet) = transport {
      return addFacetReaction(
        facet, volume: volume, currentDensity: j, potentialDifference: potentialDifference,
        concentrationRatio: concentrationRatio, at, to: &a)
    }
    let (x, state, potential, stored) = surface(volume: volume, lanes: (3, 6, 5), at, a)
    switch localState {
    case .none, .stretch: break
    case .hysteresis(let decayConstant):
      // dh/dt = −(K/2) dx̄/dt (1 + h sign dx̄/dt), where dx̄/dt = −j × stoichiometry per charge.
      let magnitude = S.choose(j, atLeast: 0, j, else: -j)
      a.add(
        a.rate(layout.local + volume, lane: 5)
          - S(stoichiometryPerCharge, at: volume) * (0.5 * decayConstant * (j - magnitude * state)),
        to: layout.local + volume)
    case .mean:
      a.add(
        a.rate(layout.local + volume, lane: 5) + S(stoichiometryPerCharge, at: volume) * j, to: layout.local + volume)
    }
    a.add(
      reaction.imbalance(
        currentDensity: j, potentialDifference: potentialDifference, potential: potential, stoichiometry: x,
        concentrationRatio: concentrationRatio, rate: rate(x, mean: state, volume: volume, at), at),
      to: layout.reaction + volume)
    return stored
  }

  /// By which the exchange current density is larger at a surface than without stress at the reference temperature.
  @inline(__always)
  func rate<S: Scalar>(
    _ x: S, mean: S, volume: Int, _ at: InsertionReaction.AtTemperature<S>
  ) -> S {
    guard let strain, strain.reactionShare != 0 else { return at.rate }
    return at.rate
      * strain.factor(
        strain.reactionShare, strain(x, mean: mean, volume: volume), thermalVoltage: at.thermalVoltage)
  }

  // MARK: what can be read from a state

  /// Of a particle that is taken layer by layer.
  var elasticity: UnsafePointer<LayeredElasticity>? {
    switch transport {
    case .layered(let transport): transport.pointee.elasticity
    case .allenCahn(let facet): facet.pointee.elasticity
    case .fickian, .cahnHilliard: nil
    }
  }

  /// Mean stoichiometry of the particle in a volume.
  func meanStoichiometry(_ y: UnsafePointer<Double>, volume: Int) -> Double {
    var sum = 0.0
    for node in 0..<layout.nodeCount { sum += nodeVolumes[node] * y[layout.stoichiometry(node: node, volume: volume)] }
    return sum
  }

  /// Σ over the volumes of a quantity per particle volume, weighted with the volume fraction there.
  func sum(_ quantity: (Int) -> Double) -> Double {
    (0..<layout.volumeCount).reduce(0) { $0 + volumeFraction[$1] * quantity($1) }
  }

  /// Σ of the volume fractions.
  var weight: Double { sum { _ in 1 } }

  /// Σ of the mean stoichiometries, weighted with the volume fractions.
  func totalStoichiometry(_ y: UnsafePointer<Double>) -> Double {
    if isGraded || layout.stride > 1 { return sum { meanStoichiometry(y, volume: $0) } }
    return volumeFraction[0]
      * ck_weighted_sum(
        layout.nodeCount, layout.volumeCount, nodeVolumes.baseAddress!, y + layout.stoichiometry(node: 0, volume: 0))
  }

  /// Share of the particle in a volume whose stoichiometry is above ½, and the smallest and the largest stoichiometry in it.
  func phases(_ y: UnsafePointer<Double>, volume: Int) -> (share: Double, lowest: Double, highest: Double) {
    var (share, lowest, highest) = (0.0, Double.infinity, -Double.infinity)
    for node in 0..<layout.nodeCount {
      let x = y[layout.stoichiometry(node: node, volume: volume)]
      if x > 0.5 { share += nodeVolumes[node] }
      lowest = min(lowest, x)
      highest = max(highest, x)
    }
    return (share, lowest, highest)
  }
}

// MARK: phase fields

extension Particle {
  /// Whether in some volume a perturbation grows so fast that a step cannot follow it. To an implicit method whose steps are
  /// long beside the time in which an instability grows, the unstable state looks stable: a particle would stay uniform for
  /// ever.
  /// - Parameters:
  ///   - c: of the Newton matrix of the step.
  ///   - onlyWhereEndsAre: looks no further where the centre and the surface are stable by themselves, as in a particle that
  ///     has split.
  func hasInstability(
    c: Double, temperature: Double, isIsothermal: Bool, _ y: UnsafePointer<Double>, onlyWhereEndsAre: Bool = false
  ) -> Bool {
    guard let field else { return false }
    let at = reaction.at(Dual<SIMD2<Double>>(temperature), isConstant: isIsothermal)
    for k in 0..<layout.volumeCount {
      func x(_ node: Int) -> Double { y[layout.stoichiometry(node: node, volume: k)] }
      if onlyWhereEndsAre && !field.pointee.isUnstable(x(0), reaction, at)
        && !field.pointee.isUnstable(x(layout.nodeCount - 1), reaction, at)
      {
        continue
      }
      let grows = field.pointee.hasInstability(
        fasterThan: Self.growthInStep * c, volume: k, reaction, at,
        meanStoichiometry: hasMean ? y[layout.local + k] : 0, stoichiometry: x)
      if grows { return true }
    }
    return false
  }

  /// How much of c the growth rate of an instability may be.
  private static var growthInStep: Double { 0.1 }

  /// Whether it, or one of several beside others, may fall apart into phases.
  var canSplit: Bool {
    if case .allenCahn = transport { return true }
    return isLattice || field != nil
  }

  private var field: UnsafePointer<CahnHilliardTransport>? {
    switch transport {
    case .cahnHilliard(let transport): transport
    case .layered(let transport): transport.pointee.field
    case .fickian, .allenCahn: nil
    }
  }

  /// Stoichiometries of the nodes at the start, with this mean: uniform, or what the surface makes of a particle at rest.
  func startingProfile(
    _ material: ActiveMaterial, mean: Double, volume: Int, temperature: Double
  ) -> [Double] {
    var profile = [Double](repeating: mean, count: layout.nodeCount)
    guard let transport = field?.pointee, case .cahnHilliard(let model) = material.transport else { return profile }
    if model.wetting != 0 {
      let at = reaction.at(Dual(temperature, partials: SIMD2<Double>.zero), isConstant: true)
      profile =
        transport.equilibrium(
          mean: mean, volume: volume, coherency: elasticity == nil ? transport.coherency : material.coherency(at: mean)
        ) { x in
          let u = reaction.potential(Dual(x, partials: SIMD2<Double>(1, 0)), hysteresisState: Dual(0), at).potential
          return (-u.value, -u.partials[0])
        } ?? behindWettedSurface(model, mean: mean, volume: volume, thermalEnergy: Constants.gas * temperature)
    }
    let wave = transport.wave
    for i in profile.indices {
      // Beside the ends no more than there is.
      let room = min(1, profile[i], 1 - profile[i])
      profile[i] += min(max(model.initialPerturbation, -room), room) * wave[i]
    }
    return profile
  }

  /// Stoichiometries of a particle that has no equilibrium without a phase boundary: uniform but for a layer in which they take
  /// the slope that the wetting asks for. Without it the potential of the surface would not be finite.
  private func behindWettedSurface(
    _ model: CahnHilliard, mean: Double, volume: Int, thermalEnergy: Double
  ) -> [Double] {
    let slope = model.wetting / (maximumConcentration * model.gradientEnergy)
    // Such as a phase boundary is wide, and no more than half of what there is.
    let length = min((model.gradientEnergy / thermalEnergy).squareRoot(), 0.5 * min(mean, 1 - mean) / abs(slope))
    let radius = radii[volume]
    let layer = field!.pointee.nodes.map { slope * length * Double.exp((radius * $0 - radius) / length) }
    let excess = zip(nodeVolumes, layer).reduce(0) { $0 + $1.0 * $1.1 }
    return layer.map { mean + $0 - excess }
  }
}
