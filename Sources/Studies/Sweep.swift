import Documents

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
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
  public init(planning study: Study, in folder: String, software: String) throws {
    self.folder = folder
    runs = try Manifest.runs(of: study, in: folder, software: software)
    try FileManager.default.createDirectory(atPath: "\(folder)/runs", withIntermediateDirectories: true)
    try writeAtomically(Manifest.text(runs), to: Self.manifestPath(folder))
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
  }

  /// Where the files of a run start from: `PATH.bdf.csv` and so on.
  public func prefix(of run: PlannedRun) -> String { "\(folder)/runs/\(run.name)/\(run.name)" }

  /// What a run came to; nil where it has not ended, or was another run of this name.
  public func result(of run: PlannedRun) -> Result? {
    guard let data = FileManager.default.contents(atPath: "\(folder)/runs/\(run.name)/done.json"),
      let result = try? JSONDecoder().decode(Result.self, from: data), result.id == run.id
    else { return nil }
    return result
  }

  /// Makes the folder in which a run is computed.
  /// - Returns: its path, and whether the run was begun there before and can be gone on with.
  func begin(_ run: PlannedRun) throws -> (folder: String, isBegun: Bool) {
    let part = "\(folder)/runs/\(run.name).part"
    let files = FileManager.default
    if let id = files.contents(atPath: "\(part)/id"), String(decoding: id, as: UTF8.self) == run.id {
      return (part, files.fileExists(atPath: "\(part)/\(run.name).checkpoint"))
    }
    try? files.removeItem(atPath: part)
    try files.createDirectory(atPath: part, withIntermediateDirectories: true)
    try writeAtomically(run.id, to: "\(part)/id")
    return (part, false)
  }

  /// The run has ended: its folder gets its name, and replaces what was there before.
  func finish(_ run: PlannedRun, _ result: Result) throws {
    let (part, whole) = ("\(folder)/runs/\(run.name).part", "\(folder)/runs/\(run.name)")
    let files = FileManager.default
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    try writeAtomically(String(decoding: try encoder.encode(result), as: UTF8.self) + "\n", to: "\(part)/done.json")
    try? files.removeItem(atPath: "\(part)/id")
    try? files.removeItem(atPath: whole)
    try files.moveItem(atPath: part, toPath: whole)
  }
}

/// Under its name there is what was there before, or all of the text.
public func writeAtomically(_ text: String, to path: String) throws {
  try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
}
