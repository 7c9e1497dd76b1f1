import ArgumentParser
import Cycling
import Electrochemistry

/// `spinodal info`: a cell in the numbers of a battery person.
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract:
      "Show what follows from the parameters of a cell: capacities, balancing, voltage, time constants, phases.",
    discussion: """
      Materials with a free energy or a phase field: binodal, spinodal, plateau, interface, critical sizes and currents,
      and the reaction against the overpotential.

      Example:
        spinodal info cells/lg-m50.json
        spinodal info cells/lg-m50.json --json > lg-m50.info.json
      """)

  @OptionGroup var cellOptions: CellOptions

  @Flag(help: "Print everything as JSON, with all digits, in SI units that the keys state.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Temperatures of the phases and the reaction (default: where the cell starts).", valueName: "K,…"))
  var temperature: NumberList?

  @Option(help: ArgumentHelp("Overpotentials at which the reaction is shown.", valueName: "V,…"))
  var overpotential = NumberList([-0.3, -0.2, -0.1, -0.05, 0.05, 0.1, 0.2, 0.3])

  @Option(
    help: ArgumentHelp(
      "C-rates at which the unstable stoichiometries of Allen-Cahn particles are shown; negative: emptying.",
      valueName: "C,…"))
  var rate = NumberList([0.1, 1, 10])

  mutating func run() throws {
    if let temperatures = temperature?.values, let wrong = temperatures.first(where: { !(150...1500).contains($0) }) {
      throw Failure(
        status: .badInput, message: "--temperature \(wrong): expected kelvin, from 150 to 1500, e.g. 298.15")
    }
    let cell = try cellOptions.load().cell
    var report = CellReport(cell)
    for (name, side) in [("negative", cell.negative), ("positive", cell.positive)] {
      guard let electrode = side.porous else { continue }
      report.add(electrode, name: name, cell)
    }
    if let limit = cell.electrolyteLimitedCurrent {
      report.current("electrolyte_limiting_current_A", "current that exhausts the electrolyte", limit)
    }
    let temperatures = temperature?.values ?? [cell.initialTemperature]

    if json {
      var values = report.values
      for (name, side) in [("negative", cell.negative), ("positive", cell.positive)] {
        guard let electrode = side.porous, var group = report.sides[name] else { continue }
        group["materials"] = .list(
          zip(electrode.materials, report.materials[name] ?? []).map { material, values in
            var values = values
            values["temperatures"] = .list(
              temperatures.map {
                MaterialReport(cell, material, temperature: $0).json(
                  overpotentials: overpotential.values, rates: rate.values)
              })
            return .group(values)
          })
        values[name] = .group(group)
      }
      if cell.capacity != nil {
        values["open_circuit"] = .list(
          (0...100).map {
            [
              "state_of_charge": .number(Double($0) / 100),
              "voltage_V": .number(cell.openCircuitVoltage(atStateOfCharge: Double($0) / 100)),
            ]
          })
      }
      print(JSONValue.group(values).text)
    } else {
      print(cell.title)
      print(kind(of: cell))
      print(table(report.rows))
    }
    if let ratio = cell.capacityRatio, abs(ratio - 1) > Self.balanced {
      complain(
        "warning: the negative electrode takes up \(fixed(abs(ratio - 1) * 100, 1)) % \(ratio < 1 ? "less" : "more") "
          + "between its stoichiometry limits than the positive: the limits at 0 % and at 100 % do not hold the same "
          + "amount of ions, so that a discharge from 100 % does not end at those of 0 %")
    }
    guard !json else { return }

    for (name, side) in [("negative", cell.negative), ("positive", cell.positive)] {
      guard let electrode = side.porous else { continue }
      for material in electrode.materials
      where material.isEndOfSizes(of: electrode)
        && (MaterialReport.hasPhases(material) || material.rateLaw != .butlerVolmer || material.mechanics != nil)
      {
        for temperature in temperatures {
          let report = MaterialReport(cell, material, temperature: temperature)
          print(
            "\n"
              + report.text(
                label: material.label(of: electrode, name), overpotentials: overpotential.values, rates: rate.values))
        }
      }
    }

    guard cell.capacity != nil else { return }
    print("\nopen-circuit voltage")
    let charges = [0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100]
    var curve = [["SOC/%", "V/V"]]
    for percent in charges {
      curve.append(["\(percent)", fixed(cell.openCircuitVoltage(atStateOfCharge: Double(percent) / 100), 4)])
    }
    print(table(curve))
  }

  /// How far the N/P ratio between the limits may be from 1: a file with three digits errs by less.
  private static let balanced = 0.01

  private func kind(of cell: Cell) -> String {
    let balance =
      cell.thermal == nil
      ? "at constant temperature, \(fixed(cell.initialTemperature - Constants.zeroCelsius, 1)) °C"
      : "with a heat balance, surroundings at \(fixed(cell.ambientTemperature - Constants.zeroCelsius, 1)) °C"
    let construction =
      switch (cell.negative, cell.positive) {
      case (.reference, _): "single particle against a reference electrode"
      case (.foil, .foil): "symmetric cell of two foils"
      case (.foil, _), (_, .foil): "half cell against a foil"
      default: "full cell"
      }
    return "\(construction), \(balance)"
  }
}

