/// Why a database could not do what it was asked: one sentence, and what kind of trouble it is.
public struct DatabaseError: Error, Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// The URL or path names no database.
    case invalidURL
    /// Nothing answers there, or no file is there.
    case unreachable
    /// The file cannot be made: its directory is not there.
    case cannotMake
    /// The password, role or permission is refused.
    case notPermitted
    /// The connection was lost; what was sent may or may not have been done.
    case connectionLost
    /// It took longer than it may, or somebody else holds a lock.
    case busy
    /// The disk is full.
    case full
    /// The file is not a database, or damaged.
    case corrupt
    /// A unique, foreign-key, not-null or check constraint refuses the row.
    case constraint
    /// The statement is not understood, or names what does not exist.
    case statement
    case other
  }

  public var kind: Kind
  /// One sentence without a full stop. Never contains a password.
  public var message: String
  /// PostgreSQL's SQLSTATE or SQLite's extended result code; nil if none was given.
  public var code: String?
  /// Where in the statement the database stumbled, in bytes from its start; nil if it did not say.
  public var offset: Int?

  public init(_ kind: Kind, _ message: String, code: String? = nil, offset: Int? = nil) {
    self.kind = kind
    self.message = message
    self.code = code
    self.offset = offset
  }
}

extension DatabaseError: CustomStringConvertible {
  public var description: String { message }
}
