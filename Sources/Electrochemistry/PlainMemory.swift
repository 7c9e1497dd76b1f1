/// Memory for what the inner loops read: arrays without reference counts, bounds checks or copies on write. Freed with
/// the object that holds it.
final class PlainMemory {
  private var allocations: [UnsafeMutableRawPointer] = []
  private var functions: [MaterialFunction] = []

  deinit {
    for allocation in allocations { allocation.deallocate() }
  }

  /// The view of a function that nobody else holds.
  func view(_ function: MaterialFunction) -> FunctionView {
    functions.append(function)
    return function.view
  }

  /// Zeros that only one thread at a time writes.
  func allocate(_ count: Int) -> UnsafeMutablePointer<Double> {
    UnsafeMutablePointer(mutating: copy([Double](repeating: 0, count: count)).baseAddress!)
  }

  /// A copy of an array that nobody writes any more.
  func copy<T: BitwiseCopyable>(_ array: [T]) -> UnsafeBufferPointer<T> {
    let pointer = UnsafeMutablePointer<T>.allocate(capacity: max(1, array.count))
    pointer.initialize(from: array, count: array.count)
    allocations.append(UnsafeMutableRawPointer(pointer))
    return UnsafeBufferPointer(start: pointer, count: array.count)
  }
}
