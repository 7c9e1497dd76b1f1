/// One row of a test as any cycler may have to write it, with everything that some cycler counts.
struct CyclerRow: Equatable {
  /// From 1.
  var index = 0
  /// All from 1.
  var position = Position()
  /// Where in a step the row stands.
  var isFirstOfStep = false
  var isLastOfStep = false
  var step = StepWord(mode: .rest, direction: .none)
  /// As the source calls it, or as this program would.
  var stepText = ""
  /// In s: since the start of the test, of the step, and of 1970 in UTC.
  var testTime = 0.0
  var stepTime = 0.0
  var unixTime = 0.0
  /// In V and A.
  var voltage = 0.0
  var current = 0.0
  /// In °C; nil where the source does not tell.
  var temperature: Double?
  var ambientTemperature: Double?
  /// Since the start of the test, of the cycle and of the step.
  var total = Amounts()
  var inCycle = Amounts()
  var inStep = Amounts()
  /// Times that the current has turned so far, and what has passed since the last time.
  var halfCycle = 0
  var inHalfCycle = Amounts()
  /// Charge since the row before, in A·h.
  var passed = 0.0
  /// Whether the voltage is held.
  var isHeld = false

  /// Which way charge goes: that of the step, and of the row itself in a step that has none or goes both ways.
  var direction: StepWord.Direction {
    if step.mode == .rest { return .none }
    let goesBothWays = inStep.charge > 0 && inStep.discharge > 0
    return step.direction == .none || goesBothWays ? StepWord(current: current).direction : step.direction
  }

  /// Charge and energy that have passed in the step in this row's direction, in A·h and W·h.
  var amount: (charge: Double, energy: Double) {
    switch direction {
    case .charge: (inStep.charge, inStep.chargeEnergy)
    case .discharge: (inStep.discharge, inStep.dischargeEnergy)
    case .none: (inStep.larger, inStep.largerEnergy)
    }
  }
}

/// What has been charged and discharged, in A·h and W·h, all positive.
struct Amounts: Equatable {
  var charge = 0.0
  var discharge = 0.0
  var chargeEnergy = 0.0
  var dischargeEnergy = 0.0

  static func - (later: Amounts, earlier: Amounts) -> Amounts {
    Amounts(
      charge: later.charge - earlier.charge, discharge: later.discharge - earlier.discharge,
      chargeEnergy: later.chargeEnergy - earlier.chargeEnergy,
      dischargeEnergy: later.dischargeEnergy - earlier.dischargeEnergy)
  }

  /// Charged minus discharged.
  var net: Double { charge - discharge }
  var netEnergy: Double { chargeEnergy - dischargeEnergy }
  /// Charged or discharged, whichever is more.
  var larger: Double { max(charge, discharge) }
  var largerEnergy: Double { max(chargeEnergy, dischargeEnergy) }
}

/// What a step does, in words that every cycler has some of.
struct StepWord: Equatable {
  enum Mode { case rest, current, currentThenVoltage, voltage, power, resistance }
  enum Direction { case none, charge, discharge }

  var mode: Mode
  var direction: Direction

  init(mode: Mode, direction: Direction) {
    self.mode = mode
    self.direction = direction
  }

  /// - Parameters:
  ///   - text: a step type as this program or another writes it, such as `CCCV_CHG`, `rest` or `CC DChg`.
  ///   - current: in the step, in A: tells the direction where the text does not.
  init(_ text: String, current: Double) {
    let parts = text.uppercased().split { !$0.isLetter }
    func has(_ words: String...) -> Bool { parts.contains { words.contains(String($0)) } }
    mode =
      if has("REST", "OCV", "PAUSE", "PAU") {
        .rest
      } else if has("CCCV", "CPCV", "CRCV") || has("CC") && has("CV") {
        .currentThenVoltage
      } else if has("CP", "P", "POWER") {
        .power
      } else if has("CR", "R", "RESISTANCE") {
        .resistance
      } else if has("CV", "V", "HOLD", "VOLTAGE") {
        .voltage
      } else {
        .current
      }
    direction =
      if mode == .rest {
        .none
      } else if has("DCH", "DCHG", "DISCHARGE", "DIS") {
        .discharge
      } else if has("CHG", "CHARGE") {
        .charge
      } else {
        current > 0 ? .charge : current < 0 ? .discharge : .none
      }
  }

  /// The word for it in Battery Data Format.
  var text: String {
    let word: String
    switch mode {
    case .rest: return StepType.rest.rawValue
    case .current: word = "CC"
    case .currentThenVoltage: word = "CCCV"
    case .voltage: return StepType.constantVoltage.rawValue
    case .power: word = "CP"
    case .resistance: word = "CR"
    }
    return word + (direction == .charge ? "_CHG" : "_DCH")
  }

  /// By the current alone.
  init(current: Double) {
    direction = current > 0 ? .charge : current < 0 ? .discharge : .none
    mode = direction == .none ? .rest : .current
  }
}
