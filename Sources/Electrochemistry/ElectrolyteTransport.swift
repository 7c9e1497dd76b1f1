import Integration

/// Transport of salt and charge in the pores by concentrated-solution theory (Newman & Thomas-Alyea,
/// Electrochemical Systems, ch. 12), at one temperature.
struct ElectrolyteTransport<S: Scalar> {
  private let diffusivity: ElectrolytePropertyAtTemperature<S>
  private let conductivity: ElectrolytePropertyAtTemperature<S>
  private let thermodynamicFactor: ElectrolytePropertyAtTemperature<S>
  /// (2RT/F)(1 − t₊) in V.
  private let diffusionPotential: S
  private let saltPerCharge: Double
  private let nothing: Double

  init(_ electrolyte: ElectrolyteView, temperature: S, referenceTemperature: Double) {
    diffusivity = .init(electrolyte.diffusivity, temperature, referenceTemperature)
    conductivity = .init(electrolyte.conductivity, temperature, referenceTemperature)
    thermodynamicFactor = .init(electrolyte.thermodynamicFactor, temperature, referenceTemperature)
    let mobileAnions = 1 - electrolyte.transferenceNumber
    diffusionPotential = (2 * Constants.gas / Constants.faraday * mobileAnions) * temperature
    saltPerCharge = electrolyte.saltPerCharge
    nothing = electrolyte.nothing
  }

  private init(
    _ diffusivity: ElectrolytePropertyAtTemperature<S>, _ conductivity: ElectrolytePropertyAtTemperature<S>,
    _ thermodynamicFactor: ElectrolytePropertyAtTemperature<S>, diffusionPotential: S, saltPerCharge: Double,
    nothing: Double
  ) {
    (self.diffusivity, self.conductivity) = (diffusivity, conductivity)
    self.thermodynamicFactor = thermodynamicFactor
    self.diffusionPotential = diffusionPotential
    (self.saltPerCharge, self.nothing) = (saltPerCharge, nothing)
  }

  /// In another number type.
  @inline(__always)
  func map<T: Scalar>(_ spread: (S) -> T) -> ElectrolyteTransport<T> {
    .init(
      diffusivity.map(spread), conductivity.map(spread), thermodynamicFactor.map(spread),
      diffusionPotential: spread(diffusionPotential), saltPerCharge: saltPerCharge, nothing: nothing)
  }

  /// What the fluxes between two volumes need to know of each of them.
  struct Side {
    /// cₑ in mol/m³.
    let concentration: S
    /// φₑ in V.
    let potential: S
    let properties: Properties

    @inline(__always)
    init(concentration: S, potential: S, _ properties: Properties) {
      (self.concentration, self.potential, self.properties) = (concentration, potential, properties)
    }
  }

  /// What follows from the concentration in a volume.
  struct Properties {
    let logConcentration: S
    /// (2RT/F)(1 − t₊)(1 + ∂ln f/∂ln cₑ) in V.
    let diffusionPotential: S
    /// Resistance from the middle of the volume to its face against diffusion in s/m and against current in Ω m².
    let diffusionResistance: S
    let ohmicResistance: S

    static var count: Int { 4 }

    @inline(__always)
    init(_ number: (Int) -> S) {
      (logConcentration, diffusionPotential) = (number(0), number(1))
      (diffusionResistance, ohmicResistance) = (number(2), number(3))
    }

    @inline(__always)
    func each(_ body: (Int, S) -> Void) {
      body(0, logConcentration)
      body(1, diffusionPotential)
      body(2, diffusionResistance)
      body(3, ohmicResistance)
    }

    @inline(__always)
    init(logConcentration: S, diffusionPotential: S, diffusionResistance: S, ohmicResistance: S) {
      (self.logConcentration, self.diffusionPotential) = (logConcentration, diffusionPotential)
      (self.diffusionResistance, self.ohmicResistance) = (diffusionResistance, ohmicResistance)
    }
  }

  /// Salt flux N = −Dₑ ∂cₑ/∂z in mol/(m²·s) and ionic current density iₑ in A/m², both from left to right.
  struct Fluxes {
    var salt = S(0)
    var current = S(0)
  }

  /// - Parameter halfPath: half the width of the volume over its transport efficiency, in m.
  @inline(__always)
  func properties(concentration c: S, halfPath: S) -> Properties {
    let positive = self.positive(c)
    return Properties(
      logConcentration: S.log(positive), diffusionPotential: diffusionPotential * thermodynamicFactor(positive),
      diffusionResistance: halfPath / diffusivity(positive), ohmicResistance: halfPath / conductivity(positive))
  }

