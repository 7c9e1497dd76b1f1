import CellInterface
import Foundation
import Testing

@testable import Cycling

// The cell: C = 3600 F, R = 0.05 Ω, V = 3.5 V at rest, window 3 to 4 V, 1C = 1 A.

@Suite struct ControlFlow {
  /// The durations in s of the steps that were carried out: a rest tells which one it was.
  private func rests(_ lines: String..., top: String = "") throws -> [Double] {
    let text = "name: test\n\(top)\nsteps:\n" + lines.map { "  - \($0)\n" }.joined()
    let summary = try run(text).summary
    #expect(summary.status == .completed, "\(summary.reason ?? "")")
    return summary.steps.map { ($0.duration * 1e6).rounded() / 1e6 }
  }

  @Test func countersVariablesAndConditions() throws {
    #expect(
      try rests(
        "loop: {repeat: 6, counter: n, steps: [{rest: n * 1 s, when: n % 2 == 0}, {rest: 10 s, when: n > 4}]}")
        == [2, 4, 10, 6, 10])
    #expect(
      try rests(
        "loop: {repeat: 3, counter: i, steps: [loop: {repeat: 2, counter: j, steps: [rest: (10 * i + j) * 1 s]}]}")
        == [11, 12, 21, 22, 31, 32])
    #expect(
      try rests(
        "set: {x: x + 2 * (k - 1)}", "rest: x * 1 s", "set: {x: \"max(x, 20) - min(3, 5, x) % 2\", k: k / 4}",
        "rest: x * 1 s", "rest: k * 1 min", "rest: abs(-k) * 4 s", top: "vars: {x: 1, k: 4}") == [7, 19, 60, 4])
    #expect(
      try rests(
        "loop: {for: {time: [1 s, 3 s, 2 s]}, repeat: 2, counter: n, steps: [rest: time, {rest: 9 s, when: n == 6}]}")
        == [1, 1, 3, 3, 2, 2, 9])
    #expect(try rests("loop: {until: [n >= 3], counter: n, steps: [rest: 5 s]}") == [5, 5, 5])
    #expect(
      try rests("{rest: 1 s, when: {any: [x > 1, {all: [x >= 1, x < 2]}]}}", "rest: 2 s", top: "vars: {x: 1}") == [
        1, 2,
      ])
    #expect(try rests("{rest: 1 s, when: x != 1}", "rest: 2 s", top: "vars: {x: 1}") == [2])
  }

  @Test func branches() throws {
    let lines =
      "loop: {repeat: 4, counter: n, steps: [if: {cond: n <= 2, then: [{if: {cond: n == 1, then: [rest: 1 s]}}, rest: 2 s], else: [rest: 3 s]}, rest: 4 s]}"
    #expect(try rests(lines) == [1, 2, 4, 2, 4, 3, 4, 3, 4])
  }

  @Test func routines() throws {
    let top = "define: {a: [rest: 1 s, {call: b}, rest: 3 s], b: [loop: {repeat: 2, steps: [rest: 2 s]}]}"
    #expect(try rests("call: a", "rest: 4 s", "{call: b, when: 1 > 2}", top: top) == [1, 2, 2, 3, 4])
  }

  @Test func jumps() throws {
    // Over what is between, and back as long as a variable says.
    #expect(try rests("rest: 1 s", "goto: x", "rest: 2 s", "{rest: 3 s, label: x}") == [1, 3])
    #expect(
      try rests(
        "{rest: 1 s, label: again}", "set: {k: k + 1}", "{goto: again, when: k < 3}", "rest: 2 s", top: "vars: {k: 0}")
        == [1, 1, 1, 2])
    // Out of two loops and a routine at once, and within a loop.
    #expect(
      try rests(
        "loop: {repeat: 5, steps: [loop: {repeat: 5, counter: n, steps: [call: r]}]}", "rest: 8 s",
        "{rest: 9 s, label: out}", "loop: {repeat: 2, steps: [rest: 4 s]}",
        top: "define: {r: [rest: 1 s, {if: {cond: n == 3, then: [goto: out]}}]}") == [1, 1, 1, 9, 4, 4])
    #expect(
      try rests(
        "loop: {repeat: 3, counter: n, steps: [rest: 1 s, {goto: next, when: n == 2}, rest: 2 s, {rest: 3 s, label: next}]}"
      ) == [1, 2, 3, 1, 3, 1, 2, 3])
    // The end of the test from inside a loop; and with a reason.
    #expect(try rests("loop: {repeat: 3, steps: [rest: 1 s, goto: end]}", "rest: 2 s") == [1])
    let summary = try run(
      "steps:\n  - loop: {repeat: 3, counter: n, steps: [rest: 1 s, {end: enough, when: n == 2}]}\n"
    ).summary
    #expect(summary.steps.count == 2)
    #expect(summary.status == .completed)
    #expect(summary.reason == "enough")
    #expect(try rests("rest: 1 s", "end", "rest: 2 s") == [1])
  }

  @Test func aLimitJumps() throws {
    let (summary, _) = try run(
      steps(
        "loop: {repeat: 9, steps: [{discharge: 1C, until: [\"Q >= 10 %\", {if: \"V <= 3.22 V\", goto: low}]}, rest: 1 s]}",
        "rest: 2 s", "{rest: 3 s, label: low, until: [{if: \"t >= 2 s\", goto: end}]}", "rest: 4 s"))
    try #require(summary.steps.map(\.stepID) == [1, 2, 1, 2, 1, 4])
    #expect(summary.steps[4].endedBy == "V <= 3.22 V")
    // 3.45 V falls to 3.22 V in 828 s, of which 2 × 360 s have passed before.
    #expect(isNear(summary.steps.map(\.throughput.dischargingCharge).reduce(0, +), 0.23 * 3600))
    #expect(summary.steps[5].duration == 2)
  }

  @Test func aLoopJumps() throws {
    #expect(
      try rests(
        "loop: {repeat: 5, counter: n, until: [{if: \"n >= 2\", goto: b}], steps: [rest: 1 s]}", "rest: 2 s",
        "{rest: 3 s, label: b}") == [1, 1, 3])
  }

  @Test func whatAStepCameTo() throws {
    let (summary, _) = try run(
      steps(
        "{discharge: 1C, until: [\"Q >= 20 %\"], label: cap}", "{set: {Q0: \"last('cap').Q\", U: V - 10 mV, time: t}}",
        "{charge: 1C, until: [\"Q >= 0.5 * last('cap').Q\"]}", "{rest: \"last('cap').t / 72\"}",
        "{discharge: C/2, until: [\"Q >= Q0 / 4\", \"V <= U\"]}", "rest: time",
        "{hold: \"last('cap').V\", until: [\"t > 1 s\"]}", top: "vars: {Q0: 0 Ah, U: 0 V, time: 0 s}"))
    #expect(summary.status == .completed)
    #expect(isNear(summary.steps[1].throughput.chargingCharge, 360))
    #expect(isNear(summary.steps[2].duration, 10))
    #expect(isNear(summary.steps[3].throughput.dischargingCharge, 180))
    #expect(isNear(summary.steps[4].duration, 720))
    #expect(isNear(summary.steps[5].endVoltage, 3.5 - 0.05 - 0.2))
  }

  @Test func ageingEndsWithTheCapacity() throws {
    // Each check-up finds 10 % less, because the protocol lets it.
    let text = """
      vars: {Q0: 0 Ah, Qnow: 0 Ah, k: 1}
      define:
        rpt:
          - {discharge: 1C, until: ["Q >= 0.1 Ah * k"], label: cap}
          - {set: {Qnow: "last('cap').Q", k: 0.9 * k}}
          - {charge: 1C, until: ["Q >= Qnow"]}
      steps:
        - call: rpt
        - {set: {Q0: Qnow}}
        - loop:
            repeat: 100
            counter: n
            until: ["Qnow < 0.8 * Q0"]
            steps: [{rest: 1 s}, {cycle: next}, {call: rpt, when: "n % 5 == 0"}]
      """
    let (summary, _) = try run(text)
    #expect(summary.status == .completed)
    // 0.9 after 5 passes, 0.81 after 10, 0.729 after 15.
    #expect(summary.steps.filter { $0.type == .rest }.count == 15)
    #expect(summary.cycles.count == 16)
  }

  @Test(arguments: [
    (
      "steps: [{discharge: 1C, until: [\"Q >= last('b').Q\"]}, {rest: 1 s, label: b}]",
      "last('b').Q has no value: no step with that label has been carried out (step 1, CC_DCH)"
    ),
    (
      "vars: {k: 0}\nsteps: [{charge: k * 1C, until: [\"t > 1 s\"]}]",
      "'at' must be greater than zero, but 'k * 1C' is 0.0 (step 1, CC_CHG)"
    ),
    ("vars: {k: 1}\nsteps: [rest: k * 1e12 s]", "'k * 1000000000000 s' is longer than 100 years (step 1, REST)"),
    (
      "vars: {k: 1}\nsteps: [temperature: 500 K + k * 1 K]",
      "the chamber cannot be set to 501.0 K (allowed: 150 K to 500 K)"
    ),
    ("steps: [{cycle: next, label: a}, goto: a]", "the protocol goes in circles without any time passing"),
    (
      "steps: [{discharge: 1C, until: [\"V < 4 V\"], label: a}, goto: a]",
      "the protocol goes in circles without any time passing"
    ),
  ])
  func whatOnlyTheTestShows(text: String, reason: String) throws {
    let summary = try run(text).summary
    #expect(summary.status == .stoppedEarly)
    #expect(summary.reason == reason)
  }

  /// A pass in which nothing is due is none that makes no progress.
  @Test func aPassMayBeEmpty() throws {
    #expect(try rests("loop: {repeat: 300, counter: n, steps: [{rest: 1 s, when: n % 100 == 0}]}") == [1, 1, 1])
  }

  @Test func stepIDsCountRoutinesFirst() throws {
    let (_, records) = try run("define: {a: [rest: 1 s]}\nsteps: [rest: 2 s, call: a, rest: 3 s]")
    #expect(records.map(\.position.stepID) == [2, 2, 1, 1, 3, 3])
    #expect(records.map(\.position.stepCount) == [1, 1, 2, 2, 3, 3])
  }
}
