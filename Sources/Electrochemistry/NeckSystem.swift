import Integration

/// Necks between the particles of two classes as the equations see them, one in each volume. Plain memory.
struct NeckContact {
  /// Indices of the classes in their electrode.
  let first: Int
  let second: Int
  /// First of the exchanges n in 1/s, one per volume of the electrode.
  let unknown: Int
  /// k in 1/s.
  let exchangeRate: Double
  /// What an exchange changes in the mean stoichiometry of the particles, of both classes and in each volume.
  let share: (UnsafeBufferPointer<Double>, UnsafeBufferPointer<Double>)

  init(_ neck: Neck, particles: [Particle], unknown: Int, in memory: PlainMemory) {
    first = neck.first
    second = neck.second
    self.unknown = unknown
    exchangeRate = neck.exchangeRate
    let (a, b) = (particles[neck.first], particles[neck.second])
    let active = (0..<a.layout.volumeCount).map { k in particles.reduce(0) { $0 + $1.volumeFraction[k] } }
    share = (
      memory.copy(active.indices.map { active[$0] / a.volumeFraction[$0] }),
      memory.copy(
        active.indices.map {
          -active[$0] / b.volumeFraction[$0] * a.maximumConcentration / b.maximumConcentration
        })
    )
  }

  /// The equations of the exchanges, n = k (μ₁ − μ₂)/RT, and what they take from one surface and give to the other.
  @inline(__always)
  func add<A: Assembly>(_ particles: UnsafeBufferPointer<Particle>, _ temperature: A.Number, to a: inout A) {
    let (one, other) = (particles[first], particles[second])
    let at = (one.reaction.at(temperature, isConstant: true), other.reaction.at(temperature, isConstant: true))
    for k in 0..<one.layout.volumeCount {
      let n = a.algebraic(unknown + k, lane: 6)
      let potential = one.surface(volume: k, lanes: (0, 1, 2), at.0, a).potential
      let otherPotential = other.surface(volume: k, lanes: (3, 4, 5), at.1, a).potential
      a.add(n - exchangeRate * ((otherPotential - potential) / at.0.thermalVoltage), to: unknown + k)
      a.add(share.0[k] * n, to: one.layout.surface(volume: k))
      a.add(share.1[k] * n, to: other.layout.surface(volume: k))
      if one.layout.localState == .mean { a.add(share.0[k] * n, to: one.layout.local + k) }
      if other.layout.localState == .mean { a.add(share.1[k] * n, to: other.layout.local + k) }
    }
  }
}

/// The part of the Newton matrix that belongs to the necks between two classes: the exchanges leave after the two classes,
/// which read them at their surfaces. Plain memory that belongs to the solver.
struct NeckSystem {
  typealias Pointer = UnsafeMutablePointer<Double>
  typealias Vector = BorderedBlockTridiagonal.Vector

  let contact: NeckContact
  let firstVolume: Int
  let count: Int
  let sides: (Side, Side)
  /// The coefficient of n in its own equation.
  let own: Pointer
  private let inverseOwn: Pointer
  /// 1/pivot × the coefficients of cₑ, φₑ, φₛ in the equation of n when the classes are gone.
  private let row: UnsafeMutablePointer<Vector>
  /// What n then adds to the balances of the volumes.
  private let source: UnsafeMutablePointer<Vector>

  /// What a neck has to do with one of its classes, a number per volume.
  struct Side {
    let system: ParticleClassSystem
    /// The equation of n: coefficients of the stoichiometries at the surface and before, and of the local state.
    let bySurface, byInner, byLocal: Pointer
    /// Coefficients of n in the equations of the surface and of the local state.
    let surfaceSource, localSource: Pointer
    /// The coefficient of j in the equation of n when the stoichiometries are gone, and 1/pivot × that of n in that of j.
    fileprivate let byReaction, reactionByNeck: Pointer
    fileprivate let surfaceWeight, innerWeight: Pointer
  }

  /// Arrays of numbers per volume that the balances write.
  static let arrayCount = 11

