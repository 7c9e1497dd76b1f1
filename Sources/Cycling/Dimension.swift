/// What a value measures, as powers of the units that a battery lab needs: V, A, s and K.
public struct Dimension: Hashable, Sendable {
  var volt = 0
  var ampere = 0
  var second = 0
  var kelvin = 0

  public static let time = Dimension(second: 1)
  public static let voltage = Dimension(volt: 1)
  public static let current = Dimension(ampere: 1)
  public static let power = Dimension(volt: 1, ampere: 1)
  public static let resistance = Dimension(volt: 1, ampere: -1)
  public static let temperature = Dimension(kelvin: 1)
  public static let charge = Dimension(ampere: 1, second: 1)
  public static let energy = Dimension(volt: 1, ampere: 1, second: 1)
  /// A percentage, a count, a ratio.
  public static let fraction = Dimension()
  public static let frequency = fraction.per(time)
  public static let voltageRate = voltage.per(time)
  public static let currentRate = current.per(time)
  public static let powerRate = power.per(time)
  public static let temperatureRate = temperature.per(time)

  func times(_ other: Dimension) -> Dimension {
    Dimension(
      volt: volt + other.volt, ampere: ampere + other.ampere, second: second + other.second,
      kelvin: kelvin + other.kelvin)
  }

  func per(_ other: Dimension) -> Dimension {
    Dimension(
      volt: volt - other.volt, ampere: ampere - other.ampere, second: second - other.second,
      kelvin: kelvin - other.kelvin)
  }

  /// A value of this kind as a user would write it, for messages.
  var example: String { Self.known[self]?.example ?? "a value in \(unit)" }

  var phrase: String { Self.known[self]?.phrase ?? "something in \(unit)" }

  /// What its change with time measures, where a protocol can ask for one.
  var perTime: Dimension? {
    switch self {
    case .voltage, .current, .power, .temperature: per(.time)
    default: nil
    }
  }

  private static let known: [Dimension: (phrase: String, example: String)] = [
    .time: ("a time", "30 min"), .voltage: ("a voltage", "4.2 V"), .current: ("a current", "C/20' or '50 mA"),
    .power: ("a power", "5 W"), .resistance: ("a resistance", "10 ohm"),
    .temperature: ("a temperature", "25 degC"), .charge: ("a charge", "2 Ah' or '5 %"),
    .energy: ("an energy", "7 Wh"), .fraction: ("a percentage", "50 %"),
    .frequency: ("a frequency", "10 kHz"), .voltageRate: ("a voltage per time", "0.1 mV/s"),
    .currentRate: ("a current per time", "10 mA/min"),
    .powerRate: ("a power per time", "1 W/s"), .temperatureRate: ("a temperature per time", "1 K/min"),
  ]

  /// In powers of V, A, s and K.
  private var unit: String {
    [("V", volt), ("A", ampere), ("s", second), ("K", kelvin)].filter { $0.1 != 0 }
      .map { $0.1 == 1 ? $0.0 : "\($0.0)^\($0.1)" }.joined(separator: " ")
  }
}
