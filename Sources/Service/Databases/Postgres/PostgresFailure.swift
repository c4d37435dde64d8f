internal import CPostgres

/// What libpq or the server says went wrong, in words.
enum PostgresFailure {
  /// `host:port`, or the path of a socket; never anything secret.
  static func address(_ connection: OpaquePointer) -> String {
    let host = PQhost(connection).map { String(cString: $0) } ?? ""
    let port = PQport(connection).map { String(cString: $0) } ?? ""
    let name = host.isEmpty ? "localhost" : host
    if name.hasPrefix("/") { return "\(name)/.s.PGSQL.\(port)" }
    return name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)"
  }

  /// The kind an SQLSTATE belongs to (PostgreSQL manual, appendix A).
  static func kind(_ state: String) -> DatabaseError.Kind {
    switch state {
    case "42501", "25006": return .notPermitted
    case "3D000", "57P03": return .unreachable
    case "40001", "40P01", "55P03", "57014", "53300": return .busy
    case "53100": return .full
    case "57P01", "57P02", "57P05": return .connectionLost
    case "XX001", "XX002": return .corrupt
    default: break
    }
    switch state.prefix(2) {
    case "28": return .notPermitted
    case "08": return .connectionLost
    case "23": return .constraint
    case "42", "22", "26", "0A", "25": return .statement
    default: return .other
    }
  }

  /// The error a result holds.
  ///
  /// - Parameter statement: the text its position counts in, which is in characters there.
  static func error(
    of result: OpaquePointer, on connection: OpaquePointer, statement: String? = nil
  ) -> DatabaseError {
    guard let state = field(result, .state) else { return lost(connection) }
    var reason = field(result, .primary) ?? "error \(state)"
    for part in [Field.detail, .hint] {
      if let text = field(result, part) { reason += "; \(text)" }
    }
    reason = sentence(reason) + place(result)
    let position = field(result, .position).flatMap { Int($0) }
    return DatabaseError(
      kind(state), "PostgreSQL at \(address(connection)): \(reason)", code: state,
      offset: position.flatMap { position in
        statement.map { byteOffset(ofCharacter: position, in: $0) }
      })
  }

  /// Where in functions and blocks of code it was; empty if it was in none.
  private static func place(_ result: OpaquePointer) -> String {
    var places = (field(result, .context) ?? "").split(whereSeparator: \.isNewline).map(String.init)
    if let query = field(result, .internalQuery), !places.contains(where: { $0.contains(query) }) {
      places.insert("statement \"\(sentence(query))\"", at: 0)
    }
    guard !places.isEmpty else { return "" }
    let text = sentence(places.joined(separator: ", "))
    // Recursion has a line for each call.
    return "; in " + (text.count > 500 ? text.prefix(499) + "…" : text)
  }

  /// PostgreSQL counts code points from 1.
  static func byteOffset(ofCharacter position: Int, in statement: String) -> Int {
    let scalars = statement.unicodeScalars
    let index =
      scalars.index(scalars.startIndex, offsetBy: max(0, position - 1), limitedBy: scalars.endIndex)
      ?? scalars.endIndex
    return statement.utf8.distance(from: statement.utf8.startIndex, to: index)
  }

  /// A connection that broke while it was used.
  static func lost(_ connection: OpaquePointer) -> DatabaseError {
    let reason = lastLine(connection)
    return DatabaseError(
      .connectionLost,
      "the connection to PostgreSQL at \(address(connection)) was lost"
        + (reason.isEmpty ? "" : " (\(reason))"))
  }

  /// The fields of an error, PG_DIAG_… in postgres_ext.h: macros the importer leaves out.
  enum Field: Character {
    case state = "C"
    case primary = "M"
    case detail = "D"
    case hint = "H"
    case position = "P"
    /// The same in all languages of a server.
    case severity = "V"
    case context = "W"
    case internalQuery = "q"
  }

  static func field(_ result: OpaquePointer, _ field: Field) -> String? {
    guard let code = field.rawValue.asciiValue else { return nil }
    return PQresultErrorField(result, Int32(code)).map { String(cString: $0) }
  }

  /// One line, without the full stop at its end.
  static func sentence(_ text: String) -> String {
    var line = text.split(whereSeparator: \.isNewline).map { piece in
      var piece = piece
      while let first = piece.first, first.isWhitespace { piece.removeFirst() }
      return String(piece)
    }.joined(separator: " ")
    while let last = line.last, last == "." || last.isWhitespace { line.removeLast() }
    return line
  }

  private static func lastLine(_ connection: OpaquePointer) -> String {
    let text = String(cString: PQerrorMessage(connection))
    return sentence(text.split(whereSeparator: \.isNewline).first.map { String($0) } ?? "")
  }
}
