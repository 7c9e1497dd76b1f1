import Documents

// Our group `Mechanics` of a material: its elasticity, what holds it, and what cracks it.

extension CellFileReader {
  private static var keys: [String] {
    [
      "Young's modulus [Pa]", "Poisson's ratio", "Partial molar volume [m3.mol-1]", "Reference stoichiometry",
      "Stress in flux", "Consistent flux", "Stress in reaction", "Diffusion activation volume [m3.mol-1]",
      "Reaction activation volume [m3.mol-1]", "Surface stress [N.m-1]", "Surface modulus [N.m-1]",
      "Normal partial molar volume [m3.mol-1]", "Substrate", "Bending", "Volume change", "Fracture", "description",
    ]
  }

  mutating func readMechanics(_ groups: DocumentNode, into material: inout ActiveMaterial) throws(DocumentError) {
    guard let group = groups["Mechanics"] else { return }
    var mechanics = try elasticConstants(group, material)
    if material.transport.coherencyEnergy != 0 {
      for transport in ["Cahn-Hilliard", "Allen-Cahn"] {
        if let energy = groups[transport]?["Coherency strain energy [J.m-3]"] {
          throw energy.error("is given beside 'Mechanics', from which it follows", advice: "leave one of the two out")
        }
      }
    }
    mechanics.referenceStoichiometry =
      try group["Reference stoichiometry"]?.number(in: 0...1, "a stoichiometry") ?? 0
    mechanics.diffusionActivationVolume =
      try group["Diffusion activation volume [m3.mol-1]"]?.number(.molarVolume) ?? 0
    mechanics.reactionActivationVolume =
      try group["Reaction activation volume [m3.mol-1]"]?.number(.molarVolume) ?? 0
    mechanics.flux = try flux(group, material)
    mechanics.volumeChange = try group["Volume change"]?.function(
      .volumeChange, over: material.minimumStoichiometry...material.maximumStoichiometry)
    try readBody(group, material, into: &mechanics)
    if let fracture = group["Fracture"] {
      mechanics.fracture = try self.fracture(fracture, material, mechanics)
    }
    material.mechanics = mechanics
    if mechanics.isLayered { try checkLayers(group, material, mechanics) }

    if material.hysteresis != nil, material.needsMean {
      throw group.error(
        "stress in the reaction cannot be combined with branches of the potential",
        advice: "\"Stress in reaction\": 0, and no activation volumes")
    }
    checkLimits(group, material, mechanics)
  }

  /// Warns of what linear elasticity, thin films and surfaces are no longer good for.
  private mutating func checkLimits(_ group: DocumentNode, _ material: ActiveMaterial, _ mechanics: Mechanics) {
    let window = material.minimumStoichiometry...material.maximumStoichiometry
    let strain = mechanics.freeStrain(maximumConcentration: material.maximumConcentration)
    let strains = ([window.lowerBound, window.upperBound] + window.samples).map { strain($0) }
    let ends = [strains.min()!, strains.max()!]
    if let volume = group["Partial molar volume [m3.mol-1]"], ends[1] - ends[0] > Self.largestStrain {
      warn(
        volume.error(
          "strains the host by \((100 * (ends[1] - ends[0])).shown) % in each direction: "
            + "linear elasticity ends at a few per cent",
          advice: "leave 'Mechanics' out where stresses of many GPa come out of it"))
    }
    if let stated = group["Volume change"], let change = mechanics.volumeChange {
      let changes = ([window.lowerBound, window.upperBound] + window.samples).map { change($0) }
      let (span, ofStrain) = (changes.max()! - changes.min()!, 3 * (ends[1] - ends[0]))
      if span > 0.2, span > 10 * ofStrain {
        warn(
          stated.error(
            "says \((100 * span).shown) % between the stoichiometry limits, where the strain of the host makes "
              + "\((100 * ofStrain).shown) %",
            advice: "a relative change: 0.1 is 10 %"))
      }
    }
    if let film = mechanics.film, let substrate = group["Substrate"] {
      let elastic = ends.map { film.misfitStrain - $0 }.max { abs($0) < abs($1) }!
      if abs(elastic) > Self.largestStrain {
        warn(
          (substrate["Misfit strain"] ?? substrate).error(
            "strains the film by up to \((100 * elastic).shown) % in its plane: linear elasticity ends at a few per cent",
            advice: "the misfit strain counts from the host at the reference stoichiometry; 1 % is 0.01"))
      }
      if let thickness = substrate["Thickness [m]"], let body = film.substrate {
        let share = body.share(ofStoney: mechanics.biaxialModulus, thickness: material.radius)
        if abs(share - 1) > 0.25 {
          warn(
            thickness.error(
              "is no thick substrate for a film of \(material.radius.shown) m: the curvature, by Stoney's formula, comes "
                + "out \((1 / share).shown) times too large, and the film would give in",
              advice: "a substrate ten and more times as thick as the film"))
        }
      }
    }
    if let bending = mechanics.bending, let radius = group["Bending"]?["Radius of curvature [m]"],
      material.radius / bending.radius > Self.largestStrain
    {
      warn(
        radius.error(
          "strains the faces of a plate of the half-thickness \(material.radius.shown) m by "
            + "\((100 * material.radius / bending.radius).shown) %: linear elasticity ends at a few per cent",
          advice: "at least \((material.radius / Self.largestStrain).shown) m"))
    }
    let surface = material.shape.surfaceStress(
      radius: material.radius, hollowness: material.hollowness, surfaceModulus: mechanics.surfaceModulus,
      modulus: mechanics.youngsModulus, poisson: mechanics.poissonRatio)
    if let stated = group["Surface stress [N.m-1]"], surface.isStable {
      let stress = (mechanics.surfaceStress * surface.stress).stress(material.shape, radius: 1)
      let strain = (stress.hoop - mechanics.poissonRatio * (stress.radial + stress.axial)) / mechanics.youngsModulus
      if abs(strain) > Self.largestStrain {
        warn(
          stated.error(
            "strains the surface of a particle of \(material.radius.shown) m by \((100 * strain).shown) %: linear elasticity "
              + "ends at a few per cent",
            advice: "oxides have about 1 N/m, which is 1000 mN/m"))
      }
    }
    if let modulus = group["Surface modulus [N.m-1]"], !surface.isStable {
      warn(
        modulus.error(
          "softens a particle of \(material.radius.shown) m by more than its stiffness: its size has no equilibrium",
          advice: "a larger particle, or a modulus nearer to 0"))
    }
  }

