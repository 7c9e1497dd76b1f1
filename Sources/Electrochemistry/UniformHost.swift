#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Thermodynamics of a host of uniform composition at one temperature: its chemical potential μ, the integral of it, the
/// free energy g, and its slope, the curvature g″.
///
/// Where the sites form a lattice, the composition is told by t = ln(x/(1−x)), with which ions and vacancies have all
/// their digits however few they are; otherwise t = x, inside the stoichiometry limits.
struct UniformHost {
  private let openCircuitPotential: MaterialFunction
  private let entropicChange: MaterialFunction
  private let isLattice: Bool
  /// In V: U of μ = 0.
  private let origin: Double
  private let rise: Double
  private let referenceTemperature: Double
  private let stiffness: Double
  /// RT in J/mol.
  let thermalEnergy: Double
  private let limits: ClosedRange<Double>
  /// Compositions t that are closer together near the ends, and the integrals up to them of the part of μ that is not
  /// ideal.
  let nodes: [Double]
  private let integrals: [Double]

  /// - Parameters:
  ///   - temperature: in K.
  ///   - stiffness: in J/mol; adds ½ stiffness x² to g: what it costs that parts of a particle differ.
  init(_ material: ActiveMaterial, temperature: Double, referenceTemperature: Double, stiffness: Double) {
    openCircuitPotential = material.openCircuitPotential
    entropicChange = material.entropicChange
    isLattice = material.latticePotential != nil
    origin = material.latticePotential ?? 0
    rise = temperature - referenceTemperature
    self.referenceTemperature = referenceTemperature
    self.stiffness = stiffness
    thermalEnergy = Constants.gas * temperature
    limits = isLattice ? 0...1 : material.minimumStoichiometry...material.maximumStoichiometry
    let count = Self.count
    let limits = limits
    let compositions = (0...count).map { i in
      limits.lowerBound
        + (limits.upperBound - limits.lowerBound) * 0.5 * (1 - cos(.pi * Double(i) / Double(count)))
    }
    let end = -log(1e-13)
    nodes = isLattice ? compositions.map { min(max(log($0 / (1 - $0)), -end), end) } : compositions
    var sums = [0.0]
    for (low, high) in zip(compositions, compositions.dropFirst()) {
      sums.append(
        sums.last!
          + gauss(from: low, to: high) { [openCircuitPotential, entropicChange, origin, rise] x in
            -Constants.faraday * (openCircuitPotential(x) - origin + rise * entropicChange(x))
          })
    }
    integrals = sums
  }

  /// Gaps narrower than 0.003 may be missed.
  private static let count = 600

  func stoichiometry(_ t: Double) -> Double { isLattice ? 1 / (1 + exp(-t)) : t }

  func coordinate(_ x: Double) -> Double { isLattice ? log(x / (1 - x)) : x }

  /// x (1 − x)
  func sites(_ t: Double) -> Double {
    isLattice ? 1 / ((1 + exp(t)) * (1 + exp(-t))) : t * (1 - t)
  }

  /// μ in J/mol above that of the standard potential.
  func potential(_ t: Double) -> Double {
    let x = stoichiometry(t)
    return excess(x) + stiffness * x + (isLattice ? thermalEnergy * t : 0)
  }

  /// g in J/mol.
  func energy(_ t: Double) -> Double {
    let x = stoichiometry(t)
    let share = (x - limits.lowerBound) / (limits.upperBound - limits.lowerBound)
    let i = min(Int(Double(Self.count) * acos(1 - 2 * min(max(share, 0), 1)) / .pi), Self.count - 1)
    let sum = integrals[i] + gauss(from: stoichiometry(nodes[i]), to: x) { excess($0) } + 0.5 * stiffness * x * x
    return isLattice ? sum - thermalEnergy * (x * log1p(exp(-t)) + (1 - x) * log1p(exp(t))) : sum
  }

  /// g″ in J/mol.
  func curvature(_ t: Double) -> Double {
    let x = stoichiometry(t)
    let slope = openCircuitPotential.valueAndSlope(x).slope + rise * entropicChange.valueAndSlope(x).slope
    return -Constants.faraday * slope + stiffness + (isLattice ? thermalEnergy / sites(t) : 0)
  }

