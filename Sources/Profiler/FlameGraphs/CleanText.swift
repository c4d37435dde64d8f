/// UTF-8 that may stand in XML 1.0 and shows everything it holds.
enum CleanText {
  /// `text` with what XML forbids or what cannot be seen replaced: a control character by its
  /// picture, anything else by U+FFFD. Overrides of the writing direction count as unseen, since
  /// they would let one name look like another.
  static func bytes(_ text: String) -> [UInt8] {
    if text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return Array(text.utf8) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count + 8)
    for scalar in text.unicodeScalars {
      bytes.append(contentsOf: String(visible(scalar)).utf8)
    }
    return bytes
  }

  private static func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value) ?? "\u{fffd}"
    case 0x7f: "\u{2421}"
    case 0x80...0x9f, 0x2028...0x202e, 0x2066...0x2069, 0xfdd0...0xfdef: "\u{fffd}"
    case let value where value & 0xfffe == 0xfffe: "\u{fffd}"
    default: scalar
    }
  }
}
