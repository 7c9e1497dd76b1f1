import CellInterface
import Electrochemistry
import Foundation
import Testing

/// Homogeneous, Cahn–Hilliard and Allen–Cahn particles, alone and in half cells, against the phase-field program MPET on its
/// own meshes (References/README.md).
@Suite struct PhaseFieldPeerTests {
  /// What the reference imposes, discharge positive.
  enum Course: Sendable {
    /// A current in A that approaches its value as 1 − exp(−t/τ).
    case current(Double, timeConstant: Double)
    /// A voltage, from the first one of the reference.
    case voltage(Double, timeConstant: Double)
    /// Straight lines between these times in s and currents in A.
    case segments([(time: Double, current: Double)])
  }

  struct Case: Sendable, CustomTestStringConvertible {
    /// One curve, or several one after the other under the same current.
    var references: [String]
    var cell: String
    var mesh: Mesh
    var course: Course
    /// Largest deviation of the voltage in mV.
    var bound: Double
    /// Where a wetted particle begins to fill, up to this time in s, and its bound in mV.
    var nucleation = (until: -1.0, bound: 0.0)
    var testDescription: String { references[0] }
  }

  static let alone = Mesh(negative: 1, separator: 1, positive: 1, radial: 8)
  static let oneC = 14.822992274999997

  static func segments(_ oneC: Double) -> Course {
    .segments([
      (0, 0), (1, oneC), (1500, oneC), (1501, -2 * oneC), (2100, -2 * oneC), (2101, 0), (3900, 0),
    ])
  }

  static let cases = [
    Case(
      references: ["mpet-halfcell"], cell: "mpet-halfcell",
      mesh: Mesh(negative: 1, separator: 2, positive: 2, radial: 8),
      course: .current(0.01 * oneC, timeConstant: 352.8), bound: 0.1),
    Case(
      references: ["mpet-polarised"], cell: "mpet-polarised",
      mesh: Mesh(negative: 1, separator: 3, positive: 3, radial: 8),
      course: .current(35.575181459999996, timeConstant: 3.528), bound: 0.1),
    Case(
      references: ["mpet-electron-transfer"], cell: "mpet-electron-transfer", mesh: alone, course: segments(oneC),
      bound: 0.01),
    Case(references: ["mpet-film"], cell: "mpet-film", mesh: alone, course: segments(oneC), bound: 0.01),
    Case(
      references: ["mpet-mosaic", "mpet-mosaic-continued"], cell: "mpet-mosaic",
      mesh: Mesh(negative: 1, separator: 1, positive: 3, radial: 8),
      course: .current(0.01 * oneC, timeConstant: 216), bound: 0.1),
    Case(
      references: ["mpet-mosaic-100"], cell: "mpet-mosaic-100",
      mesh: Mesh(negative: 1, separator: 5, positive: 10, radial: 8), course: .current(1.270542195, timeConstant: 0),
      bound: 0.1),
    // Where the surface splits, the voltage falls by 60 mV within 90 s.
    Case(
      references: ["mpet-sphere"], cell: "mpet-sphere", mesh: alone, course: .current(0.1 * oneC, timeConstant: 34.92),
      bound: 0.3),
    // The peer has the wetted value a whole cell away from the first one, we have it on the wall, half a cell away: while the
    // boundary leaves the wall that makes a difference (References/README.md), later none.
    Case(
      references: ["mpet-platelet-C10"], cell: "mpet-platelet", mesh: alone,
      course: .current(0.1 * oneC, timeConstant: 34.92), bound: 0.1, nucleation: (7200, 25)),
    Case(
      references: ["mpet-platelet-1C"], cell: "mpet-platelet", mesh: alone, course: .current(oneC, timeConstant: 3.492),
      bound: 0.1, nucleation: (900, 4)),
    Case(
      references: ["mpet-platelet-50C"], cell: "mpet-platelet", mesh: alone,
      course: .current(50 * oneC, timeConstant: 0.06984), bound: 0.1, nucleation: (1, 4)),
    Case(
      references: ["mpet-platelet-hold"], cell: "mpet-platelet", mesh: alone,
      course: .voltage(3.35, timeConstant: 0.06), bound: 0.1),
  ]

