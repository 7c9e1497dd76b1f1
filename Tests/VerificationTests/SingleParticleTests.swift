import CellInterface
import Foundation
import Testing

@testable import Electrochemistry

private let tolerance = 1e-9

/// A particle against a reference electrode, at constant current.
@Suite struct SingleParticleTests {
  /// u = (x_s − x₀) F c_max D/(jR) at the surface of a sphere after τ = Dt/R² of constant flux (Carslaw & Jaeger,
  /// Conduction of Heat in Solids, §9.7): 3τ + 1/5 − 2 Σ exp(−λ²τ)/λ² over the roots of tan λ = λ. From τ = 0.01 on, 40
  /// terms leave out less than exp(−150).
  private func surfaceOfSphere(_ tau: Double) -> Double {
    var sum = 0.0
    for n in 1...40 {
      // λ = (n + ½)π − 1/λ − …, by fixed-point iteration of λ = nπ + arctan λ, which contracts by 1/(1 + λ²).
      var root = (Double(n) + 0.5) * .pi
      for _ in 0..<20 { root = Double(n) * .pi + atan(root) }
      sum += exp(-root * root * tau) / (root * root)
    }
    return 3 * tau + 0.2 - 2 * sum
  }

  /// A curved potential and a reaction whose exchange current depends on the stoichiometry:
  /// V = U(x_s) + (2RT/F) asinh(j/2j₀(x_s)) with j > 0 on charge, when the ion leaves the particle.
  @Test(arguments: [-0.1, 0.1]) func surfaceAndVoltageFollowTheSeries(current: Double) throws {
    // So accurate that the error of the mesh is seen.
    let tolerance = 1e-12
    let diffusivity = 1e-14
    let rateConstant = 2e-5
    let particle = SingleParticle(
      openCircuitPotential: "\"3.9 - 0.5 * x - 0.2 * tanh(4 * (x - 0.5))\"", diffusivity: diffusivity,
      rateConstant: rateConstant)
    let j = current / SingleParticle.surface
    func voltage(_ x: Double) -> Double {
      let open = 3.9 - 0.5 * x - 0.2 * tanh(4 * (x - 0.5))
      let j0 = Constants.faraday * rateConstant * (x * (1 - x)).squareRoot()
      return open + 2 * Constants.gas * 298.15 / Constants.faraday * asinh(j / (2 * j0))
    }
    let scale =
      particle.radius * j / (Constants.faraday * SingleParticle.maximumConcentration * diffusivity)
    let cells = try [40, 80].map { try particle.simulated(radial: $0, order: 1, tolerance: tolerance) }
    for cell in cells { try cell.impose(.current(current), limits: []) }
    for tau in [0.01, 0.03, 0.1, 0.3, 1] {
      let x = try cells.map { cell in
        try cell.advance(to: tau * particle.radius * particle.radius / diffusivity)
        return try cell.observable("Positive Surface Stoichiometry at Separator / 1")
      }
      let expected = 0.5 - scale * surfaceOfSphere(tau)
      // Linear elements are of second order in the interval: of the error of the finer mesh the coarser one has four times as much, and the
      // extrapolation leaves what is of fourth order, a few h² of it with the widest interval h = 0.08.
      let error = x[1] - expected
      let order = log2((x[0] - expected) / error)
      #expect(abs(order - 2) < 0.1, "τ = \(tau)")
      let solver = cells[1].errorBound(1, tolerance: tolerance)
      let left = 0.03 * abs(error) + 5 / 3 * solver
      #expect(abs((4 * x[1] - x[0]) / 3 - expected) < left, "τ = \(tau)")
      // The voltage is that of the surface, which is an unknown of its own: no error of the mesh between them.
      for (cell, x) in zip(cells, x) {
        #expect(abs(cell.reading.voltage - voltage(x)) < 5 * cell.errorBound(1, tolerance: tolerance))
      }
      // The slope of the potential is 1.3 V at most, that of the overpotential 0.1 V, and the curvature below 5 V.
      let extrapolated = (4 * cells[1].reading.voltage - cells[0].reading.voltage) / 3
      #expect(abs(extrapolated - voltage(expected)) < 1.4 * left + 10 * error * error, "τ = \(tau)")
    }
  }
}

/// The one-state model of Axén et al. (J. Energy Storage 48, 103985, 2022): over a branch on which the particle takes
/// up or gives off Δx̄, 1 ± h falls by the factor exp(−K |Δx̄|/2), whatever the current.
@Suite struct HysteresisTests {
  private let decayConstant = 12.0

  private func filling(_ x: Double) -> Double { 3.3 - 0.4 * x }
  private func emptying(_ x: Double) -> Double { 3.6 - 0.3 * x * x }

