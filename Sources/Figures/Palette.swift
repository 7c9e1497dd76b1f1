#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A colour of the screen, each part from 0 to 1.
struct Colour: Equatable {
  var red, green, blue: Double

  init(_ hexadecimal: Int) {
    func part(_ shift: Int) -> Double { Double(hexadecimal >> shift & 0xFF) / 255 }
    (red, green, blue) = (part(16), part(8), part(0))
  }

  /// A place between the colours of a list at equal distances.
  init(between colours: [Colour], at fraction: Double) {
    let place = min(max(fraction, 0), 1) * Double(colours.count - 1)
    let index = min(Int(place), colours.count - 2)
    let (low, high, share) = (colours[index], colours[index + 1], place - Double(index))
    red = low.red + (high.red - low.red) * share
    green = low.green + (high.green - low.green) * share
    blue = low.blue + (high.blue - low.blue) * share
  }

  var bytes: [Int] { [red, green, blue].map { Int(($0 * 255).rounded()) } }

  /// `#RRGGBB`.
  var code: String {
    "#" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  static let grey = Colour(0x404040)

  /// Those of Okabe and Ito, which every kind of colour vision can tell apart, but for the yellow, which does not show on
  /// white.
  static let categories = [0x0072B2, 0xD55E00, 0x009E73, 0xE69F00, 0x56B4E9, 0xCC79A7, 0x000000].map(Colour.init)

  /// Viridis.
  static let sequential = [
    0x440154, 0x472C7A, 0x3B518B, 0x2C718E, 0x21908D, 0x27AD81, 0x5CC863, 0xAADC32, 0xFDE725,
  ].map(Colour.init)

  /// ColorBrewer's RdBu, from blue to red.
  static let diverging = [0x2166AC, 0x67A9CF, 0xD1E5F0, 0xF7F7F7, 0xFDDBC7, 0xEF8A62, 0xB2182B].map(Colour.init)
}

extension ColourScale {
  /// Of an area.
  func colour(of value: Double) -> Colour {
    Colour(between: palette == .sequential ? Colour.sequential : Colour.diverging, at: fraction(value))
  }

  /// Of a thin line on white: what is too bright for that is left out.
  func lineColour(of value: Double) -> Colour { Self.lineColour(at: fraction(value)) }

  static func lineColour(at fraction: Double) -> Colour { Colour(between: Colour.sequential, at: 0.88 * fraction) }
}

extension Double {
  /// The natural one.
  var logarithm: Double { log(self) }
}
