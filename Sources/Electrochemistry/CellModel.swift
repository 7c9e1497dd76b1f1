import CellInterface
import Integration

/// The porous-electrode model of a cell (Doyle, Fuller & Newman, J. Electrochem. Soc. 140, 1526, 1993): one
/// coordinate z through negative side | separator | positive side, one radial coordinate in the particles at every z,
/// one temperature. Finite volumes through the cell, finite elements along the radius (phase fields: control volumes).
///
/// Each side is a porous electrode or a metal foil; against an ideal reference electrode there remains one particle of
/// each material of the positive side.
///
/// Currents through the cell are densities per electrode area, positive from the negative to the positive collector
/// (discharge); the terminal current I is positive on charge.
///
/// What it tells beside the terminals stands in `Observables`.
public final class CellModel: DAESystem {
  public let cell: Cell
  /// Counts of volumes and radial intervals; 0 volumes where there is no porous electrode or separator.
  public let mesh: Mesh
  let layout: StateLayout
  /// In memory of its own, which the inner loops may read without asking who else does.
  private let equationsMemory: UnsafeMutablePointer<CellEquations>
  var equations: CellEquations { equationsMemory.pointee }
  let materials: [Material]
  private let memory = PlainMemory()
  private let relativeTolerance: Double
  /// Of the layers of an electrode, in m, as far as it follows from the state at the start.
  private(set) var thicknessesAtStart: [Double] = []

  /// What the terminals see; changes between steps of a protocol.
  public var control: Control {
    get { equationsMemory.pointee.control }
    set { equationsMemory.pointee.control = newValue }
  }
  /// Time in s at which the control was imposed, from which its rate counts.
  public var controlStart: Double {
    get { equationsMemory.pointee.controlStart }
    set { equationsMemory.pointee.controlStart = newValue }
  }
  /// Temperature of the surroundings in K, which is that of the cell unless it has a heat balance.
  public var ambientTemperature: Double {
    get { equationsMemory.pointee.ambientTemperature }
    set {
      if cell.thermal == nil && newValue != ambientTemperature { memory.setTemperature(newValue) }
      equationsMemory.pointee.ambientTemperature = newValue
    }
  }

