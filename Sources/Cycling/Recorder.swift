import CellInterface

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Decides which instants of a step are recorded, and counts charge and energy.
///
/// It looks back into the cell's last internal step through dense output and never makes the cell stop, so
/// that results do not depend on how densely they are recorded.
struct Recorder<Cell: CellUnderTest, Output: RecordOutput> {
  let cell: Cell
  let output: Output
  private(set) var state: RecorderState
  private let ratings: CellRatings
  private var rule = ResolvedRule()
  /// Kept from record to record for its memory.
  private var observables: [Double] = []

  init(cell: Cell, output: Output, ratings: CellRatings, state: RecorderState) {
    self.cell = cell
    self.output = output
    self.ratings = ratings
    self.state = state
  }

  var stepThroughput: Throughput { state.total - state.totalAtStepStart }
  var cycleThroughput: Throughput { state.total - state.totalAtCycleStart }

  /// Since the cycle began, up to a reading inside the internal step that is being made.
  func cycleThroughput(at reading: Reading) -> Throughput {
    // Also when the step is taken up again later.
    if reading.time == state.stepStart { return state.totalAtStepStart - state.totalAtCycleStart }
    var throughput = cycleThroughput
    throughput.add(from: state.covered, to: reading)
    return throughput
  }

  mutating func beginCycle() {
    state.position.cycle += 1
    state.totalAtCycleStart = state.total
    state.extremes = Extremes()
  }

  /// Takes up a step before its control is imposed.
  mutating func beginStep(id: Int, _ type: StepType, rule: RecordRule) {
    state.position.stepCount += 1
    state.position.stepID = id
    state.stepType = type
    self.rule = ResolvedRule(rule, ratings)
    state.stepStart = cell.reading.time
    state.totalAtStepStart = state.total
    state.tick = 1
    state.partStart = state.stepStart
    state.growth = 0
    state.isFirstInstant = true
  }

  /// Takes up a step in which the test was left.
  mutating func resumeStep(rule: RecordRule) { self.rule = ResolvedRule(rule, ratings) }

  /// Takes up what the cell shows under a new control: the first instant of a step is always recorded, a
  /// later one where the readings have jumped, or where that is asked for.
  mutating func followControl(beginsPart: Bool, isRecorded: Bool) throws(OutputError) {
    state.covered = cell.reading
    if beginsPart {
      state.partStart = state.covered.time
      state.growth = 0
    }
    if state.isFirstInstant || isRecorded || rule.move(from: state.recorded, to: state.covered) >= 1 {
      try record(state.covered, state.total)
    }
    state.isFirstInstant = false
  }

  /// Records the present instant unless that has been done.
  mutating func recordPresent() throws(OutputError) {
    if state.recorded.time < state.covered.time { try record(state.covered, state.total) }
  }

  /// Follows the cell through its last internal step.
  mutating func follow() throws(OutputError) {
    let start = state.covered
    let end = cell.reading
    let reversal = currentReversal(from: start, to: end)
    let totalAtStart = state.total
    func totals(at reading: Reading) -> Throughput {
      var totals = totalAtStart
      if let reversal, reading.time > reversal.time {
        totals.add(from: start, to: reversal)
        totals.add(from: reversal, to: reading)
      } else {
        totals.add(from: start, to: reading)
      }
      return totals
    }

    var time = start.time
    while time < end.time {
      let tickTime = nextTick
      let horizon = min(tickTime, end.time)
      if let moved = firstMove(after: time, until: horizon, within: end.time - start.time) {
        try record(moved, totals(at: moved))
        time = moved.time
        continue
      }
      time = horizon
      if tickTime <= end.time {
        while nextTick <= tickTime { passTick() }
        // A move may have been recorded at this very instant.
        if state.recorded.time < tickTime {
          let reading = tickTime == end.time ? end : cell.reading(at: tickTime)
          try record(reading, totals(at: reading))
        }
      }
    }
    state.total = totals(at: end)
    state.covered = end
  }

  /// The next instant that is recorded because of its time.
  private var nextTick: Double { min(nextMultiple, nextGrown) }
  private var nextMultiple: Double { state.stepStart + state.tick * rule.dt }
  private var nextGrown: Double { state.partStart + rule.growingTime(state.growth) }

  private mutating func passTick() {
    if nextMultiple <= nextGrown { state.tick += 1 } else { state.growth += 1 }
  }

