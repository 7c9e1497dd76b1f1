import Integration

/// Overpotential in V that drives the current density j by the Butler–Volmer equation with both transfer coefficients ½,
/// j = 2 j₀ sinh(Fη/2RT).
@inline(__always)
func overpotential<S: Scalar>(currentDensity j: S, exchangeCurrentDensity j0: S, thermalVoltage: S) -> S {
  2 * (thermalVoltage * S.asinh(0.5 * (j / j0)))
}

/// The number itself, but never zero or less: below `limit` it goes on as an exponential of the same slope, so that a
/// solver's trial beyond the end of what is possible finds an answer there, and the way back.
@inline(__always)
func positive<S: Scalar>(_ x: S, beyond limit: Double) -> S {
  S.choose(x, atLeast: limit, x, else: limit * S.exp((1 / limit) * x - 1))
}

/// Factor by which a parameter with this activation energy (J/mol) changes between the reference temperature and
/// `temperature` (K).
@inline(__always)
func arrhenius<S: Scalar>(activationEnergy: Double, temperature: S, reference: Double) -> S {
  activationEnergy == 0
    ? S(1)
    : S.exp(activationEnergy / Constants.gas * (1 / reference) - (activationEnergy / Constants.gas) / temperature)
}

extension ActiveMaterial {
  /// By what the exchange current density differs at a temperature from that at the reference temperature, both in K.
  public func reactionRateFactor(_ temperature: Double, _ reference: Double) -> Double {
    arrhenius(activationEnergy: reactionRateActivationEnergy, temperature: temperature, reference: reference)
  }

  /// The same for the diffusivity.
  public func diffusivityFactor(_ temperature: Double, _ reference: Double) -> Double {
    arrhenius(activationEnergy: diffusivityActivationEnergy, temperature: temperature, reference: reference)
  }
}
