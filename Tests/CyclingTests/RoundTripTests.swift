import Foundation
import Reproducible
import Testing

@testable import Cycling

/// A protocol written, read, written again and read again is the same tree.
@Suite struct RoundTrips {
  @Test(arguments: [20_261_121, 7, 42] as [UInt64]) func ofRandomTrees(seed: UInt64) throws {
    var generator = ProtocolGenerator(seed: seed)
    for number in 1...150 {
      let tree = generator.testProtocol()
      let text = tree.yaml
      let read: TestProtocol
      do {
        read = try TestProtocol(text: text, file: generator.protocolPath)
      } catch {
        Issue.record("seed \(seed), tree \(number): \(error)\n\(text)")
        return
      }
      guard read == tree else {
        Issue.record("seed \(seed), tree \(number): is read differently from\n\(text)\nwhich becomes\n\(read.yaml)")
        return
      }
      #expect(read.yaml == text, "seed \(seed), tree \(number)")
    }
  }

  @Test func ofTheShippedProtocols() throws {
    let folder =
      #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
      .joined(separator: "/") + "/protocols/"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
    #expect(names.count >= 13)
    for name in names {
      let tree = try TestProtocol(path: folder + name)
      #expect(try TestProtocol(text: tree.yaml, file: folder + name) == tree, "\(name)")
    }
  }

  @Test(arguments: [
    ("1800 s", "30 min"), ("600 s", "10 min"), ("3600 s", "1 h"), ("0.5 h", "30 min"), ("100 ms", "0.1 s"),
    ("5 mV", "5 mV"), ("4.2 V", "4.2 V"), ("0.1C", "C/10"), ("0.05C", "C/20"), ("0.75C", "0.75C"), ("-2C", "-2C"),
    ("-0.5C", "-C/2"), ("1C", "1C"), ("0.1 mV/s", "0.1 mV/s"), ("1C/h", "1C/h"), ("25 degC", "25 degC"),
    ("5 %", "5 %"), ("0.05 A", "50 mA"), ("100 mA/g", "100 mA/g"), ("1 mA/cm2", "1 mA/cm2"), ("0 V", "0 V"),
    ("10 kHz", "10 kHz"), ("8.5 mW/min", "8.5 mW/min"),
  ])
  func quantitiesAsAPersonWritesThem(text: String, written: String) throws {
    #expect(try Quantity(parsing: text).text == written)
  }
}

/// Makes random protocols of every kind of step, condition and expression that the language has.
private struct ProtocolGenerator {
  /// In whose folder the table of its profiles is.
  let protocolPath: String
  private var random: SplitMix
  private var labels: [String] = []
  private var stepLabels: [String] = []
  private var labelCount = 0
  private var counterCount = 0
  private let variables: [(name: String, dimension: Cycling.Dimension)] = [
    ("Q0", .charge), ("k", .fraction), ("U_1", .voltage), ("span", .time), ("rate", .current),
  ]
  private let rows: [Profile.Row]

  init(seed: UInt64) {
    random = SplitMix(state: seed)
    protocolPath =
      #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
      .joined(separator: "/") + "/protocols/random.yaml"
    let table = try? TestProtocol(
      text: "steps: [profile: {file: drive-cycle.csv, columns: {time: t_s, power: P_W}}]", file: protocolPath)
    guard case .step(let step) = table?.statements[0].verb, case .profile(let profile) = step.action else {
      preconditionFailure("the table is beside the shipped protocols")
    }
    rows = profile.rows
  }

