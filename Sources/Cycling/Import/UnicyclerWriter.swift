import Documents

/// Writes a protocol as the JSON of aurora-unicycler, which knows currents, voltages, rests, linear scans, spectra and
/// loops with a fixed count.
struct UnicyclerWriter {
  private let test: TestProtocol
  private var method: [JSONValue] = []
  private var tagCount = 0
  private var stepCount = 0
  /// What cannot be said in that language.
  private var obstacles: [String] = []

  init(_ test: TestProtocol) {
    self.test = test
  }

  mutating func document() throws(UnicyclerError) -> JSONValue {
    var sample: [String: JSONValue] = ["name": .text(test.name)]
    if let capacity = test.sample.capacity { sample["capacity_mAh"] = .number(milli(capacity.value / 3600)) }
    if test.start != nil || test.startTemperature != nil { obstacles.append("'start'") }
    if !test.variables.isEmpty { obstacles.append("'vars'") }
    let safety = safety(test.safety)
    let record = record()
    append(test.statements)
    guard obstacles.isEmpty else { throw UnicyclerError(protocolName: test.name, obstacles: obstacles) }
    return [
      "unicycler": ["version": "0.4.6"], "sample": .group(sample), "record": .group(record),
      "safety": .group(safety), "method": .list(method),
    ]
  }

  private func milli(_ value: Double) -> Double { (value * 1e3 * 1e9).rounded() / 1e9 }

  private mutating func obstacle(_ what: String, at place: Place) {
    obstacles.append(place.line.map { "line \($0): \(what)" } ?? what)
  }

  // MARK: head

  private mutating func record() -> [String: JSONValue] {
    let rules = test.statements.flatMap(\.steps).map(\.record)
    let rule = rules.first ?? .standard
    if rules.contains(where: { $0 != rule }) { obstacles.append("steps with different 'record'") }
    if rule.dQ != nil { obstacles.append("'record: {dQ: …}'") }
    if rule.first != nil { obstacles.append("'record: {first: …}'") }
    var record: [String: JSONValue] = [:]
    if let dt = rule.dt { record["time_s"] = .number(dt.value) } else { obstacles.append("records without 'dt'") }
    if let dV = rule.dV { record["voltage_V"] = .number(dV.value) }
    if let dI = rule.dI, let current = current(.constant(dI), "'record: {dI: …}'", Place()) {
      record["current_mA"] = .number(current)
    }
    return record
  }

  private mutating func safety(_ window: SafetyWindow) -> [String: JSONValue] {
    var safety: [String: JSONValue] = [:]
    if let bounds = window.voltage {
      safety["min_voltage_V"] = voltage(bounds.lower, "safety", Place()).map { .number($0) }
      safety["max_voltage_V"] = voltage(bounds.upper, "safety", Place()).map { .number($0) }
    }
    if let bounds = window.current {
      safety["min_current_mA"] = current(bounds.lower, "safety", Place()).map { .number($0) }
      safety["max_current_mA"] = current(bounds.upper, "safety", Place()).map { .number($0) }
    }
    if window.temperature != nil { obstacles.append("'safety: {T: …}'") }
    if case .constant(let charge) = window.charge, charge.basis == .nothing {
      safety["max_capacity_mAh"] = .number(milli(charge.value / 3600))
    } else if window.charge != nil {
      obstacles.append("'safety: {Q: …}' that is not in Ah")
    }
    if case .constant(let delay) = window.delay { safety["delay_s"] = .number(delay.value) }
    return safety
  }

  // MARK: statements

  private mutating func append(_ statements: [Statement]) {
    for statement in statements where stepCount <= Self.mostSteps { append(statement) }
  }

  /// Routines that call others twice, which call others twice, would fill every memory.
  private static let mostSteps = 100_000

