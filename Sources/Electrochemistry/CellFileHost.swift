import Documents

// Our groups that say what a material is thermodynamically, how the ion moves in it and how it reacts. The presence of a
// group selects the model.

extension CellFileReader {
  /// Groups of one material that are read here.
  static var hostGroups: [String] {
    freeEnergies + transports + ["Kinetics", "Lattice-gas kinetics"] + electronTransfers.map(\.name)
  }

  static var freeEnergies: [String] { ["Regular solution", "Redlich-Kister", "Sublattices"] }
  private static var transports: [String] { ["Homogeneous", "Cahn-Hilliard", "Allen-Cahn"] }
  private static var electronTransfers: [(name: String, theory: ElectronTransfer.Theory)] {
    [
      ("Marcus-Hush-Chidsey", .marcusHushChidsey), ("Marcus-Hush-Chidsey (Zeng 2014)", .zeng2014),
      ("Marcus", .marcus),
    ]
  }

  /// Reads the groups into a material.
  mutating func readHost(_ groups: DocumentNode, into material: inout ActiveMaterial) throws(DocumentError) {
    let window = material.minimumStoichiometry...material.maximumStoichiometry
    if let group = try only(Self.freeEnergies, of: groups) {
      if material.hysteresis != nil {
        throw group.error(
          "a lattice host has no branches of the potential beside its free energy",
          advice: "leave out either this group or the three keys of hysteresis")
      }
      material.setHost(
        try freeEnergy(
          group, radius: material.radius, over: window, referenceTemperature: referenceTemperature()))
    }
    material.exchangeCurrent = try exchangeCurrent(groups, of: &material, over: window)
    if let group = try only(Self.electronTransfers.map(\.name), of: groups) {
      try group.value.checkKeys(["Reorganisation energy [J.mol-1]", "Formal overpotential", "description"])
      let theory = Self.electronTransfers.first { $0.name == group.name }!.theory
      let energy = try group.value.required("Reorganisation energy [J.mol-1]").positiveNumber()
      let transfer = ElectronTransfer(
        theory, reorganisationEnergy: try energy / (Constants.gas * referenceTemperature()))
      if let stated = groups["Kinetics"]?["Cathodic transfer coefficient"]
        ?? groups["Lattice-gas kinetics"]?["Cathodic transfer coefficient"]
      {
        throw stated.error("has no effect beside '\(group.name)'", advice: "leave one of the two out")
      }
      let isFormal = try group.value["Formal overpotential"]?.isSwitchedOn() ?? false
      material.rateLaw = isFormal ? .formalElectronTransfer(transfer) : .electronTransfer(transfer)
    }
    // The intervals of a phase field follow from the boundary between two phases under stress.
    if let group = groups["Mechanics"] { material.mechanics = try elasticConstants(group, material) }
    guard let group = try only(Self.transports, of: groups) else { return }
    if material.hysteresis != nil {
      throw group.error("cannot be combined with branches of the potential", advice: "a phase boundary makes its own")
    }
    switch group.name {
    case "Cahn-Hilliard":
      var model = try cahnHilliard(group.value, material)
      material.transport = .cahnHilliard(model)
      // From one face of a bent plate to the other.
      let length = (material.mechanics?.bending == nil ? 1 : 2) * material.radius
      let interface = try sharpestInterface(of: material)
      if let interface, model.wetting != 0 {
        let layer = Self.layerWidths * interface.width / length
        model.layerShare = layer / (1 + layer)
      }
      let share = model.wetting == 0 ? 0 : model.layerShare
      let wanted = try intervals("Intervals", in: group, over: length, interface, layerShare: share)
      if let wanted { model.intervals = wanted }
      if let interface, model.wetting != 0 {
        try checkWetting(
          model, group, interface, across: Double(model.intervals) * (1 - share) * interface.width / length)
      }
      material.transport = .cahnHilliard(model)
    case "Allen-Cahn":
      var model = try allenCahn(group, groups, material)
      material.transport = .allenCahn(model)
      let interface = try sharpestInterface(of: material)
      let wanted = try intervals("Cells", in: group, over: model.length, interface)
      if let wanted { model.cells = wanted }
      try checkWettedEnds(model, group, material)
      material.transport = .allenCahn(model)
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
    _ group: Group, radius: Double, over window: ClosedRange<Double>, referenceTemperature: Double
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
    case "Sublattices":
      var sublattices: [FreeEnergy.Sublattice] = []
      for (name, key, value) in try node.entries() where !["description", "Coupling energy [J.mol-1]"].contains(name) {
        guard Int(name) == sublattices.count + 1 else {
          throw key.error("is not the number of a sublattice", advice: "1, 2, 3 … in this order")
        }
        try value.checkKeys(["Share of sites", potential, "Interaction energy [J.mol-1]", "description"])
        sublattices.append(
          FreeEnergy.Sublattice(
            share: try value.required("Share of sites").openFraction("a share of the sites"),
            standardPotential: try value.required(potential).number(.voltage),
            interactionEnergy: try value["Interaction energy [J.mol-1]"]?.number() ?? 0))
      }
      guard sublattices.count >= 2, abs(sublattices.reduce(0) { $0 + $1.share } - 1) < 1e-6 else {
        throw group.error("needs two or more sublattices whose shares of the sites add up to 1")
      }
      guard
        let host = FreeEnergy(
          sublattices: sublattices, coupling: try node["Coupling energy [J.mol-1]"]?.number() ?? 0,
          temperature: referenceTemperature)
      else {
        throw group.error(
          "the sublattices are not in stable equilibrium with each other: the potential is not a function of the "
            + "stoichiometry",
          advice: "standard potentials further apart, or smaller interaction energies")
      }
      return host
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
    guard node[perMole] != nil else {
      throw node.error("the key '\(perMole)' or '\(perLength)' is missing")
    }
    return try node.required(perMole).number(in: 1e-18...1e-9, "a gradient energy in J m2/mol")
  }

  private static var gradientKeys: [String] { ["Gradient energy [J.m2.mol-1]", "Gradient energy [J.m-1]"] }

  private func sharpestInterface(of material: ActiveMaterial) throws(DocumentError) -> MiscibilityGap.Interface? {
    PhaseDiagram.sharpestInterface(
      of: material, temperature: try initialTemperature(), referenceTemperature: try referenceTemperature())
  }

  /// The number of intervals: as stated, or so many that they resolve the boundary between two phases; with a warning where
  /// they do not. nil where nothing is stated and there is no such boundary.
  /// - Parameter layerShare: share of the intervals that serve something else.
  private mutating func intervals(
    _ key: String, in group: Group, over length: Double, _ interface: MiscibilityGap.Interface?, layerShare: Double = 0
  ) throws(DocumentError) -> Int? {
    let stated = group.value[key]
    let count = try stated?.count(in: 4...100_000)
    guard let width = interface?.width else { return count }
    let perInterval = (1 - layerShare) * width / length
    let wanted = (Self.intervalsAcrossInterface / perInterval).rounded(.up)
    let intervals = count ?? Int(min(max(wanted, 64), 2000))
    let across = Double(intervals) * perInterval
    if across < Self.fewestIntervalsAcrossInterface {
      warnOnce(
        (stated ?? group.key).error(
          "only \(across.shown) of \(intervals) intervals lie across the boundary between two phases, \(width.shown) m "
            + "wide: the voltage will ripple",
          advice: count == nil
            ? "'\(key)': \(Int(wanted)) would resolve it"
            : "\(Int(wanted)) would resolve it; left out, the number is chosen, at most 2000"))
    }
    return intervals
  }

  /// Of several sizes the last, the largest, has the most to say.
  private mutating func warnOnce(_ warning: DocumentError) {
    if let last = warnings.last, last.key == warning.key, last.line == warning.line { warnings.removeLast() }
    warnings.append(warning)
  }

  /// Refuses cells so thin that the first beside a wetted end may be further from equilibrium than the rates of its reaction can be
  /// told as numbers: 2κ Δx/Δz² is what the gradient adds to its chemical potential.
  private func checkWettedEnds(
    _ model: AllenCahn, _ group: Group, _ material: ActiveMaterial
  ) throws(DocumentError) {
    guard let wetted = model.wettedComposition else { return }
    let thermalEnergy = Constants.gas * (try referenceTemperature())
    let width = model.length / Double(model.cells)
    let drive = 2 * model.gradientEnergy * max(wetted, 1 - wetted) / (width * width * thermalEnergy)
    var steepest = 0.5
    if case .transferCoefficients(let anodic, let cathodic) = material.rateLaw { steepest = max(anodic, cathodic) }
    let largest = 600 / steepest
    guard drive > largest else { return }
    throw (group.value["Cells"] ?? group.key).error(
      "\(model.cells) cells are so thin that the first beside a wetted end is up to "
        + "\((drive * thermalEnergy / Constants.faraday).shown) V from equilibrium, where its reaction cannot be computed",
      advice: "'Cells': at most \(Int(Double(model.cells) * (largest / drive).squareRoot()))")
  }

  /// Warns where the composition of a wetted surface, and with it the voltage, depends on the mesh.
  /// - Parameter across: intervals across the boundary between two phases.
  private mutating func checkWetting(
    _ model: CahnHilliard, _ group: Group, _ interface: MiscibilityGap.Interface, across: Double
  ) throws(DocumentError) {
    let key = group.value["Wetting [J.m-2]"] ?? group.key
    guard let surface = interface.wettedSurface else {
      let (limit, state) =
        model.wetting > 0 ? (interface.wettingLimits.full, "full") : (-interface.wettingLimits.empty, "empty")
      warnOnce(
        key.error(
          "is beyond \(limit.shown) J/m2: on the plateau the surface is \(state), no potential is finite, and the voltage "
            + "is that of the mesh",
          advice: "nearer to 0"))
      return
    }
    let relative = across / Self.intervalsAcrossInterface
    let error = Self.layerError * surface.sensitivity / (relative * relative)
    // With the rate in proportion to the free sites, as far as it is slow.
    let voltage = try 2 * Constants.gas * initialTemperature() / Constants.faraday * error
    guard voltage > Self.largestLayerError else { return }
    let wanted = Double(model.intervals) * (voltage / Self.largestLayerError).squareRoot()
    warnOnce(
      key.error(
        "leaves the surface so few sites that the voltage may be off by \((1e3 * voltage).shown) mV with "
          + "\(model.intervals) intervals",
        advice: "'Intervals': \(Int(wanted.rounded(.up))) would make it \((1e3 * Self.largestLayerError).shown) mV"))
  }

  /// The layer at a wetted surface has the intervals of so many widths of the boundary between two phases, in addition.
  private static let layerWidths = 3.0
  /// By what part of itself the wetting seems to be another with `intervalsAcrossInterface`: 0.003 to 0.008 from a quarter to
  /// nine tenths of the limit (χ = 4.5), by comparison with the first integral of the profile; of second order.
  private static let layerError = 0.004
  /// In V.
  private static let largestLayerError = 0.5e-3
  private static let intervalsAcrossInterface = 8.0
  private static let fewestIntervalsAcrossInterface = 6.0

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
    if let perturbation = node["Initial perturbation"] {
      model.initialPerturbation = try perturbation.number(in: -1...1, "a stoichiometry")
    }
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
    return model
  }
}