  mutating func testProtocol() -> TestProtocol {
    labels = []
    stepLabels = []
    var test = TestProtocol(
      name: pick([
        "x", "C/20 and then: more", "true", "- a", "a \"b\" \\ c", "µ°Ω 電池 🔋", "null", "a # b", " x ", "1", "",
      ]),
      statements: [])
    if chance(0.3) { test.sample.capacity = quantity(.charge) }
    if chance(0.3) { test.sample.area = Double(1 + below(400)) * 1e-4 }
    if chance(0.3) { test.sample.activeMass = Double(1 + below(400)) * 1e-3 }
    if chance(0.3) {
      test.start =
        chance(0.5)
        ? .stateOfCharge(Double(below(101)) * 0.01)
        : .voltage(pick([.symbol(.upperCutoff), .constant(quantity(.voltage))]))
    }
    if chance(0.3) { test.startTemperature = quantity(.temperature).value }
    if chance(0.5) { test.safety = safety() }
    test.variables = variables.map { Variable($0.name, initial($0.dimension)) }
    // What is called comes first, so that nothing calls itself.
    if chance(0.6) { test.routines.append(Routine("a", statements(depth: 2))) }
    if chance(0.4) { test.routines.append(Routine("b_2", statements(depth: 1))) }
    test.statements = statements(depth: 0)
    for routine in test.routines { test.statements.append(Statement(.call(routine.name))) }
    if let label = labels.last, test.statements.contains(where: { $0.label == label }) {
      test.statements.append(Statement(.goto(label), when: condition(.between)))
    }
    return test
  }

  // MARK: statements

  private mutating func statements(depth: Int) -> [Statement] {
    // A loop has to spend time.
    (0..<1 + below(4)).map { _ in statement(depth: depth) } + [Statement(.step(step()))]
  }

  private mutating func statement(depth: Int) -> Statement {
    var statement = Statement(verb(depth: depth))
    if chance(0.3) {
      labelCount += 1
      let label = pick(["label \(labelCount)", "l\(labelCount): x", "ü\(labelCount)", "\(labelCount)"])
      statement.label = label
      labels.append(label)
      if case .step = statement.verb { stepLabels.append(label) }
    }
    if chance(0.2) { statement.when = condition(.between) }
    if chance(0.2) { statement.tags = ["a", "b c", "true"] }
    if chance(0.2) { statement.note = pick(["first: slowly", "a\nb", "\ttab", "'quoted'", "ends "]) }
    return statement
  }

  private mutating func verb(depth: Int) -> Statement.Verb {
    switch below(depth < 3 ? 10 : 8) {
    case 0: return .nextCycle
    case 1: return .ambientTemperature(.constant(quantity(.temperature)))
    case 2: return .set([Variable("Q0", expression(.charge, readings: true)), Variable("k", expression(.fraction))])
    case 3: return chance(0.3) ? .end(chance(0.5) ? "80 % reached" : nil) : .goto("end")
    case 8: return .loop(loop(depth: depth))
    case 9:
      return .branch(
        Branch(
          condition(.between), then: statements(depth: depth + 1),
          otherwise: chance(0.5) ? statements(depth: depth + 1) : []))
    default: return .step(step())
    }
  }

  private mutating func loop(depth: Int) -> Loop {
    counterCount += 1
    var loop = Loop(statements: [])
    if chance(0.4) { loop.counter = "n\(counterCount)" }
    switch below(3) {
    case 0: loop.repeats = 1 + below(1000)
    case 1: loop.until = exits(.loop)
    default: loop.values = Loop.Values("v\(counterCount)", (0...below(4)).map { _ in .constant(quantity(.current)) })
    }
    loop.statements = statements(depth: depth + 1)
    return loop
  }

  // MARK: steps

  private mutating func step() -> Step {
    var step = Step(action())
    if case .hold = step.action { step.until = exits(.step) } else if chance(0.5) { step.until = exits(.step) }
    if chance(0.5) { step.record = record() }
    if chance(0.1) { step.safety = safety() }
    return step
  }

