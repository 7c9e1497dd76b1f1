/// How far the voltage of a test is from a measured one in one step.
public struct Deviation: Sendable, Equatable {
  /// What of two tests is compared.
  public enum Alignment: String, CaseIterable, Sendable {
    /// The first step with the first step and so on, each from its own beginning.
    case step
    /// What has the same test time.
    case time
  }

  /// Steps from 1, as the measured test has them.
  public var step: Int
  public var type: String
  /// Measured points for which the other test has a voltage; the rest is beyond its end.
  public var pointCount: Int
  public var pointsBeyond: Int
  /// In V; nil without points.
  public var rootMeanSquare: Double?
  public var largest: Double?
}

/// Two tests that are not the same test.
public struct AlignmentError: Error, Equatable, CustomStringConvertible {
  public var description: String
}

extension CyclerData {
  /// How far this test is from a measured one, step by step, at the instants that were measured.
  /// - Throws: by steps, when a step is a charge in one test and something else in the other.
  public func deviations(from measured: CyclerData, by alignment: Deviation.Alignment) throws(AlignmentError)
    -> [Deviation]
  {
    // Steps that took no time are in one file and not in another.
    let own = steps.filter { $0.duration > 0 }
    let theirs = measured.steps.filter { $0.duration > 0 }
    var deviations: [Deviation] = []
    for (index, step) in theirs.enumerated() {
      var offset = (time.first ?? 0) - (measured.time.first ?? 0)
      var range = (time.first ?? 0)...(time.last ?? 0)
      if alignment == .step {
        guard index < own.count else { break }
        guard direction(own[index]) == measured.direction(step) else {
          throw AlignmentError(
            description: "step \(index + 1) is a \(measured.direction(step)) in \(measured.path) and a "
              + "\(direction(own[index])) in \(path)")
        }
        offset = own[index].start - step.start
        range = own[index].start...own[index].end
      }
      var (sum, largest, count, beyond) = (0.0, 0.0, 0, 0)
      var place = alignment == .step ? own[index].rows.lowerBound : 0
      for row in step.rows {
        let instant = measured.time[row] + offset
        // Where the voltage jumps there are two records; where a step begins, what comes after belongs to it.
        let isAfter = row == step.rows.lowerBound || measured.time[row - 1] == measured.time[row]
        guard range.contains(instant), let voltage = voltage(at: instant, afterJump: isAfter, from: &place) else {
          beyond += 1
          continue
        }
        let difference = voltage - measured.voltage[row]
        sum += difference * difference
        largest = max(largest, abs(difference))
        count += 1
      }
      deviations.append(
        Deviation(
          step: index + 1, type: step.type, pointCount: count, pointsBeyond: beyond,
          rootMeanSquare: count > 0 ? (sum / Double(count)).squareRoot() : nil, largest: count > 0 ? largest : nil))
    }
    return deviations
  }

  private func direction(_ step: Step) -> String {
    // A current that moves less than a thousandth of the cell in an hour is none.
    let capacity = nominalCapacity ?? max(charge.last ?? 0, discharge.last ?? 0)
    return abs(step.meanCurrent) <= 1e-3 * capacity ? "rest" : step.meanCurrent > 0 ? "charge" : "discharge"
  }

  /// Between records in a straight line.
  /// - Parameters:
  ///   - isAfter: which of two records of the same time counts.
  ///   - place: a record not after the instant, where to look from.
  private func voltage(at instant: Double, afterJump isAfter: Bool, from place: inout Int) -> Double? {
    while place + 1 < time.count, time[place + 1] < instant { place += 1 }
    guard place < time.count, time[place] <= instant else { return nil }
    if place + 1 < time.count, time[place + 1] == instant {
      var last = place + 1
      while isAfter, last + 1 < time.count, time[last + 1] == instant { last += 1 }
      return voltage[last]
    }
    guard place + 1 < time.count, time[place + 1] > time[place] else { return voltage[place] }
    let share = min((instant - time[place]) / (time[place + 1] - time[place]), 1)
    return voltage[place] + share * (voltage[place + 1] - voltage[place])
  }
}
