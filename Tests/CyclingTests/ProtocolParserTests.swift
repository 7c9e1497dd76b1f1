import Documents
import Testing

@testable import Cycling

@Suite struct Quantities {
  @Test(arguments: [
    ("2 h", 7200.0, Dimension.time), ("30 min", 1800, .time), ("100 ms", 0.1, .time), ("1 d", 86_400, .time),
    ("1.5e1s", 15, .time), ("4.2 V", 4.2, .voltage), ("10mV", 0.01, .voltage), ("-50 mA", -0.05, .current),
    ("3 µA", 3e-6, .current), ("5 W", 5, .power), ("10 ohm", 10, .resistance), ("2 mΩ", 0.002, .resistance),
    ("25 degC", 298.15, .temperature), ("300 K", 300, .temperature), ("5 Ah", 18_000, .charge),
    ("2 mAh", 7.2, .charge), ("1 Wh", 3600, .energy), ("50 %", 0.5, .fraction), (" .5 A ", 0.5, .current),
    ("0.1 mV/s", 1e-4, .voltageRate), ("-3.6V/h", -1e-3, .voltageRate), ("10 mA / min", 1e-2 / 60, .currentRate),
    ("2 A/ms", 2000, .currentRate), ("1 kW/d", 1000.0 / 86_400, .powerRate),
  ])
  func values(text: String, value: Double, dimension: Dimension) throws {
    let quantity = try Quantity(parsing: text)
    #expect(isNear(quantity.value, value, relative: 1e-14))
    #expect(quantity.dimension == dimension)
    #expect(quantity.basis == .nothing)
  }

  @Test(arguments: [("C/20", 0.05), ("0.5C", 0.5), ("C", 1), ("2 C", 2), ("3C/2", 1.5), ("-C/4", -0.25)])
  func rates(text: String, rate: Double) throws {
    #expect(try Quantity(parsing: text) == Quantity(rate, .current, per: .nominalCapacity))
    #expect(try Quantity(parsing: text).dimension == .current)
  }

  @Test(arguments: [("C/h", 1.0 / 3600), ("C/20/min", 0.05 / 60), ("0.5C/s", 0.5)])
  func changesOfTheCRate(text: String, rate: Double) throws {
    #expect(try Quantity(parsing: text) == Quantity(rate, .currentRate, per: .nominalCapacity))
  }

  @Test(arguments: [
    "", "V", "4.2", "4.2 v", "C/0", "C/", "C/x", "1e999 A", "nan A", "4.2.1 V", "1 V/s/s", "1 s/s",
    "5 degC/min", "1 mA/cm3", "1 V/cm2", "/s", "V/s", "1e308 d", "1e308 kV/ms", "-1 K", "-274 degC",
  ])
  func refused(text: String) {
    #expect(throws: QuantityError.self) { try Quantity(parsing: text) }
  }
}

@Suite struct ParsingProtocols {
  @Test func aWholeProtocol() throws {
    let text = """
      name: 1C ageing
      start: {soc: 50 %}
      defaults: {record: {dt: 30 s, dQ: 1 %}}
      safety: {V: [2.4 V, Vmax], I: [-2C, 8 A], T: [-10 degC, 60 degC]}
      steps:
        - rest: 1 h
        - {charge: {at: 0.5C, to: 4.2 V, hold_until: C/20}, until: "t > 3 h", label: cc, note: slow}
        - loop:
            repeat: 3
            until: ["Q >= 5 %"]
            steps:
              - {discharge: C/3, until: ["2.5 V >= V", {all: ["abs(I) < 1 A", "t > 30 min"]}], record: {dV: 5 mV}}
              - cycle: next
      """
    let record = RecordRule(dt: Quantity(30, .time), dQ: Quantity(36, .charge, per: .nominalCapacity))
    var finer = record
    finer.dV = Quantity(0.005, .voltage)
    func rate(_ value: Double) -> Cycling.Expression {
      .constant(Quantity(value, .current, per: .nominalCapacity))
    }
    func comparison(
      _ left: Cycling.Expression, _ relation: Comparison.Relation, _ right: Cycling.Expression, _ text: String
    ) -> Condition { .comparison(Comparison(left, relation, right, text: text)) }
    func constant(_ value: Double, _ dimension: Dimension) -> Cycling.Expression {
      .constant(Quantity(value, dimension))
    }
    let expected = TestProtocol(
      name: "1C ageing", start: .stateOfCharge(0.5),
      safety: SafetyWindow(
        voltage: .init(constant(2.4, .voltage), .symbol(.upperCutoff)),
        current: .init(rate(-2), constant(8, .current)),
        temperature: .init(constant(263.15, .temperature), constant(333.15, .temperature))),
      statements: [
        Statement(.step(Step(.rest(constant(3600, .time)), record: record))),
        Statement(
          .step(
            Step(
              .charge(Drive(.current(rate(0.5)), to: .voltage(constant(4.2, .voltage)), holdUntil: rate(0.05))),
              until: [Exit(comparison(.symbol(.time), .greater, constant(10_800, .time), "t > 3 h"))],
              record: record)), label: "cc", note: "slow"),
        Statement(
          .loop(
            Loop(
              repeats: 3,
              until: [
                Exit(
                  comparison(
                    .symbol(.charge), .atLeast, .constant(Quantity(180, .charge, per: .nominalCapacity)), "Q >= 5 %"))
              ],
              statements: [
                Statement(
                  .step(
                    Step(
                      .discharge(Drive(.current(rate(1.0 / 3)))),
                      until: [
                        Exit(comparison(constant(2.5, .voltage), .atLeast, .symbol(.voltage), "2.5 V >= V")),
                        Exit(
                          .all([
                            comparison(
                              .function(.abs, [.symbol(.current)]), .less, constant(1, .current), "abs(I) < 1 A"),
                            comparison(.symbol(.time), .greater, constant(1800, .time), "t > 30 min"),
                          ])),
                      ],
                      record: finer))),
                Statement(.nextCycle),
              ]))),
      ])
    #expect(try TestProtocol(text: text, file: "f") == expected)
  }

