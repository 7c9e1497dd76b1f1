import CellInterface
import Foundation
import Testing

@testable import Electrochemistry

private let tolerance = 1e-10

/// Electrodes whose porosity and transport efficiency change from the collector to the separator, against quadrature
/// and integration of the equations through the thickness by other means.
@Suite struct GradingTests {
  // MARK: the first instant

  private let conductivity = (ionic: 0.8, electronic: 5.0)
  private let thickness = 8e-5
  private let surfaceAreaPerVolume = 3e5
  private let exchangeCurrentDensity = 5.0
  private let currentDensity = 0.1

  private var section: String {
    """
    {
      "Thickness [m]": \(thickness), "Porosity": 0.3, "Transport efficiency": 0.2,
      "Conductivity [S.m-1]": \(conductivity.electronic), "Particle radius [m]": 5e-6,
      "Surface area per unit volume [m-1]": \(surfaceAreaPerVolume), "Minimum stoichiometry": 0.1,
      "Maximum stoichiometry": 0.9, "Maximum concentration [mol.m-3]": 30000, "Diffusivity [m2.s-1]": 1e-14,
      "OCP [V]": 0, "Reaction rate constant [mol.m-2.s-1]": \(exchangeCurrentDensity / (0.5 * Constants.faraday))
    }
    """
  }

  /// (φₛ at the collector − φₑ at the separator) over the current density into the electrode, for the negative and the
  /// positive one, in Ω m². Their profiles differ.
  private func resistances(volumes: Int) throws -> [Double] {
    let text = """
      {
        "Header": {"BPX": "1.1.1", "Model": "DFN"},
        "Parameterisation": {
          "Cell": {
            "Electrode area [m2]": 1, "Number of electrode pairs connected in parallel to make a cell": 1,
            "Nominal cell capacity [A.h]": 1, "Lower voltage cut-off [V]": -1, "Upper voltage cut-off [V]": 1
          },
          "Electrolyte": {
            "Cation transference number": 0.4, "Conductivity [S.m-1]": \(conductivity.ionic),
            "Diffusivity [m2.s-1]": 1e-10
          },
          "Negative electrode": \(section),
          "Positive electrode": \(section),
          "Separator": {"Thickness [m]": 2e-5, "Porosity": 0.5, "Transport efficiency": 0.5},
          "User-defined": {
            "Negative electrode": {"Grading": {"Transport efficiency": "0.1 + 0.4 * x ** 2"}},
            "Positive electrode": {
              "Grading": {"Transport efficiency": "0.5 * exp(-2 * x)", "Porosity": "0.2 + 0.2 * x"}}
          }
        },
        "State": {"Initial conditions": {
          "Initial state-of-charge": 0.5, "Initial electrolyte concentration [mol.m-3]": 1000}}
      }
      """
    let separator = 4
    let cell = try simulate(
      text, mesh: Mesh(negative: volumes, separator: separator, positive: volumes, radial: 2), tolerance: tolerance)
    try cell.impose(.current(-currentDensity), limits: [])
    // The potential is a straight line through the separator, up to its faces.
    let potentials = cell.model.electrolytePotentials(cell.unknowns)[volumes..<volumes + separator]
    let (first, second) = (potentials[volumes], potentials[volumes + 1])
    let (last, previous) = (potentials[volumes + separator - 1], potentials[volumes + separator - 2])
    return [
      -(1.5 * first - 0.5 * second) / currentDensity,
      -(cell.reading.voltage - (1.5 * last - 0.5 * previous)) / currentDensity,
    ]
  }

