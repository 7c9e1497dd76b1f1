import CKernels
import Integration

/// The part of the Newton matrix that belongs to one class of particles with transport inside: the stoichiometries, local
/// states and reaction current densities of its particles in all volumes of an electrode. Plain memory that belongs to the
/// solver.
struct ParticleClassSystem {
  typealias Pointer = UnsafeMutablePointer<Double>

  let particle: Particle
  let firstVolume: Int
  let count: Int
  private let bands: BandedColumns
  /// Coefficients of the temperature in the equations of the stoichiometries; nil in an isothermal cell.
  private let temperatureColumn: Pointer?
  /// Those of the mean stoichiometry; nil where the transport does not read it.
  private let meanColumn: Pointer?
  /// Whether the reaction reads the node before the surface, too.
  let readsInner: Bool

  // What the balances write, a number per volume.
  /// The equation of j: coefficients of the stoichiometry at the surface and at the node before, of j, of the local state,
  /// of cₑ, φₑ, φₛ, and of T.
  let bySurface, byInner, byReaction, byLocal: Pointer
  let byVolume: (Pointer, Pointer, Pointer)
  let byTemperature: Pointer
  /// The equation of the local state: coefficients of itself and of j.
  let localByLocal, localByReaction: Pointer
  /// Coefficients of j in the balances of cₑ, φₑ, φₛ.
  let source: (Pointer, Pointer, Pointer)
  /// Coefficients of the stoichiometries at the surface and before, of j and of the local state in the heat balance.
  let heatBySurface, heatByInner, heatByReaction, heatByLocal: Pointer

  /// Arrays of numbers per volume above.
  static let arrayCount = 17

  // What elimination leaves, a number per volume.
  /// 1 / the coefficient of j when stoichiometries and local state are gone.
  private let inversePivot: Pointer
  /// By which the reduced right-hand sides of surface and node before enter those of the reaction and of the heat balance.
  private let surfaceWeight, innerWeight, heatSurfaceWeight, heatInnerWeight: Pointer
  private let inverseLocal: Pointer
  /// Of a right-hand side: the sum over the nodes, less what goes through the surface.
  let total: Pointer
  /// The coefficient of a stoichiometry that all nodes share in the sum of their equations; 0 where that is not kept exact.
  private let storage: Pointer

  private static let resultCount = 8

  /// - Parameters:
  ///   - arrays: memory for `arrayCount` numbers per volume, into which the balances write.
  ///   - allocate: memory for this many numbers of its own.
  init(
    _ particle: Particle, firstVolume: Int, hasTemperature: Bool, arrays: Pointer, memory: PlainMemory,
    allocate: (Int) -> Pointer
  ) {
    self.particle = particle
    self.firstVolume = firstVolume
    let count = particle.layout.volumeCount
    self.count = count
    let rows = particle.layout.nodeCount
    let profile: UnsafeBufferPointer<Int>
    let bandwidth: Int
    var isShared = false
    switch particle.transport {
    case .fickian(let transport):
      (profile, bandwidth) = (transport.pointee.radial.firstNeighbour, transport.pointee.radial.bandwidth)
      isShared = transport.pointee.isLinear
      readsInner = false
    case .cahnHilliard:
      bandwidth = CahnHilliardTransport.bandwidth
      profile = memory.copy((0..<rows).map { max(0, $0 - CahnHilliardTransport.bandwidth) })
      readsInner = true
    case .allenCahn, .layered: preconditionFailure("see BorderedClassSystem")
    }
    bands = BandedColumns(
      firstNeighbour: profile, bandwidth: bandwidth, systemCount: count, isShared: isShared,
      values: allocate(
        BandedColumns.valueCount(rowCount: rows, bandwidth: bandwidth, matrixCount: isShared ? 1 : count)))
    temperatureColumn = hasTemperature ? allocate(rows * count) : nil
    meanColumn = particle.transportReadsMean ? allocate(rows * count) : nil
    var next = arrays
    func array() -> Pointer {
      defer { next += count }
      return next
    }
    (bySurface, byInner, byReaction, byLocal) = (array(), array(), array(), array())
    byVolume = (array(), array(), array())
    byTemperature = array()
    (localByLocal, localByReaction) = (array(), array())
    source = (array(), array(), array())
    (heatBySurface, heatByInner, heatByReaction, heatByLocal) = (array(), array(), array(), array())
    next = allocate(Self.resultCount * count)
    (inversePivot, inverseLocal) = (array(), array())
    (total, storage) = (array(), array())
    (surfaceWeight, innerWeight, heatSurfaceWeight, heatInnerWeight) = (array(), array(), array(), array())
  }

