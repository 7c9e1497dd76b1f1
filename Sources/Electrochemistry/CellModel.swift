import CellInterface
import Integration

/// The porous-electrode model of a cell (Doyle, Fuller & Newman, J. Electrochem. Soc. 140, 1526, 1993): one
/// coordinate z through negative side | separator | positive side, one radial coordinate in the particles at every z,
/// one temperature. Finite volumes through the cell, linear finite elements along the radius; second order.
///
/// Each side is a porous electrode or a metal foil; against an ideal reference electrode there remains one particle of
/// each material of the positive side.
///
/// Currents through the cell are densities per electrode area, positive from the negative to the positive collector
/// (discharge); the terminal current I is positive on charge.
public final class CellModel: DAESystem {
  public let cell: Cell
  /// Counts of volumes and radial intervals; 0 volumes where there is no porous electrode or separator.
  public let mesh: Mesh
  /// What the terminals see; changes between steps of a protocol.
  public var control: Control = .current(0)
  /// Time in s at which the control was imposed, from which its rate counts.
  public var controlStart = 0.0
  /// Temperature of the surroundings in K, which is that of the cell unless it has a heat balance.
  public var ambientTemperature: Double

  let layout: StateLayout
  let negative: SideModel
  let positive: SideModel
  let volumes: [Volume]
  private let relativeTolerance: Double

  /// One side of the cell.
  enum SideModel {
    case porous(PorousElectrode)
    case foil(Foil)
    case reference

    var porous: PorousElectrode? {
      if case .porous(let electrode) = self { electrode } else { nil }
    }
  }

  /// One finite volume through the cell.
  struct Volume {
    /// Width × porosity in m.
    var electrolyteWidth: Double
    /// Half the width over the transport efficiency in m.
    var halfPath: Double
  }

  /// - Parameter relativeTolerance: error tolerance of the integration; the absolute tolerances follow from it.
  public init(_ cell: Cell, mesh wanted: Mesh = .standard, relativeTolerance: Double) {
    let isSingleParticle = cell.negative == .reference
    let mesh = Mesh(
      negative: cell.negative.porous == nil ? 0 : wanted.negative,
      separator: cell.separator == nil ? 0 : wanted.separator,
      positive: cell.positive.porous == nil ? 0 : isSingleParticle ? 1 : wanted.positive, radial: wanted.radial)
    let layout = StateLayout(cell, mesh: mesh)
    self.cell = cell
    self.mesh = mesh
    self.layout = layout
    self.relativeTolerance = relativeTolerance
    ambientTemperature = cell.thermal == nil ? cell.initialTemperature : cell.ambientTemperature

    func model(_ side: Side, first: Int, count: Int, potential: Int, energies: Int, classes: [StateLayout.Class])
      -> SideModel
    {
      switch side {
      case .foil(let foil): .foil(foil)
      case .reference: .reference
      case .porous(let electrode):
        .porous(
          PorousElectrode(
            electrode, firstVolume: first, volumeCount: count, potential: potential,
            reactionEnergy: layout.reactionEnergy.map { $0 + energies }, classes: classes,
            isSingleParticle: isSingleParticle, referenceTemperature: cell.referenceTemperature))
      }
    }
    negative = model(
      cell.negative, first: 0, count: mesh.negative, potential: layout.negative, energies: 0,
      classes: layout.negativeClasses)
    positive = model(
      cell.positive, first: mesh.negative + mesh.separator, count: mesh.positive, potential: layout.positive,
      energies: mesh.negative, classes: layout.positiveClasses)

    volumes =
      Self.volumes(of: cell.negative.porous, count: mesh.negative, collectorOnTheLeft: true)
      + (0..<mesh.separator).map { _ in
        let width = cell.separator!.thickness / Double(mesh.separator)
        return Volume(
          electrolyteWidth: cell.separator!.porosity * width, halfPath: width / 2 / cell.separator!.transportEfficiency)
      } + Self.volumes(of: cell.positive.porous, count: mesh.positive, collectorOnTheLeft: false)
  }

