import CellInterface

/// Everything that a cycler remembers between two steps, or inside a step where it imposes a control. Together with the
/// state of the cell and the history it is all that is needed to go on later as if nothing had happened.
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
  /// The reading before the present or last step.
  var stepOrigin: Reading
  /// The last cycle in which a step was begun.
  var lastCycle = 0
  /// What has been done since time last passed, and that time in s.
  var idleWork = 0
  var idleSince: Double
  var recorder: RecorderState
  /// Inside a step.
  var step: StepState?
  var stepsEnded = 0
  var cyclesEnded = 0

  /// Of a test that begins.
  init(at reading: Reading, start: Int) {
    next = start
    stepOrigin = reading
    idleSince = reading.time
    recorder = RecorderState(at: reading)
  }

  /// Where a step stands when a control is to be imposed.
  struct StepState: Codable, Equatable, Sendable {
    /// From 0.
    var part = 0
    /// The reading when that began.
    var partOrigin: Reading
    /// Whether the part has not been imposed yet.
    var isNewPart = true
    /// Whether its control is imposed again for nothing but to have a beginning here.
    var isContinuation = false
    var excursion: Excursion?
  }

  /// A reading beyond a bound of the safety window, and until when that is allowed.
  struct Excursion: Codable, Equatable, Sendable {
    var bound: SafetyBound
    /// Test time in s.
    var deadline: Double
    var reason: String
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

/// Where the recorder stands.
struct RecorderState: Codable, Equatable, Sendable {
  var position = Position()
  var recordCount = 0
  /// Since the start of the test, up to `covered`; and what it was when the cycle and the step began.
  var total = Throughput()
  var totalAtCycleStart = Throughput()
  var totalAtStepStart = Throughput()
  var stepType = StepType.rest
  /// Test time in s.
  var stepStart: Double
  var isFirstInstant = true
  /// The last instant that was recorded.
  var recorded: Reading
  /// The next multiple of dt to be recorded.
  var tick = 1.0
  /// When the present part of the step began (test time in s), and the next of the times that grow by the same factor.
  var partStart: Double
  var growth = 0.0
  /// The instant up to which the cell has been followed, always at the end of an internal step.
  var covered: Reading
  /// Of the cell's observables in the records of the cycle.
  var extremes = Extremes()

  /// Of a test that begins.
  init(at reading: Reading) {
    stepStart = reading.time
    recorded = reading
    partStart = reading.time
    covered = reading
  }
}

/// The steps and cycles that have ended, which only grow in number.
public struct CyclerHistory: Equatable, Sendable {
  public internal(set) var steps: [StepSummary] = []
  public internal(set) var cycles: [CycleSummary] = []

  public init() {}

  /// Up to a state of the test.
  public func prefix(upTo state: CyclerState) -> CyclerHistory {
    var history = CyclerHistory()
    history.steps = Array(steps.prefix(state.stepsEnded))
    history.cycles = Array(cycles.prefix(state.cyclesEnded))
    return history
  }
}
