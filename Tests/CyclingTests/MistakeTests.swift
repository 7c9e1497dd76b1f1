import Documents
import Foundation
import Testing

@testable import Cycling

/// Protocols that are wrong, beside those in `ParsingProtocols`: each message is read by somebody at a bench.
@Suite struct Mistakes {
  /// The third line of a file, then the column, the key and the message.
  @Test(arguments: [
    ("- rest: 10 hours", 9, "steps/1/rest", "expected a time: unknown unit 'hours' (did you mean 'h'?)"),
    ("- rest: 1e12 d", 9, "steps/1/rest", "'1e12 d' is longer than 100 years (no test lasts so long)"),
    (
      "- {rest: 1 h, until: [\"t > 200000 d\"]}", 23, "steps/1/until/1",
      "'200000 d' is longer than 100 years (no test lasts so long)"
    ),
    (
      "- ramp: {of: voltage, from: 3 V, to: 4 V, rate: 1e-9 mV/d}", 49, "steps/1/ramp/rate",
      "at '1e-9 mV/d' the ramp takes longer than 100 years"
    ),
    (
      "- charge: {power: 1 MW}", 19, "steps/1/charge/power",
      "expected a power: unknown unit 'MW' (milli is 'm'; mega is not known: 1 MW is 1000 kW)"
    ),
    (
      "- charge: {at: C/20, to: 4.2 V, hold_until: 1C}", 45, "steps/1/charge/hold_until",
      "the hold ends as it begins: '1C' is above 'C/20', the current before it (give less than 'at')"
    ),
    (
      "- gorble: 1 h", 3, "steps/1/gorble",
      "unknown key (allowed: rest, charge, discharge, hold, ramp, cv_scan, pulse, profile, eis, temperature, loop, if, call, goto, set, cycle, end)"
    ),
    (
      "- temperature: -150 degC", 16, "steps/1/temperature",
      "'-150 degC' is no temperature for a cell (allowed: 150 K to 500 K)"
    ),
    (
      "- temperature: 600 K", 16, "steps/1/temperature",
      "'600 K' is no temperature for a cell (allowed: 150 K to 500 K)"
    ),
    ("- rest: nan s", 9, "steps/1/rest", "expected a time: 'nan s' does not begin with a number (write '30 min')"),
    ("- rest: -5 min", 9, "steps/1/rest", "must be greater than zero, found '-5 min'"),
    ("- rest: 1e999 s", 9, "steps/1/rest", "expected a time: '1e999 s' is not a finite number (write '30 min')"),
    ("- rest: 1e308 kd", 9, "steps/1/rest", "expected a time: unknown unit 'kd' (did you mean 'K'?)"),
    ("- rest: 1e308 d", 9, "steps/1/rest", "expected a time: '1e308 d' is not a finite number (write '30 min')"),
    ("- rest: soon", 9, "steps/1/rest", "expected a time: 'soon' does not begin with a number (write '30 min')"),
    ("- rest: ''", 9, "steps/1/rest", "expected a time: nothing is given (write '30 min')"),
    ("- rest: [1 s]", 9, "steps/1/rest", "expected text, found a list"),
    ("- rest: 10min20s", 9, "steps/1/rest", "expected a time: '10min20s' is no value with one unit (write '620 s')"),
    (
      "- rest: 1 h 30 min", 9, "steps/1/rest",
      "expected a time: '1 h 30 min' is no value with one unit (write '90 min')"
    ),
    ("- rest: 01:30:00", 9, "steps/1/rest", "expected a time: '01:30:00' is no value with one unit (write '90 min')"),
    ("- rest: 1:30", 9, "steps/1/rest", "expected a time: '1:30' is no value with one unit (write '90 min' or '90 s')"),
    (
      "- charge: \"1,5 A\"", 11, "steps/1/charge",
      "expected a current: '1,5 A' is no value with one unit (a decimal number is written with a point: '1.5 A')"
    ),
    (
      "- charge: {at: 1C, to: 4,2 V}", 26, "steps/1/charge/2 V",
      "unknown key (a decimal number is written with a point, not a comma)"
    ),
    ("- charge: 5 KA", 11, "steps/1/charge", "expected a current: unknown unit 'KA' (did you mean 'kA'?)"),
    (
      "- eis: 10 mV", 8, "steps/1/eis",
      "a spectrum has several keys (write '{amplitude: C/20, from: 10 kHz, to: 10 mHz}')"
    ),
    (
      "- {discharge: 1C, until: [\"SOC <= 10\"]}", 27, "steps/1/until/1",
      "'SOC <= 10' compares with 1000 % (write '10 %' or '0.1')"
    ),
    (
      "- {charge: 1C, until: [\"150 < SOC\"]}", 24, "steps/1/until/1",
      "'150 < SOC' compares with 15000 % (write '50 %' or '0.5')"
    ),
    (
      "- {discharge: 1C, until: [\"V <= 3 V and t > 1 h\"]}", 27, "steps/1/until/1",
      "'V <= 3 V and t > 1 h' is more than one condition (write {all: [\"V <= 3 V\", \"t > 1 h\"]})"
    ),
    (
      "- {discharge: 1C, until: [\"V <= 3 V || t > 1 h\"]}", 27, "steps/1/until/1",
      "'V <= 3 V || t > 1 h' is more than one condition (write [\"V <= 3 V\", \"t > 1 h\"])"
    ),
    (
      "- {discharge: 1C, until: [\"Q > last('rpt').Q\"]}", 27, "steps/1/until/1",
      "no step has the label 'rpt' (give the step that is meant 'label: rpt')"
    ),
    ("- rests: 10 min", 3, "steps/1/rests", "unknown key (did you mean 'rest'?)"),
    ("- discharg: 1C", 3, "steps/1/discharg", "unknown key (did you mean 'discharge'?)"),
    ("- temprature: 25 degC", 3, "steps/1/temprature", "unknown key (did you mean 'temperature'?)"),
    ("- charge: 1c", 11, "steps/1/charge", "expected a current: unknown unit 'c' (did you mean 'C'?)"),
    ("- charge: 10 ma", 11, "steps/1/charge", "expected a current: unknown unit 'ma' (did you mean 'mA'?)"),
    ("- charge: 0 A", 11, "steps/1/charge", "must be greater than zero, found '0 A'"),
    ("- charge: C/0", 11, "steps/1/charge", "expected a current: 'C/0' is not a C-rate (write '0.5C' or 'C/20')"),
    (
      "- charge: nan A", 11, "steps/1/charge",
      "expected a current: 'nan A' does not begin with a number (write 'C/20' or '50 mA')"
    ),
    (
      "- charge: 4.2 V", 11, "steps/1/charge",
      "expected a current, found '4.2 V', which is a voltage (write 'C/20' or '50 mA')"
    ),
    (
      "- charge: -2 A", 11, "steps/1/charge",
      "must be greater than zero, found '-2 A' (the verb gives the direction: for the opposite write 'discharge')"
    ),
    (
      "- charge: {at: 1C, to: 25 degC}", 24, "steps/1/charge/to",
      "expected a voltage, found '25 degC', which is a temperature (write '4.2 V')"
    ),
    ("- charge: {at: 1C, too: 4.2 V}", 20, "steps/1/charge/too", "unknown key (did you mean 'to'?)"),
    ("- charge: {at: 1C, to: 4.2}", 24, "steps/1/charge/to", "expected a voltage: '4.2' has no unit (write '4.2 V')"),
    (
      "- charge: {at: 1C, to: 4.2 V, hold_until: 0 A}", 43, "steps/1/charge/hold_until",
      "must be greater than zero, found '0 A'"
    ),
    (
      "- charge: {at: 1C, to: 4.2 V, hold_until: -C/20}", 43, "steps/1/charge/hold_until",
      "must be greater than zero, found '-C/20'"
    ),
    (
      "- charge: 1C/h", 11, "steps/1/charge",
      "expected a current, found '1C/h', which is a C-rate per time (write 'C/20' or '50 mA')"
    ),
    (
      "- charge: {at: 1C, to: V}", 24, "steps/1/charge/to",
      "'V' changes during a step (keep it in a variable before: '- set: {x: V}')"
    ),
    (
      "- discharge: {resistance: 0 ohm}", 27, "steps/1/discharge/resistance", "must be greater than zero, found '0 ohm'"
    ),
    (
      "- discharge: {power: 5 A}", 22, "steps/1/discharge/power",
      "expected a power, found '5 A', which is a current (write '5 W')"
    ),
    ("- hold: Vmx", 9, "steps/1/hold", "expected a voltage: 'Vmx' does not begin with a number (did you mean 'Vmax'?)"),
    (
      "- {hold: 4.2 V, until: [\"I < C/20\", \"I\"]}", 37, "steps/1/until/2",
      "'I' is not a condition (write for example 'V <= 2.5 V')"
    ),
    ("- {hold: 4.2 V, until: \"\"}", 24, "steps/1/until", "'' is not a condition (write for example 'V <= 2.5 V')"),
    ("- {hold: 4.2 V, until: }", 17, "steps/1/until", "has no value"),
    (
      "- {charge: 1C, until: [\"V >= 1 A\"]}", 24, "steps/1/until/1",
      "V is a voltage, '1 A' is a current (compare it with '4.2 V')"
    ),
    (
      "- {charge: 1C, until: [\"V >= 1C\"]}", 24, "steps/1/until/1",
      "V is a voltage, '1C' is a C-rate (compare it with '4.2 V')"
    ),
    (
      "- {charge: 1C, until: [\"V >= I\"]}", 24, "steps/1/until/1",
      "V is a voltage, I is a current (compare it with '4.2 V')"
    ),
    (
      "- {charge: 1C, until: [\"Voltage >= 4 V\"]}", 24, "steps/1/until/1",
      "'Voltage' is no reading and no variable (readings: t, t_test, V, I, P, R, T, SOC, Q, E, Q_chg, Q_dis, E_chg, E_dis, Q_test, E_test, dV, dV/dt, dI/dt, dT/dt)"
    ),
    (
      "- {charge: 1C, until: [\"V >= Vmx\"]}", 24, "steps/1/until/1",
      "'Vmx' is no reading and no variable (did you mean 'Vmax'?)"
    ),
    (
      "- {charge: 1C, until: [\"V => 4 V\"]}", 24, "steps/1/until/1",
      "'=>' is not a comparison: 'V => 4 V' (use <= or >=)"
    ),
    (
      "- {charge: 1C, until: [\"V >= nan V\"]}", 24, "steps/1/until/1",
      "'nan' is no reading and no variable (readings: t, t_test, V, I, P, R, T, SOC, Q, E, Q_chg, Q_dis, E_chg, E_dis, Q_test, E_test, dV, dV/dt, dI/dt, dT/dt)"
    ),
    (
      "- {charge: 1C, until: [\"T >= -300 degC\"]}", 24, "steps/1/until/1",
      "'-300 degC' is below absolute zero (write for example 'V <= 2.5 V')"
    ),
    (
      "- {charge: 1C, until: [\"t >= -1 s\"]}", 24, "steps/1/until/1",
      "'t >= -1 s' ends the step at once (give a time above zero)"
    ),
    (
      "- {charge: 1C, until: [\">= 4 V\"]}", 24, "steps/1/until/1",
      "nothing is given (write for example 'V <= 2.5 V')"
    ),
    (
      "- {charge: 1C, until: [\"V >=\"]}", 24, "steps/1/until/1",
      "nothing is given (write for example 'V <= 2.5 V')"
    ),
    (
      "- {charge: 1C, until: [\"I >= Vmax\"]}", 24, "steps/1/until/1",
      "I is a current, Vmax is a voltage (compare it with 'C/20' or '50 mA')"
    ),
    (
      "- {charge: 1C, until: [\"2 V <= 4 V\"]}", 24, "steps/1/until/1",
      "nothing in '2 V <= 4 V' changes during a step (readings: t, t_test, V, I, P, R, T, SOC, Q, E, Q_chg, Q_dis, E_chg, E_dis, Q_test, E_test, dV, dV/dt, dI/dt, dT/dt)"
    ),
    ("- {charge: 1C, until: [[\"V >= 4 V\"]]}", 24, "steps/1/until/1", "expected text, found a list"),
    ("- {charge: 1C, until: {al: [\"V > 4 V\"]}}", 24, "steps/1/until/al", "unknown key (did you mean 'all'?)"),
    (
      "- {charge: 1C, until: [\"V ! 4 V\"]}", 24, "steps/1/until/1",
      "'V ! 4 V' is not a condition (write for example 'V <= 2.5 V')"
    ),
    (
      "- {charge: 1C, until: [\"T >= 45 C\"]}", 24, "steps/1/until/1",
      "T is a temperature, '45 C' is a C-rate (compare it with '25 degC')"
    ),
    (
      "- loop: {repeat: -1, steps: [rest: 1 s]}", 18, "steps/1/loop/repeat",
      "expected a whole number of passes, 1 to 1000000000, found '-1'"
    ),
    (
      "- loop: {repeat: 2.5, steps: [rest: 1 s]}", 18, "steps/1/loop/repeat",
      "expected a whole number of passes, 1 to 1000000000, found '2.5'"
    ),
    (
      "- loop: {repeat: 1e6, steps: [rest: 1 s]}", 18, "steps/1/loop/repeat",
      "expected a whole number of passes, 1 to 1000000000, found '1e6'"
    ),
    (
      "- loop: {repeat: 99999999999999999999, steps: [rest: 1 s]}", 18, "steps/1/loop/repeat",
      "expected a whole number of passes, 1 to 1000000000, found '99999999999999999999'"
    ),
    (
      "- loop: {repeat: 2000000000, steps: [rest: 1 s]}", 18, "steps/1/loop/repeat",
      "expected a whole number of passes, 1 to 1000000000, found '2000000000'"
    ),
    (
      "- loop: {repeat: 2, steps: [cycle: next]}", 28, "steps/1/loop/steps",
      "nothing in the loop takes time (add for example 'rest: 10 min')"
    ),
    (
      "- loop: {repeat: 2, steps: [{temperature: 45 degC}]}", 28, "steps/1/loop/steps",
      "nothing in the loop takes time (add for example 'rest: 10 min')"
    ),
    ("- loop: {repeat: 2, steps: }", 21, "steps/1/loop/steps", "has no value"),
    ("- loop: 5", 9, "steps/1/loop", "expected a group of keys, found '5'"),
    ("- loop: {repeat: 2, step: [rest: 1 s]}", 21, "steps/1/loop/step", "unknown key (did you mean 'steps'?)"),
    (
      "- loop: {until: [], steps: [rest: 1 s]}", 17, "steps/1/loop/until",
      "the list of conditions is empty (write for example 'V <= 2.5 V')"
    ),
    (
      "- {loop: {repeat: 2, steps: [rest: 1 s]}, until: [\"t > 1 h\"]}", 43, "steps/1/until",
      "belongs inside 'loop' (indent it further than 'loop')"
    ),
    ("- ramp: {of: voltage, to: 4.2 V}", 9, "steps/1/ramp", "the key 'rate' is missing"),
    (
      "- ramp: {of: voltag, to: 4.2 V, rate: 1 mV/s}", 14, "steps/1/ramp/of",
      "'voltag' cannot be ramped (give one of voltage, current, power)"
    ),
    ("- ramp: {to: 4.2 V, rate: 1 mV/s}", 9, "steps/1/ramp", "the key 'of' is missing"),
    ("- ramp: {of: voltage, rate: 1 mV/s}", 9, "steps/1/ramp", "the key 'to' is missing"),
    (
      "- ramp: {of: voltage, to: 4.2 V, rate: 0 mV/s}", 40, "steps/1/ramp/rate",
      "must be greater than zero, found '0 mV/s' ('from' and 'to' give the direction)"
    ),
    (
      "- ramp: {of: voltage, to: 4.2 V, rate: -1 mV/s}", 40, "steps/1/ramp/rate",
      "must be greater than zero, found '-1 mV/s' ('from' and 'to' give the direction)"
    ),
    (
      "- ramp: {of: voltage, to: 4.2 V, rate: 1 mV}", 40, "steps/1/ramp/rate",
      "expected a voltage per time, found '1 mV', which is a voltage (write '0.1 mV/s')"
    ),
    (
      "- ramp: {of: voltage, to: 4.2 V, rate: 1 mA/s}", 40, "steps/1/ramp/rate",
      "expected a voltage per time, found '1 mA/s', which is a current per time (write '0.1 mV/s')"
    ),
    (
      "- ramp: {of: voltage, to: 4.2 V, rate: 1 mV/sec}", 40, "steps/1/ramp/rate",
      "expected a voltage per time: unknown unit 'mV/sec' (did you mean 'mV/s'?)"
    ),
    (
      "- ramp: {of: current, to: 4.2 V, rate: 1 mA/s}", 27, "steps/1/ramp/to",
      "expected a current, found '4.2 V', which is a voltage (write 'C/20' or '50 mA')"
    ),
    (
      "- ramp: {of: current, to: 1C, rate: 10 K/min}", 37, "steps/1/ramp/rate",
      "expected a current per time, found '10 K/min', which is a temperature per time (write '10 mA/min')"
    ),
    (
      "- ramp: {of: voltage, from: 4.2 V, to: 4.2 V, rate: 1 mV/s}", 9, "steps/1/ramp",
      "the ramp ends where it begins (change 'from' or 'to')"
    ),
    (
      "- ramp: {of: voltage, from: 4.2 V, to: 4.2 V, rat: 1 mV/s}", 47, "steps/1/ramp/rat",
      "unknown key (did you mean 'rate'?)"
    ),
    ("- ramp: 4.2 V", 9, "steps/1/ramp", "expected a group of keys, found '4.2 V'"),
    (
      "- ramp: {of: current, to: 1C, rate: C/20/x}", 37, "steps/1/ramp/rate",
      "expected a current per time: 'C/20/x' is not a C-rate (write '0.5C' or 'C/20')"
    ),
    (
      "- ramp: {of: resistance, to: 10 ohm, rate: 1 ohm/s}", 14, "steps/1/ramp/of",
      "'resistance' cannot be ramped (give one of voltage, current, power)"
    ),
    (
      "- ramp: {of: voltage, to: 4.2 V, rate: nan mV/s}", 40, "steps/1/ramp/rate",
      "expected a voltage per time: 'nan mV' does not begin with a number (write '0.1 mV/s')"
    ),
    ("- temperature: 45", 16, "steps/1/temperature", "expected a temperature: '45' has no unit (write '25 degC')"),
    (
      "- temperature: 45 C", 16, "steps/1/temperature",
      "expected a temperature, found '45 C', which is a C-rate (write '25 degC')"
    ),
    (
      "- temperature: -300 degC", 16, "steps/1/temperature",
      "expected a temperature: '-300 degC' is below absolute zero (write '25 degC')"
    ),
    (
      "- temperature: 0 K", 16, "steps/1/temperature",
      "'0 K' is no temperature for a cell (allowed: 150 K to 500 K)"
    ),
    (
      "- temperature: 45 °F", 16, "steps/1/temperature",
      "expected a temperature: unknown unit '°F' (did you mean '°C'?)"
    ),
    ("- {temperature: 45 degC, soak: 0 s}", 32, "steps/1/soak", "must be greater than zero, found '0 s'"),
    (
      "- {temperature: 45 degC, soak: 1 V}", 32, "steps/1/soak",
      "expected a time, found '1 V', which is a voltage (write '30 min')"
    ),
    (
      "- {temperature: 45 degC, until: [\"t > 1 h\"]}", 26, "steps/1/until",
      "without 'soak' setting the temperature takes no time (add for example 'soak: 1 h')"
    ),
    ("- {rest: 1 h, soak: 1 h}", 15, "steps/1/soak", "belongs to 'temperature'"),
    ("- {temperature: 45 degC, sok: 1 h}", 26, "steps/1/sok", "unknown key (did you mean 'soak'?)"),
    (
      "- {temperature: 45 degC, tolerance: 1 K}", 26, "steps/1/tolerance",
      "without 'soak' setting the temperature takes no time (add for example 'soak: 1 h')"
    ),
    (
      "- {rest: 1 h, record: {dt: 1e-30 s}}", 28, "steps/1/record/dt",
      "'1e-30 s' is too fine to be recorded (give at least 1 us)"
    ),
    (
      "- {rest: 1 h, record: {dV: 5 mA}}", 28, "steps/1/record/dV",
      "expected a voltage, found '5 mA', which is a current (write '4.2 V')"
    ),
    (
      "- {rest: 1 h, record: 5 s}", 23, "steps/1/record",
      "says when records are written (write for example '{dt: 10 s, dV: 10 mV}')"
    ),
    (
      "- charge: 0.5C to 4.2 V", 11, "steps/1/charge",
      "says two things at once (write '{at: 0.5C, to: 4.2 V}')"
    ),
    (
      "- discharge: {at: 1C, until: [\"V <= 3 V\"]}", 23, "steps/1/discharge/until",
      "belongs to the step (put it behind the braces: '{discharge: {…}, until: …}')"
    ),
    (
      "- loop: {count: 2, steps: [rest: 1 s]}", 10, "steps/1/loop/count", "unknown key (did you mean 'repeat'?)"
    ),
    ("- {rest: 1 h, label: }", 15, "steps/1/label", "has no value"),
    ("- {rest: 1 h, label: [a]}", 22, "steps/1/label", "expected text, found a list"),
    ("- null", 3, "steps/1", "expected a step such as 'rest: 10 min', found 'null'"),
    ("- []", 3, "steps/1", "expected a step such as 'rest: 10 min', found a list"),
    (
      "- {}", 3, "steps/1",
      "the step does nothing (give it one of rest, charge, discharge, hold, ramp, cv_scan, pulse, profile, eis, temperature, loop, if, call, goto, set, cycle, end)"
    ),
    ("- 5", 3, "steps/1", "expected a step such as 'rest: 10 min', found '5'"),
    ("- [rest: 1 s]", 3, "steps/1", "expected a step such as 'rest: 10 min', found a list"),
    ("- {1: 2}", 4, "steps/1/1", "unknown key (a decimal number is written with a point, not a comma)"),
    ("- {[a]: 2}", 4, "steps/1", "a key must be plain text"),
  ])
  func inAStep(step: String, column: Int, key: String, message: String) {
    let error = #expect(throws: DocumentError.self) {
      try TestProtocol(text: "name: x\nsteps:\n\(step)\n", file: "p.yaml")
    }
    #expect(error?.description == "p.yaml:3:\(column): \(key): \(message)")
  }

  /// Whole files: the complaint in full.
  @Test(arguments: [
    ("", "p.yaml: the file is empty"),
    ("# only a comment\n", "p.yaml: the file is empty"),
    ("---\n", "p.yaml:2:1: a protocol is a group of keys, found '' (begin with 'steps:')"),
    ("- rest: 1 s\n", "p.yaml:1:1: a protocol is a group of keys, found a list (begin with 'steps:')"),
    ("42", "p.yaml:1:1: a protocol is a group of keys, found '42' (begin with 'steps:')"),
    ("name: x", "p.yaml:1:1: the key 'steps' is missing"),
    ("name: x\nsteps:\n\t- rest: 1 s\n", "p.yaml:3:1: not well-formed YAML or JSON: found a tab (indent with spaces)"),
    (
      "name: x\nsteps:\n  - rest: 1 s\n   - rest: 2 s\n",
      "p.yaml:4:4: not well-formed YAML or JSON: while parsing a block collection that begins in line 3: did not find expected '-' indicator (check the indentation)"
    ),
    (
      "name: x\nsteps: [rest: 1 s",
      "p.yaml:3:1: not well-formed YAML or JSON: while parsing a flow sequence that begins in line 2: did not find expected ',' or ']'"
    ),
    (
      "name: \"x\nsteps: []",
      "p.yaml:2:10: not well-formed YAML or JSON: while scanning a quoted scalar that begins in line 1: found unexpected end of stream"
    ),
    ("name: x\nname: y\nsteps: [rest: 1 s]", "p.yaml:1:1: a key is given twice: name"),
    ("name: x\nsteps:\n  - {rest: 1 s, rest: 2 s}", "p.yaml:3:6: a key is given twice: rest"),
    ("name: x\n---\nname: y\n", "p.yaml:2:1: not well-formed YAML or JSON: a second document begins here"),
    (
      "name: x\u{0}\nsteps: [rest: 1 s]", "p.yaml:1:8: not well-formed YAML or JSON: control characters are not allowed"
    ),
    ("name: x\u{1}\u{2}", "p.yaml:1:8: not well-formed YAML or JSON: control characters are not allowed"),
    (
      "name: x\nsteps: *a\n",
      "p.yaml:2:8: not well-formed YAML or JSON: found undefined alias ('*name' repeats what was marked '&name' before)"
    ),
    (
      "name: x\nsteps: &a [*a]\n",
      "p.yaml:2:12: '*a' repeats what was marked '&a' before, and nothing was"
    ),
    ("name: [x]\nsteps: [rest: 1 s]", "p.yaml:1:7: name: expected text, found a list"),
    (
      "{\"name\": \"x\", \"steps\": [}",
      "p.yaml:1:25: not well-formed YAML or JSON: while parsing a flow node: did not find expected node content"
    ),
    ("name: x\nstep: [rest: 1 s]", "p.yaml:2:1: step: unknown key (did you mean 'steps'?)"),
    ("name: x\nsteps: none", "p.yaml:2:8: steps: expected a list, found 'none' (begin each step with '- ')"),
    (
      "name: x\nstart: {}\nsteps: [rest: 1 s]",
      "p.yaml:2:8: start: says nothing (add for example 'soc: 50 %' or 'voltage: 3.7 V')"
    ),
    (
      "name: x\nstart: {soc: 50 %, voltage: 3.7 V}\nsteps: [rest: 1 s]",
      "p.yaml:2:20: start/voltage: give one of 'soc' and 'voltage'"
    ),
    (
      "name: x\nstart: {soc: 50}\nsteps: [rest: 1 s]",
      "p.yaml:2:14: start/soc: '50' has no unit (write '50 %' or '0.5')"
    ),
    (
      "define: {rpt: [{rest: 1 s, label: r}]}\nvars: {a: 0 Ah}\nsteps: [set: {a: \"last('rpt').Q\"}]",
      "p.yaml:3:18: steps/1/set/a: no step has the label 'rpt' ('rpt' is a routine: give the step in it that is meant a label)"
    ),
    (
      "vars: {a: 0 Ah}\nsteps: [{rest: 1 s, label: down}, set: {a: \"last('rpt').Q\"}]",
      "p.yaml:2:44: steps/2/set/a: no step has the label 'rpt' (labels: down)"
    ),
    (
      "name: x\nstart: {soc: -1 %}\nsteps: [rest: 1 s]",
      "p.yaml:2:14: start/soc: a state of charge lies between 0 % and 100 %, found '-1 %'"
    ),
    (
      "name: x\nstart: {soc: nan %}\nsteps: [rest: 1 s]",
      "p.yaml:2:14: start/soc: expected a percentage: 'nan %' does not begin with a number (write '50 %')"
    ),
    (
      "name: x\nstart: {voltage: 50 %}\nsteps: [rest: 1 s]",
      "p.yaml:2:18: start/voltage: expected a voltage, found '50 %', which is a percentage (write '4.2 V')"
    ),
    (
      "name: x\nstart: {voltag: 3 V}\nsteps: [rest: 1 s]",
      "p.yaml:2:9: start/voltag: unknown key (did you mean 'voltage'?)"
    ),
    (
      "name: x\nstart: {temperature: -400 degC}\nsteps: [rest: 1 s]",
      "p.yaml:2:22: start/temperature: expected a temperature: '-400 degC' is below absolute zero (write '25 degC')"
    ),
    ("name: x\nstart: 50 %\nsteps: [rest: 1 s]", "p.yaml:2:8: start: expected a group of keys, found '50 %'"),
    (
      "name: x\nsafety: {V: [2.4 V, 4 A]}\nsteps: [rest: 1 s]",
      "p.yaml:2:21: safety/V/2: expected a voltage, found '4 A', which is a current (write '4.2 V')"
    ),
    (
      "name: x\nsafety: {T: [-300 degC, 60 degC]}\nsteps: [rest: 1 s]",
      "p.yaml:2:14: safety/T/1: expected a temperature: '-300 degC' is below absolute zero (write '25 degC')"
    ),
    (
      "name: x\nsafety: {U: [2 V, 4 V]}\nsteps: [rest: 1 s]",
      "p.yaml:2:10: safety/U: unknown key (allowed: V, I, T, Q, delay, action)"
    ),
    (
      "name: x\nsafety: {I: [2C, -2C]}\nsteps: [rest: 1 s]",
      "p.yaml:2:13: safety/I: the lowest allowed value must come first and be below the highest"
    ),
    (
      "name: x\ndefaults: {record: {dt: 5}}\nsteps: [rest: 1 s]",
      "p.yaml:2:25: defaults/record/dt: expected a time: '5' has no unit (write '30 min')"
    ),
    (
      "name: x\ndefaults: {recrd: {dt: 5 s}}\nsteps: [rest: 1 s]",
      "p.yaml:2:12: defaults/recrd: unknown key (did you mean 'record'?)"
    ),
    (
      "<<: {name: x}\nsteps: [rest: 1 s]",
      "p.yaml:1:1: <<: unknown key (allowed: name, cell, start, defaults, safety, vars, define, steps)"
    ),
    (
      "name: x\nstart: {temperature: 25 K}\nsteps: [rest: 1 s]",
      "p.yaml:2:22: start/temperature: '25 K' is no temperature for a cell (allowed: 150 K to 500 K)"
    ),
    (
      "name: x\nsteps:\n",
      "p.yaml:2:1: steps: has no value"
    ),
    ("%YAML 9.9\n---\nname: x", "p.yaml:1:1: not well-formed YAML or JSON: found incompatible YAML document"),
    (
      "name: x\nsteps: [@rest]",
      "p.yaml:2:9: not well-formed YAML or JSON: while scanning for the next token: found character that cannot start any token (put it in quotes)"
    ),
    (
      "name: x\nsteps: [`a]",
      "p.yaml:2:9: not well-formed YAML or JSON: while scanning for the next token: found character that cannot start any token (put it in quotes)"
    ),
    (
      "name: x: y\nsteps: []",
      "p.yaml:1:8: not well-formed YAML or JSON: mapping values are not allowed in this context (check the indentation; put text that contains ': ' in quotes)"
    ),
  ])
  func inAFile(text: String, complaint: String) {
    let error = #expect(throws: DocumentError.self) { try TestProtocol(text: text, file: "p.yaml") }
    #expect(error?.description == complaint)
  }

  @Test func aliasesThatStandForBillions() {
    var text = "name: x\nsteps:\n  - loop: {repeat: 1, steps: &a0 [rest: 1 s]}\n"
    for i in 1...20 {
      let items = [String](repeating: "loop: {repeat: 1, steps: *a\(i - 1)}", count: 10).joined(separator: ", ")
      text += "  - loop: {repeat: 1, steps: &a\(i) [\(items)]}\n"
    }
    let error = #expect(throws: DocumentError.self) { try TestProtocol(text: text, file: "p.yaml") }
    #expect(error?.description == "p.yaml:7:308: too large: its aliases ('*name') repeat each other too often")
  }

  @Test func anAliasOrTwoIsWelcome() throws {
    let text =
      "name: x\nsteps:\n  - loop: {repeat: 2, steps: &rests [rest: 1 s]}\n  - loop: {repeat: 3, steps: *rests}\n"
    #expect(try run(text).summary.steps.count == 5)
  }

  private func nested(_ depth: Int) -> String {
    "name: x\nsteps: " + String(repeating: "[{loop: {repeat: 1, steps: ", count: depth) + "[rest: 1 s]"
      + String(repeating: "}}]", count: depth)
  }

  @Test func deepNesting() throws {
    #expect(try run(nested(200)).summary.steps.count == 1)
    let tooDeep = [
      nested(400), nested(50_000), "name: x\nsteps: " + String(repeating: "[", count: 100_000),
      "name: x\nsteps:\n" + String(repeating: "- ", count: 100_000),
    ]
    for text in tooDeep {
      let error = #expect(throws: DocumentError.self) { try TestProtocol(text: text, file: "p.yaml") }
      #expect(error?.message == "values are nested too deeply, more than 1000 levels")
    }
  }

  @Test func filesThatAreNoText() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: url) }
    try Data((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 3) }).write(to: url)
    let complaints = [
      url.path: "is not text (UTF-8)", url.path + "/none": "cannot be opened: Not a directory",
      "/": "is a folder: name a file in it",
    ]
    for (path, complaint) in complaints {
      let error = #expect(throws: DocumentError.self) { try TestProtocol(path: path) }
      #expect(error?.description == "\(path): \(complaint)")
    }
  }
}
