import CellInterface
import Integration

/// The linear solver of the cell model. It knows which equation reads which unknown, so that its cost grows with the
/// number of unknowns and no faster.
///
/// Elimination goes from the inside out. The stoichiometries of a particle read each other and its reaction current: they
/// leave by forward elimination from the centre up to the surface. The local state and the reaction current density leave
/// as scalars, into the three unknowns cₑ, φₑ, φₛ of their volume (`ParticleClassSystem`; `BorderedClassSystem` where every
/// point of a particle reacts). What remains is block-tridiagonal through the cell, bordered by the temperature, the potential of a positive foil, the
/// terminal current, charge and energy (`BorderedBlockTridiagonal`). Then everything comes back in the opposite order.
///
/// Derivatives are written straight to where they are eliminated; there is no sparse matrix in between.
final class CellSolver: LinearSolver {
  typealias Vector = BorderedBlockTridiagonal.Vector
  typealias Pointer = UnsafeMutablePointer<Double>

  private let model: CellModel
  private let classes: UnsafeMutableBufferPointer<ParticleClassSystem>
  private let bordered: UnsafeMutableBufferPointer<BorderedClassSystem>
  private let necks: UnsafeMutableBufferPointer<NeckSystem>
  private let blocks: BorderedBlockTridiagonal
  private let foil: FoilSystem?
  private let tape: UnsafeBufferPointer<Int32>
  /// Everything that the balances write.
  private let values: UnsafeMutableBufferPointer<Double>
  private let right: UnsafeMutableBufferPointer<Vector>
  private let border: UnsafeMutableBufferPointer<Double>
  private var allocations: [UnsafeMutableRawPointer] = []
  private let memory = PlainMemory()

  private let concentration: Int
  private let electrolytePotential: Int
  /// For each volume, where its φₛ stands in the state; −1 in the separator.
  private let solidPotentials: UnsafeBufferPointer<Int>
  /// Where the border's unknowns stand; the temperature, if it is one, comes first.
  private let borderUnknowns: UnsafeBufferPointer<Int>
  private let temperature: Int?

  /// The current density of a negative foil, which leaves into the first volume.
  private struct FoilSystem {
    let unknown: Int
    /// Its own equation: coefficients of the current density, of cₑ and φₑ, and of T.
    let own, byConcentration, byPotential, byTemperature: Pointer
    /// Coefficients of the current density in the balances of cₑ and φₑ.
    let sourceOfConcentration, sourceOfPotential: Pointer

    static let count = 6

    init(unknown: Int, values: Pointer) {
      self.unknown = unknown
      (own, byConcentration, byPotential, byTemperature) = (values, values + 1, values + 2, values + 3)
      (sourceOfConcentration, sourceOfPotential) = (values + 4, values + 5)
    }

    var row: Vector { Vector(byConcentration.pointee, byPotential.pointee, 0) }
    var source: Vector { Vector(sourceOfConcentration.pointee, sourceOfPotential.pointee, 0) }
  }

