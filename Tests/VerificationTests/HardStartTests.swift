import Cycling
import Testing

@testable import Electrochemistry

/// Starts and steps at which solvers break: compositions at the ends and inside the spinodal, enormous and tiny currents, rests
/// of a microsecond and of a year, reversals in the middle of a plateau, loose and tight tolerances. Each test completes, or
/// says what in the cell has run out.
@Suite struct HardStartTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var model: Model
    var isHalfCell = false
    /// Stoichiometry at the start.
    var start: Double
    var course: Course
    var tolerance: Double
    var testDescription: String {
      "\(model.rawValue)\(isHalfCell ? " half cell" : ""), x = \(start), \(course), \(tolerance)"
    }
  }

  enum Model: String, Sendable {
    case homogeneous, cahnHilliard, wettedCahnHilliard, allenCahn, wettedAllenCahn, population, cahnHilliardPopulation
  }

  enum Course: Sendable {
    case filling, emptying, crawl, reversals, rests, holds, pulses

    var steps: [String] {
      switch self {
      case .filling: ["{discharge: 50C, until: [V <= 2 V, Q >= 99 %]}", "rest: 0.001 ms", "rest: 1 h"]
      case .emptying: ["{charge: 50C, until: [V >= 4.5 V, Q >= 99 %]}", "rest: 365 d"]
      case .crawl: ["{discharge: C/1000, until: [V <= 2 V]}", "{charge: C/1000, until: [V >= 4.5 V]}"]
      case .reversals:
        [
          "{discharge: 1C, until: [Q >= 30 %, V <= 2 V]}", "{charge: 1C, until: [Q >= 5 %, V >= 4.5 V]}",
          "rest: 0.001 ms", "{discharge: 50C, until: [Q >= 10 %, V <= 2 V]}", "{charge: 50C, until: [V >= 4.5 V]}",
          "rest: 365 d", "{discharge: C/10, until: [V <= 2 V]}",
        ]
      case .rests: ["rest: 0.001 ms", "rest: 365 d", "{discharge: C/100, until: [Q >= 1 %, V <= 2 V]}"]
      case .holds:
        [
          "{hold: 3.35 V, until: [t > 1 h]}", "{hold: 3.5 V, until: [t > 1 h]}", "{hold: 3 V, until: [t > 10 h]}",
          "{hold: 3.9 V, until: [t > 10 h]}",
        ]
      case .pulses:
        [
          "{pulse: [{I: -50C, t: 0.1 s}, {I: 50C, t: 0.1 s}, {I: 0, t: 0.001 ms}], repeat: 3, until: [V <= 1 V, V >= 6 V]}",
          "rest: 1 h",
        ]
      }
    }
  }

  static let cases: [Case] = {
    let models: [Model] = [
      .homogeneous, .cahnHilliard, .wettedCahnHilliard, .allenCahn, .wettedAllenCahn, .population,
      .cahnHilliardPopulation,
    ]
    let courses: [Course] = [.filling, .emptying, .crawl, .reversals, .rests, .holds, .pulses]
    let starts = [1e-6, 0.5, 0.3, 1 - 1e-6]
    let tolerances = [1e-3, 1e-5, 1e-10, 1e-4, 1e-7]
    var cases: [Case] = []
    for (i, model) in models.enumerated() {
      for (k, course) in courses.enumerated() {
        let n = i * courses.count + k
        // So tight that round-off limits the steps where nothing happens for days.
        let isLong = [.crawl, .emptying].contains(course)
        let tolerance = tolerances[n % tolerances.count]
        cases.append(
          Case(
            model: model, isHalfCell: n % 3 == 1, start: starts[(n + i) % starts.count], course: course,
            tolerance: isLong ? max(tolerance, 1e-7) : tolerance))
      }
    }
    cases.append(
      Case(model: .cahnHilliardPopulation, isHalfCell: true, start: 0.5, course: .reversals, tolerance: 1e-3))
    return cases
  }()

  @Test(arguments: cases) func completesOrSaysWhatHasRunOut(_ case: Case) throws {
    let cell = try simulate(
      text(`case`), mesh: Mesh(negative: 1, separator: 3, positive: 4, radial: 12), tolerance: `case`.tolerance)
    let ions = cell.ionInventory
    let summary = try run(cell, `case`.course.steps, top: "safety: {V: [-5 V, 10 V]}").summary
    let reasons = [
      "are empty at the surface", "are full at the surface", "has run out of salt", "safety",
      "the cell cannot carry this",
    ]
    let reason = summary.reason ?? ""
    #expect(summary.status == .completed || reasons.contains { reason.contains($0) }, "\(reason)")
    #expect(abs(cell.ionInventory / ions - 1) < 1e-9)
  }

  /// A surface that runs out of ions or sites has less left than a loose tolerance would let it err by: the voltage is still that
  /// of the limit at the end of each step, and can be held.
  @Test(arguments: [0.0, 0.004, 0.012, -0.006], [1.0, 5]) func looseTolerancesLandOnTheLimits(
    wetting: Double, rate: Double
  ) throws {
    var particle = LatticeParticle(model: "Cahn-Hilliard", wetting: wetting, start: 0.5)
    particle.groups = "\"Size distribution\": {\"x\": [5e-8, 1e-7], \"y\": [0.4, 0.6]},"
    let cell = try particle.simulated(tolerance: 1e-4)
    let summary = try run(
      cell,
      [
        "{charge: \(rate)C, until: [V >= 4 V]}", "{hold: 4 V, until: [I <= C/50, t > 1 h]}",
        "{discharge: \(rate)C, until: [V <= 2.5 V]}", "{hold: 2.5 V, until: [I >= -C/50, t > 1 h]}",
      ], top: ""
    ).summary
    #expect(summary.status == .completed, "\(summary.reason ?? "")")
    // In the last digit of time the voltage of an empty surface falls by some microvolts.
    for (step, limit) in zip(summary.steps, [4, 4, 2.5, 2.5]) { #expect(abs(step.endVoltage - limit) < 1e-4) }
  }

  /// Lithium iron phosphate, 40 % of an electrode of 50 µm.
  private func text(_ case: Case) -> String {
    let isPlatelet = `case`.model == .allenCahn || `case`.model == .wettedAllenCahn
    let (shape, radius) = isPlatelet ? (1, 1e-8) : (3, 5e-8)
    let gradient = "\"Gradient energy [J.m-1]\": 5.0148e-10"
    let facet = "\(gradient), \"Length [m]\": 5e-8, \"Coherency strain energy [J.m-3]\": 1.916e8"
    let sizes = "\"Size distribution\": {\"x\": [3e-8, 5e-8], \"y\": [0.3, 0.7]}"
    let groups =
      switch `case`.model {
      case .homogeneous: "\"Homogeneous\": {\"description\": \"no gradients\"}"
      case .cahnHilliard: "\"Cahn-Hilliard\": {\(gradient)}"
      case .wettedCahnHilliard: "\"Cahn-Hilliard\": {\(gradient), \"Wetting [J.m-2]\": 0.004}"
      case .allenCahn: "\"Allen-Cahn\": {\(facet), \"Rate heterogeneity\": 0.02}"
      case .wettedAllenCahn: "\"Allen-Cahn\": {\(facet), \"Wetted stoichiometry\": 0.98}"
      case .population: "\"Homogeneous\": {\"description\": \"no gradients\"}, \(sizes)"
      case .cahnHilliardPopulation: "\"Cahn-Hilliard\": {\(gradient)}, \(sizes)"
      }
    let pores =
      """
      "Porosity": 0.4, "Transport efficiency": 0.25, "Conductivity [S.m-1]": 1,
      """
    let electrolyte =
      """
      "Electrolyte":
        {"Cation transference number": 0.3, "Conductivity [S.m-1]": 1, "Diffusivity [m2.s-1]": 3e-10},
      "Separator": {"Thickness [m]": 2e-5, "Porosity": 0.5, "Transport efficiency": 0.35},
      """
    let foil = "\"Foil\": {\"Exchange current density [A.m-2]\": 20}"
    let reference = "\"Reference\": {\"description\": \"ideal\"}"
    return """
      {
        "Header": {"BPX": "1.1.1", "Title": "Hard start", "Model": "Partial"},
        "Parameterisation": {
          "Cell": {
            "Electrode area [m2]": 1, "Number of electrode pairs connected in parallel to make a cell": 1,
            "Nominal cell capacity [A.h]": \(Constants.faraday * 22_903.8 * 0.4 * 5e-5 / 3600),
            "Lower voltage cut-off [V]": -5, "Upper voltage cut-off [V]": 10, "Reference temperature [K]": 298.15
          },
          \(`case`.isHalfCell ? electrolyte : "")
          "Positive electrode": {
            "Thickness [m]": 5e-5, \(`case`.isHalfCell ? pores : "")
            "Particle radius [m]": \(radius), "Surface area per unit volume [m-1]": \(0.4 * Double(shape) / radius),
            "Minimum stoichiometry": \(`case`.start), "Maximum stoichiometry": 0.9999999,
            "Maximum concentration [mol.m-3]": 22903.8, "Diffusivity [m2.s-1]": 1e-15, "OCP [V]": 3.4,
            "Reaction rate constant [mol.m-2.s-1]": 1e-6
          },
          "User-defined": {
            "Negative electrode": {
              \(`case`.isHalfCell ? foil : reference)
            },
            "Positive electrode": {
              "Particle shape": {"Shape factor": \(shape)}, \(groups),
              "Regular solution": {"Standard potential [V]": 3.422, "Interaction energy [J.mol-1]": 11095.8},
              "Lattice-gas kinetics": {"Exchange current density [A.m-2]": 0.16}
            }
          }
        },
        "State": {
          "Initial conditions": {"Initial state-of-charge": 1, "Initial electrolyte concentration [mol.m-3]": 1000},
          "Thermal environment": {"Ambient temperature [K]": 298.15}
        }
      }
      """
  }
}
