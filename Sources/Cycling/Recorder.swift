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
  /// Up to `covered`.
  private(set) var counters: Counters
  private let ratings: CellRatings

  private var stepType = StepType.rest
  private var rule = ResolvedRule()
  /// Test time in s.
  private var stepStart = 0.0
  private var totalAtStepStart = Throughput()
  private var isFirstInstant = true
  /// Kept from record to record for its memory.
  private var observables: [Double] = []
  /// The last instant that was recorded.
  private var recorded: Reading
  /// The next multiple of dt to be recorded.
  private var tick = 1.0
  /// When the present part of the step began (test time in s), and the next of the times that grow by the same factor.
  private var partStart = 0.0
  private var growth = 0.0
  /// The instant up to which the cell has been followed, always at the end of an internal step.
  private var covered: Reading

  init(cell: Cell, output: Output, ratings: CellRatings, counters: Counters) {
    self.cell = cell
    self.output = output
    self.ratings = ratings
    self.counters = counters
    recorded = cell.reading
    covered = recorded
  }

  var stepThroughput: Throughput { counters.total - totalAtStepStart }
  var cycleThroughput: Throughput { counters.total - counters.totalAtCycleStart }

  /// Since the cycle began, up to a reading inside the internal step that is being made.
  func cycleThroughput(at reading: Reading) -> Throughput {
    var throughput = cycleThroughput
    throughput.add(from: covered, to: reading)
    return throughput
  }

  mutating func beginCycle() {
    counters.position.cycle += 1
    counters.totalAtCycleStart = counters.total
  }

  /// Takes up a step before its control is imposed.
  mutating func beginStep(id: Int, _ type: StepType, rule: RecordRule) {
    counters.position.stepCount += 1
    counters.position.stepID = id
    stepType = type
    self.rule = ResolvedRule(rule, ratings)
    stepStart = cell.reading.time
    totalAtStepStart = counters.total
    tick = 1
    partStart = stepStart
    growth = 0
    isFirstInstant = true
  }

  /// Takes up what the cell shows under a new control: the first instant of a step is always recorded, a
  /// later one where the readings have jumped, or where that is asked for.
  mutating func followControl(beginsPart: Bool, isRecorded: Bool) throws(OutputError) {
    covered = cell.reading
    if beginsPart {
      partStart = covered.time
      growth = 0
    }
    if isFirstInstant || isRecorded || rule.move(from: recorded, to: covered) >= 1 {
      try record(covered, counters.total)
    }
    isFirstInstant = false
  }

  /// Records the present instant unless that has been done.
  mutating func recordPresent() throws(OutputError) {
    if recorded.time < covered.time { try record(covered, counters.total) }
  }

  /// Follows the cell through its last internal step.
  mutating func follow() throws(OutputError) {
    let start = covered
    let end = cell.reading
    let reversal = currentReversal(from: start, to: end)
    let totalAtStart = counters.total
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
        if recorded.time < tickTime {
          let reading = tickTime == end.time ? end : cell.reading(at: tickTime)
          try record(reading, totals(at: reading))
        }
      }
    }
    counters.total = totals(at: end)
    covered = end
  }

  /// The next instant that is recorded because of its time.
  private var nextTick: Double { min(stepStart + tick * rule.dt, partStart + rule.growingTime(growth)) }

  private mutating func passTick() {
    if stepStart + tick * rule.dt <= partStart + rule.growingTime(growth) { tick += 1 } else { growth += 1 }
  }

  private mutating func record(_ reading: Reading, _ total: Throughput) throws(OutputError) {
    counters.recordCount += 1
    recorded = reading
    cell.observe(at: reading.time, into: &observables)
    try output.write(
      Record(
        reading: reading, index: counters.recordCount, position: counters.position, stepType: stepType,
        stepTime: reading.time - stepStart, ambientTemperature: cell.ambientTemperature, total: total,
        step: total - totalAtStepStart, cycle: total - counters.totalAtCycleStart,
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
    let recorded = recorded
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
