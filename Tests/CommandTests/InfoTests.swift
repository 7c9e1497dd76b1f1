import Foundation
import Testing

private let gas = 8.31446261815324
private let faraday = 96485.33212331001
private let room = 298.15

/// What `spinodal info --json` says of cell files against closed forms and quadratures, and what it says to people.
@Suite struct InfoTests {
  /// One material against an ideal reference electrode.
  private struct Material {
    var groups: [String: Any]
    var maximumConcentration = 22903.8153535
    var radius = 1e-7
    var shapeFactor = 3.0
    var activationEnergy = 0.0

    func write(to folder: TemporaryFolder) throws -> String {
      var groups = groups
      groups["Particle shape"] = ["Shape factor": shapeFactor]
      let file: [String: Any] = [
        "Header": ["BPX": "1.1.1", "Title": "Phases", "Model": "Partial"],
        "Parameterisation": [
          "Cell": [
            "Electrode area [m2]": 0.01, "Number of electrode pairs connected in parallel to make a cell": 1,
            "Nominal cell capacity [A.h]": 0.3, "Lower voltage cut-off [V]": 2, "Upper voltage cut-off [V]": 5,
          ],
          "Positive electrode": [
            "Thickness [m]": 1e-4, "Particle radius [m]": radius,
            "Surface area per unit volume [m-1]": shapeFactor * 0.5 / radius, "Minimum stoichiometry": 0.01,
            "Maximum stoichiometry": 0.99, "Maximum concentration [mol.m-3]": maximumConcentration,
            "Diffusivity [m2.s-1]": 1e-16, "OCP [V]": 3.4, "Reaction rate constant [mol.m-2.s-1]": 1e-5,
            "Reaction rate constant activation energy [J.mol-1]": activationEnergy,
          ],
          "User-defined": [
            "Negative electrode": ["Reference": ["description": "ideal"]], "Positive electrode": groups,
          ],
        ],
        "State": [
          "Initial conditions": [
            "Initial state-of-charge": 0.5, "Initial electrolyte concentration [mol.m-3]": 1000,
          ]
        ],
      ]
      return try folder.write(
        String(decoding: JSONSerialization.data(withJSONObject: file), as: UTF8.self), to: "cell.json")
    }
  }

  /// A regular solution in a phase field.
  private func unmixing(
    chi: Double, gradientEnergy: Double, coherencyEnergy: Double = 0, model: String = "Cahn-Hilliard",
    further: [String: Any] = [:]
  ) -> [String: Any] {
    let field: [String: Any] = [
      "Gradient energy [J.m-1]": gradientEnergy, "Coherency strain energy [J.m-3]": coherencyEnergy,
    ]
    return [
      "Regular solution": [
        "Standard potential [V]": 3.422, "Interaction energy [J.mol-1]": chi * gas * room,
      ],
      model: field.merging(further) { $1 },
    ]
  }

  /// A row of `References/info.csv`: what should stand under a key; nil for nothing.
  private struct Expectation {
    var key: String
    var value: Double?
    var relativeTolerance: Double
    var absoluteTolerance: Double
  }

