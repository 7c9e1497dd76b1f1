import Documents

// The section `State`: where a cell starts, its surroundings, and what it has lost since it was new.

extension CellFileReader {
  struct State {
    var stateOfCharge = 1.0
    var referenceTemperature: Double
    var initialTemperature: Double
    var ambientTemperature: Double
    var thermal: ThermalProperties?
    var concentration = 1000.0

    static let standardTemperature = 298.15
  }

  /// The section `State`; in BPX 0.x some of it stands in `Cell` and `Electrolyte`.
  mutating func state(
    _ section: DocumentNode?, cell: DocumentNode, electrolyte: DocumentNode?
  ) throws(DocumentError) -> State {
    try section?.checkKeys(["Initial conditions", "Thermal environment", "Degradation"])
    let initial = section?["Initial conditions"]
    let environment = section?["Thermal environment"]
    let hysteresis = Self.electrodes.map { "Initial hysteresis state: \($0)" }
    try initial?.checkKeys(
      [
        "Initial state-of-charge", "Initial temperature [K]", "Initial electrolyte concentration [mol.m-3]",
      ] + hysteresis)
    for (electrode, key) in zip(Self.electrodes, hysteresis) {
      if let value = initial?[key] { try checkMaterials(value, of: electrode) }
    }
    try environment?.checkKeys(["Ambient temperature [K]", "Heat transfer coefficient [W.m-2.K-1]"])

    var state = State(
      referenceTemperature: try referenceTemperature(),
      initialTemperature: try initialTemperature(),
      ambientTemperature: try ambientTemperature(),
      thermal: try thermal(environment?["Heat transfer coefficient [W.m-2.K-1]"], cell: cell))
    if let stated = initial?["Initial state-of-charge"] {
      state.stateOfCharge = try stated.number(in: 0...1, "a state of charge")
    }
    let salt =
      initial?["Initial electrolyte concentration [mol.m-3]"]
      ?? electrolyte?["Initial concentration [mol.m-3]"]
    if let salt {
      state.concentration = try salt.number(.saltConcentration)
    } else if let electrolyte {
      warnings.append(
        electrolyte.error("no initial electrolyte concentration is stated", advice: "1000 mol/m3 is used"))
    }
    return state
  }

  // The three temperatures, in K.

  func referenceTemperature() throws(DocumentError) -> Double {
    try cellSection?["Reference temperature [K]"]?.temperature() ?? State.standardTemperature
  }

  func ambientTemperature() throws(DocumentError) -> Double {
    let stated =
      file["State"]?["Thermal environment"]?["Ambient temperature [K]"] ?? cellSection?["Ambient temperature [K]"]
    if let stated { return try stated.temperature() }
    return try referenceTemperature()
  }

  func initialTemperature() throws(DocumentError) -> Double {
    let stated =
      file["State"]?["Initial conditions"]?["Initial temperature [K]"] ?? cellSection?["Initial temperature [K]"]
    if let stated { return try stated.temperature() }
    return try ambientTemperature()
  }

  private var cellSection: DocumentNode? { file["Parameterisation"]?["Cell"] }

  static var electrodes: [String] { ["Negative electrode", "Positive electrode"] }

  /// A file that states a heat transfer coefficient asks for a heat balance, for which it then needs four more values.
  private func thermal(
    _ coefficient: DocumentNode?, cell: DocumentNode
  ) throws(DocumentError) -> ThermalProperties? {
    var values: [Double] = []
    let ranges: [(key: String, range: PhysicalRange)] = [
      ("Specific heat capacity [J.K-1.kg-1]", .heatCapacity), ("Density [kg.m-3]", .density),
      ("Volume [m3]", .volume), ("External surface area [m2]", .area),
    ]
    for (key, range) in ranges {
      if let value = try cell[key]?.number(range) {
        values.append(value)
      } else if coefficient != nil {
        throw cell.error(
          "the key '\(key)' is missing", advice: "with a heat transfer coefficient, the heat balance needs it")
      }
    }
    guard let coefficient else { return nil }
    return ThermalProperties(
      heatCapacity: values[0] * values[1] * values[2],
      coolingPower: try coefficient.nonNegativeNumber() * values[3])
  }

