#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Runs several commands at the same time, each in a process of its own: whatever becomes of one, the others go on.
final class Workers {
  /// How a command ended.
  enum Ending: Equatable {
    case exited(Int32)
    case killed(signal: Int32)
  }

  private let environment: [UnsafeMutablePointer<CChar>?]

  init() {
    var own: [UnsafeMutablePointer<CChar>?] = []
    var index = 0
    while let entry = environ[index] {
      if strncmp(entry, SweepRunner.parentVariable + "=", SweepRunner.parentVariable.utf8.count + 1) != 0 {
        own.append(strdup(entry))
      }
      index += 1
    }
    environment = own + [strdup("\(SweepRunner.parentVariable)=\(getpid())"), nil]
  }

  deinit { for entry in environment { free(entry) } }

  private var running: [pid_t: (_ ending: Ending) throws -> Void] = [:]

  var count: Int { running.count }

  /// Begins a command.
  /// - Parameters:
  ///   - log: a file that gets what it writes to standard error; standard output is lost.
  ///   - ended: called from `wait`.
  /// - Throws: `LaunchError`.
  func begin(_ command: [String], log: String, ended: @escaping (Ending) throws -> Void) throws(LaunchError) {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    let arguments = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let error = posix_spawn(&process, command[0], &actions, nil, arguments, environment)
    guard error == 0 else { throw LaunchError(command: command[0], reason: String(cString: strerror(error))) }
    running[process] = ended
  }

  /// Waits for commands that end, for about a hundredth of a second at most.
  func wait() throws {
    var pause: useconds_t = 100
    var waited: useconds_t = 0
    while !running.isEmpty {
      var status: Int32 = 0
      let process = waitpid(-1, &status, WNOHANG)
      if process > 0 {
        // The lower seven bits are the signal.
        let signal = status & 0x7f
        try running.removeValue(forKey: process)?(signal == 0 ? .exited(status >> 8 & 0xff) : .killed(signal: signal))
        return
      }
      guard waited < 10_000 else { return }
      usleep(pause)
      waited += pause
      pause = min(2 * pause, 2000)
    }
  }

  /// Asks all commands to end.
  func interrupt() {
    for process in running.keys { kill(process, SIGTERM) }
  }
}

/// A command that cannot be begun.
struct LaunchError: Error, CustomStringConvertible {
  var command: String
  var reason: String

  var description: String { "\(command): cannot be run: \(reason)" }
}
