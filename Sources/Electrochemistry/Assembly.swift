import Integration

/// Where the equations read their unknowns and put their terms. Every equation of the through-cell balances is written
/// once against this; what comes out is a residual, the structure of the Newton matrix, or its values.
///
/// A lane tells unknowns apart inside one group of terms: unknowns of different lanes may meet in a term, and there are
/// no more lanes than `Dual8` has.
protocol Assembly {
  associatedtype Number: Scalar

  /// An unknown without a time derivative.
  func algebraic(_ unknown: Int, lane: Int) -> Number
  /// An unknown that has a time derivative, and that derivative.
  func differential(_ unknown: Int, lane: Int) -> Number
  func rate(_ unknown: Int, lane: Int) -> Number
  /// Adds a term to an equation.
  mutating func add(_ term: Number, to equation: Int)
}

/// Lanes that mean the same in every group of terms.
enum Lane {
  static let current = 6
  static let temperature = 7
}

/// Adds up the residual, in any number type.
struct ResidualAssembly<Number: Scalar>: Assembly {
  let y: UnsafePointer<Number>
  let rate: UnsafePointer<Number>
  let residual: UnsafeMutablePointer<Number>

  @inline(__always) func algebraic(_ unknown: Int, lane: Int) -> Number { y[unknown] }
  @inline(__always) func differential(_ unknown: Int, lane: Int) -> Number { y[unknown] }
  @inline(__always) func rate(_ unknown: Int, lane: Int) -> Number { rate[unknown] }
  @inline(__always) mutating func add(_ term: Number, to equation: Int) {
    residual[equation] = residual[equation] + term
  }
}

/// Notes which unknowns each term reads, in the order in which the terms come: what `JacobianAssembly` has to add
/// where.
final class JacobianStructure: Assembly {
  /// For each term: how many entries follow, then for each of them its lane and where in the matrix it belongs.
  private(set) var tape: [Int32] = []
  private var lanes: [Int: Int] = [:]
  private let place: (_ equation: Int, _ unknown: Int) -> Int

  /// - Parameter place: where in the storage of the matrix an entry belongs.
  init(place: @escaping (_ equation: Int, _ unknown: Int) -> Int) { self.place = place }

  // The value does not matter for what depends on what; this one lies inside the domain of sqrt, log and powers.
  private func seed(_ unknown: Int, _ lane: Int) -> Dependence {
    lanes[unknown] = lane
    return Dependence(0.5, unknown: Int32(unknown))
  }

  func algebraic(_ unknown: Int, lane: Int) -> Dependence { seed(unknown, lane) }
  func differential(_ unknown: Int, lane: Int) -> Dependence { seed(unknown, lane) }
  func rate(_ unknown: Int, lane: Int) -> Dependence { seed(unknown, lane) }

  func add(_ term: Dependence, to equation: Int) {
    tape.append(Int32(term.unknowns.count))
    precondition(Set(term.unknowns.map { lanes[Int($0)]! }).count == term.unknowns.count, "a lane was used twice")
    for unknown in term.unknowns {
      tape.append(Int32(lanes[Int(unknown)]!))
      tape.append(Int32(place(equation, Int(unknown))))
    }
  }
}

/// Adds exact derivatives straight into the storage of a matrix, following a tape of `JacobianStructure`.
struct JacobianAssembly: Assembly {
  let y: UnsafePointer<Double>
  let rate: UnsafePointer<Double>
  /// Weights of ∂F/∂y and ∂F/∂ẏ in the columns of unknowns with a time derivative.
  let weights: (state: Double, rate: Double)
  let values: UnsafeMutablePointer<Double>
  private(set) var tape: UnsafePointer<Int32>

  init(
    _ linearisation: Linearisation, _ y: UnsafePointer<Double>, _ rate: UnsafePointer<Double>,
    into values: UnsafeMutablePointer<Double>, tape: UnsafePointer<Int32>
  ) {
    self.y = y
    self.rate = rate
    self.values = values
    self.tape = tape
    weights = linearisation.weights(differential: true)
  }

  @inline(__always)
  private func number(_ value: Double, _ weight: Double, _ lane: Int) -> Dual8 {
    var partials = SIMD8<Double>.zero
    partials[lane] = weight
    return Dual8(value, partials: partials)
  }

  @inline(__always) func algebraic(_ unknown: Int, lane: Int) -> Dual8 { number(y[unknown], 1, lane) }
  @inline(__always) func differential(_ unknown: Int, lane: Int) -> Dual8 {
    number(y[unknown], weights.state, lane)
  }
  @inline(__always) func rate(_ unknown: Int, lane: Int) -> Dual8 { number(rate[unknown], weights.rate, lane) }

  @inline(__always)
  mutating func add(_ term: Dual8, to equation: Int) {
    let count = Int(tape[0])
    tape += 1
    withUnsafeBytes(of: term.partials) { bytes in
      let partials = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Double.self)
      for _ in 0..<count {
        values[Int(tape[1])] += partials[Int(tape[0])]
        tape += 2
      }
    }
  }
}
