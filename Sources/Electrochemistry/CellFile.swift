import Documents

/// A cell file: BPX 1.x or 0.x (JSON), with what BPX lacks in groups under `User-defined`. Every key, its unit,
/// default and range are listed in `cells/README.md`.
public struct CellFile: Sendable {
  public let cell: Cell
  /// What was read, but may not be what was meant.
  public let warnings: [DocumentError]
  /// The measurements that the file brings along.
  public let validation: [Experiment]

  /// Reads and checks a file.
  ///
  /// An override replaces one value that the file states: `Positive electrode/Particle radius [m]` and
  /// `4e-8`. Its key starts at the top or below `Parameterisation`; its value is a number or an expression.
  /// Overriding a particle's radius or shape changes its surface area, not the amount of material.
  public init(path: String, overrides: [(key: String, value: String)] = []) throws(DocumentError) {
    try self.init(DocumentNode(path: path), overrides: overrides)
  }

  init(_ file: DocumentNode, overrides: [(key: String, value: String)] = []) throws(DocumentError) {
    var document = file
    for (key, value) in overrides { document = try document.overriding(key, with: value) }
    var reader = CellFileReader(file: document, asWritten: file)
    do throws(DocumentError) {
      cell = try reader.cell()
      try reader.userDefined()
      validation = try reader.validation()
      warnings = reader.warnings
    } catch {
      // What an override brought in stands in no line of the file.
      let overridden = overrides.contains { error.key.hasSuffix($0.key) }
      guard overridden && error.line == nil else { throw error }
      throw DocumentError(file: "--set", key: error.key, message: error.message, advice: error.advice)
    }
  }
}

/// A measurement that a cell file brings along to compare with.
public struct Experiment: Sendable, Equatable {
  public var name: String
  /// Times in s, not decreasing.
  public var time: [Double]
  /// Current in A, positive on charge.
  public var current: [Double]
  /// Terminal voltage in V.
  public var voltage: [Double]
  /// Temperature in K, if it was recorded.
  public var temperature: [Double]?
}

/// Reads the sections of a cell file, in the order in which they stand there.
private struct CellFileReader {
  /// The file with the overrides.
  let file: DocumentNode
  let asWritten: DocumentNode
  var warnings: [DocumentError] = []
  /// Major version of BPX. Since version 1 the initial state has a section of its own.
  var version = 1

  mutating func cell() throws(DocumentError) -> Cell {
    let title = try header(file.required("Header"))
    try file.checkKeys(["Header", "Parameterisation", "Validation"] + (version >= 1 ? ["State"] : []))

    let parameters = try file.required("Parameterisation")
    try parameters.checkKeys([
      "Cell", "Electrolyte", "Negative electrode", "Positive electrode", "Separator", "User-defined",
    ])

    let cell = try parameters.required("Cell")
    try cell.checkKeys(
      [
        "Electrode area [m2]", "External surface area [m2]", "Volume [m3]",
        "Number of electrode pairs connected in parallel to make a cell", "Lower voltage cut-off [V]",
        "Upper voltage cut-off [V]", "Nominal cell capacity [A.h]", "Reference temperature [K]",
        "Density [kg.m-3]", "Specific heat capacity [J.K-1.kg-1]",
      ],
      formerly: [
        "Ambient temperature [K]", "Initial temperature [K]", "Thermal conductivity [W.m-1.K-1]",
      ], version: version)
    let pairs = try cell.required("Number of electrode pairs connected in parallel to make a cell")
    guard try pairs.number() >= 1, let pairCount = Int(exactly: try pairs.number()) else {
      throw pairs.error("must be a whole number from 1, found \(pairs.scalar ?? "")")
    }
    let lower = try cell.required("Lower voltage cut-off [V]").number()
    let upper = try cell.required("Upper voltage cut-off [V]")
    guard try upper.number() > lower else {
      throw upper.error("must be above the lower cut-off of \(lower) V, found \(upper.scalar ?? "")")
    }
    let volume = try cell["Volume [m3]"]?.positiveNumber()
    let density = try cell["Density [kg.m-3]"]?.positiveNumber()
    for unused in [
      "External surface area [m2]", "Specific heat capacity [J.K-1.kg-1]", "Thermal conductivity [W.m-1.K-1]",
    ] {
      _ = try cell[unused]?.positiveNumber()
    }

    let electrolyteSection = try parameters.required("Electrolyte")
    let state = try state(file["State"], cell: cell, electrolyte: electrolyteSection)
    return Cell(
      title: title,
      electrodeArea: try cell.required("Electrode area [m2]").positiveNumber() * Double(pairCount),
      nominalCapacity: try cell.required("Nominal cell capacity [A.h]").positiveNumber(),
      voltageWindow: lower...(try upper.number()),
      referenceTemperature: state.referenceTemperature,
      ambientTemperature: state.ambientTemperature,
      initialTemperature: state.initialTemperature,
      initialStateOfCharge: state.stateOfCharge,
      mass: volume.flatMap { volume in density.map { volume * $0 } },
      volume: volume,
      contactResistance: 0,
      thermal: nil,
      negative: .porous(try electrode("Negative electrode", parameters.required("Negative electrode"))),
      separator: try separator(parameters.required("Separator")),
      positive: .porous(try electrode("Positive electrode", parameters.required("Positive electrode"))),
      electrolyte: try electrolyte(electrolyteSection, concentration: state.concentration))
  }

