import Integration

/// Exchange current density j₀ of an insertion reaction, at the reference temperature.
public enum ExchangeCurrent: Sendable, Equatable {
  /// F k(x) √(cₑ/cₑ₀) √(x(1−x)) (BPX), k in mol/(m²·s), cₑ₀ the initial concentration.
  case rateConstant(MaterialFunction)
  /// i₀(x) aₑ^α, i₀ in A/m².
  case stated(MaterialFunction)
  /// i₀ √(aₑ x(1−x)), i₀ in A/m².
  case symmetric(Double)
  /// i₀ aₑ^(1−α) a^α (1−x) with the activity a = exp((μ_s − μ°)/RT) of the ion at the surface, gradient and stress
  /// included: the transition state excludes one site (Bazant, Acc. Chem. Res. 46, 1144, 2013). i₀ in A/m².
  case excludedSite(Double)

  /// What aₑ counts from: aₑ = cₑ/(1000 mol/m³).
  public static let standardConcentration = 1000.0

  func tabulated() -> ExchangeCurrent {
    switch self {
    case .rateConstant(let function): .rateConstant(function.tabulated(over: 0...1))
    case .stated(let function): .stated(function.tabulated(over: 0...1))
    case .symmetric, .excludedSite: self
    }
  }
}

/// `ExchangeCurrent` in plain memory.
struct ExchangeCurrentView {
  private enum Form { case rateConstant, stated, symmetric, excludedSite }
  private let form: Form
  private let function: FunctionView
  /// Of the reduction, α_c; that of the oxidation is α_a.
  private let cathodic: Double
  private let anodic: Double
  /// aₑ over cₑ/cₑ₀.
  private let activityUnit: Double
  private let latticePotential: Double

  init(_ material: ActiveMaterial, initialConcentration: Double, in memory: PlainMemory) {
    if case .transferCoefficients(let anodic, let cathodic) = material.rateLaw {
      (self.anodic, self.cathodic) = (anodic, cathodic)
    } else {
      (anodic, cathodic) = (0.5, 0.5)
    }
    activityUnit = initialConcentration / ExchangeCurrent.standardConcentration
    latticePotential = material.latticePotential ?? 0
    switch material.exchangeCurrent {
    case .rateConstant(let k): (form, function) = (.rateConstant, k.view)
    case .stated(let i0): (form, function) = (.stated, i0.view)
    case .symmetric(let i0): (form, function) = (.symmetric, FunctionView(constant: i0))
    case .excludedSite(let i0): (form, function) = (.excludedSite, FunctionView(constant: i0))
    }
  }

  /// j₀ in A/m².
  /// - Parameters:
  ///   - x: stoichiometry at the surface.
  ///   - concentrationRatio: cₑ/cₑ₀ of the electrolyte.
  ///   - potential: U_s in V at the surface.
  ///   - thermalVoltage: RT/F in V.
  @inline(__always)
  func callAsFunction<S: Scalar>(
    stoichiometry x: S, concentrationRatio: S, potential: S, thermalVoltage: S
  ) -> S {
    switch form {
    case .rateConstant:
      return Constants.faraday * (function(x) * S.sqrt(concentrationRatio * sites(x)))
    case .stated: return function(x) * power(activityUnit * concentrationRatio, anodic)
    case .symmetric: return function.constant * S.sqrt(activityUnit * concentrationRatio * sites(x))
    case .excludedSite:
      let exponent = cathodic * ((latticePotential - potential) / thermalVoltage)
      let vacancies = 1 - x
      let prefactor = function.constant * power(activityUnit * concentrationRatio, anodic)
      // Beyond the ends of what is possible, where the trials of a solver may lie, the factors one by one leave the range
      // of the numbers.
      func beyond() -> S { boundedExponential(exponent + logarithm(vacancies)) }
      return prefactor
        * S.choose(
          vacancies, atLeast: smallestShare,
          S.choose(
            Self.largestExponent * Self.largestExponent - exponent * exponent, atLeast: 0,
            vacancies * S.exp(exponent), else: beyond()),
          else: beyond())
    }
  }

  private static var largestExponent: Double { 600 }

  /// exp(x), constant where it would leave the range of the numbers.
  @inline(__always)
  private func boundedExponential<S: Scalar>(_ x: S) -> S {
    let limit = Self.largestExponent
    let fromBelow = S.choose(x, atLeast: -limit, x, else: S(-limit))
    return S.exp(S.choose(limit - x, atLeast: 0, fromBelow, else: S(limit)))
  }

  /// ln of a share, below `smallestShare` as steep as there.
  @inline(__always)
  private func logarithm<S: Scalar>(_ share: S) -> S {
    S.choose(
      share, atLeast: smallestShare, S.log(share), else: (1 / smallestShare) * share + (Double.log(smallestShare) - 1))
  }

