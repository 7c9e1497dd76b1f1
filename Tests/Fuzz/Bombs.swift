/// Inputs that are small or simple and stand for something enormous, or are enormous themselves. Each takes a reader to
/// one of its limits.
struct Bomb {
  let name: String
  /// Which reader it is for.
  let target: String
  let make: @Sendable () -> [UInt8]

  private init(_ name: String, _ target: String, _ make: @escaping @Sendable () -> String) {
    self.name = name
    self.target = target
    self.make = { Array(make().utf8) }
  }

  static let all: [Bomb] = documents + protocols + cells + tables

  private static func times(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

  // MARK: YAML and JSON

  private static let documents: [Bomb] = ["protocol", "unicycler", "cell", "metadata"].flatMap { target in
    [
      Bomb("100 000 opening brackets", target) { times("[", 100_000) },
      Bomb("100 000 pairs of brackets", target) { times("[", 100_000) + times("]", 100_000) },
      Bomb("100 000 opening braces", target) { times("{a: ", 100_000) },
      Bomb("100 000 groups, each in a line", target) {
        (0..<3000).map { times(" ", $0) + "a:" }.joined(separator: "\n")
      },
      Bomb("100 000 lists in one line", target) { times("- ", 100_000) + "x" },
      Bomb("100 000 keys that are groups", target) { times("? ", 100_000) + "x" },
      Bomb("999 levels, then many values", target) { times("[", 999) + times("1,", 1_000_000) + times("]", 999) },
      Bomb("a billion laughs", target) {
        "a0: &a0 [x, x]\n" + (1..<40).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined()
      },
      Bomb("a billion laughs in keys", target) {
        "- &a0 [x, x]\n" + (1..<40).map { "- &a\($0) {? [*a\($0 - 1), *a\($0 - 1)] : x}\n" }.joined()
          + "- {? *a39 : x}\n"
      },
      Bomb("a billion laughs, then a mistake", target) {
        "a0: &a0 [x, x]\n" + (1..<40).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined() + "]"
      },
      Bomb("aliases that nest", target) {
        "- &a0 x\n" + (1..<2000).map { "- &a\($0) \(times("[", 900))*a\($0 - 1)\(times("]", 900))\n" }.joined()
      },
      Bomb("aliases that nest, then a mistake", target) {
        "- &a0 x\n" + (1..<2000).map { "- &a\($0) \(times("[", 900))*a\($0 - 1)\(times("]", 900))\n" }.joined() + "]"
      },
      Bomb("an alias of what it stands in", target) { "a: &a [*a, *a]\nb: *a" },
      Bomb("a merge of itself", target) { "a: &a {<<: *a}\nb: {<<: [*a, *a]}" },
      Bomb("a line of 100 MB", target) { times("x", 100_000_000) },
      Bomb("a number of 10 MB", target) { "steps: " + times("1", 10_000_000) },
      Bomb("a key of 10 MB", target) { "? " + times("k", 10_000_000) + "\n: 1" },
      Bomb("a text of 10 MB", target) { "Header: \"" + times("é", 5_000_000) + "\"" },
      Bomb("10 MB of values", target) { "steps: [" + times("1,", 5_000_000) + "1]" },
      Bomb("10 MB of groups", target) { "steps: [" + times("{},", 3_300_000) + "1]" },
      Bomb("a million keys", target) { (0..<1_000_000).map { "k\($0): 1\n" }.joined() },
      Bomb("a key a million times", target) { times("k: 1\n", 1_000_000) },
      Bomb("10 MB of empty lines", target) { times("\n", 10_000_000) + "]" },
      Bomb("10 MB of comments", target) { "{" + times("// x\n", 2_000_000) + "]" },
      Bomb("10 MB of surrogates", target) { "{\"a\": \"" + times("\\ud83d\\ude00", 800_000) + "\"" },
      Bomb("nothing", target) { "" },
      Bomb("a byte order mark", target) { "\u{FEFF}" },
      Bomb("a million documents", target) { times("---\na\n", 1_000_000) },
      Bomb("a million anchors", target) { (0..<300_000).map { "- &a\($0) x\n- *a\($0)\n" }.joined() },
    ]
  }

  // MARK: protocols

  private static func steps(_ text: String) -> String { "steps:\n- \(text)\n" }

  private static let protocols: [Bomb] =
    [
      "1", "V", "-V", "(V)", "abs(V)", "1 V",
    ].flatMap { operand in
      ["+", "*", "/", "%", ","].map { sign in
        Bomb("100 000 operands '\(operand) \(sign)'", "protocol") {
          steps("{rest: 1 h, until: '\(times("\(operand) \(sign) ", 100_000))\(operand) > 1 V'}")
        }
      }
    } + [
      Bomb("100 000 parentheses", "protocol") { steps("{rest: 1 h, until: '\(times("(", 100_000))V > 1 V'}") },
      Bomb("100 000 signs", "protocol") { steps("{rest: 1 h, until: '\(times("-", 100_000))V > 1 V'}") },
      Bomb("a word of 10 MB in an expression", "protocol") {
        steps("{rest: 1 h, until: '\(times("Q", 10_000_000)) > 1 V'}")
      },
      Bomb("a unit of 10 MB", "protocol") { steps("{rest: 1 \(times("h", 10_000_000))}") },
      Bomb("a unit of 10 MB per time", "protocol") { steps("{rest: 1 \(times("M", 10_000_000))/h}") },
      Bomb("a number of 10 MB with a unit", "protocol") { steps("{rest: \(times("1", 10_000_000)) h}") },
      Bomb("a label of 10 MB", "protocol") { steps("{rest: 1 h, goto: 1, label: \(times("h", 10_000_000))}") },
      Bomb("a goto of 10 MB", "protocol") { steps("goto: \(times("h", 10_000_000))") },
      Bomb("a verb of 10 MB", "protocol") { steps("? \(times("h", 10_000_000))\n  : 1") },
      Bomb("300 loops in one another", "protocol") {
        "steps: [" + times("{loop: {repeat: 2, steps: [", 300) + "{rest: 1 h}" + times("]}}", 300) + "]"
      },
      Bomb("300 branches in one another", "protocol") {
        "steps: [" + times("{if: {cond: t > 1 s, then: [", 300) + "{rest: 1 h}" + times("]}}", 300) + "]"
      },
      Bomb("450 conditions in one another", "protocol") {
        steps("{rest: 1 h, until: [" + times("{all: [V > 1 V, ", 450) + "V > 2 V" + times("]}", 450) + "]}")
      },
      Bomb("50 000 routines that call the next", "protocol") {
        "define:\n" + (0..<50_000).map { "  r\($0): [call: r\($0 + 1)]\n" }.joined() + "  r50000: [rest: 1 s]\n"
          + steps("call: r0")
      },
      Bomb("60 routines that call the next twice", "protocol") {
        "define:\n" + (0..<60).map { "  r\($0): [call: r\($0 + 1), call: r\($0 + 1)]\n" }.joined()
          + "  r60: [rest: 1 s]\n" + "defaults: {record: {dt: 1 s}}\n" + steps("call: r0")
      },
      Bomb("100 000 variables", "protocol") {
        "vars: {" + (0..<100_000).map { "v\($0): 1," }.joined() + "}\n" + steps("{set: {w: 1}}")
      },
      Bomb("100 000 labels", "protocol") {
        "steps:\n" + (0..<100_000).map { "- {rest: 1 s, label: l\($0)}\n" }.joined()
          + "- goto: l99999\n- goto: m\n"
      },
      Bomb("100 000 alternatives", "protocol") {
        steps("{rest: 1 h, until: [" + (1...100_000).map { "V > \($0) V" }.joined(separator: ", ") + "]}")
      },
      Bomb("100 000 tags", "unicycler") {
        "{\"record\": {\"time_s\": 1}, \"method\": ["
          + (0..<100_000).map { "{\"step\": \"tag\", \"tag\": \"t\($0)\"}," }.joined()
          + "{\"step\": \"loop\", \"loop_to\": \"u\", \"cycle_count\": 2}]}"
      },
      Bomb("30 000 loops in one another", "unicycler") {
        "{\"record\": {\"time_s\": 1}, \"method\": [{\"step\": \"open_circuit_voltage\", \"until_time_s\": 1}"
          + times(", {\"step\": \"loop\", \"loop_to\": 1, \"cycle_count\": 2}", 30_000) + "]}"
      },
      Bomb("30 000 steps", "unicycler") {
        "{\"record\": {\"time_s\": 1}, \"method\": [{\"step\": \"open_circuit_voltage\", \"until_time_s\": 1}"
          + times(", {\"step\": \"constant_current\", \"rate_C\": 1, \"until_time_s\": 1}", 30_000) + "]}"
      },
      Bomb("100 000 brackets", "experiment") { times("[", 100_000) },
      Bomb("100 000 parentheses", "experiment") { times("(", 100_000) + "\"Rest for 1 s\"" + times(")", 100_000) },
      Bomb("a million times a million times a million", "experiment") {
        "[[[\"Rest for 1 s\"] * 1000000] * 1000000] * 1000000"
      },
      Bomb("repetitions in one another", "experiment") {
        times("[", 90) + "\"Rest for 1 s\"" + times("] * 2", 90)
      },
      Bomb("many times half a million steps", "experiment") {
        times("(\"Rest for 1 s\", \"Rest for 1 s\") * 500000,", 1000)
      },
      Bomb("100 000 summands", "experiment") { "[\"Rest for 1 s\"]" + times(" + [\"Rest for 1 s\"]", 100_000) },
      Bomb("100 000 terminations", "experiment") { "Rest for 1 s\n" + times("termination: 2.5 V\n", 100_000) },
      Bomb("100 000 periods in a line", "experiment") { "Rest for 1 s" + times(" (1 minute period)", 100_000) },
      Bomb("100 000 alternatives", "experiment") { "Charge at 1C" + times(" until 4 V or", 100_000) },
      Bomb("a line of 100 MB", "experiment") { times("x", 100_000_000) },
      Bomb("a line of 10 MB", "experiment") { times("x", 10_000_000) },
      Bomb("a text of 3 MB", "experiment") { "\"" + times("x ", 1_500_000) + "\"" },
      Bomb("10 MB of brackets side by side", "experiment") { times("[],", 3_000_000) },
      Bomb("10 MB of empty lines", "experiment") { times("\n", 10_000_000) },
      Bomb("3 MB of letters that consist of many", "experiment") { "e" + times("\u{301}", 1_500_000) },
    ]

  // MARK: cells

  private static func expression(_ text: String) -> Bomb {
    Bomb("an expression of \(text.utf8.count) bytes, '\(text.prefix(12))'", "x-expression") { text }
  }

  private static let cells: [Bomb] = [
    expression(times("(", 100_000)), expression(times("-", 100_000) + "x"), expression(times("exp(", 100_000)),
    expression(times("x+", 1_000_000) + "x"), expression(times("x*", 1_000_000) + "x"),
    expression(times("x**", 100_000) + "x"), expression(times("exp(x)*x+", 300_000) + "x"),
    expression(times("1", 10_000_000)), expression(times("a", 10_000_000)), expression(times(" ", 10_000_000)),
    expression((0..<200_000).map { "tanh(\($0)*x)+" }.joined() + "x"),
  ]

  // MARK: tables

  private static let head = "Test Time / s,Voltage / V,Current / A,Step Count / 1,Cycle Count / 1,Step ID / 1\n"

  private static let tables: [Bomb] = [
    Bomb("a line of 100 MB", "table") { times("x", 100_000_000) },
    Bomb("a row of 100 MB", "table") { head + times("1,", 50_000_000) },
    Bomb("a million columns", "table") { head.dropLast() + times(",", 1_000_000) + "\n" },
    Bomb("300 000 columns", "table") { head.dropLast() + times(",a", 300_000) + "\n" + times("1,", 300_005) + "1\n" },
    Bomb("a heading without end", "table") { times("\"", 1_000_001) + "\n" },
    Bomb("10 MB of empty lines", "table") { times("\n", 10_000_000) },
    Bomb("10 MB of carriage returns", "table") { times("\r", 10_000_000) },
    Bomb("counters at the end of the integers", "table") {
      head + "0,1,1,9223372036854774784,9223372036854774784,9223372036854774784\n"
        + (1..<3000).map { "\($0),1,\($0 % 2 == 0 ? 1 : -1),,\($0),\n" }.joined()
    },
    Bomb("20 000 rows", "table") { head + (0..<20_000).map { "\($0),3.5,1,\($0),1,1\n" }.joined() },
    Bomb("a line of 100 MB", "profile") { times("x", 100_000_000) },
    Bomb("a row of 30 MB", "profile") { "t_s,P_W\n" + times("1,", 15_000_000) },
    Bomb("10 MB of separators", "profile") { "t_s,P_W\n" + times(",", 10_000_000) },
    Bomb("30 MB of rows", "profile") { "t_s,P_W\n" + (0..<2_500_000).map { "\($0),1.5\n" }.joined() },
    Bomb("30 MB of empty lines", "profile") { times("\n", 30_000_000) },
    Bomb("a million columns", "profile") { times("a,", 1_000_000) + "t_s,P_W\n0,1\n" },
    Bomb("a heading of 10 MB", "profile") { times("a", 10_000_000) + "\n0,1\n" },
  ]
}
