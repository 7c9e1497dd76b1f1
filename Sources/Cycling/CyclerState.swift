import CellInterface

/// Everything that a cycler remembers between two steps. Together with the state of the cell it is all that is needed to
/// go on later as if nothing had happened.
public struct CyclerState: Codable, Equatable, Sendable {
  /// Where the test stands in the protocol.
  var next: Int
  /// From the outermost one.
  var loops: [LoopState] = []
  var calls: [CallState] = []
  var variables: [String: Double] = [:]
  /// What the labelled steps came to when they were last carried out.
  var results: [String: StepResult] = [:]
  /// Whether a pass of an outermost loop has begun, so that the next one begins a new cycle.
  var hasLooped = false
  /// The reading before the last step.
  var stepOrigin: Reading
  /// The last cycle in which a step was begun.
  var lastCycle = 0
  /// What has been done since time last passed, and that time in s.
  var idleWork = 0
  var idleSince: Double
  var counters = Counters()

  /// Of a test that begins.
  init(at reading: Reading, start: Int) {
    next = start
    stepOrigin = reading
    idleSince = reading.time
  }

  struct LoopState: Codable, Equatable, Sendable {
    /// The reading when the loop began.
    var origin: Reading
    var passes = 0
    /// Test time in s and steps begun before the present pass.
    var passStart: Double
    var stepsBefore: Int
    /// The last pass that moved the cell or came nearer to what ends the loop.
    var progress: Progress?

    struct Progress: Codable, Equatable, Sendable {
      var pass: Int
      var reading: Reading
      /// How far each condition was from being met; infinite for what has no distance.
      var distances: [Double]
    }

    init(origin: Reading, stepCount: Int) {
      self.origin = origin
      passStart = origin.time
      stepsBefore = stepCount
    }
  }

  struct CallState: Codable, Equatable, Sendable {
    /// The instruction after the call.
    var returnTo: Int
    /// How many loops were open at the call.
    var loopCount: Int
  }
}

/// What a labelled step came to, in SI units.
struct StepResult: Codable, Equatable, Sendable {
  var duration: Double
  var voltage: Double
  var current: Double
  var temperature: Double
  var charge: Double
  var energy: Double
  var voltageChange: Double

  subscript(outcome: Outcome) -> Double {
    switch outcome {
    case .duration: duration
    case .voltage: voltage
    case .current: current
    case .temperature: temperature
    case .charge: charge
    case .energy: energy
    case .voltageChange: voltageChange
    }
  }
}

/// What the records count.
struct Counters: Codable, Equatable, Sendable {
  var position = Position()
  var recordCount = 0
  /// Since the start of the test, and what it was when the cycle began.
  var total = Throughput()
  var totalAtCycleStart = Throughput()
}
