extension PostgresConnection {
  /// The name in double quotes, as SQL text takes it.
  public func quoted(identifier: String) throws(DatabaseError) -> String {
    try requireNoNUL(identifier)
    return "\"" + identifier.replacing("\"", with: "\"\"") + "\""
  }

  /// The text in single quotes, as SQL text takes it whatever `standard_conforming_strings` is.
  public func quoted(literal: String) throws(DatabaseError) -> String {
    try requireNoNUL(literal)
    let text = literal.replacing("'", with: "''")
    // PostgreSQL manual, 4.1.2.2: in an E'' text a backslash always stands for the next character.
    return literal.contains("\\") ? " E'" + text.replacing("\\", with: "\\\\") + "'" : "'\(text)'"
  }

  /// Runs `body` in a transaction, which is committed when it returns and rolled back when it throws.
  public func transaction<Result>(_ body: () throws -> Result) throws -> Result {
    try execute("BEGIN")
    do {
      let result = try body()
      try execute("COMMIT")
      return result
    } catch {
      // A rollback that fails says nothing new.
      if isOpen, isInTransaction { try? execute("ROLLBACK") }
      throw error
    }
  }
}
