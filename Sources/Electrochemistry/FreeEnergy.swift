import Integration

/// Thermodynamics of a host, by the chemical potential of the ions in it.
///
/// A lattice host has μ = RT ln(x/(1−x)) + μ_ex(x) about −F U°, so that its potential is
/// U = U° − (RT/F) ln(x/(1−x)) − μ_ex/F. Each way to give the excess μ_ex below becomes one function, which is all that the
/// model reads: a new one needs an initialiser here and its group in `CellFileHost`.
public struct FreeEnergy: Sendable, Equatable {
  /// U° in V against the ion's metal.
  public var standardPotential: Double
  /// U° − μ_ex/F in V as a function of stoichiometry.
  public var openCircuitPotential: MaterialFunction

  /// - Parameters:
  ///   - standardPotential: U° in V.
  ///   - excess: μ_ex in J/mol at a stoichiometry.
  private init(standardPotential: Double, excess: @escaping (Double) -> Double) {
    self.standardPotential = standardPotential
    openCircuitPotential = MaterialFunction(
      tabulating: { standardPotential - excess($0) / Constants.faraday }, over: 0...1)
  }

  /// Regular solution: g_ex = Ω x (1 − x) with an interaction energy Ω that may depend on the composition, so that
  /// μ_ex = Ω (1 − 2x) + Ω′ x (1 − x).
  public init(standardPotential: Double, interactionEnergy: MaterialFunction) {
    self.init(standardPotential: standardPotential) { x in
      let (value, slope) = interactionEnergy.valueAndSlope(x)
      return value * (1 - 2 * x) + slope * x * (1 - x)
    }
  }

  /// Redlich & Kister (Ind. Eng. Chem. 40, 345, 1948): g_ex = x (1 − x) Σ Lₖ (1 − 2x)ᵏ.
  /// - Parameter coefficients: L₀, L₁, … in J/mol; L₀ alone is a regular solution.
  public init(standardPotential: Double, redlichKister coefficients: [Double]) {
    self.init(standardPotential: standardPotential) { x in
      let z = 1 - 2 * x
      var (sum, power, previous) = (0.0, 1.0, 0.0)
      for (k, coefficient) in coefficients.enumerated() {
        sum += coefficient * (power * z - 2 * Double(k) * previous * x * (1 - x))
        (previous, power) = (power, power * z)
      }
      return sum
    }
  }
}

// MARK: several kinds of sites

extension FreeEnergy {
  /// A kind of sites that fills on its own plateau.
  public struct Sublattice: Sendable, Equatable {
    /// f: its share of all sites.
    public var share: Double
    /// U° in V.
    public var standardPotential: Double
    /// Ω in J/mol.
    public var interactionEnergy: Double
  }

