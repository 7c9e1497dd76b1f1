import Integration

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Phase field: diffusion down the gradient of a chemical potential with gradient energy, ∂c/∂t = ∇·(M ∇μ) with
/// μ = μ_h(x) − κ ∇²x + (B/c_max)(x − x̄), the last term from `Mechanics` where there is any (Cahn & Hilliard, J. Chem. Phys. 28, 258, 1958; Zeng & Bazant, SIAM J. Appl.
/// Math. 74, 980, 2014).
public struct CahnHilliard: Sendable, Equatable {
  /// κ in J·m²/mol.
  public var gradientEnergy: Double
  /// Γ_w in J/m²: c_max κ ∂x/∂n at the surface; above 0 it enriches the surface.
  public var wetting = 0.0
  /// B in J/m³.
  public var coherencyEnergy = 0.0
  public var mobility = Mobility.siteLimited
  /// Amplitude of cos(π r/R) in the composition at the start. By default so small that it only matters where a uniform
  /// particle starts inside its spinodal and would have nothing to grow from.
  public var initialPerturbation = 1e-9
  /// Intervals between nodes along the radius.
  public var intervals = 100

  public enum Mobility: Sendable, Equatable {
    /// M = D c_max x (1 − x)/RT
    case siteLimited
    /// M = D c_max x/RT
    case dilute
  }

  public init(gradientEnergy: Double) { self.gradientEnergy = gradientEnergy }

  /// Share of the intervals that the layer at a wetted surface takes from the rest of the radius.
  var layerShare = 0.1

  /// Width of the interval at a wetted surface, in those far from it.
  private var narrowest: Double { 0.05 }

  private var layerIntervals: Double { wetting == 0 ? 0 : layerShare * Double(intervals) }

  func mesh(_ material: ActiveMaterial) -> RadialMesh {
    // A wetted surface has a layer of its own, thinner than a phase boundary, in which the potential changes as the logarithm
    // of the distance z from a place near the surface: widths in proportion to z^(2/3) are best for that, z = k³/3K² at the
    // k-th interval from the surface, and z = k − K far away. The first is no narrower than errors of the composition allow.
    let (count, layer) = (Double(intervals), layerIntervals)
    func depth(_ t: Double) -> Double {
      let k = count * (1 - t)
      return layer == 0 ? k : k - (1 - narrowest) * layer * tanh(k / layer)
    }
    return RadialMesh(intervals: intervals, order: 1, shape: material.shape, hollowness: material.hollowness) {
      1 - depth($0) / depth(0)
    }
  }
}

/// `CahnHilliard` in a particle: control volumes around nodes, the last of which stands on the surface.
///
/// The free energy Σ Vᵢ g(xᵢ) + ½ κ Σ Gᵢ (xᵢ₊₁ − xᵢ)² − surface energy of the nodes never increases at rest: its derivatives
/// are the chemical potentials wᵢ below, down the differences of which the fluxes run.
struct CahnHilliardTransport {
  /// Relative radii.
  let nodes: UnsafeBufferPointer<Double>
  /// Shares Vᵢ of the particle's volume.
  let volumes: UnsafeBufferPointer<Double>
  private let inverseVolumes: UnsafeBufferPointer<Double>
  /// Gᵢ = ∫ ρ^(s−1) dρ/h² between the nodes i and i + 1: gradients in units of the radius.
  private let conductances: UnsafeBufferPointer<Double>
  /// 1/R² in 1/m² of the particle in each volume.
  private let inverseSquareRadius: UnsafeBufferPointer<Double>
  /// (s/R) Γ_w/(F c_max) in V of the particle in each volume.
  private let wetting: UnsafeBufferPointer<Double>
  /// κ/F in V·m².
  private let gradientEnergy: Double
  /// B/(F c_max) in V as far as it drives the flux.
  let coherency: Double
  /// nil where stress does not change the mobility.
  private let strain: StrainPotential?
  private let isSiteLimited: Bool
  private let diffusivity: FunctionView
  private let activationEnergy: Double
  private let referenceTemperature: Double

  /// How far neighbours in the equations are apart.
  static let bandwidth = 2

  /// How far beyond 0 and 1 a trial may lie.
  private static var trialExcess: Double { 0.01 }

