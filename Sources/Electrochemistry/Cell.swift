import Integration

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A cell: everything that a cell file says, in SI units. Made by `CellFile`; read by `CellModel`.
public struct Cell: Sendable, Equatable {
  public var title: String
  /// Area of all electrode pairs together in m².
  public var electrodeArea: Double
  /// Electrode pairs connected in parallel.
  public var electrodePairs = 1
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

  /// Resistance of leads and contacts in Ω, in series with the cell.
  public var contactResistance: Double
  /// How the cell exchanges heat with its surroundings; nil keeps it at the ambient temperature.
  public var thermal: ThermalProperties?

  public var negative: Side
  /// nil only in a single-particle cell, where `negative` is `reference`.
  public var separator: Separator?
  public var positive: Side
  public var electrolyte: Electrolyte
}

/// What stands on one side of the separator.
public enum Side: Sendable, Equatable {
  case porous(Electrode)
  case foil(Foil)
  /// An ideal reference electrode: the cell is then one particle of each material of the other side in an electrolyte
  /// of constant concentration, without separator and without resistance.
  case reference

  /// The porous electrode, if it is one.
  public var porous: Electrode? {
    if case .porous(let electrode) = self { electrode } else { nil }
  }
}

/// A metal foil (Li or Na) at which the ion is plated and stripped: i = 2 j₀ sinh(Fη/2RT) against the metal's own
/// potential, with j₀ = i₀ (cₑ/cₑ₀)^p.
public struct Foil: Sendable, Equatable {
  /// i₀ in A/m² at the initial electrolyte concentration and the reference temperature.
  public var exchangeCurrentDensity: Double
  /// Exponent p of the electrolyte concentration.
  public var concentrationExponent: Double
  /// Activation energy of i₀ in J/mol.
  public var activationEnergy: Double
  /// Resistance of metal and film in Ω m².
  public var resistance: Double
}

/// Heat balance of a cell at one temperature: C dT/dt = heat − h A (T − T_ambient).
public struct ThermalProperties: Sendable, Equatable {
  /// Heat capacity of the whole cell in J/K.
  public var heatCapacity: Double
  /// Heat transfer coefficient × cooled surface in W/K.
  public var coolingPower: Double
}

/// A property of the electrolyte, of its concentration x in mol/m³ and the temperature:
/// (f₀(x) + Σ fₖ(x) (T − T_ref)ᵏ) exp(E/R (1/T_ref − 1/T)).
public struct ElectrolyteProperty: Sendable, Equatable {
  /// f₀, the property at the reference temperature.
  public var atReference: MaterialFunction
  /// f₁, f₂, …: empty for a property that is of Arrhenius form.
  public var temperatureSeries: [MaterialFunction] = []
  /// E in J/mol.
  public var activationEnergy: Double = 0
}

/// The salt solution in the pores.
public struct Electrolyte: Sendable, Equatable {
  /// Concentration at rest in mol/m³.
  public var initialConcentration: Double
  /// Cation transference number.
  public var transferenceNumber: Double
  /// Conductivity in S/m.
  public var conductivity: ElectrolyteProperty
  /// Salt diffusivity in m²/s.
  public var diffusivity: ElectrolyteProperty
  /// Thermodynamic factor 1 + ∂ln f/∂ln cₑ.
  public var thermodynamicFactor: ElectrolyteProperty
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
  /// Porosity and transport efficiency as functions of the position between the collector (0) and the separator (1), in a
  /// graded electrode; their means are the values above.
  public var porosityProfile: MaterialFunction?
  public var transportEfficiencyProfile: MaterialFunction?
  /// Effective electronic conductivity in S/m.
  public var conductivity: Double
  /// The active materials; several in a blend.
  public var materials: [ActiveMaterial]
  /// Where particles of two materials touch.
  public var necks: [Neck] = []
}

/// Direct contact between the particles of two materials, through which ions pass: k (μ₁ − μ₂)/RT per volume of all active
/// material, in units of the maximum concentration of the first.
public struct Neck: Sendable, Equatable {
  /// Indices of the materials.
  public var first: Int
  public var second: Int
  /// k in 1/s.
  public var exchangeRate: Double
}

