import Studies

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A number with a fixed count of decimals, for tables.
func fixed(_ value: Double, _ decimals: Int) -> String {
  guard value.isFinite else { return "\(value)" }
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  let scaled = (value * scale).rounded()
  guard abs(scaled) < 1e15 else { return "\(value)" }
  let digits = String(Int(abs(scaled)))
  let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
  let sign = scaled < 0 ? "-" : ""
  return decimals == 0 ? sign + padded : sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
}

/// A number with a count of significant digits: 0.01214, 4.509, 1.2e-9.
func significant(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
  let exponent = Int(log10(abs(value)).rounded(.down))
  if (-4..<max(6, digits)).contains(exponent) { return fixed(value, max(0, digits - 1 - exponent)) }
  return "\(fixed(value / pow(10, Double(exponent)), digits - 1))e\(exponent)"
}

/// A time in the largest units that read well: "45.2 s", "12 min 3 s", "2 h 5 min", "3 d 4 h", "12 a".
func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e15 else { return "\(seconds) s" }
  guard seconds >= 60 else { return fixed(seconds, 1) + " s" }
  let whole = Int(seconds.rounded())
  if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
  let minutes = (whole + 30) / 60
  if minutes < 48 * 60 { return "\(minutes / 60) h \(minutes % 60) min" }
  let hours = (minutes + 30) / 60
  if hours < 2 * 8766 { return "\(hours / 24) d \(hours % 24) h" }
  return "\(hours / 8766) a"
}

/// Rows of text in aligned columns: the first column to the left, the others to the right.
func table(_ rows: [[String]]) -> String {
  let columnCount = rows.map(\.count).max() ?? 0
  let widths = (0..<columnCount).map { column in
    rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
  }
  return rows.map { row in
    row.enumerated().map { column, text in
      let space = String(repeating: " ", count: widths[column] - text.count)
      return column == 0 ? text + space : space + text
    }.joined(separator: "  ")
  }.joined(separator: "\n")
}

/// A line on the terminal that is written over; silent where standard error is not a terminal.
final class ProgressLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var lastUpdate = ContinuousClock.now
  private var width = 0

  /// Shows a new text, at most ten times a second.
  func update(_ text: @autoclosure () -> String) {
    guard isTerminal, ContinuousClock.now - lastUpdate > .milliseconds(100) else { return }
    lastUpdate = .now
    let text = text()
    let space = String(repeating: " ", count: max(0, width - text.count))
    width = text.count
    writeToTerminal("\r" + text + space)
  }

  /// Removes the line.
  func clear() {
    guard width > 0 else { return }
    writeToTerminal("\r" + String(repeating: " ", count: width) + "\r")
    width = 0
  }
}

/// Turns Ctrl-C, the end of the session or a request to end (of a job scheduler too, which may send SIGUSR1) into a question
/// that a loop can ask. `timeout` and schedulers send a signal to a process and to its group: what comes within two seconds
/// counts as one; asked again later, the program ends at once.
enum Interrupt {
  /// When in whole seconds; 0 before.
  nonisolated(unsafe) private static var requested: time_t = 0

  static func watch() {
    let handler: @convention(c) (Int32) -> Void = { number in
      let now = time(nil)
      if Interrupt.requested == 0 {
        Interrupt.requested = now
      } else if now - Interrupt.requested >= 2 {
        signal(number, SIG_DFL)
        raise(number)
      }
    }
    // A parent with blocked signals (a thread pool, a job scheduler) hands its mask down.
    var wanted = sigset_t()
    sigemptyset(&wanted)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGUSR1] {
      let before = signal(number, handler)
      // `nohup` lets a test outlive its session.
      if number == SIGHUP, isIgnoring(before) { signal(number, SIG_IGN) }
      sigaddset(&wanted, number)
    }
    sigprocmask(SIG_UNBLOCK, &wanted, nil)
  }

  private static func isIgnoring(_ handler: (@convention(c) (Int32) -> Void)?) -> Bool {
    unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// A run of a study ends with the process that began it.
  private static let parent = getenv(SweepRunner.parentVariable).flatMap { pid_t(String(cString: $0)) }

  static var isRequested: Bool { requested != 0 || parent.map { $0 != getppid() } ?? false }
}

/// In what the charge, energy and current of a cell are shown: A·h, or for small cells mA·h or µA·h, so that four decimals
/// tell something.
struct CellScale {
  private let prefix: String
  private let factor: Double

  /// - Parameter nominalCapacity: of the cell in A·h.
  init(nominalCapacity: Double) {
    (prefix, factor) = nominalCapacity >= 0.1 ? ("", 1) : nominalCapacity >= 1e-4 ? ("m", 1e3) : ("µ", 1e6)
  }

  var charge: String { prefix + "A·h" }
  var energy: String { prefix + "W·h" }
  var current: String { prefix + "A" }

  /// A value in A·h, W·h or A in the units above.
  func fixed(_ value: Double, _ decimals: Int) -> String { spinodal.fixed(value * factor, decimals) }
}