  // MARK: Header

  /// The title; sets the version.
  private mutating func header(_ section: DocumentNode) throws(DocumentError) -> String {
    try section.checkKeys(["BPX", "Title", "Description", "References", "Model"])
    let stated = try section.required("BPX")
    let text = try stated.string()
    guard let major = Int(text.prefix { $0 != "." }), (0...1).contains(major) else {
      throw stated.error("BPX version '\(text)' is not supported", advice: "0.x and 1.x are")
    }
    version = major
    let model = try section.required("Model")
    switch try model.string() {
    case "DFN": break
    case "SPMe": warnings.append(model.error("stated for an SPMe; simulated with the full model (DFN)"))
    case "SPM", "Partial":
      throw model.error(
        "files for \(try model.string()) are not supported yet", advice: "a full cell says \"DFN\"")
    default: throw model.error("unknown model '\(try model.string())'", advice: "DFN, SPMe, SPM or Partial")
    }
    return try section["Title"]?.string() ?? ""
  }

  // MARK: Parameterisation

  private func electrolyte(
    _ section: DocumentNode, concentration: Double
  ) throws(DocumentError) -> Electrolyte {
    try section.checkKeys(
      [
        "Cation transference number", "Diffusivity [m2.s-1]", "Diffusivity activation energy [J.mol-1]",
        "Conductivity [S.m-1]", "Conductivity activation energy [J.mol-1]",
      ],
      formerly: ["Initial concentration [mol.m-3]"], version: version)
    let transference = try section.required("Cation transference number")
    guard try (0..<1).contains(transference.number()) else {
      throw transference.error(
        "\(transference.scalar ?? "") is not a transference number", advice: "from 0 to less than 1")
    }
    let concentrations = 0.5 * concentration...1.5 * concentration
    return Electrolyte(
      initialConcentration: concentration,
      transferenceNumber: try transference.number(),
      conductivity: ElectrolyteProperty(
        atReference: try section.required("Conductivity [S.m-1]").positiveFunction(over: concentrations),
        activationEnergy: try section["Conductivity activation energy [J.mol-1]"]?.number() ?? 0),
      diffusivity: ElectrolyteProperty(
        atReference: try section.required("Diffusivity [m2.s-1]").positiveFunction(over: concentrations),
        activationEnergy: try section["Diffusivity activation energy [J.mol-1]"]?.number() ?? 0),
      thermodynamicFactor: ElectrolyteProperty(atReference: MaterialFunction(1)))
  }

