import Integration

/// The charge-transfer reaction at the particle surface. Current densities are per particle surface, positive when
/// the ion leaves the particle.
enum ReactionKinetics {
  /// Exchange current density in A/m² of BPX: j₀ = F k √(cₑ/cₑ₀) √(x(1−x)).
  /// - Parameters:
  ///   - rateConstant: k in mol/(m²·s).
  ///   - concentrationRatio: cₑ/cₑ₀ of the electrolyte.
  ///   - stoichiometry: x at the surface.
  @inline(__always)
  static func exchangeCurrentDensity<S: Scalar>(
    rateConstant k: Double, concentrationRatio: S, stoichiometry x: S
  ) -> S {
    (Constants.faraday * k) * S.sqrt(concentrationRatio * (x * (1 - x)))
  }

  /// Overpotential in V that drives the current density j by the Butler–Volmer equation with both transfer
  /// coefficients ½, j = 2 j₀ sinh(Fη/2RT). Written for η(j) because that is nearly linear in what the
  /// Newton iteration solves for, however large the current.
  @inline(__always)
  static func overpotential<S: Scalar>(
    currentDensity j: S, exchangeCurrentDensity j0: S, thermalVoltage: Double
  ) -> S {
    (2 * thermalVoltage) * S.asinh(0.5 * (j / j0))
  }
}

/// Factor by which a parameter with this activation energy (J/mol) changes between the reference temperature and
/// `temperature` (K).
func arrhenius(activationEnergy: Double, temperature: Double, reference: Double) -> Double {
  Double.exp(activationEnergy / Constants.gas * (1 / reference - 1 / temperature))
}