  private mutating func append(_ statement: Statement) {
    let place = statement.place
    stepCount += 1
    if stepCount > Self.mostSteps {
      return obstacle("more than \(Self.mostSteps) steps with the routines written out", at: Place())
    }
    if statement.when != nil { obstacle("'when'", at: place) }
    switch statement.verb {
    case .step(let step): append(step, place)
    case .loop(let loop):
      guard let repeats = loop.repeats, loop.until.isEmpty, loop.values == nil else {
        return obstacle("a loop that does more than 'repeat'", at: place)
      }
      tagCount += 1
      let tag = "loop \(tagCount)"
      method.append(["step": "tag", "tag": .text(tag)])
      append(loop.statements)
      method.append(["step": "loop", "loop_to": .text(tag), "cycle_count": .integer(repeats)])
    case .call(let name):
      // A routine is written out where it is called.
      append(test.routines.first { $0.name == name }?.statements ?? [])
    case .branch: obstacle("'if'", at: place)
    case .goto: obstacle("'goto'", at: place)
    case .set: obstacle("'set'", at: place)
    case .nextCycle: obstacle("'cycle: next'", at: place)
    case .ambientTemperature: obstacle("'temperature'", at: place)
    case .end: obstacle("'end'", at: place)
    }
  }

  private mutating func append(_ step: Step, _ place: Place) {
    if step.safety != SafetyWindow() { obstacle("'safety' of a step", at: place) }
    var entry: [String: JSONValue] = [:]
    switch step.action {
    case .rest(let duration):
      entry = ["step": "open_circuit_voltage"]
      entry["until_time_s"] = seconds(duration, place).map { .number($0) }
    case .charge(let drive), .discharge(let drive):
      let isCharge = if case .charge = step.action { true } else { false }
      guard case .current(let level) = drive.level else { return obstacle("power or resistance", at: place) }
      entry = ["step": "constant_current"]
      setRate(level, isCharge ? 1 : -1, &entry, "rate_C", "current_mA", place)
      switch drive.to {
      case .voltage(let to): entry["until_voltage_V"] = voltage(to, "'to'", place).map { .number($0) }
      case .stateOfCharge: obstacle("'to' a state of charge", at: place)
      case nil: break
      }
      if let holdUntil = drive.holdUntil, case .voltage(let to) = drive.to {
        if !step.until.isEmpty { obstacle("'hold_until' together with 'until'", at: place) }
        method.append(.group(entry))
        entry = ["step": "constant_voltage"]
        entry["voltage_V"] = voltage(to, "'to'", place).map { .number($0) }
        setRate(holdUntil, 1, &entry, "until_rate_C", "until_current_mA", place)
      }
    case .hold(.voltage(let voltage)):
      entry = ["step": "constant_voltage"]
      entry["voltage_V"] = self.voltage(voltage, "'hold'", place).map { .number($0) }
    case .ramp(let ramp):
      guard ramp.variable == .voltage, let from = ramp.from, case .constant(let rate) = ramp.rate else {
        return obstacle("a ramp that is not of voltage with 'from' and 'rate'", at: place)
      }
      entry = ["step": "voltage_scan", "scan_rate_mV_per_s": .number(milli(rate.value))]
      entry["start_voltage_V"] = voltage(from, "'from'", place).map { .number($0) }
      entry["end_voltage_V"] = voltage(ramp.to, "'to'", place).map { .number($0) }
    case .impedance(let impedance):
      guard case .constant(let amplitude) = impedance.amplitude, amplitude.basis == .nothing, impedance.dc == nil,
        case .constant(let from) = impedance.from, case .constant(let to) = impedance.to
      else { return obstacle("a spectrum with 'dc' or an amplitude that depends on the cell", at: place) }
      entry = [
        "step": "impedance_spectroscopy", "start_frequency_Hz": .number(from.value),
        "end_frequency_Hz": .number(to.value), "points_per_decade": .integer(impedance.pointsPerDecade),
      ]
      let isVoltage = amplitude.dimension == .voltage
      entry[isVoltage ? "amplitude_V" : "amplitude_mA"] = .number(isVoltage ? amplitude.value : milli(amplitude.value))
    case .hold, .scan, .pulse, .profile, .soak:
      return obstacle("'\(StepType(step.action).rawValue)' steps", at: place)
    }
    for exit in step.until { setEnd(exit, step.action, &entry, place) }
    method.append(.group(entry))
  }