  private mutating func electrode(
    _ name: String, _ section: DocumentNode
  ) throws(DocumentError) -> Electrode {
    let ownKeys = ["Thickness [m]", "Porosity", "Transport efficiency", "Conductivity [S.m-1]"]
    var materials: [ActiveMaterial] = []
    if let blend = section["Particle"] {
      try section.checkKeys(ownKeys + ["Particle"])
      for particle in try blend.entries() {
        try particle.value.checkKeys(Self.particleKeys)
        materials.append(try material(particle.value, name: particle.name, electrode: name))
      }
      if materials.isEmpty { throw blend.error("names no material") }
    } else {
      try section.checkKeys(ownKeys + Self.particleKeys)
      materials = [try material(section, name: nil, electrode: name)]
    }
    let porosity = try section.required("Porosity")
    let active = materials.map(\.volumeFraction).reduce(0, +)
    let electrode = Electrode(
      thickness: try section.required("Thickness [m]").positiveNumber(),
      porosity: try porosity.openFraction("a porosity"),
      transportEfficiency: try section.required("Transport efficiency").transportEfficiency(),
      conductivity: try section.required("Conductivity [S.m-1]").positiveNumber(),
      materials: materials)
    // A surface area that is rounded to six digits may fill the electrode this little too much.
    guard active + electrode.porosity <= 1 + 1e-5 else {
      throw porosity.error(
        "porosity and active material fill \(active + electrode.porosity) of the electrode",
        advice: "the active fraction is surface area × radius / shape factor, here \(active)")
    }
    return electrode
  }

  private static let particleKeys = [
    "Minimum stoichiometry", "Maximum stoichiometry", "Maximum concentration [mol.m-3]",
    "Particle radius [m]", "Surface area per unit volume [m-1]", "Diffusivity [m2.s-1]",
    "Diffusivity activation energy [J.mol-1]", "OCP [V]", "OCP (delithiation) [V]",
    "OCP (lithiation) [V]", "OCP hysteresis decay constant", "Entropic change coefficient [V.K-1]",
    "Reaction rate constant [mol.m-2.s-1]", "Reaction rate constant activation energy [J.mol-1]",
  ]

  private mutating func material(
    _ particle: DocumentNode, name: String?, electrode: String
  ) throws(DocumentError) -> ActiveMaterial {
    // BPX states no volume fraction: it is a R / s of the file as it stands, so that an override of radius or
    // shape keeps it. Only an override of the area itself changes it.
    let area = try particle.required("Surface area per unit volume [m-1]")
    let source = area.line == nil ? file : asWritten
    let section = source["Parameterisation"]?[electrode]
    let radius = (name.map { section?["Particle"]?[$0] } ?? section)?["Particle radius [m]"]
    let fraction =
      try area.positiveNumber() * (radius?.positiveNumber() ?? 0)
      / shape(of: name, electrode: electrode, in: source).factor

    let minimum = try particle.required("Minimum stoichiometry").number(in: 0...1, "a stoichiometry")
    let maximumStoichiometry = try particle.required("Maximum stoichiometry")
    let maximum = try maximumStoichiometry.number(in: 0...1, "a stoichiometry")
    guard minimum < maximum else {
      throw maximumStoichiometry.error(
        "must be above the minimum stoichiometry of \(minimum), found \(maximum)")
    }
    let window = minimum...maximum
    for branch in ["OCP (delithiation) [V]", "OCP (lithiation) [V]"] {
      guard let branch = particle[branch] else { continue }
      _ = try branch.function(over: window)
      warnings.append(branch.error("hysteresis is not simulated yet", advice: "'OCP [V]' is used instead"))
    }
    _ = try particle["OCP hysteresis decay constant"]?.number()
    return ActiveMaterial(
      name: name ?? "",
      shape: try shape(of: name, electrode: electrode, in: file),
      radius: try particle.required("Particle radius [m]").positiveNumber(),
      volumeFraction: fraction,
      maximumConcentration: try particle.required("Maximum concentration [mol.m-3]").positiveNumber(),
      minimumStoichiometry: minimum,
      maximumStoichiometry: maximum,
      diffusivity: try particle.required("Diffusivity [m2.s-1]").positiveFunction(over: window),
      diffusivityActivationEnergy: try particle["Diffusivity activation energy [J.mol-1]"]?.number() ?? 0,
      openCircuitPotential: try particle.required("OCP [V]").function(over: window),
      entropicChange: try particle["Entropic change coefficient [V.K-1]"]?.function(over: window)
        ?? MaterialFunction(0),
      reactionRateConstant: MaterialFunction(try particle.required("Reaction rate constant [mol.m-2.s-1]").positiveNumber()),
      reactionRateActivationEnergy:
        try particle["Reaction rate constant activation energy [J.mol-1]"]?.number() ?? 0)
  }

