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
  /// Of what is written and so many bytes of the buffer.
  private var checksum = Checksum()
  private var summedUp = 0
  /// Whether there may be more in the file than is known of.
  private var isToBeCutOff = false

  /// All that has been appended.
  var state: FileState {
    sumUp()
    return FileState(length: written + buffer.count, checksum: checksum.text)
  }

  private func sumUp() {
    checksum.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer.bytes)[summedUp...]))
    summedUp = buffer.count
  }

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

  private init(stream: UnsafeMutablePointer<FILE>, name: String) {
    path = name
    self.stream = stream
  }

  /// What the terminal shows or another program reads.
  static func standardOutput() throws(OutputError) -> OutputFile {
    let name = "standard output"
    // A stream of its own can be closed.
    guard let stream = fdopen(dup(STDOUT_FILENO), "wb") else {
      throw .cannotWrite(path: name, reason: String(cString: strerror(errno)))
    }
    return OutputFile(stream: stream, name: name)
  }

  /// Goes on with a file where it was in a state; what comes after that is lost as soon as anything is written.
  init(path: String, continuingFrom state: FileState) throws(OutputError) {
    self.path = path
    guard let stream = fopen(path, "r+b") else {
      throw .isNotWhatWasWritten(path: path, reason: String(cString: strerror(errno)))
    }
    self.stream = stream
    guard !isLocked(stream) else { throw .isBeingWritten(path: path) }
    checksum = try Self.checksum(of: stream, path: path, in: state)
    written = state.length
    isToBeCutOff = true
  }

  /// Reads the part of a file that was there in a state, and makes sure that it still is.
  private static func checksum(
    of stream: UnsafeMutablePointer<FILE>, path: String, in state: FileState
  ) throws(OutputError) -> Checksum {
    var checksum = Checksum()
    var missing = state.length
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 8)
    defer { buffer.deallocate() }
    while missing > 0 {
      let count = fread(buffer.baseAddress!, 1, min(missing, buffer.count), stream)
      guard count > 0 else { throw .isNotWhatWasWritten(path: path, reason: "its end is missing") }
      checksum.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      missing -= count
    }
    guard checksum.text == state.checksum else {
      throw .isNotWhatWasWritten(path: path, reason: "something in it has changed")
    }
    return checksum
  }

  /// Makes sure that a file is as it was when it was finished.
  static func check(_ path: String, is state: FileState) throws(OutputError) {
    guard let stream = fopen(path, "rb") else {
      throw .isNotWhatWasWritten(path: path, reason: String(cString: strerror(errno)))
    }
    defer { fclose(stream) }
    _ = try checksum(of: stream, path: path, in: state)
    guard getc(stream) == EOF else {
      throw .isNotWhatWasWritten(path: path, reason: "something has been added to it")
    }
  }

  /// Makes sure that no other process is writing to a file.
  static func checkIsFree(_ path: String) throws(OutputError) {
    guard let stream = fopen(path, "rb") else { return }
    defer { fclose(stream) }
    guard !isLocked(stream) else { throw .isBeingWritten(path: path) }
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
    if isToBeCutOff {
      guard ftruncate(fileno(stream), off_t(written)) == 0, fseek(stream, 0, SEEK_END) == 0 else {
        throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
      }
      isToBeCutOff = false
    }
    sumUp()
    let bytes = buffer.bytes
    guard fwrite(bytes.baseAddress, 1, bytes.count, stream) == bytes.count, fflush(stream) == 0 else {
      throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
    written += bytes.count
    buffer.removeAll()
    summedUp = 0
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

  /// Makes sure that no other run is writing to these files.
  public func checkAreFree() throws(OutputError) {
    for path in [data, profiles] { try OutputFile.checkIsFree(path) }
  }

  /// Makes sure that the files of a test that has ended are those that it wrote.
  public func check(are outcome: RunSummary.Outcome) throws(OutputError) {
    if let state = outcome.files.data { try OutputFile.check(data, is: state) }
    if let state = outcome.files.profiles { try OutputFile.check(profiles, is: state) }
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

/// Writes a text as a whole: under its name there is what was there before, or all of it.
public func replaceFile(_ path: String, with text: String) throws(OutputError) {
  do {
    try OutputFile.replace(path, survivesPowerFailure: false) { file in file.append(text) }
  } catch let error as OutputError {
    throw error
  } catch {
    preconditionFailure("nothing else is thrown: \(error)")
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
