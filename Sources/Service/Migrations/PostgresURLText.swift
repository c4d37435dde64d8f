/// What of a PostgreSQL URL has to be told apart here: the name of its database, and its password.
/// The URL has been accepted by libpq; its parts are divided as libpq does it (PostgreSQL manual,
/// "Connection URIs").
struct PostgresURLText {
  private let scheme: Substring
  private var user: Substring?
  private var hidden: Substring?
  private let hosts: Substring
  private let settings: [Substring]

  init(_ conninfo: String) {
    let start = conninfo.firstRange(of: "://")?.upperBound ?? conninfo.startIndex
    scheme = conninfo[..<start]
    let parts = conninfo[start...].split(
      separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var rest = parts.first ?? ""
    if let stop = rest.firstIndex(where: { $0 == "@" || $0 == "/" }), rest[stop] == "@" {
      let names = rest[..<stop].split(
        separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      user = names.first
      hidden = names.dropFirst().first
      rest = rest[rest.index(after: stop)...]
    }
    hosts = rest
    settings = parts.dropFirst().first?.split(separator: "&") ?? []
  }

  /// Its `dbname` setting, or else its path; nil if it names none.
  var database: String? {
    let path = hosts.firstIndex(of: "/").map { hosts[hosts.index(after: $0)...] }
    let name = setting("dbname") ?? path ?? ""
    return name.isEmpty ? nil : Self.decoded(name)
  }

  var password: String? { (setting("password") ?? hidden).flatMap(Self.decoded) }

  /// Whether it holds a secret that only a URL can carry.
  var hasPasswordOfKey: Bool { setting("sslpassword") != nil }

  var withoutPassword: String {
    let visible = settings.filter { !$0.hasPrefix("password=") }
    return scheme + (user.map { $0 + "@" } ?? "") + hosts
      + (visible.isEmpty ? "" : "?" + visible.joined(separator: "&"))
  }

  /// The last one counts.
  private func setting(_ name: String) -> Substring? {
    settings.last { $0.hasPrefix(name + "=") }?.dropFirst(name.count + 1)
  }

  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, let value = UInt8(String(Substring(digits)), radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
