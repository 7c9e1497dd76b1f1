extension Dialect {
  /// Capacities and energies begin again with each step; a step opens with a row at time zero.
  static let neware = [
    Dialect(
      name: "neware", title: "Neware BTS 8, h:min:s, A·h", readers: "cellpy, PyProBE",
      suffix: ".neware.csv", alsoHolds: [.stepType],
      columns: newareCounters + [
        DialectColumn("Time") { $1.appendHours($0.stepTime, milliseconds: false) },
        DialectColumn("Cumulative Time") { $1.appendHours($0.testTime, milliseconds: false) },
        DialectColumn("Current(A)") { $1.append($0.current, decimals: 8) },
        DialectColumn("Voltage(V)") { $1.append($0.voltage, decimals: 4) },
        DialectColumn("Capacity(Ah)") { $1.append($0.amount.charge, decimals: 8) },
        .fixed("Spec. Cap.(mAh/g)", "0.00"),
        DialectColumn("Chg. Cap.(Ah)") { $1.append($0.inStep.charge, decimals: 8) },
        .fixed("Chg. Spec. Cap.(mAh/g)", "0.00"),
        DialectColumn("DChg. Cap.(Ah)") { $1.append($0.inStep.discharge, decimals: 8) },
        .fixed("DChg. Spec. Cap.(mAh/g)", "0.00"),
        DialectColumn("Energy(Wh)") { $1.append($0.amount.energy, decimals: 8) },
        .fixed("Spec. Energy(mWh/g)", "0.00"),
        DialectColumn("Chg. Energy(Wh)") { $1.append($0.inStep.chargeEnergy, decimals: 8) },
        .fixed("Chg. Spec. Energy(mWh/g)", "0.00"),
        DialectColumn("DChg. Energy(Wh)") { $1.append($0.inStep.dischargeEnergy, decimals: 8) },
        .fixed("DChg. Spec. Energy(mWh/g)", "0.00"),
        DialectColumn("Date") { $1.appendISO($0.unixTime, milliseconds: true) },
        DialectColumn("Power(W)") { $1.append($0.voltage * $0.current, decimals: 8) },
        .fixed("dQ/dV(mAh/V)", "0.0000"), .fixed("dQm/dV(mAh/V.g)", "0.0000"), .fixed("Contact resistance(mO)", "0"),
        .fixed("Module start-stop switch", "Close"),
      ]),
    Dialect(
      name: "neware-ma", title: "Neware BTS 8, h:min:s, mA·h",
      readers: "cellpy, PyProBE", suffix: ".neware-ma.csv", alsoHolds: [.stepType, .temperature],
      columns: newareCounters + [
        DialectColumn("Time") { $1.appendHours($0.stepTime, milliseconds: false) },
        DialectColumn("Total Time") { $1.appendHours($0.testTime, milliseconds: false) },
        DialectColumn("Current(mA)") { $1.append(1e3 * $0.current, decimals: 4) },
        DialectColumn("Voltage(V)") { $1.append($0.voltage, decimals: 4) },
        DialectColumn("Capacity(mAh)") { $1.append(1e3 * $0.amount.charge, decimals: 5) },
        DialectColumn("Chg. Cap.(mAh)") { $1.append(1e3 * $0.inStep.charge, decimals: 5) },
        DialectColumn("DChg. Cap.(mAh)") { $1.append(1e3 * $0.inStep.discharge, decimals: 5) },
        DialectColumn("Energy(mWh)") { $1.append(1e3 * $0.amount.energy, decimals: 5) },
        DialectColumn("Chg. Energy(mWh)") { $1.append(1e3 * $0.inStep.chargeEnergy, decimals: 5) },
        DialectColumn("DChg. Energy(mWh)") { $1.append(1e3 * $0.inStep.dischargeEnergy, decimals: 5) },
        DialectColumn("Date") { $1.appendISO($0.unixTime, milliseconds: true) },
        DialectColumn("Power(mW)") { $1.append(1e3 * $0.voltage * $0.current, decimals: 4) },
        .fixed("dQ/dV(mAh/V)", "0.0000"), .fixed("Contact resistance(mO)", "0"),
        DialectColumn("T1(℃)") { $1.append($0.temperature ?? $0.ambientTemperature, decimals: 2) },
      ]),
    Dialect(
      name: "neware-seconds", title: "Neware BTS 8, seconds, total time first",
      readers: "batterydf, ampworks, PyProBE", suffix: ".neware-seconds.csv", alsoHolds: [.stepType],
      columns: newareCounters + [
        DialectColumn("Total Time(s)") { $1.append($0.testTime, decimals: 3) },
        DialectColumn("Time(s)") { $1.append($0.stepTime, decimals: 3) },
        DialectColumn("Current(A)") { $1.append($0.current, decimals: 8) },
        DialectColumn("Voltage(V)") { $1.append($0.voltage, decimals: 4) },
        DialectColumn("Capacity(Ah)") { $1.append($0.amount.charge, decimals: 8) },
        DialectColumn("Chg. Cap.(Ah)") { $1.append($0.inStep.charge, decimals: 8) },
        DialectColumn("DChg. Cap.(Ah)") { $1.append($0.inStep.discharge, decimals: 8) },
        DialectColumn("Energy(Wh)") { $1.append($0.amount.energy, decimals: 8) },
        DialectColumn("Chg. Energy(Wh)") { $1.append($0.inStep.chargeEnergy, decimals: 8) },
        DialectColumn("DChg. Energy(Wh)") { $1.append($0.inStep.dischargeEnergy, decimals: 8) },
        DialectColumn("Date") { $1.appendISO($0.unixTime, milliseconds: true) },
        DialectColumn("Power(W)") { $1.append($0.voltage * $0.current, decimals: 8) },
      ]),
  ]

  private static var newareCounters: [DialectColumn] {
    [
      DialectColumn("DataPoint") { $1.append($0.index) },
      DialectColumn("Cycle Index") { $1.append($0.position.cycle) },
      DialectColumn("Step Index") { $1.append($0.position.stepID) },
      DialectColumn("Step Type") { $1.append($0.typeInNeware) },
    ]
  }
}

extension CyclerRow {
  /// In a step that goes both ways, such as a drive cycle, that of the row.
  fileprivate var typeInNeware: String {
    let word: String
    switch step.mode {
    case .rest: return "Rest"
    case .current: word = "CC"
    case .currentThenVoltage: word = "CCCV"
    case .voltage: word = "CV"
    case .power: word = "CP"
    case .resistance: word = "CR"
    }
    return word + (direction == .charge ? " Chg" : " DChg")
  }
}
