import Documents
import Foundation
import Testing

@testable import Electrochemistry

/// A small cell in BPX 1.1, whose lines the tests below change.
let small = """
  {
    "Header": {"BPX": "1.1.1", "Title": "Small", "Model": "DFN"},
    "Parameterisation": {
      "Cell": {
        "Electrode area [m2]": 0.5,
        "Number of electrode pairs connected in parallel to make a cell": 2,
        "Nominal cell capacity [A.h]": 30,
        "Lower voltage cut-off [V]": 2.5,
        "Upper voltage cut-off [V]": 4.2,
        "Reference temperature [K]": 298.15,
        "Volume [m3]": 2e-5,
        "Density [kg.m-3]": 2000
      },
      "Electrolyte": {
        "Cation transference number": 0.26,
        "Conductivity [S.m-1]": "1 + 0 * x",
        "Diffusivity [m2.s-1]": 3e-10
      },
      "Negative electrode": {
        "Thickness [m]": 8e-5,
        "Porosity": 0.3,
        "Transport efficiency": 0.15,
        "Conductivity [S.m-1]": 100,
        "Minimum stoichiometry": 0.01,
        "Maximum stoichiometry": 0.9,
        "Maximum concentration [mol.m-3]": 30000,
        "Particle radius [m]": 5e-6,
        "Surface area per unit volume [m-1]": 360000,
        "Diffusivity [m2.s-1]": 3e-14,
        "OCP [V]": "0.2 - 0.1 * x",
        "Reaction rate constant [mol.m-2.s-1]": 5e-6
      },
      "Positive electrode": {
        "Thickness [m]": 8e-5,
        "Porosity": 0.3,
        "Transport efficiency": 0.15,
        "Conductivity [S.m-1]": 100,
        "Particle": {
          "Large": {
            "Minimum stoichiometry": 0.3,
            "Maximum stoichiometry": 0.95,
            "Maximum concentration [mol.m-3]": 50000,
            "Particle radius [m]": 5e-6,
            "Surface area per unit volume [m-1]": 240000,
            "Diffusivity [m2.s-1]": 1e-14,
            "OCP [V]": {"x": [0, 0.5, 1], "y": [4.4, 4, 3]},
            "Reaction rate constant [mol.m-2.s-1]": 5e-6
          },
          "Small": {
            "Minimum stoichiometry": 0.3,
            "Maximum stoichiometry": 0.95,
            "Maximum concentration [mol.m-3]": 50000,
            "Particle radius [m]": 1e-6,
            "Surface area per unit volume [m-1]": 300000,
            "Diffusivity [m2.s-1]": 1e-14,
            "OCP [V]": "4 - x",
            "Reaction rate constant [mol.m-2.s-1]": 5e-6
          }
        }
      },
      "Separator": {"Thickness [m]": 2e-5, "Porosity": 0.5, "Transport efficiency": 0.3},
      "User-defined": {
        "Negative electrode": {"Particle shape": {"Shape factor": 3, "description": "sphere"}},
        "Positive electrode": {"Particle": {"Small": {"Particle shape": {"Shape factor": 2.0}}}}
      }
    },
    "State": {
      "Initial conditions": {
        "Initial state-of-charge": 0.75,
        "Initial temperature [K]": 300,
        "Initial electrolyte concentration [mol.m-3]": 1100
      },
      "Thermal environment": {"Ambient temperature [K]": 301},
      "Degradation": {"LLI": 0, "LAM: Negative electrode": 0, "LAM: Positive electrode": {"Large": 0, "Small": 0}}
    },
    "Validation": {
      "1C": {"Time [s]": [0, 10, 20], "Current [A]": [-4, -4, -4], "Voltage [V]": [4, 3.9, 3.8]}
    }
  }
  """

func read(_ text: String, overrides: [(key: String, value: String)] = []) throws -> CellFile {
  try CellFile(DocumentNode(text: text, file: "cell.json"), overrides: overrides)
}

