/// Reads bytes that nobody vouches for, from front to back: every read is checked against the end
/// and throws a `ByteError` with the offset; none traps. A read that throws moves nothing.
///
///     var cursor = ByteCursor(file.span.bytes)
///     let magic = try cursor.integer(UInt32.self)
///
/// Copying a cursor is cheap and remembers a place.
public struct ByteCursor: ~Escapable {
  /// All the bytes, also those already read.
  public let bytes: RawSpan
  /// Where the next read begins, in 0...count.
  public private(set) var offset: Int
  /// What `bytes` begins at in the whole input: added to the offset in errors.
  public let base: Int

  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan, base: Int = 0) {
    self.bytes = bytes
    self.offset = 0
    self.base = base
  }

  /// How many bytes there are, read or not.
  public var count: Int { bytes.byteCount }

  /// How many bytes are left.
  public var remaining: Int { bytes.byteCount - offset }

  public var isAtEnd: Bool { remaining == 0 }

  /// Goes to an offset from the beginning; the end itself is allowed.
  @_lifetime(self: copy self)
  public mutating func seek(to target: Int) throws(ByteError) {
    guard target >= 0, target <= count else {
      throw error("cannot seek to \(target) of \(count) bytes")
    }
    offset = target
  }

  /// Passes over `length` bytes.
  @_lifetime(self: copy self)
  public mutating func skip(_ length: Int) throws(ByteError) {
    _ = try advance(by: length, for: "skipped bytes")
  }

  /// Goes to the next multiple of `alignment` from the beginning; the end itself is allowed.
  @_lifetime(self: copy self)
  public mutating func align(to alignment: Int) throws(ByteError) {
    guard alignment > 0 else { throw error("cannot align to \(alignment)") }
    let over = offset % alignment
    if over != 0 { try skip(alignment - over) }
  }

  /// A fixed-width integer, least significant byte first.
  @_lifetime(self: copy self)
  @inlinable
  public mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type = T.self
  ) throws(ByteError) -> T {
    let start = try advance(by: MemoryLayout<T>.size, for: "an integer")
    return T(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: T.self))
  }

  /// The next `length` bytes, not copied.
  @_lifetime(copy self)
  @_lifetime(self: copy self)
  public mutating func span(_ length: Int) throws(ByteError) -> RawSpan {
    let start = try advance(by: length, for: "bytes")
    return bytes.extracting(start..<start + length)
  }

  /// The next `length` bytes, copied.
  @_lifetime(self: copy self)
  public mutating func array(_ length: Int) throws(ByteError) -> [UInt8] {
    let start = try advance(by: length, for: "bytes")
    return copy(start..<start + length)
  }

  /// A cursor over the next `length` bytes alone; its errors count from where this one's do.
  @_lifetime(copy self)
  @_lifetime(self: copy self)
  public mutating func cursor(_ length: Int) throws(ByteError) -> ByteCursor {
    let start = try advance(by: length, for: "bytes")
    return ByteCursor(bytes.extracting(start..<start + length), base: base + start)
  }

  /// Text up to the next NUL, which is passed over too. What is not UTF-8 becomes U+FFFD.
  @_lifetime(self: copy self)
  public mutating func nulTerminatedString() throws(ByteError) -> String {
    var end = offset
    while end < count, byte(at: end) != 0 { end += 1 }
    guard end < count else { throw error("a string without its NUL") }
    let text = String(decoding: copy(offset..<end), as: UTF8.self)
    offset = end + 1
    return text
  }

  /// An error at the next read's offset, for what a caller finds wrong with what it read.
  public func error(_ message: String) -> ByteError {
    ByteError(message, offset: base + offset)
  }

  /// Moves on by `length` bytes, which must be there; returns where they begin.
  @_lifetime(self: copy self)
  @usableFromInline
  mutating func advance(by length: Int, for what: StaticString) throws(ByteError) -> Int {
    guard length >= 0, length <= remaining else {
      throw error("\(what) of length \(length), but \(remaining) bytes are left")
    }
    defer { offset += length }
    return offset
  }

  /// `position` must be less than `count`.
  func byte(at position: Int) -> UInt8 {
    bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt8.self)
  }

  private func copy(_ range: Range<Int>) -> [UInt8] {
    bytes.extracting(range).withUnsafeBytes { [UInt8]($0) }
  }
}
