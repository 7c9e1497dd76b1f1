import CellInterface
import Integration

/// The porous-electrode model of a cell (Doyle, Fuller & Newman, J. Electrochem. Soc. 140, 1526, 1993): one
/// coordinate z through negative electrode | separator | positive electrode, one radial coordinate in the particles at every
/// z, at a uniform constant temperature. Finite volumes in both, second order.
///
/// Currents through the cell are densities per electrode area, positive from the negative to the positive collector
/// (discharge); the terminal current I is positive on charge.
public final class CellModel: DAESystem {
  public let cell: Cell
  public let mesh: Mesh
  /// Temperature in K.
  public let temperature: Double
  /// What the terminals see; changes between steps of a protocol.
  public var control: Control = .current(0)
  /// Time in s at which the control was imposed, from which its rate counts.
  public var controlStart = 0.0

  let layout: StateLayout
  let electrolyte: ElectrolyteTransport
  let negative: PorousElectrode
  let positive: PorousElectrode
  let volumes: [Volume]
  private let relativeTolerance: Double

  /// One finite volume through the cell.
  struct Volume {
    /// Width × porosity in m.
    var electrolyteWidth: Double
    /// Half the width over the transport efficiency in m.
    var halfPath: Double
  }

  /// - Parameter relativeTolerance: error tolerance of the integration; the absolute tolerances follow from it.
  public init(_ cell: Cell, mesh: Mesh = .standard, relativeTolerance: Double) {
    self.cell = cell
    self.mesh = mesh
    self.relativeTolerance = relativeTolerance
    temperature = cell.initialTemperature
    layout = StateLayout(
      mesh: mesh, negativeClasses: cell.negative.materials.count,
      positiveClasses: cell.positive.materials.count)
    electrolyte = ElectrolyteTransport(
      cell.electrolyte, temperature: temperature, referenceTemperature: cell.referenceTemperature)
    negative = PorousElectrode(
      cell.negative, firstVolume: 0, volumeCount: mesh.negative, potential: layout.negativePotential,
      classes: layout.negativeClasses, cell: cell, temperature: temperature)
    positive = PorousElectrode(
      cell.positive, firstVolume: mesh.negative + mesh.separator, volumeCount: mesh.positive,
      potential: layout.positivePotential, classes: layout.positiveClasses, cell: cell,
      temperature: temperature)
    let regions = [
      (mesh.negative, cell.negative.thickness, cell.negative.porosity, cell.negative.transportEfficiency),
      (mesh.separator, cell.separator.thickness, cell.separator.porosity, cell.separator.transportEfficiency),
      (mesh.positive, cell.positive.thickness, cell.positive.porosity, cell.positive.transportEfficiency),
    ]
    volumes = regions.flatMap { count, thickness, porosity, transportEfficiency in
      let width = thickness / Double(count)
      return [Volume](
        repeating: Volume(electrolyteWidth: porosity * width, halfPath: width / 2 / transportEfficiency),
        count: count)
    }
  }

  // MARK: the equations

  public func evaluate<S: Scalar>(
    at time: Double, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ residual: UnsafeMutablePointer<S>
  ) {
    // Density of the current through the cell at both collectors.
    let currentDensity = (-1 / cell.electrodeArea) * y[layout.current]

    // Salt and charge in the pores:  ε ∂c/∂t + ∂N/∂z = (1 − t₊) Σ a j / F,  ∂iₑ/∂z = Σ a j.
    electrolyteBalances(y, rate, residual)
    // Charge in the solid, ∂iₛ/∂z = −Σ a j, with φₛ = 0 at the negative collector; reaction and diffusion in the
    // particles; and the right-hand sides Σ a j of the two balances above.
    electrodeBalances(negative, currentAtEnd: nil, y, rate, residual)
    electrodeBalances(positive, currentAtEnd: currentDensity, y, rate, residual)

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
  }

