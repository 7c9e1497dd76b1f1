import CKernels
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
  /// Whether stress makes the diffusivity larger by what follows from the composition there, but for a factor of the whole
  /// particle: the flux is then the gradient of ∫ D dx, which is known at the nodes (Kirchhoff's transformation).
  let hasFluxPotential: Bool
  /// Whether that is D (x + ½ B x²/(c_max RT)), of a constant diffusivity; else a table for the temperature of the cell.
  private let isQuadratic: Bool
  private let table: UnsafePointer<FluxTable.Content>?
  /// Where the nodes' values of it, or what is known at a quadrature point in every volume, are kept for a moment.
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
    /// ½ B/(c_max RT), by which stress makes a constant diffusivity larger.
    let halfStiffness: S

    /// In another number type.
    @inline(__always)
    func map<T: Scalar>(_ spread: (S) -> T) -> AtTemperature<T> {
      .init(
        factor: spread(factor), thermalVoltage: spread(thermalVoltage), rise: spread(rise),
        halfStiffness: spread(halfStiffness))
    }
  }

  /// - Parameter temperature: in K, of a cell without heat balance.
  init(
    _ material: ActiveMaterial, _ strain: StrainPotential?, radii: [Double], intervals: Int, order: Int,
    referenceTemperature: Double, temperature: Double?, in memory: PlainMemory
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
    if !isQuadratic, let temperature, let own = self.strain {
      table = memory.place(
        FluxTable(material, own, temperature: temperature, referenceTemperature: referenceTemperature))
    } else {
      table = nil
    }
    hasFluxPotential = isQuadratic || table != nil
    // Potentials, or their derivatives by stoichiometry, temperature and mean, of the nodes, and a factor of each volume.
    scratch = memory.allocate(
      hasFluxPotential ? (3 * radial.nodeCount + 1) * radii.count : isLinear ? 0 : 4 * radii.count)
  }

  @inline(__always)
  func at<S: Scalar>(_ temperature: S) -> AtTemperature<S> {
    let thermalVoltage = (Constants.gas / Constants.faraday) * temperature
    return AtTemperature(
      factor: arrhenius(activationEnergy: activationEnergy, temperature: temperature, reference: referenceTemperature),
      thermalVoltage: thermalVoltage, rise: temperature - referenceTemperature,
      halfStiffness: (0.5 * (strain?.own ?? 0)) / thermalVoltage)
  }

  /// D/R² in 1/s where diffusion is linear.
  @inline(__always)
  func relativeDiffusivity<S: Scalar>(_ factor: S) -> S { (diffusivity.constant * inverseSquareRadius[0]) * factor }

  /// The potential in 1/s down which the ions of a volume flow where `hasFluxPotential`, over the factor below.
  @inline(__always)
  func fluxPotential<S: Scalar>(_ x: S, _ at: AtTemperature<S>) -> S {
    if isQuadratic { return Self.quadraticPotential(x, at.halfStiffness) }
    return table.unsafelyUnwrapped.pointee.integral(x)
  }

  /// By which it is to be multiplied, in 1/s.
  /// - Parameter mean: stoichiometry of the particle; read where the stress changes rates.
  @inline(__always)
  func fluxFactor<S: Scalar>(mean: S, _ at: AtTemperature<S>, volume: Int) -> S {
    let strain = strain.unsafelyUnwrapped
    let unit = isQuadratic ? diffusivity.constant : table.unsafelyUnwrapped.pointee.unit
    let factor = S(inverseSquareRadius, at: volume) * (unit * at.factor)
    guard strain.diffusionShare != 0 else { return factor }
    return factor
      * strain.factor(
        strain.diffusionShare, strain(S(0), mean: mean, volume: volume), thermalVoltage: at.thermalVoltage)
  }

  /// The flux inwards D/R² ∇x in 1/s in a volume, for the gradient of x against the relative radius.
  /// - Parameter mean: stoichiometry of the particle; read where stress changes the diffusivity.
  @inline(__always)
  func inwardFlux<S: Scalar>(_ x: S, gradient: S, mean: S, _ at: AtTemperature<S>, volume: Int) -> S {
    let flux = diffusivity(x) * (S(inverseSquareRadius, at: volume) * at.factor * gradient)
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
        own += at.thermalVoltage / S.choose(sites, atLeast: smallestShare, sites, else: S(smallestShare))
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
    if hasFluxPotential {
      let size = radial.nodeCount * count
      if let at = at as? AtTemperature<Double>, let x = x as? UnsafePointer<Double>,
        let mean = y + layout.local as? UnsafePointer<Double>, let rate = rate as? UnsafePointer<Double>,
        let equation = equation as? UnsafeMutablePointer<Double>
      {
        setPotentials(x, mean: hasMean ? mean : nil, at, count)
        return radial.addExchange(
          rate: rate + layout.stoichiometry, x: UnsafePointer(scratch), stiffness: 1, to: equation, systemCount: count)
      }
      // Numbers that carry derivatives are there to check the integration, which allocates nothing.
      let potentials = UnsafeMutablePointer<S>.allocate(capacity: size)
      defer { potentials.deinitialize(count: size).deallocate() }
      for k in 0..<count {
        let factor = fluxFactor(mean: hasMean ? y[layout.local + k] : S(0), at, volume: k)
        for i in 0..<radial.nodeCount {
          (potentials + i * count + k).initialize(to: factor * fluxPotential(x[i * count + k], at))
        }
      }
      return radial.addExchange(
        rate: rate + layout.stoichiometry, x: potentials, stiffness: S(1), to: equation, systemCount: count)
    }
    radial.addExchange(
      rate: rate + layout.stoichiometry, x: x, stiffness: isLinear ? relativeDiffusivity(at.factor) : S(0),
      to: equation, systemCount: count)
    if isLinear { return }
    if let at = at as? AtTemperature<Double>, let x = x as? UnsafePointer<Double>,
      let mean = y + layout.local as? UnsafePointer<Double>, let equation = equation as? UnsafeMutablePointer<Double>
    {
      return addFluxes(at, x, mean: hasMean ? mean : nil, to: equation, count)
    }
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

  /// Writes the potentials of all nodes, in plain numbers.
  private func setPotentials(
    _ x: UnsafePointer<Double>, mean: UnsafePointer<Double>?, _ at: AtTemperature<Double>, _ count: Int
  ) {
    let (potentials, factors) = (scratch, scratch + radial.nodeCount * count)
    for k in 0..<count { factors[k] = fluxFactor(mean: mean?[k] ?? 0, at, volume: k) }
    guard isQuadratic else {
      return table.unsafelyUnwrapped.pointee.integral.values(
        x, rows: radial.nodeCount, factors: factors, systems: count, to: potentials)
    }
    for i in 0..<radial.nodeCount {
      let (own, target) = (x + i * count, potentials + i * count)
      for k in 0..<count { target[k] = factors[k] * Self.quadraticPotential(own[k], at.halfStiffness) }
    }
  }

  /// x + ½ B x²/(c_max RT)
  @inline(__always)
  private static func quadraticPotential<S: Scalar>(_ x: S, _ halfStiffness: S) -> S { x * (1 + halfStiffness * x) }

  /// Writes into the Newton matrix what `hasFluxPotential` means for it.
  /// - Parameters:
  ///   - weights: of the derivatives against the stoichiometries and the mean, and of those against their rates.
  ///   - at: with the derivatives against the temperature in lane 2.
  ///   - byTemperature: a column of the temperature, per node and volume; nil where it is no unknown.
  ///   - byMean: one of the mean.
  func assemblePotentials(
    _ weights: (state: Double, rate: Double), _ at: AtTemperature<Dual<SIMD4<Double>>>, _ x: UnsafePointer<Double>,
    mean: UnsafePointer<Double>?, to bands: BandedColumns, byTemperature: UnsafeMutablePointer<Double>?,
    byMean: UnsafeMutablePointer<Double>?, _ count: Int
  ) {
    let size = radial.nodeCount * count
    let (own, temperature, ofMean) = (scratch, scratch + size, scratch + 2 * size)
    for k in 0..<count {
      let factor = fluxFactor(
        mean: mean.map { Dual($0[k], partials: SIMD4(0, 0, 0, weights.state)) } ?? Dual(0), at, volume: k)
      for i in 0..<radial.nodeCount {
        let n = i * count + k
        let potential = factor * fluxPotential(Dual(x[n], partials: SIMD4(weights.state, 0, 0, 0)), at)
        (own[n], temperature[n], ofMean[n]) = (potential.partials[0], potential.partials[2], potential.partials[3])
      }
    }
    bands.set(rate: weights.rate, mass: radial.massBand, stiffness: radial.stiffnessBand, times: own)
    for (column, derivatives) in [(byTemperature, temperature), (byMean, ofMean)] {
      guard let column else { continue }
      for i in 0..<radial.nodeCount {
        for j in radial.neighbours(of: i) {
          let stiffness = radial.stiffness(i, j)
          for k in 0..<count { column[i * count + k] += stiffness * derivatives[j * count + k] }
        }
      }
    }
  }

  /// Adds the fluxes at the quadrature points in plain numbers, of all volumes side by side.
  private func addFluxes(
    _ at: AtTemperature<Double>, _ x: UnsafePointer<Double>, mean: UnsafePointer<Double>?,
    to equation: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    let (values, fluxes) = (scratch, scratch + count)
    for point in radial.points {
      ck_interpolate(point.order, count, point.shape, point.slope, x + point.firstNode * count, values, fluxes)
      @inline(__always)
      func flux<S: Scalar>(_ at: AtTemperature<S>, volume k: Int) -> S {
        point.weight
          * inwardFlux(
            S(values, at: k), gradient: S(fluxes, at: k), mean: mean.map { S($0, at: k) } ?? S(0), at, volume: k)
      }
      forEachGroup(
        of: count, four: { flux(at.map { Lanes<SIMD4>($0) }, volume: $0).store(to: fluxes + $0) },
        two: { flux(at.map { Lanes<SIMD2>($0) }, volume: $0).store(to: fluxes + $0) },
        one: { flux(at, volume: $0).store(to: fluxes + $0) })
      ck_add_flux(point.order, count, point.slope, fluxes, equation + point.firstNode * count)
    }
  }

  /// Adds what the flux at a quadrature point means for the Newton matrix.
  /// - Parameters:
  ///   - weight: of the derivatives against the stoichiometries and the mean.
  ///   - at: with the derivatives against the temperature in lane 2.
  ///   - byTemperature: a column of the temperature, per node and volume; nil where it is no unknown.
  ///   - byMean: one of the mean.
  func addFluxDerivatives(
    at point: RadialOperators.Point, _ weight: Double, _ at: AtTemperature<Dual<SIMD4<Double>>>,
    _ x: UnsafePointer<Double>, mean: UnsafePointer<Double>?, to bands: BandedColumns,
    byTemperature: UnsafeMutablePointer<Double>?, byMean: UnsafeMutablePointer<Double>?, _ count: Int
  ) {
    let (byValue, byGradient) = (scratch, scratch + count)
    let (temperature, meanValue) = (scratch + 2 * count, scratch + 3 * count)
    ck_interpolate(point.order, count, point.shape, point.slope, x + point.firstNode * count, byValue, byGradient)
    for k in 0..<count {
      let flux =
        point.weight
        * inwardFlux(
          Dual(byValue[k], partials: SIMD4(weight, 0, 0, 0)),
          gradient: Dual(byGradient[k], partials: SIMD4(0, weight, 0, 0)),
          mean: mean.map { Dual($0[k], partials: SIMD4(0, 0, 0, weight)) } ?? Dual(0), at, volume: k)
      (byValue[k], byGradient[k]) = (flux.partials[0], flux.partials[1])
      (temperature[k], meanValue[k]) = (flux.partials[2], flux.partials[3])
    }
    bands.addFlux(
      first: point.firstNode, order: point.order, shape: point.shape, slope: point.slope, byValue: byValue,
      byGradient: byGradient)
    let first = point.firstNode * count
    if let byTemperature { ck_add_flux(point.order, count, point.slope, temperature, byTemperature + first) }
    if let byMean { ck_add_flux(point.order, count, point.slope, meanValue, byMean + first) }
  }
}

