import Foundation
import Testing

/// The built program, run as a user runs it.
struct Spinodal {
  var status: Int32
  var output: String
  var complaints: String

  /// Runs `spinodal` with these arguments in the root of the repository.
  init(_ arguments: String...) throws { try self.init(arguments) }

  init(_ arguments: [String]) throws { try self.init(running: Self.program, arguments) }

  /// Runs a command of the shell.
  init(shell command: String) throws { try self.init(running: URL(filePath: "/bin/sh"), ["-c", command]) }

  /// Runs another program that is built beside it.
  init(program: String, _ arguments: [String]) throws {
    try self.init(running: Self.folder.appendingPathComponent(program), arguments)
  }

  private init(running program: URL, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = Self.root
    let output = Pipe()
    let complaints = Pipe()
    process.standardOutput = output
    process.standardError = complaints
    process.standardInput = FileHandle.nullDevice
    try process.run()
    // Messages are short; the results go to files.
    self.output = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    self.complaints = String(decoding: complaints.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let program = folder.appendingPathComponent("spinodal")

  /// Beside the test bundle in the build folder.
  private static let folder: URL = {
    #if os(macOS)
      let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }!.bundleURL
    #else
      let bundle = Bundle.main.bundleURL
    #endif
    return bundle.pathExtension == "xctest" ? bundle.deletingLastPathComponent() : bundle
  }()
}

/// A folder that is gone after the test.
final class TemporaryFolder {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("spinodal-\(UUID().uuidString)")
  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func write(_ text: String, to name: String) throws -> String {
    try text.write(to: url.appendingPathComponent(name), atomically: false, encoding: .utf8)
    return path(name)
  }

  func text(_ name: String) throws -> String {
    try String(contentsOf: url.appendingPathComponent(name), encoding: .utf8)
  }
}
