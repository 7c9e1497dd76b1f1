/// What an instrument imposes on the terminals of a cell. Charge is positive: a positive current or power
/// flows into the cell.
///
/// With a rate, the value grows linearly from the instant at which it is imposed: value + rate × time since.
public enum Control: Sendable, Equatable {
  /// Terminal current in A, its rate in A/s.
  case current(Double, rate: Double = 0)
  /// Terminal voltage in V, its rate in V/s.
  case voltage(Double, rate: Double = 0)
  /// Terminal power in W, its rate in W/s.
  case power(Double, rate: Double = 0)
  /// A load of this many ohm across the terminals, so that I = −V/R.
  case resistance(Double)
}

/// What an instrument reads at one instant. Charge is positive.
public struct Reading: Sendable, Equatable, Codable {
  /// Time since the start of the test in s.
  public var time: Double
  /// Terminal voltage in V.
  public var voltage: Double
  /// Terminal current in A.
  public var current: Double
  /// Cell temperature in K.
  public var temperature: Double
  /// Net charge that has passed since the start of the test in C.
  public var charge: Double
  /// Net energy that has passed since the start of the test in J.
  public var energy: Double

  public init(
    time: Double, voltage: Double, current: Double, temperature: Double, charge: Double, energy: Double
  ) {
    self.time = time
    self.voltage = voltage
    self.current = current
    self.temperature = temperature
    self.charge = charge
    self.energy = energy
  }
}

/// How fast the readings change.
public struct ReadingRates: Sendable, Equatable {
  /// In V/s.
  public var voltage: Double
  /// In A/s.
  public var current: Double
  /// In K/s.
  public var temperature: Double

  public init(voltage: Double, current: Double, temperature: Double) {
    self.voltage = voltage
    self.current = current
    self.temperature = temperature
  }
}

/// How the state of charge follows from the charge that has passed, as a coulomb counter has it.
public struct StateOfChargeScale: Sendable, Equatable {
  /// At the start of the test, from 0 to 1.
  public var start: Double
  /// Charge between 0 and 1 in A·h.
  public var capacity: Double

  public init(start: Double, capacity: Double) {
    self.start = start
    self.capacity = capacity
  }
}

/// A limit is met where this function of the reading is ≤ 0; the crossing is located as a root.
public typealias Limit = (Reading) -> Double

/// Why `CellUnderTest.step` returned.
public enum StepOutcome: Sendable, Equatable {
  /// One internal step was made; the end has not been reached.
  case advanced
  /// The end time was reached exactly.
  case reachedEnd
  /// The limit with this index was met; the cell stands at that instant.
  case metLimit(Int)
}

/// The two leads, the thermocouple and the data port between a cycler and a cell: everything that a cycler
/// can do to a cell. A simulated cell, a resistor with a capacitor, or a real instrument can stand behind it.
///
/// A test goes: `impose` a control with the limits that may end it, `step` until `reachedEnd` or a limit,
/// reading whatever happened inside the last step with `reading(at:)`, then `impose` the next control.
public protocol CellUnderTest: AnyObject {
  /// Nominal capacity in A·h; 1C is this many ampere.
  var nominalCapacity: Double { get }
  /// Terminal voltages in V within which the cell may be used.
  var voltageWindow: ClosedRange<Double> { get }
  /// Area in m² to which current densities refer; nil where it is not known.
  var electrodeArea: Double? { get }
  /// nil where the state of charge is not known.
  var stateOfChargeScale: StateOfChargeScale? { get }
  /// Ambient temperature in K, the set-point of the chamber. A change takes effect from the next `impose` on.
  var ambientTemperature: Double { get set }
  /// Labels with units of the internal quantities that the model can report beside the reading.
  var observableLabels: [String] { get }

  /// The reading at the present time.
  var reading: Reading { get }
  /// The reading at a time inside the last internal step (dense output, no new step is made).
  func reading(at time: Double) -> Reading
  /// How fast the readings change at a time inside the last internal step, or inside the one that is being made while
  /// limits are looked at.
  func rates(at time: Double) -> ReadingRates
  /// Replaces `values` by those of `observableLabels` at a time inside the last internal step.
  func observe(at time: Double, into values: inout [Double])

  /// Changes what the terminals see from the present time on, and makes the state consistent with it.
  /// `limits` replace the earlier ones.
  ///
  /// What the cell does from here on depends on its state alone, not on how it came there, so that a cell that is given
  /// this state goes on in exactly the same way.
  /// - Parameter isContinuation: whether the same control goes on that was there before. Then a cell that gives up after
  ///   so much work under one control counts on.
  func impose(_ control: Control, limits: [Limit], isContinuation: Bool) throws
  /// Makes one internal step, never past `end`, and stops where a limit is met.
  func step(to end: Double) throws -> StepOutcome
}

extension CellUnderTest {
  /// Imposes another control.
  public func impose(_ control: Control, limits: [Limit]) throws {
    try impose(control, limits: limits, isContinuation: false)
  }
}
