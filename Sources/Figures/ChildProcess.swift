#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Another program that is run to its end.
package enum ChildProcess {
  /// Runs a program that is found as the shell finds it.
  /// - Parameters:
  ///   - arguments: the program first.
  ///   - output: a file for its standard output, replaced; nil: the one of this process.
  ///   - complaints: a file for its standard error.
  /// - Returns: its exit status, or the number of the signal that ended it; nil, with `errno`, where it cannot be started.
  package static func run(_ arguments: [String], output: String? = nil, complaints: String? = nil) -> Int32? {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      let environment = _NSGetEnviron().pointee
    #else
      var actions = posix_spawn_file_actions_t()
      let environment = environ
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    for (descriptor, path) in [(STDOUT_FILENO, output), (STDERR_FILENO, complaints)] {
      guard let path else { continue }
      posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    var words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process = pid_t()
    let failure = posix_spawnp(&process, arguments[0], &actions, nil, &words, environment)
    guard failure == 0 else {
      errno = failure
      return nil
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : status & 0x7F
  }
}