  /// The concentration, above zero also where the salt runs out.
  @inline(__always)
  private func positive(_ c: S) -> S { Electrochemistry.positive(c, beyond: nothing) }

  /// Two resistances in series, which is the harmonic mean and of second order also where properties jump.
  @inline(__always)
  static func fluxes(from left: Side, to right: Side) -> Fluxes {
    let (inner, outer) = (left.properties, right.properties)
    let diffusion =
      (0.5 * (inner.diffusionPotential + outer.diffusionPotential))
      * (outer.logConcentration - inner.logConcentration)
    return Fluxes(
      salt: (left.concentration - right.concentration) / (inner.diffusionResistance + outer.diffusionResistance),
      current: (left.potential - right.potential + diffusion) / (inner.ohmicResistance + outer.ohmicResistance))
  }

  /// What a reaction at an outer face brings into the pores: the ions that carry the current, less those that migrate on.
  @inline(__always)
  func fluxes(ofReaction current: S) -> Fluxes { Fluxes(salt: saltPerCharge * current, current: current) }

  /// Concentration in mol/m³ and potential in V at the outer face of the first or last volume.
  /// - Parameter outward: fluxes through that face out of the volume.
  @inline(__always)
  func face(of side: Side, outward: Fluxes) -> (concentration: S, potential: S) {
    let properties = side.properties
    let concentration = positive(side.concentration - outward.salt * properties.diffusionResistance)
    let potential =
      side.potential - outward.current * properties.ohmicResistance
      + properties.diffusionPotential * (S.log(concentration) - properties.logConcentration)
    return (concentration, potential)
  }
}

/// A property of the electrolyte at one temperature, as a function of the concentration.
struct ElectrolytePropertyAtTemperature<S: Scalar> {
  private let property: ElectrolyteView.Property
  private let factor: S
  /// T − T_ref in K.
  private let rise: S

  init(_ property: ElectrolyteView.Property, _ temperature: S, _ referenceTemperature: Double) {
    self.property = property
    factor = arrhenius(
      activationEnergy: property.activationEnergy, temperature: temperature, reference: referenceTemperature)
    rise = temperature - referenceTemperature
  }

  private init(_ property: ElectrolyteView.Property, factor: S, rise: S) {
    (self.property, self.factor, self.rise) = (property, factor, rise)
  }

  /// In another number type.
  @inline(__always)
  func map<T: Scalar>(_ spread: (S) -> T) -> ElectrolytePropertyAtTemperature<T> {
    .init(property, factor: spread(factor), rise: spread(rise))
  }

  @inline(__always)
  func callAsFunction(_ concentration: S) -> S {
    var sum = property.atReference(concentration)
    var power = S(1)
    for coefficient in property.temperatureSeries {
      power = power * rise
      sum += coefficient(concentration) * power
    }
    return factor * sum
  }
}

/// The electrolyte of a cell as the inner loops read it.
struct ElectrolyteView {
  struct Property {
    let atReference: FunctionView
    let temperatureSeries: UnsafeBufferPointer<FunctionView>
    let activationEnergy: Double

    init(_ property: ElectrolyteProperty, in memory: PlainMemory) {
      atReference = property.atReference.view
      temperatureSeries = memory.copy(property.temperatureSeries.map(\.view))
      activationEnergy = property.activationEnergy
    }
  }

  let initialConcentration: Double
  let transferenceNumber: Double
  /// (1 − t₊)/F in mol/C.
  var saltPerCharge: Double { (1 - transferenceNumber) / Constants.faraday }
  /// Concentration in mol/m³ below which an electrolyte counts as empty.
  var nothing: Double { 1e-6 * initialConcentration }
  let diffusivity: Property
  let conductivity: Property
  let thermodynamicFactor: Property

  init(_ electrolyte: Electrolyte, in memory: PlainMemory) {
    initialConcentration = electrolyte.initialConcentration
    transferenceNumber = electrolyte.transferenceNumber
    diffusivity = Property(electrolyte.diffusivity, in: memory)
    conductivity = Property(electrolyte.conductivity, in: memory)
    thermodynamicFactor = Property(electrolyte.thermodynamicFactor, in: memory)
  }
}
