import Documents

/// Reads a test from a table in Battery Data Format, row by row, in memory that does not grow with the file.
///
/// Labels may be the preferred ones (`Test Time / s`), those of earlier releases or the machine-readable names
/// (`test_time_second`), units those of `Column.Unit`. What the table does not tell is found from what it does: counters
/// from each other or from the current's direction, capacities from the current.
final class BDFReader {
  /// Labels of the columns in the file.
  let labels: [String]
  /// Of the columns that no quantity here stands for: observables of a model, mostly.
  var otherLabels: [String] { labels.enumerated().filter { !places.values.contains($0.offset) }.map(\.element) }
  /// Which of the quantities the file has.
  var columns: Set<Column> { Set(places.keys) }

  private let table: TableReader
  private let places: [Column: Int]
  /// The places in an order in which they are found fast.
  private let order: [Int?]
  private let startTime: Double?

  /// The row after the present one: it tells whether a step ends.
  private var ahead: CyclerRow?
  private var aheadStepText = ""
  private var stepText = ""
  private var previous: CyclerRow?
  private var totalAtStepStart = Amounts()
  private var totalAtCycleStart = Amounts()
  private var stepAtCycleStart = 0
  private var halfCycle = 0
  private var halfCycleDirection = StepWord.Direction.none
  private var totalAtHalfCycleStart = Amounts()
  /// In A.
  private var largestCurrentInStep = 0.0

  /// Opens a table and reads its header.
  /// - Parameter startTime: Unix time in s at test time zero; nil where the file itself has to tell.
  init(path: String, startTime: Double?) throws(DocumentError) {
    table = try TableReader(path: path)
    guard let labels = try table.header() else { throw DocumentError(file: path, message: "the file is empty") }
    self.labels = labels
    var places: [Column: Int] = [:]
    var scales: [Column: Column.Unit] = [:]
    let meanings = labels.map(Column.named)
    for (place, meaning) in meanings.enumerated() {
      guard let meaning, meaning.isStandard else { continue }
      if let other = places[meaning.column] {
        throw table.error("the columns '\(labels[other])' and '\(labels[place])' mean the same")
      }
      (places[meaning.column], scales[meaning.column]) = (place, meaning.unit)
    }
    // Other names count where the standard one is missing.
    for (place, meaning) in meanings.enumerated() {
      guard let meaning, places[meaning.column] == nil else { continue }
      (places[meaning.column], scales[meaning.column]) = (place, meaning.unit)
    }
    for column in [Column.testTime, .voltage, .current] where places[column] == nil {
      throw table.error(
        "there is no column '\(column.label)'", advice: "the first line of Battery Data Format has the labels")
    }
    self.places = places
    order = Column.allCases.map { places[$0] }
    units = Column.allCases.map { scales[$0] ?? .one }
    self.startTime = startTime
  }

  private let units: [Column.Unit]

  /// nil where the last line has an end, or has not been read.
  private(set) var unendedLine: Export.UnendedLine?

  /// The next row; nil at the end of the file.
  func next() throws(DocumentError) -> CyclerRow? {
    if previous == nil { ahead = try read(after: nil) }
    guard var row = ahead else { return nil }
    stepText = aheadStepText
    ahead = try read(after: row)
    row.isLastOfStep = ahead?.isFirstOfStep ?? true
    if row.isFirstOfStep {
      // The first instant of a step may come before its current.
      let current = row.current == 0 && !row.isLastOfStep ? ahead?.current ?? 0 : row.current
      row.step = stepText.isEmpty ? StepWord(current: current) : StepWord(stepText, current: current)
      row.stepText = stepText.isEmpty ? row.step.text : stepText
    } else if let previous {
      (row.step, row.stepText) = (previous.step, previous.stepText)
    }
    row.passed = row.total.net - (previous?.total.net ?? row.total.net)
    followHalfCycle(&row)
    followHold(&row)
    previous = row
    return row
  }

  /// Half cycles end where the current turns, at the last instant before.
  private func followHalfCycle(_ row: inout CyclerRow) {
    let direction = StepWord(current: row.current).direction
    if direction != .none, direction != halfCycleDirection {
      if halfCycleDirection != .none {
        halfCycle += 1
        totalAtHalfCycleStart = previous?.total ?? row.total
      }
      halfCycleDirection = direction
    }
    row.halfCycle = halfCycle
    row.inHalfCycle = row.total - totalAtHalfCycleStart
  }

  /// In the second part of a step of two the current has fallen from what it was.
  private func followHold(_ row: inout CyclerRow) {
    if row.isFirstOfStep { largestCurrentInStep = 0 }
    largestCurrentInStep = max(largestCurrentInStep, abs(row.current))
    switch row.step.mode {
    case .voltage: row.isHeld = true
    case .currentThenVoltage: row.isHeld = abs(row.current) < 0.9999 * largestCurrentInStep
    case .rest, .current, .power, .resistance: row.isHeld = false
    }
  }

  // MARK: one row

  /// In s. Two rows of one instant may come out in either order, by the last digit.
  private static let timeResolution = 1e-6

