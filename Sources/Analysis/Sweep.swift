/// A stretch of a test in which the cell is charged, or discharged, as a whole: rests and short pulses the other way are part of
/// it, so that a titration or a drive cycle is one sweep.
public struct Sweep: Sendable, Equatable {
  public var isDischarge: Bool
  /// Of the data, without rests before and after.
  public var rows: Range<Int>
  /// The cycle that the file counts.
  public var cycle: Int
  /// What has passed, in A·h and W·h, positive.
  public var capacity: Double
  public var energy: Double
  /// In s.
  public var duration: Double
  /// At which half of the charge has passed at lower currents, in A, positive: that of the constant-current part of CC-CV.
  public var current: Double

  /// Of the duration, from 0 to 1.
  public var restShare: Double

  /// In W, rests included.
  public var meanPower: Double { duration > 0 ? energy * 3600 / duration : 0 }
}

extension CyclerData {
  /// Net charge since the start, in A·h.
  public var netCharge: [Double] { zip(charge, discharge).map { $0 - $1 } }

  /// Charges and discharges in their order. A turn counts where more than a fiftieth passes of all that ever does.
  public var sweeps: [Sweep] {
    let charge = netCharge
    guard let lowest = charge.min(), let highest = charge.max(), highest > lowest else { return [] }
    let span = highest - lowest
    let (threshold, noise) = (0.02 * span, 1e-5 * span)
    // Extremes since the last turn, and which way it went.
    var (low, high, direction, start) = (0, 0, 0, 0)
    var sweeps: [Sweep] = []
    /// Where the charge is that of an extreme for the last time before a row.
    func leaving(_ extreme: Int, before row: Int) -> Int {
      (extreme...row).last { abs(charge[$0] - charge[extreme]) <= noise } ?? extreme
    }
    func end(_ extreme: Int) {
      guard start < extreme else { return }
      let first = (start...extreme).first { abs(charge[$0] - charge[extreme]) <= noise } ?? extreme
      sweeps.append(sweep(start..<(first + 1), isDischarge: direction < 0))
    }
    for index in charge.indices {
      if charge[index] > charge[high] { high = index }
      if charge[index] < charge[low] { low = index }
      if direction <= 0, charge[index] - charge[low] > threshold {
        if direction < 0 { end(low) }
        (start, direction, high) = (leaving(low, before: index), 1, index)
      } else if direction >= 0, charge[high] - charge[index] > threshold {
        if direction > 0 { end(high) }
        (start, direction, low) = (leaving(high, before: index), -1, index)
      }
    }
    if direction != 0 { end(direction > 0 ? high : low) }
    return sweeps
  }

  private func sweep(_ rows: Range<Int>, isDischarge: Bool) -> Sweep {
    let (first, last) = (rows.lowerBound, rows.upperBound - 1)
    let sign = isDischarge ? -1.0 : 1
    func change(_ up: [Double], _ down: [Double]) -> Double { sign * (up[last] - up[first] - down[last] + down[first]) }
    return Sweep(
      isDischarge: isDischarge, rows: rows, cycle: steps[step[min(first + 1, last)]].cycle,
      capacity: change(charge, discharge), energy: change(chargeEnergy, dischargeEnergy),
      duration: time[last] - time[first], current: medianCurrent(rows, isDischarge: isDischarge),
      restShare: time[last] > time[first] ? rest(rows) / (time[last] - time[first]) : 0)
  }

  /// In s.
  private func rest(_ rows: Range<Int>) -> Double {
    rows.dropFirst().reduce(0) { sum, row in
      current[row] == 0 && current[row - 1] == 0 ? sum + time[row] - time[row - 1] : sum
    }
  }

  private func medianCurrent(_ rows: Range<Int>, isDischarge: Bool) -> Double {
    let counter = isDischarge ? discharge : charge
    var parts = rows.dropFirst().map { row in
      (current: abs(current[row - 1] + current[row]) / 2, charge: counter[row] - counter[row - 1])
    }
    parts.sort { $0.current < $1.current }
    let half = parts.reduce(0) { $0 + $1.charge } / 2
    var sum = 0.0
    for part in parts {
      sum += part.charge
      if sum >= half { return part.current }
    }
    return 0
  }

  /// As a multiple of the current that the nominal capacity gives for an hour; nil where that is not known.
  public func cRate(_ current: Double) -> Double? {
    nominalCapacity.flatMap { $0 > 0 ? current / $0 : nil }
  }

  // MARK: cycles

  /// What was charged and discharged in a cycle, in A·h and W·h.
  public struct Cycle: Sendable, Equatable {
    public var number: Int
    public var charge: Double
    public var discharge: Double
    public var chargeEnergy: Double
    public var dischargeEnergy: Double

    public var coulombicEfficiency: Double { discharge / charge }
    public var energyEfficiency: Double { dischargeEnergy / chargeEnergy }
  }

  /// Cycles in which the cell is both charged and discharged: as the file counts them, or, where that gives none or one, each
  /// two sweeps.
  public var cycles: [Cycle] {
    func cycle(_ number: Int, from first: Int, to last: Int) -> Cycle {
      func change(_ counter: [Double]) -> Double { counter[last] - (first > 0 ? counter[first - 1] : 0) }
      return Cycle(
        number: number, charge: change(charge), discharge: change(discharge), chargeEnergy: change(chargeEnergy),
        dischargeEnergy: change(dischargeEnergy))
    }
    var counted: [Cycle] = []
    var first = 0
    while first < step.count {
      let number = steps[step[first]].cycle
      var last = first
      while last + 1 < step.count, steps[step[last + 1]].cycle == number { last += 1 }
      counted.append(cycle(number, from: first, to: last))
      first = last + 1
    }
    let largest = counted.map { max($0.charge, $0.discharge) }.max() ?? 0
    counted.removeAll { min($0.charge, $0.discharge) < 0.02 * largest }
    if counted.count > 1 { return counted }
    let sweeps = sweeps
    return stride(from: 0, to: sweeps.count - 1, by: 2).map { index in
      cycle(index / 2 + 1, from: sweeps[index].rows.lowerBound, to: sweeps[index + 1].rows.upperBound - 1)
    }
  }
}
