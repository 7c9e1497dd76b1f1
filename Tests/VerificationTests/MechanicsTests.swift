import CellInterface
import Foundation
import Integration
import Reproducible
import Testing

@testable import Electrochemistry

/// One strained particle against an ideal reference electrode, in the words of `cells/README.md`.
private struct StrainedParticle {
  var shapeFactor = 3
  var radius = 5e-6
  var maximumConcentration = 22_900.0
  var diffusivity = "7.08e-15"
  var start = 0.0
  /// Further keys of `Particle shape`, each after a comma.
  var shape = ""
  /// Keys of `Mechanics`.
  var mechanics = """
    "Young's modulus [Pa]": 1e10, "Poisson's ratio": 0.3, "Partial molar volume [m3.mol-1]": 3.497e-6
    """
  /// Further groups, each after a comma.
  var groups = ""
  var openCircuitPotential = "4 - 0.5 * x"

  /// Reacting surface in m².
  var surface: Double { Double(shapeFactor) * 0.5 / radius * 1e-4 }

  func simulated(tolerance: Double = 1e-5, radial: Int = Mesh.standard.radial) throws -> SimulatedCell {
    let text = """
      {
        "Header": {"BPX": "1.1.1", "Title": "Strained particle", "Model": "Partial"},
        "Parameterisation": {
          "Cell": {
            "Electrode area [m2]": 1, "Number of electrode pairs connected in parallel to make a cell": 1,
            "Nominal cell capacity [A.h]": \(Constants.faraday * maximumConcentration * 5e-5 / 3600),
            "Lower voltage cut-off [V]": -5, "Upper voltage cut-off [V]": 10, "Reference temperature [K]": 298.15
          },
          "Positive electrode": {
            "Thickness [m]": 1e-4, "Particle radius [m]": \(radius),
            "Surface area per unit volume [m-1]": \(0.5 * Double(shapeFactor) / radius),
            "Minimum stoichiometry": \(start), "Maximum stoichiometry": 1,
            "Maximum concentration [mol.m-3]": \(maximumConcentration), "Diffusivity [m2.s-1]": \(diffusivity),
            "OCP [V]": "\(openCircuitPotential)", "Reaction rate constant [mol.m-2.s-1]": 1e-3
          },
          "User-defined": {
            "Negative electrode": {"Reference": {"description": "ideal"}},
            "Positive electrode": {
              "Particle shape": {"Shape factor": \(shapeFactor)\(shape)}, "Mechanics": {\(mechanics)}\(groups)
            }
          }
        },
        "State": {
          "Initial conditions": {"Initial state-of-charge": 1},
          "Thermal environment": {"Ambient temperature [K]": 298.15}
        }
      }
      """
    return try simulate(
      text, mesh: Mesh(negative: 1, separator: 1, positive: 1, radial: radial), tolerance: tolerance)
  }
}

extension SimulatedCell {
  /// Goes to a time at a current density per particle surface in A/m², positive on emptying.
  fileprivate func run(_ current: Double, until end: Double) throws {
    try impose(.current(current), limits: [])
    while try step(to: end) == .advanced {}
  }

  /// Stresses at the nodes of a particle.
  fileprivate func stresses(material: Int = 0, volume: Int = 0) -> [Stress] {
    var stresses: [Stress] = []
    model.materials[material].stresses[0].forEachNode(unknowns, volume: volume) { stresses.append($1) }
    return stresses
  }
}

/// Strain in particles against closed forms and independent converged solutions (References/README.md).
@Suite struct MechanicsTests {
  private struct References: Decodable {
    var galvanostatic: [[Double]]
    var enhanced: [[Double]]
    var pulse: [[Double]]
    /// C-rate, mean stoichiometry, voltage.
    var coherentSphere: [[Double]]
  }

  private func references() throws -> References {
    try JSONDecoder().decode(References.self, from: Data(contentsOf: ReferenceCurve.url("mechanics.json")))
  }

  // MARK: closed forms

  /// A particle that fills without a word of the stress (verification case 03a).
  @Test(arguments: 1...3) func stressOfAFillingParticle(shapeFactor: Int) throws {
    var particle = StrainedParticle(shapeFactor: shapeFactor)
    particle.mechanics += ", \"Stress in flux\": 0, \"Stress in reaction\": 0"
    let cell = try particle.simulated()
    let time = particle.radius * particle.radius / 7.08e-15
    let current = 0.2
    let unit = 1e10 * 3.497e-6 * current * particle.radius / (Constants.faraday * 3 * 0.7 * 7.08e-15)
    for row in try references().galvanostatic where row[0] == Double(shapeFactor) {
      try cell.run(-current * particle.surface, until: row[1] * time)
      for (label, expected) in [
        ("Surface Hoop Stress", row[2]), ("Centre Radial Stress", row[3]), ("Centre Hydrostatic Stress", row[4]),
      ] {
        let found = try cell.observable("Positive \(label) / Pa") / unit
        #expect(abs(found - expected) <= 1e-3 * abs(expected) + 1e-6, "\(label) at \(row[1])")
      }
    }
  }

  /// The stress makes diffusion faster, D (1 + θ c) (verification case 03e), whether the reaction feels it or not.
  @Test(arguments: 1...3, [0, 1]) func stressSpeedsDiffusionUp(shapeFactor: Int, inReaction: Int) throws {
    var particle = StrainedParticle(shapeFactor: shapeFactor, start: 0.2)
    particle.mechanics += ", \"Reference stoichiometry\": 0.2, \"Stress in reaction\": \(inReaction)"
    let cell = try particle.simulated()
    let time = particle.radius * particle.radius / 7.08e-15
    for row in try references().enhanced where row[0] == Double(shapeFactor) {
      try cell.run(-2 * particle.surface, until: row[1] * time)
      #expect(abs(cell.stoichiometries().last! / row[2] - 1) < 1e-4, "\(row[1])")
      let hoop = try cell.observable("Positive Surface Hoop Stress / Pa")
      #expect(abs(hoop / row[3] / 1e6 - 1) < 2e-3, "\(row[1])")
      let centre = try cell.observable("Positive Centre Hydrostatic Stress / Pa")
      #expect(abs(centre / row[4] / 1e6 - 1) < 2e-3, "\(row[1])")
    }
  }

  /// Under pulses the mean strain follows the charge, and the stress relaxes in the pauses (verification case 17a).
  @Test func stressUnderPulses() throws {
    var particle = StrainedParticle(radius: 1e-6, maximumConcentration: 22_000, diffusivity: "2e-15", start: 0.1)
    particle.mechanics = """
      "Young's modulus [Pa]": 6e10, "Poisson's ratio": 0.25, "Partial molar volume [m3.mol-1]": 3.5e-6,
      "Reference stoichiometry": 0.1, "Stress in flux": 0, "Stress in reaction": 0
      """
    let cell = try particle.simulated()
    let time = 1e-12 / 2e-15
    let edges = [0, 0.05, 0.15, 0.2, 0.3, 0.35, 10]
    for row in try references().pulse {
      for (i, edge) in edges.enumerated().dropFirst() where edges[i - 1] < row[0] {
        let end = min(edge, row[0]) * time
        guard cell.reading.time < end else { continue }
        try cell.run(i % 2 == 1 ? -0.4 * particle.surface : 0, until: end)
      }
      #expect(abs(cell.stoichiometries().last! - row[1]) < 2e-4, "\(row[0])")
      #expect(abs(cell.stoichiometries()[0] - row[2]) < 2e-4, "\(row[0])")
      let stress = try cell.observable("Positive Surface Hoop Stress / Pa") / 1e6
      #expect(abs(stress - row[3]) < 0.005 * abs(row[3]) + 0.02, "\(row[0])")
      let strain = try cell.observable("Positive Volume Strain / 1")
      #expect(abs(strain - row[4]) < 1e-4 * row[4], "\(row[0])")
    }
  }

