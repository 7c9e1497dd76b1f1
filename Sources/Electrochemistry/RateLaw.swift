import Integration

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What the charge-transfer reaction makes of an overpotential η: j/j₀ as a function of v = Fη/RT, positive when the ion
/// leaves the host.
public enum RateLaw: Sendable, Equatable {
  /// Butler–Volmer: exp(α_a v) − exp(−α_c v).
  case transferCoefficients(anodic: Double, cathodic: Double)
  /// σ(v) 2 sinh(v/2): every theory whose rates k obey detailed balance, k(v) = eᵛ k(−v), can be written so, with the even
  /// function σ(v) = exp(−v/2) k(v)/k(0).
  case electronTransfer(ElectronTransfer)
  /// σ(v_f) 2 sinh(v/2) with the formal overpotential v_f = v + ln(aₑ/x): the form in which MPET has these laws (Smith &
  /// Bazant, J. Electrochem. Soc. 164, E3291, 2017).
  case formalElectronTransfer(ElectronTransfer)

  /// With both transfer coefficients ½: 2 sinh(v/2).
  public static let butlerVolmer = transferCoefficients(anodic: 0.5, cathodic: 0.5)

  /// j/j₀ at v = Fη/RT.
  /// - Parameter siteRatio: aₑ/x, which a formal overpotential reads.
  public func callAsFunction(_ v: Double, siteRatio: Double = 1) -> Double {
    switch self {
    case .transferCoefficients(let anodic, let cathodic): exp(anodic * v) - exp(-cathodic * v)
    case .electronTransfer(let transfer): exp(transfer.logSlowdown(v)) * 2 * sinh(0.5 * v)
    case .formalElectronTransfer(let transfer): exp(transfer.logSlowdown(v + log(siteRatio))) * 2 * sinh(0.5 * v)
    }
  }

  /// d(j/j₀)/dv at rest; 1 for every theory that obeys detailed balance.
  public var conductance: Double {
    if case .transferCoefficients(let anodic, let cathodic) = self { anodic + cathodic } else { 1 }
  }

  /// The j/j₀ that no overpotential exceeds; nil where there is none, or where the rate falls again.
  public var limit: Double? {
    switch self {
    case .transferCoefficients: return nil
    case .electronTransfer(let transfer), .formalElectronTransfer(let transfer):
      return transfer.theory == .marcus ? nil : self(ElectronTransfer.range)
    }
  }

  /// The smallest v with this j/j₀ > 0; nil where the law does not reach it.
  public func driving(_ ratio: Double, siteRatio: Double = 1) -> Double? {
    let step = 0.25
    for i in 0..<Int(ElectronTransfer.range / step) where self(step * Double(i + 1), siteRatio: siteRatio) >= ratio {
      return root(in: step * Double(i)...step * Double(i + 1)) { self($0, siteRatio: siteRatio) - ratio }
    }
    return nil
  }
}

/// A theory of electron transfer with a reorganisation energy.
public struct ElectronTransfer: Sendable, Equatable {
  public enum Theory: Sendable, Equatable, CaseIterable {
    /// Electrons of all energies of a metal take part: k(v) = ∫ exp(−(u − λ + v)²/4λ)/(1 + eᵘ) du (Chidsey, Science 251,
    /// 919, 1991).
    case marcusHushChidsey
    /// k(v) = √(πλ)/(1 + e⁻ᵛ) erfc((λ − √(1 + √λ + v²))/(2√λ)), close to that integral (Zeng, Smith, Bai & Bazant,
    /// J. Electroanal. Chem. 735, 77, 2014).
    case zeng2014
    /// One electron energy: k(v) = exp(−(λ − v)²/4λ). Falls beyond v = λ.
    case marcus
  }

  public var theory: Theory
  /// λ in units of RT.
  public var reorganisationEnergy: Double
  /// ln σ as a function of v.
  let logSlowdown: MaterialFunction

  /// - Parameter reorganisationEnergy: λ in units of RT, > 0.
  public init(_ theory: Theory, reorganisationEnergy lambda: Double) {
    self.theory = theory
    reorganisationEnergy = lambda
    func slowdown(_ rate: @escaping (Double) -> Double) -> (Double) -> Double {
      let rest = rate(0)
      // Of the two rates the larger one has all its digits.
      return { v in Double.log(rate(abs(v)) / rest) - 0.5 * abs(v) }
    }
    let function: (Double) -> Double =
      switch theory {
      case .marcusHushChidsey: slowdown { Self.marcusHushChidsey($0, lambda) }
      case .zeng2014:
        slowdown { v in
          erfc((lambda - (1 + lambda.squareRoot() + v * v).squareRoot()) / (2 * lambda.squareRoot()))
            / (1 + exp(-v))
        }
      case .marcus: { v in -v * v / (4 * lambda) }
      }
    logSlowdown = MaterialFunction(tabulating: function, over: -Self.range...Self.range)
  }

  /// Up to this v, 2.5 V at room temperature, the law is tabulated; beyond it goes straight on.
  static let range = 100.0

  /// By the trapezoidal rule, which on all of the line converges exponentially: with this step to 1e-16 (the integrand is
  /// analytic within π of the real axis).
  private static func marcusHushChidsey(_ v: Double, _ lambda: Double) -> Double {
    let step = 0.25
    let middle = lambda - v
    // The Gaussian is 1e-17 of its height this far out.
    let reach = Int((12.6 * lambda.squareRoot() / step).rounded(.up)) + 1
    var sum = 0.0
    for i in -reach...reach {
      let d = step * Double(i)
      let u = middle + d
      sum += exp(-d * d / (4 * lambda)) / (1 + exp(u))
    }
    return sum * step
  }
}
