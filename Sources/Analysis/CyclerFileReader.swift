import Cycling
import Documents

/// Reads the file of any cycler row by row. Currents come out positive on charge, in A; counters that begin again with steps or
/// cycles come out as what has passed since the row before.
final class CyclerFileReader {
  struct Row {
    var time = 0.0
    var voltage = 0.0
    var current = 0.0
    var isFirstOfStep = true
    var cycle = 1
    var stepNumber: Int?
    var stepType = ""
    /// Since the row before, in A·h and W·h.
    var passed = Passed()
  }

  struct Passed: Equatable {
    var charge = 0.0
    var discharge = 0.0
    var chargeEnergy = 0.0
    var dischargeEnergy = 0.0
  }

  let format: String
  let observableLabels: [String]
  /// Those of the present row; NaN where there is no number.
  private(set) var observables: [Double] = []

  private let table: TableReader
  private let labels: [String]
  private let columns: CyclerColumns
  private var isFirst = true
  private var counters: [CyclerColumns.Quantity: Double] = [:]
  private var firstCycle = 1
  private var lastStepCount: Double?
  private var lastStepTime = 0.0

  /// More lines than any cycler writes above its labels.
  private static let longestPreamble = 2000

  /// Opens a file and looks for the line of labels.
  init(path: String) throws(DocumentError) {
    table = try TableReader(path: path)
    var found: (labels: [String], columns: CyclerColumns)?
    for _ in 0..<Self.longestPreamble {
      guard let labels = try table.header() else { break }
      if let columns = CyclerColumns(labels) {
        found = (labels, columns)
        break
      }
    }
    guard let found else {
      throw DocumentError(
        file: path, message: "no line names columns of time, voltage and current",
        advice: "files in Battery Data Format and of Arbin, Neware, Maccor, BioLogic and Novonix cyclers can be read")
    }
    (labels, columns) = found
    format = columns.format
    observableLabels = columns.others.map(\.label)
  }

  /// The number of the last line if it has no end and something in it is missing: then it is left out.
  private(set) var cutOffLine: Int?

  /// In s. Two rows of one instant may come out in either order, by the last digit.
  private static let timeResolution = 1e-6

  /// Reads the next row over the one before.
  /// - Returns: false at the end of the file.
  func next(into row: inout Row) throws(DocumentError) -> Bool {
    guard try table.next() else { return false }
    guard table.isUnended else {
      try read(into: &row)
      return true
    }
    let before = row
    do {
      if labels.last != "", table.text(table.fieldCount - 1).isEmpty { throw table.error("the last value is missing") }
      try read(into: &row)
      return true
    } catch {
      row = before
      cutOffLine = table.line
      return false
    }
  }

  private func read(into row: inout Row) throws(DocumentError) {
    // Some programs end the line of labels with a separator.
    guard table.fieldCount == labels.count || labels.last == "" && table.fieldCount == labels.count - 1 else {
      throw table.error("expected \(labels.count) values, found \(table.fieldCount)")
    }
    let before = row
    row.time = try required(clock(.time), .time)
    if !isFirst, row.time < before.time {
      guard before.time - row.time <= Self.timeResolution else {
        throw table.error("goes back from \(before.time) s to \(row.time) s", label(.time))
      }
      row.time = before.time
    }
    row.voltage = try required(number(.voltage), .voltage)
    row.current = try required(number(.current), .current)
    row.stepType = columns.places[.stepType].map { table.text($0.column) } ?? ""
    if row.current > 0, Self.isDischarge(row.stepType) { row.current = -row.current }
    try count(&row, after: before)
    try addUp(&row, after: before)
    observables.removeAll(keepingCapacity: true)
    for other in columns.others {
      // What is no number in another program's column is no reason to refuse a file.
      let value = (try? table.number(other.column, other.label)) ?? .nan
      observables.append(abs(value) < Self.largest ? value : .nan)
    }
    isFirst = false
  }

  /// Whether a word for a step says that the current goes out, whatever its sign in the file.
  private static func isDischarge(_ type: String) -> Bool {
    if type == "D" { return true }
    guard type.utf8.count > 2 else { return false }
    let parts = type.uppercased().split { !$0.isLetter }
    return parts.contains { ["DCH", "DCHG", "DISCHARGE", "DIS"].contains($0) }
  }

  // MARK: steps

  private func count(_ row: inout Row, after before: Row) throws(DocumentError) {
    if let cycle = try number(.cycle) {
      let cycle = try whole(cycle, .cycle)
      if isFirst { firstCycle = cycle }
      // Some count from 0.
      row.cycle = firstCycle == 0 ? cycle + 1 : cycle
    }
    if let step = try number(.step) { row.stepNumber = try whole(step, .step) }
    let stepCount = try number(.stepCount)
    let stepTime = try clock(.stepTime)
    defer { (lastStepCount, lastStepTime) = (stepCount, stepTime ?? 0) }
    guard !isFirst else {
      row.isFirstOfStep = true
      return
    }
    row.isFirstOfStep =
      if let stepCount {
        stepCount != lastStepCount
      } else if columns.places[.step] != nil || columns.places[.stepType] != nil {
        row.stepNumber != before.stepNumber || row.cycle != before.cycle
          || row.stepNumber == nil && row.stepType != before.stepType || stepTime.map { $0 < lastStepTime } ?? false
      } else {
        row.current.sign(beyond: 0) != before.current.sign(beyond: 0)
      }
  }

