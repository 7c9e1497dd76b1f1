import CellInterface

/// Runs a protocol on a cell, as a battery cycler does.
///
/// Limits end a step; they are located by the cell to the instant. Times end a step exactly. A limit that is
/// met when a step begins ends it at once, unless the safety window is left by it. Leaving the safety window, an
/// error of the cell or an interrupt ends the test; whatever was recorded until then is kept.
public final class Cycler<Cell: CellUnderTest, Output: RecordOutput> {
  public let cell: Cell
  private let test: TestProtocol
  private let program: Program
  private let ratings: CellRatings
  private var recorder: Recorder<Cell, Output>
  private var loops: [LoopState] = []
  /// Whether a pass of an outermost loop has begun, so that the next one begins a new cycle.
  private var hasLooped = false
  private var steps: [StepSummary] = []
  private var cycles: [CycleSummary] = []
  /// How steps have ended so far: the summaries of a million steps share these texts.
  private var endings: Set<String> = []

  /// - Parameters:
  ///   - cell: stands at the start of the test, in the state of charge that the protocol asks for.
  ///   - output: receives the records.
  public init(cell: Cell, test: TestProtocol, output: Output) {
    self.cell = cell
    self.test = test
    program = Program(test.statements)
    ratings = CellRatings(nominalCapacity: cell.nominalCapacity, voltageWindow: cell.voltageWindow)
    recorder = Recorder(cell: cell, output: output)
  }

  /// Where the test stands: for a progress display, to be read from `isInterrupted`.
  public var position: Position { recorder.position }

  /// Runs the whole protocol.
  /// - Parameter isInterrupted: asked between the internal steps of the cell; true ends the run.
  /// - Throws: only when the output cannot be written.
  public func run(isInterrupted: () -> Bool = { false }) throws(OutputError) -> RunSummary {
    var next = 0
    while next < program.instructions.count {
      switch program.instructions[next] {
      case .step(let step, let id):
        if isInterrupted() { return summary(.interrupted, "interrupted before step \(id)") }
        if cell.reading.time > longestTest {
          return summary(.stoppedEarly, "the test had not ended after \(longestTestText)")
        }
        if let stop = try perform(step, id: id, isInterrupted) { return summary(stop.status, stop.reason) }
        next += 1
      case .nextCycle:
        beginCycle()
        next += 1
      case .ambientTemperature(let temperature):
        cell.ambientTemperature = temperature
        next += 1
      case .beginLoop:
        if loops.isEmpty { beginPass() }
        loops.append(LoopState(origin: cell.reading))
        next += 1
      case .endLoop(let loop, let begin):
        let index = loops.count - 1
        loops[index].passes += 1
        let state = loops[index]
        let now = cell.reading
        let distances = loop.until.map { $0.limit(for: ratings, from: state.origin)(now) }
        if distances.contains(where: { $0 <= 0 }) || state.passes == loop.repeats {
          loops.removeLast()
          next += 1
        } else {
          if now.time - state.passStart < Self.shortestPass {
            return summary(.stoppedEarly, "\(name(of: loop)) made no progress: every step of a pass ended as it began")
          }
          if loop.repeats == nil, isStuck(&loops[index], now, distances) {
            return summary(
              .stoppedEarly,
              "\(name(of: loop)) made no progress: in \(Self.patience) passes the cell came no nearer to what ends it")
          }
          loops[index].passStart = now.time
          if loops.count == 1 { beginPass() }
          next = begin + 1
        }
      }
    }
    return summary(.completed, nil)
  }

  /// A loop is given up when a pass takes less time than this, in s: all its steps ended as they began, and so would
  /// the next ones.
  private static var shortestPass: Double { 1e-6 }

  /// A loop that counts no passes is given up when in this many neither the cell nor what ends the loop has moved.
  private static var patience: Int { 100 }

