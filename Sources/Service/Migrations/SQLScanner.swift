/// Whose rules for strings, comments and identifiers hold.
public enum SQLDialect: Sendable, CaseIterable {
  case sqlite, postgres
}

/// A string, comment or name that does not end before the text does.
public struct UnterminatedSQL: Error, Sendable, Equatable {
  /// Where it begins, in bytes.
  public let offset: Int
  /// "string", "comment" and the like.
  public let what: String
}

/// Tokens of SQL, as far as it takes to see where statements end: SQLite's tokenize.c and chapter 4.1
/// of PostgreSQL's manual say what ends what. Each byte is looked at once.
struct SQLScanner {
  enum Token: Equatable {
    case word(Range<Int>)
    case semicolon, open, close
    /// A string, a quoted name, a number, an operator.
    case other
  }

  private let bytes: [UInt8]
  private let dialect: SQLDialect
  private(set) var position = 0
  /// Where the token last handed out begins.
  private(set) var tokenStart = 0

  init(_ bytes: [UInt8], dialect: SQLDialect) {
    self.bytes = bytes
    self.dialect = dialect
  }

  /// The next token, white space and comments skipped; nil at the end.
  mutating func next() throws(UnterminatedSQL) -> Token? {
    try skipBlanks()
    guard position < bytes.count else { return nil }
    tokenStart = position
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: ";"): return .semicolon
    case UInt8(ascii: "("): return .open
    case UInt8(ascii: ")"): return .close
    case UInt8(ascii: "'"): try skipQuoted(until: byte, "string")
    case UInt8(ascii: "\""): try skipQuoted(until: byte, "quoted name")
    case UInt8(ascii: "`") where dialect == .sqlite: try skipQuoted(until: byte, "quoted name")
    case UInt8(ascii: "[") where dialect == .sqlite: try skipBracketed()
    case UInt8(ascii: "$") where dialect == .postgres: try skipDollarQuoted()
    case _ where Self.startsWord(byte): return try word()
    default: break
    }
    return .other
  }

  private mutating func skipBlanks() throws(UnterminatedSQL) {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0C, 0x0D: position += 1
      case 0x0B where dialect == .postgres: position += 1
      case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"):
        while position < bytes.count, !endsLine(bytes[position]) { position += 1 }
      case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"): try skipBlockComment()
      default: return
      }
    }
  }

  private func peek(_ distance: Int) -> UInt8? {
    position + distance < bytes.count ? bytes[position + distance] : nil
  }

  private func endsLine(_ byte: UInt8) -> Bool {
    byte == 0x0A || byte == 0x0D && dialect == .postgres
  }

  /// PostgreSQL's nest, SQLite's do not.
  private mutating func skipBlockComment() throws(UnterminatedSQL) {
    let start = position
    var depth = 0
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*"),
        depth == 0 || dialect == .postgres
      {
        depth += 1
        position += 2
      } else if bytes[position] == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
        depth -= 1
        position += 2
        if depth == 0 { return }
      } else {
        position += 1
      }
    }
    throw UnterminatedSQL(offset: start, what: "comment")
  }

  /// A doubled quote is one quote inside, which reading on after the first of them comes to as well.
  private mutating func skipQuoted(
    until quote: UInt8, escapes: Bool = false, _ what: String
  ) throws(UnterminatedSQL) {
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if escapes, byte == UInt8(ascii: "\\") { position += 1 }
      if byte == quote {
        if peek(0) != quote { return }
        position += 1
      }
    }
    position = bytes.count
    throw UnterminatedSQL(offset: tokenStart, what: what)
  }

  private mutating func skipBracketed() throws(UnterminatedSQL) {
    while position < bytes.count {
      position += 1
      if bytes[position - 1] == UInt8(ascii: "]") { return }
    }
    throw UnterminatedSQL(offset: tokenStart, what: "quoted name")
  }

  /// `$$…$$`, `$tag$…$tag$`; anything else behind a dollar sign is a parameter.
  private mutating func skipDollarQuoted() throws(UnterminatedSQL) {
    var end = position
    while end < bytes.count, Self.continuesTag(bytes[end], first: end == position) { end += 1 }
    guard end < bytes.count, bytes[end] == UInt8(ascii: "$") else { return }
    let delimiter = bytes[tokenStart...end]
    position = end + 1
    while position + delimiter.count <= bytes.count {
      if bytes[position] == UInt8(ascii: "$"),
        bytes[position..<position + delimiter.count].elementsEqual(delimiter)
      {
        position += delimiter.count
        return
      }
      position += 1
    }
    position = bytes.count
    throw UnterminatedSQL(offset: tokenStart, what: "dollar-quoted string")
  }

  private mutating func word() throws(UnterminatedSQL) -> Token {
    while position < bytes.count, Self.continuesWord(bytes[position]) { position += 1 }
    // E'…' knows backslashes; U&'…', B'…', X'…' and N'…' are words with a plain string behind.
    if dialect == .postgres, position - tokenStart == 1, bytes[tokenStart] | 0x20 == 0x65,
      peek(0) == UInt8(ascii: "'")
    {
      position += 1
      try skipQuoted(until: UInt8(ascii: "'"), escapes: true, "string")
      return .other
    }
    return .word(tokenStart..<position)
  }

  private static func startsWord(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_") || byte >= 0x80
  }

  private static func continuesWord(_ byte: UInt8) -> Bool {
    startsWord(byte) || byte.isDigit || byte == UInt8(ascii: "$")
  }

  private static func continuesTag(_ byte: UInt8, first: Bool) -> Bool {
    startsWord(byte) || !first && byte.isDigit
  }
}
