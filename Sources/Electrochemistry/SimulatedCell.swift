import CellInterface
import Integration

/// A cell model under integration, with the two leads of a cell on the outside.
public final class SimulatedCell: CellUnderTest {
  public let model: CellModel
  /// The mesh asked for, or the standard one of this cell. What has no place in the cell is not read.
  public let mesh: Mesh
  /// The error tolerance in effect, which may be less than the one asked for.
  public let relativeTolerance: Double
  private let integrator: IDA
  private let interpolated: UnsafeMutableBufferPointer<Double>
  private var interpolatedTime: Double?
  private let terminals: UnsafeMutablePointer<Double>
  private var terminalsTime: Double?
  private let terminalRates: UnsafeMutablePointer<Double>
  private let startStateOfCharge: Double

  /// A cell at rest.
  /// - Parameters:
  ///   - stateOfCharge: 0 to 1; by default that of the cell file. Moved to the cut-off where it lies beyond.
  ///   - mesh: by default the standard one of such a cell.
  ///   - relativeTolerance: error tolerance of every step of the integration; less is taken for particles that need it.
  ///   - solver: how the linear systems are solved; the sparse one is there to check the other.
  public init(
    _ cell: Cell, stateOfCharge: Double? = nil, mesh: Mesh? = nil,
    relativeTolerance: Double = SimulatedCell.standardTolerance, solver: Solver = .structured
  ) throws(IntegrationError) {
    let relativeTolerance =
      cell.hasPhaseField
      ? min(relativeTolerance, Self.loosestForPhaseFields)
      : cell.isStressedParticle ? min(relativeTolerance, Self.loosestForStressedParticle) : relativeTolerance
    self.relativeTolerance = relativeTolerance
    self.mesh = mesh ?? .standard(for: cell)
    model = CellModel(cell, mesh: self.mesh, relativeTolerance: relativeTolerance)
    let linearSolver: any LinearSolver
    switch solver {
    case .structured: linearSolver = CellSolver(model)
    case .sparse:
      // A power reads both terminal quantities, so that the pattern of the matrix covers every control.
      model.control = .power(0)
      linearSolver = SparseSolver(model)
      model.control = .current(0)
    }
    integrator = try IDA(
      model, solver: linearSolver, relativeTolerance: relativeTolerance, isPlain: solver == .sparse)
    interpolated = .allocate(capacity: model.unknownCount)
    terminals = .allocate(capacity: model.layout.terminals.count)
    terminalRates = .allocate(capacity: model.layout.terminals.count)
    let start = cell.stateOfChargeInsideWindow(nearestTo: stateOfCharge ?? cell.initialStateOfCharge)
    startStateOfCharge = start
    model.writeRest(stateOfCharge: start, to: integrator.state)
    model.writeRestRates(integrator.state.baseAddress!, to: integrator.rate)
    try integrator.start(at: 0)
    // Now what stretches the particles is known, too.
    model.setThicknesses(atStart: integrator.state.baseAddress!)
  }

  /// Starts again from the present time with a state that `change` makes of the present one.
  func start(_ change: (UnsafeMutablePointer<Double>) -> Void) throws(IntegrationError) {
    forgetInterpolations()
    change(integrator.state.baseAddress!)
    try integrator.start(at: integrator.time)
  }

  deinit {
    interpolated.deallocate()
    terminals.deallocate()
    terminalRates.deallocate()
  }

  public static let standardTolerance = 1e-5
  /// The tolerance bounds the root mean square of all errors: of a thousand nodes the one that a front passes may err by 30 times
  /// as much of the room that it has.
  private static let loosestForPhaseFields = 1e-3
  /// Stress follows from differences of compositions, which may be small beside the compositions. One particle costs next to
  /// nothing.
  private static let loosestForStressedParticle = 1e-8

  public enum Solver: Sendable {
    /// By the structure of the model.
    case structured
    /// As a general sparse matrix, by KLU, with the integrator's own vector operations: the plain way.
    case sparse
  }

  // MARK: CellUnderTest

  public var nominalCapacity: Double { model.cell.nominalCapacity }
  public var voltageWindow: ClosedRange<Double> { model.cell.voltageWindow }
  public var electrodeArea: Double? { model.cell.electrodeArea }
  public var stateOfChargeScale: StateOfChargeScale? {
    model.cell.capacity.map { StateOfChargeScale(start: startStateOfCharge, capacity: $0) }
  }
  public var ambientTemperature: Double {
    get { model.ambientTemperature }
    set { model.ambientTemperature = newValue }
  }
  public var observableLabels: [String] { model.observableLabels }

  public var reading: Reading { reading(at: integrator.time) }