  /// Whether a loop goes on for nothing. What ends it is a reading: it comes no nearer where the readings after each
  /// pass stay the same, but for what the cell's tolerance does to them, which is what the safety window overlooks
  /// too. A loop on whose way one of them moves by less in so many passes would need ten thousand times as many.
  private func isStuck(_ state: inout LoopState, _ now: Reading, _ distances: [Double]) -> Bool {
    if let before = state.lastProgress {
      let hasMoved =
        abs(now.voltage - before.reading.voltage) > Margin.voltage
        || abs(now.temperature - before.reading.temperature) > Margin.temperature
        || abs(now.charge - before.reading.charge) > 1e-4 * 3600 * ratings.nominalCapacity
      let isNearer = zip(distances, before.distances).contains { $0 < $1 - 1e-6 * abs($1) }
      if !hasMoved && !isNearer { return state.passes - before.pass >= Self.patience }
    }
    state.lastProgress = (state.passes, now, distances)
    return false
  }

  private func name(of loop: Loop) -> String { loop.line.map { "the loop in line \($0)" } ?? "a loop" }

  // MARK: cycles

  private struct LoopState {
    /// The reading when the loop began.
    let origin: Reading
    var passes = 0
    /// Test time in s at the beginning of the present pass.
    var passStart: Double
    /// The last pass that moved the cell or came nearer to what ends the loop; the reading and the distances to its
    /// conditions then.
    var lastProgress: (pass: Int, reading: Reading, distances: [Double])?

    init(origin: Reading) {
      self.origin = origin
      passStart = origin.time
    }
  }

  /// Each pass of an outermost loop is a cycle, unless the protocol counts them itself. What comes before
  /// the first loop belongs to the first cycle, what follows a loop to its last one.
  private func beginPass() {
    if hasLooped, !program.countsCyclesExplicitly { beginCycle() }
    hasLooped = true
  }

  private func beginCycle() {
    closeCycle()
    recorder.beginCycle()
  }

  private func closeCycle() {
    let cycle = recorder.position.cycle
    guard steps.last?.cycle == cycle else { return }
    cycles.append(CycleSummary(cycle: cycle, throughput: recorder.cycleThroughput))
  }

  private func summary(_ status: RunSummary.Status, _ reason: String?) -> RunSummary {
    closeCycle()
    return RunSummary(
      protocolName: test.name, status: status, reason: reason, duration: cell.reading.time,
      recordCount: recorder.recordCount, steps: steps, cycles: cycles)
  }

  // MARK: one step

  private struct Stop {
    var status: RunSummary.Status
    var reason: String
  }

  /// How a step ended, and whether the test ends with it.
  private struct Ending {
    var by: String
    var stop: Stop?
  }

  private func perform(_ step: Step, id: Int, _ isInterrupted: () -> Bool) throws(OutputError) -> Stop? {
    let start = cell.reading
    let type = StepType(step.action)
    recorder.beginStep(id: id, type, rule: step.record)
    let ending = try execute(step, from: start, isInterrupted)
    try recorder.output.stepEnded()
    let end = cell.reading
    steps.append(
      StepSummary(
        cycle: position.cycle, stepCount: position.stepCount, stepID: id, type: type,
        wasAlreadyMet: ending.stop == nil && end.time == start.time, label: step.label,
        endedBy: endings.insert(ending.by).memberAfterInsert, start: start.time, duration: end.time - start.time,
        throughput: recorder.stepThroughput, endVoltage: end.voltage,
        endCurrent: end.current))
    guard var stop = ending.stop else { return nil }
    stop.reason += " (step \(id), \(type.rawValue), cycle \(position.cycle))"
    return stop
  }

