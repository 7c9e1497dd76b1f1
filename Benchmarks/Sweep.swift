import Dispatch
import Electrochemistry
import Integration

/// A hundred discharges of the LG M50 cell that differ in the diffusivities of both electrodes and in the current, on
/// two threads.
struct Sweep: Work {
  private let cells: [(cell: Cell, current: Double)]
  /// Times in s at which the voltage is read.
  private let times = (0..<240).map { 20 * Double($0) }

  init() throws {
    let base = try CellFile(path: "cells/lg-m50.json").cell
    cells = (0..<100).map { i in
      /// Numbers that fill the unit cube evenly: multiples of powers of the root of x⁴ = x + 1 (Roberts 2018).
      func spread(_ factor: Double, over range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound)
          * (factor * Double(i + 1)).truncatingRemainder(dividingBy: 1)
      }
      var cell = base
      cell.negative.scaleDiffusivity(by: spread(0.8191725133961645, over: 0.7...1.4))
      cell.positive.scaleDiffusivity(by: spread(0.6710436067037893, over: 0.7...1.4))
      return (cell, 5 * spread(0.5497004779019703, over: 0.8...1.2))
    }
  }

  func perform(as job: Job, _ clock: inout Clock) throws -> Outcome {
    let threads = 2
    nonisolated(unsafe) let results = UnsafeMutableBufferPointer<Result<Outcome, any Error>>.allocate(capacity: threads)
    defer { results.deallocate() }
    clock.run {
      DispatchQueue.concurrentPerform(iterations: threads) { thread in
        let share = stride(from: thread, to: cells.count, by: threads)
        (results.baseAddress! + thread).initialize(to: Result { try solve(share.map { cells[$0] }, as: job) })
      }
    }
    let parts = try results.map { try $0.get() }
    results.deinitialize()
    return parts.dropFirst().reduce(into: parts[0]) { $0.add($1) }
  }

  private func solve(_ cells: [(cell: Cell, current: Double)], as job: Job) throws -> Outcome {
    var total = Outcome()
    for (cell, current) in cells {
      let simulation = try SimulatedCell(
        cell, stateOfCharge: 1, mesh: job.mesh, relativeTolerance: job.tolerance, solver: job.solver)
      _ = try discharge(simulation, at: current, readingAt: times)
      total.add(Outcome(of: simulation))
    }
    return total
  }
}

extension Outcome {
  fileprivate mutating func add(_ other: Outcome) {
    steps += other.steps
    newtonIterations += other.newtonIterations
    factorisations += other.factorisations
    unknowns = other.unknowns
    end += other.end
  }
}

extension Side {
  fileprivate mutating func scaleDiffusivity(by factor: Double) {
    guard case .porous(var electrode) = self else { return }
    for i in electrode.materials.indices {
      electrode.materials[i].diffusivity = MaterialFunction(factor * electrode.materials[i].diffusivity(0.5))
    }
    self = .porous(electrode)
  }
}
