import CellInterface
import Foundation
import Testing

@testable import Electrochemistry

private let tolerance = 1e-8

/// Sizes and shapes of particles, which must change neither the amount of active material nor, written in another way,
/// anything.
@Suite struct ParticleClassTests {
  /// A half cell in which every limitation counts; `electrode` is the material or the blend.
  private func halfCell(_ electrode: String, groups: String) -> String {
    """
    {
      "Header": {"BPX": "1.1.1", "Model": "Partial"},
      "Parameterisation": {
        "Cell": {
          "Electrode area [m2]": 0.01, "Number of electrode pairs connected in parallel to make a cell": 1,
          "Nominal cell capacity [A.h]": 0.3, "Lower voltage cut-off [V]": 2.5, "Upper voltage cut-off [V]": 4.5
        },
        "Electrolyte": {
          "Cation transference number": 0.3, "Conductivity [S.m-1]": "0.3 + 0.6e-3 * x",
          "Diffusivity [m2.s-1]": 3e-10
        },
        "Positive electrode": {
          "Thickness [m]": 1e-4, "Porosity": 0.3, "Transport efficiency": 0.15, "Conductivity [S.m-1]": 5, \(electrode)
        },
        "Separator": {"Thickness [m]": 2e-5, "Porosity": 0.5, "Transport efficiency": 0.3},
        "User-defined": {
          "Negative electrode": {"Foil": {"Exchange current density [A.m-2]": 20}},
          "Positive electrode": {\(groups)}
        }
      },
      "State": {"Initial conditions": {"Initial electrolyte concentration [mol.m-3]": 1000}}
    }
    """
  }

  /// The radius that the file states and the area give the volume fraction 0.5.
  private func material(radius: Double, surfaceAreaPerVolume: Double) -> String {
    SingleParticle(
      openCircuitPotential: "\"4.3 - 0.8 * x - 0.1 * tanh(10 * (x - 0.5))\"", radius: radius,
      surfaceAreaPerVolume: surfaceAreaPerVolume, diffusivity: 2e-14, rateConstant: 1e-5
    ).material
  }

  private let mesh = Mesh(negative: 1, separator: 4, positive: 8, radial: 12)

  /// A quarter of the volume in particles of 2 µm, the rest in particles of 8 µm: written as sizes of one material and
  /// as two materials. The equations are the same but for the last digit of the areas.
  @Test func twoSizesAreABlend() throws {
    let sizes = halfCell(
      material(radius: 5e-6, surfaceAreaPerVolume: 3e5),
      groups: "\"Size distribution\": {\"x\": [2e-6, 8e-6], \"y\": [1, 3], \"description\": \"two\"}")
    // a = 3 ε/R with ε = 0.125 and 0.375.
    let blend = halfCell(
      """
      "Particle": {
        "Small": {\(material(radius: 2e-6, surfaceAreaPerVolume: 187_500))},
        "Large": {\(material(radius: 8e-6, surfaceAreaPerVolume: 140_625))}
      }
      """, groups: "\"description\": \"none\"")
    let cells = try [sizes, blend].map { try simulate($0, mesh: mesh, tolerance: tolerance) }
    for current in [-0.3, 0, 0.15] {
      for cell in cells { try cell.impose(.current(current), limits: []) }
      for _ in 0..<4 {
        for cell in cells { try cell.advance(to: cell.reading.time + 300) }
        // Either voltage is within a hundred tolerances of the exact one: see `theErrorFollowsTheTolerance`.
        let bound = 200 * tolerance
        #expect(abs(cells[0].reading.voltage - cells[1].reading.voltage) < bound)
      }
    }
    // They did share the current unevenly: the small ones go ahead.
    #expect(cells[1].observableLabels.contains("Positive Small Mean Stoichiometry / 1"))
    #expect(
      try abs(
        cells[1].observable("Positive Small Mean Stoichiometry / 1")
          - cells[1].observable("Positive Large Mean Stoichiometry / 1")) > 1e-3)
  }

  /// However the particles are resized, the same charge changes the mean stoichiometry by the same: Q/(F A L ε c_max)
  /// with ε = 0.5 of the file as it was written.
  @Test(arguments: [
    ("", [:]), ("", ["Particle radius [m]": "4e-8"]),
    ("\"Size distribution\": {\"x\": [1e-6, 2e-6, 6e-6], \"y\": [2, 5, 1]}", [:]),
    ("\"Particle shape\": {\"Shape factor\": 3}", ["shape": "1"]),
    ("\"Particle shape\": {\"Shape factor\": 3}, \"Film\": {\"Resistance [Ohm.m2]\": 0.01}", ["shape": "2"]),
    (
      "\"Particle shape\": {\"Shape factor\": 3}, \"Size distribution\": {\"x\": [1e-6, 3e-6], \"y\": [0.4, 0.4]}",
      ["shape": "1"]
    ),
  ])
  func resizingKeepsTheActiveVolume(groups: String, overrides: [String: String]) throws {
    let text = halfCell(
      material(radius: 5e-6, surfaceAreaPerVolume: 3e5),
      groups: groups + (groups.isEmpty ? "" : ", ")
        + "\"description\": \"none\"")
    let keys = [
      "Particle radius [m]": "Positive electrode/Particle radius [m]",
      "shape": "User-defined/Positive electrode/Particle shape/Shape factor",
    ]
    let cell = try simulate(
      text, overrides: overrides.map { (key: keys[$0.key]!, value: $0.value) }, mesh: mesh, tolerance: tolerance)
    try cell.impose(.current(-0.1), limits: [])
    try cell.advance(to: 3000)
    let expected = 0.1 + 0.1 * 3000 / SingleParticle.capacity
    let found = try cell.observable("Positive Mean Stoichiometry / 1")
    // A content that grows in a straight line is integrated exactly, and the equations of diffusion keep it to
    // round-off.
    #expect(abs(found - expected) < 1e-12)
  }
}
