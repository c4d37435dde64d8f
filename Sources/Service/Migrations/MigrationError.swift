public import Databases

/// Why migrations could not be read, planned or applied: one sentence without a full stop that says
/// what, where and what to do about it. Never contains a password.
public struct MigrationError: Error, Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// A file is not what a migration should be.
    case badFile
    /// A directory, a file or a script that is needed is not there.
    case missingInput
    /// A file cannot be written.
    case cannotWrite
    /// A file or database may not be used by this user.
    case notPermitted
    /// The command cannot be meant that way.
    case usage
    /// A file was changed after it was applied.
    case drift
    /// A migration is recorded whose file is gone, though newer files are there.
    case missingFile
    /// The database is at a version that the files do not have.
    case newerDatabase
    /// A file has a version below one that is applied, and is not applied itself.
    case outOfOrder
    /// A migration without a transaction did not finish.
    case dirty
    /// A statement of a migration failed.
    case failed
    /// Somebody else migrates, or holds what is needed.
    case busy
    /// The server is one that cannot be migrated through: a replica, or behind a pooler.
    case unsuitable
    /// Any other trouble with the database.
    case database(DatabaseError.Kind)
  }

  public var kind: Kind
  public var message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  init(_ error: DatabaseError) {
    self.init(error.kind == .busy ? .busy : .database(error.kind), error.message)
  }
}

extension MigrationError: CustomStringConvertible {
  public var description: String { message }
}
