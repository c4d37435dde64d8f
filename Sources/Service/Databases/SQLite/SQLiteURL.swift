/// What stands behind `sqlite:`.
struct SQLiteURL {
  let path: String
  var access = SQLiteConnection.Access.create

  init(_ rest: Substring) throws(DatabaseError) {
    let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let location = parts[0].hasPrefix("//") ? parts[0].dropFirst(2) : parts[0]
    guard let path = PercentEncoding.decoded(location) else {
      throw DatabaseError(
        .invalidURL, "the database URL's path has a % that two hexadecimal digits do not follow")
    }
    guard !path.isEmpty else {
      throw DatabaseError(
        .invalidURL, "the database URL names no file: write it as in sqlite://./lynx.db")
    }
    guard !path.utf8.contains(0) else {
      throw DatabaseError(.invalidURL, "the database URL's path contains a NUL character")
    }
    self.path = path
    guard parts.count > 1 else { return }
    for setting in parts[1].split(separator: "&") {
      switch setting {
      case "mode=ro": access = .readOnly
      case "mode=rw": access = .readWrite
      case "mode=rwc": access = .create
      default:
        throw DatabaseError(
          .invalidURL,
          "a SQLite URL takes ?mode=ro, ?mode=rw or ?mode=rwc and nothing else, not ?\(setting)")
      }
    }
  }
}

/// RFC 3986, section 2.1.
enum PercentEncoding {
  /// Nil where a `%` is not followed by two hexadecimal digits, or the bytes are not UTF-8.
  static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit)
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
