/// Memory for what the inner loops read: arrays without reference counts, bounds checks or copies on write. Freed with
/// the object that holds it.
final class PlainMemory {
  private var allocations: [UnsafeMutableRawPointer] = []
  private var functions: [MaterialFunction] = []
  private var tables: [FluxTable] = []

  deinit {
    for allocation in allocations { allocation.deallocate() }
  }

  /// The view of a function that nobody else holds.
  func view(_ function: MaterialFunction) -> FunctionView {
    functions.append(function)
    return function.view
  }

  /// The content of a table, which `setTemperature` replaces.
  func place(_ table: FluxTable) -> UnsafePointer<FluxTable.Content> {
    tables.append(table)
    return UnsafePointer(table.content)
  }

  /// Makes what is tabulated for one temperature fit another, in K.
  func setTemperature(_ temperature: Double) {
    for table in tables { table.set(temperature) }
  }

  /// Zeros that only one thread at a time writes.
  func allocate(_ count: Int) -> UnsafeMutablePointer<Double> {
    UnsafeMutablePointer(mutating: copy([Double](repeating: 0, count: count)).baseAddress!)
  }

  /// A copy of a value that would be too large to hand around.
  func place<T: BitwiseCopyable>(_ value: T) -> UnsafePointer<T> { copy([value]).baseAddress! }

  /// A copy of an array that nobody writes any more.
  func copy<T: BitwiseCopyable>(_ array: [T]) -> UnsafeBufferPointer<T> {
    let pointer = UnsafeMutablePointer<T>.allocate(capacity: max(1, array.count))
    pointer.initialize(from: array, count: array.count)
    allocations.append(UnsafeMutableRawPointer(pointer))
    return UnsafeBufferPointer(start: pointer, count: array.count)
  }
}
