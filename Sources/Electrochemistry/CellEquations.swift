import CellInterface
import Integration

/// The equations of a cell, written once for every number type. Plain memory, so that nothing in here counts references;
/// `CellModel` holds what it points to.
struct CellEquations {
  let electrodes: UnsafeBufferPointer<PorousElectrode>
  let negativeFoil: Foil?
  let positiveFoil: Foil?
  let isSingleParticle: Bool
  /// Width × porosity of the finite volumes through the cell in m.
  let electrolyteWidths: UnsafeBufferPointer<Double>
  /// Half the width of each over the transport efficiency in m.
  let halfPaths: UnsafeBufferPointer<Double>
  var volumeCount: Int { electrolyteWidths.count }
  /// Where `ElectrolyteTransport.Properties` of all volumes are kept for a moment, and their slopes.
  let properties: UnsafeMutablePointer<Double>
  let electrolyte: ElectrolyteView
  /// Area of all electrode pairs in m².
  let area: Double
  /// Resistance in Ω between the last potential of the positive side and the positive terminal.
  let terminalResistance: Double
  let thermal: ThermalProperties?
  let referenceTemperature: Double

  // Where the unknowns stand; see `StateLayout`.
  let concentration: Int
  let electrolytePotential: Int
  let negative: Int
  /// The potential next to the positive collector.
  let lastPotential: Int
  /// That of T − T_ref.
  let temperature: Int?
  let current: Int
  let charge: Int
  let energy: Int
  let unknownCount: Int

  /// What the terminals see, and the time in s at which it was imposed.
  var control: Control = .current(0)
  var controlStart = 0.0
  /// In K.
  var ambientTemperature: Double

  /// The residual in any number type.
  @inline(__always)
  func evaluate<S: Scalar>(
    at time: Double, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ residual: UnsafeMutablePointer<S>
  ) {
    residual.update(repeating: S(0), count: unknownCount)
    var assembly = ResidualAssembly(y: y, rate: rate, residual: residual)
    if let y = y as? UnsafePointer<Double>, let rate = rate as? UnsafePointer<Double>,
      let residual = residual as? UnsafeMutablePointer<Double>
    {
      var assembly = ValueAssembly(y: y, rate: rate, residual: residual)
      addBalances(at: time, to: &assembly)
    } else {
      addBalances(at: time, to: &assembly)
    }
    let temperature = cellTemperature(assembly)
    for e in electrodes.indices {
      for p in electrodes[e].particles.indices {
        electrodes[e].particles[p].addTransport(temperature, isIsothermal: self.temperature == nil, y, rate, residual)
      }
    }
  }

  /// Everything but the diffusion inside the particles.
  @inline(__always)
  func addBalances<A: Assembly>(at time: Double, to a: inout A) where A.Shared == A.Number {
    let temperature = cellTemperature(a)
    let transport = ElectrolyteTransport(
      electrolyte, temperature: temperature, referenceTemperature: referenceTemperature)
    // Density of the current through the cell at both collectors.
    let currentDensity = (-1 / area) * a.algebraic(current, lane: Lane.current)

    // Salt and charge in the pores:  ε ∂c/∂t + ∂N/∂z = (1 − t₊) Σ a j / F,  ∂iₑ/∂z = Σ a j; at a foil its reaction.
    addElectrolyte(transport, currentDensity, temperature, to: &a)
    // Charge in the solid, ∂iₛ/∂z = −Σ a j, with φₛ = 0 at the negative collector; the reactions; and the right-hand sides
    // Σ a j of the two balances above.
    for e in electrodes.indices {
      addSolid(e, currentDensity, to: &a)
      for p in electrodes[e].particles.indices { addReactions(of: p, in: e, temperature, to: &a) }
      for neck in electrodes[e].necks { neck.add(electrodes[e].particles, temperature, to: &a) }
    }
    addTerminals(at: time, to: &a)
  }

  @inline(__always)
  private func cellTemperature<A: Assembly>(_ a: A) -> A.Number {
    temperature.map { referenceTemperature + a.differential($0, lane: Lane.temperature) }
      ?? A.Number(ambientTemperature)
  }

