import Cycling
import Electrochemistry

/// What `spinodal info` says of a host that can split into phases and of its reaction, at one temperature.
struct MaterialReport {
  private let cell: Cell
  private let material: ActiveMaterial
  private let temperature: Double
  /// Without coherency, and with it where the stress decides about the phases.
  private let diagrams: [(name: String, diagram: PhaseDiagram)]
  private let decomposition: SpinodalDecomposition?
  private let facet: FacetStability?
  private let critical: FacetStability.CriticalCurrent?
  private let strain: StrainEffects?

  init(_ cell: Cell, _ material: ActiveMaterial, temperature: Double) {
    self.cell = cell
    self.material = material
    self.temperature = temperature
    let reference = cell.referenceTemperature
    let energy = material.phaseCoherencyEnergy
    diagrams =
      Self.hasPhases(material)
      ? (energy > 0 ? [("incoherent", 0), ("coherent", energy)] : [("incoherent", 0)]).map {
        (
          $0,
          PhaseDiagram(material, temperature: temperature, referenceTemperature: reference, stiffness: $1)
        )
      } : []
    decomposition = diagrams.last.flatMap {
      SpinodalDecomposition(material, $0.diagram, referenceTemperature: reference)
    }
    facet = FacetStability(
      material, temperature: temperature, referenceTemperature: reference,
      initialConcentration: cell.electrolyte.initialConcentration)
    critical = facet?.criticalCurrent()
    strain = StrainEffects(material, temperature: temperature, referenceTemperature: reference)
  }

  /// Whether a material has a free energy or a phase field.
  static func hasPhases(_ material: ActiveMaterial) -> Bool {
    material.hysteresis == nil && (material.latticePotential != nil || material.transport.gradientEnergy != nil)
  }

  /// Waves across the particle, the one along the facet of a platelet first.
  private var modes: [(name: String, text: String, wavenumber: Double)] {
    var modes: [(name: String, text: String, wavenumber: Double)] = []
    if case .allenCahn(let model) = material.transport {
      modes.append(("facet", "along the facet", .pi / model.length))
    }
    for mode in ParticleMode.allCases where mode.shape == material.shape {
      modes.append((mode.name, mode.text, mode.eigenvalue / material.radius))
    }
    return modes
  }

  /// Why there is no coherent diagram of a material that strain could keep together, or what a switch makes of it.
  private var coherencyNote: String? {
    guard let mechanics = material.mechanics, !diagrams.isEmpty else { return nil }
    if material.coherencyEnergy == 0 {
      return "the molar volume is 0 at half filling, where a coherent diagram is made"
    }
    if material.phaseCoherencyEnergy == 0 {
      return mechanics.actsOnReaction
        ? "the stress moves no ions inside: the phases are those without strain, and it shifts the potential alone"
        : "the stress does not move the ions: the phases are those without strain"
    }
    if !mechanics.actsOnReaction {
      return "the reaction does not feel the stress: what is measured is without what it adds at the surface"
    }
    return strain.flatMap { strain in
      strain.faceStrain.map {
        let shift = significant(strain.potentialPerBending * $0 * 1e3, 4)
        return "potentials are those of the middle plane: \(shift) mV are to be added at the stretched face, and taken "
          + "away at the pressed one"
      }
    }
  }

  private func diagram(stiffness: Double) -> PhaseDiagram {
    PhaseDiagram(
      material, temperature: temperature, referenceTemperature: cell.referenceTemperature, stiffness: stiffness)
  }

  private func stiffness(of name: String, gradientEnergy: Double, wavenumber: Double) -> Double {
    (name == "coherent" ? material.phaseCoherencyEnergy : 0)
      + material.maximumConcentration * gradientEnergy * wavenumber * wavenumber
  }

  // MARK: numbers for programs

  func json(overpotentials: [Double], rates: [Double]) -> JSONValue {
    var group: [String: JSONValue] = [
      "temperature_K": .number(temperature), "reaction": reaction(overpotentials: overpotentials),
    ]
    for (name, diagram) in diagrams { group[name] = json(diagram, named: name) }
    if let coherencyNote { group["coherency_note"] = .text(coherencyNote) }
    if let strain { group["mechanics"] = strain.json }
    if let decomposition {
      group["spinodal_decomposition"] = [
        "stoichiometry": .number(decomposition.composition),
        "fastest_wavelength_m": .number(decomposition.wavelength),
        "shortest_wavelength_m": .number(decomposition.shortestWavelength),
        "growth_rate_1_s": .number(decomposition.growthRate),
      ]
    }
    if let facet {
      group["suppression"] = [
        "critical_C_rate": JSONValue(critical?.rate),
        "critical_current_density_A_m2": JSONValue(critical?.currentDensity),
        "critical_current_over_prefactor": JSONValue(
          critical.flatMap { critical in prefactor.map { critical.currentDensity / $0 } }),
        "critical_stoichiometry": JSONValue(critical?.composition),
        "unstable": .list(
          rates.map { rate in
            [
              "C_rate": .number(rate), "current_density_A_m2": .number(-facet.currentDensity(rate: rate)),
              "stoichiometries": .list(facet.unstableRanges(rate: rate).map(json)),
            ]
          }),
      ]
    }
    return .group(group)
  }

