import Integration

/// Where the equations read their unknowns and put their terms. Every equation of the through-cell balances is written
/// once against this; what comes out is a residual, the structure of the Newton matrix, or its values.
///
/// A lane tells unknowns apart inside one group of terms: unknowns of different lanes may meet in a term, and there are
/// no more lanes than `Dual8` has.
protocol Assembly {
  associatedtype Number: Scalar
  /// In what is the same for all volumes.
  associatedtype Shared: Scalar = Number

  /// An unknown without a time derivative.
  func algebraic(_ unknown: Int, lane: Int) -> Number
  /// An unknown that has a time derivative, and that derivative.
  func differential(_ unknown: Int, lane: Int) -> Number
  func rate(_ unknown: Int, lane: Int) -> Number
  /// Adds a term to an equation.
  mutating func add(_ term: Number, to equation: Int)
  /// Adds what flows out of a volume into the next: to the equation of the one, and with the other sign to the one after it.
  mutating func addFlow(_ flow: Number, from equation: Int)
  /// Adds a term of each volume to an equation that they share.
  mutating func add(_ term: Number, toShared equation: Int)
  /// A number that is the same for all volumes.
  func spread(_ number: Shared) -> Number
  /// A property of the electrolyte in a volume from the memory where it is kept; nil where it is computed anew.
  /// - Parameters:
  ///   - place: of the property of that volume among all properties of all volumes.
  ///   - lane: of the concentration in that volume.
  func kept(_ properties: UnsafePointer<Double>, at place: Int, lane: Int) -> Number?
  /// Does some work for the volumes 0 to `count` − 1, of several at once where that is possible.
  mutating func forEachVolume<W: VolumeWork>(of count: Int, _ work: W) where W.Shared == Shared
}

/// What is to be done for each volume of an electrode.
protocol VolumeWork {
  associatedtype Shared
  /// - Parameter volume: unknowns and equations of the others that `assembly` does at once follow those of this one.
  func add<A: Assembly>(volume: Int, to assembly: inout A) where A.Shared == Shared
}

extension Assembly {
  @inline(__always)
  mutating func addFlow(_ flow: Number, from equation: Int) {
    add(flow, to: equation)
    add(-flow, to: equation + 1)
  }
  @inline(__always)
  mutating func add(_ term: Number, toShared equation: Int) { add(term, to: equation) }
  @inline(__always)
  func kept(_ properties: UnsafePointer<Double>, at place: Int, lane: Int) -> Number? { nil }
  @inline(__always)
  mutating func forEachVolume<W: VolumeWork>(of count: Int, _ work: W) where W.Shared == Shared {
    for k in 0..<count { work.add(volume: k, to: &self) }
  }
}

extension Assembly where Shared == Number {
  @inline(__always)
  func spread(_ number: Shared) -> Number { number }
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

/// Adds up the residual in plain numbers.
struct ValueAssembly: Assembly {
  let y: UnsafePointer<Double>
  let rate: UnsafePointer<Double>
  let residual: UnsafeMutablePointer<Double>

  @inline(__always) func algebraic(_ unknown: Int, lane: Int) -> Double { y[unknown] }
  @inline(__always) func differential(_ unknown: Int, lane: Int) -> Double { y[unknown] }
  @inline(__always) func rate(_ unknown: Int, lane: Int) -> Double { rate[unknown] }
  @inline(__always) mutating func add(_ term: Double, to equation: Int) { residual[equation] += term }
  @inline(__always) func kept(_ properties: UnsafePointer<Double>, at place: Int, lane: Int) -> Double? {
    properties[place]
  }

  @inline(__always)
  mutating func forEachVolume<W: VolumeWork>(of count: Int, _ work: W) where W.Shared == Double {
    var four = WideAssembly<SIMD4<Double>>(y: y, rate: rate, residual: residual)
    var two = WideAssembly<SIMD2<Double>>(y: y, rate: rate, residual: residual)
    var one = self
    forEachGroup(
      of: count, four: { work.add(volume: $0, to: &four) }, two: { work.add(volume: $0, to: &two) },
      one: { work.add(volume: $0, to: &one) })
  }
}

/// The same of several volumes at once.
struct WideAssembly<Values: LaneVector>: Assembly {
  typealias Number = Lanes<Values>
  typealias Shared = Double
  let y: UnsafePointer<Double>
  let rate: UnsafePointer<Double>
  let residual: UnsafeMutablePointer<Double>

