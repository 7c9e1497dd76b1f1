import Integration

/// Fick's law along the one coordinate of a particle, ∂x/∂t = ∇·(D(x) ∇x), with D ∂x/∂r = −j/(F c_max) at the surface.
/// A mesh of one node is a particle without gradients.
///
/// Stress adds to the flux: −D (∇c − Φ ∇(Ω σ_h)), where σ_h falls with c as B/(Ω c_max) everywhere, so that D grows by the
/// factor 1 + (B/c_max) Φ (Zhang, Shyy & Sastry, J. Electrochem. Soc. 154, A910, 2007, for Φ = c/RT).
struct FickianTransport {
  let radial: RadialOperators
  /// 1/R² in 1/m² of the particle in each volume.
  private let inverseSquareRadius: UnsafeBufferPointer<Double>
  private let diffusivity: FunctionView
  private let activationEnergy: Double
  private let referenceTemperature: Double
  /// Whether D/R² is the same everywhere, so that diffusion is linear and all particles share a matrix.
  let isLinear: Bool
  /// A constant diffusivity that stress makes larger by 1 + B x/(c_max RT): the flux is then the gradient of
  /// D (x + ½ B x²/(c_max RT)), which is known at the nodes.
  let isQuadratic: Bool
  /// Where the nodes' values of it are kept in the residual.
  private let scratch: UnsafeMutablePointer<Double>

  /// nil where stress does not change the diffusivity.
  private let strain: StrainPotential?
  private let stressFlux: StressFlux

  private enum StressFlux {
    case none
    case dilute
    /// With −dU/dx of the host at the reference temperature, without its lattice entropy, and what the temperature adds.
    case consistent(slope: FunctionView, entropic: FunctionView, isLattice: Bool)
  }

  /// Whether the flux runs down the chemical potential of a uniform host rather than the composition.
  var runsDownPotential: Bool { if case .consistent = stressFlux { true } else { false } }

  /// What depends on the temperature only.
  struct AtTemperature<S: Scalar> {
    /// Arrhenius factor of the diffusivity.
    let factor: S
    /// RT/F in V.
    let thermalVoltage: S
    /// T − T_ref in K.
    let rise: S
  }

  init(
    _ material: ActiveMaterial, _ strain: StrainPotential?, radii: [Double], intervals: Int, order: Int,
    referenceTemperature: Double, in memory: PlainMemory
  ) {
    radial = RadialOperators(material.radialMesh(intervals: intervals, order: order)!, in: memory)
    inverseSquareRadius = memory.copy(radii.map { 1 / ($0 * $0) })
    diffusivity = material.diffusivity.view
    activationEnergy = material.diffusivityActivationEnergy
    self.referenceTemperature = referenceTemperature
    self.strain = strain.flatMap { intervals > 0 && ($0.actsOnFlux || $0.diffusionShare != 0) ? $0 : nil }
    if let slope = material.potentialSlopes {
      stressFlux = .consistent(
        slope: memory.view(slope.reference), entropic: memory.view(slope.entropic),
        isLattice: material.latticePotential != nil)
    } else {
      stressFlux = material.mechanics?.flux == nil ? .none : .dilute
    }
    isLinear = material.diffusivity.isConstant && radii.allSatisfy { $0 == radii[0] } && self.strain == nil
    isQuadratic =
      material.mechanics?.flux == .dilute && material.diffusivity.isConstant && self.strain?.diffusionShare == 0
    scratch = memory.allocate(isQuadratic ? radial.nodeCount * radii.count : 0)
  }

  @inline(__always)
  func at<S: Scalar>(_ temperature: S) -> AtTemperature<S> {
    AtTemperature(
      factor: arrhenius(activationEnergy: activationEnergy, temperature: temperature, reference: referenceTemperature),
      thermalVoltage: (Constants.gas / Constants.faraday) * temperature, rise: temperature - referenceTemperature)
  }

  /// D/R² in 1/s where diffusion is linear.
  @inline(__always)
  func relativeDiffusivity<S: Scalar>(_ factor: S) -> S { (diffusivity.constant * inverseSquareRadius[0]) * factor }

  /// The potential in 1/s down which the ions of a volume flow where `isQuadratic`.
  @inline(__always)
  func fluxPotential<S: Scalar>(_ x: S, _ at: AtTemperature<S>, volume: Int) -> S {
    let own = 0.5 * (strain.unsafelyUnwrapped.own / at.thermalVoltage)
    return (diffusivity.constant * inverseSquareRadius[volume]) * (at.factor * (x * (1 + own * x)))
  }

