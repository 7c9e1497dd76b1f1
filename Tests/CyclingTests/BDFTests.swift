import CellInterface
import Foundation
import Testing

@testable import Cycling

@Suite struct BDFFiles {
  private static let header =
    "Test Time / s,Voltage / V,Current / A,Unix Time / s,Record Index / 1,Cycle Count / 1,Step Count / 1,"
    + "Ambient Temperature / degC,Step ID,Step Time / s,Step Type,Charging Capacity / Ah,"
    + "Discharging Capacity / Ah,Charging Energy / Wh,Discharging Energy / Wh,Step Charging Capacity / Ah,"
    + "Step Discharging Capacity / Ah,Temperature T1 / degC,Power / W"

  /// A place for files that is gone when the body has ended.
  private func withDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory.path)
  }

  private func rows(_ path: String) throws -> [[String]] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test func valuesSurviveTheFile() throws {
    let text = steps(
      "loop: {repeat: 2, steps: [{charge: {at: 1C, to: Vmax, hold_until: C/20}, record: {dt: 100 s}}, {discharge: 1C, until: [\"V <= Vmin\"]}]}"
    )
    let test = try TestProtocol(text: text, file: "f")
    let (_, records) = try run(text)
    let labels = ["Surface Stoichiometry / 1", "Stress, \"hoop\" / Pa"]
    let contents = try withDirectory { directory in
      let path = directory + "/a.bdf.csv"
      let writer = try BDFWriter(path: path, startTime: 1_768_469_400, observableLabels: labels)
      let cell = CapacitorCell(observableLabels: labels)
      _ = try Cycler(cell: cell, test: test, output: writer).run()
      return try String(contentsOfFile: path, encoding: .utf8)
    }
    let lines = contents.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == Self.header + ",Surface Stoichiometry / 1,\"Stress, \"\"hoop\"\" / Pa\"")
    #expect(lines.last == "")
    #expect(lines.count == records.count + 2)
    for (line, record) in zip(lines.dropFirst(), records) {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      #expect(fields.count == 21)
      func number(_ column: Int) throws -> Double { try #require(Double(fields[column])) }
      #expect(try abs(number(0) - record.reading.time) <= 1e-9)
      #expect(try abs(number(1) - record.reading.voltage) <= 1e-9)
      #expect(try isNear(number(2), record.reading.current, relative: 1e-10))
      #expect(try abs(number(3) - 1_768_469_400 - record.reading.time) <= 1e-6)
      #expect(fields[4] == "\(record.index)")
      #expect(fields[5] == "\(record.position.cycle)")
      #expect(fields[6] == "\(record.position.stepCount)")
      #expect(fields[7] == "25.0")
      #expect(fields[8] == "\(record.position.stepID)")
      #expect(try abs(number(9) - record.stepTime) <= 1e-9)
      #expect(fields[10] == (record.position.stepID == 1 ? "CCCV_CHG" : "CC_DCH"))
      #expect(try isNear(number(11), record.total.chargingCharge / 3600, relative: 1e-10))
      #expect(try isNear(number(12), record.total.dischargingCharge / 3600, relative: 1e-10))
      #expect(try isNear(number(13), record.total.chargingEnergy / 3600, relative: 1e-10))
      #expect(try isNear(number(14), record.total.dischargingEnergy / 3600, relative: 1e-10))
      #expect(try isNear(number(15), record.step.chargingCharge / 3600, relative: 1e-10))
      #expect(try isNear(number(16), record.step.dischargingCharge / 3600, relative: 1e-10))
      #expect(try abs(number(17) - (record.reading.temperature - 273.15)) <= 1e-6)
      #expect(try isNear(number(18), record.reading.voltage * record.reading.current, relative: 1e-10))
      #expect(try isNear(number(20), record.reading.time + 1, relative: 1e-10))
    }
  }

  @Test func numbersAreShortAndPreciseAtAnyMagnitude() throws {
    let values = [
      0.1 + 0.2, -1.0 / 3, 1.23456789012345e-12, 6.02e23, 1e-300, 0.0, -0.0, .nan, -.infinity, 2.5e-13,
    ]
    let fields = try withDirectory { directory in
      let labels = values.indices.map { "x\($0)" }
      let writer = try BDFWriter(path: directory + "/a", startTime: 0, observableLabels: labels)
      let record = Record(
        reading: Reading(
          time: 0.1 + 0.2, voltage: 4.2 - 1e-12, current: -1e-12, temperature: 298.15, charge: 0, energy: 0),
        index: 1, position: Position(), stepType: .rest, stepTime: 0, ambientTemperature: 298.15,
        total: Throughput(), step: Throughput(), cycle: Throughput(), observables: values)
      try writer.write(record)
      try writer.stepEnded()
      return try rows(directory + "/a")[1]
    }
    #expect(fields[0...3] == ["0.3", "4.2", "-1e-12", "0.3"])
    #expect(
      fields[19...] == [
        "0.3", "-0.333333333333", "1.23456789012345e-12", "6.02e+23", "1e-300", "0.0", "0.0", "", "",
        "2.5e-13",
      ])
  }

  @Test func anInterruptedFileIsWhole() throws {
    let lines = try withDirectory { directory in
      let path = directory + "/a.bdf.csv"
      let writer = try BDFWriter(path: path, startTime: 0)
      let cell = CapacitorCell()
      let test = try TestProtocol(
        text: steps("{charge: 0.1C, until: [\"V >= 4 V\"], record: {dt: 10 s}}"), file: "f")
      let summary = try Cycler(cell: cell, test: test, output: writer).run { cell.reading.time > 1000 }
      #expect(summary.status == .interrupted)
      return try rows(path)
    }
    #expect(lines.count > 100)
    #expect(lines.allSatisfy { $0.count == 19 })
    #expect(lines.last?[0] == "1098.4")
  }

  @Test func whatIsWrittenReachesTheFileWithinAboutASecond() throws {
    try withDirectory { directory in
      let writer = try BDFWriter(path: directory + "/a", startTime: 0)
      let (_, records) = try run(steps("rest: 1 min"))
      try writer.write(records[0])
      #expect(try rows(directory + "/a").count == 1)
      Thread.sleep(forTimeInterval: 1.1)
      try writer.advanced()
      #expect(try rows(directory + "/a").count == 2)
    }
  }

  @Test func anExistingFileIsNotOverwritten() throws {
    try withDirectory { directory in
      let paths = OutputPaths(prefix: directory + "/a")
      try paths.prepare(force: false)
      _ = try BDFWriter(path: paths.data, startTime: 0)
      #expect(throws: OutputError.alreadyExists(path: paths.data)) { try paths.prepare(force: false) }
      #expect(throws: OutputError.alreadyExists(path: paths.data)) {
        try BDFWriter(path: paths.data, startTime: 0)
      }
      _ = try BDFWriter(path: paths.data, startTime: 0, force: true)
      #expect(
        throws: OutputError.cannotCreate(path: directory + "/none/a", reason: "No such file or directory")
      ) {
        try BDFWriter(path: directory + "/none/a", startTime: 0)
      }
    }
  }

  @Test func theSummaryAndMetadataAreJSON() throws {
    var (summary, _) = try run(
      steps(
        "{charge: {at: 1C, to: Vmax, hold_until: C/20}, label: up}", "{discharge: 1C, until: [\"Q >= 50 %\"]}"
      ))
    summary.details = [
      "version": "0.1", "solver": ["steps": 12, "error": .number(.nan)], "seeds": [1, 2.5, true],
    ]
    let objects = try withDirectory { directory in
      let paths = OutputPaths(prefix: directory + "/a")
      try summary.write(to: paths.summary)
      try BDFMetadata(
        name: "x", startTime: 12, nominalCapacity: 1, observableLabels: ["Stress / Pa"],
        details: ["cell": "c.json"]
      ).write(to: paths.metadata)
      #expect(RunSummary.Outcome(ofSummaryAt: paths.summary) == RunSummary.Outcome(summary))
      return try [paths.summary, paths.metadata].map {
        try #require(
          JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: $0))) as? [String: Any])
      }
    }
    #expect(objects[0]["status"] as? String == "completed")
    let cycle = try #require((objects[0]["cycles"] as? [[String: Any]])?.first)
    #expect(isNear(try #require(cycle["discharging_capacity_Ah"] as? Double), 0.5))
    let step = try #require((objects[0]["steps"] as? [[String: Any]])?.first)
    #expect(step["label"] as? String == "up")
    #expect(step["ended_by"] as? String == "fell to C/20")
    #expect(step["type"] as? String == "CCCV_CHG")
    #expect(step["already_met"] as? Bool == false)
    #expect((objects[0]["details"] as? [String: Any])?["version"] as? String == "0.1")
    #expect((objects[1]["columns"] as? [String])?.last == "Stress / Pa")
  }
}
