import Integration
import Testing

/// A DAE given by one generic function, for tests.
protocol TestSystem: DAESystem {}

extension TestSystem {
  func residual(
    at time: Double, _ y: UnsafePointer<Double>, _ rate: UnsafePointer<Double>,
    _ residual: UnsafeMutablePointer<Double>
  ) { evaluate(at: time, y, rate, residual) }
  func residual(
    at time: Double, _ y: UnsafePointer<Dual8>, _ rate: UnsafePointer<Dual8>,
    _ residual: UnsafeMutablePointer<Dual8>
  ) { evaluate(at: time, y, rate, residual) }
}

/// Robertson's kinetics with the conservation law in place of the third equation.
private final class Robertson: TestSystem {
  let unknownCount = 3
  func isDifferential(_ unknown: Int) -> Bool { unknown < 2 }
  func absoluteTolerance(_ unknown: Int) -> Double { [1e-12, 1e-16, 1e-12][unknown] }
  func evaluate<S: Scalar>(
    at time: Double, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ r: UnsafeMutablePointer<S>
  ) {
    let forward = 0.04 * y[0]
    let back = 1e4 * (y[1] * y[2])
    r[0] = rate[0] + forward - back
    r[1] = rate[1] - forward + back + 3e7 * (y[1] * y[1])
    r[2] = y[0] + y[1] + y[2] - 1.0
  }
}

/// x' = −exp(z), 0 = z − ln x: x = exp(−t), z = −t from x(0) = 1.
private final class ExponentialPair: TestSystem {
  let unknownCount = 2
  let tolerance: Double
  init(tolerance: Double) { self.tolerance = tolerance }
  func isDifferential(_ unknown: Int) -> Bool { unknown == 0 }
  func absoluteTolerance(_ unknown: Int) -> Double { tolerance }
  func evaluate<S: Scalar>(
    at time: Double, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ r: UnsafeMutablePointer<S>
  ) {
    r[0] = rate[0] + S.exp(y[1])
    r[1] = y[1] - S.log(y[0])
  }
}

/// Height h and speed v of a falling ball: h = h₀ − g t²/2.
private final class Ball: TestSystem {
  let unknownCount = 2
  func isDifferential(_ unknown: Int) -> Bool { true }
  func absoluteTolerance(_ unknown: Int) -> Double { 1e-10 }
  func evaluate<S: Scalar>(
    at time: Double, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ r: UnsafeMutablePointer<S>
  ) {
    r[0] = rate[0] - y[1]
    r[1] = rate[1] + S(9.81)
  }
}

/// x' = z, 0 = z − (u − x): a low-pass filter whose input u, at t = 0 and its slope, the test switches.
private final class Filter: TestSystem {
  let unknownCount = 2
  var input = 1.0
  var slope = 0.0
  func isDifferential(_ unknown: Int) -> Bool { unknown == 0 }
  func absoluteTolerance(_ unknown: Int) -> Double { 1e-12 }
  func evaluate<S: Scalar>(
    at time: Double, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ r: UnsafeMutablePointer<S>
  ) {
    r[0] = rate[0] - y[1]
    r[1] = y[1] - (input + slope * time - y[0])
  }
}

/// x' = z, 0 = z − (u − x), with no solution beyond a time, until it is asked for one at that time: then u is another.
private final class Stumbling: TestSystem {
  let unknownCount = 2
  var end = Double.infinity
  private var input = 1.0
  func isDifferential(_ unknown: Int) -> Bool { unknown == 0 }
  func absoluteTolerance(_ unknown: Int) -> Double { 1e-8 }
  func evaluate<S: Scalar>(
    at time: Double, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ r: UnsafeMutablePointer<S>
  ) {
    if time == end { (end, input) = (.infinity, -5) }
    r[0] = rate[0] - y[1]
    r[1] = time > end ? S(.nan) : y[1] - (input - y[0])
  }
}

/// A row of neighbours of which the first follows a square wave, and its logarithm, which there is not where a step overshoots.
private final class SquareWave: TestSystem {
  let unknownCount = 37
  func isDifferential(_ unknown: Int) -> Bool { unknown < 36 }
  func absoluteTolerance(_ unknown: Int) -> Double { 1e-7 }
  func evaluate<S: Scalar>(
    at time: Double, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ r: UnsafeMutablePointer<S>
  ) {
    let input = time.truncatingRemainder(dividingBy: 1) < 0.5 ? 1 : 1e-3
    r[0] = rate[0] + 200.0 * (y[0] - input)
    for i in 1..<36 { r[i] = rate[i] - 50.0 * (y[i - 1] - 2.0 * y[i] + y[i < 35 ? i + 1 : i]) }
    r[36] = y[36] - S.log(y[0])
  }
}