  public func reading(at time: Double) -> Reading {
    if time != terminalsTime {
      do {
        try integrator.interpolate(at: time, unknowns: model.layout.terminals, into: terminals)
      } catch {
        preconditionFailure("\(time) lies outside the last step, \(integrator.stepStart) to \(integrator.time)")
      }
      terminalsTime = time
    }
    return model.reading(at: time, terminals: terminals)
  }

  public func rates(at time: Double) -> ReadingRates {
    do {
      try integrator.interpolate(at: time, derivative: 1, unknowns: model.layout.terminals, into: terminalRates)
    } catch {
      preconditionFailure("\(time) lies outside the last step, \(integrator.stepStart) to \(integrator.time)")
    }
    return model.rates(terminalRates)
  }

  public func observe(at time: Double, into values: inout [Double]) { model.observe(state(at: time), into: &values) }

  public func impose(_ control: Control, limits: [Limit], isContinuation: Bool) throws {
    let before = model.control
    model.control = control
    model.controlStart = integrator.time
    forgetInterpolations()
    do {
      let model = model
      try integrator.start(
        at: integrator.time, isContinuation: isContinuation, watching: limits.count, unknowns: model.layout.terminals
      ) { time, terminals, values in
        let reading = model.reading(at: time, terminals: terminals)
        for (i, limit) in limits.enumerated() { values[i] = limit(reading) }
      }
    } catch {
      // The cell stays as it was before this control, so that the reading is not that of an unfinished search.
      model.control = before
      if case .current(let current, _) = control { throw failure(error, current: current) }
      throw failure(error, current: reading.current)
    }
  }

  public func step(to end: Double) throws -> StepOutcome {
    forgetInterpolations()
    do {
      return switch try integrator.step(to: end) {
      case .stepped: .advanced
      case .reachedEnd: .reachedEnd
      case .foundRoot(let index): .metLimit(index)
      }
    } catch {
      throw failure(error, current: reading.current)
    }
  }

  private func forgetInterpolations() {
    interpolatedTime = nil
    terminalsTime = nil
  }

  // MARK: going on elsewhere

  /// Replaces `numbers` by all that another cell with the same parameters needs to go on from here.
  public func save(to numbers: inout [Double]) {
    numbers.removeAll(keepingCapacity: true)
    numbers.append(ambientTemperature)
    integrator.save(to: &numbers)
  }

  /// Stands where a cell with the same parameters stood that was saved. A control has to be imposed next; what follows is
  /// the same in both to the last digit.
  /// - Returns: whether these are numbers of such a cell.
  public func restore(_ numbers: [Double]) -> Bool {
    guard let ambient = numbers.first, integrator.restore(numbers.dropFirst()) else { return false }
    ambientTemperature = ambient
    forgetInterpolations()
    return true
  }

  /// - Parameter current: that was wanted, in A.
  private func failure(_ error: IntegrationError, current: Double) -> SimulationError {
    SimulationError(integration: error, state: model.overload(current, unknowns) ?? model.exhaustion(unknowns))
  }

  // MARK: beyond the leads

  /// Work done by the integrator so far.
  public var statistics: IDA.Statistics { integrator.statistics }

  /// The unknowns of the model at the present time.
  public var unknowns: UnsafePointer<Double> { UnsafePointer(integrator.state.baseAddress!) }

  /// Lithium (or sodium) in both electrodes and the electrolyte in mol.
  public var ionInventory: Double { model.ionInventory(unknowns) }

  /// The unknowns at a time inside the last internal step.
  func state(at time: Double) -> UnsafePointer<Double> {
    if time == integrator.time { return unknowns }
    if time != interpolatedTime {
      do {
        try integrator.interpolate(at: time, into: interpolated.baseAddress!)
      } catch {
        preconditionFailure("\(time) lies outside the last step, \(integrator.stepStart) to \(integrator.time)")
      }
      interpolatedTime = time
    }
    return UnsafePointer(interpolated.baseAddress!)
  }
}

/// Why a simulation could not go on, and what in the cell was at its end.
public struct SimulationError: Error, CustomStringConvertible {
  public var integration: IntegrationError
  /// What had run out in the last good state, if anything had.
  public var state: String?

  public var description: String {
    state.map { "\($0): \(integration)" } ?? "\(integration)"
  }
}

extension Cell {
  fileprivate var hasPhaseField: Bool {
    [negative, positive].contains { side in
      side.porous?.materials.contains { if case .cahnHilliard = $0.transport { true } else { false } } ?? false
    }
  }

  /// Whether it is nothing but a particle whose stress follows from what diffuses.
  fileprivate var isStressedParticle: Bool {
    negative == .reference
      && positive.porous?.materials.allSatisfy { $0.transport == .fickian && $0.mechanics != nil } ?? false
  }
}