  /// The same by the classical Runge–Kutta method, for linear kinetics: over the depth s from the collector, with w =
  /// φₛ − φₑ, di/ds = a i₀ F/RT w and dw/ds = i/(κB) − (1 − i)/σ, from i = 0 to i = 1 for a unit of current.
  private func resistance(_ efficiency: (Double) -> Double) -> Double {
    let count = 4000
    let h = thickness / Double(count)
    let reaction =
      surfaceAreaPerVolume * exchangeCurrentDensity * Constants.faraday / (Constants.gas * 298.15)
    func slope(_ s: Double, _ y: SIMD3<Double>, current: Double) -> SIMD3<Double> {
      let ionic = conductivity.ionic * efficiency(s / thickness)
      let electronic = (current - y[0]) / conductivity.electronic
      return SIMD3(reaction * y[1], y[0] / ionic - electronic, electronic)
    }
    // i, w and the drop in the solid at the separator.
    func integrate(from w: Double, current: Double) -> SIMD3<Double> {
      var y = SIMD3(0, w, 0)
      for step in 0..<count {
        let s = Double(step) * h
        let k1 = slope(s, y, current: current)
        let k2 = slope(s + h / 2, y + h / 2 * k1, current: current)
        let k3 = slope(s + h / 2, y + h / 2 * k2, current: current)
        let k4 = slope(s + h, y + h * k3, current: current)
        y += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
      }
      return y
    }
    // A sum of two solutions that carries a unit of current at the separator.
    let homogeneous = integrate(from: 1, current: 0)
    let particular = integrate(from: 0, current: 1)
    let y = particular + (1 - particular[0]) / homogeneous[0] * homogeneous
    return y[1] + y[2]
  }

  /// The profile counts from the collector in both electrodes. The kinetics is linear to (j/2j₀)²/6 < 1e-6 of the
  /// overpotential (j < 4 times its mean of 0.004 A/m²); the finite volumes are of second order, and the extrapolation
  /// leaves h⁴, some 1e-6, of the resistance.
  @Test func resistanceInTheFirstInstant() throws {
    let expected = [resistance { 0.1 + 0.4 * $0 * $0 }, resistance { 0.5 * exp(-2 * $0) }]
    let coarse = try resistances(volumes: 20)
    let fine = try resistances(volumes: 40)
    for k in 0..<2 {
      let order = log2((coarse[k] - expected[k]) / (fine[k] - expected[k]))
      #expect(abs(order - 2) < 0.05)
      #expect(abs((4 * fine[k] - coarse[k]) / 3 / expected[k] - 1) < 3e-6)
    }
    // Turned round, the profiles would give something else.
    #expect(abs(resistance { 0.1 + 0.4 * (1 - $0) * (1 - $0) } / expected[0] - 1) > 0.1)
    #expect(abs(resistance { 0.5 * exp(2 * $0 - 2) } / expected[1] - 1) > 0.1)
  }

  // MARK: the steady state

  /// A half cell whose particles have so thick a film that the reaction is the same everywhere: the film takes 1e4 V,
  /// against which the millivolts between front and back are 1e-6.
  private func uniformReaction(volumes: Int) throws -> SimulatedCell {
    let text = """
      {
        "Header": {"BPX": "1.1.1", "Model": "Partial"},
        "Parameterisation": {
          "Cell": {
            "Electrode area [m2]": 1, "Number of electrode pairs connected in parallel to make a cell": 1,
            "Nominal cell capacity [A.h]": 30, "Lower voltage cut-off [V]": -5, "Upper voltage cut-off [V]": 5
          },
          "Electrolyte": {
            "Cation transference number": 0.4, "Conductivity [S.m-1]": 0.8, "Diffusivity [m2.s-1]": 2e-9
          },
          "Positive electrode": {
            "Thickness [m]": 8e-5, "Porosity": 0.3, "Transport efficiency": 0.2, "Conductivity [S.m-1]": 100,
            "Particle radius [m]": 5e-6, "Surface area per unit volume [m-1]": 3e5, "Minimum stoichiometry": 0.1,
            "Maximum stoichiometry": 0.9, "Maximum concentration [mol.m-3]": 30000, "Diffusivity [m2.s-1]": 1e-10,
            "OCP [V]": 3, "Reaction rate constant [mol.m-2.s-1]": 1e-3
          },
          "Separator": {"Thickness [m]": 2e-5, "Porosity": 0.5, "Transport efficiency": 0.4},
          "User-defined": {
            "Negative electrode": {"Foil": {"Exchange current density [A.m-2]": 1e9}},
            "Positive electrode": {
              "Film": {"Resistance [Ohm.m2]": 1e4},
              "Grading": {"Porosity": "0.15 + 0.3 * x ** 2", "Transport efficiency": "0.1 * exp(1.5 * x)"}
            }
          }
        },
        "State": {"Initial conditions": {"Initial electrolyte concentration [mol.m-3]": 1000}}
      }
      """
    return try simulate(
      text, mesh: Mesh(negative: 1, separator: 10, positive: volumes, radial: 1), tolerance: tolerance)
  }