  @Test(arguments: cases) func agreesOnItsMesh(_ case: Case) throws {
    let cell = try SimulatedCell(ReferenceCurve.cell(`case`.cell), mesh: `case`.mesh, relativeTolerance: 1e-7)
    var (worst, worstAtNucleation, worstCurrent) = (0.0, 0.0, 0.0)
    for (part, name) in `case`.references.enumerated() {
      let rows = try ReferenceCurve(name).rows
      let begin = cell.reading.time
      let scale = rows.map { abs($0.current) }.max()!
      var next = 0
      func compare() {
        while next < rows.count, begin + rows[next].time <= cell.reading.time {
          let row = rows[next]
          let reading = cell.reading(at: begin + row.time)
          let deviation = abs(reading.voltage - row.voltage) * 1e3
          if row.time > `case`.nucleation.until {
            worst = max(worst, deviation)
          } else {
            worstAtNucleation = max(worstAtNucleation, deviation)
          }
          worstCurrent = max(worstCurrent, abs(reading.current - row.current) / scale)
          next += 1
        }
      }
      for (control, end) in lines(`case`.course, first: rows[0], until: rows.last!.time, isContinued: part > 0) {
        try cell.impose(control, limits: [])
        compare()
        while try cell.step(to: begin + end) == .advanced { compare() }
        compare()
      }
      #expect(next == rows.count)
    }
    #expect(worst <= `case`.bound)
    #expect(worstAtNucleation <= `case`.nucleation.bound)
    // The exponential approach is followed by straight lines.
    #expect(worstCurrent < 1e-3)
  }

  /// A 1C discharge of the platelet with another number of cells along its facets.
  private func discharged(cells: Int, rateHeterogeneity: Double = 0, until end: Double) throws -> SimulatedCell {
    var cell = try ReferenceCurve.cell("mpet-platelet")
    var electrode = try #require(cell.positive.porous)
    guard case .allenCahn(var model) = electrode.materials[0].transport else { throw CocoaError(.featureUnsupported) }
    (model.cells, model.rateHeterogeneity) = (cells, rateHeterogeneity)
    electrode.materials[0].transport = .allenCahn(model)
    cell.positive = .porous(electrode)
    let simulated = try SimulatedCell(cell, mesh: Self.alone)
    try simulated.impose(.current(-Self.oneC), limits: [])
    while try simulated.step(to: end) == .advanced {}
    return simulated
  }

  /// The first cell beside a wetted end is the further from equilibrium the finer the mesh, 28 V with 800 cells; it has to fill
  /// all the same. The error is of first order while this layer grows.
  @Test func wettedEndsFillOnFineMeshes() throws {
    let voltages = try [100, 200, 400, 800].map { try discharged(cells: $0, until: 20).reading.voltage }
    let changes = zip(voltages, voltages.dropFirst()).map { abs($0 - $1) }
    for (coarse, fine) in zip(changes, changes.dropFirst()) { #expect(fine < 0.7 * coarse) }
  }

  /// A platelet whose ends are alike is computed up to its middle, which is a mirror: one whose reaction differs from end to end
  /// by less than the last digit is computed in full.
  @Test func halfAPlateletStandsForAllOfIt() throws {
    let half = try discharged(cells: 100, until: 1800)
    let full = try discharged(cells: 100, rateHeterogeneity: 1e-15, until: 1800)
    #expect(half.model.unknownCount == full.model.unknownCount - 50)
    #expect(abs(half.reading.voltage - full.reading.voltage) < 1e-6)
    func profile(_ cell: SimulatedCell) -> [(position: Double, x: Double)] {
      var lines: [(Double, Double)] = []
      cell.writeProfiles(at: cell.reading.time) { line in
        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
        lines.append((Double(fields[6])!, Double(fields[7])!))
      }
      return lines
    }
    let (mirrored, computed) = (profile(half), profile(full))
    #expect(mirrored.count == 100 && computed.count == 100)
    for (a, b) in zip(mirrored, computed) { #expect(abs(a.position - b.position) < 1e-20 && abs(a.x - b.x) < 1e-4) }
  }

  /// The course as straight lines: controls and the time at which each ends.
  private func lines(
    _ course: Course, first: ReferenceCurve.Row, until end: Double, isContinued: Bool
  ) -> [(Control, end: Double)] {
    func approach(
      _ timeConstant: Double, from: Double, to: Double, _ line: (Double, Double) -> Control
    ) -> [(Control, end: Double)] {
      guard timeConstant > 0, !isContinued else { return [(line(to, 0), end)] }
      let width = timeConstant / 4
      func value(_ time: Double) -> Double { to + (from - to) * exp(-time / timeConstant) }
      var lines: [(Control, end: Double)] = []
      for k in 0..<40 {
        let (begin, end) = (Double(k) * width, Double(k + 1) * width)
        let rate = (value(end) - value(begin)) / width
        lines.append((line(value(begin), rate), end))
      }
      lines.append((line(to, 0), end))
      return lines
    }
    switch course {
    case .current(let current, let timeConstant):
      return approach(timeConstant, from: 0, to: -current) { .current($0, rate: $1) }
    case .voltage(let voltage, let timeConstant):
      return approach(timeConstant, from: first.voltage, to: voltage) { .voltage($0, rate: $1) }
    case .segments(let corners):
      return zip(corners, corners.dropFirst()).map { from, to in
        let rate = (from.current - to.current) / (to.time - from.time)
        return (Control.current(-from.current, rate: rate), end: to.time)
      }
    }
  }
}
