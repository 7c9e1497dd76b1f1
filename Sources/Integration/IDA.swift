import CKernels
import CSundials

/// SUNDIALS' variable-order, variable-step BDF integrator for F(t, y, ẏ) = 0 (Hindmarsh et al., ACM Trans. Math.
/// Softw. 31, 363, 2005).
///
/// Life of an integration: write the differential unknowns (and a guess of the algebraic ones) to `state`,
/// `start`, then `step` until the end or an event, looking inside the last step with `interpolate`; after a
/// discontinuity `start` again.
public final class IDA {
  /// How a step ended.
  public enum Outcome: Sendable, Equatable {
    case stepped
    case reachedEnd
    /// This watched function fell through zero; the state is the one at that instant.
    case foundRoot(Int)
  }

  /// Work done since the integrator was made.
  public struct Statistics: Sendable, Equatable {
    /// Internal steps that were accepted.
    public var steps = 0
    /// Evaluations of the equations, without those for the Newton matrix.
    public var residualEvaluations = 0
    /// Newton matrices assembled and factored for steps.
    public var factorisations = 0
    public var newtonIterations = 0
    /// Steps repeated because the error was too large, and because the Newton iteration did not converge.
    public var errorTestFailures = 0
    public var newtonFailures = 0
    /// Consistent starts, and the Newton iterations that they took, most of them with the matrix of the one before.
    public var starts = 0
    public var startIterations = 0
  }

  /// What has been done since the equations last changed: by this an integration is given up that comes no further.
  private struct Effort {
    var steps = 0
    var startTime = 0.0
    /// Time when the progress was last looked at.
    var checkTime = 0.0
  }

  /// Error tolerance of a step relative to each unknown; the absolute ones are the system's.
  public let relativeTolerance: Double
  /// The present time.
  public private(set) var time = 0.0
  /// The start of the last internal step: interpolation is possible from here to `time`.
  public private(set) var stepStart = 0.0
  /// Values of the unknowns at the present time. Write here before `start`.
  public var state: UnsafeMutableBufferPointer<Double> {
    bringUpToDate()
    return presentState
  }
  /// Their rates at the present time.
  public var rate: UnsafeMutableBufferPointer<Double> {
    bringUpToDate()
    return presentRate
  }

  private let system: any DAESystem
  private let solver: any LinearSolver
  private let handle: OpaquePointer
  private let unknownCount: Int
  private let differential: [Bool]
  private let callbacks: Callbacks
  private let presentState: UnsafeMutableBufferPointer<Double>
  private let presentRate: UnsafeMutableBufferPointer<Double>
  /// Whether these are still to be taken from the last step; most steps nobody asks.
  private var isAwaited = false
  private var correction: UnsafeMutablePointer<Double>
  private let trial: UnsafeMutablePointer<Double>
  private let trialRate: UnsafeMutablePointer<Double>
  private var trialCorrection: UnsafeMutablePointer<Double>
  private let savedState: UnsafeMutablePointer<Double>
  private let savedRate: UnsafeMutablePointer<Double>
  /// What was told at `stepStart`, where the step had to begin anew from there.
  private let stepStartState: UnsafeMutablePointer<Double>
  private let stepStartRate: UnsafeMutablePointer<Double>
  private var beganAnew = false
  private var before = Statistics()
  /// Time up to which the integrator has gone; beyond `time` where an event lies inside the last step.
  private var reachedTime = 0.0
  private var isInsideStep = false
  private var events: Events?
  /// Time of the last restart after a failure.
  private var lastRecovery: Double?
  /// Until the next start.
  private var isTight = false
  private var startCount = 0
  private var startIterations = 0
  private var effort = Effort()

  /// Internal steps that one start may take: far more than any smooth solution needs, so that an integration in which
  /// round-off exceeds the tolerance ends instead of creeping on.
  public static let stepBudget = 100_000
  /// After each so many steps, time must have advanced by more than this fraction of what it has since the start.
  private static let progressInterval = 1000
  private static let leastProgress = 1e-7

