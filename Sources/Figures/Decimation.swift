/// A curve with fewer points that looks the same.
enum Decimation {
  /// Which points of a curve to draw: those without which the line would run elsewhere by more than an eye can see
  /// (Douglas & Peucker 1973), the ends of jumps among them; of noise, which needs more points than that, the extremes. Points
  /// that are not finite stay, as ends.
  /// - Parameter limit: of points, at least 8.
  static func indices(x: [Double], y: [Double], limit: Int) -> [Int] {
    guard x.count > limit else { return Array(x.indices) }
    let (width, height) = (extent(x), extent(y))
    for tolerance in [1.0 / 4000, 1.0 / 2000, 1.0 / 1000] {
      let kept = indices(x: x, y: y, width: width, height: height, tolerance: tolerance)
      if kept.count <= limit { return kept }
    }
    return extremes(x: x, y: y, limit: limit)
  }

  /// The first, the last, and of as many stretches as there is room for the extremes of both coordinates.
  private static func extremes(x: [Double], y: [Double], limit: Int) -> [Int] {
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

  /// - Parameter tolerance: as a share of width and height.
  private static func indices(x: [Double], y: [Double], width: Double, height: Double, tolerance: Double) -> [Int] {
    var isKept = [Bool](repeating: false, count: x.count)
    var open: [(Int, Int)] = []
    var start: Int?
    for index in 0...x.count {
      if index < x.count, x[index].isFinite, y[index].isFinite {
        if start == nil { start = index }
        continue
      }
      if index < x.count { isKept[index] = true }
      if let first = start { open.append((first, index - 1)) }
      start = nil
    }
    while let (first, last) = open.popLast() {
      isKept[first] = true
      isKept[last] = true
      guard last > first + 1 else { continue }
      let (dx, dy) = ((x[last] - x[first]) / width, (y[last] - y[first]) / height)
      let length = (dx * dx + dy * dy).squareRoot()
      var (farthest, middle) = (tolerance, first)
      for index in (first + 1)..<last {
        let (px, py) = ((x[index] - x[first]) / width, (y[index] - y[first]) / height)
        // From the line through both ends; from the first where they are the same point, or where it turns back.
        let along = length > 0 ? (px * dx + py * dy) / length : 0
        let distance =
          length > 0 && (0...length).contains(along)
          ? abs(px * dy - py * dx) / length : (px * px + py * py).squareRoot()
        if distance > farthest { (farthest, middle) = (distance, index) }
      }
      guard middle > first else { continue }
      open.append((first, middle))
      open.append((middle, last))
    }
    return isKept.indices.filter { isKept[$0] }
  }

  private static func extent(_ values: [Double]) -> Double {
    var (low, high) = (Double.infinity, -Double.infinity)
    for value in values where value.isFinite { (low, high) = (min(low, value), max(high, value)) }
    return high > low ? high - low : 1
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
