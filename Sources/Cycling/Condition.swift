import CellInterface

/// A name that a protocol may use where a value is wanted.
public enum Symbol: String, CaseIterable, Sendable {
  /// Time since the step began.
  case time = "t"
  case voltage = "V"
  case current = "I"
  case temperature = "T"
  case power = "P"
  /// Magnitude of the net charge that has passed since the step began.
  case charge = "Q"
  /// Magnitude of the net energy that has passed since the step began.
  case energy = "E"
  /// The lower and upper cut-off voltage of whatever cell is tested.
  case lowerCutoff = "Vmin"
  case upperCutoff = "Vmax"

  var dimension: Dimension {
    switch self {
    case .time: .time
    case .voltage, .lowerCutoff, .upperCutoff: .voltage
    case .current: .current
    case .temperature: .temperature
    case .power: .power
    case .charge: .charge
    case .energy: .energy
    }
  }

  /// Whether it changes during a step.
  var isReading: Bool { self != .lowerCutoff && self != .upperCutoff }
}

/// A value in a protocol, resolved against a cell and its readings.
public indirect enum Expression: Equatable, Sendable {
  case constant(Quantity)
  case symbol(Symbol)
  case absolute(Expression)

  /// The value as a function of the reading, in s, V, A, W, ohm, K, C, J, V/s, A/s or W/s. `origin` is the reading from
  /// which `t`, `Q` and `E` count.
  func compiled(for ratings: CellRatings, from origin: Reading) -> (Reading) -> Double {
    switch self {
    case .constant(let quantity):
      let value = quantity.value(nominalCapacity: ratings.nominalCapacity)
      return { _ in value }
    case .absolute(let inner):
      let inner = inner.compiled(for: ratings, from: origin)
      return { abs(inner($0)) }
    case .symbol(let symbol):
      switch symbol {
      case .time: return { $0.time - origin.time }
      case .voltage: return { $0.voltage }
      case .current: return { $0.current }
      case .temperature: return { $0.temperature }
      case .power: return { $0.voltage * $0.current }
      case .charge: return { abs($0.charge - origin.charge) }
      case .energy: return { abs($0.energy - origin.energy) }
      case .lowerCutoff: return { _ in ratings.voltageWindow.lowerBound }
      case .upperCutoff: return { _ in ratings.voltageWindow.upperBound }
      }
    }
  }

  /// The value at the instant `reading`.
  func value(for ratings: CellRatings, at reading: Reading) -> Double {
    compiled(for: ratings, from: reading)(reading)
  }

  var isReading: Bool {
    switch self {
    case .constant: false
    case .symbol(let symbol): symbol.isReading
    case .absolute(let inner): inner.isReading
    }
  }

  var dimension: Dimension {
    switch self {
    case .constant(let quantity): quantity.dimension
    case .symbol(let symbol): symbol.dimension
    case .absolute(let inner): inner.dimension
    }
  }
}

extension TestProtocol {
  /// The open-circuit voltage in V at which the test starts on a cell with these cut-offs; nil where it does not
  /// start at a voltage.
  public func startVoltage(within voltageWindow: ClosedRange<Double>) -> Double? {
    guard case .voltage(let voltage) = start else { return nil }
    switch voltage {
    case .symbol(.lowerCutoff): return voltageWindow.lowerBound
    case .symbol(.upperCutoff): return voltageWindow.upperBound
    case .constant(let quantity): return quantity.value
    case .symbol, .absolute: return nil
    }
  }
}

/// What a protocol needs to know of a cell to resolve C-rates, percentages and `Vmin`/`Vmax`.
struct CellRatings {
  /// In A·h.
  var nominalCapacity: Double
  /// In V.
  var voltageWindow: ClosedRange<Double>
}

/// Something that becomes true: `V <= 2.5 V`, or several such things at once.
public indirect enum Condition: Equatable, Sendable {
  case comparison(Comparison)
  case all([Condition])

  /// As a limit for the cell, met where it is ≤ 0.
  func limit(for ratings: CellRatings, from origin: Reading) -> Limit {
    switch self {
    case .comparison(let comparison):
      let reading = comparison.reading.compiled(for: ratings, from: origin)
      let bound = comparison.bound.compiled(for: ratings, from: origin)
      switch comparison.relation {
      case .atMost: return { reading($0) - bound($0) }
      case .atLeast: return { bound($0) - reading($0) }
      }
    case .all(let conditions):
      let limits = conditions.map { $0.limit(for: ratings, from: origin) }
      return { reading in
        var value = -Double.infinity
        for limit in limits { value = max(value, limit(reading)) }
        return value
      }
    }
  }

  /// The step time at which this becomes true, if it is about nothing but time: an exact end rather than
  /// a limit to be located.
  var endTime: Expression? {
    guard case .comparison(let comparison) = self, comparison.relation == .atLeast,
      comparison.reading == .symbol(.time)
    else { return nil }
    return comparison.bound
  }

  /// As the protocol has it.
  public var text: String {
    switch self {
    case .comparison(let comparison): comparison.text
    case .all(let conditions): conditions.map(\.text).joined(separator: " and ")
    }
  }
}

/// A reading on one side, a value that does not change during a step on the other.
public struct Comparison: Equatable, Sendable {
  /// Readings are continuous: `<` and `<=` are the same.
  public enum Relation: Sendable {
    case atMost, atLeast
  }

  public var reading: Expression
  public var relation: Relation
  public var bound: Expression
  /// As the protocol has it, for messages and summaries.
  public var text: String

  public init(_ reading: Expression, _ relation: Relation, _ bound: Expression, text: String) {
    self.reading = reading
    self.relation = relation
    self.bound = bound
    self.text = text
  }
}
