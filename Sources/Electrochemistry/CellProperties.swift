import Integration

/// What follows from the parameters of a cell alone.
extension Cell {
  /// Charge in A·h that an electrode takes up between the stoichiometry limits of its materials.
  public func capacity(of electrode: Electrode) -> Double {
    let ions = electrode.materials.reduce(0) { sum, material in
      sum + material.volumeFraction * material.maximumConcentration
        * (material.maximumStoichiometry - material.minimumStoichiometry)
    }
    return Constants.faraday * electrodeArea * electrode.thickness * ions / 3600
  }

  /// Charge in A·h between 0 and 100 % state of charge: that of the smaller porous electrode; nil between two foils.
  public var capacity: Double? { [negative, positive].compactMap(\.porous).map(capacity).min() }

  /// N/P: what the negative electrode takes up between its stoichiometry limits over what the positive does; nil without
  /// two porous electrodes. Where it is 1, the limits at 0 and at 100 % state of charge hold the same amount of ions.
  public var capacityRatio: Double? {
    guard let negative = negative.porous, let positive = positive.porous else { return nil }
    return capacity(of: negative) / capacity(of: positive)
  }

  /// Open-circuit voltage in V at the initial temperature.
  /// - Parameter stateOfCharge: 0 to 1.
  public func openCircuitVoltage(atStateOfCharge stateOfCharge: Double) -> Double {
    potential(of: positive, filling: 1 - stateOfCharge) - potential(of: negative, filling: stateOfCharge)
  }

  /// The state of charge, 0 to 1, at an open-circuit voltage in V; nil where the voltage is not reached between them.
  public func stateOfCharge(atOpenCircuitVoltage voltage: Double) -> Double? {
    // The voltage rises with the state of charge: bisection to the last digit.
    var (low, high) = (0.0, 1.0)
    guard openCircuitVoltage(atStateOfCharge: low) <= voltage, voltage <= openCircuitVoltage(atStateOfCharge: high)
    else { return nil }
    while true {
      let middle = (low + high) / 2
      guard middle > low && middle < high else { return middle }
      if openCircuitVoltage(atStateOfCharge: middle) < voltage { low = middle } else { high = middle }
    }
  }

  /// The state of charge nearest to the given one at which the open-circuit voltage lies inside the voltage window: no
  /// cell stands charged beyond its cut-off, though the stoichiometry limits of its file, being rounded, may say so.
  public func stateOfChargeInsideWindow(nearestTo stateOfCharge: Double) -> Double {
    let voltage = openCircuitVoltage(atStateOfCharge: stateOfCharge)
    guard !voltageWindow.contains(voltage) else { return stateOfCharge }
    let cutoff = voltage > voltageWindow.upperBound ? voltageWindow.upperBound : voltageWindow.lowerBound
    return self.stateOfCharge(atOpenCircuitVoltage: cutoff) ?? stateOfCharge
  }

  private func potential(of side: Side, filling: Double) -> Double {
    // A metal is the zero of potentials.
    side.porous.map { rest(of: $0, filling: filling).potential } ?? 0
  }

  /// A rested electrode at the initial temperature: its potential in V against the ion's metal and the stoichiometry of each
  /// material. The materials hold together what they hold at this filling between their own limits, and share the potential.
  /// - Parameter filling: 0 (emptied) to 1 (filled).
  func rest(of electrode: Electrode, filling: Double) -> (potential: Double, stoichiometries: [Double]) {
    let materials = electrode.materials
    let first = materials[0]
    let onLimits = materials.map { $0.stoichiometry(filling: filling) }
    let potentials = zip(materials, onLimits).map { restPotential(of: $0, stoichiometry: $1) }
    // A lattice host may have the same potential at several stoichiometries: its particles start where they are told to.
    if potentials.allSatisfy({ $0 == potentials[0] }) || materials.contains(where: { $0.latticePotential != nil }) {
      return (potentials[0], onLimits)
    }

    // The content falls as the potential rises: bisection in the potential, and in each stoichiometry for it.
    func stoichiometry(of material: ActiveMaterial, at potential: Double) -> Double {
      var (low, high) = (0.0, 1.0)
      while true {
        let middle = (low + high) / 2
        guard middle > low && middle < high else { return middle }
        if restPotential(of: material, stoichiometry: middle) > potential { low = middle } else { high = middle }
      }
    }
    func content(_ stoichiometries: [Double]) -> Double {
      zip(materials, stoichiometries).reduce(0) { $0 + $1.0.volumeFraction * $1.0.maximumConcentration * $1.1 }
    }
    let wanted = content(onLimits)
    var (low, high) = (potentials.min()!, potentials.max()!)
    while true {
      let middle = (low + high) / 2
      let shared = materials.map { stoichiometry(of: $0, at: middle) }
      guard middle > low && middle < high else {
        return (restPotential(of: first, stoichiometry: shared[0]), shared)
      }
      if content(shared) > wanted { low = middle } else { high = middle }
    }
  }

  /// Open-circuit potential of a material in V at the initial temperature, on the curve that its initial hysteresis state says.
  private func restPotential(of material: ActiveMaterial, stoichiometry x: Double) -> Double {
    material.equilibriumPotential(
      x, hysteresisState: material.hysteresis?.initialState ?? 0, temperature: initialTemperature,
      rise: initialTemperature - referenceTemperature)
  }

  /// Mean open-circuit voltage in V over the state of charge.
  public var meanOpenCircuitVoltage: Double {
    let count = 1000
    let sum = (0..<count).reduce(0.0) {
      $0 + openCircuitVoltage(atStateOfCharge: (Double($1) + 0.5) / Double(count))
    }
    return sum / Double(count)
  }