  /// - Parameter relativeTolerance: error tolerance of the integration; the absolute tolerances follow from it.
  public init(_ cell: Cell, mesh wanted: Mesh = .standard, relativeTolerance: Double) {
    let isSingleParticle = cell.negative == .reference
    var mesh = wanted
    if cell.negative.porous == nil { mesh.negative = 0 }
    if cell.separator == nil { mesh.separator = 0 }
    mesh.positive = cell.positive.porous == nil ? 0 : isSingleParticle ? 1 : wanted.positive
    let layout = StateLayout(cell, mesh: mesh)
    self.cell = cell
    self.mesh = mesh
    self.layout = layout
    self.relativeTolerance = relativeTolerance

    let memory = memory
    var electrodes: [PorousElectrode] = []
    for (side, isPositive) in [(cell.negative, false), (cell.positive, true)] {
      guard let electrode = side.porous else { continue }
      let positions = Self.positions(isPositive ? mesh.positive : mesh.negative, collectorOnTheLeft: !isPositive)
      let particles = zip(electrode.materials, isPositive ? layout.positiveClasses : layout.negativeClasses).map {
        Particle(
          $0, layout: $1, positions: positions, order: mesh.radialOrder,
          referenceTemperature: cell.referenceTemperature,
          temperature: cell.thermal == nil ? cell.initialTemperature : nil,
          initialConcentration: cell.electrolyte.initialConcentration, in: memory)
      }
      electrodes.append(
        PorousElectrode(
          electrode, isPositive: isPositive, firstVolume: isPositive ? mesh.negative + mesh.separator : 0,
          volumeCount: isPositive ? mesh.positive : mesh.negative,
          potential: isPositive ? layout.positive : layout.negative, particles: memory.copy(particles),
          necks: memory.copy(
            zip(electrode.necks, isPositive ? layout.positiveNecks : layout.negativeNecks).map {
              NeckContact($0, particles: particles, unknown: $1, in: memory)
            }),
          isSingleParticle: isSingleParticle))
    }

    materials = Self.materials(of: cell, electrodes, order: mesh.radialOrder)

    let volumes =
      Self.volumes(of: cell.negative.porous, count: mesh.negative, collectorOnTheLeft: true)
      + (0..<mesh.separator).map { _ in
        let width = cell.separator!.thickness / Double(mesh.separator)
        return (cell.separator!.porosity * width, width / 2 / cell.separator!.transportEfficiency)
      } + Self.volumes(of: cell.positive.porous, count: mesh.positive, collectorOnTheLeft: false)
    // From the middle of the last volume to its collector; a single particle's conductance is infinite.
    let halfVolume = electrodes.last { $0.isPositive }.map { 1 / (2 * $0.conductance * cell.electrodeArea) } ?? 0
    func foil(_ side: Side) -> Foil? { if case .foil(let foil) = side { foil } else { nil } }
    equationsMemory = .allocate(capacity: 1)
    let equations = CellEquations(
      electrodes: memory.copy(electrodes), negativeFoil: foil(cell.negative), positiveFoil: foil(cell.positive),
      isSingleParticle: isSingleParticle, electrolyteWidths: memory.copy(volumes.map(\.electrolyteWidth)),
      halfPaths: memory.copy(volumes.map(\.halfPath)),
      properties: memory.allocate(3 * ElectrolyteTransport<Double>.Properties.count * volumes.count),
      electrolyte: ElectrolyteView(cell.electrolyte, in: memory), area: cell.electrodeArea,
      terminalResistance: cell.contactResistance + halfVolume, thermal: cell.thermal,
      referenceTemperature: cell.referenceTemperature, concentration: layout.concentration,
      electrolytePotential: layout.electrolytePotential, negative: layout.negative,
      lastPotential: layout.positive + max(1, mesh.positive) - 1, temperature: layout.temperature,
      current: layout.current, charge: layout.charge, energy: layout.energy, unknownCount: layout.count,
      ambientTemperature: cell.thermal == nil ? cell.initialTemperature : cell.ambientTemperature)
    equationsMemory.initialize(to: equations)
  }

  deinit { equationsMemory.deallocate() }

  private static func volumes(of electrode: Electrode?, count: Int, collectorOnTheLeft: Bool)
    -> [(electrolyteWidth: Double, halfPath: Double)]
  {
    guard let electrode else { return [] }
    let width = electrode.thickness / Double(count)
    return positions(count, collectorOnTheLeft: collectorOnTheLeft).map { position in
      let porosity = electrode.porosityProfile?(position) ?? electrode.porosity
      let efficiency = electrode.transportEfficiencyProfile?(position) ?? electrode.transportEfficiency
      return (porosity * width, width / 2 / efficiency)
    }
  }

  /// The middles of the volumes of an electrode, from left to right, between the collector (0) and the separator (1).
  private static func positions(_ count: Int, collectorOnTheLeft: Bool) -> [Double] {
    (0..<count).map { k in
      let fromLeft = (Double(k) + 0.5) / Double(count)
      return collectorOnTheLeft ? fromLeft : 1 - fromLeft
    }
  }

  // MARK: the equations

  public func evaluate<S: Scalar>(
    at time: Double, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ residual: UnsafeMutablePointer<S>
  ) { equationsMemory.pointee.evaluate(at: time, y, rate, residual) }

  /// Everything but the diffusion inside the particles.
  func addBalances<A: Assembly>(at time: Double, to assembly: inout A) where A.Shared == A.Number {
    equationsMemory.pointee.addBalances(at: time, to: &assembly)
  }

  public func residual(
    at time: Double, _ y: UnsafePointer<Double>, _ rate: UnsafePointer<Double>,
    _ residual: UnsafeMutablePointer<Double>
  ) { equationsMemory.pointee.evaluate(at: time, y, rate, residual) }

  public func residual(
    at time: Double, _ y: UnsafePointer<Dual8>, _ rate: UnsafePointer<Dual8>,
    _ residual: UnsafeMutablePointer<Dual8>
  ) { equationsMemory.pointee.evaluate(at: time, y, rate, residual) }

  // MARK: the unknowns

  public var unknownCount: Int { layout.count }

