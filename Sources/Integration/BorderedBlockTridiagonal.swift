import CKernels

/// A linear system of 3 × 3 blocks on three diagonals with a border of a few dense rows and columns:
///
///     ⎡ B  C ⎤ ⎡ x ⎤   ⎡ b ⎤
///     ⎣ R  E ⎦ ⎣ z ⎦ = ⎣ e ⎦
///
/// Block elimination goes from both ends towards the middle at once: two independent chains keep the processor busy
/// where one would wait for its own result. Unknowns leave in the order in which they stand; no rows are exchanged, because
/// rows of different units cannot be compared.
public final class BorderedBlockTridiagonal {
  public typealias Vector = SIMD3<Double>

  /// A 3 × 3 matrix by columns.
  public struct Block {
    public var c0 = Vector.zero
    public var c1 = Vector.zero
    public var c2 = Vector.zero

    @inline(__always)
    static func * (a: Block, v: Vector) -> Vector { a.c0 * v.x + a.c1 * v.y + a.c2 * v.z }
    @inline(__always)
    static func * (a: Block, b: Block) -> Block { Block(c0: a * b.c0, c1: a * b.c1, c2: a * b.c2) }
    @inline(__always)
    static func - (a: Block, b: Block) -> Block { Block(c0: a.c0 - b.c0, c1: a.c1 - b.c1, c2: a.c2 - b.c2) }
  }

  public let blockCount: Int
  public let borderCount: Int
  /// The system, to be written before `factor`, which keeps it. Diagonal blocks, and those to the left and to the right
  /// of them in the same rows.
  public let diagonal: UnsafeMutablePointer<Block>
  public let left: UnsafeMutablePointer<Block>
  public let right: UnsafeMutablePointer<Block>
  /// C: for each border column, a vector per block. R: for each border row, a vector per block. E: row by row.
  public let columns: UnsafeMutablePointer<Vector>
  public let rows: UnsafeMutablePointer<Vector>
  public let corner: UnsafeMutablePointer<Double>

  private let storage: UnsafeMutablePointer<Double>
  /// D⁻¹ of the reduced diagonal blocks; the factor by which the block before (on the way to the middle) leaves; D⁻¹
  /// times the block towards the middle.
  private let inverse: UnsafeMutablePointer<Block>
  private let reduction: UnsafeMutablePointer<Block>
  private let coupling: UnsafeMutablePointer<Block>
  /// B⁻¹C, and the factors of E − R B⁻¹ C.
  private let solvedColumns: UnsafeMutablePointer<Vector>
  private let border: UnsafeMutablePointer<Double>
  /// Border columns that have entries in C.
  private let coupledColumns: [Bool]
  /// Blocks that each border row reads.
  private let rowBlocks: [Range<Int>]
  private let middle: Int

  /// - Parameters:
  ///   - coupledColumns: for each border unknown, whether the block rows read it.
  ///   - rowBlocks: for each border row, the blocks that it reads.
  ///   - storage: memory for the system, `storageCount` numbers aligned like `Vector`; it belongs to the caller, who
  ///     writes into it by position.
  public init(
    blockCount: Int, coupledColumns: [Bool], rowBlocks: [Range<Int>], storage: UnsafeMutablePointer<Double>
  ) {
    self.blockCount = blockCount
    self.coupledColumns = coupledColumns
    self.rowBlocks = rowBlocks
    borderCount = coupledColumns.count
    middle = blockCount / 2
    self.storage = storage
    func part<T>(_ offset: Int, _: T.Type) -> UnsafeMutablePointer<T> {
      UnsafeMutableRawPointer(storage + offset).assumingMemoryBound(to: T.self)
    }
    diagonal = part(0, Block.self)
    left = part(Self.blockSize * blockCount, Block.self)
    right = part(2 * Self.blockSize * blockCount, Block.self)
    columns = part(3 * Self.blockSize * blockCount, Vector.self)
    rows = part((3 * Self.blockSize + Self.vectorSize * borderCount) * blockCount, Vector.self)
    corner = storage + (3 * Self.blockSize + 2 * Self.vectorSize * borderCount) * blockCount

    inverse = .allocate(capacity: blockCount)
    reduction = .allocate(capacity: blockCount)
    coupling = .allocate(capacity: blockCount)
    solvedColumns = .allocate(capacity: max(1, borderCount * blockCount))
    border = .allocate(capacity: max(1, borderCount * borderCount))
  }

  deinit {
    inverse.deallocate()
    reduction.deallocate()
    coupling.deallocate()
    solvedColumns.deallocate()
    border.deallocate()
  }

  // MARK: positions in the storage

  private static let vectorSize = MemoryLayout<Vector>.stride / MemoryLayout<Double>.stride
  private static let blockSize = 3 * vectorSize

  public static func storageCount(blockCount: Int, borderCount: Int) -> Int {
    (3 * blockSize + 2 * vectorSize * borderCount) * blockCount + borderCount * borderCount
  }

  /// The element (row, column) of a block that belongs to block row k.
  public func position(of block: UnsafeMutablePointer<Block>, _ k: Int, _ row: Int, _ column: Int) -> Int {
    offset(of: block + k) + Self.vectorSize * column + row
  }

  /// The element of border row or column b that belongs to component `component` of block k.
  public func position(of border: UnsafeMutablePointer<Vector>, _ b: Int, _ k: Int, _ component: Int) -> Int {
    offset(of: border + b * blockCount + k) + component
  }

  public func position(corner row: Int, _ column: Int) -> Int { offset(of: corner) + row * borderCount + column }

