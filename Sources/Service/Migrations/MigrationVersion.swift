/// The number a migration's file name begins with: `0001`, `20260105093000`, of any length.
///
/// Versions compare as numbers: `1` and `0001` are the same, `10` comes after `9`.
public struct MigrationVersion: Sendable {
  /// As the file or the record writes it, zeros in front included.
  public let digits: String

  /// Nil if `text` is anything but decimal digits, at least one.
  public init?(_ text: some StringProtocol) {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0.isDigit }) else { return nil }
    digits = String(text)
  }

  private var significant: Substring { digits.drop { $0 == "0" } }

  /// Whether it is 0, the version of a database without migrations.
  public var isZero: Bool { significant.isEmpty }
}

extension MigrationVersion: Comparable, Hashable, CustomStringConvertible {
  public static func == (a: Self, b: Self) -> Bool { a.significant == b.significant }

  public static func < (a: Self, b: Self) -> Bool {
    let (a, b) = (a.significant, b.significant)
    return a.utf8.count == b.utf8.count ? a < b : a.utf8.count < b.utf8.count
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(significant) }

  public var description: String { digits }
}

extension UInt8 {
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