  public func isDifferential(_ unknown: Int) -> Bool { kind(of: unknown).differential }

  public func absoluteTolerance(_ unknown: Int) -> Double { 0.1 * relativeTolerance * kind(of: unknown).scale }

  public var hasInstabilities: Bool {
    equations.electrodes.contains { !$0.necks.isEmpty || $0.particles.contains { $0.canSplit } }
  }

  public func canFollow(_ y: UnsafePointer<Double>, c: Double) -> Bool {
    let temperature = layout.temperature.map { cell.referenceTemperature + y[$0] } ?? ambientTemperature
    for e in equations.electrodes.indices {
      for p in equations.electrodes[e].particles.indices
      where equations.electrodes[e].particles[p].hasInstability(
        c: c, temperature: temperature, isIsothermal: layout.temperature == nil, y, onlyWhereEndsAre: true)
      { return false }
    }
    return true
  }

  /// The compositions of hosts whose sites fill up.
  public var fractions: [Range<Int>] {
    equations.electrodes.flatMap { electrode in
      electrode.particles.filter { $0.isLattice && $0.layout.stride == 1 }.map {
        $0.layout.stoichiometry..<$0.layout.stoichiometry + $0.layout.nodeCount * $0.layout.volumeCount
      }
    }
  }

  /// Whether an unknown has a time derivative, and a typical size of it in its own unit.
  private func kind(of unknown: Int) -> (differential: Bool, scale: Double) {
    let oneC = cell.nominalCapacity
    let capacity = 3600 * cell.nominalCapacity
    switch unknown {
    case layout.concentration..<layout.electrolytePotential: return (true, cell.electrolyte.initialConcentration)
    case layout.electrolytePotential..<layout.negative: return (false, 1)
    case layout.current: return (false, oneC)
    case layout.charge: return (true, capacity)
    case layout.energy: return (true, capacity * cell.voltageWindow.upperBound)
    case layout.temperature: return (true, 10)
    case layout.negative..<layout.positive:
      return (false, cell.negative.porous == nil ? oneC / cell.electrodeArea : 1)
    case layout.positive..<layout.positive + max(1, mesh.positive): return (false, 1)
    default: break
    }
    for electrode in equations.electrodes {
      for particle in electrode.particles {
        let layout = particle.layout
        if layout.isCurrentDensity(unknown) {
          return (false, oneC / (cell.electrodeArea * electrode.surfaceAreaPerArea))
        }
        let isStretch = layout.localState == .stretch && layout.local..<layout.local + layout.volumeCount ~= unknown
        if isStretch || layout.isDisplacement(unknown) { return (false, 0.01) }
      }
      for neck in electrode.necks where neck.unknown..<neck.unknown + electrode.volumeCount ~= unknown {
        return (false, 1 / 3600)
      }
    }
    return (true, 1)
  }

  /// Writes a rested cell: uniform concentrations, and potentials near those of open circuit.
  /// - Parameter stateOfCharge: 0 to 1, between the stoichiometry limits of the materials.
  public func writeRest(stateOfCharge: Double, to y: UnsafeMutableBufferPointer<Double>) {
    y.update(repeating: 0)
    for k in 0..<equations.volumeCount { y[layout.concentration + k] = cell.electrolyte.initialConcentration }
    var potentials = (negative: 0.0, positive: 0.0)
    for electrode in equations.electrodes {
      if electrode.isPositive {
        potentials.positive = fill(electrode, cell.positive.porous!, filling: 1 - stateOfCharge, in: y)
      } else {
        potentials.negative = fill(electrode, cell.negative.porous!, filling: stateOfCharge, in: y)
      }
    }
    for k in 0..<equations.volumeCount { y[layout.electrolytePotential + k] = -potentials.negative }
    for k in 0..<max(1, mesh.positive) { y[layout.positive + k] = potentials.positive - potentials.negative }
    if let temperature = layout.temperature { y[temperature] = cell.initialTemperature - cell.referenceTemperature }
    setThicknesses(atStart: UnsafePointer(y.baseAddress!))
  }

