import Documents

/// A protocol laid out as a list of instructions, so that a place in it is one number and what is open around it.
struct Program {
  enum Instruction {
    case step(PlacedStep)
    case set([Variable])
    case nextCycle
    case ambientTemperature(Expression)
    case beginLoop(PlacedLoop)
    case endLoop(PlacedLoop)
    /// Goes on at another instruction of the same list of steps unless the condition is true.
    case skip(to: Int, unless: Condition)
    case jump(Jump)
    /// The first instruction of a routine.
    case call(Int)
    case endRoutine
    case end(reason: String?)
  }

  struct PlacedStep {
    var step: Step
    /// The position of the step among all steps of the file, from 1.
    var id: Int
    var label: String?
    /// Where each of the step's exits leads, if not to what follows.
    var jumps: [Jump?]
  }

  struct PlacedLoop {
    var loop: Loop
    /// The index of `beginLoop`.
    var begin: Int
    var jumps: [Jump?]
    var line: Int?
  }

  struct Jump: Equatable {
    var target = 0
    /// How many loops of the routine are open there.
    var loopCount = 0
    /// Whether the target is in `steps`, outside all routines.
    var leavesRoutines = false
  }

  private(set) var instructions: [Instruction] = []
  /// Where the test begins: the routines stand before.
  private(set) var start = 0
  /// Whether `cycle: next` counts the cycles rather than the outermost loops.
  private(set) var countsCyclesExplicitly = false
  /// What is needed of the cell, and where.
  private(set) var needs: [(need: Need, place: Place)] = []

  enum Need: Equatable {
    case area(String)
    case mass(String)
    case stateOfCharge
    case impedance
  }

  private var stepCount = 0
  private var labels: [String: Label] = [:]
  private var routines: [String: Int] = [:]
  private var gotos: [(instruction: Int, exit: Int?, label: String, from: [Int], place: Place)] = []
  private var calls: [(instruction: Int, name: String, from: String?, place: Place)] = []
  private var blockCount = 0
  private var routineName: String?

  /// Where a label stands: its list of steps is the last of the lists in which it lies, from the outermost one.
  private struct Label {
    var instruction: Int
    var blocks: [Int]
    var loopCount: Int
  }

  init(_ test: TestProtocol) throws(DocumentError) {
    for routine in test.routines {
      routineName = routine.name
      routines[routine.name] = instructions.count
      append(routine.statements, blocks: [], loopCount: 0)
      instructions.append(.endRoutine)
    }
    routineName = nil
    start = instructions.count
    let mainBlock = blockCount
    append(test.statements, blocks: [], loopCount: 0)
    let end = instructions.count
    instructions.append(.end(reason: nil))
    note(test.safety.expressions, Place())
    for variable in test.variables { note([variable.initial], Place()) }
    try resolveGotos(mainBlock: mainBlock, end: end)
    try resolveCalls()
  }

  // MARK: layout

  private mutating func append(_ statements: [Statement], blocks: [Int], loopCount: Int) {
    let blocks = blocks + [blockCount]
    blockCount += 1
    for statement in statements { append(statement, blocks, loopCount) }
  }

