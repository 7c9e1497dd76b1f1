import Foundation

/// What the arguments ask for.
struct Command {
  private var settings: [String: String] = [:]
  private let isForBombs: Bool

  struct Mistake: Error, CustomStringConvertible {
    var description: String
  }

  private static let known = [
    "inputs", "seed", "jobs", "targets", "failures", "input", "file", "bomb", "worker", "first", "count", "progress",
    "scratch",
  ]

  init(_ arguments: [String]) throws {
    isForBombs = arguments.first == "bombs"
    for argument in arguments.dropFirst(isForBombs ? 1 : 0) {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, Self.known.contains(parts[0]) else { throw Mistake(description: "'\(argument)'?") }
      settings[parts[0]] = parts[1]
    }
  }

  private func number(_ name: String, _ standard: UInt64) throws -> UInt64 {
    guard let text = settings[name] else { return standard }
    guard let number = UInt64(text) else { throw Mistake(description: "\(name)=\(text): expected a whole number") }
    return number
  }

  private func target(_ name: String) throws -> Target {
    guard let target = Target.named(name) else {
      throw Mistake(description: "'\(name)' is none of \(Target.all.map { $0.name }.joined(separator: ", "))")
    }
    return target
  }

  /// - Returns: whether nothing has failed.
  func run() throws -> Bool {
    let seed = try number("seed", 1)
    if let name = settings["worker"] {
      try work(target(name), seed)
      return true
    }
    if let index = settings["bomb"].flatMap({ Int($0) }), Bomb.all.indices.contains(index) {
      try explode(Bomb.all[index])
      return true
    }
    if let parts = settings["input"]?.split(separator: ":").map(String.init), parts.count == 2,
      let index = UInt64(parts[1])
    {
      let target = try target(parts[0])
      try readAgain(target.input(target.seed(seed, index)), target)
      return true
    }
    if let parts = settings["file"]?.split(separator: ":", maxSplits: 1).map(String.init), parts.count == 2 {
      try readAgain([UInt8](Data(contentsOf: URL(filePath: parts[1]))), target(parts[0]))
      return true
    }
    let driver = try Driver(jobs: Int(number("jobs", 2)), failures: settings["failures"] ?? "fuzz-failures")
    defer { driver.clean() }
    if isForBombs { return try driver.explode() == 0 }
    let targets = try settings["targets"]?.split(separator: ",").map { try target(String($0)) } ?? Target.all
    return try driver.search(targets, inputs: number("inputs", 1_000_000), seed: seed) == 0
  }

  // MARK: in a worker

  /// In bytes. A program that reads files of a few kilobytes has no need of more.
  static let memory: UInt64 = 1 << 30
  /// The bombs have up to 100 MB, and are made here too.
  static let memoryForBombs: UInt64 = 4 << 30

  private func work(_ target: Target, _ seed: UInt64) throws {
    Worker.limitMemory(Self.memory)
    let (first, count) = (try number("first", 0), try number("count", 0))
    let file = open(settings["progress"] ?? "", O_RDWR)
    guard file >= 0,
      let memory = mmap(nil, MemoryLayout<Progress>.size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0),
      memory != MAP_FAILED
    else { throw Mistake(description: "progress=\(settings["progress"] ?? ""): cannot be opened") }
    let progress = memory.bindMemory(to: Progress.self, capacity: 1)
    try Worker.run(
      target, seed: seed, first..<first + count, in: Scratch(folder: settings["scratch"] ?? "."), progress)
  }

  private func explode(_ bomb: Bomb) throws {
    Worker.limitMemory(Self.memoryForBombs)
    let bytes = bomb.make()
    let scratch = Scratch(folder: settings["scratch"] ?? ".")
    _ = try Worker.read(bytes, target(bomb.target), scratch, longest: Driver.longestForBombs)
  }

  private func readAgain(_ bytes: [UInt8], _ target: Target) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "fuzz-\(getpid())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    print(String(decoding: bytes.prefix(2000), as: UTF8.self))
    let began = ContinuousClock.now
    let isAccepted = try target.read(bytes, Scratch(folder: folder))
    print("\(isAccepted ? "accepted" : "refused") in \(ContinuousClock.now - began)")
  }
}