  /// A step goes through one part, or two when a voltage is held at its end.
  private func execute(_ step: Step, from start: Reading, _ isInterrupted: () -> Bool) throws(OutputError)
    -> Ending
  {
    let (end, endKey) = endTime(of: step, from: start)
    var part = firstPart(of: step, from: start, until: end)
    while true {
      do {
        try cell.impose(part.control, limits: part.boundaries.map(\.limit))
      } catch {
        return Ending(by: "cell", stop: Stop(status: .stoppedEarly, reason: "\(error)"))
      }
      let reading = cell.reading
      let event: Event
      if let met = part.boundaries.first(where: { $0.limit(reading) <= 0 }) {
        // A voltage that is already there is held from the beginning.
        if case .holds(let voltage) = met.effect {
          part = holdingPart(of: step, at: voltage, from: start, until: end)
          continue
        }
        try recorder.followControl()
        event = .met(trip(under: part.control, from: start, until: end)?.effect ?? met.effect)
      } else {
        try recorder.followControl()
        event = try advance(to: end, part.boundaries, isInterrupted)
        try recorder.recordPresent()
      }
      switch event {
      case .met(.endsStep(let key)):
        return Ending(by: key)
      case .met(.holds(let voltage)):
        part = holdingPart(of: step, at: voltage, from: start, until: end)
      case .met(.stopsTest(let reason)):
        return Ending(by: "safety", stop: Stop(status: .stoppedEarly, reason: reason))
      case .reachedEnd:
        if let endKey { return Ending(by: endKey) }
        let reason = "the step had not ended after \(Int(Self.longestStep / 86_400)) days"
        return Ending(by: "longest step", stop: Stop(status: .stoppedEarly, reason: reason))
      case .interrupted:
        return Ending(by: "interrupt", stop: Stop(status: .interrupted, reason: "interrupted"))
      case .failed(let reason):
        return Ending(by: "cell", stop: Stop(status: .stoppedEarly, reason: reason))
      }
    }
  }

  private enum Event {
    case met(Boundary.Effect)
    case reachedEnd
    case interrupted
    case failed(String)
  }

  /// Lets time pass under the imposed control.
  private func advance(to end: Double, _ boundaries: [Boundary], _ isInterrupted: () -> Bool)
    throws(OutputError) -> Event
  {
    guard cell.reading.time < end else { return .reachedEnd }
    while !isInterrupted() {
      let outcome: StepOutcome
      do {
        outcome = try cell.step(to: end)
      } catch {
        return .failed("\(error)")
      }
      try recorder.follow()
      try recorder.output.advanced()
      switch outcome {
      case .advanced: continue
      case .reachedEnd: return .reachedEnd
      case .metLimit(let index): return .met(boundaries[index].effect)
      }
    }
    return .interrupted
  }

  /// No step without an end of its own goes on for longer than this, in s: a hold until a current that is
  /// never reached must not run forever.
  private static var longestStep: Double { 365 * 86_400 }

  /// The test time at which the step ends at the latest, and what it says so in the protocol.
  private func endTime(of step: Step, from start: Reading) -> (time: Double, key: String?) {
    var durations: [(Double, String)] = []
    if case .rest(let duration) = step.action {
      durations.append((duration.value(for: ratings, at: start), "rest"))
    }
    if case .ramp(let ramp) = step.action {
      let duration = course(of: ramp, from: start).duration
      if duration <= longestTest { durations.append((duration, "to")) }
    }
    for condition in step.until {
      guard let duration = condition.endTime else { continue }
      durations.append((duration.value(for: ratings, at: start), condition.text))
    }
    guard let first = durations.min(by: { $0.0 < $1.0 }) else { return (start.time + Self.longestStep, nil) }
    return (start.time + first.0, first.1)
  }

  // MARK: parts of a step

  /// A way in which a part of a step can end before its time.
  private struct Boundary {
    enum Effect {
      case endsStep(by: String)
      /// From here on this voltage in V is held.
      case holds(Double)
      case stopsTest(reason: String)
    }

    let limit: Limit
    let effect: Effect
  }

  /// One control and everything that can end it. Where several limits coincide the first one counts: the
  /// step's own come before safety.
  private struct Part {
    let control: Control
    let boundaries: [Boundary]
  }

