import ArgumentParser
import Cycling
import Documents

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `spinodal convert`: a protocol in another language.
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Translate a test protocol.",
    discussion: """
      Reads a protocol of our own (YAML), the JSON of aurora-unicycler, or experiment strings of PyBaMM (a .txt file), \
      and writes our own YAML or unicycler JSON. What the other language cannot say is named, and nothing is written. \
      The paths of drive cycles in the new file begin at its folder; on the terminal they are as they were.

      Example:
        spinodal convert experiment.txt -o protocols/experiment.yaml
        spinodal convert formation.yaml --to unicycler -o formation.json
      """)

  @Argument(help: "A protocol: *.yaml, unicycler *.json, or PyBaMM strings in *.txt.")
  var testProtocol: String

  enum Language: String, ExpressibleByArgument, CaseIterable {
    case yaml, unicycler
  }

  @Option(help: "The language to write.")
  var to = Language.yaml

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write; by default, or with -, the terminal.", valueName: "file"))
  var output: String?

  @Flag(help: "Replace an existing file.")
  var force = false

  mutating func run() throws {
    let isFile = output != nil && output != "-"
    let text: String
    let remarks: Remarks
    do {
      var test = try TestProtocol(path: testProtocol)
      remarks = test.remarks
      if let output, isFile { test.movePaths(from: testProtocol, to: output) }
      text = to == .yaml ? test.yaml : try test.unicyclerJSON()
    } catch let error as UnicyclerError {
      throw Failure(status: .badInput, message: "\(testProtocol): \(error)")
    } catch {
      throw Failure.badInput(error)
    }
    defer { for remark in remarks.texts { complain("note: \(remark)") } }
    guard let output, isFile else {
      print(text, terminator: "")
      return
    }
    guard force || !FileManager.default.fileExists(atPath: output) else {
      throw Failure(status: .badInput, message: "\(output): already exists (use --force to replace it)")
    }
    do {
      try text.write(toFile: output, atomically: true, encoding: .utf8)
    } catch {
      throw Failure(status: .badInput, message: "\(output): cannot be written")
    }
  }
}
