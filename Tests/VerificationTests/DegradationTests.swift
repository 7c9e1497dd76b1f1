import CellInterface
import Foundation
import Testing

@testable import Electrochemistry

private let tolerance = 1e-9

/// What an aged cell delivers in a slow discharge, against the balance of ions and voltages in `cells/README.md`.
@Suite struct DegradationTests {
  // Of the new cell in V; it uses x from 0.05 to 0.85 and y from 0.9 to 0.3.
  private func negativePotential(_ x: Double) -> Double { 0.15 + 0.5 * exp(-20 * x) }
  private func positivePotential(_ y: Double) -> Double { 4.5 - 0.7 * y * y }
  private var window: ClosedRange<Double> {
    positivePotential(0.9) - negativePotential(0.05)...positivePotential(0.3) - negativePotential(0.85)
  }

  private let rateConstant = 1e-2

  /// Transport is so fast that at C/100 it takes less than 3e-8 V, 2.3e-8 V of it through the solution.
  private func fullCell(_ degradation: String) -> String {
    func electrode(_ maximumConcentration: Int, _ limits: (Double, Double), _ potential: String) -> String {
      """
      {
        "Thickness [m]": 8e-5, "Porosity": 0.3, "Transport efficiency": 1, "Conductivity [S.m-1]": 1e4,
        "Particle radius [m]": 1e-6, "Surface area per unit volume [m-1]": 1.5e6,
        "Minimum stoichiometry": \(limits.0), "Maximum stoichiometry": \(limits.1),
        "Maximum concentration [mol.m-3]": \(maximumConcentration), "Diffusivity [m2.s-1]": 1e-9,
        "OCP [V]": "\(potential)", "Reaction rate constant [mol.m-2.s-1]": \(rateConstant)
      }
      """
    }
    return """
      {
        "Header": {"BPX": "1.1.1", "Model": "DFN"},
        "Parameterisation": {
          "Cell": {
            "Electrode area [m2]": 0.1, "Number of electrode pairs connected in parallel to make a cell": 1,
            "Nominal cell capacity [A.h]": 2.573, "Lower voltage cut-off [V]": \(window.lowerBound),
            "Upper voltage cut-off [V]": \(window.upperBound)
          },
          "Electrolyte": {
            "Cation transference number": 0.4, "Conductivity [S.m-1]": 1e3, "Diffusivity [m2.s-1]": 1e-3
          },
          "Negative electrode": \(electrode(30_000, (0.05, 0.85), "0.15 + 0.5 * exp(-20 * x)")),
          "Positive electrode": \(electrode(40_000, (0.3, 0.9), "4.5 - 0.7 * x ** 2")),
          "Separator": {"Thickness [m]": 1e-5, "Porosity": 0.5, "Transport efficiency": 1}
        },
        "State": {
          "Initial conditions": {"Initial electrolyte concentration [mol.m-3]": 1000},
          "Degradation": {\(degradation)}
        }
      }
      """
  }