  private var hasLocal: Bool { particle.layout.localState != .none }

  // MARK: factors

  /// Assembles and factors the equations of the stoichiometries.
  /// - Returns: whether a step of this length can follow their instabilities.
  func factorTransport(
    _ weights: (state: Double, rate: Double), temperature: Double, _ y: UnsafePointer<Double>
  ) -> Bool {
    temperatureColumn?.update(repeating: 0, count: particle.layout.nodeCount * count)
    meanColumn?.update(repeating: 0, count: particle.layout.nodeCount * count)
    let x = y + particle.layout.stoichiometry
    let mean = particle.hasMean ? y + particle.layout.local : nil
    switch particle.transport {
    case .fickian(let transport): assemble(transport.pointee, weights, temperature, x, mean)
    case .cahnHilliard(let transport):
      // Four neighbours, and the temperature and the mean where they matter.
      if temperatureColumn == nil && meanColumn == nil {
        assemble(transport.pointee, weights, Dual<SIMD4<Double>>(temperature), x, mean)
      } else {
        var partials = SIMD8<Double>.zero
        if temperatureColumn != nil { partials[Lane.temperature] = weights.state }
        assemble(transport.pointee, weights, Dual8(temperature, partials: partials), x, mean)
      }
    case .allenCahn, .layered: break
    }
    for k in 0..<count { storage[k] = readsInner ? weights.rate : 0 }
    bands.factor()
    if let temperatureColumn { bands.reduce(temperatureColumn) }
    if let meanColumn { bands.reduce(meanColumn) }
    return weights.rate == 0 || weights.state == 0
      || !particle.hasInstability(
        c: weights.rate, temperature: temperature, isIsothermal: temperatureColumn == nil, y)
  }

  private func assemble(
    _ transport: FickianTransport, _ weights: (state: Double, rate: Double), _ temperature: Double,
    _ x: UnsafePointer<Double>, _ mean: UnsafePointer<Double>?
  ) {
    let radial = transport.radial
    // The temperature has a time derivative like the stoichiometries.
    let at = transport.at(Dual(temperature, partials: SIMD4<Double>(0, 0, weights.state, 0)))
    if transport.hasFluxPotential {
      return transport.assemblePotentials(
        weights, at, x, mean: mean, to: bands, byTemperature: temperatureColumn, byMean: meanColumn, count)
    }
    let linear = transport.isLinear ? transport.relativeDiffusivity(at.factor) : Dual(0)
    for i in 0..<radial.nodeCount {
      for j in radial.neighbours(of: i) {
        let mass = weights.rate * radial.mass(i, j)
        let elements = bands.element(i, j)
        for k in 0..<bands.matrixCount {
          elements[k] = mass + weights.state * radial.stiffness(i, j) * linear.value
        }
        if transport.isLinear, let temperatureColumn {
          let slope = radial.stiffness(i, j) * linear.partials[2]
          for k in 0..<count { temperatureColumn[i * count + k] += slope * x[j * count + k] }
        }
      }
    }
    if !transport.isLinear {
      for point in radial.points {
        transport.addFluxDerivatives(
          at: point, weights.state, at, x, mean: mean, to: bands, byTemperature: temperatureColumn, byMean: meanColumn,
          count)
      }
    }
  }