  @inline(__always)
  private func sites<S: Scalar>(_ x: S) -> S { positive(x * (1 - x), beyond: 1e-6) }

  @inline(__always)
  private func power<S: Scalar>(_ x: S, _ exponent: Double) -> S {
    exponent == 0.5 ? S.sqrt(x) : S.pow(x, exponent)
  }
}

/// `RateLaw` in plain memory.
struct RateLawView {
  private enum Form { case butlerVolmer, transferCoefficients, electronTransfer, formal }
  private let form: Form
  private let anodic: Double
  private let cathodic: Double
  private let logSlowdown: FunctionView
  /// aₑ over cₑ/cₑ₀.
  private let activityUnit: Double

  init(_ law: RateLaw, initialConcentration: Double) {
    var (form, anodic, cathodic) = (Form.butlerVolmer, 0.5, 0.5)
    var logSlowdown = FunctionView(constant: 0)
    switch law {
    case .butlerVolmer: break
    case .transferCoefficients(let a, let c): (form, anodic, cathodic) = (.transferCoefficients, a, c)
    case .electronTransfer(let transfer): (form, logSlowdown) = (.electronTransfer, transfer.logSlowdown.view)
    case .formalElectronTransfer(let transfer): (form, logSlowdown) = (.formal, transfer.logSlowdown.view)
    }
    (self.form, self.anodic, self.cathodic, self.logSlowdown) = (form, anodic, cathodic, logSlowdown)
    activityUnit = initialConcentration / ExchangeCurrent.standardConcentration
  }

  /// The largest |j/j₀| of any overpotential; nil where there is none.
  /// - Parameter leaving: whether the ion leaves the host.
  func largest(leaving: Bool, stoichiometry x: Double, concentrationRatio: Double) -> Double? {
    switch form {
    case .butlerVolmer, .transferCoefficients: return nil
    case .electronTransfer, .formal:
      let shift = form == .formal ? Double.log(activityUnit * concentrationRatio / max(x, smallestShare)) : 0
      return stride(from: 0, through: ElectronTransfer.range, by: 0.25).map { v in
        Double.exp(logSlowdown((leaving ? v : -v) + shift)) * 2 * Double.sinh(0.5 * v)
      }.max()
    }
  }

  /// The equation of the current density j, in V: zero where j = j₀ × law(η F/RT). Both sides are taken to
  /// 2 (RT/F) asinh(·/2), which leaves the overpotential of Butler & Volmer as it is and is nearly linear in what the
  /// Newton iteration solves for, however large the current.
  @inline(__always)
  func imbalance<S: Scalar>(
    overpotential eta: S, currentDensity j: S, exchangeCurrentDensity j0: S, stoichiometry x: S,
    concentrationRatio: S, thermalVoltage: S
  ) -> S {
    let current = S.asinh(0.5 * (j / j0))
    if form == .butlerVolmer { return eta - 2 * (thermalVoltage * current) }
    let v = eta / thermalVoltage
    let rate: S
    switch form {
    case .butlerVolmer, .transferCoefficients:
      rate = 0.5 * (S.exp(anodic * v) - S.exp(-cathodic * v))
    case .electronTransfer: rate = S.exp(logSlowdown(v)) * S.sinh(0.5 * v)
    case .formal:
      let ratio = S.log((activityUnit * concentrationRatio) / positive(x, beyond: smallestShare))
      rate = S.exp(logSlowdown(v + ratio)) * S.sinh(0.5 * v)
    }
    return 2 * (thermalVoltage * (S.asinh(rate) - current))
  }
}

/// What happens where a host meets the electrolyte: its potential and the reaction. Plain memory.
struct InsertionReaction {
  private let openCircuitPotential: FunctionView
  private let entropicChange: FunctionView
  private let hasLatticeEntropy: Bool
  private let hysteresis: HysteresisView?
  private let exchangeCurrent: ExchangeCurrentView
  private let rateLaw: RateLawView
  private let activationEnergy: Double
  private let filmResistance: Double
  private let referenceTemperature: Double

  private struct HysteresisView {
    let filling: FunctionView
    let emptying: FunctionView
  }

  init(
    _ material: ActiveMaterial, referenceTemperature: Double, initialConcentration: Double, in memory: PlainMemory
  ) {
    openCircuitPotential = material.openCircuitPotential.view
    entropicChange = material.entropicChange.view
    hasLatticeEntropy = material.latticePotential != nil
    hysteresis = material.hysteresis.map { HysteresisView(filling: $0.filling.view, emptying: $0.emptying.view) }
    exchangeCurrent = ExchangeCurrentView(material, initialConcentration: initialConcentration, in: memory)
    rateLaw = RateLawView(material.rateLaw, initialConcentration: initialConcentration)
    activationEnergy = material.reactionRateActivationEnergy
    filmResistance = material.filmResistance
    self.referenceTemperature = referenceTemperature
  }

