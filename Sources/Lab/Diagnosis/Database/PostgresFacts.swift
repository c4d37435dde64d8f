internal import Databases
internal import LinkStores

/// What a PostgreSQL server says of itself and of this role, asked in one session.
struct PostgresFacts: Sendable {
  /// As libpq counts: 150018 is 15.18.
  var version = 0
  var user = ""
  var database = ""
  /// Who may grant rights on the database's tables.
  var owner = ""
  var isReplica = false
  /// TLS of this session; nil without.
  var encryption: String?

  /// The schema that the tables are in, or would be made in.
  var schema = "public"
  var mayUseSchema = false
  var mayCreateTables = false
  var hasTables = false
  /// All tables in it.
  var tables: Set<String> = []
  /// What is missing, as the part of a GRANT in front of TO.
  var missingRights: [String] = []

  var connectionLimit = 0
  var reservedConnections = 0
  var usedConnections = 0
  /// Those of servers of Lynx's on this database.
  var lynxConnections = 0
  /// Limits of the role and the database; nil without.
  var roleLimit: Int?
  var databaseLimit: Int?
  var databaseConnections = 0
  var roleConnections = 0
  var isSuperuser = false

  private static let connectMilliseconds = 600
  private static let statementMilliseconds = 300

  static func ask(_ conninfo: String) -> Result<PostgresFacts, DatabaseError> {
    do throws(DatabaseError) {
      let connection = try PostgresConnection(
        conninfo: conninfo, connectTimeoutMilliseconds: connectMilliseconds,
        statementTimeoutMilliseconds: statementMilliseconds)
      var facts = PostgresFacts()
      facts.version = connection.serverVersion
      try facts.readSession(connection)
      try facts.readLimits(connection)
      try facts.readRights(connection)
      return .success(facts)
    } catch {
      return .failure(error)
    }
  }

  private mutating func readSession(_ connection: PostgresConnection) throws(DatabaseError) {
    let row =
      try connection.query(
        """
        SELECT current_user, current_database(), pg_is_in_recovery(),
          (SELECT version || ', ' || cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl),
          (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        """
      ).first ?? []
    guard row.count == 5 else { return }
    user = row[0] ?? ""
    database = row[1] ?? ""
    isReplica = row[2] == "t"
    encryption = row[3]
    isSuperuser = row[4] == "t"
  }

  /// Of the sessions of others an ordinary role is told that they are there, and whose, but not of what kind.
  private mutating func readLimits(_ connection: PostgresConnection) throws(DatabaseError) {
    let row =
      try connection.query(
        """
        SELECT current_setting('max_connections'), current_setting('superuser_reserved_connections'),
          count(*) FILTER (WHERE coalesce(backend_type = 'client backend', datid IS NOT NULL AND usesysid IS NOT NULL)),
          count(*) FILTER (WHERE application_name = 'lynx' AND datname = current_database()
            AND pid <> pg_backend_pid()),
          count(*) FILTER (WHERE datname = current_database()),
          count(*) FILTER (WHERE usename = current_user),
          (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),
          (SELECT datconnlimit FROM pg_database WHERE datname = current_database())
        FROM pg_stat_activity
        """
      ).first ?? []
    let numbers = row.map { $0.flatMap { Int($0) } ?? 0 }
    guard numbers.count == 8 else { return }
    connectionLimit = numbers[0]
    reservedConnections = numbers[1]
    // This session ends at once.
    usedConnections = max(0, numbers[2] - 1)
    lynxConnections = numbers[3]
    databaseConnections = max(0, numbers[4] - 1)
    roleConnections = max(0, numbers[5] - 1)
    roleLimit = numbers[6] < 0 ? nil : numbers[6]
    databaseLimit = numbers[7] < 0 ? nil : numbers[7]
  }

  /// Names are looked up in the catalogue: functions that take names refuse to say anything of a schema that
  /// this role may not use.
  private mutating func readRights(_ connection: PostgresConnection) throws(DatabaseError) {
    let row =
      try connection.query(
        """
        SELECT n.nspname, has_schema_privilege(n.oid, 'USAGE'), has_schema_privilege(n.oid, 'CREATE'),
          c.oid IS NOT NULL,
          pg_get_userbyid(coalesce(c.relowner, (
            SELECT datdba FROM pg_database WHERE datname = current_database())))
        FROM pg_namespace n LEFT JOIN pg_class c
          ON c.relnamespace = n.oid AND c.relname = 'urls' AND c.relkind IN ('r', 'p')
        WHERE n.nspname = coalesce(current_schema(), 'public')
        """
      ).first ?? []
    guard row.count == 5, let name = row[0] else { return }
    schema = name
    mayUseSchema = row[1] == "t"
    mayCreateTables = row[2] == "t"
    hasTables = row[3] == "t"
    owner = row[4] ?? ""
    tables = Set(
      try connection.query(
        """
        SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')
          AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)
        """, parameters: [name]
      ).compactMap { $0.first ?? nil })
    let place = try connection.quoted(identifier: name)
    if !hasTables {
      let missing = [mayUseSchema ? nil : "USAGE", mayCreateTables ? nil : "CREATE"].compactMap {
        $0
      }
      if !missing.isEmpty {
        missingRights = ["\(missing.joined(separator: ", ")) ON SCHEMA \(place)"]
      }
      return
    }
    if !mayUseSchema { missingRights.append("USAGE ON SCHEMA \(place)") }
    try readTableRights(connection, place)
    try readSequenceRights(connection, place)
  }

  private mutating func readTableRights(
    _ connection: PostgresConnection, _ place: String
  ) throws(DatabaseError) {
    for (table, privileges) in PostgresRights.tables {
      let rows = try connection.query(
        """
        SELECT p FROM unnest($3::text[]) WITH ORDINALITY AS wanted (p, place) JOIN pg_class c ON c.relname = $2
        WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)
          AND NOT has_table_privilege(c.oid, p)
        ORDER BY place
        """, parameters: [schema, table, "{\(privileges.joined(separator: ","))}"])
      let missing = rows.compactMap { $0.first ?? nil }
      if !missing.isEmpty {
        missingRights.append("\(missing.joined(separator: ", ")) ON \(place).\(table)")
      }
    }
  }

  private mutating func readSequenceRights(
    _ connection: PostgresConnection, _ place: String
  ) throws(DatabaseError) {
    for (table, privileges) in PostgresRights.sequences {
      // The sequence that the table's column owns, whatever it is called.
      let rows = try connection.query(
        """
        SELECT p, s.relname FROM unnest($3::text[]) WITH ORDINALITY AS wanted (p, place), pg_class c
          JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
            AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
          JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
        WHERE c.relname = $2 AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)
          AND NOT has_sequence_privilege(s.oid, p)
        ORDER BY place
        """, parameters: [schema, table, "{\(privileges.joined(separator: ","))}"])
      let missing = rows.compactMap { $0.first ?? nil }
      guard !missing.isEmpty, let name = rows.first?.last ?? nil else { continue }
      let sequence = try connection.quoted(identifier: name)
      missingRights.append("\(missing.joined(separator: ", ")) ON SEQUENCE \(place).\(sequence)")
    }
  }
}
