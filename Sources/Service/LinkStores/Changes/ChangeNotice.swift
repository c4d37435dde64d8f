internal import Links

/// What nodes tell each other with NOTIFY: a line for each change, its version and code; or that
/// there is more to look for than fits; or, sent by hand, that everything is to be asked for again.
enum ChangeNotice {
  static let channel = "lynx_links"
  /// NOTIFY takes less than 8000 bytes (PostgreSQL manual, "NOTIFY").
  static let payloadLimit = 7_900
  private static let look = "?"
  private static let everything = "*"

  /// The fewest payloads that name all changes.
  static func payloads(_ changes: [LinkChange]) -> [String] {
    var payloads: [String] = []
    var payload = ""
    for change in changes {
      let line = "\(change.version) \(change.code)"
      // Codes that other services left in an adopted database may have anything in them.
      guard line.utf8.count <= payloadLimit, !line.utf8.contains(UInt8(ascii: "\n")) else {
        return [look]
      }
      if payload.isEmpty {
        payload = line
      } else if payload.utf8.count + 1 + line.utf8.count <= payloadLimit {
        payload += "\n" + line
      } else {
        payloads.append(payload)
        payload = line
      }
    }
    return payload.isEmpty ? payloads : payloads + [payload]
  }

  /// Says that there were too many.
  static let payloadsOfTooMany = [look]

  /// What a payload means. One that is not understood, as of a later Lynx, tells of changes.
  static func hints(_ payload: String) -> [ChangeHint] {
    if payload == everything { return [.anything] }
    var hints: [ChangeHint] = []
    // By bytes: to Swift a line feed behind a carriage return is no character of its own.
    for line in payload.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    {
      guard let space = line.firstIndex(of: UInt8(ascii: " ")),
        let version = Int64(Substring(line[..<space])), version > 0
      else { return [.changes] }
      let code = Substring(line[line.index(after: space)...])
      hints.append(.changed(code: String(code), version: version))
    }
    return hints
  }
}
