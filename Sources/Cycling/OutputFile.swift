#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A file being written through a buffer.
final class OutputFile {
  /// What errors call it.
  private let path: String
  private let stream: UnsafeMutablePointer<FILE>
  private var buffer = TextBuffer(capacity: OutputFile.bufferSize + 1 << 12)
  private var lastFlush = ContinuousClock.now
  /// Bytes that the operating system has.
  private var written = 0

  /// Bytes that have been appended.
  var length: Int { written + buffer.count }

  /// Creates the file. Refuses one that exists unless `force` is true; then its contents are lost.
  /// - Parameter name: what errors call it, where that is not its path.
  init(path: String, force: Bool, name: String? = nil) throws(OutputError) {
    self.path = name ?? path
    guard let stream = fopen(path, force ? "wb" : "wbx") else {
      throw errno == EEXIST
        ? .alreadyExists(path: self.path)
        : .cannotCreate(path: self.path, reason: String(cString: strerror(errno)))
    }
    self.stream = stream
    _ = isLocked(stream)
  }

  /// Goes on with a file where it had this many bytes; what comes after them is lost.
  init(path: String, continuingAt length: Int) throws(OutputError) {
    self.path = path
    guard let stream = fopen(path, "r+b") else {
      throw .cannotContinue(path: path, reason: String(cString: strerror(errno)))
    }
    self.stream = stream
    written = length
    guard !isLocked(stream) else { throw .isBeingWritten(path: path) }
    guard fseek(stream, 0, SEEK_END) == 0, ftell(stream) >= length else {
      throw .cannotContinue(path: path, reason: "it is shorter than when the test was left")
    }
    guard ftruncate(fileno(stream), off_t(length)) == 0, fseek(stream, 0, SEEK_END) == 0 else {
      throw .cannotContinue(path: path, reason: String(cString: strerror(errno)))
    }
  }

  deinit { fclose(stream) }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func remove(_ path: String) { unlink(path) }