  @inline(__always)
  private func electrolyteBalances<S: Scalar>(
    _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ residual: UnsafeMutablePointer<S>
  ) {
    let count = volumes.count
    let c = layout.concentration
    let phi = layout.electrolytePotential
    var left = electrolyte.side(
      concentration: y[c], potential: y[phi], halfPath: volumes[0].halfPath)
    var inflow = (salt: S(0), current: S(0))
    for k in 0..<count {
      var outflow = (salt: S(0), current: S(0))
      if k + 1 < count {
        let right = electrolyte.side(
          concentration: y[c + k + 1], potential: y[phi + k + 1], halfPath: volumes[k + 1].halfPath)
        outflow = electrolyte.fluxes(from: left, to: right)
        left = right
      }
      residual[c + k] = volumes[k].electrolyteWidth * rate[c + k] + outflow.salt - inflow.salt
      residual[phi + k] = outflow.current - inflow.current
      inflow = outflow
    }
  }

  /// - Parameter currentAtEnd: current density at the collector on the right; nil where the separator is on the right
  ///   and the collector on the left.
  @inline(__always)
  private func electrodeBalances<S: Scalar>(
    _ electrode: PorousElectrode, currentAtEnd: S?, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>,
    _ residual: UnsafeMutablePointer<S>
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
      let volume = electrode.firstVolume + k
      let concentration = y[layout.concentration + volume]
      let potentialDifference = y[phi + k] - y[layout.electrolytePotential + volume]
      var source = S(0)
      for particle in electrode.particles {
        particle.transport(volume: k, y, rate, residual)
        particle.reaction(
          volume: k, potentialDifference: potentialDifference,
          concentrationRatio: (1 / cell.electrolyte.initialConcentration) * concentration, y, residual)
        source += (particle.surfaceAreaPerVolume * electrode.width) * y[particle.layout.reaction + k]
      }
      residual[phi + k] = outflow - inflow + source
      residual[layout.electrolytePotential + volume] -= source
      residual[layout.concentration + volume] -= electrolyte.saltPerCharge * source
      inflow = outflow
    }
  }

  /// Potential of the positive collector in V (the negative one is at 0).
  @inline(__always)
  private func terminalVoltage<S: Scalar>(_ y: UnsafePointer<S>) -> S {
    y[positive.potential + positive.volumeCount - 1]
      + (1 / (2 * positive.conductance * cell.electrodeArea)) * y[layout.current]
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

  public func absoluteTolerance(_ unknown: Int) -> Double {
    0.1 * relativeTolerance * kind(of: unknown).scale
  }

  /// Whether an unknown has a time derivative, and a typical size of it in its own unit.
  private func kind(of unknown: Int) -> (differential: Bool, scale: Double) {
    let oneC = cell.nominalCapacity
    let capacity = 3600 * cell.nominalCapacity
    switch unknown {
    case layout.concentration..<layout.electrolytePotential:
      return (true, cell.electrolyte.initialConcentration)
    case layout.electrolytePotential..<layout.positivePotential + mesh.positive: return (false, 1)
    case layout.current: return (false, oneC)
    case layout.charge: return (true, capacity)
    case layout.energy: return (true, capacity * cell.voltageWindow.upperBound)
    default:
      for electrode in [negative, positive] {
        for particle in electrode.particles
        where particle.layout.reaction..<particle.layout.stoichiometry ~= unknown {
          return (false, oneC / (cell.electrodeArea * electrode.surfaceAreaPerArea))
        }
      }
      return (true, 1)
    }
  }

  /// Writes a rested cell: uniform concentrations, and potentials near those of open circuit.
  /// - Parameter stateOfCharge: 0 to 1, between the stoichiometry limits of the materials.
  public func writeRest(stateOfCharge: Double, to y: UnsafeMutableBufferPointer<Double>) {
    y.update(repeating: 0)
    for k in 0..<volumes.count { y[layout.concentration + k] = cell.electrolyte.initialConcentration }
    func write(_ electrode: PorousElectrode, filling: Double) -> Double {
      var potential = 0.0
      for particle in electrode.particles {
        let material = particle.material
        let x =
          material.minimumStoichiometry
          + filling * (material.maximumStoichiometry - material.minimumStoichiometry)
        for i in 0..<particle.layout.nodeCount * particle.layout.volumeCount {
          y[particle.layout.stoichiometry + i] = x
        }
        potential = particle.openCircuitPotential(x)
      }
      return potential
    }
    let negativeOCP = write(negative, filling: stateOfCharge)
    let positiveOCP = write(positive, filling: 1 - stateOfCharge)
    for k in 0..<volumes.count { y[layout.electrolytePotential + k] = -negativeOCP }
    for k in 0..<positive.volumeCount { y[positive.potential + k] = positiveOCP - negativeOCP }
  }

  // MARK: what can be read from a state

  /// Terminal voltage in V.
  public func voltage(_ y: UnsafePointer<Double>) -> Double { terminalVoltage(y) }

  /// Lithium (or sodium) in both electrodes and the electrolyte in mol.
  public func ionInventory(_ y: UnsafePointer<Double>) -> Double {
    var perArea = 0.0
    for electrode in [negative, positive] {
      for particle in electrode.particles {
        let material = particle.material
        let scale = electrode.width * material.volumeFraction * material.maximumConcentration
        for k in 0..<electrode.volumeCount {
          perArea += scale * particle.meanStoichiometry(volume: k, y)
        }
      }
    }
    for (k, volume) in volumes.enumerated() {
      perArea += volume.electrolyteWidth * y[layout.concentration + k]
    }
    return perArea * cell.electrodeArea
  }
}