@Suite struct CellFileTests {
  static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test func everyKeyArrives() throws {
    let file = try read(small)
    let cell = file.cell
    #expect(file.warnings == [])
    #expect(cell.title == "Small")
    #expect(cell.electrodeArea == 1)
    #expect(cell.nominalCapacity == 30)
    #expect(cell.voltageWindow == 2.5...4.2)
    #expect(cell.referenceTemperature == 298.15)
    #expect(cell.initialTemperature == 300)
    #expect(cell.ambientTemperature == 301)
    #expect(cell.initialStateOfCharge == 0.75)
    #expect(cell.volume == 2e-5 && cell.mass == 0.04)
    #expect(cell.separator == Separator(thickness: 2e-5, porosity: 0.5, transportEfficiency: 0.3))
    #expect(cell.electrolyte.initialConcentration == 1100)
    #expect(cell.electrolyte.transferenceNumber == 0.26)
    #expect(cell.electrolyte.conductivity.atReference.constantValue == 1)
    #expect(cell.electrolyte.diffusivity.atReference.constantValue == 3e-10)
    let graphite = cell.negative.materials[0]
    #expect(cell.negative.materials.count == 1 && graphite.name == "" && graphite.shape == .sphere)
    #expect(graphite.openCircuitPotential(0.5).isAlmost(0.15))
    #expect(graphite.entropicChange.constantValue == 0)
    #expect(graphite.diffusivityActivationEnergy == 0)
    #expect(graphite.exchangeCurrent == .rateConstant(MaterialFunction(5e-6)))
    #expect(graphite.minimumStoichiometry == 0.01 && graphite.maximumStoichiometry == 0.9)
    #expect(graphite.maximumConcentration == 30000)
    let blend = cell.positive.materials
    #expect(blend.map(\.name) == ["Large", "Small"])
    #expect(blend.map(\.shape) == [.sphere, .cylinder])
    #expect(blend[0].openCircuitPotential(0.75) == 3.5)
  }

  @Test func volumeFractionIsAreaTimesRadiusOverShapeFactor() throws {
    let cell = try read(small).cell
    #expect(cell.negative.materials[0].volumeFraction.isAlmost(0.6))
    #expect(cell.positive.materials[0].volumeFraction.isAlmost(0.4))
    #expect(cell.positive.materials[1].volumeFraction.isAlmost(0.15))
    #expect(cell.positive.materials[1].surfaceAreaPerVolume.isAlmost(300_000))
  }

  @Test func overriddenRadiusAndShapeKeepTheVolumeFraction() throws {
    let radius = "Negative electrode/Particle radius [m]"
    let shape = "User-defined/Negative electrode/Particle shape/Shape factor"
    let thin = try read(small, overrides: [(radius, "4e-8"), (shape, "1")]).cell.negative.materials[0]
    #expect(thin.radius == 4e-8 && thin.shape == .plate)
    #expect(thin.volumeFraction.isAlmost(0.6))
    #expect(thin.surfaceAreaPerVolume.isAlmost(0.6 / 4e-8))
    let blend = try read(
      small, overrides: [("Positive electrode/Particle/Small/Particle radius [m]", "2e-6")]
    ).cell.positive.materials
    #expect(blend[1].volumeFraction.isAlmost(0.15) && blend[1].surfaceAreaPerVolume.isAlmost(150_000))
    #expect(blend[0].volumeFraction.isAlmost(0.4))
  }

