import Cycling
import Documents

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
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
  ///   - folder: where the manifest is going to be.
  ///   - software: name and version of the program, part of what a result depends on.
  public static func runs(of study: Study, in folder: String, software: String) throws(DocumentError) -> [PlannedRun] {
    var files: [String: [TestInput]] = [:]
    func inputs(_ path: String, _ read: (String) throws(DocumentError) -> [TestInput]) throws(DocumentError)
      -> [TestInput]
    {
      if let known = files[path] { return known }
      let inputs = try read(path)
      files[path] = inputs
      return inputs
    }
    var runs: [PlannedRun] = []
    for variant in study.variants {
      var settings = variant.settings
      var all: [TestInput] = []
      if let cell = settings.cell {
        all += try inputs(cell) { path throws(DocumentError) in [try TestInput("cell", file: path)] }
        settings.cell = path(cell, from: folder)
      }
      if let testProtocol = settings.testProtocol {
        all += try inputs(testProtocol) { path throws(DocumentError) in
          try [TestInput("protocol", file: path)] + TestInput.profiles(of: TestProtocol(path: path))
        }
        settings.testProtocol = path(testProtocol, from: folder)
      }
      for (kind, pairs) in [("set", settings.values), ("var", settings.variables), ("option", settings.options)] {
        all += pairs.map { TestInput("\(kind) \($0.key)", $0.value) }
      }
      all.append(TestInput("software", software))
      runs.append(
        PlannedRun(
          study: study.name, id: TestInput.digest(of: all), name: variant.name, choices: variant.choices,
          settings: settings))
    }
    return runs
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
      runs.append(run)
    }
    guard !runs.isEmpty else { throw DocumentError(file: path, message: "there are no runs in it") }
    return runs
  }

  /// A path that starts from a folder, so that both can be moved together; absolute paths stay.
  static func path(_ path: String, from folder: String) -> String {
    guard !path.hasPrefix("/") else { return path }
    let here = FileManager.default.currentDirectoryPath
    func parts(_ path: String) -> [Substring] {
      var parts: [Substring] = []
      for part in (path.hasPrefix("/") ? path : here + "/" + path).split(separator: "/") where part != "." {
        if part == ".." { _ = parts.popLast() } else { parts.append(part) }
      }
      return parts
    }
    let (to, from) = (parts(path), parts(folder))
    let shared = zip(to, from).prefix { $0 == $1 }.count
    return (Array(repeating: "..", count: from.count - shared) + to[shared...]).joined(separator: "/")
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