  init(
    _ contact: NeckContact, firstVolume: Int, systems: (ParticleClassSystem, ParticleClassSystem), arrays: Pointer,
    allocate: (Int) -> Pointer
  ) {
    self.contact = contact
    self.firstVolume = firstVolume
    let count = systems.0.count
    self.count = count
    var next = arrays
    func array() -> Pointer {
      defer { next += count }
      return next
    }
    own = array()
    var written: [Pointer] = []
    for _ in 0..<10 { written.append(array()) }
    next = allocate(9 * count)
    inverseOwn = array()
    func side(_ system: ParticleClassSystem, _ first: Int) -> Side {
      Side(
        system: system, bySurface: written[first], byInner: written[first + 1], byLocal: written[first + 2],
        surfaceSource: written[first + 3], localSource: written[first + 4], byReaction: array(),
        reactionByNeck: array(), surfaceWeight: array(), innerWeight: array())
    }
    sides = (side(systems.0, 0), side(systems.1, 5))
    func vectors() -> UnsafeMutablePointer<Vector> {
      let stride = MemoryLayout<Vector>.stride / MemoryLayout<Double>.stride
      return UnsafeMutableRawPointer(allocate(stride * count)).assumingMemoryBound(to: Vector.self)
    }
    row = vectors()
    source = vectors()
  }

  // MARK: factors

  /// Eliminates the exchanges from the balances of the volumes, after the classes.
  func eliminate(from blocks: BorderedBlockTridiagonal) {
    for k in 0..<count {
      var pivot = own[k]
      row[k] = .zero
      source[k] = .zero
      for side in [sides.0, sides.1] {
        let system = side.system
        (side.surfaceWeight[k], side.innerWeight[k]) = system.weights(
          ofSurface: side.bySurface[k], inner: side.byInner[k], k)
        let local = system.inverseLocalPivot(k)
        pivot -= side.surfaceWeight[k] * side.surfaceSource[k] + side.byLocal[k] * local * side.localSource[k]
        let reaction = system.reactionCoefficients(k)
        side.byReaction[k] =
          -side.surfaceWeight[k] * system.particle.stoichiometryPerCharge[k]
          - side.byLocal[k] * local * system.localByReaction[k]
        side.reactionByNeck[k] =
          -reaction.inverse
          * (reaction.surfaceWeight * side.surfaceSource[k] + system.byLocal[k] * local * side.localSource[k])
        pivot -= side.byReaction[k] * side.reactionByNeck[k]
        row[k] -= side.byReaction[k] * reaction.row
        source[k] -= side.reactionByNeck[k] * reaction.source
      }
      inverseOwn[k] = 1 / pivot
      row[k] *= inverseOwn[k]
      let volume = firstVolume + k
      blocks.diagonal[volume].c0 -= row[k].x * source[k]
      blocks.diagonal[volume].c1 -= row[k].y * source[k]
      blocks.diagonal[volume].c2 -= row[k].z * source[k]
    }
  }

  // MARK: solution

  /// Takes the exchanges out of a right-hand side, after the classes.
  func reduce(_ b: Pointer, _ right: UnsafeMutablePointer<Vector>) {
    let n = b + contact.unknown
    for k in 0..<count {
      for side in [sides.0, sides.1] {
        let layout = side.system.particle.layout
        let surface = layout.surface(volume: k)
        n[k] -= side.surfaceWeight[k] * b[surface] + side.byReaction[k] * b[layout.reaction + k]
        if side.system.readsInner { n[k] -= side.innerWeight[k] * b[surface - count] }
        if layout.localState != .none { n[k] -= side.byLocal[k] * b[layout.local + k] }
      }
      n[k] *= inverseOwn[k]
      right[firstVolume + k] -= n[k] * source[k]
    }
  }

  /// Finds the exchanges when the unknowns of the volumes are known, and takes them out of the classes.
  func expand(_ b: Pointer, _ solution: UnsafePointer<Vector>) {
    let n = b + contact.unknown
    for k in 0..<count {
      n[k] -= (row[k] * solution[firstVolume + k]).sum()
      for side in [sides.0, sides.1] {
        let layout = side.system.particle.layout
        b[layout.reaction + k] -= side.reactionByNeck[k] * n[k]
        b[layout.surface(volume: k)] -= side.surfaceSource[k] * n[k]
        side.system.total[k] -= side.surfaceSource[k] * n[k]
        if layout.localState != .none {
          b[layout.local + k] -= side.system.inverseLocalPivot(k) * side.localSource[k] * n[k]
        }
      }
    }
  }
}
