extension Dialect {
  /// Capacity and energy are what has been charged in the cycle less what has been discharged.
  static let novonix = [
    novonix(
      "novonix", "Novonix UHPC", ".novonix_CH01.csv", readers: "batterydf", capacity: { $0.inCycle.net },
      energy: { $0.inCycle.netEnergy }, time: { $0.appendISO($1) }),
    // BEEP takes a rest for a discharge that has begun, and the largest value of a charge for its capacity.
    novonix(
      "novonix-ampm", "Novonix UHPC, clock of twelve hours", ".novonix-ampm_CH01.csv",
      readers: "BEEP",
      capacity: { row in
        switch row.direction {
        case .none: 0
        case .charge: row.inCycle.charge
        case .discharge: row.inCycle.net
        }
      },
      energy: { row in
        switch row.direction {
        case .none: 0
        case .charge: row.inCycle.chargeEnergy
        case .discharge: row.inCycle.netEnergy
        }
      },
      time: {
        $0.appendISODay($1)
        $0.append(" ")
        $0.appendTwelveHourClock($1, hourDigits: 2)
      }),
  ]

  private static func novonix(
    _ name: String, _ title: String, _ suffix: String, readers: String,
    capacity: @escaping @Sendable (CyclerRow) -> Double, energy: @escaping @Sendable (CyclerRow) -> Double,
    time: @escaping @Sendable (inout TextBuffer, Double) -> Void
  ) -> Dialect {
    Dialect(
      name: name, title: title, readers: readers, suffix: suffix, alsoHolds: [.temperature, .ambientTemperature],
      columns: [
        DialectColumn("Date and Time") { time(&$1, $0.unixTime) },
        DialectColumn("Cycle Number") { $1.append($0.position.cycle) },
        DialectColumn("Step Type") { $1.append($0.stepTypeInNovonix) },
        DialectColumn("Run Time (h)") { $1.append($0.testTime / 3600, decimals: 9) },
        DialectColumn("Step Time (h)") { $1.append($0.stepTime / 3600, decimals: 9) },
        DialectColumn("Current (A)") { $1.append(significant: $0.current) },
        DialectColumn("Potential (V)") { $1.append($0.voltage, decimals: 7) },
        DialectColumn("Capacity (Ah)") { $1.append(significant: capacity($0)) },
        DialectColumn("Temperature (°C)") {
          $1.append($0.ambientTemperature ?? $0.temperature, decimals: 3, else: "NaN")
        },
        DialectColumn("Circuit Temperature (°C)") {
          $1.append($0.temperature ?? $0.ambientTemperature, decimals: 3, else: "NaN")
        },
        DialectColumn("Energy (Wh)") { $1.append(significant: energy($0)) },
        .fixed("dVdt (I/h)", "0"), .fixed("dIdt (V/h)", "0"),
        DialectColumn("Step Number") { $1.append($0.position.stepID) },
        DialectColumn("Step position") { $1.append($0.isLastOfStep ? 2 : $0.isFirstOfStep ? 0 : 1) },
      ],
      preamble: { test, text in
        text.append("[Summary]\nNovonix UHPC data file\nNovonix\nChannel: 01\nCell: \(test.name)\nSerial Number: 1\n")
        text.append("Description: \(test.origin)\nProtocol: \nMass (g): \nCapacity (Ah): ")
        if let capacity = test.nominalCapacity { text.append(capacity, roundedTo: 6) }
        text.append("\nArea (cm2): \nCellID: \nDC Offset Voltage (V): 0.00000\nStarted: ")
        time(&text, test.startTime)
        text.append("\nVersion: 2.13.0\n[End Summary]\n[Protocol]\n{}\n[End Protocol]\n[Data]\n")
      })
  }
}

extension CyclerRow {
  fileprivate var stepTypeInNovonix: Int {
    switch (step.mode, direction) {
    case (.rest, _): 0
    case (.currentThenVoltage, .charge): isHeld ? 8 : 7
    case (.currentThenVoltage, _): isHeld ? 10 : 9
    case (.voltage, .charge): 8
    case (.voltage, _): 10
    case (_, .charge): 1
    case (_, _): 2
    }
  }
}
