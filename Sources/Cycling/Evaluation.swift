import CellInterface

/// What expressions are resolved against at one instant. Until the next instant only readings change.
struct Evaluation {
  let ratings: CellRatings
  let variables: [String: Double]
  let results: [String: StepResult]
  /// The reading from which `t`, `Q`, `E` and `dV` count.
  let origin: Reading
  /// What has passed since the cycle began, up to a reading.
  let cycleThroughput: (Reading) -> Throughput
  let rates: (Double) -> ReadingRates
  /// Whether rates are known at a time: not in the first instant of a control.
  let knowsRates: (Double) -> Bool

  /// A value that is known already, or that follows from a reading.
  enum Value {
    case known(Double)
    case reading((Reading) -> Double)

    var function: (Reading) -> Double {
      switch self {
      case .known(let value): { _ in value }
      case .reading(let function): function
      }
    }
  }

  /// Why something has no value.
  struct Complaint: Error {
    var message: String
  }

  /// The value in s, V, A, W, ohm, K, C, J, 1 or a combination of these.
  func value(_ expression: Expression, at reading: Reading) throws(Complaint) -> Double {
    switch try bound(expression) {
    case .known(let value): value
    case .reading(let function): function(reading)
    }
  }

  /// A value as a person writes it: as the protocol has it, or what has been computed.
  func text(_ expression: Expression, _ dimension: Dimension, at reading: Reading) -> String {
    if case .constant(let quantity) = expression { return quantity.text }
    let value = try? value(expression, at: reading)
    return value.map { Quantity($0, dimension).text } ?? expression.text
  }

  /// The expression as a function of the reading.
  func bound(_ expression: Expression) throws(Complaint) -> Value {
    switch expression {
    case .constant(let quantity): return .known(ratings.value(quantity))
    case .number(let value): return .known(value)
    case .symbol(let symbol): return bound(symbol)
    case .variable(let name, _):
      guard let value = variables[name] else { throw Complaint(message: "'\(name)' has no value yet") }
      return .known(value)
    case .last(let label, let outcome):
      guard let result = results[label] else {
        throw Complaint(message: "\(expression.text) has no value: no step with that label has been carried out")
      }
      return .known(result[outcome])
    case .negated(let inner):
      switch try bound(inner) {
      case .known(let value): return .known(-value)
      case .reading(let function): return .reading { -function($0) }
      }
    case .operation(let left, let sign, let right):
      let operation: (Double, Double) -> Double =
        switch sign {
        case .plus: (+)
        case .minus: (-)
        case .times: (*)
        case .divided: (/)
        case .modulo: { $0.truncatingRemainder(dividingBy: $1) }
        }
      switch (try bound(left), try bound(right)) {
      case (.known(let left), .known(let right)): return .known(operation(left, right))
      case (let left, let right):
        let (left, right) = (left.function, right.function)
        return .reading { operation(left($0), right($0)) }
      }
    case .function(let function, let arguments):
      var bounds: [Value] = []
      for argument in arguments { bounds.append(try bound(argument)) }
      let functions = bounds.map(\.function)
      let first = functions[0]
      let rest = functions.dropFirst()
      switch function {
      case .abs: return .reading { Swift.abs(first($0)) }
      case .min: return .reading { reading in rest.reduce(first(reading)) { Swift.min($0, $1(reading)) } }
      case .max: return .reading { reading in rest.reduce(first(reading)) { Swift.max($0, $1(reading)) } }
      }
    }
  }

