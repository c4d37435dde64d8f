/// Reads JSON (RFC 8259) piece by piece, and knows where each piece was: values stay the bytes that they
/// were written as, so that a body is sent as it stands.
///
/// Nothing in the bytes is trusted, but that they are UTF-8.
struct JSONScanner {
  struct Failure: Error {
    /// Where, in bytes.
    let offset: Int
    /// A sentence's end.
    let message: String
  }

  /// A name, where it is, and its value.
  struct Member {
    let name: String
    let offset: Int
    let value: Range<Int>
  }

  /// Deeper than this nothing is nested that somebody wrote.
  static let mostDepth = 512

  let bytes: [UInt8]
  private(set) var index: Int

  init(_ bytes: [UInt8], at index: Int = 0) {
    self.bytes = bytes
    self.index = index
  }

  /// The next byte, blank or not; nil at the end.
  var current: UInt8? { index < bytes.count ? bytes[index] : nil }

  mutating func advance(by count: Int) { index += count }

  /// The next byte that is no blank, which is not passed over; nil at the end.
  mutating func peek() -> UInt8? {
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): index += 1
      default: return bytes[index]
      }
    }
    return nil
  }

  /// Passes over a value with all that is in it. Complexity: O(bytes), without recursion.
  mutating func value() throws(Failure) -> Range<Int> {
    _ = peek()
    let start = index
    // The byte that closes each open array or object.
    var open: [UInt8] = []
    while true {
      try begin(&open)
      while true {
        guard let closing = open.last else { return start..<index }
        if take(closing) {
          open.removeLast()
          continue
        }
        guard take(UInt8(ascii: ",")) else {
          throw unexpected("a comma or the closing \(Character(Unicode.Scalar(closing)))")
        }
        if closing == UInt8(ascii: "}") { try name() }
        break
      }
    }
  }

  /// Passes over a scalar, or over what is before the first value of an array or object.
  private mutating func begin(_ open: inout [UInt8]) throws(Failure) {
    while let byte = peek() {
      let isObject = byte == UInt8(ascii: "{")
      guard isObject || byte == UInt8(ascii: "[") else { return try scalar(byte) }
      guard open.count < Self.mostDepth else {
        throw Failure(offset: index, message: "it is nested deeper than \(Self.mostDepth) levels")
      }
      index += 1
      let closing = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
      if take(closing) { return }
      open.append(closing)
      if isObject { try name() }
    }
    throw unexpected("a value")
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    index += 1
    return true
  }

  /// Passes over a member's name and its colon.
  private mutating func name() throws(Failure) {
    guard peek() == UInt8(ascii: "\"") else { throw unexpected("a name in quotation marks") }
    try skipString()
    guard take(UInt8(ascii: ":")) else { throw unexpected("a colon") }
  }

  /// The members of the object that comes next, in their order; a name twice is an error.
  mutating func members() throws(Failure) -> [Member] {
    guard take(UInt8(ascii: "{")) else { throw unexpected("an object") }
    var members: [Member] = []
    var names: Set<String> = []
    if take(UInt8(ascii: "}")) { return members }
    while true {
      _ = peek()
      let offset = index
      try name()
      let name = string(at: offset)
      guard names.insert(name).inserted else {
        throw Failure(offset: offset, message: "it has \(quotedShort(name)) twice")
      }
      members.append(Member(name: name, offset: offset, value: try value()))
      if take(UInt8(ascii: "}")) { return members }
      guard take(UInt8(ascii: ",")) else { throw unexpected("a comma or the closing }") }
    }
  }

  /// Where the elements are of the array that comes next.
  mutating func elements() throws(Failure) -> [Range<Int>] {
    guard take(UInt8(ascii: "[")) else { throw unexpected("an array") }
    var elements: [Range<Int>] = []
    if take(UInt8(ascii: "]")) { return elements }
    while true {
      elements.append(try value())
      if take(UInt8(ascii: "]")) { return elements }
      guard take(UInt8(ascii: ",")) else { throw unexpected("a comma or the closing ]") }
    }
  }

  func unexpected(_ expected: String) -> Failure {
    Failure(
      offset: min(index, bytes.count),
      message: index < bytes.count
        ? "it is no JSON: \(expected) is missing"
        : "it is no JSON: it ends where \(expected) should be")
  }
}
