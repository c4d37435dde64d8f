internal import Glibc

/// What may stand for a host in a URL (WHATWG URL Standard, section 3.5).
enum Host {
  static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
    if bytes.first == UInt8(ascii: "[") {
      guard bytes.count > 2, bytes.last == UInt8(ascii: "]") else { return false }
      return isIPv6(bytes.dropFirst().dropLast())
    }
    guard let name = String(validating: percentDecoded(bytes), as: UTF8.self), !name.isEmpty,
      name.unicodeScalars.allSatisfy(isAllowed)
    else { return false }
    // "Ends in a number": what looks like an IPv4 address has to be one.
    var labels = name.split(separator: ".", omittingEmptySubsequences: false)
    if labels.last == "", labels.count > 1 { labels.removeLast() }
    guard let last = labels.last, !labels.contains("") else { return false }
    let isNumeric = !last.isEmpty && last.utf8.allSatisfy { digit($0, radix: 10) != nil }
    if isNumeric || number(last) != nil { return isIPv4(labels) }
    return true
  }

  private static func isIPv6(_ bytes: ArraySlice<UInt8>) -> Bool {
    var address = in6_addr()
    // A NUL would end the C string early; zone identifiers are refused by inet_pton.
    guard !bytes.contains(0) else { return false }
    return inet_pton(AF_INET6, String(decoding: bytes, as: UTF8.self), &address) == 1
  }

  /// One to four numbers, the last of which fills the bytes that are left.
  private static func isIPv4(_ labels: [Substring]) -> Bool {
    guard labels.count <= 4 else { return false }
    let numbers = labels.compactMap(number)
    guard numbers.count == labels.count, let last = numbers.last else { return false }
    return numbers.dropLast().allSatisfy { $0 <= 255 }
      && last < 1 << (8 * (5 - UInt64(labels.count)))
  }

  /// Decimal, octal after `0`, hexadecimal after `0x`; nil if it is no number. One too large for any
  /// address is the largest there is.
  private static func number(_ label: Substring) -> UInt64? {
    var digits = label.utf8[...]
    if digits.isEmpty { return nil }
    var radix: UInt64 = 10
    if digits.count >= 2, digits.first == UInt8(ascii: "0") {
      let isHexadecimal = label.dropFirst().first.map { $0 == "x" || $0 == "X" } ?? false
      radix = isHexadecimal ? 16 : 8
      digits = digits.dropFirst(isHexadecimal ? 2 : 1)
    }
    var value: UInt64 = 0
    for byte in digits {
      guard let digit = digit(byte, radix: radix) else { return nil }
      value = min(value * radix + digit, 1 << 40)
    }
    return value
  }

  private static func digit(_ byte: UInt8, radix: UInt64) -> UInt64? {
    let value: UInt64
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): value = UInt64(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): value = UInt64(byte - UInt8(ascii: "A")) + 10
    default: return nil
    }
    return value < radix ? value : nil
  }

  private static func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var decoded: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let high = digit(rest[rest.startIndex], radix: 16),
        let low = digit(rest[rest.startIndex + 1], radix: 16)
      {
        decoded.append(UInt8(high << 4 | low))
        rest = rest.dropFirst(2)
      } else {
        decoded.append(byte)
      }
    }
    return decoded
  }

  /// Not one of the forbidden domain code points, neither itself nor in its compatibility mapping.
  static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return scalar.value > 0x20 && scalar.value < 0x7f
        && !#"#/:<>?@[\]^|%"#.unicodeScalars.contains(scalar)
    }
    switch scalar.properties.generalCategory {
    case .control, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
      .paragraphSeparator:
      return false
    case .format:
      return scalar.value == 0x200c || scalar.value == 0x200d
    case .modifierSymbol:
      // Spacing accents are mapped to a space and a mark; the emoji's skin tones are not.
      return scalar.value >= 0x1_0000
    default:
      return !mappedToForbidden.contains { $0.contains(scalar.value) }
    }
  }

  /// Characters of other categories whose NFKC form (Unicode 15) contains a forbidden one, such as
  /// ℀, which is mapped to `a/c`.
  private static let mappedToForbidden: [ClosedRange<UInt32>] = [
    0x37a...0x37a, 0x2017...0x2017, 0x203e...0x203e, 0x2047...0x2049, 0x2100...0x2101,
    0x2105...0x2106, 0x2a74...0x2a74, 0xfc5e...0xfc63, 0xfdfa...0xfdfb, 0xfe13...0xfe13,
    0xfe16...0xfe16, 0xfe47...0xfe4c, 0xfe55...0xfe56, 0xfe5f...0xfe5f, 0xfe64...0xfe65,
    0xfe68...0xfe68, 0xfe6a...0xfe6b, 0xfe70...0xfe70, 0xfe72...0xfe72, 0xfe74...0xfe74,
    0xfe76...0xfe76, 0xfe78...0xfe78, 0xfe7a...0xfe7a, 0xfe7c...0xfe7c, 0xfe7e...0xfe7e,
    0xff03...0xff03, 0xff05...0xff05, 0xff0f...0xff0f, 0xff1a...0xff1a, 0xff1c...0xff1c,
    0xff1e...0xff20, 0xff3b...0xff3e, 0xff5c...0xff5c,
  ]
}
