/// A picture with axes: one panel or several, one above the other, with one legend below or one colour bar beside them.
/// It says what is shown; where everything stands is the renderer's business.
public struct Figure: Sendable, Equatable {
  /// Of its file, without an ending; also what a user selects it by.
  public var name: String
  /// One line for a heading.
  public var title: String
  /// What one sees, in a sentence or two.
  public var caption: String
  public var panels: [Panel]
  /// What the colours of series stand for that are coloured by a number; drawn as a bar.
  public var colours: ColourScale?
  /// Whether the panels have one abscissa, written below the last of them.
  public var sharesAbscissa: Bool
  /// In cm.
  public var width: Double

  /// The width of a column of a journal, in cm.
  public static let columnWidth = 8.5

  public init(
    name: String, title: String, caption: String = "", panels: [Panel], colours: ColourScale? = nil,
    sharesAbscissa: Bool = false, width: Double = Figure.columnWidth
  ) {
    self.name = name
    self.title = title
    self.caption = caption
    self.panels = panels
    self.colours = colours
    self.sharesAbscissa = sharesAbscissa
    self.width = width
  }
}

/// A pair of axes with curves, or with a map of colours.
public struct Panel: Sendable, Equatable {
  /// Above the panel; none where the figure says enough.
  public var title: String
  public var x: Axis
  public var y: Axis
  public var series: [Series]
  public var heatMap: HeatMap?

  public init(title: String = "", x: Axis, y: Axis, series: [Series] = [], heatMap: HeatMap? = nil) {
    self.title = title
    self.x = x
    self.y = y
    self.series = series
    self.heatMap = heatMap
  }
}

public struct Axis: Sendable, Equatable {
  public enum Scale: Sendable { case linear, logarithmic }

  /// With the unit: `Voltage / V`.
  public var label: String
  public var scale: Scale
  /// What is shown; nil: everything, with a small margin.
  public var range: ClosedRange<Double>?
  /// Whether values lie at whole numbers only, such as cycles.
  public var isWhole: Bool

  public init(_ label: String, scale: Scale = .linear, range: ClosedRange<Double>? = nil, isWhole: Bool = false) {
    self.label = label
    self.scale = scale
    self.range = range
    self.isWhole = isWhole
  }
}

/// A curve, or points.
public struct Series: Sendable, Equatable {
  public enum Style: Sendable { case line, dashed, points, lineAndPoints }

  public enum Colour: Sendable, Equatable {
    /// From 0: one of several things.
    case category(Int)
    /// A value of the figure's `colours`.
    case number(Double)
    /// What others are compared with.
    case grey
  }

  /// In the legend, where a name that several series have in common stands once; empty: not there.
  public var name: String
  /// In the units of the axes. A value that is not finite interrupts the curve.
  public var x: [Double]
  public var y: [Double]
  public var style: Style
  public var colour: Colour

  public init(_ name: String, x: [Double], y: [Double], style: Style = .line, colour: Colour) {
    precondition(x.count == y.count)
    self.name = name
    self.x = x
    self.y = y
    self.style = style
    self.colour = colour
  }
}

/// What a colour stands for.
public struct ColourScale: Sendable, Equatable {
  public enum Palette: Sendable {
    /// From dark to bright, in equal steps for the eye.
    case sequential
    /// From blue over white, in the middle of the range, to red.
    case diverging
  }

  /// With the unit.
  public var label: String
  public var range: ClosedRange<Double>
  public var scale: Axis.Scale
  public var palette: Palette

  public init(
    _ label: String, range: ClosedRange<Double>, scale: Axis.Scale = .linear, palette: Palette = .sequential
  ) {
    self.label = label
    self.range = range
    self.scale = scale
    self.palette = palette
  }

  /// Where in the range a value lies, from 0 to 1.
  func fraction(_ value: Double) -> Double {
    let fraction =
      switch scale {
      case .linear: (value - range.lowerBound) / (range.upperBound - range.lowerBound)
      case .logarithmic: (value / range.lowerBound).logarithm / (range.upperBound / range.lowerBound).logarithm
      }
    return fraction.isNaN ? 0.5 : min(max(fraction, 0), 1)
  }
}

/// Values over two coordinates, shown as colours; between the points they are interpolated.
public struct HeatMap: Sendable, Equatable {
  public var colours: ColourScale
  public var columns: [Column]

  /// Values along the ordinate at one abscissa. Each column has points of its own.
  public struct Column: Sendable, Equatable {
    public var x: Double
    /// Increasing.
    public var y: [Double]
    /// Where it is not finite, nothing is drawn.
    public var values: [Double]

    public init(x: Double, y: [Double], values: [Double]) {
      precondition(y.count == values.count)
      self.x = x
      self.y = y
      self.values = values
    }
  }

  /// - Parameter columns: with increasing abscissas.
  public init(colours: ColourScale, columns: [Column]) {
    self.colours = colours
    self.columns = columns
  }
}