  /// Sites of several kinds with occupations θᵢ, x = Σ fᵢ θᵢ, in equilibrium with each other (multi-plateau hosts, staging):
  /// g = Σ fᵢ [−F U°ᵢ θᵢ + Ωᵢ θᵢ (1 − θᵢ) + RT (θᵢ ln θᵢ + (1 − θᵢ) ln(1 − θᵢ))] + W Σ fᵢ fⱼ θᵢ θⱼ over pairs.
  ///
  /// nil where the chemical potential is not one function of x.
  /// - Parameters:
  ///   - coupling: W in J/mol.
  ///   - temperature: in K, of the equilibrium between the sublattices.
  public init?(sublattices: [Sublattice], coupling: Double, temperature: Double) {
    let thermal = Constants.gas * temperature
    let count = sublattices.count
    // Occupations as logits, so that none leaves its range.
    func occupations(_ logits: [Double]) -> [Double] { logits.map { 1 / (1 + Double.exp(-$0)) } }
    func potential(_ i: Int, _ logits: [Double], _ theta: [Double]) -> Double {
      let own = sublattices[i]
      var value =
        -Constants.faraday * own.standardPotential + own.interactionEnergy * (1 - 2 * theta[i]) + thermal * logits[i]
      for j in 0..<count where j != i { value += coupling * sublattices[j].share * theta[j] }
      return value
    }
    /// Newton's method for the occupations at a stoichiometry from those nearby: all potentials equal μ, Σ f θ = x.
    func solve(_ x: Double, _ logits: inout [Double], _ mu: inout Double) -> Bool {
      for _ in 0..<100 {
        let theta = occupations(logits)
        let slopes = theta.map { $0 * (1 - $0) }
        var matrix = [[Double]](repeating: [Double](repeating: 0, count: count + 2), count: count + 1)
        for i in 0..<count {
          for j in 0..<count {
            matrix[i][j] =
              i == j
              ? thermal - 2 * sublattices[i].interactionEnergy * slopes[i]
              : coupling * sublattices[j].share * slopes[j]
          }
          matrix[i][count] = -1
          matrix[i][count + 1] = mu - potential(i, logits, theta)
          matrix[count][i] = sublattices[i].share * slopes[i] / (x * (1 - x))
          matrix[count][count + 1] += sublattices[i].share * theta[i]
        }
        matrix[count][count + 1] = (x - matrix[count][count + 1]) / (x * (1 - x))
        guard let change = solveDense(matrix) else { return false }
        let largest = change.dropLast().map { abs($0) }.max()!
        let factor = min(1, 1 / largest)
        for i in 0..<count { logits[i] += factor * change[i] }
        mu += factor * change[count]
        // What is left is of the order of the square of this.
        if largest < 1e-9 { return true }
      }
      return false
    }

    /// Whether no ions would rather be on another kind of sites: the second derivatives of g for Σ f δθ = 0, with one
    /// occupation taken from the others, have a Cholesky factor.
    func isStable(_ logits: [Double]) -> Bool {
      func second(_ i: Int, _ j: Int) -> Double {
        let (a, b) = (sublattices[i], sublattices[j])
        if i != j { return coupling * a.share * b.share }
        // 1/(θ(1 − θ)), also where θ is 1 to the last digit.
        return a.share * (thermal * (2 + Double.exp(logits[i]) + Double.exp(-logits[i])) - 2 * a.interactionEnergy)
      }
      // The softest is taken from the others: the second derivative of a full or empty one would drown theirs.
      func hardness(_ i: Int) -> Double { abs(second(i, i)) / (sublattices[i].share * sublattices[i].share) }
      let soft = (0..<count).min { hardness($0) < hardness($1) }!
      let others = (0..<count).filter { $0 != soft }
      var factor = [[Double]](repeating: [Double](repeating: 0, count: count - 1), count: count - 1)
      for (row, i) in others.enumerated() {
        for (column, j) in others[...row].enumerated() {
          let (p, q) = (sublattices[i].share / sublattices[soft].share, sublattices[j].share / sublattices[soft].share)
          var value = second(i, j) - q * second(i, soft) - p * second(j, soft) + p * q * second(soft, soft)
          for k in 0..<column { value -= factor[row][k] * factor[column][k] }
          if row == column {
            guard value > 0 else { return false }
            factor[row][row] = value.squareRoot()
          } else {
            factor[row][column] = value / factor[column][column]
          }
        }
      }
      return true
    }

    // From the empty host in small steps to the full one; the highest potential fills first.
    let grid = 2000
    let ends = 1e-6
    let highest = sublattices.map(\.standardPotential).max()!
    var mu = -Constants.faraday * highest + thermal * Double.log(ends)
    var logits = sublattices.map { ($0.standardPotential - highest) * Constants.faraday / thermal + Double.log(ends) }
    var states: [(logits: [Double], mu: Double)] = []
    for i in 0...grid {
      let x = min(max(Double(i) / Double(grid), ends), 1 - ends)
      guard solve(x, &logits, &mu), isStable(logits) else { return nil }
      states.append((logits, mu))
    }
    let mean = sublattices.reduce(0) { $0 + $1.share * $1.standardPotential }
    standardPotential = mean
    openCircuitPotential = MaterialFunction(
      tabulating: { x in
        let inside = min(max(x, ends), 1 - ends)
        var (logits, mu) = states[Int((inside * Double(grid)).rounded())]
        _ = solve(inside, &logits, &mu)
        return (-mu + thermal * latticeLogarithm(inside)) / Constants.faraday
      }, over: 0...1)
  }
}

/// The solution of a small linear system [A | b] by elimination with exchange of rows; nil where it is singular.
private func solveDense(_ system: [[Double]]) -> [Double]? {
  var rows = system
  let n = rows.count
  for pivot in 0..<n {
    let best = (pivot..<n).max { abs(rows[$0][pivot]) < abs(rows[$1][pivot]) }!
    guard abs(rows[best][pivot]) > 0 else { return nil }
    rows.swapAt(pivot, best)
    for row in (pivot + 1)..<n {
      let factor = rows[row][pivot] / rows[pivot][pivot]
      for column in pivot...n { rows[row][column] -= factor * rows[pivot][column] }
    }
  }
  var x = [Double](repeating: 0, count: n)
  for row in (0..<n).reversed() {
    let known = ((row + 1)..<n).reduce(0) { $0 + rows[row][$1] * x[$1] }
    x[row] = (rows[row][n] - known) / rows[row][row]
  }
  return x
}

extension ActiveMaterial {
  /// Takes over the thermodynamics.
  mutating func setHost(_ host: FreeEnergy) {
    latticePotential = host.standardPotential
    openCircuitPotential = host.openCircuitPotential
  }
}
