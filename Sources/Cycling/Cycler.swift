import CellInterface
import Documents

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
  private var memory: CyclerState
  public private(set) var history: CyclerHistory
  /// Test time in s.
  private var controlStart = 0.0
  /// How steps have ended so far: the summaries of a million steps share these texts.
  private var endings: Set<String> = []

  /// - Parameters:
  ///   - cell: stands at the start of the test, in the state of charge that the protocol asks for, or where it stood
  ///     when `state` was taken.
  ///   - output: receives the records.
  ///   - state: where a test goes on that was left; by default it begins.
  ///   - history: what had ended by then.
  /// - Throws: when the protocol asks for what is not known of the cell.
  public init(
    cell: Cell, test: TestProtocol, output: Output, state: CyclerState? = nil, history: CyclerHistory = CyclerHistory()
  ) throws(DocumentError) {
    self.cell = cell
    self.test = test
    program = try Program(test)
    ratings = CellRatings(cell, test.sample)
    try ratings.check(program)
    memory = state ?? CyclerState(at: cell.reading, start: program.start)
    self.history = history
    recorder = Recorder(cell: cell, output: output, ratings: ratings, state: memory.recorder)
    if state == nil { setInitialVariables() }
  }

  /// Where the test stands: for a progress display, to be read from `isInterrupted`.
  public var position: Position { recorder.state.position }

  /// What the cycler remembers. Taken when `mayBeLeft` is called it is enough to go on.
  public var state: CyclerState {
    var state = memory
    state.recorder = recorder.state
    state.stepsEnded = history.steps.count
    state.cyclesEnded = history.cycles.count
    return state
  }

  /// How many internal steps of the cell are made under one control before it is imposed anew, so that a test may be left
  /// there. A cell that looks back on many steps cannot be saved, and one that begins takes some fifty short steps.
  public static var longestLookBack: Int { 3000 }

  /// Runs the whole protocol.
  /// - Parameters:
  ///   - isInterrupted: asked before each step and between the internal steps of the cell; true ends the run.
  ///   - mayBeLeft: called wherever what follows depends on nothing but the `state`, the `history`, the cell's own state and
  ///     what has been written: before each step, and inside a step wherever a control is imposed.
  /// - Throws: only when the output cannot be written.
  public func run(
    isInterrupted: () -> Bool = { false }, mayBeLeft: () throws(OutputError) -> Void = {}
  ) throws(OutputError) -> RunSummary {
    while true {
      let instruction = program.instructions[memory.next]
      let stop: Stop?
      if case .step(let placed) = instruction, memory.step != nil {
        stop = try perform(placed, isInterrupted, mayBeLeft)
      } else {
        if case .step = instruction { try mayBeLeft() }
        stop = try carryOut(instruction, isInterrupted, mayBeLeft)
      }
      if let stop { return summary(stop.status, stop.reason) }
    }
  }

  // MARK: the program

  private struct Stop {
    var status: RunSummary.Status
    var reason: String?
  }

  /// Carries out one instruction and finds the next one.
  private func carryOut(
    _ instruction: Program.Instruction, _ isInterrupted: () -> Bool, _ mayBeLeft: () throws(OutputError) -> Void
  ) throws(OutputError) -> Stop? {
    if let stop = countWork(1) { return stop }
    do {
      switch instruction {
      case .step(let placed):
        if isInterrupted() { return Stop(status: .interrupted, reason: "interrupted before step \(placed.id)") }
        if cell.reading.time > longestTest {
          return Stop(status: .stoppedEarly, reason: "the test had not ended after \(longestTestText)")
        }
        if let stop = countWork(Self.workOfStep) { return stop }
        return try perform(placed, isInterrupted, mayBeLeft)
      case .nextCycle:
        beginCycle()
      case .ambientTemperature(let expression):
        let temperature = try evaluation().value(expression, at: cell.reading)
        guard chamberTemperatures.contains(temperature) else {
          return Stop(
            status: .stoppedEarly,
            reason: "the chamber cannot be set to \(temperature) K (allowed: 150 K to 500 K)")
        }
        cell.ambientTemperature = temperature
      case .set(let assignments):
        for assignment in assignments {
          memory.variables[assignment.name] = try evaluation().value(assignment.initial, at: cell.reading)
        }
      case .skip(let target, let condition):
        if try !evaluation().isTrue(condition, at: cell.reading) {
          memory.next = target
          return nil
        }
      case .jump(let jump):
        go(jump)
        return nil
      case .call(let target):
        memory.calls.append(CyclerState.CallState(returnTo: memory.next + 1, loopCount: memory.loops.count))
        memory.next = target
        return nil
      case .endRoutine:
        guard let call = memory.calls.popLast() else { preconditionFailure("a routine is entered by a call") }
        memory.next = call.returnTo
        return nil
      case .end(let reason):
        return Stop(status: .completed, reason: reason)
      case .beginLoop(let placed):
        if memory.loops.isEmpty { beginPass() }
        memory.loops.append(CyclerState.LoopState(origin: cell.reading, stepCount: position.stepCount))
        try setLoopVariables(placed.loop, pass: 0)
      case .endLoop(let placed):
        return try endPass(placed)
      }
    } catch let complaint as Evaluation.Complaint {
      return Stop(status: .stoppedEarly, reason: complaint.message)
    } catch let error as OutputError {
      throw error
    } catch {
      preconditionFailure("nothing else is thrown: \(error)")
    }
    memory.next += 1
    return nil
  }

  /// A jump leaves the loops, and perhaps the routines, between here and there.
  private func go(_ jump: Program.Jump) {
    if jump.leavesRoutines { memory.calls.removeAll() }
    let base = memory.calls.last?.loopCount ?? 0
    memory.loops.removeLast(memory.loops.count - base - jump.loopCount)
    memory.next = jump.target
  }

  /// How much is done without any time passing before the test is given up: so many instructions, or ten thousand steps
  /// that end as they begin.
  private static var idleWork: Int { 1_000_000 }
  private static var workOfStep: Int { 100 }

  /// Counts what is done while no time passes: a protocol may go in circles.
  private func countWork(_ work: Int) -> Stop? {
    let now = cell.reading.time
    if now - memory.idleSince > Self.shortestPass {
      memory.idleSince = now
      memory.idleWork = 0
    }
    memory.idleWork += work
    guard memory.idleWork > Self.idleWork else { return nil }
    return Stop(status: .stoppedEarly, reason: "the protocol goes in circles without any time passing")
  }

  private func setInitialVariables() {
    for variable in test.variables {
      // The first values need nothing but the ratings.
      memory.variables[variable.name] = try? evaluation().value(variable.initial, at: cell.reading)
    }
  }

  /// What expressions are resolved against between two steps: readings are those at the end of the last one.
  private func evaluation(from origin: Reading? = nil) -> Evaluation {
    Evaluation(
      ratings: ratings, variables: memory.variables, results: memory.results, origin: origin ?? memory.stepOrigin,
      cycleThroughput: { [unowned self] reading in recorder.cycleThroughput(at: reading) },
      rates: { [unowned self] time in cell.rates(at: time) },
      knowsRates: { [unowned self] time in time >= controlStart + Evaluation.firstInstant })
  }

  // MARK: loops

  /// A loop is given up when a pass with steps takes less time than this, in s: all its steps ended as they began, and so
  /// would the next ones.
  private static var shortestPass: Double { 1e-6 }

  /// A loop that counts no passes is given up when in this many neither the cell nor what ends the loop has moved.
  private static var patience: Int { 100 }

  private func setLoopVariables(_ loop: Loop, pass: Int) throws(Evaluation.Complaint) {
    if let counter = loop.counter { memory.variables[counter] = Double(pass + 1) }
    if let values = loop.values {
      let expression = values.list[min(pass / (loop.repeats ?? 1), values.list.count - 1)]
      memory.variables[values.name] = try evaluation().value(expression, at: cell.reading)
    }
  }

  private func endPass(_ placed: Program.PlacedLoop) throws(Evaluation.Complaint) -> Stop? {
    let loop = placed.loop
    let index = memory.loops.count - 1
    memory.loops[index].passes += 1
    let state = memory.loops[index]
    let now = cell.reading
    let evaluation = evaluation(from: state.origin)
    for (exit, jump) in zip(loop.until, placed.jumps) where try evaluation.isTrue(exit.condition, at: now) {
      memory.loops.removeLast()
      memory.next += 1
      if let jump { go(jump) }
      return nil
    }
    let count = loop.values.map { $0.list.count * (loop.repeats ?? 1) } ?? loop.repeats
    if state.passes == count {
      memory.loops.removeLast()
      memory.next += 1
      return nil
    }
    let name = placed.line.map { "the loop in line \($0)" } ?? "a loop"
    if now.time - state.passStart < Self.shortestPass, position.stepCount > state.stepsBefore {
      return Stop(
        status: .stoppedEarly, reason: "\(name) made no progress: every step of a pass ended as it began")
    }
    if count == nil {
      var distances: [Double] = []
      for exit in loop.until { distances.append(try evaluation.distance(to: exit.condition, at: now)) }
      if isStuck(&memory.loops[index], now, distances) {
        return Stop(
          status: .stoppedEarly,
          reason:
            "\(name) made no progress: in \(Self.patience) passes the cell came no nearer to what ends it")
      }
    }
    memory.loops[index].passStart = now.time
    memory.loops[index].stepsBefore = position.stepCount
    if memory.loops.count == 1 { beginPass() }
    try setLoopVariables(loop, pass: state.passes)
    memory.next = placed.begin + 1
    return nil
  }

  /// Whether a loop goes on for nothing. What ends it is a reading: it comes no nearer where the readings after each
  /// pass stay the same, but for what the cell's tolerance does to them, which is what the safety window overlooks
  /// too. A loop on whose way one of them moves by less in so many passes would need ten thousand times as many.
  private func isStuck(_ state: inout CyclerState.LoopState, _ now: Reading, _ distances: [Double]) -> Bool {
    if let before = state.progress {
      let hasMoved =
        abs(now.voltage - before.reading.voltage) > ResolvedSafety.Margin.voltage
        || abs(now.temperature - before.reading.temperature) > ResolvedSafety.Margin.temperature
        || abs(now.charge - before.reading.charge) > 1e-4 * 3600 * ratings.nominalCapacity
      let isNearer = zip(distances, before.distances).contains { $0 < $1 - 1e-6 * abs($1) }
      if !hasMoved && !isNearer { return state.passes - before.pass >= Self.patience }
    }
    state.progress = CyclerState.LoopState.Progress(pass: state.passes, reading: now, distances: distances)
    return false
  }

  // MARK: cycles

  /// Each pass of an outermost loop is a cycle, unless the protocol counts them itself. What comes before
  /// the first loop belongs to the first cycle, what follows a loop to its last one.
  private func beginPass() {
    if memory.hasLooped, !program.countsCyclesExplicitly { beginCycle() }
    memory.hasLooped = true
  }

  private func beginCycle() {
    closeCycle()
    recorder.beginCycle()
  }

  private func closeCycle() {
    let cycle = position.cycle
    guard memory.lastCycle == cycle else { return }
    history.cycles.append(
      CycleSummary(
        cycle: cycle, throughput: recorder.cycleThroughput, extremes: recorder.state.extremes))
  }

  private func summary(_ status: RunSummary.Status, _ reason: String?) -> RunSummary {
    closeCycle()
    return RunSummary(
      protocolName: test.name, status: status, reason: reason, duration: cell.reading.time,
      recordCount: recorder.state.recordCount, steps: history.steps, cycles: history.cycles,
      observableLabels: cell.observableLabels)
  }

  // MARK: one step

  /// How a step ended, and whether the test ends with it or goes on elsewhere.
  private struct Ending {
    var by: String
    var jump: Program.Jump?
    var stop: Stop?
  }

  private func perform(
    _ placed: Program.PlacedStep, _ isInterrupted: () -> Bool, _ mayBeLeft: () throws(OutputError) -> Void
  ) throws(OutputError) -> Stop? {
    let isTakenUpAgain = memory.step != nil
    let start = isTakenUpAgain ? memory.stepOrigin : cell.reading
    let type = StepType(placed.step.action)
    let plan: StepPlan
    do {
      plan = try StepPlan(placed, test.safety, from: start, evaluation(from: start))
    } catch {
      return Stop(status: .stoppedEarly, reason: "\(error.message) (step \(placed.id), \(type.rawValue))")
    }
    if let temperature = plan.ambientTemperature { cell.ambientTemperature = temperature }
    if isTakenUpAgain {
      recorder.resumeStep(rule: placed.step.record)
    } else {
      memory.stepOrigin = start
      recorder.beginStep(id: placed.id, type, rule: placed.step.record)
      memory.lastCycle = position.cycle
    }
    let ending = try execute(plan, from: start, isInterrupted, mayBeLeft)
    memory.step = nil
    try recorder.output.stepEnded()
    let end = cell.reading
    history.steps.append(
      StepSummary(
        cycle: position.cycle, stepCount: position.stepCount, stepID: placed.id, type: type,
        wasAlreadyMet: ending.stop == nil && end.time == start.time, label: placed.label,
        endedBy: endings.insert(ending.by).memberAfterInsert, start: start.time, duration: end.time - start.time,
        throughput: recorder.stepThroughput, endVoltage: end.voltage,
        endCurrent: end.current))
    if let label = placed.label {
      memory.results[label] = StepResult(
        duration: end.time - start.time, voltage: end.voltage, current: end.current, temperature: end.temperature,
        charge: abs(end.charge - start.charge), energy: abs(end.energy - start.energy),
        voltageChange: end.voltage - start.voltage)
    }
    if var stop = ending.stop {
      stop.reason = "\(stop.reason ?? "") (step \(placed.id), \(type.rawValue), cycle \(position.cycle))"
      return stop
    }
    memory.next += 1
    if let jump = ending.jump { go(jump) }
    return nil
  }

  private typealias Excursion = CyclerState.Excursion

  /// A step goes through its parts one after the other.
  private func execute(
    _ plan: StepPlan, from start: Reading, _ isInterrupted: () -> Bool, _ mayBeLeft: () throws(OutputError) -> Void
  ) throws(OutputError) -> Ending {
    // Before the step the test may be left already.
    var isBeginning = memory.step == nil
    var place = memory.step ?? CyclerState.StepState(partOrigin: start)
    var part = plan.course.part(place.part, place.partOrigin)
    func beginNextPart() {
      place.part += 1
      place.partOrigin = cell.reading
      place.isNewPart = true
      part = plan.course.part(place.part, place.partOrigin)
    }
    while true {
      memory.step = place
      if !isBeginning { try mayBeLeft() }
      isBeginning = false
      let now = cell.reading.time
      let end = min(part.end, plan.end.time, place.excursion?.deadline ?? .infinity)
      let control = part.control(from: now)
      let boundaries =
        plan.until + part.own
        + plan.safety.boundaries(
          under: control, lasting: min(part.end, plan.end.time) - now, from: start, excursion: place.excursion?.bound)
      controlStart = now
      do {
        try cell.impose(control, limits: boundaries.map(\.limit), isContinuation: place.isContinuation)
      } catch {
        return Ending(by: "cell", stop: Stop(status: .stoppedEarly, reason: "\(error)"))
      }
      place.isContinuation = false
      let reading = cell.reading
      var effect: Boundary.Effect?
      if let met = boundaries.first(where: { $0.limit(reading) <= 0 }) {
        effect = met.effect
        switch met.effect {
        case .beginsNextPart:
          // A voltage that is already there is held from the beginning.
          beginNextPart()
          continue
        case .isSafeAgain:
          place.excursion = nil
          continue
        case .stopsTest(let bound, let reason) where plan.safety.delay > 0 && place.excursion == nil:
          place.excursion = Excursion(bound: bound, deadline: now + plan.safety.delay, reason: reason)
          continue
        case .endsStep, .stopsTest:
          if plan.safety.delay == 0, let trip = trip(plan, control, part, from: start) { effect = trip }
        }
      }
      try recorder.followControl(
        beginsPart: place.isNewPart && plan.course.corner != .nothing,
        isRecorded: place.isNewPart && plan.course.corner == .endAndBeginning)
      place.isNewPart = false
      let event: Event
      if let effect { event = .met(effect) } else { event = try advance(to: end, boundaries, isInterrupted) }

      var beginsNextPart = false
      switch event {
      case .looksBackFar: place.isContinuation = true
      case .met(.beginsNextPart): beginsNextPart = true
      case .met(.isSafeAgain): place.excursion = nil
      case .met(.stopsTest(let bound, let reason)) where plan.safety.delay > 0 && place.excursion == nil:
        place.excursion = Excursion(bound: bound, deadline: cell.reading.time + plan.safety.delay, reason: reason)
      case .reachedEnd
      where place.excursion?.deadline != end && part.end == end && !plan.isLast(place.part, endingAt: end):
        beginsNextPart = true
      default:
        try recorder.recordPresent()
        return ending(after: event, plan, part, place.part, place.excursion, at: end)
      }
      if beginsNextPart {
        if plan.course.corner != .nothing { try recorder.recordPresent() }
        beginNextPart()
      }
    }
  }

  /// What stops the test in the first instant of a control, before a limit of the step's own may end the step.
  private func trip(
    _ plan: StepPlan, _ control: Control, _ part: Course.Part, from start: Reading
  ) -> Boundary.Effect? {
    let now = cell.reading
    let duration = min(part.end, plan.end.time) - now.time
    return plan.safety.boundaries(under: control, lasting: duration, from: start, isFirstInstant: true)
      .first { $0.limit(now) <= 0 }?.effect
  }

  /// How a step ends after an event that ends it.
  private func ending(
    after event: Event, _ plan: StepPlan, _ part: Course.Part, _ index: Int, _ excursion: Excursion?, at end: Double
  ) -> Ending {
    func stopped(by key: String, _ reason: String) -> Ending {
      Ending(by: key, stop: Stop(status: .stoppedEarly, reason: reason))
    }
    switch event {
    case .met(.endsStep(let key, let jump)): return Ending(by: key, jump: jump)
    case .met(.stopsTest(_, let reason)): return stopped(by: "safety", reason)
    case .reachedEnd:
      if let excursion, excursion.deadline == end {
        return stopped(by: "safety", excursion.reason + ", for longer than the delay")
      }
      if part.end == end, index + 1 == plan.course.count { return Ending(by: plan.course.ending) }
      if let key = plan.end.key { return Ending(by: key, jump: plan.end.jump) }
      return stopped(by: "longest step", "the step had not ended after \(Int(StepPlan.longestStep / 86_400)) days")
    case .interrupted: return Ending(by: "interrupt", stop: Stop(status: .interrupted, reason: "interrupted"))
    case .failed(let reason): return stopped(by: "cell", reason)
    case .met(.beginsNextPart), .met(.isSafeAgain), .looksBackFar: preconditionFailure("the step goes on")
    }
  }

  private enum Event {
    case met(Boundary.Effect)
    case reachedEnd
    /// So many internal steps have been made that the control is to be imposed anew.
    case looksBackFar
    case interrupted
    case failed(String)
  }

  /// Lets time pass under the imposed control.
  private func advance(to end: Double, _ boundaries: [Boundary], _ isInterrupted: () -> Bool)
    throws(OutputError) -> Event
  {
    guard cell.reading.time < end else { return .reachedEnd }
    for _ in 0..<Self.longestLookBack {
      if isInterrupted() { return .interrupted }
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
    return .looksBackFar
  }
}