  // MARK: electrolyte

  @inline(__always)
  private func addElectrolyte<A: Assembly>(
    _ transport: ElectrolyteTransport<A.Number>, _ currentDensity: A.Number, _ temperature: A.Number,
    to a: inout A
  ) where A.Shared == A.Number {
    let c = concentration
    let phi = electrolytePotential
    if isSingleParticle {
      // Around a single particle the electrolyte stays as it is.
      a.add(a.rate(c, lane: 0), to: c)
      a.add(a.algebraic(phi, lane: 0), to: phi)
      return
    }
    if let a = a as? ValueAssembly, let transport = transport as? ElectrolyteTransport<Double> {
      keepProperties(transport, a.y + c)
    } else if let a = a as? JacobianAssembly {
      keepDerivatives(a)
    }
    let last = volumeCount - 1
    let pores = Pores(
      concentration: c, potential: phi, transport: transport, widths: electrolyteWidths.baseAddress.unsafelyUnwrapped,
      halfPaths: halfPaths.baseAddress.unsafelyUnwrapped, properties: properties, volumeCount: volumeCount)
    a.forEachVolume(of: volumeCount, PoreStorage(pores: pores))
    a.forEachVolume(of: last, PoreFluxes(pores: pores))
    if let foil = negativeFoil {
      let i = a.algebraic(negative, lane: 4)
      let inflow = transport.fluxes(ofReaction: i)
      let face = transport.face(
        of: pores.side(0, a), outward: .init(salt: -inflow.salt, current: -inflow.current))
      a.add(
        imbalance(
          of: foil, potentialDifference: -face.potential, currentDensity: i, concentration: face.concentration,
          temperature), to: negative)
      a.add(-inflow.salt, to: c)
      a.add(-inflow.current, to: phi)
    }
    if let foil = positiveFoil {
      let outflow = transport.fluxes(ofReaction: currentDensity)
      let face = transport.face(of: pores.side(last, a), outward: outflow)
      a.add(
        imbalance(
          of: foil, potentialDifference: a.algebraic(lastPotential, lane: 5) - face.potential,
          currentDensity: -currentDensity, concentration: face.concentration, temperature), to: lastPotential)
      a.add(outflow.salt, to: c + last)
      a.add(outflow.current, to: phi + last)
    }
  }

  /// The electrolyte in the volumes through the cell.
  private struct Pores<Shared: Scalar> {
    // Of the first volume.
    let concentration: Int
    let potential: Int
    let transport: ElectrolyteTransport<Shared>
    let widths: UnsafePointer<Double>
    let halfPaths: UnsafePointer<Double>
    let properties: UnsafePointer<Double>
    let volumeCount: Int

    /// - Parameter lane: of the concentration; the potential has the next.
    @inline(__always)
    func side<A: Assembly>(_ k: Int, _ a: A, lane: Int = 0) -> ElectrolyteTransport<A.Number>.Side
    where A.Shared == Shared {
      let c = a.differential(concentration + k, lane: lane)
      let phi = a.algebraic(potential + k, lane: lane + 1)
      @inline(__always)
      func kept(_ property: Int) -> A.Number? { a.kept(properties, at: property * volumeCount + k, lane: lane) }
      if kept(0) != nil {
        return .init(concentration: c, potential: phi, .init { kept($0).unsafelyUnwrapped })
      }
      return .init(
        concentration: c, potential: phi,
        transport.map { a.spread($0) }.properties(concentration: c, halfPath: A.Number(halfPaths, at: k)))
    }
  }

  private struct PoreStorage<Shared: Scalar>: VolumeWork {
    let pores: Pores<Shared>

    @inline(__always)
    func add<A: Assembly>(volume k: Int, to a: inout A) where A.Shared == Shared {
      let c = pores.concentration + k
      a.add(A.Number(pores.widths, at: k) * a.rate(c, lane: 0), to: c)
    }
  }