  private func json(_ diagram: PhaseDiagram, named name: String) -> JSONValue {
    var group: [String: JSONValue] = [
      "critical_temperature_K": JSONValue(diagram.criticalTemperature),
      "most_unstable_stoichiometry": .number(diagram.mostUnstableComposition),
      "smallest_curvature_J_mol": .number(diagram.smallestCurvature),
      "interaction_parameter": .number(diagram.interactionParameter),
      "voltage_gap_V": .number(diagram.voltageGap),
      "gaps": .list(diagram.gaps.map(json)),
    ]
    if let gradientEnergy = material.transport.gradientEnergy {
      group["stability_length_m"] = JSONValue(diagram.stabilityLength(gradientEnergy: gradientEnergy))
      var sizes: [String: JSONValue] = [:]
      for mode in ParticleMode.allCases {
        sizes["\(mode.name)_m"] = JSONValue(diagram.criticalSize(mode, gradientEnergy: gradientEnergy))
      }
      group["critical_size"] = .group(sizes)
      group["own_size"] = .list(
        modes.map { mode in
          let own = self.diagram(
            stiffness: stiffness(of: name, gradientEnergy: gradientEnergy, wavenumber: mode.wavenumber))
          return [
            "mode": .text(mode.name), "wavenumber_1_m": .number(mode.wavenumber),
            "interaction_parameter": .number(own.interactionParameter),
            "spinodals": .list(own.gaps.flatMap(\.spinodals).map(json)),
            "voltage_gap_V": .number(own.voltageGap),
            "voltage_gaps_V": .list(own.gaps.map { .number($0.voltageGap) }),
          ]
        })
    }
    return .group(group)
  }

  private func json(_ gap: MiscibilityGap) -> JSONValue {
    var group: [String: JSONValue] = [
      "binodal": json(gap.binodal),
      "spinodals": .list(gap.spinodals.map(json)),
      "plateau_potential_V": .number(gap.plateauPotential),
      "spinodal_potentials_V": [.number(gap.spinodalPotentials.filling), .number(gap.spinodalPotentials.emptying)],
      "overshoots_V": [.number(gap.overshoot.filling), .number(gap.overshoot.emptying)],
      "voltage_gap_V": .number(gap.voltageGap),
      "barrier_J_m3": .number(gap.barrier),
      "barrier_over_RT_cmax": .number(gap.relativeBarrier),
    ]
    if let standard = material.latticePotential {
      group["plateau_mu_over_RT"] = .number(
        (standard - gap.plateauPotential) * Constants.faraday / (Constants.gas * temperature))
    }
    if let interface = gap.interface {
      var interfaceGroup: [String: JSONValue] = [
        "energy_J_m2": .number(interface.energy), "width_10_90_m": .number(interface.width),
        "width_largest_slope_m": .number(interface.widthOfLargestSlope),
        "decay_lengths_m": [.number(interface.decayLengths.low), .number(interface.decayLengths.high)],
        "wetting_limit_full_J_m2": .number(interface.wettingLimits.full),
        "wetting_limit_empty_J_m2": .number(interface.wettingLimits.empty),
      ]
      if let surface = interface.wettedSurface {
        interfaceGroup["wetted_stoichiometry"] = .number(surface.stoichiometry)
      }
      group["interface"] = .group(interfaceGroup)
    }
    return .group(group)
  }

  private func json(_ range: ClosedRange<Double>) -> JSONValue {
    [.number(range.lowerBound), .number(range.upperBound)]
  }

