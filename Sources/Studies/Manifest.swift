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

/// A run of a sweep: one line of its manifest.
public struct PlannedRun: Codable, Equatable, Sendable {
  /// The name of the study.
  public var study: String
  /// The same for the same cell, protocol, settings and program, whatever they are called.
  public var id: String
  /// The only run of this name in the sweep; its folder and files are called so.
  public var name: String
  public var choices: [Variant.Choice]
  /// Paths start from the folder of the manifest, unless they are absolute.
  public var settings: RunSettings
}

/// The runs of a sweep, written as JSON lines.
public enum Manifest {
  /// - Parameters:
  ///   - folder: where the manifest is going to be, which exists.
  ///   - software: name and version of the program, part of what a result depends on.
  public static func runs(of study: Study, in folder: String, software: String) throws(DocumentError) -> [PlannedRun] {
    var identities = Identities(software: software)
    var runs: [PlannedRun] = []
    for variant in study.variants {
      var settings = variant.settings
      let id = try identities.id(of: settings, folder: nil)
      settings.cell = settings.cell.map { path($0, from: folder) }
      settings.testProtocol = settings.testProtocol.map { path($0, from: folder) }
      runs.append(
        PlannedRun(study: study.name, id: id, name: variant.name, choices: variant.choices, settings: settings))
    }
    return runs
  }

  /// Makes sure that runs are still what was planned.
  /// - Parameter folder: that of the manifest.
  static func check(_ runs: [PlannedRun], in folder: String, software: String) throws(DocumentError) {
    var identities = Identities(software: software)
    for run in runs where try identities.id(of: run.settings, folder: folder) != run.id {
      throw DocumentError(
        file: "\(folder)/manifest.jsonl",
        message:
          "'\(run.name)' is not what was planned: its cell, protocol, settings or the program have changed since",
        advice: "plan the sweep again; runs that have not changed are kept")
    }
  }

  /// Works out what tells runs apart; reads each file once.
  private struct Identities {
    let software: String
    private var cells: [String: [TestInput]] = [:]
    private var protocols: [String: [TestInput]] = [:]

    init(software: String) { self.software = software }

    mutating func id(of settings: RunSettings, folder: String?) throws(DocumentError) -> String {
      func path(_ path: String) -> String { folder.map { path.hasPrefix("/") ? path : "\($0)/\(path)" } ?? path }
      var all: [TestInput] = []
      if let cell = settings.cell {
        if cells[cell] == nil { cells[cell] = [try TestInput("cell", file: path(cell))] }
        all += cells[cell]!
      }
      if let testProtocol = settings.testProtocol {
        if protocols[testProtocol] == nil {
          protocols[testProtocol] =
            try [TestInput("protocol", file: path(testProtocol))]
            // Drive cycles stand under the name that the protocol calls them by, wherever it is.
            + TestInput.profiles(of: TestProtocol(path: path(testProtocol))).map { TestInput("profile", $0.value) }
        }
        all += protocols[testProtocol]!
      }
      for (kind, pairs) in [("set", settings.values), ("var", settings.variables), ("option", settings.options)] {
        all += pairs.map { TestInput("\(kind) \($0.key)", $0.value) }
      }
      all.append(TestInput("software", software))
      return TestInput.digest(of: all)
    }
  }

  public static func text(_ runs: [PlannedRun]) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return runs.map { run in
      guard let data = try? encoder.encode(run) else { preconditionFailure("texts and finite numbers can be encoded") }
      return String(decoding: data, as: UTF8.self) + "\n"
    }.joined()
  }

  public static func runs(path: String) throws(DocumentError) -> [PlannedRun] {
    let text = try DocumentNode.text(ofFile: path, largest: 1 << 30)
    let decoder = JSONDecoder()
    var runs: [PlannedRun] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() where !line.isEmpty
    {
      guard let run = try? decoder.decode(PlannedRun.self, from: Data(line.utf8)) else {
        throw DocumentError(
          file: path, line: index + 1, message: "is not a run", advice: "'spinodal sweep plan' writes manifests")
      }
      guard !run.name.isEmpty, run.name == Study.fileName(run.name) else {
        throw DocumentError(file: path, line: index + 1, message: "'\(run.name)' cannot be the name of a folder")
      }
      runs.append(run)
    }
    guard !runs.isEmpty else { throw DocumentError(file: path, message: "there are no runs in it") }
    return runs
  }

  /// A path that starts from a folder, so that both can be moved together; absolute paths stay.
  static func path(_ path: String, from folder: String) -> String {
    guard !path.hasPrefix("/") else { return path }
    // Behind a symbolic link `..` is another folder than the name says.
    let (to, from) = (parts(path), parts(folder))
    let shared = zip(to, from).prefix { $0 == $1 }.count
    return (Array(repeating: "..", count: from.count - shared) + to[shared...]).joined(separator: "/")
  }

  /// The folders from the root, without symbolic links where the path exists.
  private static func parts(_ path: String) -> [Substring] {
    let path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    var parts: [Substring] = []
    for part in (realPath(path) ?? path).split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts
  }

  private static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

extension RunSettings {
  /// What `spinodal run` is given.
  /// - Parameter folder: where paths start from.
  public func arguments(folder: String) -> [String] {
    func path(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }
    var arguments = ["run", path(cell ?? ""), path(testProtocol ?? "")]
    for pair in values { arguments += ["--set", "\(pair.key)=\(pair.value)"] }
    for pair in variables { arguments += ["--var", "\(pair.key)=\(pair.value)"] }
    for pair in options {
      if pair.key == "profiles-every" { arguments.append("--profiles") }
      arguments.append("--\(pair.key)=\(pair.value)")
    }
    return arguments
  }
}
