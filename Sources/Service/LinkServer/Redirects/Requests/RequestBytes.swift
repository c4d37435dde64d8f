/// Bytes that came from a client, to be read in any order.
///
/// Unsafe code. The invariant: nothing is loaded unless it lies below ``count``; beyond it there are
/// zeros, which no part of a request may be. The memory outlives the value, which is never stored.
struct RequestBytes {
  private let bytes: UnsafeRawBufferPointer
  let count: Int

  /// At most `limit` of them.
  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer, limit: Int = .max) {
    self.bytes = bytes
    count = min(bytes.count, max(0, limit))
  }

  /// The first `limit` of these.
  @inline(__always)
  func limited(to limit: Int) -> RequestBytes {
    RequestBytes(UnsafeRawBufferPointer(start: bytes.baseAddress, count: count), limit: limit)
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

  /// Four bytes, the first one lowest; zero if there are not as many.
  @inline(__always)
  func halfWord(at index: Int) -> UInt32 {
    guard index >= 0, index <= count &- 4, let base = bytes.baseAddress else { return 0 }
    return UInt32(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt32.self))
  }

  /// The bytes of a range, as far as they are there.
  @inline(__always)
  func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    let start = min(max(0, range.lowerBound), count)
    let end = min(max(start, range.upperBound), count)
    return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
  }

  /// Whether these bytes are the lowercase letters and hyphens of `name`, in either case.
  @inline(__always)
  func matches(_ name: StaticString, at index: Int, count length: Int) -> Bool {
    guard name.utf8CodeUnitCount == length else { return false }
    let expected = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    for offset in 0..<length where self[index &+ offset] | 0x20 != expected[offset] { return false }
    return true
  }

  /// The first position from `index` on of a control character, or ``count``.
  @inline(__always)
  func firstControl(from index: Int) -> Int {
    var index = index
    while index <= count &- 8 {
      let found = ByteClass.controls(in: word(at: index))
      if found != 0 { return index &+ found.trailingZeroBitCount &>> 3 }
      index &+= 8
    }
    while index < count, !ByteClass.isControl(self[index]) { index &+= 1 }
    return index
  }
}

/// Sets of bytes, without tables in memory.
enum ByteClass {
  private static let lettersLow: UInt64 = 0x03ff_0000_0000_0000
  private static let lettersHigh: UInt64 = 0x07ff_fffe_07ff_fffe

  /// tchar of RFC 9110, section 5.6.2: letters, digits and !#$%&'*+-.^_`|~
  @inline(__always)
  static func isToken(_ byte: UInt8) -> Bool {
    contains(
      byte, low: lettersLow | 0x0000_6cfa_0000_0000, high: lettersHigh | 0x5000_0001_c000_0000)
  }

  /// What a host and its port consist of (RFC 3986, section 3.2.2): letters, digits and
  /// -._~ !$&'()*+;= %:[] but no comma, which is what two hosts made into one would have.
  @inline(__always)
  static func isHost(_ byte: UInt8) -> Bool {
    contains(
      byte, low: lettersLow | 0x2c00_6ff2_0000_0000, high: lettersHigh | 0x4000_0000_a800_0000)
  }

  @inline(__always)
  private static func contains(_ byte: UInt8, low: UInt64, high: UInt64) -> Bool {
    let set = byte & 0x40 == 0 ? low : high
    return byte < 0x80 && (set &>> UInt64(byte & 0x3f)) & 1 == 1
  }

  @inline(__always)
  static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }

  /// The highest bit of the lowest byte that is a control character, and perhaps of some above it;
  /// zero if none is one. ("Determine if a word has a byte less than n": S. E. Anderson, Bit Twiddling
  /// Hacks.)
  @inline(__always)
  static func controls(in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    let deleted = word ^ 0x7f7f_7f7f_7f7f_7f7f
    return (((word &- 0x2020_2020_2020_2020) & ~word) | ((deleted &- ones) & ~deleted)) & tops
  }
}