/// Numbers separated by commas.
struct NumberList: ExpressibleByArgument {
  var values: [Double]

  init(_ values: [Double]) { self.values = values }

  init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    let values = numbers.compactMap { $0 }.filter(\.isFinite)
    guard values.count == numbers.count else { return nil }
    self.values = values
  }

  var defaultValueDescription: String { values.map { significant($0, 3) }.joined(separator: ",") }
}

/// The numbers of a cell as a whole and of its electrodes: rows for people, and values under stable keys for programs.
private struct CellReport {
  private(set) var rows: [[String]] = []
  private(set) var values: [String: JSONValue] = [:]
  private(set) var sides: [String: [String: JSONValue]] = [:]
  private(set) var materials: [String: [[String: JSONValue]]] = [:]
  private let scale: CellScale
  private let nominalCapacity: Double

  init(_ cell: Cell) {
    scale = CellScale(nominalCapacity: cell.nominalCapacity)
    nominalCapacity = cell.nominalCapacity
    values["title"] = .text(cell.title)
    values["temperature_K"] = .number(cell.initialTemperature)
    charge("nominal_capacity_Ah", "nominal capacity", cell.nominalCapacity)
    if let capacity = cell.capacity {
      charge("capacity_Ah", "capacity between 0 and 100 % state of charge", capacity)
    }
    if let negative = cell.negative.porous {
      charge(
        "negative_capacity_Ah", "negative electrode between its stoichiometry limits", cell.capacity(of: negative))
    }
    if let positive = cell.positive.porous {
      charge(
        "positive_capacity_Ah", "positive electrode between its stoichiometry limits", cell.capacity(of: positive))
    }
    if let ratio = cell.capacityRatio {
      row("capacity_ratio", "N/P ratio: negative over positive, as above", ratio, "\(fixed(ratio, 3)) ")
    }
    row("electrode_area_m2", "electrode area", cell.electrodeArea, "\(fixed(cell.electrodeArea * 1e4, 1)) cm²")
    if let capacity = cell.capacity {
      let loading = capacity / cell.electrodeArea
      row("areal_loading_Ah_m2", "areal loading", loading, "\(fixed(loading / 10, 3)) mA·h/cm²")
    }
    let (lower, upper) = (cell.voltageWindow.lowerBound, cell.voltageWindow.upperBound)
    row("lower_voltage_cutoff_V", "lower cut-off", lower, "\(fixed(lower, 3)) V")
    row("upper_voltage_cutoff_V", "upper cut-off", upper, "\(fixed(upper, 3)) V")
    if let capacity = cell.capacity {
      let voltage = cell.meanOpenCircuitVoltage
      let energy = voltage * capacity
      row("mean_open_circuit_voltage_V", "mean open-circuit voltage", voltage, "\(fixed(voltage, 3)) V")
      row("energy_Wh", "energy at open circuit", energy, "\(scale.fixed(energy, 2)) \(scale.energy)")
      if let mass = cell.mass {
        row("specific_energy_Wh_kg", "specific energy", energy / mass, "\(fixed(energy / mass, 1)) W·h/kg")
      }
      if let volume = cell.volume {
        row("energy_density_Wh_m3", "energy density", energy / volume, "\(fixed(energy / volume / 1e3, 1)) W·h/L")
      }
    }
  }

