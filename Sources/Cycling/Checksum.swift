/// A checksum against accidents, not against malice, that grows with what is appended: whatever the pieces it comes in, the
/// same bytes have the same one. Eight bytes are taken at a time, each time by a step that can be undone, so that a change
/// within eight of them never goes unnoticed.
struct Checksum {
  private var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  /// Bytes that do not fill a word yet.
  private var rest: UInt64 = 0
  private var count = 0

  init() {}

  init(_ bytes: UnsafeRawBufferPointer) { append(bytes) }

  init(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    var place = 0
    while place < bytes.count, count % 8 != 0 { append(bytes[place], &place) }
    while place + 8 <= bytes.count {
      mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
      place += 8
      count += 8
    }
    while place < bytes.count { append(bytes[place], &place) }
  }

  private mutating func append(_ byte: UInt8, _ place: inout Int) {
    rest |= UInt64(byte) << UInt64(8 * (count % 8))
    place += 1
    count += 1
    if count % 8 == 0 {
      mix(rest)
      rest = 0
    }
  }

  private mutating func mix(_ word: UInt64) {
    hash = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15
    hash ^= hash >> 32
  }

  var text: String {
    var whole = self
    whole.mix(rest)
    whole.mix(UInt64(count))
    let digits = String(whole.hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// How much there is in a file that grows, and what.
public struct FileState: Codable, Equatable, Sendable {
  /// In bytes.
  public var length: Int
  public var checksum: String

  public init(length: Int, checksum: String) {
    self.length = length
    self.checksum = checksum
  }
}
