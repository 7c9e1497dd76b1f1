/// A name that a protocol may use where a value is wanted.
public enum Symbol: String, CaseIterable, Sendable {
  /// Time since the step began.
  case time = "t"
  /// Time since the test began.
  case testTime = "t_test"
  case voltage = "V"
  case current = "I"
  case power = "P"
  /// Magnitude of voltage over current.
  case resistance = "R"
  case temperature = "T"
  case stateOfCharge = "SOC"
  /// Magnitude of the net charge and energy that have passed since the step began.
  case charge = "Q"
  case energy = "E"
  /// What has gone into the cell and come out of it since the cycle began.
  case chargedInCycle = "Q_chg"
  case dischargedInCycle = "Q_dis"
  case energyChargedInCycle = "E_chg"
  case energyDischargedInCycle = "E_dis"
  /// Magnitude of the net charge and energy that have passed since the test began.
  case testCharge = "Q_test"
  case testEnergy = "E_test"
  /// Change of the voltage since the end of the step before.
  case voltageChange = "dV"
  case voltageRate = "dV/dt"
  case currentRate = "dI/dt"
  case temperatureRate = "dT/dt"
  /// The lower and upper cut-off voltage of whatever cell is tested.
  case lowerCutoff = "Vmin"
  case upperCutoff = "Vmax"

  var dimension: Dimension {
    switch self {
    case .time, .testTime: .time
    case .voltage, .voltageChange, .lowerCutoff, .upperCutoff: .voltage
    case .current: .current
    case .power: .power
    case .resistance: .resistance
    case .temperature: .temperature
    case .stateOfCharge: .fraction
    case .charge, .chargedInCycle, .dischargedInCycle, .testCharge: .charge
    case .energy, .energyChargedInCycle, .energyDischargedInCycle, .testEnergy: .energy
    case .voltageRate: .voltageRate
    case .currentRate: .currentRate
    case .temperatureRate: .temperatureRate
    }
  }

  /// Whether it changes during a step.
  var isReading: Bool { self != .lowerCutoff && self != .upperCutoff }

  /// The names of all readings, for messages.
  static var readings: String { allCases.filter(\.isReading).map(\.rawValue).joined(separator: ", ") }
}

/// What a labelled step came to, as in `last('check-up').Q`.
public enum Outcome: String, CaseIterable, Codable, Sendable {
  case duration = "t"
  /// At the end of the step.
  case voltage = "V"
  case current = "I"
  case temperature = "T"
  /// Magnitude of the net charge and energy.
  case charge = "Q"
  case energy = "E"
  /// Change of the voltage since the end of the step before.
  case voltageChange = "dV"

  var dimension: Dimension {
    switch self {
    case .duration: .time
    case .voltage, .voltageChange: .voltage
    case .current: .current
    case .temperature: .temperature
    case .charge: .charge
    case .energy: .energy
    }
  }
}

/// A value in a protocol. Nothing in it depends on a cell.
public indirect enum Expression: Equatable, Sendable {
  public enum Operator: String, CaseIterable, Sendable {
    case plus = "+"
    case minus = "-"
    case times = "*"
    case divided = "/"
    case modulo = "%"

    /// `a - (b - c)` needs its parentheses, as does `(a - b) * c`.
    var precedence: Int { self == .plus || self == .minus ? 1 : 2 }
  }

  public enum Function: String, CaseIterable, Sendable {
    case abs, min, max

    func hasRightCount(_ count: Int) -> Bool { self == .abs ? count == 1 : count >= 2 }
  }

  case constant(Quantity)
  /// Without a unit. Zero is zero of any kind but a temperature.
  case number(Double)
  case symbol(Symbol)
  case variable(String, Dimension)
  case last(label: String, Outcome)
  case negated(Expression)
  case operation(Expression, Operator, Expression)
  case function(Function, [Expression])

  var dimension: Dimension {
    switch self {
    case .constant(let quantity): quantity.dimension
    case .number: .fraction
    case .symbol(let symbol): symbol.dimension
    case .variable(_, let dimension): dimension
    case .last(_, let outcome): outcome.dimension
    case .negated(let inner): inner.dimension
    case .operation(let left, .times, let right): left.dimension.times(right.dimension)
    case .operation(let left, .divided, let right): left.dimension.per(right.dimension)
    case .operation(let left, _, let right): left.isZero ? right.dimension : left.dimension
    case .function(_, let arguments): (arguments.first { !$0.isZero } ?? arguments[0]).dimension
    }
  }

  /// A zero without a unit.
  var isZero: Bool { self == .number(0) }

  /// Whether it changes during a step.
  var isReading: Bool { contains { if case .symbol(let symbol) = $0 { symbol.isReading } else { false } } }

  /// Whether it may change at all while a test runs.
  var isConstant: Bool {
    !contains {
      switch $0 {
      case .symbol(let symbol): symbol.isReading
      case .variable, .last: true
      default: false
      }
    }
  }

  func contains(_ isMeant: (Expression) -> Bool) -> Bool {
    if isMeant(self) { return true }
    return switch self {
    case .constant, .number, .symbol, .variable, .last: false
    case .negated(let inner): inner.contains(isMeant)
    case .operation(let left, _, let right): left.contains(isMeant) || right.contains(isMeant)
    case .function(_, let arguments): arguments.contains { $0.contains(isMeant) }
    }
  }

  /// As a protocol has it.
  public var text: String {
    switch self {
    case .constant(let quantity): quantity.text
    case .number(let value): Cycling.number(value)
    case .symbol(let symbol): symbol.rawValue
    case .variable(let name, _): name
    case .last(let label, let outcome): "last('\(label)').\(outcome.rawValue)"
    case .negated(let inner): "-" + inner.text(within: 3)
    case .operation(let left, let sign, let right):
      // Without parentheses `2C / 3` is a C-rate.
      "\(sign == .divided && left.endsAsRate ? "(\(left.text))" : left.text(within: sign.precedence)) "
        + "\(sign.rawValue) \(right.text(within: sign.precedence + 1))"
    case .function(let function, let arguments):
      "\(function.rawValue)(\(arguments.map(\.text).joined(separator: ", ")))"
    }
  }

  /// Whether the last factor is a C-rate.
  private var endsAsRate: Bool {
    switch self {
    case .constant(let quantity): quantity.dimension == .current && quantity.basis == .nominalCapacity
    case .operation(_, let sign, let right) where sign.precedence == 2: right.endsAsRate
    default: false
    }
  }

  private func text(within precedence: Int) -> String {
    if case .operation(_, let sign, _) = self, sign.precedence < precedence { return "(\(text))" }
    if case .negated = self, precedence == 3 { return "(\(text))" }
    return text
  }
}