  // MARK: time constants and limits, at the initial temperature

  /// R²/D in s: the time in which the ion diffuses through a particle, at half filling.
  public func diffusionTime(of material: ActiveMaterial) -> Double {
    material.radius * material.radius / diffusivity(of: material)
  }

  /// F c_max V/(A j₀) in s: the time in which the exchange current would fill a particle, at half filling.
  public func reactionTime(of material: ActiveMaterial) -> Double {
    Constants.faraday * material.maximumConcentration
      / (material.surfacePerVolume(radius: material.radius)
        * exchangeCurrentDensity(of: material, temperature: initialTemperature))
  }

  /// RT/(F Σ a j₀ L) in Ω m²: the resistance of the reaction per electrode area to a small current, at half filling.
  public func chargeTransferResistance(of electrode: Electrode) -> Double {
    let exchange = electrode.materials.reduce(0) {
      $0 + $1.surfaceAreaPerVolume * electrode.thickness
        * exchangeCurrentDensity(of: $1, temperature: initialTemperature)
    }
    return Constants.gas * initialTemperature / (Constants.faraday * exchange)
  }

  /// εL²/Dₑᶠᶠ in s: the time in which salt diffuses through an electrode.
  public func electrolyteTime(of electrode: Electrode) -> Double {
    electrode.porosity * electrode.thickness * electrode.thickness
      / (electrolyteDiffusivity * electrode.transportEfficiency)
  }

  /// Current in A at which the surface of a material, half filled, becomes full or empty in the steady state: the mean and
  /// the surface of a particle differ by j R/((s + 2) F D c_max).
  public func diffusionLimitedCurrent(of material: ActiveMaterial, in electrode: Electrode) -> Double {
    let x = material.stoichiometry(filling: 0.5)
    let surfaceCurrent =
      (material.shape.factor + 2) * Constants.faraday * diffusivity(of: material) * material.maximumConcentration
      * min(x, 1 - x) / material.radius
    return surfaceCurrent * material.surfaceAreaPerVolume * electrode.thickness * electrodeArea
  }

  /// Current in A at which the salt runs out at one end of the cell in the steady state, for a uniform reaction in the
  /// electrodes and the transport properties at the initial concentration; nil without a separator.
  public var electrolyteLimitedCurrent: Double? {
    guard let separator else { return nil }
    // Integrates dc/dz = −(1 − t₊) iₑ/(F D) for unit current over slices, keeping the salt: the profile is that of the
    // initial concentration plus the current times this shape.
    let regions = [
      (negative.porous?.thickness ?? 0, negative.porous?.porosity ?? 1, negative.porous?.transportEfficiency ?? 1),
      (separator.thickness, separator.porosity, separator.transportEfficiency),
      (positive.porous?.thickness ?? 0, positive.porous?.porosity ?? 1, positive.porous?.transportEfficiency ?? 1),
    ]
    let slices = 400
    var shape = 0.0
    var (lowest, highest, salt, pores) = (0.0, 0.0, 0.0, 0.0)
    for (index, (thickness, porosity, efficiency)) in regions.enumerated() where thickness > 0 {
      let width = thickness / Double(slices)
      for k in 0..<slices {
        let position = (Double(k) + 0.5) / Double(slices)
        let ionicCurrent = index == 0 ? position : index == 2 ? 1 - position : 1
        let slope =
          -(1 - electrolyte.transferenceNumber) * ionicCurrent
          / (Constants.faraday * electrolyteDiffusivity * efficiency)
        salt += porosity * width * (shape + 0.5 * slope * width)
        shape += slope * width
        pores += porosity * width
        lowest = min(lowest, shape)
        highest = max(highest, shape)
      }
    }
    let mean = salt / pores
    return electrodeArea * electrolyte.initialConcentration / max(mean - lowest, highest - mean)
  }

  private var electrolyteDiffusivity: Double {
    let memory = PlainMemory()
    defer { extendLifetime(memory) }
    return ElectrolytePropertyAtTemperature(
      ElectrolyteView.Property(electrolyte.diffusivity, in: memory), initialTemperature, referenceTemperature)(
        electrolyte.initialConcentration)
  }

  private func diffusivity(of material: ActiveMaterial) -> Double {
    material.diffusivity(material.stoichiometry(filling: 0.5))
      * arrhenius(
        activationEnergy: material.diffusivityActivationEnergy, temperature: initialTemperature,
        reference: referenceTemperature)
  }

  /// j₀ in A/m² at half filling and the initial concentration of the electrolyte.
  /// - Parameter temperature: in K.
  public func exchangeCurrentDensity(of material: ActiveMaterial, temperature: Double) -> Double {
    let x = material.stoichiometry(filling: 0.5)
    let factor = arrhenius(
      activationEnergy: material.reactionRateActivationEnergy, temperature: temperature,
      reference: referenceTemperature)
    let potential = material.equilibriumPotential(
      x, hysteresisState: material.hysteresis?.initialState ?? 0, temperature: temperature,
      rise: temperature - referenceTemperature)
    let memory = PlainMemory()
    defer { extendLifetime(memory) }
    return factor
      * ExchangeCurrentView(material, initialConcentration: electrolyte.initialConcentration, in: memory)(
        stoichiometry: x, concentrationRatio: 1, potential: potential,
        thermalVoltage: Constants.gas * temperature / Constants.faraday)
  }
}