  // MARK: equilibrium of forces

  /// In every free body, solid or hollow, dσ_r/dr + (s − 1)(σ_r − σ_θ)/r = 0 (s: sphere 3, cylinder 2), no force acts on a
  /// surface or, on the whole, along the axis; and the hydrostatic stress is ⅔ Y (ε̄ − ε).
  @Test(arguments: ParticleShape.allCases.map(\.rawValue), [0, 0.4])
  func forcesBalance(shapeFactor: Int, hollowness: Double) throws {
    if shapeFactor == 1 && hollowness > 0 { return }
    var particle = StrainedParticle(shapeFactor: shapeFactor)
    if hollowness > 0 { particle.shape = ", \"Inner radius [m]\": \(hollowness * particle.radius)" }
    let cell = try particle.simulated(radial: 96)
    try cell.run(-2 * particle.surface, until: 200)
    let stresses = cell.stresses()
    let inside = cell.particle()
    let radii = stresses.indices.map { inside.position(ofNode: $0, volume: 0) / particle.radius }
    let scale = stresses.map { abs($0.hydrostatic) }.max()!
    #expect(scale > 1e6)
    #expect(abs(stresses.last!.radial) < 1e-9 * scale)
    if hollowness > 0 { #expect(abs(stresses[0].radial) < 1e-9 * scale && abs(radii[0] - hollowness) < 1e-12) }
    if hollowness == 0 {
      #expect(shapeFactor == 1 || abs(stresses[0].radial - stresses[0].hoop) < 1e-9 * scale)
    }
    var axialForce = 0.0
    let x = cell.stoichiometries()
    let mean = inside.meanStoichiometry(cell.unknowns, volume: 0)
    for (i, stress) in stresses.enumerated() {
      axialForce += inside.nodeVolumes[i] * stress.axial
      let expected = 2 / 3.0 * 1e10 / 0.7 * 3.497e-6 * particle.maximumConcentration / 3 * (mean - x[i])
      #expect(abs(stress.hydrostatic - expected) < 1e-9 * scale)
    }
    // A sphere has no axis.
    if shapeFactor < 3 { #expect(abs(axialForce) < 1e-9 * scale) }
    // r^(s−1) σ_r rises by ∫ (s − 1) r^(s−2) σ_θ dr, here by the rule of Simpson over the nodes of each element of order 4.
    let s = Double(shapeFactor)
    for first in stride(from: 0, to: radii.count - 4, by: 4) {
      let rise =
        pow(radii[first + 4], s - 1) * stresses[first + 4].radial - pow(radii[first], s - 1) * stresses[first].radial
      // Gauss–Lobatto's weights for five points.
      let half = 0.5 * (radii[first + 4] - radii[first])
      var integral = 0.0
      for (i, weight) in zip(first..., [1 / 10.0, 49 / 90.0, 32 / 45.0, 49 / 90.0, 1 / 10.0]) where s > 1 {
        integral += half * weight * (s - 1) * pow(radii[i], s - 2) * stresses[i].hoop
      }
      #expect(abs(rise - integral) < 2e-7 * scale, "\(radii[first])")
    }
  }

  /// A penny crack of radius a in the stress σ_c (1 − 2ρ²) has K = 2 σ_c √(a/π) (1 − (4/3)(a/R)²) (verification case 13b), here
  /// of a particle that has filled for long.
  @Test func stressIntensityOfAPennyCrack() throws {
    var particle = StrainedParticle(diffusivity: "1e-13", start: 0.3)
    particle.mechanics += """
      , "Stress in flux": 0, "Stress in reaction": 0, "Fracture": {"Toughness [Pa.m0.5]": 1e6, "Flaw size [m]": 2e-6}
      """
    let cell = try particle.simulated(tolerance: 1e-8)
    try cell.run(-2 * particle.surface, until: 0.5 * 25e-12 / 1e-13)
    let centre = 1e10 * 3.497e-6 * 2 * particle.radius / (Constants.faraday * 15 * 0.7 * 1e-13)
    let expected = 2 * centre * (2e-6 / Double.pi).squareRoot() * (1 - 4.0 / 3 * 0.16)
    let found = try cell.observable("Positive Centre Flaw Stress Intensity / Pa m0.5")
    #expect(abs(found / expected - 1) < 1e-4)
    #expect(try cell.observable("Positive Surface Flaw Stress Intensity / Pa m0.5") == 0)
    let release = try cell.observable("Positive Largest Energy Release Rate / J m-2")
    #expect(abs(release / (expected * expected * 0.91 / 1e10) - 1) < 2e-4)
    // On emptying, the surface is under tension.
    try cell.run(2 * particle.surface, until: cell.reading.time + 0.5 * 25e-12 / 1e-13)
    let surface = try cell.observable("Positive Surface Flaw Stress Intensity / Pa m0.5")
    #expect(abs(surface / (1.12 * centre * (Double.pi * 2e-6).squareRoot()) - 1) < 1e-3)
    #expect(try cell.observable("Positive Centre Flaw Stress Intensity / Pa m0.5") == 0)
  }

  // MARK: the potential

  /// In a free body the mechanics is the scalar coherency energy B = 2E (Ω c_max/3)²/(1 − ν): the same voltage, of every shape.
  @Test(arguments: [
    (1, "Cahn-Hilliard", ""), (2, "Cahn-Hilliard", ""), (3, "Cahn-Hilliard", ""),
    (3, "Cahn-Hilliard", "\"Inner radius [m]\": 3e-8"), (1, "Allen-Cahn", ""),
  ])
  func coherencyIsTheMechanicsOfFreeBodies(shapeFactor: Int, model: String, hollow: String) throws {
    var particle = LatticeParticle(model: model, shapeFactor: shapeFactor, coherency: 1.916e8)
    particle.count = 80
    if model == "Allen-Cahn" { (particle.length, particle.heterogeneity, particle.radius) = (1e-7, 0.1, 1e-8) }
    let shape = "\"Shape factor\": \(shapeFactor)"
    let scalar = particle.text().replacing(shape, with: hollow.isEmpty ? shape : "\(shape), \(hollow)")
    let molarVolume = 3 / particle.maximumConcentration * (1.916e8 * 0.75 / (2 * 1.24e11)).squareRoot()
    let strained = scalar.replacing(
      "\"Coherency strain energy [J.m-3]\": 191600000.0", with: "\"description\": \"none\""
    )
    .replacing(
      "\"Lattice-gas kinetics\"",
      with: """
        "Mechanics": {"Young's modulus [Pa]": 1.24e11, "Poisson's ratio": 0.25,
          "Partial molar volume [m3.mol-1]": \(molarVolume)},
        "Lattice-gas kinetics"
        """)
    #expect(strained != scalar)
    // The last digits of B do not matter.
    let nextToIt = scalar.replacing("191600000.0", with: "191600000.00000006")
    let cells = try [scalar, strained, nextToIt].map { try particle.simulated($0, tolerance: 1e-6) }
    for cell in cells { try cell.impose(.current(-2 * particle.capacity / 3600), limits: []) }
    for mean in stride(from: 0.05, through: 0.9, by: 0.05) {
      for cell in cells { while try cell.step(to: (mean - 0.01) * 1800) == .advanced {} }
      #expect(abs(cells[0].reading.voltage - cells[1].reading.voltage) < 1e-9, "\(mean)")
      #expect(cells[0].reading.voltage == cells[2].reading.voltage, "\(mean)")
    }
  }

  /// A sphere with boundary of phases and stress, two-way coupled (verification case 05e, by an independent program).
  @Test(arguments: [0.5, 2, 10]) func phaseBoundaryUnderStress(rate: Double) throws {
    var particle = LatticeParticle(model: "Cahn-Hilliard", interaction: 4.47600061707 * Constants.gas * 298.15)
    particle.groups = """
      "Mechanics": {"Young's modulus [Pa]": 1.24e11, "Poisson's ratio": 0.25,
        "Partial molar volume [m3.mol-1]": 3.15294187514e-06},
      """
    let scalar = "\"Coherency strain energy [J.m-3]\": 0.0"
    let cell = try particle.simulated(
      particle.text().replacing(scalar, with: "\"description\": \"none\""), tolerance: 1e-6)
    try cell.impose(.current(-rate * particle.capacity / 3600), limits: [])
    for row in try references().coherentSphere where row[0] == rate {
      while try cell.step(to: (row[1] - particle.start) * 3600 / rate) == .advanced {}
      #expect(abs(cell.reading.voltage - row[2]) <= 5e-4, "x = \(row[1])")
    }
  }

  static let shifts: [(Int, String, Double)] = [
    // Surface stress 1 N/m on 5 nm, σ_h = −2f/R, −4f/3R, −2f/3h.
    (3, "\"Surface stress [N.m-1]\": 1", -400e6), (2, "\"Surface stress [N.m-1]\": 1", -4e9 / 15),
    (1, "\"Surface stress [N.m-1]\": 1", -4e9 / 30),
    // With a hollow of 2 nm −2f (R² + r²)/(R³ − r³), −4f/3(R − r).
    (-3, "\"Surface stress [N.m-1]\": 1", -58e9 / 117), (-2, "\"Surface stress [N.m-1]\": 1", -4e9 / 9),
    // A film, ⅔ Y (ε_m − ε₁ x).
    (1, "\"Substrate\": {\"Misfit strain\": 0.01}", filmStress),
  ]

  private static var filmStress: Double { 2 / 3.0 * 1e10 / 0.7 * (0.01 - 0.5 * 3.497e-6 * 22_900 / 3) }

  /// What a uniform particle's stress adds to its potential is there in the voltage at rest: Ω σ_h/F. Shapes below 0 are hollow.
  @Test(arguments: shifts)
  func stressShiftsThePotential(shapeFactor: Int, keys: String, hydrostatic: Double) throws {
    var particle = StrainedParticle(shapeFactor: abs(shapeFactor), radius: 5e-9, start: 0.5)
    particle.mechanics += ", \(keys)"
    if shapeFactor < 0 { particle.shape = ", \"Inner radius [m]\": 2e-9" }
    let cell = try particle.simulated()
    try cell.run(0, until: 1)
    #expect(abs(cell.reading.voltage - (3.75 + 3.497e-6 * hydrostatic / Constants.faraday)) < 1e-9)
    #expect(abs(try cell.observable("Positive Largest Hydrostatic Stress / Pa") / hydrostatic - 1) < 1e-9)
    #expect(cell.model.cell.openCircuitVoltage(atStateOfCharge: 1) - cell.reading.voltage < 1e-9)
  }

  /// A film on its substrate whose modulus changes with the composition and whose molar volume changes its sign, Ω = Ω₀ (1 − 2.2 x):
  /// ε = Ω₀ c_max/3 (x − 1.1 x²), and with W = Y (ε_m − ε)² its potential is higher by −(∂W/∂x)/(F c_max).
  @Test(arguments: [0.1, 0.5, 0.8]) func uniformFilmOfChangingElasticity(start: Double) throws {
    var particle = StrainedParticle(shapeFactor: 1, radius: 5e-9, start: start)
    particle.mechanics = """
      "Young's modulus [Pa]": "1e10 * (1.4 - 0.8 * x)", "Poisson's ratio": 0.3,
      "Partial molar volume [m3.mol-1]": "3e-6 * (1 - 2.2 * x)", "Substrate": {"Misfit strain": 0.01},
      "Normal partial molar volume [m3.mol-1]": 2e-6
      """
    let cell = try particle.simulated()
    try cell.run(0, until: 1)
    let unit = 3e-6 * 22_900 / 3
    let elastic = 0.01 - unit * (start - 1.1 * start * start)
    let modulus = 1e10 / 0.7 * (1.4 - 0.8 * start)
    let slope = -0.8e10 / 0.7 * elastic * elastic - 2 * modulus * elastic * unit * (1 - 2.2 * start)
    let expected = 4 - 0.5 * start - slope / (Constants.faraday * 22_900)
    #expect(abs(cell.reading.voltage - expected) < 1e-9)
    #expect(abs(cell.model.cell.openCircuitVoltage(atStateOfCharge: 1) - expected) < 1e-9)
    #expect(abs(try cell.observable("Positive Surface Hoop Stress / Pa") / (modulus * elastic) - 1) < 1e-9)
    // Along its normal it swells by Ω_⊥, a number, less what the stress in its plane takes.
    let normal = 2e-6 * 22_900 / 3 * start - 2 * 0.3 / 0.7 * elastic
    #expect(abs(try cell.observable("Positive Radius Change / m") / (5e-9 * normal) - 1) < 1e-9)
  }

  /// On both surfaces of a hollow body f = τ₀ + K_s ε pulls with (s − 1) f over its radius on what is inside of it, along the axis
  /// with 2f over the wall; where E is written as a function the displacements of the layers know it, too.
  @Test(arguments: [2, 3], ["1e10", "\"1e10 * (1 + 1e-14 * x)\""])
  func elasticSurfacesOfAHollowBody(shapeFactor: Int, modulus: String) throws {
    var particle = StrainedParticle(shapeFactor: shapeFactor, radius: 5e-9, start: 0.5)
    particle.shape = ", \"Inner radius [m]\": 2e-9"
    particle.mechanics = """
      "Young's modulus [Pa]": \(modulus), "Poisson's ratio": 0.3, "Partial molar volume [m3.mol-1]": 3.497e-6,
      "Reference stoichiometry": 0.3, "Surface stress [N.m-1]": 0.5, "Surface modulus [N.m-1]": 20
      """
    let cell = try particle.simulated(tolerance: 1e-8)
    try cell.run(0, until: 1)
    let stresses = cell.stresses()
    let swelling = 3.497e-6 * 22_900 / 3 * 0.2
    func surfaceStress(_ stress: Double, _ others: Double) -> Double {
      0.5 + 20 * (swelling + (stress - 0.3 * others) / 1e10)
    }
    func around(_ s: Stress) -> Double { surfaceStress(s.hoop, s.radial + s.axial) }
    // The layers at the faces have their stress in their middle: it is Lamé's, here continued.
    let nodes = stresses.indices.map { cell.particle().position(ofNode: $0, volume: 0) }
    #expect(abs(nodes[0] - 2e-9) < 1e-20 && abs(nodes.last! - 5e-9) < 1e-20)
    let (inner, outer) = (stresses[0], stresses.last!)
    let s = Double(shapeFactor)
    #expect(abs(outer.radial / (-(s - 1) * around(outer) / 5e-9) - 1) < 1e-9)
    #expect(abs(inner.radial / ((s - 1) * around(inner) / 2e-9) - 1) < 1e-9)
    // The modulus matters.
    #expect(abs(around(outer) - 0.5) > 0.01 && abs(around(inner) - around(outer)) > 0.01)
    if shapeFactor == 2 {
      let along = surfaceStress(outer.axial, outer.radial + outer.hoop)
      #expect(abs(outer.axial / (-2 * along / 3e-9) - 1) < 1e-9)
    }
    #expect(abs(cell.reading.voltage - (3.75 + 3.497e-6 * outer.hydrostatic / Constants.faraday)) < 1e-9)
  }

  /// The thickness of an electrode counts from the start, where surfaces press the particles already.
  @Test(arguments: ["1e10", "\"1e10 * (1 + 0.1 * x)\""]) func thicknessCountsFromTheStart(modulus: String) throws {
    var particle = StrainedParticle(radius: 5e-9, start: 0.5)
    particle.mechanics = """
      "Young's modulus [Pa]": \(modulus), "Poisson's ratio": 0.3, "Partial molar volume [m3.mol-1]": 3.497e-6,
      "Surface stress [N.m-1]": 1
      """
    let cell = try particle.simulated()
    try cell.run(0, until: 1)
    #expect(abs(try cell.observable("Positive Electrode Thickness Change / m")) < 1e-15)
    #expect(try cell.observable("Positive Volume Strain / 1") < 3.497e-6 * 22_900 * 0.5 - 1e-3)
  }

  /// An activation volume changes rates by exp(ΔV σ_h/RT): in a clamped film at rest, those of all of it.
  @Test func stressChangesRates() throws {
    func overpotential(_ keys: String) throws -> Double {
      var particle = StrainedParticle(shapeFactor: 1, radius: 1e-7, diffusivity: "1e-10", start: 0.5)
      particle.mechanics += ", \"Substrate\": {\"Misfit strain\": 0.02}\(keys)"
      let cell = try particle.simulated(tolerance: 1e-8)
      try cell.run(0, until: 1e-3)
      let rest = cell.reading.voltage
      try cell.run(1e-3 * particle.surface, until: 1e-3 + 1e-7)
      return cell.reading.voltage - rest
    }
    let hydrostatic = 2 / 3.0 * 1e10 / 0.7 * (0.02 - 0.5 * 3.497e-6 * 22_900 / 3)
    let factor = exp(2e-5 * hydrostatic / (Constants.gas * 298.15))
    let ratio = try overpotential("") / overpotential(", \"Reaction activation volume [m3.mol-1]\": 2e-5")
    #expect(abs(ratio / factor - 1) < 1e-3 && factor > 1.2)
  }

  /// What is tabulated of a diffusivity under stress follows the temperature of the chamber.
  @Test(arguments: [
    "\"Diffusion activation volume [m3.mol-1]\": 2e-5",
    "\"Diffusion activation volume [m3.mol-1]\": 2e-5, \"Consistent flux\": 1",
  ])
  func stressFluxFollowsTheTemperature(keys: String) throws {
    var particle = StrainedParticle(start: 0.2)
    particle.mechanics += ", \(keys)"
    let later = try particle.simulated(tolerance: 1e-8)
    var model = later.model.cell
    later.ambientTemperature = 340
    (model.initialTemperature, model.ambientTemperature) = (340, 340)
    let mesh = Mesh(negative: 1, separator: 1, positive: 1, radial: Mesh.standard.radial)
    let cells = [
      later, try SimulatedCell(model, stateOfCharge: 1, mesh: mesh, relativeTolerance: 1e-8),
      try particle.simulated(tolerance: 1e-8),
    ]
    for cell in cells { try cell.run(-2 * particle.surface, until: 300) }
    let surfaces = cells.map { $0.stoichiometries().last! }
    #expect(abs(surfaces[0] - surfaces[1]) < 1e-9)
    #expect(abs(surfaces[0] - surfaces[2]) > 1e-6)
  }

  /// With the consistent form, the flux runs down the whole chemical potential: D (1 + (B/c_max)/(−F U′)), which for a straight
  /// potential is another constant.
  @Test func consistentFluxOfAStraightPotentialIsFick() throws {
    let stiffness = 2 * 1e10 / 0.7 * pow(3.497e-6 * 22_900 / 3, 2) / (Constants.faraday * 22_900)
    var strained = StrainedParticle(start: 0.2)
    strained.mechanics += ", \"Consistent flux\": 1, \"Stress in reaction\": 0"
    var plain = StrainedParticle(start: 0.2)
    plain.diffusivity = "\(7.08e-15 * (1 + stiffness / 0.5))"
    plain.mechanics += ", \"Stress in flux\": 0, \"Stress in reaction\": 0"
    let cells = try [strained, plain].map { try $0.simulated(tolerance: 1e-8) }
    for cell in cells { try cell.run(-2 * strained.surface, until: 300) }
    for (a, b) in zip(cells[0].stoichiometries(), cells[1].stoichiometries()) { #expect(abs(a - b) < 1e-7) }
    #expect(stiffness > 0.005)
  }

  // MARK: elasticity that changes with the composition

  /// With a modulus and a molar volume that are the same everywhere, but written as functions, the displacements of the layers
  /// are unknowns of their own: the same voltage as by the closed form of the free bodies, surfaces, rates and wetting included.
  @Test(arguments: [
    (1, "", false), (2, "", false), (3, "", false), (2, ", \"Inner radius [m]\": 3e-8", false),
    (3, ", \"Inner radius [m]\": 3e-8", false), (1, "", true), (2, "", true), (3, "", true),
    (2, ", \"Inner radius [m]\": 3e-8", true), (3, ", \"Inner radius [m]\": 3e-8", true),
  ])
  func fullMechanicsGivesTheSameVoltage(shapeFactor: Int, hollow: String, withSurface: Bool) throws {
    var particle = LatticeParticle(
      model: "Cahn-Hilliard", shapeFactor: shapeFactor, wetting: withSurface ? 0.02 : 0)
    particle.count = 60
    let keys = """
      , "Surface stress [N.m-1]": 2, "Surface modulus [N.m-1]": 1000, "Diffusion activation volume [m3.mol-1]": 1e-6,
      "Reaction activation volume [m3.mol-1]": -1e-6
      """
    func cell(_ modulus: String) throws -> SimulatedCell {
      particle.groups = """
        "Mechanics": {"Young's modulus [Pa]": \(modulus), "Poisson's ratio": 0.25,
          "Partial molar volume [m3.mol-1]": 3e-6\(withSurface ? keys : "")},
        """
      let text = particle.text().replacing(
        "\"Shape factor\": \(shapeFactor)", with: "\"Shape factor\": \(shapeFactor)\(hollow)"
      )
      .replacing("\"Coherency strain energy [J.m-3]\": 0.0", with: "\"description\": \"none\"")
      return try particle.simulated(text, tolerance: 1e-10)
    }
    let cells = try [cell("1.2e11"), cell("\"1.2e11 * (1 + 1e-14 * x)\"")]
    #expect(cells[0].model.unknownCount < cells[1].model.unknownCount || shapeFactor == 1)
    for cell in cells { try cell.impose(.current(-2 * particle.capacity / 3600), limits: []) }
    for mean in [0.05, 0.1, 0.2, 0.4, 0.6] {
      for cell in cells { while try cell.step(to: (mean - 0.01) * 1800) == .advanced {} }
      #expect(abs(cells[0].reading.voltage - cells[1].reading.voltage) < 1e-9, "\(mean)")
    }
  }

  /// The same along the facets of a platelet, free and on a substrate.
  @Test(arguments: ["", ", \"Substrate\": {\"Misfit strain\": 0.01}"])
  func facetLayersGiveTheSameVoltage(keys: String) throws {
    var particle = LatticeParticle(model: "Allen-Cahn", shapeFactor: 1, radius: 1e-8, length: 1e-7, heterogeneity: 0.1)
    particle.count = 80
    func cell(_ modulus: String) throws -> SimulatedCell {
      particle.groups = """
        "Mechanics": {"Young's modulus [Pa]": \(modulus), "Poisson's ratio": 0.25,
          "Partial molar volume [m3.mol-1]": 2e-6, "Reaction activation volume [m3.mol-1]": 1e-6\(keys)},
        """
      return try particle.simulated(
        particle.text().replacing("\"Coherency strain energy [J.m-3]\": 0.0", with: "\"description\": \"none\""),
        tolerance: 1e-9)
    }
    let cells = try [cell("1.2e11"), cell("\"1.2e11 * (1 + 1e-14 * x)\"")]
    for cell in cells { try cell.impose(.current(-2 * particle.capacity / 3600), limits: []) }
    var contrast = 0.0
    for mean in [0.05, 0.1, 0.2, 0.4, 0.6] {
      for cell in cells { while try cell.step(to: (mean - 0.01) * 1800) == .advanced {} }
      #expect(abs(cells[0].reading.voltage - cells[1].reading.voltage) < 1e-7, "\(mean)")
      let x = cells[1].stoichiometries()
      contrast = max(contrast, x.max()! - x.min()!)
    }
    #expect(contrast > 0.1)
  }

  /// A facet on a substrate that stays uniform is a clamped film: the voltage of a homogeneous one.
  @Test func uniformFacetOnASubstrateIsAFilm() throws {
    let cells = try ["Allen-Cahn", "Homogeneous"].map { model in
      var particle = LatticeParticle(
        model: model, shapeFactor: 1, radius: 1e-8, interaction: 1000, length: 1e-7, heterogeneity: 0)
      particle.count = 8
      particle.groups = """
        "Mechanics": {"Young's modulus [Pa]": 1e11, "Poisson's ratio": 0.25, "Partial molar volume [m3.mol-1]": 3e-6,
          "Substrate": {"Misfit strain": 0.01}},
        """
      let cell = try particle.simulated(
        particle.text().replacing("\"Coherency strain energy [J.m-3]\": 0.0", with: "\"description\": \"none\""),
        tolerance: 1e-9)
      try cell.run(-particle.capacity / 3600, until: 1700)
      return cell
    }
    #expect(abs(cells[0].reading.voltage - cells[1].reading.voltage) < 1e-8)
    let hydrostatic = 2 / 3.0 * 1e11 / 0.75 * (0.01 - 3e-6 * 22_903.8153535 / 3 * cells[0].stoichiometries()[0])
    #expect(abs(try cells[0].observable("Positive Largest Hydrostatic Stress / Pa") / hydrostatic - 1) < 1e-9)
  }

  /// A sharp boundary between a core and a shell of different moduli: the pressure between the two makes their displacements
  /// meet, p (1/3K₁ + (1/3K₂ + t/4G₂)/(t − 1)) = ε₁ − ε₂ with t = (R/a)³ (Lamé).
  @Test func coreAndShellOfDifferentModuli() throws {
    var particle = StrainedParticle(diffusivity: "1e-30", start: 0.5)
    particle.mechanics = """
      "Young's modulus [Pa]": "1e10 + 2e10 * x", "Poisson's ratio": 0.3, "Partial molar volume [m3.mol-1]": 3e-6,
      "Stress in reaction": 0
      """
    let cell = try particle.simulated(tolerance: 1e-8)
    let layout = cell.model.layout.positiveClasses[0]
    let boundary = 40
    try cell.start { state in
      for i in 0..<layout.nodeCount { state[layout.stoichiometry(node: i, volume: 0)] = i < boundary ? 0.8 : 0.3 }
    }
    try cell.run(0, until: 1e-6)
    let volumes = cell.particle().nodeVolumes
    let inner = (0..<boundary).reduce(0) { $0 + volumes[$1] }
    let t = 1 / inner
    let moduli = (core: 2.6e10, shell: 1.6e10)
    func bulk(_ modulus: Double) -> Double { modulus / (3 * 0.4) }
    let shear = moduli.shell / 2.6
    let misfit = 3e-6 * 22_900 / 3 * 0.5
    let pressure = misfit / (1 / (3 * bulk(moduli.core)) + (1 / (3 * bulk(moduli.shell)) + t / (4 * shear)) / (t - 1))
    let stresses = cell.stresses()
    #expect(pressure > 1e7)
    for i in 0..<boundary { #expect(abs(stresses[i].hydrostatic + pressure) < 1e-6 * pressure, "\(i)") }
    for i in boundary..<layout.nodeCount {
      #expect(abs(stresses[i].hydrostatic - pressure / (t - 1)) < 1e-6 * pressure, "\(i)")
    }
  }

  /// The energy of a closed particle, elastic energy with the softening included, never increases, and the ions stay, where E
  /// and Ω change with the composition.
  @Test(arguments: 1...3, [(false, "2e-6 + 2e-6 * x"), (true, "2e-6 + 2e-6 * x"), (false, "4e-6 * (1 - 2 * x)")])
  func freeEnergyNeverIncreasesWithChangingModuli(shapeFactor: Int, _ choice: (Bool, String)) throws {
    let (withSurface, molarVolume) = choice
    var particle = LatticeParticle(
      model: "Cahn-Hilliard", shapeFactor: shapeFactor, radius: 4e-8, diffusivity: 1e-16, start: 0.4)
    particle.count = 60
    let surface = """
      , "Surface stress [N.m-1]": 1, "Surface modulus [N.m-1]": 500, "Diffusion activation volume [m3.mol-1]": 2e-6
      """
    particle.groups = """
      "Mechanics": {"Young's modulus [Pa]": "1.5e11 - 1e11 * x", "Poisson's ratio": 0.25,
        "Partial molar volume [m3.mol-1]": "\(molarVolume)"\(withSurface ? surface : "")},
      """
    if withSurface { particle.wetting = 0.02 }
    let cell = try particle.simulated(
      particle.text().replacing("\"Coherency strain energy [J.m-3]\": 0.0", with: "\"description\": \"none\""),
      tolerance: 1e-6)
    var generator = SplitMix(state: 11)
    let layout = cell.model.layout.positiveClasses[0]
    let inside = cell.particle()
    func width(_ i: Int) -> Double {
      inside.position(ofNode: i, volume: 0) - inside.position(ofNode: i - 1, volume: 0)
    }
    try cell.start { state in
      for i in 0..<layout.nodeCount {
        // Less in the thin intervals at a wetted surface, across which 0.2 would be worth 50 V.
        let disorder = 0.2 * min(width(max(i, 1)) / width(1), 1)
        state[layout.stoichiometry(node: i, volume: 0)] += Double.random(in: -disorder...disorder, using: &generator)
      }
    }
    try cell.impose(.current(0), limits: [])
    let meanAtStart = inside.meanStoichiometry(cell.unknowns, volume: 0)
    let faces = inside.elasticity!.pointee.faces
    func energy() -> Double {
      let x = cell.stoichiometries()
      let s = Double(shapeFactor)
      var sum = 0.0
      for (i, stress) in cell.stresses().enumerated() {
        let mixing = x[i] * log(x[i]) + (1 - x[i]) * log(1 - x[i])
        sum += inside.nodeVolumes[i] * (Constants.gas * 298.15 * mixing + particle.interaction * x[i] * (1 - x[i]))
        // ½ σ:ε_el: from the hydrostatic part, and from the shear, which varies inside a layer as 1/r^s.
        let modulus = 1.5e11 - 1e11 * x[i]
        let radius = inside.position(ofNode: i, volume: 0) / particle.radius
        var elastic: Double
        if s == 1 || radius == 0 {
          elastic = stress.energy(modulus, 0.25)
        } else {
          // The stress at the node is uniform + varying; the mean of 1/r^2s over the layer is 1/(r₁ r₂)^s.
          let varying = s == 3 ? (stress.hoop - stress.radial) / 1.5 : 0.5 * (stress.hoop - stress.radial)
          let uniform =
            s == 3
            ? Stress(radial: stress.hydrostatic, hoop: stress.hydrostatic, axial: stress.hydrostatic)
            : Stress(
              radial: stress.radial + varying, hoop: stress.radial + varying, axial: stress.axial)
          let atNode = varying * pow(radius, s)
          let ofLayer = i == 0 ? 0 : atNode * atNode / pow(faces[i] * faces[i + 1], s)
          // G = 0.4 E.
          elastic = uniform.energy(modulus, 0.25) + (s == 3 ? 0.75 : 1) * ofLayer / (2 * 0.4 * modulus)
        }
        sum += inside.nodeVolumes[i] * elastic / particle.maximumConcentration
      }
      if withSurface {
        // τ₀ ε + ½ K_s ε² in each direction of the surface, s/R of which belong to a volume; and what wetting gains.
        let stretch = cell.unknowns[layout.local]
        let around = shapeFactor == 1 ? stretch : cell.unknowns[layout.displacement(node: x.count - 1, volume: 0)]
        let work = [around, shapeFactor == 2 ? stretch : around].reduce(0) { $0 + $1 + 250 * $1 * $1 }
        sum += s / particle.radius * (work - particle.wetting * x.last!) / particle.maximumConcentration
      }
      return sum + gradientEnergy(of: particle, in: cell)
    }
    try expectDecay(of: energy, in: cell)
    #expect(abs(inside.meanStoichiometry(cell.unknowns, volume: 0) - meanAtStart) < 1e-12)
  }

  /// Along the facets of a platelet without current ions go through the electrolyte: chemical, gradient and elastic energy
  /// together never increase, with E and Ω that change, free or on a substrate.
  @Test(arguments: [false, true]) func freeEnergyOfAFacetNeverIncreases(isFilm: Bool) throws {
    var particle = LatticeParticle(
      model: "Allen-Cahn", shapeFactor: 1, radius: 1e-8, start: 0.4, length: 5e-8, heterogeneity: 0)
    particle.count = 40
    particle.groups = """
      "Mechanics": {"Young's modulus [Pa]": "1.5e11 - 1e11 * x", "Poisson's ratio": 0.25,
        "Partial molar volume [m3.mol-1]": "2e-6 + 1e-6 * x"\(isFilm ? ", \"Substrate\": {\"Misfit strain\": 0.01}" : "")},
      """
    let cell = try particle.simulated(
      particle.text().replacing("\"Coherency strain energy [J.m-3]\": 0.0", with: "\"description\": \"none\""),
      tolerance: 1e-8)
    var generator = SplitMix(state: 12)
    let layout = cell.model.layout.positiveClasses[0]
    try cell.start { state in
      for i in 0..<layout.nodeCount {
        state[layout.stoichiometry(node: i, volume: 0)] += Double.random(in: -0.2...0.2, using: &generator)
      }
    }
    try cell.impose(.current(0), limits: [])
    let inside = cell.particle()
    let meanAtStart = inside.meanStoichiometry(cell.unknowns, volume: 0)
    let width = 5e-8 / 40
    func energy() -> Double {
      let x = cell.stoichiometries()
      var sum = 0.0
      for (i, stress) in cell.stresses().enumerated() {
        let mixing = x[i] * log(x[i]) + (1 - x[i]) * log(1 - x[i])
        sum +=
          (Constants.gas * 298.15 * mixing + particle.interaction * x[i] * (1 - x[i])
            + stress.energy(1.5e11 - 1e11 * x[i], 0.25) / particle.maximumConcentration) / 40
        if i > 0 {
          let slope = (x[i] - x[i - 1]) / width
          sum += 0.5 * particle.gradientEnergy / particle.maximumConcentration * slope * slope / 40
        }
      }
      return sum
    }
    try expectDecay(of: energy, in: cell)
    #expect(abs(inside.meanStoichiometry(cell.unknowns, volume: 0) - meanAtStart) < 1e-7)
  }

  /// A bent beam at rest: the side under tension takes up more, and the moment that holds it falls (verification case 10a),
  /// however slowly its faces react.
  @Test(
    arguments: [
      (0.0, 0.405737143725, 0.886401688714, 709.507657976), (1, 0.338529278586, 0.80186659209, 644.988107443),
      (1.8, 0.210128222043, 0.600093235327, 521.723093161),
    ], [0.16, 1e-3, 1e-7])
  func bentBeam(_ beam: (Double, Double, Double, Double), exchangeCurrent: Double) throws {
    let (interaction, compressed, moment, stress) = beam
    for model in ["Cahn-Hilliard", "Fickian"] {
      var particle = LatticeParticle(
        model: model, shapeFactor: 1, radius: 1e-7, maximumConcentration: 18_000,
        interaction: interaction * Constants.gas * 298.15, gradientEnergy: 1e-14, exchangeCurrent: exchangeCurrent,
        start: 0.5)
      particle.count = 100
      let consistent = model == "Fickian" ? ", \"Consistent flux\": 1" : ""
      particle.groups = """
        "Mechanics": {"Young's modulus [Pa]": 4e10, "Poisson's ratio": 0.25, "Partial molar volume [m3.mol-1]": 4e-6,
          "Bending": {"Radius of curvature [m]": 5e-6}\(consistent)},
        """
      let text = particle.text().replacing(
        "\"Coherency strain energy [J.m-3]\": 0.0", with: "\"description\": \"none\""
      )
      .replacing("\"Homogeneous\": {\"description\": \"no gradients\"},", with: "")
      let cell = try simulate(
        text, mesh: Mesh(negative: 1, separator: 1, positive: 1, radial: 66), tolerance: 1e-7)
      try cell.run(0, until: 3600)
      let x = cell.stoichiometries()
      #expect(abs(x[0] - compressed) < 1e-5 && abs(x.last! - (1 - compressed)) < 1e-5, "\(model) \(x[0])")
      #expect(abs(try cell.observable("Positive Bending Moment over Elastic / 1") / moment - 1) < 1e-4)
      #expect(abs(cell.stresses().last!.hoop / 1e6 / stress - 1) < 1e-4)
    }
  }

  /// Bent plates of one composition under surface stress, where E and Ω change with it or not: stress and potential of both
  /// faces by closed forms and by the layers of the model, which knows the stretch of all of them as an unknown.
  @Test(
    arguments: [0, 1],
    [("4e10", "3.5e-6"), ("\"4e10 * (1.3 - 0.4 * x)\"", "\"-3e-6 * (1 - 0.7 * x)\"")])
  func facesOfABentPlate(wide: Int, elasticity: (modulus: String, molarVolume: String)) throws {
    var particle = StrainedParticle(shapeFactor: 1, radius: 1e-7, start: 0.4)
    particle.mechanics = """
      "Young's modulus [Pa]": \(elasticity.modulus), "Poisson's ratio": 0.3,
      "Partial molar volume [m3.mol-1]": \(elasticity.molarVolume), "Consistent flux": 1, "Reference stoichiometry": 0.1,
      "Surface stress [N.m-1]": 5, "Surface modulus [N.m-1]": 100,
      "Fracture": {"Toughness [Pa.m0.5]": 1e6, "Flaw size [m]": 4e-8},
      "Bending": {"Radius of curvature [m]": 1e-5, "Wide": \(wide)}
      """
    let cell = try particle.simulated()
    // The stretch is that of the surfaces, the composition still that of the start.
    try cell.impose(.current(0), limits: [])
    let material = try #require(cell.model.cell.positive.porous?.materials[0])
    let strain = try #require(StrainEffects(material, temperature: 298.15, referenceTemperature: 298.15))
    let faces = try #require(strain.uniformFaces(0.4))
    let stresses = cell.stresses()
    for (found, expected) in [(stresses[0], faces.pressed), (stresses.last!, faces.stretched)] {
      #expect(abs(found.hoop - expected.stress.hoop) < 1e-7 * abs(faces.stretched.stress.hoop))
      #expect(abs(found.axial - expected.stress.axial) < 1e-7 * abs(faces.stretched.stress.hoop))
    }
    #expect((faces.stretched.stress.axial == 0) == (wide == 0))
    // By hand: along the bend E' ε, with E' = E or E/(1 − ν²); the surfaces press both faces alike.
    let modulus = wide == 1 ? material.mechanics!.youngsModulus / 0.91 : material.mechanics!.youngsModulus
    let ratio = material.mechanics!.modulusRatio?(0.4) ?? 1
    let bending = 0.5 * (faces.stretched.stress.hoop - faces.pressed.stress.hoop)
    #expect(abs(bending / (modulus * ratio * 0.01) - 1) < 1e-9)
    let uniform = 0.5 * (faces.stretched.stress.hoop + faces.pressed.stress.hoop)
    #expect(uniform < -1e7)
    // A slit under σ₀ + S y/h has K = (σ₀ ± ½ S a/h) √(πa) at its ends (Tada, Paris & Irwin).
    let intensity = (uniform + 0.5 * bending * 0.4) * (Double.pi * 4e-8).squareRoot()
    #expect(intensity > 0)
    #expect(abs(try cell.observable("Positive Centre Flaw Stress Intensity / Pa m0.5") / intensity - 1) < 1e-7)
  }

  /// Bent plates at rest, beams and wide films, shrinking as they fill or not, with surfaces that resist: by the balance of
  /// potentials, and by the model after a long rest.
  @Test(arguments: [0, 1], ["4e-6", "-4e-6"]) func bentPlateAtRest(wide: Int, molarVolume: String) throws {
    var particle = LatticeParticle(
      model: "Cahn-Hilliard", shapeFactor: 1, radius: 1e-7, maximumConcentration: 18_000,
      interaction: 1.8 * Constants.gas * 298.15, gradientEnergy: 1e-14, exchangeCurrent: 0.16, start: 0.3)
    particle.count = 100
    particle.groups = """
      "Mechanics": {"Young's modulus [Pa]": 4e10, "Poisson's ratio": 0.25,
        "Partial molar volume [m3.mol-1]": \(molarVolume), "Surface stress [N.m-1]": 2, "Surface modulus [N.m-1]": 300,
        "Bending": {"Radius of curvature [m]": 8e-6, "Wide": \(wide)}},
      """
    let text = particle.text().replacing(
      "\"Coherency strain energy [J.m-3]\": 0.0", with: "\"description\": \"none\""
    )
    .replacing("\"Homogeneous\": {\"description\": \"no gradients\"},", with: "")
    let cell = try simulate(text, mesh: Mesh(negative: 1, separator: 1, positive: 1, radial: 66), tolerance: 1e-7)
    let start = cell.stoichiometries()[0]
    try cell.run(0, until: 3600)
    let material = try #require(cell.model.cell.positive.porous?.materials[0])
    let strain = try #require(StrainEffects(material, temperature: 298.15, referenceTemperature: 298.15))
    let rest = try #require(strain.bentAtRest(mean: start))
    let x = cell.stoichiometries()
    #expect(abs(x[0] - rest.pressed) < 2e-5 && abs(x.last! - rest.stretched) < 2e-5)
    #expect((rest.stretched > rest.pressed) == (molarVolume == "4e-6"))
    let stresses = cell.stresses()
    #expect(abs(stresses[0].hoop / rest.pressedStress.hoop - 1) < 1e-4)
    #expect(abs(stresses.last!.hoop / rest.stretchedStress.hoop - 1) < 1e-4)
    #expect(abs(stresses.last!.axial - rest.stretchedStress.axial) < 1e-4 * abs(rest.stretchedStress.hoop))
    #expect(
      abs(try cell.observable("Positive Bending Moment over Elastic / 1") / rest.relativeMoment - 1) < 1e-4)
    let straight = material.equilibriumPotential(start, temperature: 298.15)
    let shift = rest.potentialShift - strain.uniform(start).potentialShift
    #expect(abs(cell.reading.voltage - (straight + shift)) < 2e-6)
  }

  // MARK: laws

  /// Chemical, gradient and elastic energy together, the last one summed from the stresses, never increase in a closed
  /// particle; the ions stay.
  @Test(arguments: 1...3) func freeEnergyNeverIncreasesUnderStress(shapeFactor: Int) throws {
    var particle = LatticeParticle(
      model: "Cahn-Hilliard", shapeFactor: shapeFactor, radius: 4e-8, diffusivity: 1e-16, start: 0.4)
    particle.count = 80
    particle.groups = """
      "Mechanics": {"Young's modulus [Pa]": 1.24e11, "Poisson's ratio": 0.25, "Partial molar volume [m3.mol-1]": 2.5e-6},
      """
    let cell = try particle.simulated(tolerance: 1e-6)
    var generator = SplitMix(state: 9)
    try cell.start { state in
      let layout = cell.model.layout.positiveClasses[0]
      for i in 0..<layout.nodeCount {
        state[layout.stoichiometry(node: i, volume: 0)] += Double.random(in: -0.2...0.2, using: &generator)
      }
      state[layout.local] = cell.particle().meanStoichiometry(UnsafePointer(state), volume: 0)
    }
    try cell.impose(.current(0), limits: [])
    let meanAtStart = cell.particle().meanStoichiometry(cell.unknowns, volume: 0)
    func energy() -> Double {
      let x = cell.stoichiometries()
      let inside = cell.particle()
      var sum = 0.0
      // −½ ⟨Ω σ_h x⟩ is the elastic energy: σ_h has the mean 0.
      for (i, stress) in cell.stresses().enumerated() {
        let mixing =
          Constants.gas * 298.15 * (x[i] * log(x[i]) + (1 - x[i]) * log(1 - x[i])) + particle.interaction * x[i]
          * (1 - x[i])
        sum += inside.nodeVolumes[i] * (mixing - 0.5 * 2.5e-6 * stress.hydrostatic * x[i])
      }
      return sum + gradientEnergy(of: particle, in: cell)
    }
    try expectDecay(of: energy, in: cell)
    #expect(abs(cell.particle().meanStoichiometry(cell.unknowns, volume: 0) - meanAtStart) < 1e-12)
  }

  /// ½ κ ⟨(∂x/∂r)²⟩ in J/mol of a sphere, cylinder or plate.
  private func gradientEnergy(of particle: LatticeParticle, in cell: SimulatedCell) -> Double {
    let x = cell.stoichiometries()
    let inside = cell.particle()
    let s = Double(particle.shapeFactor)
    func radius(_ node: Int) -> Double { inside.position(ofNode: node, volume: 0) / particle.radius }
    return x.indices.dropFirst().reduce(0) { sum, i in
      let slope = (x[i] - x[i - 1]) / (radius(i) - radius(i - 1)) / particle.radius
      return sum + 0.5 * particle.gradientEnergy / particle.maximumConcentration * slope * slope
        * (pow(radius(i), s) - pow(radius(i - 1), s))
    }
  }

  /// Lets a closed particle rest; its energy falls at every step.
  private func expectDecay(of energy: () -> Double, in cell: SimulatedCell) throws {
    var before = energy()
    let first = before
    while try cell.step(to: 1e6) == .advanced {
      let now = energy()
      #expect(now <= before + 1e-7 * abs(first), "\(cell.reading.time) s")
      before = now
    }
    #expect(before < first)
  }

  /// Mean elastic energy from the stresses is ½ B ⟨(x − x̄)²⟩ in every free shape.
  @Test(arguments: 1...3) func elasticEnergy(shapeFactor: Int) throws {
    let particle = StrainedParticle(shapeFactor: shapeFactor)
    let cell = try particle.simulated(radial: 192)
    try cell.run(-2 * particle.surface, until: 500)
    let inside = cell.particle()
    let mean = inside.meanStoichiometry(cell.unknowns, volume: 0)
    let variance = zip(inside.nodeVolumes, cell.stoichiometries()).reduce(0) {
      $0 + $1.0 * ($1.1 - mean) * ($1.1 - mean)
    }
    let stiffness = 2 * 1e10 / 0.7 * pow(3.497e-6 * 22_900 / 3, 2)
    #expect(abs(try cell.observable("Positive Strain Energy / J m-3") / (0.5 * stiffness * variance) - 1) < 1e-4)
  }

  // MARK: a cell

  /// Ai et al. 2020 (stress in the flux alone), with and without mechanics: the voltage of an independent solver.
  @Test(arguments: [true, false]) func voltageOfACellUnderStress(isStrained: Bool) throws {
    var model = try ReferenceCurve.cell("lco-graphite-ai2020")
    if !isStrained {
      for side in [\Cell.negative, \.positive] {
        var electrode = try #require(model[keyPath: side].porous)
        electrode.materials[0].mechanics = nil
        model[keyPath: side] = .porous(electrode)
      }
    }
    let reference = try ReferenceCurve(isStrained ? "ai2020_1C" : "ai2020_uncoupled_1C")
    let cell = try SimulatedCell(model)
    try cell.impose(.current(-2.28), limits: [{ $0.voltage - 3 }])
    var deviation = Deviation()
    for row in reference.rows.dropFirst().dropLast() {
      while try cell.step(to: row.time) == .advanced {}
      deviation.add(cell.reading.voltage - row.voltage)
    }
    #expect(deviation.rootMeanSquare < 0.5e-3)
    while try cell.step(to: 1e4) == .advanced {}
    #expect(abs(cell.reading.time / reference.rows.last!.time - 1) < 2e-4)
  }

  /// Its surface stresses and thickness, within 0.5 % of the largest, on the mesh that it has by itself.
  @Test func stressesOfACell() throws {
    let lines = try String(contentsOf: ReferenceCurve.url("ai2020_1C.csv"), encoding: .utf8).split(separator: "\n")
    let rows = lines.dropFirst().map { $0.split(separator: ",").map { Double($0)! } }
    let labels = [
      "Negative Surface Hoop Stress at Collector / Pa", "Negative Surface Hoop Stress at Separator / Pa",
      "Positive Surface Hoop Stress at Separator / Pa", "Positive Surface Hoop Stress at Collector / Pa",
      "Cell Thickness Change / m",
    ]
    let largest = labels.indices.map { column in rows.map { abs($0[column + 3]) }.max()! }
    let cell = try SimulatedCell(try ReferenceCurve.cell("lco-graphite-ai2020"))
    try cell.impose(.current(-2.28), limits: [])
    for row in rows.dropFirst().dropLast() where row[0] >= 10 {
      while try cell.step(to: row[0]) == .advanced {}
      for (i, label) in labels.enumerated() {
        #expect(abs(try cell.observable(label) - row[i + 3]) < 5e-3 * largest[i], "\(label) at \(row[0]) s")
      }
    }
  }

  /// Concentrations and stresses along the radius, next to the faces of the electrodes, within 1 % of the largest.
  @Test func profilesOfACell() throws {
    let lines = try String(contentsOf: ReferenceCurve.url("ai2020_profiles.csv"), encoding: .utf8).split(
      separator: "\n")
    let rows = lines.dropFirst().map { $0.split(separator: ",").map(String.init) }
    let cell = try SimulatedCell(
      try ReferenceCurve.cell("lco-graphite-ai2020"), mesh: Mesh(negative: 60, separator: 30, positive: 60, radial: 48))
    try cell.impose(.current(-2.28), limits: [])
    for time in [600.0, 3000] {
      while try cell.step(to: time) == .advanced {}
      for (material, name) in ["negative", "positive"].enumerated() {
        for (volume, location) in [(0, "x_first_cell"), (59, "x_last_cell")] {
          let wanted = rows.filter { $0[0] == name && $0[1] == location && Double($0[2]) == time }
            .map { $0[3...].map { Double($0)! } }
          #expect(!wanted.isEmpty)
          let stresses = cell.stresses(material: material, volume: volume)
          let particle = cell.model.materials[material].particles[0]
          let radii = stresses.indices.map { particle.position(ofNode: $0, volume: volume) }
          let x = stresses.indices.map {
            cell.unknowns[particle.layout.stoichiometry(node: $0, volume: volume)] * particle.maximumConcentration
          }
          let columns = [x, stresses.map(\.radial), stresses.map(\.hoop), stresses.map(\.hydrostatic)]
          for (column, values) in columns.enumerated() {
            let scale = wanted.map { abs($0[column + 1]) }.max()!
            for row in wanted {
              let i = min(max(radii.firstIndex { $0 >= row[0] }!, 1), radii.count - 2)
              // The parabola through three nodes.
              let (a, b, c) = (radii[i - 1], radii[i], radii[i + 1])
              let r = row[0]
              let found =
                values[i - 1] * (r - b) * (r - c) / ((a - b) * (a - c)) + values[i] * (r - a) * (r - c)
                / ((b - a) * (b - c))
                + values[i + 1] * (r - a) * (r - b) / ((c - a) * (c - b))
              #expect(
                abs(found - row[column + 1]) < 0.01 * scale, "\(name) \(location) \(time) column \(column) at \(r)")
            }
          }
        }
      }
    }
  }
}
