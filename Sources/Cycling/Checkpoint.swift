import Documents

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A test that can be gone on with: what it was given, and how far it has come. Written as `NAME.checkpoint`.
///
/// The first line of the file has a checksum of all that follows, which is JSON; numbers of which every digit counts stand
/// in it as their bytes. A file takes the place of the one before, which is kept beside it: whatever happens to a disk in
/// the middle, there is one that is whole.
public struct Checkpoint: Codable, Equatable, Sendable {
  public var inputs: [TestInput]
  /// Unix time in s at test time zero.
  public var startTime: Double
  /// nil where nothing has been done yet.
  public var progress: Progress?

  public init(inputs: [TestInput], startTime: Double, progress: Progress? = nil) {
    self.inputs = inputs
    self.startTime = startTime
    self.progress = progress
  }

  public struct Progress: Codable, Equatable, Sendable {
    public var cycler: CyclerState
    public var history: CyclerHistory
    /// What the cell has saved of itself.
    public var cell: [Double] {
      get { cellNumbers.values }
      set { cellNumbers.values = newValue }
    }
    private var cellNumbers: ExactNumbers
    /// The records that belong to this state.
    public var data: FileState
    public var profiles: SideTableState?

    public init(
      cycler: CyclerState, history: CyclerHistory, cell: [Double], data: FileState, profiles: SideTableState? = nil
    ) {
      self.cycler = cycler
      self.history = history
      cellNumbers = ExactNumbers(values: cell)
      self.data = data
      self.profiles = profiles
    }
  }

  /// Why a test cannot be gone on with.
  public enum Problem: Error, Equatable, CustomStringConvertible {
    case missing(path: String)
    case damaged(path: String)
    case otherInput(path: String, complaint: String)

    public var description: String {
      switch self {
      case .missing(let path):
        "\(path): there is no such file, so there is no test to go on with (without --resume one begins)"
      case .damaged(let path): "\(path): the file is damaged, and so is the one before it, if there is one"
      case .otherInput(let path, let complaint): "\(path): \(complaint)"
      }
    }
  }

  // MARK: files

  private static let title = "spinodal checkpoint 1"

  /// The file, the one before it, and one that is being written.
  static func paths(_ path: String) -> [String] { [path, previous(path), path + ".part"] }

  private static func previous(_ path: String) -> String { path + ".previous" }

  public static func exists(_ path: String) -> Bool { OutputFile.exists(path) || OutputFile.exists(previous(path)) }

  public static func remove(_ path: String) {
    for path in paths(path) { OutputFile.remove(path) }
  }

  /// - Parameter survivesPowerFailure: whether to wait until the disk has it.
  public func write(to path: String, survivesPowerFailure: Bool = true) throws(OutputError) {
    let content = json(self)
    do {
      try OutputFile.replace(
        path, previous: survivesPowerFailure ? Self.previous(path) : nil, survivesPowerFailure: survivesPowerFailure
      ) { file in
        file.append("\(Self.title) \(Checksum(content).text)\n")
        file.append(content)
      }
    } catch let error as OutputError {
      throw error
    } catch {
      preconditionFailure("nothing else is thrown: \(error)")
    }
  }

  /// Reads the last checkpoint that is whole.
  /// - Parameter inputs: what the test is given now, which must be what it was given then.
  public init(path: String, inputs: [TestInput]) throws(Problem) {
    guard Self.exists(path) else { throw .missing(path: path) }
    guard let checkpoint = Self.read(path) ?? Self.read(Self.previous(path)) else { throw .damaged(path: path) }
    let then = Dictionary(checkpoint.inputs.map { ($0.name, $0.value) }) { first, _ in first }
    if let complaint = TestInput.change(from: then, to: inputs) { throw .otherInput(path: path, complaint: complaint) }
    self = checkpoint
  }

  private static func read(_ path: String) -> Checkpoint? {
    guard let data = try? Data(contentsOf: URL(filePath: path)),
      let end = data.firstIndex(of: UInt8(ascii: "\n"))
    else { return nil }
    let content = data[(end + 1)...]
    guard data[..<end].elementsEqual("\(title) \(content.withUnsafeBytes { Checksum($0).text })".utf8) else {
      return nil
    }
    return try? jsonDecoder().decode(Checkpoint.self, from: content)
  }
}

/// Something that a test is given, and that must be the same when it goes on.
public struct TestInput: Codable, Equatable, Sendable {
  /// What it is to the user: `the cell`, `--mesh`.
  public var name: String
  /// Its value, or the checksum of a file.
  public var value: String
  private var isFile: Bool

  /// An option.
  public init(_ name: String, _ value: String) {
    (self.name, self.value, isFile) = (name, value, false)
  }

  /// A file, by its contents: it may have another name when the test goes on.
  public init(_ name: String, file: String) throws(DocumentError) {
    (self.name, value, isFile) = (name, Checksum(try DocumentNode.text(ofFile: file)).text, true)
  }

  /// The drive cycles of a protocol, by what the files hold.
  public static func profiles(of test: TestProtocol) throws(DocumentError) -> [TestInput] {
    var inputs: [TestInput] = []
    for case .step(let placed) in try Program(test).instructions {
      guard case .profile(let profile) = placed.step.action else { continue }
      var input = TestInput("\(profile.file), column '\(profile.valueColumn)',", "")
      guard !inputs.contains(where: { $0.name == input.name }) else { continue }
      input.value = profile.rows.flatMap { [$0.time, $0.value] }.withUnsafeBytes { Checksum($0).text }
      input.isFile = true
      inputs.append(input)
    }
    return inputs
  }

  /// One for all of them: the same where every one of them is the same.
  public static func digest(of inputs: [TestInput]) -> String {
    Checksum(json(inputs)).text
  }

