import CKernels
import Integration

/// The part of the Newton matrix that belongs to one class of particles whose points are coupled by more than a narrow band,
/// in all volumes of an electrode: platelets that react all along their facets (`AllenCahn`) and particles with
/// `LayeredElasticity`. What all points share, a mean or a stretch, and the mean current density stand in a border. Plain
/// memory that belongs to the solver.
///
///     T x + m s + p j + C v = b      compositions, displacements and currents of faces; v the unknowns cₑ, φₑ, φₛ of the volume
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
  // 1/(q − (e/a) d), the coefficients of v in that of s, and those in that of j when s is gone, too, over its pivot.
  private let inverseShared, factor, reduced, inversePivot: Pointer
  private let sharedByVolume, reactionFromVolume: (Pointer, Pointer, Pointer)
  private let products: (Pointer, Pointer)
  /// Whether C is not 0: what is inside reads the volume only where it reacts.
  private let readsVolume: Bool

  private static func bandwidth(_ particle: Particle) -> Int {
    switch particle.transport {
    case .layered(let transport): particle.layout.stride * transport.pointee.reach + particle.layout.stride - 1
    default: 1
    }
  }

  /// Numbers that the balances write.
  static func valueCount(_ particle: Particle) -> Int {
    let (rows, count) = (particle.layout.insideCount, particle.layout.volumeCount)
    return BandedColumns.valueCount(rowCount: rows, bandwidth: bandwidth(particle), matrixCount: count)
      + 7 * rows * count + 10 * count
  }

  /// - Parameters:
  ///   - values: memory for `valueCount` numbers, into which the balances write.
  ///   - allocate: memory for this many numbers of its own.
  init(_ particle: Particle, firstVolume: Int, values: Pointer, memory: PlainMemory, allocate: (Int) -> Pointer) {
    self.particle = particle
    self.firstVolume = firstVolume
    let (rows, count) = (particle.layout.insideCount, particle.layout.volumeCount)
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
    next = allocate(12 * count)
    (inverseShared, factor, reduced, inversePivot) = (array(count), array(count), array(count), array(count))
    (sharedByVolume, reactionFromVolume) = (arrays(count), arrays(count))
    products = (array(count), array(count))
    readsVolume = particle.isFacet || particle.elasticity!.pointee.isBent
  }

  /// The coefficient of an unknown inside the particle in the equation of another, in all volumes.
  func element(_ row: Int, _ column: Int) -> Pointer { bands.element(row, column) }

  /// u · x and w · x of a column, in `products`.
  private func multiply(_ column: Pointer) {
    ck_products(rows, count, sharedWeight, column, products.0)
    ck_products(rows, count, weight, column, products.1)
  }

  private func solveInside(_ column: Pointer) {
    bands.reduce(column)
    bands.expand(column)
  }

  // MARK: factors

  /// What elimination makes of the coefficients of an unknown of the volume in the two equations of the border.
  private func reduceVolume(_ inside: Pointer, _ direct: Pointer, to shared: Pointer, _ reaction: Pointer) {
    if readsVolume {
      solveInside(inside)
      multiply(inside)
    }
    for k in 0..<count {
      shared[k] = readsVolume ? -products.0[k] : 0
      reaction[k] = inversePivot[k] * (direct[k] - (readsVolume ? products.1[k] : 0) - factor[k] * shared[k])
    }
  }

  /// Factors, and eliminates this class from the balances of the volumes.
  /// - Returns: whether a step of this length can follow its equations (see `ParticleClassSystem.factorTransport`).
  func eliminate(
    from blocks: BorderedBlockTridiagonal, _ weights: (state: Double, rate: Double), temperature: Double,
    _ y: UnsafePointer<Double>
  ) -> Bool {
    bands.factor()
    solveInside(byShared)
    solveInside(byReaction)
    multiply(byReaction)
    for k in 0..<count {
      reduced[k] = sharedByReaction[k] - products.0[k]
      inversePivot[k] = reactionByReaction[k] - products.1[k]
    }
    multiply(byShared)
    for k in 0..<count {
      let own = sharedByShared[k] - products.0[k]
      inverseShared[k] = 1 / own
      factor[k] = (reactionByShared[k] - products.1[k]) / own
      inversePivot[k] = 1 / (inversePivot[k] - factor[k] * reduced[k])
    }
    reduceVolume(byVolume.0, reactionByVolume.0, to: sharedByVolume.0, reactionFromVolume.0)
    reduceVolume(byVolume.1, reactionByVolume.1, to: sharedByVolume.1, reactionFromVolume.1)
    reduceVolume(byVolume.2, reactionByVolume.2, to: sharedByVolume.2, reactionFromVolume.2)
    for k in 0..<count {
      let volume = firstVolume + k
      blocks.diagonal[volume].c0 -= reactionFromVolume.0[k] * sources(k)
      blocks.diagonal[volume].c1 -= reactionFromVolume.1[k] * sources(k)
      blocks.diagonal[volume].c2 -= reactionFromVolume.2[k] * sources(k)
    }
    return weights.rate == 0 || weights.state == 0
      || !particle.hasInstability(c: weights.rate, temperature: temperature, isIsothermal: true, y)
  }

  @inline(__always)
  private func sources(_ k: Int) -> Vector { .init(source.0[k], source.1[k], source.2[k]) }

  // MARK: solution

  /// Takes this class out of a right-hand side, in the order of the state.
  func reduce(_ b: Pointer, _ right: UnsafeMutablePointer<Vector>) {
    let layout = particle.layout
    let x = b + layout.inside
    solveInside(x)
    let shared = b + layout.local
    let reaction = b + layout.reaction
    multiply(x)
    for k in 0..<count {
      shared[k] -= products.0[k]
      reaction[k] = inversePivot[k] * (reaction[k] - products.1[k] - factor[k] * shared[k])
      right[firstVolume + k] -= reaction[k] * sources(k)
    }
  }

  /// Finds the unknowns of this class when those of the volumes are known.
  func expand(_ b: Pointer, _ solution: UnsafePointer<Vector>) {
    let layout = particle.layout
    let x = b + layout.inside
    let shared = b + layout.local
    let reaction = b + layout.reaction
    for k in 0..<count {
      let u = solution[firstVolume + k]
      reaction[k] -= reactionFromVolume.0[k] * u.x + reactionFromVolume.1[k] * u.y + reactionFromVolume.2[k] * u.z
      let fromVolume = sharedByVolume.0[k] * u.x + sharedByVolume.1[k] * u.y + sharedByVolume.2[k] * u.z
      shared[k] = inverseShared[k] * (shared[k] - reduced[k] * reaction[k] - fromVolume)
    }
    guard readsVolume else { return ck_subtract(rows, count, byShared, shared, byReaction, reaction, x) }
    for i in 0..<rows {
      for k in 0..<count {
        let u = solution[firstVolume + k]
        let n = i * count + k
        // What may cancel comes first.
        x[n] -=
          byShared[n] * shared[k] + byReaction[n] * reaction[k] + byVolume.0[n] * u.x + byVolume.1[n] * u.y
          + byVolume.2[n] * u.z
      }
    }
  }
}
