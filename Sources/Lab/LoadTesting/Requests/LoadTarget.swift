/// Where requests go, from a URL.
public struct LoadTarget: Sendable, Equatable {
  public var isSecure: Bool
  /// A name or an address, without the brackets of IPv6.
  public var host: String
  public var port: UInt16
  /// Path and query, beginning with a slash.
  public var path: String
  /// A unix socket to connect to instead of host and port.
  public var unixSocket: String?

  /// Why a text is no target: a sentence's end.
  public struct ParseError: Error, Sendable, Equatable {
    public let message: String
  }

  /// Reads an `http://` or `https://` URL (RFC 3986); a text without a scheme is taken as `http://`.
  public init(_ url: String) throws(ParseError) {
    var rest = Substring(url)
    let lower = url.lowercased()
    if lower.hasPrefix("http://") {
      isSecure = false
      rest = rest.dropFirst(7)
    } else if lower.hasPrefix("https://") {
      isSecure = true
      rest = rest.dropFirst(8)
    } else if let mark = url.firstRange(of: "://"),
      !url[..<mark.lowerBound].contains(where: { "/?#".contains($0) })
    {
      throw ParseError(
        message: "\(url[..<mark.lowerBound]) is not spoken; write http:// or https://")
    } else {
      isSecure = false
    }
    guard Self.withoutPlaceholders(url).utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw ParseError(
        message: "it has blanks, control characters or letters beyond ASCII; percent-encode them")
    }
    rest = rest.prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    let after = rest.dropFirst(authority.count)
    path = after.hasPrefix("/") ? String(after) : "/" + after
    guard !authority.contains("@") else {
      throw ParseError(
        message: "user and password do not belong into it; write -H 'Authorization: …'")
    }
    let (host, portText) = try Self.split(authority)
    guard !host.isEmpty else { throw ParseError(message: "it names no host") }
    self.host = host
    guard let portText else {
      port = isSecure ? 443 : 80
      return
    }
    guard let number = UInt16(portText), number > 0, portText.utf8.allSatisfy({ $0 != 0x2b }) else {
      throw ParseError(message: "its port is not a number from 1 to 65535")
    }
    port = number
  }

  /// Placeholders may have blanks, and files with any name.
  private static func withoutPlaceholders(_ url: String) -> String {
    var text = ""
    var rest = Substring(url)
    while let open = rest.firstRange(of: "{{"),
      let close = rest[open.upperBound...].firstRange(of: "}}")
    {
      text += rest[..<open.lowerBound]
      rest = rest[close.upperBound...]
    }
    return text + rest
  }

  private static func split(
    _ authority: Substring
  ) throws(ParseError) -> (host: String, port: Substring?) {
    let ending: Substring
    let host: Substring
    if authority.hasPrefix("[") {
      guard let close = authority.firstIndex(of: "]") else {
        throw ParseError(message: "the [ of its address is never closed")
      }
      host = authority[authority.index(after: authority.startIndex)..<close]
      ending = authority[authority.index(after: close)...]
    } else {
      host = authority.prefix { $0 != ":" }
      ending = authority.dropFirst(host.count)
    }
    if ending.isEmpty { return (String(host), nil) }
    guard ending.hasPrefix(":"), !ending.dropFirst().contains(":") else {
      throw ParseError(message: "an IPv6 address goes in brackets: http://[::1]:8080/")
    }
    // A port may be empty: RFC 3986, section 3.2.3.
    let port = ending.dropFirst()
    return (String(host), port.isEmpty ? nil : port)
  }

  /// As the `Host` field has it.
  public var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  /// As a person writes it.
  public var url: String { "\(isSecure ? "https" : "http")://\(authority)\(path)" }

  /// The same server, asked for something else.
  public func with(path: String) -> LoadTarget {
    var target = self
    target.path = path
    return target
  }
}