  private mutating func action() -> Action {
    switch below(11) {
    case 0: return .rest(expression(.time))
    case 1: return .charge(drive(isCharge: true))
    case 2: return .discharge(drive(isCharge: false))
    case 3: return .hold(level())
    case 4:
      let variable = pick(Ramp.Variable.allCases)
      return .ramp(
        Ramp(
          variable, from: chance(0.5) ? expression(variable.dimension) : nil,
          to: .constant(quantity(variable.dimension)),
          rate: .constant(quantity(variable.dimension.per(.time)))))
    case 5:
      return .scan(
        Scan(
          start: chance(0.5) ? expression(.voltage) : nil, first: .symbol(.lowerCutoff),
          second: .constant(quantity(.voltage)), rate: .constant(quantity(.voltageRate)), cycles: 1 + below(5)))
    case 6:
      let pulses = (0...below(3)).map { _ in PulseTrain.Pulse(level(), expression(.time)) }
      return .pulse(PulseTrain(pulses, repeats: 1 + below(3)))
    case 7:
      let isDischargePositive = chance(0.5)
      let scale = pick([1, 0.9, 2])
      let factor = isDischargePositive ? -1.0 : 1
      return .profile(
        Profile(
          variable: .power, file: "drive-cycle.csv", timeColumn: "t_s", valueColumn: "P_W",
          isDischargePositive: isDischargePositive, scale: scale, repeats: pick([1, 3, nil]),
          rows: rows.map { Profile.Row(time: $0.time, value: $0.value * scale * factor) }))
    case 8:
      let dimension: Cycling.Dimension = chance(0.5) ? .current : .voltage
      return .impedance(
        Impedance(
          amplitude: .constant(quantity(dimension)), dc: chance(0.3) ? .constant(quantity(dimension)) : nil,
          from: .constant(quantity(.frequency)), to: .constant(quantity(.frequency)), pointsPerDecade: 1 + below(20)))
    case 9:
      return .soak(
        Soak(
          .constant(quantity(.temperature)), for: expression(.time),
          tolerance: chance(0.5) ? .constant(Quantity(0.5 * Double(1 + below(9)), .temperature)) : nil))
    default: return .rest(.constant(quantity(.time)))
    }
  }

  private mutating func drive(isCharge: Bool) -> Drive {
    let level: Level =
      switch below(isCharge ? 2 : 3) {
      case 0: .current(expression(.current))
      case 1: .power(expression(.power))
      default: .resistance(expression(.resistance))
      }
    switch below(4) {
    case 0: return Drive(level)
    case 1: return Drive(level, to: .stateOfCharge(.constant(Quantity(Double(below(101)) * 0.01, .fraction))))
    case 2: return Drive(level, to: .voltage(expression(.voltage)))
    default:
      // Below anything that `level` may be.
      return Drive(level, to: .voltage(expression(.voltage)), holdUntil: .constant(Quantity(1e-6, .current)))
    }
  }

  private mutating func level() -> Level {
    switch below(4) {
    case 0: .current(chance(0.3) ? .number(0) : expression(.current))
    case 1: .voltage(expression(.voltage))
    case 2: .power(expression(.power))
    default: .resistance(expression(.resistance))
    }
  }

  private mutating func record() -> RecordRule {
    RecordRule(
      dt: chance(0.7) ? quantity(.time) : nil, dV: chance(0.5) ? quantity(.voltage) : nil,
      dI: chance(0.3) ? quantity(.current) : nil, dQ: chance(0.3) ? quantity(.charge) : nil,
      first: chance(0.3) ? RecordRule.Logarithmic(first: quantity(.time), perDecade: 1 + below(20)) : nil)
  }

  private mutating func safety() -> SafetyWindow {
    var window = SafetyWindow()
    if chance(0.5) { window.voltage = .init(.constant(Quantity(2.5, .voltage)), .symbol(.upperCutoff)) }
    if chance(0.5) {
      window.current = .init(.constant(Quantity(-2, .current, per: .nominalCapacity)), .constant(quantity(.current)))
    }
    if chance(0.5) {
      window.temperature = .init(.constant(Quantity(200, .temperature)), .constant(Quantity(320, .temperature)))
    }
    if chance(0.3) { window.charge = .constant(quantity(.charge)) }
    if chance(0.3) { window.delay = .constant(quantity(.time)) }
    return window
  }

  // MARK: conditions

  private enum Use { case step, loop, between }

  private mutating func exits(_ use: Use) -> [Exit] {
    (0...below(3)).map { _ in Exit(condition(use), to: chance(0.2) ? "end" : nil) }
  }

