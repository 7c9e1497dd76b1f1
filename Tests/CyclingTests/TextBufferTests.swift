import Foundation
import Testing

@testable import Cycling

/// Numbers become the text that other ways of writing them give.
@Suite struct TextBufferTests {
  private func text(_ body: (inout TextBuffer) -> Void) -> String {
    var buffer = TextBuffer(capacity: 1)
    body(&buffer)
    return String(decoding: buffer.bytes, as: UTF8.self)
  }

  /// Of every magnitude and sign, seeded so that a failure can be repeated.
  private func numbers(_ count: Int, exponents: ClosedRange<Double>) -> [Double] {
    var state: UInt64 = 20_260_115
    func uniform() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) * 0x1p-53
    }
    return (0..<count).map { _ in
      let exponent = exponents.lowerBound + (exponents.upperBound - exponents.lowerBound) * uniform()
      let value = pow(10, exponent) * (uniform() < 0.5 ? -1 : 1)
      // Some with few digits.
      return uniform() < 0.3 ? Double(String(format: "%.2g", value))! : value
    }
  }

  @Test func theShortestTextIsThatOfSwift() {
    for value in numbers(20_000, exponents: -14...18) + [0, 1, -1, 0.5, 1e-4, 9.9999e-5, 1e15, 4.5e15, 5e15, 1e22] {
      for decimals in [0, 1, 6, 9, 22] {
        let scaled = (value * pow(10, Double(decimals))).rounded()
        let rounded = abs(scaled) < 0x1p52 ? scaled / pow(10, Double(decimals)) : value
        #expect(text { $0.append(value, roundedTo: decimals) } == "\(rounded == 0 ? 0 : rounded)")
      }
    }
  }

  @Test func significantDigitsAreElevenToTwelve() throws {
    for value in numbers(20_000, exponents: -20...40) {
      let written = text { $0.append(significant: value) }
      let number = try #require(Double(written))
      // Below 10⁻¹¹ and above 10³³ every digit is kept.
      #expect(abs(number - value) <= 0.5e-11 * abs(value))
      if (-10...32).contains(log10(abs(value))) { #expect(written.count(where: \.isNumber) <= 17) }
      #expect("\(number)" == written)
    }
  }

  @Test func decimalsAreThoseOfPrintf() {
    for value in numbers(20_000, exponents: -12...6) + [0, 0.125, 9.9999, -0.00001] {
      for decimals in [0, 3, 4, 8] {
        let scale = pow(10, Double(decimals))
        let rounded = (value * scale).rounded() / scale
        #expect(
          text { $0.append(value, decimals: decimals) }
            == String(format: "%.\(decimals)f", rounded == 0 ? 0 : rounded))
      }
    }
    #expect(text { $0.append(-0.00001, decimals: 4) } == "0.0000")
    #expect(text { $0.append(1e300, decimals: 4) } == "1e+300")
    #expect(text { $0.append(Double.nan, decimals: 4) } == "nan")
  }

  @Test func exponentsHaveThreeDigits() throws {
    for value in numbers(20_000, exponents: -300...300) + [0, 1000, 9.99999999e-5, 0.1, 1e-308] {
      let written = text { $0.append(scientific: value, decimals: 7) }
      let expected = String(format: "%.7E", value)
      let exponent = try #require(expected.lastIndex { $0 == "E" })
      let digits = expected[exponent...].dropFirst(2)
      let padded =
        expected[...exponent] + String(expected[expected.index(after: exponent)])
        + String(repeating: "0", count: 3 - digits.count) + digits
      // Half-way cases may be rounded to either side.
      if written != padded {
        let (a, b) = (try #require(Double(written)), try #require(Double(String(padded))))
        #expect(abs(a - b) <= 1.001e-7 * abs(b) && abs(abs(a - value) - abs(b - value)) <= 1e-14 * abs(value))
      }
      #expect(written.count == padded.count)
    }
  }

  @Test func integersAreWhole() {
    for value in [0, 7, 10, 99, 100, 12_345, -1, Int.max, Int.min] {
      #expect(text { $0.append(value) } == "\(value)")
    }
    #expect(text { $0.append(padded: 7, 2) } == "07")
    #expect(text { $0.append(padded: 123, 2) } == "123")
  }
}
