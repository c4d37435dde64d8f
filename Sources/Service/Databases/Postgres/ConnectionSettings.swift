internal import CPostgres

/// What a connection string sets, as libpq's own parser reads it; neither defaults nor the
/// environment are in it.
struct ConnectionSettings {
  private(set) var values: [(keyword: String, value: String)] = []

  init(conninfo: String) throws(DatabaseError) {
    guard !conninfo.utf8.contains(0) else {
      throw DatabaseError(.invalidURL, "the connection string contains a NUL character")
    }
    var message: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(conninfo, &message) else {
      defer { if let message { PQfreemem(message) } }
      throw DatabaseError(
        .invalidURL, Self.reason(message.map { String(cString: $0) } ?? "out of memory"))
    }
    defer { PQconninfoFree(options) }
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val {
        values.append((String(cString: keyword), String(cString: value)))
      }
      option += 1
    }
  }

  subscript(keyword: String) -> String? {
    get { values.first { $0.keyword == keyword }?.value }
    set {
      values.removeAll { $0.keyword == keyword }
      if let newValue { values.append((keyword, newValue)) }
    }
  }

  /// Whether libpq itself hides what is typed for the keyword.
  static func isSecret(_ keyword: String) -> Bool { secrets.contains(keyword) }

  private static let secrets: Set<String> = {
    var found: Set<String> = ["password", "sslpassword"]
    guard let options = PQconndefaults() else { return found }
    defer { PQconninfoFree(options) }
    var option = options
    while let keyword = option.pointee.keyword {
      if option.pointee.dispchar.map({ String(cString: $0) }) == "*" {
        found.insert(String(cString: keyword))
      }
      option += 1
    }
    return found
  }()

  /// libpq's sentence without the piece of the text it quotes, which could be a password.
  private static func reason(_ message: String) -> String {
    let known = [
      ("percent-encoded", "it has a % that two hexadecimal digits other than 00 do not follow"),
      ("invalid URI query parameter", "it has a setting behind ? that PostgreSQL does not know"),
      ("invalid connection option", "it has a setting that PostgreSQL does not know"),
      ("key/value separator", "a setting behind ? is not written as name=value"),
      ("IPv6", "its IPv6 address is not written in brackets, as in [::1]"),
      ("unexpected character", "its host is not followed by :port, /database or ?setting"),
      ("missing \"=\"", "a setting in it is not written as name=value"),
      ("unterminated quoted", "a quoted value in it has no end"),
    ]
    let reason = known.first { message.contains($0.0) }?.1 ?? "libpq cannot read it"
    return "the database URL is not one that PostgreSQL understands: \(reason)"
  }
}
