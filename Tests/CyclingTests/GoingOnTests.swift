import CellInterface
import Foundation
import Testing

@testable import Cycling

/// A test that was left somewhere, as it is written down.
private struct Left {
  var progress: Data
  var recordCount: Int

  init(_ cycler: Cycler<CapacitorCell, RecordList>, _ records: Int) throws {
    let state = cycler.state
    progress = try JSONEncoder.exact.encode(
      Checkpoint.Progress(
        cycler: state, history: cycler.history.prefix(upTo: state), cell: cycler.cell.state,
        data: FileState(length: 0, checksum: "")))
    recordCount = records
  }

  /// Goes on with another cell.
  func goOn(_ test: TestProtocol, on cell: CapacitorCell, after records: [Record]) throws
    -> (summary: RunSummary, records: [Record])
  {
    let progress = try JSONDecoder.exact.decode(Checkpoint.Progress.self, from: progress)
    cell.state = progress.cell
    let output = RecordList()
    let cycler = try Cycler(
      cell: cell, test: test, output: output, state: progress.cycler, history: progress.history)
    return (try cycler.run(), records.prefix(recordCount) + output.records)
  }
}

extension JSONEncoder {
  fileprivate static var exact: JSONEncoder { jsonEncoder() }
}

extension JSONDecoder {
  fileprivate static var exact: JSONDecoder { jsonDecoder() }
}

@Suite struct GoingOn {
  /// Wherever a test may be left, it is written down, read, and gone on with by another cycler and another cell: nothing
  /// may be missing.
  /// - Returns: how often it could be left, and how often inside a step.
  private func leaveEverywhere(_ text: String, on cell: () -> CapacitorCell) throws -> (places: Int, inside: Int) {
    let test = try TestProtocol(text: text, file: "test.yaml")
    let output = RecordList()
    let cycler = try Cycler(cell: cell(), test: test, output: output)
    var lefts: [Left] = []
    var inside = 0
    let whole: RunSummary = try cycler.run {
      false
    } mayBeLeft: { () throws(OutputError) in
      do { lefts.append(try Left(cycler, output.records.count)) } catch { Issue.record(error) }
      if cycler.state.step != nil { inside += 1 }
    }
    #expect(whole.status == .completed, "\(whole.reason ?? "")")
    for left in lefts {
      let (summary, records) = try left.goOn(test, on: cell(), after: output.records)
      #expect(summary == whole)
      #expect(records == output.records)
    }
    return (lefts.count, inside)
  }

  @Test func fromAnyStep() throws {
    let text = """
      vars: {k: 0, Q0: 0 Ah}
      define:
        r:
          - loop: {repeat: 2, counter: j, steps: [{discharge: 1C, until: ["Q >= (1 + j) * 10 mAh"], label: d}, rest: 1 min]}
          - {set: {Q0: "last('d').Q", k: k + 1}}
      steps:
        - rest: 10 s
        - loop:
            for: {rate: [C/2, 1C]}
            repeat: 2
            counter: n
            steps:
              - {charge: {at: rate}, until: ["Q_chg >= 40 mAh"], record: {dt: 17 s}}
              - call: r
              - {charge: 1C, until: ["Q >= 0.5 * Q0"], when: "k > 1"}
        - {loop: {until: ["V >= 3.58 V"], steps: [{charge: C/5, until: ["Q >= 10 mAh"]}, {rest: 1 s, until: ["V >= 0 V"]}]}}
        - {rest: 1 h, until: ["t_test >= 3 h"]}
      """
    let (places, inside) = try leaveEverywhere(text) { CapacitorCell() }
    #expect(places > 25 && inside == 0)
  }

