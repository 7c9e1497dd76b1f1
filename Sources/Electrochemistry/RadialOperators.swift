import CKernels
import Integration

/// A radial mesh as the inner loops read it.
struct RadialOperators {
  let nodeCount: Int
  let bandwidth: Int
  /// Relative radii.
  let nodes: UnsafeBufferPointer<Double>
  let volumes: UnsafeBufferPointer<Double>
  let points: UnsafeBufferPointer<Point>
  /// The first node that shares an element with each node.
  let firstNeighbour: UnsafeBufferPointer<Int>
  private let last: UnsafeBufferPointer<Int>
  let massBand: UnsafePointer<Double>
  let stiffnessBand: UnsafePointer<Double>

  struct Point {
    let firstNode: Int
    /// There is one node more.
    let order: Int
    let weight: Double
    let shape: UnsafePointer<Double>
    let slope: UnsafePointer<Double>
  }

  init(_ mesh: RadialMesh, in memory: PlainMemory) {
    nodeCount = mesh.nodes.count
    bandwidth = mesh.bandwidth
    nodes = memory.copy(mesh.nodes)
    volumes = memory.copy(mesh.volumes)
    firstNeighbour = memory.copy(mesh.firstNeighbour)
    last = memory.copy(
      mesh.nodes.indices.map { j in mesh.firstNeighbour.lastIndex { $0 <= j }! })
    massBand = memory.copy(mesh.mass.flatMap { $0 }).baseAddress!
    stiffnessBand = memory.copy(mesh.stiffness.flatMap { $0 }).baseAddress!
    points = memory.copy(
      mesh.points.map { point in
        Point(
          firstNode: point.firstNode, order: point.shape.count - 1, weight: point.weight,
          shape: memory.copy(point.shape).baseAddress!, slope: memory.copy(point.slope).baseAddress!)
      })
  }

  /// Adds mass × rate + c × stiffness × x for many particles side by side. The second product is taken as exchange
  /// between pairs of nodes, c × stiffnessᵢⱼ (xⱼ − xᵢ), so that nothing is gained or lost to the last digit.
  @inline(__always)
  func addExchange<S: Scalar>(
    rate: UnsafePointer<S>, x: UnsafePointer<S>, stiffness c: S, to r: UnsafeMutablePointer<S>, systemCount: Int
  ) {
    if let rate = rate as? UnsafePointer<Double>, let x = x as? UnsafePointer<Double>, let c = c as? Double,
      let r = r as? UnsafeMutablePointer<Double>
    {
      return ck_add_exchange(
        nodeCount, bandwidth, systemCount, firstNeighbour.baseAddress!, last.baseAddress!, massBand, rate, c,
        stiffnessBand, x, r)
    }
    for i in 0..<nodeCount {
      for j in neighbours(of: i) {
        let conductance = stiffness(i, j) * c
        for k in 0..<systemCount {
          let (own, other) = (i * systemCount + k, j * systemCount + k)
          r[own] += mass(i, j) * rate[other] + conductance * (x[other] - x[own])
        }
      }
    }
  }

  /// The nodes that share an element with node i, and i itself.
  @inline(__always)
  func neighbours(of i: Int) -> ClosedRange<Int> {
    ClosedRange(uncheckedBounds: (firstNeighbour[i], last[i]))
  }

  /// ∫ φᵢφⱼ dv of neighbours.
  @inline(__always)
  func mass(_ i: Int, _ j: Int) -> Double { massBand[i * 2 * bandwidth + j + bandwidth] }

  /// ∫ ∇φᵢ·∇φⱼ dv of neighbours.
  @inline(__always)
  func stiffness(_ i: Int, _ j: Int) -> Double { stiffnessBand[i * 2 * bandwidth + j + bandwidth] }
}
