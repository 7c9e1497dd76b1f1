import Foundation
import Testing

@testable import Electrochemistry

/// Excess chemical potentials against the derivative of their free energies.
@Suite struct FreeEnergyTests {
  /// μ_ex in J/mol as the model reads it.
  private func excess(_ host: FreeEnergy, _ x: Double) -> Double {
    Constants.faraday * (host.standardPotential - host.openCircuitPotential(x))
  }

  /// By differences of eighth order, which are exact for the polynomials here but for round-off.
  private func slope(_ x: Double, of g: (Double) -> Double) -> Double {
    let h = 0.01
    let weights: [Double] = [4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280]
    var sum = 0.0
    for (i, weight) in weights.enumerated() {
      let d = Double(i + 1) * h
      sum += weight * (g(x + d) - g(x - d)) / h
    }
    return sum
  }

  static let compositions = [0.05, 0.3, 0.5, 0.77, 0.95]

  @Test(arguments: compositions)
  func regularSolutionWithAnInteractionThatDependsOnTheComposition(x: Double) throws {
    let energy = try MaterialFunction(expression: "11000 - 3000 * x + 500 * x ** 2")
    let host = FreeEnergy(standardPotential: 3.4, interactionEnergy: energy)
    let expected = slope(x) { energy($0) * $0 * (1 - $0) }
    // The tables hold 1e-10 of the potential, 3.4 V or 328 kJ/mol.
    #expect(abs(excess(host, x) - expected) < 4e-5)
  }

  @Test(arguments: compositions)
  func redlichKister(x: Double) {
    let coefficients: [Double] = [11_000, -1500, 800, 300]
    let host = FreeEnergy(standardPotential: 3.4, redlichKister: coefficients)
    let expected = slope(x) { x in
      var sum = 0.0
      for (k, coefficient) in coefficients.enumerated() { sum += coefficient * pow(1 - 2 * x, Double(k)) }
      return x * (1 - x) * sum
    }
    #expect(abs(excess(host, x) - expected) < 4e-5)
  }

  /// Two kinds of sites whose plateaus lie far apart fill one after the other: each is a lattice of its own.
  @Test func sublatticesFillOneAfterTheOther() throws {
    let host = try #require(
      FreeEnergy(
        sublattices: [
          .init(share: 0.4, standardPotential: 3.6, interactionEnergy: 6000),
          .init(share: 0.6, standardPotential: 3.0, interactionEnergy: 3000),
        ], coupling: 0, temperature: 298.15))
    let thermalVoltage = Constants.gas * 298.15 / Constants.faraday
    let plateaus: [(Double, Double, Double, Double)] = [
      (0.1, 3.6, 6000, 0.25), (0.28, 3.6, 6000, 0.7), (0.7, 3.0, 3000, 0.5),
    ]
    for (x, potential, energy, filling) in plateaus {
      let found = host.openCircuitPotential(x) - thermalVoltage * log(x / (1 - x))
      let interaction = energy / Constants.faraday * (1 - 2 * filling)
      let expected = potential - interaction - thermalVoltage * log(filling / (1 - filling))
      // The other kind is empty or full but for exp(−0.6 V F/RT), 1e-10.
      #expect(abs(found - expected) < 1e-8, "x = \(x)")
    }
  }

  // With its type said, or the compiler tries them all.
  static let plateaus: [([Double], [Double], Double)] = [
    ([0.5, 0.5], [3.4, 2.0], 0.0),
    ([0.5, 0.5], [3.4, 3.2], 6445),
    ([1.0 / 6, 1.0 / 6, 1.0 / 3, 1.0 / 3], [3.4, 3.2, 2.3, 2.0], 6445),
    ([1.0 / 6, 1.0 / 6, 1.0 / 3, 1.0 / 3], [3.4, 3.2, 2.3, 2.0], 0),
    ([0.25, 0.25, 0.25, 0.25], [4.2, 3.9, 2.5, 1.9], 3000),
  ]

  /// Where one kind is half full the others are full or empty, and the potential is its own: U° without any interaction.
  @Test(arguments: plateaus)
  func plateausFarApartAreEachTheirOwn(shares: [Double], potentials: [Double], interaction: Double) throws {
    let host = try #require(
      FreeEnergy(
        sublattices: zip(shares, potentials).map {
          FreeEnergy.Sublattice(share: $0, standardPotential: $1, interactionEnergy: interaction)
        }, coupling: 0, temperature: 298.15))
    let thermal = Constants.gas * 298.15 / Constants.faraday
    for (i, potential) in potentials.enumerated() {
      let x = shares[..<i].reduce(0, +) + 0.5 * shares[i]
      let voltage = host.openCircuitPotential(x) - thermal * log(x / (1 - x))
      // The nearest neighbour is 0.2 V away, of its sites a share of exp(−0.2 V F/RT) = 4e-4 is not as it should be.
      #expect(abs(voltage - potential) < 2 * thermal * 4e-4 * 4, "\(voltage)")
    }
  }

  /// Between two kinds of sites that are alike, ions would pass from one to the other.
  @Test func sublatticesThatAreAlikeAreRefused() {
    let kind = FreeEnergy.Sublattice(share: 0.5, standardPotential: 3.4, interactionEnergy: 20_000)
    #expect(FreeEnergy(sublattices: [kind, kind], coupling: 0, temperature: 298.15) == nil)
  }

  /// Half of the particles are below the median, and the mean is the mean.
  @Test(arguments: [SizeDistribution.logNormal(mean: 4e-8, deviation: 1.5e-8), .weibull(mean: 4e-8, modulus: 2.5)])
  func sizeLaws(distribution: SizeDistribution) {
    let classes = distribution.classes(1000, numberWeightedIn: nil)
    #expect(abs(classes.reduce(0) { $0 + $1.share } - 1) < 1e-12)
    // The tail beyond the last of a thousand classes is what is missing.
    let mean = classes.reduce(0) { $0 + $1.share * $1.radius }
    #expect(abs(mean / 4e-8 - 1) < 2e-3)
    let counted = distribution.classes(1000, numberWeightedIn: .sphere)
    let weights = counted.map { $0.share / pow($0.radius, 3) }
    #expect(weights.allSatisfy { abs($0 / weights[0] - 1) < 1e-12 })
  }
}
