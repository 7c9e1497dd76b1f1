import CellInterface
import Electrochemistry
import Integration
import Testing

@Suite struct ConservationTests {
  /// Discharge, rest, charge, hold and rest again.
  private func cycle(_ cell: SimulatedCell, rate: Double, between: (SimulatedCell) throws -> Void) throws {
    let oneC = cell.nominalCapacity
    let window = cell.voltageWindow
    let parts: [(Control, Limit?, Double)] = [
      (.current(-rate * oneC), { $0.voltage - window.lowerBound }, .infinity),
      (.current(0), nil, 600),
      (.current(rate * oneC), { window.upperBound - $0.voltage }, .infinity),
      (.voltage(window.upperBound), { $0.current - oneC / 20 }, .infinity),
      (.current(0), nil, 600),
    ]
    for (control, limit, duration) in parts {
      try cell.impose(control, limits: limit.map { [$0] } ?? [])
      let end = cell.reading.time + duration
      while try cell.step(to: end) == .advanced { try between(cell) }
      try between(cell)
    }
  }

  @Test(arguments: ["nmc111-graphite-pouch", "lfp-graphite-18650", "lg-m50", "lco-graphite-petlion"])
  func ionsAndChargeAreConserved(name: String) throws {
    let parameters = try ReferenceCurve.cell(name)
    let cell = try SimulatedCell(parameters)
    let inventory = cell.ionInventory
    func charge(in electrode: Electrode, _ label: String) throws -> Double {
      let material = electrode.materials[0]
      return try Constants.faraday * parameters.electrodeArea * electrode.thickness * material.volumeFraction
        * material.maximumConcentration * cell.observable("\(label) Mean Stoichiometry / 1")
    }
    let negative = try charge(in: parameters.negative.porous!, "Negative")
    let positive = try charge(in: parameters.positive.porous!, "Positive")
    try cycle(cell, rate: 1) { cell in
      // Round-off of a few hundred steps on sums of a few hundred terms.
      #expect(abs(cell.ionInventory / inventory - 1) < 1e-12)
      // The charge that has passed is what one electrode has gained and the other lost.
      let passed = cell.reading.charge
      let gained = try charge(in: parameters.negative.porous!, "Negative") - negative
      let lost = try positive - charge(in: parameters.positive.porous!, "Positive")
      #expect(abs(gained - passed) < 1e-9 * negative)
      #expect(abs(lost - passed) < 1e-9 * positive)
    }
  }

  /// The energy that went in is what came out, is stored, or was turned into heat: with the terminal voltage integrated
  /// by the recorded points, ∫ V I dt agrees with the energy of the reading.
  @Test func energyIsTheIntegralOfPower() throws {
    let cell = try SimulatedCell(
      ReferenceCurve.cell("lg-m50"), mesh: Mesh(negative: 8, separator: 4, positive: 8, radial: 12))
    try cell.impose(.current(-5), limits: [])
    var integral = 0.0
    var last = cell.reading
    while last.time < 1800 {
      _ = try cell.step(to: 1800)
      // Simpson's rule on the dense output.
      let now = cell.reading
      let middle = cell.reading(at: (last.time + now.time) / 2)
      integral +=
        (now.time - last.time) / 6
        * (last.voltage * last.current + 4 * middle.voltage * middle.current + now.voltage * now.current)
      last = now
    }
    #expect(abs(last.energy / integral - 1) < 1e-5)
  }
}

/// Order of accuracy of the whole cell: a 1C discharge of the LG M50 at a time when nothing is at rest.
@Suite struct ConvergenceTests {
  private func voltage(mesh: Mesh, tolerance: Double) throws -> Double {
    let cell = try SimulatedCell(ReferenceCurve.cell("lg-m50"), mesh: mesh, relativeTolerance: tolerance)
    try cell.impose(.current(-5), limits: [])
    try cell.advance(to: 1200)
    return cell.reading.voltage
  }

  /// Three meshes, each with twice the counts of the one before: log₂ of the ratio of the differences.
  private func order(_ mesh: (Int) -> Mesh) throws -> Double {
    let values = try [1, 2, 4].map { try voltage(mesh: mesh($0), tolerance: 1e-9) }
    return Double.log((values[0] - values[1]) / (values[1] - values[2])) / Double.log(2)
  }

  @Test func secondOrderThroughTheCell() throws {
    let order = try order { Mesh(negative: 8 * $0, separator: 4 * $0, positive: 8 * $0, radial: 8) }
    #expect(abs(order - 2) < 0.1)
  }

  @Test func secondOrderOfLinearElementsInTheParticles() throws {
    let order = try order {
      var mesh = Mesh(negative: 5, separator: 3, positive: 5, radial: 12 * $0)
      mesh.radialOrder = 1
      return mesh
    }
    #expect(abs(order - 2) < 0.1)
  }

  @Test func theErrorFollowsTheTolerance() throws {
    let mesh = Mesh(negative: 8, separator: 4, positive: 8, radial: 10)
    let exact = try voltage(mesh: mesh, tolerance: 1e-11)
    let errors = try [1e-3, 1e-5, 1e-7].map { abs(try voltage(mesh: mesh, tolerance: $0) - exact) }
    // Two decades of tolerance are worth at least one decade of error, and the error per step (relative to some 4 V) adds
    // up over a few hundred steps at most.
    #expect(errors[1] < 0.1 * errors[0] && errors[2] < 0.1 * errors[1])
    for (error, tolerance) in zip(errors, [1e-3, 1e-5, 1e-7]) { #expect(error < 100 * tolerance) }
  }
}
