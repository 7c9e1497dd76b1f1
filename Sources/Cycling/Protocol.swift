import Documents

/// A test as a lab writes it down: what the cycler does, step by step. Nothing in it depends on a cell;
/// C-rates, percentages and `Vmin`/`Vmax` are resolved when it is run.
public struct TestProtocol: Equatable, Sendable {
  public var name: String
  public var sample: Sample
  /// The state that the caller prepares the cell in; nil leaves it as it is.
  public var start: Start?
  /// Where the voltage of `start` stands.
  public var startPlace = Place()
  /// Temperature in K of the cell and of its surroundings at the start; nil leaves them as they are.
  public var startTemperature: Double?
  public var safety: SafetyWindow
  public var variables: [Variable]
  public var routines: [Routine]
  public var statements: [Statement]
  public var remarks = Remarks()

  public init(
    name: String, sample: Sample = Sample(), start: Start? = nil, startTemperature: Double? = nil,
    safety: SafetyWindow = SafetyWindow(), variables: [Variable] = [], routines: [Routine] = [],
    statements: [Statement]
  ) {
    self.name = name
    self.sample = sample
    self.start = start
    self.startTemperature = startTemperature
    self.safety = safety
    self.variables = variables
    self.routines = routines
    self.statements = statements
  }

  /// The open-circuit voltage in V at which the test starts on a cell with these cut-offs; nil where it does not
  /// start at a voltage.
  public func startVoltage(within voltageWindow: ClosedRange<Double>) -> Double? {
    guard case .voltage(let voltage) = start else { return nil }
    switch voltage {
    case .symbol(.lowerCutoff): return voltageWindow.lowerBound
    case .symbol(.upperCutoff): return voltageWindow.upperBound
    case .constant(let quantity): return quantity.value
    default: return nil
    }
  }
}

/// What the test says of the cell, over what the cell says of itself.
public struct Sample: Equatable, Sendable {
  /// Nominal capacity; 1C moves it in an hour.
  public var capacity: Quantity?
  /// Electrode area in m².
  public var area: Double?
  /// Mass of the active material in kg.
  public var activeMass: Double?

  public init(capacity: Quantity? = nil, area: Double? = nil, activeMass: Double? = nil) {
    self.capacity = capacity
    self.area = area
    self.activeMass = activeMass
  }
}

/// The rested state in which a test begins.
public enum Start: Equatable, Sendable {
  /// From 0 to 1.
  case stateOfCharge(Double)
  /// An open-circuit voltage.
  case voltage(Expression)
}

/// A value that `set` changes.
public struct Variable: Equatable, Sendable {
  public var name: String
  public var initial: Expression

  public init(_ name: String, _ initial: Expression) {
    self.name = name
    self.initial = initial
  }
}

/// Statements with a name, carried out by `call`.
public struct Routine: Equatable, Sendable {
  public var name: String
  public var statements: [Statement]

  public init(_ name: String, _ statements: [Statement]) {
    self.name = name
    self.statements = statements
  }
}

/// Where something stands in a file, for complaints; no part of what it says, so that all places are equal.
public struct Place: Equatable, Sendable {
  /// nil for what stands in no file.
  public var file: String?
  public var line: Int?
  public var column: Int?
  public var key = ""

  /// Of what stands in no file.
  public init() {}

  init(_ node: DocumentNode) {
    file = node.file
    line = node.line
    column = node.column
    key = node.key
  }

  public static func == (_: Place, _: Place) -> Bool { true }

  /// A complaint about what stands here.
  public func error(_ message: String, advice: String? = nil) -> DocumentError {
    DocumentError(
      file: file ?? "the protocol", line: line, column: column, key: key, message: message, advice: advice)
  }
}

/// In what the language that a test was written in means something else than is done here, for the user; no part of the test,
/// so that all are equal.
public struct Remarks: Equatable, Sendable {
  public var texts: [String] = []

  public static func == (_: Remarks, _: Remarks) -> Bool { true }
}

/// One item of a list of steps.
public struct Statement: Equatable, Sendable {
  public indirect enum Verb: Equatable, Sendable {
    case step(Step)
    case loop(Loop)
    case branch(Branch)
    /// Carries out the routine of this name.
    case call(String)
    /// Goes on at this label.
    case goto(String)
    case set([Variable])
    /// Advances the cycle index. Anywhere in a protocol it replaces the default of one cycle per pass of an
    /// outermost loop.
    case nextCycle
    /// Sets the chamber to this temperature; takes no time.
    case ambientTemperature(Expression)
    /// Ends the test, for this reason.
    case end(String?)
  }

