extension Dialect {
  /// Capacity and energy begin again with each step.
  static let maccor = [
    Dialect(
      name: "maccor", title: "Maccor text, current without sign", readers: "BEEP",
      suffix: "_000001.001", alsoHolds: [],
      columns: [
        DialectColumn("Rec#") { $1.append($0.index) },
        // Cycles count from 0.
        DialectColumn("Cyc#") { $1.append($0.position.cycle - 1) },
        DialectColumn("Step") { $1.append($0.position.stepID) },
        DialectColumn("Test (Sec)") { $1.append($0.testTime, decimals: 4) },
        DialectColumn("Step (Sec)") { $1.append($0.stepTime, decimals: 4) },
        DialectColumn("Amp-hr") { $1.append($0.amount.charge, decimals: 10) },
        DialectColumn("Watt-hr") { $1.append($0.amount.energy, decimals: 10) },
        DialectColumn("Amps") { $1.append(abs($0.current), decimals: 10) },
        DialectColumn("Volts") { $1.append($0.voltage, decimals: 8) },
        DialectColumn("State") { $1.append($0.direction.inMaccor) },
        DialectColumn("ES") { $1.append($0.endStatus) },
        DialectColumn("DPt Time") { $1.appendAmerican($0.unixTime) },
        .fixed("ACImp/Ohms", "0.00000"), .fixed("DCIR/Ohms", "0.00000"), .fixed("WF Chg Cap", "N/A"),
        .fixed("WF Dis Cap", "N/A"), .fixed("WF Chg E", "N/A"), .fixed("WF Dis E", "N/A"), .fixed("Range", "1"),
      ] + (1...15).map { .fixed("VAR\($0)", "0.00000") },
      separator: "\t", lineEnd: "\r\n",
      preamble: { test, text in
        text.append("Today's Date ")
        text.appendAmericanDay(test.startTime)
        text.append("  Date of Test:\t")
        text.appendAmericanDay(test.startTime)
        text.append("\t Filename:\t\(test.name) Procedure: \(test.name)\tComment/Barcode: \(test.origin)\r\n")
      }),
    Dialect(
      name: "maccor-mims", title: "Maccor MIMS as CSV", readers: "PyProBE, ampworks", suffix: ".maccor.csv",
      alsoHolds: [.temperature],
      columns: [
        DialectColumn("Rec") { $1.append($0.index) },
        DialectColumn("Cycle C") { $1.append($0.position.cycle) },
        DialectColumn("Step") { $1.append($0.position.stepID) },
        DialectColumn("Test Time (sec)") { $1.append($0.testTime, decimals: 4) },
        DialectColumn("Step Time (sec)") { $1.append($0.stepTime, decimals: 4) },
        DialectColumn("Capacity") { $1.append($0.amount.charge, decimals: 9) },
        DialectColumn("Energy") { $1.append($0.amount.energy, decimals: 9) },
        DialectColumn("Current") { $1.append($0.current, decimals: 9) },
        DialectColumn("Voltage") { $1.append($0.voltage, decimals: 6) },
        DialectColumn("DPT Time") {
          $1.appendDayInWords($0.unixTime)
          $1.append(" ")
          $1.appendTwelveHourClock($0.unixTime, hourDigits: 1)
        },
        DialectColumn("Temp 1") { $1.append($0.temperature ?? $0.ambientTemperature, decimals: 4) },
      ],
      preamble: { test, text in
        text.append("Today's Date ,")
        text.appendDayInWords(test.startTime)
        text.append("\nDate of Test:,")
        text.appendDayInWords(test.startTime)
        text.append(" ")
        text.appendTwelveHourClock(test.startTime, hourDigits: 1)
        text.append("\n")
      }),
  ]
}

extension StepWord.Direction {
  fileprivate var inMaccor: String {
    switch self {
    case .none: "R"
    case .charge: "C"
    case .discharge: "D"
    }
  }
}

extension CyclerRow {
  /// 0 at the start of a step, 1 in it; at its end 129 after a time, 132 at a current, 133 at a voltage. The source does
  /// not say how a step ended: a time is a whole number of tenths of a second, and no other end falls on one.
  fileprivate var endStatus: Int {
    if isLastOfStep, stepTime > 0 {
      let tenths = stepTime * 10
      if step.mode == .rest || abs(tenths - tenths.rounded()) < 1e-7 { return 129 }
      return isHeld ? 132 : 133
    }
    return isFirstOfStep ? 0 : 1
  }
}
