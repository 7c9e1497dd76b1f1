import CKernels
import Integration

/// A particle class in which the ion diffuses by Fick's law along one coordinate, ∂x/∂t = ∇·(D(x) ∇x), and reacts
/// at its surface, D ∂x/∂r = −j/(F c_max). Plain memory: the model holds what it points to.
struct FickianParticle {
  let layout: StateLayout.Class
  let radial: RadialOperators
  /// Particle surface per electrode volume in 1/m.
  let surfaceAreaPerVolume: Double
  /// Change of the mean stoichiometry per charge through the surface, s/(F c_max R), in m²/C.
  let stoichiometryPerCharge: Double
  /// Volume fraction of the electrode that the class fills.
  let volumeFraction: Double
  /// Concentration of the inserted ion at stoichiometry 1 in mol/m³.
  let maximumConcentration: Double
  private let radius: Double
  private let diffusivity: FunctionView
  private let diffusivityActivationEnergy: Double
  private let openCircuitPotential: FunctionView
  private let entropicChange: FunctionView
  private let reactionRateConstant: FunctionView
  private let reactionRateActivationEnergy: Double
  private let filmResistance: Double
  private let hysteresis: HysteresisView?
  private let referenceTemperature: Double

  struct HysteresisView {
    let filling: FunctionView
    let emptying: FunctionView
    let decayConstant: Double
  }

  init(
    _ material: ActiveMaterial, layout: StateLayout.Class, order: Int, referenceTemperature: Double,
    in memory: PlainMemory
  ) {
    self.layout = layout
    self.referenceTemperature = referenceTemperature
    radial = RadialOperators(
      RadialMesh(intervals: layout.nodeCount - 1, order: order, shape: material.shape), in: memory)
    surfaceAreaPerVolume = material.surfaceAreaPerVolume
    stoichiometryPerCharge =
      material.shape.factor / (Constants.faraday * material.maximumConcentration * material.radius)
    volumeFraction = material.volumeFraction
    maximumConcentration = material.maximumConcentration
    radius = material.radius
    diffusivity = material.diffusivity.view
    diffusivityActivationEnergy = material.diffusivityActivationEnergy
    openCircuitPotential = material.openCircuitPotential.view
    entropicChange = material.entropicChange.view
    reactionRateConstant = material.reactionRateConstant.view
    reactionRateActivationEnergy = material.reactionRateActivationEnergy
    filmResistance = material.filmResistance
    hysteresis = material.hysteresis.map {
      HysteresisView(filling: $0.filling.view, emptying: $0.emptying.view, decayConstant: $0.decayConstant)
    }
  }

  /// Arrhenius factor of the diffusivity over R², in 1/m².
  @inline(__always)
  func diffusionFactor<S: Scalar>(_ temperature: S) -> S {
    (1 / (radius * radius))
      * arrhenius(
        activationEnergy: diffusivityActivationEnergy, temperature: temperature, reference: referenceTemperature)
  }

  // MARK: diffusion

  /// Whether the diffusivity is the same at every stoichiometry, so that diffusion is linear.
  var isLinear: Bool { diffusivity.isConstant }

  /// D/R² in 1/s where diffusion is linear.
  @inline(__always)
  func relativeDiffusivity<S: Scalar>(factor: S) -> S { diffusivity.constant * factor }

  /// The flux inwards D/R² ∇x in 1/s, for the gradient of x against the relative radius.
  /// - Parameter factor: `diffusionFactor` at the temperature of the particle.
  @inline(__always)
  func inwardFlux<S: Scalar>(_ x: S, gradient: S, factor: S) -> S { diffusivity(x) * (factor * gradient) }

