/// A part of a script: one statement with what stands before it, or what is left after the last.
public struct SQLPiece: Sendable, Equatable {
  /// The bytes of the script, from the end of the piece before to the semicolon included.
  public var range: Range<Int>
  /// Where the statement itself begins, comments and white space skipped; nil if there is none.
  public var start: Int?
  /// The words the statement begins with, in capitals, up to the first that is not a plain word.
  public var leadingWords: [String] = []
  /// Whether it is a COPY from or to the client, which a migration has no data for.
  public var copiesThroughClient = false
  /// Whether it is a PRAGMA that sets SQLite's journal mode.
  public var setsJournalMode = false
}

/// Cuts scripts into statements where the engine itself would.
public enum StatementSplitter {
  /// The pieces of `script` in order; together they are the script, byte for byte.
  ///
  /// A semicolon ends a statement unless it is inside a string, comment or quoted name; in
  /// PostgreSQL also inside parentheses (rules) and `BEGIN ATOMIC … END` (routines); in SQLite also
  /// inside CREATE TRIGGER, which ends with `; END ;`. Complexity: O(length).
  public static func pieces(
    of script: [UInt8], dialect: SQLDialect
  ) throws(UnterminatedSQL) -> [SQLPiece] {
    var scanner = SQLScanner(script, dialect: dialect)
    var pieces: [SQLPiece] = []
    var current = Statement(dialect: dialect)
    var begin = 0
    while let token = try scanner.next() {
      let word: String? =
        if case .word(let range) = token {
          String(decoding: script[range], as: UTF8.self).uppercased()
        } else {
          nil
        }
      let ends = current.take(token, word: word, at: scanner.tokenStart)
      guard ends else { continue }
      pieces.append(current.piece(begin..<scanner.position))
      begin = scanner.position
      current = Statement(dialect: dialect)
    }
    if begin < script.count { pieces.append(current.piece(begin..<script.count)) }
    return pieces
  }
}

/// What is known of the statement being read.
private struct Statement {
  private let dialect: SQLDialect
  private var start: Int?
  private var words: [String] = []
  private var isLeading = true
  private var copies = false
  private var namesJournalMode = false
  private var setsJournalMode = false
  private var parentheses = 0
  /// How many of BEGIN ATOMIC and the CASEs in it are open.
  private var blocks = 0
  private var previousWord = ""
  /// How much of `; END` was just read.
  private var triggerEnd = 0

  init(dialect: SQLDialect) {
    self.dialect = dialect
  }

  func piece(_ range: Range<Int>) -> SQLPiece {
    SQLPiece(
      range: range, start: start, leadingWords: words, copiesThroughClient: copies,
      setsJournalMode: setsJournalMode)
  }

  /// Takes the next token; true if it is the semicolon that ends the statement.
  mutating func take(_ token: SQLScanner.Token, word: String?, at offset: Int) -> Bool {
    if token == .semicolon, ends { return true }
    if start == nil { start = offset }
    if let word, isLeading, words.count < 8 { words.append(word) } else { isLeading = false }
    switch dialect {
    case .postgres: takePostgres(token, word)
    case .sqlite:
      triggerEnd = token == .semicolon ? 1 : word == "END" && triggerEnd == 1 ? 2 : 0
      // What follows the name, `= wal` or `(wal)`, is what it is set to.
      if namesJournalMode { setsJournalMode = true }
      if words.first == "PRAGMA", word == "JOURNAL_MODE" { namesJournalMode = true }
    }
    previousWord = word ?? ""
    return false
  }

  private var ends: Bool {
    switch dialect {
    case .postgres: parentheses <= 0 && blocks == 0
    case .sqlite: !isTrigger || triggerEnd == 2
    }
  }

  private mutating func takePostgres(_ token: SQLScanner.Token, _ word: String?) {
    switch token {
    case .open: parentheses += 1
    case .close: parentheses -= 1
    default: break
    }
    guard let word else { return }
    if words.first == "COPY", word == "STDIN" || word == "STDOUT" { copies = true }
    guard isRoutine, parentheses == 0 else { return }
    switch word {
    case "ATOMIC" where blocks == 0 && previousWord == "BEGIN": blocks = 1
    case "CASE" where blocks > 0: blocks += 1
    case "END" where blocks > 0: blocks -= 1
    default: break
    }
  }

  private var isRoutine: Bool {
    var rest = words[...]
    guard rest.popFirst() == "CREATE" else { return false }
    if rest.starts(with: ["OR", "REPLACE"]) { rest = rest.dropFirst(2) }
    return rest.first == "FUNCTION" || rest.first == "PROCEDURE"
  }

  private var isTrigger: Bool {
    var rest = words[...]
    if rest.first == "EXPLAIN" { rest = rest.dropFirst() }
    if rest.starts(with: ["QUERY", "PLAN"]) { rest = rest.dropFirst(2) }
    guard rest.popFirst() == "CREATE" else { return false }
    if rest.first == "TEMP" || rest.first == "TEMPORARY" { rest = rest.dropFirst() }
    return rest.first == "TRIGGER"
  }
}

extension SQLPiece {
  /// Whether it changes rows, and neither the schema nor the session.
  var changesRows: Bool {
    leadingWords.first.map { ["INSERT", "UPDATE", "DELETE"].contains($0) } ?? false
  }

  /// Whether it begins or ends a transaction, which inside one leaves the rest unprotected.
  var controlsTransaction: Bool {
    switch leadingWords.first {
    case "BEGIN", "COMMIT", "END", "ABORT": true
    case "START", "PREPARE": leadingWords.dropFirst().first == "TRANSACTION"
    // ROLLBACK TO a savepoint stays inside.
    case "ROLLBACK": !leadingWords.prefix(3).contains("TO")
    default: false
    }
  }
}