  @Test func fromTheMiddleOfAStep() throws {
    let text = steps(
      "{charge: {at: 1C, to: 3.7 V, hold_until: C/50}, record: {first: 1 s log 5/decade, dt: 100 s}, label: up}",
      "{pulse: [{I: -1C, t: 10 s}, {I: 1C, t: 10 s}, {I: 0, t: 40 s}], repeat: 3, record: {dV: 1 mV}}",
      "{cv_scan: {E1: 3.4 V, E2: 3.8 V, rate: 1 mV/s, cycles: 2}, record: {dI: 100 mA}}",
      "{temperature: 40 degC, soak: 20 min, tolerance: 0.5 K}",
      // Beyond its bound, and back in time.
      "{pulse: [{I: -2 A, t: 10 s}, {I: 0, t: 10 s}], repeat: 3, safety: {I: [-1 A, 1 A], delay: 20 s}}",
      "{charge: {at: 1C, to: 3.9 V, hold_until: C/100}, until: [{all: [\"abs(dI/dt) < 0.5 mA/s\", \"V > 3.8 V\", \"I < C/2\"]}]}",
      "{discharge: {power: 2 W}, until: [\"V <= 3.2 V\"]}")
    let (places, inside) = try leaveEverywhere(text) {
      let cell = CapacitorCell(observableLabels: ["a", "b"])
      cell.thermalTime = 300
      return cell
    }
    #expect(places > 30 && inside > 20)
  }

  /// Where a control lasts for many internal steps it is imposed anew, and that is where a test can be left.
  @Test func fromTheMiddleOfAControl() throws {
    let text = steps(
      "{ramp: {of: current, from: 0.1 A, to: -0.1 A, rate: 20 uA/s}, record: {dV: 5 mV}}",
      "{discharge: C/4, until: [\"Q_dis >= 0.45 Ah\"], record: {dt: 77 s}}", "{hold: 3.4 V, until: [\"t >= 2 h\"]}",
      "{rest: 1 h, until: [{all: [\"abs(dV/dt) < 1 mV/s\", \"t > 50 min\"]}]}")
    let cell = CapacitorCell(internalStep: 0.7)
    let test = try TestProtocol(text: text, file: "test.yaml")
    _ = try Cycler(cell: cell, test: test, output: RecordList()).run()
    let (places, inside) = try leaveEverywhere(text) { CapacitorCell(internalStep: 0.7) }
    #expect(places == 4 + inside)
    let longest = Cycler<CapacitorCell, RecordList>.longestLookBack
    #expect(inside >= 4 && (cell.internalStepCount / longest - 3...cell.internalStepCount / longest).contains(inside))
  }
}

@Suite struct Checkpoints {
  /// A test that was left, and a file for it.
  private func withCheckpoint<Result>(_ body: (Checkpoint, _ path: String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let test = try TestProtocol(
      text: steps(
        "{loop: {until: [\"dV > 0 V\"], steps: [{charge: 1C, until: [\"Q >= 1 mAh\"], label: a}, rest: 1 s]}}"),
      file: "f")
    let cycler = try Cycler(cell: CapacitorCell(), test: test, output: RecordList())
    var calls = 0
    _ = try cycler.run {
      calls += 1
      return calls > 5
    }
    let state = cycler.state
    let progress = Checkpoint.Progress(
      cycler: state, history: cycler.history, cell: [0.1 + 0.2, -0.0, .infinity, .leastNonzeroMagnitude, .pi],
      data: FileState(length: 12, checksum: "0123456789abcdef"))
    let inputs = [TestInput("--mesh", "fine"), TestInput("--soc", "")]
    return try body(
      Checkpoint(inputs: inputs, startTime: 1.7e9 + 0.1, progress: progress),
      folder.appending(path: "a.checkpoint").path)
  }

  @Test func whatIsReadIsWhatWasWritten() throws {
    try withCheckpoint { checkpoint, path in
      #expect(!Checkpoint.exists(path))
      #expect(throws: Checkpoint.Problem.missing(path: path)) {
        try Checkpoint(path: path, inputs: checkpoint.inputs)
      }
      for survives in [false, true] {
        try checkpoint.write(to: path, survivesPowerFailure: survives)
        let read = try Checkpoint(path: path, inputs: checkpoint.inputs)
        #expect(read == checkpoint)
        #expect(read.progress?.cell.map(\.bitPattern) == checkpoint.progress?.cell.map(\.bitPattern))
      }
      #expect(checkpoint.progress?.history.steps.isEmpty == false)
      Checkpoint.remove(path)
      let folder = URL(filePath: path).deletingLastPathComponent().path
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  /// Cut off anywhere, or with another byte anywhere: the one before it is taken, or it is refused.
  @Test func aDamagedFileIsNoticed() throws {
    try withCheckpoint { checkpoint, path in
      let before = Checkpoint(inputs: checkpoint.inputs, startTime: 1)
      try before.write(to: path)
      try checkpoint.write(to: path)
      let whole = try Data(contentsOf: URL(filePath: path))
      var generator = SystemRandomNumberGenerator()
      for trial in 0..<200 {
        var data = whole
        let place = Int.random(in: 0..<whole.count, using: &generator)
        if trial % 2 == 0 { data = whole.prefix(place) } else { data[place] ^= UInt8.random(in: 1...255) }
        try data.write(to: URL(filePath: path))
        #expect(try Checkpoint(path: path, inputs: checkpoint.inputs) == before, "\(trial) at \(place)")
      }
      try FileManager.default.removeItem(atPath: path)
      #expect(try Checkpoint(path: path, inputs: checkpoint.inputs) == before)
      try Data("torn".utf8).write(to: URL(filePath: path + ".previous"))
      #expect(throws: Checkpoint.Problem.damaged(path: path)) {
        try Checkpoint(path: path, inputs: checkpoint.inputs)
      }
    }
  }

  @Test func otherInputsAreNamed() throws {
    try withCheckpoint { checkpoint, path in
      try checkpoint.write(to: path)
      for (inputs, complaint) in [
        (
          [TestInput("--mesh", "coarse"), TestInput("--soc", "")],
          "--mesh was 'fine' when the test began, and is 'coarse' now"
        ),
        (
          [TestInput("--mesh", "fine"), TestInput("--soc", "0.5")],
          "--soc was nothing when the test began, and is '0.5' now"
        ),
        (
          [TestInput("--mesh", "fine"), TestInput("--soc", ""), try TestInput("the cell file", file: path)],
          "the cell file has changed since the test began"
        ),
      ] {
        #expect(throws: Checkpoint.Problem.otherInput(path: path, complaint: complaint)) {
          try Checkpoint(path: path, inputs: inputs)
        }
      }
    }
  }

