/// How the redirect server answers and where.
public struct RedirectSettings: Sendable {
  /// Statuses a redirect can have.
  public enum RedirectStatus: Int, Sendable, CaseIterable {
    case movedPermanently = 301
    case found = 302
    case seeOther = 303
    case temporaryRedirect = 307
    case permanentRedirect = 308
  }

  /// Where connections are accepted.
  public enum Address: Sendable, Equatable {
    /// A numeric IPv4 or IPv6 address, or a name that is resolved at the start; port 0 is any free one.
    case internet(host: String, port: Int)
    /// A path; a socket that is there already is replaced.
    case unix(path: String)
    /// A listening socket that somebody else opened: see ``InheritedSockets``.
    case inherited(descriptor: Int32)
  }

  /// How many connections may wait to be accepted, if the system allows as many (net.core.somaxconn).
  public static let backlog: Int32 = 4096

  public var addresses = [Address.internet(host: "127.0.0.1", port: 3000)]
  /// Takes the addresses over from a server that has them and stops accepting soon: both accept
  /// meanwhile. Otherwise an address that is taken is an error.
  public var takesOver = false
  /// Event loops, each a thread of its own.
  public var threads = 1
  public var redirectStatus = RedirectStatus.permanentRedirect
  /// Seconds for which a browser may redirect by itself.
  public var maximumAge = 90
  /// Adds the request's query to the destination.
  public var forwardsQuery = false
  /// Adds the fields `x-lynx-cache-hit` and `x-lynx-timing-…`.
  public var hasTimingFields = false
  /// Connections at a time; nil: as many as the limit of open files allows.
  public var maximumConnections: Int?

  // All in whole seconds, at most one more.
  /// How long a connection may stay without a request.
  public var idleTimeout = 75
  /// How long a request's head, or its body, may take to come.
  public var requestTimeout = 10
  /// How long a client may take to read answers.
  public var writeTimeout = 30
  /// How long a connection that ends with an error is kept, so that the client can read why.
  public var lingerTimeout = 2
  /// How long what is under way may take when the server stops.
  public var drainTimeout = 10
  /// How long a connection without a request is kept then: its client may just be sending one.
  public var drainIdleTimeout = 1

  /// Gets a sentence whenever the limit of connections or of open files is reached.
  public var report: @Sendable (String) -> Void = { _ in }
  /// Gets a sentence about each connection that is closed for what its client did or did not do, on the
  /// thread of its event loop; nil if nobody wants to know.
  public var reportClosed: (@Sendable (String) -> Void)?

  public init() {}

  var cacheControl: String { "private, max-age=\(max(0, maximumAge))" }

  var status: HTTPStatus {
    switch redirectStatus {
    case .movedPermanently: .movedPermanently
    case .found: .found
    case .seeOther: .seeOther
    case .temporaryRedirect: .temporaryRedirect
    case .permanentRedirect: .permanentRedirect
    }
  }
}
