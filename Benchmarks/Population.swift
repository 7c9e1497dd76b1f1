import CellInterface
import Electrochemistry

/// A discharge of a half cell whose particles have a phase field, in several sizes.
struct Population: Work {
  let cell: Cell
  /// In units of 1C.
  let rate: Double

  init(classes: Int, rate: Double) throws {
    let prefix = "User-defined/Positive electrode"
    cell = try CellFile(
      path: "cells/lfp-nanospheres.json",
      overrides: [(key: "\(prefix)/Size distribution/Log-normal/Classes", value: "\(classes)")]
    ).cell
    self.rate = rate
  }

  func perform(as job: Job, _ clock: inout Clock) throws -> Outcome {
    let simulation = try SimulatedCell(
      cell, stateOfCharge: 1, mesh: job.mesh, relativeTolerance: job.tolerance, solver: job.solver)
    let lowest = cell.voltageWindow.lowerBound
    try clock.run {
      try simulation.impose(.current(-rate * cell.nominalCapacity), limits: [{ $0.voltage - lowest }])
      while try simulation.step(to: 2 * 3600 / rate) == .advanced {}
    }
    return Outcome(of: simulation)
  }
}
