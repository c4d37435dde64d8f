/// The last part of a short link's address, such as `docs/install`.
///
/// Codes are compared byte by byte, by the database as by the cache. So that no two codes look the
/// same, text that is not in Unicode's composed form (NFC) is refused rather than changed: what was
/// asked for is what is made, or nothing is.
public struct ShortCode: Sendable, Hashable {
  /// The longest custom code if nothing else is set, in bytes of UTF-8.
  public static let defaultMaximumLength = 50

  public let text: String

  /// A code that a person chose: 1…`maximumLength` bytes of letters, digits, `- _ . ~ /`, non-ASCII
  /// letters with their marks, and emoji; no `/` at its ends, no empty, `.` or `..` segment (clients
  /// remove those from an address). Throws ``LinkError/invalidCode(_:)``. Complexity: O(length).
  public init(
    custom text: String, maximumLength: Int = ShortCode.defaultMaximumLength
  ) throws(LinkError) {
    if !Self.isPlain(text, maximumLength), let reason = Self.reasonToRefuse(text, maximumLength) {
      throw .invalidCode(reason)
    }
    self.text = text
  }

  init(generated text: String) { self.text = text }

  /// Whether it is of ASCII's letters, digits, `-`, `_` and `~` alone, as nearly all are: then there
  /// is nothing to refuse, and no need to ask Unicode's tables.
  static func isPlain(_ text: String, _ maximumLength: Int) -> Bool {
    (1...max(1, maximumLength)).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
          UInt8(ascii: "~"):
          true
        default: false
        }
      }
  }

  static func reasonToRefuse(_ text: String, _ maximumLength: Int) -> String? {
    if text.isEmpty { return "is empty" }
    if text.utf8.count > maximumLength { return "is longer than \(maximumLength) bytes" }
    var native = text
    native.makeContiguousUTF8()
    var span = native.utf8Span
    if !span.checkForNFC(quickCheck: false) { return "is not in composed form (Unicode NFC)" }
    for segment in text.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false) {
      if segment.isEmpty { return "has a / at one of its ends or twice in a row" }
      let name = String(String.UnicodeScalarView(segment))
      if name == "." || name == ".." { return "has a part that is only dots" }
      if !isSegment(segment) {
        return "may contain letters, digits, emoji and - _ . ~ / only"
      }
    }
    return nil
  }

  /// What joins or varies its neighbours is allowed only where it has something to join or vary, so
  /// that nothing invisible makes two codes differ.
  private static func isSegment(_ segment: Substring.UnicodeScalarView) -> Bool {
    var previous: Unicode.Scalar?
    for scalar in segment {
      switch kind(of: scalar) {
      case .base: break
      case .mark:
        guard let previous, kind(of: previous) != .joiner, previous != "." else { return false }
      case .joiner:
        guard let previous, !previous.isASCII, kind(of: previous) != .joiner else { return false }
      case .none: return false
      }
      previous = scalar
    }
    guard let previous else { return false }
    return kind(of: previous) != .joiner
  }

  private enum Kind { case base, mark, joiner }

  private static func kind(of scalar: Unicode.Scalar) -> Kind? {
    if scalar.isASCII {
      let isAlphanumeric =
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
      return isAlphanumeric || "-_.~".unicodeScalars.contains(scalar) ? .base : nil
    }
    switch scalar.value {
    case 0x200c, 0x200d: return .joiner
    case 0xfe0e, 0xfe0f, 0x20e3, 0xe0020...0xe007f: return .mark
    default: break
    }
    let properties = scalar.properties
    if properties.isDefaultIgnorableCodePoint { return nil }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .decimalNumber:
      return .base
    case .nonspacingMark, .spacingMark: return .mark
    default: return properties.isEmoji ? .base : nil
    }
  }
}

extension ShortCode: CustomStringConvertible {
  public var description: String { text }
}