  private func reaction(overpotentials: [Double]) -> JSONValue {
    let law = material.rateLaw
    let exchange = cell.exchangeCurrentDensity(of: material, temperature: temperature)
    return [
      "law": .text(law.name),
      "exchange_current_density_A_m2": .number(exchange),
      "exchange_current_factor": .number(material.reactionRateFactor(temperature, cell.referenceTemperature)),
      "diffusivity_factor": .number(material.diffusivityFactor(temperature, cell.referenceTemperature)),
      "charge_transfer_resistance_Ohm_m2": .number(thermalVoltage / (exchange * law.conductance)),
      "limit_over_exchange": JSONValue(law.limit),
      "currents": .list(
        overpotentials.map {
          [
            "overpotential_V": .number($0),
            "current_over_exchange": .number(law($0 / thermalVoltage, siteRatio: siteRatio)),
          ]
        }),
      "overpotentials": .list(
        [0.001, 0.01, 0.1, 1, 10, 100, 1000].map {
          [
            "current_over_exchange": .number($0),
            "overpotential_V": JSONValue(law.driving($0, siteRatio: siteRatio).map { $0 * thermalVoltage }),
          ]
        }),
    ]
  }

  private var thermalVoltage: Double { Constants.gas * temperature / Constants.faraday }

  /// aₑ/x at half filling.
  private var siteRatio: Double {
    cell.electrolyte.initialConcentration / ExchangeCurrent.standardConcentration
      / material.stoichiometry(filling: 0.5)
  }

  /// i₀ in A/m² of the laws that have one number for it.
  private var prefactor: Double? {
    switch material.exchangeCurrent {
    case .symmetric(let i0), .excludedSite(let i0):
      i0 * material.reactionRateFactor(temperature, cell.referenceTemperature)
    case .stated, .rateConstant: nil
    }
  }

  // MARK: numbers for people

  /// - Parameter label: of the material.
  func text(label: String, overpotentials: [Double], rates: [Double]) -> String {
    let celsius = fixed(temperature - Constants.zeroCelsius, 1)
    var parts: [String] = []
    if !diagrams.isEmpty {
      parts.append("\(label): phases at \(celsius) °C")
      parts.append(table(phaseRows))
      if let coherencyNote { parts.append("note: \(coherencyNote)") }
    }
    if decomposition != nil || facet != nil { parts.append(table(stabilityRows(rates: rates))) }
    if let strain {
      parts.append(
        "\(label): strain at \(celsius) °C"
          + (strain.changesWithComposition ? ", with E and Ω at half filling except in uniform particles" : ""))
      parts.append(table(strain.rows))
    }
    parts.append("\(label): current over exchange current at \(celsius) °C, \(material.rateLaw.name)")
    parts.append(
      table(
        [["overpotential/mV", "j/j₀"]]
          + overpotentials.map {
            [
              fixed($0 * 1e3, 1), significant(material.rateLaw($0 / thermalVoltage, siteRatio: siteRatio), 6),
            ]
          }))
    return parts.joined(separator: "\n")
  }

  private var phaseRows: [[String]] {
    var rows = diagrams.count > 1 ? [[""] + diagrams.map(\.name)] : []
    func row(_ name: String, _ value: (PhaseDiagram) -> String?) {
      rows.append([name] + diagrams.map { value($0.diagram) ?? "none" })
    }
    row("critical temperature") { $0.criticalTemperature.map { "\(significant($0, 5)) K" } }
    row("χ at the most unstable stoichiometry") {
      "\(significant($0.interactionParameter, 5)) at \(significant($0.mostUnstableComposition, 3))"
    }
    let count = diagrams.map(\.diagram.gaps.count).max()!
    if count == 0 { row("miscibility gap") { _ in nil } }
    for i in 0..<count {
      func ofGap(_ name: String, _ value: (MiscibilityGap) -> String?) {
        row(count > 1 ? "gap \(i + 1): \(name)" : name) { i < $0.gaps.count ? value($0.gaps[i]) : nil }
      }
      ofGap("phases (binodal)") { span($0.binodal) }
      ofGap("unstable (spinodal)") { $0.spinodals.map(span).joined(separator: ", ") }
      ofGap("plateau") { "\(fixed($0.plateauPotential, 4)) V" }
      ofGap("unstable on filling at, on emptying at") {
        "\(fixed($0.spinodalPotentials.filling, 4)) V, \(fixed($0.spinodalPotentials.emptying, 4)) V"
      }
      ofGap("voltage gap between the spinodal points") { "\(significant($0.voltageGap * 1e3, 4)) mV" }
      ofGap("barrier") {
        "\(significant($0.barrier / 1e6, 4)) MJ/m³ (\(significant($0.relativeBarrier, 4)) RT c_max)"
      }
      guard material.transport.gradientEnergy != nil else { continue }
      if diagrams.contains(where: { $0.diagram.gaps.contains { $0.interface?.wettedSurface != nil } }) {
        ofGap("wetted surface beside its phase") { $0.interface?.wettedSurface.map { fromTop($0.stoichiometry) } }
      }
      ofGap("interface energy") { $0.interface.map { "\(significant($0.energy * 1e3, 4)) mJ/m²" } }
      ofGap("interface width, 10 to 90 %") { $0.interface.map { nanometres($0.width) } }
      ofGap("interface width by its largest slope") { $0.interface.map { nanometres($0.widthOfLargestSlope) } }
      ofGap("decay into the emptier, the fuller phase") {
        $0.interface.map { "\(nanometres($0.decayLengths.low)), \(nanometres($0.decayLengths.high))" }
      }
      ofGap("wetting that fills, that empties a surface") {
        $0.interface.map {
          "\(significant($0.wettingLimits.full * 1e3, 4)), \(significant(-$0.wettingLimits.empty * 1e3, 4)) mJ/m²"
        }
      }
    }
    guard let gradientEnergy = material.transport.gradientEnergy else { return rows }
    for mode in ParticleMode.allCases {
      row("no unmixing below: \(mode.text)") {
        $0.criticalSize(mode, gradientEnergy: gradientEnergy).map(nanometres)
      }
    }
    for mode in modes {
      let cells = diagrams.map { name, _ in
        diagram(stiffness: stiffness(of: name, gradientEnergy: gradientEnergy, wavenumber: mode.wavenumber)).gaps
          .flatMap(\.spinodals).map(span).joined(separator: ", ")
      }
      rows.append(["unstable at this size: \(mode.text)"] + cells.map { $0.isEmpty ? "none" : $0 })
    }
    return rows
  }

