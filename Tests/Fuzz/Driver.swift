import Foundation

/// Hands the inputs to workers and collects what they die of.
final class Driver {
  private let jobs: Int
  private let failures: String
  private let scratch: URL
  private let program = CommandLine.arguments[0]
  private var free: [Int]
  private var running: [pid_t: Piece] = [:]
  private var totals: [String: Total] = [:]

  /// In s of processor time.
  static let longestForBombs = 10.0

  /// Inputs that one worker reads, one after the other.
  private struct Piece {
    var target: Target
    var seed: UInt64
    var indices: Range<UInt64>
    var slot: Int
    /// Index of a bomb.
    var bomb: Int?
    var began = ContinuousClock.now
  }

  private struct Total {
    var read: UInt64 = 0
    var accepted: UInt64 = 0
    var seconds = 0.0
    /// In kB.
    var peak = 0
    var failures = 0
  }

  init(jobs: Int, failures: String) throws {
    self.jobs = max(1, jobs)
    self.failures = failures
    free = Array(0..<max(1, jobs))
    // A trap says what it is by its input.
    setenv("SWIFT_BACKTRACE", "enable=no", 1)
    scratch = FileManager.default.temporaryDirectory.appending(path: "fuzz-\(getpid())")
    for slot in free {
      try FileManager.default.createDirectory(at: folder(slot), withIntermediateDirectories: true)
    }
  }

  /// Removes what the workers have left.
  func clean() { try? FileManager.default.removeItem(at: scratch) }

  private func folder(_ slot: Int) -> URL { scratch.appending(path: "\(slot)") }

  // MARK: searching

  /// - Returns: how many defects were found.
  func search(_ targets: [Target], inputs: UInt64, seed: UInt64) throws -> Int {
    print("seed \(seed)")
    let began = ContinuousClock.now
    let shares = targets.map { max(1, UInt64($0.share)) }
    let all = shares.reduce(0, +)
    for (target, share) in zip(targets, shares) {
      let count = max(1, inputs * share / all)
      // A worker is not left to run for hours: what it does not give back would go unnoticed.
      let size = max(1, min(50_000, count / UInt64(jobs) + 1))
      for first in stride(from: 0, to: count, by: Int(size)) {
        try start(Piece(target: target, seed: seed, indices: first..<min(first + size, count), slot: 0))
      }
    }
    while !running.isEmpty { try wait() }
    return report(targets.map(\.name), ContinuousClock.now - began)
  }

  /// - Returns: how many bombs have gone off.
  func explode() throws -> Int {
    let began = ContinuousClock.now
    for (index, bomb) in Bomb.all.enumerated() {
      guard let target = Target.named(bomb.target) else { preconditionFailure("no target \(bomb.target)") }
      try start(Piece(target: target, seed: 0, indices: 0..<1, slot: 0, bomb: index))
    }
    while !running.isEmpty { try wait() }
    var names: [String] = []
    for bomb in Bomb.all where !names.contains(bomb.target) { names.append(bomb.target) }
    return report(names, ContinuousClock.now - began)
  }

  private func start(_ piece: Piece) throws {
    while free.isEmpty { try wait() }
    // Twenty ways to fail show enough.
    guard totals[piece.target.name, default: Total()].failures < 20 else { return }
    var piece = piece
    piece.slot = free.removeLast()
    piece.began = .now
    let folder = folder(piece.slot).path
    var arguments = [program, "scratch=\(folder)", "seed=\(piece.seed)"]
    if let bomb = piece.bomb {
      arguments.append("bomb=\(bomb)")
    } else {
      try Data(count: MemoryLayout<Progress>.size).write(to: URL(filePath: folder + "/progress"))
      arguments += [
        "worker=\(piece.target.name)", "progress=\(folder)/progress", "first=\(piece.indices.lowerBound)",
        "count=\(piece.indices.count)",
      ]
    }
    var process: pid_t = 0
    let strings = arguments.map { strdup($0) }
    defer { for string in strings { free(string) } }
    fflush(nil)
    let status = posix_spawn(&process, program, nil, nil, strings + [nil], environ)
    guard status == 0 else {
      throw Command.Mistake(description: "\(program) cannot be started: \(String(cString: strerror(status)))")
    }
    running[process] = piece
  }

  private func free(_ pointer: UnsafeMutablePointer<CChar>?) { Foundation.free(pointer) }

  private func wait() throws {
    var status: Int32 = 0
    var usage = rusage()
    let process = wait4(-1, &status, 0, &usage)
    guard let piece = running.removeValue(forKey: process) else { return }
    free.append(piece.slot)
    var total = totals[piece.target.name, default: Total()]
    defer { totals[piece.target.name] = total }
    let elapsed = ContinuousClock.now - piece.began
    total.seconds += Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    #if canImport(Darwin)
      total.peak = max(total.peak, usage.ru_maxrss / 1024)
    #else
      total.peak = max(total.peak, usage.ru_maxrss)
    #endif
    let progress =
      piece.bomb == nil
      ? try Data(contentsOf: folder(piece.slot).appending(path: "progress")).withUnsafeBytes {
        $0.loadUnaligned(as: Progress.self)
      } : Progress()
    total.accepted += progress.accepted
    guard status != 0 else {
      total.read += UInt64(piece.indices.count)
      return
    }
    total.read += progress.index + 1 - piece.indices.lowerBound
    total.failures += 1
    try show(piece, progress.index, Self.reason(status))
    // The others are read by another worker.
    let rest = progress.index + 1..<piece.indices.upperBound
    totals[piece.target.name] = total
    if piece.bomb == nil, !rest.isEmpty {
      var next = piece
      next.indices = rest
      try start(next)
      total = totals[piece.target.name, default: Total()]
    }
  }

  private static func reason(_ status: Int32) -> String {
    let signal = status & 0x7F
    guard signal != 0 else { return "a property does not hold" }
    return signal == SIGPROF ? "takes too long" : "killed by signal \(signal), \(String(cString: strsignal(signal)))"
  }

  // MARK: telling

  private func show(_ piece: Piece, _ index: UInt64, _ reason: String) throws {
    if let bomb = piece.bomb {
      print("FAILURE \(Bomb.all[bomb].target), \(Bomb.all[bomb].name): \(reason)")
      print("  again: fuzz bomb=\(bomb)")
      return
    }
    try FileManager.default.createDirectory(atPath: failures, withIntermediateDirectories: true)
    let path = "\(failures)/\(piece.seed)-\(index)-\(piece.target.fileName)"
    let bytes = piece.target.input(piece.target.seed(piece.seed, index))
    try Data(bytes).write(to: URL(filePath: path))
    print("FAILURE \(piece.target.name), input \(index): \(reason)")
    print("  \(path), again: fuzz input=\(piece.target.name):\(index) seed=\(piece.seed)")
  }

  private func report(_ names: [String], _ elapsed: Duration) -> Int {
    func column(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    print("target            inputs   accepted    per s   peak MB  failures")
    var all = Total()
    for name in names {
      let total = totals[name, default: Total()]
      all.read += total.read
      all.failures += total.failures
      all.peak = max(all.peak, total.peak)
      let cells = [
        column("\(total.read)", 12), column("\(total.accepted)", 11),
        column("\(Int(Double(total.read) / max(1e-3, total.seconds)))", 9), column("\(total.peak / 1024)", 10),
        column("\(total.failures)", 10),
      ]
      print(name + String(repeating: " ", count: max(0, 12 - name.count)) + cells.joined())
    }
    print("\(all.read) inputs in \(elapsed.components.seconds) s, \(all.failures) failures, peak \(all.peak / 1024) MB")
    return all.failures
  }
}
