internal import CPostgres
internal import Glibc

/// Where libpq connects to for a connection string, with what the environment and libpq's own defaults say
/// of what it leaves out; the settings of a service file that the string itself names are not read.
public struct PostgresTarget: Sendable, Equatable {
  public struct Host: Sendable, Equatable {
    /// A name, an address, or the directory of a unix socket.
    public let name: String
    public let port: UInt16

    /// The path of the socket; nil if it is reached by TCP.
    public var socketPath: String? {
      name.hasPrefix("/") ? "\(name)/.s.PGSQL.\(port)" : nil
    }
  }

  /// In the order in which they are tried; at least one.
  public let hosts: [Host]
  public let user: String
  public let database: String
  /// `sslmode`: disable, allow, prefer, require, verify-ca or verify-full.
  public let encryption: String

  /// - Throws: ``DatabaseError/Kind/invalidURL``.
  public init(conninfo: String) throws(DatabaseError) {
    var settings = Self.defaults()
    for (keyword, value) in try ConnectionSettings(conninfo: conninfo).values {
      settings[keyword] = value
    }
    func list(_ keyword: String) -> [String] {
      (settings[keyword] ?? "").split(separator: ",", omittingEmptySubsequences: false)
        .map(String.init)
    }
    let names = list("host")
    let addresses = list("hostaddr")
    let ports = list("port")
    hosts = (0..<max(1, names.count, addresses.count)).map { index in
      // An address spares the look-up of the name.
      let given = [addresses, names].compactMap { $0.indices.contains(index) ? $0[index] : nil }
      let port = ports.count == 1 ? ports[0] : ports.indices.contains(index) ? ports[index] : ""
      return Host(
        name: given.first { !$0.isEmpty } ?? Self.socketDirectory, port: UInt16(port) ?? 5432)
    }
    user = settings["user"] ?? ""
    database = settings["dbname"].flatMap { $0.isEmpty ? nil : $0 } ?? user
    encryption = settings["sslmode"] ?? "prefer"
  }

  private static func defaults() -> [String: String] {
    var found: [String: String] = [:]
    guard let options = PQconndefaults() else { return found }
    defer { PQconninfoFree(options) }
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { found[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
    return found
  }

  /// What Debian's libpq is built with; PostgreSQL's own has /tmp.
  private static var socketDirectory: String {
    access("/var/run/postgresql", F_OK) == 0 ? "/var/run/postgresql" : "/tmp"
  }
}
