extension PostgresConnection {
  /// The name in double quotes, as SQL text takes it.
  public func quoted(identifier: String) throws(DatabaseError) -> String {
    try requireNoNUL(identifier)
    return SQLQuoting.identifier(identifier)
  }

  /// The text in single quotes, as SQL text takes it whatever `standard_conforming_strings` is.
  public func quoted(literal: String) throws(DatabaseError) -> String {
    try requireNoNUL(literal)
    return SQLQuoting.literal(literal)
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

/// Texts without NUL as parts of SQL. By code points: to Swift, a quote and the accent that follows it
/// are one character, and not a quote; to a server it is one.
enum SQLQuoting {
  static func identifier(_ name: String) -> String { "\"" + doubled(name, ["\""]) + "\"" }

  static func literal(_ text: String) -> String {
    // PostgreSQL manual, 4.1.2.2: in an E'' text a backslash always stands for the next character.
    // The space keeps the E from what precedes it.
    text.utf8.contains(UInt8(ascii: "\\"))
      ? " E'" + doubled(text, ["'", "\\"]) + "'" : "'" + doubled(text, ["'"]) + "'"
  }

  private static func doubled(_ text: String, _ special: [Unicode.Scalar]) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if special.contains(scalar) { result.append(scalar) }
      result.append(scalar)
    }
    return String(result)
  }
}