  init(
    _ material: ActiveMaterial, _ model: CahnHilliard, _ strain: StrainPotential?, radii: [Double],
    referenceTemperature: Double, in memory: PlainMemory
  ) {
    let mesh = model.mesh(material)
    nodes = memory.copy(mesh.nodes)
    volumes = memory.copy(mesh.volumes)
    inverseVolumes = memory.copy(mesh.volumes.map { 1 / $0 })
    conductances = memory.copy((0..<model.intervals).map { -mesh.stiffness[$0][1 + mesh.bandwidth] })
    inverseSquareRadius = memory.copy(radii.map { 1 / ($0 * $0) })
    wetting = memory.copy(
      radii.map {
        material.surfacePerVolume(radius: $0) * model.wetting / (Constants.faraday * material.maximumConcentration)
      })
    gradientEnergy = model.gradientEnergy / Constants.faraday
    coherency = strain.map { $0.actsOnFlux ? $0.own : 0 } ?? material.softestCoherency
    self.strain = strain.flatMap { $0.diffusionShare == 0 ? nil : $0 }
    isSiteLimited = model.mobility == .siteLimited
    diffusivity = material.diffusivity.view
    activationEnergy = material.diffusivityActivationEnergy
    self.referenceTemperature = referenceTemperature
  }

  /// The part of the chemical potential at the surface, over F, that comes from the gradient and the wetting, in V.
  @inline(__always)
  func surfaceGradientPotential<S: Scalar>(_ x: S, inner: S, volume: Int) -> S {
    let last = volumes.count - 1
    let difference = S(inverseSquareRadius, at: volume) * ((gradientEnergy * conductances[last - 1]) * (x - inner))
    return (1 / volumes[last]) * (difference - S(wetting, at: volume))
  }

  /// cos(π r/R) at the nodes, from the wall of a hollow particle on, shifted to the mean 0.
  var wave: [Double] {
    let wave = nodes.map { cos(.pi * ($0 - nodes[0]) / (1 - nodes[0])) }
    let mean = zip(volumes, wave).reduce(0) { $0 + $1.0 * $1.1 }
    return wave.map { $0 - mean }
  }

  /// The share of sites in the mobility at a composition. Beyond the ends of what is possible, where the potential goes on as a straight line,
  /// it stays as it is there: ions then diffuse as in a dilute solution, and a trial composition finds its way back. With less
  /// it would be stuck, and pass for a solution.
  @inline(__always)
  private func sites<S: Scalar>(_ x: S) -> S {
    let sites = isSiteLimited ? x * (1 - x) : x
    return S.choose(sites, atLeast: smallestShare, sites, else: S(smallestShare))
  }

  /// D/R² over RT/F in 1/(V s) but for what depends on the composition: what the fluxes are in proportion to.
  @inline(__always)
  func mobility<S: Scalar>(_ temperature: S, thermalVoltage: S, volume: Int) -> S {
    S(inverseSquareRadius, at: volume)
      * (arrhenius(activationEnergy: activationEnergy, temperature: temperature, reference: referenceTemperature)
        / thermalVoltage)
  }

  /// The chemical potential over F of a node in V.
  /// - Parameters:
  ///   - before, after: stoichiometries of the nodes beside it; not read beyond the ends.
  ///   - host: −U, and what stress adds to it but for what is the same all over the particle.
  @inline(__always)
  func potential<S: Scalar>(_ i: Int, before: S, _ here: S, after: S, host: S, volume: Int) -> S {
    let last = volumes.count - 1
    // Differences first: a uniform particle has no gradient, to the last digit.
    var slope = S(0)
    if i < last { slope = conductances[i] * (after - here) }
    if i > 0 { slope -= conductances[i - 1] * (here - before) }
    var curvature = S(inverseSquareRadius, at: volume) * (gradientEnergy * slope)
    if i == last { curvature += S(wetting, at: volume) }
    let potential = host - inverseVolumes[i] * curvature
    // A trial of a step this far beyond what is possible has lost its way: a shorter step is wanted.
    return S.choose(
      here, atLeast: -Self.trialExcess, S.choose(1 - here, atLeast: -Self.trialExcess, potential, else: S(.nan)),
      else: S(.nan))
  }

  /// The flux of ions between the nodes i and i + 1, per particle volume in 1/s, positive towards i.
  /// - Parameters:
  ///   - x: stoichiometry half-way between them.
  ///   - drop: by which the potential is higher at i + 1.
  @inline(__always)
  func flux<S: Scalar>(_ i: Int, _ x: S, drop: S, mobility: S) -> S {
    (conductances[i] * mobility * diffusivity(x)) * (sites(x) * drop)
  }