  /// A value of the section `State` for an electrode is a number or, in a blend, a group with a number for each
  /// material.
  private func checkMaterials(_ value: DocumentNode, of electrode: String) throws(DocumentError) {
    guard value.isMapping, let blend = file["Parameterisation"]?[electrode]?["Particle"] else {
      _ = try value.number()
      return
    }
    for entry in try value.entries() {
      try entry.keyNode.checkMaterial(entry.name, of: blend)
      _ = try entry.value.number()
    }
  }

  // MARK: Degradation

  /// Takes lost active material and lost ions out of the cell.
  ///
  /// `LAM` is the fraction of an active material that takes no longer part; the rest of its electrode stays as it is.
  /// `LLI` is the fraction of the ions in both electrodes together that is lost, whatever took it. Their amount,
  ///
  ///     n = x Q₋ + y Q₊   with the capacities   Q = A L ε c_max   in mol,
  ///
  /// is the same at every state of charge (n_Li of Mohtat et al., J. Power Sources 427, 101, 2019). The aged cell has
  /// n′ = (1 − LLI) n and Q′ = (1 − LAM) Q. At 100 % and at 0 % state of charge its open-circuit voltage is still that
  /// of the new cell, so that its limits of stoichiometry x′ and y′ solve
  ///
  ///     U₊(y′) − U₋(x′) = U₊(y) − U₋(x),   x′ Q₋′ + y′ Q₊′ = (1 − LLI) (x Q₋ + y Q₊)
  ///
  /// at either end. Where the limits of a file do not balance exactly, each end keeps its own n. A half cell is not
  /// limited by its ions, and a blend has no limits that are common to its materials: there LAM leaves the limits
  /// alone, and LLI is refused.
  func degrade(_ cell: inout Cell, by section: DocumentNode) throws(DocumentError) {
    try section.checkKeys(["LLI"] + Self.electrodes.map { "LAM: \($0)" })
    let new = cell
    cell.negative = try withoutLostMaterial(cell.negative, section, "Negative electrode")
    cell.positive = try withoutLostMaterial(cell.positive, section, "Positive electrode")
    let lostLithium = try section["LLI"]?.lostFraction() ?? 0
    guard lostLithium > 0 || cell != new else { return }
    guard var negative = cell.negative.porous, var positive = cell.positive.porous,
      !isBlend(negative), !isBlend(positive)
    else {
      guard lostLithium > 0, let node = section["LLI"] else { return }
      throw node.error(
        "lost lithium can only be shared out between two porous electrodes of one material each",
        advice: "0 here, and the state of charge and the stoichiometry limits of the aged cell")
    }
    for end in [End.charged, .discharged] {
      guard
        let (x, y) = end.limits(
          of: (negative, positive), new: (new.negative.porous!, new.positive.porous!),
          lostLithium: lostLithium, temperature: cell.referenceTemperature)
      else {
        throw section.error(
          "no stoichiometries between 0 and 1 give the aged cell the open-circuit voltage of the new one at "
            + (end == .charged ? "100 %" : "0 %"),
          advice: (1 - lostLithium) * (new.negative.capacity + new.positive.capacity)
            > cell.negative.capacity + cell.positive.capacity
            ? "lost material takes ions with it, which count in LLI" : "too much is lost")
      }
      for i in negative.materials.indices { negative.materials[i][keyPath: end.negativeLimit] = x }
      for i in positive.materials.indices { positive.materials[i][keyPath: end.positiveLimit] = y }
    }
    cell.negative = .porous(negative)
    cell.positive = .porous(positive)
  }

  private func isBlend(_ electrode: Electrode) -> Bool { Set(electrode.materials.map(\.name)).count > 1 }

