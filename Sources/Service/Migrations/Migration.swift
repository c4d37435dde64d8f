internal import Crypto

/// A step of a schema: what leads to it and, where there is one, the way back.
public struct Migration: Sendable {
  public let version: MigrationVersion
  /// What stands behind the number in the file's name; may be empty.
  public let name: String
  public let up: MigrationScript
  public let down: MigrationScript?

  /// Number and name as in the file's name: `0001_links`.
  public var title: String { Self.title(version, name) }

  static func title(_ version: MigrationVersion, _ name: String) -> String {
    name.isEmpty ? version.digits : "\(version.digits)_\(name)"
  }
}

/// The SQL of one direction of a migration.
public struct MigrationScript: Sendable {
  /// The path of the file, for messages.
  public let file: String
  /// The text with line ends of one byte, beginning at `firstLine` of the file.
  public let text: [UInt8]
  public let firstLine: Int
  /// Whether it runs in one transaction with its record.
  public let isTransactional: Bool
  /// SHA-256 of the text without white space at its end, in hexadecimal: the same however the file
  /// was checked out.
  public let checksum: String

  init(file: String, text: [UInt8], firstLine: Int, isTransactional: Bool) {
    self.file = file
    self.text = text
    self.firstLine = firstLine
    self.isTransactional = isTransactional
    let end = text.lastIndex { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }.map { $0 + 1 } ?? 0
    checksum = SHA256.hash(data: text[..<end]).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }

  /// Its statements in order, those without any SQL left out.
  ///
  /// - Throws: ``MigrationError/Kind/badFile`` if there is none, if one does not end, or if one
  ///   cannot be run here.
  func statements(_ dialect: SQLDialect) throws(MigrationError) -> [MigrationStatement] {
    let pieces: [SQLPiece]
    do throws(UnterminatedSQL) {
      pieces = try StatementSplitter.pieces(of: text, dialect: dialect)
    } catch {
      throw MigrationError(
        .badFile, "the \(error.what) that begins at \(place(error.offset)) does not end; close it",
        place: position(error.offset))
    }
    var statements: [MigrationStatement] = []
    for piece in pieces {
      guard let start = piece.start else { continue }
      let statement = MigrationStatement(
        text: String(decoding: text[start..<piece.range.upperBound], as: UTF8.self),
        offset: start, number: statements.count + 1, changesRows: piece.changesRows)
      try check(piece, statement, dialect)
      statements.append(statement)
    }
    guard !statements.isEmpty else {
      throw MigrationError(
        .badFile,
        "\(file) has no statement to run; write one, or SELECT 1 if nothing is to be done",
        place: .init(file: file))
    }
    return statements
  }

  private func check(
    _ piece: SQLPiece, _ statement: MigrationStatement, _ dialect: SQLDialect
  ) throws(MigrationError) {
    // Made only where it is wanted: counting lines reads the whole text.
    var position: MigrationError.Place { self.position(statement.offset, statement.number) }
    if piece.copiesThroughClient {
      throw MigrationError(
        .badFile,
        "\(place(statement.offset)) copies from or to a client, for which a migration has no data; "
          + "write the rows as INSERT", place: position)
    }
    if isTransactional, piece.controlsTransaction {
      throw MigrationError(
        .badFile,
        "\(place(statement.offset)) ends or begins a transaction with \(statement.excerpt), but the "
          + "migration runs in one with its record; leave that out, or write "
          + "-- lynx: no-transaction above the first statement", place: position)
    }
    // SQLite passes over it in silence.
    if isTransactional, dialect == .sqlite, piece.setsJournalMode {
      throw MigrationError(
        .badFile,
        "\(place(statement.offset)) sets the journal mode with \(statement.excerpt), which SQLite "
          + "does not do in a transaction; put it into a migration of its own, with "
          + "-- lynx: no-transaction above it", place: position)
    }
  }

  /// `file:line:column` of the byte at `offset` of the text.
  func place(_ offset: Int) -> String {
    let position = position(offset)
    return "\(file):\(position.line ?? 0):\(position.column ?? 0)"
  }

  /// Where the byte at `offset` of the text is in the file.
  func position(_ offset: Int, _ statement: Int? = nil) -> MigrationError.Place {
    let before = text[..<min(max(offset, 0), text.count)]
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let line = firstLine + before.count { $0 == 0x0A }
    // Continuation bytes of UTF-8 begin no character.
    let column = 1 + before[lineStart...].count { $0 & 0xC0 != 0x80 }
    return .init(file: file, line: line, column: column, statement: statement)
  }
}

/// One statement of a script.
struct MigrationStatement: Sendable {
  /// From its first word to its semicolon.
  let text: String
  /// Where it begins in the script, in bytes.
  let offset: Int
  /// Counted from 1.
  let number: Int
  /// Whether it is an INSERT, UPDATE or DELETE.
  let changesRows: Bool

  /// Its beginning on one line, to recognise it by.
  var excerpt: String {
    let words = text.prefix(200).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return words.count > 50 ? words.prefix(49) + "…" : words
  }
}
