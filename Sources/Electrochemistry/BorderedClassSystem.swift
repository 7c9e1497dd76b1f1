import Integration

/// The part of the Newton matrix that belongs to one class of particles whose points are coupled by more than a narrow band,
/// in all volumes of an electrode: platelets that react all along their facets (`AllenCahn`) and particles with
/// `LayeredElasticity`. What all points share, a mean or a stretch, and the mean current density stand in a border. Plain
/// memory that belongs to the solver.
///
///     T x + m s + p j + C v = b      compositions and displacements; v the unknowns cₑ, φₑ, φₛ of the volume
///     u · x + a s + d j = r          mean or stretch
///     w · x + e s + q j + g · v = t  mean current density
struct BorderedClassSystem {
  typealias Pointer = UnsafeMutablePointer<Double>
  typealias Vector = BorderedBlockTridiagonal.Vector

  let particle: Particle
  let firstVolume: Int
  let count: Int
  let bandwidth: Int
  private let rows: Int
  private let bands: BandedColumns

  // What the balances write: a number per row and volume for m, p, C, u and w, a number per volume for the others.
  let byShared, byReaction: Pointer
  let byVolume: (Pointer, Pointer, Pointer)
  let sharedWeight, weight: Pointer
  let sharedByShared, sharedByReaction, reactionByShared, reactionByReaction: Pointer
  let reactionByVolume: (Pointer, Pointer, Pointer)
  /// Coefficients of j in the balances of cₑ, φₑ, φₛ.
  let source: (Pointer, Pointer, Pointer)

  // What elimination leaves, a number per volume: of the border's equations for s and j when the rest is gone, 1/a, e/a, d and
  // 1/(q − (e/a) d), and what v then adds to s and j.
  private let inverseShared, factor, reduced, inversePivot: Pointer
  private let sharedFromVolume, reactionFromVolume: (Pointer, Pointer, Pointer)

  private static func bandwidth(_ particle: Particle) -> Int {
    switch particle.transport {
    case .layered(let transport): particle.layout.stride * transport.reach + particle.layout.stride - 1
    default: 1
    }
  }

  private static func rowCount(_ particle: Particle) -> Int { particle.layout.nodeCount * particle.layout.stride }

  /// Numbers that the balances write.
  static func valueCount(_ particle: Particle) -> Int {
    let (rows, count) = (rowCount(particle), particle.layout.volumeCount)
    return BandedColumns.valueCount(rowCount: rows, bandwidth: bandwidth(particle), matrixCount: count)
      + 7 * rows * count + 10 * count
  }

  /// - Parameters:
  ///   - values: memory for `valueCount` numbers, into which the balances write.
  ///   - allocate: memory for this many numbers of its own.
  init(_ particle: Particle, firstVolume: Int, values: Pointer, memory: PlainMemory, allocate: (Int) -> Pointer) {
    self.particle = particle
    self.firstVolume = firstVolume
    let (rows, count) = (Self.rowCount(particle), particle.layout.volumeCount)
    let bandwidth = Self.bandwidth(particle)
    self.count = count
    self.rows = rows
    self.bandwidth = bandwidth
    bands = BandedColumns(
      firstNeighbour: memory.copy((0..<rows).map { max(0, $0 - bandwidth) }), bandwidth: bandwidth, systemCount: count,
      isShared: false, values: values)
    var next = values + BandedColumns.valueCount(rowCount: rows, bandwidth: bandwidth, matrixCount: count)
    func array(_ size: Int) -> Pointer {
      defer { next += size }
      return next
    }
    func arrays(_ size: Int) -> (Pointer, Pointer, Pointer) { (array(size), array(size), array(size)) }
    (byShared, byReaction) = (array(rows * count), array(rows * count))
    byVolume = arrays(rows * count)
    (sharedWeight, weight) = (array(rows * count), array(rows * count))
    (sharedByShared, sharedByReaction) = (array(count), array(count))
    (reactionByShared, reactionByReaction) = (array(count), array(count))
    (reactionByVolume, source) = (arrays(count), arrays(count))
    next = allocate(10 * count)
    (inverseShared, factor, reduced, inversePivot) = (array(count), array(count), array(count), array(count))
    (sharedFromVolume, reactionFromVolume) = (arrays(count), arrays(count))
  }

  /// The coefficient of an unknown inside the particle in the equation of another, in all volumes.
  func element(_ row: Int, _ column: Int) -> Pointer { bands.element(row, column) }

  @inline(__always)
  private func product(_ weight: Pointer, _ x: UnsafePointer<Double>, _ k: Int) -> Double {
    var sum = 0.0
    for i in 0..<rows { sum += weight[i * count + k] * x[i * count + k] }
    return sum
  }

