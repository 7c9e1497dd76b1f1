import Documents

// The two sides of the separator: porous electrodes, foils and the reference electrode, with our groups under
// `User-defined`.

extension CellFileReader {
  /// What stands on the two sides. The working electrode of a half cell is the positive one.
  mutating func sides(
    _ parameters: DocumentNode
  ) throws(DocumentError) -> (negative: Side, positive: Side) {
    let userDefined = parameters["User-defined"]
    if let reference = userDefined?["Positive electrode"]?["Reference"] {
      throw reference.error(
        "the reference electrode is the negative side", advice: "the single particle is the positive one")
    }
    let negative = try side("Negative electrode", parameters, opposite: nil)
    let positive = try side("Positive electrode", parameters, opposite: negative)
    if negative == .reference, let separator = parameters["Separator"] {
      throw separator.error(
        "a cell with an ideal reference electrode has no separator", advice: "leave the section out")
    }
    if case .foil = positive, let foil = userDefined?["Positive electrode"]?["Foil"] {
      switch negative {
      case .foil: break
      case .porous:
        throw foil.error(
          "the foil of a half cell is the negative side", advice: "the working electrode is the positive one")
      case .reference:
        throw foil.error("opposite a reference electrode stands a porous electrode, not a foil")
      }
    }
    return (negative, positive)
  }

  private mutating func side(
    _ name: String, _ parameters: DocumentNode, opposite: Side?
  ) throws(DocumentError) -> Side {
    let groups = parameters["User-defined"]?[name]
    let stated = [groups?["Foil"], groups?["Reference"]].compactMap { $0 }
    if let section = parameters[name] {
      if let instead = stated.first {
        throw instead.error(
          "this side is also described as a porous electrode",
          advice: "leave out this group or the section '\(name)'")
      }
      let electrode = try electrode(name, section, isSingleParticle: opposite == .reference)
      if let groups { try checkGroups(groups, ofElectrode: section) }
      return .porous(electrode)
    }
    if let groups { try checkGroups(groups, ofElectrode: nil) }
    if !isPartial {
      guard stated.isEmpty else {
        throw try file.required("Header").required("Model").error(
          "the \(name.lowercased()) is a foil or a reference electrode, not a porous one",
          advice: "such a cell says \"Partial\"")
      }
      _ = try parameters.required(name)
    }
    if stated.count > 1 { throw stated[1].error("is given beside 'Foil'", advice: "one of the two") }
    if let group = groups?["Foil"] { return .foil(try foil(group)) }
    if let group = groups?["Reference"] {
      try group.checkKeys(["description"])
      return .reference
    }
    throw parameters.error(
      "the key '\(name)' is missing",
      advice: name == "Negative electrode"
        ? "in a partial file a group 'Foil' or 'Reference' under 'User-defined' may stand in for it"
        : "in a symmetric cell a group 'Foil' under 'User-defined' stands in for it")
  }

  private func foil(_ group: DocumentNode) throws(DocumentError) -> Foil {
    try group.checkKeys([
      "Exchange current density [A.m-2]", "Concentration exponent", "Activation energy [J.mol-1]",
      "Resistance [Ohm.m2]", "description",
    ])
    return Foil(
      exchangeCurrentDensity: try group.required("Exchange current density [A.m-2]").positiveNumber(),
      concentrationExponent: try group["Concentration exponent"]?.number(in: 0...1, "an exponent") ?? 0.5,
      activationEnergy: try group["Activation energy [J.mol-1]"]?.number() ?? 0,
      resistance: try group["Resistance [Ohm.m2]"]?.nonNegativeNumber() ?? 0)
  }

  // MARK: Porous electrodes