  /// Calls `body` with each of these fluxes in the particle in a volume.
  /// - Parameters:
  ///   - meanStoichiometry: read where stress changes the mobility.
  ///   - x: the stoichiometry of a node.
  @inline(__always)
  func forEachFlux<S: Scalar>(
    volume: Int, _ temperature: S, _ reaction: InsertionReaction, _ at: InsertionReaction.AtTemperature<S>,
    meanStoichiometry: S, stoichiometry x: (Int) -> S, body: (Int, S) -> Void
  ) {
    let last = volumes.count - 1
    let mobility = mobility(temperature, thermalVoltage: at.thermalVoltage, volume: volume)
    var (before, here) = (S(0), x(0))
    var potentialBefore = S(0)
    for i in 0...last {
      let after = i < last ? x(i + 1) : here
      let host = coherency * here - reaction.potential(here, hysteresisState: S(0), at).potential
      let potential = potential(i, before: before, here, after: after, host: host, volume: volume)
      if i > 0 {
        let middle = 0.5 * (before + here)
        var flux = flux(i - 1, middle, drop: potential - potentialBefore, mobility: mobility)
        if let strain {
          flux =
            flux
            * strain.factor(
              strain.diffusionShare, strain(middle, mean: meanStoichiometry, volume: volume),
              thermalVoltage: at.thermalVoltage)
        }
        body(i - 1, flux)
      }
      (before, here, potentialBefore) = (here, after, potential)
    }
  }

  /// Whether a composition by itself would fall apart.
  func isUnstable(
    _ x: Double, _ reaction: InsertionReaction, _ at: InsertionReaction.AtTemperature<Dual<SIMD2<Double>>>
  ) -> Bool {
    let potential = reaction.potential(Dual(x, partials: SIMD2(1, 0)), hysteresisState: Dual(0), at).potential
    return coherency - potential.partials[0] < 0
  }

  /// Whether a perturbation of the particle in a volume, taken as closed, grows faster than exp(`rate` t).
  ///
  /// With the Hessian H of the free energy and the conductance matrix L of the mobilities, perturbations obey
  /// V u̇ = −L V⁻¹ H u. Those that grow faster than c = `rate` are the negative eigenvalues of H + c V L⁻¹ V for
  /// Σ Vᵢ uᵢ = 0, which by Sylvester's law of inertia are those of the sparse matrix [H V; V −L/c] above their number n
  /// for a stable state; block elimination in pairs counts them.
  /// - Parameters:
  ///   - meanStoichiometry: read where stress changes the mobility.
  ///   - x: the stoichiometry of a node.
  func hasInstability(
    fasterThan rate: Double, volume: Int, _ reaction: InsertionReaction,
    _ at: InsertionReaction.AtTemperature<Dual<SIMD2<Double>>>, meanStoichiometry: Double,
    stoichiometry x: (Int) -> Double
  ) -> Bool {
    let last = volumes.count - 1
    let gradient = gradientEnergy * inverseSquareRadius[volume]
    let mobility =
      inverseSquareRadius[volume] / (at.thermalVoltage.value * rate)
      * arrhenius(
        activationEnergy: activationEnergy, temperature: at.rise.value + referenceTemperature,
        reference: referenceTemperature)
    var negative = 0
    var here = x(0)
    // The reduced block [a b; b d], and what couples it to the next.
    var (a, b, d) = (0.0, 0.0, 0.0)
    var (hessian, conductance) = (0.0, 0.0)
    for i in 0...last {
      let slope = -reaction.potential(Dual(here, partials: SIMD2(1, 0)), hysteresisState: Dual(0), at).potential
        .partials[0]
      var own = volumes[i] * (slope + coherency) - hessian
      var through = -conductance
      var mixed = volumes[i]
      if i > 0 {
        let determinant = a * d - b * b
        own -= hessian * hessian * d / determinant
        mixed += hessian * conductance * b / determinant
        through -= conductance * conductance * a / determinant
      }
      if i < last {
        let next = x(i + 1)
        let mean = 0.5 * (here + next)
        hessian = -gradient * conductances[i]
        conductance = conductances[i] * mobility * diffusivity(mean) * sites(mean)
        if let strain {
          conductance *= strain.factor(
            strain.diffusionShare, strain(mean, mean: meanStoichiometry, volume: volume),
            thermalVoltage: at.thermalVoltage.value)
        }
        own -= hessian
        through -= conductance
        here = next
      }
      (a, b, d) = (own, mixed, through)
      negative += a * d < b * b ? 1 : a < 0 ? 2 : 0
    }
    return negative > volumes.count
  }

  /// The balances of the control volumes without the surface, Vᵢ ∂xᵢ/∂t = Σ fluxes.
  @inline(__always)
  func addTransport<S: Scalar>(
    _ at: InsertionReaction.AtTemperature<S>, _ temperature: S, _ reaction: InsertionReaction, hasMean: Bool,
    _ layout: StateLayout.Class, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ residual: UnsafeMutablePointer<S>
  ) {
    let count = layout.volumeCount
    let equation = residual + layout.stoichiometry
    for i in volumes.indices {
      for k in 0..<count {
        equation[i * count + k] = equation[i * count + k] + volumes[i] * rate[layout.stoichiometry + i * count + k]
      }
    }
    let exchange = Exchange(
      transport: self, reaction: reaction, layout: layout, hasMean: hasMean, temperature: temperature, at: at)
    if let exchange = exchange as? Exchange<Double>, let y = y as? UnsafePointer<Double>,
      let rate = rate as? UnsafePointer<Double>, let residual = residual as? UnsafeMutablePointer<Double>
    {
      var assembly = ValueAssembly(y: y, rate: rate, residual: residual)
      assembly.forEachVolume(of: count, exchange)
    } else {
      var assembly = ResidualAssembly(y: y, rate: rate, residual: residual)
      assembly.forEachVolume(of: count, exchange)
    }
  }

