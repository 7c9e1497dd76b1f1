import Documents
import Foundation
import Testing

@testable import Cycling

/// Protocols in the languages of others, beside the same in our own.
@Suite struct Imports {
  private func records(_ test: TestProtocol) throws -> [Record] {
    let output = RecordList()
    let summary = try Cycler(cell: CapacitorCell(), test: test, output: output).run()
    #expect(summary.status == .completed, "\(summary.reason ?? "")")
    return output.records
  }

  private func experiment(_ text: String) throws -> TestProtocol {
    try PyBaMMExperiment(text: text, file: "x.txt").testProtocol()
  }

  private func native(_ text: String) throws -> TestProtocol { try TestProtocol(text: text, file: "x.yaml") }

  private static let unicycler = """
    {"unicycler": {"version": "0.4.6"}, "sample": {"name": "sim", "capacity_mAh": 500.0},
     "record": {"current_mA": 10, "voltage_V": 0.01, "time_s": 30.0},
     "safety": {"max_voltage_V": 4.1, "min_voltage_V": 2.9, "max_current_mA": 2000.0, "min_current_mA": null,
       "max_capacity_mAh": 900, "delay_s": 1.0},
     "method": [
      {"id": null, "step": "open_circuit_voltage", "until_time_s": 60.0},
      {"id": null, "step": "tag", "tag": "f"},
      {"id": null, "step": "constant_current", "rate_C": 1.0, "current_mA": 7, "until_time_s": 43200.0, "until_voltage_V": 3.9},
      {"id": null, "step": "constant_voltage", "voltage_V": 3.9, "until_time_s": 21600.0, "until_rate_C": 0.05},
      {"id": null, "step": "constant_current", "current_mA": -400.0, "until_voltage_V": 3.2},
      {"id": null, "step": "open_circuit_voltage", "until_time_s": 10.0},
      {"id": null, "step": "loop", "loop_to": 5, "cycle_count": 2},
      {"id": null, "step": "loop", "loop_to": "f", "cycle_count": 3},
      {"step": "voltage_scan", "start_voltage_V": 3.3, "end_voltage_V": 3.5, "scan_rate_mV_per_s": 0.5}
     ]}
    """

  private static let unicyclerInOurWords = """
    name: sim
    cell: {capacity: 500 mAh}
    defaults: {record: {dt: 30 s, dV: 10 mV, dI: 10 mA}}
    safety: {V: [2.9 V, 4.1 V], I: [-1000000 A, 2 A], Q: 900 mAh, delay: 1 s}
    steps:
      - rest: 1 min
      - loop:
          repeat: 3
          steps:
            - {charge: 1C, until: ["V >= 3.9 V", "t >= 12 h"]}
            - {hold: 3.9 V, until: ["abs(I) <= C/20", "t >= 6 h"]}
            - loop:
                repeat: 2
                steps:
                  - {discharge: 400 mA, until: ["V <= 3.2 V"]}
                  - rest: 10 s
      - {ramp: {of: voltage, from: 3.3 V, to: 3.5 V, rate: 0.5 mV/s}}
    """

  @Test func unicyclerAgreesRecordForRecord() throws {
    let imported = try native(Self.unicycler)
    let own = try native(Self.unicyclerInOurWords)
    #expect(imported == own)
    let records = try records(imported)
    #expect(records.count > 1000)
    let ownRecords = try self.records(own)
    #expect(ownRecords == records)
    #expect(records.last?.position.cycle == 3)
  }

  @Test func unicyclerThereAndBack() throws {
    let own = try native(Self.unicyclerInOurWords)
    #expect(try native(own.unicyclerJSON()) == own)
    // Constant current and held voltage become two steps.
    let cccv = try native(
      "cell: {capacity: 1 Ah}\nsteps: [{charge: {at: C/2, to: 3.9 V, hold_until: C/20}}, {discharge: 1 A, until: [\"V <= 3.2 V\", \"t > 1 h\"]}]"
    )
    let two = try native(
      "cell: {capacity: 1 Ah}\nname: x\nsteps: [{charge: C/2, until: [\"V >= 3.9 V\"]}, {hold: 3.9 V, until: [\"abs(I) <= C/20\"]}, {discharge: 1 A, until: [\"V <= 3.2 V\", \"t >= 1 h\"]}]"
    )
    #expect(try native(cccv.unicyclerJSON()) == two)
    let routine = try native("name: x\ndefine: {r: [rest: 1 s]}\nsteps: [call: r, rest: 2 s]")
    #expect(try native(routine.unicyclerJSON()) == native("name: x\nsteps: [rest: 1 s, rest: 2 s]"))
  }

