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
  func name(of statement: PostgresStatement) -> String {
    "lynx_\(statement.name)_\(entries[statement.name]?.generation ?? 0)"
  }

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

  /// Why a request really failed. What the server does not know the statement for is that it could
  /// not be prepared; and one whose tables have changed is prepared anew for its next use.
  mutating func reason(of error: DatabaseError, _ statement: PostgresStatement) -> DatabaseError {
    // invalid_sql_statement_name; "cached plan must not change result type".
    guard error.code == "26000" || error.code == "0A000" else { return error }
    if error.code == "26000", let failure = entries[statement.name]?.failure { return failure }
    if error.code == "0A000" {
      let name = name(of: statement)
      entries[statement.name]?.stale.append(name)
    }
    forget(statement.name)
    return error
  }

  private mutating func forget(_ name: String) {
    entries[name]?.isPrepared = false
    entries[name]?.generation += 1
  }
}