  private static func volumes(of electrode: Electrode?, count: Int, collectorOnTheLeft: Bool) -> [Volume] {
    guard let electrode else { return [] }
    let width = electrode.thickness / Double(count)
    return (0..<count).map { k in
      let fromLeft = (Double(k) + 0.5) / Double(count)
      let position = collectorOnTheLeft ? fromLeft : 1 - fromLeft
      let porosity = electrode.porosityProfile?(position) ?? electrode.porosity
      let efficiency = electrode.transportEfficiencyProfile?(position) ?? electrode.transportEfficiency
      return Volume(electrolyteWidth: porosity * width, halfPath: width / 2 / efficiency)
    }
  }

  // MARK: the equations

  public func evaluate<S: Scalar>(
    at time: Double, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ residual: UnsafeMutablePointer<S>
  ) {
    let temperature = layout.temperature.map { y[$0] } ?? S(ambientTemperature)
    let electrolyte = ElectrolyteTransport(
      cell.electrolyte, temperature: temperature, referenceTemperature: cell.referenceTemperature)
    // Density of the current through the cell at both collectors.
    let currentDensity = (-1 / cell.electrodeArea) * y[layout.current]

    // Salt and charge in the pores:  ε ∂c/∂t + ∂N/∂z = (1 − t₊) Σ a j / F,  ∂iₑ/∂z = Σ a j; at a foil its reaction.
    electrolyteBalances(electrolyte, currentDensity: currentDensity, temperature, y, rate, residual)
    // Charge in the solid, ∂iₛ/∂z = −Σ a j, with φₛ = 0 at the negative collector; reaction and diffusion in the
    // particles; and the right-hand sides Σ a j of the two balances above.
    if case .porous(let electrode) = negative {
      electrodeBalances(electrode, electrolyte, currentAtEnd: nil, temperature, y, rate, residual)
    }
    if case .porous(let electrode) = positive {
      electrodeBalances(electrode, electrolyte, currentAtEnd: currentDensity, temperature, y, rate, residual)
    }

    // Terminals.
    let current = y[layout.current]
    let voltage = terminalVoltage(y)
    let elapsed = time - controlStart
    residual[layout.current] =
      switch control {
      case .current(let target, let rate): current - (target + rate * elapsed)
      case .voltage(let target, let rate): voltage - (target + rate * elapsed)
      case .power(let target, let rate): voltage * current - (target + rate * elapsed)
      case .resistance(let load): voltage + load * current
      }
    residual[layout.charge] = rate[layout.charge] - current
    residual[layout.energy] = rate[layout.energy] - voltage * current

    // Heat: what goes in at the terminals and is not stored by the reactions (ohmic, irreversible, reversible and contact
    // heat together) warms the cell or is lost to the surroundings.
    if let t = layout.temperature, let energies = layout.reactionEnergy, let thermal = cell.thermal {
      let stored = cell.electrodeArea * y[energies + mesh.negative + mesh.positive - 1]
      let heat = voltage * current - stored
      residual[t] =
        thermal.heatCapacity * rate[t] - heat + thermal.coolingPower * (y[t] - ambientTemperature)
    }
  }

  @inline(__always)
  private func electrolyteBalances<S: Scalar>(
    _ electrolyte: ElectrolyteTransport<S>, currentDensity: S, _ temperature: S, _ y: UnsafePointer<S>,
    _ rate: UnsafePointer<S>, _ residual: UnsafeMutablePointer<S>
  ) {
    let count = volumes.count
    let c = layout.concentration
    let phi = layout.electrolytePotential
    if case .reference = negative {
      // Around a single particle the electrolyte stays as it is.
      residual[c] = rate[c]
      residual[phi] = y[phi]
      return
    }
    var left = electrolyte.side(concentration: y[c], potential: y[phi], halfPath: volumes[0].halfPath)
    var inflow = ElectrolyteTransport<S>.Fluxes()
    if case .foil(let foil) = negative {
      let i = y[layout.negative]
      inflow = electrolyte.fluxes(ofReaction: i)
      let face = electrolyte.face(
        of: left, outward: .init(salt: -inflow.salt, current: -inflow.current))
      residual[layout.negative] = reaction(
        of: foil, potentialDifference: -face.potential, currentDensity: i, concentration: face.concentration,
        temperature)
    }
    for k in 0..<count {
      var outflow = ElectrolyteTransport<S>.Fluxes()
      if k + 1 < count {
        let right = electrolyte.side(
          concentration: y[c + k + 1], potential: y[phi + k + 1], halfPath: volumes[k + 1].halfPath)
        outflow = electrolyte.fluxes(from: left, to: right)
        left = right
      } else if case .foil(let foil) = positive {
        outflow = electrolyte.fluxes(ofReaction: currentDensity)
        let face = electrolyte.face(of: left, outward: outflow)
        residual[layout.positive] = reaction(
          of: foil, potentialDifference: y[layout.positive] - face.potential, currentDensity: -currentDensity,
          concentration: face.concentration, temperature)
      }
      residual[c + k] = volumes[k].electrolyteWidth * rate[c + k] + outflow.salt - inflow.salt
      residual[phi + k] = outflow.current - inflow.current
      inflow = outflow
    }
  }