  public var verb: Verb
  /// Where `goto` finds it, and under which name the summary and `last` know a step.
  public var label: String?
  /// It is skipped where this is false.
  public var when: Condition?
  public var tags: [String]
  public var note: String?
  public var place: Place

  public init(
    _ verb: Verb, label: String? = nil, when: Condition? = nil, tags: [String] = [], note: String? = nil,
    place: Place = Place()
  ) {
    self.verb = verb
    self.label = label
    self.when = when
    self.tags = tags
    self.note = note
    self.place = place
  }
}

/// Something done to the cell until a limit is reached.
public struct Step: Equatable, Sendable {
  public var action: Action
  /// Alternatives, each of which ends the step.
  public var until: [Exit]
  public var record: RecordRule
  /// Replaces the bounds of the protocol, one by one.
  public var safety: SafetyWindow

  public init(
    _ action: Action, until: [Exit] = [], record: RecordRule = .standard, safety: SafetyWindow = SafetyWindow()
  ) {
    self.action = action
    self.until = until
    self.record = record
    self.safety = safety
  }
}

public enum Action: Equatable, Sendable {
  /// No current for this time.
  case rest(Expression)
  case charge(Drive)
  case discharge(Drive)
  /// A constant voltage, current, power or load.
  case hold(Level)
  case ramp(Ramp)
  case scan(Scan)
  case pulse(PulseTrain)
  case profile(Profile)
  case impedance(Impedance)
  case soak(Soak)
}

/// What is imposed on the terminals. In a `Drive` always a positive magnitude, elsewhere charge is positive.
public enum Level: Equatable, Sendable {
  case current(Expression)
  case voltage(Expression)
  case power(Expression)
  case resistance(Expression)
}

/// What a charge or discharge imposes.
public struct Drive: Equatable, Sendable {
  public enum Target: Equatable, Sendable {
    case voltage(Expression)
    case stateOfCharge(Expression)
  }

  /// Current, power or resistance.
  public var level: Level
  /// What ends this part of the step.
  public var to: Target?
  /// If given, the voltage `to` is then held within the same step until the current has fallen to this.
  public var holdUntil: Expression?

  public init(_ level: Level, to: Target? = nil, holdUntil: Expression? = nil) {
    self.level = level
    self.to = to
    self.holdUntil = holdUntil
  }
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

/// Cyclic voltammetry: the voltage goes from `start` to `first`, then in each cycle on to `second` and, but in the last,
/// back to `first`.
public struct Scan: Equatable, Sendable {
  /// nil starts at the voltage that the cell shows.
  public var start: Expression?
  public var first: Expression
  public var second: Expression
  /// In V/s.
  public var rate: Expression
  public var cycles: Int

  public init(start: Expression? = nil, first: Expression, second: Expression, rate: Expression, cycles: Int = 1) {
    self.start = start
    self.first = first
    self.second = second
    self.rate = rate
    self.cycles = cycles
  }
}

/// Levels one after the other, all in one step.
public struct PulseTrain: Equatable, Sendable {
  public struct Pulse: Equatable, Sendable {
    public var level: Level
    public var duration: Expression

    public init(_ level: Level, _ duration: Expression) {
      self.level = level
      self.duration = duration
    }
  }

  public var pulses: [Pulse]
  public var repeats: Int

  public init(_ pulses: [Pulse], repeats: Int = 1) {
    self.pulses = pulses
    self.repeats = repeats
  }
}

/// A drive cycle: each row of a file holds until the time of the next, the last marks the end.
public struct Profile: Equatable, Sendable {
  public struct Row: Equatable, Sendable {
    /// In s, from 0.
    public var time: Double
    /// In A, V or W; charge is positive.
    public var value: Double
  }