  /// - Parameters:
  ///   - solver: solves with the Newton matrices of `system`.
  ///   - relativeTolerance: see the property; 1e-12 at least.
  ///   - isPlain: leaves SUNDIALS its own vector operations, to measure what ours are worth.
  public init(
    _ system: any DAESystem, solver: any LinearSolver, relativeTolerance: Double, isPlain: Bool = false
  ) throws(IntegrationError) {
    self.system = system
    self.solver = solver
    self.relativeTolerance = relativeTolerance
    let count = system.unknownCount
    unknownCount = count
    callbacks = Callbacks(system: system, solver: solver)
    var flag: Int32 = 0
    guard
      let handle = cs_ida_create(
        count, isPlain ? 1 : 0, Unmanaged.passUnretained(callbacks).toOpaque(), callResidual, callFactor, callSolve,
        system.hasInstabilities ? callCheck : nil, &flag)
    else { throw IntegrationError(.init(flag), time: 0) }
    self.handle = handle
    presentState = UnsafeMutableBufferPointer(start: cs_ida_state(handle), count: count)
    presentRate = UnsafeMutableBufferPointer(start: cs_ida_rate(handle), count: count)
    presentState.update(repeating: 0)
    presentRate.update(repeating: 0)
    let tolerance = cs_ida_absolute_tolerance(handle)
    for i in 0..<count { tolerance[i] = system.absoluteTolerance(i) }
    differential = (0..<count).map { system.isDifferential($0) }
    correction = .allocate(capacity: count)
    trial = .allocate(capacity: count)
    trialRate = .allocate(capacity: count)
    trialCorrection = .allocate(capacity: count)
    savedState = .allocate(capacity: count)
    savedRate = .allocate(capacity: count)
    stepStartState = .allocate(capacity: count)
    stepStartRate = .allocate(capacity: count)
    for range in system.fractions { try check(cs_ida_add_fractions(handle, range.lowerBound, range.count)) }
  }

  deinit {
    cs_ida_free(handle)
    correction.deallocate()
    trial.deallocate()
    trialRate.deallocate()
    trialCorrection.deallocate()
    savedState.deallocate()
    savedRate.deallocate()
    stepStartState.deallocate()
    stepStartRate.deallocate()
  }

  private func bringUpToDate() {
    guard isAwaited else { return }
    isAwaited = false
    let stateFlag = cs_ida_interpolate(handle, time, 0, presentState.baseAddress!)
    let rateFlag = cs_ida_interpolate(handle, time, 1, presentRate.baseAddress!)
    precondition(min(stateFlag, rateFlag) >= 0, "the present lies in the last step")
  }

  /// Functions of a few unknowns that are watched.
  private final class Events {
    let unknowns: Range<Int>
    let evaluate: Evaluation
    let window: UnsafeMutablePointer<Double>
    /// For which instant of the last step `window` holds them.
    var windowTime: Double?
    /// Values at the present time and at another one.
    let values: UnsafeMutableBufferPointer<Double>
    let others: UnsafeMutableBufferPointer<Double>

    init(count: Int, unknowns: Range<Int>, _ evaluate: @escaping Evaluation) {
      self.unknowns = unknowns
      self.evaluate = evaluate
      window = .allocate(capacity: unknowns.count)
      values = .allocate(capacity: count)
      others = .allocate(capacity: count)
    }

    deinit {
      window.deallocate()
      values.deallocate()
      others.deallocate()
    }
  }

