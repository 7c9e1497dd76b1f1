import Foundation
import Reproducible

/// What a worker tells, also once it is dead.
struct Progress {
  /// Of the input that it was reading.
  var index: UInt64 = 0
  var accepted: UInt64 = 0
}

/// Reads inputs one after the other, and dies of the first that the reader cannot cope with.
enum Worker {
  /// - Parameter progress: where it says how far it is.
  static func run(
    _ target: Target, seed: UInt64, _ indices: Range<UInt64>, in scratch: Scratch,
    _ progress: UnsafeMutablePointer<Progress>
  ) throws {
    for index in indices {
      progress.pointee.index = index
      let bytes = target.input(target.seed(seed, index))
      if try read(bytes, target, scratch, longest: target.longest) { progress.pointee.accepted += 1 }
    }
  }

  /// Where this takes longer, the system ends the worker.
  static func read(_ bytes: [UInt8], _ target: Target, _ scratch: Scratch, longest: Double) throws -> Bool {
    var limit = itimerval()
    limit.it_value.tv_sec = Int(longest)
    limit.it_value.tv_usec = .init((longest - longest.rounded(.down)) * 1e6)
    setitimer(watchdog, &limit, nil)
    return try target.read(bytes, scratch)
  }

  #if canImport(Darwin)
    private static let watchdog = ITIMER_PROF
  #else
    private static let watchdog = __itimer_which_t(ITIMER_PROF.rawValue)
  #endif

  /// The memory in bytes that a worker can have at most.
  static func limitMemory(_ bytes: UInt64) {
    var limit = rlimit(rlim_cur: .init(bytes), rlim_max: .init(bytes))
    #if canImport(Darwin)
      setrlimit(RLIMIT_AS, &limit)
    #else
      setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    #endif
  }
}

extension Target {
  /// Of one input.
  func seed(_ seed: UInt64, _ index: UInt64) -> UInt64 {
    var state = SplitMix(state: seed)
    var mixed = state.next()
    for byte in name.utf8 {
      state.state = mixed ^ UInt64(byte)
      mixed = state.next()
    }
    state.state = mixed &+ index
    return name == Self.failing.name ? index : state.next()
  }
}
