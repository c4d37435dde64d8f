/// Where a database is: the text of `--database` or `DATABASE_URL`, understood.
///
/// `sqlite://./lynx.db`, `sqlite://relative.db`, `sqlite:///absolute/path.db` (each with `?mode=ro`,
/// `rw` or `rwc` behind it, as SQLite's own URIs have) and `sqlite::memory:`; or a `postgresql://`
/// or `postgres://` URL as libpq takes it (PostgreSQL manual, "Connection Strings").
///
/// No description of it shows a password.
public struct DatabaseURL: Sendable, Hashable {
  public enum Engine: Sendable, Hashable {
    /// A file, relative to the working directory unless it begins with a slash; or `:memory:`.
    case sqlite(path: String)
    /// What libpq's connection functions take. Holds the password: not for people's eyes.
    case postgres(conninfo: String)
  }

  public let engine: Engine
  /// What a SQLite file may be opened for; `.create` for PostgreSQL.
  public let access: SQLiteConnection.Access
  /// The URL with `***` in the place of every password.
  public let redacted: String

  /// - Throws: ``DatabaseError/Kind/invalidURL``; the sentence repeats nothing of the text that
  ///   could be a password.
  public init(_ text: String) throws(DatabaseError) {
    guard let colon = text.firstIndex(of: ":") else { throw Self.unknownScheme }
    let rest = text[text.index(after: colon)...]
    if text.utf8.contains(0) {
      throw DatabaseError(.invalidURL, "the database URL contains a NUL character")
    }
    switch text[..<colon].lowercased() {
    case "sqlite":
      let file = try SQLiteURL(rest)
      engine = .sqlite(path: file.path)
      access = file.access
      redacted = text
    case "postgres", "postgresql":
      guard rest.hasPrefix("//") else {
        throw DatabaseError(
          .invalidURL, "the database URL needs // after its scheme: postgresql://host/database")
      }
      // libpq knows the scheme in small letters only.
      let url = try PostgresURL("postgresql:" + rest)
      engine = .postgres(conninfo: url.text)
      access = .create
      redacted = url.redacted
    default: throw Self.unknownScheme
    }
  }

  private static var unknownScheme: DatabaseError {
    DatabaseError(
      .invalidURL,
      "the database URL has to begin with sqlite:// or postgresql://, as in sqlite://./lynx.db or "
        + "postgresql://user@host/database")
  }
}

extension DatabaseURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { redacted }
  public var debugDescription: String { redacted }
  public var customMirror: Mirror { Mirror(self, children: ["redacted": redacted]) }
}

extension DatabaseURL.Engine: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  public var description: String {
    switch self {
    case .sqlite(let path): "SQLite file \(path)"
    case .postgres: "PostgreSQL"
    }
  }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: ["engine": description]) }
}
