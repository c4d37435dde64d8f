public import Databases
internal import LinkAPI
internal import LinkServer
public import LinkService

/// What `lynx serve` would use if it were started now: where it would listen, and where it would write.
public struct ServingSubject: Sendable {
  /// Where connections would be accepted.
  public enum Place: Sendable, Equatable {
    /// A name or an address without brackets; port 0 is any that is free.
    case internet(host: String, port: Int)
    case unix(path: String)
  }

  public var redirects: [Place]
  public var api: [Place]
  public var database: DatabaseURL
  /// Where clicks would be counted.
  public var journalDirectory: String
  /// Connections to PostgreSQL, the one that listens among them.
  public var databaseConnections: Int
  /// Files without which it would not start, and how many connections it would take to redirects.
  public var files: (needed: Int, connections: Int)

  /// From the settings that a service would be started with. Sockets that a service manager hands over are
  /// no place of its own choice and left out.
  public init(_ settings: ServiceSettings) {
    redirects = settings.redirects.addresses.compactMap { address in
      switch address {
      case .internet(let host, let port): .internet(host: host, port: port)
      case .unix(let path): .unix(path: path)
      case .inherited: nil
      }
    }
    api = settings.api.addresses.map { address in
      switch address {
      case .tcp(let host, let port): .internet(host: host, port: port)
      case .unix(let path): .unix(path: path)
      }
    }
    database = settings.database
    journalDirectory = settings.journalDirectory
    databaseConnections = settings.databaseConnections + 1
    files = settings.fileNeeds
  }
}

extension ServingSubject.Place {
  /// As people write it.
  var text: String {
    switch self {
    case .internet(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): path
    }
  }
}
