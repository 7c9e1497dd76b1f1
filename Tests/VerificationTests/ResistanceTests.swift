import CellInterface
import Foundation
import Testing

@testable import Electrochemistry

private let tolerance = 1e-9

/// Contacts, films and foils with a resistance: in the first instant of a current, when all stoichiometries are those
/// of the rest, and later, when they are the same with and without.
@Suite struct ResistanceTests {
  /// A rate constant at which the overpotential counts too.
  private let rateConstant = 1e-5

  private func overpotential(_ j: Double, stoichiometry x: Double) -> Double {
    let j0 = Constants.faraday * rateConstant * (x * (1 - x)).squareRoot()
    return 2 * Constants.gas * 298.15 / Constants.faraday * asinh(j / (2 * j0))
  }

  /// V(0+) = U + η(j) + j R_film + I R_contact with j = I over the surface of all particles, whatever their shape.
  @Test(arguments: ParticleShape.allCases) func firstInstant(shape: ParticleShape) throws {
    let (contact, film) = (0.05, 0.02)
    let cell = try SingleParticle(
      surfaceAreaPerVolume: 1e5, rateConstant: rateConstant,
      groups: """
        "Particle shape": {"Shape factor": \(shape.rawValue)}, "Film": {"Resistance [Ohm.m2]": \(film)}
        """,
      contactResistance: contact
    ).simulated(tolerance: tolerance)
    #expect(abs(cell.reading.voltage - 3.45) < cell.startBound(4, tolerance: tolerance))
    for current in [-2.0, -0.1, 0.5, 3] {
      try cell.impose(.current(current), limits: [])
      // 1e5 m⁻¹ in 1e-6 m³, as the file says; the shape only tells how much material that is.
      let j = current / 0.1
      let expected = 3.45 + overpotential(j, stoichiometry: 0.5) + j * film + current * contact
      #expect(abs(cell.reading.voltage - expected) < cell.startBound(4, tolerance: tolerance), "\(current) A")
    }
  }

  /// At constant current the terminals differ by I R_contact + j R_film at every instant, while everything inside is
  /// the same.
  @Test(arguments: [(0.02, 0.0), (0, 0.05), (0.02, 0.05)])
  func resistanceShiftsTheWholeCurve(film: Double, contact: Double) throws {
    let current = -0.2
    func cell(film: Double, contact: Double) throws -> SimulatedCell {
      let cell = try SingleParticle(
        diffusivity: 2e-14, rateConstant: rateConstant, groups: "\"Film\": {\"Resistance [Ohm.m2]\": \(film)}",
        contactResistance: contact
      ).simulated(tolerance: tolerance)
      try cell.impose(.current(current), limits: [])
      return cell
    }
    let cells = [try cell(film: 0, contact: 0), try cell(film: film, contact: contact)]
    for time in [1.0, 60, 600] {
      for cell in cells { try cell.advance(to: time) }
      let shift = current * (film / SingleParticle.surface + contact)
      // The potential changes by 0.3 V for each unit of stoichiometry, the overpotential by less than that.
      let bound = 0.6 * cells.map { $0.errorBound(1, tolerance: tolerance) }.reduce(0, +)
      #expect(abs(cells[1].reading.voltage - cells[0].reading.voltage - shift) < bound)
    }
  }

  /// Two materials of which one is coated share the current so that both see the same potential difference:
  /// Σ S j = I with U + η(j) + j R_film = V for each of the surfaces S.
  @Test func materialsShareTheCurrent() throws {
    let film = 0.05
    let bare = SingleParticle(surfaceAreaPerVolume: 2e5, rateConstant: rateConstant)
    let coated = SingleParticle(radius: 2e-6, surfaceAreaPerVolume: 1e5, rateConstant: rateConstant)
    let cell = try SingleParticle(
      groups: "\"Particle\": {\"Coated\": {\"Film\": {\"Resistance [Ohm.m2]\": \(film)}}}",
      blend: "\"Bare\": {\(bare.material)}, \"Coated\": {\(coated.material)}"
    ).simulated(tolerance: tolerance)
    func root(from low: Double, to high: Double, of rising: (Double) -> Double) -> Double {
      var (low, high) = (low, high)
      while case let middle = (low + high) / 2, middle > low, middle < high {
        if rising(middle) < 0 { low = middle } else { high = middle }
      }
      return low
    }
    for current in [-1.0, 0.1, 2] {
      try cell.impose(.current(current), limits: [])
      // A volume of 1e-6 m³: surfaces of 0.2 and 0.1 m².
      let expected = root(from: 2, to: 5) { voltage in
        func density(film: Double) -> Double {
          root(from: -100, to: 100) { 3.45 + overpotential($0, stoichiometry: 0.5) + $0 * film - voltage }
        }
        return 0.2 * density(film: 0) + 0.1 * density(film: film) - current
      }
      #expect(abs(cell.reading.voltage - expected) < cell.startBound(4, tolerance: tolerance), "\(current) A")
    }
  }

  /// The resistances of two foils and of the contacts shift the voltage by I (R_contact + (R₋ + R₊)/A), in the first
  /// instant and when the salt has become uneven.
  @Test func foils() throws {
    func cell(negative: Double, positive: Double, contact: Double) throws -> SimulatedCell {
      let text = """
        {
          "Header": {"BPX": "1.1.1", "Model": "Partial"},
          "Parameterisation": {
            "Cell": {
              "Electrode area [m2]": 0.01, "Number of electrode pairs connected in parallel to make a cell": 1,
              "Nominal cell capacity [A.h]": 1, "Lower voltage cut-off [V]": -5, "Upper voltage cut-off [V]": 5
            },
            "Electrolyte": {
              "Cation transference number": 0.3, "Conductivity [S.m-1]": 0.9, "Diffusivity [m2.s-1]": 3e-10
            },
            "Separator": {"Thickness [m]": 3e-5, "Porosity": 0.5, "Transport efficiency": 0.3},
            "User-defined": {
              "Cell": {"Contact resistance [Ohm]": \(contact)},
              "Negative electrode": {
                "Foil": {"Exchange current density [A.m-2]": 10, "Resistance [Ohm.m2]": \(negative)}},
              "Positive electrode": {
                "Foil": {"Exchange current density [A.m-2]": 20, "Resistance [Ohm.m2]": \(positive)}}
            }
          },
          "State": {"Initial conditions": {"Initial electrolyte concentration [mol.m-3]": 1000}}
        }
        """
      return try simulate(
        text, mesh: Mesh(negative: 1, separator: 10, positive: 1, radial: 1), tolerance: tolerance)
    }
    let cells = [
      try cell(negative: 0, positive: 0, contact: 0), try cell(negative: 1e-3, positive: 4e-4, contact: 0.02),
    ]
    for current in [-2.0, 1] {
      let shift = current * (0.02 + 1.4e-3 / 0.01)
      func deviation() -> Double { abs(cells[1].reading.voltage - cells[0].reading.voltage - shift) }
      for cell in cells { try cell.impose(.current(current), limits: []) }
      // Both started from the same salt the first time, and from the same to the solver's tolerance the second. A
      // relative change of the salt changes the voltage by less than 0.1 V.
      func bound() -> Double { 0.1 * cells.map { $0.errorBound(1, tolerance: tolerance) }.reduce(0, +) }
      #expect(deviation() < cells[0].startBound(4, tolerance: tolerance) + bound())
      for cell in cells { try cell.advance(to: cell.reading.time + 20) }
      #expect(deviation() < bound())
    }
  }
}
