/// What of a PostgreSQL URL has to be told apart here: the name of its database, and its password.
/// The URL has been accepted by libpq; its parts are divided as libpq does it (PostgreSQL manual,
/// "Connection URIs"), by bytes.
struct PostgresURLText {
  private let scheme: ArraySlice<UInt8>
  private var user: ArraySlice<UInt8>?
  private var hidden: ArraySlice<UInt8>?
  private let hosts: ArraySlice<UInt8>
  private let settings: [ArraySlice<UInt8>]

  init(_ conninfo: String) {
    let bytes = Array(conninfo.utf8)
    let start = bytes.firstRange(of: Array("://".utf8))?.upperBound ?? 0
    scheme = bytes[..<start]
    let parts = bytes[start...].split(
      separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
    var rest = parts.first ?? []
    if let stop = rest.firstIndex(where: { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "/") }),
      rest[stop] == UInt8(ascii: "@")
    {
      let names = rest[..<stop].split(
        separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
      user = names.first
      hidden = names.dropFirst().first
      rest = rest[(stop + 1)...]
    }
    hosts = rest
    settings = parts.dropFirst().first?.split(separator: UInt8(ascii: "&")) ?? []
  }

  /// Its `dbname` setting, or else its path; nil if it names none.
  var database: String? {
    let path = hosts.firstIndex(of: UInt8(ascii: "/")).map { hosts[($0 + 1)...] }
    let name = setting("dbname") ?? path ?? []
    return name.isEmpty ? nil : Self.decoded(name)
  }

  var password: String? { (setting("password") ?? hidden).flatMap(Self.decoded) }

  /// Whether it holds a secret that only a URL can carry.
  var hasPasswordOfKey: Bool { setting("sslpassword") != nil }

  var withoutPassword: String {
    let visible = settings.filter { Self.name(of: $0) != "password" }
    var bytes = Array(scheme)
    if let user { bytes += user + [UInt8(ascii: "@")] }
    bytes += hosts
    for (index, setting) in visible.enumerated() {
      bytes += [index == 0 ? UInt8(ascii: "?") : UInt8(ascii: "&")] + setting
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The last one counts.
  private func setting(_ name: String) -> ArraySlice<UInt8>? {
    guard let setting = settings.last(where: { Self.name(of: $0) == name }),
      let equals = setting.firstIndex(of: UInt8(ascii: "="))
    else { return nil }
    return setting[(equals + 1)...]
  }

  /// Names may be percent-encoded as well.
  private static func name(of setting: ArraySlice<UInt8>) -> String? {
    setting.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      .first.flatMap(decoded)
  }

  private static func decoded(_ text: ArraySlice<UInt8>) -> String? {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard rest.count >= 2, let value = UInt8(digits, radix: 16) else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