  private func separator(_ section: DocumentNode) throws(DocumentError) -> Separator {
    try section.checkKeys(["Thickness [m]", "Porosity", "Transport efficiency"])
    let porosity = try section.required("Porosity")
    return Separator(
      thickness: try section.required("Thickness [m]").positiveNumber(),
      // A gap that holds nothing but electrolyte has the porosity 1.
      porosity: try porosity.number() == 1 ? 1 : porosity.openFraction("a porosity"),
      transportEfficiency: try section.required("Transport efficiency").transportEfficiency())
  }

  // MARK: User-defined

  /// The groups of ours. Other tools may keep theirs beside them.
  mutating func userDefined() throws(DocumentError) {
    guard let section = file["Parameterisation"]?["User-defined"] else { return }
    let electrodes = ["Negative electrode", "Positive electrode"]
    for entry in try section.entries() where entry.name != "description" {
      if !electrodes.contains(entry.name) {
        var warning = entry.keyNode.unknownKey(known: electrodes)
        warning.message = "is not a group that is read here: ignored"
        warnings.append(warning)
        continue
      }
      guard let materials = file["Parameterisation"]?[entry.name]?["Particle"] else {
        try entry.value.checkKeys(Self.groups)
        continue
      }
      // In a blend every material has groups of its own.
      try entry.value.checkKeys(["Particle", "description"])
      guard let particles = entry.value["Particle"] else { continue }
      try particles.checkKeys(try materials.entries().map(\.name) + ["description"])
      for particle in try particles.entries() where particle.name != "description" {
        try particle.value.checkKeys(Self.groups)
      }
    }
  }

  private static let groups = ["Particle shape", "description"]

  /// Group `Particle shape` of an electrode, or of a material in its blend.
  private func shape(
    of material: String?, electrode: String, in file: DocumentNode
  ) throws(DocumentError) -> ParticleShape {
    let groups = file["Parameterisation"]?["User-defined"]?[electrode]
    let own = material.map { groups?["Particle"]?[$0] } ?? groups
    guard let group = own?["Particle shape"] else { return .sphere }
    try group.checkKeys(["Shape factor", "description"])
    let factor = try group.required("Shape factor")
    let value = try factor.number()
    guard let shape = ParticleShape.allCases.first(where: { $0.factor == value }) else {
      throw factor.error(
        "\(factor.scalar ?? "") is not a shape factor", advice: "1 plate, 2 cylinder, 3 sphere")
    }
    return shape
  }

  // MARK: State

  private struct State {
    var stateOfCharge = 1.0
    var referenceTemperature: Double
    var initialTemperature: Double
    var ambientTemperature: Double
    var concentration: Double
  }

