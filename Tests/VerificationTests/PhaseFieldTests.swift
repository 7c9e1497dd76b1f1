import CellInterface
import Documents
import Foundation
import Integration
import Reproducible
import Testing

@testable import Electrochemistry

/// A particle of a lattice host against an ideal reference electrode, in the words of `cells/README.md`. The electrode holds
/// 1C = F × c_max × its active volume of 5e-5 m³.
struct LatticeParticle: Decodable, Sendable, CustomTestStringConvertible {
  var name = ""
  var model = "Homogeneous"
  var shapeFactor = 3
  var radius = 1e-7
  var maximumConcentration = 22_903.8153535
  var diffusivity = 1e-15
  var standardPotential = 3.422
  var interaction = 11_095.8131942
  /// In J/m.
  var gradientEnergy = 5.0148e-10
  var wetting = 0.0
  var coherency = 0.0
  var exchangeCurrent = 0.16
  var start = 0.01
  var length: Double?
  var heterogeneity: Double?
  /// Intervals or cells.
  var count: Int?
  /// Further keys of the group of the model, each with a comma at its end.
  var keys: String?
  /// Further groups, each with a comma at its end.
  var groups: String?
  var runs: [Run]? = nil

  /// What a reference says of one discharge, as lists of (mean stoichiometry, value, tolerance) or (value, tolerance).
  struct Run: Decodable, Sendable {
    var rate: Double
    var voltages: [[Double]]
    var surface: [[Double]]
    var centre: [[Double]]
    var interface: [[Double]]
    /// Mean stoichiometry at which the surface crosses ½.
    var nucleation: [Double]?
    /// Cut-off in V, mean stoichiometry there, tolerance.
    var cutoff: [Double]?
    /// Largest difference of two stoichiometries in the particle.
    var contrast: [Double]?
    /// Largest rise of the voltage above an earlier value in V.
    var rise: [Double]?
    var end: Double?
  }

  var testDescription: String { name }

  /// F × c_max × active volume in C.
  var capacity: Double { Constants.faraday * maximumConcentration * 5e-5 }

  private var group: String {
    switch model {
    case "Cahn-Hilliard":
      """
      "Cahn-Hilliard": {\(keys ?? "") "Gradient energy [J.m-1]": \(gradientEnergy), "Wetting [J.m-2]": \(wetting),
        "Coherency strain energy [J.m-3]": \(coherency), "Intervals": \(count ?? 267)},
      """
    case "Allen-Cahn":
      """
      "Allen-Cahn": {\(keys ?? "") "Gradient energy [J.m-1]": \(gradientEnergy), "Length [m]": \(length!),
        "Coherency strain energy [J.m-3]": \(coherency), "Rate heterogeneity": \(heterogeneity!), "Cells": \(count ?? 100)},
      """
    default: "\"Homogeneous\": {\"description\": \"no gradients\"},"
    }
  }

  /// The keys of the material.
  var material: String {
    """
    "Particle radius [m]": \(radius), "Surface area per unit volume [m-1]": \(0.5 * Double(shapeFactor) / radius),
    "Minimum stoichiometry": \(start), "Maximum stoichiometry": 0.9999,
    "Maximum concentration [mol.m-3]": \(maximumConcentration), "Diffusivity [m2.s-1]": \(diffusivity),
    "OCP [V]": 3.4, "Reaction rate constant [mol.m-2.s-1]": 1e-6
    """
  }

  /// Our groups of the material.
  var materialGroups: String {
    """
    "Particle shape": {"Shape factor": \(shapeFactor)}, \(group) \(groups ?? "")
    "Regular solution":
      {"Standard potential [V]": \(standardPotential), "Interaction energy [J.mol-1]": \(interaction)},
    "Lattice-gas kinetics": {"Exchange current density [A.m-2]": \(exchangeCurrent)}
    """
  }

  func text(electrode: String? = nil, groups: String? = nil) -> String {
    """
    {
      "Header": {"BPX": "1.1.1", "Title": "Lattice particle", "Model": "Partial"},
      "Parameterisation": {
        "Cell": {
          "Electrode area [m2]": 1, "Number of electrode pairs connected in parallel to make a cell": 1,
          "Nominal cell capacity [A.h]": \(capacity / 3600), "Lower voltage cut-off [V]": -5,
          "Upper voltage cut-off [V]": 10, "Reference temperature [K]": 298.15
        },
        "Positive electrode": {"Thickness [m]": 1e-4, \(electrode ?? material)},
        "User-defined": {
          "Negative electrode": {"Reference": {"description": "ideal"}},
          "Positive electrode": {\(groups ?? materialGroups)}
        }
      },
      "State": {
        "Initial conditions": {"Initial state-of-charge": 1},
        "Thermal environment": {"Ambient temperature [K]": 298.15}
      }
    }
    """
  }