  private func offset<T>(of pointer: UnsafeMutablePointer<T>) -> Int {
    (UnsafeMutableRawPointer(pointer) - UnsafeMutableRawPointer(storage)) / MemoryLayout<Double>.stride
  }

  // MARK: factors

  /// False when the matrix is singular or not finite.
  public func factor() -> Bool {
    for k in 0..<blockCount { reduction[k] = diagonal[k] }
    // From the left …
    for k in 0..<middle {
      guard let inverted = Self.inverse(of: reduction[k]) else { return false }
      inverse[k] = inverted
      coupling[k] = inverted * right[k]
      reduction[k + 1] = reduction[k + 1] - left[k + 1] * coupling[k]
    }
    // … and from the right.
    for k in stride(from: blockCount - 1, to: middle, by: -1) {
      guard let inverted = Self.inverse(of: reduction[k]) else { return false }
      inverse[k] = inverted
      coupling[k] = inverted * left[k]
      reduction[k - 1] = reduction[k - 1] - right[k - 1] * coupling[k]
    }
    guard let inverted = Self.inverse(of: reduction[middle]) else { return false }
    inverse[middle] = inverted
    for k in 1..<(middle + 1) { reduction[k] = left[k] * inverse[k - 1] }
    // The middle block has a factor for each side; the one for the right stands where no other is needed, at the end.
    for k in middle..<(blockCount - 1) {
      let factor = right[k] * inverse[k + 1]
      if k == middle { reduction[blockCount - 1] = factor } else { reduction[k] = factor }
    }

    for b in 0..<borderCount where coupledColumns[b] {
      let solved = solvedColumns + b * blockCount
      solved.update(from: columns + b * blockCount, count: blockCount)
      solveBlocks(solved)
    }
    for row in 0..<borderCount {
      for column in 0..<borderCount {
        var value = corner[row * borderCount + column]
        if coupledColumns[column] {
          value -= product(row, solvedColumns + column * blockCount)
        }
        border[row * borderCount + column] = value
      }
    }
    return factorBorder()
  }

  /// Replaces b and e by x and z.
  @inline(__always)
  public func solve(_ b: UnsafeMutablePointer<Vector>, border e: UnsafeMutablePointer<Double>) {
    solveBlocks(b)
    for row in 0..<borderCount { e[row] -= product(row, b) }
    solveBorder(e)
    for column in 0..<borderCount where coupledColumns[column] {
      let solved = solvedColumns + column * blockCount
      let z = e[column]
      for k in 0..<blockCount { b[k] -= z * solved[k] }
    }
  }

  /// A border row times a vector per block.
  private func product(_ row: Int, _ b: UnsafeMutablePointer<Vector>) -> Double {
    let own = rows + row * blockCount
    var sum = Vector.zero
    for k in rowBlocks[row] { sum += own[k] * b[k] }
    return sum.x + sum.y + sum.z
  }

  private func solveBlocks(_ b: UnsafeMutablePointer<Vector>) {
    func numbers<T>(_ pointer: UnsafeMutablePointer<T>) -> UnsafeMutablePointer<Double> {
      UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Double.self)
    }
    ck_blocks_solve(blockCount, numbers(reduction), numbers(inverse), numbers(coupling), numbers(b))
  }

  /// By Gauss–Jordan elimination in the order of the unknowns; nil where that meets a zero.
  @inline(__always)
  private static func inverse(of matrix: Block) -> Block? {
    // Rows of [A | 1].
    var rows = (
      SIMD8<Double>(matrix.c0.x, matrix.c1.x, matrix.c2.x, 1, 0, 0, 0, 0),
      SIMD8<Double>(matrix.c0.y, matrix.c1.y, matrix.c2.y, 0, 1, 0, 0, 0),
      SIMD8<Double>(matrix.c0.z, matrix.c1.z, matrix.c2.z, 0, 0, 1, 0, 0)
    )
    rows.0 *= 1 / rows.0[0]
    rows.1 -= rows.1[0] * rows.0
    rows.2 -= rows.2[0] * rows.0
    rows.1 *= 1 / rows.1[1]
    rows.2 -= rows.2[1] * rows.1
    rows.2 *= 1 / rows.2[2]
    rows.1 -= rows.1[2] * rows.2
    rows.0 -= rows.0[2] * rows.2
    rows.0 -= rows.0[1] * rows.1
    let block = Block(
      c0: Vector(rows.0[3], rows.1[3], rows.2[3]), c1: Vector(rows.0[4], rows.1[4], rows.2[4]),
      c2: Vector(rows.0[5], rows.1[5], rows.2[5]))
    let check = block.c0 + block.c1 + block.c2
    return (check.x + check.y + check.z).isFinite ? block : nil
  }

  /// LU factors of the reduced border.
  private func factorBorder() -> Bool {
    let n = borderCount
    for pivot in 0..<n {
      let value = border[pivot * n + pivot]
      guard value.isFinite && value != 0 else { return false }
      for row in (pivot + 1)..<n {
        let factor = border[row * n + pivot] / value
        border[row * n + pivot] = factor
        for column in (pivot + 1)..<n { border[row * n + column] -= factor * border[pivot * n + column] }
      }
    }
    return true
  }

  private func solveBorder(_ e: UnsafeMutablePointer<Double>) {
    let n = borderCount
    for row in 0..<n {
      for column in 0..<row { e[row] -= border[row * n + column] * e[column] }
    }
    for row in (0..<n).reversed() {
      for column in (row + 1)..<n { e[row] -= border[row * n + column] * e[column] }
      e[row] /= border[row * n + row]
    }
  }
}
