import Foundation
import Integration
import Testing

/// Uses every operation of `Scalar`, well inside their domains.
private func everything<S: Scalar>(_ x: S, _ y: S) -> S {
  let a = S.exp(0.3 * x) * S.log(y) + S.sqrt(x * y) - S.tanh(x - y) / S.cosh(0.2 * x)
  let b = S.sinh(x / 3) + S.asinh(5 * y) + S.pow(x, 1.7) + S.pow(y, x) + 2 / y + (x - 0.5) * (1 - y)
  let square = S.apply(to: x, value: { $0 * $0 }, withSlope: { ($0 * $0, 2 * $0) })
  return a + 0.1 * (-b) + square + S.choose(y, atLeast: 1, y * y, else: 3 * y - 2)
}

/// Central difference of eighth order.
private func derivative(_ f: (Double) -> Double, at x: Double) -> Double {
  let h = 0.004 * max(1, abs(x))
  let weights = [4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280]
  var sum = 0.0
  for (k, weight) in weights.enumerated() {
    let d = Double(k + 1) * h
    sum += weight * (f(x + d) - f(x - d))
  }
  return sum / h
}

@Suite struct DualTests {
  @Test(arguments: [(0.7, 1.3), (2.1, 0.4), (1.0, 3.0)])
  func derivativesMatchHighOrderDifferences(x: Double, y: Double) {
    var dualX = Dual8(x)
    var dualY = Dual8(y)
    dualX.partials[2] = 1
    dualY.partials[5] = 1
    let result = everything(dualX, dualY)
    #expect(abs(result.value - everything(x, y)) < 1e-14 * abs(result.value))
    #expect(abs(result.partials[2] - derivative({ everything($0, y) }, at: x)) < 1e-8)
    #expect(abs(result.partials[5] - derivative({ everything(x, $0) }, at: y)) < 1e-8)
    for lane in [0, 1, 3, 4, 6, 7] { #expect(result.partials[lane] == 0) }
  }

  @Test func lanesHaveTheValuesOfTheirPlaces() {
    let (x, y) = ([0.7, 2.1, 1.0, 0.9, 1.4], [1.3, 0.4, 3.0, 1.0, .infinity])
    func compare<V: LaneVector>(_: V.Type, from first: Int) {
      var results = [Double](repeating: .nan, count: V.scalarCount)
      everything(Lanes<V>(x, at: first), Lanes<V>(y, at: first)).store(to: &results)
      let expected = (first..<first + V.scalarCount).map { everything(x[$0], y[$0]) }
      for (result, value) in zip(results, expected) {
        #expect(result == value || (result.isNaN && value.isNaN) || abs(result - value) < 1e-14 * abs(value))
      }
      #expect(abs(Lanes<V>(x, at: first).sum - x[first..<first + V.scalarCount].reduce(0, +)) < 1e-15 * 10)
    }
    compare(SIMD4<Double>.self, from: 0)
    compare(SIMD4<Double>.self, from: 1)
    compare(SIMD2<Double>.self, from: 3)
    #expect(Lanes<SIMD2<Double>>(0).isZero && !Lanes(SIMD2<Double>(0, 1)).isZero)
  }

  @Test func elementaryFunctionsOfLanesAreExactToTheLastDigits() {
    func check(_ x: Double, _ wide: (Lanes<SIMD2<Double>>) -> Lanes<SIMD2<Double>>, _ plain: (Double) -> Double) {
      let (result, expected) = (wide(Lanes(SIMD2(1, x))).values[1], plain(x))
      let same = result == expected || (result.isNaN && expected.isNaN)
      #expect(same || abs(result - expected) <= 2 * expected.ulp, "\(x): \(result), \(expected)")
    }
    let special: [Double] = [0, -0.0, -1, 1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude]
    let halves: [Double] = [0.7071067811865476, 1.4142135623730951, 710, -750, 1e300]
    let near: [Double] = (1...50).flatMap { (n: Int) -> [Double] in [1 + pow(2, -Double(n)), 1 - pow(2, -Double(n))] }
    let everywhere: [Double] = (0..<20000).map {
      1400 * (0.618033988749895 * Double($0)).truncatingRemainder(dividingBy: 1) - 700
    }
    let exponentials = everywhere.map { Foundation.exp($0) }
    for x in [special, halves, near, exponentials].joined() { check(x, Lanes.log, Double.log) }
    for x in [special, halves, near, everywhere].joined() { check(x, Lanes.exp, Double.exp) }
    for x in [exponentials, exponentials.map { -$0 }, [0, 1e99, -1e101, 1e308]].joined() {
      let (result, expected) = (Lanes.asinh(Lanes(SIMD4(x, 1, -1, x))).values[3], Double.asinh(x))
      #expect(abs(result - expected) <= 3e-16 * max(1, abs(expected)), "\(x)")
    }
  }

  @Test(arguments: 0..<13) func groupsCoverAllPlacesOnce(count: Int) {
    var places: [Int] = []
    forEachGroup(
      of: count, four: { places += $0..<$0 + 4 }, two: { places += $0..<$0 + 2 }, one: { places.append($0) })
    #expect(places == Array(0..<count))
  }

  @Test func dependenceListsWhatWasRead() {
    let a = Dependence(1, unknowns: [4 as Int32])
    let b = Dependence(2, unknowns: [1 as Int32])
    let c = Dependence(3, unknowns: [4 as Int32])
    #expect((a * b + c).unknowns == [1, 4])
    #expect((Dependence(1) + c).unknowns == [4])
    #expect(everything(a, b).unknowns == [1, 4])
  }
}

/// A chain with a border, like the models: neighbours, one global unknown, a nonlinear algebraic row.
private final class Chain: TestSystem {
  let unknownCount = 25
  func isDifferential(_ unknown: Int) -> Bool { unknown < 24 }
  func absoluteTolerance(_ unknown: Int) -> Double { 1e-8 }
  func evaluate<S: Scalar>(
    at time: Double, _ y: UnsafePointer<S>, _ rate: UnsafePointer<S>, _ r: UnsafeMutablePointer<S>
  ) {
    for i in 0..<24 {
      var flux = S(0)
      if i > 0 { flux += S.exp(0.1 * y[i]) * (y[i] - y[i - 1]) }
      if i < 23 { flux += y[i] * y[i] - y[i + 1] }
      r[i] = Double(i + 1) * rate[i] + flux + 0.01 * y[24]
    }
    r[24] = S.sinh(y[24]) + y[0] * y[23] - 1.0
  }
}

@Suite struct SparseSolverTests {
  @Test(arguments: [Linearisation.step(c: 3.5), .start])
  func matrixMatchesHighOrderDifferencesAndSolves(linearisation: Linearisation) {
    let system = Chain()
    let n = system.unknownCount
    var generator = SystemRandomNumberGenerator()
    let y = (0..<n).map { _ in Double.random(in: 0.2...1, using: &generator) }
    let rate = (0..<n).map { system.isDifferential($0) ? Double.random(in: -1...1, using: &generator) : 0 }
    let solver = SparseSolver(system)
    var matrix = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
    for entry in solver.entries(linearisation, at: 0, y, rate) {
      matrix[entry.row][entry.column] = entry.value
    }
    for column in 0..<n {
      for row in 0..<n {
        let byState = derivative({ residual(system, row, y, rate, column, state: $0) }, at: y[column])
        let byRate =
          system.isDifferential(column)
          ? derivative({ residual(system, row, y, rate, column, rate: $0) }, at: rate[column]) : 0
        let expected =
          switch linearisation {
          case .step(let c): byState + c * byRate
          case .start: system.isDifferential(column) ? byRate : byState
          }
        #expect(abs(matrix[row][column] - expected) < 1e-9)
      }
    }
    // The factorisation solves with that matrix.
    let x = (0..<n).map { _ in Double.random(in: -1...1, using: &generator) }
    var b = matrix.map { row in zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } }
    #expect(solver.factor(linearisation, at: 0, y, rate) && solver.solve(&b))
    for i in 0..<n { #expect(abs(b[i] - x[i]) < 1e-10) }
  }

  private func residual(
    _ system: Chain, _ row: Int, _ y: [Double], _ rate: [Double], _ column: Int, state: Double? = nil,
    rate changedRate: Double? = nil
  ) -> Double {
    var y = y
    var rate = rate
    if let state { y[column] = state }
    if let changedRate { rate[column] = changedRate }
    var r = [Double](repeating: 0, count: y.count)
    system.residual(at: 0, y, rate, &r)
    return r[row]
  }
}
