/// A test as a lab writes it down: what the cycler does, step by step. Nothing in it depends on a cell;
/// C-rates, percentages and `Vmin`/`Vmax` are resolved when it is run.
public struct TestProtocol: Equatable, Sendable {
  public var name: String
  /// The state that the caller prepares the cell in; nil leaves it as it is.
  public var start: Start?
  /// Temperature in K of the cell and of its surroundings at the start; nil leaves them as they are.
  public var startTemperature: Double?
  public var safety: SafetyWindow
  public var statements: [Statement]

  public init(
    name: String, start: Start? = nil, startTemperature: Double? = nil, safety: SafetyWindow = SafetyWindow(),
    statements: [Statement]
  ) {
    self.name = name
    self.start = start
    self.startTemperature = startTemperature
    self.safety = safety
    self.statements = statements
  }
}

/// The rested state in which a test begins.
public enum Start: Equatable, Sendable {
  /// From 0 to 1.
  case stateOfCharge(Double)
  /// An open-circuit voltage.
  case voltage(Expression)
}

/// What a list of steps is made of.
public indirect enum Statement: Equatable, Sendable {
  case step(Step)
  case loop(Loop)
  /// Advances the cycle index. Anywhere in a protocol it replaces the default of one cycle per pass of an
  /// outermost loop.
  case nextCycle
  /// Sets the chamber to this temperature in K; takes no time.
  case ambientTemperature(Double)
}

/// Something done to the cell until a limit is reached.
public struct Step: Equatable, Sendable {
  public var action: Action
  /// Alternatives, each of which ends the step.
  public var until: [Condition]
  public var record: RecordRule
  public var label: String?
  public var note: String?

  public init(
    _ action: Action, until: [Condition] = [], record: RecordRule = .standard, label: String? = nil,
    note: String? = nil
  ) {
    self.action = action
    self.until = until
    self.record = record
    self.label = label
    self.note = note
  }
}

public enum Action: Equatable, Sendable {
  /// No current for this time.
  case rest(Expression)
  case charge(Drive)
  case discharge(Drive)
  /// A constant voltage.
  case hold(Expression)
  case ramp(Ramp)
}

/// A voltage, current or power that changes linearly with time and ends the step where it arrives. Charge is
/// positive.
public struct Ramp: Equatable, Sendable {
  public enum Variable: String, CaseIterable, Sendable {
    case voltage, current, power

    var dimension: Dimension {
      switch self {
      case .voltage: .voltage
      case .current: .current
      case .power: .power
      }
    }
  }

  public var variable: Variable
  /// nil begins at what the cell shows at the end of the step before.
  public var from: Expression?
  public var to: Expression
  /// Above zero whichever way the ramp goes.
  public var rate: Expression

  public init(_ variable: Variable, from: Expression? = nil, to: Expression, rate: Expression) {
    self.variable = variable
    self.from = from
    self.to = to
    self.rate = rate
  }
}

/// What a charge or discharge imposes, always as a positive magnitude.
public struct Drive: Equatable, Sendable {
  public enum Level: Equatable, Sendable {
    case current(Expression)
    case power(Expression)
    case resistance(Expression)
  }

  public var level: Level
  /// The voltage that ends this part of the step.
  public var to: Expression?
  /// If given, the voltage `to` is then held within the same step until the current has fallen to this.
  public var holdUntil: Expression?

  public init(_ level: Level, to: Expression? = nil, holdUntil: Expression? = nil) {
    self.level = level
    self.to = to
    self.holdUntil = holdUntil
  }
}

/// Repeats statements. At least one of `repeats` and `until` is there.
public struct Loop: Equatable, Sendable {
  public var repeats: Int?
  /// Looked at after each pass; `t`, `Q` and `E` count from the start of the loop.
  public var until: [Condition]
  public var statements: [Statement]
  /// Where it stands in the protocol, for messages; nil if it stands in no file.
  public var line: Int?

  public init(repeats: Int? = nil, until: [Condition] = [], statements: [Statement], line: Int? = nil) {
    self.repeats = repeats
    self.until = until
    self.statements = statements
    self.line = line
  }
}

/// When a step writes records between its first and last instant. A nil entry asks for none.
public struct RecordRule: Equatable, Sendable {
  /// At multiples of this step time.
  public var dt: Quantity?
  /// Whenever voltage, current or charge has moved this far from the last record.
  public var dV: Quantity?
  public var dI: Quantity?
  public var dQ: Quantity?

  public init(dt: Quantity? = nil, dV: Quantity? = nil, dI: Quantity? = nil, dQ: Quantity? = nil) {
    self.dt = dt
    self.dV = dV
    self.dI = dI
    self.dQ = dQ
  }

  /// Where a protocol has no `defaults: {record: …}`: every 30 s and every 5 mV, so that a slow discharge
  /// is not flooded with records and the knees of a fast one are kept.
  public static let standard = RecordRule(dt: Quantity(30, .time), dV: Quantity(0.005, .voltage))
}

/// The readings outside which the whole test is stopped.
public struct SafetyWindow: Equatable, Sendable {
  public struct Bounds: Equatable, Sendable {
    public var lower: Expression
    public var upper: Expression

    public init(_ lower: Expression, _ upper: Expression) {
      self.lower = lower
      self.upper = upper
    }
  }

  /// Without it, the cell's own voltage window guards the top while charging and the bottom while
  /// discharging.
  public var voltage: Bounds?
  public var current: Bounds?
  public var temperature: Bounds?

  public init(voltage: Bounds? = nil, current: Bounds? = nil, temperature: Bounds? = nil) {
    self.voltage = voltage
    self.current = current
    self.temperature = temperature
  }
}
