/// The header fields that decide how a response is read.
struct ResponseFields {
  var length: Int?
  var isChunked = false
  /// A last transfer coding other than `chunked`: the body ends with the connection.
  var hasOtherCoding = false
  var saysClose = false
  var saysKeepAlive = false
  var location: Range<Int>?

  /// Reads a line, without its line feed.
  @inline(__always)
  mutating func read(_ bytes: ResponseBytes, _ line: Range<Int>) -> ResponseFault? {
    let first = bytes[line.lowerBound]
    // obs-fold (RFC 9112, section 5.2), which nothing here may depend on; or a blank before the name.
    if first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") { return .field }
    guard let colon = bytes.first(UInt8(ascii: ":"), in: line), colon > line.lowerBound else {
      return .field
    }
    let last = bytes[colon &- 1]
    if last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { return .field }
    switch first | 0x20 {
    case UInt8(ascii: "c"), UInt8(ascii: "t"), UInt8(ascii: "l"):
      return readKnown(bytes, name: line.lowerBound..<colon, value: colon &+ 1..<line.upperBound)
    default: return nil
    }
  }

  private mutating func readKnown(
    _ bytes: ResponseBytes, name: Range<Int>, value: Range<Int>
  ) -> ResponseFault? {
    switch name.count {
    case 14 where bytes.matches("content-length", name):
      guard length == nil, let number = Self.number(bytes, Self.trimmed(bytes, value)) else {
        return .length
      }
      length = number
    case 17 where bytes.matches("transfer-encoding", name):
      // The last coding decides.
      isChunked = false
      Self.forEachToken(bytes, value) { token in
        isChunked = bytes.matches("chunked", token)
      }
      hasOtherCoding = !isChunked
    case 10 where bytes.matches("connection", name):
      Self.forEachToken(bytes, value) { token in
        if bytes.matches("close", token) { saysClose = true }
        if bytes.matches("keep-alive", token) { saysKeepAlive = true }
      }
    case 8 where bytes.matches("location", name):
      location = Self.trimmed(bytes, value)
    default: break
    }
    return nil
  }

  static func trimmed(_ bytes: ResponseBytes, _ range: Range<Int>) -> Range<Int> {
    func isBlank(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, isBlank(bytes[start]) { start &+= 1 }
    while end > start, isBlank(bytes[end &- 1]) { end &-= 1 }
    return start..<end
  }

  /// Eighteen digits fit into an `Int`, and are more than anybody sends.
  private static func number(_ bytes: ResponseBytes, _ range: Range<Int>) -> Int? {
    guard !range.isEmpty, range.count <= 18 else { return nil }
    var value = 0
    for index in range {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int(digit)
    }
    return value
  }

  private static func forEachToken(
    _ bytes: ResponseBytes, _ range: Range<Int>, _ body: (Range<Int>) -> Void
  ) {
    var start = range.lowerBound
    while start <= range.upperBound {
      let comma =
        bytes.first(UInt8(ascii: ","), in: start..<range.upperBound) ?? range.upperBound
      let token = trimmed(bytes, start..<comma)
      if !token.isEmpty { body(token) }
      start = comma &+ 1
    }
  }
}
