extension Dialect {
  /// Capacities and energies count up through a cycle and begin again with the next.
  static let arbin = [
    Dialect(
      name: "arbin", title: "Arbin MITS Pro, labels with spaces", readers: "PyProBE, batterydf, ampworks",
      suffix: ".arbin.csv", alsoHolds: [.temperature],
      columns: [
        DialectColumn("Data Point") { $1.append($0.index) },
        DialectColumn("Date Time") {
          // The tab keeps spreadsheets from rewriting the date.
          $1.append("\t")
          $1.appendAmerican($0.unixTime, milliseconds: true)
        },
        DialectColumn("Test Time (s)") { $1.append($0.testTime, decimals: 4) },
        DialectColumn("Step Time (s)") { $1.append($0.stepTime, decimals: 4) },
        DialectColumn("Cycle Index") { $1.append($0.position.cycle) },
        DialectColumn("Step Index") { $1.append($0.position.stepID) },
        .fixed("TC_Counter1", "0"), .fixed("TC_Counter2", "0"), .fixed("TC_Counter3", "0"),
        DialectColumn("Current (A)") { $1.append(significant: $0.current) },
        DialectColumn("Voltage (V)") { $1.append($0.voltage, decimals: 6) },
        DialectColumn("Power (W)") { $1.append(significant: $0.voltage * $0.current) },
        DialectColumn("Charge Capacity (Ah)") { $1.append(significant: $0.inCycle.charge) },
        DialectColumn("Discharge Capacity (Ah)") { $1.append(significant: $0.inCycle.discharge) },
        DialectColumn("Charge Energy (Wh)") { $1.append(significant: $0.inCycle.chargeEnergy) },
        DialectColumn("Discharge Energy (Wh)") { $1.append(significant: $0.inCycle.dischargeEnergy) },
        DialectColumn("Capacity (Ah)") { $1.append(significant: $0.inCycle.net) },
        .fixed("mAh/g", ""), .fixed("ACR (Ohm)", "0"), .fixed("dV/dt (V/s)", "0"),
        .fixed("Internal Resistance (Ohm)", "0"), .fixed("dQ/dV (Ah/V)", ""), .fixed("dV/dQ (V/Ah)", ""),
        DialectColumn("Aux_Temperature_1 (C)") { $1.append($0.temperature, roundedTo: 4) },
        .fixed("Aux_dT/dt_1 (C/s)", "0"),
      ],
      // A byte order mark.
      preamble: { _, text in text.append("\u{FEFF}") }),
    arbinSQL("arbin-sql", ",", "comma"),
    arbinSQL("arbin-sql-semicolon", ";", "semicolon"),
    Dialect(
      name: "arbin-matr", title: "Arbin as in the MATR data sets", readers: "BEEP", suffix: ".matr_CH1.csv",
      alsoHolds: [.temperature],
      columns: [
        DialectColumn("Data_Point") { $1.append($0.index - 1) },
        DialectColumn("Test_Time") { $1.append($0.testTime, decimals: 4) },
        DialectColumn("DateTime") { $1.append($0.unixTime, decimals: 4) },
        DialectColumn("Step_Time") { $1.append($0.stepTime, decimals: 4) },
        DialectColumn("Step_Index") { $1.append($0.position.stepID) },
        DialectColumn("Cycle_Index") { $1.append($0.position.cycle) },
        DialectColumn("Current") { $1.append(significant: $0.current) },
        DialectColumn("Voltage") { $1.append($0.voltage, decimals: 6) },
        DialectColumn("Charge_Capacity") { $1.append(significant: $0.inCycle.charge) },
        DialectColumn("Discharge_Capacity") { $1.append(significant: $0.inCycle.discharge) },
        DialectColumn("Charge_Energy") { $1.append(significant: $0.inCycle.chargeEnergy) },
        DialectColumn("Discharge_Energy") { $1.append(significant: $0.inCycle.dischargeEnergy) },
        .fixed("dV/dt", "0"), .fixed("Internal_Resistance", "0"),
        DialectColumn("Temperature") { $1.append($0.temperature, roundedTo: 4) },
      ]),
  ]

  private static func arbinSQL(_ name: String, _ separator: String, _ word: String) -> Dialect {
    Dialect(
      name: name, title: "Arbin database, labels with underscores, \(word)s", readers: "cellpy",
      suffix: ".\(name).csv", alsoHolds: [],
      columns: [
        DialectColumn("Data_Point") { $1.append($0.index) },
        DialectColumn("Date_Time") { $1.appendISO($0.unixTime) },
        DialectColumn("Test_Time(s)") { $1.append($0.testTime, decimals: 4) },
        DialectColumn("Step_Time(s)") { $1.append($0.stepTime, decimals: 4) },
        DialectColumn("Cycle_Index") { $1.append($0.position.cycle) },
        DialectColumn("Step_Index") { $1.append($0.position.stepID) },
        DialectColumn("Current(A)") { $1.append(significant: $0.current) },
        DialectColumn("Voltage(V)") { $1.append($0.voltage, decimals: 6) },
        DialectColumn("Power(W)") { $1.append(significant: $0.voltage * $0.current) },
        DialectColumn("Charge_Capacity(Ah)") { $1.append(significant: $0.inCycle.charge) },
        DialectColumn("Discharge_Capacity(Ah)") { $1.append(significant: $0.inCycle.discharge) },
        DialectColumn("Charge_Energy(Wh)") { $1.append(significant: $0.inCycle.chargeEnergy) },
        DialectColumn("Discharge_Energy(Wh)") { $1.append(significant: $0.inCycle.dischargeEnergy) },
        .fixed("Internal_Resistance(Ohm)", "0"),
      ], separator: separator)
  }
}
