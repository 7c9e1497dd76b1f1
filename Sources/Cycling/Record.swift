import CellInterface

/// Charge and energy that have passed in each direction since some instant, in C and J.
public struct Throughput: Sendable, Equatable, Codable {
  /// Charge that went in and that came out, both positive, in C.
  public var chargingCharge = 0.0
  public var dischargingCharge = 0.0
  /// Energy that went in and that came out, both positive, in J.
  public var chargingEnergy = 0.0
  public var dischargingEnergy = 0.0

  public init() {}

  /// Adds what passed between two readings during which the current had one sign.
  mutating func add(from start: Reading, to end: Reading) {
    let charge = end.charge - start.charge
    let energy = end.energy - start.energy
    if charge >= 0 {
      chargingCharge += charge
      chargingEnergy += energy
    } else {
      dischargingCharge -= charge
      dischargingEnergy -= energy
    }
  }

  static func - (later: Throughput, earlier: Throughput) -> Throughput {
    var difference = Throughput()
    difference.chargingCharge = later.chargingCharge - earlier.chargingCharge
    difference.dischargingCharge = later.dischargingCharge - earlier.dischargingCharge
    difference.chargingEnergy = later.chargingEnergy - earlier.chargingEnergy
    difference.dischargingEnergy = later.dischargingEnergy - earlier.dischargingEnergy
    return difference
  }
}

/// What the cycler writes at one instant.
public struct Record: Sendable, Equatable {
  public var reading: Reading
  /// From 1.
  public var index: Int
  public var position: Position
  public var stepType: StepType
  /// Time since the step began in s.
  public var stepTime: Double
  /// Ambient temperature in K.
  public var ambientTemperature: Double
  /// Since the start of the test, of the step and of the cycle.
  public var total: Throughput
  public var step: Throughput
  public var cycle: Throughput
  /// Values of the cell's `observableLabels`.
  public var observables: [Double]
}

/// The least and the largest value of each of several quantities.
public struct Extremes: Sendable, Equatable, Codable {
  public var lowest: [Double] = []
  public var highest: [Double] = []

  public init() {}

  /// Takes values into account that are always given in the same order.
  mutating func include(_ values: [Double]) {
    guard !lowest.isEmpty else {
      (lowest, highest) = (values, values)
      return
    }
    for (index, value) in values.enumerated() {
      if value < lowest[index] { lowest[index] = value }
      if value > highest[index] { highest[index] = value }
    }
  }

  mutating func include(_ other: Extremes) {
    include(other.lowest)
    include(other.highest)
  }
}

/// Where a test stands. All counts start from 1.
public struct Position: Sendable, Equatable, Codable {
  public var cycle = 1
  /// Steps begun so far.
  public var stepCount = 0
  /// Position of the step in the protocol, counting steps from top to bottom.
  public var stepID = 0

  public init() {}
}

/// The words of the column `Step Type`, in the manner of the Battery Data Format.
public enum StepType: String, Codable, Sendable {
  case rest = "REST"
  case constantCurrentCharge = "CC_CHG"
  case constantCurrentDischarge = "CC_DCH"
  case constantCurrentVoltageCharge = "CCCV_CHG"
  case constantCurrentVoltageDischarge = "CCCV_DCH"
  case constantPowerCharge = "CP_CHG"
  case constantPowerDischarge = "CP_DCH"
  case constantPowerVoltageCharge = "CPCV_CHG"
  case constantPowerVoltageDischarge = "CPCV_DCH"
  case constantResistanceDischarge = "CR_DCH"
  case constantResistanceVoltageDischarge = "CRCV_DCH"
  case constantVoltage = "CV"
  case voltageRamp = "V_RAMP"
  case currentRamp = "I_RAMP"
  case powerRamp = "P_RAMP"
  case constantCurrent = "CC"
  case constantPower = "CP"
  case cyclicVoltammetry = "CV_SCAN"
  case pulse = "PULSE"
  case voltageProfile = "V_PROFILE"
  case currentProfile = "I_PROFILE"
  case powerProfile = "P_PROFILE"
  case impedance = "EIS"

  init(_ action: Action) {
    switch action {
    case .rest, .soak: self = .rest
    case .hold(.voltage): self = .constantVoltage
    case .hold(.current): self = .constantCurrent
    case .hold(.power): self = .constantPower
    case .hold(.resistance): self = .constantResistanceDischarge
    case .scan: self = .cyclicVoltammetry
    case .pulse: self = .pulse
    case .profile(let profile):
      switch profile.variable {
      case .voltage: self = .voltageProfile
      case .current: self = .currentProfile
      case .power: self = .powerProfile
      }
    case .impedance: self = .impedance
    case .ramp(let ramp):
      switch ramp.variable {
      case .voltage: self = .voltageRamp
      case .current: self = .currentRamp
      case .power: self = .powerRamp
      }
    case .charge(let drive):
      switch (drive.level, drive.holdUntil != nil) {
      case (.power, false): self = .constantPowerCharge
      case (.power, true): self = .constantPowerVoltageCharge
      case (_, false): self = .constantCurrentCharge
      case (_, true): self = .constantCurrentVoltageCharge
      }
    case .discharge(let drive):
      switch (drive.level, drive.holdUntil != nil) {
      case (.current, false), (.voltage, false): self = .constantCurrentDischarge
      case (.current, true), (.voltage, true): self = .constantCurrentVoltageDischarge
      case (.power, false): self = .constantPowerDischarge
      case (.power, true): self = .constantPowerVoltageDischarge
      case (.resistance, false): self = .constantResistanceDischarge
      case (.resistance, true): self = .constantResistanceVoltageDischarge
      }
    }
  }
}

/// Where records go.
public protocol RecordOutput: AnyObject {
  func write(_ record: Record) throws(OutputError)
  /// All records of a step have been written.
  func stepEnded() throws(OutputError)
  /// Called after each internal step of the cell, so that what is written can be kept up to date however
  /// slow the cell is.
  func advanced() throws(OutputError)
}

/// Why a result could not be written.
public enum OutputError: Error, Equatable, CustomStringConvertible {
  case alreadyExists(path: String)
  /// The test reads this file.
  case isInput(path: String)
  /// A test that can be gone on with.
  case isUnfinished(path: String)
  /// Another process does.
  case isBeingWritten(path: String)
  case cannotCreate(path: String, reason: String)
  /// What is there is not what a test has left there.
  case isNotWhatWasWritten(path: String, reason: String)
  case cannotWrite(path: String, reason: String)

  public var description: String {
    switch self {
    case .alreadyExists(let path): "\(path): already exists and is not overwritten"
    case .isInput(let path): "\(path): is a file that the test reads, and is never overwritten"
    case .isUnfinished(let path): "\(path): the test that is there has not ended"
    case .isBeingWritten(let path): "\(path): is being written by another run"
    case .isNotWhatWasWritten(let path, let reason): "\(path): is no longer what the test wrote: \(reason)"
    case .cannotCreate(let path, let reason): "\(path): cannot be created: \(reason)"
    case .cannotWrite(let path, let reason): "\(path): cannot be written: \(reason)"
    }
  }
}