  /// What flows through the face between a volume and the next leaves one and enters the other.
  private struct PoreFluxes<Shared: Scalar>: VolumeWork {
    let pores: Pores<Shared>

    @inline(__always)
    func add<A: Assembly>(volume k: Int, to a: inout A) where A.Shared == Shared {
      let flow = ElectrolyteTransport.fluxes(from: pores.side(k, a), to: pores.side(k + 1, a, lane: 2))
      a.addFlow(flow.salt, from: pores.concentration + k)
      a.addFlow(flow.current, from: pores.potential + k)
    }
  }

  /// Keeps what the electrolyte is like in all volumes.
  /// - Parameter c: its concentrations.
  @inline(__always)
  private func keepProperties(_ transport: ElectrolyteTransport<Double>, _ c: UnsafePointer<Double>) {
    @inline(__always)
    func keep<S: PlainScalar>(_ transport: ElectrolyteTransport<S>, _ k: Int) {
      let found = transport.properties(concentration: S(c, at: k), halfPath: S(halfPaths, at: k))
      found.each { $1.store(to: properties + $0 * volumeCount + k) }
    }
    let four = transport.map { Lanes<SIMD4<Double>>($0) }
    let two = transport.map { Lanes<SIMD2<Double>>($0) }
    forEachGroup(
      of: volumeCount, four: { keep(four, $0) }, two: { keep(two, $0) }, one: { keep(transport, $0) })
  }

  /// Keeps it with its slopes.
  @inline(__always)
  private func keepDerivatives(_ a: JacobianAssembly) {
    let temperature =
      temperature.map { referenceTemperature + a.local(temperature: $0) } ?? JacobianAssembly.Local(ambientTemperature)
    let transport = ElectrolyteTransport(
      electrolyte, temperature: temperature, referenceTemperature: referenceTemperature)
    for k in 0..<volumeCount {
      let found = transport.properties(
        concentration: a.local(concentration + k), halfPath: JacobianAssembly.Local(halfPaths, at: k))
      found.each { JacobianAssembly.keep($1, in: properties, at: $0 * volumeCount + k) }
    }
  }

  /// Equation of the current density i of a foil, positive when the metal dissolves, in V: the metal's own potential is the
  /// zero of all potentials.
  @inline(__always)
  private func imbalance<S: Scalar>(
    of foil: Foil, potentialDifference: S, currentDensity i: S, concentration: S, _ temperature: S
  ) -> S {
    let i0 =
      foil.exchangeCurrentDensity
      * (arrhenius(
        activationEnergy: foil.activationEnergy, temperature: temperature, reference: referenceTemperature)
        * S.pow((1 / electrolyte.initialConcentration) * concentration, foil.concentrationExponent))
    let eta = overpotential(
      currentDensity: i, exchangeCurrentDensity: i0,
      thermalVoltage: (Constants.gas / Constants.faraday) * temperature)
    return potentialDifference - eta - foil.resistance * i
  }

  // MARK: electrodes

  @inline(__always)
  private func addSolid<A: Assembly>(_ e: Int, _ currentDensity: A.Number, to a: inout A) {
    let phi = electrodes[e].potential
    let last = electrodes[e].volumeCount - 1
    let conductance = electrodes[e].conductance
    if electrodes[e].isPositive {
      a.add(currentDensity, to: phi + last)
    } else {
      // From the collector, where the potential is 0, to the middle of the first volume.
      a.add((2 * conductance) * a.algebraic(phi, lane: 0), to: phi)
    }
    for k in 0..<last {
      let flow =
        conductance * (a.algebraic(phi + k, lane: 0) - a.algebraic(phi + k + 1, lane: 1))
      a.addFlow(flow, from: phi + k)
    }
  }