  private mutating func condition(_ use: Use, depth: Int = 0) -> Condition {
    if depth < 2, chance(0.2) { return .all((0...1 + below(2)).map { _ in condition(use, depth: depth + 1) }) }
    if depth < 2, chance(0.1) { return .any((0...1 + below(2)).map { _ in condition(use, depth: depth + 1) }) }
    if use == .between, chance(0.4) {
      let left = Cycling.Expression.operation(.variable("k", .fraction), .modulo, .number(Double(2 + below(50))))
      return .comparison(Comparison(left, pick(Comparison.Relation.allCases), .number(Double(below(2)))))
    }
    let symbols = Symbol.allCases.filter { $0.isReading && $0 != .time && (use == .step || !$0.isRate) }
    let symbol = pick(symbols)
    let reading = Cycling.Expression.symbol(symbol)
    let left = chance(0.2) ? .function(.abs, [reading]) : reading
    let relation = pick(Comparison.Relation.allCases.filter(\.isOrder))
    var right = expression(symbol.dimension)
    // Without a unit a share of the capacity is at most 1.
    if symbol == .stateOfCharge, case .number(let number) = right { right = .number(number / 100) }
    return .comparison(chance(0.8) ? Comparison(left, relation, right) : Comparison(right, relation, left))
  }

  // MARK: expressions

  /// Something that measures this, in the form in which the parser has it.
  private mutating func expression(
    _ dimension: Cycling.Dimension, readings: Bool = false, depth: Int = 0
  ) -> Cycling.Expression {
    guard depth < 3, chance(0.4) else { return leaf(dimension, readings) }
    switch below(7) {
    case 0, 1:
      // A temperature is no summand, and a percentage beside a charge would be one of the capacity.
      guard dimension != .temperature else { return leaf(dimension, readings) }
      return .operation(
        expression(dimension, readings: readings, depth: depth + 1), pick([.plus, .minus]),
        expression(dimension, readings: readings, depth: depth + 1))
    case 2, 3:
      guard dimension != .temperature else { return leaf(dimension, readings) }
      return .operation(
        expression(dimension, readings: readings, depth: depth + 1), pick([.times, .divided]),
        expression(.fraction, readings: readings, depth: depth + 1))
    case 4:
      return .function(
        pick([.min, .max]), (0...1 + below(2)).map { _ in expression(dimension, readings: readings, depth: depth + 1) })
    case 5: return .function(.abs, [expression(dimension, readings: readings, depth: depth + 1)])
    default:
      guard let variable = variables.first(where: { $0.dimension == dimension }) else {
        return leaf(dimension, readings)
      }
      return .negated(.variable(variable.name, dimension))
    }
  }

  private mutating func leaf(_ dimension: Cycling.Dimension, _ readings: Bool) -> Cycling.Expression {
    if dimension == .fraction, chance(0.6) { return .number(Double(1 + below(99)) / 4) }
    if chance(0.3), let variable = variables.first(where: { $0.dimension == dimension }) {
      return .variable(variable.name, dimension)
    }
    if chance(0.2), let label = stepLabels.last,
      let outcome = Outcome.allCases.first(where: { $0.dimension == dimension })
    {
      return .last(label: label, outcome)
    }
    if readings, chance(0.3), let symbol = Symbol.allCases.first(where: { $0.dimension == dimension }) {
      return .symbol(symbol)
    }
    if dimension == .voltage, chance(0.2) { return .symbol(pick([.lowerCutoff, .upperCutoff])) }
    return .constant(quantity(dimension))
  }

  private func initial(_ dimension: Cycling.Dimension) -> Cycling.Expression {
    dimension == .fraction ? .number(1) : .constant(Quantity(1, dimension))
  }

  /// A value above zero with few digits in one of the units of its kind.
  private mutating func quantity(_ dimension: Cycling.Dimension) -> Quantity {
    if dimension == .temperature { return Quantity(Double(200 + below(250)), .temperature) }
    let number = Double(1 + below(999)) / pick([1, 10, 100])
    var units = Unit.written.filter { $0.dimension == dimension && $0.factor > 1e-6 && $0.basis == .nothing }.map(
      \.name)
    if dimension == .current, chance(0.5) { units = chance(0.5) ? ["C"] : ["mA/cm2", "mA/g"] }
    let text = "\(number) \(pick(units))"
    guard let quantity = try? Quantity(parsing: text) else { preconditionFailure(text) }
    return quantity
  }

  // MARK: chance

  private mutating func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
  private mutating func chance(_ probability: Double) -> Bool { Double(random.next() >> 11) / 0x1p53 < probability }
  private mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
}

extension Symbol {
  fileprivate var isRate: Bool { self == .voltageRate || self == .currentRate || self == .temperatureRate }
}
