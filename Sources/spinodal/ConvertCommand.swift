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
      and writes our own YAML or unicycler JSON. What the other language cannot say is named, and nothing is written.

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

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write; by default the terminal.", valueName: "file"))
  var output: String?

  @Flag(help: "Replace an existing file.")
  var force = false

  mutating func run() throws {
    let text: String
    do {
      let test = try TestProtocol(path: testProtocol)
      text = to == .yaml ? test.yaml : try test.unicyclerJSON()
    } catch let error as UnicyclerError {
      throw Failure(status: .badInput, message: "\(testProtocol): \(error)")
    } catch {
      throw Failure.badInput(error)
    }
    guard let output else {
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
