import Integration

/// The part of the Newton matrix that belongs to one particle class: the stoichiometries, hysteresis states and reaction
/// current densities of its particles in all volumes of an electrode. Plain memory that belongs to the solver.
struct ParticleClassSystem {
  typealias Pointer = UnsafeMutablePointer<Double>

  let particle: FickianParticle
  let firstVolume: Int
  let count: Int
  private let bands: BandedColumns
  /// Coefficients of the temperature in the equations of the stoichiometries; nil in an isothermal cell.
  private let temperatureColumn: Pointer?

  // What the balances write, a number per volume.
  /// The equation of j: coefficients of the stoichiometry at the surface, of j, of h, of cₑ, φₑ, φₛ, and of T.
  let bySurface, byReaction, byHysteresis: Pointer
  let byVolume: (Pointer, Pointer, Pointer)
  let byTemperature: Pointer
  /// The equation of h: coefficients of h and j.
  let hysteresisByHysteresis, hysteresisByReaction: Pointer
  /// Coefficients of j in the balances of cₑ, φₑ, φₛ.
  let source: (Pointer, Pointer, Pointer)
  /// Coefficients of the stoichiometry at the surface, of j and of h in the heat balance.
  let heatBySurface, heatByReaction, heatByHysteresis: Pointer

  /// Arrays of numbers per volume above.
  static let arrayCount = 15

  // What elimination leaves, a number per volume.
  /// 1 / the coefficient of j when the surface and h are gone.
  private let inversePivot: Pointer
  /// 1 / the coefficient of the stoichiometry at the surface, and of h, in their reduced equations.
  private let inverseSurface, inverseHysteresis: Pointer

  private static let resultCount = 3

  /// - Parameters:
  ///   - arrays: memory for `arrayCount` numbers per volume, into which the balances write.
  ///   - allocate: memory for this many numbers of its own.
  init(
    _ particle: FickianParticle, firstVolume: Int, hasTemperature: Bool, arrays: Pointer,
    allocate: (Int) -> Pointer
  ) {
    self.particle = particle
    self.firstVolume = firstVolume
    let count = particle.layout.volumeCount
    self.count = count
    let radial = particle.radial
    bands = BandedColumns(
      firstNeighbour: radial.firstNeighbour, bandwidth: radial.bandwidth, systemCount: count,
      isShared: particle.isLinear,
      values: allocate(
        BandedColumns.valueCount(
          rowCount: radial.nodeCount, bandwidth: radial.bandwidth, matrixCount: particle.isLinear ? 1 : count)))
    temperatureColumn = hasTemperature ? allocate(radial.nodeCount * count) : nil
    var next = arrays
    func array() -> Pointer {
      defer { next += count }
      return next
    }
    (bySurface, byReaction, byHysteresis) = (array(), array(), array())
    byVolume = (array(), array(), array())
    byTemperature = array()
    (hysteresisByHysteresis, hysteresisByReaction) = (array(), array())
    source = (array(), array(), array())
    (heatBySurface, heatByReaction, heatByHysteresis) = (array(), array(), array())
    next = allocate(Self.resultCount * count)
    (inversePivot, inverseSurface, inverseHysteresis) = (array(), array(), array())
  }

  // MARK: factors

  /// Assembles and factors the equations of the stoichiometries.
  func factorTransport(
    _ weights: (state: Double, rate: Double), temperature: Double, _ y: UnsafePointer<Double>
  ) {
    let radial = particle.radial
    let x = y + particle.layout.stoichiometry
    // The temperature has a time derivative like the stoichiometries.
    let factor = particle.diffusionFactor(
      Dual(temperature, partials: SIMD4<Double>(0, 0, weights.state, 0)))
    temperatureColumn?.update(repeating: 0, count: radial.nodeCount * count)
    let linear = particle.isLinear ? particle.relativeDiffusivity(factor: factor) : Dual(0)
    for i in 0..<radial.nodeCount {
      for j in radial.neighbours(of: i) {
        let mass = weights.rate * radial.mass(i, j)
        let elements = bands.element(i, j)
        for k in 0..<bands.matrixCount {
          elements[k] = mass + weights.state * radial.stiffness(i, j) * linear.value
        }
        if particle.isLinear, let temperatureColumn {
          let slope = radial.stiffness(i, j) * linear.partials[2]
          for k in 0..<count { temperatureColumn[i * count + k] += slope * x[j * count + k] }
        }
      }
    }
    if !particle.isLinear {
      for point in radial.points { addFlux(at: point, weights.state, factor: factor, x) }
    }
    bands.factor()
    if let temperatureColumn { bands.reduce(temperatureColumn) }
  }

  /// What the flux at one quadrature point adds to the matrices.
  private func addFlux(
    at point: RadialOperators.Point, _ weight: Double, factor: Dual<SIMD4<Double>>, _ x: UnsafePointer<Double>
  ) {
    for k in 0..<count {
      var value = Dual(0, partials: SIMD4<Double>(weight, 0, 0, 0))
      var gradient = Dual(0, partials: SIMD4<Double>(0, weight, 0, 0))
      for a in 0...point.order {
        let other = x[(point.firstNode + a) * count + k]
        value.value += point.shape[a] * other
        gradient.value += point.slope[a] * other
      }
      let flux = point.weight * particle.inwardFlux(value, gradient: gradient, factor: factor)
      for a in 0...point.order {
        let row = point.firstNode + a
        for b in 0...point.order {
          bands.element(row, point.firstNode + b)[k] +=
            point.slope[a] * (flux.partials[0] * point.shape[b] + flux.partials[1] * point.slope[b])
        }
        if let temperatureColumn { temperatureColumn[row * count + k] += point.slope[a] * flux.partials[2] }
      }
    }
  }

