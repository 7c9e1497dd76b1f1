import CellInterface
import Electrochemistry
import Foundation
import Integration
import Testing

/// A salt solution between two metal foils, against closed forms (Newman & Thomas-Alyea; Sand 1901).
@Suite struct SymmetricCellTests {
  private func cell(thickness: Double = 25e-6, volumes: Int, tolerance: Double = 1e-8) throws -> SimulatedCell {
    let file = try CellFile(
      path: ReferenceCurve.url("li-symmetric.json").path,
      overrides: [(key: "Separator/Thickness [m]", value: "\(thickness)")])
    return try SimulatedCell(
      file.cell, mesh: Mesh(negative: 1, separator: volumes, positive: 1, radial: 1), relativeTolerance: tolerance)
  }

  private let current = 30.0  // A/m², on 1 m²

  @Test func limitingCurrent() throws {
    let limit = try #require(try cell(volumes: 2).model.cell.electrolyteLimitedCurrent)
    #expect(abs(limit / 1097.36694993 - 1) < 1e-6)
  }

  /// cₑ at the two faces, as fractions of τ = εL²/Dₑ.
  @Test func transient() throws {
    let curve = [
      (0.01, 993.8304366, 1006.169563), (0.03, 989.3142674, 1010.685733), (0.1, 980.9211885, 1019.078812),
      (0.3, 973.8091027, 1026.190897), (1, 972.66298, 1027.33702),
    ]
    let cell = try cell(volumes: 200)
    // Positive current dissolves the positive foil: its face is the source.
    try cell.impose(.current(current), limits: [])
    for (fraction, sink, source) in curve {
      try cell.advance(to: fraction * 3.10564996875)
      let concentrations = cell.model.electrolyteConcentrations(cell.unknowns)
      // From the middle of the last volume to its face, half an interval on.
      let first = 1.5 * concentrations[0] - 0.5 * concentrations[1]
      let last = 1.5 * concentrations[199] - 0.5 * concentrations[198]
      #expect(abs(first - sink) < 1e-3 * abs(1000 - sink))
      #expect(abs(last - source) < 1e-3 * abs(1000 - source))
    }
  }

  @Test func concentrationOverpotential() throws {
    let cell = try cell(volumes: 100)
    try cell.impose(.current(current), limits: [])
    try cell.advance(to: 60)
    let separator = try #require(cell.model.cell.separator)
    let conductivity =
      cell.model.cell.electrolyte.conductivity.atReference(1000) * separator.transportEfficiency
    let ohmic = current * separator.thickness / conductivity
    #expect(abs((cell.reading.voltage - ohmic) / 0.00179013067113 - 1) < 1e-4)
  }

  /// The salt at the face runs out after Sand's time when the separator is so thick that the other foil is not felt.
  @Test func sandTime() throws {
    let cell = try cell(thickness: 3e-3, volumes: 2000, tolerance: 1e-6)
    try cell.impose(.current(current), limits: [])
    // The salt at the face goes on falling through zero for a moment, as a trial of the solver may.
    func atFace() -> Double {
      let concentrations = cell.model.electrolyteConcentrations(cell.unknowns)
      return 1.5 * concentrations[0] - 0.5 * concentrations[1]
    }
    var before = (time: 0.0, face: 1000.0)
    while cell.reading.time < 810 || atFace() > 0 {
      before = (cell.reading.time, atFace())
      _ = try cell.step(to: cell.reading.time + 0.5)
    }
    let time = before.time + (cell.reading.time - before.time) * before.face / (before.face - atFace())
    #expect(abs(time / 815.912597571 - 1) < 1e-3)
  }

  @Test func saltIsConserved() throws {
    let cell = try cell(volumes: 50)
    let inventory = cell.ionInventory
    try cell.impose(.current(500), limits: [])
    try cell.advance(to: 5)
    try cell.impose(.current(0), limits: [])
    try cell.advance(to: 10)
    #expect(abs(cell.ionInventory / inventory - 1) < 1e-12)
  }
}
