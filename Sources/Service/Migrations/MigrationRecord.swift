/// What the database says of a migration: a row of `lynx_migrations`.
public struct MigrationRecord: Sendable, Equatable {
  public var version: MigrationVersion
  public var name: String
  public var checksum: String
  /// Seconds since 1970.
  public var appliedAt: Int64
  public var durationMilliseconds: Int64
  /// The number of the statement at which a migration without a transaction is, or stopped; 0 once
  /// it is done.
  public var unfinishedStatement: Int

  public var title: String { Migration.title(version, name) }
}