  /// Says the same once for all sizes.
  private mutating func warn(_ warning: DocumentError) {
    if !warnings.contains(where: { $0.line == warning.line && $0.key == warning.key }) { warnings.append(warning) }
  }

  /// E, ν and Ω, how a plate is bent, and what the stress acts on: what a free energy makes of them.
  func elasticConstants(_ group: DocumentNode, _ material: ActiveMaterial) throws(DocumentError) -> Mechanics {
    try group.checkKeys(Self.keys)
    let window = material.minimumStoichiometry...material.maximumStoichiometry
    let volume = try group.required("Partial molar volume [m3.mol-1]")
    let modulusOf = try group.required("Young's modulus [Pa]").numberOrFunction(.modulus, over: window)
    let volumeOf = try volume.numberOrFunction(.molarVolume, over: window)
    let middle = material.stoichiometry(filling: 0.5)
    var mechanics = Mechanics(
      youngsModulus: modulusOf(middle),
      poissonRatio: try group.required("Poisson's ratio").number(in: 0...0.49, "a Poisson's ratio"),
      partialMolarVolume: volumeOf(middle))
    if !modulusOf.isConstant { mechanics.modulusRatio = modulusOf.divided(by: mechanics.youngsModulus) }
    let largest = window.samples.map { abs(volumeOf($0)) }.max()!
    guard largest > 0 else { throw volume.error("must not be 0", advice: "without strain, leave 'Mechanics' out") }
    if !volumeOf.isConstant {
      mechanics.molarVolumeUnit = largest
      mechanics.molarVolumeRatio = volumeOf.divided(by: largest)
    }
    mechanics.actsOnReaction = try group["Stress in reaction"]?.isSwitchedOn() ?? true
    if try group["Stress in flux"]?.isSwitchedOn() == false { mechanics.flux = nil }
    mechanics.bending = try group["Bending"].map { node throws(DocumentError) in try bending(node, material) }
    return mechanics
  }

  private static var largestStrain: Double { 0.05 }