  /// Writes the values of event functions at a time: from some unknowns, to as many numbers as are watched.
  public typealias Evaluation = (Double, UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void

  /// Starts or restarts at `time` from the differential unknowns in `state`: finds the algebraic unknowns and
  /// all rates that satisfy the equations, and forgets the history. On failure the state is what it was.
  /// - Parameters:
  ///   - isContinuation: whether the equations are those of before, so that the limits on the work for them count on.
  ///   - watching: number of event functions. An event happens when one falls through zero.
  ///   - unknowns: those that the event functions read; by default all.
  ///   - events: writes the values of the event functions.
  public func start(
    at time: Double, isContinuation: Bool = false, watching: Int = 0, unknowns: Range<Int>? = nil,
    events: Evaluation? = nil
  ) throws(IntegrationError) {
    self.events = events.map { Events(count: watching, unknowns: unknowns ?? 0..<unknownCount, $0) }
    lastRecovery = nil
    isTight = false
    try restart(at: time)
    if let events = self.events {
      events.evaluate(time, state.baseAddress! + events.unknowns.lowerBound, events.values.baseAddress!)
    }
    if !isContinuation { effort = Effort(steps: 0, startTime: time, checkTime: time) }
    startCount += 1
  }

  /// Appends all that `restore` needs.
  public func save(to numbers: inout [Double]) {
    numbers += [time, Double(effort.steps), effort.startTime, effort.checkTime]
    let statistics = statistics
    numbers += Self.counters.map { Double(statistics[keyPath: $0]) }
    numbers += state
    numbers += rate
  }

  /// Stands where an integration of the same equations stood that was saved. A `start` comes next: what follows it is the
  /// same in both to the last digit.
  /// - Returns: whether these are numbers of such an integration.
  public func restore(_ numbers: ArraySlice<Double>) -> Bool {
    guard numbers.count == 4 + Self.counters.count + 2 * unknownCount else { return false }
    var iterator = numbers.makeIterator()
    func next() -> Double { iterator.next()! }
    time = next()
    stepStart = time
    reachedTime = time
    isInsideStep = false
    events = nil
    effort = Effort(steps: Int(next()), startTime: next(), checkTime: next())
    for counter in Self.counters { before[keyPath: counter] = Int(next()) }
    startCount = before.starts
    startIterations = before.startIterations
    isAwaited = false
    for i in presentState.indices { presentState[i] = next() }
    for i in presentRate.indices { presentRate[i] = next() }
    return true
  }

  private static var counters: [WritableKeyPath<Statistics, Int>] {
    [
      \.steps, \.residualEvaluations, \.factorisations, \.newtonIterations, \.errorTestFailures, \.newtonFailures,
      \.starts, \.startIterations,
    ]
  }

  private func restart(at time: Double) throws(IntegrationError) {
    let workSoFar = statistics
    savedState.update(from: state.baseAddress!, count: unknownCount)
    savedRate.update(from: rate.baseAddress!, count: unknownCount)
    do throws(IntegrationError) {
      try makeConsistent(at: time)
      guard rateSize().isFinite else { throw IntegrationError(.inconsistentStart, time: time) }
    } catch {
      state.baseAddress!.update(from: savedState, count: unknownCount)
      rate.baseAddress!.update(from: savedRate, count: unknownCount)
      throw error
    }
    before = workSoFar
    self.time = time
    stepStart = time
    reachedTime = time
    isInsideStep = false
    events?.windowTime = nil
    try check(cs_ida_start(handle, time, isTight ? Self.tightening * relativeTolerance : relativeTolerance, 0))
  }

  /// Makes one internal step, not past `end`.
  public func step(to end: Double) throws(IntegrationError) -> Outcome {
    // Closer than this two times cannot be told apart by the integrator.
    guard !end.isFinite || end - time > 4 * Double.ulpOfOne * (abs(time) + abs(end)) else {
      stepStart = time
      time = end
      return .reachedEnd
    }
    stepStart = time
    beganAnew = false
    // After an event the rest of the step in which it lay is still to come.
    if isInsideStep { return try finishStep(reachedEnd: reachedTime >= end) }
    return try advance(to: end)
  }

  private func advance(to end: Double) throws(IntegrationError) -> Outcome {
    effort.steps += 1
    guard effort.steps <= Self.stepBudget else { throw IntegrationError(.tooMuchWork, time: time) }
    if effort.steps % Self.progressInterval == 0 {
      guard time - effort.checkTime > Self.leastProgress * (time - effort.startTime) else {
        throw IntegrationError(.standstill, time: time)
      }
      effort.checkTime = time
    }
    let result = cs_ida_step(handle, end, &reachedTime)
    guard result >= 0 else {
      time = reachedTime
      return try recover(from: .init(result), to: end)
    }
    return try finishStep(reachedEnd: result == Int32(CS_REACHED_END))
  }

  /// Where a step of high order fails, one of the first order from a state that is consistent to the last digit may
  /// succeed: it needs nothing to be smooth. Where that fails, too, a loose tolerance may have let the unknowns err by more than
  /// the equations are linear: with a tighter one they are followed from here on. Not a third time.
  private func recover(from flag: IntegrationError.Flag, to end: Double) throws(IntegrationError) -> Outcome {
    let error = IntegrationError(flag, time: time)
    let mayBeCured: Set = [
      IntegrationError.Flag.convergenceFailure, .errorTestFailure, .repeatedResidualFailure, .nonlinearSolverFailure,
      .linearSolverSetup,
    ]
    if lastRecovery == time {
      guard mayBeCured.contains(flag), !isTight, relativeTolerance > Self.tightEnough else { throw error }
      isTight = true
    } else {
      guard mayBeCured.contains(flag) else { throw error }
    }
    lastRecovery = time
    if !beganAnew {
      beganAnew = true
      stepStartState.update(from: state.baseAddress!, count: unknownCount)
      stepStartRate.update(from: rate.baseAddress!, count: unknownCount)
    }
    do {
      try restart(at: time)
    } catch {
      throw IntegrationError(flag, time: time)
    }
    return try advance(to: end)
  }

  private static let tightening = 0.01
  private static let tightEnough = 1e-7

  /// Takes up what the integrator has reached, or the first event on the way there.
  private func finishStep(reachedEnd: Bool) throws(IntegrationError) -> Outcome {
    if let event = try firstEvent() {
      let isAtStart = event.time == stepStart
      time = event.time
      isInsideStep = time < reachedTime
      isAwaited = !(isAtStart && beganAnew)
      if !isAwaited {
        presentState.baseAddress!.update(from: stepStartState, count: unknownCount)
        presentRate.baseAddress!.update(from: stepStartRate, count: unknownCount)
      }
      return .foundRoot(event.index)
    }
    isInsideStep = false
    isAwaited = true
    time = reachedTime
    return reachedEnd ? .reachedEnd : .stepped
  }

  /// The first fall of a function from above zero between the present time and the one that the integrator has reached, to
  /// the last digit of time: where a function falls steeply, less would not do.
  private func firstEvent() throws(IntegrationError) -> (index: Int, time: Double)? {
    guard let events, !events.values.isEmpty else { return nil }
    let values = events.values
    let others = events.others
    try evaluate(events, at: reachedTime, into: others)
    var first: (index: Int, time: Double)?
    for index in values.indices where values[index] > 0 && others[index] <= 0 {
      if let first {
        // None is earlier.
        if first.time == time { break }
        try evaluate(events, at: first.time, into: others)
        if others[index] > 0 { continue }
      }
      first = (index, try fall(of: index, in: events, before: first?.time ?? reachedTime))
    }
    guard let first else {
      values.baseAddress!.update(from: others.baseAddress!, count: values.count)
      return nil
    }
    try evaluate(events, at: first.time, into: values)
    // It has happened, also where the last instant before it is told.
    values[first.index] = min(values[first.index], 0)
    return first
  }

  /// Where a function that is above zero now and not at `end` falls through it: false position in Illinois' form, which
  /// ends as bisection.
  private func fall(of index: Int, in events: Events, before end: Double) throws(IntegrationError) -> Double {
    let values = events.others
    var (low, high) = (time, end)
    // A new step may see the present otherwise than the last one did, within their errors: where a function is steep, beyond
    // zero. What was told of the present holds then, and not a value from beyond the end of what is possible.
    try evaluate(events, at: time, into: values)
    guard values[index] > 0 else { return time }
    let valueBefore = values[index]
    var valueLow = valueBefore
    try evaluate(events, at: high, into: values)
    var valueHigh = values[index]
    var lastMovedLow: Bool?
    for iteration in 0... {
      let middle =
        iteration < 20 ? (low * valueHigh - high * valueLow) / (valueHigh - valueLow) : low + (high - low) / 2
      let inside = middle > low && middle < high ? middle : low + (high - low) / 2
      guard inside > low && inside < high else { break }
      try evaluate(events, at: inside, into: values)
      let movesLow = values[index] > 0
      if movesLow {
        low = inside
        valueLow = values[index]
        if lastMovedLow == true { valueHigh /= 2 }
      } else {
        high = inside
        valueHigh = values[index]
        if lastMovedLow == false { valueLow /= 2 }
      }
      lastMovedLow = movesLow
      if valueHigh == 0 { break }
    }
    // In a step of a few digits of time the function may fall far below zero from one instant to the next: the one before is
    // told then.
    try evaluate(events, at: high, into: values)
    return -values[index] > Self.unresolvedFall * valueBefore ? low : high
  }

  /// How far beyond zero a function may be at its event, in what it was at the beginning of the step, where time resolves the
  /// fall.
  private static let unresolvedFall = 1e-3

  private func evaluate(
    _ events: Events, at time: Double, into values: UnsafeMutableBufferPointer<Double>
  ) throws(IntegrationError) {
    events.windowTime = nil
    try check(
      cs_ida_interpolate_window(handle, time, 0, events.unknowns.lowerBound, events.unknowns.count, events.window))
    events.windowTime = time
    events.evaluate(time, events.window, values.baseAddress!)
  }

  /// Some of the unknowns (or their k-th derivatives) at a time between `stepStart` and where the integrator has gone.
  public func interpolate(
    at time: Double, derivative: Int = 0, unknowns: Range<Int>, into out: UnsafeMutablePointer<Double>
  ) throws(IntegrationError) {
    // After a start there is no step to look back into.
    if time == self.time, !isAwaited, derivative <= 1 {
      let present = derivative == 0 ? presentState : presentRate
      return out.update(from: present.baseAddress! + unknowns.lowerBound, count: unknowns.count)
    }
    if let events, derivative == 0, time == events.windowTime, unknowns == events.unknowns {
      return out.update(from: events.window, count: unknowns.count)
    }
    try check(cs_ida_interpolate_window(handle, time, Int32(derivative), unknowns.lowerBound, unknowns.count, out))
  }

  /// The unknowns (or their k-th derivatives) at a time between `stepStart` and `time`, by IDA's own interpolating
  /// polynomial.
  public func interpolate(
    at time: Double, derivative: Int = 0, into out: UnsafeMutablePointer<Double>
  ) throws(IntegrationError) {
    // IDA itself would extrapolate beyond the end.
    guard stepStart...self.time ~= time else { throw IntegrationError(.badTime, time: self.time) }
    try check(cs_ida_interpolate(handle, time, Int32(derivative), out))
  }

  public var statistics: Statistics {
    let now = cs_ida_get_statistics(handle)
    var total = before
    total.steps += now.steps
    total.residualEvaluations += now.residual_evaluations
    total.factorisations += now.factorisations
    total.newtonIterations += now.newton_iterations
    total.errorTestFailures += now.error_test_failures
    total.newtonFailures += now.newton_failures
    total.starts = startCount
    total.startIterations = startIterations
    return total
  }

  /// Version of the SUNDIALS library.
  public static var version: String { String(cString: cs_sundials_version()) }

  private func check(_ flag: Int32) throws(IntegrationError) {
    if flag < 0 { throw IntegrationError(.init(flag), time: time) }
  }

  // MARK: consistent start

  /// Damped Newton iteration for the algebraic unknowns and the rates of the differential ones, with the exact
  /// matrix and the natural monotonicity test of Deuflhard (Newton Methods for Nonlinear Problems, 2004, §2.1). A matrix with
  /// which the corrections shrink fast is kept: the correction of the test is that of the next iteration then.
  private func makeConsistent(at time: Double) throws(IntegrationError) {
    let count = unknownCount
    let y = state.baseAddress!
    let yDot = rate.baseAddress!
    for i in 0..<count where !differential[i] { yDot[i] = 0 }
    let failure = IntegrationError(.inconsistentStart, time: time)
    var damping = 1.0
    var keepsMatrix = false
    for _ in 0..<100 {
      startIterations += 1
      if keepsMatrix {
        swap(&correction, &trialCorrection)
      } else {
        guard evaluateResidual(at: time, y, yDot, correction),
          solver.factor(.start, at: time, y, yDot), solver.solve(correction)
        else { throw failure }
      }
      let size = algebraicSize(correction, relativeTo: y)
      guard size.isFinite else { throw failure }
      damping = min(1, damping * 4)
      while true {
        for i in 0..<count {
          trial[i] = differential[i] ? y[i] : y[i] - damping * correction[i]
          trialRate[i] = differential[i] ? yDot[i] - damping * correction[i] : 0
        }
        // Both corrections are weighed by the state before the step, so that their sizes can be compared.
        let evaluated = evaluateResidual(at: time, trial, trialRate, trialCorrection) && solver.solve(trialCorrection)
        let trialSize = evaluated ? algebraicSize(trialCorrection, relativeTo: y) : .infinity
        if trialSize <= (1 - damping / 4) * size || trialSize < Self.startAccuracy {
          if trialSize < Self.startAccuracy && damping == 1 {
            // The simplified correction is known and tiny: take it too, and be done.
            for i in 0..<count {
              if differential[i] {
                yDot[i] = trialRate[i] - trialCorrection[i]
              } else {
                y[i] = trial[i] - trialCorrection[i]
              }
            }
            return
          }
          for i in 0..<count {
            y[i] = trial[i]
            yDot[i] = trialRate[i]
          }
          keepsMatrix = damping == 1 && trialSize < Self.fastConvergence * size
          break
        }
        if keepsMatrix {
          keepsMatrix = false
          break
        }
        damping /= 2
        if damping < 1e-6 {
          // Round-off may keep the corrections above the accuracy that is wished for.
          if size < Self.sufficientStartAccuracy || size < roundOff(at: time) { return }
          throw failure
        }
      }
    }
    throw failure
  }

  /// Size of the correction that a change of every other unknown in its last digit brings about: less than that no Newton
  /// iteration can ask for.
  private func roundOff(at time: Double) -> Double {
    let y = state.baseAddress!
    for i in 0..<unknownCount {
      trial[i] = i % 2 == 0 ? y[i] : y[i] * (1 + 2 * Double.ulpOfOne)
      trialRate[i] = rate[i]
    }
    guard evaluateResidual(at: time, y, trialRate, correction),
      evaluateResidual(at: time, trial, trialRate, trialCorrection)
    else { return 0 }
    for i in 0..<unknownCount { trialCorrection[i] -= correction[i] }
    guard solver.solve(trialCorrection) else { return 0 }
    return algebraicSize(trialCorrection, relativeTo: y)
  }

  /// By how much a correction has to be smaller than the one before for the matrix to be kept.
  private static let fastConvergence = 0.1
  /// Size, in units of the error tolerance, that a Newton correction of a start may have at the end.
  private static let startAccuracy = 1e-3
  private static let sufficientStartAccuracy = 0.1

  /// Root mean square of the algebraic corrections in units of the error tolerance.
  private func algebraicSize(
    _ correction: UnsafePointer<Double>, relativeTo y: UnsafePointer<Double>
  ) -> Double {
    var sum = 0.0
    var algebraicCount = 0
    for i in 0..<unknownCount where !differential[i] {
      let scaled = correction[i] / errorSize(of: i, in: y)
      sum += scaled * scaled
      algebraicCount += 1
    }
    return algebraicCount == 0 ? 0 : (sum / Double(algebraicCount)).squareRoot()
  }

  /// The error tolerance of an unknown that is no fraction.
  private func errorSize(of unknown: Int, in y: UnsafePointer<Double>) -> Double {
    relativeTolerance * abs(y[unknown]) + cs_ida_absolute_tolerance(handle)[unknown]
  }

  /// Root of the mean square of the rates in units of the error tolerance, from which the first step follows: none where it is
  /// beyond all numbers.
  private func rateSize() -> Double {
    let sum = state.indices.reduce(0.0) { sum, i in
      let scaled = rate[i] / errorSize(of: i, in: state.baseAddress!)
      return sum + scaled * scaled
    }
    return (sum / Double(unknownCount)).squareRoot()
  }

  private func evaluateResidual(
    at time: Double, _ y: UnsafePointer<Double>, _ yDot: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>
  ) -> Bool {
    system.residual(at: time, y, yDot, out)
    return isFinite(out, count: unknownCount)
  }
}

extension IntegrationError.Flag {
  init(_ flag: Int32) { self = Self(rawValue: flag) ?? .unrecognised }
}

/// What the C callbacks reach through their context pointer.
private final class Callbacks {
  let system: any DAESystem
  let solver: any LinearSolver
  init(system: any DAESystem, solver: any LinearSolver) {
    self.system = system
    self.solver = solver
  }

  static func at(_ context: UnsafeMutableRawPointer) -> Callbacks {
    Unmanaged<Callbacks>.fromOpaque(context).takeUnretainedValue()
  }
}

private func isFinite(_ numbers: UnsafePointer<Double>, count: Int) -> Bool { ck_finite(numbers, count) == 0 }

private let callResidual: cs_residual_function = { time, y, rate, residual, context in
  let callbacks = Callbacks.at(context)
  callbacks.system.residual(at: time, y, rate, residual)
  return isFinite(residual, count: callbacks.system.unknownCount) ? 0 : 1
}

private let callFactor: cs_factor_function = { time, c, y, rate, context in
  Callbacks.at(context).solver.factor(.step(c: c), at: time, y, rate) ? 0 : 1
}

private let callCheck: cs_check_function = { c, y, context in Callbacks.at(context).system.canFollow(y, c: c) ? 0 : 1 }

private let callSolve: cs_solve_function = { b, context in
  Callbacks.at(context).solver.solve(b) ? 0 : 1
}
