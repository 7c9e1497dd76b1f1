import Cycling
import Documents

/// A test as a cycler has recorded it, for looking at: its columns, and what happened in each of its steps.
///
/// A long test is thinned out while it is read, so that memory stays bounded: of neighbouring rows those stay where the voltage
/// is extreme, and the ends of steps. What `steps` say, and the counters of charge and energy, are not affected.
public struct CyclerData: Sendable {
  public let path: String
  /// The cycler whose file it was.
  public let format: String
  /// In A·h; nil where nobody says. 1C is this many ampere.
  public var nominalCapacity: Double?

  /// In s since the start of the test.
  public private(set) var time: [Double] = []
  /// In V.
  public private(set) var voltage: [Double] = []
  /// In A, positive on charge.
  public private(set) var current: [Double] = []
  /// What has been charged and discharged since the start of the test, both growing, in A·h and W·h.
  public private(set) var charge: [Double] = []
  public private(set) var discharge: [Double] = []
  public private(set) var chargeEnergy: [Double] = []
  public private(set) var dischargeEnergy: [Double] = []
  /// The step of each row: an index of `steps`.
  public private(set) var step: [Int] = []
  public private(set) var steps: [Step] = []
  /// Columns that belong to no quantity of a cycler, with their labels: what only a model can show.
  public private(set) var observables: [Observable] = []
  /// Of the file, before it was thinned out.
  public private(set) var rowCount = 0
  /// The number of the last line if it has no end and was left out, as in the file of a test that was cut off.
  public private(set) var cutOffLine: Int?

  public struct Observable: Sendable, Equatable {
    /// With the unit: `Positive Mean Stoichiometry / 1`.
    public var label: String
    /// NaN where there is none.
    public var values: [Double]
  }

  /// What happened in a step. Charge and energy are positive where they go in.
  public struct Step: Sendable, Equatable {
    /// Of the file's counters; 1 where there are none.
    public var cycle: Int
    /// The number in the program; nil where the file does not say.
    public var number: Int?
    /// In the words of the cycler.
    public var type: String
    /// In s.
    public var start: Double
    public var end: Double
    /// In A·h and W·h.
    public var charge = 0.0
    public var energy = 0.0
    public var startVoltage: Double
    public var endVoltage: Double
    /// Which of the columns' rows belong to it; of a very long test perhaps none.
    public var rows: Range<Int>

    public var duration: Double { end - start }
    /// In A.
    public var meanCurrent: Double { duration > 0 ? charge * 3600 / duration : 0 }
    /// In W.
    public var meanPower: Double { duration > 0 ? energy * 3600 / duration : 0 }
  }

  /// Values that are kept of all columns together: some hundred megabytes.
  private static let mostValues = 16 << 20

  /// Reads a file in Battery Data Format or of a cycler, recognised by its labels.
  /// - Parameter mostValues: kept of all columns together.
  public init(path: String, mostValues: Int? = nil) throws(DocumentError) {
    self.path = path
    let reader = try CyclerFileReader(path: path)
    format = reader.format
    nominalCapacity = try BDFSidecar(besides: path).nominalCapacity
    observables = reader.observableLabels.map { Observable(label: $0, values: []) }
    let mostRows = max(64, (mostValues ?? Self.mostValues) / (8 + observables.count))
    var row = CyclerFileReader.Row()
    while try reader.next(into: &row) {
      append(row, reader.observables)
      if time.count > mostRows { thinOut() }
    }
    guard rowCount > 0 else { throw DocumentError(file: path, message: "there are no rows below the labels") }
    cutOffLine = reader.cutOffLine
    observables.removeAll { !$0.values.contains(where: \.isFinite) }
    var start = 0
    for index in steps.indices {
      var end = start
      while end < step.count, step[end] == index { end += 1 }
      steps[index].rows = start..<end
      start = end
    }
  }

  /// The column of this label.
  public func observable(_ label: String) -> [Double]? { observables.first { $0.label == label }?.values }

  private mutating func append(_ row: CyclerFileReader.Row, _ values: [Double]) {
    rowCount += 1
    if row.isFirstOfStep {
      steps.append(
        Step(
          cycle: row.cycle, number: row.stepNumber, type: row.stepType, start: row.time, end: row.time,
          startVoltage: row.voltage, endVoltage: row.voltage, rows: 0..<0))
    }
    let last = steps.count - 1
    steps[last].end = row.time
    steps[last].endVoltage = row.voltage
    // What passed on the way to the first row of a step belongs to it.
    steps[last].charge += row.passed.charge - row.passed.discharge
    steps[last].energy += row.passed.chargeEnergy - row.passed.dischargeEnergy
    time.append(row.time)
    voltage.append(row.voltage)
    current.append(row.current)
    charge.append((charge.last ?? 0) + row.passed.charge)
    discharge.append((discharge.last ?? 0) + row.passed.discharge)
    chargeEnergy.append((chargeEnergy.last ?? 0) + row.passed.chargeEnergy)
    dischargeEnergy.append((dischargeEnergy.last ?? 0) + row.passed.dischargeEnergy)
    step.append(last)
    for index in observables.indices { observables[index].values.append(values[index]) }
  }

  /// Leaves about half of the rows, with the ends of steps, unless there are too many of these.
  private mutating func thinOut() {
    let keepsEnds = 4 * steps.count <= time.count
    var kept: [Int] = []
    kept.reserveCapacity(time.count / 2 + 2)
    for start in stride(from: 0, to: time.count, by: 4) {
      let group = start..<min(start + 4, time.count)
      guard group.count == 4, group.upperBound < time.count else {
        // The last rows stay, whose counters go on.
        kept += group
        continue
      }
      let ends = group.filter { index in
        index == 0 || step[index - 1] != step[index] || step[index + 1] != step[index]
      }
      var chosen = keepsEnds ? ends : Array(ends.prefix(2))
      let byVoltage = group.sorted { voltage[$0] < voltage[$1] }
      for index in [byVoltage.last!, byVoltage.first!] + group where chosen.count < 2 && !chosen.contains(index) {
        chosen.append(index)
      }
      kept += chosen.sorted()
    }
    func select(_ values: inout [Double]) { values = kept.map { values[$0] } }
    select(&time)
    select(&voltage)
    select(&current)
    select(&charge)
    select(&discharge)
    select(&chargeEnergy)
    select(&dischargeEnergy)
    step = kept.map { step[$0] }
    for index in observables.indices { select(&observables[index].values) }
  }
}
