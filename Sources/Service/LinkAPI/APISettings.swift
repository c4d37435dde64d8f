internal import Links

/// How the API is served.
public struct APISettings: Sendable {
  /// A TCP address or a unix socket.
  public enum Address: Sendable, Hashable {
    /// A name or an address (IPv4, or IPv6 without brackets), and a port; port 0 is any that is free.
    case tcp(host: String, port: Int)
    case unix(path: String)
  }

  /// Limits that keep one client from what others need.
  public struct Limits: Sendable {
    /// Bytes of a request's body.
    public var bodyBytes = 65_536
    /// Bytes of one header field, and of the request line.
    public var fieldBytes = 16_384
    /// Bytes of all header fields.
    public var headBytes = 32_768
    public var fields = 100
    /// Connections at a time; more wait in the kernel's queue.
    public var connections = 1_024
    /// How long a head may take from its first byte to its last, and a new connection to that first byte.
    public var headTime: Duration = .seconds(10)
    /// How long a body may take.
    public var bodyTime: Duration = .seconds(10)
    /// After how long without an answer a request is answered with 503.
    public var answerTime: Duration = .seconds(10)
    /// How long a connection may wait for its next request, and for its client to take an answer.
    public var idleTime: Duration = .seconds(60)

    public init() {}
  }

  public var addresses: [Address] = [.tcp(host: "127.0.0.1", port: 8080)]
  public var authMode = AuthMode.none
  /// Whether everybody may be let in from other machines: without keys, only loopback addresses and unix
  /// sockets are served otherwise.
  public var allowsOpenAPI = false
  /// What short codes are put behind, as in `https://s.example`; `redirect_base_url` of a link. Nil where
  /// it is not known.
  public var redirectBaseURL: String?
  /// Bytes of a custom code.
  public var shortCodeMaxLength = ShortCode.defaultMaximumLength
  public var limits = Limits()
  /// Threads for sockets; handlers run on Swift's own.
  public var threads = 1

  public init() {}
}

extension APISettings.Address: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): path
    }
  }
}
