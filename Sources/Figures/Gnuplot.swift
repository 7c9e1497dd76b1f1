#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Why there is no picture.
public enum FigureError: Error, Equatable, CustomStringConvertible {
  case noGnuplot
  case gnuplotFailed(figure: String, reason: String)
  case cannotWrite(path: String, reason: String)

  public var description: String {
    switch self {
    case .noGnuplot:
      "pictures need gnuplot, which is not installed (Debian, Ubuntu: apt-get install gnuplot-nox; macOS: brew install gnuplot)"
    case .gnuplotFailed(let figure, let reason): "gnuplot could not draw '\(figure)': \(reason)"
    case .cannotWrite(let path, let reason): "\(path): cannot be written: \(reason)"
    }
  }
}

/// Draws figures with the program of this name, which has to be installed.
public struct Gnuplot: Sendable {
  public enum Format: String, CaseIterable, Sendable { case svg, png, pdf }

  public init() {}

  /// Draws a figure into a file, which is there as a whole or not at all; what was there before is replaced.
  public func write(_ figure: Figure, as format: Format, to path: String) throws(FigureError) {
    let bytes = try draw(figure, as: format)
    let part = path + ".part"
    guard let stream = fopen(part, "wb") else { throw .cannotWrite(path: path, reason: Self.reason) }
    let count = fwrite(bytes, 1, bytes.count, stream)
    guard fclose(stream) == 0, count == bytes.count, rename(part, path) == 0 else {
      let reason = Self.reason
      unlink(part)
      throw .cannotWrite(path: path, reason: reason)
    }
  }

  /// - Throws: when there is no gnuplot.
  public func check() throws(FigureError) {
    _ = try run("set print '-'\nprint 'here'\n", for: Figure(name: "", title: "", panels: []))
  }

  /// A figure as a document that needs nothing else; the same figure is the same text.
  public func svg(of figure: Figure) throws(FigureError) -> String {
    String(decoding: try draw(figure, as: .svg), as: UTF8.self)
  }

  /// The contents of a file.
  public func draw(_ figure: Figure, as format: Format) throws(FigureError) -> [UInt8] {
    let bytes = try run(script(of: figure, as: format), for: figure)
    switch format {
    case .svg: return Array(Self.finished(String(decoding: bytes, as: UTF8.self), figure).utf8)
    case .png, .pdf: return bytes
    }
  }

  /// What gnuplot reads.
  package func script(of figure: Figure, as format: Format) -> String {
    GnuplotScript(figure, format == .svg ? .svg : .cairo) { Self.terminal(format, $0) }.text
  }

  /// A figure in letters, for a terminal: its panels one below the other.
  /// - Parameters:
  ///   - width: in letters.
  ///   - height: of each panel, in lines.
  public func text(of figure: Figure, width: Int = 79, height: Int = 22) throws(FigureError) -> String {
    let bytes = try run(TextScript(figure, width: width, height: height).text, for: figure)
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    return lines.map { line in
      var line = line
      while line.last == " " || line.last == "\u{0C}" { line = line.dropLast() }
      return String(line)
    }.joined(separator: "\n")
  }

  // MARK: formats

  /// What gnuplot takes for a point there.
  private static let pdfLine = 2.0

  private static func terminal(_ format: Format, _ layout: Layout) -> String {
    switch format {
    case .svg:
      let scale = 96.0 / 72
      return
        "svg size \(layout.width * scale),\(layout.height * scale) font 'Helvetica,\(Layout.fontSize * scale)' "
        + "noenhanced rounded linewidth \(scale) background 'white'"
    case .png:
      // 300 dots per inch; points of fonts are those of a screen of 96.
      let scale = 300.0 / 72
      return
        "pngcairo size \(Int(layout.width * scale)),\(Int(layout.height * scale)) font 'Helvetica,\(Layout.fontSize)' "
        + "fontscale \(300.0 / 96) noenhanced rounded linewidth \(scale) pointscale \(scale) background 'white'"
    case .pdf:
      return
        "pdfcairo size \(layout.width / 72)in,\(layout.height / 72)in font 'Helvetica,\(Layout.fontSize)' "
        + "fontscale 0.75 noenhanced rounded linewidth \(pdfLine) background 'white'"
    }
  }

  /// With the figure's own title, and fonts that other machines have.
  private static func finished(_ svg: String, _ figure: Figure) -> String {
    var svg = svg.replacing("font-family=\"Helvetica\"", with: "font-family=\"Helvetica, Arial, sans-serif\"")
    for (tag, content) in [("title", figure.title), ("desc", figure.caption)] {
      guard let start = svg.range(from: "<\(tag)>", to: "</\(tag)>") else { continue }
      svg.replaceSubrange(start, with: "<\(tag)>\(escaped(content))</\(tag)>")
    }
    return svg
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }

  // MARK: the program

  private static var reason: String { String(cString: strerror(errno)) }

  /// Lets gnuplot read a script.
  /// - Returns: what it writes to standard output.
  private func run(_ script: String, for figure: Figure) throws(FigureError) -> [UInt8] {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/spinodal-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .cannotWrite(path: parent, reason: Self.reason) }
    let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    let (input, output, complaints) = (folder + "/figure.gnuplot", folder + "/figure", folder + "/complaints")
    defer {
      for path in [input, output, complaints] { unlink(path) }
      rmdir(folder)
    }
    guard let stream = fopen(input, "wb") else { throw .cannotWrite(path: input, reason: Self.reason) }
    var script = script
    let isWhole = script.withUTF8 { fwrite($0.baseAddress, 1, $0.count, stream) == $0.count }
    guard fclose(stream) == 0, isWhole else { throw .cannotWrite(path: input, reason: Self.reason) }

    // Without what a user has set for pictures of his own.
    guard
      let status = ChildProcess.run(
        ["gnuplot", "--default-settings", input], output: output, complaints: complaints)
    else {
      if errno == ENOENT || errno == EACCES { throw .noGnuplot }
      throw .gnuplotFailed(figure: figure.name, reason: Self.reason)
    }
    let result = Self.contents(output)
    guard status == 0, !result.isEmpty else {
      let words = String(decoding: Self.contents(complaints), as: UTF8.self)
      let lines = words.split(separator: "\n").map { $0.replacing(input, with: "") }
      throw .gnuplotFailed(
        figure: figure.name, reason: lines.last.map { String($0.prefix(300)) } ?? "it ended with status \(status)")
    }
    return result
  }

  private static func contents(_ path: String) -> [UInt8] {
    guard let stream = fopen(path, "rb") else { return [] }
    defer { fclose(stream) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, stream)
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
    }
  }
}

extension String {
  /// From the beginning of one text to the end of the next other one.
  fileprivate func range(from start: String, to end: String) -> Range<String.Index>? {
    guard let first = firstRange(of: start), let last = self[first.upperBound...].firstRange(of: end) else {
      return nil
    }
    return first.lowerBound..<last.upperBound
  }
}
