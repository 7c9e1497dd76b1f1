import ArgumentParser
import Documents

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The command line. Everything a user reads is written here and in the files of the verbs; exit statuses are those of
/// `ExitStatus`.
struct Spinodal: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "spinodal",
    abstract: "Cycle a modelled Li- or Na-ion cell as a battery lab would, and get the cycler's file.",
    discussion: """
      A cell is a BPX file, a test is a YAML protocol, the result is a cycler file in Battery Data Format.

        spinodal run cells/nmc111-graphite-pouch.json protocols/cccv.yaml -o results/first

      Exit status: 0 done; 1 the simulation stopped early (what was computed is kept and the reason stated);
      2 bad input; 75 interrupted and resumable.
      """,
    version: version,
    subcommands: [
      Run.self, Compare.self, Plot.self, Check.self, Info.self, Convert.self, ExportVerb.self, SweepVerb.self,
    ])
}

/// What the shell gets to know.
enum ExitStatus: Int32 {
  case done = 0
  case stoppedEarly = 1
  case badInput = 2
  case interrupted = 75
}

/// Ends the program with a status and a message for the user.
struct Failure: Error {
  var status: ExitStatus
  var message: String

  /// Something in the input or the arguments is wrong; the error says what and where.
  static func badInput(_ error: some Error) -> Failure { Failure(status: .badInput, message: "\(error)") }
}

@main
enum Main {
  static func main() {
    // Beyond a limit on the size of files a write then fails with a reason, which is reported.
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try Spinodal.parseAsRoot()
      try command.run()
    } catch let failure as Failure {
      complain("error: " + failure.message)
      exit(failure.status.rawValue)
    } catch let code as ExitCode {
      exit(code.rawValue)
    } catch {
      guard Spinodal.exitCode(for: error) != .success else { Spinodal.exit(withError: error) }
      // Like every other complaint.
      let message = Spinodal.fullMessage(for: error)
      let prefix = "Error: "
      complain(wrongVerb() ?? (message.hasPrefix(prefix) ? "error: " + message.dropFirst(prefix.count) : message))
      exit(ExitStatus.badInput.rawValue)
    }
  }

  /// The complaint about a first argument that is no verb; nil where it is one.
  private static func wrongVerb() -> String? {
    guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-") else { return nil }
    let verbs = Spinodal.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    guard !verbs.contains(word) else { return nil }
    let advice =
      nearest(to: word, in: verbs).map { "did you mean '\($0)'?" } ?? "there are \(verbs.joined(separator: ", "))"
    return "error: unknown verb '\(word)' (\(advice))"
  }
}

/// Writes a line for the user, apart from the results, to standard error.
func complain(_ message: String) { writeToTerminal(message + "\n") }

/// Writes to standard error as it is, so that results on standard output stay clean.
func writeToTerminal(_ text: String) {
  var bytes = Array(text.utf8)[...]
  while !bytes.isEmpty {
    let count = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    guard count > 0 else { return }
    bytes = bytes.dropFirst(count)
  }
}
