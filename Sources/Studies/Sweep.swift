import Cycling
import Documents

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A folder with a manifest and the results of its runs.
///
/// Each run has a folder `runs/NAME`, which is called `NAME.part` until the run has ended: a folder without that is whole.
/// Any number of processes on any number of machines that share the folder may work on different runs of it.
public struct Sweep: Sendable {
  public let folder: String
  public let runs: [PlannedRun]

  /// Opens a sweep that has been planned.
  public init(folder: String) throws(DocumentError) {
    self.folder = folder
    runs = try Manifest.runs(path: Self.manifestPath(folder))
  }

  /// Plans a sweep: what has been computed already of the same runs stays.
  /// - Throws: `DocumentError`, `OutputError`.
  public init(planning study: Study, in folder: String, software: String) throws {
    self.folder = folder
    try Self.createFolder("\(folder)/runs")
    runs = try Manifest.runs(of: study, in: folder, software: software)
    try replaceFile(Self.manifestPath(folder), with: Manifest.text(runs))
  }

  /// Makes sure that runs are still what was planned.
  public func check(_ runs: [PlannedRun], software: String) throws(DocumentError) {
    try Manifest.check(runs, in: folder, software: software)
  }

  private static func createFolder(_ path: String) throws(OutputError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw OutputError.cannotCreate(path: path, reason: "a folder is wanted there, in one that can be written to")
    }
  }

  public static func manifestPath(_ folder: String) -> String { "\(folder)/manifest.jsonl" }

  /// The runs of one of several shares: every `count`-th, so that what takes long is spread.
  /// - Parameter index: from 1.
  public func share(_ index: Int, of count: Int) -> [PlannedRun] {
    runs.enumerated().filter { $0.offset % count == index - 1 }.map(\.element)
  }

  // MARK: one run

  /// What a run came to: `done.json` in its folder.
  public struct Result: Codable, Equatable, Sendable {
    public enum Status: String, Codable, Sendable {
      case completed
      /// The test ended before its end; what it had come to is there.
      case stoppedEarly = "stopped early"
      /// There is nothing.
      case failed
    }

    /// Of the run.
    public var id: String
    public var status: Status
    public var reason: String?
    /// In s.
    public var wallTime: Double
    /// Sizes in bytes of the files, by their endings: a run of which something is missing is computed again.
    public var files: [String: Int] = [:]
  }

  /// Where the files of a run start from: `PATH.bdf.csv` and so on.
  public func prefix(of run: PlannedRun) -> String { "\(folder)/runs/\(run.name)/\(run.name)" }

  /// What a run came to; nil where it has not ended, was another run of this name, or is not whole any more.
  public func result(of run: PlannedRun) -> Result? {
    guard let data = FileManager.default.contents(atPath: "\(folder)/runs/\(run.name)/done.json"),
      let result = try? JSONDecoder().decode(Result.self, from: data), result.id == run.id,
      result.files == Self.sizes(ofFiles: prefix(of: run))
    else { return nil }
    return result
  }

  private static func sizes(ofFiles prefix: String) -> [String: Int] {
    var sizes: [String: Int] = [:]
    for ending in [".bdf.csv", ".bdf.metadata.json", ".summary.json", ".profiles.csv"] {
      var status = stat()
      if stat(prefix + ending, &status) == 0 { sizes[ending] = Int(status.st_size) }
    }
    return sizes
  }

  /// A run that this process computes, and no other process while this exists.
  final class Claim {
    /// Where it is computed.
    let folder: String
    /// Whether it was begun there before and can be gone on with.
    let isBegun: Bool
    private let descriptor: Int32

    fileprivate init(folder: String, isBegun: Bool, descriptor: Int32) {
      (self.folder, self.isBegun, self.descriptor) = (folder, isBegun, descriptor)
    }

    deinit { close(descriptor) }
  }

  /// Makes the folder in which a run is computed.
  /// - Returns: nil where another process computes it, or has just done so.
  func claim(_ run: PlannedRun) throws -> Claim? {
    let part = "\(folder)/runs/\(run.name).part"
    let files = FileManager.default
    try Self.createFolder(part)
    let lock = "\(part)/lock"
    let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw OutputError.cannotCreate(path: lock, reason: String(cString: strerror(errno))) }
    var (own, there) = (stat(), stat())
    // What was locked may have got another name in between.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &own) == 0, stat(lock, &there) == 0,
      own.st_ino == there.st_ino
    else {
      close(descriptor)
      return nil
    }
    let identity = files.contents(atPath: "\(part)/id").map { String(decoding: $0, as: UTF8.self) }
    if identity == run.id {
      let isBegun = files.fileExists(atPath: "\(part)/\(run.name).checkpoint")
      return Claim(folder: part, isBegun: isBegun, descriptor: descriptor)
    }
    // What another run of this name has left there.
    for name in (try? files.contentsOfDirectory(atPath: part)) ?? [] where name != "lock" {
      try? files.removeItem(atPath: "\(part)/\(name)")
    }
    try replaceFile("\(part)/id", with: run.id)
    return Claim(folder: part, isBegun: false, descriptor: descriptor)
  }

  /// Nothing is to be done: the folder of the claim goes.
  func drop(_ claim: Claim) { try? FileManager.default.removeItem(atPath: claim.folder) }

  /// The run has ended: its folder gets its name, and replaces what was there before.
  func finish(_ run: PlannedRun, _ claim: Claim, _ result: Result) throws {
    let (part, whole) = (claim.folder, "\(folder)/runs/\(run.name)")
    var result = result
    result.files = Self.sizes(ofFiles: "\(part)/\(run.name)")
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    guard let data = try? encoder.encode(result) else { preconditionFailure("texts and numbers can be encoded") }
    try replaceFile("\(part)/done.json", with: String(decoding: data, as: UTF8.self) + "\n")
    let files = FileManager.default
    for name in ["id", "lock"] { try? files.removeItem(atPath: "\(part)/\(name)") }
    try? files.removeItem(atPath: whole)
    guard rename(part, whole) == 0 else {
      throw OutputError.cannotWrite(path: whole, reason: String(cString: strerror(errno)))
    }
  }
}