  // MARK: factors

  /// Factors, and eliminates this class from the balances of the volumes.
  /// - Returns: whether a step of this length can follow its equations (see `ParticleClassSystem.factorTransport`).
  func eliminate(
    from blocks: BorderedBlockTridiagonal, _ weights: (state: Double, rate: Double), temperature: Double,
    _ y: UnsafePointer<Double>
  ) -> Bool {
    bands.factor()
    for column in [byShared, byReaction, byVolume.0, byVolume.1, byVolume.2] {
      bands.reduce(column)
      bands.expand(column)
    }
    for k in 0..<count {
      let a = sharedByShared[k] - product(sharedWeight, byShared, k)
      let d = sharedByReaction[k] - product(sharedWeight, byReaction, k)
      let e = reactionByShared[k] - product(weight, byShared, k)
      let q = reactionByReaction[k] - product(weight, byReaction, k)
      inverseShared[k] = 1 / a
      factor[k] = e / a
      reduced[k] = d
      inversePivot[k] = 1 / (q - factor[k] * d)
      func fromVolume(_ column: Pointer, _ direct: Pointer) -> (shared: Double, reaction: Double) {
        solve(-product(sharedWeight, column, k), direct[k] - product(weight, column, k), k)
      }
      (sharedFromVolume.0[k], reactionFromVolume.0[k]) = fromVolume(byVolume.0, reactionByVolume.0)
      (sharedFromVolume.1[k], reactionFromVolume.1[k]) = fromVolume(byVolume.1, reactionByVolume.1)
      (sharedFromVolume.2[k], reactionFromVolume.2[k]) = fromVolume(byVolume.2, reactionByVolume.2)
      let volume = firstVolume + k
      blocks.diagonal[volume].c0 -= reactionFromVolume.0[k] * sources(k)
      blocks.diagonal[volume].c1 -= reactionFromVolume.1[k] * sources(k)
      blocks.diagonal[volume].c2 -= reactionFromVolume.2[k] * sources(k)
    }
    guard case .layered(let transport) = particle.transport, let field = transport.field, weights.rate > 0,
      weights.state > 0
    else { return true }
    let at = particle.reaction.at(Dual<SIMD2<Double>>(temperature), isConstant: true)
    let layout = particle.layout
    for k in 0..<count {
      let grows = field.hasInstability(
        fasterThan: ParticleClassSystem.growthInStep * weights.rate, volume: k, particle.reaction, at,
        meanStoichiometry: 0, stoichiometry: { y[layout.stoichiometry(node: $0, volume: k)] })
      if grows { return false }
    }
    return true
  }

  /// s and j from the right-hand sides of their reduced equations.
  @inline(__always)
  private func solve(_ r: Double, _ t: Double, _ k: Int) -> (shared: Double, reaction: Double) {
    let reaction = inversePivot[k] * (t - factor[k] * r)
    return (inverseShared[k] * (r - reduced[k] * reaction), reaction)
  }

  @inline(__always)
  private func sources(_ k: Int) -> Vector { .init(source.0[k], source.1[k], source.2[k]) }

  // MARK: solution

  /// Takes this class out of a right-hand side, in the order of the state.
  func reduce(_ b: Pointer, _ right: UnsafeMutablePointer<Vector>) {
    let layout = particle.layout
    let x = b + layout.stoichiometry
    bands.reduce(x)
    bands.expand(x)
    let shared = b + layout.local
    let reaction = b + layout.reaction
    for k in 0..<count {
      (shared[k], reaction[k]) = solve(
        shared[k] - product(sharedWeight, x, k), reaction[k] - product(weight, x, k), k)
      right[firstVolume + k] -= reaction[k] * sources(k)
    }
  }

  /// Finds the unknowns of this class when those of the volumes are known.
  func expand(_ b: Pointer, _ solution: UnsafePointer<Vector>) {
    let layout = particle.layout
    let x = b + layout.stoichiometry
    let shared = b + layout.local
    let reaction = b + layout.reaction
    for k in 0..<count {
      let u = solution[firstVolume + k]
      shared[k] -= sharedFromVolume.0[k] * u.x + sharedFromVolume.1[k] * u.y + sharedFromVolume.2[k] * u.z
      reaction[k] -= reactionFromVolume.0[k] * u.x + reactionFromVolume.1[k] * u.y + reactionFromVolume.2[k] * u.z
    }
    for i in 0..<rows {
      for k in 0..<count {
        let u = solution[firstVolume + k]
        let n = i * count + k
        x[n] -=
          byShared[n] * shared[k] + byReaction[n] * reaction[k] + byVolume.0[n] * u.x + byVolume.1[n] * u.y
          + byVolume.2[n] * u.z
      }
    }
  }
}
