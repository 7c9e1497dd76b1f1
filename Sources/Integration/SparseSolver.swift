import CSundials

/// The general linear solver: any DAE system, a sparse matrix, KLU.
///
/// The pattern comes from evaluating the equations with `Dependence` numbers, the values from evaluating them
/// with dual numbers, eight groups of structurally independent columns at a time (Curtis, Powell & Reid 1974).
public final class SparseSolver: LinearSolver {
  private let system: any DAESystem
  private let count: Int
  private let differential: [Bool]
  /// Compressed columns.
  private let columnStarts: [Int]
  private let rows: [Int]
  /// Columns of one colour share no row.
  private let colour: [Int]
  private let colourCount: Int
  private let klu: OpaquePointer
  private let y: UnsafeMutablePointer<Dual8>
  private let rate: UnsafeMutablePointer<Dual8>
  private let residual: UnsafeMutablePointer<Dual8>

  /// Number of structural nonzeros of the Newton matrix.
  public var nonzeroCount: Int { rows.count }

  public init(_ system: any DAESystem) {
    self.system = system
    let count = system.unknownCount
    self.count = count
    differential = (0..<count).map { system.isDifferential($0) }
    (columnStarts, rows) = Self.pattern(of: system)
    (colour, colourCount) = Self.colours(columnStarts: columnStarts, rows: rows, count: count)
    guard let klu = cs_klu_create(count, columnStarts, rows) else {
      preconditionFailure("no memory for a sparse matrix of \(rows.count) nonzeros")
    }
    self.klu = klu
    y = .allocate(capacity: count)
    rate = .allocate(capacity: count)
    residual = .allocate(capacity: count)
    y.initialize(repeating: Dual8(0), count: count)
    rate.initialize(repeating: Dual8(0), count: count)
    residual.initialize(repeating: Dual8(0), count: count)
  }

  deinit {
    cs_klu_free(klu)
    y.deallocate()
    rate.deallocate()
    residual.deallocate()
  }

  public func factor(
    _ linearisation: Linearisation, at time: Double, _ y: UnsafePointer<Double>, _ rate: UnsafePointer<Double>
  ) -> Bool {
    assemble(linearisation, at: time, y, rate)
    return cs_klu_factor(klu) == 0
  }

  public func solve(_ b: UnsafeMutablePointer<Double>) -> Bool { cs_klu_solve(klu, b) == 0 }

  /// The nonzeros of the Newton matrix as (row, column, value), for checks.
  public func entries(
    _ linearisation: Linearisation, at time: Double, _ y: UnsafePointer<Double>, _ rate: UnsafePointer<Double>
  ) -> [(row: Int, column: Int, value: Double)] {
    assemble(linearisation, at: time, y, rate)
    let values = cs_klu_values(klu)
    return (0..<count).flatMap { column in
      (columnStarts[column]..<columnStarts[column + 1]).map { (rows[$0], column, values[$0]) }
    }
  }

  private func assemble(
    _ linearisation: Linearisation, at time: Double, _ state: UnsafePointer<Double>,
    _ stateRate: UnsafePointer<Double>
  ) {
    let values = cs_klu_values(klu)
    let lanes = SIMD8<Double>.scalarCount
    for firstColour in stride(from: 0, to: colourCount, by: lanes) {
      for i in 0..<count {
        y[i] = Dual8(state[i])
        rate[i] = Dual8(stateRate[i])
        let lane = colour[i] - firstColour
        guard lane >= 0 && lane < lanes else { continue }
        let weights = linearisation.weights(differential: differential[i])
        y[i].partials[lane] = weights.state
        rate[i].partials[lane] = weights.rate
      }
      system.residual(at: time, y, rate, residual)
      for column in 0..<count {
        let lane = colour[column] - firstColour
        guard lane >= 0 && lane < lanes else { continue }
        for k in columnStarts[column]..<columnStarts[column + 1] {
          values[k] = residual[rows[k]].partials[lane]
        }
      }
    }
  }

  private static func pattern(of system: any DAESystem) -> (columnStarts: [Int], rows: [Int]) {
    let count = system.unknownCount
    // The values do not matter for what depends on what; these lie inside the domain of sqrt, log and powers.
    let y = (0..<count).map { Dependence(0.5, unknowns: [Int32($0)]) }
    let rate = (0..<count).map {
      Dependence(0, unknowns: system.isDifferential($0) ? [Int32($0)] : [])
    }
    var residual = [Dependence<[Int32]>](repeating: Dependence(0), count: count)
    system.evaluate(at: 0, y, rate, &residual)
    var columns = [[Int]](repeating: [], count: count)
    for (row, equation) in residual.enumerated() {
      for unknown in equation.unknowns { columns[Int(unknown)].append(row) }
    }
    var starts = [0]
    for column in columns { starts.append(starts.last! + column.count) }
    return (starts, columns.flatMap { $0 })
  }

  /// Greedy colouring in the natural order.
  private static func colours(
    columnStarts: [Int], rows: [Int], count: Int
  ) -> (colour: [Int], colourCount: Int) {
    var coloursOfRow = [Set<Int>](repeating: [], count: count)
    var colour = [Int](repeating: 0, count: count)
    var colourCount = 0
    for column in 0..<count {
      let range = columnStarts[column]..<columnStarts[column + 1]
      var candidate = 0
      while range.contains(where: { coloursOfRow[rows[$0]].contains(candidate) }) { candidate += 1 }
      for k in range { coloursOfRow[rows[k]].insert(candidate) }
      colour[column] = candidate
      colourCount = max(colourCount, candidate + 1)
    }
    return (colour, colourCount)
  }
}
