#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension TestProtocol {
  /// Makes the paths of drive cycles, which begin at the folder of the protocol, those of another place for it.
  /// - Parameters:
  ///   - old: path of the file that was read.
  ///   - new: path of the file that is to be written.
  public mutating func movePaths(from old: String, to new: String) {
    // A folder that is not there is complained about when the file is written.
    guard let source = realPath(folder(of: old)), let target = realPath(folder(of: new)), source != target else {
      return
    }
    func move(_ profile: inout Profile) {
      guard !profile.file.hasPrefix("/"), let folder = realPath(folder(of: source + "/" + profile.file)),
        let name = profile.file.split(separator: "/").last
      else { return }
      profile.file = relativePath(from: target, to: folder) + name
    }
    for i in routines.indices { routines[i].statements.changeProfiles(move) }
    statements.changeProfiles(move)
  }
}

extension [Statement] {
  fileprivate mutating func changeProfiles(_ change: (inout Profile) -> Void) {
    for i in indices {
      switch self[i].verb {
      case .step(var step):
        guard case .profile(var profile) = step.action else { continue }
        change(&profile)
        step.action = .profile(profile)
        self[i].verb = .step(step)
      case .loop(var loop):
        loop.statements.changeProfiles(change)
        self[i].verb = .loop(loop)
      case .branch(var branch):
        branch.then.changeProfiles(change)
        branch.otherwise.changeProfiles(change)
        self[i].verb = .branch(branch)
      case .call, .goto, .set, .nextCycle, .ambientTemperature, .end: continue
      }
    }
  }
}

private func folder(of path: String) -> String {
  path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
}

/// Without links and dots; nil where there is no such folder.
private func realPath(_ path: String) -> String? {
  guard let real = realpath(path, nil) else { return nil }
  defer { free(real) }
  return String(cString: real)
}

/// From one folder to another, empty or with a slash at its end. Both are without links and dots.
private func relativePath(from start: String, to end: String) -> String {
  let (from, to) = (start.split(separator: "/"), end.split(separator: "/"))
  let common = zip(from, to).prefix { $0 == $1 }.count
  let steps = [Substring](repeating: "..", count: from.count - common) + to[common...]
  return steps.map { $0 + "/" }.joined()
}