  init(_ model: CellModel) {
    self.model = model
    let layout = model.layout
    let equations = model.equations
    let volumeCount = equations.volumeCount
    concentration = layout.concentration
    electrolytePotential = layout.electrolytePotential
    temperature = layout.temperature
    var borderUnknowns: [Int] = []
    if let temperature = layout.temperature { borderUnknowns.append(temperature) }
    if equations.positiveFoil != nil { borderUnknowns.append(layout.positive) }
    borderUnknowns += [layout.current, layout.charge, layout.energy]
    self.borderUnknowns = memory.copy(borderUnknowns)
    var solidPotentials = [Int](repeating: -1, count: volumeCount)
    for electrode in equations.electrodes {
      for k in 0..<electrode.volumeCount { solidPotentials[electrode.firstVolume + k] = electrode.potential + k }
    }
    self.solidPotentials = memory.copy(solidPotentials)

    let blockValues = BorderedBlockTridiagonal.storageCount(
      blockCount: volumeCount, borderCount: borderUnknowns.count)
    let particles = equations.electrodes.flatMap { electrode in
      electrode.particles.map { (particle: $0, firstVolume: electrode.firstVolume) }
    }
    let neckValues = equations.electrodes.reduce(0) { $0 + $1.necks.count * NeckSystem.arrayCount * $1.volumeCount }
    let arrayValues = particles.reduce(neckValues) {
      $0
        + ($1.particle.isBordered
          ? BorderedClassSystem.valueCount($1.particle)
          : ParticleClassSystem.arrayCount * $1.particle.layout.volumeCount)
    }
    values = Self.allocate(blockValues + FoilSystem.count + arrayValues)
    right = .allocate(capacity: volumeCount)
    right.initialize(repeating: .zero)
    border = .allocate(capacity: borderUnknowns.count)
    let base = values.baseAddress!
    blocks = BorderedBlockTridiagonal(
      blockCount: volumeCount,
      coupledColumns: borderUnknowns.map { $0 != layout.charge && $0 != layout.energy },
      // The terminals see the end of the cell, its temperature all of it.
      rowBlocks: borderUnknowns.map { ($0 == layout.temperature ? 0 : volumeCount - 1)..<volumeCount }, storage: base)
    foil = equations.negativeFoil.map { _ in FoilSystem(unknown: layout.negative, values: base + blockValues) }

    var allocations: [UnsafeMutableRawPointer] = []
    func allocate(_ count: Int) -> Pointer {
      let memory = Self.allocate(count)
      allocations.append(UnsafeMutableRawPointer(memory.baseAddress!))
      return memory.baseAddress!
    }
    var next = base + blockValues + FoilSystem.count
    var systems: [ParticleClassSystem] = []
    var borderedSystems: [BorderedClassSystem] = []
    for (particle, firstVolume) in particles {
      if particle.isBordered {
        borderedSystems.append(
          BorderedClassSystem(particle, firstVolume: firstVolume, values: next, memory: memory, allocate: allocate))
        next += BorderedClassSystem.valueCount(particle)
      } else {
        systems.append(
          ParticleClassSystem(
            particle, firstVolume: firstVolume, hasTemperature: layout.temperature != nil, arrays: next,
            memory: memory, allocate: allocate))
        next += ParticleClassSystem.arrayCount * particle.layout.volumeCount
      }
    }
    var neckSystems: [NeckSystem] = []
    for electrode in equations.electrodes {
      for neck in electrode.necks {
        func system(_ i: Int) -> ParticleClassSystem {
          systems.first { $0.particle.layout.reaction == electrode.particles[i].layout.reaction }!
        }
        neckSystems.append(
          NeckSystem(
            neck, firstVolume: electrode.firstVolume, systems: (system(neck.first), system(neck.second)), arrays: next,
            allocate: allocate))
        next += NeckSystem.arrayCount * electrode.volumeCount
      }
    }
    classes = .allocate(capacity: systems.count)
    _ = classes.initialize(from: systems)
    bordered = .allocate(capacity: borderedSystems.count)
    _ = bordered.initialize(from: borderedSystems)
    necks = .allocate(capacity: neckSystems.count)
    _ = necks.initialize(from: neckSystems)
    self.allocations = allocations

    let positions = Positions(
      layout: layout, volumeCount: volumeCount, solidPotentials: solidPotentials, borderUnknowns: borderUnknowns,
      classes: systems, bordered: borderedSystems, necks: neckSystems, foil: foil, blocks: blocks, base: base)
    var structure = JacobianStructure(place: positions.position)
    // A power reads both terminal quantities, so that the tape covers every control.
    var everyControl = equations
    everyControl.control = .power(0)
    everyControl.addBalances(at: 0, to: &structure)
    tape = memory.copy(structure.tape)
  }

  deinit {
    values.deallocate()
    right.deallocate()
    border.deallocate()
    classes.deallocate()
    bordered.deallocate()
    necks.deallocate()
    for allocation in allocations { allocation.deallocate() }
  }