  /// Writes how fast compositions change in a rested cell, where that is far from equilibrium: along facets with wetted ends.
  public func writeRestRates(_ y: UnsafePointer<Double>, to rate: UnsafeMutableBufferPointer<Double>) {
    rate.update(repeating: 0)
    for electrode in equations.electrodes {
      for particle in electrode.particles {
        guard case .allenCahn(let facet) = particle.transport else { continue }
        for k in 0..<particle.layout.volumeCount {
          let difference = y[electrode.potential + k] - y[layout.electrolytePotential + electrode.firstVolume + k]
          for i in 0..<facet.pointee.cells {
            rate[particle.layout.stoichiometry(node: i, volume: k)] = particle.reactionRate(
              ofCell: i, facet, volume: k, potentialDifference: difference, temperature: cell.initialTemperature, y)
          }
        }
      }
    }
  }

  /// From now on the change of the electrodes' thickness is that since this state.
  func setThicknesses(atStart y: UnsafePointer<Double>) {
    thicknessesAtStart = equations.electrodes.map { swelling(of: $0, y) }
  }

  /// Fills the particles of an electrode; returns its potential in V.
  private func fill(
    _ model: PorousElectrode, _ electrode: Electrode, filling: Double, in y: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    let rest = cell.rest(of: electrode, filling: filling)
    for (i, particle) in model.particles.enumerated() {
      let material = electrode.materials[i]
      let mean = rest.stoichiometries[i]
      for k in 0..<particle.layout.volumeCount {
        let profile = particle.startingProfile(material, mean: mean, volume: k, temperature: cell.initialTemperature)
        for (node, x) in profile.enumerated() { y[particle.layout.stoichiometry(node: node, volume: k)] = x }
        switch particle.layout.localState {
        case .none: break
        case .hysteresis: y[particle.layout.local + k] = material.hysteresis!.initialState
        case .mean: y[particle.layout.local + k] = particle.meanStoichiometry(y.baseAddress!, volume: k)
        case .stretch:
          // Where the composition is uniform nothing is stretched but by its own strain.
          guard let elasticity = particle.elasticity else { break }
          let strain = elasticity.pointee.freeStrain(mean)
          y[particle.layout.local + k] = strain
          for node in 0..<particle.layout.nodeCount where particle.layout.stride > 1 {
            y[particle.layout.displacement(node: node, volume: k)] = strain * elasticity.pointee.faces[node + 1]
          }
        }
      }
    }
    return rest.potential
  }

  // MARK: what can be read from a state

  /// What an instrument reads in a state.
  /// - Parameter terminals: the unknowns `StateLayout.terminals` alone.
  func reading(at time: Double, terminals y: UnsafePointer<Double>) -> Reading {
    let first = layout.terminals.lowerBound
    let current = y[layout.current - first]
    return Reading(
      time: time, voltage: equations.voltage(lastPotential: y[0], current: current), current: current,
      temperature: layout.temperature.map { cell.referenceTemperature + y[$0 - first] } ?? ambientTemperature,
      charge: y[layout.charge - first],
      energy: y[layout.energy - first])
  }

  /// How fast the readings change, from the rates of change of the terminal unknowns.
  func rates(_ rate: UnsafePointer<Double>) -> ReadingRates {
    let first = layout.terminals.lowerBound
    let current = rate[layout.current - first]
    return ReadingRates(
      voltage: equations.voltage(lastPotential: rate[0], current: current), current: current,
      temperature: layout.temperature.map { rate[$0 - first] } ?? 0)
  }

  /// Lithium (or sodium) in electrodes, foils (above what was there at the start) and electrolyte in mol.
  public func ionInventory(_ y: UnsafePointer<Double>) -> Double {
    var perArea = 0.0
    for electrode in equations.electrodes {
      for particle in electrode.particles {
        perArea += electrode.width * particle.maximumConcentration * particle.totalStoichiometry(y)
      }
    }
    for (k, width) in equations.electrolyteWidths.enumerated() {
      perArea += width * y[layout.concentration + k]
    }
    // What is not a porous electrode gains an ion for each charge that comes from it or goes to it.
    let plated = y[layout.charge] / Constants.faraday
    return perArea * cell.electrodeArea + (cell.negative.porous == nil ? plated : 0)
      - (cell.positive.porous == nil ? plated : 0)
  }
}

