/// A curve with fewer points that looks the same.
enum Decimation {
  /// Which points of a curve to draw: the first, the last, and of as many stretches as there is room for the extremes of both
  /// coordinates. Points that are not finite stay, as ends.
  /// - Parameter limit: of points, at least 8.
  static func indices(x: [Double], y: [Double], limit: Int) -> [Int] {
    guard x.count > limit else { return Array(x.indices) }
    let stretches = max(1, limit / 4)
    var kept: [Int] = []
    kept.reserveCapacity(limit + 2)
    for stretch in 0..<stretches {
      let range = (stretch * x.count / stretches)..<((stretch + 1) * x.count / stretches)
      var chosen: Set<Int> = []
      var (left, right, low, high): (Int?, Int?, Int?, Int?) = (nil, nil, nil, nil)
      for index in range {
        guard x[index].isFinite, y[index].isFinite else {
          chosen.insert(index)
          continue
        }
        if left.map({ x[index] < x[$0] }) ?? true { left = index }
        if right.map({ x[index] > x[$0] }) ?? true { right = index }
        if low.map({ y[index] < y[$0] }) ?? true { low = index }
        if high.map({ y[index] > y[$0] }) ?? true { high = index }
      }
      chosen.formUnion([left, right, low, high].compactMap(\.self))
      kept += chosen.sorted()
    }
    if kept.first != 0 { kept.insert(0, at: 0) }
    if kept.last != x.count - 1 { kept.append(x.count - 1) }
    return kept
  }

  /// Which points to draw as symbols that do not run into a line: each at some distance from the last one that is drawn.
  static func spacedIndices(x: [Double], y: [Double], distance: Double) -> [Int] {
    var kept: [Int] = []
    for index in x.indices where x[index].isFinite && y[index].isFinite {
      if let last = kept.last {
        let (dx, dy) = (x[index] - x[last], y[index] - y[last])
        guard dx * dx + dy * dy >= distance * distance else { continue }
      }
      kept.append(index)
    }
    return kept
  }
}