  /// The flux inwards D/R² ∇x in 1/s in a volume, for the gradient of x against the relative radius.
  /// - Parameter mean: stoichiometry of the particle; read where stress changes the diffusivity.
  @inline(__always)
  func inwardFlux<S: Scalar>(_ x: S, gradient: S, mean: S, _ at: AtTemperature<S>, volume: Int) -> S {
    let flux = diffusivity(x) * (inverseSquareRadius[volume] * at.factor * gradient)
    guard let strain else { return flux }
    return flux * stressFactor(x, mean: mean, strain, at, volume: volume)
  }

  /// By which stress makes the diffusivity larger.
  @inline(__always)
  private func stressFactor<S: Scalar>(
    _ x: S, mean: S, _ strain: StrainPotential, _ at: AtTemperature<S>, volume: Int
  ) -> S {
    var factor = strain.actsOnFlux ? 1 + strain.own * compositionPerPotential(x, at) : S(1)
    if strain.diffusionShare != 0 {
      factor =
        factor
        * strain.factor(
          strain.diffusionShare, strain(x, mean: mean, volume: volume), thermalVoltage: at.thermalVoltage)
    }
    return factor
  }

  /// Φ F/c_max in 1/V: by which the flux runs down a potential rather than a composition.
  @inline(__always)
  func compositionPerPotential<S: Scalar>(_ x: S, _ at: AtTemperature<S>) -> S {
    switch stressFlux {
    case .none: return S(0)
    case .dilute: return x / at.thermalVoltage
    case .consistent(let slope, let entropic, let isLattice):
      var own = slope(x) + at.rise * entropic(x)
      if isLattice {
        let sites = x * (1 - x)
        own += at.thermalVoltage / (sites.value >= smallestShare ? sites : S(smallestShare))
      }
      return 1 / own
    }
  }

  /// Galerkin's form without the surface: ∫ φ ∂x/∂t dv + ∫ ∇φ · D ∇x dv.
  @inline(__always)
  func addTransport<S: Scalar>(
    _ temperature: S, hasMean: Bool, _ layout: StateLayout.Class, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>,
    _ residual: UnsafeMutablePointer<S>
  ) {
    let count = layout.volumeCount
    let x = y + layout.stoichiometry
    let equation = residual + layout.stoichiometry
    let at = at(temperature)
    if isQuadratic {
      // The integration allocates nothing; numbers that carry derivatives are there to check it.
      let size = radial.nodeCount * count
      let isPlain = S.self == Double.self
      let potentials =
        isPlain ? UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: S.self) : .allocate(capacity: size)
      defer { if !isPlain { potentials.deinitialize(count: size).deallocate() } }
      for i in 0..<radial.nodeCount {
        for k in 0..<count {
          (potentials + i * count + k).initialize(to: fluxPotential(x[i * count + k], at, volume: k))
        }
      }
      return radial.addExchange(
        rate: rate + layout.stoichiometry, x: potentials, stiffness: S(1), to: equation, systemCount: count)
    }
    radial.addExchange(
      rate: rate + layout.stoichiometry, x: x, stiffness: isLinear ? relativeDiffusivity(at.factor) : S(0),
      to: equation, systemCount: count)
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
        let flux =
          point.weight
          * inwardFlux(
            value, gradient: gradient, mean: hasMean ? y[layout.local + k] : S(0), at, volume: k)
        for a in 0...point.order { equation[(point.firstNode + a) * count + k] += point.slope[a] * flux }
      }
    }
  }
}

extension ActiveMaterial {
  /// The mesh on which a particle is solved; nil along a facet.
  /// - Parameters:
  ///   - intervals: between nodes; a phase field has its own.
  ///   - order: of the elements; those of a phase field are linear.
  func radialMesh(intervals: Int, order: Int) -> RadialMesh? {
    switch transport {
    case .fickian, .homogeneous:
      RadialMesh(
        intervals: intervals, order: order, shape: shape, hollowness: hollowness,
        map: mechanics == nil ? RadialMesh.finerTowardsTheSurface : RadialMesh.milder)
    case .cahnHilliard(let model): model.mesh(self)
    case .allenCahn: nil
    }
  }

  /// −dU/dx in V at the reference temperature, without the lattice entropy, and its change with temperature in V/K; nil where
  /// the flux down a stress does not need them.
  fileprivate var potentialSlopes: (reference: MaterialFunction, entropic: MaterialFunction)? {
    guard mechanics?.flux == .consistent else { return nil }
    func negativeSlope(_ function: MaterialFunction) -> MaterialFunction {
      MaterialFunction(tabulating: { -function.valueAndSlope($0).slope }, over: 0...1)
    }
    return (negativeSlope(openCircuitPotential), negativeSlope(entropicChange))
  }
}
