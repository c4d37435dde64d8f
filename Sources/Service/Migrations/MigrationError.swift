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
    /// The files are of another project than what the database records.
    case otherProject
    /// Another tool migrated the database, and nothing of that is recorded.
    case otherTool
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
    /// It was stopped by a signal.
    case interrupted
    /// Somebody else migrates, or holds what is needed.
    case busy
    /// The server is one that cannot be migrated through: a replica, or behind a pooler.
    case unsuitable
    /// Any other trouble with the database.
    case database(DatabaseError.Kind)
  }

  /// Where in the files it is, as far as that is known.
  public struct Place: Sendable, Equatable {
    public var version: String?
    public var file: String?
    /// Counted from 1, as the column, which counts characters.
    public var line: Int?
    public var column: Int?
    /// The number of the statement in the file, counted from 1.
    public var statement: Int?
  }

  public var kind: Kind
  public var message: String
  public var place: Place?

  public init(_ kind: Kind, _ message: String, place: Place? = nil) {
    self.kind = kind
    self.message = message
    self.place = place
  }

  init(_ error: DatabaseError) {
    self.init(
      error.kind == .busy ? .busy : .database(error.kind), error.message + error.lockAdvice)
  }
}

extension MigrationError: CustomStringConvertible {
  public var description: String { message }
}

extension DatabaseError {
  /// What to do if it ended for a lock (lock_not_available).
  var lockAdvice: String {
    code == "55P03"
      ? ": others hold a lock on what it needs; try again, or wait longer with --lock-timeout" : ""
  }
}