  @inline(__always)
  private func addReactions<A: Assembly>(of p: Int, in e: Int, _ temperature: A.Shared, to a: inout A) {
    let particle = electrodes[e].particles.baseAddress.unsafelyUnwrapped + p
    let reactions = Reactions(
      particle: particle, at: particle.pointee.reaction.at(temperature, isConstant: self.temperature == nil),
      cellTemperature: temperature, electrolyte: electrolyte, potential: electrodes[e].potential,
      concentration: concentration + electrodes[e].firstVolume,
      electrolytePotential: electrolytePotential + electrodes[e].firstVolume, width: electrodes[e].width,
      isSingleParticle: isSingleParticle, temperature: self.temperature, area: area)
    if particle.pointee.isLayered {
      for k in 0..<particle.pointee.layout.volumeCount { reactions.add(volume: k, to: &a) }
    } else {
      a.forEachVolume(of: particle.pointee.layout.volumeCount, reactions)
    }
  }

  /// The reactions of a particle class, and what they bring into the balances.
  private struct Reactions<Shared: Scalar>: VolumeWork {
    let particle: UnsafePointer<Particle>
    let at: InsertionReaction.AtTemperature<Shared>
    let cellTemperature: Shared
    let electrolyte: ElectrolyteView
    // Of the first volume of the electrode.
    let potential: Int
    let concentration: Int
    let electrolytePotential: Int
    let width: Double
    let isSingleParticle: Bool
    let temperature: Int?
    let area: Double

    @inline(__always)
    func add<A: Assembly>(volume k: Int, to a: inout A) where A.Shared == Shared {
      let j = a.algebraic(particle.pointee.layout.reaction + k, lane: 4)
      let c = a.differential(concentration + k, lane: 2)
      let potentialDifference =
        a.algebraic(potential + k, lane: 0) - a.algebraic(electrolytePotential + k, lane: 1)
      let concentrationRatio = (1 / electrolyte.initialConcentration) * positive(c, beyond: electrolyte.nothing)
      var stored = A.Number(0)
      if case .layered(let transport) = particle.pointee.transport {
        particle.addLayeredReaction(
          transport, volume: k, currentDensity: j, potentialDifference: potentialDifference,
          concentrationRatio: concentrationRatio, temperature: a.spread(cellTemperature), at.map { a.spread($0) },
          to: &a)
      } else {
        stored = particle.pointee.addReaction(
          volume: k, currentDensity: j, potentialDifference: potentialDifference,
          concentrationRatio: concentrationRatio, at.map { a.spread($0) }, to: &a)
      }
      let source = A.Number(particle.pointee.surfaceAreaPerVolume, at: k) * (width * j)
      a.add(source, to: potential + k)
      if !isSingleParticle {
        a.add(-source, to: electrolytePotential + k)
        a.add(-electrolyte.saltPerCharge * source, to: concentration + k)
      }
      if let temperature { a.add(area * (source * stored), toShared: temperature) }
    }
  }

  // MARK: terminals

  @inline(__always)
  private func addTerminals<A: Assembly>(at time: Double, to a: inout A) {
    let current = a.algebraic(current, lane: Lane.current)
    let voltage = voltage(lastPotential: a.algebraic(lastPotential, lane: 0), current: current)
    let power = voltage * current
    let elapsed = time - controlStart
    let imbalance =
      switch control {
      case .current(let target, let rate): current - (target + rate * elapsed)
      case .voltage(let target, let rate): voltage - (target + rate * elapsed)
      case .power(let target, let rate): power - (target + rate * elapsed)
      case .resistance(let load): voltage + load * current
      }
    a.add(imbalance, to: self.current)
    a.add(a.rate(charge, lane: 1) - current, to: charge)
    a.add(a.rate(energy, lane: 1) - power, to: energy)

    // Heat: what goes in at the terminals and is not stored by the reactions (ohmic, irreversible, reversible and contact
    // heat together) warms the cell or is lost to the surroundings.
    if let unknown = temperature, let thermal {
      a.add(
        thermal.heatCapacity * a.rate(unknown, lane: Lane.temperature) - power
          + thermal.coolingPower * (cellTemperature(a) - ambientTemperature),
        to: unknown)
    }
  }

  /// Terminal voltage in V (the negative terminal is at 0).
  @inline(__always)
  func voltage<S: Scalar>(lastPotential: S, current: S) -> S { lastPotential + terminalResistance * current }
}