  /// Equation of the current density i of a foil, positive when the metal dissolves, in V: the metal's own potential is the
  /// zero of all potentials.
  @inline(__always)
  private func reaction<S: Scalar>(
    of foil: Foil, potentialDifference: S, currentDensity i: S, concentration: S, _ temperature: S
  ) -> S {
    let i0 =
      foil.exchangeCurrentDensity
      * (arrhenius(
        activationEnergy: foil.activationEnergy, temperature: temperature, reference: cell.referenceTemperature)
        * S.pow((1 / cell.electrolyte.initialConcentration) * concentration, foil.concentrationExponent))
    let eta = ReactionKinetics.overpotential(
      currentDensity: i, exchangeCurrentDensity: i0,
      thermalVoltage: (Constants.gas / Constants.faraday) * temperature)
    return potentialDifference - eta - foil.resistance * i
  }

  /// - Parameter currentAtEnd: current density at the collector on the right; nil where the separator is on the right
  ///   and the collector on the left.
  @inline(__always)
  private func electrodeBalances<S: Scalar>(
    _ electrode: PorousElectrode, _ electrolyte: ElectrolyteTransport<S>, currentAtEnd: S?, _ temperature: S,
    _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ residual: UnsafeMutablePointer<S>
  ) {
    let count = electrode.volumeCount
    let phi = electrode.potential
    var inflow = currentAtEnd == nil ? (-2 * electrode.conductance) * y[phi] : S(0)
    for k in 0..<count {
      let outflow =
        if k + 1 < count {
          electrode.conductance * (y[phi + k] - y[phi + k + 1])
        } else {
          currentAtEnd ?? S(0)
        }
      residual[phi + k] = outflow - inflow
      inflow = outflow
    }
    if let energies = electrode.reactionEnergy {
      for k in 0..<count {
        // The sum goes on from the electrode on the left.
        let before = energies + k == layout.reactionEnergy ? S(0) : y[energies + k - 1]
        residual[energies + k] = y[energies + k] - before
      }
    }
    let concentrationUnit = 1 / cell.electrolyte.initialConcentration
    for particle in electrode.particles {
      let at = FickianParticle.AtTemperature(particle, temperature, isConstant: layout.temperature == nil)
      for k in 0..<count {
        let volume = electrode.firstVolume + k
        particle.transport(volume: k, at, y, rate, residual)
        let stored = particle.reaction(
          volume: k, potentialDifference: y[phi + k] - y[layout.electrolytePotential + volume],
          concentrationRatio: concentrationUnit * electrolyte.positive(y[layout.concentration + volume]), at, y, rate,
          residual)
        let source = (particle.surfaceAreaPerVolume * electrode.width) * y[particle.layout.reaction + k]
        residual[phi + k] += source
        if let energies = electrode.reactionEnergy { residual[energies + k] -= source * stored }
        if electrode.conductance.isFinite {
          residual[layout.electrolytePotential + volume] -= source
          residual[layout.concentration + volume] -= electrolyte.saltPerCharge * source
        }
      }
    }
  }

  /// Potential of the positive terminal in V (the negative one is at 0).
  @inline(__always)
  private func terminalVoltage<S: Scalar>(_ y: UnsafePointer<S>) -> S {
    var resistance = cell.contactResistance
    var last = layout.positive
    if case .porous(let electrode) = positive {
      resistance += 1 / (2 * electrode.conductance * cell.electrodeArea)
      last += electrode.volumeCount - 1
    }
    return y[last] + resistance * y[layout.current]
  }

