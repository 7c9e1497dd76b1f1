import CellInterface
import Cycling

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// An ideal capacitor with an open-circuit offset in series with a resistor, V = offset + q/C + I·R: a cell
/// for which every control has a closed form (but a power ramp), against which the cycler is checked.
///
/// Its temperature goes exponentially, with `thermalTime`, to that of its surroundings plus 10 K for each ampere.
///
/// It makes internal steps of a fixed length, many times longer than what a test resolves, so that limits
/// have to be located and records interpolated inside them.
final class CapacitorCell: CellUnderTest {
  struct Failure: Error, CustomStringConvertible {
    var description: String { "the electrolyte is depleted" }
  }

  let capacitance: Double
  let resistance: Double
  let offset: Double
  let internalStep: Double
  /// Test time at which a step fails.
  var failureTime = Double.infinity
  /// Thermal time constant in s.
  var thermalTime = 0.0
  private(set) var internalStepCount = 0

  let nominalCapacity: Double
  let voltageWindow: ClosedRange<Double>
  var electrodeArea: Double?
  let stateOfChargeScale: StateOfChargeScale?
  var ambientTemperature = 298.15
  let observableLabels: [String]

  private(set) var reading: Reading
  private var limits: [Limit] = []
  private(set) var control = Control.current(0)
  /// Where the present control was imposed.
  private var origin: Reading

  /// 1 A·h between 3 V and 4 V, 50 mΩ, half charged.
  init(
    capacitance: Double = 3600, resistance: Double = 0.05, offset: Double = 3, charge: Double = 1800,
    internalStep: Double = 137.3, nominalCapacity: Double = 1, voltageWindow: ClosedRange<Double> = 3...4,
    observableLabels: [String] = []
  ) {
    self.capacitance = capacitance
    self.resistance = resistance
    // The charge counts from the start of the test.
    self.offset = offset + charge / capacitance
    self.internalStep = internalStep
    self.nominalCapacity = nominalCapacity
    self.voltageWindow = voltageWindow
    // Empty and full at the cut-offs.
    stateOfChargeScale = StateOfChargeScale(
      start: (self.offset - voltageWindow.lowerBound) / (voltageWindow.upperBound - voltageWindow.lowerBound),
      capacity: (voltageWindow.upperBound - voltageWindow.lowerBound) * capacitance / 3600)
    self.observableLabels = observableLabels
    reading = Reading(
      time: 0, voltage: self.offset, current: 0, temperature: 298.15, charge: 0, energy: 0)
    origin = reading
  }

  func impose(_ control: Control, limits: [Limit], isContinuation: Bool) throws {
    self.control = control
    self.limits = limits
    origin = reading
    reading = reading(at: reading.time)
  }

  /// All that a control which is imposed next depends on.
  var state: [Double] {
    get {
      [
        ambientTemperature, reading.time, reading.voltage, reading.current, reading.temperature, reading.charge,
        reading.energy,
      ]
    }
    set {
      ambientTemperature = newValue[0]
      reading = Reading(
        time: newValue[1], voltage: newValue[2], current: newValue[3], temperature: newValue[4], charge: newValue[5],
        energy: newValue[6])
    }
  }

  func step(to end: Double) throws -> StepOutcome {
    precondition(end > reading.time, "time goes forward")
    internalStepCount += 1
    let start = reading.time
    let target = min(start + internalStep, end)
    if target >= failureTime { throw Failure() }
    var first: (index: Int, time: Double)?
    for (index, limit) in limits.enumerated() where limit(reading(at: target)) <= 0 {
      var (low, high) = (start, target)
      while case let middle = (low + high) / 2, middle > low, middle < high {
        if limit(reading(at: middle)) <= 0 { high = middle } else { low = middle }
      }
      if first.map({ high < $0.time }) ?? true { first = (index, high) }
    }
    reading = reading(at: first?.time ?? target)
    if let first { return .metLimit(first.index) }
    return target == end ? .reachedEnd : .advanced
  }

  /// The closed form for the present control, and where it has none as differences: they are good to a millionth.
  func rates(at time: Double) -> ReadingRates {
    let h = 1e-3
    let (before, now, after) = (reading(at: time - h), reading(at: time), reading(at: time + h))
    let tau = resistance * capacitance
    let (voltage, current): (Double, Double) =
      switch control {
      case .current(_, let rate): (now.current / capacitance + resistance * rate, rate)
      case .voltage(_, let rate): (rate, (capacitance * rate - now.current) / tau)
      case .power, .resistance:
        ((after.voltage - before.voltage) / (2 * h), (after.current - before.current) / (2 * h))
      }
    return ReadingRates(
      voltage: voltage, current: current, temperature: (after.temperature - before.temperature) / (2 * h))
  }

  func observe(at time: Double, into values: inout [Double]) {
    values = observableLabels.indices.map { Double($0) + time }
  }

