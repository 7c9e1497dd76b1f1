import ArgumentParser
import Electrochemistry

/// `spinodal info`: a cell in the numbers of a battery person.
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what follows from the parameters of a cell: capacities, balancing, voltage, time constants.",
    discussion: """
      Example:
        spinodal info cells/lg-m50.json
      """)

  @OptionGroup var cellOptions: CellOptions

  mutating func run() throws {
    let cell = try cellOptions.load().cell
    print(cell.title)
    let capacity = cell.capacity
    let meanVoltage = meanOpenCircuitVoltage(of: cell)
    var rows: [[String]] = []
    func row(_ name: String, _ value: Double, _ decimals: Int, _ unit: String) {
      rows.append([name, "\(fixed(value, decimals)) \(unit)"])
    }
    row("nominal capacity", cell.nominalCapacity, 4, "A·h")
    row("capacity between 0 and 100 % state of charge", capacity, 4, "A·h")
    row("negative electrode", cell.capacity(of: cell.negative), 4, "A·h")
    row("positive electrode", cell.capacity(of: cell.positive), 4, "A·h")
    row("N/P ratio", cell.capacity(of: cell.negative) / cell.capacity(of: cell.positive), 3, "")
    row("areal capacity", capacity / cell.electrodeArea / 10, 3, "mA·h/cm²")
    row("electrode area", cell.electrodeArea * 1e4, 1, "cm²")
    row("lower cut-off", cell.voltageWindow.lowerBound, 3, "V")
    row("upper cut-off", cell.voltageWindow.upperBound, 3, "V")
    row("mean open-circuit voltage", meanVoltage, 3, "V")
    row("energy at open circuit", meanVoltage * capacity, 2, "W·h")
    if let mass = cell.mass { row("specific energy", meanVoltage * capacity / mass, 1, "W·h/kg") }
    if let volume = cell.volume { row("energy density", meanVoltage * capacity / volume / 1e3, 1, "W·h/L") }
    for (name, electrode) in [("negative", cell.negative), ("positive", cell.positive)] {
      for material in electrode.materials {
        let label = material.name.isEmpty ? name : "\(name), \(material.name)"
        rows.append([
          "\(label): diffusion through a particle, R²/D", duration(cell.diffusionTime(of: material)),
        ])
      }
      rows.append([
        "\(name): salt diffusion through the electrode", duration(cell.electrolyteTime(of: electrode)),
      ])
    }
    print(table(rows))

    print("\nopen-circuit voltage")
    let charges = [0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100]
    var curve = [["SOC/%", "V/V"]]
    for percent in charges {
      curve.append(["\(percent)", fixed(cell.openCircuitVoltage(atStateOfCharge: Double(percent) / 100), 4)])
    }
    print(table(curve))
  }

  /// The mean over the state of charge, by the midpoint rule.
  private func meanOpenCircuitVoltage(of cell: Cell) -> Double {
    let count = 1000
    let sum = (0..<count).reduce(0.0) {
      $0 + cell.openCircuitVoltage(atStateOfCharge: (Double($1) + 0.5) / Double(count))
    }
    return sum / Double(count)
  }
}