  private func read(after before: CyclerRow?) throws(DocumentError) -> CyclerRow? {
    guard try table.next() else { return nil }
    guard table.isUnended else { return try row(after: before) }
    let row = table.text(table.fieldCount - 1).isEmpty ? nil : try? row(after: before)
    unendedLine = Export.UnendedLine(number: table.line, isLeftOut: row == nil)
    return row
  }

  private func row(after before: CyclerRow?) throws(DocumentError) -> CyclerRow? {
    guard table.fieldCount == labels.count else {
      throw table.error("expected \(labels.count) values, found \(table.fieldCount)")
    }
    var row = CyclerRow()
    row.testTime = try required(.testTime)
    row.voltage = try required(.voltage)
    row.current = try required(.current)
    if let before, row.testTime < before.testTime {
      guard before.testTime - row.testTime <= Self.timeResolution else {
        throw table.error("goes back from \(before.testTime) s to \(row.testTime) s", Column.testTime.label)
      }
      row.testTime = before.testTime
    }
    row.index = (before?.index ?? 0) + 1
    row.temperature = try number(.temperature)
    row.ambientTemperature = try number(.ambientTemperature)
    try count(&row, after: before)
    row.stepTime =
      try number(.stepTime)
      ?? (row.isFirstOfStep ? 0 : (before?.stepTime ?? 0) + row.testTime - (before?.testTime ?? 0))
    let stated = try number(.unixTime)
    row.unixTime = startTime.map { $0 + row.testTime } ?? stated ?? row.testTime
    try addUp(&row, after: before)
    return row
  }

  /// Cycles and steps.
  private func count(_ row: inout CyclerRow, after before: CyclerRow?) throws(DocumentError) {
    aheadStepText = places[.stepType].map(table.text) ?? ""
    let direction = StepWord(current: row.current).direction
    var position = before?.position ?? Position()
    position.cycle = try integer(.cycle) ?? position.cycle
    let stated = try integer(.stepCount)
    let id = try integer(.stepID)
    row.isFirstOfStep =
      if let before {
        if let stated {
          stated != before.position.stepCount
        } else if let id {
          id != before.position.stepID || position.cycle != before.position.cycle
        } else if places[.stepType] != nil {
          aheadStepText != stepText || position.cycle != before.position.cycle
        } else {
          direction != StepWord(current: before.current).direction
        }
      } else {
        true
      }
    if row.isFirstOfStep {
      position.stepCount = stated ?? position.stepCount + 1
      if position.cycle != before?.position.cycle { stepAtCycleStart = position.stepCount - 1 }
      position.stepID = id ?? max(1, position.stepCount - stepAtCycleStart)
    }
    row.position = position
  }

  /// Charge and energy.
  private func addUp(_ row: inout CyclerRow, after before: CyclerRow?) throws(DocumentError) {
    var total = before?.total ?? Amounts()
    var passed = Amounts()
    if let before {
      // Trapezia, where the file has no capacities of its own.
      let hours = (row.testTime - before.testTime) / 3600
      let charge = (before.current + row.current) / 2 * hours
      let energy = (before.current * before.voltage + row.current * row.voltage) / 2 * hours
      if charge >= 0 { passed.charge = charge } else { passed.discharge = -charge }
      if energy >= 0 { passed.chargeEnergy = energy } else { passed.dischargeEnergy = -energy }
    }
    total.charge = try number(.chargingCapacity) ?? total.charge + passed.charge
    total.discharge = try number(.dischargingCapacity) ?? total.discharge + passed.discharge
    total.chargeEnergy = try number(.chargingEnergy) ?? total.chargeEnergy + passed.chargeEnergy
    total.dischargeEnergy = try number(.dischargingEnergy) ?? total.dischargeEnergy + passed.dischargeEnergy
    row.total = total
    if row.isFirstOfStep { totalAtStepStart = before?.total ?? total }
    if before.map({ row.position.cycle != $0.position.cycle }) ?? true { totalAtCycleStart = before?.total ?? total }
    row.inStep = total - totalAtStepStart
    row.inStep.charge = try number(.stepChargingCapacity) ?? row.inStep.charge
    row.inStep.discharge = try number(.stepDischargingCapacity) ?? row.inStep.discharge
    row.inCycle = total - totalAtCycleStart
  }

  private func required(_ column: Column) throws(DocumentError) -> Double {
    guard let value = try number(column) else { throw table.error("has no value", column.label) }
    return value
  }

  private func number(_ column: Column) throws(DocumentError) -> Double? {
    guard let place = order[column.rawValue], let value = try table.number(place, labels[place]) else { return nil }
    guard value.isFinite else { throw table.error("\(value) is not a finite number", labels[place]) }
    let standard = units[column.rawValue].standard(value)
    // Times have a place in the calendar; products of all others and their sums stay finite.
    let isTime = column == .testTime || column == .unixTime
    guard abs(standard) < (isTime ? 1e12 : 1e60) else {
      throw table.error("\(value) is larger than anything measured", labels[place])
    }
    return standard
  }

