import Cycling

/// Which columns of a cycler's file say what, found from their labels.
struct CyclerColumns {
  /// What a picture needs of a test.
  enum Quantity: Hashable {
    case time, voltage, current, cycle, stepCount, step, stepTime, stepType
    /// Counters, from whatever instant on they count.
    case charge, discharge, chargeEnergy, dischargeEnergy
    /// What has passed in a step, whichever way.
    case amount
    case temperature
  }

  struct Place {
    var column: Int
    /// Into s, V, A, A·h, W·h or °C.
    var factor: Double
    var offset = 0.0
  }

  /// The cycler, for messages.
  private(set) var format: String
  private(set) var places: [Quantity: Place] = [:]
  /// Columns of Battery Data Format that belong to none of its quantities: observables of a model, mostly.
  private(set) var others: [(label: String, column: Int)] = []

  /// nil where the labels do not name a time, a voltage and a current.
  init?(_ labels: [String]) {
    format = "Battery Data Format"
    if readBatteryDataFormat(labels) { return }
    (places, others) = ([:], [])
    format = Self.cycler(labels)
    readCycler(labels)
    guard places[.time] != nil, places[.voltage] != nil, places[.current] != nil else { return nil }
  }

  // MARK: Battery Data Format

  private mutating func readBatteryDataFormat(_ labels: [String]) -> Bool {
    // Other names count where the standard one is missing.
    for wantsStandard in [true, false] {
      for (place, label) in labels.enumerated() {
        guard let meaning = Column.named(label), meaning.isStandard == wantsStandard,
          let quantity = Self.quantity(of: meaning.column), places[quantity] == nil
        else { continue }
        let offset = meaning.unit.standard(0)
        places[quantity] = Place(column: place, factor: meaning.unit.standard(1) - offset, offset: offset)
      }
    }
    // A separator at the end of the labels makes one that is empty and has no values.
    others = labels.enumerated().filter { !$0.element.isEmpty && Column.named($0.element) == nil }
      .map { ($0.element, $0.offset) }
    return [Quantity.time, .voltage, .current].allSatisfy { places[$0] != nil }
  }

  private static func quantity(of column: Column) -> Quantity? {
    switch column {
    case .testTime: .time
    case .voltage: .voltage
    case .current: .current
    case .cycle: .cycle
    case .stepCount: .stepCount
    case .stepID: .step
    case .stepTime: .stepTime
    case .stepType: .stepType
    case .chargingCapacity: .charge
    case .dischargingCapacity: .discharge
    case .chargingEnergy: .chargeEnergy
    case .dischargingEnergy: .dischargeEnergy
    case .temperature: .temperature
    case .unixTime, .index, .ambientTemperature, .stepChargingCapacity, .stepDischargingCapacity, .power: nil
    }
  }

  // MARK: cyclers

  /// Names without spaces, marks and units, as the cyclers' programs write them.
  private static let names: [Quantity: Set<String>] = [
    .time: ["testtime", "totaltime", "cumulativetime", "runtime", "test", "programduration"],
    .voltage: ["voltage", "volts", "potential", "ewe", "ecell"],
    .current: ["current", "amps", "i"],
    .cycle: ["cycleindex", "cyc", "cyclec", "cyclenumber", "cycle", "cycleid"],
    .step: ["stepindex", "step", "ns", "stepnumber", "stepid"],
    .stepTime: ["steptime", "stepduration"],
    .stepType: ["steptype", "state", "status", "stepname"],
    .charge: ["chargecapacity", "chgcap", "qcharge", "ahcha"],
    .discharge: ["dischargecapacity", "dchgcap", "qdischarge", "ahdch"],
    .chargeEnergy: ["chargeenergy", "chgenergy", "energycharge", "whcha"],
    .dischargeEnergy: ["dischargeenergy", "dchgenergy", "energydischarge", "whdch"],
    .amount: ["amphr", "capacity"],
    .temperature: ["temperature", "auxtemperature1", "temp1", "t1"],
  ]

  private mutating func readCycler(_ labels: [String]) {
    var plainTime: Place?
    for (column, label) in labels.enumerated() {
      let (name, unit) = Self.parts(of: label)
      let factor = Self.factor(of: unit)
      // BioLogic numbers the steps of a technique from 0.
      let place = Place(column: column, factor: factor ?? 1, offset: name == "ns" ? 1 : 0)
      if name == "time" { plainTime = plainTime ?? place }
      // `Step (Sec)` is a time, `Step` a number.
      let isTimeOfStep = name == "step" && Self.timeUnits[unit] != nil
      let quantity = isTimeOfStep ? .stepTime : Self.names.first { $0.value.contains(name) }?.key
      guard let quantity, places[quantity] == nil, factor != nil || unit.isEmpty else { continue }
      places[quantity] = place
    }
    // A plain `Time` is that of the step where there is another one.
    if let plainTime { places[places[.time] == nil ? .time : .stepTime] = plainTime }
  }

  /// Name and unit in small letters: of `Voltage (V)`, `Voltage(V)`, `Ewe/V`, `Voltage#V` and `voltage_V`.
  static func parts(of label: String) -> (name: String, unit: String) {
    var name = Substring(label.lowercased())
    while let last = name.last, last == " " { name.removeLast() }
    var unit = Substring("")
    if name.last == ")", let open = name.lastIndex(of: "(") {
      unit = name[name.index(after: open)...].dropLast()
      name = name[..<open]
    } else if let sign = name.lastIndex(where: { $0 == "/" || $0 == "#" }), name.index(after: sign) < name.endIndex {
      unit = name[name.index(after: sign)...]
      name = name[..<sign]
    } else if let sign = name.lastIndex(of: "_"),
      ["s", "v", "a", "ah", "wh"].contains(name[name.index(after: sign)...])
    {
      unit = name[name.index(after: sign)...]
      name = name[..<sign]
    }
    return (
      String(name.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }), String(unit.filter { $0 != "." && $0 != " " })
    )
  }

  private static let timeUnits = ["s": 1.0, "sec": 1, "seconds": 1, "min": 60, "h": 3600, "hours": 3600, "ms": 1e-3]

  /// Into the unit of the quantity; nil for other units, such as those per gram.
  private static func factor(of unit: String) -> Double? {
    if let factor = timeUnits[unit] { return factor }
    switch unit {
    case "", "v", "a", "ah", "wh", "volts", "amps": return 1
    case "mv", "ma", "mah", "mwh": return 1e-3
    case "ua", "uah", "uwh", "µa", "µah", "µwh": return 1e-6
    // A degree sign may be in an encoding of its own.
    case let unit where unit.hasSuffix("c") || unit.hasSuffix("℃"): return 1
    default: return nil
    }
  }

  private static func cycler(_ labels: [String]) -> String {
    let labels = Set(labels)
    func has(_ names: String...) -> Bool { names.contains { labels.contains($0) } }
    if has("DataPoint") { return "Neware" }
    if has("Data Point", "Data_Point") { return "Arbin" }
    if has("Ewe/V", "<Ewe>/V", "Ecell/V") { return "BioLogic" }
    if has("Rec#", "Rec") { return "Maccor" }
    if has("Run Time (h)") { return "Novonix" }
    return "a table"
  }
}