  @inline(__always) func algebraic(_ unknown: Int, lane: Int) -> Number { Lanes(y, at: unknown) }
  @inline(__always) func differential(_ unknown: Int, lane: Int) -> Number { Lanes(y, at: unknown) }
  @inline(__always) func rate(_ unknown: Int, lane: Int) -> Number { Lanes(rate, at: unknown) }
  @inline(__always) mutating func add(_ term: Number, to equation: Int) {
    (Lanes(residual, at: equation) + term).store(to: residual + equation)
  }
  // In one pass: numbers that have just been written in fours cannot be read at once in other fours.
  @inline(__always) mutating func addFlow(_ flow: Number, from equation: Int) {
    add(flow - flow.shifted, to: equation)
    residual[equation + Values.scalarCount] -= flow.last
  }
  @inline(__always) mutating func add(_ term: Number, toShared equation: Int) { residual[equation] += term.sum }
  @inline(__always) func spread(_ number: Double) -> Number { Lanes(number) }
  @inline(__always) func kept(_ properties: UnsafePointer<Double>, at place: Int, lane: Int) -> Number? {
    Lanes(properties, at: place)
  }
}

/// Notes which unknowns each term reads, in the order in which the terms come: what `JacobianAssembly` has to add
/// where.
struct JacobianStructure: Assembly {
  typealias Number = Dependence<LaneUnknowns>

  /// For each term: how many entries follow, then for each of them its lane and where in the matrix it belongs.
  private(set) var tape: [Int32] = []
  private let place: (_ equation: Int, _ unknown: Int) -> Int

  /// - Parameter place: where in the storage of the matrix an entry belongs.
  init(place: @escaping (_ equation: Int, _ unknown: Int) -> Int) { self.place = place }

  // The value does not matter for what depends on what; this one lies inside the domain of sqrt, log and powers.
  private func seed(_ unknown: Int, _ lane: Int) -> Number { Number(0.5, unknowns: LaneUnknowns(unknown, lane: lane)) }

  func algebraic(_ unknown: Int, lane: Int) -> Number { seed(unknown, lane) }
  func differential(_ unknown: Int, lane: Int) -> Number { seed(unknown, lane) }
  func rate(_ unknown: Int, lane: Int) -> Number { seed(unknown, lane) }

  mutating func add(_ term: Number, to equation: Int) {
    tape.append(Int32(term.unknowns.count))
    term.unknowns.each { lane, unknown in
      tape.append(Int32(lane))
      tape.append(Int32(place(equation, unknown)))
    }
  }
}

/// The unknowns of one group of terms, each in its lane.
struct LaneUnknowns: UnknownSet {
  /// A bit for each lane.
  private var used: UInt8 = 0
  private var indices = SIMD8<Int32>.zero

  init() {}

  init(_ unknown: Int, lane: Int) {
    used = 1 << lane
    indices[lane] = Int32(unknown)
  }

  var count: Int { used.nonzeroBitCount }

  func each(_ body: (_ lane: Int, _ unknown: Int) -> Void) {
    var rest = used
    while rest != 0 {
      let lane = rest.trailingZeroBitCount
      rest &= rest - 1
      body(lane, Int(indices[lane]))
    }
  }

  func union(_ other: Self) -> Self {
    if used == 0 { return other }
    var union = self
    other.each { lane, unknown in
      precondition(used & (1 << lane) == 0 || Int(indices[lane]) == unknown, "a lane was used twice")
      union.indices[lane] = Int32(unknown)
    }
    union.used |= other.used
    return union
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

  /// A number that depends on one unknown of a volume and the temperature alone.
  typealias Local = Dual<SIMD2<Double>>

  /// An unknown of a volume that has a time derivative.
  @inline(__always) func local(_ unknown: Int) -> Local { Dual(y[unknown], partials: SIMD2(weights.state, 0)) }
  @inline(__always) func local(temperature unknown: Int) -> Local {
    Dual(y[unknown], partials: SIMD2(0, weights.state))
  }
  /// Where such a number is kept: its value and its slopes.
  @inline(__always) static func keep(_ number: Local, in numbers: UnsafeMutablePointer<Double>, at place: Int) {
    let own = numbers + 3 * place
    (own[0], own[1], own[2]) = (number.value, number.partials[0], number.partials[1])
  }
  @inline(__always) func kept(_ properties: UnsafePointer<Double>, at place: Int, lane: Int) -> Dual8? {
    let own = properties + 3 * place
    var partials = SIMD8<Double>.zero
    partials[lane] = own[1]
    partials[Lane.temperature] = own[2]
    return Dual8(own[0], partials: partials)
  }

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