  /// - Parameter end: test time in s at which the step ends at the latest.
  private func firstPart(of step: Step, from start: Reading, until end: Double) -> Part {
    switch step.action {
    case .rest: part(step, .current(0), from: start, until: end)
    case .hold(let voltage):
      part(step, .voltage(voltage.value(for: ratings, at: start)), from: start, until: end)
    case .charge(let drive): part(step, drive, sign: 1, from: start, until: end)
    case .discharge(let drive): part(step, drive, sign: -1, from: start, until: end)
    case .ramp(let ramp): part(step, course(of: ramp, from: start).control, from: start, until: end)
    }
  }

  /// What a ramp imposes, and the time in s that it takes.
  private func course(of ramp: Ramp, from start: Reading) -> (control: Control, duration: Double) {
    let present =
      switch ramp.variable {
      case .voltage: start.voltage
      case .current: start.current
      case .power: start.voltage * start.current
      }
    let from = ramp.from?.value(for: ratings, at: start) ?? present
    let to = ramp.to.value(for: ratings, at: start)
    let rate = ramp.rate.value(for: ratings, at: start)
    let slope = to < from ? -rate : rate
    let control: Control =
      switch ramp.variable {
      case .voltage: .voltage(from, rate: slope)
      case .current: .current(from, rate: slope)
      case .power: .power(from, rate: slope)
      }
    return (control, abs(to - from) / rate)
  }

  private func part(_ step: Step, _ drive: Drive, sign: Double, from start: Reading, until end: Double) -> Part {
    let control: Control =
      switch drive.level {
      case .current(let current): .current(sign * current.value(for: ratings, at: start))
      case .power(let power): .power(sign * power.value(for: ratings, at: start))
      case .resistance(let resistance): .resistance(resistance.value(for: ratings, at: start))
      }
    var own: [Boundary] = []
    if let to = drive.to?.value(for: ratings, at: start) {
      own.append(
        Boundary(
          limit: { sign * (to - $0.voltage) },
          effect: drive.holdUntil == nil ? .endsStep(by: "to") : .holds(to)))
    }
    return part(step, control, own, from: start, until: end)
  }

  /// The second part of a charge or discharge: `voltage` until the current has fallen. A current of the
  /// other sign has fallen too, so that a charge never turns into a discharge.
  private func holdingPart(of step: Step, at voltage: Double, from start: Reading, until end: Double) -> Part {
    let sign: Double
    let holdUntil: Expression?
    switch step.action {
    case .charge(let drive): (sign, holdUntil) = (1, drive.holdUntil)
    case .discharge(let drive): (sign, holdUntil) = (-1, drive.holdUntil)
    case .rest, .hold, .ramp: preconditionFailure("only a charge or discharge has a second part")
    }
    guard let current = holdUntil?.value(for: ratings, at: start) else {
      preconditionFailure("a second part follows only on hold_until")
    }
    let own = Boundary(limit: { sign * $0.current - current }, effect: .endsStep(by: "hold_until"))
    return part(step, .voltage(voltage), [own], from: start, until: end)
  }

  private func part(
    _ step: Step, _ control: Control, _ own: [Boundary] = [], from start: Reading, until end: Double
  ) -> Part {
    let until = step.until.filter { $0.endTime == nil }.map { condition in
      Boundary(limit: condition.limit(for: ratings, from: start), effect: .endsStep(by: condition.text))
    }
    return Part(
      control: control,
      boundaries: until + own + safety(under: control, at: start, lasting: end - start.time))
  }

  // MARK: safety

  /// How far beyond the safety window a reading must be: a cell that is held at its cut-off voltage by a
  /// finite tolerance must not trip it.
  private enum Margin {
    /// In V.
    static var voltage: Double { 1e-4 }
    /// In V: how far beyond its cut-offs a cell may be thrown in the first instant of a step, if that ends the step. A
    /// pulse near the end of a discharge does so in every lab; more than this is no overpotential of a usable pulse.
    static var firstInstant: Double { 0.5 }
    /// In K.
    static var temperature: Double { 1e-3 }
    /// As a fraction of the larger bound.
    static var current: Double { 1e-6 }
  }

