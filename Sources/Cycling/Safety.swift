import CellInterface

/// A bound of the safety window.
enum SafetyBound: Codable, Equatable {
  case voltage(isUpper: Bool)
  case current(isUpper: Bool)
  case temperature(isUpper: Bool)
  case charge
}

/// A safety window in numbers.
struct ResolvedSafety {
  /// nil where the cell's own cut-offs guard the test.
  private var voltage: ClosedRange<Double>?
  private var current: ClosedRange<Double>?
  private var temperature: ClosedRange<Double>?
  /// In C.
  private var charge: Double?
  /// In s.
  let delay: Double
  private let cutoffs: ClosedRange<Double>

  init(_ window: SafetyWindow, at reading: Reading, _ evaluation: Evaluation) throws(Evaluation.Complaint) {
    func resolved(_ bounds: SafetyWindow.Bounds) throws(Evaluation.Complaint) -> ClosedRange<Double> {
      let lower = try evaluation.value(bounds.lower, at: reading)
      let upper = try evaluation.value(bounds.upper, at: reading)
      guard lower <= upper else {
        throw Evaluation.Complaint(
          message: "the safety window from '\(bounds.lower.text)' to '\(bounds.upper.text)' is empty")
      }
      return lower...upper
    }
    voltage = try window.voltage.map(resolved)
    current = try window.current.map(resolved)
    temperature = try window.temperature.map(resolved)
    charge = try window.charge.map { expression throws(Evaluation.Complaint) in
      try evaluation.value(expression, at: reading)
    }
    delay =
      try window.delay.map { expression throws(Evaluation.Complaint) in
        try evaluation.value(expression, at: reading)
      } ?? 0
    cutoffs = evaluation.ratings.voltageWindow
  }

  /// How far beyond the safety window a reading must be: a cell that is held at its cut-off voltage by a
  /// finite tolerance must not trip it.
  enum Margin {
    /// In V.
    static let voltage = 1e-4
    /// In V: how far beyond its cut-offs a cell may be thrown in the first instant of a step, if that ends the step. A
    /// pulse near the end of a discharge does so in every lab; more than this is no overpotential of a usable pulse.
    static let firstInstant = 0.5
    /// In K.
    static let temperature = 1e-3
    /// As a fraction of the larger bound.
    static let current = 1e-6
  }

  /// What stops the test under a control.
  /// - Parameters:
  ///   - duration: for how long in s the control is imposed at most.
  ///   - origin: the reading before the step.
  ///   - isFirstInstant: before a limit of the step's own may end the step: a window that the protocol states, as it is,
  ///     or else the cell's cut-offs with the margin for that instant.
  ///   - excursion: a bound that the cell is beyond at present; coming back inside is looked for instead.
  func boundaries(
    under control: Control, lasting duration: Double, from origin: Reading, isFirstInstant: Bool = false,
    excursion: SafetyBound? = nil
  ) -> [Boundary] {
    var boundaries: [Boundary] = []
    func guardAgainst(
      _ bound: SafetyBound, _ name: String, _ limit: Double, _ text: String, isUpper: Bool, margin: Double,
      _ value: @escaping (Reading) -> Double
    ) {
      let sign = isUpper ? 1.0 : -1.0
      if bound == excursion {
        boundaries.append(Boundary(limit: { sign * (value($0) - limit) }, effect: .isSafeAgain))
        return
      }
      let reason = "the \(name) \(isUpper ? "rose above" : "fell below") the safety limit of \(text)"
      boundaries.append(
        Boundary(
          limit: { sign * (limit - value($0)) + margin }, effect: .stopsTest(bound, reason: reason)))
    }
    func guardBoth(
      _ bound: (Bool) -> SafetyBound, _ name: String, _ window: ClosedRange<Double>, margin: Double,
      _ text: (Double) -> String, _ value: @escaping (Reading) -> Double
    ) {
      for (limit, isUpper) in [(window.upperBound, true), (window.lowerBound, false)] {
        guardAgainst(bound(isUpper), name, limit, text(limit), isUpper: isUpper, margin: margin, value)
      }
    }

    let window = voltage ?? cutoffs
    let isWide = isFirstInstant && voltage == nil
    let margin = isWide ? Margin.firstInstant : Margin.voltage
    let addition = isWide ? " by more than \(Margin.firstInstant) V at once" : ""
    // A full cell may rest a little above its cut-off and be discharged from there: without a window of its
    // own a test is stopped only by going further out.
    for (limit, isUpper, isDriven) in [
      (window.upperBound, true, control.mayCharge(within: duration)),
      (window.lowerBound, false, control.mayDischarge(within: duration)),
    ] where voltage != nil || isDriven {
      guardAgainst(
        .voltage(isUpper: isUpper), "voltage", limit, "\(limit) V" + addition, isUpper: isUpper, margin: margin
      ) { $0.voltage }
    }
    if let current {
      let margin = Margin.current * max(abs(current.lowerBound), abs(current.upperBound))
      guardBoth(SafetyBound.current, "current", current, margin: margin, { "\($0) A" }, { $0.current })
    }
    if let temperature {
      guardBoth(
        SafetyBound.temperature, "temperature", temperature, margin: Margin.temperature,
        { "\((($0 - 273.15) * 1e6).rounded() / 1e6) degC" }, { $0.temperature })
    }
    if let charge {
      guardAgainst(
        .charge, "charge of the step", charge, "\(charge / 3600) Ah", isUpper: true,
        margin: Margin.current * charge
      ) { abs($0.charge - origin.charge) }
    }
    return boundaries
  }
}

extension Control {
  /// Whether the current may be positive within a time in s.
  fileprivate func mayCharge(within duration: Double) -> Bool {
    switch self {
    case .current(let value, let rate), .power(let value, let rate):
      max(value, rate == 0 ? value : value + rate * duration) > 0
    case .voltage: true
    case .resistance: false
    }
  }

  /// Whether the current may be negative within a time in s.
  fileprivate func mayDischarge(within duration: Double) -> Bool {
    switch self {
    case .current(let value, let rate), .power(let value, let rate):
      min(value, rate == 0 ? value : value + rate * duration) < 0
    case .voltage, .resistance: true
    }
  }
}
