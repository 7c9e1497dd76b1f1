import CellInterface
import Foundation
import Testing

@testable import Cycling
@testable import Documents

/// Two cycles on the capacitor, and the files of other cyclers that come from them.
@Suite struct DialectTests {
  /// A folder with `two.bdf.csv` in it, gone when the body has ended.
  private func withTest<Result>(_ body: (_ folder: String, _ records: [Record]) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = steps(
      """
      loop: {repeat: 2, steps: [{rest: 90 s}, {charge: {at: 1C, to: Vmax, hold_until: C/20}},
            {discharge: 1C, until: ["t >= 10 min"]}, {discharge: 0.37C, until: ["V <= Vmin"], record: {dt: 100 s}}]}
      """)
    let (_, records) = try run(text)
    let labels = ["Stress, \"hoop\" / Pa"]
    let writer = try BDFWriter(path: folder.path + "/two.bdf.csv", startTime: 1_768_469_400, observableLabels: labels)
    let test = try TestProtocol(text: text, file: "f")
    _ = try Cycler(cell: CapacitorCell(observableLabels: labels), test: test, output: writer).run()
    try BDFMetadata(name: "two", startTime: 1_768_469_400, nominalCapacity: 1, observableLabels: labels)
      .write(to: folder.path + "/two.bdf.metadata.json")
    return try body(folder.path, records)
  }