  /// As it stands in the metadata of a test.
  public static func described(_ inputs: [TestInput]) -> JSONValue {
    .group(Dictionary(inputs.map { ($0.name, .text($0.value)) }) { first, _ in first })
  }

  /// The first input that is not what it was.
  ///
  /// A drive cycle that is there only now comes with a protocol that has changed: the inputs of now are enough.
  /// - Parameter then: values by name.
  /// - Returns: what is said about it; nil where there is no such input.
  public static func change(from then: [String: String], to now: [TestInput]) -> String? {
    func shown(_ value: String) -> String { value.isEmpty ? "nothing" : "'\(value)'" }
    for input in now {
      let before = then[input.name] ?? ""
      guard before != input.value else { continue }
      return input.isFile
        ? "\(input.name) has changed since the test began"
        : "\(input.name) was \(shown(before)) when the test began, and is \(shown(input.value)) now"
    }
    return nil
  }
}

/// Numbers of which every digit counts, as the text of their bytes.
private struct ExactNumbers: Codable, Equatable, Sendable {
  var values: [Double]

  init(values: [Double]) { self.values = values }

  init(from decoder: any Decoder) throws {
    let data = try decoder.singleValueContainer().decode(Data.self)
    values = [Double](unsafeUninitializedCapacity: data.count / 8) { numbers, count in
      count = data.copyBytes(to: numbers) / 8
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(values.withUnsafeBytes { Data($0) })
  }
}

/// As columns of numbers beside a list of the few texts that occur: there may be a million steps.
extension CyclerHistory: Codable {
  enum CodingKeys: String, CodingKey {
    case texts, steps, cycles, observableCount
  }

  private static let stepWidth = 15
  /// Without the extremes of the observables.
  private static let cycleWidth = 5

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let texts = try container.decode([String].self, forKey: .texts)
    let broken = DecodingError.dataCorruptedError(
      forKey: .steps, in: container, debugDescription: "not the numbers of a history")
    func rows(_ key: CodingKeys, _ width: Int) throws -> [ArraySlice<Double>] {
      let values = try container.decode(ExactNumbers.self, forKey: key).values
      return stride(from: 0, to: values.count - width + 1, by: width).map { values[$0..<$0 + width] }
    }
    for var row in try rows(.steps, Self.stepWidth) {
      func integer() throws -> Int {
        guard let value = Int(exactly: row.removeFirst()) else { throw broken }
        return value
      }
      func text() throws -> String? {
        let index = try integer()
        return index < 0 ? nil : texts.indices.contains(index) ? texts[index] : nil
      }
      let (cycle, stepCount, stepID) = (try integer(), try integer(), try integer())
      let (type, label, endedBy) = (try text().flatMap(StepType.init), try text(), try text())
      guard let type, let endedBy else { throw broken }
      steps.append(
        StepSummary(
          cycle: cycle, stepCount: stepCount, stepID: stepID, type: type, wasAlreadyMet: try integer() == 1,
          label: label,
          endedBy: endedBy, start: row.removeFirst(), duration: row.removeFirst(),
          throughput: Throughput(takenFrom: &row), endVoltage: row.removeFirst(), endCurrent: row.removeFirst()))
    }
    let observableCount = try container.decode(Int.self, forKey: .observableCount)
    guard (0...100_000).contains(observableCount) else { throw broken }
    for var row in try rows(.cycles, Self.cycleWidth + 2 * observableCount) {
      guard let cycle = Int(exactly: row.removeFirst()) else { throw broken }
      let throughput = Throughput(takenFrom: &row)
      var extremes = Extremes()
      extremes.lowest = Array(row.prefix(observableCount))
      extremes.highest = Array(row.suffix(observableCount))
      cycles.append(CycleSummary(cycle: cycle, throughput: throughput, extremes: extremes))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var texts: [String] = []
    var places: [String: Int] = [:]
    func place(_ text: String?) -> Double {
      guard let text else { return -1 }
      if let place = places[text] { return Double(place) }
      places[text] = texts.count
      texts.append(text)
      return Double(texts.count - 1)
    }
    var stepNumbers: [Double] = []
    stepNumbers.reserveCapacity(Self.stepWidth * steps.count)
    for step in steps {
      for value in [step.cycle, step.stepCount, step.stepID] { stepNumbers.append(Double(value)) }
      for text in [step.type.rawValue, step.label, step.endedBy] { stepNumbers.append(place(text)) }
      stepNumbers.append(step.wasAlreadyMet ? 1 : 0)
      stepNumbers.append(step.start)
      stepNumbers.append(step.duration)
      stepNumbers += step.throughput.numbers
      stepNumbers.append(step.endVoltage)
      stepNumbers.append(step.endCurrent)
    }
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(texts, forKey: .texts)
    try container.encode(ExactNumbers(values: stepNumbers), forKey: .steps)
    try container.encode(cycles.first?.extremes.lowest.count ?? 0, forKey: .observableCount)
    try container.encode(
      ExactNumbers(
        values: cycles.flatMap {
          [Double($0.cycle)] + $0.throughput.numbers + $0.extremes.lowest + $0.extremes.highest
        }), forKey: .cycles)
  }
}

extension Throughput {
  fileprivate var numbers: [Double] { [chargingCharge, dischargingCharge, chargingEnergy, dischargingEnergy] }

  fileprivate init(takenFrom numbers: inout ArraySlice<Double>) {
    self.init()
    chargingCharge = numbers.removeFirst()
    dischargingCharge = numbers.removeFirst()
    chargingEnergy = numbers.removeFirst()
    dischargingEnergy = numbers.removeFirst()
  }
}