  private mutating func electrode(
    _ name: String, _ section: DocumentNode, isSingleParticle: Bool
  ) throws(DocumentError) -> Electrode {
    // Nothing is transported across the electrode of a single-particle cell. BPX has no such properties then.
    let transport =
      isSingleParticle && section["Conductivity [S.m-1]"] == nil
      ? [] : ["Porosity", "Transport efficiency", "Conductivity [S.m-1]"]
    let ownKeys = ["Thickness [m]"] + transport
    var materials: [ActiveMaterial] = []
    if let blend = section["Particle"] {
      // Keys of one material, left where they stood before the blend.
      for (key, keyNode, _) in try section.entries() where Self.particleKeys.contains(key) {
        let names = try blend.entries().map { "'Particle/\($0.name)'" }
        throw keyNode.error(
          "belongs to one material of the blend",
          advice: "move it under \(names.isEmpty ? "'Particle/NAME'" : names.joined(separator: " or "))")
      }
      try section.checkKeys(ownKeys + ["Particle"])
      for particle in try blend.entries() {
        try particle.value.checkKeys(Self.particleKeys)
        materials += try self.materials(particle.value, name: particle.name, electrode: name)
      }
      if materials.isEmpty { throw blend.error("names no material") }
    } else {
      try section.checkKeys(ownKeys + Self.particleKeys)
      materials = try self.materials(section, name: nil, electrode: name)
    }
    let active = materials.map(\.volumeFraction).reduce(0, +)
    var electrode = Electrode(
      thickness: try section.required("Thickness [m]").number(.thickness), porosity: 1 - active,
      transportEfficiency: 1, conductivity: 1, materials: materials)
    electrode.necks = try necks(file["Parameterisation"]?["User-defined"]?[name]?["Necks"], materials: materials)
    var porosity = (stated: section, largest: 0.0)
    if !transport.isEmpty {
      electrode.porosity = try section.required("Porosity").openFraction("a porosity")
      electrode.transportEfficiency = try section.required("Transport efficiency").transportEfficiency()
      electrode.conductivity = try section.required("Conductivity [S.m-1]").positiveNumber()
      porosity = (try section.required("Porosity"), electrode.porosity)
    }
    if let grading = file["Parameterisation"]?["User-defined"]?[name]?["Grading"] {
      try grade(&electrode, grading)
      if let node = grading["Porosity"], let profile = electrode.porosityProfile {
        porosity = (node, profile.largest)
      }
    }
    // A surface area that is rounded to six digits may fill the electrode this little too much.
    guard active + porosity.largest <= 1 + 1e-5 else {
      throw porosity.stated.error(
        "porosity and active material fill \(active + porosity.largest) of the electrode",
        advice: "the active fraction is surface area × radius / shape factor, here \(active)")
    }
    return electrode
  }

  /// Group `Grading`: porosity and transport efficiency from the collector (0) to the separator (1).
  private func grade(_ electrode: inout Electrode, _ group: DocumentNode) throws(DocumentError) {
    let ofMaterials = electrode.materials.contains { !$0.name.isEmpty } ? [] : Self.gradedInMaterials
    try group.checkKeys(["Porosity", "Transport efficiency"] + ofMaterials + ["description"])
    if let node = group["Porosity"] {
      let profile = try node.profile("a porosity", "greater than 0, less than 1") { $0 > 0 && $0 < 1 }
      electrode.porosityProfile = profile
      electrode.porosity = profile.mean
    }
    if let node = group["Transport efficiency"] {
      let profile = try node.profile("a transport efficiency", "greater than 0, at most 1") { $0 > 0 && $0 <= 1 }
      electrode.transportEfficiencyProfile = profile
      electrode.transportEfficiency = profile.mean
    }
  }

  // MARK: Active materials

  private static let particleKeys = [
    "Minimum stoichiometry", "Maximum stoichiometry", "Maximum concentration [mol.m-3]",
    "Particle radius [m]", "Surface area per unit volume [m-1]", "Diffusivity [m2.s-1]",
    "Diffusivity activation energy [J.mol-1]", "OCP [V]", "OCP (delithiation) [V]",
    "OCP (lithiation) [V]", "OCP hysteresis decay constant", "Entropic change coefficient [V.K-1]",
    "Reaction rate constant [mol.m-2.s-1]", "Reaction rate constant activation energy [J.mol-1]",
  ]

