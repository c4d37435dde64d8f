/// Which statements one connection has prepared, and under what names.
struct PreparedStatements {
  private struct Entry {
    var generation = 0
    var isPrepared = false
    /// What it was prepared as before; the server still knows it under these names.
    var stale: [String] = []
    /// Why it could not be prepared the last time.
    var failure: DatabaseError?
  }
  private var entries: [String: Entry] = [:]

  /// What the server knows it by. A statement that has to be prepared anew gets another name.
  func name(of statement: PostgresStatement) -> String { serverName(statement.name) }

  /// The name to prepare it under, from now on prepared; nil if it is already.
  mutating func nameToPrepare(_ statement: PostgresStatement) -> String? {
    if entries[statement.name]?.isPrepared == true { return nil }
    entries[statement.name, default: Entry()].isPrepared = true
    return name(of: statement)
  }

  /// The names the server may forget.
  mutating func takeStaleNames(_ statement: PostgresStatement) -> [String] {
    defer { entries[statement.name]?.stale = [] }
    return entries[statement.name]?.stale ?? []
  }

  mutating func finished(_ name: String, failure: DatabaseError?) {
    entries[name]?.failure = failure
    if failure != nil { forget(name) }
  }

  /// Why a group with these statements really failed. What the server does not know a statement for is
  /// that it could not be prepared; and where tables have changed, statements are prepared anew for
  /// their next use.
  mutating func reason(
    of error: DatabaseError, in statements: [PostgresStatement]
  ) -> DatabaseError {
    // invalid_sql_statement_name; "cached plan must not change result type".
    guard error.code == "26000" || error.code == "0A000" else { return error }
    if error.code == "26000" {
      for statement in statements {
        if let failure = entries[statement.name]?.failure { return failure }
      }
    }
    for name in Set(statements.map(\.name)) where entries[name]?.isPrepared == true {
      if error.code == "0A000" {
        let stale = serverName(name)
        entries[name]?.stale.append(stale)
      }
      forget(name)
    }
    return error
  }

  private mutating func forget(_ name: String) {
    entries[name]?.isPrepared = false
    entries[name]?.generation += 1
  }

  private func serverName(_ name: String) -> String {
    "lynx_\(name)_\(entries[name]?.generation ?? 0)"
  }
}