  @Test func aFileGoesOnWhereItWas() throws {
    try withCheckpoint { _, path in
      try Data("one\ntwo\nthr".utf8).write(to: URL(filePath: path))
      func state(_ text: String) -> FileState { FileState(length: text.utf8.count, checksum: Checksum(text).text) }
      func refuse(_ state: FileState, at path: String, _ reason: String) {
        #expect(throws: OutputError.isNotWhatWasWritten(path: path, reason: reason)) {
          try OutputFile(path: path, continuingFrom: state)
        }
      }
      refuse(state("one\ntwo\nthree\n"), at: path, "its end is missing")
      refuse(state("one\ntoo\n"), at: path, "something in it has changed")
      refuse(state(""), at: path + "x", "No such file or directory")
      // What was refused is as it was.
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "one\ntwo\nthr")
      let file = try OutputFile(path: path, continuingFrom: state("one\ntwo\n"))
      #expect(throws: OutputError.isBeingWritten(path: path)) { try OutputFile.checkIsFree(path) }
      #expect(throws: OutputError.isBeingWritten(path: path)) {
        try OutputFile(path: path, continuingFrom: state("one\n"))
      }
      file.append("three\n")
      #expect(file.state == state("one\ntwo\nthree\n"))
      try file.flush()
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "one\ntwo\nthree\n")
      file.append("four")
      #expect(file.state == state("one\ntwo\nthree\nfour"))
    }
  }

  /// The same for the same bytes, whatever the pieces; another one for any other bytes.
  @Test func aChecksumIsThatOfTheBytes() {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<100).map { _ in UInt8.random(in: 0...255, using: &generator) }
    func checksum(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { Checksum($0).text } }
    for _ in 0..<50 {
      var rest = bytes[...]
      var pieces = Checksum()
      while !rest.isEmpty {
        let piece = Array(rest.prefix(Int.random(in: 1...30, using: &generator)))
        piece.withUnsafeBytes { pieces.append($0) }
        rest = rest.dropFirst(piece.count)
      }
      #expect(pieces.text == checksum(bytes))
    }
    var seen: Set = [checksum(bytes)]
    for place in bytes.indices {
      var changed = bytes
      changed[place] ^= UInt8.random(in: 1...255, using: &generator)
      #expect(seen.insert(checksum(changed)).inserted)
      #expect(seen.insert(checksum(Array(bytes[..<place]))).inserted)
      #expect(seen.insert(checksum(bytes + [UInt8](repeating: 0, count: place + 1))).inserted)
    }
  }
}
