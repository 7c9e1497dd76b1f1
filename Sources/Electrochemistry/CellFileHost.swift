import Documents

// Our groups that say what a material is thermodynamically, how the ion moves in it and how it reacts. The presence of a
// group selects the model.

extension CellFileReader {
  /// Groups of one material that are read here.
  static var hostGroups: [String] {
    freeEnergies + transports + ["Kinetics", "Lattice-gas kinetics"] + electronTransfers.map(\.name)
  }

  private static var freeEnergies: [String] { ["Regular solution", "Redlich-Kister"] }
  private static var transports: [String] { ["Homogeneous", "Cahn-Hilliard", "Allen-Cahn"] }
  private static var electronTransfers: [(name: String, theory: ElectronTransfer.Theory)] {
    [
      ("Marcus-Hush-Chidsey", .marcusHushChidsey), ("Marcus-Hush-Chidsey (Zeng 2014)", .zeng2014),
      ("Marcus", .marcus),
    ]
  }

  /// Reads the groups into a material.
  func readHost(
    _ groups: DocumentNode, into material: inout ActiveMaterial, referenceTemperature: Double
  ) throws(DocumentError) {
    let window = material.minimumStoichiometry...material.maximumStoichiometry
    if let group = try only(Self.freeEnergies, of: groups) {
      if material.hysteresis != nil {
        throw group.error(
          "a lattice host has no branches of the potential beside its free energy",
          advice: "leave out either this group or the three keys of hysteresis")
      }
      material.setHost(try freeEnergy(group, radius: material.radius, over: window))
    }
    material.exchangeCurrent = try exchangeCurrent(groups, of: &material, over: window)
    if let group = try only(Self.electronTransfers.map(\.name), of: groups) {
      try group.value.checkKeys(["Reorganisation energy [J.mol-1]", "Formal overpotential", "description"])
      let theory = Self.electronTransfers.first { $0.name == group.name }!.theory
      let energy = try group.value.required("Reorganisation energy [J.mol-1]").positiveNumber()
      let transfer = ElectronTransfer(
        theory, reorganisationEnergy: energy / (Constants.gas * referenceTemperature))
      if let stated = groups["Kinetics"]?["Cathodic transfer coefficient"]
        ?? groups["Lattice-gas kinetics"]?["Cathodic transfer coefficient"]
      {
        throw stated.error("has no effect beside '\(group.name)'", advice: "leave one of the two out")
      }
      let isFormal = try group.value["Formal overpotential"]?.isSwitchedOn() ?? false
      material.rateLaw = isFormal ? .formalElectronTransfer(transfer) : .electronTransfer(transfer)
    }
    guard let group = try only(Self.transports, of: groups) else { return }
    if material.hysteresis != nil {
      throw group.error("cannot be combined with branches of the potential", advice: "a phase boundary makes its own")
    }
    switch group.name {
    case "Cahn-Hilliard": material.transport = .cahnHilliard(try cahnHilliard(group.value, material))
    case "Allen-Cahn": material.transport = .allenCahn(try allenCahn(group, groups, material))
    default:
      try group.value.checkKeys(["description"])
      material.transport = .homogeneous
    }
  }

  private struct Group {
    var name: String
    var key: DocumentNode
    var value: DocumentNode

    func error(_ message: String, advice: String? = nil) -> DocumentError { key.error(message, advice: advice) }
  }

  /// The one of these groups that is there.
  private func only(_ names: [String], of groups: DocumentNode) throws(DocumentError) -> Group? {
    let present = try groups.entries().filter { names.contains($0.name) }
    if present.count > 1 {
      throw present[1].keyNode.error("is given beside '\(present[0].name)'", advice: "one of the two")
    }
    return present.first.map { Group(name: $0.name, key: $0.keyNode, value: $0.value) }
  }

  // MARK: free energies

  private func freeEnergy(
    _ group: Group, radius: Double, over window: ClosedRange<Double>
  ) throws(DocumentError) -> FreeEnergy {
    let node = group.value
    let potential = "Standard potential [V]"
    switch group.name {
    case "Regular solution":
      let (energy, byRadius) = ("Interaction energy [J.mol-1]", "Interaction energy by radius [J.mol-1]")
      try node.checkKeys([potential, energy, byRadius, "description"])
      let interaction: MaterialFunction
      if let function = node[byRadius] {
        if let other = node[energy] { throw other.error("is given beside '\(byRadius)'", advice: "one of the two") }
        let value = try function.function()(radius)
        guard value.isFinite else { throw function.error("has no finite value at the radius \(radius) m") }
        interaction = MaterialFunction(value)
      } else {
        interaction = try node.required(energy).function(over: window)
      }
      return FreeEnergy(
        standardPotential: try node.required(potential).number(.voltage), interactionEnergy: interaction)
    default:
      let keys = (0..<10).map { "L\($0) [J.mol-1]" }
      try node.checkKeys([potential, "description"] + keys)
      _ = try node.required(keys[0])
      var coefficients: [Double] = []
      for (k, key) in keys.enumerated() {
        guard let coefficient = try node[key]?.number() else { continue }
        coefficients += [Double](repeating: 0, count: k - coefficients.count) + [coefficient]
      }
      return FreeEnergy(
        standardPotential: try node.required(potential).number(.voltage), redlichKister: coefficients)
    }
  }

  // MARK: kinetics