  public func residual(
    at time: Double, _ y: UnsafePointer<Double>, _ rate: UnsafePointer<Double>,
    _ residual: UnsafeMutablePointer<Double>
  ) { evaluate(at: time, y, rate, residual) }

  public func residual(
    at time: Double, _ y: UnsafePointer<Dual8>, _ rate: UnsafePointer<Dual8>,
    _ residual: UnsafeMutablePointer<Dual8>
  ) { evaluate(at: time, y, rate, residual) }

  // MARK: the unknowns

  public var unknownCount: Int { layout.count }

  public func isDifferential(_ unknown: Int) -> Bool { kind(of: unknown).differential }

  public func absoluteTolerance(_ unknown: Int) -> Double { 0.1 * relativeTolerance * kind(of: unknown).scale }

  private var electrodes: [PorousElectrode] { [negative, positive].compactMap(\.porous) }

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
    case layout.temperature: return (true, 1)
    case layout.negative..<layout.positive:
      return (false, negative.porous == nil ? oneC / cell.electrodeArea : 1)
    case layout.positive..<layout.positive + max(1, mesh.positive): return (false, 1)
    default: break
    }
    for electrode in electrodes {
      for particle in electrode.particles
      where particle.layout.reaction..<particle.layout.stoichiometry ~= unknown {
        return (false, oneC / (cell.electrodeArea * electrode.surfaceAreaPerArea))
      }
    }
    if let energies = layout.reactionEnergy, unknown >= energies {
      return (false, oneC / cell.electrodeArea * cell.voltageWindow.upperBound)
    }
    return (true, 1)
  }

  /// Writes a rested cell: uniform concentrations, and potentials near those of open circuit.
  /// - Parameter stateOfCharge: 0 to 1, between the stoichiometry limits of the materials.
  public func writeRest(stateOfCharge: Double, to y: UnsafeMutableBufferPointer<Double>) {
    y.update(repeating: 0)
    for k in 0..<volumes.count { y[layout.concentration + k] = cell.electrolyte.initialConcentration }
    let negativePotential = write(negative, filling: stateOfCharge, to: y)
    let positivePotential = write(positive, filling: 1 - stateOfCharge, to: y)
    for k in 0..<volumes.count { y[layout.electrolytePotential + k] = -negativePotential }
    for k in 0..<max(1, mesh.positive) { y[layout.positive + k] = positivePotential - negativePotential }
    if let temperature = layout.temperature { y[temperature] = cell.initialTemperature }
  }

  /// Fills the particles of one side; returns its potential in V.
  private func write(_ side: SideModel, filling: Double, to y: UnsafeMutableBufferPointer<Double>) -> Double {
    guard let model = side.porous else { return 0 }
    let rest = cell.rest(of: model.electrode, filling: filling)
    for (particle, x) in zip(model.particles, rest.stoichiometries) {
      for i in 0..<particle.layout.nodeCount * particle.layout.volumeCount {
        y[particle.layout.stoichiometry + i] = x
      }
      if let hysteresis = particle.material.hysteresis {
        for k in 0..<particle.layout.volumeCount { y[particle.layout.hysteresis + k] = hysteresis.initialState }
      }
    }
    return rest.potential
  }

  // MARK: what can be read from a state

  /// Terminal voltage in V.
  public func voltage(_ y: UnsafePointer<Double>) -> Double { terminalVoltage(y) }

  /// Temperature of the cell in K.
  public func temperature(_ y: UnsafePointer<Double>) -> Double {
    layout.temperature.map { y[$0] } ?? ambientTemperature
  }

  /// Lithium (or sodium) in electrodes, foils (above what was there at the start) and electrolyte in mol.
  public func ionInventory(_ y: UnsafePointer<Double>) -> Double {
    var perArea = 0.0
    for electrode in electrodes {
      for particle in electrode.particles {
        let material = particle.material
        let scale = electrode.width * material.volumeFraction * material.maximumConcentration
        for k in 0..<electrode.volumeCount { perArea += scale * particle.meanStoichiometry(volume: k, y) }
      }
    }
    for (k, volume) in volumes.enumerated() { perArea += volume.electrolyteWidth * y[layout.concentration + k] }
    // What is not a porous electrode gains an ion for each charge that comes from it or goes to it.
    let plated = y[layout.charge] / Constants.faraday
    return perArea * cell.electrodeArea + (negative.porous == nil ? plated : 0)
      - (positive.porous == nil ? plated : 0)
  }
}

