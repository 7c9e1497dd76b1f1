import CellInterface
import Electrochemistry
import Foundation
import Integration

/// A piece of work by its name, and how it is to be done: `discharge mesh=8/4/8x8 order=4 tolerance=1e-4 repeats=5`.
struct Job {
  var name: String
  var mesh = Mesh(negative: 20, separator: 20, positive: 20, radial: 20)
  var tolerance = 1e-4
  var solver = SimulatedCell.Solver.structured
  var repeats = 1
  /// Of a population: particle classes, and the current in units of 1C.
  var classes = 10
  var rate = 1.0
  /// How strain and stress are coupled in a discharge.
  var form = Form.dilute

  enum Form: String, CaseIterable {
    /// Constants; the dilute form of the stress flux.
    case dilute
    /// The form that runs down the whole chemical potential.
    case consistent
    /// With activation volumes of diffusion and reaction.
    case activated
    /// With a diffusivity that is a function of the composition, also without strain.
    case graded
    /// With moduli that are functions of the composition.
    case layered
  }

  /// Whether the voltages are printed too.
  var printsCurve = false

  struct Mistake: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
  }

  init(_ words: [String]) throws {
    name = words.first ?? ""
    var order = Mesh.standardOrder
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      let isUnderstood: Bool
      switch (parts[0], parts.last!) {
      case ("mesh", let text): isUnderstood = Mesh(text).map { mesh = $0 } != nil
      case ("order", let text): isUnderstood = Int(text).map { order = $0 } != nil
      case ("tolerance", let text): isUnderstood = Double(text).map { tolerance = $0 } != nil
      case ("repeats", let text): isUnderstood = Int(text).map { repeats = $0 } != nil
      case ("classes", let text): isUnderstood = Int(text).map { classes = $0 } != nil
      case ("rate", let text): isUnderstood = Double(text).map { rate = $0 } != nil
      case ("solver", "sparse"): (solver, isUnderstood) = (.sparse, true)
      case ("solver", "structured"): (solver, isUnderstood) = (.structured, true)
      case ("form", let text): isUnderstood = Form(rawValue: text).map { form = $0 } != nil
      case ("curve", "curve"): (printsCurve, isUnderstood) = (true, true)
      default: isUnderstood = false
      }
      guard isUnderstood, repeats > 0, order > 0 else { throw Mistake("'\(word)' is not understood") }
    }
    mesh.radialOrder = order
  }

  /// Does the work and returns its line of JSON.
  func run() throws -> Data {
    let work: any Work
    switch name {
    case "discharge": work = try Discharge(cell: "lg-m50", reference: "chen2020_1C", form: form)
    case "strained":
      // Graphite and a layered oxide, of the usual order.
      let graphite = Mechanics(youngsModulus: 15e9, poissonRatio: 0.3, partialMolarVolume: 3.1e-6)
      let oxide = Mechanics(youngsModulus: 140e9, poissonRatio: 0.25, partialMolarVolume: 1e-6)
      work = try Discharge(cell: "lg-m50", reference: "chen2020_1C", form: form, mechanics: (graphite, oxide))
    case "lco": work = try Discharge(cell: "lco-graphite-petlion", reference: "lco_1C")
    case "cccv": work = try Test(.cccv)
    case "cycles": work = try Test(.cycles)
    case "gitt": work = try Test(.gitt)
    case "sweep": work = try Sweep()
    case "population": work = try Population(classes: classes, rate: rate)
    default:
      throw Mistake("'\(name)': expected discharge, strained, lco, cccv, cycles, gitt, sweep or population")
    }
    var line = Line(job: name)
    for _ in 0..<repeats {
      var clock = Clock()
      let outcome = try work.perform(as: self, &clock)
      line.cpuMilliseconds.append(clock.cpu * 1e3)
      line.wallMilliseconds.append(clock.wall * 1e3)
      line.take(outcome, printsCurve: printsCurve)
    }
    line.peakMegabytes = peakMegabytes
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(line) + Data("\n".utf8)
  }
}

/// Something that can be done again and again.
protocol Work {
  /// Prepares with the clock stopped, and does the work while it runs.
  func perform(as job: Job, _ clock: inout Clock) throws -> Outcome
}

struct Outcome {
  var unknowns = 0
  var steps = 0
  var newtonIterations = 0
  var factorisations = 0
  /// Against the converged curve, where there is one.
  var error: Deviation?
  /// Test time at the end in s.
  var end = 0.0
  /// Voltages in V at the times of the reference.
  var curve: [Double] = []

  init() {}

  init(of cell: SimulatedCell, error: Deviation? = nil, curve: [Double] = []) {
    steps = cell.statistics.steps
    newtonIterations = cell.statistics.newtonIterations
    factorisations = cell.statistics.factorisations
    unknowns = cell.model.unknownCount
    self.error = error
    end = cell.reading.time
    self.curve = curve
  }
}

/// What one job prints.
struct Line: Encodable {
  var job: String
  /// Process CPU time, and time on the wall, of each repeat in ms.
  var cpuMilliseconds: [Double] = []
  var wallMilliseconds: [Double] = []
  var unknowns = 0
  var steps = 0
  var newton = 0
  var factorisations = 0
  /// Largest voltage deviation from the reference 60 s and more after the beginning of a step, and its root mean square
  /// over all times, in mV.
  var maxError: Double?
  var rmsError: Double?
  var end = 0.0
  var peakMegabytes = 0.0
  var curve: [Double]?

  enum CodingKeys: String, CodingKey {
    case job = "case"
    case cpuMilliseconds = "cpu_ms"
    case wallMilliseconds = "wall_ms"
    case unknowns, steps, newton, factorisations
    case maxError = "max_mV"
    case rmsError = "rms_mV"
    case end = "end_s"
    case peakMegabytes = "peak_rss_MB"
    case curve = "voltage_V"
  }

  init(job: String) { self.job = job }

  mutating func take(_ outcome: Outcome, printsCurve: Bool) {
    unknowns = outcome.unknowns
    steps = outcome.steps
    newton = outcome.newtonIterations
    factorisations = outcome.factorisations
    maxError = outcome.error.map { $0.largest * 1e3 }
    rmsError = outcome.error.map { $0.rootMeanSquare * 1e3 }
    end = outcome.end
    if printsCurve { curve = outcome.curve }
  }
}
