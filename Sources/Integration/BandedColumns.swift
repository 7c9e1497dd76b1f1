import CKernels

/// Many banded linear systems of the same shape, solved side by side: LU factors without pivoting, for matrices whose
/// diagonal dominates, such as those of diffusion along a line.
///
/// What belongs to the same row of all systems stands together, both in the matrices and in the right-hand sides, so
/// that every operation runs over contiguous memory. The systems may share one matrix. Plain memory that belongs to
/// whoever made it.
public struct BandedColumns {
  private let bands: ck_bands

  /// - Parameters:
  ///   - firstNeighbour: the first column of each row in the profile of the matrix, which is symmetric.
  ///   - isShared: whether all systems have the same matrix.
  ///   - values: memory for `valueCount` numbers.
  public init(
    firstNeighbour: UnsafeBufferPointer<Int>, bandwidth: Int, systemCount: Int, isShared: Bool,
    values: UnsafeMutablePointer<Double>
  ) {
    bands = ck_bands(
      rows: firstNeighbour.count, bandwidth: bandwidth, systems: systemCount, matrices: isShared ? 1 : systemCount,
      first: firstNeighbour.baseAddress!, values: values)
  }

  /// Numbers in the storage of these matrices.
  public static func valueCount(rowCount: Int, bandwidth: Int, matrixCount: Int) -> Int {
    rowCount * (2 * bandwidth + 1) * matrixCount
  }

  /// Number of different matrices: 1 where all systems share it.
  public var matrixCount: Int { bands.matrices }

  /// The elements at (row, column) of all matrices, to be written before `factor`.
  @inline(__always)
  public func element(_ row: Int, _ column: Int) -> UnsafeMutablePointer<Double> {
    bands.values + (row * 2 * bands.bandwidth + column + bands.bandwidth) * bands.matrices
  }

  /// Adds the derivatives of a flux between the `order` + 1 nodes of a finite element from `first` on (`ck_add_flux_derivatives`).
  /// - Parameters:
  ///   - shape, slope: weights of the nodes in the value and the gradient that the flux depends on.
  ///   - byValue, byGradient: its derivatives, a number per system.
  public func addFlux(
    first: Int, order: Int, shape: UnsafePointer<Double>, slope: UnsafePointer<Double>, byValue: UnsafePointer<Double>,
    byGradient: UnsafePointer<Double>
  ) { ck_add_flux_derivatives(bands, first, order, shape, slope, byValue, byGradient) }

  /// Writes the matrices rate × mass + stiffness × diag(x), of which the first two belong to all systems (`ck_bands_scaled`).
  /// - Parameter x: a number per row and system.
  public func set(
    rate: Double, mass: UnsafePointer<Double>, stiffness: UnsafePointer<Double>, times x: UnsafePointer<Double>
  ) { ck_bands_scaled(bands, rate, mass, stiffness, x) }

  /// Replaces the matrices by their factors L (with unit diagonal) and U; the diagonal of U is stored inverted.
  public func factor() { ck_bands_factor(bands) }

  /// Forward elimination: replaces right-hand sides b by L⁻¹b. The last row then reads x / `inverseLastPivot` = b.
  public func reduce(_ b: UnsafeMutablePointer<Double>) { ck_bands_reduce(bands, b) }

  /// Back-substitution: replaces L⁻¹b by x.
  public func expand(_ b: UnsafeMutablePointer<Double>) { ck_bands_expand(bands, b) }

  /// 1 / U of the last row in system k.
  @inline(__always)
  public func inverseLastPivot(_ k: Int) -> Double {
    element(bands.rows - 1, bands.rows - 1)[bands.matrices == 1 ? 0 : k]
  }
}
