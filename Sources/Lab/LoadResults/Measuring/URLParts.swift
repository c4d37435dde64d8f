/// The parts of a URL that are looked at here, found without judging the rest.
struct URLParts {
  private let bytes: [UInt8]
  /// Where the authority is (RFC 3986, section 3.2): behind the two slashes, or at the beginning.
  private let authorityRange: Range<Int>

  init(_ url: String) {
    let bytes = Array(url.utf8)
    self.bytes = bytes
    var start = 0
    if let slashes = bytes.indices.first(where: { bytes[$0...].starts(with: "://".utf8) }) {
      start = slashes + 3
    }
    // `\` ends it as well, as browsers read it.
    let end = bytes[start...].firstIndex { "/?#\\".utf8.contains($0) } ?? bytes.count
    authorityRange = start..<end
  }

  /// Host and port, without the user.
  var hostAndPort: String {
    let authority = bytes[authorityRange]
    let start = authority.lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? authority.startIndex
    return String(decoding: authority[start...], as: UTF8.self)
  }

  /// What follows the authority.
  var path: String {
    authorityRange.upperBound < bytes.count
      ? String(decoding: bytes[authorityRange.upperBound...], as: UTF8.self) : "/"
  }

  /// The URL without the password (section 3.2.1); the user's name stays.
  var withoutPassword: String {
    let authority = bytes[authorityRange]
    guard let at = authority.lastIndex(of: UInt8(ascii: "@")),
      let colon = authority[..<at].firstIndex(of: UInt8(ascii: ":"))
    else { return String(decoding: bytes, as: UTF8.self) }
    return String(decoding: bytes[..<colon] + bytes[at...], as: UTF8.self)
  }
}
