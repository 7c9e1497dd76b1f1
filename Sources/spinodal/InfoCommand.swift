import ArgumentParser
import Electrochemistry

/// `spinodal info`: a cell in the numbers of a battery person.
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Show what follows from the parameters of a cell: capacities, balancing, voltage, time constants.",
    discussion: """
      Example:
        spinodal info cells/lg-m50.json
      """)

  @OptionGroup var cellOptions: CellOptions

  mutating func run() throws {
    let cell = try cellOptions.load().cell
    print(cell.title)
    print(kind(of: cell))
    var rows: [[String]] = []
    func row(_ name: String, _ value: Double, _ decimals: Int, _ unit: String) {
      rows.append([name, "\(fixed(value, decimals)) \(unit)"])
    }
    let scale = CellScale(nominalCapacity: cell.nominalCapacity)
    func charge(_ name: String, _ value: Double) {
      rows.append([name, "\(scale.fixed(value, 4)) \(scale.charge)"])
    }
    func current(_ name: String, _ value: Double) {
      rows.append([name, "\(scale.fixed(value, 3)) \(scale.current)  (\(fixed(value / cell.nominalCapacity, 2)) C)"])
    }
    charge("nominal capacity", cell.nominalCapacity)
    if let capacity = cell.capacity { charge("capacity between 0 and 100 % state of charge", capacity) }
    if let negative = cell.negative.porous {
      charge("negative electrode between its stoichiometry limits", cell.capacity(of: negative))
    }
    if let positive = cell.positive.porous {
      charge("positive electrode between its stoichiometry limits", cell.capacity(of: positive))
    }
    if let ratio = cell.capacityRatio { row("N/P ratio: negative over positive, as above", ratio, 3, "") }
    row("electrode area", cell.electrodeArea * 1e4, 1, "cm²")
    if let capacity = cell.capacity {
      row("areal loading", capacity / cell.electrodeArea / 10, 3, "mA·h/cm²")
    }
    row("lower cut-off", cell.voltageWindow.lowerBound, 3, "V")
    row("upper cut-off", cell.voltageWindow.upperBound, 3, "V")
    if let capacity = cell.capacity {
      let energy = cell.meanOpenCircuitVoltage * capacity
      row("mean open-circuit voltage", cell.meanOpenCircuitVoltage, 3, "V")
      rows.append(["energy at open circuit", "\(scale.fixed(energy, 2)) \(scale.energy)"])
      if let mass = cell.mass { row("specific energy", energy / mass, 1, "W·h/kg") }
      if let volume = cell.volume { row("energy density", energy / volume / 1e3, 1, "W·h/L") }
    }

    for (name, side) in [("negative", cell.negative), ("positive", cell.positive)] {
      guard let electrode = side.porous else { continue }
      for material in electrode.materials {
        var label = material.name.isEmpty ? name : "\(name), \(material.name)"
        if electrode.materials.filter({ $0.name == material.name }).count > 1 {
          label += ", \(fixed(material.radius * 1e9, 0)) nm"
        }
        rows.append(["\(label): diffusion through a particle, R²/D", duration(cell.diffusionTime(of: material))])
        rows.append(["\(label): filling by the exchange current", duration(cell.reactionTime(of: material))])
        current(
          "\(label): current that saturates the surface", cell.diffusionLimitedCurrent(of: material, in: electrode))
      }
      row("\(name): charge-transfer resistance", cell.chargeTransferResistance(of: electrode) * 1e4, 2, "Ω cm²")
      if cell.separator != nil {
        rows.append(["\(name): salt diffusion through the electrode", duration(cell.electrolyteTime(of: electrode))])
      }
    }
    if let limit = cell.electrolyteLimitedCurrent { current("current that exhausts the electrolyte", limit) }
    print(table(rows))
    if let ratio = cell.capacityRatio, abs(ratio - 1) > Self.balanced {
      complain(
        "warning: the negative electrode takes up \(fixed(abs(ratio - 1) * 100, 1)) % \(ratio < 1 ? "less" : "more") "
          + "between its stoichiometry limits than the positive: the limits at 0 % and at 100 % do not hold the same "
          + "amount of ions, so that a discharge from 100 % does not end at those of 0 %")
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