  public var variable: Ramp.Variable
  /// As the protocol names it.
  public var file: String
  public var timeColumn: String
  public var valueColumn: String
  public var isDischargePositive: Bool
  public var scale: Double
  /// nil begins anew until something ends the step.
  public var repeats: Int?
  public var rows: [Row]
}

/// Electrochemical impedance spectroscopy.
public struct Impedance: Equatable, Sendable {
  /// A current or a voltage, by which the spectrum is galvanostatic or potentiostatic.
  public var amplitude: Expression
  /// What the amplitude is about, of the same kind; nil is what the cell shows at rest.
  public var dc: Expression?
  /// In 1/s.
  public var from: Expression
  public var to: Expression
  public var pointsPerDecade: Int

  public init(amplitude: Expression, dc: Expression? = nil, from: Expression, to: Expression, pointsPerDecade: Int) {
    self.amplitude = amplitude
    self.dc = dc
    self.from = from
    self.to = to
    self.pointsPerDecade = pointsPerDecade
  }
}

/// A rest in a chamber that is set to another temperature.
public struct Soak: Equatable, Sendable {
  public var temperature: Expression
  public var duration: Expression
  /// If given, the duration counts from when the cell is this near to the temperature.
  public var tolerance: Expression?

  public init(_ temperature: Expression, for duration: Expression, tolerance: Expression? = nil) {
    self.temperature = temperature
    self.duration = duration
    self.tolerance = tolerance
  }
}

/// Repeats statements.
public struct Loop: Equatable, Sendable {
  /// Passes, or passes for each of `values`; without it the loop goes on until a condition is met.
  public var repeats: Int?
  /// The variable that counts the passes from 1.
  public var counter: String?
  /// A variable that takes one value after the other.
  public var values: Values?
  /// Looked at after each pass; `t`, `Q` and `E` count from the start of the loop.
  public var until: [Exit]
  public var statements: [Statement]

  public struct Values: Equatable, Sendable {
    public var name: String
    public var list: [Expression]

    public init(_ name: String, _ list: [Expression]) {
      self.name = name
      self.list = list
    }
  }

  public init(
    repeats: Int? = nil, counter: String? = nil, values: Values? = nil, until: [Exit] = [], statements: [Statement]
  ) {
    self.repeats = repeats
    self.counter = counter
    self.values = values
    self.until = until
    self.statements = statements
  }
}

public struct Branch: Equatable, Sendable {
  public var condition: Condition
  public var then: [Statement]
  public var otherwise: [Statement]

  public init(_ condition: Condition, then: [Statement], otherwise: [Statement] = []) {
    self.condition = condition
    self.then = then
    self.otherwise = otherwise
  }
}

/// When a step writes records between its first and last instant. A nil entry asks for none.
public struct RecordRule: Equatable, Sendable {
  /// At times that grow by the same factor, from the beginning of a part of a step.
  public struct Logarithmic: Equatable, Sendable {
    public var first: Quantity
    public var perDecade: Int

    public init(first: Quantity, perDecade: Int) {
      self.first = first
      self.perDecade = perDecade
    }
  }

  /// At multiples of this step time.
  public var dt: Quantity?
  /// Whenever voltage, current or charge has moved this far from the last record.
  public var dV: Quantity?
  public var dI: Quantity?
  public var dQ: Quantity?
  /// Until these are further apart than `dt`.
  public var first: Logarithmic?

  public init(
    dt: Quantity? = nil, dV: Quantity? = nil, dI: Quantity? = nil, dQ: Quantity? = nil, first: Logarithmic? = nil
  ) {
    self.dt = dt
    self.dV = dV
    self.dI = dI
    self.dQ = dQ
    self.first = first
  }

  /// In s, V and A. Finer no instrument records, and a run would never come to its end.
  static let finest = (dt: 1e-6, dV: 1e-9, dI: 1e-15)

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
  /// The most charge that a step may move.
  public var charge: Expression?
  /// How long a reading must be outside before the test is stopped.
  public var delay: Expression?

  public init(
    voltage: Bounds? = nil, current: Bounds? = nil, temperature: Bounds? = nil, charge: Expression? = nil,
    delay: Expression? = nil
  ) {
    self.voltage = voltage
    self.current = current
    self.temperature = temperature
    self.charge = charge
    self.delay = delay
  }

  /// These bounds where there are some, else those of `base`.
  func over(_ base: SafetyWindow) -> SafetyWindow {
    SafetyWindow(
      voltage: voltage ?? base.voltage, current: current ?? base.current,
      temperature: temperature ?? base.temperature, charge: charge ?? base.charge, delay: delay ?? base.delay)
  }
}
