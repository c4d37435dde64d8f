/// Appending to the bytes of a picture without building a String for each piece.
extension [UInt8] {
  mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { append(contentsOf: $0) }
  }

  /// Clean text as XML character data; `>` is escaped for the sake of `]]>`.
  mutating func appendXML(_ clean: some Sequence<UInt8>) {
    for byte in clean {
      switch byte {
      case UInt8(ascii: "&"): append("&amp;")
      case UInt8(ascii: "<"): append("&lt;")
      case UInt8(ascii: ">"): append("&gt;")
      default: append(byte)
      }
    }
  }

  /// Clean text, or lines of it, as a JSON string that is XML character data as well.
  mutating func appendJSON(_ clean: some Sequence<UInt8>) {
    append(UInt8(ascii: "\""))
    for byte in clean {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case UInt8(ascii: "\n"): append("\\n")
      case UInt8(ascii: "&"): append("\\u0026")
      case UInt8(ascii: "<"): append("\\u003c")
      case UInt8(ascii: ">"): append("\\u003e")
      default: append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }

  /// Decimal digits.
  mutating func append(decimal number: some BinaryInteger) {
    appendDigits(of: number, grouped: false)
  }

  /// Decimal digits with a comma before every third: `1,234`.
  mutating func append(grouped number: some BinaryInteger) {
    appendDigits(of: number, grouped: true)
  }

  private mutating func appendDigits(of number: some BinaryInteger, grouped: Bool) {
    if number < 0 { append(UInt8(ascii: "-")) }
    var rest = UInt64(truncatingIfNeeded: number.magnitude)
    if rest < 10 { return append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest)) }
    // From the last digit to the first; 20 of them at most, and 6 commas.
    var text = InlineArray<26, UInt8>(repeating: 0)
    var first = 26
    var digits = 0
    while rest > 0, first > 1 {
      if grouped, digits > 0, digits % 3 == 0 {
        first -= 1
        text[first] = UInt8(ascii: ",")
      }
      first -= 1
      text[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      digits += 1
    }
    for index in first..<26 { append(text[index]) }
  }

  /// A length in pixels, to a thousandth; zeros at its end are left out.
  mutating func append(pixels: Double) {
    let thousandths = Int64(exactly: (pixels * 1000).rounded()) ?? 0
    append(decimal: thousandths / 1000)
    var fraction = (thousandths % 1000).magnitude
    if fraction == 0 { return }
    append(UInt8(ascii: "."))
    var unit: UInt64 = 100
    while fraction > 0, unit > 0 {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: fraction / unit))
      fraction %= unit
      unit /= 10
    }
  }

  /// What part of `total` the value is, in percent with two decimals, rounded half up: `12.34`.
  mutating func append(percentOf total: Int64, value: Int64) {
    guard total > 0, value >= 0, value <= total else { return append("0.00") }
    let product = value.multipliedFullWidth(by: 10_000)
    let (quotient, remainder) = total.dividingFullWidth(product)
    let hundredths = remainder >= total - remainder ? quotient + 1 : quotient
    append(decimal: hundredths / 100)
    append(UInt8(ascii: "."))
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: hundredths % 100 / 10))
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: hundredths % 10))
  }
}

extension Int64 {
  /// The sum, or the greatest value if that is beyond it; for what is not negative.
  func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