  /// The fluxes inside the particles of a class.
  private struct Exchange<Shared: Scalar>: VolumeWork {
    let transport: CahnHilliardTransport
    let reaction: InsertionReaction
    let layout: StateLayout.Class
    let hasMean: Bool
    let temperature: Shared
    let at: InsertionReaction.AtTemperature<Shared>

    @inline(__always)
    func add<A: Assembly>(volume k: Int, to a: inout A) where A.Shared == Shared {
      let x = layout.stoichiometry + k
      transport.forEachFlux(
        volume: k, a.spread(temperature), reaction, at.map { a.spread($0) },
        meanStoichiometry: hasMean ? a.differential(layout.local + k, lane: 0) : A.Number(0),
        stoichiometry: { [a] i in a.differential(x + i * layout.volumeCount, lane: 0) },
        body: { i, flux in
          a.add(-flux, to: x + i * layout.volumeCount)
          a.add(flux, to: x + (i + 1) * layout.volumeCount)
        })
    }
  }

  /// Stoichiometries of a particle at rest with this mean, all of one chemical potential: the start of a wetted particle.
  /// nil where there are none without a phase boundary.
  /// - Parameters:
  ///   - coherency: B/(F c_max) in V.
  ///   - potential: −U in V and its slope at a stoichiometry.
  func equilibrium(
    mean: Double, volume: Int, coherency: Double, _ potential: (Double) -> (value: Double, slope: Double)
  ) -> [Double]? {
    // Inside the spinodal there is only what a particle falls apart from.
    guard potential(mean).slope + coherency > 0 else { return nil }
    let count = volumes.count
    let gradient = gradientEnergy * inverseSquareRadius[volume]
    var x = [Double](repeating: mean, count: count)
    // The wetting grows in steps, each by Newton's method on wᵢ − λ = 0 and Σ Vᵢ xᵢ = mean: a tridiagonal matrix with a
    // border.
    let steps = 64
    for step in 1...steps {
      let wetting = self.wetting[volume] * Double(step) / Double(steps)
      var level = 0.0
      var change = Double.infinity
      for _ in 0..<50 where change > 1e-13 {
        var (lower, diagonal, upper) = (
          [Double](repeating: 0, count: count), [Double](repeating: 0, count: count),
          [Double](repeating: 0, count: count)
        )
        var right = [Double](repeating: 0, count: count)
        for i in 0..<count {
          let (value, slope) = potential(x[i])
          diagonal[i] = volumes[i] * (slope + coherency)
          right[i] = volumes[i] * (value + coherency * (x[i] - mean) - level)
          if i > 0 {
            lower[i] = -gradient * conductances[i - 1]
            diagonal[i] -= lower[i]
            right[i] -= lower[i] * (x[i] - x[i - 1])
          }
          if i + 1 < count {
            upper[i] = -gradient * conductances[i]
            diagonal[i] -= upper[i]
            right[i] -= upper[i] * (x[i] - x[i + 1])
          }
        }
        right[count - 1] -= wetting
        var column = Array(volumes)
        for i in 1..<count {
          let factor = lower[i] / diagonal[i - 1]
          diagonal[i] -= factor * upper[i - 1]
          right[i] -= factor * right[i - 1]
          column[i] -= factor * column[i - 1]
        }
        for i in (0..<count).reversed() {
          if i + 1 < count {
            right[i] -= upper[i] * right[i + 1]
            column[i] -= upper[i] * column[i + 1]
          }
          right[i] /= diagonal[i]
          column[i] /= diagonal[i]
        }
        var (excess, byLevel, moved) = (-mean, 0.0, 0.0)
        for i in 0..<count {
          excess += volumes[i] * x[i]
          moved += volumes[i] * right[i]
          byLevel += volumes[i] * column[i]
        }
        let levelChange = (moved - excess) / byLevel
        level += levelChange
        change = 0
        for i in 0..<count {
          let delta = right[i] - levelChange * column[i]
          // Half of the way to an end at most.
          let next = min(max(x[i] - delta, 0.5 * x[i]), 0.5 * (1 + x[i]))
          change = max(change, abs(next - x[i]))
          x[i] = next
        }
      }
      guard change <= 1e-9 else { return nil }
    }
    return x
  }
}