  mutating func add(_ electrode: Electrode, name: String, _ cell: Cell) {
    var side: [String: JSONValue] = [:]
    for material in electrode.materials {
      let label = material.label(of: electrode, name)
      let diffusion = cell.diffusionTime(of: material)
      let reaction = cell.reactionTime(of: material)
      let saturation = cell.diffusionLimitedCurrent(of: material, in: electrode)
      let diffuses = material.transport.diffuses
      if diffuses { rows.append(["\(label): diffusion through a particle, R²/D", duration(diffusion)]) }
      rows.append(["\(label): filling by the exchange current", duration(reaction)])
      if diffuses { rows.append(["\(label): current that saturates the surface", shown(current: saturation)]) }
      materials[name, default: []].append([
        "name": .text(material.name), "shape_factor": .number(material.shape.factor),
        "radius_m": .number(material.radius), "volume_fraction": .number(material.volumeFraction),
        "maximum_concentration_mol_m3": .number(material.maximumConcentration),
        "diffusion_time_s": diffuses ? .number(diffusion) : .null, "exchange_filling_time_s": .number(reaction),
        "saturating_current_A": diffuses ? .number(saturation) : .null, "intervals": material.transport.intervals,
      ])
    }
    let resistance = cell.chargeTransferResistance(of: electrode)
    side["charge_transfer_resistance_Ohm_m2"] = .number(resistance)
    rows.append(["\(name): charge-transfer resistance", "\(fixed(resistance * 1e4, 2)) Ω cm²"])
    if cell.separator != nil {
      let time = cell.electrolyteTime(of: electrode)
      side["salt_diffusion_time_s"] = .number(time)
      rows.append(["\(name): salt diffusion through the electrode", duration(time)])
    }
    sides[name] = side
  }

  mutating func current(_ key: String, _ name: String, _ value: Double) {
    row(key, name, value, shown(current: value))
  }

  private mutating func charge(_ key: String, _ name: String, _ value: Double) {
    row(key, name, value, "\(scale.fixed(value, 4)) \(scale.charge)")
  }

  private mutating func row(_ key: String, _ name: String, _ value: Double, _ text: String) {
    values[key] = .number(value)
    rows.append([name, text])
  }

  private func shown(current: Double) -> String {
    "\(scale.fixed(current, 3)) \(scale.current)  (\(fixed(current / nominalCapacity, 2)) C)"
  }
}

extension ActiveMaterial {
  /// The electrode, the name in a blend, and the size where there are several.
  fileprivate func label(of electrode: Electrode, _ side: String) -> String {
    var label = name.isEmpty ? side : "\(side), \(name)"
    if electrode.materials.filter({ $0.name == name }).count > 1 { label += ", \(fixed(radius * 1e9, 0)) nm" }
    return label
  }

  /// Whether this is the smallest or the largest class of the material: what lies between tells people nothing new.
  fileprivate func isEndOfSizes(of electrode: Electrode) -> Bool {
    let radii = electrode.materials.filter { $0.name == name }.map(\.radius)
    return radius == radii.min() || radius == radii.max()
  }
}

extension Transport {
  /// Whether ions move inside the particles.
  fileprivate var diffuses: Bool {
    switch self {
    case .fickian, .cahnHilliard: true
    case .allenCahn, .homogeneous: false
    }
  }

  /// Intervals of a phase field.
  fileprivate var intervals: JSONValue {
    switch self {
    case .cahnHilliard(let model): .integer(model.intervals)
    case .allenCahn(let model): .integer(model.cells)
    case .fickian, .homogeneous: .null
    }
  }
}