  /// Group `Bending` of a plate.
  private func bending(
    _ group: DocumentNode, _ material: ActiveMaterial
  ) throws(DocumentError) -> Mechanics.Bending {
    try group.checkKeys(["Radius of curvature [m]", "Wide", "description"])
    guard material.shape == .plate else {
      throw group.error(
        "a bent beam or film is a plate, with the particle radius as half its thickness",
        advice: "add \"Particle shape\": {\"Shape factor\": 1}")
    }
    if material.transport == .homogeneous {
      throw group.error(
        "has no effect in a particle without gradients", advice: "leave out 'Homogeneous' or this group")
    }
    let stated = try group.required("Radius of curvature [m]")
    let radius = try stated.number(.curvature)
    guard radius > 5 * material.radius else {
      throw stated.error(
        "bends a plate of the half-thickness \(material.radius.shown) m by more than 20 %",
        advice: "at least \((5 * material.radius).shown) m, and far more for linear elasticity to hold")
    }
    return Mechanics.Bending(radius: radius, isWide: try group["Wide"]?.isSwitchedOn() ?? false)
  }

  /// Refuses what particles whose elasticity changes with the composition cannot do.
  private func checkLayers(
    _ group: DocumentNode, _ material: ActiveMaterial, _ mechanics: Mechanics
  ) throws(DocumentError) {
    let isBent = mechanics.bending != nil
    let what =
      "cannot be combined with \(isBent ? "bending" : "a modulus or molar volume that changes with the composition")"
    // Their meshes have a wetted layer on one side, and a coordinate across the bend.
    if isBent, case .allenCahn = material.transport { throw group.error("'Allen-Cahn' \(what)") }
    if isBent, case .cahnHilliard(let model) = material.transport, model.wetting != 0 {
      throw group.error("wetting \(what)", advice: "leave one of the two out")
    }
    if material.hysteresis != nil {
      throw group.error("branches of the potential \(what)", advice: isBent ? nil : "state numbers")
    }
  }

  private func flux(
    _ group: DocumentNode, _ material: ActiveMaterial
  ) throws(DocumentError) -> Mechanics.Flux? {
    let isOn = try group["Stress in flux"]?.isSwitchedOn() ?? true
    let isConsistent = try group["Consistent flux"]?.isSwitchedOn() ?? false
    if isOn, !isConsistent, material.transport == .fickian, let bending = group["Bending"] {
      throw bending.error(
        "needs a flux that ends where the chemical potential is the same on both faces, which the dilute form does not",
        advice: "add \"Consistent flux\": 1, or \"Stress in flux\": 0")
    }
    guard isConsistent, let consistent = group["Consistent flux"] else { return isOn ? .dilute : nil }
    guard isOn else { throw consistent.error("has no effect beside \"Stress in flux\": 0") }
    guard material.transport == .fickian else {
      throw consistent.error("is a form of Fickian diffusion", advice: "a phase field moves by its chemical potential")
    }
    if material.hysteresis != nil {
      throw consistent.error("cannot be combined with branches of the potential")
    }
    let temperature = try referenceTemperature()
    for x in (material.minimumStoichiometry...material.maximumStoichiometry).samples {
      let step = 1e-6
      let slope =
        (material.equilibriumPotential(x + step, temperature: temperature)
          - material.equilibriumPotential(x - step, temperature: temperature)) / (2 * step)
      guard slope < 0 else {
        throw consistent.error(
          "needs a potential that falls with the stoichiometry, but it does not at x = \(x.shown)",
          advice: "a host that splits into phases moves by 'Cahn-Hilliard'")
      }
    }
    return .consistent
  }

  /// What holds the particle, and its surface.
  private func readBody(
    _ group: DocumentNode, _ material: ActiveMaterial, into mechanics: inout Mechanics
  ) throws(DocumentError) {
    mechanics.surfaceStress =
      try group["Surface stress [N.m-1]"]?.number(.surfaceStress) ?? 0
    mechanics.surfaceModulus =
      try group["Surface modulus [N.m-1]"]?.number(.surfaceModulus) ?? 0
    let hasSurface = mechanics.surfaceStress != 0 || mechanics.surfaceModulus != 0
    let surface = group["Surface stress [N.m-1]"] ?? group["Surface modulus [N.m-1]"]
    let normal = group["Normal partial molar volume [m3.mol-1]"]
    if group["Bending"] != nil, let substrate = group["Substrate"] {
      throw substrate.error("is given beside 'Bending'", advice: "one of the two")
    }
    guard let substrate = group["Substrate"] else {
      if let normal { throw normal.error("belongs to a film", advice: "add the group 'Substrate'") }
      return
    }
    if hasSurface {
      throw surface!.error("has no effect on a film that cannot move sideways", advice: "leave it or 'Substrate' out")
    }
    guard material.shape == .plate else {
      throw substrate.error(
        "a film is a plate, with the particle radius as its thickness",
        advice: "add \"Particle shape\": {\"Shape factor\": 1}")
    }
    let keys = ["Young's modulus [Pa]", "Poisson's ratio", "Thickness [m]"]
    try substrate.checkKeys(["Misfit strain", "description"] + keys)
    var film = Mechanics.Film(
      misfitStrain: try substrate["Misfit strain"]?.number(.strain) ?? 0,
      normalMolarVolume: try normal?.number(.molarVolume))
    if keys.contains(where: { substrate[$0] != nil }) {
      film.substrate = Mechanics.Substrate(
        youngsModulus: try substrate.required(keys[0]).number(.modulus),
        poissonRatio: try substrate.required(keys[1]).number(in: 0...0.49, "a Poisson's ratio"),
        thickness: try substrate.required(keys[2]).number(.thickness))
    }
    mechanics.film = film
  }