  /// The unknowns that a flux reads stand next to each other: node i has the lane i mod 4.
  @inline(__always)
  private func assemble<Partials: SIMD>(
    _ transport: CahnHilliardTransport, _ weights: (state: Double, rate: Double), _ temperature: Dual<Partials>,
    _ x: UnsafePointer<Double>, _ mean: UnsafePointer<Double>?
  ) where Partials.Scalar == Double {
    let rows = particle.layout.nodeCount
    for i in 0..<rows {
      for j in max(0, i - 2)...min(rows - 1, i + 2) { bands.element(i, j).update(repeating: 0, count: count) }
      for k in 0..<count { bands.element(i, i)[k] = weights.rate * transport.volumes[i] }
    }
    let at = particle.reaction.at(temperature, isConstant: temperatureColumn == nil)
    for k in 0..<count {
      var meanStoichiometry = Dual<Partials>(mean?[k] ?? 0)
      if meanColumn != nil { meanStoichiometry.partials[Self.meanLane] = weights.state }
      transport.forEachFlux(
        volume: k, temperature, particle.reaction, at, meanStoichiometry: meanStoichiometry,
        stoichiometry: { node in
          var partials = Partials.zero
          partials[node & 3] = weights.state
          return Dual(x[node * count + k], partials: partials)
        },
        body: { i, flux in
          for column in max(0, i - 1)...min(rows - 1, i + 2) {
            let slope = flux.partials[column & 3]
            bands.element(i, column)[k] -= slope
            bands.element(i + 1, column)[k] += slope
          }
          if let temperatureColumn {
            temperatureColumn[i * count + k] -= flux.partials[Lane.temperature]
            temperatureColumn[(i + 1) * count + k] += flux.partials[Lane.temperature]
          }
          if let meanColumn {
            meanColumn[i * count + k] -= flux.partials[Self.meanLane]
            meanColumn[(i + 1) * count + k] += flux.partials[Self.meanLane]
          }
        })
    }
  }

  /// Beside the four neighbours.
  private static var meanLane: Int { 4 }

  /// Eliminates stoichiometries, local states and reaction currents from the balances of the volumes and from the heat
  /// balance, border 0.
  func eliminate(from blocks: BorderedBlockTridiagonal) {
    let last = particle.layout.nodeCount - 1
    for k in 0..<count {
      (surfaceWeight[k], innerWeight[k]) = weights(ofSurface: bySurface[k], inner: byInner[k], k)
      var pivot = byReaction[k] - surfaceWeight[k] * particle.stoichiometryPerCharge[k]
      if hasLocal {
        inverseLocal[k] = 1 / localByLocal[k]
        if let meanColumn {
          byLocal[k] -=
            surfaceWeight[k] * meanColumn[last * count + k] + innerWeight[k] * meanColumn[(last - 1) * count + k]
        }
        pivot -= byLocal[k] * inverseLocal[k] * localByReaction[k]
      }
      inversePivot[k] = 1 / pivot

      let row = inversePivot[k] * BorderedBlockTridiagonal.Vector(byVolume.0[k], byVolume.1[k], byVolume.2[k])
      let volume = firstVolume + k
      blocks.diagonal[volume].c0 -= row.x * sources(k)
      blocks.diagonal[volume].c1 -= row.y * sources(k)
      blocks.diagonal[volume].c2 -= row.z * sources(k)
      if let temperatureColumn {
        let surfaceByTemperature = temperatureColumn[last * count + k]
        byTemperature[k] -= surfaceWeight[k] * surfaceByTemperature
        (heatSurfaceWeight[k], heatInnerWeight[k]) = weights(ofSurface: heatBySurface[k], inner: heatByInner[k], k)
        if let meanColumn {
          heatByLocal[k] -=
            heatSurfaceWeight[k] * meanColumn[last * count + k]
            + heatInnerWeight[k] * meanColumn[(last - 1) * count + k]
        }
        if readsInner {
          let innerByTemperature = temperatureColumn[(last - 1) * count + k]
          byTemperature[k] -= innerWeight[k] * innerByTemperature
          blocks.corner[0] -= heatInnerWeight[k] * innerByTemperature
        }
        heatByReaction[k] -= heatSurfaceWeight[k] * particle.stoichiometryPerCharge[k]
        if hasLocal { heatByReaction[k] -= heatByLocal[k] * inverseLocal[k] * localByReaction[k] }
        blocks.columns[volume] -= (inversePivot[k] * byTemperature[k]) * sources(k)
        blocks.rows[volume] -= heatByReaction[k] * row
        blocks.corner[0] -=
          heatSurfaceWeight[k] * surfaceByTemperature + heatByReaction[k] * inversePivot[k] * byTemperature[k]
      }
    }
  }