  /// The rows of a case by their sets of parameters.
  private func expectations(_ name: String) throws -> [(set: [String], rows: [Expectation])] {
    let url = Spinodal.root.appendingPathComponent("Tests/VerificationTests/References/info.csv")
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").dropFirst()
    var sets: [(set: [String], rows: [Expectation])] = []
    for fields in lines.map({ $0.split(separator: ",", omittingEmptySubsequences: false) }) where fields[0] == name {
      let set = fields[1].split(separator: " ").map(String.init)
      if sets.last?.set != set { sets.append((set, [])) }
      let value = Double(fields[3])
      #expect(value != nil || fields[3].isEmpty)
      sets[sets.count - 1].rows.append(
        Expectation(
          key: String(fields[2]), value: value,
          relativeTolerance: try #require(Double(fields[4])), absoluteTolerance: try #require(Double(fields[5]))))
    }
    #expect(!sets.isEmpty)
    return sets
  }

  /// What `info --json` says of the material at each temperature.
  private func info(_ material: Material, _ options: String...) throws -> [Any] {
    let folder = try TemporaryFolder()
    let run = try Spinodal(["info", material.write(to: folder), "--json"] + options)
    #expect(run.status == 0 && run.complaints.isEmpty, "\(run.complaints)")
    let json = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
    return try #require(lookUp("positive/materials/0/temperatures", in: json) as? [Any])
  }

  private func lookUp(_ key: String, in json: Any) -> Any? {
    key.split(separator: "/").reduce(json as Any?) { value, part in
      if let list = value as? [Any] { return Int(part).flatMap { list.indices.contains($0) ? list[$0] : nil } }
      return (value as? [String: Any])?[String(part)]
    }
  }

  private func check(_ rows: [Expectation], in json: Any, _ set: [String]) {
    for row in rows {
      let found = lookUp(row.key, in: json) as? Double
      guard let expected = row.value, let found else {
        #expect(found == row.value, "\(set) \(row.key)")
        continue
      }
      let bound = row.absoluteTolerance + row.relativeTolerance * abs(expected)
      #expect(abs(found - expected) <= bound, "\(set) \(row.key)")
    }
  }

  @Test func regularSolutions() throws {
    for (set, rows) in try expectations("01a") {
      let groups = unmixing(chi: try #require(Double(set[0])), gradientEnergy: 5.0148e-10)
      check(rows, in: try info(Material(groups: groups))[0], set)
    }
  }

  /// What strain does, with everything that a cell file can say of it.
  @Test func strain() throws {
    let mechanics: [String: Any] = [
      "Young's modulus [Pa]": 143e9, "Poisson's ratio": 0.3, "Partial molar volume [m3.mol-1]": 3.26e-6,
      "Fracture": ["Toughness [Pa.m0.5]": 1e6, "Flaw size [m]": 1e-7],
    ]
    let material = Material(groups: ["Mechanics": mechanics], maximumConcentration: 22_900, radius: 1e-6)
    let json = try info(material)[0]
    func number(_ key: String) throws -> Double { try #require(lookUp("mechanics/\(key)", in: json) as? Double) }
    // A penny crack in σ_c (1 − 2ρ²) (verification case 13b).
    #expect(abs(try number("electrochemical_shock/worst_flaw_over_radius") / 0.15.squareRoot() - 1) < 1e-9)
    let centre = 143e9 * 3.26e-6 * 22_900 * 1e-12 / (3 * 15 * 0.7 * 1e-16 * 3600)
    #expect(abs(try number("electrochemical_shock/centre_stress_at_1C/hoop_Pa") / centre - 1) < 1e-9)
    let intensity = 2 * centre * (0.15.squareRoot() * 1e-6 / Double.pi).squareRoot() * 0.8
    #expect(abs(try number("electrochemical_shock/critical_C_rate") / (1e6 / intensity) - 1) < 1e-9)
    // Griffith: R = 3 (1 − ν) G_c/(E ε₁²) (13a), and B = 2 E ε₁²/(1 − ν) (02a).
    let strain = 3.26e-6 * 22_900 / 3
    let energy = 1e12 * 0.91 / 143e9
    #expect(abs(try number("crack_free_radius_m") / (3 * 0.7 * energy / (143e9 * strain * strain)) - 1) < 1e-9)
    #expect(abs(try number("coherency_strain_energy_J_m3") / (2 * 143e9 * strain * strain / 0.7) - 1) < 1e-9)
    #expect(abs(try number("core_and_shell/3/core/hydrostatic_Pa") / (2 * 143e9 * strain * 0.3 / (3 * 0.7)) - 1) < 1e-9)
  }

  /// A clamped film that splits into phases (verification cases 03d and 09a, V₂O₅-like at a misfit of 1 %).
  @Test func clampedFilm() throws {
    var groups = unmixing(chi: 4.2, gradientEnergy: 1e-10)
    groups["Cahn-Hilliard"] = nil
    groups["Mechanics"] = [
      "Young's modulus [Pa]": 60e9, "Poisson's ratio": 0.25, "Partial molar volume [m3.mol-1]": 4e-6,
      "Substrate": [
        "Misfit strain": 0.01, "Young's modulus [Pa]": 130e9, "Poisson's ratio": 0.28, "Thickness [m]": 2e-4,
      ],
    ]
    let json = try info(
      Material(groups: groups, maximumConcentration: 18_000, radius: 2e-7, shapeFactor: 1))[0]
    func number(_ key: String) throws -> Double { try #require(lookUp(key, in: json) as? Double) }
    #expect(abs(try number("mechanics/potential_per_misfit_strain_V") * 0.01 / 22.1104419341e-3 - 1) < 1e-9)
    #expect(abs(try number("mechanics/clamped/0/plateau_shift_V") / -4.42208838682e-3 - 1) < 1e-6)
    let unit = gas * room * 18_000
    #expect(abs(try number("mechanics/clamped/0/barrier_filling_J_m3") / unit - 0.230783567535) < 1e-5)
    #expect(abs(try number("mechanics/clamped/0/barrier_emptying_J_m3") / unit - 0.0785721412876) < 1e-5)
    #expect(abs(try number("coherent/gaps/0/barrier_over_RT_cmax") - 0.14706562947) < 1e-6)
    let stress = 80e9 * 0.01
    #expect(abs(try number("mechanics/uniform/0/stress/hoop_Pa") / stress - 1) < 1e-9)
    let curvature = 6 * stress * 2e-7 * 0.72 / (130e9 * 4e-8)
    #expect(abs(try number("mechanics/uniform/0/substrate_curvature_1_m") / curvature - 1) < 1e-9)
  }

  /// Strain keeps a particle from splitting only where the stress moves its ions; else there is no coherent diagram, and `info`
  /// says why.
  @Test(arguments: ["Cahn-Hilliard", "Allen-Cahn"], [(0, 0), (0, 1), (1, 0), (1, 1)])
  func coherentOnlyWhereTheStressActs(model: String, switches: (Int, Int)) throws {
    let (flux, reaction) = switches
    let mechanics: [String: Any] = [
      "Young's modulus [Pa]": 60e9, "Poisson's ratio": 0.25, "Partial molar volume [m3.mol-1]": 3e-6,
      "Stress in flux": flux, "Stress in reaction": reaction,
    ]
    var field: [String: Any] = ["Gradient energy [J.m-1]": 5e-10]
    if model == "Allen-Cahn" { field["Length [m]"] = 1e-7 }
    let groups: [String: Any] = [
      "Regular solution": ["Standard potential [V]": 3.4, "Interaction energy [J.mol-1]": 4.5 * gas * room],
      model: field, "Mechanics": mechanics,
    ]
    let json = try info(Material(groups: groups, shapeFactor: 1))[0]
    let acts = model == "Cahn-Hilliard" ? flux == 1 : reaction == 1
    #expect((lookUp("coherent", in: json) != nil) == acts)
    #expect((lookUp("coherency_note", in: json) != nil) == (!acts || model == "Cahn-Hilliard" && reaction == 0))
  }

  /// A bent beam is held along its bend alone: B = E ε₁², and it stays uniform beyond √(B/E).
  @Test func coherencyOfABeam() throws {
    let mechanics: [String: Any] = [
      "Young's modulus [Pa]": 60e9, "Poisson's ratio": 0.25, "Partial molar volume [m3.mol-1]": 3e-6,
      "Bending": ["Radius of curvature [m]": 1e-3],
    ]
    var groups = unmixing(chi: 4.5, gradientEnergy: 5e-10)
    groups["Cahn-Hilliard"] = ["Gradient energy [J.m-1]": 5e-10]
    groups["Mechanics"] = mechanics
    let material = Material(groups: groups, maximumConcentration: 20_000, shapeFactor: 1)
    let json = try info(material)[0]
    func number(_ key: String) throws -> Double { try #require(lookUp(key, in: json) as? Double) }
    let stiffness = 60e9 * pow(3e-6 * 20_000 / 3, 2)
    #expect(abs(try number("mechanics/coherency_strain_energy_J_m3") / stiffness - 1) < 1e-12)
    let chi = 4.5 - stiffness / (2 * gas * room * 20_000)
    #expect(abs(try number("coherent/interaction_parameter") - chi) < 1e-9)
    // χ = 2 is the last at which it splits.
    let critical = (2.5 * 2 * gas * room * 20_000 / 60e9).squareRoot()
    #expect(abs(try number("mechanics/critical_linear_strain") / critical - 1) < 1e-9)
  }

  /// A beam bent to 2 % of strain (verification case 10a): what its faces differ by while it is uniform, and where its ions go.
  @Test(arguments: [
    (0.0, 0.405737143725, 0.886401688714, 709.507657976), (1, 0.338529278586, 0.80186659209, 644.988107443),
    (1.8, 0.210128222043, 0.600093235327, 521.723093161),
  ])
  func bentBeam(chi: Double, pressed: Double, moment: Double, stress: Double) throws {
    var groups = unmixing(chi: chi, gradientEnergy: 5e-10)
    groups["Cahn-Hilliard"] = nil
    groups["Mechanics"] = [
      "Young's modulus [Pa]": 4e10, "Poisson's ratio": 0.25, "Partial molar volume [m3.mol-1]": 4e-6,
      "Consistent flux": 1, "Bending": ["Radius of curvature [m]": 5e-6],
    ]
    let material = Material(groups: groups, maximumConcentration: 18_000, shapeFactor: 1)
    let json = try info(material)[0]
    func number(_ key: String) throws -> Double {
      try #require(lookUp("mechanics/bent/" + key, in: json) as? Double, "\(key)")
    }
    #expect(abs(try number("face_strain") - 0.02) < 1e-15)
    for i in [0, 10, 20] {
      #expect(abs(try number("uniform/\(i)/potential_difference_V") / 22.1104419341e-3 - 1) < 1e-9)
      #expect(abs(try number("uniform/\(i)/stretched_stress/hoop_Pa") / 800e6 - 1) < 1e-12)
      #expect(abs(try number("uniform/\(i)/pressed_stress/hoop_Pa") / -800e6 - 1) < 1e-12)
    }
    #expect(abs(try number("potential_per_bending_strain_V") * 0.04 / 22.1104419341e-3 - 1) < 1e-9)
    // Half full, the host is the same with ions and vacancies exchanged.
    #expect(abs(try number("at_rest/9/mean_stoichiometry") - 0.5) < 1e-15)
    #expect(abs(try number("at_rest/9/pressed_stoichiometry") - pressed) < 1e-8)
    #expect(abs(try number("at_rest/9/stretched_stoichiometry") - (1 - pressed)) < 1e-8)
    #expect(abs(try number("at_rest/9/middle_stoichiometry") - 0.5) < 1e-9)
    #expect(abs(try number("at_rest/9/moment_over_elastic") - moment) < 1e-6)
    #expect(abs(try number("at_rest/9/stretched_stress/hoop_Pa") / 1e6 - stress) < 1e-4)
    #expect(abs(try number("at_rest/9/potential_shift_V")) < 1e-9)
    // What belongs to straight particles is not there.
    #expect(lookUp("mechanics/core_and_shell", in: json) == nil)
    #expect(lookUp("mechanics/electrochemical_shock", in: json) == nil)
    let folder = try TemporaryFolder()
    let text = try Spinodal("info", material.write(to: folder)).output
    #expect(text.contains("22.11 mV, 800.0 MPa and -800.0 MPa"))
    #expect(!text.contains("if clamped"))
  }

  /// A bent host that splits into phases has no single composition at rest, and its potentials are those of the middle plane.
  @Test func bentPlateThatSplits() throws {
    var groups = unmixing(chi: 4.5, gradientEnergy: 5e-10)
    groups["Cahn-Hilliard"] = ["Gradient energy [J.m-1]": 5e-10]
    groups["Mechanics"] = [
      "Young's modulus [Pa]": 4e10, "Poisson's ratio": 0.25, "Partial molar volume [m3.mol-1]": 4e-6,
      "Bending": ["Radius of curvature [m]": 5e-6, "Wide": 1],
    ]
    let json = try info(Material(groups: groups, maximumConcentration: 18_000, shapeFactor: 1))[0]
    #expect((lookUp("mechanics/bent/at_rest", in: json) as? [Any])?.isEmpty == true)
    // A film that cannot bend across: E/(1 − ν²) along, ν times that across, so that σ_h is larger by 1/(1 − ν).
    let note = try #require(lookUp("coherency_note", in: json) as? String)
    #expect(note.contains("14.74 mV are to be added at the stretched face"), "\(note)")
  }

  @Test func temperatureAndCoherency() throws {
    let sets = try expectations("01c")
    // 0.115 eV for each ion.
    let groups = unmixing(
      chi: 0.115 * faraday / (gas * room), gradientEnergy: 5.0148e-10, coherencyEnergy: 1.916e8)
    let found = try info(
      Material(groups: groups), "--temperature", sets.map { $0.set[0] }.joined(separator: ","))
    for ((set, rows), json) in zip(sets, found) { check(rows, in: json, set) }
  }

  @Test func criticalSizes() throws {
    for (set, rows) in try expectations("06a") {
      var material: Material
      switch set[0] {
      case "LFP", "LFP_stiff":
        material = Material(
          groups: unmixing(
            chi: 4.50878862243, gradientEnergy: 5.0148e-10, coherencyEnergy: set[0] == "LFP" ? 1.916e8 : 2.6e8))
      default:
        material = Material(groups: unmixing(chi: 2.6, gradientEnergy: 4.943e-9), maximumConcentration: 18000)
      }
      // Shape factor and diameter in nm.
      if set.count == 3 {
        material.shapeFactor = try #require(Double(set[1]))
        material.radius = try #require(Double(set[2])) * 0.5e-9
      }
      check(rows, in: try info(material)[0], set)
    }
  }

  @Test func spinodalDecomposition() throws {
    for (set, rows) in try expectations("06e") {
      let groups = unmixing(chi: 2.6, gradientEnergy: try #require(Double(set[0])))
      check(rows, in: try info(Material(groups: groups, maximumConcentration: 18000))[0], set)
    }
  }

  @Test func kinetics() throws {
    let names = ["Zeng": "Marcus-Hush-Chidsey (Zeng 2014)"]
    for (set, rows) in try expectations("12a") {
      let number = try #require(Double(set[1]))
      guard set[0] != "Arrhenius" else {
        check(
          rows, in: try info(Material(groups: [:], activationEnergy: number), "--temperature", set[2])[0], set)
        continue
      }
      var kinetics: [String: Any] = ["Exchange current density [A.m-2]": 0.16]
      var groups: [String: Any] = [:]
      if set[0] == "Butler-Volmer" {
        kinetics["Cathodic transfer coefficient"] = number
      } else {
        groups[names[set[0]] ?? set[0]] = ["Reorganisation energy [J.mol-1]": number * gas * room]
      }
      groups["Kinetics"] = kinetics
      // The last one for the slope at rest: a thousandth of RT/F.
      let overpotentials =
        [-0.3, -0.2, -0.1, -0.05, -0.01, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5] + [1e-3 * gas * room / faraday]
      let list = overpotentials.map { "\($0)" }.joined(separator: ",")
      check(rows, in: try info(Material(groups: groups), "--overpotential=\(list)")[0], set)
    }
  }

  @Test func suppressionOfUnmixing() throws {
    // Length, coherency energy, exchange current density and rates.
    let parameters: [String: (Double, Double, Double, String)] = [
      "05i": (1e-7, 1.916e8, 0.16, "0.1,1,5,20"), "05j": (1e-7, 1.916e8, 0.04, "0.2,2"),
      "05k": (5e-8, 0, 0.16, "1,10,60"),
    ]
    for (set, rows) in try expectations("05") {
      let (length, coherencyEnergy, exchange, rates) = try #require(parameters[set[0]])
      var groups = unmixing(
        chi: 4.50878862243, gradientEnergy: 5.0148e-10, coherencyEnergy: coherencyEnergy, model: "Allen-Cahn",
        further: ["Length [m]": length])
      groups["Lattice-gas kinetics"] = ["Exchange current density [A.m-2]": exchange]
      check(
        rows, in: try info(Material(groups: groups, radius: 1e-8, shapeFactor: 1), "--rate", rates)[0], set)
    }
  }

  @Test func forPeople() throws {
    let folder = try TemporaryFolder()
    let groups = unmixing(chi: 4.50878862243, gradientEnergy: 5.0148e-10, coherencyEnergy: 1.916e8)
    let cell = try Material(groups: groups).write(to: folder)
    let text = try Spinodal("info", cell, "--temperature", "298.15,500").output
    for words in [
      "positive: phases at 25.0 °C", "positive: phases at 226.9 °C", "0.01214 … 0.9879", "3.029 nm", "420.62 K",
      "none",
    ] {
      #expect(text.contains(words), "\(words)")
    }
    // A cell without phases has no such tables.
    #expect(try !Spinodal("info", "cells/lg-m50.json").output.contains("phases"))
    let refused = try Spinodal("info", cell, "--temperature", "25")
    #expect(refused.status == 2)
    #expect(refused.complaints.contains("--temperature 25.0: expected kelvin"))
    #expect(try Spinodal("info", cell, "--rate", "1,x").status == 2)
  }

  /// The rows of the table stand under stable keys, with all digits.
  @Test func wholeCellAsJSON() throws {
    let run = try Spinodal("info", "cells/lg-m50.json", "--json")
    let json = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
    func number(_ key: String) throws -> Double { try #require(lookUp(key, in: json) as? Double, "\(key)") }
    #expect(try number("nominal_capacity_Ah") == 5)
    #expect(try number("lower_voltage_cutoff_V") == 2.5)
    let ratio = try number("negative_capacity_Ah") / number("positive_capacity_Ah")
    #expect(abs(ratio / (try number("capacity_ratio")) - 1) < 1e-14)
    #expect(
      try abs(number("energy_Wh") - number("capacity_Ah") * number("mean_open_circuit_voltage_V")) < 1e-12)
    // R²/D of the file.
    #expect(try abs(number("positive/materials/0/diffusion_time_s") / (5.22e-6 * 5.22e-6 / 4e-15) - 1) < 1e-12)
    #expect(try number("open_circuit/100/state_of_charge") == 1)
    #expect(try number("open_circuit/0/voltage_V") < number("open_circuit/100/voltage_V"))
    for key in [
      "electrolyte_limiting_current_A", "negative/charge_transfer_resistance_Ohm_m2", "positive/salt_diffusion_time_s",
    ] {
      #expect(try number(key) > 0)
    }
  }
}
