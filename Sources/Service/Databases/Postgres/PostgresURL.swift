/// A `postgresql://` URL that libpq understands, and the same without its passwords.
///
/// libpq takes what precedes the first `@` before any `/` for the user's part. A password that holds
/// a `/` or `@` as such would so be taken for a host, port or database and be named in errors: an
/// `@` in those places is refused.
struct PostgresURL {
  let text: String
  let redacted: String

  init(_ text: String) throws(DatabaseError) {
    self.text = text
    let settings: ConnectionSettings
    do throws(DatabaseError) {
      settings = try ConnectionSettings(conninfo: text)
    } catch {
      throw DatabaseError(.invalidURL, error.message)
    }
    let parts = PostgresURLParts(text)
    if parts.hasMisplacedAt {
      throw DatabaseError(
        .invalidURL,
        "the database URL has an @ where a host or database is expected: write the characters "
          + "@ / ? # of a password as %40 %2F %3F %23")
    }
    if let port = settings["port"] {
      for number in port.split(separator: ",", omittingEmptySubsequences: false)
      where !number.isEmpty && !(Int(number).map { (1...65_535).contains($0) } ?? false) {
        throw DatabaseError(
          .invalidURL,
          "the database URL's port is not a number from 1 to 65535; a password with a / in it is "
            + "written with %2F")
      }
    }
    redacted = parts.redacted
  }
}

/// The parts of a PostgreSQL URL as libpq's conninfo_uri_parse_options divides it: by code points,
/// since to Swift an `@` and the accent that follows it are one character.
private struct PostgresURLParts {
  private typealias Part = Substring.UnicodeScalarView
  private let scheme: Part
  private var user: Part?
  private var hasPassword = false
  private let hosts: Part
  private let path: Part
  private var query: Part?

  init(_ text: String) {
    let start = text.firstRange(of: "://")?.upperBound ?? text.endIndex
    scheme = Substring(text)[..<start].unicodeScalars
    var rest = Substring(text)[start...].unicodeScalars
    if let stop = rest.firstIndex(where: { $0 == "@" || $0 == "/" }), rest[stop] == "@" {
      let colon = rest[..<stop].firstIndex(of: ":")
      user = rest[..<(colon ?? stop)]
      hasPassword = colon != nil
      rest = rest[rest.index(after: stop)...]
    }
    if let mark = rest.firstIndex(of: "?") {
      query = rest[rest.index(after: mark)...]
      rest = rest[..<mark]
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    hosts = rest[..<slash]
    path = rest[slash...]
  }

  var hasMisplacedAt: Bool { hosts.contains("@") || path.contains("@") }

  var redacted: String {
    var result = String(scheme)
    if let user { result += String(user) + (hasPassword ? ":***@" : "@") }
    result += String(hosts) + String(path)
    guard let query else { return result }
    let settings = query.split(separator: "&", omittingEmptySubsequences: false).map { setting in
      guard let equals = setting.firstIndex(of: "="),
        ConnectionSettings.isSecret(
          PercentEncoding.decoded(Substring(setting[..<equals])) ?? "password")
      else { return String(setting) }
      return String(setting[...equals]) + "***"
    }
    return result + "?" + settings.joined(separator: "&")
  }
}
