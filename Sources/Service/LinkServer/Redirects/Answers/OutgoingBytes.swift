internal import Glibc
internal import LinuxSystem

/// Bytes on their way out, gathered before they are written at once. One for each event loop.
///
/// Unsafe code. The invariant: `base` has `capacity` bytes, which live as long as this; nothing is
/// written but below `capacity`, and ``count`` never exceeds it. What does not fit is cut off, and
/// ``reserve`` is what callers keep free so that nothing has to be.
final class OutgoingBytes {
  /// Room for the longest answer: a destination of 64 KiB and a forwarded query, every byte of them
  /// percent-encoded, and the head around them.
  static let reserve = 3 * (65_536 + RequestParser.maximumLine) + 4096
  /// More than this is written before the next answer is added.
  static let fullEnough = 32_768

  private let base: UnsafeMutableRawPointer
  private let capacity = OutgoingBytes.reserve + OutgoingBytes.fullEnough
  private(set) var count = 0

  init() { base = .allocate(byteCount: capacity, alignment: 64) }

  deinit { base.deallocate() }

  var bytes: UnsafeRawBufferPointer {
    @inline(__always) get { UnsafeRawBufferPointer(start: base, count: count) }
  }

  /// What is free behind the bytes.
  var room: UnsafeMutableRawBufferPointer {
    @inline(__always) get {
      UnsafeMutableRawBufferPointer(start: base + count, count: capacity &- count)
    }
  }

  /// So many bytes were written to ``room``.
  @inline(__always)
  func advance(by length: Int) { count = min(capacity, count &+ max(0, length)) }

  @inline(__always)
  func removeAll() { count = 0 }

  /// Takes back what was added since `count` was this.
  @inline(__always)
  func truncate(to earlier: Int) { count = min(count, max(0, earlier)) }

  @inline(__always)
  func append(_ bytes: UnsafeRawBufferPointer) {
    let length = min(bytes.count, capacity &- count)
    guard length > 0, let source = bytes.baseAddress else { return }
    memcpy(base + count, source, length)
    count &+= length
  }

  func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  func append(_ byte: UInt8) {
    guard count < capacity else { return }
    base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count &+= 1
  }

  /// Whether all bytes from a position on are visible ASCII.
  @inline(__always)
  func isVisible(from start: Int) -> Bool {
    let bytes = RequestBytes(bytes)
    var index = start
    while index <= count &- 8 {
      let word = bytes.word(at: index)
      // Below 0x21, or above 0x7e.
      let below = (word &- 0x2121_2121_2121_2121) & ~word
      let above = (word &+ 0x0101_0101_0101_0101) | word
      if (below | above) & 0x8080_8080_8080_8080 != 0 { return false }
      index &+= 8
    }
    while index < count {
      let byte = bytes[index]
      if byte < 0x21 || byte > 0x7e { return false }
      index &+= 1
    }
    return true
  }

  /// Replaces every byte from a position on that is not visible ASCII by its percent-encoded form
  /// (RFC 3986, section 2.1), which is how an address outside of ASCII is sent, and what keeps a line
  /// end in a destination from ending the field.
  func percentEncode(from start: Int) {
    let plain = Array(UnsafeRawBufferPointer(rebasing: bytes[min(max(0, start), count)...]))
    truncate(to: start)
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in plain {
      if 0x21...0x7e ~= byte {
        append(byte)
      } else {
        append(UInt8(ascii: "%"))
        append(digits[Int(byte >> 4)])
        append(digits[Int(byte & 15)])
      }
    }
  }
}

/// Bytes made once, with a date in them that is brought up to date in place.
///
/// Unsafe code. The invariant: `base` has ``count`` bytes, which live as long as this; the date lies
/// within them, as its place was found in the text they were made from.
final class DatedBytes {
  private let base: UnsafeMutableRawPointer
  private let count: Int
  private let datePlace: Int

  /// The first `date` in the text, of ``HTTPDate/length`` bytes, is what changes.
  init(_ text: String, date: String) {
    let bytes = Array(text.utf8)
    count = bytes.count
    base = .allocate(byteCount: max(1, count), alignment: 16)
    for (index, byte) in bytes.enumerated() {
      base.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
    }
    let prefix = text.firstRange(of: date).map { text[..<$0.lowerBound].utf8.count }
    datePlace = prefix ?? count
  }

  deinit { base.deallocate() }

  var bytes: UnsafeRawBufferPointer {
    @inline(__always) get { UnsafeRawBufferPointer(start: base, count: count) }
  }

  func setDate(_ date: String) {
    let date = Array(date.utf8)
    guard date.count == HTTPDate.length, datePlace + date.count <= count else { return }
    for (index, byte) in date.enumerated() {
      base.storeBytes(of: byte, toByteOffset: datePlace + index, as: UInt8.self)
    }
  }
}
