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

  /// Charge in A·h between 0 and 100 % state of charge: that of the smaller electrode.
  public var capacity: Double { min(capacity(of: negative), capacity(of: positive)) }

  /// Open-circuit voltage in V at the initial temperature.
  /// - Parameter stateOfCharge: 0 to 1.
  public func openCircuitVoltage(atStateOfCharge stateOfCharge: Double) -> Double {
    potential(of: positive, filling: 1 - stateOfCharge) - potential(of: negative, filling: stateOfCharge)
  }

  /// The state of charge at which the cell has this open-circuit voltage in V at the initial temperature; nil where no
  /// state of charge has.
  public func stateOfCharge(atOpenCircuitVoltage voltage: Double) -> Double? {
    guard voltage >= openCircuitVoltage(atStateOfCharge: 0), voltage <= openCircuitVoltage(atStateOfCharge: 1) else {
      return nil
    }
    var (low, high) = (0.0, 1.0)
    while true {
      let middle = (low + high) / 2
      guard middle > low && middle < high else { return middle }
      if openCircuitVoltage(atStateOfCharge: middle) < voltage { low = middle } else { high = middle }
    }
  }

  /// The state of charge nearest to the given one at which the open-circuit voltage lies inside the voltage window: no
  /// cell stands charged beyond its cut-off, though the stoichiometry limits of its file, being rounded, may say so.
  /// A blend keeps the given one: its materials share a potential only in equilibrium, which these limits are not.
  public func stateOfChargeInsideWindow(nearestTo stateOfCharge: Double) -> Double {
    guard negative.materials.count == 1, positive.materials.count == 1 else { return stateOfCharge }
    let voltage = openCircuitVoltage(atStateOfCharge: stateOfCharge)
    guard !voltageWindow.contains(voltage) else { return stateOfCharge }
    let cutoff = voltage > voltageWindow.upperBound ? voltageWindow.upperBound : voltageWindow.lowerBound
    // The voltage rises with the state of charge; bisection between the given one and the other end.
    var (low, high) = voltage > cutoff ? (0, stateOfCharge) : (stateOfCharge, 1)
    while true {
      let middle = (low + high) / 2
      guard middle > low && middle < high else { return middle }
      if openCircuitVoltage(atStateOfCharge: middle) < cutoff { low = middle } else { high = middle }
    }
  }

  private func potential(of electrode: Electrode, filling: Double) -> Double {
    // The first material speaks for a blend, whose materials are at one potential only in equilibrium.
    let material = electrode.materials[0]
    let x =
      material.minimumStoichiometry
      + filling * (material.maximumStoichiometry - material.minimumStoichiometry)
    return material.openCircuitPotential(x)
      + (initialTemperature - referenceTemperature) * material.entropicChange(x)
  }

  /// R²/D in s: the time in which the ion diffuses through a particle, at half filling and the initial temperature.
  public func diffusionTime(of material: ActiveMaterial) -> Double {
    let x = (material.minimumStoichiometry + material.maximumStoichiometry) / 2
    let diffusivity =
      material.diffusivity(x)
      * arrhenius(
        activationEnergy: material.diffusivityActivationEnergy, temperature: initialTemperature,
        reference: referenceTemperature)
    return material.radius * material.radius / diffusivity
  }

  /// εL²/Dₑᶠᶠ in s: the time in which salt diffuses through an electrode.
  public func electrolyteTime(of electrode: Electrode) -> Double {
    let diffusivity =
      electrolyte.diffusivity(electrolyte.initialConcentration)
      * arrhenius(
        activationEnergy: electrolyte.diffusivityActivationEnergy, temperature: initialTemperature,
        reference: referenceTemperature)
    return electrode.porosity * electrode.thickness * electrode.thickness
      / (diffusivity * electrode.transportEfficiency)
  }
}
