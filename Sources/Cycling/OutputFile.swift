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
  }

  deinit { fclose(stream) }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Writes a file as a whole: under its name there is what was there before, or all that `body` writes.
  static func replace(_ path: String, _ body: (OutputFile) throws -> Void) throws {
    let part = path + ".part"
    let file = try OutputFile(path: part, force: true, name: path)
    do {
      try body(file)
      try file.flush()
      // On the disk before it bears the name: a name may survive a power failure that its contents do not.
      guard fsync(fileno(file.stream)) == 0, rename(part, path) == 0 else {
        throw OutputError.cannotWrite(path: path, reason: String(cString: strerror(errno)))
      }
    } catch {
      unlink(part)
      throw error
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
    let written = fwrite(bytes.baseAddress, 1, bytes.count, stream)
    guard written == bytes.count, fflush(stream) == 0 else {
      throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
    buffer.removeAll()
    lastFlush = .now
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

/// The files of one run: `PREFIX.bdf.csv`, `PREFIX.bdf.metadata.json`, `PREFIX.summary.json`, and `PREFIX.profiles.csv`
/// where profiles are asked for.
public struct OutputPaths: Equatable, Sendable {
  public var data: String
  public var metadata: String
  public var summary: String
  public var profiles: String

  public init(prefix: String) {
    profiles = prefix + ".profiles.csv"
    data = prefix + ".bdf.csv"
    metadata = prefix + ".bdf.metadata.json"
    summary = prefix + ".summary.json"
  }

  /// Makes sure before a test begins that all its files can be written.
  /// - Parameter force: whether files of an earlier test are removed; otherwise they are refused. Removing all of them
  ///   first keeps an old summary from standing beside new data.
  /// - Parameter inputs: paths of files that are left alone under whatever name.
  /// - Throws: when one of the files exists (unless `force`), is an input or cannot be created.
  public func prepare(force: Bool, inputs: [String] = []) throws(OutputError) {
    let all = [data, metadata, summary, profiles]
    for path in all { try OutputFile.check(path, force: true, inputs: inputs) }
    for path in all where OutputFile.exists(path) {
      guard force else { throw .alreadyExists(path: path) }
      // Appending nothing tells whether it is a file that may be written, before anything is lost.
      guard let stream = fopen(path, "ab") else {
        throw .cannotCreate(path: path, reason: String(cString: strerror(errno)))
      }
      fclose(stream)
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
