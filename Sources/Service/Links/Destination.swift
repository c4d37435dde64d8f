/// Where a link may lead: an absolute `http` or `https` URL with a host, kept byte for byte as it was
/// given.
///
/// What a browser would refuse to open is refused here, by the host and port rules of the WHATWG URL
/// Standard (sections 3.5 and 4.4); of its name mapping (UTS #46) only that part is applied which
/// finds forbidden characters, so that a name which just no registry would give out is accepted.
/// Refused beyond that, though browsers mend it: white space and control characters anywhere, `\` in
/// the authority, a missing `//`, empty parts of a name, and user names and passwords (`https://bank.example@elsewhere/`
/// hides where it leads, and a redirect would show the password to everyone).
public struct Destination: Sendable, Hashable {
  /// Bytes of UTF-8.
  public static let maximumLength = 8192

  /// The URL as it was given.
  public let text: String

  /// Complexity: O(length). Throws ``LinkError/invalidDestination(_:)``.
  public init(_ text: String) throws(LinkError) {
    if !Self.isPlain(text), let reason = Self.reasonToRefuse(text) {
      throw .invalidDestination(reason)
    }
    self.text = text
  }

  /// Whether it is of visible ASCII alone, begins with `http://` or `https://` and has a host name of
  /// letters, digits and hyphens whose last part begins with a letter, and no port, as nearly all are:
  /// then there is nothing to refuse, and one pass tells.
  static func isPlain(_ text: String) -> Bool {
    guard text.utf8.count <= maximumLength else { return false }
    var bytes = text.utf8[...]
    if bytes.starts(with: "https://".utf8) {
      bytes = bytes.dropFirst(8)
    } else if bytes.starts(with: "http://".utf8) {
      bytes = bytes.dropFirst(7)
    } else {
      return false
    }
    var isInHost = true
    var isAtLabel = true
    var lastLabelIsName = false
    for byte in bytes {
      guard (0x21...0x7e).contains(byte) else { return false }
      guard isInHost else { continue }
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
        if isAtLabel { lastLabelIsName = true }
        isAtLabel = false
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
        if isAtLabel { lastLabelIsName = false }
        isAtLabel = false
      case UInt8(ascii: "."):
        if isAtLabel { return false }
        isAtLabel = true
      case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"):
        if isAtLabel { return false }
        isInHost = false
      default: return false
      }
    }
    return lastLabelIsName && !isAtLabel
  }

  static func reasonToRefuse(_ text: String) -> String? {
    if text.isEmpty { return "is empty" }
    if text.utf8.count > maximumLength { return "is longer than \(maximumLength) bytes" }
    for scalar in text.unicodeScalars where isSpaceOrControl(scalar) {
      return "contains a space or control character; percent-encode it"
    }
    let bytes = Array(text.utf8)
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
      ["http", "https"].contains(String(decoding: bytes[..<colon], as: UTF8.self).lowercased()),
      bytes[colon...].starts(with: "://".utf8)
    else { return "does not begin with http:// or https://" }
    let rest = bytes[(colon + 3)...]
    let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
    return reasonToRefuse(authority: rest[..<end])
  }

  private static func reasonToRefuse(authority: ArraySlice<UInt8>) -> String? {
    if authority.contains(UInt8(ascii: "\\")) { return "has a backslash before its path" }
    if authority.contains(UInt8(ascii: "@")) {
      return "carries a user name or password; leave out what stands before the @"
    }
    var host = authority
    let bracket = authority.lastIndex(of: UInt8(ascii: "]")) ?? authority.startIndex
    if let colon = authority[bracket...].firstIndex(of: UInt8(ascii: ":")) {
      host = authority[..<colon]
      let port = authority[(colon + 1)...]
      guard port.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
        port.isEmpty
          || (port.drop { $0 == UInt8(ascii: "0") }.count <= 5
            && (Int(String(decoding: port.suffix(5), as: UTF8.self)) ?? 0) <= 65535)
      else { return "has no valid port; a port is a number up to 65535" }
    }
    if host.isEmpty { return "has no host" }
    return Host.isValid(host) ? nil : "has no valid host"
  }

  private static func isSpaceOrControl(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value <= 0x20 || scalar.value == 0x7f }
    return scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
  }
}