  private func fracture(
    _ group: DocumentNode, _ material: ActiveMaterial, _ mechanics: Mechanics
  ) throws(DocumentError) -> Mechanics.Fracture {
    let (toughness, energy) = ("Toughness [Pa.m0.5]", "Fracture energy [J.m-2]")
    try group.checkKeys([toughness, energy, "Flaw size [m]", "description"])
    var fracture: Mechanics.Fracture
    if let stated = group[energy] {
      if let other = group[toughness] { throw other.error("is given beside '\(energy)'", advice: "one of the two") }
      let energy = try stated.number(in: 1e-4...1e5, "a fracture energy in J/m2")
      fracture = Mechanics.Fracture(toughness: (energy / mechanics.energyReleaseRate(1)).squareRoot())
    } else {
      guard group[toughness] != nil else { throw group.error("the key '\(toughness)' or '\(energy)' is missing") }
      fracture = Mechanics.Fracture(
        toughness: try group.required(toughness).number(.toughness))
    }
    if let flaw = group["Flaw size [m]"] {
      let size = try flaw.number(.flaw)
      let room = material.radius - material.innerRadius
      guard size < room else {
        throw flaw.error(
          "a flaw of \(flaw.scalar ?? "") m has no room in \(material.innerRadius > 0 ? "a wall" : "a particle radius") of "
            + "\(room.shown) m")
      }
      fracture.flawSize = size
    }
    return fracture
  }
}

extension DocumentNode {
  fileprivate func numberOrFunction(
    _ range: PhysicalRange, over window: ClosedRange<Double>
  ) throws(DocumentError) -> MaterialFunction {
    if let scalar, Double(scalar) != nil { return MaterialFunction(try number(range)) }
    return try function(range, over: window)
  }
}

extension PhysicalRange {
  fileprivate static let modulus = PhysicalRange(
    meaning: "an elastic modulus in Pa", allowed: 1e6...2e12, usual: 1e8...1e12,
    otherUnits: [("GPa", 9), ("MPa", 6)])
  fileprivate static let toughness = PhysicalRange(
    meaning: "a fracture toughness in Pa.m0.5", allowed: 1e3...1e9, usual: 1e4...1e8,
    otherUnits: [("MPa.m0.5", 6), ("kPa.m0.5", 3)])
  fileprivate static let strain = PhysicalRange(
    meaning: "a strain", allowed: -0.2...0.2, usual: 1e-4...0.2, otherUnits: [("%", -2)])
  /// That of silicon is up to 3 and more.
  fileprivate static let volumeChange = PhysicalRange(
    meaning: "a relative change of volume", allowed: -0.9...5, usual: 1e-4...4, otherUnits: [("%", -2)])
  fileprivate static let surfaceStress = PhysicalRange(
    meaning: "a surface stress in N/m", allowed: -100...100, usual: 0.01...10, otherUnits: [("mN/m", -3)])
  fileprivate static let surfaceModulus = PhysicalRange(
    meaning: "a surface modulus in N/m", allowed: -1000...1000, usual: 0.1...100, otherUnits: [("mN/m", -3)])
  fileprivate static let curvature = PhysicalRange(
    meaning: "a radius of curvature in m", allowed: 1e-9...1e3, usual: 1e-8...1,
    otherUnits: [("um", -6), ("mm", -3), ("nm", -9)])
  fileprivate static let flaw = PhysicalRange(
    meaning: "the size of a flaw in m", allowed: 1e-10...1e-3, usual: 1e-9...1e-4,
    otherUnits: [("um", -6), ("nm", -9), ("mm", -3)])
  fileprivate static let molarVolume = PhysicalRange(
    meaning: "a molar volume in m3/mol", allowed: -1e-4...1e-4, usual: 1e-7...3e-5, otherUnits: [("cm3/mol", -6)])
}