  /// Equations of the stoichiometries of the particles in all volumes, per particle volume in 1/s: Galerkin's form
  /// ∫ φ ∂x/∂t dv + ∫ ∇φ · D ∇x dv + s φ(1) j/(F c_max R) = 0.
  @inline(__always)
  func addTransport<S: Scalar>(
    _ temperature: S, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ residual: UnsafeMutablePointer<S>
  ) {
    let count = layout.volumeCount
    let x = y + layout.stoichiometry
    let equation = residual + layout.stoichiometry
    let factor = diffusionFactor(temperature)
    let linear = isLinear ? relativeDiffusivity(factor: factor) : S(0)
    radial.addExchange(
      rate: rate + layout.stoichiometry, x: x, stiffness: linear, to: equation, systemCount: count)
    if !isLinear {
      for point in radial.points {
        for k in 0..<count {
          // By differences: a uniform stoichiometry has no gradient, to the last digit.
          var value = x[point.firstNode * count + k]
          var gradient = S(0)
          for a in 1...point.order {
            let difference = x[(point.firstNode + a) * count + k] - x[point.firstNode * count + k]
            value += point.shape[a] * difference
            gradient += point.slope[a] * difference
          }
          let flux = point.weight * inwardFlux(value, gradient: gradient, factor: factor)
          for a in 0...point.order { equation[(point.firstNode + a) * count + k] += point.slope[a] * flux }
        }
      }
    }
    let surface = equation + (radial.nodeCount - 1) * count
    let current = y + layout.reaction
    for k in 0..<count { surface[k] = surface[k] + stoichiometryPerCharge * current[k] }
  }

  // MARK: reaction

  /// What depends on the temperature only, once for all volumes.
  struct ReactionAtTemperature<S: Scalar> {
    /// Arrhenius factor of the rate constant.
    let rate: S
    /// RT/F in V.
    let thermalVoltage: S
    /// T − T_ref in K.
    let rise: S
    /// Whether the entropic change has any effect: not in a cell that stays at the reference temperature.
    let hasEntropicPart: Bool
  }

  @inline(__always)
  func reaction<S: Scalar>(at temperature: S, isConstant: Bool) -> ReactionAtTemperature<S> {
    let rise = temperature - referenceTemperature
    return ReactionAtTemperature(
      rate: arrhenius(
        activationEnergy: reactionRateActivationEnergy, temperature: temperature, reference: referenceTemperature),
      thermalVoltage: (Constants.gas / Constants.faraday) * temperature, rise: rise,
      hasEntropicPart: !isConstant || rise.value != 0)
  }

  /// Adds the equation of the reaction current density j in volume `volume`: the potential difference at the surface is
  /// the open-circuit potential plus the overpotential plus the drop over the film, in V; and that of the hysteresis state.
  /// - Returns: U − T ∂U/∂T in V, the part of the energy of the reaction that does not become heat; it is needed only where
  ///   the temperature is an unknown.
  @inline(__always)
  func addReaction<A: Assembly>(
    volume: Int, currentDensity j: A.Number, potentialDifference: A.Number, concentrationRatio: A.Number,
    _ at: ReactionAtTemperature<A.Number>, to a: inout A
  ) -> A.Number {
    typealias S = A.Number
    let x = a.differential(layout.surface(volume: volume), lane: 3)
    let j0 = ReactionKinetics.exchangeCurrentDensity(
      rateConstant: at.rate * reactionRateConstant(x), concentrationRatio: concentrationRatio, stoichiometry: x)
    let eta = ReactionKinetics.overpotential(
      currentDensity: j, exchangeCurrentDensity: j0, thermalVoltage: at.thermalVoltage)
    var potential: S
    var stored: S
    if let hysteresis {
      let unknown = layout.hysteresis + volume
      let h = a.differential(unknown, lane: 5)
      let (emptying, filling) = (hysteresis.emptying(x), hysteresis.filling(x))
      potential = Hysteresis.potential(state: h, emptying: emptying, filling: filling)
      // Between the branches nothing would be lost: what they are apart from there becomes heat, in both directions.
      stored = Hysteresis.potential(state: S(0), emptying: emptying, filling: filling)
      // dh/dt = −(K/2) dx̄/dt (1 + h sign dx̄/dt), where dx̄/dt = −j × stoichiometry per charge.
      let magnitude = S.function(of: j, value: abs(j.value), slope: j.value < 0 ? -1 : 1)
      a.add(
        a.rate(unknown, lane: 5)
          - (0.5 * hysteresis.decayConstant * stoichiometryPerCharge) * (j - magnitude * h), to: unknown)
    } else {
      potential = openCircuitPotential(x)
      stored = potential
    }
    if at.hasEntropicPart {
      let entropicChange = entropicChange(x)
      potential += at.rise * entropicChange
      // U(T) − T ∂U/∂T = U(T_ref) − T_ref ∂U/∂T.
      stored -= referenceTemperature * entropicChange
    }
    a.add(
      potentialDifference - potential - (eta + filmResistance * j), to: layout.reaction + volume)
    return stored
  }