  private func withoutLostMaterial(
    _ side: Side, _ section: DocumentNode, _ name: String
  ) throws(DocumentError) -> Side {
    guard let loss = section["LAM: \(name)"] else { return side }
    guard case .porous(var electrode) = side else {
      guard try loss.lostFraction() == 0 else {
        throw loss.error("this side is no porous electrode: it has no active material to lose")
      }
      return side
    }
    try checkMaterials(loss, of: name)
    for i in electrode.materials.indices {
      let own = loss.isMapping ? loss[electrode.materials[i].name] : loss
      electrode.materials[i].volumeFraction *= 1 - (try own?.lostFraction() ?? 0)
    }
    return .porous(electrode)
  }
}

extension DocumentNode {
  /// A fraction that is lost, not all.
  fileprivate func lostFraction() throws(DocumentError) -> Double {
    let value = try number()
    guard value >= 0 && value < 1 else {
      throw error("\(scalar ?? "") is not a lost fraction", advice: "from 0 to less than 1; 5 % is 0.05")
    }
    return value
  }
}

/// An end of the window in which a cell is used, and the limits of stoichiometry there.
private enum End {
  case charged, discharged

  var negativeLimit: WritableKeyPath<ActiveMaterial, Double> {
    self == .charged ? \.maximumStoichiometry : \.minimumStoichiometry
  }

  var positiveLimit: WritableKeyPath<ActiveMaterial, Double> {
    self == .charged ? \.minimumStoichiometry : \.maximumStoichiometry
  }

  /// The stoichiometries x′ and y′ at this end of the aged cell; nil when there are none.
  func limits(
    of aged: (negative: Electrode, positive: Electrode), new: (negative: Electrode, positive: Electrode),
    lostLithium: Double, temperature: Double
  ) -> (x: Double, y: Double)? {
    let (negative, positive) = (new.negative.materials[0], new.positive.materials[0])
    let (x, y) = (negative[keyPath: negativeLimit], positive[keyPath: positiveLimit])
    func potential(_ material: ActiveMaterial, _ x: Double) -> Double {
      material.equilibriumPotential(x, temperature: temperature)
    }
    let voltage = potential(positive, y) - potential(negative, x)
    let inventory = (1 - lostLithium) * (x * new.negative.capacity + y * new.positive.capacity)
    let (negativeCapacity, positiveCapacity) = (aged.negative.capacity, aged.positive.capacity)

    func filling(_ x: Double) -> Double { (inventory - x * negativeCapacity) / positiveCapacity }
    func excess(_ x: Double) -> Double {
      potential(positive, filling(x)) - potential(negative, x) - voltage
    }
    // More ions in the negative electrode are fewer in the positive one, and a higher voltage. Potentials may be flat,
    // wavy or infinite in places: of all crossings the one nearest to the limit of the new cell is meant.
    let lowest = max(0, (inventory - positiveCapacity) / negativeCapacity)
    let highest = min(1, inventory / negativeCapacity)
    guard lowest < highest else { return nil }
    let points = (0...1000).map { lowest + Double($0) / 1000 * (highest - lowest) }
    let crossings = zip(points, points.dropFirst()).filter { excess($0) <= 0 && excess($1) >= 0 }
    guard var (low, high) = crossings.min(by: { abs($0.0 - x) < abs($1.0 - x) }) else { return nil }
    while true {
      let middle = 0.5 * (low + high)
      guard low < middle && middle < high else { break }
      if excess(middle) <= 0 { low = middle } else { high = middle }
    }
    return (low, filling(low))
  }
}

extension Side {
  fileprivate var capacity: Double { porous?.capacity ?? 0 }
}

extension Electrode {
  /// ε c_max L of all its active material in mol/m².
  fileprivate var capacity: Double {
    thickness * materials.map { $0.volumeFraction * $0.maximumConcentration }.reduce(0, +)
  }
}
