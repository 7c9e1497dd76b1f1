import Documents
import Foundation
import Testing

@testable import Cycling

/// What the search with `make fuzz` has found, and the limits that keep any file from taking all memory, the stack or the
/// afternoon.
@Suite struct Robustness {
  private func complaint(_ text: String, file: String = "p.yaml") throws -> String {
    let error = #expect(throws: DocumentError.self) { try TestProtocol(text: text, file: file) }
    return "\(try #require(error))"
  }

  private func read(_ text: String) throws -> TestProtocol { try TestProtocol(text: text, file: "p.yaml") }

  private func times(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

  // MARK: complaints

  @Test func complaintsDoNothingToATerminal() throws {
    let error = DocumentError(
      file: "f", line: 2, key: "a\tb", message: "found '\u{1B}[31m\u{0}\r\n\u{202E}é'", advice: times("x", 10_000))
    #expect(
      error.description
        == "f:2: a\\tb: found '\\u{1B}[31m\\0\\r\\n\\u{202E}é' (\(times("x", 400))…)")
    let test = try read("steps: [{goto: end, when: t_test > 1 h}]\nname: \"a\\eb\"")
    let refused = #expect(throws: UnicyclerError.self) { try test.unicyclerJSON() }
    #expect(try #require(refused).description.hasPrefix("'a\\u{1B}b' cannot"))
  }

  @Test func nothingIsNearToAVeryLongWord() {
    let clock = ContinuousClock()
    var found: String?
    // Letter by letter this takes minutes.
    let time = clock.measure { found = nearest(to: times("h", 10_000_000), in: Array(Unit.all.keys)) }
    #expect(found == nil)
    #expect(time < .seconds(5))
    #expect(nearest(to: "hhhh", in: ["hhh", "h", "hhhhhhhh"]) == "hhh")
  }

  // MARK: aliases