/// x' = 0, 0 = √z + 1: no state is consistent.
private final class Impossible: TestSystem {
  let unknownCount = 2
  func isDifferential(_ unknown: Int) -> Bool { unknown == 0 }
  func absoluteTolerance(_ unknown: Int) -> Double { 1e-6 }
  func evaluate<S: Scalar>(
    at time: Double, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ r: UnsafeMutablePointer<S>
  ) {
    r[0] = rate[0]
    r[1] = S.sqrt(y[1]) + 1.0
  }
}

private func integrator(_ system: some DAESystem, tolerance: Double, isPlain: Bool = false) throws -> IDA {
  try IDA(system, solver: SparseSolver(system), relativeTolerance: tolerance, isPlain: isPlain)
}

private func run(_ ida: IDA, to end: Double) throws {
  while try ida.step(to: end) == .stepped {}
}

@Suite struct IDATests {
  // Radau IIA of order 5 with a relative tolerance of 3e-14 (SciPy).
  @Test(arguments: [
    (0.4, [0.9851721138609876, 3.3863953789749015e-05, 0.01479402218522033]),
    (40.0, [0.7158270687194028, 9.185534764557766e-06, 0.28416374574583014]),
    (40000.0, [0.03898337708548383, 1.6217683159097376e-07, 0.961016460737677]),
  ])
  func robertson(time: Double, reference: [Double]) throws {
    let ida = try integrator(Robertson(), tolerance: 1e-9)
    ida.state[0] = 1
    try ida.start(at: 0)
    try run(ida, to: time)
    #expect(ida.time == time)
    for (value, expected) in zip(ida.state, reference) { #expect(abs(value / expected - 1) < 1e-6) }
  }

  @Test func indexOneClosedFormConvergesWithTheTolerance() throws {
    var errors: [Double] = []
    for tolerance in [1e-4, 1e-6, 1e-8, 1e-10] {
      let ida = try integrator(ExponentialPair(tolerance: tolerance), tolerance: tolerance)
      ida.state[0] = 1
      ida.state[1] = 0.3  // a wrong guess of the algebraic unknown
      try ida.start(at: 0)
      #expect(abs(ida.state[1]) < 1e-3 * tolerance)
      #expect(abs(ida.rate[0] + 1) < 1e-3 * tolerance)
      try run(ida, to: 3)
      // An error of x is multiplied by 1/x = exp(3) in z = ln x.
      errors.append(Double.exp(-3) * abs(ida.state[1] + 3))
      #expect(errors.last! < 30 * tolerance)
    }
    // The error follows the tolerance.
    for (looser, tighter) in zip(errors, errors.dropFirst()) { #expect(tighter < looser) }
  }

  /// Ours do less than SUNDIALS asks of them (`vector.h`): through orders that rise and fall and steps that fail in every way they
  /// have to remember the same.
  @Test(arguments: [1e-3, 1e-5, 1e-7]) func vectorsOfOurOwnRememberWhatPlainOnesDo(tolerance: Double) throws {
    let ours = try integrator(SquareWave(), tolerance: tolerance)
    let plain = try integrator(SquareWave(), tolerance: tolerance, isPlain: true)
    for ida in [ours, plain] {
      for i in 0..<36 { ida.state[i] = 1 }
      try ida.start(at: 0)
      try run(ida, to: 3.25)
    }
    #expect(ours.statistics.errorTestFailures > 100 && ours.statistics.newtonFailures > 10)
    // What is wrong in the history costs steps before it shows.
    #expect(ours.statistics.steps < plain.statistics.steps * 11 / 10)
    for i in ours.state.indices { #expect(abs(ours.state[i] - plain.state[i]) < 10 * tolerance, "\(i)") }
  }

  @Test func eventIsLocatedToTolerance() throws {
    let ida = try integrator(Ball(), tolerance: 1e-10)
    ida.state[0] = 20
    try ida.start(at: 0, watching: 2) { _, y, g in
      g[0] = y[0] + 5
      g[1] = y[0]
    }
    var outcome = IDA.Outcome.stepped
    while outcome == .stepped { outcome = try ida.step(to: 100) }
    #expect(outcome == .foundRoot(1))
    #expect(abs(ida.time - (2 * 20 / 9.81).squareRoot()) < 1e-9)
    #expect(abs(ida.state[0]) < 1e-8)
  }

  @Test func interpolatesInsideTheLastStep() throws {
    let ida = try integrator(ExponentialPair(tolerance: 1e-8), tolerance: 1e-8)
    ida.state[0] = 1
    try ida.start(at: 0)
    while ida.time < 2 { _ = try ida.step(to: .infinity) }
    var y = [0.0, 0.0]
    for fraction in [0.1, 0.5, 0.9] {
      let time = ida.stepStart + fraction * (ida.time - ida.stepStart)
      try ida.interpolate(at: time, into: &y)
      #expect(abs(y[1] + time) < 1e-6)
      try ida.interpolate(at: time, derivative: 1, into: &y)
      #expect(abs(y[1] + 1) < 1e-4)
    }
    #expect(throws: IntegrationError(.badTime, time: ida.time)) {
      try ida.interpolate(at: ida.time + 10, into: &y)
    }
  }

  @Test func restartsAfterADiscontinuity() throws {
    let system = Filter()
    let ida = try integrator(system, tolerance: 1e-10)
    try ida.start(at: 0)
    try run(ida, to: 1)
    let peak = 1 - Double.exp(-1)
    #expect(abs(ida.state[0] - peak) < 1e-8)
    system.input = -1
    try ida.start(at: 1)
    #expect(abs(ida.state[1] - (-1 - ida.state[0])) < 1e-14)
    try run(ida, to: 3)
    #expect(abs(ida.state[0] - (-1 + (peak + 1) * Double.exp(-2))) < 1e-8)
    #expect(ida.statistics.starts == 2)
    #expect(ida.statistics.steps > 20)
  }

  /// Where a ramp begins all known rates are zero, and nothing says how short the first step has to be.
  @Test func aRampBeginsFromRest() throws {
    let filter = Filter()
    filter.input = 0
    filter.slope = 1
    let tolerance = 1e-9
    let ida = try integrator(filter, tolerance: tolerance)
    try ida.start(at: 0)
    try run(ida, to: 10)
    // Each step errs by less than √2 tolerances, and the filter forgets.
    let bound = 1.5 * tolerance * Double(ida.statistics.steps)
    #expect(abs(ida.state[1] - (1 - Double.exp(-10))) < bound)
    #expect(abs(ida.state[0] - (9 + Double.exp(-10))) < 10 * bound)
  }

  @Test func anImpossibleStartIsAnErrorWithItsTime() throws {
    let ida = try integrator(Impossible(), tolerance: 1e-6)
    ida.state[1] = 1
    #expect(throws: IntegrationError(.inconsistentStart, time: 7)) { try ida.start(at: 7) }
  }

  @Test func aFailedStartLeavesTheStateAsItWas() throws {
    let ida = try integrator(Impossible(), tolerance: 1e-6)
    ida.state[0] = 3
    ida.state[1] = 1
    #expect(throws: IntegrationError.self) { try ida.start(at: 0) }
    #expect(Array(ida.state) == [3, 1])
    #expect(ida.statistics.starts == 0)
  }

  @Test func anEndThatIsAlreadyThereIsReached() throws {
    let ida = try integrator(Ball(), tolerance: 1e-6)
    ida.state[0] = 20
    try ida.start(at: 86_400)
    #expect(try ida.step(to: 86_400 + 1e-11) == .reachedEnd)
    #expect(ida.time == 86_400 + 1e-11)
    #expect(abs(ida.state[0] - 20) < 1e-9)
  }

  /// A function that falls by 10⁶ within the resolution of IDA's own root search is still met to the last digit of time.
  @Test func aSteepEventIsLocatedToTheLastDigitOfTime() throws {
    let ida = try integrator(Ball(), tolerance: 1e-10)
    ida.state[0] = 20
    let steepness = 1e16
    try ida.start(at: 0, watching: 1) { _, y, g in g[0] = steepness * y[0] }
    var outcome = IDA.Outcome.stepped
    while outcome == .stepped { outcome = try ida.step(to: 100) }
    #expect(outcome == .foundRoot(0))
    // One unit in the last place of 2 s, at some 20 m/s.
    #expect(ida.state[0] <= 0 && ida.state[0] > -40 * (2.0.ulp))
  }

  /// Where the state jumps over the limit, because it has to begin anew somewhere else, it does not end beyond: what was told
  /// last before the jump still stands.
  @Test func aJumpEndsBeforeTheLimit() throws {
    let system = Stumbling()
    let ida = try integrator(system, tolerance: 1e-6)
    ida.state[0] = 0
    try ida.start(at: 0, watching: 2) { _, y, values in
      values[0] = y[1] - 0.5
      values[1] = y[1] + 1
    }
    while ida.time < 0.1 { #expect(try ida.step(to: 10) == .stepped) }
    let (time, told) = (ida.time, ida.state[1])
    #expect(abs(told - Double.exp(-time)) < 1e-4)
    // z jumps to −5 − x, below both; they are told in their order.
    system.end = time
    #expect(try ida.step(to: 10) == .foundRoot(0))
    #expect(ida.time == time && ida.state[1] == told)
    #expect(try ida.step(to: 10) != .foundRoot(0))
    #expect(ida.state[1] < -4)
  }

  @Test func everyFlagHasANameAndAdvice() {
    let flags = IntegrationError.Flag.allCases
    #expect(Set(flags.map(\.name)).count == flags.count)
    for flag in flags {
      let text = IntegrationError(flag, time: 1.5).description
      #expect(text.contains(flag.meaning) && text.contains(flag.advice) && text.contains("t = 1.5"))
      // The library's name is for those who report a defect.
      #expect(text.contains(flag.name) == flag.advice.contains("defect"))
    }
  }
}