  @Test(arguments: [("rest.yaml", "rest"), ("../a.b/my.test.yaml", "my.test"), ("a/test", "test"), (".yaml", ".yaml")])
  func aProtocolWithoutANameIsCalledAsItsFile(file: String, name: String) throws {
    #expect(try TestProtocol(text: "steps: [rest: 1 s]", file: file).name == name)
  }

  /// As Windows editors save it.
  @Test func aByteOrderMarkIsNoPartOfTheFirstKey() throws {
    #expect(try TestProtocol(text: "\u{FEFF}name: x\nsteps: [rest: 1 s]", file: "p.yaml").name == "x")
    let error = #expect(throws: DocumentError.self) { try TestProtocol(text: "\u{FEFF}nme: x", file: "p.yaml") }
    #expect(error?.description == "p.yaml:1:1: nme: unknown key (did you mean 'name'?)")
  }

  @Test func rampsAndTemperatures() throws {
    let text = """
      name: x
      start: {voltage: 3.7 V, temperature: 10 degC}
      steps:
        - {temperature: 45 degC, soak: 1 h, until: ["T >= 44 degC"]}
        - temperature: 300 K
        - {ramp: {of: voltage, from: Vmin, to: 4.2 V, rate: 0.1 mV/s}, record: {dt: 1 s}, label: sweep}
        - ramp: {of: current, to: -C/2, rate: 1C/h}
      """
    let test = try TestProtocol(text: text, file: "f")
    #expect(test.start == .voltage(.constant(Quantity(3.7, .voltage))))
    #expect(test.startVoltage(within: 2.5...4.2) == 3.7)
    #expect(isNear(try #require(test.startTemperature), 283.15))
    func temperature(_ kelvin: Double) -> Cycling.Expression { .constant(Quantity(kelvin, .temperature)) }
    let isWarm = Condition.comparison(
      Comparison(.symbol(.temperature), .atLeast, temperature(44 + 273.15), text: "T >= 44 degC"))
    var sweep = RecordRule.standard
    sweep.dt = Quantity(1, .time)
    let voltageRamp = Ramp(
      .voltage, from: .symbol(.lowerCutoff), to: .constant(Quantity(4.2, .voltage)),
      rate: .constant(Quantity(0.1 * 1e-3, .voltageRate)))
    let currentRamp = Ramp(
      .current, to: .constant(Quantity(-0.5, .current, per: .nominalCapacity)),
      rate: .constant(Quantity(1.0 / 3600, .currentRate, per: .nominalCapacity)))
    let soak = Soak(temperature(45 + 273.15), for: .constant(Quantity(3600, .time)))
    #expect(
      test.statements == [
        Statement(.step(Step(.soak(soak), until: [Exit(isWarm)]))),
        Statement(.ambientTemperature(temperature(300))),
        Statement(.step(Step(.ramp(voltageRamp), record: sweep)), label: "sweep"),
        Statement(.step(Step(.ramp(currentRamp)))),
      ])
  }

  @Test(
    arguments: [
      ("soc: 20 %", nil), ("soc: 0.2", nil), ("temperature: 40 degC", nil), ("voltage: Vmax", 4.2),
      ("voltage: Vmin", 2.5),
      ("voltage: 3500 mV", 3.5),
    ] as [(String, Double?)])
  func starts(text: String, voltage: Double?) throws {
    let test = try TestProtocol(text: "name: x\nstart: {\(text)}\nsteps: [rest: 1 s]", file: "f")
    #expect(test.startVoltage(within: 2.5...4.2) == voltage)
    #expect((test.start == .stateOfCharge(0.2)) == text.hasPrefix("soc"))
    #expect((test.startTemperature != nil) == text.hasPrefix("temperature"))
  }

  @Test func jsonIsReadToo() throws {
    let test = try TestProtocol(
      text: #"{"name": "x", "steps": [{"discharge": "1C", "until": ["V <= Vmin"]}]}"#, file: "f")
    #expect(test.statements.count == 1)
  }

  /// Steps that are wrong: the third line of a file, then the column, the key and the message.
  @Test(arguments: [
    (
      "- rest: 4.2 V", 9, "steps/1/rest",
      "expected a time, found '4.2 V', which is a voltage (write '30 min')"
    ),
    ("- rest: 0 s", 9, "steps/1/rest", "must be greater than zero, found '0 s'"),
    ("- rest:", 3, "steps/1/rest", "has no value"),
    ("- rest: 10", 9, "steps/1/rest", "expected a time: '10' has no unit (write '30 min')"),
    ("- rest: 10 mins", 9, "steps/1/rest", "expected a time: unknown unit 'mins' (did you mean 'min'?)"),
    ("- rest", 3, "steps/1", "expected a step such as 'rest: 10 min', found 'rest'"),
    ("- chrge: 1C", 3, "steps/1/chrge", "unknown key (did you mean 'charge'?)"),
    (
      "- {note: x}", 3, "steps/1",
      "the step does nothing (give it one of rest, charge, discharge, hold, ramp, cv_scan, pulse, profile, eis, temperature, loop, if, call, goto, set, cycle, end)"
    ),
    (
      "- {rest: 1 s, charge: 1C}", 15, "steps/1/charge",
      "a step does one thing, found 'rest' and 'charge' (start a new list item with '- ')"
    ),
    (
      "- call: rpt", 3, "steps/1",
      "no routine is called 'rpt' (write its steps under 'define: {rpt: [...]}')"
    ),
    (
      "- {rest: 1 h, when: \"n > 3\"}", 21, "steps/1/when",
      "'n' is no reading and no variable (readings: t, t_test, V, I, P, R, T, SOC, Q, E, Q_chg, Q_dis, E_chg, E_dis, Q_test, E_test, dV, dV/dt, dI/dt, dT/dt)"
    ),
    ("- {rest: 1 h, untl: x}", 15, "steps/1/untl", "unknown key (did you mean 'until'?)"),
    (
      "- discharge: -1C", 14, "steps/1/discharge",
      "must be greater than zero, found '-1C' (the verb gives the direction: for the opposite write 'charge')"
    ),
    (
      "- charge: 5 W", 11, "steps/1/charge",
      "expected a current, found '5 W', which is a power (write 'C/20' or '50 mA')"
    ),
    (
      "- charge: {to: 4.2 V}", 11, "steps/1/charge",
      "how strongly is missing (add for example 'at: C/3' or 'power: 5 W')"
    ),
    (
      "- charge: {at: 1C, power: 5 W}", 20, "steps/1/charge/power",
      "give one of 'at', 'power' and 'resistance'"
    ),
    ("- charge: {resistance: 5 ohm}", 12, "steps/1/charge/resistance", "a resistor only discharges a cell"),
    (
      "- charge: {at: 1C, hold_until: C/20}", 32, "steps/1/charge/hold_until",
      "there is no voltage to hold (add for example 'to: 4.2 V')"
    ),
    (
      "- charge: {at: 1C, hold_untl: C/20}", 20, "steps/1/charge/hold_untl",
      "unknown key (did you mean 'hold_until'?)"
    ),
    (
      "- hold: 4.2 V", 3, "steps/1",
      "the hold never ends (add for example 'until: [\"t >= 1 h\"]' or 'until: [\"abs(I) < C/20\"]')"
    ),
    (
      "- {hold: 4.2 V, until: []}", 24, "steps/1/until",
      "the list of conditions is empty (write for example 'V <= 2.5 V')"
    ),
    (
      "- {charge: 1C, until: [\"V >= 5 A\"]}", 24, "steps/1/until/1",
      "V is a voltage, '5 A' is a current (compare it with '4.2 V')"
    ),
    (
      "- {charge: 1C, until: [\"V >= 4.2\"]}", 24, "steps/1/until/1",
      "V is a voltage, '4.2' has no unit (compare it with '4.2 V')"
    ),
    (
      "- {charge: 1C, until: [\"v >= 4.2 V\"]}", 24, "steps/1/until/1",
      "'v' is no reading and no variable (did you mean 'V'?)"
    ),
    (
      "- {charge: 1C, until: [\"V\"]}", 24, "steps/1/until/1",
      "'V' is not a condition (write for example 'V <= 2.5 V')"
    ),
    (
      "- {charge: 1C, until: [\"3 V < V < 4 V\"]}", 24, "steps/1/until/1",
      "'3 V < V < 4 V' compares more than once (write for example 'V <= 2.5 V')"
    ),
    (
      "- {charge: 1C, until: [\"V == 4 V\"]}", 24, "steps/1/until/1",
      "readings are never exactly equal: 'V == 4 V' (use <= or >=)"
    ),
    (
      "- {charge: 1C, until: [\"dV/dt < 1 mV\"]}", 24, "steps/1/until/1",
      "dV/dt is a voltage per time, '1 mV' is a voltage (compare it with '0.1 mV/s')"
    ),
    (
      "- {charge: 1C, until: [\"t < 3 h\"]}", 24, "steps/1/until/1",
      "'t < 3 h' ends the step at once (write 't >= 3 h')"
    ),
    (
      "- {charge: 1C, until: {all: [\"V > 4 V\"]}}", 23, "steps/1/until",
      "'all' joins two or more conditions, found 1 (write for example 'V <= 2.5 V')"
    ),
    (
      "- {rest: 1 h, until: [{if: \"V > 4 V\", goto: x}]}", 3, "steps/1",
      "nothing has the label 'x' to go to (add 'label: x' to a step)"
    ),
    ("- {rest: 1 h, record: {dt: 0 s}}", 28, "steps/1/record/dt", "must be greater than zero, found '0 s'"),
    ("- {rest: 1 h, record: {dv: 1 mV}}", 24, "steps/1/record/dv", "unknown key (did you mean 'dV'?)"),
    (
      "- loop: {steps: [rest: 1 s]}", 9, "steps/1/loop",
      "the loop never ends (give it 'repeat: 10' or 'until: [...]')"
    ),
    (
      "- loop: {repeat: 0, steps: [rest: 1 s]}", 18, "steps/1/loop/repeat",
      "expected a whole number of passes, 1 to 1000000000, found '0'"
    ),
    ("- loop: {repeat: 2, steps: []}", 28, "steps/1/loop/steps", "there are no steps"),
    ("- loop: {repeat: 2}", 9, "steps/1/loop", "the key 'steps' is missing"),
    (
      "- loop: {repeat: 2, steps: [rest: 1 V]}", 35, "steps/1/loop/steps/1/rest",
      "expected a time, found '1 V', which is a voltage (write '30 min')"
    ),
    ("- cycle: previous", 10, "steps/1/cycle", "found 'previous' (write 'cycle: next')"),
  ])
  func aWrongStep(step: String, column: Int, key: String, message: String) {
    let error = #expect(throws: DocumentError.self) {
      try TestProtocol(text: "name: x\nsteps:\n\(step)\n", file: "p.yaml")
    }
    #expect(error?.description == "p.yaml:3:\(column): \(key): \(message)")
  }

  /// Files that are wrong elsewhere: the complaint in full.
  @Test(arguments: [
    ("name: x", "p.yaml:1:1: the key 'steps' is missing"),
    ("name: x\nsteps: []", "p.yaml:2:8: steps: there are no steps"),
    (
      "name: x\nsteps: {rest: 1 s}",
      "p.yaml:2:8: steps: expected a list, found a group of keys (begin each step with '- ')"
    ),
    ("nam: x", "p.yaml:1:1: nam: unknown key (did you mean 'name'?)"),
    ("name: x\nvars: {Q0: 1 Ah}", "p.yaml:1:1: the key 'steps' is missing"),
    (
      "name: x\nstart: {soc: 120 %}\nsteps: [rest: 1 s]",
      "p.yaml:2:14: start/soc: a state of charge lies between 0 % and 100 %, found '120 %'"
    ),
    (
      "name: x\nsafety: {V: [4.2 V]}\nsteps: [rest: 1 s]",
      "p.yaml:2:13: safety/V: expected two values, the lowest and the highest allowed, found 1"
    ),
    (
      "name: x\nsafety: {V: [4.2 V, 2.5 V]}\nsteps: [rest: 1 s]",
      "p.yaml:2:13: safety/V: the lowest allowed value must come first and be below the highest"
    ),
    (
      "name: x\nsteps:\n  - {rest: 1 s, label: a}\n  - {rest: 1 s, label: a}",
      "p.yaml:4:24: steps/2/label: the label 'a' is used twice"
    ),
  ])
  func aWrongFile(text: String, complaint: String) {
    let error = #expect(throws: DocumentError.self) { try TestProtocol(text: text, file: "p.yaml") }
    #expect(error?.description == complaint)
  }
}
