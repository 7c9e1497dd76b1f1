import Integration

/// A particle class in which the ion diffuses by Fick's law along one coordinate, ∂x/∂t = ∇·(D(x) ∇x), and reacts
/// at its surface, D ∂x/∂r = −j/(F c_max).
struct FickianParticle {
  let material: ActiveMaterial
  let layout: StateLayout.Class
  let mesh: RadialMesh
  /// Particle surface per electrode volume in 1/m.
  let surfaceAreaPerVolume: Double
  /// Change of the mean stoichiometry per charge through the surface, s/(F c_max R), in m²/C.
  let stoichiometryPerCharge: Double
  let referenceTemperature: Double

  init(_ material: ActiveMaterial, layout: StateLayout.Class, referenceTemperature: Double) {
    self.material = material
    self.layout = layout
    self.referenceTemperature = referenceTemperature
    mesh = RadialMesh(intervals: layout.nodeCount - 1, shape: material.shape)
    surfaceAreaPerVolume = material.surfaceAreaPerVolume
    stoichiometryPerCharge =
      material.shape.factor / (Constants.faraday * material.maximumConcentration * material.radius)
  }

  /// What depends on the temperature only, once for all volumes.
  struct AtTemperature<S: Scalar> {
    /// Arrhenius factor of the diffusivity over R², in 1/m².
    let diffusion: S
    /// Arrhenius factor of the rate constant.
    let rate: S
    /// RT/F in V.
    let thermalVoltage: S
    /// T − T_ref in K.
    let rise: S
    /// Whether the entropic change has any effect: not in a cell that stays at the reference temperature.
    let hasEntropicPart: Bool

    init(_ particle: FickianParticle, _ temperature: S, isConstant: Bool) {
      let material = particle.material
      diffusion =
        (1 / (material.radius * material.radius))
        * arrhenius(
          activationEnergy: material.diffusivityActivationEnergy, temperature: temperature,
          reference: particle.referenceTemperature)
      rate = arrhenius(
        activationEnergy: material.reactionRateActivationEnergy, temperature: temperature,
        reference: particle.referenceTemperature)
      thermalVoltage = (Constants.gas / Constants.faraday) * temperature
      rise = temperature - particle.referenceTemperature
      hasEntropicPart = !isConstant || rise.value != 0
    }
  }

  /// Equations of the stoichiometries of the particle in volume `volume`, per particle volume in 1/s.
  @inline(__always)
  func transport<S: Scalar>(
    volume: Int, _ at: AtTemperature<S>, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>,
    _ residual: UnsafeMutablePointer<S>
  ) {
    let constant = material.diffusivity.constantValue
    var inner = layout.stoichiometry(node: 0, volume: volume)
    residual[inner] = S(0)
    for element in mesh.elements {
      let outer = inner + layout.volumeCount
      let difference = y[outer] - y[inner]
      let diffusivity: S
      if let constant {
        diffusivity = constant * at.diffusion
      } else {
        let offset = 0.288675134594813 * difference
        let middle = 0.5 * (y[inner] + y[outer])
        diffusivity =
          (0.5 * (material.diffusivity(middle - offset) + material.diffusivity(middle + offset))) * at.diffusion
      }
      let flow = element.conductance * (diffusivity * difference)
      residual[inner] += element.inner * rate[inner] + element.cross * rate[outer] - flow
      residual[outer] = element.cross * rate[inner] + element.outer * rate[outer] + flow
      inner = outer
    }
    residual[inner] += stoichiometryPerCharge * y[layout.reaction + volume]
  }

  /// Equation of the reaction current density in volume `volume`: the potential difference at the surface is the
  /// open-circuit potential plus the overpotential plus the drop over the film, in V.
  /// - Returns: U − T ∂U/∂T in V, the part of the energy of the reaction that does not become heat; it is needed only where
  ///   the temperature is an unknown.
  @inline(__always)
  func reaction<S: Scalar>(
    volume: Int, potentialDifference: S, concentrationRatio: S, _ at: AtTemperature<S>, _ y: UnsafePointer<S>,
    _ rate: UnsafePointer<S>, _ residual: UnsafeMutablePointer<S>
  ) -> S {
    let x = y[layout.surface(volume: volume)]
    let j = y[layout.reaction + volume]
    let j0 = ReactionKinetics.exchangeCurrentDensity(
      rateConstant: at.rate * material.reactionRateConstant(x), concentrationRatio: concentrationRatio,
      stoichiometry: x)
    let eta = ReactionKinetics.overpotential(
      currentDensity: j, exchangeCurrentDensity: j0, thermalVoltage: at.thermalVoltage)
    let potential: S
    if let hysteresis = material.hysteresis {
      let h = y[layout.hysteresis + volume]
      potential = material.openCircuitPotential(x, hysteresisState: h)
      // dh/dt = −(K/2) dx̄/dt (1 + h sign dx̄/dt), where dx̄/dt = −j × stoichiometry per charge.
      let magnitude = S.function(of: j, value: abs(j.value), slope: j.value < 0 ? -1 : 1)
      residual[layout.hysteresis + volume] =
        rate[layout.hysteresis + volume]
        - (0.5 * hysteresis.decayConstant * stoichiometryPerCharge) * (j - magnitude * h)
    } else {
      potential = material.openCircuitPotential(x)
    }
    let drop = eta + material.filmResistance * j
    guard at.hasEntropicPart else {
      residual[layout.reaction + volume] = potentialDifference - potential - drop
      return potential
    }
    let entropicChange = material.entropicChange(x)
    residual[layout.reaction + volume] = potentialDifference - (potential + at.rise * entropicChange) - drop
    // U(T) − T ∂U/∂T = U(T_ref) − T_ref ∂U/∂T.
    return potential - referenceTemperature * entropicChange
  }

  /// Mean stoichiometry of the particle in volume `volume`.
  func meanStoichiometry(volume: Int, _ y: UnsafePointer<Double>) -> Double {
    var sum = 0.0
    for node in 0..<layout.nodeCount {
      sum += mesh.volumes[node] * y[layout.stoichiometry(node: node, volume: volume)]
    }
    return sum
  }
}
