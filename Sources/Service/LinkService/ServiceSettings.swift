public import Databases
public import LinkAPI
public import LinkServer
public import Logging

/// Everything that decides how a service runs.
public struct ServiceSettings: Sendable {
  public var database: DatabaseURL
  /// Where clicks are counted; a directory on a disk of this machine.
  public var journalDirectory: String
  public var redirects = RedirectSettings()
  public var api = APISettings()
  /// Links in the cache.
  public var cacheEntries = 500_000
  /// How often the database is told of clicks.
  public var clickFlushInterval: Duration = .seconds(5)
  /// Connections to PostgreSQL, besides one that listens.
  public var databaseConnections = 5
  /// Takes profiles of this process for the API, if something can.
  public var profile: ProfileTaking?
  /// The program's version, for `/metrics`.
  public var version = ""
  /// Gets what somebody who runs the service should know: no line for each request, no secrets.
  public var logger: Logger

  public init(database: DatabaseURL, journalDirectory: String, logger: Logger) {
    self.database = database
    self.logger = logger
    self.journalDirectory = journalDirectory
  }

  /// How many files a service with these settings needs open to start, and how many connections to redirects
  /// it would take under this process's limit.
  public var fileNeeds: (needed: Int, connections: Int) {
    let budget = FileBudget(self)
    return (budget.needed, redirects.maximumConnections ?? budget.redirects)
  }
}

/// Why a service does not start: one sentence.
public struct ServiceError: Error, Sendable, CustomStringConvertible {
  /// What kind of trouble it is.
  public enum Kind: Sendable, Equatable {
    /// An address is in use.
    case addressTaken
    /// The user may not do it.
    case notPermitted
    /// An address or a setting cannot be meant.
    case setting
    /// The schema is not the one this program was made for.
    case schema
    /// A directory or file cannot be made or written.
    case cannotWrite
    case database(DatabaseError.Kind)
    case other
  }

  public let kind: Kind
  public let description: String

  init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