  func simulated(_ text: String? = nil, tolerance: Double) throws -> SimulatedCell {
    try simulate(
      text ?? self.text(), mesh: Mesh(negative: 1, separator: 1, positive: 1, radial: 20), tolerance: tolerance)
  }

  static func references() throws -> [LatticeParticle] {
    try JSONDecoder().decode(
      [LatticeParticle].self, from: Data(contentsOf: ReferenceCurve.url("phase-field.json")))
  }
}

extension SimulatedCell {
  /// Stoichiometries of the nodes of the particles of a class of the positive electrode.
  func stoichiometries(class index: Int = 0, volume: Int = 0) -> [Double] {
    let layout = model.layout.positiveClasses[index]
    return (0..<layout.nodeCount).map { unknowns[layout.stoichiometry(node: $0, volume: volume)] }
  }

  func particle(_ index: Int = 0) -> Particle { model.equations.electrodes[0].particles[index] }
}

/// Phase-field particles against independent converged solutions (References/README.md).
@Suite struct PhaseFieldTests {
  @Test(arguments: try LatticeParticle.references())
  func agreesWithConvergedSolutions(particle: LatticeParticle) throws {
    for run in particle.runs! {
      let cell = try particle.simulated(tolerance: 1e-6)
      let current = -run.rate * particle.capacity / 3600
      let rate = run.rate / 3600
      // In steps of a hundredth, and where the reference has values.
      let wanted = (run.voltages + run.surface + run.interface).map { $0[0] }
      let end = run.end ?? max(wanted.max()!, run.cutoff?[1] ?? 0) + 0.01
      let grid = Array(stride(from: particle.start + 0.001, to: end, by: 0.001))
      let limits: [Limit] = run.cutoff.map { cutoff in [{ $0.voltage - cutoff[0] }] } ?? []
      try cell.impose(.current(current), limits: limits)
      var (contrast, crossing, lowest, rise) = (0.0, Double?.none, Double.infinity, 0.0)
      var (before, surfaceBefore) = (particle.start, particle.start)
      var endedAt: Double?
      for mean in (wanted + grid).sorted() where endedAt == nil {
        stepping: while true {
          switch try cell.step(to: (mean - particle.start) / rate) {
          case .advanced: continue
          case .reachedEnd: break stepping
          case .metLimit: break stepping
          }
        }
        let reached = particle.start + cell.reading.time * rate
        let x = cell.stoichiometries()
        contrast = max(contrast, x.max()! - x.min()!)
        lowest = min(lowest, cell.reading.voltage)
        rise = max(rise, cell.reading.voltage - lowest)
        if crossing == nil, x.last! >= 0.5, surfaceBefore < 0.5 {
          crossing = before + (reached - before) * (0.5 - surfaceBefore) / (x.last! - surfaceBefore)
        }
        (before, surfaceBefore) = (reached, x.last!)
        if reached < mean - 1e-9 {
          endedAt = reached
          continue
        }
        for value in run.voltages where value[0] == mean {
          #expect(abs(cell.reading.voltage - value[1]) <= value[2], "V at x = \(mean), \(run.rate)C")
        }
        for value in run.surface where value[0] == mean {
          #expect(abs(x.last! - value[1]) <= value[2], "surface at x = \(mean), \(run.rate)C")
        }
        for value in run.centre where value[0] == mean {
          #expect(abs(x[0] - value[1]) <= value[2], "centre at x = \(mean), \(run.rate)C")
        }
        for value in run.interface where value[0] == mean {
          let i = try #require(x.indices.dropFirst().first { (x[$0 - 1] - 0.5) * (x[$0] - 0.5) <= 0 })
          let share = (0.5 - x[i - 1]) / (x[i] - x[i - 1])
          let radius =
            (cell.particle().position(ofNode: i - 1, volume: 0) * (1 - share)
              + cell.particle().position(ofNode: i, volume: 0) * share) / particle.radius
          #expect(abs(radius - value[1]) <= value[2], "interface at x = \(mean), \(run.rate)C")
        }
      }
      if let nucleation = run.nucleation {
        #expect(abs(try #require(crossing) - nucleation[0]) <= nucleation[1], "nucleation at \(run.rate)C")
      }
      if let cutoff = run.cutoff {
        #expect(abs(try #require(endedAt) - cutoff[1]) <= cutoff[2], "cut-off at \(run.rate)C")
      }
      if let expected = run.contrast { #expect(abs(contrast - expected[0]) <= expected[1], "contrast at \(run.rate)C") }
      if let expected = run.rise { #expect(abs(rise - expected[0]) <= expected[1], "rise at \(run.rate)C") }
    }
  }

  /// A slowly filled sphere: the particle is so near to equilibrium that only the instability makes it split, and the plateau
  /// is that of Gibbs & Thomson, μ = −2γ/(r (x₂ − x₁) c_max) (verification case 05m: converged solution within 0.02 mV).
  @Test func quasiStaticSphereFollowsGibbsAndThomson() throws {
    var particle = LatticeParticle(model: "Cahn-Hilliard", diffusivity: 1e-13, exchangeCurrent: 100)
    particle.count = 267
    let cell = try particle.simulated(tolerance: 1e-5)
    try cell.impose(.current(-0.02 * particle.capacity / 3600), limits: [])
    let expected = [
      (0.3, 1.16375046848), (0.4, 1.22688189031), (0.5, 1.30628400371), (0.6, 1.41108728097), (0.7, 1.56011843863),
      (0.8, 1.80179223388),
    ]
    for (mean, shift) in expected {
      while try cell.step(to: (mean - 0.01) / 0.02 * 3600) == .advanced {}
      #expect(abs((cell.reading.voltage - 3.422) * 1e3 - shift) < 0.02, "x = \(mean)")
    }
  }

  /// An isolated plate in the middle of its miscibility gap: a cosine wave grows with
  /// s = −(D/4) (π/L)² [4 − 2χ + κ/(RT c_max) (π/L)²], and ends in an equilibrium (verification case 06c).
  @Test(arguments: [
    (0.8, -0.285624822125, 0.5), (0.9, -0.0941102565542, 0.5), (1.1, 0.0466124519043, 0.715945344773),
    (1.5, 0.080241376641, 0.841413937781), (2, 0.0609332953867, 0.868471172056), (3, 0.0320965506564, 0.875608898969),
  ])
  func platesSeparateAboveTheCriticalThickness(ratio: Double, growth: Double, highest: Double) throws {
    var particle = LatticeParticle(
      model: "Cahn-Hilliard", shapeFactor: 1, radius: ratio * 30.18448726e-9, maximumConcentration: 18_000,
      diffusivity: 1e-16, interaction: 2.6 * Constants.gas * 298.15, gradientEnergy: 4.943e-9, start: 0.5)
    particle.count = 200
    particle.keys = "\"Initial perturbation\": 1e-5,"
    // A step may err by a millionth of the wave.
    let cell = try particle.simulated(tolerance: 1e-10)
    try cell.impose(.current(0), limits: [])
    func amplitude() -> Double {
      let x = cell.stoichiometries()
      return (x[0] - x.last!) / 2
    }
    // Over a time in which it changes by a factor of e or so, while it is small.
    let begin = amplitude()
    let time = 1 / abs(growth)
    while try cell.step(to: time) == .advanced {}
    #expect(abs(log(amplitude() / begin) / time / growth - 1) < 0.005)
    while try cell.step(to: 1000 / abs(growth)) == .advanced {}
    let x = cell.stoichiometries()
    #expect(abs(x[0] - highest) < 0.002 && abs(x.last! - (1 - highest)) < 0.002)
  }

  /// Two particles of different size fill one after the other when there is time, and together when there is none
  /// (verification cases 07a and 07b).
  @Test(arguments: [
    TwoParticles(rate: 0.1, difference: 0.96788331549, times: (6527.95596346, 24091.1960281)),
    TwoParticles(rate: 1, difference: 0.904770240419, times: (759.710129466, 2414.83214674)),
  ])
  func smallerParticlesFillFirst(reference: TwoParticles) throws {
    var particle = LatticeParticle(radius: 5e-8)
    let share = 125.0 / (125 + 216)
    particle.interaction = 4.50878862243 * Constants.gas * 298.15
    particle.groups = "\"Size distribution\": {\"x\": [5e-8, 6e-8], \"y\": [\(share), \(1 - share)]},"
    let cell = try particle.simulated(tolerance: 1e-7)
    try cell.impose(.current(-reference.rate * particle.capacity / 3600), limits: [])
    var difference = 0.0
    var (times, before) = ([Double?](repeating: nil, count: 2), [0.01, 0.01])
    var timeBefore = 0.0
    let end = (0.98 - 0.01) / reference.rate * 3600
    while cell.reading.time < end {
      _ = try cell.step(to: end)
      let x = [0, 1].map { cell.stoichiometries(class: $0)[0] }
      difference = max(difference, abs(x[0] - x[1]))
      for i in 0...1 where times[i] == nil && x[i] >= 0.5 {
        times[i] = timeBefore + (cell.reading.time - timeBefore) * (0.5 - before[i]) / (x[i] - before[i])
      }
      (timeBefore, before) = (cell.reading.time, x)
    }
    #expect(abs(difference - reference.difference) < 0.002)
    #expect(abs(try #require(times[0]) / reference.times.0 - 1) < 0.002)
    #expect(abs(try #require(times[1]) / reference.times.1 - 1) < 0.002)
  }

  /// Through a neck ions pass from the particle that is ahead (verification case 07b).
  @Test(arguments: [
    Neck(rate: 0.02, exchange: 1e-4, mean: 0.5, small: 0.911451852448, large: 0.31272105032, voltage: 3.19327586729),
    Neck(rate: 0.02, exchange: 1e-4, mean: 0.9, small: 0.900373412888, large: 0.899830035099, voltage: 3.1877657974),
    Neck(rate: 1, exchange: 1e-4, mean: 0.7, small: 0.784345050282, large: 0.661608989403, voltage: 3.10261058),
    Neck(rate: 1, exchange: 0, mean: 0.7, small: 0.761996194023, large: 0.671781431942, voltage: 3.10294193582),
  ])
  func ionsPassThroughNecks(reference: Neck) throws {
    let particle = LatticeParticle(
      maximumConcentration: 18_000, standardPotential: 3.2, interaction: 2.6 * Constants.gas * 298.15,
      exchangeCurrent: 0.01, start: 0.05)
    let share = 1 / (1 + 1.3 * 1.3 * 1.3)
    func material(_ radius: Double, _ share: Double) -> String {
      var of = particle
      of.radius = radius
      return of.material.replacing("\(0.5 * 3 / radius)", with: "\(share * 0.5 * 3 / radius)")
    }
    let text = particle.text(
      electrode: """
        "Particle": {"Small": {\(material(1e-7, share))}, "Large": {\(material(1.3e-7, 1 - share))}}
        """,
      groups: """
        "Particle": {"Small": {\(particle.materialGroups)}, "Large": {\(particle.materialGroups)}},
        "Necks": {"Small": {"Large": {"Exchange rate [s-1]": \(reference.exchange)}}}
        """)
    let cell = try particle.simulated(text, tolerance: 1e-7)
    try cell.impose(.current(-reference.rate * particle.capacity / 3600), limits: [])
    while try cell.step(to: (reference.mean - 0.05) / reference.rate * 3600) == .advanced {}
    #expect(abs(cell.stoichiometries(class: 0)[0] - reference.small) < 0.005)
    #expect(abs(cell.stoichiometries(class: 1)[0] - reference.large) < 0.005)
    #expect(abs(cell.reading.voltage - reference.voltage) < 0.001)
  }

  struct Neck: Sendable {
    var rate, exchange, mean, small, large, voltage: Double
  }

  /// The voltage on the plateau follows from the few sites that are free at a wetted surface: within half a millivolt with as
  /// many intervals as are chosen.
  @Test func wettedSurfacesAreResolved() throws {
    func plateau(_ count: Int) throws -> Double {
      var particle = LatticeParticle(model: "Cahn-Hilliard", wetting: 0.012)
      particle.count = count
      let cell = try particle.simulated(tolerance: 1e-7)
      try cell.impose(.current(-2 * particle.capacity / 3600), limits: [])
      while try cell.step(to: (0.5 - 0.01) * 1800) == .advanced {}
      return cell.reading.voltage
    }
    #expect(abs(try plateau(288) - plateau(1440)) < 0.5e-3)
  }

  /// A wetted particle that starts inside its spinodal has the slope at its surface that the wetting asks for, so that the
  /// potential there differs from that of an unwetted one by no more than the layer makes of it, however fine the mesh.
  @Test(arguments: [0.012, -0.012], [100, 800]) func wettedParticlesStartInsideTheSpinodal(
    wetting: Double, count: Int
  ) throws {
    var particle = LatticeParticle(model: "Cahn-Hilliard", wetting: wetting, start: 0.5)
    particle.count = count
    let cell = try particle.simulated(tolerance: 1e-7)
    #expect(abs(cell.particle().meanStoichiometry(cell.unknowns, volume: 0) - 0.5) < 1e-12)
    let x = cell.stoichiometries()
    let last = x.count - 1
    let width = particle.radius - cell.particle().position(ofNode: last - 1, volume: 0)
    #expect(abs((x[last] - x[last - 1]) / width * particle.gradientEnergy / wetting - 1) < 0.01)
    #expect(abs(cell.reading.voltage - particle.standardPotential) < 0.05)
  }

  /// No overpotential drives more than j₀ times the limit of a rate law of electron transfer: asked for more, the cell says
  /// how much it can carry.
  @Test(arguments: [1.0, -1]) func currentsBeyondTheLimitOfTheRateLaw(sign: Double) throws {
    var particle = LatticeParticle(exchangeCurrent: 1e-3, start: 0.5)
    particle.groups = "\"Marcus-Hush-Chidsey\": {\"Reorganisation energy [J.mol-1]\": 20000},"
    let law = ElectronTransfer(
      .marcusHushChidsey, reorganisationEnergy: 20000 / (Constants.gas * 298.15))
    // At x = ½ the activity of the ion is 1 and half of the sites are free.
    let limit = try #require(RateLaw.electronTransfer(law).limit) * 1e-3 * 0.5 * 0.5 * 3 / particle.radius * 1e-4
    let below = try particle.simulated(tolerance: 1e-5)
    try below.impose(.current(sign * 0.9 * limit), limits: [])
    let above = try particle.simulated(tolerance: 1e-5)
    let error = #expect(throws: SimulationError.self) {
      try above.impose(.current(sign * 1.1 * limit), limits: [])
    }
    let text = try #require(error?.description)
    #expect(text.contains("limiting current of its rate law, and not \((1.1 * limit).shown) A"))
    let words = text.split(separator: " ")
    let place = try #require(words.firstIndex(of: "carry"))
    let stated = try #require(Double(words[place + 1]))
    #expect(abs(stated / limit - 1) < 1e-3)
  }

  // MARK: laws

  /// Particles of each kind that start in disorder, closed.
  static let disordered: [LatticeParticle] = {
    var sphere = LatticeParticle(name: "sphere", model: "Cahn-Hilliard", radius: 4e-8, diffusivity: 1e-16, start: 0.4)
    sphere.count = 80
    var coherent = sphere
    coherent.name = "coherent plate"
    coherent.shapeFactor = 1
    coherent.coherency = 1e8
    var wetted = sphere
    wetted.name = "wetted cylinder"
    wetted.shapeFactor = 2
    wetted.wetting = 0.003
    wetted.start = 0.02
    wetted.count = 40
    let facet = LatticeParticle(
      name: "facet", model: "Allen-Cahn", shapeFactor: 1, radius: 1e-8, coherency: 1.916e8, start: 0.4, length: 5e-8,
      heterogeneity: 0, count: 60)
    return [sphere, coherent, wetted, facet]
  }()

  /// Free energy of a closed particle over F c_max and its volume, in V: what its chemical potentials are derivatives of.
  private func freeEnergy(_ particle: LatticeParticle, _ cell: SimulatedCell) -> Double {
    let x = cell.stoichiometries()
    let inside = cell.particle()
    let thermal = Constants.gas * 298.15
    let kappa = particle.gradientEnergy / particle.maximumConcentration
    var energy = 0.0
    var mean = 0.0
    for i in x.indices { mean += inside.nodeVolumes[i] * x[i] }
    for i in x.indices {
      let mixing = thermal * (x[i] * log(x[i]) + (1 - x[i]) * log(1 - x[i])) + particle.interaction * x[i] * (1 - x[i])
      let strain = 0.5 * particle.coherency / particle.maximumConcentration * (x[i] - mean) * (x[i] - mean)
      energy += inside.nodeVolumes[i] * (mixing + strain)
    }
    let s = Double(particle.model == "Allen-Cahn" ? 1 : particle.shapeFactor)
    let span = particle.model == "Allen-Cahn" ? particle.length! : particle.radius
    let positions = x.indices.map { inside.position(ofNode: $0, volume: 0) / span }
    for i in x.indices.dropFirst() {
      let (inner, outer) = (positions[i - 1], positions[i])
      let slope = (x[i] - x[i - 1]) / (outer - inner)
      // ∫ s ρ^(s−1) dρ between the nodes; for cells, between their middles.
      energy += 0.5 * kappa / (span * span) * slope * slope * (pow(outer, s) - pow(inner, s))
    }
    energy -= s / particle.radius * particle.wetting / particle.maximumConcentration * x.last!
    return energy / Constants.faraday
  }

  @Test(arguments: disordered)
  func freeEnergyNeverIncreasesAtRest(particle: LatticeParticle) throws {
    var generator = SplitMix(state: 5)
    for tolerance in [1e-4, 1e-7] {
      for _ in 0..<4 {
        let cell = try particle.simulated(tolerance: tolerance)
        try cell.start { state in
          let layout = cell.model.layout.positiveClasses[0]
          let disorder = 0.75 * particle.start
          for i in 0..<layout.nodeCount {
            state[layout.stoichiometry(node: i, volume: 0)] +=
              Double.random(in: -disorder...disorder, using: &generator)
          }
          if layout.localState == .mean {
            state[layout.local] = cell.particle().meanStoichiometry(UnsafePointer(state), volume: 0)
          }
        }
        try cell.impose(.current(0), limits: [])
        let meanAtStart = cell.particle().meanStoichiometry(cell.unknowns, volume: 0)
        var before = freeEnergy(particle, cell)
        let first = before
        while try cell.step(to: 1e7) == .advanced {
          let now = freeEnergy(particle, cell)
          // A step may err by its tolerance.
          #expect(now <= before + 10 * tolerance * abs(first) / 100, "\(cell.reading.time) s")
          before = now
        }
        #expect(before < first)
        let mean = cell.particle().meanStoichiometry(cell.unknowns, volume: 0)
        #expect(abs(mean - meanAtStart) < 1e-12)
      }
    }
  }

  /// Plateau voltage and interface are of second order in the distance of the nodes.
  @Test func convergesWithSecondOrder() throws {
    func plateau(_ count: Int) throws -> (voltage: Double, interface: Double) {
      var particle = LatticeParticle(model: "Cahn-Hilliard", gradientEnergy: 5e-9)
      particle.count = count
      let cell = try particle.simulated(tolerance: 1e-9)
      try cell.impose(.current(-2 * particle.capacity / 3600), limits: [])
      while try cell.step(to: (0.5 - 0.01) * 1800) == .advanced {}
      let x = cell.stoichiometries()
      let i = x.indices.dropFirst().first { x[$0 - 1] < 0.5 && x[$0] >= 0.5 }!
      // By a parabola: a straight line between nodes would be of second order itself, but not smoothly.
      func place(_ i: Int) -> Double { cell.particle().position(ofNode: i, volume: 0) }
      let (a, b, c) = (log(x[i - 2] / (1 - x[i - 2])), log(x[i - 1] / (1 - x[i - 1])), log(x[i] / (1 - x[i])))
      let (p, q) = ((c - a) / 2, (c - 2 * b + a) / 2)
      let t = -2 * b / (p + (p * p - 4 * q * b).squareRoot())
      return (cell.reading.voltage, (place(i - 1) + t * (place(i) - place(i - 1))) / particle.radius)
    }
    let results = try [80, 160, 320].map(plateau)
    let voltage = (results[0].voltage - results[1].voltage) / (results[1].voltage - results[2].voltage)
    let interface = (results[0].interface - results[1].interface) / (results[1].interface - results[2].interface)
    #expect(voltage > 3.2 && voltage < 5, "\(results)")
    #expect(interface > 3.2 && interface < 5, "\(results)")
  }

  struct TwoParticles: Sendable {
    var rate: Double
    var difference: Double
    var times: (Double, Double)
  }
}
