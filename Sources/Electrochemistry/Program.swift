import Integration

/// What an instruction computes from its registers a and b and its constants p and q.
enum Operation: UInt8 {
  /// p a + q
  case affine
  /// p a + q b
  case sum
  /// b (p a + q)
  case product
  /// (p a + q) / b
  case quotient
  /// 1 / (p a + q)
  case reciprocal
  /// a to the power p, a to the power b
  case constantPower, power
  /// A function of p a + q; the first is its power 3/2.
  case threeHalvesPower, exp, log, sqrt, sinh, cosh, tanh
}

/// One step of a program: registers a and b are read, `target` is written.
struct Instruction: Hashable {
  var operation: Operation
  var a: UInt8
  var b: UInt8
  var target: UInt8
  var p: Double
  var q: Double
}

/// An expression as a list of instructions on a few registers; register 0 holds x at the start and the last
/// instruction computes the result. Evaluation allocates nothing on the heap.
typealias Program = UnsafeBufferPointer<Instruction>

extension Program {
  /// More than any sensible expression needs, and few enough to live on the stack.
  static let registerCount = 32

  @inline(__always)
  func run<N: Scalar>(_ x: N) -> N {
    withUnsafeTemporaryAllocation(of: N.self, capacity: Self.registerCount) { registers in
      let register = registers.baseAddress.unsafelyUnwrapped
      register[0] = x
      var result = x
      for i in 0..<count {
        let step = self[i]
        let a = register[Int(step.a)]
        let input = step.p * a + step.q
        switch step.operation {
        case .affine: result = input
        case .sum: result = step.p * a + step.q * register[Int(step.b)]
        case .product: result = input * register[Int(step.b)]
        case .quotient: result = input / register[Int(step.b)]
        case .reciprocal: result = 1 / input
        case .constantPower: result = N.pow(a, step.p)
        case .power: result = N.pow(a, register[Int(step.b)])
        case .threeHalvesPower:
          // Not input · √input: the slope of that is 0 · ∞ at 0.
          result = N.apply(to: input) {
            $0 * $0.squareRoot()
          } withSlope: {
            let root = $0.squareRoot()
            return ($0 * root, 1.5 * root)
          }
        case .exp: result = N.exp(input)
        case .log: result = N.log(input)
        case .sqrt: result = N.sqrt(input)
        case .sinh: result = N.sinh(input)
        case .cosh: result = N.cosh(input)
        case .tanh: result = N.tanh(input)
        }
        register[Int(step.target)] = result
      }
      return result
    }
  }
}

/// Collects the steps of an expression. Constants are folded, factors and summands stay beside a value until
/// an instruction can take them along, and a value that was computed before is used again: interpreting an
/// instruction costs more than its arithmetic, so the fewer the better.
struct ProgramBuilder {
  /// scale · value + shift, where value 0 is x and value i the result of step i − 1; a constant has no value.
  struct Operand: Equatable {
    fileprivate(set) var value: Int?
    fileprivate var scale: Double
    fileprivate(set) var shift: Double

    static func constant(_ constant: Double) -> Operand { Operand(value: nil, scale: 0, shift: constant) }
    static let x = Operand(value: 0, scale: 1, shift: 0)

    var isConstant: Bool { value == nil }
    var isFinite: Bool { scale.isFinite && shift.isFinite }
  }

  private struct Step: Hashable {
    var operation: Operation
    var a: Int
    var b: Int
    var p: Double
    var q: Double
  }

  private var steps: [Step] = []
  private var known: [Step: Int] = [:]

  private mutating func append(
    _ operation: Operation, _ a: Int, _ b: Int? = nil, p: Double = 1, q: Double = 0
  ) -> Operand {
    let step = Step(operation: operation, a: a, b: b ?? a, p: p, q: q)
    if known[step] == nil {
      steps.append(step)
      known[step] = steps.count
    }
    return Operand(value: known[step], scale: 1, shift: 0)
  }

  /// The operand as a value without scale and shift; only for operands that are not constant.
  private mutating func bare(_ a: Operand) -> Operand {
    guard let value = a.value, a.scale != 1 || a.shift != 0 else { return a }
    return append(.affine, value, p: a.scale, q: a.shift)
  }

  private func scaled(_ a: Operand, by factor: Double) -> Operand {
    let scale = factor * a.scale
    return Operand(value: scale == 0 ? nil : a.value, scale: scale, shift: factor * a.shift)
  }

