extension Dialect {
  /// Charges begin again with each cycle; `Q charge/discharge` where the current turns.
  static let biologic = Dialect(
    name: "biologic", title: "BioLogic EC-Lab text, galvanostatic",
    readers: "galvani, navani, yadg, PyProBE, batterydf", suffix: ".mpt", alsoHolds: [],
    columns: [
      DialectColumn("mode") { $1.append($0.step.mode == .rest ? 3 : $0.isHeld ? 2 : 1) },
      DialectColumn("ox/red") { $1.append($0.current > 0 ? 1 : 0) },
      .fixed("error", "0"), .fixed("control changes", "0"),
      DialectColumn("Ns changes") { $1.append($0.isFirstOfStep && $0.index > 1 ? 1 : 0) },
      .fixed("counter inc.", "0"),
      // Steps count from 0.
      DialectColumn("Ns") { $1.append(max(0, $0.position.stepID - 1)) },
      double("time/s") { $0.testTime },
      double("dq/mA.h") { 1e3 * $0.passed },
      double("(Q-Qo)/mA.h") { 1e3 * $0.total.net },
      single("control/V/mA") { $0.isHeld ? $0.voltage : 1e3 * $0.current },
      single("Ewe/V") { $0.voltage },
      .fixed("I Range", "11"),
      double("Q charge/discharge/mA.h") { 1e3 * $0.inHalfCycle.net },
      DialectColumn("half cycle") { $1.append($0.halfCycle) },
      double("Energy charge/W.h") { $0.inCycle.chargeEnergy },
      double("Energy discharge/W.h") { $0.inCycle.dischargeEnergy },
      double("Capacitance charge/µF") { _ in 0 },
      double("Capacitance discharge/µF") { _ in 0 },
      double("step time/s") { $0.stepTime },
      double("I/mA") { 1e3 * $0.current },
      double("x") { _ in 0 },
      double("Q discharge/mA.h") { 1e3 * $0.inCycle.discharge },
      double("Q charge/mA.h") { 1e3 * $0.inCycle.charge },
      double("Capacity/mA.h") { 1e3 * $0.inHalfCycle.larger },
      single("Efficiency/%") { _ in 0 },
      single("control/V") { $0.isHeld ? $0.voltage : 0 },
      single("control/mA") { $0.isHeld ? 0 : 1e3 * $0.current },
      double("cycle number") { Double($0.position.cycle) },
      single("P/W") { $0.voltage * $0.current },
    ],
    separator: "\t", lineEnd: "\r\n", isLatin1: true, endsLabelsWithSeparator: true,
    preamble: { test, text in
      var start = TextBuffer(capacity: 32)
      start.appendAmerican(test.startTime, milliseconds: true)
      let time = String(decoding: start.bytes, as: UTF8.self)
      let lines = [
        "", "Galvanostatic Cycling with Potential Limitation", "", "Run on channel : 1 (SN 00001)", "User : ",
        "Electrode connection : standard", "Potential control : Ewe",
        "Ewe ctrl range : min = 0.00 V, max = 5.00 V", "Safety Limits :", "\tDo not start on E overload",
        "Channel : Grounded", "Acquisition started on : \(time)", "Technique started on : \(time)",
        "Loaded Setting File :  NONE", "Saved on :", "\tFile : \(test.name).mpr", "\tDirectory : ",
        "\tHost : 127.0.0.1",
        "Device : none (SN 0000)", "Address : 127.0.0.1", "EC-Lab for windows v11.50 (software)",
        "Internet server v11.50 (firmware)", "Command interpretor v11.50 (firmware)", "Electrode material : ",
        "Initial state : ", "Electrolyte : ", "Comments : \(test.origin)", "Cable : standard",
        "Electrode surface area : 0.001 cm²", "Characteristic mass : 0.001 g", "Volume (V) : 0.001 cm³",
        "Cycle Definition : Charge/Discharge alternance", "",
      ]
      // The count holds the two lines before these and the labels behind them.
      text.append(latin1: "EC-Lab ASCII FILE\r\nNb header lines : \(lines.count + 3)                          \r\n")
      for line in lines { text.append(latin1: line + "\r\n") }
    })

  private static func double(_ label: String, _ value: @escaping @Sendable (CyclerRow) -> Double) -> DialectColumn {
    DialectColumn(label) { $1.append(scientific: value($0), decimals: 15) }
  }

  private static func single(_ label: String, _ value: @escaping @Sendable (CyclerRow) -> Double) -> DialectColumn {
    DialectColumn(label) { $1.append(scientific: value($0), decimals: 7) }
  }
}