  /// What stops the test in the first instant of a control, before a limit of the step's own may end the step: a window
  /// that the protocol states, as it is, or else the cell's cut-offs with the margin for that instant.
  private func trip(under control: Control, from start: Reading, until end: Double) -> Boundary? {
    let now = cell.reading
    return safety(under: control, at: start, lasting: end - start.time, inFirstInstant: true)
      .first { $0.limit(now) <= 0 }
  }

  private func safety(
    under control: Control, at reading: Reading, lasting duration: Double, inFirstInstant: Bool = false
  ) -> [Boundary] {
    var boundaries: [Boundary] = []
    func guardAgainst(
      _ name: String, _ bound: Double, _ text: String, isUpper: Bool, margin: Double,
      _ value: @escaping (Reading) -> Double
    ) {
      let limit = isUpper ? bound + margin : bound - margin
      let sign = isUpper ? 1.0 : -1.0
      boundaries.append(
        Boundary(
          limit: { sign * (limit - value($0)) },
          effect: .stopsTest(
            reason: "the \(name) \(isUpper ? "rose above" : "fell below") the safety limit of \(text)")))
    }
    func resolved(_ bounds: SafetyWindow.Bounds) -> (lower: Double, upper: Double) {
      (bounds.lower.value(for: ratings, at: reading), bounds.upper.value(for: ratings, at: reading))
    }

    func celsius(_ temperature: Double) -> String { "\(((temperature - 273.15) * 1e6).rounded() / 1e6) degC" }

    let window = test.safety.voltage.map(resolved)
    let (lower, upper) = window ?? (ratings.voltageWindow.lowerBound, ratings.voltageWindow.upperBound)
    let isWide = inFirstInstant && window == nil
    let margin = isWide ? Margin.firstInstant : Margin.voltage
    let addition = isWide ? " by more than \(Margin.firstInstant) V at once" : ""
    // A full cell may rest a little above its cut-off and be discharged from there: without a window of its
    // own a test is stopped only by going further out.
    if window != nil || control.mayCharge(within: duration) {
      guardAgainst("voltage", upper, "\(upper) V" + addition, isUpper: true, margin: margin) { $0.voltage }
    }
    if window != nil || control.mayDischarge(within: duration) {
      guardAgainst("voltage", lower, "\(lower) V" + addition, isUpper: false, margin: margin) { $0.voltage }
    }
    if let (lower, upper) = test.safety.current.map(resolved) {
      let margin = Margin.current * max(abs(lower), abs(upper))
      guardAgainst("current", upper, "\(upper) A", isUpper: true, margin: margin) { $0.current }
      guardAgainst("current", lower, "\(lower) A", isUpper: false, margin: margin) { $0.current }
    }
    if let (lower, upper) = test.safety.temperature.map(resolved) {
      guardAgainst(
        "temperature", upper, celsius(upper), isUpper: true, margin: Margin.temperature
      ) { $0.temperature }
      guardAgainst(
        "temperature", lower, celsius(lower), isUpper: false, margin: Margin.temperature
      ) { $0.temperature }
    }
    return boundaries
  }
}

extension Control {
  /// Whether the current may be positive within a time in s.
  fileprivate func mayCharge(within duration: Double) -> Bool {
    switch self {
    case .current(let value, let rate), .power(let value, let rate): max(value, value + rate * duration) > 0
    case .voltage: true
    case .resistance: false
    }
  }

  /// Whether the current may be negative within a time in s.
  fileprivate func mayDischarge(within duration: Double) -> Bool {
    switch self {
    case .current(let value, let rate), .power(let value, let rate): min(value, value + rate * duration) < 0
    case .voltage, .resistance: true
    }
  }
}
