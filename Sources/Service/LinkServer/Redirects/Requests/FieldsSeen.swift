/// What the fields of a head say of its framing and of the connection.
struct FieldsSeen {
  private var hasHost = false
  private var length: Int?
  private var isChunked = false
  private var closes = false
  private var keepsAlive = false
  private var expectsContinue = false

  /// Takes a field in; why the request is refused, if it is.
  @inline(__always)
  mutating func note(_ bytes: RequestBytes, name: Range<Int>, value: Range<Int>) -> Refusal? {
    // Lengths of names that matter; nearly all others end here.
    switch name.count {
    case 4 where bytes.halfWord(at: name.lowerBound) | 0x2020_2020 == 0x7473_6f68:  // "host"
      return noteHost(bytes, value)
    case 6, 10, 14, 17: return noteOther(bytes, name, value)
    default: return nil
    }
  }

  @inline(__always)
  private mutating func noteHost(_ bytes: RequestBytes, _ value: Range<Int>) -> Refusal? {
    if hasHost { return .malformed }
    hasHost = true
    let value = Self.trimmed(bytes, value)
    for index in value where !ByteClass.isHost(bytes[index]) { return .malformed }
    return nil
  }

  @inline(never)
  private mutating func noteOther(
    _ bytes: RequestBytes, _ name: Range<Int>, _ value: Range<Int>
  ) -> Refusal? {
    func isNamed(_ text: StaticString) -> Bool {
      bytes.matches(text, at: name.lowerBound, count: name.count)
    }
    if isNamed("connection") {
      noteConnection(bytes, value)
    } else if isNamed("content-length") {
      // Once, and digits alone: a list of equal lengths is refused as well.
      guard length == nil, let number = Self.number(bytes, Self.trimmed(bytes, value)) else {
        return .malformed
      }
      length = number
    } else if isNamed("transfer-encoding") {
      // No other coding is understood, and chunked twice is none.
      let value = Self.trimmed(bytes, value)
      guard !isChunked, bytes.matches("chunked", at: value.lowerBound, count: value.count) else {
        return .malformed
      }
      isChunked = true
    } else if isNamed("expect") {
      let value = Self.trimmed(bytes, value)
      guard bytes.matches("100-continue", at: value.lowerBound, count: value.count) else {
        return .unknownExpectation
      }
      expectsContinue = true
    }
    return nil
  }

  private mutating func noteConnection(_ bytes: RequestBytes, _ value: Range<Int>) {
    var start = value.lowerBound
    while start <= value.upperBound {
      var end = start
      while end < value.upperBound, bytes[end] != UInt8(ascii: ",") { end &+= 1 }
      let option = Self.trimmed(bytes, start..<end)
      if bytes.matches("close", at: option.lowerBound, count: option.count) { closes = true }
      if bytes.matches("keep-alive", at: option.lowerBound, count: option.count) {
        keepsAlive = true
      }
      start = end &+ 1
    }
  }

  /// Says in the head what its fields say together; false if they contradict each other.
  @inline(__always)
  func describeMessage(_ head: inout RequestHead) -> Bool {
    if head.isHTTP10 {
      // Before 1.1 there was no chunked coding: who sends it does not know where the message ends
      // (RFC 9112, section 6.1).
      if isChunked { return false }
      head.keepsAlive = keepsAlive && !closes
    } else {
      if !hasHost { return false }
      head.keepsAlive = !closes
      head.expectsContinue = expectsContinue
    }
    if isChunked {
      if length != nil { return false }
      head.body = .chunked
    } else if let length, length > 0 {
      head.body = .length(length)
    }
    return true
  }

  /// Without spaces and tabs at its ends.
  @inline(__always)
  private static func trimmed(_ bytes: RequestBytes, _ value: Range<Int>) -> Range<Int> {
    var (start, end) = (value.lowerBound, value.upperBound)
    while start < end, isBlank(bytes[start]) { start &+= 1 }
    while end > start, isBlank(bytes[end &- 1]) { end &-= 1 }
    return start..<end
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  private static func number(_ bytes: RequestBytes, _ digits: Range<Int>) -> Int? {
    if digits.isEmpty { return nil }
    var number = 0
    for index in digits {
      let digit = bytes[index] &- UInt8(ascii: "0")
      let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, isTooLargeNow) = product.addingReportingOverflow(Int(digit))
      if digit > 9 || isTooLarge || isTooLargeNow { return nil }
      number = sum
    }
    return number
  }
}