  private func bound(_ symbol: Symbol) -> Value {
    let origin = origin
    switch symbol {
    case .time: return .reading { $0.time - origin.time }
    case .testTime: return .reading { $0.time }
    case .voltage: return .reading { $0.voltage }
    case .current: return .reading { $0.current }
    case .power: return .reading { $0.voltage * $0.current }
    case .resistance: return .reading { abs($0.voltage / $0.current) }
    case .temperature: return .reading { $0.temperature }
    case .stateOfCharge:
      guard let scale = ratings.stateOfChargeScale else { preconditionFailure("`check` comes before") }
      return .reading { scale.start + $0.charge / (3600 * scale.capacity) }
    case .charge: return .reading { abs($0.charge - origin.charge) }
    case .energy: return .reading { abs($0.energy - origin.energy) }
    case .testCharge: return .reading { abs($0.charge) }
    case .testEnergy: return .reading { abs($0.energy) }
    case .chargedInCycle: return .reading { [cycleThroughput] in cycleThroughput($0).chargingCharge }
    case .dischargedInCycle: return .reading { [cycleThroughput] in cycleThroughput($0).dischargingCharge }
    case .energyChargedInCycle: return .reading { [cycleThroughput] in cycleThroughput($0).chargingEnergy }
    case .energyDischargedInCycle: return .reading { [cycleThroughput] in cycleThroughput($0).dischargingEnergy }
    case .voltageChange: return .reading { $0.voltage - origin.voltage }
    case .voltageRate: return .reading { [rates] in rates($0.time).voltage }
    case .currentRate: return .reading { [rates] in rates($0.time).current }
    case .temperatureRate: return .reading { [rates] in rates($0.time).temperature }
    case .lowerCutoff: return .known(ratings.voltageWindow.lowerBound)
    case .upperCutoff: return .known(ratings.voltageWindow.upperBound)
    }
  }

  // MARK: conditions

  /// Whether a condition is true at one instant.
  func isTrue(_ condition: Condition, at reading: Reading) throws(Complaint) -> Bool {
    switch condition {
    case .comparison(let comparison):
      return comparison.relation.holds(
        try value(comparison.left, at: reading), try value(comparison.right, at: reading))
    case .all(let conditions):
      for condition in conditions where try !isTrue(condition, at: reading) { return false }
      return true
    case .any(let conditions):
      for condition in conditions where try isTrue(condition, at: reading) { return true }
      return false
    }
  }

  /// How far a condition is from being true, in whatever it compares; the more, the farther.
  func distance(to condition: Condition, at reading: Reading) throws(Complaint) -> Double {
    switch condition {
    case .comparison(let comparison):
      let left = try value(comparison.left, at: reading)
      let right = try value(comparison.right, at: reading)
      return comparison.relation.isOrder ? (comparison.relation.isUpward ? right - left : left - right) : .infinity
    case .all(let conditions):
      var distance = -Double.infinity
      for condition in conditions { distance = max(distance, try self.distance(to: condition, at: reading)) }
      return distance
    case .any(let conditions):
      var distance = Double.infinity
      for condition in conditions { distance = min(distance, try self.distance(to: condition, at: reading)) }
      return distance
    }
  }

  /// How long after its beginning a control has rates of change, in s: before, the readings have only jumped.
  static let firstInstant = 1e-3

  /// A condition as a limit for the cell, met where it is ≤ 0.
  func limit(_ condition: Condition) throws(Complaint) -> Limit {
    switch condition {
    case .comparison(let comparison):
      switch (try bound(comparison.left), try bound(comparison.right)) {
      case (.known(let left), .known(let right)):
        let value = comparison.relation.holds(left, right) ? -1.0 : 1
        return { _ in value }
      case (let left, let right):
        let (left, right) = (left.function, right.function)
        let isUpward = comparison.relation.isUpward
        guard comparison.hasRate else {
          return isUpward ? { right($0) - left($0) } : { left($0) - right($0) }
        }
        return { [knowsRates] reading in
          guard knowsRates(reading.time) else { return 1 }
          return isUpward ? right(reading) - left(reading) : left(reading) - right(reading)
        }
      }
    case .all(let conditions): return try limit(conditions) { max($0, $1) }
    case .any(let conditions): return try limit(conditions) { min($0, $1) }
    }
  }

  private func limit(
    _ conditions: [Condition], _ joined: @escaping (Double, Double) -> Double
  ) throws(Complaint) -> Limit {
    var limits: [Limit] = []
    for condition in conditions { limits.append(try limit(condition)) }
    let first = limits.removeFirst()
    return { reading in limits.reduce(first(reading)) { joined($0, $1(reading)) } }
  }
}

extension Comparison {
  /// Whether it is about a rate of change.
  var hasRate: Bool { left.hasRate || right.hasRate }
}

extension Condition {
  var hasRate: Bool { expressions.contains(where: \.hasRate) }
}

extension Expression {
  var hasRate: Bool {
    contains {
      switch $0 {
      case .symbol(.voltageRate), .symbol(.currentRate), .symbol(.temperatureRate): true
      default: false
      }
    }
  }
}
