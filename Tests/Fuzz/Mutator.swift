import Reproducible

/// Makes inputs that are nearly right: texts that are, with a few things done to them. The same seed makes the same
/// inputs.
struct Mutator {
  private var random: SplitMix
  private let corpus: Corpus

  /// - Parameter seed: of one input.
  init(seed: UInt64, corpus: Corpus) {
    random = SplitMix(state: seed)
    self.corpus = corpus
  }

  /// Mostly something valid that was changed in a few places, now and then words in any order or bytes without any sense.
  consuming func mutated() -> [UInt8] { mutate() }

  private mutating func mutate() -> [UInt8] {
    switch below(20) {
    case 0: return (0..<below(300)).map { _ in UInt8.random(in: 0...255, using: &random) }
    case 1, 2: return (0..<1 + below(40)).flatMap { _ in word() + (below(3) == 0 ? [UInt8(ascii: " ")] : []) }
    default:
      var bytes = pick(corpus.texts)
      var count = 1
      while count < 12, below(2) == 0 { count += 1 }
      for _ in 0..<count { change(&bytes) }
      return Array(bytes.prefix(Self.longest))
    }
  }

  /// In bytes: enough for hundreds of levels and of repetitions, and soon read.
  private static let longest = 20_000

  // MARK: what is done

  private mutating func change(_ bytes: inout [UInt8]) {
    let place = below(bytes.count + 1)
    switch below(20) {
    case 0:
      if let index = index(in: bytes) { bytes[index] ^= 1 << UInt8(below(8)) }
    case 1:
      if let index = index(in: bytes) { bytes[index] = UInt8.random(in: 0...255, using: &random) }
    case 2: bytes.insert(contentsOf: pick(Self.oddities), at: place)
    case 3: bytes.removeSubrange(range(in: bytes))
    case 4: bytes.removeSubrange(place...)
    case 5:
      let piece = Array(bytes[range(in: bytes)])
      let count = min(below(8) == 0 ? below(500) : 1 + below(3), Self.longest / max(1, piece.count))
      bytes.insert(contentsOf: [[UInt8]](repeating: piece, count: count).joined(), at: place)
    case 6:
      let other = pick(corpus.texts)
      bytes.insert(contentsOf: other[range(in: other)], at: place)
    case 7:
      let inside = range(in: bytes)
      let (open, close) = pick(Self.brackets)
      let depth = min(below(8) == 0 ? below(2000) : 1 + below(4), Self.longest / max(1, open.count + close.count))
      bytes.insert(contentsOf: [[UInt8]](repeating: close, count: depth).joined(), at: inside.upperBound)
      bytes.insert(contentsOf: [[UInt8]](repeating: open, count: depth).joined(), at: inside.lowerBound)
    case 8: bytes = Array(bytes.map { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }.joined())
    case 9, 10:
      // Two lines change places, or one stands twice.
      var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
      if below(2) == 0 { lines.swapAt(below(lines.count), below(lines.count)) }
      if below(2) == 0 { lines.insert(pick(lines), at: below(lines.count)) }
      bytes = Array(lines.joined(separator: [0x0A]))
    case 11, 12:
      let words = Corpus.words(of: bytes)
      guard words.count > 1 else { return }
      let (a, b) = (pick(words), pick(words))
      guard a.upperBound <= b.lowerBound else { return }
      let (first, second) = (Array(bytes[a]), Array(bytes[b]))
      bytes.replaceSubrange(b, with: first)
      bytes.replaceSubrange(a, with: second)
    case 13, 14, 15:
      let numbers = Corpus.words(of: bytes).filter { Corpus.isDigit(bytes[$0.lowerBound]) }
      guard !numbers.isEmpty else { return }
      bytes.replaceSubrange(pick(numbers), with: pick(Corpus.extremes))
    default:
      let words = Corpus.words(of: bytes)
      guard !words.isEmpty else { return }
      bytes.replaceSubrange(pick(words), with: word())
    }
  }

  private mutating func word() -> [UInt8] { below(6) == 0 ? pick(Corpus.extremes) : pick(corpus.words) }

  private static let oddities: [[UInt8]] = [
    [0], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0xEF, 0xBB, 0xBF],
    [0xFF, 0xFE], [0x0D], [0x0A], [0x0D, 0x0A], [0x09], [0x1B, 0x5B, 0x33, 0x31, 0x6D], [0x7F], [0xC2, 0x85],
    [0xE2, 0x80, 0xA8], [0xE2, 0x80, 0xAE],
  ]

  private static let brackets: [([UInt8], [UInt8])] = [
    ("[", "]"), ("(", ")"), ("{a: ", "}"), ("{\"a\": [", "]}"), ("{all: [V > 1 V, ", "]}"), ("\"", "\""), ("- ", ""),
    ("-", ""), ("{loop: {repeat: 2, steps: [", "]}}"), ("abs(", ")"), ("? ", ""), ("exp(", ")"), ("&a [", ", *a]"),
  ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

  // MARK: chance

  private mutating func below(_ count: Int) -> Int { count > 0 ? Int.random(in: 0..<count, using: &random) : 0 }

  private mutating func pick<T>(_ items: [T]) -> T { items[below(items.count)] }

  private mutating func index(in bytes: [UInt8]) -> Int? { bytes.isEmpty ? nil : below(bytes.count) }

  private mutating func range(in bytes: [UInt8]) -> Range<Int> {
    let start = below(bytes.count + 1)
    let longest = below(3) == 0 ? bytes.count - start : min(20, bytes.count - start)
    return start..<start + below(longest + 1)
  }
}

/// What inputs are made of.
struct Corpus {
  let texts: [[UInt8]]
  /// That occur in the texts, each once, and some more.
  let words: [[UInt8]]

  init(_ texts: [String], words others: [String] = []) {
    self.texts = texts.map { Array($0.utf8) }
    var words = Set(others.map { Array($0.utf8) })
    for text in self.texts {
      for word in Self.words(of: text) { words.insert(Array(text[word])) }
    }
    self.words = words.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Numbers, names, and single other characters but spaces.
  static func words(of bytes: [UInt8]) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start = 0
    while start < bytes.count {
      var end = start + 1
      if isDigit(bytes[start]) {
        while end < bytes.count, isDigit(bytes[end]) || ".eE".utf8.contains(bytes[end]) { end += 1 }
      } else if isLetter(bytes[start]) {
        while end < bytes.count, isLetter(bytes[end]) || isDigit(bytes[end]) { end += 1 }
      }
      if !" \n".utf8.contains(bytes[start]) { words.append(start..<end) }
      start = end
    }
    return words
  }

  static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
  }

  /// Numbers, and what looks like one, at the ends of what is possible.
  static let extremes: [[UInt8]] = [
    "0", "-0", "-1", "1", "2", "0.5", "1e308", "-1e308", "1e-308", "5e-324", "1e400", "1e-400", "NaN", "nan", "inf",
    "-inf", "infinity", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "9223372036854774784",
    "18446744073709551615", "18446744073709551616", "2147483648", "4294967296", "9007199254740993", "1e9", "1e15",
    "1e18",
    "1e19", "1e22", "0x1p1023", "0x10", "1_000", "007", "+5", "1e", ".", ".5", "5.", "1.5.2", "1,5", "\u{661}",
    "1000000000", "1000000", "99999999999999999999999999999999999999999999", "0.1e-5", "4.940656458412465e-324",
    "1.7976931348623157e308", "1e-6", "1e6", "100", "65536", "1000",
  ].map { Array($0.utf8) }
}
