import CellInterface

/// A step before it begins: what it imposes and all that can end it, with all numbers known.
struct StepPlan {
  let course: Course
  /// The step's own limits but for times.
  let until: [Boundary]
  /// The test time in s at which the step ends at the latest, by which of its conditions, and where it goes on; no
  /// condition where it has none about time.
  let end: (time: Double, key: String?, jump: Program.Jump?)
  let safety: ResolvedSafety
  /// The set-point of the chamber in K where the step changes it.
  let ambientTemperature: Double?

  /// No step without an end of its own goes on for longer than this, in s: a hold until a current that is
  /// never reached must not run forever.
  static let longestStep = 365.0 * 86_400

  /// - Parameter start: the reading before the step, from which the evaluation counts.
  init(
    _ placed: Program.PlacedStep, _ safety: SafetyWindow, from start: Reading, _ evaluation: Evaluation
  ) throws(Evaluation.Complaint) {
    let step = placed.step
    course = try Course(step.action, from: start, evaluation)
    var until: [Boundary] = []
    // The course may take longer, if it says when it ends.
    let isOpen = course.part(0, start).end == .infinity || course.count == nil
    var end = (time: isOpen ? start.time + Self.longestStep : .infinity, key: String?.none, jump: Program.Jump?.none)
    var isTimed = false
    for (exit, jump) in zip(step.until, placed.jumps) {
      if let (symbol, bound) = exit.condition.end {
        let time = try evaluation.value(bound, at: start) + (symbol == .time ? start.time : 0)
        guard !isTimed || time < end.time else { continue }
        isTimed = true
        end = (max(time, start.time), exit.condition.text, jump)
      } else {
        let limit = try evaluation.limit(exit.condition)
        until.append(Boundary(limit: limit, effect: .endsStep(by: exit.condition.text, jump: jump)))
      }
    }
    self.until = until
    self.end = end
    self.safety = try ResolvedSafety(step.safety.over(safety), at: start, evaluation)
    if case .soak(let soak) = step.action {
      ambientTemperature = try evaluation.value(soak.temperature, at: start)
    } else {
      ambientTemperature = nil
    }
  }

  /// Whether the step is over when a part is.
  func isLast(_ index: Int, endingAt time: Double) -> Bool { index + 1 == course.count || time == end.time }
}