  /// The closed form for the present control.
  func reading(at time: Double) -> Reading {
    let t = time - origin.time
    let u = offset + origin.charge / capacitance
    let tau = resistance * capacitance
    var now = origin
    now.time = time
    switch control {
    case .current(let first, let rate):
      let moved = first * t + rate * t * t / 2
      let squared = first * first * t + first * rate * t * t + rate * rate * t * t * t / 3
      now.current = first + rate * t
      now.charge += moved
      now.energy += u * moved + moved * moved / 2 / capacitance + squared * resistance
      now.voltage = u + moved / capacitance + now.current * resistance
    case .voltage(let first, let rate):
      // The current goes exponentially to C dV/dt.
      let final = capacitance * rate
      let excess = (first - u) / resistance - final
      let moved = final * t - excess * tau * expm1(-t / tau)
      // ∫ I t dt.
      let moment = final * t * t / 2 - excess * tau * (tau * expm1(-t / tau) + t * exp(-t / tau))
      now.current = final + excess * exp(-t / tau)
      now.charge += moved
      now.energy += first * moved + rate * moment
      now.voltage = first + rate * t
    case .power(let first, let rate) where rate != 0:
      let open = openVoltage(from: u, power: first, rate: rate, after: t)
      let power = first + rate * t
      now.current = current(at: open, power: power)
      now.charge += (open - u) * capacitance
      now.energy += first * t + rate * t * t / 2
      now.voltage = open + now.current * resistance
    case .power(let power, _):
      let open = openVoltage(from: u, power: power, after: t)
      now.current = current(at: open, power: power)
      now.charge += (open - u) * capacitance
      now.energy += power * t
      now.voltage = open + now.current * resistance
    case .resistance(let load):
      let tau = (load + resistance) * capacitance
      let first = -u / (load + resistance)
      now.current = first * exp(-t / tau)
      now.charge += -first * tau * expm1(-t / tau)
      now.energy += load * first * first * tau / 2 * expm1(-2 * t / tau)
      now.voltage = -now.current * load
    }
    let steady = ambientTemperature + 10 * abs(now.current)
    let remaining = thermalTime > 0 ? exp(-t / thermalTime) : 0
    now.temperature = steady + (origin.temperature - steady) * remaining
    return now
  }

  /// The current under which the terminals see this power.
  private func current(at open: Double, power: Double) -> Double {
    (sqrt(open * open + 4 * resistance * power) - open) / (2 * resistance)
  }

  /// The open-circuit voltage under a power ramp, by the classical Runge–Kutta method.
  private func openVoltage(from u: Double, power: Double, rate: Double, after t: Double) -> Double {
    let count = 500.0
    let h = t / count
    func slope(_ i: Double, _ open: Double) -> Double {
      current(at: open, power: power + rate * i * h) / capacitance
    }
    var open = u
    for i in stride(from: 0, to: count, by: 1) {
      let k1 = slope(i, open)
      let k2 = slope(i + 0.5, open + h / 2 * k1)
      let k3 = slope(i + 0.5, open + h / 2 * k2)
      let k4 = slope(i + 1, open + h * k3)
      open += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    }
    return open
  }

  /// The open-circuit voltage U under constant power: dt = C dU/I with 1/I = (√(U² + 4RP) + U)/2P, so that
  /// F(U) − F(u) = 2Pt/C with F the integral of √(U² + 4RP) + U. Solved by bisection.
  private func openVoltage(from u: Double, power: Double, after t: Double) -> Double {
    guard t > 0 else { return u }
    let k = 4 * resistance * power
    func integral(_ v: Double) -> Double {
      let root = sqrt(v * v + k)
      return v * v / 2 + (v * root + k * log(v + root)) / 2
    }
    let target = integral(u) + 2 * power * t / capacitance
    var (low, high) = power > 0 ? (u, u + 10) : (sqrt(-k), u)
    while case let middle = (low + high) / 2, middle > low, middle < high {
      if integral(middle) < target { low = middle } else { high = middle }
    }
    return high
  }
}

/// Keeps records in memory.
final class RecordList: RecordOutput {
  private(set) var records: [Record] = []

  func write(_ record: Record) { records.append(record) }
  func stepEnded() {}
  func advanced() {}
}

/// Runs a protocol given as text on a cell.
func run(_ text: String, on cell: CapacitorCell = CapacitorCell(), isInterrupted: () -> Bool = { false })
  throws -> (summary: RunSummary, records: [Record])
{
  let test = try TestProtocol(text: text, file: "test.yaml")
  let output = RecordList()
  let cycler = try Cycler(cell: cell, test: test, output: output)
  return (try cycler.run(isInterrupted: isInterrupted), output.records)
}

/// A protocol with these steps, one per line, and no records but the first and last of each step.
func steps(_ lines: String..., top: String = "") -> String {
  "name: test\ndefaults: {record: {dt: 1000 d}}\n\(top)\nsteps:\n"
    + lines.map { "  - \($0)\n" }.joined()
}

func isNear(_ a: Double, _ b: Double, relative: Double = 1e-9) -> Bool {
  abs(a - b) <= relative * max(abs(a), abs(b))
}
