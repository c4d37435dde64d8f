internal import CPostgres

/// Why no connection came about.
///
/// libpq has no function that tells the SQLSTATE of a failed connection, but it writes it into the
/// message where the verbosity asks for it: `FATAL:  28P01: password authentication failed …`.
enum ConnectionRefusal {
  static func error(_ connection: OpaquePointer, database: String) -> DatabaseError {
    let address = PostgresFailure.address(connection)
    let lines = String(cString: PQerrorMessage(connection)).split(whereSeparator: \.isNewline)
      .filter { !$0.hasPrefix("LOCATION:") }
    if let (state, reason) = lines.reversed().lazy.compactMap(severity).first {
      let user = PQuser(connection).map { String(cString: $0) } ?? ""
      switch state {
      case "3D000":
        return DatabaseError(
          .unreachable,
          "database \(database) does not exist on PostgreSQL at \(address): create it first",
          code: state)
      case "28P01", "28000":
        return DatabaseError(
          .notPermitted,
          "PostgreSQL at \(address) does not let user \(user) in (\(reason)): check user, "
            + "password and pg_hba.conf",
          code: state)
      default:
        return DatabaseError(
          PostgresFailure.kind(state), "PostgreSQL at \(address) refuses the connection: \(reason)",
          code: state)
      }
    }
    if PQconnectionNeedsPassword(connection) != 0 {
      return DatabaseError(
        .notPermitted,
        "PostgreSQL at \(address) asks for a password and none was given: put it into the URL, "
          + "PGPASSWORD or ~/.pgpass")
    }
    let reason = lines.first.map(plainReason) ?? "no reason was given"
    let advice =
      if reason.contains("SSL") {
        "see sslmode in the URL, and whether the server is set up for it"
      } else if reason.contains("translate host name") {
        "is the host's name right"
      } else {
        "is it running there"
      }
    return DatabaseError(
      .unreachable, "PostgreSQL at \(address) cannot be reached (\(reason)): \(advice)")
  }

  static func timeout(_ connection: OpaquePointer, milliseconds: Int) -> DatabaseError {
    DatabaseError(
      .unreachable,
      "PostgreSQL at \(PostgresFailure.address(connection)) did not answer within "
        + "\(milliseconds) ms")
  }

  /// The SQLSTATE and the text of a server's message; nil if the line is none.
  static func severity(_ line: Substring) -> (state: String, reason: String)? {
    var rest = line
    while let separator = rest.firstRange(of: ":  ") {
      rest = rest[separator.upperBound...]
      let state = rest.prefix(5)
      let behind = rest.dropFirst(5)
      if state.utf8.count == 5, behind.hasPrefix(": "),
        state.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) })
      {
        return (String(state), PostgresFailure.sentence(String(behind.dropFirst(2))))
      }
    }
    return nil
  }

  /// What follows libpq's own `connection to server at …, port … failed: `.
  private static func plainReason(_ line: Substring) -> String {
    let behind = line.firstRange(of: " failed: ").map { line[$0.upperBound...] } ?? line
    return PostgresFailure.sentence(String(behind))
  }
}