  /// What depends on the temperature only, once for all volumes.
  struct AtTemperature<S: Scalar> {
    /// Arrhenius factor of the exchange current density.
    let rate: S
    /// RT/F in V.
    let thermalVoltage: S
    /// T − T_ref in K.
    let rise: S
    /// Whether the entropic change has any effect: not in a cell that stays at the reference temperature.
    let hasEntropicPart: Bool

    /// In another number type.
    @inline(__always)
    func map<T: Scalar>(_ spread: (S) -> T) -> AtTemperature<T> {
      .init(
        rate: spread(rate), thermalVoltage: spread(thermalVoltage), rise: spread(rise),
        hasEntropicPart: hasEntropicPart)
    }
  }

  @inline(__always)
  func at<S: Scalar>(_ temperature: S, isConstant: Bool) -> AtTemperature<S> {
    let rise = temperature - referenceTemperature
    return AtTemperature(
      rate: arrhenius(activationEnergy: activationEnergy, temperature: temperature, reference: referenceTemperature),
      thermalVoltage: (Constants.gas / Constants.faraday) * temperature, rise: rise,
      hasEntropicPart: !isConstant || !rise.isZero)
  }

  /// Potential U in V of a host of uniform composition, −μ/F, and the part U − T ∂U/∂T of it, the energy of the reaction
  /// that does not become heat.
  /// - Parameter h: hysteresis state; read only where there is hysteresis.
  @inline(__always)
  func potential<S: Scalar>(_ x: S, hysteresisState h: S, _ at: AtTemperature<S>) -> (potential: S, stored: S) {
    var potential: S
    var stored: S
    if let hysteresis {
      let (emptying, filling) = (hysteresis.emptying(x), hysteresis.filling(x))
      potential = Hysteresis.potential(state: h, emptying: emptying, filling: filling)
      // Between the branches nothing would be lost: what they are apart from there becomes heat, in both directions.
      stored = Hysteresis.potential(state: S(0), emptying: emptying, filling: filling)
    } else {
      potential = openCircuitPotential(x)
      stored = potential
    }
    if hasLatticeEntropy { potential -= at.thermalVoltage * latticeLogarithm(x) }
    if at.hasEntropicPart {
      let entropicChange = entropicChange(x)
      potential += at.rise * entropicChange
      // U(T) − T ∂U/∂T = U(T_ref) − T_ref ∂U/∂T.
      stored -= referenceTemperature * entropicChange
    }
    return (potential, stored)
  }

  /// The largest |j| in A/m² that any overpotential drives through a surface; nil where the rate law has no limit.
  func largestCurrentDensity(
    leaving: Bool, potential: Double, stoichiometry x: Double, concentrationRatio: Double, rate: Double,
    _ at: AtTemperature<Double>
  ) -> Double? {
    rateLaw.largest(leaving: leaving, stoichiometry: x, concentrationRatio: concentrationRatio).map {
      $0 * rate
        * exchangeCurrent(
          stoichiometry: x, concentrationRatio: concentrationRatio, potential: potential,
          thermalVoltage: at.thermalVoltage)
    }
  }

  /// The equation of the current density j through a surface, in V: the potential difference is the potential of the
  /// surface plus the overpotential plus the drop over the film.
  /// - Parameters:
  ///   - potential: U_s = −μ_s/F in V, gradient and stress included.
  ///   - rate: by which j₀ differs here from that at the reference temperature.
  @inline(__always)
  func imbalance<S: Scalar>(
    currentDensity j: S, potentialDifference: S, potential: S, stoichiometry x: S, concentrationRatio: S,
    rate: S, _ at: AtTemperature<S>
  ) -> S {
    let j0 =
      rate
      * exchangeCurrent(
        stoichiometry: x, concentrationRatio: concentrationRatio, potential: potential,
        thermalVoltage: at.thermalVoltage)
    return rateLaw.imbalance(
      overpotential: potentialDifference - potential - filmResistance * j, currentDensity: j,
      exchangeCurrentDensity: j0, stoichiometry: x, concentrationRatio: concentrationRatio,
      thermalVoltage: at.thermalVoltage)
  }
}

/// Share of the sites, filled or empty, below which the logarithm goes on as a straight line. Nearer to 1 the last digit of a
/// stoichiometry would be worth more than a microvolt, and no step of the integration accurate.
let smallestShare = 1e-11

/// ln(x/(1−x)), beyond the ends of the range as steep as there.
@inline(__always)
func latticeLogarithm<S: Scalar>(_ x: S) -> S {
  // A product of two in the logarithm: one logarithm instead of two.
  func beyond(_ x: S) -> S { (1 / smallestShare) * x + (Double.log(smallestShare) - 1) }
  return S.choose(
    x, atLeast: smallestShare, S.choose(1 - x, atLeast: smallestShare, S.log(x / (1 - x)), else: -beyond(1 - x)),
    else: beyond(x))
}