  /// The particle classes of one material: one, or one for each radius of its size distribution.
  private mutating func materials(
    _ particle: DocumentNode, name: String?, electrode: String
  ) throws(DocumentError) -> [ActiveMaterial] {
    // BPX states no volume fraction: it is a R / s of the file as it stands, so that an override of radius or
    // shape keeps it. Only an override of the area itself changes it.
    let area = try particle.required("Surface area per unit volume [m-1]")
    let source = area.line == nil ? file : asWritten
    let section = source["Parameterisation"]?[electrode]
    let radius = (name.map { section?["Particle"]?[$0] } ?? section)?["Particle radius [m]"]
    let minimum = try particle.required("Minimum stoichiometry").number(in: 0...1, "a stoichiometry")
    let maximumStoichiometry = try particle.required("Maximum stoichiometry")
    let maximum = try maximumStoichiometry.number(in: 0...1, "a stoichiometry")
    guard minimum < maximum else {
      throw maximumStoichiometry.error(
        "must be above the minimum stoichiometry of \(minimum), found \(maximum)")
    }
    let window = minimum...maximum
    let groups = groups(of: name, electrode: electrode, in: file)
    let statedRadius = try particle.required("Particle radius [m]")
    let rate = MaterialFunction(
      try particle.required("Reaction rate constant [mol.m-2.s-1]").positiveNumber())
    var material = ActiveMaterial(
      name: name ?? "",
      shape: .sphere,
      radius: try statedRadius.number(.radius),
      volumeFraction: 0,
      maximumConcentration: try particle.required("Maximum concentration [mol.m-3]").number(.ionConcentration),
      minimumStoichiometry: minimum,
      maximumStoichiometry: maximum,
      diffusivity: try particle.required("Diffusivity [m2.s-1]").positiveFunction(over: window),
      diffusivityActivationEnergy: try particle["Diffusivity activation energy [J.mol-1]"]?.number() ?? 0,
      openCircuitPotential: try openCircuitPotential(particle.required("OCP [V]"), groups, over: window),
      entropicChange: try particle["Entropic change coefficient [V.K-1]"]?.function(.entropicChange, over: window)
        ?? MaterialFunction(0),
      exchangeCurrent: .rateConstant(rate),
      reactionRateActivationEnergy:
        try particle["Reaction rate constant activation energy [J.mol-1]"]?.number() ?? 0,
      hysteresis: try hysteresis(particle, name: name, electrode: electrode, over: window))
    try readShape(
      self.groups(of: name, electrode: electrode, in: source), radius: radius ?? statedRadius, into: &material)
    material.volumeFraction = try area.number(.surfaceArea) / material.surfacePerVolume(radius: material.radius)
    try readShape(groups, radius: statedRadius, into: &material)
    if let film = groups?["Film"] {
      try film.checkKeys(["Resistance [Ohm.m2]", "description"])
      material.filmResistance = try film.required("Resistance [Ohm.m2]").nonNegativeNumber()
    }
    if let grading = groups?["Grading"] {
      if name != nil { try grading.checkKeys(Self.gradedInMaterials + ["description"]) }
      try grade(&material, grading)
      if material.radiusProfile != nil, material.innerRadius > 0 {
        throw grading.error("the radius of hollow particles cannot be graded", advice: "only solid ones")
      }
      if groups?["Size distribution"] != nil, material.radiusProfile != nil || material.volumeFractionProfile != nil {
        throw grading.error("radius and volume fraction cannot be graded beside a size distribution")
      }
    }
    var sizes = [(radius: material.radius, share: 1.0)]
    if let distribution = groups?["Size distribution"] {
      if statedRadius.line == nil {
        throw statedRadius.error("has no effect: the radii stand in the group 'Size distribution'")
      }
      sizes = try self.sizes(distribution, shape: material.shape)
    }
    var classes: [ActiveMaterial] = []
    for (radius, share) in sizes {
      var ofThisSize = material
      ofThisSize.volumeFraction *= share
      if let groups {
        ofThisSize.radius = radius
        ofThisSize.innerRadius = try innerRadius(groups, ofThisSize)
        try readHost(groups, into: &ofThisSize)
        try readMechanics(groups, into: &ofThisSize)
      }
      classes.append(ofThisSize)
    }
    return classes
  }

  private static let gradedInMaterials = ["Particle radius [m]", "Active volume fraction"]