  private func exchangeCurrent(
    _ groups: DocumentNode, of material: inout ActiveMaterial, over window: ClosedRange<Double>
  ) throws(DocumentError) -> ExchangeCurrent {
    let (constant, density) = ("Reaction rate constant [mol.m-2.s-1]", "Exchange current density [A.m-2]")
    let coefficients = ["Anodic transfer coefficient", "Cathodic transfer coefficient"]
    guard let group = try only(["Kinetics", "Lattice-gas kinetics"], of: groups) else {
      return material.exchangeCurrent
    }
    let node = group.value
    let isLatticeGas = group.name == "Lattice-gas kinetics"
    try node.checkKeys(
      (isLatticeGas ? [density, "Excluded sites"] : [constant, density]) + coefficients + ["description"])
    let anodic = try node[coefficients[0]]?.openFraction("a transfer coefficient")
    let cathodic = try node[coefficients[1]]?.openFraction("a transfer coefficient")
    if anodic != nil || cathodic != nil {
      let cathodic = cathodic ?? 1 - anodic!
      material.rateLaw = .transferCoefficients(anodic: anodic ?? 1 - cathodic, cathodic: cathodic)
    }
    if isLatticeGas {
      let i0 = try node.required(density).positiveNumber()
      if try node["Excluded sites"]?.isSwitchedOn() ?? true {
        guard material.latticePotential != nil else {
          throw group.error(
            "the activity of the ion is only known in a host with a free energy",
            advice: "add 'Regular solution' or another free energy, or say \"Excluded sites\": 0")
        }
        return .excludedSite(i0)
      }
      return .symmetric(i0)
    }
    if let stated = node[density] {
      if let other = node[constant] { throw other.error("is given beside '\(density)'", advice: "one of the two") }
      return .stated(try stated.positiveFunction(over: window))
    }
    if let stated = node[constant] { return .rateConstant(try stated.positiveFunction(over: window)) }
    if anodic == nil && cathodic == nil { _ = try node.required(constant) }
    return material.exchangeCurrent
  }

  // MARK: phase fields

  /// κ in J·m²/mol, stated so or per volume.
  private func gradientEnergy(_ node: DocumentNode, _ material: ActiveMaterial) throws(DocumentError) -> Double {
    let (perMole, perLength) = (Self.gradientKeys[0], Self.gradientKeys[1])
    if let stated = node[perLength] {
      if let other = node[perMole] { throw other.error("is given beside '\(perLength)'", advice: "one of the two") }
      return try stated.number(in: 1e-14...1e-5, "a gradient energy in J/m") / material.maximumConcentration
    }
    return try node.required(perMole).number(in: 1e-18...1e-9, "a gradient energy in J m2/mol")
  }

  private static var gradientKeys: [String] { ["Gradient energy [J.m2.mol-1]", "Gradient energy [J.m-1]"] }

  private func cahnHilliard(
    _ node: DocumentNode, _ material: ActiveMaterial
  ) throws(DocumentError) -> CahnHilliard {
    try node.checkKeys(
      Self.gradientKeys + [
        "Wetting [J.m-2]", "Coherency strain energy [J.m-3]", "Dilute mobility", "Initial perturbation", "Intervals",
        "description",
      ])
    var model = CahnHilliard(gradientEnergy: try gradientEnergy(node, material))
    model.wetting = try node["Wetting [J.m-2]"]?.number() ?? 0
    model.coherencyEnergy = try node["Coherency strain energy [J.m-3]"]?.nonNegativeNumber() ?? 0
    model.mobility = try node["Dilute mobility"]?.isSwitchedOn() ?? false ? .dilute : .siteLimited
    model.initialPerturbation = try node["Initial perturbation"]?.number(in: -1...1, "a stoichiometry") ?? 0
    if let intervals = try node["Intervals"]?.count(in: 4...100_000) { model.intervals = intervals }
    return model
  }

  private func allenCahn(
    _ group: Group, _ groups: DocumentNode, _ material: ActiveMaterial
  ) throws(DocumentError) -> AllenCahn {
    let node = group.value
    try node.checkKeys(
      Self.gradientKeys + [
        "Length [m]", "Coherency strain energy [J.m-3]", "Wetting [J.m-2]", "Wetted stoichiometry",
        "Rate heterogeneity", "Cells", "description",
      ])
    guard material.shape == .plate else {
      throw group.error(
        "is a model of platelets between two facets",
        advice: "add \"Particle shape\": {\"Shape factor\": 1}; the particle radius is half the thickness")
    }
    var model = AllenCahn(
      gradientEnergy: try gradientEnergy(node, material), length: try node.required("Length [m]").number(.radius))
    model.coherencyEnergy = try node["Coherency strain energy [J.m-3]"]?.nonNegativeNumber() ?? 0
    model.wetting = try node["Wetting [J.m-2]"]?.number() ?? 0
    if let wetted = node["Wetted stoichiometry"] {
      if let other = node["Wetting [J.m-2]"] {
        throw other.error("is given beside 'Wetted stoichiometry'", advice: "one of the two")
      }
      model.wettedComposition = try wetted.number(in: 0...1, "a stoichiometry")
    }
    if let heterogeneity = node["Rate heterogeneity"] {
      model.rateHeterogeneity = try heterogeneity.number()
      guard abs(model.rateHeterogeneity) < 1 else {
        throw heterogeneity.error("must lie between -1 and 1, so that the rate stays above zero")
      }
    }
    if let cells = try node["Cells"]?.count(in: 4...100_000) { model.cells = cells }
    return model
  }
}

extension DocumentNode {
  /// A switch: 1 or 0, as BPX allows no truth values.
  func isSwitchedOn() throws(DocumentError) -> Bool {
    switch try number() {
    case 1: return true
    case 0: return false
    default: throw error("\(scalar ?? "") is not a switch", advice: "1 on, 0 off")
    }
  }

  /// A whole number.
  func count(in range: ClosedRange<Int>) throws(DocumentError) -> Int {
    guard let count = Int(exactly: try number()), range.contains(count) else {
      throw error("must be a whole number from \(range.lowerBound) to \(range.upperBound), found \(scalar ?? "")")
    }
    return count
  }
}