  /// Mean stoichiometry of the particles in all volumes together.
  func meanStoichiometry(_ y: UnsafePointer<Double>) -> Double {
    let x = y + layout.stoichiometry(node: 0, volume: 0)
    return ck_weighted_sum(layout.nodeCount, layout.volumeCount, radial.volumes.baseAddress!, x)
      / Double(layout.volumeCount)
  }

  /// Mean hysteresis state of the particles in all volumes together; 0 where there is none.
  func meanHysteresisState(_ y: UnsafePointer<Double>) -> Double {
    guard layout.hasHysteresis else { return 0 }
    let states = UnsafeBufferPointer(start: y + layout.hysteresis, count: layout.volumeCount)
    return states.reduce(0, +) / Double(layout.volumeCount)
  }
}

/// A radial mesh as the inner loops read it.
struct RadialOperators {
  let nodeCount: Int
  let bandwidth: Int
  let volumes: UnsafeBufferPointer<Double>
  let points: UnsafeBufferPointer<Point>
  /// The first node that shares an element with each node.
  let firstNeighbour: UnsafeBufferPointer<Int>
  private let last: UnsafeBufferPointer<Int>
  private let massBand: UnsafePointer<Double>
  private let stiffnessBand: UnsafePointer<Double>

  struct Point {
    let firstNode: Int
    /// There is one node more.
    let order: Int
    let weight: Double
    let shape: UnsafePointer<Double>
    let slope: UnsafePointer<Double>
  }

  init(_ mesh: RadialMesh, in memory: PlainMemory) {
    nodeCount = mesh.nodes.count
    bandwidth = mesh.bandwidth
    volumes = memory.copy(mesh.volumes)
    firstNeighbour = memory.copy(mesh.firstNeighbour)
    last = memory.copy(
      mesh.nodes.indices.map { j in mesh.firstNeighbour.lastIndex { $0 <= j }! })
    massBand = memory.copy(mesh.mass.flatMap { $0 }).baseAddress!
    stiffnessBand = memory.copy(mesh.stiffness.flatMap { $0 }).baseAddress!
    points = memory.copy(
      mesh.points.map { point in
        Point(
          firstNode: point.firstNode, order: point.shape.count - 1, weight: point.weight,
          shape: memory.copy(point.shape).baseAddress!, slope: memory.copy(point.slope).baseAddress!)
      })
  }

  /// Adds mass × rate + c × stiffness × x for many particles side by side. The second product is taken as exchange
  /// between pairs of nodes, c × stiffnessᵢⱼ (xⱼ − xᵢ), so that nothing is gained or lost to the last digit.
  @inline(__always)
  func addExchange<S: Scalar>(
    rate: UnsafePointer<S>, x: UnsafePointer<S>, stiffness c: S, to r: UnsafeMutablePointer<S>, systemCount: Int
  ) {
    if let rate = rate as? UnsafePointer<Double>, let x = x as? UnsafePointer<Double>, let c = c as? Double,
      let r = r as? UnsafeMutablePointer<Double>
    {
      return ck_add_exchange(
        nodeCount, bandwidth, systemCount, firstNeighbour.baseAddress!, last.baseAddress!, massBand, rate, c,
        stiffnessBand, x, r)
    }
    for i in 0..<nodeCount {
      for j in neighbours(of: i) {
        let conductance = stiffness(i, j) * c
        for k in 0..<systemCount {
          let (own, other) = (i * systemCount + k, j * systemCount + k)
          r[own] += mass(i, j) * rate[other] + conductance * (x[other] - x[own])
        }
      }
    }
  }

  /// The nodes that share an element with node i, and i itself.
  @inline(__always)
  func neighbours(of i: Int) -> ClosedRange<Int> {
    ClosedRange(uncheckedBounds: (firstNeighbour[i], last[i]))
  }

  /// ∫ φᵢφⱼ dv of neighbours.
  @inline(__always)
  func mass(_ i: Int, _ j: Int) -> Double { massBand[i * 2 * bandwidth + j + bandwidth] }

  /// ∫ ∇φᵢ·∇φⱼ dv of neighbours.
  @inline(__always)
  func stiffness(_ i: Int, _ j: Int) -> Double { stiffnessBand[i * 2 * bandwidth + j + bandwidth] }
}
