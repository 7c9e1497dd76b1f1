import Integration

/// A particle class in which the ion diffuses by Fick's law along one coordinate, ∂x/∂t = ∇·(D(x) ∇x), and reacts
/// at its surface, D ∂x/∂r = −j/(F c_max).
struct FickianParticle {
  let layout: StateLayout.Class
  let mesh: RadialMesh
  /// Particle surface per electrode volume in 1/m.
  let surfaceAreaPerVolume: Double
  /// Change of the mean stoichiometry per charge through the surface, s/(F c_max R), in m²/C.
  let stoichiometryPerCharge: Double
  /// Diffusivity in m²/s at the reference temperature; over R² and with its Arrhenius factor: ×`diffusionScale`.
  let diffusivity: MaterialFunction
  let diffusionScale: Double
  let material: ActiveMaterial
  /// k in mol/(m²·s) at the cell's temperature.
  let reactionRateConstant: Double
  /// RT/F in V.
  let thermalVoltage: Double
  /// Temperature above the reference in K, for the entropic part of the open-circuit potential.
  let temperatureRise: Double

  init(
    _ material: ActiveMaterial, layout: StateLayout.Class, temperature: Double, referenceTemperature: Double
  ) {
    self.material = material
    self.layout = layout
    mesh = RadialMesh(intervals: layout.nodeCount - 1, shape: material.shape)
    surfaceAreaPerVolume = material.surfaceAreaPerVolume
    stoichiometryPerCharge =
      material.shape.factor / (Constants.faraday * material.maximumConcentration * material.radius)
    diffusivity = material.diffusivity
    diffusionScale =
      arrhenius(
        activationEnergy: material.diffusivityActivationEnergy, temperature: temperature,
        reference: referenceTemperature) / (material.radius * material.radius)
    reactionRateConstant =
      material.reactionRateConstant
      * arrhenius(
        activationEnergy: material.reactionRateActivationEnergy, temperature: temperature,
        reference: referenceTemperature)
    thermalVoltage = Constants.gas * temperature / Constants.faraday
    temperatureRise = temperature - referenceTemperature
  }

  /// Equations of the stoichiometries of the particle in volume `volume`, per particle volume in 1/s.
  @inline(__always)
  func transport<S: Scalar>(
    volume: Int, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ residual: UnsafeMutablePointer<S>
  ) {
    let constant = diffusivity.constantValue
    var inner = layout.stoichiometry(node: 0, volume: volume)
    residual[inner] = S(0)
    for element in mesh.elements {
      let outer = inner + layout.volumeCount
      let difference = y[outer] - y[inner]
      let conductance = element.conductance * diffusionScale
      let flow =
        if let constant {
          (conductance * constant) * difference
        } else {
          conductance * (diffusivity(0.5 * (y[inner] + y[outer])) * difference)
        }
      residual[inner] += element.inner * rate[inner] + element.cross * rate[outer] - flow
      residual[outer] = element.cross * rate[inner] + element.outer * rate[outer] + flow
      inner = outer
    }
    residual[inner] += stoichiometryPerCharge * y[layout.reaction + volume]
  }

  /// Equation of the reaction current density in volume `volume`: the potential difference at the surface is the
  /// open-circuit potential plus the overpotential, in V.
  @inline(__always)
  func reaction<S: Scalar>(
    volume: Int, potentialDifference: S, concentrationRatio: S, _ y: UnsafePointer<S>,
    _ residual: UnsafeMutablePointer<S>
  ) {
    let x = y[layout.surface(volume: volume)]
    let j = y[layout.reaction + volume]
    let j0 = ReactionKinetics.exchangeCurrentDensity(
      rateConstant: reactionRateConstant, concentrationRatio: concentrationRatio, stoichiometry: x)
    let eta = ReactionKinetics.overpotential(
      currentDensity: j, exchangeCurrentDensity: j0, thermalVoltage: thermalVoltage)
    residual[layout.reaction + volume] = potentialDifference - openCircuitPotential(x) - eta
  }

  /// Open-circuit potential in V at the cell's temperature.
  @inline(__always)
  func openCircuitPotential<S: Scalar>(_ x: S) -> S {
    let atReference = material.openCircuitPotential(x)
    return temperatureRise == 0 ? atReference : atReference + temperatureRise * material.entropicChange(x)
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