  /// With iₑ = i in the separator and i x in the electrode, x from the collector to the separator, dc/dz = −(1 − t₊)
  /// iₑ/(F D B) and dφₑ/dz = −iₑ/(κB) + (2RT/F)(1 − t₊) d ln c/dz, and ∫ ε c dz is what it was.
  @Test func saltAndPotentialWhenSteady() throws {
    let (i, initial, separator) = (30.0, 1000.0, (thickness: 2e-5, porosity: 0.5, efficiency: 0.4))
    func porosity(_ x: Double) -> Double { 0.15 + 0.3 * x * x }
    func efficiency(_ x: Double) -> Double { 0.1 * exp(1.5 * x) }
    let slope = (1 - 0.4) * i / (Constants.faraday * 2e-9)
    // Below the concentration at the foil, at the separator's face and at a depth in the electrode.
    let atFace = slope * separator.thickness / separator.efficiency
    func below(_ x: Double) -> Double { atFace + slope * thickness * integral(from: x, to: 1) { $0 / efficiency($0) } }
    // ∫ ε (c_foil − below) dz = c₀ ∫ ε dz; in the electrode the double integral in parts: ∫ ε(x) ∫ₓ¹ f = ∫ f(u) ∫₀ᵘ ε.
    let poresOfElectrode = thickness * integral(from: 0, to: 1, porosity)
    let poresOfSeparator = separator.porosity * separator.thickness
    let missing =
      poresOfSeparator * atFace / 2 + poresOfElectrode * atFace
      + slope * thickness * thickness
      * integral(from: 0, to: 1) { ($0 / efficiency($0)) * (0.15 * $0 + 0.1 * $0 * $0 * $0) }
    let atFoil = initial + missing / (poresOfElectrode + poresOfSeparator)
    let atCollector = atFoil - below(0)
    let diffusionPotential = 2 * Constants.gas * 298.15 / Constants.faraday * (1 - 0.4) * log(atCollector / atFoil)
    let ohmic =
      i / 0.8
      * (separator.thickness / separator.efficiency
        + thickness * integral(from: 0, to: 1) { $0 / efficiency($0) })
    let expected = [atFoil - initial, atCollector - initial, diffusionPotential - ohmic]

    let cells = try [40, 80].map(uniformReaction)
    let found = try cells.map { cell in
      let salt = cell.ionInventory
      try cell.impose(.current(-i), limits: [])
      // Some 30 times the slowest relaxation, (L/π)²ε/(D B) or 5 s.
      try cell.advance(to: 150)
      #expect(abs(cell.ionInventory / salt - 1) < 1e-12)
      let c = cell.model.electrolyteConcentrations(cell.unknowns)
      let foil = 1.5 * c[0] - 0.5 * c[1]
      // The foil's own overpotential is 1e-9 V: the solution there is at 0 V.
      return [foil - initial, c.last! - initial, cell.model.electrolytePotentials(cell.unknowns).last!]
    }
    // In the steady state only the error of one step remains, √n × tolerance × c₀ or 2e-6 mol/m³; the uneven film
    // leaves 1e-6, and the finite volumes err in second order and leave h⁴.
    for (k, expected) in expected.enumerated() {
      let order = log2((found[0][k] - expected) / (found[1][k] - expected))
      let extrapolated = (4 * found[1][k] - found[0][k]) / 3
      #expect(abs(order - 2) < 0.05)
      #expect(abs(extrapolated / expected - 1) < 3e-6)
    }
  }
}