/// One class of particles: an active material of one shape and size.
public struct ActiveMaterial: Sendable, Equatable {
  /// Name in a blend; empty when the electrode has one material.
  public var name: String
  public var shape: ParticleShape
  /// Radius of a sphere or cylinder, half-thickness of a plate, thickness of a film, in m.
  public var radius: Double
  /// Radius in m of what is empty inside a hollow sphere or cylinder, which reacts at its outside only; 0 where it is solid.
  public var innerRadius = 0.0
  /// Volume fraction of the electrode that this class fills.
  public var volumeFraction: Double
  /// Radius and volume fraction as functions of the position between the collector (0) and the separator (1), where they
  /// are graded.
  public var radiusProfile: MaterialFunction?
  public var volumeFractionProfile: MaterialFunction?
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
  /// temperature; without its lattice entropy, if it has one.
  public var openCircuitPotential: MaterialFunction
  /// Its change with temperature in V/K as a function of stoichiometry.
  public var entropicChange: MaterialFunction
  /// What the exchange current density depends on.
  public var exchangeCurrent: ExchangeCurrent
  /// Activation energy of the exchange current density in J/mol.
  public var reactionRateActivationEnergy: Double
  /// What the reaction makes of an overpotential.
  public var rateLaw = RateLaw.butlerVolmer
  /// U° in V of a host whose sites form a lattice, over which ions and vacancies mix: its potential is
  /// `openCircuitPotential` − (RT/F) ln(x/(1−x)), and its activity is 1 at U°. nil for a host of which only the potential is
  /// known.
  public var latticePotential: Double?
  /// How the ion moves inside the particle.
  public var transport = Transport.fickian
  /// Resistance of a film on the particles in Ω m² of their surface.
  public var filmResistance: Double = 0
  /// Different open-circuit potentials on filling and emptying; nil where there is one curve.
  public var hysteresis: Hysteresis?
  /// How composition strains the particle, and what the stress acts on; nil where it has none.
  public var mechanics: Mechanics?

  /// Stoichiometry at a filling from 0 (emptied) to 1 (filled).
  public func stoichiometry(filling: Double) -> Double {
    minimumStoichiometry + filling * (maximumStoichiometry - minimumStoichiometry)
  }

  /// Open-circuit potential in V of a uniform particle under the stress that it is then under, between the curves of filling (h = −1) and emptying (1) where there
  /// are two.
  /// - Parameters:
  ///   - temperature: in K.
  ///   - rise: temperature above the reference temperature in K.
  public func equilibriumPotential(_ x: Double, hysteresisState h: Double = 0, temperature: Double, rise: Double = 0)
    -> Double
  {
    var potential = rise * entropicChange(x) + uniformStressPotential(x)
    if let hysteresis {
      potential += Hysteresis.potential(state: h, emptying: hysteresis.emptying(x), filling: hysteresis.filling(x))
    } else {
      potential += openCircuitPotential(x)
    }
    return latticePotential == nil
      ? potential : potential - Constants.gas * temperature / Constants.faraday * latticeLogarithm(x)
  }

  /// ρ₀, where the one coordinate begins: inner over outer radius; the other face of a bent plate.
  var hollowness: Double { mechanics?.bending == nil ? innerRadius / radius : -1 }

  /// Reacting surface per particle volume in 1/m at a radius: s/(R (1 − ρ₀^s)).
  func surfacePerVolume(radius: Double) -> Double {
    shape.factor / (radius * (1 - pow(innerRadius / self.radius, shape.factor)))
  }

  /// Particle surface per electrode volume in 1/m.
  public var surfaceAreaPerVolume: Double { surfacePerVolume(radius: radius) * volumeFraction }
}

/// Open-circuit potentials that depend on the direction: with the state h from −1 (filled last) to 1 (emptied last),
/// U = (1+h)/2 U_emptying + (1−h)/2 U_filling, and h follows the mean stoichiometry x̄ of the particle by
/// dh/dt = −(K/2) dx̄/dt (1 + h sign(dx̄/dt)) (Axén et al., J. Energy Storage 48, 103985, 2022; BPX 1.1).
public struct Hysteresis: Sendable, Equatable {
  /// OCP (lithiation) and OCP (delithiation) of BPX in V.
  public var filling: MaterialFunction
  public var emptying: MaterialFunction
  /// K, per unit of stoichiometry.
  public var decayConstant: Double
  /// h at the start.
  public var initialState: Double

  @inline(__always)
  static func potential<S: Scalar>(state h: S, emptying: S, filling: S) -> S {
    0.5 * ((1 + h) * emptying + (1 - h) * filling)
  }
}

extension Cell {
  /// The same cell, with the expressions that a simulation evaluates at every node and step as polynomials.
  func tabulated() -> Cell {
    var cell = self
    let concentrations = 0...4 * electrolyte.initialConcentration
    for property in [\Electrolyte.conductivity, \.diffusivity, \.thermodynamicFactor] {
      let function = electrolyte[keyPath: property]
      cell.electrolyte[keyPath: property].atReference = function.atReference.tabulated(over: concentrations)
      cell.electrolyte[keyPath: property].temperatureSeries = function.temperatureSeries.map {
        $0.tabulated(over: concentrations)
      }
    }
    for side in [\Cell.negative, \.positive] {
      guard case .porous(var electrode) = self[keyPath: side] else { continue }
      for i in electrode.materials.indices { electrode.materials[i].tabulate() }
      cell[keyPath: side] = .porous(electrode)
    }
    return cell
  }
}

extension ActiveMaterial {
  fileprivate mutating func tabulate() {
    for function in [
      \Self.diffusivity, \.openCircuitPotential, \.entropicChange,
    ] {
      self[keyPath: function] = self[keyPath: function].tabulated(over: 0...1)
    }
    exchangeCurrent = exchangeCurrent.tabulated()
    if var hysteresis {
      hysteresis.filling = hysteresis.filling.tabulated(over: 0...1)
      hysteresis.emptying = hysteresis.emptying.tabulated(over: 0...1)
      self.hysteresis = hysteresis
    }
  }
}