// MARK: diagnosis

extension CellModel {
  /// Which reaction has come to the limit of its rate law in a state, in words; nil where none has.
  /// - Parameter current: that is wanted, in A.
  func overload(_ current: Double, _ y: UnsafePointer<Double>) -> String? {
    for electrode in equations.electrodes {
      let side = electrode.isPositive ? "positive" : "negative"
      guard let limit = largestCurrent(of: electrode, leaving: electrode.isPositive == (current > 0), y),
        abs(current) > Self.nearlyAll * limit
      else { continue }
      return "the reaction of the \(side) electrode can carry \(limit.shown) A at most in this state, the limiting "
        + "current of its rate law, and not \(abs(current).shown) A"
    }
    return nil
  }

  /// In A; nil where a rate law has no limit, and of particles that react along facets or are taken in layers.
  private func largestCurrent(of electrode: PorousElectrode, leaving: Bool, _ y: UnsafePointer<Double>) -> Double? {
    let temperature = layout.temperature.map { cell.referenceTemperature + y[$0] } ?? ambientTemperature
    var sum = 0.0
    for particle in electrode.particles {
      guard !particle.isBordered else { return nil }
      let at = particle.reaction.at(temperature, isConstant: layout.temperature == nil)
      // Reads only.
      let state = ResidualAssembly(y: y, rate: y, residual: UnsafeMutablePointer(mutating: y))
      for k in 0..<electrode.volumeCount {
        let surface = particle.surface(volume: k, lanes: (3, 6, 5), at, state)
        guard
          let limit = particle.reaction.largestCurrentDensity(
            leaving: leaving, potential: surface.potential, stoichiometry: surface.x,
            concentrationRatio: y[layout.concentration + electrode.firstVolume + k]
              / cell.electrolyte.initialConcentration,
            rate: particle.rate(surface.x, mean: surface.state, volume: k, at), at)
        else { return nil }
        sum += particle.surfaceAreaPerVolume[k] * limit
      }
    }
    return sum * electrode.width * cell.electrodeArea
  }

  /// From so much of a limiting current on, it is what stops a solver.
  private static var nearlyAll: Double { 0.99 }

  /// What is used up in a state, in words; nil where nothing is.
  func exhaustion(_ y: UnsafePointer<Double>) -> String? {
    for electrode in equations.electrodes {
      let side = electrode.isPositive ? "positive" : "negative"
      for particle in electrode.particles {
        for k in 0..<electrode.volumeCount {
          let x = y[particle.layout.surface(volume: k)]
          if x < Self.nearlyNothing {
            return "the particles of the \(side) electrode are empty at the surface"
          }
          if x > 1 - Self.nearlyNothing {
            return "the particles of the \(side) electrode are full at the surface"
          }
        }
      }
    }
    for k in 0..<equations.volumeCount
    where y[layout.concentration + k] < Self.nearlyNothing * cell.electrolyte.initialConcentration {
      return "the electrolyte has run out of salt"
    }
    return nil
  }

  /// Stoichiometry, or fraction of the initial salt concentration, that counts as used up.
  private static var nearlyNothing: Double { 1e-3 }
}

// MARK: profiles

extension CellModel {
  /// φₑ in V in each volume through the cell.
  public func electrolytePotentials(_ y: UnsafePointer<Double>) -> [Double] {
    (0..<equations.volumeCount).map { y[layout.electrolytePotential + $0] }
  }

  /// cₑ in mol/m³ in each volume through the cell.
  public func electrolyteConcentrations(_ y: UnsafePointer<Double>) -> [Double] {
    (0..<equations.volumeCount).map { y[layout.concentration + $0] }
  }

  /// Reaction current densities in A/m² of particle surface in each volume of an electrode, of its first material; empty
  /// where there is no porous electrode.
  public func reactionCurrentDensities(_ y: UnsafePointer<Double>, positive isPositive: Bool) -> [Double] {
    guard let electrode = equations.electrodes.first(where: { $0.isPositive == isPositive }) else { return [] }
    return (0..<electrode.volumeCount).map { y[electrode.particles[0].layout.reaction + $0] }
  }
}