// MARK: profiles

extension CellModel {
  /// φₑ in V in each volume through the cell.
  public func electrolytePotentials(_ y: UnsafePointer<Double>) -> [Double] {
    (0..<volumes.count).map { y[layout.electrolytePotential + $0] }
  }

  /// Reaction current densities in A/m² of particle surface in each volume of an electrode, of its first material.
  public func reactionCurrentDensities(_ y: UnsafePointer<Double>, positive isPositive: Bool) -> [Double] {
    let electrode = isPositive ? positive : negative
    return (0..<electrode.volumeCount).map { y[electrode.particles[0].layout.reaction + $0] }
  }
}

/// An electrode as the model sees it: its volumes and the particle classes in each of them.
struct PorousElectrode {
  let firstVolume: Int
  let volumeCount: Int
  /// Width of a volume in m.
  let width: Double
  /// Effective electronic conductivity over the width in S/m².
  let conductance: Double
  /// First of its potentials in the state.
  let potential: Int
  let particles: [FickianParticle]

  init(
    _ electrode: Electrode, firstVolume: Int, volumeCount: Int, potential: Int,
    classes: [StateLayout.Class], cell: Cell, temperature: Double
  ) {
    self.firstVolume = firstVolume
    self.volumeCount = volumeCount
    self.potential = potential
    width = electrode.thickness / Double(volumeCount)
    conductance = electrode.conductivity / width
    particles = zip(electrode.materials, classes).map { material, layout in
      FickianParticle(
        material, layout: layout, temperature: temperature, referenceTemperature: cell.referenceTemperature)
    }
  }

  /// Particle surface per electrode area.
  var surfaceAreaPerArea: Double {
    particles.reduce(0) { $0 + $1.surfaceAreaPerVolume } * width * Double(volumeCount)
  }
}

// MARK: observables

extension CellModel {
  /// What `observables` reports, with units, as column labels of a data file.
  public var observableLabels: [String] {
    [negative, positive].flatMap { electrode in
      electrode.particles.flatMap { particle in
        let name =
          (electrode.firstVolume == 0 ? "Negative" : "Positive") + " "
          + (particle.material.name.isEmpty ? "" : particle.material.name + " ")
        return [
          name + "Mean Stoichiometry / 1",
          name + "Surface Stoichiometry at Collector / 1",
          name + "Surface Stoichiometry at Separator / 1",
        ]
      }
    } + [
      "Electrolyte Concentration at Negative Collector / mol m-3",
      "Electrolyte Concentration at Positive Collector / mol m-3",
    ]
  }

  /// The values of `observableLabels` in a state.
  public func observables(_ y: UnsafePointer<Double>) -> [Double] {
    [negative, positive].flatMap { electrode in
      electrode.particles.flatMap { particle in
        let volumes = 0..<electrode.volumeCount
        let mean =
          volumes.reduce(0) { $0 + particle.meanStoichiometry(volume: $1, y) } / Double(volumes.count)
        let ends = [y[particle.layout.surface(volume: 0)], y[particle.layout.surface(volume: volumes.count - 1)]]
        return [mean] + (electrode.firstVolume == 0 ? ends : ends.reversed())
      }
    } + [y[layout.concentration], y[layout.concentration + volumes.count - 1]]
  }
}
