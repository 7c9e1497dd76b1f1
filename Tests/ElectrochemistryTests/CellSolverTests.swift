import CellInterface
import Integration
import Reproducible
import Testing

@testable import Electrochemistry

/// The structured solver against the general sparse one, whose pattern and matrix come from the whole residual by other
/// means (`Dependence` numbers and coloured columns).
@Suite struct CellSolverTests {
  /// A random state, matrix and right-hand side.
  private struct Problem {
    let model: CellModel
    let structured: CellSolver
    let sparse: SparseSolver
    var state: [Double] = []
    var rate: [Double] = []
    var right: [Double] = []

    init(
      _ kind: CellModelTests.Kind, isConstant: Bool, control: Control, using generator: inout some RandomNumberGenerator
    ) throws {
      var cell = try CellModelTests.cell(kind)
      if isConstant {
        for side in [\Cell.negative, \.positive] {
          guard case .porous(var electrode) = cell[keyPath: side] else { continue }
          for i in electrode.materials.indices { electrode.materials[i].diffusivity = MaterialFunction(1e-14) }
          cell[keyPath: side] = .porous(electrode)
        }
      }
      model = CellModel(cell, mesh: Mesh(negative: 3, separator: 2, positive: 4, radial: 9), relativeTolerance: 1e-6)
      structured = CellSolver(model)
      model.control = .power(0)
      sparse = SparseSolver(model)
      model.control = control
      let n = model.unknownCount
      let model = model
      state = [Double](repeating: 0, count: n)
      state.withUnsafeMutableBufferPointer { model.writeRest(stateOfCharge: 0.5, to: $0) }
      let classes = model.layout.negativeClasses + model.layout.positiveClasses
      for i in 0..<n {
        let factor = Double.random(in: -0.05...0.05, using: &generator)
        // Neighbours displaced by per cents of the radius would be torn apart.
        let isDisplacement = classes.contains { $0.isDisplacement(i) }
        state[i] = isDisplacement ? state[i] * (1 + 0.02 * factor) : state[i] * (1 + factor) + 0.01
      }
      state[model.layout.current] = -1.3
      // Of the order of 1C.
      rate = (0..<n).map { model.isDifferential($0) ? Double.random(in: -1e-3...1e-3, using: &generator) : 0 }
      right = (0..<n).map { _ in Double.random(in: -1...1, using: &generator) }
    }
  }

  static let linearisations = [
    Linearisation.start, .step(c: 1e-4), .step(c: 1e-2), .step(c: 0.7), .step(c: 30), .step(c: 1e4),
  ]

  @Test(arguments: CellModelTests.Kind.allCases, [false, true])
  func solvesAsTheSparseSolverDoes(kind: CellModelTests.Kind, isConstant: Bool) throws {
    // The same states in every run.
    var generator = SplitMix(state: 20_261_121)
    for control in CellModelTests.controls {
      for linearisation in Self.linearisations {
        // In a fast step the current of faces is the sum of large rates that cancel: too large for the two of a bent plate in
        // any order of elimination.
        let isFast = linearisation == .step(c: 1e4)
        if isFast && [.bent, .bentCahnHilliard].contains(kind) { continue }
        var problem = try Problem(kind, isConstant: isConstant, control: control, using: &generator)
        // Residuals of a size that makes all unknowns move by a few tolerances.
        let entries = problem.sparse.entries(linearisation, at: 0, problem.state, problem.rate)
        let n = problem.right.count
        let units = (0..<n).map { problem.model.absoluteTolerance($0) }
        let wanted = (0..<n).map { problem.right[$0] * units[$0] }
        problem.right = product(entries, wanted)

        #expect(problem.structured.factor(linearisation, at: 0, problem.state, problem.rate))
        #expect(problem.sparse.factor(linearisation, at: 0, problem.state, problem.rate))
        var solutions: [[Double]] = []
        for solver in [problem.structured, problem.sparse] as [any LinearSolver] {
          var x = problem.right
          #expect(solver.solve(&x))
          let backward = backwardError(entries, x, problem.right, units)
          // What holds the cells of a facet together is the stretch that they share: alone they are unstable, and cell by cell
          // their elimination loses digits where a step is slow.
          let bound = kind == .layeredAllenCahn && linearisation == .step(c: 1e-4) ? 1e-11 : 1e-13
          #expect(backward < bound, "\(type(of: solver)) \(kind) \(control) \(linearisation)")
          var correction = residual(entries, x, problem.right)
          #expect(solver.solve(&correction))
          for i in 0..<n { x[i] += correction[i] }
          solutions.append(x)
        }
        // A slow step's matrix is nearly that of a steady state: its condition leaves fewer digits, however it is solved.
        if linearisation == .step(c: 1e-4) { continue }
        if isFast && [.allenCahn, .strainedAllenCahn, .layeredAllenCahn, .allenCahnFilm].contains(kind) { continue }
        // Each unknown in units of its tolerance.
        for i in 0..<n {
          let difference = abs(solutions[0][i] - solutions[1][i]) / units[i]
          #expect(difference < 1e-10, "unknown \(i) \(kind) \(control) \(linearisation)")
        }
      }
    }
  }

  private typealias Entries = [(row: Int, column: Int, value: Double)]

  private func product(_ entries: Entries, _ x: [Double]) -> [Double] {
    var b = [Double](repeating: 0, count: x.count)
    for entry in entries { b[entry.row] += entry.value * x[entry.column] }
    return b
  }

  private func residual(_ entries: Entries, _ x: [Double], _ b: [Double]) -> [Double] {
    zip(b, product(entries, x)).map { $0 - $1 }
  }

  /// ‖b − Ax‖ / (‖A‖ ‖x‖ + ‖b‖) in the maximum norm (Rigal & Gaches, 1967), with unknowns in units of their tolerances
  /// and rows of size 1.
  private func backwardError(_ entries: Entries, _ x: [Double], _ b: [Double], _ units: [Double]) -> Double {
    let rowSizes = product(entries.map { ($0.row, $0.column, abs($0.value)) }, units)
    func largest(_ values: [Double], over sizes: [Double]) -> Double {
      zip(values, sizes).map { abs($0) / $1 }.max()!
    }
    return largest(residual(entries, x, b), over: rowSizes) / (largest(x, over: units) + largest(b, over: rowSizes))
  }
}
