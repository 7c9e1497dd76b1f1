import Foundation
import Testing

@testable import Figures

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct FigureTests {
  private let figure = Figure(
    name: "sample", title: "Sample & <title>", caption: "A caption.",
    panels: [
      Panel(
        x: Axis("Time / h"), y: Axis("Voltage / V"),
        series: [
          Series("it's {a_b}^2 \"100 %\" `date` $d1 \\n", x: [0, 1, 2], y: [3, 4, 3.5], colour: .category(0)),
          Series("grey", x: [0, 1, .nan, 2], y: [3, 3.5, 3, 4], style: .points, colour: .grey),
        ]),
      Panel(
        title: "Map", x: Axis("Time / h"), y: Axis("Radius / nm"),
        heatMap: HeatMap(
          colours: ColourScale("Stoichiometry", range: 0...1),
          columns: [
            HeatMap.Column(x: 0, y: [0, 1, 3], values: [0, 0.5, 1]), HeatMap.Column(x: 2, y: [0, 2], values: [1, 0]),
          ])),
    ])

  /// The texts of a document, which is checked as it is read.
  private final class Texts: NSObject, XMLParserDelegate {
    var texts: [String] = []
    func parser(_ parser: XMLParser, foundCharacters string: String) { texts[texts.count - 1] += string }
    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) { texts.append("") }
    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
      texts.append("")
    }
  }

  @Test func anSVGIsValidAndSaysWhatWasMeant() throws {
    let svg = try Gnuplot().svg(of: figure)
    let parser = XMLParser(data: Data(svg.utf8))
    let texts = Texts()
    parser.delegate = texts
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    let found = Set(texts.texts.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) })
    for words in [
      "Sample & <title>", "A caption.", "Time / h", "Voltage / V", "Radius / nm", "Stoichiometry", "Map", "grey",
      "it's {a_b}^2 \"100 %\" `date` $d1 \\n",
    ] { #expect(found.contains(words), "\(words)") }
    // Needs nothing else: the map is inside.
    #expect(svg.contains("data:image/png;base64,"))
    #expect(!svg.replacing("http://www.w3.org/", with: "").contains("http"))
  }

  @Test func theSameFigureIsTheSameDocument() throws {
    #expect(try Gnuplot().svg(of: figure) == Gnuplot().svg(of: figure))
  }

  @Test(arguments: [(Gnuplot.Format.png, "\u{89}PNG"), (.pdf, "%PDF-"), (.svg, "<?xml")])
  func everyFormatIsWritten(_ format: Gnuplot.Format, _ start: String) throws {
    let folder = try Folder()
    try Gnuplot().write(figure, as: format, to: folder.path("a"))
    let bytes = try Data(contentsOf: URL(filePath: folder.path("a")))
    #expect(bytes.starts(with: start.unicodeScalars.map { UInt8($0.value) }))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["a"])
  }

  @Test func aFileThatCannotBeWrittenIsNamed() throws {
    #expect(throws: FigureError.cannotWrite(path: "/nowhere/a.svg", reason: "No such file or directory")) {
      try Gnuplot().write(figure, as: .svg, to: "/nowhere/a.svg")
    }
  }

  @Test func aFigureInLettersHasItsLabels() throws {
    let text = try Gnuplot().text(of: figure)
    for words in ["Sample & <title>", "Voltage / V", "Time / h", "it's {a_b}^2"] { #expect(text.contains(words)) }
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 79 })
  }

  @Test func anEmptyPanelIsDrawn() throws {
    let empty = Figure(name: "empty", title: "", panels: [Panel(x: Axis("a"), y: Axis("b", scale: .logarithmic))])
    #expect(try Gnuplot().svg(of: empty).contains("</svg>"))
  }

  // MARK: decimation

  @Test func decimationKeepsExtremesAndEnds() {
    var generator = SystemRandomNumberGenerator()
    for count in [10, 2000, 2001, 100_000] {
      let x = (0..<count).map(Double.init)
      let y = x.map { sin($0 / 900) + Double.random(in: 0...0.1, using: &generator) }
      let kept = Decimation.indices(x: x, y: y, limit: 2000)
      #expect(kept.count <= 2002 && kept.first == 0 && kept.last == count - 1)
      #expect(zip(kept, kept.dropFirst()).allSatisfy { $0 < $1 })
      #expect(kept.map { y[$0] }.max() == y.max() && kept.map { y[$0] }.min() == y.min())
      if count <= 2000 { #expect(kept.count == count) }
    }
  }

  /// A current that is switched is not a ramp.
  @Test func decimationKeepsJumps() {
    var (x, y): ([Double], [Double]) = ([], [])
    for pulse in 0..<50 {
      for point in 0...200 {
        x.append(Double(pulse) + Double(point) / 200)
        y.append(pulse.isMultiple(of: 2) ? 0 : -5)
      }
    }
    let kept = Decimation.indices(x: x, y: y, limit: 1000)
    // Two for each jump and the ends; both points of a jump have the same abscissa.
    #expect(kept.count == 100)
    for (a, b) in zip(kept, kept.dropFirst()) where y[a] != y[b] { #expect(x[a] == x[b]) }
  }

  @Test func gapsStayGaps() {
    var y = [Double](repeating: 1, count: 10_000)
    y[5000] = .nan
    #expect(Decimation.indices(x: y.indices.map(Double.init), y: y, limit: 100).contains(5000))
  }

  // MARK: axes

  @Test(arguments: [0.0...1, -0.003...0.0041, 2.4999...2.5001, 0...1e6, -3e-9...7e-9, 12...12.5, 0...59])
  func marksAreRoundAndDistinct(_ values: ClosedRange<Double>) {
    let ticks = Ticks(Axis("a"), values: values, count: 5)
    #expect(ticks.range.contains(values.lowerBound) && ticks.range.contains(values.upperBound))
    #expect((3...10).contains(ticks.major.count), "\(ticks.major)")
    #expect(Set(ticks.major.map(\.label)).count == ticks.major.count)
    #expect(ticks.major.allSatisfy { ticks.range.contains($0.place) && $0.label.count <= 10 }, "\(ticks.major)")
  }

  @Test func marksOfALogarithmicAxis() {
    #expect(
      Ticks(Axis("a", scale: .logarithmic), values: 0.05...20, count: 5).major.map(\.label) == ["0.1", "1", "10"])
    #expect(
      Ticks(Axis("a", scale: .logarithmic), values: 0.1...5, count: 5).major.map(\.label)
        == ["0.1", "0.3", "1", "3"])
    #expect(
      Ticks(Axis("a", scale: .logarithmic), values: 1e-6...1e6, count: 4).major.map(\.label).contains("10⁻⁶"))
    // Nothing positive to show, and next to nothing.
    #expect(!Ticks(Axis("a", scale: .logarithmic), values: nil, count: 5).major.isEmpty)
    #expect(Ticks(Axis("a", scale: .logarithmic), values: 1.2...1.3, count: 5).major.count > 1)
  }

  @Test func aRangeOfOneValueIsWidened() {
    for value in [0, 3.7, -2, 1e40] {
      let ticks = Ticks(Axis("a", range: value...value), values: nil, count: 5)
      #expect(ticks.range.lowerBound < value && ticks.range.upperBound > value && ticks.major.count > 1)
    }
  }

  @Test func minusSignsAreMinusSigns() {
    #expect(Ticks.text(-1.25, decimals: 2) == "−1.25")
    #expect(Ticks.text(-0.001, decimals: 2) == "0.00")
  }

  // MARK: layout

  @Test func theLegendStandsBelowThePanelsAndInsideThePicture() {
    for count in [1, 2, 5, 12, 30] {
      let series = (0..<count).map {
        Series("variant with a long name \($0)", x: [0, 1], y: [0, 1], colour: .category($0))
      }
      let layout = Layout(Figure(name: "a", title: "", panels: [Panel(x: Axis("x"), y: Axis("y"), series: series)]))
      #expect(layout.legend.count == min(count, 12))
      for entry in layout.legend {
        #expect(entry.middle + 5 < layout.abscissaLabel(below: layout.panels[0]))
        #expect(entry.middle > 4 && entry.left + Layout.sample + 4 + Layout.width(of: entry.name) <= layout.width)
      }
      let places = layout.legend.map { "\($0.left) \($0.middle)" }
      #expect(Set(places).count == places.count)
    }
  }

  @Test func aNameThatIsTooLongLosesItsMiddle() {
    let name = "results/a" + String(repeating: "x", count: 200) + "z"
    let layout = Layout(
      Figure(
        name: "a", title: "",
        panels: [Panel(x: Axis("x"), y: Axis("y"), series: [Series(name, x: [0], y: [0], colour: .category(0))])]))
    let shown = layout.legend[0].name
    #expect(shown.hasPrefix("results/a") && shown.hasSuffix("z") && shown.contains("…"))
  }

  // MARK: maps

  @Test func colourScalesEndAtTheirEnds() {
    let scale = ColourScale("a", range: 1...100, scale: .logarithmic)
    #expect(abs(scale.fraction(10) - 0.5) < 1e-12 && scale.fraction(1000) == 1 && scale.fraction(0) == 0)
    #expect(scale.colour(of: 1).code == "#440154" && scale.colour(of: 100).code == "#fde725")
    #expect(ColourScale("a", range: -1...1, palette: .diverging).colour(of: 0).code == "#f7f7f7")
  }
}