  private mutating func append(_ statement: Statement, _ blocks: [Int], _ loopCount: Int) {
    if let label = statement.label {
      labels[label] = Label(instruction: instructions.count, blocks: blocks, loopCount: loopCount)
    }
    let skip = statement.when.map { condition in
      note(condition.expressions, statement.place)
      instructions.append(.skip(to: 0, unless: condition))
      return instructions.count - 1
    }
    switch statement.verb {
    case .step(let step):
      stepCount += 1
      note(step, statement.place)
      noteGotos(of: step.until, blocks, statement.place)
      let jumps = [Jump?](repeating: nil, count: step.until.count)
      instructions.append(.step(PlacedStep(step: step, id: stepCount, label: statement.label, jumps: jumps)))
    case .nextCycle:
      countsCyclesExplicitly = true
      instructions.append(.nextCycle)
    case .ambientTemperature(let temperature):
      note([temperature], statement.place)
      instructions.append(.ambientTemperature(temperature))
    case .set(let assignments):
      note(assignments.map(\.initial), statement.place)
      instructions.append(.set(assignments))
    case .goto(let label):
      gotos.append((instructions.count, nil, label, blocks, statement.place))
      instructions.append(.jump(Jump()))
    case .call(let name):
      calls.append((instructions.count, name, routineName, statement.place))
      instructions.append(.call(0))
    case .end(let reason):
      instructions.append(.end(reason: reason))
    case .branch(let branch):
      note(branch.condition.expressions, statement.place)
      let test = instructions.count
      instructions.append(.skip(to: 0, unless: branch.condition))
      append(branch.then, blocks: blocks, loopCount: loopCount)
      let leave = instructions.count
      if !branch.otherwise.isEmpty { instructions.append(.jump(Jump())) }
      instructions[test] = .skip(to: instructions.count, unless: branch.condition)
      if !branch.otherwise.isEmpty {
        append(branch.otherwise, blocks: blocks, loopCount: loopCount)
        instructions[leave] = .jump(Jump(target: instructions.count, loopCount: loopCount))
      }
    case .loop(let loop):
      note(loop.until.flatMap(\.condition.expressions) + (loop.values?.list ?? []), statement.place)
      let jumps = [Jump?](repeating: nil, count: loop.until.count)
      let placed = PlacedLoop(loop: loop, begin: instructions.count, jumps: jumps, line: statement.place.line)
      instructions.append(.beginLoop(placed))
      append(loop.statements, blocks: blocks, loopCount: loopCount + 1)
      noteGotos(of: loop.until, blocks, statement.place)
      instructions.append(.endLoop(placed))
    }
    if let skip, let condition = statement.when {
      instructions[skip] = .skip(to: instructions.count, unless: condition)
    }
  }

  private mutating func noteGotos(of exits: [Exit], _ blocks: [Int], _ place: Place) {
    for (index, exit) in exits.enumerated() {
      if let label = exit.target { gotos.append((instructions.count, index, label, blocks, place)) }
    }
  }

  // MARK: jumps and calls

  private mutating func resolveGotos(mainBlock: Int, end: Int) throws(DocumentError) {
    for goto in gotos {
      var jump = Jump(target: end, loopCount: 0, leavesRoutines: true)
      if goto.label != Words.end {
        guard let label = labels[goto.label] else {
          let known = labels.keys.sorted() + [Words.end]
          throw goto.place.error(
            "nothing has the label '\(goto.label.prefix(40))' to go to",
            advice: nearest(to: goto.label, in: known).map { "did you mean '\($0)'?" }
              ?? "add 'label: \(goto.label.prefix(40))' to a step")
        }
        // From everywhere to `steps` itself; else only to a list of steps that is open.
        jump = Jump(
          target: label.instruction, loopCount: label.loopCount, leavesRoutines: label.blocks == [mainBlock])
        guard jump.leavesRoutines || goto.from.starts(with: label.blocks) else {
          throw goto.place.error(
            "the label '\(goto.label.prefix(40))' is inside a loop, an 'if' or a routine that is not open here",
            advice: "go to the loop, 'if' or 'call' itself")
        }
      }
      switch instructions[goto.instruction] {
      case .step(var step):
        step.jumps[goto.exit ?? 0] = jump
        instructions[goto.instruction] = .step(step)
      case .endLoop(var loop):
        loop.jumps[goto.exit ?? 0] = jump
        instructions[goto.instruction] = .endLoop(loop)
      default: instructions[goto.instruction] = .jump(jump)
      }
    }
  }