  @Test func overriddenAreaChangesTheVolumeFraction() throws {
    let area = "Parameterisation/Negative electrode/Surface area per unit volume [m-1]"
    let radius = "Negative electrode/Particle radius [m]"
    #expect(
      try read(small, overrides: [(area, "180000")]).cell.negative.materials[0].volumeFraction.isAlmost(0.3))
    let both = try read(small, overrides: [(area, "180000"), (radius, "2.5e-6")]).cell.negative.materials[0]
    #expect(both.volumeFraction.isAlmost(0.15))
  }

  @Test func overridesReplaceAnyValue() throws {
    let file = try read(
      small,
      overrides: [
        ("State/Initial conditions/Initial state-of-charge", "0.2"),
        ("Negative electrode/OCP [V]", "0.1 + x"),
        ("Positive electrode/Particle/Large/OCP [V]", "4"), ("Header/Title", "Other"),
      ])
    #expect(file.cell.initialStateOfCharge == 0.2)
    #expect(file.cell.negative.materials[0].openCircuitPotential(0.5).isAlmost(0.6))
    #expect(file.cell.positive.materials[0].openCircuitPotential.constantValue == 4)
    #expect(file.cell.title == "Other")
  }

  static let badOverrides: [(String, String, String)] = [
    (
      "Porosity", "0.3",
      "--set: Porosity: the file has no such key (did you mean 'Negative electrode/Porosity' or 'Positive electrode/Porosity' or 'Separator/Porosity'?)"
    ),
    (
      "Initial temperature", "300",
      "--set: Initial temperature: the file has no such key (did you mean 'State/Initial conditions/Initial temperature [K]'?)"
    ),
    (
      "Separator/Thickness [m]", "20",
      "--set: Parameterisation/Separator/Thickness [m]: 20 is not a thickness in m (20 um is 2e-05; allowed: 1e-09 to 0.01)"
    ),
    (
      "Negative electrode/Particle radus [m]", "1e-6",
      "--set: Negative electrode/Particle radus [m]: the file has no such key (did you mean 'Particle radius [m]'?)"
    ),
    (
      "Negativ electrode/Porosity", "0.3",
      "--set: Negativ electrode/Porosity: the file has no such key (did you mean 'Negative electrode'?)"
    ),
    (
      "Negative electrode/Porosity/x", "0.3", "--set: Negative electrode/Porosity/x: the file has no such key"
    ),
    ("Negative electrode", "0.3", "--set: Negative electrode: is not a single value"),
    (
      "Negative electrode/Porosity", "1.2",
      "--set: Parameterisation/Negative electrode/Porosity: 1.2 is not a porosity (greater than 0, less than 1)"
    ),
    (
      "Negative electrode/OCP [V]", "1 + y",
      "--set: Parameterisation/Negative electrode/OCP [V]: unknown name 'y' (the only variable is x)"
    ),
  ]

  @Test(arguments: badOverrides)
  func badOverridesAreExplained(key: String, value: String, message: String) throws {
    let error = #expect(throws: DocumentError.self) { try read(small, overrides: [(key, value)]) }
    #expect(error?.description == message)
  }

  @Test func bpx01GivesTheSameCell() throws {
    var old = small.replacing("1.1.1", with: "0.1.0")
    old = old.replacing(
      "\"Reference temperature [K]\": 298.15,",
      with: """
        "Reference temperature [K]": 298.15, "Ambient temperature [K]": 301, "Initial temperature [K]": 300,
        "Thermal conductivity [W.m-1.K-1]": 2,
        """)
    old = old.replacing(
      "\"Cation transference number\"",
      with: "\"Initial concentration [mol.m-3]\": 1100, \"Cation transference number\"")
    let state = try #require(old.range(of: "\"State\""))
    let validation = try #require(old.range(of: "\"Validation\""))
    old.removeSubrange(state.lowerBound..<validation.lowerBound)
    var expected = try read(small).cell
    #expect(try read(old).cell != expected)
    expected.initialStateOfCharge = 1
    #expect(try read(old).cell == expected)
    #expect(try read(old.replacing("\"0.1.0\"", with: "0.1")).cell == expected)
  }

  @Test func defaultsOfTheState() throws {
    let state = try #require(small.range(of: "\"State\""))
    let validation = try #require(small.range(of: "\"Validation\""))
    var text = small
    text.removeSubrange(state.lowerBound..<validation.lowerBound)
    let file = try read(text)
    #expect(file.cell.initialStateOfCharge == 1)
    #expect(file.cell.ambientTemperature == 298.15 && file.cell.initialTemperature == 298.15)
    #expect(file.cell.electrolyte.initialConcentration == 1000)
    #expect(file.warnings.map(\.line) == [14])
    #expect(file.warnings.map(\.message) == ["no initial electrolyte concentration is stated"])
  }

  // MARK: complaints

  struct Malformed: CustomTestStringConvertible {
    var text: String
    var from: String
    var to: String
    var line: Int
    var column: Int
    var key: String
    var message: String
    var advice: String?

    init(
      in text: String = small, _ from: String, _ to: String, _ line: Int, _ column: Int, _ key: String,
      _ message: String, _ advice: String? = nil
    ) {
      self.text = text
      (self.from, self.to, self.line, self.column) = (from, to, line, column)
      (self.key, self.message, self.advice) = (key, message, advice)
    }

    var testDescription: String { to }
  }

  static let negative = "Parameterisation/Negative electrode"
  static let large = "Parameterisation/Positive electrode/Particle/Large"

  static let malformed: [Malformed] = [
    Malformed(
      "\"BPX\": \"1.1.1\"", "\"BPX\": \"2.0.0\"", 2, 21,
      "Header/BPX",
      "BPX version '2.0.0' is not supported",
      "0.x and 1.x are"),
    Malformed(
      "\"Model\": \"DFN\"", "\"Model\": \"SPM\"", 2, 57,
      "Header/Model",
      "an SPM file has neither separator nor electrolyte: it cannot be simulated as a cell",
      "add them and say \"DFN\", or put one electrode against a reference in a \"Partial\" file"),
    Malformed(
      "\"Model\": \"DFN\"", "\"Model\": \"P2D\"", 2, 57,
      "Header/Model",
      "unknown model 'P2D'",
      "DFN, SPMe or Partial"),
    Malformed(
      "\"Title\"", "\"Titel\"", 2, 30,
      "Header/Titel",
      "unknown key",
      "did you mean 'Title'?"),
    Malformed(
      "\"State\"", "\"Stat\"", 67, 3,
      "Stat",
      "unknown key",
      "did you mean 'State'?"),
    Malformed(
      "\"Electrode area [m2]\": 0.5,", "", 4, 13,
      "Parameterisation/Cell",
      "the key 'Electrode area [m2]' is missing"),
    Malformed(
      "\"Electrode area [m2]\": 0.5", "\"Electrode area [m2]\": \"large\"", 5, 30,
      "Parameterisation/Cell/Electrode area [m2]",
      "expected a number, found 'large'"),
    Malformed(
      "\"Electrode area [m2]\": 0.5", "\"Electrode area [m2]\": -0.5", 5, 30,
      "Parameterisation/Cell/Electrode area [m2]",
      "must be greater than zero, found -0.5"),
    Malformed(
      "a cell\": 2", "a cell\": 2.5", 6, 73,
      "Parameterisation/Cell/Number of electrode pairs connected in parallel to make a cell",
      "must be a whole number from 1, found 2.5"),
    Malformed(
      "cut-off [V]\": 4.2", "cut-off [V]\": 2.4", 9, 36,
      "Parameterisation/Cell/Upper voltage cut-off [V]",
      "must be above the lower cut-off of 2.5 V, found 2.4"),
    Malformed(
      "298.15", "25", 10, 36,
      "Parameterisation/Cell/Reference temperature [K]",
      "25 is not a temperature in K",
      "allowed: 150 to 500"),
    Malformed(
      "\"Volume [m3]\": 2e-5", "\"Volume [m3]\": 1e999", 11, 22,
      "Parameterisation/Cell/Volume [m3]",
      "1e999 is not a finite number"),
    Malformed(
      "\"Volume [m3]\"", "\"Initial temperature [K]\"", 11, 7,
      "Parameterisation/Cell/Initial temperature [K]",
      "is a key of BPX 0.x",
      "from 1.0 on, temperatures and concentration stand in 'State'"),
    Malformed(
      "\"Electrolyte\": {", "\"Electrolyte\": 5, \"Other\": {", 14, 23,
      "Parameterisation/Other",
      "unknown key",
      "allowed: Cell, Electrolyte, Negative electrode, Positive electrode, Separator, User-defined"),
    Malformed(
      "number\": 0.26", "number\": 1", 15, 37,
      "Parameterisation/Electrolyte/Cation transference number",
      "1 is not a transference number",
      "from 0 to less than 1"),
    Malformed(
      "\"1 + 0 * x\"", "\"1 + tahn(x)\"", 16, 36,
      "Parameterisation/Electrolyte/Conductivity [S.m-1]",
      "unknown function 'tahn'",
      "did you mean 'tanh'?"),
    Malformed(
      "\"1 + 0 * x\"", "\"1 - x / 1024\"", 16, 31,
      "Parameterisation/Electrolyte/Conductivity [S.m-1]",
      "must be greater than zero, is -0.047363 at x = 1072.5"),
    Malformed(
      "3e-10", "[1, 2]", 17, 31,
      "Parameterisation/Electrolyte/Diffusivity [m2.s-1]",
      "expected a number, an expression or a table, found a list"),
    Malformed(
      "\"Thickness [m]\": 8e-5", "\"Thickness [m]\": 0", 20, 24,
      negative + "/Thickness [m]",
      "must be greater than zero, found 0"),
    Malformed(
      "\"Thickness [m]\": 8e-5", "\"Thikness [m]\": 8e-5", 20, 7,
      negative + "/Thikness [m]",
      "unknown key",
      "did you mean 'Thickness [m]'?"),
    Malformed(
      "\"Porosity\": 0.3", "\"Porosity\": 1", 21, 19,
      negative + "/Porosity",
      "1 is not a porosity",
      "greater than 0, less than 1"),
    Malformed(
      "\"Porosity\": 0.3", "\"Porosity\": 0.5", 21, 19,
      negative + "/Porosity",
      "porosity and active material fill 1.1 of the electrode",
      "the active fraction is surface area × radius / shape factor, here 0.6"),
    Malformed(
      "\"Transport efficiency\": 0.15", "\"Transport efficiency\": 1.5", 22, 31,
      negative + "/Transport efficiency",
      "1.5 is not a transport efficiency",
      "greater than 0, at most 1"),
    Malformed(
      "stoichiometry\": 0.01", "stoichiometry\": -0.01", 24, 32,
      negative + "/Minimum stoichiometry",
      "-0.01 is not a stoichiometry",
      "allowed: 0 to 1"),
    Malformed(
      "stoichiometry\": 0.9,", "stoichiometry\": 0.005,", 25, 32,
      negative + "/Maximum stoichiometry",
      "must be above the minimum stoichiometry of 0.01, found 0.005"),
    Malformed(
      "\"0.2 - 0.1 * x\"", "\"0.2 - 0.1 * x + 1 / (x - x)\"", 30, 37,
      negative + "/OCP [V]",
      "division by zero"),
    Malformed(
      "\"0.2 - 0.1 * x\"", "\"exp(1000 - x)\"", 30, 18,
      negative + "/OCP [V]",
      "has no finite value at x = 0.03225"),
    Malformed(
      "\"Particle\": {", "\"Particle\": {}, \"Q\": {", 38, 23,
      "Parameterisation/Positive electrode/Q",
      "unknown key",
      "allowed: Thickness [m], Porosity, Transport efficiency, Conductivity [S.m-1], Particle"),
    Malformed(
      "\"x\": [0, 0.5, 1]", "\"x\": [0, 0.5, 0.5]", 46, 37,
      large + "/OCP [V]/x/3",
      "x must increase, found 0.5 after 0.5"),
    Malformed(
      "\"y\": [4.4, 4, 3]", "\"y\": [4.4, 4]", 46, 46,
      large + "/OCP [V]/y",
      "has 2 values, but 'x' has 3"),
    Malformed(
      "\"Separator\": {\"Thickness", "\"Separator\": {\"Thicknes", 61, 19,
      "Parameterisation/Separator/Thicknes [m]",
      "unknown key",
      "did you mean 'Thickness [m]'?"),
    Malformed(
      "\"Shape factor\": 3", "\"Shape factor\": 4", 63, 65,
      "Parameterisation/User-defined/Negative electrode/Particle shape/Shape factor",
      "4 is not a shape factor",
      "1 plate, 2 cylinder, 3 sphere"),
    Malformed(
      "\"Particle shape\"", "\"Particle shpe\"", 63, 30,
      "Parameterisation/User-defined/Negative electrode/Particle shpe",
      "unknown key",
      "did you mean 'Particle shape'?"),
    Malformed(
      "{\"Small\": {\"Particle shape\"", "{\"Smal\": {\"Particle shape\"", 64, 43,
      "Parameterisation/User-defined/Positive electrode/Particle/Smal",
      "is not a material of this electrode",
      "did you mean 'Small'?"),
    Malformed(
      "\"Positive electrode\": {\"Particle\"", "\"Positive electrode\": {\"Particle shape\"", 64, 30,
      "Parameterisation/User-defined/Positive electrode/Particle shape",
      "belongs to one material of the blend",
      "it stands under 'Particle' and the material's name"),
    Malformed(
      "state-of-charge\": 0.75", "state-of-charge\": 75", 69, 34,
      "State/Initial conditions/Initial state-of-charge",
      "75 is not a state of charge",
      "allowed: 0 to 1"),
    Malformed(
      "\"LLI\": 0", "\"LLI\": 0.1", 74, 28,
      "State/Degradation/LLI",
      "lost lithium can only be shared out between two porous electrodes of one material each",
      "0 here, and the state of charge and the stoichiometry limits of the aged cell"),
    Malformed(
      "\"Small\": 0}", "\"Small\": 20}", 74, 110,
      "State/Degradation/LAM: Positive electrode/Small",
      "20 is not a lost fraction",
      "from 0 to less than 1; 5 % is 0.05"),
    Malformed(
      "[0, 10, 20]", "[0, 10, 5]", 77, 32,
      "Validation/1C/Time [s]/3",
      "time runs backwards, from 10.0 s to 5 s"),
    Malformed(
      "[4, 3.9, 3.8]", "[4, 3.9]", 77, 81,
      "Validation/1C/Voltage [V]",
      "has 2 values, but 'Time [s]' has 3"),
  ]

  @Test(arguments: malformed + Malformed.values + Malformed.groups + Malformed.mechanics + Malformed.sides)
  func complaintsNameThePlace(_ case: Malformed) throws {
    let range = try #require(`case`.text.range(of: `case`.from))
    let error = #expect(throws: DocumentError.self) {
      try read(`case`.text.replacingCharacters(in: range, with: `case`.to))
    }
    #expect(
      error
        == DocumentError(
          file: "cell.json", line: `case`.line, column: `case`.column, key: `case`.key,
          message: `case`.message, advice: `case`.advice))
  }

  /// Whatever is in a file, it is read or refused with a place in it: nothing stops the program.
  @Test func damagedFilesAreReadOrRefused() {
    var seed: UInt64 = 20_261_121
    func random(_ bound: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % bound
    }
    let alphabet = Array("0123456789.-+*/()[]{}\",:eEx \n")
    var refused = 0
    for _ in 0..<400 {
      var text = Array(small)
      for _ in 0...random(3) {
        let place = random(text.count)
        switch random(3) {
        case 0: text[place] = alphabet[random(alphabet.count)]
        case 1: text.remove(at: place)
        default: text.insert(alphabet[random(alphabet.count)], at: place)
        }
      }
      do throws(DocumentError) {
        _ = try CellFile(DocumentNode(text: String(text), file: "cell.json"))
      } catch {
        refused += 1
        #expect(error.line != nil && !error.message.isEmpty, "\(error) (seed \(seed))")
      }
    }
    #expect((100..<400).contains(refused))
  }

  static let suspicious: [(String, String, Int, String)] = [
    (
      "\"Model\": \"DFN\"", "\"Model\": \"SPMe\"", 2,
      "stated for an SPMe; simulated with the full model (DFN)"
    ),
    (
      "state-of-charge\": 0.75,", "state-of-charge\": 0.75, \"Initial hysteresis state: Negative electrode\": 1,",
      69, "has no effect"
    ),
    (
      "\"User-defined\": {", "\"User-defined\": {\"Electrolite\": 1,", 62,
      "is not a group that is read here: ignored"
    ),
    (
      "[-4, -4, -4]", "[4, 4, 4]", 77, "the voltage falls where the current is positive"
    ),
  ]

  @Test(arguments: suspicious)
  func suspiciousFilesAreReadWithAWarning(from: String, to: String, line: Int, message: String) throws {
    let range = try #require(small.range(of: from))
    let file = try read(small.replacingCharacters(in: range, with: to))
    #expect(file.warnings.map(\.line) == [line])
    #expect(file.warnings.map(\.message) == [message])
    #expect(try file.cell == read(small).cell)
  }

  /// The sections contradict each other: factors of a thousand that no bound of a single value can see.
  @Test(arguments: [
    (
      "\"Nominal cell capacity [A.h]\": 30", "\"Nominal cell capacity [A.h]\": 300", 7,
      "between 0 and 100 % state of charge the electrodes hold 34.349 A.h, 0.1145 times the nominal capacity"
    ),
    (
      "\"Electrode area [m2]\": 0.5", "\"Electrode area [m2]\": 5e-5", 7,
      "between 0 and 100 % state of charge the electrodes hold 0.0034349 A.h, 0.0001145 times the nominal capacity"
    ),
    (
      "\"OCP [V]\": \"0.2 - 0.1 * x\"", "\"OCP [V]\": \"0 - x\"", 9,
      "at 100 % state of charge the open-circuit voltage is 4.97 V"
    ),
  ])
  func contradictionsAreReadWithAWarning(from: String, to: String, line: Int, message: String) throws {
    let file = try read(small.replacing(from, with: to))
    #expect(file.warnings.map(\.line) == [line])
    #expect(file.warnings.map(\.message) == [message])
  }

  /// Strain beyond what linear elasticity, thin films and soft surfaces are good for.
  @Test(arguments: [
    ("1e-5", "", "Partial molar volume [m3.mol-1]", "strains the host by 8.9 % in each direction"),
    (
      "\"2e-5 * x\"", "", "Partial molar volume [m3.mol-1]", "strains the host by 8.099 % in each direction"
    ),
    (
      "1e-6", "\"Substrate\": {\"Misfit strain\": 0.1}", "Substrate/Misfit strain",
      "strains the film by up to 9.99 % in its plane"
    ),
    // ε_m − ε₁ x is largest where the film is full.
    (
      "4e-6", "\"Substrate\": {\"Misfit strain\": -0.02}", "Substrate/Misfit strain",
      "strains the film by up to -5.6 % in its plane"
    ),
    (
      "1e-6", "\"Bending\": {\"Radius of curvature [m]\": 5e-5}, \"Stress in flux\": 0",
      "Bending/Radius of curvature [m]",
      "strains the faces of a plate of the half-thickness 5e-06 m by 10.0 %"
    ),
    // (1 + h)/(1 + 4h + 6h² + 4h³ + h⁴) of Stoney's curvature, with h = ½ and equal moduli.
    (
      "1e-6",
      "\"Substrate\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Thickness [m]\": 1e-5}",
      "Substrate/Thickness [m]", "comes out 3.375 times too large"
    ),
    (
      "1e-6", "\"Volume change\": \"3 * x\"", "Volume change",
      "says 267.0 % between the stoichiometry limits, where the strain of the host makes"
    ),
    // −(1 − ν) f/(E h) beyond 5 %.
    (
      "1e-6", "\"Surface stress [N.m-1]\": 50", "Surface stress [N.m-1]",
      "strains the surface of a particle of 6.9e-08 m by -5.0725 %"
    ),
    ("1e-6", "\"Surface modulus [N.m-1]\": -1000", "Surface modulus [N.m-1]", "softens a particle of 6.9e-08 m"),
  ])
  func strainsBeyondLinearElasticityAreReadWithAWarning(
    molarVolume: String, keys: String, place: String, message: String
  ) throws {
    func warnings(_ molarVolume: String, _ keys: String, radius: String = "5e-6") throws -> [DocumentError] {
      let mechanics = """
        "Particle shape": {"Shape factor": 1},
        "Mechanics": {"Young's modulus [Pa]": 1e10, "Poisson's ratio": 0.3,
          "Partial molar volume [m3.mol-1]": \(molarVolume)\(keys.isEmpty ? "" : ", " + keys)}
        """
      return try read(
        small.replacing("\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}", with: mechanics)
          .replacing(
            "5e-6,\n      \"Surface area per unit volume [m-1]\": 360000",
            with: "\(radius),\n      \"Surface area per unit volume [m-1]\": 120000")
      ).warnings
    }
    // A surface softens a small particle only: 1 + (1 − ν) K_s/(E h) < 0.
    let isSoft = place.hasPrefix("Surface")
    let found = try warnings(molarVolume, keys, radius: isSoft ? "6.9e-8" : "5e-6").filter {
      !$0.key.hasSuffix("[A.h]")
    }
    #expect(found.map(\.key) == ["Parameterisation/User-defined/Negative electrode/Mechanics/" + place])
    #expect(found.allSatisfy { $0.message.contains(message) }, "\(found)")
    #expect(try !isSoft || warnings(molarVolume, keys, radius: "7.1e-8").allSatisfy { !$0.key.contains("Surface") })
  }

  @Test func strainsOfAPublishedSetAreReadWithoutAWarning() throws {
    let film = """
      "Particle shape": {"Shape factor": 1}, "Mechanics": {"Young's modulus [Pa]": 1e10, "Poisson's ratio": 0.3,
        "Partial molar volume [m3.mol-1]": 3e-6, "Surface modulus [N.m-1]": -1,
        "Fracture": {"Toughness [Pa.m0.5]": 1e6}}
      """
    #expect(
      try read(
        small.replacing("\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}", with: film)
          .replacing("[m-1]\": 360000", with: "[m-1]\": 120000")
      ).warnings == [])
  }

  @Test func currentsArePositiveOnCharge() throws {
    let expected = Experiment(
      name: "1C", time: [0, 10, 20], current: [-4, -4, -4], voltage: [4, 3.9, 3.8], temperature: nil)
    #expect(try read(small).validation == [expected])
    #expect(try read(small.replacing("[-4, -4, -4]", with: "[4, 4, 4]")).validation == [expected])
    // A pause between two charges: the jumps of the voltage must not decide alone.
    let pulsed = small.replacing("[0, 10, 20]", with: "[0, 10, 10, 20, 20, 30]")
      .replacing("[-4, -4, -4]", with: "[4, 4, 0, 0, 4, 4]")
      .replacing("[4, 3.9, 3.8]", with: "[4, 4.1, 3.9, 3.9, 4.15, 4.3]")
    #expect(try read(pulsed).validation[0].current == [4, 4, 0, 0, 4, 4])
  }

  // MARK: the files of this repository

  static let cells = [
    "cells/nmc111-graphite-pouch.json", "cells/lfp-graphite-18650.json", "cells/lg-m50.json",
    "cells/lco-graphite-petlion.json", "cells/lco-graphite-ai2020.json",
    "Tests/VerificationTests/References/marquis2019.json",
    "Tests/VerificationTests/References/ecker2015.json", "Tests/VerificationTests/References/prada2013.json",
    "Tests/VerificationTests/References/chayambuka2022.json", "Tests/VerificationTests/References/fuller94.json",
    "Tests/VerificationTests/References/doyle96.json", "Tests/VerificationTests/References/lionsimba.json",
    "Tests/VerificationTests/References/lg-m50-thermal.json",
  ]

  /// What is computed in place of the expressions, against them, where a potential is one that a cell can have.
  @Test(arguments: cells)
  func polynomialsOfPotentialsErrByLessThanANanovolt(path: String) throws {
    let text = try String(contentsOf: Self.repository.appending(path: path), encoding: .utf8)
    for line in text.split(separator: "\n") {
      guard let found = try /"OCP \[V\]": "(.*)"/.firstMatch(in: line) else { continue }
      let stated = try MaterialFunction(expression: String(found.1))
      let polynomials = stated.tabulated(over: 0...1)
      for i in 1..<30_000 {
        let potential = stated(Double(i) / 30_000)
        guard abs(potential) < 10 else { continue }
        #expect(abs(polynomials(Double(i) / 30_000) - potential) < 1e-9)
      }
    }
  }

  @Test(arguments: cells)
  func filesOfThisRepositoryAreReadWithoutWarnings(path: String) throws {
    let file = try CellFile(path: Self.repository.appending(path: path).path)
    #expect(file.warnings == [])
    #expect(file.cell.initialStateOfCharge == 1)
    #expect(file.cell.initialTemperature == file.cell.referenceTemperature)
    for electrode in [file.cell.negative, file.cell.positive] {
      #expect(electrode.materials.count == 1)
      #expect((0.29...0.8).contains(electrode.materials[0].volumeFraction))
    }
    // At 100 % the open-circuit voltage is at most 2 mV above the upper cut-off.
    let charged =
      file.cell.positive.materials[0].openCircuitPotential(
        file.cell.positive.materials[0].minimumStoichiometry)
      - file.cell.negative.materials[0].openCircuitPotential(
        file.cell.negative.materials[0].maximumStoichiometry)
    #expect(charged > file.cell.voltageWindow.lowerBound)
    #expect(charged < file.cell.voltageWindow.upperBound + 2e-3)
  }

  @Test func nmcPouchCell() throws {
    let file = try CellFile(
      path: Self.repository.appending(path: "cells/nmc111-graphite-pouch.json").path)
    #expect(file.cell.electrodeArea.isAlmost(34 * 0.016808))
    #expect(file.cell.negative.materials[0].volumeFraction.isAlmost(499522 * 4.12e-6 / 3))
    #expect(file.validation.map(\.name) == ["C/20 discharge", "1C discharge"])
    #expect(file.validation[1].time.count == 38)
    #expect(file.validation[1].current.allSatisfy { $0 == -12.5 })
    #expect(file.validation[1].temperature?.first == 298.15)
  }

  /// One C of the benchmark is the capacity between the stoichiometry limits of its smaller electrode.
  @Test func lcoBenchmarkStatesItsCapacity() throws {
    let cell = try CellFile(
      path: Self.repository.appending(path: "cells/lco-graphite-petlion.json").path
    ).cell
    let capacities = [cell.negative, cell.positive].compactMap(\.porous).map { electrode in
      let material = electrode.materials[0]
      return cell.electrodeArea * electrode.thickness * material.volumeFraction
        * material.maximumConcentration * (material.maximumStoichiometry - material.minimumStoichiometry)
        * Constants.faraday / 3600
    }
    #expect(abs(capacities.min()! / cell.nominalCapacity - 1) < 1e-12)
  }

  @Test func missingFile() {
    let error = #expect(throws: DocumentError.self) { try CellFile(path: "cells/none.json") }
    #expect(error?.description == "cells/none.json: cannot be opened: No such file or directory")
  }
}

extension Side {
  var materials: [ActiveMaterial] { porous?.materials ?? [] }
}

extension Double {
  func isAlmost(_ other: Double, within tolerance: Double = 1e-14) -> Bool {
    abs(self - other) <= tolerance * abs(other)
  }
}