  private mutating func record(_ reading: Reading, _ total: Throughput) throws(OutputError) {
    state.recordCount += 1
    state.recorded = reading
    cell.observe(at: reading.time, into: &observables)
    state.extremes.include(observables)
    try output.write(
      Record(
        reading: reading, index: state.recordCount, position: state.position,
        stepType: state.stepType, stepTime: reading.time - state.stepStart, ambientTemperature: cell.ambientTemperature,
        total: total,
        step: total - state.totalAtStepStart, cycle: total - state.totalAtCycleStart,
        observables: observables))
  }

  /// Where in the last internal step the current changes sign, so that charge and discharge are counted
  /// apart whatever the size of the step.
  private func currentReversal(from start: Reading, to end: Reading) -> Reading? {
    guard start.current * end.current < 0 else { return nil }
    let sign = start.current < 0 ? 1.0 : -1.0
    return cell.reading(at: crossing(from: start.time, to: end.time, precision: 0) { sign * $0.current })
  }

  /// The first instant at which voltage, current or charge has moved far enough from the last record.
  /// A move there and back within a quarter of an internal step of length `length` is not seen.
  private func firstMove(after start: Double, until end: Double, within length: Double) -> Reading? {
    guard rule.watchesMoves else { return nil }
    let recorded = state.recorded
    let rule = rule
    func excess(_ reading: Reading) -> Double { rule.move(from: recorded, to: reading) - 1 }
    var low = start
    while low < end {
      let high = min(low + length / 4, end)
      // `low + length / 4` may round to `low` in a step of a few units in the last place.
      let next = high > low ? high : end
      if excess(cell.reading(at: next)) >= 0 {
        return cell.reading(at: crossing(from: low, to: next, precision: 1e-6, excess))
      }
      low = next
    }
    return nil
  }

  /// A time in (low, high] at which `excess`, negative at `low` and not at `high`, is within `precision` of
  /// zero or changes sign within the resolution of time (the Illinois form of false position).
  private func crossing(
    from low: Double, to high: Double, precision: Double, _ excess: (Reading) -> Double
  ) -> Double {
    var (low, high) = (low, high)
    var excessLow = excess(cell.reading(at: low))
    var excessHigh = excess(cell.reading(at: high))
    if excessHigh <= precision { return high }
    var lastMovedLow: Bool?
    for _ in 0..<100 {
      var middle = (low * excessHigh - high * excessLow) / (excessHigh - excessLow)
      // A root found to the last digit but one leaves an interval that false position cannot narrow.
      if !(middle > low && middle < high) { middle = low + (high - low) / 2 }
      guard middle > low, middle < high else { break }
      let value = excess(cell.reading(at: middle))
      if abs(value) <= precision { return middle }
      let movesLow = value < 0
      if movesLow {
        low = middle
        excessLow = value
        if lastMovedLow == true { excessHigh /= 2 }
      } else {
        high = middle
        excessHigh = value
        if lastMovedLow == false { excessLow /= 2 }
      }
      lastMovedLow = movesLow
    }
    return high
  }
}

/// A record rule for one cell; infinite where nothing is asked for.
private struct ResolvedRule {
  /// In s, V, A and C.
  var dt = Double.infinity
  var dV = Double.infinity
  var dI = Double.infinity
  var dQ = Double.infinity
  /// In s; then by this factor until the times are further apart than dt.
  private var first = Double.infinity
  private var factor = 2.0

  init() {}

  init(_ rule: RecordRule, _ ratings: CellRatings) {
    func resolved(_ quantity: Quantity?) -> Double { quantity.map(ratings.value) ?? .infinity }
    if let growing = rule.first {
      first = growing.first.value
      factor = pow(10, 1 / Double(growing.perDecade))
    }
    dt = resolved(rule.dt)
    dV = resolved(rule.dV)
    dI = resolved(rule.dI)
    dQ = resolved(rule.dQ)
  }

  /// One of the growing times in s from the beginning of a part; infinite where they are too far apart.
  func growingTime(_ index: Double) -> Double {
    guard first < .infinity else { return .infinity }
    let time = first * pow(factor, index)
    return time * (1 - 1 / factor) < dt ? time : .infinity
  }

  var watchesMoves: Bool { min(dV, dI, dQ) < .infinity }

  /// The largest of the moves as a fraction of what is to be recorded.
  func move(from start: Reading, to end: Reading) -> Double {
    max(
      abs(end.voltage - start.voltage) / dV, abs(end.current - start.current) / dI,
      abs(end.charge - start.charge) / dQ)
  }
}