  private mutating func resolveCalls() throws(DocumentError) {
    var callers: [String: [(name: String, place: Place)]] = [:]
    for call in calls {
      guard let target = routines[call.name] else {
        throw call.place.error(
          "no routine is called '\(call.name.prefix(40))'",
          advice: nearest(to: call.name, in: routines.keys.sorted()).map { "did you mean '\($0)'?" }
            ?? "write its steps under 'define: {\(call.name.prefix(40)): [...]}'")
      }
      instructions[call.instruction] = .call(target)
      if let caller = call.from { callers[caller, default: []].append((call.name, call.place)) }
    }
    // A routine that comes back to itself would never end.
    var depths: [String: Int] = [:]
    func depth(_ name: String, _ open: Set<String>) throws(DocumentError) -> Int {
      if let depth = depths[name] { return depth }
      var deepest = 0
      for (callee, place) in callers[name] ?? [] {
        guard callee != name, !open.contains(callee) else {
          throw place.error("'\(callee.prefix(40))' would call itself")
        }
        deepest = open.count < Self.deepestCall ? max(deepest, try depth(callee, open.union([name]))) : Self.deepestCall
        guard deepest < Self.deepestCall else {
          throw place.error("calls are nested too deeply, more than \(Self.deepestCall) levels")
        }
      }
      depths[name] = deepest + 1
      return deepest + 1
    }
    for name in routines.keys.sorted() { _ = try depth(name, []) }
  }

  private static let deepestCall = 100

  // MARK: needs

  private mutating func note(_ step: Step, _ place: Place) {
    if case .impedance = step.action { needs.append((.impedance, place)) }
    if case .charge(let drive) = step.action, case .stateOfCharge = drive.to { needs.append((.stateOfCharge, place)) }
    if case .discharge(let drive) = step.action, case .stateOfCharge = drive.to {
      needs.append((.stateOfCharge, place))
    }
    let recorded = [step.record.dI, step.record.dQ].compactMap { $0.map(Expression.constant) }
    note(
      step.action.expressions + step.until.flatMap(\.condition.expressions) + step.safety.expressions + recorded, place
    )
  }

  private mutating func note(_ expressions: [Expression], _ place: Place) {
    for expression in expressions {
      _ = expression.contains { part in
        switch part {
        case .constant(let quantity) where quantity.basis == .area: needs.append((.area(quantity.text), place))
        case .constant(let quantity) where quantity.basis == .mass: needs.append((.mass(quantity.text), place))
        case .symbol(.stateOfCharge): needs.append((.stateOfCharge, place))
        default: break
        }
        return false
      }
    }
  }
}

extension Condition {
  var expressions: [Expression] {
    switch self {
    case .comparison(let comparison): [comparison.left, comparison.right]
    case .all(let conditions), .any(let conditions): conditions.flatMap(\.expressions)
    }
  }
}

extension SafetyWindow {
  var expressions: [Expression] {
    [voltage, current, temperature].compactMap { $0 }.flatMap { [$0.lower, $0.upper] }
      + [charge, delay].compactMap { $0 }
  }
}

extension Level {
  var expression: Expression {
    switch self {
    case .current(let value), .voltage(let value), .power(let value), .resistance(let value): value
    }
  }
}

extension Action {
  var expressions: [Expression] {
    switch self {
    case .rest(let duration): [duration]
    case .charge(let drive), .discharge(let drive):
      [drive.level.expression] + [drive.target, drive.holdUntil].compactMap { $0 }
    case .hold(let level): [level.expression]
    case .ramp(let ramp): [ramp.from, ramp.to, ramp.rate].compactMap { $0 }
    case .scan(let scan): [scan.start, scan.first, scan.second, scan.rate].compactMap { $0 }
    case .pulse(let train): train.pulses.flatMap { [$0.level.expression, $0.duration] }
    case .profile: []
    case .impedance(let impedance): [impedance.amplitude, impedance.dc].compactMap { $0 }
    case .soak(let soak): [soak.temperature, soak.duration, soak.tolerance].compactMap { $0 }
    }
  }
}

extension Drive {
  fileprivate var target: Expression? {
    switch to {
    case .voltage(let value), .stateOfCharge(let value): value
    case nil: nil
    }
  }
}
