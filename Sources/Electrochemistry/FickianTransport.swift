import Integration

/// Fick's law along the one coordinate of a particle, ∂x/∂t = ∇·(D(x) ∇x), with D ∂x/∂r = −j/(F c_max) at the surface.
/// A mesh of one node is a particle without gradients.
struct FickianTransport {
  let radial: RadialOperators
  /// 1/R² in 1/m² of the particle in each volume.
  private let inverseSquareRadius: UnsafeBufferPointer<Double>
  private let diffusivity: FunctionView
  private let activationEnergy: Double
  private let referenceTemperature: Double
  /// Whether D/R² is the same everywhere, so that diffusion is linear and all particles share a matrix.
  let isLinear: Bool

  init(
    _ material: ActiveMaterial, radii: [Double], intervals: Int, order: Int, referenceTemperature: Double,
    in memory: PlainMemory
  ) {
    radial = RadialOperators(
      RadialMesh(intervals: intervals, order: order, shape: material.shape), in: memory)
    inverseSquareRadius = memory.copy(radii.map { 1 / ($0 * $0) })
    diffusivity = material.diffusivity.view
    activationEnergy = material.diffusivityActivationEnergy
    self.referenceTemperature = referenceTemperature
    isLinear = material.diffusivity.isConstant && radii.allSatisfy { $0 == radii[0] }
  }

  /// Arrhenius factor of the diffusivity.
  @inline(__always)
  func arrheniusFactor<S: Scalar>(_ temperature: S) -> S {
    arrhenius(activationEnergy: activationEnergy, temperature: temperature, reference: referenceTemperature)
  }

  /// D/R² in 1/s where diffusion is linear.
  @inline(__always)
  func relativeDiffusivity<S: Scalar>(_ factor: S) -> S { (diffusivity.constant * inverseSquareRadius[0]) * factor }

  /// The flux inwards D/R² ∇x in 1/s in a volume, for the gradient of x against the relative radius.
  /// - Parameter factor: `arrheniusFactor` at the temperature of the particle.
  @inline(__always)
  func inwardFlux<S: Scalar>(_ x: S, gradient: S, factor: S, volume: Int) -> S {
    diffusivity(x) * (inverseSquareRadius[volume] * factor * gradient)
  }

  /// Galerkin's form without the surface: ∫ φ ∂x/∂t dv + ∫ ∇φ · D ∇x dv.
  @inline(__always)
  func addTransport<S: Scalar>(
    _ temperature: S, _ layout: StateLayout.Class, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>,
    _ residual: UnsafeMutablePointer<S>
  ) {
    let count = layout.volumeCount
    let x = y + layout.stoichiometry
    let equation = residual + layout.stoichiometry
    let factor = arrheniusFactor(temperature)
    radial.addExchange(
      rate: rate + layout.stoichiometry, x: x, stiffness: isLinear ? relativeDiffusivity(factor) : S(0), to: equation,
      systemCount: count)
    if isLinear { return }
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
        let flux = point.weight * inwardFlux(value, gradient: gradient, factor: factor, volume: k)
        for a in 0...point.order { equation[(point.firstNode + a) * count + k] += point.slope[a] * flux }
      }
    }
  }
}