  @Test(arguments: [-1, 0.3, 1]) func stateDecaysWithCharge(initialState: Double) throws {
    let cell = try SingleParticle(
      keys: """
        "OCP (lithiation) [V]": "3.3 - 0.4 * x", "OCP (delithiation) [V]": "3.6 - 0.3 * x ** 2",
        "OCP hysteresis decay constant": \(decayConstant),
        """,
      initialConditions: "\"Initial hysteresis state: Positive electrode\": \(initialState),"
    ).simulated(tolerance: tolerance)
    let index = cell.model.layout.positiveClasses[0].local
    var x = 0.5
    var h = initialState
    // On charge the particle is emptied.
    for (current, duration) in [(-0.4, 700.0), (0, 100), (0.4, 1000), (1, 100), (-0.2, 500)] {
      let start = cell.reading.time
      try cell.impose(.current(current), limits: [])
      func expected(at time: Double) -> (x: Double, h: Double) {
        let gain = -current * (time - start) / SingleParticle.capacity
        let decay = exp(-decayConstant * abs(gain) / 2)
        return (x + gain, gain > 0 ? -1 + (1 + h) * decay : gain < 0 ? 1 - (1 - h) * decay : h)
      }
      var outcome = StepOutcome.advanced
      while outcome == .advanced {
        outcome = try cell.step(to: start + duration)
        let (x, h) = expected(at: cell.reading.time)
        let bound = cell.errorBound(1, tolerance: tolerance)
        #expect(abs(cell.unknowns[index] - h) < bound)
        // |∂V/∂h| and |∂V/∂x| are below ½ V; the rest is that of the capacitor.
        let voltage = 0.5 * ((1 + h) * emptying(x) + (1 - h) * filling(x))
        #expect(abs(cell.reading.voltage - voltage) < bound + 1e-9 * abs(current) / SingleParticle.surface)
      }
      (x, h) = expected(at: start + duration)
    }
  }

  /// Far from where it turned the cell is on one branch when filling and on the other when emptying; both branches lie
  /// apart by the whole loop.
  @Test func theLoopCloses() throws {
    let cell = try SingleParticle(
      keys: """
        "OCP (lithiation) [V]": "3.3 - 0.4 * x", "OCP (delithiation) [V]": "3.6 - 0.3 * x ** 2",
        "OCP hysteresis decay constant": 400,
        """
    ).simulated(tolerance: tolerance)
    // After Δx̄ = 0.2 there remains exp(−40) of the other branch.
    for (sign, branch) in [(-1.0, filling), (1.0, emptying)] {
      try cell.impose(.current(sign * 0.4), limits: [])
      try cell.advance(to: cell.reading.time + 0.2 * SingleParticle.capacity / 0.4)
      let x = try cell.observable("Positive Mean Stoichiometry / 1")
      #expect(abs(cell.reading.voltage - branch(x)) < cell.errorBound(1, tolerance: tolerance) + 2e-9)
    }
  }

  /// Once around the loop and back in the same state, an adiabatic cell has turned all that went in into heat: here the area
  /// between branches 0.1 V apart, over Δx̄ = 0.3 there and back.
  @Test func theWayAroundTheLoopBecomesHeat() throws {
    let cell = try SingleParticle(
      keys: """
        "OCP (lithiation) [V]": "3.4 - 0.3 * x", "OCP (delithiation) [V]": "3.5 - 0.3 * x",
        "OCP hysteresis decay constant": 400,
        """, heatTransferCoefficient: 0
    ).simulated(tolerance: tolerance)
    func pass(_ share: Double, current: Double) throws {
      try cell.impose(.current(current), limits: [])
      try cell.advance(to: cell.reading.time + share * SingleParticle.capacity / abs(current))
    }
    // On the branch of filling at the start of the loop, to exp(−40).
    try pass(0.2, current: -0.4)
    let start = cell.reading
    try pass(0.3, current: 0.4)
    try pass(0.3, current: -0.4)
    let end = cell.reading
    let energy = end.energy - start.energy
    let rise = end.temperature - start.temperature
    // On changing branches ∫ 2 exp(−K x/2) dx = 4/K of the way is lost.
    let area = 0.1 * (0.3 - 4 / 400.0) * SingleParticle.capacity
    #expect(abs(energy / area - 1) < 1e-6)
    // The state is the same but for the temperature, which changes no potential here.
    let bound = cell.errorBound(10, tolerance: tolerance) + 1e-6 * rise
    #expect(abs(rise - energy / SingleParticle.heatCapacity) < bound)
  }
}