  private static func allocate(_ count: Int) -> UnsafeMutableBufferPointer<Double> {
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, count) * MemoryLayout<Double>.stride, alignment: 64)
    let numbers = raw.bindMemory(to: Double.self, capacity: count)
    numbers.initialize(repeating: 0, count: count)
    return UnsafeMutableBufferPointer(start: numbers, count: count)
  }

  // MARK: factors

  func factor(
    _ linearisation: Linearisation, at time: Double, _ y: UnsafePointer<Double>, _ rate: UnsafePointer<Double>
  ) -> Bool {
    values.update(repeating: 0)
    // There is no φₛ in the separator: an equation that says so keeps the blocks alike.
    for k in 0..<blocks.blockCount where solidPotentials[k] < 0 { blocks.diagonal[k].c2.z = 1 }
    var assembly = JacobianAssembly(
      linearisation, y, rate, into: values.baseAddress!, tape: tape.baseAddress!)
    model.addBalances(at: time, to: &assembly)

    let weights = linearisation.weights(differential: true)
    let temperature = temperature.map { model.cell.referenceTemperature + y[$0] } ?? model.ambientTemperature
    for i in classes.indices {
      guard classes[i].factorTransport(weights, temperature: temperature, y) else { return false }
      classes[i].eliminate(from: blocks)
    }
    for i in bordered.indices {
      guard bordered[i].eliminate(from: blocks, weights, temperature: temperature, y) else { return false }
    }
    for i in necks.indices { necks[i].eliminate(from: blocks) }
    if let foil {
      let row = 1 / foil.own.pointee * foil.row
      blocks.diagonal[0].c0 -= row.x * foil.source
      blocks.diagonal[0].c1 -= row.y * foil.source
      if self.temperature != nil {
        blocks.columns[0] -= (foil.byTemperature.pointee / foil.own.pointee) * foil.source
      }
    }
    return blocks.factor()
  }

  // MARK: solution

  func solve(_ b: UnsafeMutablePointer<Double>) -> Bool {
    let right = right.baseAddress.unsafelyUnwrapped
    let border = border.baseAddress.unsafelyUnwrapped
    for k in 0..<blocks.blockCount {
      let solid = solidPotentials[k]
      right[k] = Vector(b[concentration + k], b[electrolytePotential + k], solid < 0 ? 0 : b[solid])
    }
    for (i, unknown) in borderUnknowns.enumerated() { border[i] = b[unknown] }
    for i in classes.indices { classes[i].reduce(b, right, heat: &border[0]) }
    for i in bordered.indices { bordered[i].reduce(b, right) }
    for i in necks.indices { necks[i].reduce(b, right) }
    if let foil {
      b[foil.unknown] /= foil.own.pointee
      right[0] -= b[foil.unknown] * foil.source
    }

    blocks.solve(right, border: border)

    for k in 0..<blocks.blockCount {
      let u = right[k]
      b[concentration + k] = u.x
      b[electrolytePotential + k] = u.y
      let solid = solidPotentials[k]
      if solid >= 0 { b[solid] = u.z }
    }
    for (i, unknown) in borderUnknowns.enumerated() { b[unknown] = border[i] }
    let temperature = temperature == nil ? 0 : border[0]
    if let foil {
      let sum = (foil.row * right[0]).sum() + foil.byTemperature.pointee * temperature
      b[foil.unknown] -= sum / foil.own.pointee
    }
    for i in necks.indices { necks[i].expand(b, right) }
    for i in classes.indices { classes[i].expand(b, right, temperature: temperature) }
    for i in bordered.indices { bordered[i].expand(b, right) }
    return true
  }

  // MARK: positions

  /// Where the coefficient of an unknown in an equation is written, as an offset into the values.
  private struct Positions {
    let base: Pointer
    let classes: [ParticleClassSystem]
    let bordered: [BorderedClassSystem]
    let necks: [NeckSystem]
    let foil: FoilSystem?
    let blocks: BorderedBlockTridiagonal
    /// Of each unknown.
    private var roles: [Role?]

    /// What an unknown, or the equation of the same number, is to the elimination.
    private enum Role {
      case volume(Int, component: Int)
      case local(Local, class: Int, Int)
      case bordered(Bordered, class: Int, Int)
      case neck(Int, Int)
      case foil
      case border(Int)
    }

    /// What a particle class has in each volume.
    private enum Local {
      case surface, inner, state, reaction
    }

    /// What a bordered class has in each volume.
    private enum Bordered {
      case inside(Int)
      case shared, reaction
    }

    init(
      layout: StateLayout, volumeCount: Int, solidPotentials: [Int], borderUnknowns: [Int],
      classes: [ParticleClassSystem], bordered: [BorderedClassSystem], necks: [NeckSystem],
      foil: FoilSystem?, blocks: BorderedBlockTridiagonal, base: Pointer
    ) {
      roles = [Role?](repeating: nil, count: layout.count)
      self.base = base
      self.classes = classes
      self.bordered = bordered
      self.necks = necks
      self.foil = foil
      self.blocks = blocks
      for k in 0..<volumeCount {
        roles[layout.concentration + k] = .volume(k, component: 0)
        roles[layout.electrolytePotential + k] = .volume(k, component: 1)
        if solidPotentials[k] >= 0 { roles[solidPotentials[k]] = .volume(k, component: 2) }
      }
      for (i, system) in classes.enumerated() {
        for k in 0..<system.count {
          roles[system.particle.layout.surface(volume: k)] = .local(.surface, class: i, k)
          roles[system.particle.layout.reaction + k] = .local(.reaction, class: i, k)
          if case .cahnHilliard = system.particle.transport {
            roles[system.particle.layout.surface(volume: k) - system.count] = .local(.inner, class: i, k)
          }
          if system.particle.layout.localState != .none {
            roles[system.particle.layout.local + k] = .local(.state, class: i, k)
          }
        }
      }
      for (i, system) in bordered.enumerated() {
        let layout = system.particle.layout
        for k in 0..<system.count {
          for row in 0..<layout.insideCount {
            roles[layout.inside + row * layout.volumeCount + k] = .bordered(.inside(row), class: i, k)
          }
          roles[layout.local + k] = .bordered(.shared, class: i, k)
          roles[layout.reaction + k] = .bordered(.reaction, class: i, k)
        }
      }
      for (i, neck) in necks.enumerated() {
        for k in 0..<neck.count { roles[neck.contact.unknown + k] = .neck(i, k) }
      }
      if let foil { roles[foil.unknown] = .foil }
      for (b, unknown) in borderUnknowns.enumerated() { roles[unknown] = .border(b) }
    }

    func position(equation: Int, unknown: Int) -> Int {
      guard let row = roles[equation], let column = roles[unknown], let position = position(row, column) else {
        preconditionFailure("equation \(equation) must not read unknown \(unknown)")
      }
      return position
    }

    private func position(_ row: Role, _ column: Role) -> Int? {
      switch (row, column) {
      case (.volume(let k, let r), .volume(let l, let c)):
        switch l - k {
        case 0: blocks.position(of: blocks.diagonal, k, r, c)
        case -1: blocks.position(of: blocks.left, k, r, c)
        case 1: blocks.position(of: blocks.right, k, r, c)
        default: nil
        }
      case (.volume(let volume, let r), .local(.reaction, let i, let k)) where volume == classes[i].firstVolume + k:
        offset(component(classes[i].source, r), k)
      case (.volume(0, let r), .foil):
        foil.flatMap { r == 2 ? nil : offset(r == 0 ? $0.sourceOfConcentration : $0.sourceOfPotential) }
      case (.volume(let k, let r), .border(let b)): blocks.position(of: blocks.columns, b, k, r)
      case (.local(.reaction, let i, let k), .volume(let volume, let c)) where volume == classes[i].firstVolume + k:
        offset(component(classes[i].byVolume, c), k)
      case (.local(.reaction, let i, let k), .border(0)): offset(classes[i].byTemperature, k)
      case (.local(let equation, let i, let k), .local(let unknown, let m, let l)) where i == m && k == l:
        switch (equation, unknown) {
        case (.reaction, .surface): offset(classes[i].bySurface, k)
        case (.reaction, .reaction): offset(classes[i].byReaction, k)
        case (.reaction, .inner): offset(classes[i].byInner, k)
        case (.reaction, .state): offset(classes[i].byLocal, k)
        case (.state, .state): offset(classes[i].localByLocal, k)
        case (.state, .reaction): offset(classes[i].localByReaction, k)
        default: nil
        }
      case (.volume(let volume, let r), .bordered(.reaction, let i, let k)) where volume == bordered[i].firstVolume + k:
        offset(component(bordered[i].source, r), k)
      case (.bordered(.inside(let row), let i, let k), .volume(let volume, let c))
      where volume == bordered[i].firstVolume + k:
        offset(component(bordered[i].byVolume, c), row * bordered[i].count + k)
      case (.bordered(.reaction, let i, let k), .volume(let volume, let c)) where volume == bordered[i].firstVolume + k:
        offset(component(bordered[i].reactionByVolume, c), k)
      case (.bordered(let equation, let i, let k), .bordered(let unknown, let m, let l)) where i == m && k == l:
        position(equation, unknown, of: bordered[i], k)
      case (.neck(let i, let k), .neck(let m, let l)) where i == m && k == l: offset(necks[i].own, k)
      case (.neck(let i, let k), .local(let unknown, let m, let l)) where k == l:
        side(of: necks[i], class: m).flatMap { side in
          switch unknown {
          case .surface: offset(side.bySurface, k)
          case .inner: offset(side.byInner, k)
          case .state: offset(side.byLocal, k)
          case .reaction: nil
          }
        }
      case (.local(let equation, let m, let l), .neck(let i, let k)) where k == l:
        side(of: necks[i], class: m).flatMap { side in
          switch equation {
          case .surface: offset(side.surfaceSource, k)
          case .state: offset(side.localSource, k)
          case .inner, .reaction: nil
          }
        }
      case (.foil, .foil): foil.map { offset($0.own) }
      case (.foil, .volume(0, let c)):
        foil.flatMap { c == 2 ? nil : offset(c == 0 ? $0.byConcentration : $0.byPotential) }
      case (.foil, .border(0)): foil.map { offset($0.byTemperature) }
      case (.border(let b), .volume(let k, let c)): blocks.position(of: blocks.rows, b, k, c)
      case (.border(let b), .border(let c)): blocks.position(corner: b, c)
      case (.border(0), .local(.surface, let i, let k)): offset(classes[i].heatBySurface, k)
      case (.border(0), .local(.reaction, let i, let k)): offset(classes[i].heatByReaction, k)
      case (.border(0), .local(.inner, let i, let k)): offset(classes[i].heatByInner, k)
      case (.border(0), .local(.state, let i, let k)): offset(classes[i].heatByLocal, k)
      default: nil
      }
    }

    private func position(_ row: Bordered, _ column: Bordered, of system: BorderedClassSystem, _ k: Int) -> Int? {
      switch (row, column) {
      case (.inside(let row), .inside(let column)):
        abs(row - column) <= system.bandwidth ? offset(system.element(row, column), k) : nil
      case (.inside(let row), .shared): offset(system.byShared, row * system.count + k)
      case (.inside(let row), .reaction): offset(system.byReaction, row * system.count + k)
      case (.shared, .inside(let column)): offset(system.sharedWeight, column * system.count + k)
      case (.shared, .shared): offset(system.sharedByShared, k)
      case (.shared, .reaction): offset(system.sharedByReaction, k)
      case (.reaction, .inside(let column)): offset(system.weight, column * system.count + k)
      case (.reaction, .shared): offset(system.reactionByShared, k)
      case (.reaction, .reaction): offset(system.reactionByReaction, k)
      }
    }

    /// What a neck has to do with a class.
    private func side(of neck: NeckSystem, class index: Int) -> NeckSystem.Side? {
      [neck.sides.0, neck.sides.1].first { $0.system.bySurface == classes[index].bySurface }
    }

    private func component(_ arrays: (Pointer, Pointer, Pointer), _ i: Int) -> Pointer {
      i == 0 ? arrays.0 : i == 1 ? arrays.1 : arrays.2
    }

    private func offset(_ array: Pointer, _ k: Int = 0) -> Int { array + k - base }
  }
}
