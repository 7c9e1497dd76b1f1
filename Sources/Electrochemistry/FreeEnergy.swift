/// Thermodynamics of a host, by the chemical potential of the ions in it.
///
/// A lattice host has μ = RT ln(x/(1−x)) + μ_ex(x) about −F U°, so that its potential is
/// U = U° − (RT/F) ln(x/(1−x)) − μ_ex/F. Each way to give the excess μ_ex below becomes one function, which is all that the
/// model reads: a new one needs an initialiser here and its group in `CellFileHost`.
public struct FreeEnergy: Sendable, Equatable {
  /// U° in V against the ion's metal.
  public var standardPotential: Double
  /// U° − μ_ex/F in V as a function of stoichiometry.
  public var openCircuitPotential: MaterialFunction

  /// - Parameters:
  ///   - standardPotential: U° in V.
  ///   - excess: μ_ex in J/mol at a stoichiometry.
  private init(standardPotential: Double, excess: @escaping (Double) -> Double) {
    self.standardPotential = standardPotential
    openCircuitPotential = MaterialFunction(
      tabulating: { standardPotential - excess($0) / Constants.faraday }, over: 0...1)
  }

  /// Regular solution: g_ex = Ω x (1 − x) with an interaction energy Ω that may depend on the composition, so that
  /// μ_ex = Ω (1 − 2x) + Ω′ x (1 − x).
  public init(standardPotential: Double, interactionEnergy: MaterialFunction) {
    self.init(standardPotential: standardPotential) { x in
      let (value, slope) = interactionEnergy.valueAndSlope(x)
      return value * (1 - 2 * x) + slope * x * (1 - x)
    }
  }

  /// Redlich & Kister (Ind. Eng. Chem. 40, 345, 1948): g_ex = x (1 − x) Σ Lₖ (1 − 2x)ᵏ.
  /// - Parameter coefficients: L₀, L₁, … in J/mol; L₀ alone is a regular solution.
  public init(standardPotential: Double, redlichKister coefficients: [Double]) {
    self.init(standardPotential: standardPotential) { x in
      let z = 1 - 2 * x
      var (sum, power, previous) = (0.0, 1.0, 0.0)
      for (k, coefficient) in coefficients.enumerated() {
        sum += coefficient * (power * z - 2 * Double(k) * previous * x * (1 - x))
        (previous, power) = (power, power * z)
      }
      return sum
    }
  }
}

extension ActiveMaterial {
  /// Takes over the thermodynamics.
  mutating func setHost(_ host: FreeEnergy) {
    latticePotential = host.standardPotential
    openCircuitPotential = host.openCircuitPotential
  }
}
