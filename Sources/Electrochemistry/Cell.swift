/// A cell: everything that a cell file says, in SI units. Made by `CellFile`; read by `CellModel`.
public struct Cell: Sendable, Equatable {
  public var title: String
  /// Area of all electrode pairs together in m².
  public var electrodeArea: Double
  /// Nominal capacity in A·h; 1C is this many ampere.
  public var nominalCapacity: Double
  /// Terminal voltages in V between which the cell may be used.
  public var voltageWindow: ClosedRange<Double>
  /// Temperature in K at which the temperature-dependent parameters are stated.
  public var referenceTemperature: Double
  /// Temperature of the surroundings in K.
  public var ambientTemperature: Double
  /// Temperature of the cell at the start in K.
  public var initialTemperature: Double
  /// State of charge at the start, 0 to 1, between the stoichiometry limits of the materials.
  public var initialStateOfCharge: Double
  /// Mass of the cell in kg, if the file states volume and density.
  public var mass: Double?
  /// Volume of the cell in m³, if the file states it.
  public var volume: Double?

  public var negative: Electrode
  public var separator: Separator
  public var positive: Electrode
  public var electrolyte: Electrolyte
}

/// The salt solution in the pores.
public struct Electrolyte: Sendable, Equatable {
  /// Concentration at rest in mol/m³.
  public var initialConcentration: Double
  /// Cation transference number.
  public var transferenceNumber: Double
  /// Conductivity in S/m as a function of the concentration in mol/m³, at the reference temperature.
  public var conductivity: MaterialFunction
  /// Activation energy of the conductivity in J/mol.
  public var conductivityActivationEnergy: Double
  /// Salt diffusivity in m²/s as a function of the concentration in mol/m³, at the reference temperature.
  public var diffusivity: MaterialFunction
  /// Activation energy of the diffusivity in J/mol.
  public var diffusivityActivationEnergy: Double
}

/// The porous film between the electrodes.
public struct Separator: Sendable, Equatable {
  /// Thickness in m.
  public var thickness: Double
  /// Volume fraction of electrolyte.
  public var porosity: Double
  /// Effective over bulk transport property of the electrolyte (inverse MacMullin number).
  public var transportEfficiency: Double
}

/// A porous electrode.
public struct Electrode: Sendable, Equatable {
  /// Thickness in m.
  public var thickness: Double
  /// Volume fraction of electrolyte.
  public var porosity: Double
  /// Effective over bulk transport property of the electrolyte (inverse MacMullin number).
  public var transportEfficiency: Double
  /// Effective electronic conductivity in S/m.
  public var conductivity: Double
  /// The active materials; several in a blend.
  public var materials: [ActiveMaterial]
}

/// One class of particles: an active material of one shape and size.
public struct ActiveMaterial: Sendable, Equatable {
  /// Name in a blend; empty when the electrode has one material.
  public var name: String
  public var shape: ParticleShape
  /// Radius of a sphere or cylinder, half-thickness of a plate, in m.
  public var radius: Double
  /// Volume fraction of the electrode that this class fills.
  public var volumeFraction: Double
  /// Concentration of the inserted ion at stoichiometry 1 in mol/m³.
  public var maximumConcentration: Double
  /// Stoichiometry when the electrode is emptied (negative: 0 % state of charge; positive: 100 %).
  public var minimumStoichiometry: Double
  /// Stoichiometry when the electrode is filled (negative: 100 % state of charge; positive: 0 %).
  public var maximumStoichiometry: Double
  /// Diffusivity in m²/s as a function of stoichiometry, at the reference temperature.
  public var diffusivity: MaterialFunction
  /// Activation energy of the diffusivity in J/mol.
  public var diffusivityActivationEnergy: Double
  /// Open-circuit potential in V against the ion's metal as a function of stoichiometry, at the reference
  /// temperature.
  public var openCircuitPotential: MaterialFunction
  /// Its change with temperature in V/K as a function of stoichiometry.
  public var entropicChange: MaterialFunction
  /// Reaction rate constant k in mol/(m²·s) of j₀ = F k √(cₑ/cₑ₀) √(x(1−x)) (BPX).
  public var reactionRateConstant: Double
  /// Activation energy of the rate constant in J/mol.
  public var reactionRateActivationEnergy: Double

  /// Particle surface per electrode volume in 1/m: a = s ε / R.
  public var surfaceAreaPerVolume: Double { shape.factor * volumeFraction / radius }
}

/// The shape of a particle; diffusion is along its one coordinate.
public enum ParticleShape: Int, Sendable, CaseIterable {
  case plate = 1
  case cylinder = 2
  case sphere = 3

  /// Surface × radius / volume: 1, 2 or 3.
  public var factor: Double { Double(rawValue) }
}
