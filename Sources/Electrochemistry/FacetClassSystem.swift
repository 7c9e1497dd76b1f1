import Integration

/// The part of the Newton matrix that belongs to one class of particles whose facets react (`AllenCahn`), in all volumes of
/// an electrode: the compositions along the facets, their means, and the mean current densities. Plain memory that belongs
/// to the solver.
///
///     T x + m x̄ + C v = b        compositions, v the unknowns cₑ, φₑ, φₛ of the volume
///     a x̄ + d j = r              mean
///     w · x + q j = s            mean current density
struct FacetClassSystem {
  typealias Pointer = UnsafeMutablePointer<Double>
  typealias Vector = BorderedBlockTridiagonal.Vector

  let particle: Particle
  let firstVolume: Int
  let count: Int
  private let bands: BandedColumns

  // What the balances write: a number per cell and volume for m, C and w, a number per volume for the others.
  let byMean: Pointer
  let byVolume: (Pointer, Pointer, Pointer)
  let weight: Pointer
  let meanByMean, meanByReaction, reactionByReaction: Pointer
  /// Coefficients of j in the balances of cₑ, φₑ, φₛ.
  let source: (Pointer, Pointer, Pointer)

  // What elimination leaves, a number per volume: 1/a, 1 / the coefficient of j when the rest is gone, and those of x̄ and v
  // in the equation of j.
  private let inverseMean, inversePivot, reactionByMean: Pointer
  private let reactionByVolume: (Pointer, Pointer, Pointer)

  /// Numbers that the balances write.
  static func valueCount(_ particle: Particle) -> Int {
    let (cells, count) = (particle.layout.nodeCount, particle.layout.volumeCount)
    return BandedColumns.valueCount(rowCount: cells, bandwidth: 1, matrixCount: count) + 5 * cells * count + 6 * count
  }

  /// - Parameters:
  ///   - values: memory for `valueCount` numbers, into which the balances write.
  ///   - allocate: memory for this many numbers of its own.
  init(_ particle: Particle, firstVolume: Int, values: Pointer, memory: PlainMemory, allocate: (Int) -> Pointer) {
    self.particle = particle
    self.firstVolume = firstVolume
    let (cells, count) = (particle.layout.nodeCount, particle.layout.volumeCount)
    self.count = count
    bands = BandedColumns(
      firstNeighbour: memory.copy((0..<cells).map { max(0, $0 - 1) }), bandwidth: 1, systemCount: count,
      isShared: false, values: values)
    var next = values + BandedColumns.valueCount(rowCount: cells, bandwidth: 1, matrixCount: count)
    func array(_ size: Int) -> Pointer {
      defer { next += size }
      return next
    }
    byMean = array(cells * count)
    byVolume = (array(cells * count), array(cells * count), array(cells * count))
    weight = array(cells * count)
    (meanByMean, meanByReaction, reactionByReaction) = (array(count), array(count), array(count))
    source = (array(count), array(count), array(count))
    next = allocate(6 * count)
    (inverseMean, inversePivot, reactionByMean) = (array(count), array(count), array(count))
    reactionByVolume = (array(count), array(count), array(count))
  }

  /// The coefficient of a composition in the equation of another, in all volumes.
  func element(_ row: Int, _ column: Int) -> Pointer { bands.element(row, column) }

  private var cells: Int { particle.layout.nodeCount }

  /// Σ w x in a volume.
  @inline(__always)
  private func weighted(_ x: UnsafePointer<Double>, _ k: Int) -> Double {
    var sum = 0.0
    for i in 0..<cells { sum += weight[i * count + k] * x[i * count + k] }
    return sum
  }

  // MARK: factors

  /// Factors, and eliminates this class from the balances of the volumes.
  func eliminate(from blocks: BorderedBlockTridiagonal) {
    bands.factor()
    for column in [byMean, byVolume.0, byVolume.1, byVolume.2] {
      bands.reduce(column)
      bands.expand(column)
    }
    for k in 0..<count {
      inverseMean[k] = 1 / meanByMean[k]
      reactionByMean[k] = -weighted(byMean, k)
      reactionByVolume.0[k] = -weighted(byVolume.0, k)
      reactionByVolume.1[k] = -weighted(byVolume.1, k)
      reactionByVolume.2[k] = -weighted(byVolume.2, k)
      inversePivot[k] = 1 / (reactionByReaction[k] - reactionByMean[k] * inverseMean[k] * meanByReaction[k])
      let row = inversePivot[k] * Vector(reactionByVolume.0[k], reactionByVolume.1[k], reactionByVolume.2[k])
      let volume = firstVolume + k
      blocks.diagonal[volume].c0 -= row.x * sources(k)
      blocks.diagonal[volume].c1 -= row.y * sources(k)
      blocks.diagonal[volume].c2 -= row.z * sources(k)
    }
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
    let mean = b + layout.local
    let reaction = b + layout.reaction
    for k in 0..<count {
      mean[k] *= inverseMean[k]
      reaction[k] = inversePivot[k] * (reaction[k] - weighted(x, k) - reactionByMean[k] * mean[k])
      right[firstVolume + k] -= reaction[k] * sources(k)
    }
  }

  /// Finds the unknowns of this class when those of the volumes are known.
  func expand(_ b: Pointer, _ solution: UnsafePointer<Vector>) {
    let layout = particle.layout
    let x = b + layout.stoichiometry
    let mean = b + layout.local
    let reaction = b + layout.reaction
    for k in 0..<count {
      let u = solution[firstVolume + k]
      reaction[k] -=
        inversePivot[k]
        * (reactionByVolume.0[k] * u.x + reactionByVolume.1[k] * u.y + reactionByVolume.2[k] * u.z)
      mean[k] -= inverseMean[k] * meanByReaction[k] * reaction[k]
    }
    for i in 0..<cells {
      for k in 0..<count {
        let u = solution[firstVolume + k]
        let n = i * count + k
        x[n] -= byMean[n] * mean[k] + byVolume.0[n] * u.x + byVolume.1[n] * u.y + byVolume.2[n] * u.z
      }
    }
  }
}
