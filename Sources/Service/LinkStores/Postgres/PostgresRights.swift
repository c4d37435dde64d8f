/// What a role has to be granted to serve links from a database whose schema others made: what the
/// statements of this room do, and no more.
public enum PostgresRights {
  /// By table, in the schema of the service.
  public static let tables: [(table: String, privileges: [String])] = [
    ("urls", ["SELECT", "INSERT", "UPDATE"]),
    ("url_history", ["SELECT", "INSERT"]),
    ("click_batches", ["SELECT", "INSERT", "DELETE"]),
    ("settings", ["SELECT", "INSERT"]),
    ("api_keys", ["SELECT", "INSERT", "UPDATE"]),
    ("lynx_migrations", ["SELECT"]),
  ]

  /// By the table whose ids a sequence makes: those of links are set forward at a start.
  public static let sequences: [(table: String, privileges: [String])] = [
    ("urls", ["USAGE", "UPDATE"]), ("url_history", ["USAGE"]), ("api_keys", ["USAGE"]),
  ]
}
