/// A protocol laid out as a list of instructions, so that a place in it is one number and the passes made
/// by the loops around it.
struct Program {
  enum Instruction {
    /// `id` is the position of the step among all steps of the protocol, from 1.
    case step(Step, id: Int)
    case nextCycle
    /// In K.
    case ambientTemperature(Double)
    case beginLoop
    /// `begin` is the index of the matching `beginLoop`.
    case endLoop(Loop, begin: Int)
  }

  private(set) var instructions: [Instruction] = []
  /// Whether `cycle: next` counts the cycles rather than the outermost loops.
  private(set) var countsCyclesExplicitly = false
  private var stepCount = 0

  init(_ statements: [Statement]) {
    append(statements)
  }

  private mutating func append(_ statements: [Statement]) {
    for statement in statements {
      switch statement {
      case .step(let step):
        stepCount += 1
        instructions.append(.step(step, id: stepCount))
      case .nextCycle:
        countsCyclesExplicitly = true
        instructions.append(.nextCycle)
      case .ambientTemperature(let temperature):
        instructions.append(.ambientTemperature(temperature))
      case .loop(let loop):
        let begin = instructions.count
        instructions.append(.beginLoop)
        append(loop.statements)
        instructions.append(.endLoop(loop, begin: begin))
      }
    }
  }
}
