#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Charge over voltage: dQ/dV of a sweep on a uniform grid.
public struct DifferentialCapacity: Sendable, Equatable {
  /// The middles of the intervals, in V.
  public var voltage: [Double]
  /// In A·h/V, positive on charge.
  public var values: [Double]
  /// Between two voltages of the grid, in V.
  public var step: Double

  /// Shares the charge of each record out over the voltages it has gone through, and smooths that by a bell curve that moves
  /// charge but neither makes nor loses any: the integral over all voltages is the charge that has passed.
  ///
  /// Where a voltage is held at the end of a sweep its charge belongs to no voltage and is left out.
  /// - Parameters:
  ///   - voltage: in V.
  ///   - charge: net, in A·h.
  ///   - smoothing: standard deviation of the bell in V; nil: as far as the records are apart, at least two intervals.
  /// nil where the voltage does not change.
  public init?(voltage: [Double], charge: [Double], intervals: Int = 400, smoothing: Double? = nil) {
    precondition(voltage.count == charge.count)
    let count = Self.countBeforeHold(voltage, charge)
    guard count > 2, let low = voltage[..<count].min(), let high = voltage[..<count].max(), high - low > 1e-6 else {
      return nil
    }
    let step = (high - low) / Double(intervals)
    var sums = [Double](repeating: 0, count: intervals)
    for index in 1..<count {
      let passed = charge[index] - charge[index - 1]
      let (a, b) = (min(voltage[index - 1], voltage[index]) - low, max(voltage[index - 1], voltage[index]) - low)
      let (first, last) = (min(Int(a / step), intervals - 1), min(Int(b / step), intervals - 1))
      guard first < last else {
        sums[first] += passed
        continue
      }
      for interval in first...last {
        let overlap = min(b, Double(interval + 1) * step) - max(a, Double(interval) * step)
        sums[interval] += passed * overlap / (b - a)
      }
    }
    let width = smoothing ?? max(2 * step, Self.medianDistance(voltage[..<count], charge[..<count]))
    self.step = step
    self.voltage = sums.indices.map { low + (Double($0) + 0.5) * step }
    values = Self.smoothed(sums, width: width / step).map { $0 / step }
  }

  /// Rows until the voltage has come to where it is then held.
  private static func countBeforeHold(_ voltage: [Double], _ charge: [Double]) -> Int {
    guard let first = charge.first, let last = charge.last, let end = voltage.last else { return 0 }
    let extreme = last > first ? voltage.max()! : voltage.min()!
    guard abs(end - extreme) < 1e-3, let hold = voltage.firstIndex(where: { abs($0 - extreme) < 1e-3 }) else {
      return voltage.count
    }
    // Far from there it was no hold, but a plateau.
    let isHeld = voltage[hold...].allSatisfy { abs($0 - extreme) < 1e-3 }
    return isHeld ? hold + 1 : voltage.count
  }

  /// Between neighbouring records through which charge passes.
  private static func medianDistance(_ voltage: ArraySlice<Double>, _ charge: ArraySlice<Double>) -> Double {
    let distances = voltage.indices.dropFirst().filter { charge[$0] != charge[$0 - 1] }
      .map { abs(voltage[$0] - voltage[$0 - 1]) }.sorted()
    return distances.isEmpty ? 0 : distances[distances.count / 2]
  }

  /// - Parameter width: in intervals.
  private static func smoothed(_ sums: [Double], width: Double) -> [Double] {
    guard width > 0 else { return sums }
    let reach = Int((4 * width).rounded(.up))
    let bell = (0...reach).map { exp(-0.5 * (Double($0) / width) * (Double($0) / width)) }
    let total = 2 * bell.reduce(0, +) - bell[0]
    var result = [Double](repeating: 0, count: sums.count)
    for (place, sum) in sums.enumerated() where sum != 0 {
      for distance in -reach...reach {
        // What would go beyond an end is thrown back, so that what is uniform stays so.
        var target = place + distance
        while target < 0 || target >= sums.count { target = target < 0 ? -1 - target : 2 * sums.count - 1 - target }
        result[target] += sum * bell[abs(distance)] / total
      }
    }
    return result
  }
}

extension CyclerData {
  /// nil where the voltage does not change in a sweep, or it rests much, as in a titration.
  public func differentialCapacity(of sweep: Sweep) -> DifferentialCapacity? {
    guard sweep.restShare < 0.1 else { return nil }
    let charge = sweep.rows.map { self.charge[$0] - self.discharge[$0] }
    return DifferentialCapacity(voltage: Array(voltage[sweep.rows]), charge: charge)
  }
}
