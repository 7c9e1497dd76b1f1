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
      cell = try reader.cell().tabulated()
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

/// Reads the sections of a cell file, in the order in which they stand there. The electrodes and the state have files
/// of their own.
struct CellFileReader {
  /// The file with the overrides.
  let file: DocumentNode
  let asWritten: DocumentNode
  var warnings: [DocumentError] = []
  /// Major version of BPX. Since version 1 the initial state has a section of its own.
  var version = 1
  /// Whether the header says "Partial": a foil or a reference may then stand in for an electrode.
  var isPartial = false

  init(file: DocumentNode, asWritten: DocumentNode) {
    self.file = file
    self.asWritten = asWritten
  }

  mutating func cell() throws(DocumentError) -> Cell {
    if file["Header"] == nil, file["steps"] != nil {
      throw file.error("is a test protocol, where a cell is wanted", advice: "the cell comes before the protocol")
    }
    let title = try header(file.required("Header"))
    try file.checkKeys(["Header", "Parameterisation", "Validation"] + (version >= 1 ? ["State"] : []))

    let parameters = try file.required("Parameterisation")
    try parameters.checkKeys([
      "Cell", "Electrolyte", "Negative electrode", "Positive electrode", "Separator", "User-defined",
    ])
    if let userDefined = parameters["User-defined"] { try checkGroups(userDefined) }

    let section = try parameters.required("Cell")
    try section.checkKeys(
      [
        "Electrode area [m2]", "External surface area [m2]", "Volume [m3]",
        "Number of electrode pairs connected in parallel to make a cell", "Lower voltage cut-off [V]",
        "Upper voltage cut-off [V]", "Nominal cell capacity [A.h]", "Reference temperature [K]",
        "Density [kg.m-3]", "Specific heat capacity [J.K-1.kg-1]",
      ],
      formerly: [
        "Ambient temperature [K]", "Initial temperature [K]", "Thermal conductivity [W.m-1.K-1]",
      ], version: version)
    let pairs = try section.required("Number of electrode pairs connected in parallel to make a cell")
    guard try pairs.number() >= 1, let pairCount = Int(exactly: try pairs.number()) else {
      throw pairs.error("must be a whole number from 1, found \(pairs.scalar ?? "")")
    }
    let lower = try section.required("Lower voltage cut-off [V]").number(.voltage)
    let upper = try section.required("Upper voltage cut-off [V]")
    guard try upper.number(.voltage) > lower else {
      throw upper.error("must be above the lower cut-off of \(lower) V, found \(upper.scalar ?? "")")
    }
    let volume = try section["Volume [m3]"]?.number(.volume)
    let density = try section["Density [kg.m-3]"]?.number(.density)
    _ = try section["Thermal conductivity [W.m-1.K-1]"]?.positiveNumber()

    let (negative, positive) = try sides(parameters)
    let state = try state(file["State"], cell: section, electrolyte: parameters["Electrolyte"])
    var cell = Cell(
      title: title,
      electrodeArea: try section.required("Electrode area [m2]").number(.area) * Double(pairCount),
      electrodePairs: pairCount,
      nominalCapacity: try section.required("Nominal cell capacity [A.h]").number(.capacity),
      voltageWindow: lower...(try upper.number()),
      referenceTemperature: state.referenceTemperature,
      ambientTemperature: state.ambientTemperature,
      initialTemperature: state.initialTemperature,
      initialStateOfCharge: state.stateOfCharge,
      mass: volume.flatMap { volume in density.map { volume * $0 } },
      volume: volume,
      contactResistance: try parameters["User-defined"]?["Cell"]?["Contact resistance [Ohm]"]?
        .nonNegativeNumber() ?? 0,
      thermal: state.thermal,
      negative: negative,
      separator: negative == .reference ? nil : try separator(parameters.required("Separator")),
      positive: positive,
      electrolyte: negative == .reference && parameters["Electrolyte"] == nil
        ? .atRest(concentration: state.concentration)
        : try electrolyte(parameters.required("Electrolyte"), concentration: state.concentration))
    try checkHeatBalance(of: cell)
    try checkPlausibility(of: cell, section)
    if let degradation = file["State"]?["Degradation"] { try degrade(&cell, by: degradation) }
    return cell
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
    case "Partial": isPartial = true
    case "SPM":
      throw model.error(
        "an SPM file has neither separator nor electrolyte: it cannot be simulated as a cell",
        advice: "add them and say \"DFN\", or put one electrode against a reference in a \"Partial\" file")
    default: throw model.error("unknown model '\(try model.string())'", advice: "DFN, SPMe or Partial")
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
    let groups = file["Parameterisation"]?["User-defined"]?["Electrolyte"]
    return Electrolyte(
      initialConcentration: concentration,
      transferenceNumber: try transference.number(),
      conductivity: ElectrolyteProperty(
        atReference: try section.required("Conductivity [S.m-1]").positiveFunction(over: concentrations),
        temperatureSeries: try temperatureSeries(
          groups?["Conductivity temperature series"], over: concentrations),
        activationEnergy: try section["Conductivity activation energy [J.mol-1]"]?.number() ?? 0),
      diffusivity: ElectrolyteProperty(
        atReference: try section.required("Diffusivity [m2.s-1]").positiveFunction(over: concentrations),
        temperatureSeries: try temperatureSeries(
          groups?["Diffusivity temperature series"], over: concentrations),
        activationEnergy: try section["Diffusivity activation energy [J.mol-1]"]?.number() ?? 0),
      thermodynamicFactor: ElectrolyteProperty(
        atReference: try groups?["Thermodynamic factor"]?.positiveFunction(over: concentrations)
          ?? MaterialFunction(1),
        temperatureSeries: try temperatureSeries(
          groups?["Thermodynamic factor temperature series"], over: concentrations)))
  }

