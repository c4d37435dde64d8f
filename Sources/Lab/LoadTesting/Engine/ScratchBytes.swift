/// Memory of a fixed size.
///
/// Unsafe code. The invariant: the memory lives as long as this; who uses it stays below its count.
final class ScratchBytes {
  let buffer: UnsafeMutableRawBufferPointer

  init(count: Int) { buffer = .allocate(byteCount: max(1, count), alignment: 64) }

  deinit { buffer.deallocate() }
}
