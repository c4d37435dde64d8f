internal import Glibc

/// Bytes that came from a server, to be read in any order.
///
/// Unsafe code. The invariant: nothing is loaded unless it lies below ``count``; beyond it there are
/// zeros, which no part of a head may be. The memory outlives the value, which is never stored.
struct ResponseBytes {
  private let bytes: UnsafeRawBufferPointer
  let count: Int

  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    count = bytes.count
  }

  subscript(index: Int) -> UInt8 {
    @inline(__always) get {
      guard UInt(bitPattern: index) < UInt(bitPattern: count), let base = bytes.baseAddress else {
        return 0
      }
      return base.load(fromByteOffset: index, as: UInt8.self)
    }
  }

  /// Eight bytes, the first one lowest; zero if there are not as many.
  @inline(__always)
  func word(at index: Int) -> UInt64 {
    guard index >= 0, index <= count &- 8, let base = bytes.baseAddress else { return 0 }
    return UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
  }

  /// Where `byte` is first in a range; nil if it is not there.
  @inline(__always)
  func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
    let start = max(0, range.lowerBound)
    let end = min(count, range.upperBound)
    guard start < end, let base = bytes.baseAddress else { return nil }
    guard let found = memchr(base + start, Int32(byte), end &- start) else { return nil }
    return UnsafeRawPointer(found) - base
  }

  /// The bytes of a range, as far as they are there.
  @inline(__always)
  func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    let start = min(max(0, range.lowerBound), count)
    let end = min(max(start, range.upperBound), count)
    return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
  }

  /// Whether the bytes of a range are those of `name`, a text in lowercase, in either case.
  @inline(__always)
  func matches(_ name: StaticString, _ range: Range<Int>) -> Bool {
    guard name.utf8CodeUnitCount == range.count else { return false }
    let expected = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    for offset in 0..<expected.count {
      let byte = self[range.lowerBound &+ offset]
      let isUppercase = byte &- UInt8(ascii: "A") < 26
      guard (isUppercase ? byte | 0x20 : byte) == expected[offset] else { return false }
    }
    return true
  }

  /// Whether the bytes of a range are exactly `expected`.
  @inline(__always)
  func equals(_ expected: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    let found = slice(range)
    guard found.count == expected.count else { return false }
    guard let a = found.baseAddress, let b = expected.baseAddress else { return true }
    return memcmp(a, b, found.count) == 0
  }
}
