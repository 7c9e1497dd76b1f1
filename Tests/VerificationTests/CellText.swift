import CellInterface
import Cycling
import Documents
import Integration

@testable import Electrochemistry

// Small cells as text in the words of `cells/README.md`, with what the tests vary left open, and protocols as text to
// run on them.

/// One material against an ideal reference electrode. By default it diffuses and reacts so fast that the cell is a
/// capacitor: V = 3.6 V − 0.3 V x, wherein the rest is below 1e-9 V for each A/m² of particle surface.
struct SingleParticle {
  var openCircuitPotential = "\"3.6 - 0.3 * x\""
  var radius = 5e-6
  /// With the radius it gives the volume fraction 0.5 of spheres.
  var surfaceAreaPerVolume = 3e5
  var diffusivity = 1e-6
  var rateConstant = 1e3
  /// Further keys of the material, each with a comma at its end.
  var keys = ""
  /// Groups of ours for the electrode.
  var groups = "\"description\": \"none\""
  /// The materials of a blend by their names, instead of the one above.
  var blend: String?
  /// In Ω.
  var contactResistance = 0.0
  /// The stoichiometry is 0.9 − 0.8 times this.
  var stateOfCharge = 0.5
  /// Further keys of the initial conditions, each with a comma at its end.
  var initialConditions = ""
  /// In W/(m²·K); the cooled surface has 0.02 m².
  var heatTransferCoefficient: Double?
  /// Further groups of the section `State`, each with a comma at its end.
  var state = ""

  /// What the particles hold when full, in C: F × electrode area × thickness × volume fraction × maximum concentration.
  static let capacity = Constants.faraday * 0.01 * 1e-4 * 0.5 * 30_000
  /// Surface of all particles in m².
  static let surface = 0.01 * 1e-4 * 3e5
  static let maximumConcentration = 30_000.0
  /// In J/K.
  static let heatCapacity = 1000 * 2000 * 2e-5
  static let cooledSurface = 0.02

  /// What `Film` puts in series with the cell, in Ω m² of particles and in Ω.
  static let film = (perSurface: 0.015, ofTheCell: 0.015 / surface)

  /// The keys of the material, as they stand in the electrode or in a blend.
  var material: String {
    """
    "Particle radius [m]": \(radius),
    "Surface area per unit volume [m-1]": \(surfaceAreaPerVolume),
    "Minimum stoichiometry": 0.1,
    "Maximum stoichiometry": 0.9,
    "Maximum concentration [mol.m-3]": 30000,
    "Diffusivity [m2.s-1]": \(diffusivity),
    "OCP [V]": \(openCircuitPotential),
    \(keys)
    "Reaction rate constant [mol.m-2.s-1]": \(rateConstant)
    """
  }

  var text: String {
    """
    {
      "Header": {"BPX": "1.1.1", "Title": "Single particle", "Model": "Partial"},
      "Parameterisation": {
        "Cell": {
          "Electrode area [m2]": 0.005,
          "Number of electrode pairs connected in parallel to make a cell": 2,
          "Nominal cell capacity [A.h]": 0.4,
          "Lower voltage cut-off [V]": 2,
          "Upper voltage cut-off [V]": 5,
          "Reference temperature [K]": 298.15,
          "Volume [m3]": 2e-5,
          "Density [kg.m-3]": 2000,
          "Specific heat capacity [J.K-1.kg-1]": 1000,
          "External surface area [m2]": 0.02
        },
        "Positive electrode": {
          "Thickness [m]": 1e-4,
          \(blend.map { "\"Particle\": {\($0)}" } ?? material)
        },
        "User-defined": {
          "Cell": {"Contact resistance [Ohm]": \(contactResistance)},
          "Negative electrode": {"Reference": {"description": "ideal"}},
          "Positive electrode": {\(groups)}
        }
      },
      "State": {
        \(state)
        "Initial conditions": {\(initialConditions) "Initial state-of-charge": \(stateOfCharge)},
        "Thermal environment": {
          \(heatTransferCoefficient.map { "\"Heat transfer coefficient [W.m-2.K-1]\": \($0)," } ?? "")
          "Ambient temperature [K]": 298.15
        }
      }
    }
    """
  }

  func simulated(
    radial: Int = 10, order: Int = Mesh.standardOrder, tolerance: Double
  ) throws -> SimulatedCell {
    var mesh = Mesh(negative: 1, separator: 1, positive: 1, radial: radial)
    mesh.radialOrder = order
    return try simulate(text, mesh: mesh, tolerance: tolerance)
  }
}

/// A cell at rest from the text of its file.
func simulate(
  _ text: String, overrides: [(key: String, value: String)] = [], mesh: Mesh, tolerance: Double
) throws -> SimulatedCell {
  let file = try CellFile(DocumentNode(text: text, file: "cell.json"), overrides: overrides)
  return try SimulatedCell(file.cell, mesh: mesh, relativeTolerance: tolerance)
}

extension SimulatedCell {
  /// How far an unknown that is never larger than `size` may err in one step: IDA keeps the root mean square of the
  /// errors of all n unknowns, each in units of tolerance × (its magnitude + a tenth of its typical size), below 1, so
  /// that a single one may err by √n of these units.
  func stepBound(_ size: Double, tolerance: Double) -> Double {
    Double(model.unknownCount).squareRoot() * 1.1 * tolerance * size
  }

  /// How far it may be from the exact solution of the equations by now: where these do not amplify them, the errors of
  /// the steps add up at most.
  func errorBound(_ size: Double, tolerance: Double) -> Double {
    Double(statistics.steps) * stepBound(size, tolerance: tolerance)
  }

  /// The same in the first instant of a control: the search for it ends with corrections below a thousandth of the
  /// tolerance.
  func startBound(_ size: Double, tolerance: Double) -> Double { 1e-3 * stepBound(size, tolerance: tolerance) }
}

/// Runs a protocol given as text on a simulated cell; without a rule of its own a step records its ends only.
func run(_ cell: SimulatedCell, _ steps: String..., top: String = "") throws -> (
  summary: RunSummary, records: [Record]
) {
  try run(cell, steps, top: top)
}

func run(_ cell: SimulatedCell, _ steps: [String], top: String) throws -> (summary: RunSummary, records: [Record]) {
  let text =
    "name: test\ndefaults: {record: {dt: 1000 d}}\n\(top)\nsteps:\n" + steps.map { "  - \($0)\n" }.joined()
  let output = RecordList()
  let summary = try Cycler(cell: cell, test: TestProtocol(text: text, file: "test.yaml"), output: output).run()
  return (summary, output.records)
}

/// Keeps records in memory.
private final class RecordList: RecordOutput {
  private(set) var records: [Record] = []

  func write(_ record: Record) { records.append(record) }
  func stepEnded() {}
  func advanced() {}
}

/// ∫ f from a to b by Simpson's rule on 2000 intervals: for the smooth integrands here exact to 1e-12 of the integral.
func integral(from a: Double, to b: Double, _ f: (Double) -> Double) -> Double {
  let count = 2000
  let h = (b - a) / Double(count)
  var sum = f(a) + f(b)
  for i in 1..<count { sum += (i.isMultiple(of: 2) ? 2 : 4) * f(a + Double(i) * h) }
  return sum * h / 3
}
