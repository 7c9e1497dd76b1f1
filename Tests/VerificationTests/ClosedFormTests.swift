import CellInterface
import Electrochemistry
import Foundation
import Integration
import Testing

/// One electrode between ideal companions, changed as each closed form needs it.
private func probe(
  _ overrides: [String: String], mesh: Mesh, tolerance: Double = 1e-9
) throws -> SimulatedCell {
  let file = try CellFile(
    path: ReferenceCurve.url("probe-cell.json").path,
    overrides: overrides.map { (key: $0.key, value: $0.value) })
  return try SimulatedCell(file.cell, mesh: mesh, relativeTolerance: tolerance)
}

extension SimulatedCell {
  func advance(to time: Double) throws {
    while try step(to: time) != .reachedEnd {}
  }

  func observable(_ label: String) throws -> Double {
    var values: [Double] = []
    observe(at: reading.time, into: &values)
    return values[try #require(observableLabels.firstIndex(of: label))]
  }
}

/// Constant flux into a sphere, cylinder or plate: surface concentration by eigenfunction series (Crank, The
/// Mathematics of Diffusion; Carslaw & Jaeger). u = (c − c₀)/(jR/D) against τ = Dt/R².
@Suite struct ConstantFluxTests {
  static let times = [0.001, 0.01, 0.05, 0.1, 0.3, 1.0]
  static let surface: [ParticleShape: [Double]] = [
    .sphere: [0.0367067803294, 0.123643354199, 0.312165429054, 0.486761686342, 1.09976812044, 3.19999999983],
    .cylinder: [0.0361915952729, 0.118140401558, 0.281042792979, 0.418326013268, 0.848335207564, 2.24999994273],
    .plate: [0.0356824823231, 0.11283791671, 0.252313252226, 0.356826246009, 0.622841511705, 1.33332285202],
  ]

  /// u at the surface at `times` for a given number of radial intervals.
  private func surface(of shape: ParticleShape, radial: Int, order: Int = Mesh.standardOrder) throws -> [Double] {
    let diffusivity = 1e-14
    let radius = 5e-6
    let maximumConcentration = 30_000.0
    var mesh = Mesh(negative: 1, separator: 1, positive: 1, radial: radial)
    mesh.radialOrder = order
    let cell = try probe(
      ["User-defined/Positive electrode/Particle shape/Shape factor": "\(shape.rawValue)"], mesh: mesh)
    // −1 A/m² of particle surface. The shape override keeps the volume fraction: a L = s ε L / R.
    let surfacePerArea = shape.factor * 0.5 * 1e-6 / radius
    try cell.impose(.current(-1 * surfacePerArea), limits: [])
    return try Self.times.map { tau in
      try cell.advance(to: tau * radius * radius / diffusivity)
      let x = try cell.observable("Positive Surface Stoichiometry at Separator / 1")
      return (x - 0.2) * maximumConcentration * Constants.faraday * diffusivity / radius
    }
  }

  @Test(arguments: ParticleShape.allCases)
  func surfaceConcentrationIsOfSecondOrder(shape: ParticleShape) throws {
    let reference = try #require(Self.surface[shape])
    let coarse = try surface(of: shape, radial: 40, order: 1)
    let fine = try surface(of: shape, radial: 80, order: 1)
    for (i, expected) in reference.enumerated() {
      let error = fine[i] - expected
      // Halving the interval quarters the error; what the extrapolation leaves is far below either.
      let order = Double.log((coarse[i] - expected) / error) / Double.log(2)
      #expect(abs(order - 2) < 0.1, "\(shape) τ = \(Self.times[i])")
      #expect(abs(error) < 1e-3 * expected)
      #expect(abs((4 * fine[i] - coarse[i]) / 3 - expected) < 1e-4 * expected)
    }
  }

  /// At a node, and so at the surface, elements of order p approach order 2p: quadratic ones are beyond third order
  /// as soon as the layer at the surface is thicker than they are.
  @Test(arguments: ParticleShape.allCases)
  func quadraticElementsAreBeyondThirdOrder(shape: ParticleShape) throws {
    let reference = try #require(Self.surface[shape])
    let coarse = try surface(of: shape, radial: 16, order: 2)
    let fine = try surface(of: shape, radial: 32, order: 2)
    for i in 2...3 {
      #expect(abs(fine[i] - reference[i]) < abs(coarse[i] - reference[i]) / 8, "\(shape) τ = \(Self.times[i])")
    }
  }

  /// Twelve intervals of the standard order do better than eighty of the first, and each further element divides the error.
  @Test(arguments: ParticleShape.allCases)
  func standardElementsConvergeFast(shape: ParticleShape) throws {
    let reference = try #require(Self.surface[shape])
    func error(_ radial: Int, order: Int = Mesh.standardOrder) throws -> Double {
      zip(try surface(of: shape, radial: radial, order: order), reference).map { abs($0 / $1 - 1) }.max()!
    }
    let errors = try [8, 12, 16].map { try error($0) }
    #expect(errors[1] < errors[0] / 4 && errors[2] < errors[1] / 4)
    #expect(try errors[1] < error(80, order: 1))
  }

