internal import Hummingbird
internal import NIOCore

/// Which names the API answers to where no key is asked for.
///
/// Any site can have its own name lead to an address of this machine ("DNS rebinding"). To a browser the
/// API is then a part of that site, whose pages may read and write everything. What they cannot do
/// is have the browser send another name than theirs as Host: so only names are answered to that
/// nobody else has, which are addresses, `localhost` (RFC 6761, section 6.3) and those that the server
/// was told to listen at.
struct HostRule: Sendable {
  /// In small letters; nil if every name will do.
  private let names: Set<String>?

  init(_ settings: APISettings) {
    guard settings.authMode == .none, !settings.allowsOpenAPI else {
      names = nil
      return
    }
    var names: Set<String> = []
    for case .tcp(let host, _) in settings.addresses { names.insert(Self.plain(host[...])) }
    self.names = names
  }

  /// Throws an ``APIError`` with 421 for a request to a name that may be somebody else's.
  func check(_ request: Request) throws(APIError) {
    // A target with a host of its own counts instead of the field (RFC 9112, section 3.2.2); pages send
    // neither against the other, so both have to be right. HTTP/1.0 may have none.
    for host in [request.head.authority, Self.authority(ofTarget: request.head.path ?? "")] {
      guard let host, !accepts(host) else { continue }
      throw APIError(
        .misdirectedRequest,
        "without keys the API answers to addresses, localhost and the names of --api-host; for "
          + "another name start it with --auth api-key or --allow-open-api")
    }
  }

  /// Whether a host, with a port or without, is one that nobody else has.
  func accepts(_ authority: String) -> Bool {
    guard let names else { return true }
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]"),
        Self.isPort(authority[authority.index(after: end)...])
      else { return false }
      return Self.isAddress(authority[authority.index(after: authority.startIndex)..<end], .inet6)
    }
    let host = authority.prefix { $0 != ":" }
    guard Self.isPort(authority[host.endIndex...]) else { return false }
    let name = Self.plain(host)
    return name == "localhost" || name.hasSuffix(".localhost") || names.contains(name)
      || Self.isAddress(host, .inet)
  }

  /// Of the absolute form, `http://authority/path`; nil for other forms.
  private static func authority(ofTarget target: String) -> String? {
    guard !target.hasPrefix("/"), let scheme = target.firstRange(of: "://") else { return nil }
    return String(target[scheme.upperBound...].prefix { !["/", "?", "#"].contains($0) })
  }

  /// Nothing, or a colon and perhaps a number.
  private static func isPort(_ text: Substring) -> Bool {
    text.isEmpty || text.first == ":" && text.utf8.dropFirst().allSatisfy { (48...57).contains($0) }
  }

  private static func isAddress(_ text: Substring, _ family: NIOBSDSocket.ProtocolFamily) -> Bool {
    (try? SocketAddress(ipAddress: String(text), port: 0))?.protocol == family
  }

  /// Without the dot that ends a name for certain.
  private static func plain(_ name: Substring) -> String {
    (name.hasSuffix(".") ? name.dropLast() : name).lowercased()
  }
}