  /// The section `State`; in BPX 0.x some of it stands in `Cell` and `Electrolyte`.
  private mutating func state(
    _ section: DocumentNode?, cell: DocumentNode, electrolyte: DocumentNode
  ) throws(DocumentError) -> State {
    try section?.checkKeys(["Initial conditions", "Thermal environment", "Degradation"])
    let initial = section?["Initial conditions"]
    let thermal = section?["Thermal environment"]
    let hysteresis = ["Negative electrode", "Positive electrode"].map { "Initial hysteresis state: \($0)" }
    try initial?.checkKeys(
      [
        "Initial state-of-charge", "Initial temperature [K]", "Initial electrolyte concentration [mol.m-3]",
      ] + hysteresis)
    try thermal?.checkKeys(["Ambient temperature [K]", "Heat transfer coefficient [W.m-2.K-1]"])
    for key in hysteresis {
      guard let value = initial?[key] else { continue }
      warnings.append(value.error("hysteresis is not simulated yet", advice: "'OCP [V]' is used"))
    }
    if let coefficient = thermal?["Heat transfer coefficient [W.m-2.K-1]"], try coefficient.number() < 0 {
      throw coefficient.error("must not be negative, found \(coefficient.scalar ?? "")")
    }
    if let degradation = section?["Degradation"] { try requireNone(degradation) }

    let reference = try cell["Reference temperature [K]"]?.temperature() ?? 298.15
    let ambient = thermal?["Ambient temperature [K]"] ?? cell["Ambient temperature [K]"]
    let start = initial?["Initial temperature [K]"] ?? cell["Initial temperature [K]"]
    let ambientTemperature = try ambient?.temperature() ?? reference
    var state = State(
      referenceTemperature: reference,
      initialTemperature: try start?.temperature() ?? ambientTemperature,
      ambientTemperature: ambientTemperature,
      concentration: 1000)
    if let stated = initial?["Initial state-of-charge"] {
      state.stateOfCharge = try stated.number(in: 0...1, "a state of charge")
    }
    let salt =
      initial?["Initial electrolyte concentration [mol.m-3]"]
      ?? electrolyte["Initial concentration [mol.m-3]"]
    if let salt {
      state.concentration = try salt.positiveNumber()
    } else {
      warnings.append(
        electrolyte.error("no initial electrolyte concentration is stated", advice: "1000 mol/m3 is used"))
    }
    return state
  }

  /// Lost lithium and lost material cannot be simulated yet, so that they must all be zero.
  private func requireNone(_ degradation: DocumentNode) throws(DocumentError) {
    try degradation.checkKeys(["LLI", "LAM: Negative electrode", "LAM: Positive electrode"])
    for entry in try degradation.entries() {
      let losses = entry.value.isMapping ? try entry.value.entries().map(\.value) : [entry.value]
      for loss in losses where try loss.number() != 0 {
        throw loss.error("a degraded initial state is not supported yet", advice: "0 is")
      }
    }
  }

  // MARK: Validation

  mutating func validation() throws(DocumentError) -> [Experiment] {
    guard let section = file["Validation"] else { return [] }
    var experiments: [Experiment] = []
    for (name, _, node) in try section.entries() {
      try node.checkKeys(["Time [s]", "Current [A]", "Voltage [V]", "Temperature [K]"])
      let time = try node.required("Time [s]")
      let times = try time.numbers()
      if times.isEmpty { throw time.error("is empty") }
      for (value, earlier) in zip(try time.list().dropFirst(), times) where try value.number() < earlier {
        throw value.error("time runs backwards, from \(earlier) s to \(value.scalar ?? "") s")
      }
      var experiment = Experiment(
        name: name,
        time: times,
        current: try node.required("Current [A]").numbers(count: times.count, like: "Time [s]"),
        voltage: try node.required("Voltage [V]").numbers(count: times.count, like: "Time [s]"),
        temperature: try node["Temperature [K]"]?.numbers(count: times.count, like: "Time [s]"))
      if experiment.isDischargePositive {
        experiment.current = experiment.current.map { -$0 }
        warnings.append(
          try node.required("Current [A]").error(
            "the voltage falls where the current is positive", advice: "read as discharge-positive"))
      }
      experiments.append(experiment)
    }
    return experiments
  }
}

extension Experiment {
  /// Whether the voltage falls where the current is positive: ∫ I dV < 0.
  fileprivate var isDischargePositive: Bool {
    var integral = 0.0
    for i in time.indices.dropFirst() {
      integral += 0.5 * (current[i] + current[i - 1]) * (voltage[i] - voltage[i - 1])
    }
    return integral < 0
  }
}