  private func stabilityRows(rates: [Double]) -> [[String]] {
    var rows: [[String]] = []
    if let decomposition {
      rows.append(["wave that grows fastest", nanometres(decomposition.wavelength)])
      rows.append(["its growth rate", "\(significant(decomposition.growthRate, 4)) 1/s"])
    }
    guard let facet else { return rows }
    rows.append([
      "filling that suppresses unmixing",
      critical.map { "\(significant($0.rate, 4)) C  (\(significant($0.currentDensity, 4)) A/m²)" } ?? "none",
    ])
    for rate in rates {
      let ranges = facet.unstableRanges(rate: rate).map(span).joined(separator: ", ")
      rows.append(["unstable at \(significant(rate, 3)) C", ranges.isEmpty ? "none" : ranges])
    }
    return rows
  }

  private func nanometres(_ length: Double) -> String { "\(significant(length * 1e9, 4)) nm" }

  private func span(_ range: ClosedRange<Double>) -> String {
    "\(significant(range.lowerBound, 4)) … \(fromTop(range.upperBound))"
  }

  /// A stoichiometry near 1 with the digits of what is missing to it.
  private func fromTop(_ x: Double) -> String {
    1 - x < 1e-4 ? "1 - \(significant(1 - x, 2))" : significant(x, 4)
  }
}

extension ParticleMode {
  /// As the key of machine-readable output.
  var name: String {
    switch self {
    case .plate: "plate_thickness"
    case .plateSymmetric: "plate_symmetric_thickness"
    case .cylinder: "cylinder_diameter"
    case .cylinderAxisymmetric: "cylinder_axisymmetric_diameter"
    case .sphere: "sphere_diameter"
    case .sphereRadial: "sphere_radial_diameter"
    }
  }

  var text: String {
    switch self {
    case .plate: "plate"
    case .plateSymmetric: "plate, both faces alike"
    case .cylinder: "cylinder"
    case .cylinderAxisymmetric: "cylinder, from the axis outwards"
    case .sphere: "sphere"
    case .sphereRadial: "sphere, from the centre outwards"
    }
  }
}

extension RateLaw {
  /// With its parameters.
  var name: String {
    switch self {
    case .transferCoefficients(let anodic, let cathodic):
      "Butler-Volmer, α_a = \(significant(anodic, 4)), α_c = \(significant(cathodic, 4))"
    case .electronTransfer(let transfer): transfer.name
    case .formalElectronTransfer(let transfer): "\(transfer.name), formal overpotential"
    }
  }
}

extension ElectronTransfer {
  fileprivate var name: String {
    let theory =
      switch self.theory {
      case .marcusHushChidsey: "Marcus-Hush-Chidsey"
      case .zeng2014: "Marcus-Hush-Chidsey (Zeng 2014)"
      case .marcus: "Marcus"
      }
    return "\(theory), λ = \(significant(reorganisationEnergy, 4)) RT"
  }
}