  @Test func whatUnicyclerCannotSayIsNamed() throws {
    let test = try native(
      """
      name: x
      start: {soc: 50 %}
      vars: {k: 0}
      steps:
        - {discharge: 1C, until: ["V <= Vmin", "Q >= 5 %"]}
        - {set: {k: 1}, when: "k == 0"}
        - loop: {repeat: 2, until: ["t > 1 h"], steps: [{temperature: 25 degC}, {rest: 1 s}]}
        - {pulse: [{I: 1 A, t: 1 s}]}
        - cycle: next
      """)
    let error = #expect(throws: UnicyclerError.self) { try test.unicyclerJSON() }
    #expect(
      error?.description == """
        'x' cannot be said in the language of unicycler:
          'start'
          'vars'
          line 5: a C-rate without 'cell: {capacity: …}'
          line 5: 'until: V <= Vmin' 'Vmin', which is not known before the test
          line 5: 'until: Q >= 5 %'
          line 6: 'when'
          line 6: 'set'
          line 7: a loop that does more than 'repeat'
          line 8: 'PULSE' steps
          line 9: 'cycle: next'
        """)
  }

  @Test(arguments: [
    (#""method": []"#, "p.json:1:51: method: there are no steps"),
    (#""method": [{"step": "tagg"}]"#, "p.json:1:52: method/1: unknown step 'tagg' (did you mean 'tag'?)"),
    (
      #""method": [{"step": "constant_current", "rate_C": 1}]"#,
      "p.json:1:52: method/1: the step never ends (add 'until_voltage_V')"
    ),
    (
      #""method": [{"step": "open_circuit_voltage", "until_time_s": -1}]"#,
      "p.json:1:101: method/1/until_time_s: must be greater than zero, found -1"
    ),
    (
      #""method": [{"step": "open_circuit_voltage", "until_time_s": 1}, {"step": "loop", "loop_to": "x", "cycle_count": 2}]"#,
      "p.json:1:105: method/2: there is no tag 'x' before it"
    ),
    (
      #""method": [{"step": "open_circuit_voltage", "until_times": 1}]"#,
      "p.json:1:85: method/1/until_times: unknown key (did you mean 'until_time_s'?)"
    ),
    (
      #""method": [{"step": "open_circuit_voltage", "until_time_s": 1}, {"step": "open_circuit_voltage", "until_time_s": 1}, {"step": "loop", "cycle_count": 2}, {"step": "loop", "loop_to": 2, "cycle_count": 2}]"#,
      "p.json:1:194: method/4: goes back into the middle of another loop (loops must lie inside one another)"
    ),
  ])
  func wrongUnicycler(method: String, complaint: String) {
    let text = #"{"record": {"time_s": 1}, "sample": {}, "# + method + "}"
    let error = #expect(throws: DocumentError.self) { try TestProtocol(text: text, file: "p.json") }
    #expect(error?.description == complaint)
  }

  @Test func experimentsAgreeRecordForRecord() throws {
    let imported = try experiment(
      """
      # as in a script
      experiment = pybamm.Experiment(
          [
              ("Charge at 1 C for 0.5 hours or until 3.8V", "Hold at 3.8 V until C/20 (10 second period)"),
              "Rest for 10 minutes",
          ]
          + [("Discharge at 500 mA until 3.4 V", 'Discharge at 1W for 300 seconds')] * 2,
          period="2 minutes",
      )
      """)
    let own = try native(
      """
      name: x
      defaults: {record: {dt: 2 min}}
      steps:
        - {charge: 1C, until: ["V >= 3.8 V", "t >= 30 min"]}
        - {hold: 3.8 V, until: ["abs(I) <= C/20"], record: {dt: 10 s}}
        - cycle: next
        - rest: 10 min
        - cycle: next
        - loop:
            repeat: 2
            steps:
              - {discharge: 500 mA, until: ["V <= 3.4 V"]}
              - {discharge: {power: 1 W}, until: ["t >= 5 min"]}
              - cycle: next
      """)
    #expect(imported == own)
    let records = try records(imported)
    #expect(records.count > 50)
    let ownRecords = try self.records(own)
    #expect(ownRecords == records)
    #expect(records.last?.position.cycle == 4)
  }

  @Test func oneStepALine() throws {
    let imported = try experiment(
      "Discharge at C/2 until 3.3 V # down\n\nRest for 1 hour (10 minute period)\nperiod: 30 seconds\ntemperature: 30oC\n"
    )
    let own = try native(
      """
      name: x
      start: {temperature: 30 degC}
      steps:
        - {discharge: C/2, until: ["V <= 3.3 V"], record: {dt: 30 s}}
        - cycle: next
        - {rest: 1 h, record: {dt: 10 min}}
        - cycle: next
      """.replacing("steps:", with: "defaults: {record: {}}\nsteps:"))
    #expect(imported == own)
  }

  @Test func anExperimentEndsWithTheCapacity() throws {
    // Each cycle of the capacitor takes out less, because the charge before it is shorter.
    let text = """
      [("Discharge at 1 C until 3.2 V", "Charge at 1 C for 10 minutes"),
       ("Discharge at 1 C until 3.2 V", "Charge at 1 C for 9 minutes"),
       ("Discharge at 1 C until 3.2 V", "Charge at 1 C for 8 minutes"),
       ("Discharge at 1 C until 3.2 V", "Charge at 1 C for 7 minutes")]
      """
    // 0.25 Ah at first; then 1/6, 0.15, 0.133 Ah.
    func cycles(_ termination: String) throws -> (Int, String?) {
      let test = try experiment(text + "\ntermination=\(termination)")
      let summary = try Cycler(cell: CapacitorCell(), test: test, output: RecordList()).run()
      #expect(summary.status == .completed)
      return (summary.cycles.count, summary.reason)
    }
    #expect(try cycles("\"80% capacity\"") == (2, "80% capacity"))
    #expect(try cycles("\"63 % capacity\"") == (3, "63 % capacity"))
    #expect(try cycles("\"0.14 A.h capacity\"") == (4, "0.14 A.h capacity"))
    #expect(try cycles("\"10% capacity\"") == (4, nil))
    #expect(try cycles("\"30 min\"") == (2, nil))
    #expect(try cycles("[\"10% capacity\", \"63 % capacity\"]") == (3, "63 % capacity"))
    let several = try experiment(text + "\ntermination=[\"70% capacity\", \"80% capacity\"]")
    #expect(several.remarks.texts.count == 2)
    #expect(try native(several.yaml) == several)
    #expect(try cycles("[\"10% capacity\", \"3.25 V\"]") == (1, nil))
  }

  @Test(arguments: [
    (
      "[\"Discharge at 1 C\"]",
      "x.txt:1:2: 'Discharge at 1 C' does not say when it ends (write for example 'Discharge at C/2 for 1 hour or until 3.0 V')"
    ),
    ("[\"Rest for soon\"]", "x.txt:1:2: 'soon' is not a time (write for example '30 minutes')"),
    ("[\"Rest for 1 hour\"", "x.txt:1:1: ']' is missing"),
    ("[\"Rest for 1 hour]", "x.txt:1:2: the closing quote is missing"),
    ("[(\"Rest for 1 hour\" \"Rest for 1 hour\")]", "x.txt:1:21: a comma is missing"),
    (
      "\n  [\"Sleep for 1 hour\"]",
      "x.txt:2:4: 'Sleep for 1 hour' begins with none of Charge, Discharge, Hold and Rest (write for example 'Discharge at C/2 for 1 hour or until 3.0 V')"
    ),
    ("[\"Run US06 (A)\"]", "x.txt:1:2: '(A)' is not understood (write for example '(1 minute period)')"),
    ("[\"Hold at 1 A for 1 s\"]", "x.txt:1:2: a hold needs a voltage, '1 A' is a current"),
    ("[\"Charge at 4 V for 1 s\"]", "x.txt:1:2: 'charge' needs a current or a power, '4 V' is a voltage"),
    ("[\"Rest for 1 h\"] * x", "x.txt:1:20: after '*' a whole number is needed (write for example '* 3')"),
    ("[]", "x.txt: there are no steps"),
    ("", "x.txt: there are no steps"),
    (
      "[\"Rest for 1 h\"]\nterminaton=\"4 h\"",
      "x.txt:2:1: 'terminaton' is not understood (there are period, termination and temperature)"
    ),
    (
      "[\"Rest for 1 h\"]\ntermination=\"80% health\"",
      "x.txt:2:13: '80% health' is not understood (write for example '80% capacity', '4 Ah capacity', '2.5 V' or '10 h')"
    ),
    ("Rest 1 h", "x.txt:1:1: '1 h' is not understood (write for example 'Discharge at C/2 for 1 hour or until 3.0 V')"),
    ("{\"a\": 1}", "x.txt:1:1: '{' is not expected (write steps in quotes, or one step a line without quotes)"),
  ])
  func wrongExperiments(text: String, complaint: String) {
    let error = #expect(throws: DocumentError.self) { try experiment(text) }
    #expect(error?.description == complaint)
  }
}