  @Test(arguments: ParticleShape.allCases)
  func steadyDifferenceOfSurfaceAndMean(shape: ParticleShape) throws {
    // At τ = 1 the profile has settled: (surface − mean)/(jR/D) = 1/5, 1/4, 1/3.
    let expected = [ParticleShape.sphere: 0.2, .cylinder: 0.25, .plate: 1.0 / 3][shape]!
    let mean = shape.factor * 1.0
    let found = try surface(of: shape, radial: 12)[5] - mean
    // In a plate exp(−π² τ) 2/π² = 1.05e-5 is left of the beginning, in the others less than 1e-7.
    let rest = shape == .plate ? 1.05e-5 : 0
    #expect(abs(found - (expected - rest)) < 1e-6)
  }
}

/// A single particle with a linear open-circuit potential: V = U₀ + U₁ x_s − (2RT/F) asinh(i/2i₀) with x_s from the
/// series of `ConstantFluxTests`, at 1C.
@Test func singleParticleVoltage() throws {
  // Time s, voltage V.
  let reference = [
    (1.0, 4.011050052), (5, 4.007474913), (20, 4.000512499), (54, 3.99051809), (108, 3.978487169),
    (216, 3.958438574), (360, 3.93422665427), (1080, 3.815387203), (1800, 3.68969348194),
  ]
  let cell = try probe([:], mesh: Mesh(negative: 1, separator: 1, positive: 1, radial: 80), tolerance: 1e-7)
  let surfaceCurrent = Constants.faraday * 30_000 * 5e-6 / (3 * 3600)
  try cell.impose(.current(-surfaceCurrent * 0.3), limits: [])
  for (time, voltage) in reference {
    try cell.advance(to: time)
    #expect(abs(cell.reading.voltage - voltage) < 1e-4, "t = \(time) s")
  }
}

/// Linear kinetics in a porous electrode with a uniform electrolyte (Newman & Tobias, J. Electrochem. Soc. 109, 1183,
/// 1962), which is our electrode in the first instant of a small current.
@Suite struct PorousElectrodeTests {
  private let conductivity = (ionic: 0.3, electronic: 5.0)
  private let thickness = 8e-5
  private let surfaceAreaPerVolume = 3e5
  private let exchangeCurrentDensity = 5.0
  /// So small that sinh is its argument to 1e-7.
  private let currentDensity = 0.1

  private func electrode(volumes: Int) throws -> SimulatedCell {
    let rate = exchangeCurrentDensity / (Constants.faraday * 0.5)
    let cell = try probe(
      [
        // Of the 10⁵ S/m of the free electrolyte.
        "Positive electrode/Transport efficiency": "\(conductivity.ionic / 1e5)",
        "Positive electrode/Conductivity [S.m-1]": "\(conductivity.electronic)",
        "Positive electrode/Thickness [m]": "\(thickness)",
        "Positive electrode/Minimum stoichiometry": "0.5",
        "Positive electrode/Reaction rate constant [mol.m-2.s-1]": "\(rate)",
        "Positive electrode/OCP [V]": "1.0",
      ], mesh: Mesh(negative: 2, separator: 2, positive: volumes, radial: 2), tolerance: 1e-7)
    try cell.impose(.current(-currentDensity), limits: [])
    return cell
  }

  /// (φₛ at the collector − φₑ at the separator − U) over the current density, in Ω m².
  private func resistance(volumes: Int) throws -> Double {
    let cell = try electrode(volumes: volumes)
    let electrolyte = cell.model.electrolytePotentials(cell.unknowns)[3]
    return (1 - (cell.reading.voltage - electrolyte)) / currentDensity
  }

  @Test func resistanceIsOfSecondOrder() throws {
    let (kappa, sigma) = conductivity
    let voltage = Constants.gas * 298.15 / Constants.faraday
    let nu =
      (surfaceAreaPerVolume * exchangeCurrentDensity * thickness * thickness / voltage
      * (1 / kappa + 1 / sigma)).squareRoot()
    #expect(abs(nu - 1.14901069328) < 1e-9)
    let expected =
      thickness / (kappa + sigma)
      * (1 + (2 + (kappa / sigma + sigma / kappa) * Double.cosh(nu)) / (nu * Double.sinh(nu)))
    #expect(abs(expected - 0.000302422580752) < 1e-14)
    let coarse = try resistance(volumes: 20)
    let fine = try resistance(volumes: 40)
    let order = Double.log((coarse - expected) / (fine - expected)) / Double.log(2)
    #expect(abs(order - 2) < 0.05)
    #expect(abs((4 * fine - coarse) / 3 / expected - 1) < 1e-6)
  }

  @Test func reactionDistribution() throws {
    let volumes = 80
    let cell = try electrode(volumes: volumes)
    let (kappa, sigma) = conductivity
    let nu = 1.14901069328
    let p = kappa / (kappa + sigma)
    for (k, j) in cell.model.reactionCurrentDensities(cell.unknowns, positive: true).enumerated() {
      // The reference counts z from the collector; the positive electrode from the separator.
      let z = 1 - (Double(k) + 0.5) / Double(volumes)
      let expected =
        nu * ((1 - p) * Double.cosh(nu * z) + p * Double.cosh(nu * (1 - z))) / Double.sinh(nu)
      let found = -surfaceAreaPerVolume * thickness * j / currentDensity
      #expect(abs(found / expected - 1) < 1e-4)
    }
  }
}