  /// Group `Grading` of a material: radius and volume fraction from the collector (0) to the separator (1).
  private func grade(_ material: inout ActiveMaterial, _ group: DocumentNode) throws(DocumentError) {
    if let node = group[Self.gradedInMaterials[0]] {
      let range = PhysicalRange.radius.allowed
      material.radiusProfile = try node.profile("a particle radius in m", "1e-10 to 0.001") { range.contains($0) }
    }
    if let node = group[Self.gradedInMaterials[1]] {
      let profile = try node.profile("a volume fraction", "greater than 0, less than 1") { $0 > 0 && $0 < 1 }
      material.volumeFractionProfile = profile
      material.volumeFraction = profile.mean
    }
  }

  /// `OCP [V]`, which BPX wants, also where a free energy takes its place and nothing reads it.
  private func openCircuitPotential(
    _ node: DocumentNode, _ groups: DocumentNode?, over window: ClosedRange<Double>
  ) throws(DocumentError) -> MaterialFunction {
    Self.freeEnergies.contains { groups?[$0] != nil } ? try node.function() : try node.function(.voltage, over: window)
  }

  /// Our groups of an electrode, or of a material in its blend.
  private func groups(of material: String?, electrode: String, in file: DocumentNode) -> DocumentNode? {
    let groups = file["Parameterisation"]?["User-defined"]?[electrode]
    guard let material else { return groups }
    return groups?["Particle"]?[material]
  }

  /// Group `Particle shape`, and the radius that goes with it.
  private func readShape(
    _ groups: DocumentNode?, radius: DocumentNode, into material: inout ActiveMaterial
  ) throws(DocumentError) {
    material.shape = .sphere
    if let group = groups?["Particle shape"] {
      try group.checkKeys(["Shape factor", Self.hollowKeys[0], Self.hollowKeys[1], "description"])
      let factor = try group.required("Shape factor")
      let value = try factor.number()
      guard let shape = ParticleShape.allCases.first(where: { Double($0.rawValue) == value }) else {
        throw factor.error(
          "\(factor.scalar ?? "") is not a shape factor",
          advice: ParticleShape.allCases.map { "\($0.rawValue) \($0)" }.joined(separator: ", "))
      }
      material.shape = shape
    }
    material.radius = try radius.number(.radius)
    material.innerRadius = try innerRadius(groups, material)
  }

  private static var hollowKeys: [String] { ["Inner radius [m]", "Wall thickness [m]"] }

  /// Of a hollow particle with this radius.
  private func innerRadius(
    _ groups: DocumentNode?, _ material: ActiveMaterial
  ) throws(DocumentError) -> Double {
    let group = groups?["Particle shape"]
    let (inner, wall) = (group?[Self.hollowKeys[0]], group?[Self.hollowKeys[1]])
    guard let stated = inner ?? wall else { return 0 }
    if inner != nil, let wall { throw wall.error("is given beside '\(Self.hollowKeys[0])'", advice: "one of the two") }
    guard material.shape != .plate else {
      throw stated.error("belongs to a hollow sphere or cylinder", advice: "a plate has no inside to be empty")
    }
    let length = try stated.number(.radius)
    guard length < material.radius else {
      throw stated.error("must be below the radius of \(material.radius.shown) m, found \(stated.scalar ?? "")")
    }
    return inner == nil ? material.radius - length : length
  }

  /// Group `Size distribution`: radii and the shares of the volume that they have, as a table or as a law. A radius with the
  /// share 0 is left out.
  private func sizes(
    _ group: DocumentNode, shape: ParticleShape
  ) throws(DocumentError) -> [(radius: Double, share: Double)] {
    let laws: [(name: String, key: String)] = [
      ("Log-normal", "Standard deviation [m]"), ("Weibull", "Weibull modulus"),
    ]
    for law in laws {
      guard let node = group[law.name] else { continue }
      try group.checkKeys([law.name, "description"])
      try node.checkKeys(["Mean radius [m]", law.key, "Classes", "Count particles", "description"])
      let mean = try node.required("Mean radius [m]").number(.radius)
      let width = try node.required(law.key).positiveNumber()
      let distribution: SizeDistribution =
        law.name == "Weibull" ? .weibull(mean: mean, modulus: width) : .logNormal(mean: mean, deviation: width)
      let isByNumber = try node["Count particles"]?.isSwitchedOn() ?? false
      let classes = distribution.classes(
        try node["Classes"]?.count(in: 1...1000) ?? 10, numberWeightedIn: isByNumber ? shape : nil)
      for size in classes where !PhysicalRange.radius.allowed.contains(size.radius) {
        throw node.error("holds particles with a radius of \(size.radius.shown) m", advice: "1e-10 to 0.001 m")
      }
      return classes
    }
    try group.checkKeys(["x", "y", "description"])
    let x = try group.required("x")
    let radii = try x.numbers()
    if radii.isEmpty { throw x.error("is empty", advice: "one radius or more") }
    for radius in try x.list() { _ = try radius.number(.radius) }
    try x.checkIncreasing(radii)
    let y = try group.required("y")
    let weights = try y.numbers(count: radii.count, like: "x")
    for weight in try y.list() { _ = try weight.nonNegativeNumber() }
    let sum = weights.reduce(0, +)
    guard sum > 0 else { throw y.error("the volume fractions are all 0") }
    return zip(radii, weights).filter { $0.1 > 0 }.map { ($0, $1 / sum) }
  }

