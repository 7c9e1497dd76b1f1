import Foundation

/// Counts the time that `run` takes.
struct Clock {
  /// In s; the CPU time is that of all threads of the process.
  private(set) var cpu = 0.0
  private(set) var wall = 0.0

  mutating func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    let (cpuStart, wallStart) = (Self.now(CLOCK_PROCESS_CPUTIME_ID), Self.now(CLOCK_MONOTONIC))
    defer {
      cpu += Self.now(CLOCK_PROCESS_CPUTIME_ID) - cpuStart
      wall += Self.now(CLOCK_MONOTONIC) - wallStart
    }
    return try body()
  }

  private static func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }
}

/// The most memory that this process has ever had resident.
var peakMegabytes: Double {
  var usage = rusage()
  #if canImport(Darwin)
    getrusage(RUSAGE_SELF, &usage)
    return Double(usage.ru_maxrss) / 1e6
  #else
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) * 1024 / 1e6
  #endif
}

/// A converged curve of the tests' references.
struct ReferenceCurve {
  struct Row {
    /// Time since the step began in s.
    var time: Double
    var voltage: Double
    /// From 1.
    var step: Int
  }
  var rows: [Row] = []

  init(_ name: String) throws {
    let text = try String(contentsOfFile: "Tests/VerificationTests/References/\(name).csv", encoding: .utf8)
    let lines = text.split(whereSeparator: \.isNewline).map { $0.split(separator: ",") }
    var stepStart = 0.0
    for fields in lines.dropFirst() {
      func number(_ label: Substring) -> Double? {
        lines[0].firstIndex(of: label).flatMap { Double(fields[$0]) }
      }
      guard let time = number("time_s"), let voltage = number("voltage_V") else {
        throw Job.Mistake("\(name).csv: a row without time_s and voltage_V")
      }
      let step = number("step").map { Int($0) } ?? 1
      if step != rows.last?.step { stepStart = time }
      rows.append(Row(time: time - stepStart, voltage: voltage, step: step))
    }
  }

  /// Without the last row of each step: the end of a step is an error of time.
  func inside(step: Int) -> ArraySlice<Row> { rows.filter { $0.step == step }.dropLast() }
}

/// The deviation of voltages from a reference, in V.
struct Deviation {
  private var sum = 0.0
  private var count = 0
  /// Without the first minute of a step.
  private(set) var largest = 0.0
  var rootMeanSquare: Double { (sum / Double(max(count, 1))).squareRoot() }

  mutating func add(_ deviation: Double, at time: Double) {
    sum += deviation * deviation
    count += 1
    if time >= 60 { largest = max(largest, abs(deviation)) }
  }
}