  // MARK: counters

  private func addUp(_ row: inout Row, after before: Row) throws(DocumentError) {
    var passed = Passed()
    if !isFirst {
      // Trapezia, where the file has no counters of its own.
      let hours = (row.time - before.time) / 3600
      let charge = (before.current + row.current) / 2 * hours
      let energy = (before.current * before.voltage + row.current * row.voltage) / 2 * hours
      if charge >= 0 { passed.charge = charge } else { passed.discharge = -charge }
      if energy >= 0 { passed.chargeEnergy = energy } else { passed.dischargeEnergy = -energy }
    }
    if let charge = try grown(.charge), let discharge = try grown(.discharge) {
      (passed.charge, passed.discharge) = (charge, discharge)
    } else if let amount = try number(.amount) {
      // Counters of a step, or of a cycle with both signs: within a step the change tells, between two of them the time.
      let change = abs(amount - (counters[.amount] ?? amount))
      counters[.amount] = amount
      if !row.isFirstOfStep {
        (passed.charge, passed.discharge) =
          row.current < 0 || row.current == 0 && before.current < 0 ? (0, change) : (change, 0)
      }
    }
    if let charge = try grown(.chargeEnergy), let discharge = try grown(.dischargeEnergy) {
      (passed.chargeEnergy, passed.dischargeEnergy) = (charge, discharge)
    }
    row.passed = passed
  }

  /// How far a counter has come since the row before; one that has fallen has begun again. In the first row it has come from
  /// nothing, but that was before the test.
  private func grown(_ quantity: CyclerColumns.Quantity) throws(DocumentError) -> Double? {
    guard let value = try number(quantity) else { return nil }
    let last = counters[quantity] ?? value
    counters[quantity] = value
    return value < last ? max(0, value) : value - last
  }

  // MARK: values

  private func label(_ quantity: CyclerColumns.Quantity) -> String {
    columns.places[quantity].map { labels[$0.column] } ?? ""
  }

  private func required(_ value: Double?, _ quantity: CyclerColumns.Quantity) throws(DocumentError) -> Double {
    guard let value else { throw table.error("has no value", label(quantity)) }
    return value
  }

  private func number(_ quantity: CyclerColumns.Quantity) throws(DocumentError) -> Double? {
    guard let place = columns.places[quantity], let value = try table.number(place.column, labels[place.column]) else {
      return nil
    }
    return try finite(value * place.factor + place.offset, quantity)
  }

  /// Sums and products of all values stay finite.
  private static let largest = 1e60

  private func finite(_ value: Double, _ quantity: CyclerColumns.Quantity) throws(DocumentError) -> Double {
    guard value.isFinite else { throw table.error("\(value) is not a finite number", label(quantity)) }
    guard abs(value) < Self.largest else {
      throw table.error("\(value) is larger than anything measured", label(quantity))
    }
    return value
  }

  private func whole(_ value: Double, _ quantity: CyclerColumns.Quantity) throws(DocumentError) -> Int {
    guard abs(value) < 1e12, let whole = Int(exactly: value.rounded()) else {
      throw table.error("expected a count, found \(value)", label(quantity))
    }
    return whole
  }

  /// A time as a number, or as hours, minutes and seconds, perhaps with days: `1d 02:03:04.5`.
  private func clock(_ quantity: CyclerColumns.Quantity) throws(DocumentError) -> Double? {
    guard let place = columns.places[quantity] else { return nil }
    let text = table.text(place.column)
    guard text.contains(":") else { return try number(quantity) }
    var rest = Substring(text)
    var days = 0.0
    if let sign = rest.firstIndex(of: "d"), let count = Double(rest[..<sign]) {
      days = count
      rest = rest[rest.index(after: sign)...].drop { $0 == " " }
    }
    let parts = rest.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
    guard (2...3).contains(parts.count), parts.allSatisfy({ $0.map { $0 >= 0 } ?? false }) else {
      throw table.error("expected a time, found '\(text.prefix(40))'", label(quantity))
    }
    return try finite(parts.reduce(0) { 60 * $0 + $1! } + 86_400 * days, quantity)
  }
}

extension Double {
  /// −1, 0 or 1; 0 where the size is not larger than a threshold.
  func sign(beyond threshold: Double) -> Int { self > threshold ? 1 : self < -threshold ? -1 : 0 }
}