  /// The branches of the open-circuit potential, and where between them the material starts.
  private mutating func hysteresis(
    _ particle: DocumentNode, name: String?, electrode: String, over window: ClosedRange<Double>
  ) throws(DocumentError) -> Hysteresis? {
    let keys = ["OCP (lithiation) [V]", "OCP (delithiation) [V]", "OCP hysteresis decay constant"]
    let initial = file["State"]?["Initial conditions"]?["Initial hysteresis state: \(electrode)"]
    let initialState = initial.flatMap { name != nil && $0.isMapping ? $0[name!] : $0 }
    guard let stated = keys.lazy.compactMap({ particle[$0] }).first else {
      // In a blend BPX wants a number for every material, 0 where there is nothing to say.
      if let initialState, try initialState.number() != 0 {
        warnings.append(
          initialState.error("has no effect", advice: "the material has no branches of the potential"))
      }
      return nil
    }
    if let missing = keys.first(where: { particle[$0] == nil }) {
      throw stated.error(
        "hysteresis needs both branches and the decay constant, but '\(missing)' is missing",
        advice: "without hysteresis, leave all three out")
    }
    return Hysteresis(
      filling: try particle.required(keys[0]).function(.voltage, over: window),
      emptying: try particle.required(keys[1]).function(.voltage, over: window),
      decayConstant: try particle.required(keys[2]).nonNegativeNumber(),
      initialState: try initialState?.number(in: -1...1, "a hysteresis state") ?? 0)
  }

  // MARK: Keys of our groups

  /// Complains about keys in our groups for one side that nothing reads.
  private func checkGroups(
    _ groups: DocumentNode, ofElectrode electrode: DocumentNode?
  ) throws(DocumentError) {
    let ofMaterial = ["Particle shape", "Size distribution", "Film", "Mechanics"] + Self.hostGroups
    let blend = electrode?["Particle"]
    let known =
      (electrode == nil ? [] : ["Grading"] + (blend == nil ? ofMaterial : ["Particle", "Necks"]))
      + ["Foil", "Reference", "description"]
    for (name, keyNode, _) in try groups.entries() {
      if electrode == nil && (ofMaterial + ["Grading"]).contains(name) {
        throw keyNode.error("belongs to a porous electrode, but the file has no section for it")
      }
      if blend != nil && ofMaterial.contains(name) {
        throw keyNode.error(
          "belongs to one material of the blend", advice: "it stands under 'Particle' and the material's name")
      }
      if !known.contains(name) { throw keyNode.unknownKey(known: known) }
    }
    // In a blend every material has groups of its own.
    guard let blend, let particles = groups["Particle"] else { return }
    for (name, keyNode, particle) in try particles.entries() where name != "description" {
      try keyNode.checkMaterial(name, of: blend)
      try particle.checkKeys(ofMaterial + ["Grading", "description"])
    }
  }
}

extension DocumentNode {
  /// Complains when this key is not the name of a material in a blend.
  func checkMaterial(_ name: String, of blend: DocumentNode) throws(DocumentError) {
    let materials = try blend.entries().map(\.name)
    if materials.contains(name) { return }
    var complaint = unknownKey(known: materials)
    complaint.message = "is not a material of this electrode"
    throw complaint
  }
}