  /// The temperature in K below which this composition is unstable; nil where there is none. μ is linear in the temperature.
  func spinodalTemperature(_ t: Double) -> Double? {
    let x = stoichiometry(t)
    let entropic = entropicChange.valueAndSlope(x).slope
    let byTemperature = (isLattice ? Constants.gas / sites(t) : 0) - Constants.faraday * entropic
    let atZero =
      -Constants.faraday * (openCircuitPotential.valueAndSlope(x).slope - referenceTemperature * entropic) + stiffness
    return byTemperature > 0 && atZero < 0 ? -atZero / byTemperature : nil
  }

  private func excess(_ x: Double) -> Double {
    -Constants.faraday * (openCircuitPotential(x) - origin + rise * entropicChange(x))
  }

  // MARK: branches

  /// The composition with this potential on a branch, along which μ rises or falls; where there is none, its nearer end.
  func composition(potential: Double, on branch: ClosedRange<Double>) -> Double {
    let (first, last) = (self.potential(branch.lowerBound), self.potential(branch.upperBound))
    let sign = last >= first ? 1.0 : -1.0
    if sign * (potential - first) <= 0 { return branch.lowerBound }
    if sign * (potential - last) >= 0 { return branch.upperBound }
    return root(in: branch) {
      sign * (self.potential($0) - potential)
    } slope: {
      sign * curvature($0) * (isLattice ? sites($0) : 1)
    }
  }

  /// Ranges between the ends of which, and nowhere else, g is curved downwards.
  var unstableRanges: [ClosedRange<Double>] {
    var ranges: [ClosedRange<Double>] = []
    var start: Double?
    for (i, t) in nodes.enumerated() {
      let isUnstable = curvature(t) < 0
      if isUnstable, start == nil {
        start = i == 0 ? t : root(in: nodes[i - 1]...t) { -curvature($0) }
      } else if !isUnstable, let low = start {
        ranges.append(low...root(in: nodes[i - 1]...t) { curvature($0) })
        start = nil
      }
    }
    if let start { ranges.append(start...nodes.last!) }
    return ranges
  }
}

/// Where a function that is negative at the start of a range and positive at its end is zero: by Newton's method, with
/// the middle instead of every step that leaves what is left of the range; without a slope by bisection alone.
func root(
  in range: ClosedRange<Double>, _ function: (Double) -> Double, slope: ((Double) -> Double)? = nil
) -> Double {
  var (low, high) = (range.lowerBound, range.upperBound)
  var t = 0.5 * (low + high)
  for _ in 0..<200 {
    let value = function(t)
    if value == 0 { return t }
    if value < 0 { low = t } else { high = t }
    let middle = 0.5 * (low + high)
    guard middle > low && middle < high else { break }
    var next = middle
    if let slope {
      let newton = t - value / slope(t)
      if newton == t { return t }
      if newton > low && newton < high { next = newton }
    }
    t = next
  }
  return t
}

/// Where a function with one maximum in a range has it, by the golden section.
func maximum(in range: ClosedRange<Double>, _ function: (Double) -> Double) -> (position: Double, value: Double) {
  let ratio = 0.5 * (5.0.squareRoot() - 1)
  var (low, high) = (range.lowerBound, range.upperBound)
  var (a, b) = (high - ratio * (high - low), low + ratio * (high - low))
  var (fa, fb) = (function(a), function(b))
  // Closer than the root of the rounding error the values cannot be told apart.
  for _ in 0..<45 {
    if fa > fb {
      (high, b, fb) = (b, a, fa)
      a = high - ratio * (high - low)
      fa = function(a)
    } else {
      (low, a, fa) = (a, b, fb)
      b = low + ratio * (high - low)
      fb = function(b)
    }
  }
  return fa > fb ? (a, fa) : (b, fb)
}

/// The maximum of a function over compositions t of a host between two nodes, the best of all of them.
func maximum(
  over nodes: some Sequence<Double>, _ function: (Double) -> Double
) -> (position: Double, value: Double) {
  let nodes = Array(nodes)
  let values = nodes.map(function)
  let best = values.indices.max { values[$0] < values[$1] }!
  let range = nodes[max(best - 1, 0)]...nodes[min(best + 1, nodes.count - 1)]
  let refined = maximum(in: range, function)
  return refined.value > values[best] ? refined : (nodes[best], values[best])
}

/// ∫ f by the rule of Gauss with three points.
func gauss(from a: Double, to b: Double, _ f: (Double) -> Double) -> Double {
  let (middle, half) = (0.5 * (a + b), 0.5 * (b - a))
  let d = half * 0.6.squareRoot()
  return half * (5 * (f(middle - d) + f(middle + d)) + 8 * f(middle)) / 9
}
