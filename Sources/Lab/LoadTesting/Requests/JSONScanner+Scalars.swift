extension JSONScanner {
  /// Passes over what is neither array nor object.
  mutating func scalar(_ first: UInt8) throws(Failure) {
    switch first {
    case UInt8(ascii: "\""): try skipString()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    default: throw unexpected("a value")
    }
  }

  private mutating func word(_ word: StaticString) throws(Failure) {
    let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    guard bytes[index...].starts(with: expected) else { throw unexpected("a value") }
    advance(by: expected.count)
  }

  private mutating func number() throws(Failure) {
    if current == UInt8(ascii: "-") { advance(by: 1) }
    // No zeros in front.
    if current == UInt8(ascii: "0") { advance(by: 1) } else { try digits() }
    if current == UInt8(ascii: ".") {
      advance(by: 1)
      try digits()
    }
    if let byte = current, byte | 0x20 == UInt8(ascii: "e") {
      advance(by: 1)
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { advance(by: 1) }
      try digits()
    }
  }

  private mutating func digits() throws(Failure) {
    let start = index
    while let byte = current, byte &- UInt8(ascii: "0") < 10 { advance(by: 1) }
    guard index > start else { throw unexpected("a digit") }
  }

  /// Passes over a string: RFC 8259, section 7.
  mutating func skipString() throws(Failure) {
    advance(by: 1)
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        advance(by: 1)
        return
      case UInt8(ascii: "\\"): try escape()
      case 0..<0x20:
        throw Failure(
          offset: index, message: "it is no JSON: a string has a control character or a line's end")
      default: advance(by: 1)
      }
    }
    throw unexpected("the closing quotation mark")
  }

  private mutating func escape() throws(Failure) {
    advance(by: 1)
    guard let byte = current else { return }
    switch byte {
    case UInt8(ascii: "u"):
      advance(by: 1)
      guard let unit = Self.unit(bytes[index...]) else {
        throw unexpected("a character's number of four hexadecimal digits")
      }
      advance(by: 4)
      guard unit & 0xf800 == 0xd800 else { return }
      // Halves of a pair mean nothing alone.
      guard unit < 0xdc00, bytes[index...].starts(with: "\\u".utf8),
        let low = Self.unit(bytes[index...].dropFirst(2)), low & 0xfc00 == 0xdc00
      else { throw unexpected("the second half of a surrogate pair") }
      advance(by: 6)
    case _ where Self.escaped[byte] != nil: advance(by: 1)
    default: throw unexpected("one of \"\\/bfnrtu behind a backslash")
    }
  }

  /// The text of the string that begins at an offset, which ``skipString()`` has passed over.
  func string(at offset: Int) -> String {
    var text: [UInt8] = []
    var rest = bytes[offset...].dropFirst()
    while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
      guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
        text.append(byte)
        continue
      }
      if let plain = Self.escaped[next] {
        text.append(plain)
      } else if let high = Self.unit(rest) {
        rest = rest.dropFirst(4)
        var value = high
        if high & 0xfc00 == 0xd800, let low = Self.unit(rest.dropFirst(2)) {
          rest = rest.dropFirst(6)
          value = 0x10000 &+ (high & 0x3ff) << 10 &+ low & 0x3ff
        }
        text += String(Unicode.Scalar(value) ?? "\u{fffd}").utf8
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static let escaped: [UInt8: UInt8] = [
    UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0c,
    UInt8(ascii: "n"): 0x0a, UInt8(ascii: "r"): 0x0d, UInt8(ascii: "t"): 0x09,
  ]

  /// The number that four hexadecimal digits are.
  private static func unit(_ bytes: ArraySlice<UInt8>) -> UInt32? {
    var value: UInt32 = 0
    let digits = bytes.prefix(4)
    guard digits.count == 4 else { return nil }
    for digit in digits {
      guard let number = Character(Unicode.Scalar(digit)).hexDigitValue, digit < 0x80 else {
        return nil
      }
      value = value << 4 | UInt32(number)
    }
    return value
  }
}
