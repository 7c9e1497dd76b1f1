import CellInterface

/// A way in which a part of a step can end before its time.
struct Boundary {
  enum Effect {
    case endsStep(by: String, jump: Program.Jump?)
    case beginsNextPart
    case stopsTest(SafetyBound, reason: String)
    /// A reading that was outside its safety bound is inside again.
    case isSafeAgain
  }

  let limit: Limit
  let effect: Effect
}

/// What a step imposes, part after part, with all numbers known.
struct Course {
  struct Part {
    var control: Control
    /// Test time in s at which the control begins and at which the next part begins, or the step ends.
    var begin: Double
    var end = Double.infinity
    /// What else ends the part.
    var own: [Boundary] = []

    /// What is imposed from a time on where the part has begun before.
    func control(from time: Double) -> Control {
      switch control {
      case .current(let value, let rate): .current(value + rate * (time - begin), rate: rate)
      case .voltage(let value, let rate): .voltage(value + rate * (time - begin), rate: rate)
      case .power(let value, let rate): .power(value + rate * (time - begin), rate: rate)
      case .resistance: control
      }
    }
  }

  /// nil goes on until something else ends the step.
  var count: Int? = 1
  /// What ends the step when the last part is over, as the summary says it.
  var ending: String
  /// What is recorded where one part follows another, whatever the rule for records says.
  enum Corner {
    case nothing
    /// The last instant of a part, which is the first of the next one.
    case end
    /// Both, where the readings jump.
    case endAndBeginning
  }
  var corner = Corner.end
  /// The part with an index, from 0, that begins at a reading.
  var part: (Int, Reading) -> Part

  /// - Parameter start: the reading before the step.
  init(_ action: Action, from start: Reading, _ evaluation: Evaluation) throws(Evaluation.Complaint) {
    func value(_ expression: Expression) throws(Evaluation.Complaint) -> Double {
      try evaluation.value(expression, at: start)
    }
    func positive(_ expression: Expression, _ name: String) throws(Evaluation.Complaint) -> Double {
      let value = try value(expression)
      guard value > 0, value.isFinite else {
        throw Evaluation.Complaint(message: "'\(name)' must be greater than zero, but '\(expression.text)' is \(value)")
      }
      return value
    }
    func duration(_ expression: Expression, _ name: String) throws(Evaluation.Complaint) -> Double {
      let value = try positive(expression, name)
      guard value <= longestTest else {
        throw Evaluation.Complaint(message: "'\(expression.text)' is longer than \(longestTestText)")
      }
      return value
    }
    func control(_ level: Level) throws(Evaluation.Complaint) -> Control {
      switch level {
      case .current(let current): .current(try value(current))
      case .voltage(let voltage): .voltage(try value(voltage))
      case .power(let power): .power(try value(power))
      case .resistance(let resistance): .resistance(try positive(resistance, "R"))
      }
    }
    func single(_ control: Control, end: Double = .infinity) -> (Int, Reading) -> Part {
      { _, reading in Part(control: control, begin: reading.time, end: end) }
    }

    switch action {
    case .rest(let time):
      ending = "after " + evaluation.text(time, .time, at: start)
      part = single(.current(0), end: start.time + (try duration(time, "rest")))
    case .soak(let soak):
      ending = "after " + evaluation.text(soak.duration, .time, at: start)
      (count, part) = try Self.soak(
        set: value(soak.temperature), duration: duration(soak.duration, "soak"),
        tolerance: soak.tolerance.map { expression throws(Evaluation.Complaint) in
          try positive(expression, "tolerance")
        })
    case .hold(let level):
      ending = "hold"
      part = single(try control(level))
    case .charge(let drive):
      (ending, count, part) = try Self.drive(
        drive, sign: 1, evaluation, start, level: positive(drive.level.expression, drive.level.key))
    case .discharge(let drive):
      (ending, count, part) = try Self.drive(
        drive, sign: -1, evaluation, start, level: positive(drive.level.expression, drive.level.key))
    case .ramp(let ramp):
      let present =
        switch ramp.variable {
        case .voltage: start.voltage
        case .current: start.current
        case .power: start.voltage * start.current
        }
      let from = try ramp.from.map(value) ?? present
      let to = try value(ramp.to)
      let rate = try positive(ramp.rate, "rate")
      ending = "reached " + evaluation.text(ramp.to, ramp.variable.dimension, at: start)
      part = { _, reading in Self.sweep(ramp.variable, from: from, to: to, rate: rate, at: reading.time) }
    case .scan(let scan):
      let from = try scan.start.map(value) ?? start.voltage
      let (first, second) = (try value(scan.first), try value(scan.second))
      let rate = try positive(scan.rate, "rate")
      ending = "end of the scan"
      count = 2 * scan.cycles
      // From the beginning of the step, so that nothing adds up over many cycles.
      let (lead, sweep) = (abs(first - from) / rate, abs(second - first) / rate)
      part = { index, _ in
        let (low, high) = index == 0 ? (from, first) : index % 2 == 1 ? (first, second) : (second, first)
        let begin = start.time + (index == 0 ? 0 : lead + Double(index - 1) * sweep)
        return Part(
          control: .voltage(low, rate: high < low ? -rate : rate), begin: begin,
          end: start.time + lead + Double(index) * sweep)
      }
    case .pulse(let train):
      var controls: [Control] = []
      var ends: [Double] = []
      for pulse in train.pulses {
        controls.append(try control(pulse.level))
        ends.append((ends.last ?? 0) + (try duration(pulse.duration, "t")))
      }
      ending = "end of the pulses"
      corner = .endAndBeginning
      count = train.repeats * controls.count
      part = Self.repeated(controls, ends, from: start.time)
    case .profile(let profile):
      ending = "end of the profile"
      corner = .nothing
      var controls: [Control] = []
      var ends: [Double] = []
      for (row, next) in zip(profile.rows, profile.rows.dropFirst()) {
        let control = profile.variable.control(row.value)
        // What stays as it is need not be imposed anew.
        if controls.last == control {
          ends[ends.count - 1] = next.time
        } else {
          controls.append(control)
          ends.append(next.time)
        }
      }
      count = profile.repeats.map { $0 * controls.count }
      part = Self.repeated(controls, ends, from: start.time)
    case .impedance: preconditionFailure("refused before the test")
    }
  }