// MARK: observables

extension CellModel {
  /// What `observables` reports, with units, as column labels of a data file.
  public var observableLabels: [String] {
    namedElectrodes.flatMap { name, electrode in
      materials(of: electrode).flatMap { material, particles in
        let prefix = name + " " + (material.isEmpty ? "" : material + " ")
        return [prefix + "Mean Stoichiometry / 1"]
          + (particles.count > 1
            ? []
            : [
              prefix + "Surface Stoichiometry at Collector / 1", prefix + "Surface Stoichiometry at Separator / 1",
            ])
      }
    } + [
      "Electrolyte Concentration at Negative End / mol m-3", "Electrolyte Concentration at Positive End / mol m-3",
    ]
  }

  /// The values of `observableLabels` in a state.
  public func observables(_ y: UnsafePointer<Double>) -> [Double] {
    namedElectrodes.flatMap { name, electrode in
      materials(of: electrode).flatMap { _, particles in
        let last = electrode.volumeCount - 1
        var sum = 0.0
        var weight = 0.0
        for particle in particles {
          for k in 0...last { sum += particle.material.volumeFraction * particle.meanStoichiometry(volume: k, y) }
          weight += particle.material.volumeFraction * Double(last + 1)
        }
        guard particles.count == 1 else { return [sum / weight] }
        let ends = [y[particles[0].layout.surface(volume: 0)], y[particles[0].layout.surface(volume: last)]]
        return [sum / weight] + (name == "Negative" ? ends : ends.reversed())
      }
    } + [y[layout.concentration], y[layout.concentration + volumes.count - 1]]
  }

  private var namedElectrodes: [(String, PorousElectrode)] {
    [("Negative", negative), ("Positive", positive)].compactMap { name, side in side.porous.map { (name, $0) } }
  }

  /// The particle classes of each material, in the order of the cell file: one, or one for each size.
  private func materials(of electrode: PorousElectrode) -> [(String, [FickianParticle])] {
    var groups: [(String, [FickianParticle])] = []
    for particle in electrode.particles {
      if let i = groups.firstIndex(where: { $0.0 == particle.material.name }) {
        groups[i].1.append(particle)
      } else {
        groups.append((particle.material.name, [particle]))
      }
    }
    return groups
  }
}

// MARK: diagnosis

extension CellModel {
  /// What is used up in a state, in words; nil where nothing is.
  func exhaustion(_ y: UnsafePointer<Double>) -> String? {
    for (name, electrode) in namedElectrodes {
      for particle in electrode.particles {
        for k in 0..<electrode.volumeCount {
          let x = y[particle.layout.surface(volume: k)]
          if x < Self.nearlyNothing {
            return "the particles of the \(name.lowercased()) electrode are empty at the surface"
          }
          if x > 1 - Self.nearlyNothing {
            return "the particles of the \(name.lowercased()) electrode are full at the surface"
          }
        }
      }
    }
    for k in 0..<volumes.count
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
    (0..<volumes.count).map { y[layout.electrolytePotential + $0] }
  }

  /// cₑ in mol/m³ in each volume through the cell.
  public func electrolyteConcentrations(_ y: UnsafePointer<Double>) -> [Double] {
    (0..<volumes.count).map { y[layout.concentration + $0] }
  }

  /// Reaction current densities in A/m² of particle surface in each volume of an electrode, of its first material; empty
  /// where there is no porous electrode.
  public func reactionCurrentDensities(_ y: UnsafePointer<Double>, positive isPositive: Bool) -> [Double] {
    guard let electrode = (isPositive ? positive : negative).porous else { return [] }
    return (0..<electrode.volumeCount).map { y[electrode.particles[0].layout.reaction + $0] }
  }
}