  @Test(arguments: [(0, 0, 0), (0.04, 0, 0), (0, 0.15, 0), (0, 0, 0.1), (0.05, 0.03, 0.06)])
  func slowDischarge(lli: Double, negative: Double, positive: Double) throws {
    let cell = try simulate(
      fullCell("\"LLI\": \(lli), \"LAM: Negative electrode\": \(negative), \"LAM: Positive electrode\": \(positive)"),
      mesh: Mesh(negative: 1, separator: 1, positive: 1, radial: 4), tolerance: tolerance)
    #expect(abs(cell.reading.voltage - window.upperBound) < 1e-12)
    try cell.impose(.current(-0.02573), limits: [{ $0.voltage - window.lowerBound }])
    while try cell.step(to: .infinity) == .advanced {}

    // In mol/m²: A L ε c_max of what is left of the electrodes, and the ions in both.
    let room = (negative: 1.2 * (1 - negative), positive: 1.6 * (1 - positive))
    let ions = (1 - lli) * (0.85 * 1.2 + 0.3 * 1.6)
    // U₊(y) − U₋(x) = V with y = (ions − x room₋)/room₊, by bisection: the voltage rises with x.
    func fillings(_ voltage: Double) -> (x: Double, y: Double) {
      func y(_ x: Double) -> Double { (ions - x * room.negative) / room.positive }
      var (low, high) = (max(0, (ions - room.positive) / room.negative), min(1, ions / room.negative))
      while case let middle = (low + high) / 2, middle > low, middle < high {
        if positivePotential(y(middle)) - negativePotential(middle) < voltage { low = middle } else { high = middle }
      }
      return (low, y(low))
    }
    // The reaction takes some 1e-7 V of each electrode at the end.
    func overpotential(_ x: Double, lost: Double) -> Double {
      let j = 0.02573 / (0.1 * 8e-5 * 1.5e6 * (1 - lost))
      let j0 = Constants.faraday * rateConstant * (x * (1 - x)).squareRoot()
      return 2 * Constants.gas * 298.15 / Constants.faraday * asinh(j / (2 * j0))
    }
    let end = fillings(window.lowerBound)
    let drop = overpotential(end.x, lost: negative) + overpotential(end.y, lost: positive)
    let span = fillings(window.upperBound).x - fillings(window.lowerBound + drop).x
    let expected = Constants.faraday * 0.1 * room.negative * span
    let new = Constants.faraday * 0.1 * 1.2 * 0.8
    // Without lost ions little changes: lost material leaves them to the rest.
    #expect(lli > 0 ? expected < 0.96 * new : abs(expected / new - 1) < 0.01)
    // The charge is a straight line, in which the solver does not err; of the window of 0.7 V transport takes 3e-8 V,
    // and so far is the voltage known where the Newton iterations of a step stop.
    #expect(abs(-cell.reading.charge / expected - 1) < (3e-8 + cell.stepBound(4, tolerance: tolerance)) / 0.6)
  }

  /// Against a reference there are no ions to lose, and the limits stay: the capacity shrinks as the material does.
  @Test func lostMaterialBesideAReference() throws {
    try discharge(blend: nil, loss: "0.2", left: 0.8)
  }

  /// In a blend each material loses its own; at the same radius both go through the discharge together.
  @Test func lostMaterialOfABlend() throws {
    let less = SingleParticle(surfaceAreaPerVolume: 1.2e5, rateConstant: 0.1).material
    let more = SingleParticle(surfaceAreaPerVolume: 1.8e5, rateConstant: 0.1).material
    // Of the volume fractions 0.2 and 0.3.
    try discharge(
      blend: "\"Less\": {\(less)}, \"More\": {\(more)}", loss: "{\"Less\": 0.25, \"More\": 0}", left: 0.9)
  }

  /// From x = 0.5 to where 3.6 V − 0.3 V x − η is 3.36 V, near x = 0.8, with η of some 1e-5 V.
  private func discharge(blend: String?, loss: String, left: Double) throws {
    let losses = "\"LLI\": 0, \"LAM: Negative electrode\": 0, \"LAM: Positive electrode\": \(loss)"
    let cell = try SingleParticle(
      rateConstant: 0.1, blend: blend, state: "\"Degradation\": {\(losses)},"
    ).simulated(tolerance: tolerance)
    try cell.impose(.current(-0.4), limits: [{ $0.voltage - 3.36 }])
    while try cell.step(to: .infinity) == .advanced {}
    let j0 = Constants.faraday * 0.1 * (0.8 * 0.2).squareRoot()
    let j = 0.4 / (left * SingleParticle.surface)
    let eta = 2 * Constants.gas * 298.15 / Constants.faraday * asinh(j / (2 * j0))
    let expected = left * SingleParticle.capacity * (0.3 - eta / 0.3)
    // The charge is a straight line, in which the solver does not err; of the 0.09 V that the voltage changes,
    // diffusion takes less than 1e-9 V, and so far is it known where the Newton iterations of a step stop.
    #expect(abs(-cell.reading.charge / expected - 1) < (1e-9 + cell.stepBound(4, tolerance: tolerance)) / 0.09)
  }
}
