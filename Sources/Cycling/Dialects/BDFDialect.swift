extension Dialect {
  /// The columns of Battery Data Format, without those of a model.
  static let bdf = Dialect(
    name: "bdf", title: "Battery Data Format, standard columns alone", readers: "batterydf, navani, cellpy",
    suffix: ".standard.bdf.csv", alsoHolds: Set(Column.allCases),
    columns: Column.allCases.map { bdfColumn($0, $0.label) },
    hasMetadata: true)

  /// The same with the labels that the format's ontology has for machines.
  static let machineReadableBDF = Dialect(
    name: "bdf-machine", title: "Battery Data Format, machine-readable labels", readers: "batterydf, navani",
    suffix: ".machine.bdf.csv", alsoHolds: Set(Column.allCases),
    columns: Column.allCases.map { bdfColumn($0, $0.machineName) }, hasMetadata: true)

  private static func bdfColumn(_ column: Column, _ label: String) -> DialectColumn {
    switch column {
    case .testTime: DialectColumn(label) { $1.append($0.testTime, roundedTo: 9) }
    case .voltage: DialectColumn(label) { $1.append($0.voltage, roundedTo: 9) }
    case .current: DialectColumn(label) { $1.append(significant: $0.current) }
    case .unixTime: DialectColumn(label) { $1.append($0.unixTime, roundedTo: 6) }
    case .index: DialectColumn(label) { $1.append($0.index) }
    case .cycle: DialectColumn(label) { $1.append($0.position.cycle) }
    case .stepCount: DialectColumn(label) { $1.append($0.position.stepCount) }
    case .stepID: DialectColumn(label) { $1.append($0.position.stepID) }
    case .stepTime: DialectColumn(label) { $1.append($0.stepTime, roundedTo: 9) }
    case .stepType: DialectColumn(label) { $1.append(BDFWriter.quoted($0.stepText)) }
    case .chargingCapacity: DialectColumn(label) { $1.append(significant: $0.total.charge) }
    case .dischargingCapacity: DialectColumn(label) { $1.append(significant: $0.total.discharge) }
    case .chargingEnergy: DialectColumn(label) { $1.append(significant: $0.total.chargeEnergy) }
    case .dischargingEnergy: DialectColumn(label) { $1.append(significant: $0.total.dischargeEnergy) }
    case .stepChargingCapacity: DialectColumn(label) { $1.append(significant: $0.inStep.charge) }
    case .stepDischargingCapacity: DialectColumn(label) { $1.append(significant: $0.inStep.discharge) }
    case .power: DialectColumn(label) { $1.append(significant: $0.voltage * $0.current) }
    case .temperature: DialectColumn(label) { $1.append($0.temperature, roundedTo: 6) }
    case .ambientTemperature: DialectColumn(label) { $1.append($0.ambientTemperature, roundedTo: 6) }
    }
  }
}

extension TextBuffer {
  /// Nothing where the source does not tell.
  mutating func append(_ value: Double?, roundedTo decimals: Int) {
    if let value { append(value, roundedTo: decimals) }
  }

  /// A word where the source does not tell.
  mutating func append(_ value: Double?, decimals: Int, else word: String = "") {
    if let value { append(value, decimals: decimals) } else { append(word) }
  }
}