  @Test func aliasesStandForWhatTheyRepeat() throws {
    let test = try read(
      """
      defaults: {record: &often {dt: 1 s}}
      vars: {Q0: 1 Ah}
      steps:
      - &pause {rest: &time 10 min, record: *often}
      - *pause
      - {rest: *time, note: "2 *pause", until: ["Q > 0.5*Q0"]}
      - loop: {repeat: 2, steps: &both [*pause, *pause]}
      - loop: {repeat: 3, steps: *both}
      """)
    let plain = try read(
      """
      defaults: {record: {dt: 1 s}}
      vars: {Q0: 1 Ah}
      steps:
      - {rest: 10 min, record: {dt: 1 s}}
      - {rest: 10 min, record: {dt: 1 s}}
      - {rest: 10 min, note: "2 *pause", until: ["Q > 0.5*Q0"]}
      - loop: {repeat: 2, steps: [{rest: 10 min}, {rest: 10 min}]}
      - loop: {repeat: 3, steps: [{rest: 10 min}, {rest: 10 min}]}
      """)
    #expect(test == plain)
    // A name may be given twice; the last one counts.
    #expect(
      try read("steps:\n- rest: &t 1 s\n- rest: &t 2 s\n- rest: *t") == read("steps: [rest: 1 s, rest: 2 s, rest: 2 s]")
    )
    #expect(
      try complaint("steps:\n- rest: &t 1 s\n- rest: *u\n")
        == "p.yaml:3:9: '*u' repeats what was marked '&u' before, and nothing was")
  }

  @Test func aliasesOfAliases() throws {
    let laughs = (1..<40).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined()
    let keys = (1..<40).map { "- &a\($0) {? [*a\($0 - 1), *a\($0 - 1)] : x}\n" }.joined()
    let levels = (1..<30).map { "- &a\($0) \(times("[", 100))*a\($0 - 1)\(times("]", 100))\n" }.joined()
    for text in ["a0: &a0 [x, x]\n" + laughs, "- &a0 [x, x]\n" + keys + "- {? *a39 : x}\n", "- &a0 x\n" + levels] {
      #expect(try complaint(text).hasSuffix(": too large: its aliases ('*name') repeat each other too often"))
    }
    // The parser holds them all when it comes to the mistake.
    #expect(try complaint("- &a0 x\n" + levels + "]").contains("not well-formed"))
  }

  // MARK: size and depth

  @Test func largeAndDeepTexts() throws {
    let text = "name: x\nsteps: " + times("[", 900) + times("1,", 400_000) + times("]", 900)
    #expect(try complaint(text) == "p.yaml:2: values are nested too deeply, 900 levels in so large a file")
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    for (name, size, advice) in [(path + ".yaml", 9 << 20, "8 MB"), (path + ".txt", 2 << 20, "1 MB")] {
      try Data(repeating: 0x78, count: size).write(to: URL(filePath: name))
      defer { try? FileManager.default.removeItem(atPath: name) }
      let error = #expect(throws: DocumentError.self) { try TestProtocol(path: name) }
      #expect(error?.message == "is larger than the \(advice) that such a file can have")
    }
  }

  @Test func longExpressions() throws {
    func until(_ text: String) -> String { "steps: [{charge: 1C, until: ['\(text) > 1 V']}]" }
    _ = try read(until(times("V + ", 998) + "V"))
    for text in [times("V + ", 100_000) + "V", "max(" + times("V, ", 100_000) + "V)", times("2 * ", 100_000) + "V"] {
      #expect(try complaint(until(text)).contains("more than 1000 values are joined"))
    }
    let alternatives = (1...1001).map { "V > \($0) V" }.joined(separator: ", ")
    #expect(
      try complaint("steps: [{charge: 1C, until: [\(alternatives)]}]").hasSuffix("has 1001 conditions, more than 1000"))
  }

  @Test func callsInOneAnother() throws {
    func chain(_ count: Int) -> String {
      "define:\n" + (0..<count).map { "  r\($0): [call: r\($0 + 1)]\n" }.joined()
        + "  r\(count): [rest: 1 s]\nsteps: [call: r0]"
    }
    _ = try read(chain(99))
    for count in [100, 20_000] {
      #expect(try complaint(chain(count)).hasSuffix("calls are nested too deeply, more than 100 levels"))
    }
    // Each calls the next twice: 2⁴⁰ steps.
    let doubling = try read(
      "defaults: {record: {dt: 1 s}}\ndefine:\n"
        + (0..<40).map { "  r\($0): [call: r\($0 + 1), call: r\($0 + 1)]\n" }.joined()
        + "  r40: [rest: 1 s]\nsteps: [call: r0]")
    let error = #expect(throws: UnicyclerError.self) { try doubling.unicyclerJSON() }
    #expect("\(try #require(error))".contains("more than 100000 steps with the routines written out"))
  }

  // MARK: values

  @Test(arguments: ["1e61 V", "1e-61 A", "1e308 V", "5e-324 V"]) func sizesThatNothingHas(text: String) throws {
    let error = #expect(throws: QuantityError.self) { try Quantity(parsing: text) }
    #expect(error?.message == "'\(text)' is no size that anything has")
  }

  private func unicycler(
    record: String = "\"time_s\": 1", safety: String = "",
    step: String = "{\"step\": \"open_circuit_voltage\", \"until_time_s\": 1}"
  ) -> String {
    "{\"record\": {\(record)}, \"safety\": {\(safety)}, \"method\": [\(step)]}"
  }

  @Test func unicyclersValuesHaveTheSameLimits() throws {
    let scan =
      "{\"step\": \"voltage_scan\", \"start_voltage_V\": 3, \"end_voltage_V\": 4, \"scan_rate_mV_per_s\": 1e-9}"
    let cases = [
      (unicycler(record: "\"time_s\": 1e-300"), "1e-300 is no size that anything has"),
      (unicycler(record: "\"time_s\": 1e-7"), "'1e-7' is too fine to be recorded (give at least 1e-06)"),
      (unicycler(record: "\"time_s\": 1e19"), "is longer than 100 years"),
      (
        unicycler(record: "\"time_s\": 1, \"current_mA\": 1e-13"),
        "'1e-13' is too fine to be recorded (give at least 1e-12)"
      ),
      (unicycler(record: "\"time_s\": 1, \"current_mA\": 1e308"), "1e308 is no size that anything has"),
      (unicycler(safety: "\"delay_s\": 1e20"), "is longer than 100 years"),
      (unicycler(step: scan), "the scan takes longer than 100 years"),
    ]
    for (text, message) in cases { #expect(try complaint(text).hasSuffix(message), "\(text)") }
    let test = try read(unicycler(record: "\"time_s\": 1e-6", safety: "\"delay_s\": 0"))
    #expect(try read(test.yaml) == test)
  }

  @Test func unicyclersLoopsInOneAnother() throws {
    func loops(_ count: Int) -> String {
      unicycler(
        step: "{\"step\": \"open_circuit_voltage\", \"until_time_s\": 1}"
          + times(", {\"step\": \"loop\", \"loop_to\": 1, \"cycle_count\": 2}", count))
    }
    let deep = try read(loops(330))
    #expect(try read(deep.yaml) == deep)
    for count in [331, 20_000] {
      #expect(try complaint(loops(count)).hasSuffix("loops are nested too deeply, more than 330 levels"))
    }
  }

  @Test(arguments: [
    ("[[[\"Rest for 1 s\"] * 1000000] * 1000000] * 1000000", "more than a million steps"),
    (String(repeating: "(\"Rest for 1 s\", \"Rest for 1 s\") * 300000,", count: 3), "more than a million steps"),
    (
      String(repeating: "[", count: 90) + "\"Rest for 1 s\"" + String(repeating: "] * 2", count: 90),
      "more than a million steps"
    ),
    ("Rest for 1 s (1e-9 s period)", "'1e-9 s' is too fine to be recorded (give at least 1e-6 s)"),
    ("Rest for 1e-300 s", "'1e-300 s' is not a time (write for example '30 minutes')"),
  ])
  func experiments(text: String, message: String) throws {
    let error = #expect(throws: DocumentError.self) { try PyBaMMExperiment(text: text, file: "x.txt").testProtocol() }
    #expect("\(try #require(error))".hasSuffix(message))
  }

  // MARK: tables

  @Test(arguments: ["\n", "\r\n", "\r"]) func linesOfATableEndAsTheyLike(end: String) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let rows = ["# a drive", "", "t;P", "0;1", " ", "1;2", "2;x"]
    func test() throws -> TestProtocol {
      try TestProtocol(
        text: "steps: [profile: {file: t.csv, columns: {time: t, power: P}}]", file: folder.path + "/p.yaml")
    }
    try rows.dropLast().joined(separator: end).write(
      to: folder.appending(path: "t.csv"), atomically: false, encoding: .utf8)
    guard case .step(let step) = try test().statements[0].verb, case .profile(let profile) = step.action else {
      Issue.record("no profile")
      return
    }
    #expect(profile.rows == [.init(time: 0, value: 1), .init(time: 1, value: 2)])
    try rows.joined(separator: end).write(to: folder.appending(path: "t.csv"), atomically: false, encoding: .utf8)
    let error = #expect(throws: DocumentError.self) { try test() }
    #expect(error?.line == 7)
  }

  private func export(_ text: String) throws -> [String] {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.path + "/t.csv"
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    for dialect in Dialect.all {
      try Export(source: path, software: "test").write(dialect, to: folder.path + "/u" + dialect.suffix)
    }
    let lines = try String(contentsOfFile: folder.path + "/u.standard.bdf.csv", encoding: .utf8)
    return lines.split(separator: "\n").map(String.init)
  }

  @Test func countersAndValuesBeyondAllMeasure() throws {
    let head = "Test Time / h,Voltage / V,Current / A,Step Count / 1\n"
    for (rows, message) in [
      ("0,1,1,9223372036854774784\n", "expected a count, found 9.223372036854775e+18"),
      ("0,1,1,1\n1e308,1,1,1\n", "1e+308 is larger than anything measured"),
      ("1e9,1,1,1\n", "1000000000.0 is larger than anything measured"),
      ("0,1e100,1,1\n", "1e+100 is larger than anything measured"),
    ] {
      let error = #expect(throws: DocumentError.self) { try export(head + rows) }
      #expect(error?.message == message)
    }
    // Counters that go back: the program step is still counted from 1.
    let rows = try export(head + "0,1,1,5\n1,1,1,2\n2,1,1,3\n")
    let labels = try #require(rows.first).split(separator: ",")
    let place = try #require(labels.firstIndex { $0.hasPrefix("Step ID") })
    let steps = rows.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false)[place] }
    #expect(steps.count == 3 && steps.allSatisfy { Int($0).map { $0 >= 1 } == true })
  }
}