  private mutating func setEnd(_ exit: Exit, _ action: Action, _ entry: inout [String: JSONValue], _ place: Place) {
    let unknown = "'until: \(exit.condition.text)'"
    guard exit.target == nil, case .comparison(let comparison) = exit.condition else {
      return obstacle(unknown, at: place)
    }
    if let (symbol, bound) = exit.condition.end, symbol == .time, entry["step"] != "open_circuit_voltage" {
      if entry["until_time_s"] != nil { return obstacle("two times in 'until'", at: place) }
      entry["until_time_s"] = seconds(bound, place).map { .number($0) }
      return
    }
    let wanted: Comparison.Relation = if case .charge = action { .atLeast } else { .atMost }
    switch (comparison.left, action) {
    case (.symbol(.voltage), .charge) where comparison.relation.isUpward == (wanted == .atLeast),
      (.symbol(.voltage), .discharge) where comparison.relation.isUpward == (wanted == .atLeast):
      if entry["until_voltage_V"] != nil { return obstacle("two voltages in 'until'", at: place) }
      entry["until_voltage_V"] = voltage(comparison.right, unknown, place).map { .number($0) }
    case (.function(.abs, [.symbol(.current)]), .hold) where !comparison.relation.isUpward:
      setRate(comparison.right, 1, &entry, "until_rate_C", "until_current_mA", place)
    default: obstacle(unknown, at: place)
    }
  }

  // MARK: values

  private mutating func setRate(
    _ value: Expression, _ sign: Double, _ entry: inout [String: JSONValue], _ rate: String, _ current: String,
    _ place: Place
  ) {
    if case .constant(let quantity) = value, quantity.basis == .nominalCapacity {
      if test.sample.capacity == nil { obstacle("a C-rate without 'cell: {capacity: …}'", at: place) }
      entry[rate] = .number(sign * quantity.value)
    } else {
      entry[current] = self.current(value, "'\(value.text)'", place).map { .number(sign * $0) }
    }
  }

  private mutating func seconds(_ value: Expression, _ place: Place) -> Double? {
    if case .constant(let quantity) = value { return quantity.value }
    obstacle("'\(value.text)', which is not known before the test", at: place)
    return nil
  }

  /// In V.
  private mutating func voltage(_ value: Expression, _ what: String, _ place: Place) -> Double? {
    if case .constant(let quantity) = value { return quantity.value }
    obstacle("\(what) '\(value.text)', which is not known before the test", at: place)
    return nil
  }

  /// In mA.
  private mutating func current(_ value: Expression, _ what: String, _ place: Place) -> Double? {
    guard case .constant(let quantity) = value else {
      obstacle("\(what) '\(value.text)', which is not known before the test", at: place)
      return nil
    }
    switch (quantity.basis, test.sample.capacity) {
    case (.nothing, _): return milli(quantity.value)
    case (.nominalCapacity, .some(let capacity)): return milli(quantity.value * capacity.value / 3600)
    default:
      obstacle("\(what) '\(value.text)' without 'cell: {capacity: …}'", at: place)
      return nil
    }
  }
}

/// What keeps a protocol from being written in another language.
public struct UnicyclerError: Error, CustomStringConvertible {
  var protocolName: String
  var obstacles: [String]

  public var description: String {
    var seen: Set<String> = []
    let lines = obstacles.filter { seen.insert($0).inserted }.map { "  " + $0.printable }
    return "'\(protocolName.printable)' cannot be said in the language of unicycler:\n" + lines.joined(separator: "\n")
  }
}

extension TestProtocol {
  /// The protocol as the JSON of aurora-unicycler.
  public func unicyclerJSON() throws(UnicyclerError) -> String {
    var writer = UnicyclerWriter(self)
    let document = try writer.document()
    return json(document, jsonEncoder(isPretty: true)) + "\n"
  }
}

extension Statement {
  fileprivate var steps: [Step] {
    switch verb {
    case .step(let step): [step]
    case .loop(let loop): loop.statements.flatMap(\.steps)
    default: []
    }
  }
}
