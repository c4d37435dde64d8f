/// What a file's first bytes say it is.
enum ContentType: Equatable {
  case profile(ProfileFormat)
  /// Something well known that is no profile of an accepted format: "an ELF binary".
  case foreign(String)
  case unknown

  /// - Throws: `ProfileFormatError` if there is nothing at all.
  init(_ bytes: [UInt8]) throws(ProfileFormatError) {
    guard !bytes.isEmpty else { throw ProfileFormatError("the input is empty") }
    let head = bytes.prefix(4096)
    if let magic = Self.magics.first(where: { head.starts(with: $0.bytes) }) {
      self = .foreign(magic.kind)
    } else if Self.isText(head) {
      self = Self.foreignText(head).map(ContentType.foreign) ?? .profile(.folded)
    } else if Self.beginsLikePprof(head) {
      self = .profile(.pprof)
    } else {
      // A stray control character in a name is no reason to refuse folded stacks.
      self = head.contains(0) ? .unknown : .profile(.folded)
    }
  }

  private static let magics: [(bytes: [UInt8], kind: String)] = [
    (Array("\u{7f}ELF".utf8), "an ELF binary"),
    ([0x89] + Array("PNG".utf8), "a PNG picture"),
    ([0xff, 0xd8, 0xff], "a JPEG picture"),
    (Array("GIF8".utf8), "a GIF picture"),
    (Array("%PDF".utf8), "a PDF document"),
    (Array("PERFILE2".utf8), "a perf.data file"),
    (Array("2ELIFREP".utf8), "a perf.data file of a big-endian machine"),
    (Array("PK\u{3}\u{4}".utf8), "a zip archive"),
    ([0x28, 0xb5, 0x2f, 0xfd], "zstd-compressed data"),
    ([0xfd] + Array("7zXZ".utf8), "xz-compressed data"),
    (Array("BZh".utf8), "bzip2-compressed data"),
    (Array("SQLite format 3".utf8), "an SQLite database"),
  ]

  /// Whether there are only characters that text files have. Bytes over 0x7f may be any encoding.
  private static func isText(_ head: ArraySlice<UInt8>) -> Bool {
    head.allSatisfy { $0 >= 0x20 && $0 != 0x7f || (0x09...0x0d).contains($0) || $0 == 0x1b }
  }

  /// Whether the first byte is the tag of one of profile.proto's fields 1...14.
  private static func beginsLikePprof(_ head: ArraySlice<UInt8>) -> Bool {
    guard let tag = head.first else { return false }
    let isNumber = tag & 7 == 0
    let isBytes = tag & 7 == 2
    switch tag >> 3 {
    case 1...6, 11: return isBytes
    case 7...10, 12, 14: return isNumber
    case 13: return isBytes || isNumber
    default: return false
    }
  }

  private static func foreignText(_ head: ArraySlice<UInt8>) -> String? {
    var text = String(decoding: head, as: UTF8.self)[...]
    if text.hasPrefix("\u{feff}") { text = text.dropFirst() }
    text = text.drop { $0.isWhitespace }
    if beginsWithFoldedStack(text) { return nil }
    let start = text.prefix(64).lowercased()
    if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") { return "an HTML page" }
    if start.hasPrefix("<svg") { return "an SVG picture" }
    if start.hasPrefix("<?xml") {
      return text.contains("<svg") ? "an SVG picture" : "an XML document"
    }
    if let kind = json(text) { return kind }
    if isPerfScript(text) { return "the text of perf script" }
    return nil
  }

  /// Whether the first line ends in a count: a frame may be called anything, also `{"` or `<svg`.
  private static func beginsWithFoldedStack(_ text: Substring) -> Bool {
    let line = text.prefix { !$0.isNewline }
    let fields = line.split(separator: " ", omittingEmptySubsequences: false)
    guard let last = fields.last, fields.count > 1, !line.hasPrefix("#") else { return false }
    let digits = last.hasPrefix("-") ? last.dropFirst() : last
    return !digits.isEmpty && digits.allSatisfy { $0.isASCII && $0.isNumber }
  }

  private static func json(_ text: Substring) -> String? {
    let following = text.dropFirst().first { !$0.isWhitespace }
    switch (text.first, following) {
    case ("{", "\""), ("{", "}"):
      if text.contains("speedscope") { return "a speedscope profile (JSON)" }
      if text.contains("\"meta\""), text.contains("\"interval\"") {
        return "a Firefox Profiler profile (JSON)"
      }
      return "JSON"
    case ("[", "{"), ("[", "]"), ("[", "\""): return "JSON"
    default: return nil
    }
  }

  /// A header such as `name 1234 [001] 12.345678: 1000 cycles:`, below it lines of an address
  /// each: `\t   7f0012 symbol (file)`.
  private static func isPerfScript(_ text: Substring) -> Bool {
    let lines = text.split(whereSeparator: \.isNewline).drop { $0.hasPrefix("#") }.prefix(2)
    guard let header = lines.first else { return false }
    // The time is a field of its own: digits, a point, digits, a colon.
    let hasTime = header.split(separator: " ").dropFirst().contains { field in
      field.hasSuffix(":") && field.dropLast().contains(".")
        && field.dropLast().allSatisfy { $0.isASCII && $0.isNumber || $0 == "." }
    }
    guard hasTime else { return false }
    guard let frame = lines.dropFirst().first else { return true }
    guard frame.first == "\t" || frame.first == " " else { return header.hasSuffix(":") }
    return frame.split(whereSeparator: \.isWhitespace).first?.allSatisfy(\.isHexDigit) ?? false
  }
}