  private func integer(_ column: Column) throws(DocumentError) -> Int? {
    guard let value = try number(column) else { return nil }
    guard let whole = Int(exactly: value), (0...1_000_000_000_000_000).contains(whole) else {
      throw table.error("expected a count, found \(value)", column.label)
    }
    return whole
  }
}

/// A quantity of Battery Data Format that the cyclers' files are made of.
package enum Column: Int, CaseIterable {
  case testTime, voltage, current, unixTime, index, cycle, stepCount, ambientTemperature, stepID, stepTime, stepType
  case chargingCapacity, dischargingCapacity, chargingEnergy, dischargingEnergy
  case stepChargingCapacity, stepDischargingCapacity, temperature, power

  /// The label that `BDFWriter` gives it: the cases stand in the order of its columns.
  var label: String { BDFWriter.columns[rawValue] }

  /// The machine-readable name of the format's ontology.
  var machineName: String {
    switch self {
    case .testTime: "test_time_second"
    case .voltage: "voltage_volt"
    case .current: "current_ampere"
    case .unixTime: "unix_time_second"
    case .index: "record_index"
    case .cycle: "cycle_count"
    case .stepCount: "step_count"
    case .ambientTemperature: "ambient_temperature_celsius"
    case .stepID: "step_id"
    case .stepTime: "step_time_second"
    case .stepType: "step_type"
    case .chargingCapacity: "charging_capacity_ah"
    case .dischargingCapacity: "discharging_capacity_ah"
    case .chargingEnergy: "charging_energy_wh"
    case .dischargingEnergy: "discharging_energy_wh"
    case .stepChargingCapacity: "step_charging_capacity_ah"
    case .stepDischargingCapacity: "step_discharging_capacity_ah"
    case .temperature: "temperature_t1_celsius"
    case .power: "power_watt"
    }
  }

  /// How releases of the format and other tools have called it, without the unit.
  private var otherNames: [String] {
    switch self {
    case .stepID: ["step index"]
    case .chargingCapacity: ["charge capacity", "cumulative charging capacity"]
    case .dischargingCapacity: ["discharge capacity", "cumulative discharging capacity"]
    case .chargingEnergy: ["charge energy", "cumulative charging energy"]
    case .dischargingEnergy: ["discharge energy", "cumulative discharging energy"]
    case .temperature: ["surface temperature t1", "temperature"]
    default: []
    }
  }

  /// What a label means.
  package struct Meaning {
    package var column: Column
    package var unit: Unit
    /// Whether the label is the preferred or the machine-readable one, whatever its unit.
    package var isStandard: Bool
  }

  /// nil where a label is none of these quantities.
  package static func named(_ label: String) -> Meaning? {
    if let column = byMachineName[label] { return Meaning(column: column, unit: .one, isStandard: true) }
    let (name, unit) = parts(of: label)
    guard let (column, isStandard) = byName[name] else { return nil }
    let standardUnit = parts(of: column.label).unit
    guard unit != standardUnit else { return Meaning(column: column, unit: .one, isStandard: isStandard) }
    guard let scale = Unit.scale(of: unit, in: standardUnit) else { return nil }
    return Meaning(column: column, unit: scale, isStandard: isStandard)
  }

  private static let byMachineName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.machineName, $0) })

  private static let byName: [String: (Column, isStandard: Bool)] = {
    var names: [String: (Column, isStandard: Bool)] = [:]
    for column in allCases {
      for name in column.otherNames { names[name] = (column, false) }
      names[parts(of: column.label).name] = (column, true)
    }
    return names
  }()

  /// Name and unit in small letters; no unit and the unit 1 are the same.
  private static func parts(of label: String) -> (name: String, unit: String) {
    let parts = label.split(separator: "/", maxSplits: 1).map { trimmed($0).lowercased() }
    guard let name = parts.first else { return ("", "") }
    return (name, parts.count > 1 && parts[1] != "1" ? parts[1] : "")
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while text.first == " " { text = text.dropFirst() }
    while text.last == " " { text = text.dropLast() }
    return text
  }

  /// How a value becomes one in the unit of the format.
  package struct Unit {
    var factor: Double
    var offset = 0.0

    static let one = Unit(factor: 1)

    package func standard(_ value: Double) -> Double { value * factor + offset }

    /// Both in small letters.
    static func scale(of unit: String, in standard: String) -> Unit? {
      switch (standard, unit) {
      case ("s", "min"): Unit(factor: 60)
      case ("s", "h"): Unit(factor: 3600)
      case ("s", "ms"), ("v", "mv"), ("a", "ma"), ("ah", "mah"), ("wh", "mwh"), ("w", "mw"): Unit(factor: 1e-3)
      case ("ah", "a.h"), ("ah", "a h"), ("wh", "w.h"), ("wh", "w h"), ("degc", "°c"), ("degc", "c"): .one
      case ("ah", "c"), ("ah", "as"), ("wh", "j"): Unit(factor: 1 / 3600)
      case ("degc", "k"): Unit(factor: 1, offset: -273.15)
      default: nil
      }
    }
  }
}