  /// The first lines of a file, up to 64 kB; nil where it cannot be read.
  static func head(of path: String) -> String? {
    guard let stream = fopen(path, "rb") else { return nil }
    defer { fclose(stream) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, stream)], as: UTF8.self)
  }

  /// Writes a file as a whole: under its name there is what was there before, or all that `body` writes.
  /// - Parameters:
  ///   - previous: the name that is given to what was there before; by default it is lost.
  ///   - survivesPowerFailure: whether to wait until the disk has it.
  static func replace(
    _ path: String, previous: String? = nil, survivesPowerFailure: Bool = true, _ body: (OutputFile) throws -> Void
  ) throws {
    let part = path + ".part"
    let file = try OutputFile(path: part, force: true, name: path)
    do {
      try body(file)
      try file.flush()
      // On the disk before it bears the name: a name may survive a power failure that its contents do not.
      if survivesPowerFailure { try file.sync() }
      if let previous { rename(path, previous) }
      guard rename(part, path) == 0 else {
        throw OutputError.cannotWrite(path: path, reason: String(cString: strerror(errno)))
      }
      if survivesPowerFailure { syncFolder(of: path) }
    } catch {
      unlink(part)
      throw error
    }
  }

  /// Waits until the disk has the names in the folder of a file. Not every file system can do that.
  private static func syncFolder(of path: String) {
    try? sync(path.lastIndex(of: "/").map { String(path[...$0]) } ?? ".")
  }

  /// Waits until the disk has a file that has been written, or the names in a folder.
  static func sync(_ path: String) throws(OutputError) {
    let descriptor = open(path, O_RDONLY)
    defer { if descriptor >= 0 { close(descriptor) } }
    guard descriptor >= 0, fsync(descriptor) == 0 else {
      throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
  }

  /// Makes sure that a file may be written: that it is none of the inputs, and new unless it may be replaced.
  static func check(_ path: String, force: Bool, inputs: [String]) throws(OutputError) {
    if let identity = FileIdentity(path), inputs.compactMap(FileIdentity.init).contains(identity) {
      throw .isInput(path: path)
    }
    guard force || !exists(path) else { throw .alreadyExists(path: path) }
  }

  func append(_ text: String) {
    buffer.append(text)
  }

  func append(_ byte: UInt8) {
    buffer.append(byte)
  }

  /// Appends whatever `body` appends.
  func append(_ body: (inout TextBuffer) -> Void) {
    body(&buffer)
  }

  /// Hands everything to the operating system, so that it survives the end of this process.
  func flush() throws(OutputError) {
    let bytes = buffer.bytes
    guard fwrite(bytes.baseAddress, 1, bytes.count, stream) == bytes.count, fflush(stream) == 0 else {
      throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
    written += bytes.count
    buffer.removeAll()
    lastFlush = .now
  }

  /// Waits until the disk has everything, so that it survives a power failure.
  func sync() throws(OutputError) {
    try flush()
    guard fsync(fileno(stream)) == 0 else {
      throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
  }

  /// Flushes when the buffer is large.
  func flushIfLarge() throws(OutputError) {
    if buffer.count >= Self.bufferSize { try flush() }
  }

  /// Flushes when the buffer is large or a second has passed since the last time.
  func flushIfDue() throws(OutputError) {
    guard buffer.count > 0 else { return }
    if buffer.count >= Self.bufferSize || ContinuousClock.now - lastFlush >= .seconds(1) { try flush() }
  }

  private static let bufferSize = 1 << 16
}

/// Claims a file for this process.
/// - Returns: whether another process has claimed it. A file system that knows no locks has none.
private func isLocked(_ stream: UnsafeMutablePointer<FILE>) -> Bool {
  flock(fileno(stream), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
}

/// The files of one run: `PREFIX.bdf.csv`, `PREFIX.bdf.metadata.json`, `PREFIX.summary.json`, `PREFIX.profiles.csv`
/// where profiles are asked for, and `PREFIX.checkpoint` until the test has ended.
public struct OutputPaths: Equatable, Sendable {
  public var data: String
  public var metadata: String
  public var summary: String
  public var profiles: String
  public var checkpoint: String

  public init(prefix: String) {
    profiles = prefix + ".profiles.csv"
    data = prefix + ".bdf.csv"
    metadata = prefix + ".bdf.metadata.json"
    summary = prefix + ".summary.json"
    checkpoint = prefix + ".checkpoint"
  }

  /// Makes sure before a test begins that all its files can be written.
  /// - Parameters:
  ///   - force: whether files of an earlier test are removed; otherwise they are refused. Removing all of them first keeps an
  ///     old summary from standing beside new data.
  ///   - keepsCheckpoint: whether the test is the one of the checkpoint that is there, which then stays.
  ///   - inputs: paths of files that are left alone under whatever name.
  /// - Throws: when one of the files exists (unless `force`), is an input or cannot be created.
  public func prepare(
    force: Bool, keepsCheckpoint: Bool = false, inputs: [String] = []
  ) throws(OutputError) {
    let all = [data, metadata, summary, profiles] + (keepsCheckpoint ? [] : Checkpoint.paths(checkpoint))
    for path in all { try OutputFile.check(path, force: true, inputs: inputs) }
    if !force, Checkpoint.exists(checkpoint) { throw .isUnfinished(path: checkpoint) }
    for path in all where OutputFile.exists(path) {
      guard force else { throw .alreadyExists(path: path) }
      // Appending nothing tells whether it is a file that may be written, before anything is lost.
      guard let stream = fopen(path, "ab") else {
        throw .cannotCreate(path: path, reason: String(cString: strerror(errno)))
      }
      defer { fclose(stream) }
      guard !isLocked(stream) else { throw .isBeingWritten(path: path) }
    }
    for path in all {
      _ = unlink(path)
      guard let stream = fopen(path, "wb") else {
        throw .cannotCreate(path: path, reason: String(cString: strerror(errno)))
      }
      fclose(stream)
      _ = unlink(path)
    }
  }
}

extension OutputPaths {
  /// Waits until the disk has the metadata.
  public func syncMetadata() throws(OutputError) { try OutputFile.sync(metadata) }
}

/// One file, however many names it has.
private struct FileIdentity: Equatable {
  let device: UInt64
  let number: UInt64

  /// nil where there is no such file.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt64(truncatingIfNeeded: status.st_dev)
    number = UInt64(truncatingIfNeeded: status.st_ino)
  }
}
