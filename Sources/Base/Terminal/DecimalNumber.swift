/// An unsigned decimal such as `1.5`, kept exact: `digits` / 10^`fractionDigits`.
struct DecimalNumber {
  private(set) var digits: UInt64
  private(set) var fractionDigits: Int

  enum ScalingError: Error {
    case tooLarge
    case notWhole
  }

  /// Takes the number `text` begins with; nil, and `text` as it was, if it begins with none.
  init?(takingFrom text: inout Substring) throws(ScalingError) {
    let whole = text.prefix { $0.isASCIIDigit }
    var rest = text[whole.endIndex...]
    var fraction: Substring = ""
    if rest.first == "." {
      fraction = rest.dropFirst().prefix { $0.isASCIIDigit }
      rest = rest[fraction.endIndex...]
      // `5.` and `.5` are read, a lone point is not a number.
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return nil }
    while fraction.last == "0" { fraction.removeLast() }
    guard fraction.count <= 18 else { throw .notWhole }

    digits = 0
    fractionDigits = fraction.count
    for digit in whole.utf8 { try append(digit) }
    for digit in fraction.utf8 { try append(digit) }
    text = rest
  }

  private mutating func append(_ digit: UInt8) throws(ScalingError) {
    let (tens, overflow) = digits.multipliedReportingOverflow(by: 10)
    let (sum, carry) = tens.addingReportingOverflow(UInt64(digit &- UInt8(ascii: "0")))
    guard !overflow, !carry else { throw .tooLarge }
    digits = sum
  }

  /// The number times `unit`, which must come out whole.
  func scaled(by unit: UInt64) throws(ScalingError) -> Int64 {
    var divisor: UInt64 = 1
    for _ in 0..<fractionDigits { divisor *= 10 }
    let product = digits.multipliedFullWidth(by: unit)
    guard product.high < divisor else { throw .tooLarge }
    let (quotient, remainder) = divisor.dividingFullWidth(product)
    guard remainder == 0 else { throw .notWhole }
    guard let result = Int64(exactly: quotient) else { throw .tooLarge }
    return result
  }
}

extension Character {
  var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}

/// `value` / 10^`places` in decimal, without trailing zeros.
func decimalText(_ value: UInt64, places: Int) -> String {
  var digits = String(value)
  if digits.count <= places {
    digits = String(repeating: "0", count: places - digits.count + 1) + digits
  }
  let whole = digits.dropLast(places)
  var fraction = digits.suffix(places)
  while fraction.last == "0" { fraction.removeLast() }
  return fraction.isEmpty ? String(whole) : "\(whole).\(fraction)"
}
