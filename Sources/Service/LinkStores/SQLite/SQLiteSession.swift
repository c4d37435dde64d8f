internal import Databases

/// A connection with the statements it has prepared, owned by one thread.
final class SQLiteSession {
  let connection: SQLiteConnection
  private var statements: [String: SQLiteStatement] = [:]

  init(_ connection: SQLiteConnection) { self.connection = connection }

  /// The statement with its parameters bound in order, ready to be stepped.
  func statement(
    _ sql: String, _ parameters: SQLiteValue...
  ) throws(DatabaseError) -> SQLiteStatement {
    try statement(sql, parameters)
  }

  func statement(
    _ sql: String, _ parameters: [SQLiteValue]
  ) throws(DatabaseError) -> SQLiteStatement {
    let statement: SQLiteStatement
    if let known = statements[sql] {
      statement = known
      // A reader that left rows behind would hold its snapshot.
      statement.reset()
    } else {
      statement = try connection.prepare(sql, isPersistent: true)
      statements[sql] = statement
    }
    for (index, parameter) in parameters.enumerated() {
      switch parameter {
      case .integer(let value): try statement.bind(value, at: index + 1)
      case .text(let value): try statement.bind(value, at: index + 1)
      case .bytes(let value): try statement.bind(value, at: index + 1)
      }
    }
    return statement
  }

  /// Runs a statement that has no rows of interest; how many rows it changed.
  @discardableResult
  func run(_ sql: String, _ parameters: SQLiteValue...) throws(DatabaseError) -> Int64 {
    try statement(sql, parameters).run()
    return connection.changes
  }

  /// Does all of `body` or nothing, within the open transaction.
  func atomically<Result>(_ body: () throws -> Result) throws -> Result {
    try run("SAVEPOINT job")
    do {
      let result = try body()
      try run("RELEASE job")
      return result
    } catch {
      // Some errors have ended the transaction, and the savepoint with it.
      if connection.isInTransaction {
        try run("ROLLBACK TO job")
        try run("RELEASE job")
      }
      throw error
    }
  }
}

enum SQLiteValue {
  case integer(Int64?)
  case text(String?)
  case bytes([UInt8]?)
}