  /// By which the reduced right-hand sides of surface and node before enter those of an equation that reads them.
  func weights(ofSurface surface: Double, inner: Double, _ k: Int) -> (surface: Double, inner: Double) {
    let last = particle.layout.nodeCount - 1
    guard readsInner else { return (surface * bands.inverseLastPivot(k), 0) }
    let innerWeight = inner * bands.element(last - 1, last - 1)[k]
    return ((surface - innerWeight * bands.element(last - 1, last)[k]) * bands.inverseLastPivot(k), innerWeight)
  }

  /// 1 / the coefficient of the local state in its equation; 0 where there is none.
  func inverseLocalPivot(_ k: Int) -> Double { hasLocal ? inverseLocal[k] : 0 }

  /// The reduced equation of j: 1/pivot, what it makes of the surface, 1/pivot × its coefficients of cₑ, φₑ, φₛ; and what j
  /// adds to the balances of these.
  func reactionCoefficients(_ k: Int) -> (
    inverse: Double, surfaceWeight: Double, row: BorderedBlockTridiagonal.Vector,
    source: BorderedBlockTridiagonal.Vector
  ) {
    let row = inversePivot[k] * BorderedBlockTridiagonal.Vector(byVolume.0[k], byVolume.1[k], byVolume.2[k])
    return (inversePivot[k], surfaceWeight[k], row, sources(k))
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
    if readsInner { sumRightHandSides(b + layout.stoichiometry) }
    bands.reduce(b + layout.stoichiometry)
    let surface = b + layout.surface(volume: 0)
    let inner = surface - count
    let reaction = b + layout.reaction
    for k in 0..<count { reaction[k] -= surfaceWeight[k] * surface[k] }
    if readsInner {
      for k in 0..<count { reaction[k] -= innerWeight[k] * inner[k] }
    }
    if hasLocal {
      let local = b + layout.local
      for k in 0..<count {
        local[k] *= inverseLocal[k]
        reaction[k] -= byLocal[k] * local[k]
        if temperatureColumn != nil { heat -= heatByLocal[k] * local[k] }
      }
    }
    for k in 0..<count {
      reaction[k] *= inversePivot[k]
      right[firstVolume + k] -= reaction[k] * sources(k)
    }
    if temperatureColumn != nil {
      for k in 0..<count {
        heat -= heatSurfaceWeight[k] * surface[k] + heatByReaction[k] * reaction[k]
        if readsInner { heat -= heatInnerWeight[k] * inner[k] }
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
    if hasLocal {
      let local = b + layout.local
      for k in 0..<count { local[k] -= inverseLocal[k] * localByReaction[k] * reaction[k] }
    }
    if let temperatureColumn {
      let x = b + layout.stoichiometry
      for i in 0..<layout.nodeCount * count { x[i] -= temperatureColumn[i] * temperature }
    }
    if let meanColumn {
      let x = b + layout.stoichiometry
      let mean = b + layout.local
      ck_subtract_column(layout.nodeCount, count, meanColumn, mean, x)
    }
    for k in 0..<count { surface[k] -= particle.stoichiometryPerCharge[k] * reaction[k] }
    bands.expand(b + layout.stoichiometry)
    if readsInner { conserve(b + layout.stoichiometry, reaction) }
  }

  // MARK: conservation

  // Fluxes between nodes cancel in the sum of the equations, c Σ Vᵢ xᵢ = Σ bᵢ − q j. In a step that is long beside diffusion
  // the elimination keeps this only to round-off over c: what is missing is spread over the nodes.

  private func sumRightHandSides(_ b: Pointer) {
    for k in 0..<count { total[k] = 0 }
    for i in 0..<particle.layout.nodeCount {
      for k in 0..<count { total[k] += b[i * count + k] }
    }
  }

  private func conserve(_ x: Pointer, _ reaction: Pointer) {
    for k in 0..<count {
      total[k] = (total[k] - particle.stoichiometryPerCharge[k] * reaction[k]) / storage[k]
    }
    for i in 0..<particle.layout.nodeCount {
      let volume = particle.nodeVolumes[i]
      for k in 0..<count { total[k] -= volume * x[i * count + k] }
    }
    for i in 0..<particle.layout.nodeCount {
      for k in 0..<count { x[i * count + k] += total[k] }
    }
  }
}
