import Integration

/// Transport of salt and charge in the pores by concentrated-solution theory (Newman & Thomas-Alyea,
/// Electrochemical Systems, ch. 12; thermodynamic factor 1).
struct ElectrolyteTransport {
  /// Salt diffusivity and conductivity of the free electrolyte at the reference temperature.
  let diffusivity: MaterialFunction
  let conductivity: MaterialFunction
  /// Their Arrhenius factors at the cell's temperature.
  let diffusivityFactor: Double
  let conductivityFactor: Double
  /// (2RT/F)(1 − t₊) in V.
  let diffusionPotential: Double
  /// (1 − t₊)/F in mol/C.
  let saltPerCharge: Double

  init(_ electrolyte: Electrolyte, temperature: Double, referenceTemperature: Double) {
    diffusivity = electrolyte.diffusivity
    conductivity = electrolyte.conductivity
    diffusivityFactor = arrhenius(
      activationEnergy: electrolyte.diffusivityActivationEnergy, temperature: temperature,
      reference: referenceTemperature)
    conductivityFactor = arrhenius(
      activationEnergy: electrolyte.conductivityActivationEnergy, temperature: temperature,
      reference: referenceTemperature)
    let mobileAnions = 1 - electrolyte.transferenceNumber
    diffusionPotential = 2 * Constants.gas * temperature / Constants.faraday * mobileAnions
    saltPerCharge = mobileAnions / Constants.faraday
  }

  /// What the fluxes between two volumes need to know of each of them.
  struct Side<S: Scalar> {
    /// cₑ in mol/m³.
    var concentration: S
    /// φₑ − (2RT/F)(1 − t₊) ln cₑ in V: the ionic current is −κ times the gradient of this.
    var potential: S
    /// Resistance from the middle of the volume to its face against diffusion in s/m and against current in Ω m².
    var diffusionResistance: S
    var ohmicResistance: S
  }

  /// - Parameter halfPath: half the width of the volume over its transport efficiency, in m.
  @inline(__always)
  func side<S: Scalar>(concentration c: S, potential phi: S, halfPath: Double) -> Side<S> {
    Side(
      concentration: c, potential: phi - diffusionPotential * S.log(c),
      diffusionResistance: (halfPath / diffusivityFactor) / diffusivity(c),
      ohmicResistance: (halfPath / conductivityFactor) / conductivity(c))
  }

  /// Diffusive salt flux N = −Dₑ ∂cₑ/∂z in mol/(m²·s) and ionic current density iₑ in A/m² from left to right: two
  /// resistances in series, which is the harmonic mean and of second order also where properties jump.
  @inline(__always)
  func fluxes<S: Scalar>(from left: Side<S>, to right: Side<S>) -> (salt: S, current: S) {
    (
      (left.concentration - right.concentration) / (left.diffusionResistance + right.diffusionResistance),
      (left.potential - right.potential) / (left.ohmicResistance + right.ohmicResistance)
    )
  }
}