extension CellFileReader {
  /// What some models of particles store as energy does not enter the heat balance yet.
  func checkHeatBalance(of cell: Cell) throws(DocumentError) {
    guard cell.thermal != nil else { return }
    for (side, name) in zip([cell.negative, cell.positive], Self.electrodes) {
      guard let electrode = side.porous else { continue }
      let what: String
      if electrode.materials.contains(where: { if case .allenCahn = $0.transport { true } else { false } }) {
        what = "Allen-Cahn"
      } else if !electrode.necks.isEmpty {
        what = "Necks"
      } else if electrode.materials.contains(where: { $0.mechanics?.isLayered == true }) {
        what = "Mechanics"
      } else {
        continue
      }
      let groups = file["Parameterisation"]?["User-defined"]?[name]
      if what == "Mechanics" {
        throw (groups?[what] ?? groups ?? file).error(
          "a modulus or molar volume that changes with the composition, and bending, cannot be combined with a heat balance",
          advice: "state numbers, or leave the heat transfer coefficient out")
      }
      throw (groups?[what] ?? groups ?? file).error(
        "'\(what)' cannot be combined with a heat balance",
        advice: "leave the heat transfer coefficient out: the cell then stays at its temperature")
    }
  }

  /// Group `Necks`: which materials of a blend touch, and how fast ions pass.
  func necks(
    _ group: DocumentNode?, materials: [ActiveMaterial]
  ) throws(DocumentError) -> [Neck] {
    guard let group else { return [] }
    var necks: [Neck] = []
    func index(_ name: String, _ key: DocumentNode) throws(DocumentError) -> Int {
      let found = materials.indices.filter { materials[$0].name == name }
      guard let first = found.first else {
        throw key.error("is not a material of this electrode", advice: "a neck joins two materials of a blend")
      }
      guard found.count == 1 else { throw key.error("has several sizes: a neck joins materials of one size") }
      if case .allenCahn = materials[first].transport {
        throw key.error("reacts along its facets and has no place for a neck")
      }
      if materials[first].mechanics?.diffusionActivationVolume ?? 0 != 0, materials[first].needsMean {
        throw key.error(
          "diffuses at a rate that depends on stress, beside which there is no neck",
          advice: "leave out the neck or the activation volume of the diffusion")
      }
      if materials[first].mechanics?.isLayered == true {
        throw key.error(
          "has a modulus or molar volume that changes with the composition, or is bent, beside which there is no neck",
          advice: "leave out the neck, or state numbers")
      }
      if necks.contains(where: { $0.first == first || $0.second == first }) {
        throw key.error("has a neck already", advice: "one neck for each material")
      }
      return first
    }
    for (name, key, others) in try group.entries() where name != "description" {
      let first = try index(name, key)
      for (other, otherKey, values) in try others.entries() {
        let second = try index(other, otherKey)
        guard second != first else { throw otherKey.error("is the same material") }
        try values.checkKeys(["Exchange rate [s-1]", "description"])
        necks.append(
          Neck(
            first: first, second: second,
            exchangeRate: try values.required("Exchange rate [s-1]").nonNegativeNumber()))
      }
    }
    return necks
  }
}

extension DocumentNode {
  /// A switch: 1 or 0, as BPX allows no truth values.
  func isSwitchedOn() throws(DocumentError) -> Bool {
    guard let scalar else { throw error("expected a number, 1 or 0") }
    switch Double(scalar) {
    case 1: return true
    case 0: return false
    default: throw error("\(scalar.prefix(40)) is not a switch", advice: "1 on, 0 off")
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