  /// Eliminates surfaces, hysteresis states and reaction currents from the balances of the volumes and from the heat
  /// balance, border 0.
  func eliminate(from blocks: BorderedBlockTridiagonal) {
    let lastRow = (particle.layout.nodeCount - 1) * count
    for k in 0..<count {
      let surface = bands.inverseLastPivot(k)
      inverseSurface[k] = surface
      // x = surface (b − s j − t T)
      let surfaceByReaction = surface * particle.stoichiometryPerCharge
      var pivot = byReaction[k] - bySurface[k] * surfaceByReaction
      if particle.layout.hasHysteresis {
        inverseHysteresis[k] = 1 / hysteresisByHysteresis[k]
        pivot -= byHysteresis[k] * inverseHysteresis[k] * hysteresisByReaction[k]
      }
      let inverse = 1 / pivot
      inversePivot[k] = inverse

      let row = inverse * BorderedBlockTridiagonal.Vector(byVolume.0[k], byVolume.1[k], byVolume.2[k])
      let volume = firstVolume + k
      blocks.diagonal[volume].c0 -= row.x * sources(k)
      blocks.diagonal[volume].c1 -= row.y * sources(k)
      blocks.diagonal[volume].c2 -= row.z * sources(k)
      if let temperatureColumn {
        let surfaceByTemperature = surface * temperatureColumn[lastRow + k]
        byTemperature[k] -= bySurface[k] * surfaceByTemperature
        heatByReaction[k] -= heatBySurface[k] * surfaceByReaction
        if particle.layout.hasHysteresis {
          heatByReaction[k] -= heatByHysteresis[k] * inverseHysteresis[k] * hysteresisByReaction[k]
        }
        blocks.columns[volume] -= (inverse * byTemperature[k]) * sources(k)
        blocks.rows[volume] -= heatByReaction[k] * row
        blocks.corner[0] -= heatBySurface[k] * surfaceByTemperature + heatByReaction[k] * inverse * byTemperature[k]
      }
    }
  }

  @inline(__always)
  private func sources(_ k: Int) -> BorderedBlockTridiagonal.Vector { .init(source.0[k], source.1[k], source.2[k]) }

  // MARK: solution

  /// Takes this class out of a right-hand side.
  /// - Parameters:
  ///   - b: right-hand side in the order of the state; what belongs to this class is reduced in place.
  ///   - right: right-hand sides of the volumes.
  ///   - heat: right-hand side of the heat balance.
  @inline(__always)
  func reduce(
    _ b: Pointer, _ right: UnsafeMutablePointer<BorderedBlockTridiagonal.Vector>, heat: inout Double
  ) {
    let layout = particle.layout
    bands.reduce(b + layout.stoichiometry)
    let surface = b + layout.surface(volume: 0)
    let reaction = b + layout.reaction
    for k in 0..<count { reaction[k] -= bySurface[k] * (inverseSurface[k] * surface[k]) }
    if layout.hasHysteresis {
      let hysteresis = b + layout.hysteresis
      for k in 0..<count {
        hysteresis[k] *= inverseHysteresis[k]
        reaction[k] -= byHysteresis[k] * hysteresis[k]
        if temperatureColumn != nil { heat -= heatByHysteresis[k] * hysteresis[k] }
      }
    }
    for k in 0..<count {
      reaction[k] *= inversePivot[k]
      right[firstVolume + k] -= reaction[k] * sources(k)
    }
    if temperatureColumn != nil {
      for k in 0..<count {
        heat -= heatBySurface[k] * (inverseSurface[k] * surface[k]) + heatByReaction[k] * reaction[k]
      }
    }
  }

  /// Finds the unknowns of this class when those of the volumes and the temperature are known.
  @inline(__always)
  func expand(
    _ b: Pointer, _ solution: UnsafePointer<BorderedBlockTridiagonal.Vector>, temperature: Double
  ) {
    let layout = particle.layout
    let surface = b + layout.surface(volume: 0)
    let reaction = b + layout.reaction
    for k in 0..<count {
      let u = solution[firstVolume + k]
      var sum = byVolume.0[k] * u.x + byVolume.1[k] * u.y + byVolume.2[k] * u.z
      if temperatureColumn != nil { sum += byTemperature[k] * temperature }
      reaction[k] -= inversePivot[k] * sum
    }
    if layout.hasHysteresis {
      let hysteresis = b + layout.hysteresis
      for k in 0..<count { hysteresis[k] -= inverseHysteresis[k] * hysteresisByReaction[k] * reaction[k] }
    }
    if let temperatureColumn {
      let x = b + layout.stoichiometry
      for i in 0..<layout.nodeCount * count { x[i] -= temperatureColumn[i] * temperature }
    }
    for k in 0..<count { surface[k] -= particle.stoichiometryPerCharge * reaction[k] }
    bands.expand(b + layout.stoichiometry)
  }
}