  /// The coefficients of (T − T_ref), (T − T_ref)², … as functions of the concentration. A power that is left out has
  /// the coefficient 0.
  private func temperatureSeries(
    _ group: DocumentNode?, over concentrations: ClosedRange<Double>
  ) throws(DocumentError) -> [MaterialFunction] {
    guard let group else { return [] }
    let orders = (1...4).map { "Order \($0)" }
    try group.checkKeys(orders + ["description"])
    var series: [MaterialFunction] = []
    for (index, order) in orders.enumerated() {
      guard let coefficient = try group[order]?.function(over: concentrations) else { continue }
      while series.count < index { series.append(MaterialFunction(0)) }
      series.append(coefficient)
    }
    return series
  }

  private func separator(_ section: DocumentNode) throws(DocumentError) -> Separator {
    try section.checkKeys(["Thickness [m]", "Porosity", "Transport efficiency"])
    let porosity = try section.required("Porosity")
    return Separator(
      thickness: try section.required("Thickness [m]").number(.thickness),
      // A gap that holds nothing but electrolyte has the porosity 1.
      porosity: try porosity.number() == 1 ? 1 : porosity.openFraction("a porosity"),
      transportEfficiency: try section.required("Transport efficiency").transportEfficiency())
  }

  // MARK: User-defined

  /// Complains about keys that nothing reads. Other tools may keep groups of theirs beside ours.
  private mutating func checkGroups(_ section: DocumentNode) throws(DocumentError) {
    let groups = ["Cell", "Electrolyte", "Negative electrode", "Positive electrode"]
    for (name, keyNode, group) in try section.entries() where name != "description" {
      switch name {
      case "Cell":
        try group.checkKeys(["Contact resistance [Ohm]", "description"])
      case "Electrolyte":
        try group.checkKeys([
          "Thermodynamic factor", "Conductivity temperature series", "Diffusivity temperature series",
          "Thermodynamic factor temperature series", "description",
        ])
      case "Negative electrode", "Positive electrode":
        break  // Checked with the electrode: what may stand there depends on it.
      default:
        var warning = keyNode.unknownKey(known: groups)
        warning.message = "is not a group that is read here: ignored"
        warnings.append(warning)
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

extension Electrolyte {
  /// What a cell without a section `Electrolyte` has: with an ideal reference electrode nothing passes through it, so
  /// that its transport properties do not matter.
  fileprivate static func atRest(concentration: Double) -> Electrolyte {
    Electrolyte(
      initialConcentration: concentration, transferenceNumber: 0,
      conductivity: ElectrolyteProperty(atReference: MaterialFunction(1)),
      diffusivity: ElectrolyteProperty(atReference: MaterialFunction(1e-10)),
      thermodynamicFactor: ElectrolyteProperty(atReference: MaterialFunction(1)))
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
