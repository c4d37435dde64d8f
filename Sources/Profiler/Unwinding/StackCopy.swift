/// The copied bytes of a stack, read by the addresses they had.
///
/// Unsafe, and fenced here. The invariant: a word is read only when all its eight bytes lie within
/// the copy, which the caller keeps alive while this value exists.
public struct StackCopy {
  private let base: UInt64
  private let bytes: UnsafeRawBufferPointer

  /// `base` is the address the first byte was copied from.
  public init(base: UInt64, bytes: UnsafeRawBufferPointer) {
    self.base = base
    self.bytes = bytes
  }

  /// The word at an address; nil if it is not within the copy.
  @inline(__always)
  public func word(at address: UInt64) -> UInt64? {
    let offset = address &- base
    guard bytes.count >= 8, offset <= UInt64(bytes.count - 8) else { return nil }
    return bytes.loadUnaligned(fromByteOffset: Int(offset), as: UInt64.self)
  }

  /// Whether an address lies above what was copied.
  public func isBeyond(_ address: UInt64) -> Bool {
    address >= base && address &- base > UInt64(max(0, bytes.count - 8))
  }
}