/// ∫ D dx of a strained particle at one temperature, with what its own composition makes of D there.
final class FluxTable {
  struct Content: BitwiseCopyable {
    /// Of the integral, in m²/s.
    let unit: Double
    let integral: FunctionView
  }

  private let material: ActiveMaterial
  private let strain: StrainPotential
  private let referenceTemperature: Double
  private var function = MaterialFunction(0)
  let content = UnsafeMutablePointer<Content>.allocate(capacity: 1)

  init(_ material: ActiveMaterial, _ strain: StrainPotential, temperature: Double, referenceTemperature: Double) {
    self.material = material
    self.strain = strain
    self.referenceTemperature = referenceTemperature
    set(temperature)
  }

  deinit { content.deallocate() }

  /// Makes it anew for another temperature in K.
  func set(_ temperature: Double) {
    let thermalVoltage = Constants.gas * temperature / Constants.faraday
    let unit = material.diffusivity(material.stoichiometry(filling: 0.5))
    function = MaterialFunction(
      integrating: { [material, strain, referenceTemperature] x in
        let own =
          strain.actsOnFlux
          ? strain.own
            * material.compositionPerPotential(x, temperature: temperature, referenceTemperature: referenceTemperature)
          : 0
        return material.diffusivity(x) / unit * (1 + own)
          * strain.factor(strain.diffusionShare, strain.own * x, thermalVoltage: thermalVoltage)
      }, from: 0)
    content.initialize(to: Content(unit: unit, integral: function.view))
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

  /// Φ F/c_max in 1/V at a temperature in K: by which the flux runs down a potential rather than a composition.
  fileprivate func compositionPerPotential(_ x: Double, temperature: Double, referenceTemperature: Double) -> Double {
    let thermalVoltage = Constants.gas * temperature / Constants.faraday
    guard mechanics?.flux == .consistent else { return x / thermalVoltage }
    let slope =
      openCircuitPotential.statedSlope(x)
      + (temperature - referenceTemperature) * entropicChange.statedSlope(x)
    let lattice = latticePotential == nil ? 0 : thermalVoltage / max(x * (1 - x), smallestShare)
    // A potential that rises, outside of the stoichiometry limits, drives nothing.
    return lattice - slope > 0 ? 1 / (lattice - slope) : 0
  }

  /// −dU/dx in V at the reference temperature, without the lattice entropy, and its change with temperature in V/K; nil where
  /// the flux down a stress does not need them.
  fileprivate var potentialSlopes: (reference: MaterialFunction, entropic: MaterialFunction)? {
    guard mechanics?.flux == .consistent else { return nil }
    func negativeSlope(_ function: MaterialFunction) -> MaterialFunction {
      MaterialFunction(tabulating: { -function.statedSlope($0) }, over: 0...1)
    }
    return (negativeSlope(openCircuitPotential), negativeSlope(entropicChange))
  }
}