  private static func repeated(_ controls: [Control], _ ends: [Double], from start: Double) -> (Int, Reading) -> Part {
    let period = ends[ends.count - 1]
    return { index, _ in
      let (pass, place) = index.quotientAndRemainder(dividingBy: controls.count)
      let base = start + Double(pass) * period
      return Part(
        control: controls[place], begin: base + (place == 0 ? 0 : ends[place - 1]), end: base + ends[place])
    }
  }

  private static func sweep(
    _ variable: Ramp.Variable, from: Double, to: Double, rate: Double, at time: Double
  ) -> Part {
    let duration = abs(to - from) / rate
    return Part(
      control: variable.control(from, rate: to < from ? -rate : rate), begin: time,
      end: duration <= longestTest ? time + duration : .infinity)
  }

  /// With a tolerance, first a rest until the cell has come to it.
  private static func soak(
    set: Double, duration: Double, tolerance: Double?
  ) throws(Evaluation.Complaint) -> (count: Int?, (Int, Reading) -> Part) {
    guard chamberTemperatures.contains(set) else {
      throw Evaluation.Complaint(message: "the chamber cannot be set to \(set) K (allowed: 150 K to 500 K)")
    }
    guard let tolerance else {
      return (1, { Part(control: .current(0), begin: $1.time, end: $1.time + duration) })
    }
    let isThere = Boundary(limit: { abs($0.temperature - set) - tolerance }, effect: .beginsNextPart)
    return (
      2,
      { index, reading in
        index == 0
          ? Part(control: .current(0), begin: reading.time, own: [isThere])
          : Part(control: .current(0), begin: reading.time, end: reading.time + duration)
      }
    )
  }

  /// A charge or discharge, in two parts where a voltage is held at its end.
  private static func drive(
    _ drive: Drive, sign: Double, _ evaluation: Evaluation, _ start: Reading, level: Double
  ) throws(Evaluation.Complaint) -> (ending: String, count: Int?, (Int, Reading) -> Part) {
    let control: Control =
      switch drive.level {
      case .current: .current(sign * level)
      case .power: .power(sign * level)
      case .resistance: .resistance(level)
      case .voltage: preconditionFailure("a voltage does not drive")
      }
    var ending = ""
    var own: [Boundary] = []
    var held: (voltage: Double, until: Double)?
    switch drive.to {
    case .voltage(let expression):
      let to = try evaluation.value(expression, at: start)
      if let holdUntil = drive.holdUntil { held = (to, try evaluation.value(holdUntil, at: start)) }
      ending = "reached " + evaluation.text(expression, .voltage, at: start)
      own.append(
        Boundary(
          limit: { sign * (to - $0.voltage) },
          effect: held == nil ? .endsStep(by: ending, jump: nil) : .beginsNextPart))
    case .stateOfCharge(let expression):
      let to = try evaluation.value(expression, at: start)
      let present = try evaluation.bound(.symbol(.stateOfCharge)).function
      ending = "reached " + evaluation.text(expression, .fraction, at: start)
      own.append(Boundary(limit: { sign * (to - present($0)) }, effect: .endsStep(by: ending, jump: nil)))
    case nil: break
    }
    // A current of the other sign has fallen too, so that a charge never turns into a discharge.
    if let holdUntil = drive.holdUntil { ending = "fell to " + evaluation.text(holdUntil, .current, at: start) }
    let fallen = held.map { [ending] held in
      Boundary(limit: { sign * $0.current - held.until }, effect: .endsStep(by: ending, jump: nil))
    }
    return (
      ending, held == nil ? 1 : 2,
      { index, reading in
        if index > 0, let held, let fallen {
          return Part(control: .voltage(held.voltage), begin: reading.time, own: [fallen])
        }
        return Part(control: control, begin: reading.time, own: own)
      }
    )
  }
}

extension Level {
  /// As the parser knows it in a charge or discharge.
  fileprivate var key: String {
    switch self {
    case .current: "at"
    case .voltage: "V"
    case .power: "power"
    case .resistance: "resistance"
    }
  }
}

extension Ramp.Variable {
  fileprivate func control(_ value: Double, rate: Double = 0) -> Control {
    switch self {
    case .voltage: .voltage(value, rate: rate)
    case .current: .current(value, rate: rate)
    case .power: .power(value, rate: rate)
    }
  }
}