  mutating func add(_ a: Operand, _ b: Operand) -> Operand {
    let shift = a.shift + b.shift
    guard let first = a.value, let second = b.value else {
      return Operand(value: a.value ?? b.value, scale: a.scale + b.scale, shift: shift)
    }
    if first == second {
      let scale = a.scale + b.scale
      return Operand(value: scale == 0 ? nil : first, scale: scale, shift: shift)
    }
    var sum = append(.sum, first, second, p: a.scale, q: b.scale)
    sum.shift = shift
    return sum
  }

  mutating func negate(_ a: Operand) -> Operand { scaled(a, by: -1) }

  mutating func subtract(_ a: Operand, _ b: Operand) -> Operand { add(a, negate(b)) }

  mutating func multiply(_ a: Operand, _ b: Operand) -> Operand {
    guard let first = a.value else { return scaled(b, by: a.shift) }
    guard let second = b.value else { return scaled(a, by: b.shift) }
    if a.shift == 0 && b.shift == 0 {
      return scaled(append(.product, min(first, second), max(first, second)), by: a.scale * b.scale)
    }
    if b.shift == 0 { return scaled(append(.product, first, second, p: a.scale, q: a.shift), by: b.scale) }
    if a.shift == 0 { return multiply(b, a) }
    return multiply(bare(a), b)
  }

  mutating func divide(_ a: Operand, _ b: Operand) -> Operand {
    guard let second = b.value else { return scaled(a, by: 1 / b.shift) }
    guard let first = a.value else {
      return scaled(append(.reciprocal, second, p: b.scale, q: b.shift), by: a.shift)
    }
    if b.shift != 0 { return divide(a, bare(b)) }
    return scaled(append(.quotient, first, second, p: a.scale, q: a.shift), by: 1 / b.scale)
  }

  mutating func raise(_ a: Operand, to b: Operand) -> Operand {
    guard let base = a.value else {
      return b.isConstant
        ? .constant(Double.pow(a.shift, b.shift)) : call(.exp, scaled(b, by: Double.log(a.shift)))
    }
    guard b.isConstant else {
      let (a, b) = (bare(a), bare(b))
      return append(.power, a.value ?? 0, b.value)
    }
    let exponent = b.shift
    if exponent < 0 { return divide(.constant(1), raise(a, to: .constant(-exponent))) }
    if exponent == 0.5 { return call(.sqrt, a) }
    if exponent == 1.5 { return call(.threeHalvesPower, a) }
    if exponent <= 16, let exponent = Int(exactly: exponent) {
      return raise(a.shift == 0 ? a : bare(a), toInteger: exponent)
    }
    return append(.constantPower, bare(a).value ?? base, p: exponent)
  }

  /// By repeated squaring, so that the powers of a polynomial share their factors.
  private mutating func raise(_ a: Operand, toInteger n: Int) -> Operand {
    if n == 0 { return .constant(1) }
    if n == 1 { return a }
    if n % 2 == 1 { return multiply(raise(a, toInteger: n - 1), a) }
    let half = raise(a, toInteger: n / 2)
    return multiply(half, half)
  }

  mutating func call(_ function: Operation, _ a: Operand) -> Operand {
    if let value = a.value { return append(function, value, p: a.scale, q: a.shift) }
    let once = Instruction(operation: function, a: 0, b: 0, target: 0, p: 1, q: 0)
    return .constant(withUnsafePointer(to: once) { Program(start: $0, count: 1).run(a.shift) })
  }

  /// The instructions that compute an operand that is not constant; nil when it needs more registers than there
  /// are.
  mutating func program(result: Operand) -> [Instruction]? {
    // For x itself, one instruction that copies it.
    let result = (result == .x ? append(.affine, 0) : bare(result)).value ?? 0
    // A step that nothing reads is dropped; the register of a value is free after its last use.
    var lastUse = [Int](repeating: -1, count: steps.count + 1)
    lastUse[result] = steps.count
    for (index, step) in steps.enumerated().reversed() where lastUse[index + 1] >= 0 {
      lastUse[step.a] = max(lastUse[step.a], index)
      lastUse[step.b] = max(lastUse[step.b], index)
    }
    var free = Array((1..<UInt8(Program.registerCount)).reversed())
    var register = [UInt8](repeating: 0, count: steps.count + 1)
    var instructions: [Instruction] = []
    for (index, step) in steps.enumerated() where lastUse[index + 1] >= 0 {
      if lastUse[step.a] == index { free.append(register[step.a]) }
      if lastUse[step.b] == index && step.b != step.a { free.append(register[step.b]) }
      guard let target = free.popLast() else { return nil }
      instructions.append(
        Instruction(
          operation: step.operation, a: register[step.a], b: register[step.b], target: target,
          p: step.p, q: step.q))
      register[index + 1] = target
    }
    return instructions
  }
}
