internal import CSQLite

extension SQLiteConnection {
  /// Prepares the first statement of a text and ignores what follows it.
  ///
  /// - Parameter isPersistent: whether it is kept and run many times, which spares SQLite's memory
  ///   for what comes and goes (SQLITE_PREPARE_PERSISTENT).
  public func prepare(
    _ sql: String, isPersistent: Bool = false
  ) throws(DatabaseError) -> SQLiteStatement {
    guard let statement = try prepareNext(of: sql, from: 0, isPersistent: isPersistent).statement
    else { throw DatabaseError(.statement, "\(path): the text holds no statement", offset: 0) }
    return statement
  }

  /// Prepares the statement that begins at or behind `start`, in bytes; nil if nothing but spaces
  /// and comments is left. `next` is where the following one begins.
  ///
  /// - Throws: with an offset in the whole text.
  /// - Complexity: O(length of the whole text).
  public func prepareNext(
    of script: String, from start: Int, isPersistent: Bool = false
  ) throws(DatabaseError) -> (statement: SQLiteStatement?, next: Int) {
    try prepareNext(of: terminated(script), from: start, isPersistent)
  }

  /// Runs every statement of a script, one after the other, and drops their rows.
  ///
  /// - Throws: at the first that fails, with the offset in the script of the token SQLite stumbled
  ///   over, or else of the statement's first token. What ran before stays done, unless a
  ///   transaction is around it.
  public func execute(_ script: String) throws(DatabaseError) {
    let text = try terminated(script)
    var start = 0
    while true {
      start = text.withUnsafeBufferPointer { SQLLexicon.firstToken(of: $0, from: start) }
      let (statement, next) = try prepareNext(of: text, from: start, false)
      guard let statement else { return }
      do throws(DatabaseError) {
        try statement.run()
      } catch {
        var located = error
        located.offset = start
        throw located
      }
      start = next
    }
  }

  /// The text with a NUL behind it, without which SQLite would copy the rest of a script for each
  /// of its statements. A NUL within would be the end for SQLite, what follows it passed over.
  private func terminated(_ script: String) throws(DatabaseError) -> [UInt8] {
    var text = Array(script.utf8)
    if let zero = text.firstIndex(of: 0) {
      throw DatabaseError(
        .statement, "\(path): the statement contains a NUL character", offset: zero)
    }
    guard text.count < Int(Int32.max) else {
      throw DatabaseError(.statement, "\(path): the script is longer than 2 GiB")
    }
    text.append(0)
    return text
  }

  private func prepareNext(
    of text: [UInt8], from start: Int, _ isPersistent: Bool
  ) throws(DatabaseError) -> (statement: SQLiteStatement?, next: Int) {
    var prepared: OpaquePointer?
    var consumed = 0
    var first = 0
    let code = text.withUnsafeBufferPointer { text in
      first = SQLLexicon.firstToken(of: text, from: max(0, start))
      guard first < text.count - 1 else { return SQLITE_OK }
      let rest = UnsafeBufferPointer(rebasing: text[first...])
      return rest.withMemoryRebound(to: CChar.self) { rest in
        var tail: UnsafePointer<CChar>?
        let code = sqlite3_prepare_v3(
          handle, rest.baseAddress, Int32(rest.count),
          isPersistent ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0, &prepared, &tail)
        if let tail, let base = rest.baseAddress { consumed = base.distance(to: tail) }
        return code
      }
    }
    guard code == SQLITE_OK else { throw error(code, base: first, statementOffset: first) }
    return (prepared.map { SQLiteStatement(connection: self, handle: $0) }, first + consumed)
  }

  /// Runs `body` in a transaction, which is committed when it returns and rolled back when it throws.
  ///
  /// - Parameter immediate: take the write lock at once. A transaction that first reads and then
  ///   writes would otherwise fail with ``DatabaseError/Kind/busy`` without any waiting when
  ///   somebody else wrote in between.
  public func transaction<Result>(
    immediate: Bool = true, _ body: () throws -> Result
  ) throws -> Result {
    try execute(immediate ? "BEGIN IMMEDIATE" : "BEGIN")
    do {
      let result = try body()
      try execute("COMMIT")
      return result
    } catch {
      // Some errors have ended the transaction already. A rollback that fails says nothing new.
      if isInTransaction { try? execute("ROLLBACK") }
      throw error
    }
  }
}

/// As much of SQLite's lexicon as it takes to find where a statement begins
/// (https://sqlite.org/lang_comment.html).
enum SQLLexicon {
  /// Behind spaces, comments and empty statements.
  static func firstToken(of text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var index = start
    while index < text.count {
      switch text[index] {
      case 0x20, 0x09, 0x0a, 0x0c, 0x0d, UInt8(ascii: ";"): index += 1
      case UInt8(ascii: "-") where index + 1 < text.count && text[index + 1] == UInt8(ascii: "-"):
        while index < text.count, text[index] != 0x0a { index += 1 }
      case UInt8(ascii: "/") where index + 1 < text.count && text[index + 1] == UInt8(ascii: "*"):
        index += 2
        while index < text.count,
          !(text[index] == UInt8(ascii: "*") && index + 1 < text.count
            && text[index + 1] == UInt8(ascii: "/"))
        { index += 1 }
        index = min(text.count, index + 2)
      default: return index
      }
    }
    return index
  }
}