  private func export(_ name: String, in folder: String, from source: String = "two.bdf.csv") throws -> Table {
    let path = folder + "/" + name
    let export = try Export(source: folder + "/" + source, software: "tests")
    try export.write(#require(Dialect.named(name)), to: path, force: true)
    return try Table(path: path)
  }

  /// A file as its columns; what stands before the labels is apart.
  private struct Table {
    var preamble: [String] = []
    var columns: [String: [String]] = [:]
    var rowCount = 0

    init(path: String) throws {
      var text = try String(contentsOfFile: path, encoding: .isoLatin1)
      if text.hasPrefix("\u{EF}\u{BB}\u{BF}") { text.removeFirst(3) }
      var lines = text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
        .map(String.init)
      #expect(lines.removeLast().isEmpty)
      // The labels are what has as many fields as the rows.
      let separator: Character =
        lines.last!.contains("\t") && !lines.last!.contains(",") ? "\t" : lines.last!.contains(";") ? ";" : ","
      func fields(_ line: String) -> [String] {
        line.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
      }
      let width = fields(lines.last!).count
      let first = try #require(lines.firstIndex { (width...(width + 1)).contains(fields($0).count) })
      preamble = Array(lines[..<first])
      let rows = lines[(first + 1)...].map(fields)
      rowCount = rows.count
      #expect(rows.allSatisfy { $0.count == width })
      for (index, label) in fields(lines[first]).prefix(width).enumerated() { columns[label] = rows.map { $0[index] } }
      #expect(columns.count == width)
    }

    func numbers(_ label: String) throws -> [Double] {
      try #require(columns[label], "no column \(label)").map { try #require(Double($0)) }
    }
  }

  // MARK: what every dialect has to keep

  /// Where a dialect has its counters, in what units, and which instants they begin again at.
  struct Counters: Sendable, CustomTestStringConvertible {
    enum Reset { case never, cycle, step }
    var dialect: String
    var time: String
    var voltage: String
    var current: String
    var charge: String
    var discharge: String
    var reset: Reset
    var scale = 1.0
    var timeScale = 1.0
    /// In V, A and A·h: half of the last digit.
    var voltageError = 5e-7
    var error = 1e-9
    var timeError = 5e-5
    var testDescription: String { dialect }
  }

  static let counters = [
    Counters(
      dialect: "bdf", time: "Test Time / s", voltage: "Voltage / V", current: "Current / A",
      charge: "Charging Capacity / Ah", discharge: "Discharging Capacity / Ah", reset: .never),
    Counters(
      dialect: "bdf-machine", time: "test_time_second", voltage: "voltage_volt", current: "current_ampere",
      charge: "step_charging_capacity_ah", discharge: "step_discharging_capacity_ah", reset: .step),
    Counters(
      dialect: "arbin", time: "Test Time (s)", voltage: "Voltage (V)", current: "Current (A)",
      charge: "Charge Capacity (Ah)", discharge: "Discharge Capacity (Ah)", reset: .cycle),
    Counters(
      dialect: "arbin-sql", time: "Test_Time(s)", voltage: "Voltage(V)", current: "Current(A)",
      charge: "Charge_Capacity(Ah)", discharge: "Discharge_Capacity(Ah)", reset: .cycle),
    Counters(
      dialect: "arbin-sql-semicolon", time: "Test_Time(s)", voltage: "Voltage(V)", current: "Current(A)",
      charge: "Charge_Capacity(Ah)", discharge: "Discharge_Capacity(Ah)", reset: .cycle),
    Counters(
      dialect: "arbin-matr", time: "Test_Time", voltage: "Voltage", current: "Current", charge: "Charge_Capacity",
      discharge: "Discharge_Capacity", reset: .cycle),
    Counters(
      dialect: "neware-ma", time: "Total Time", voltage: "Voltage(V)", current: "Current(mA)",
      charge: "Chg. Cap.(mAh)", discharge: "DChg. Cap.(mAh)", reset: .step, scale: 1e3, voltageError: 5e-5, error: 5e-5,
      timeError: 1),
    Counters(
      dialect: "neware", time: "Cumulative Time", voltage: "Voltage(V)", current: "Current(A)",
      charge: "Chg. Cap.(Ah)", discharge: "DChg. Cap.(Ah)", reset: .step, voltageError: 5e-5, error: 1e-8, timeError: 1),
    Counters(
      dialect: "neware-seconds", time: "Total Time(s)", voltage: "Voltage(V)", current: "Current(A)",
      charge: "Chg. Cap.(Ah)", discharge: "DChg. Cap.(Ah)", reset: .step, voltageError: 5e-5, error: 1e-8,
      timeError: 5e-4),
    Counters(
      dialect: "biologic", time: "time/s", voltage: "Ewe/V", current: "I/mA", charge: "Q charge/mA.h",
      discharge: "Q discharge/mA.h", reset: .cycle, scale: 1e3),
  ]

  @Test(arguments: counters) func rowsAndCountersAreThoseOfTheTest(_ dialect: Counters) throws {
    try withTest { folder, records in
      let table = try export(dialect.dialect, in: folder)
      #expect(table.rowCount == records.count)
      func agree(_ label: String, _ tolerance: Double, _ expected: (Record) -> Double) throws {
        for (value, record) in zip(try table.numbers(label), records) {
          #expect(abs(value / dialect.scale - expected(record)) <= tolerance, "\(label), row \(record.index)")
        }
      }
      func amount(_ record: Record) -> Throughput {
        switch dialect.reset {
        case .never: record.total
        case .cycle: record.cycle
        case .step: record.step
        }
      }
      for (value, record) in zip(try table.numbers(dialect.voltage), records) {
        #expect(abs(value - record.reading.voltage) <= 1.001 * dialect.voltageError)
      }
      for (text, record) in zip(try #require(table.columns[dialect.time]), records) {
        let parts = text.split(separator: ":").compactMap { Double($0) }
        let time = parts.reduce(0) { 60 * $0 + $1 }
        #expect(parts.count == (text.contains(":") ? 3 : 1))
        #expect(abs(time - record.reading.time) <= 1.001 * dialect.timeError)
      }
      try agree(dialect.current, dialect.error) { $0.reading.current }
      try agree(dialect.charge, dialect.error) { amount($0).chargingCharge / 3600 }
      try agree(dialect.discharge, dialect.error) { amount($0).dischargingCharge / 3600 }
    }
  }

  @Test func everyDialectHasTheRowsOfTheTest() throws {
    try withTest { folder, records in
      for dialect in Dialect.all {
        let rowCount = try export(dialect.name, in: folder).rowCount
        #expect(rowCount == records.count, "\(dialect.name)")
      }
      #expect(Set(Dialect.all.map(\.name)).count == Dialect.all.count)
      #expect(Set(Dialect.all.map(\.suffix)).count == Dialect.all.count)
    }
  }

  /// One counter for both directions, which begins again with each step, and a letter for the direction.
  @Test func maccorCountsTheStepAndSaysTheDirection() throws {
    try withTest { folder, records in
      let table = try export("maccor", in: folder)
      let states = try #require(table.columns["State"])
      let ends = try #require(table.columns["ES"])
      let amounts = try table.numbers("Amp-hr")
      let currents = try table.numbers("Amps")
      for (row, record) in records.enumerated() {
        let step = record.step
        #expect(abs(amounts[row] - (step.chargingCharge + step.dischargingCharge) / 3600) < 1e-9)
        #expect(abs(currents[row] - abs(record.reading.current)) < 1e-9)
        #expect(states[row] == (record.position.stepID == 1 ? "R" : record.position.stepID == 2 ? "C" : "D"))
        let isFirst = row == 0 || records[row - 1].position.stepCount != record.position.stepCount
        let isLast = row + 1 == records.count || records[row + 1].position.stepCount != record.position.stepCount
        // The rest and the first discharge end on time, the charge on a current, the last on a voltage.
        let end = ["129", "132", "129", "133"][record.position.stepID - 1]
        #expect(ends[row] == (isFirst ? "0" : isLast ? end : "1"), "row \(row)")
      }
      #expect(try table.numbers("Cyc#") == records.map { Double($0.position.cycle - 1) })
      #expect(table.preamble.first?.contains("simulated") == true)
      let mims = try export("maccor-mims", in: folder)
      #expect(zip(try mims.numbers("Capacity"), amounts).allSatisfy { abs($0 - $1) < 1e-8 })
      #expect(mims.columns["DPT Time"]?.first == "15-Jan-26 9:30:00 AM")
    }
  }

  /// Every verb in the words that the cyclers have; in a step that goes both ways those of the row.
  @Test func stepTypes() throws {
    try withTest { folder, _ in
      let text = steps(
        "rest: 1 s", "{charge: 1C, until: [\"t >= 1 s\"]}", "{charge: {power: 1 W}, until: [\"t >= 1 s\"]}",
        "{discharge: {resistance: 10 ohm}, until: [\"t >= 1 s\"]}", "{hold: 3.6 V, until: [\"t >= 1 s\"]}",
        "{hold: 3.4 V, until: [\"t >= 1 s\"]}", "{ramp: {of: voltage, to: 3.5 V, rate: 100 mV/s}}",
        "{ramp: {of: power, from: -1 W, to: -2 W, rate: 1 W/s}}",
        "{cv_scan: {start: 3.4 V, E1: 3.6 V, E2: 3.4 V, rate: 0.1 V/s}}",
        "{temperature: 30 degC, soak: 1 s}", "{pulse: [{I: -1C, t: 1 s}, {I: 1C, t: 1 s}], record: {dt: 0.4 s}}",
        "{discharge: {power: 1 W, to: 3.2 V, hold_until: 10 mA}, until: [\"t >= 1 s\"]}")
      let test = try TestProtocol(text: text, file: "f")
      let writer = try BDFWriter(path: folder + "/all.bdf.csv", startTime: 0, observableLabels: [])
      let summary = try Cycler(cell: CapacitorCell(), test: test, output: writer).run()
      #expect(summary.status == .completed)
      let words = [
        "Rest", "CC Chg", "CP Chg", "CR DChg", "CV Chg", "CV DChg", "CV DChg", "CP DChg", "CV DChg", "Rest", "CC DChg",
        "CCCV DChg",
      ]
      let neware = try export("neware", in: folder, from: "all.bdf.csv")
      let types = try #require(neware.columns["Step Type"])
      let ids = try neware.numbers("Step Index").map { Int($0) }
      let currents = try neware.numbers("Current(A)")
      for (id, word) in words.enumerated() {
        let first = try #require(ids.firstIndex(of: id + 1))
        #expect(types[first] == word, "step \(id + 1)")
      }
      // But where the current has just turned and no charge has passed yet.
      let turned = ids.indices.first { ids[$0] == 11 && currents[$0] > 0 }
      let pulses = ids.indices.filter { ids[$0] == 11 && $0 != turned }
      #expect(pulses.contains { currents[$0] > 0 } && pulses.contains { currents[$0] < 0 })
      for row in pulses { #expect(types[row] == (currents[row] > 0 ? "CC Chg" : "CC DChg")) }
      let novonix = try export("novonix", in: folder, from: "all.bdf.csv")
      let numbers = try novonix.numbers("Step Type")
      for row in pulses { #expect(numbers[row] == (currents[row] > 0 ? 1 : 2)) }
      let states = try #require(try export("maccor", in: folder, from: "all.bdf.csv").columns["State"])
      for row in pulses { #expect(states[row] == (currents[row] > 0 ? "C" : "D")) }
    }
  }

  /// The counter of a half cycle begins again where the current turns, and nowhere else.
  @Test func biologicCountsHalfCycles() throws {
    try withTest { folder, records in
      let table = try export("biologic", in: folder)
      let halfCycles = try table.numbers("half cycle")
      let counters = try table.numbers("Q charge/discharge/mA.h")
      let totals = try table.numbers("(Q-Qo)/mA.h")
      #expect(Set(halfCycles) == [0, 1, 2, 3])
      var start = 0.0
      var lastCurrent = 0.0
      for row in 1..<records.count {
        if halfCycles[row] != halfCycles[row - 1] {
          #expect(records[row].reading.current * lastCurrent < 0)
          start = totals[row - 1]
        }
        #expect(abs(counters[row] - (totals[row] - start)) < 1e-6)
        if records[row].reading.current != 0 { lastCurrent = records[row].reading.current }
      }
      let modes = try table.numbers("mode")
      for (row, record) in records.enumerated() {
        let isHeld = record.stepType == .constantCurrentVoltageCharge && record.reading.current < 0.9999
        #expect(modes[row] == (record.stepType == .rest ? 3 : isHeld ? 2 : 1))
      }
      #expect(table.preamble[1] == "Nb header lines : \(table.preamble.count + 1)                          ")
      #expect(table.preamble.contains("Acquisition started on : 01/15/2026 09:30:00.000"))
      #expect(table.columns.keys.contains("Capacitance charge/\u{B5}F"))
    }
  }

  @Test func novonixCountsTheNetChargeOfTheCycle() throws {
    try withTest { folder, records in
      let table = try export("novonix", in: folder)
      for (value, record) in zip(try table.numbers("Capacity (Ah)"), records) {
        #expect(abs(value - (record.cycle.chargingCharge - record.cycle.dischargingCharge) / 3600) < 1e-9)
      }
      #expect(table.columns["Date and Time"]?.first == "2026-01-15 09:30:00")
      #expect(table.preamble.contains("Capacity (Ah): 1.0"))
      #expect(try export("novonix-ampm", in: folder).columns["Date and Time"]?.first == "2026-01-15 09:30:00 AM")
    }
  }

  // MARK: Battery Data Format itself

  @Test func standardColumnsSurviveTheRoundTrip() throws {
    try withTest { folder, _ in
      let source = try Table(path: folder + "/two.bdf.csv")
      let copy = try export("bdf", in: folder)
      // Power is the product of two rounded columns.
      for label in BDFWriter.columns.dropLast() { #expect(copy.columns[label] == source.columns[label], "\(label)") }
      let powers = zip(try copy.numbers("Power / W"), try source.numbers("Power / W"))
      #expect(powers.allSatisfy { abs($0 - $1) < 1e-8 })
      #expect(copy.columns.count == BDFWriter.columns.count)
      let metadata = try DocumentNode(path: folder + "/bdf.bdf.metadata.json")
      #expect(try metadata.required("start_unix_time_s").number() == 1_768_469_400)
      #expect(try metadata.required("is_measurement").string() == "false")
      // The labels for machines are read too.
      try FileManager.default.moveItem(atPath: folder + "/two.bdf.metadata.json", toPath: folder + "/moved")
      _ = try export("bdf-machine", in: folder)
      try FileManager.default.moveItem(atPath: folder + "/bdf-machine", toPath: folder + "/machine.bdf.csv")
      let again = try export("bdf", in: folder, from: "machine.bdf.csv")
      #expect(again.columns == copy.columns)
    }
  }

  @Test func whatADialectCannotHoldIsNamed() throws {
    try withTest { folder, _ in
      let export = try Export(source: folder + "/two.bdf.csv", software: "tests")
      #expect(export.leftOut(by: .bdf) == ["Stress, \"hoop\" / Pa"])
      #expect(
        export.leftOut(by: .biologic)
          == ["Ambient Temperature / degC", "Step Type", "Temperature T1 / degC", "Stress, \"hoop\" / Pa"])
      #expect(export.path(for: .biologic) == folder + "/two.mpt")
    }
  }

  // MARK: other people's tables

  private func rows(_ text: String, startTime: Double? = nil) throws -> [CyclerRow] {
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString + ".csv").path
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let reader = try BDFReader(path: path, startTime: startTime)
    var rows: [CyclerRow] = []
    while let row = try reader.next() { rows.append(row) }
    return rows
  }

  /// Three columns are enough: steps from the current's direction, capacities from its integral.
  @Test func theRequiredColumnsAreEnough() throws {
    let rows = try rows(
      "\u{FEFF}\"Test Time / h\";Voltage / mV;Current / mA;\"Note; \"\"x\"\"\"\r\n0;3700;0;\r\n0.5;3700;0;a\r\n0.5;3750;500;\r\n\r\n"
        + "1.5;3850;500;\"b;c\"\r\n1.5;3800;-1e3;\r\n2;3700;-1000;\r\n")
    #expect(rows.map(\.testTime) == [0, 1800, 1800, 5400, 5400, 7200])
    #expect(rows.map(\.stepTime) == [0, 1800, 0, 3600, 0, 1800])
    #expect(zip(rows.map(\.voltage), [3.7, 3.7, 3.75, 3.85, 3.8, 3.7]).allSatisfy { isNear($0, $1) })
    #expect(rows.map(\.position.stepCount) == [1, 1, 2, 2, 3, 3])
    #expect(rows.map(\.step.mode) == [.rest, .rest, .current, .current, .current, .current])
    #expect(rows.map(\.isLastOfStep) == [false, true, false, true, false, true])
    #expect(isNear(rows[3].inStep.charge, 0.5) && isNear(rows[5].inStep.discharge, 0.5))
    #expect(isNear(rows[3].total.chargeEnergy, 0.5 * 3.8) && isNear(rows[5].total.dischargeEnergy, 0.5 * 3.75))
    #expect(rows[5].temperature == nil)
  }

  @Test func olderLabelsMeanTheSame() throws {
    let header = "Test Time / s,Voltage / V,Current / A,Step Index / 1,Cycle Count / 1,Step Type / 1,Temperature / K\n"
    let rows = try rows(
      header + "0,3,1,2,1,CC charge,300\n1,3,1,2,1,CC charge,300\n1,3,1,2,2,CC charge,300\n", startTime: 50)
    #expect(rows.map(\.position.stepID) == [2, 2, 2])
    // The same step of the program in the next cycle is another one.
    #expect(rows.map(\.position.stepCount) == [1, 1, 2])
    #expect(rows.map(\.inCycle.charge) == [0, 1.0 / 3600, 0])
    #expect(rows[0].step == StepWord(mode: .current, direction: .charge))
    #expect(abs(rows[0].temperature! - 26.85) < 1e-12)
    #expect(rows.map(\.unixTime) == [50, 51, 51])
  }

  @Test func theStandardLabelComesBeforeOthers() throws {
    let rows = try rows(
      "Temperature / degC,Temperature T1 / degC,voltage_volt,Current / A,Test Time / s\n20,30,3,1,0\n")
    #expect(rows[0].temperature == 30 && rows[0].voltage == 3)
  }

  @Test(arguments: [
    ("", "f: the file is empty"),
    ("Voltage / V,Current / A\n3,1\n", "f:1: there is no column 'Test Time / s'"),
    (
      "Test Time / s,Test Time / h,Voltage / V,Current / A\n",
      "f:1: the columns 'Test Time / s' and 'Test Time / h' mean"
    ),
    ("Test Time / s,Voltage / V,Current / A\n0,3,1\n1,3,x\n", "f:3: Current / A: expected a number, found 'x'"),
    ("Test Time / s,Voltage / V,Current / A\n0,3\n", "f:2: expected 3 values, found 2"),
    ("Test Time / s,Voltage / V,Current / A\n0,,1\n", "f:2: Voltage / V: has no value"),
    ("Test Time / s,Voltage / V,Current / A\n0,inf,1\n", "f:2: Voltage / V: inf is not a finite number"),
    ("Test Time / s,Voltage / V,Current / A\n9,3,1\n8,3,1\n", "f:3: Test Time / s: goes back from 9.0 s to 8.0 s"),
    ("Test Time / s,Voltage / V,Current / A,Cycle Count / 1\n0,3,1,0.5\n", "f:2: Cycle Count / 1: expected a count"),
  ]) func mistakesAreNamed(_ text: String, _ message: String) throws {
    let error = try #require(throws: DocumentError.self) { try rows(text) }
    var renamed = error
    renamed.file = "f"
    #expect(renamed.description.hasPrefix(message))
  }

  /// Whole it is a record like the others, cut off anywhere before its last value it is left out.
  @Test func aLineWithoutAnEnd() throws {
    try withTest { folder, records in
      let text = try String(contentsOfFile: folder + "/two.bdf.csv", encoding: .utf8)
      // Under the same name, which stands in the file.
      try text.write(toFile: folder + "/cut.bdf.csv", atomically: false, encoding: .utf8)
      try Export(source: folder + "/cut.bdf.csv", software: "tests").write(.biologic, to: folder + "/whole.mpt")
      let whole = try Data(contentsOf: URL(filePath: folder + "/whole.mpt"))
      let last = text.dropLast().lastIndex(of: "\n")!
      let lastValue = text.lastIndex(of: ",")!
      for end in [
        text.index(before: text.endIndex), text.index(after: lastValue), lastValue, text.index(last, offsetBy: 2),
      ] {
        try String(text[..<end]).write(toFile: folder + "/cut.bdf.csv", atomically: false, encoding: .utf8)
        let export = try Export(source: folder + "/cut.bdf.csv", software: "tests")
        let result = try export.write(.biologic, to: folder + "/cut.mpt", force: true)
        let isLeftOut = text.distance(from: end, to: text.endIndex) > 1
        #expect(result.rowCount == records.count - (isLeftOut ? 1 : 0))
        #expect(result.unendedLine == Export.UnendedLine(number: records.count + 1, isLeftOut: isLeftOut))
        #expect(try (Data(contentsOf: URL(filePath: folder + "/cut.mpt")) == whole) == !isLeftOut)
      }
    }
  }

  @Test func sourcesAndExistingFilesAreKept() throws {
    try withTest { folder, _ in
      let source = folder + "/two.bdf.csv"
      let export = try Export(source: source, software: "tests")
      #expect(throws: OutputError.isInput(path: source)) { try export.write(.biologic, to: source, force: true) }
      try export.write(.biologic, to: folder + "/a.mpt")
      #expect(throws: OutputError.alreadyExists(path: folder + "/a.mpt")) {
        try export.write(.biologic, to: folder + "/a.mpt")
      }
      // A source that breaks off with a mistake leaves nothing behind.
      try "Test Time / s,Voltage / V,Current / A\n0,3,1\n0,3,?\n".write(
        toFile: folder + "/bad.csv", atomically: false, encoding: .utf8)
      let bad = try Export(source: folder + "/bad.csv", software: "tests")
      #expect(throws: DocumentError.self) { try bad.write(.biologic, to: folder + "/bad.mpt") }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { !$0.hasPrefix("bad.mpt") })
    }
  }

  @Test func datesAreThoseOfTheCalendar() {
    for (unixTime, year, month, day) in [
      (0.0, 1970, 1, 1), (951_782_400, 2000, 2, 29), (951_868_800, 2000, 3, 1), (4_107_542_399, 2100, 2, 28),
      (4_107_542_400, 2100, 3, 1), (1_767_225_599.9996, 2026, 1, 1), (-1, 1969, 12, 31), (1_798_761_599, 2026, 12, 31),
    ] {
      let time = CalendarTime(unixTime: unixTime)
      #expect(time.year == year && time.month == month && time.day == day)
    }
    let noon = CalendarTime(unixTime: 1_768_469_400.25)
    #expect(noon.hour == 9 && noon.minute == 30 && noon.second == 0 && noon.millisecond == 250)
    var text = TextBuffer(capacity: 10)
    text.appendTwelveHourClock(0, hourDigits: 2)
    text.appendTwelveHourClock(46_800, hourDigits: 1)
    text.appendHours(446_645.9996, milliseconds: true)
    #expect(String(decoding: text.bytes, as: UTF8.self) == "12:00:00 AM1:00:00 PM124:04:06.000")
  }
}
