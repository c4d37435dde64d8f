internal import CSQLite
internal import Glibc
internal import LinuxSystem

/// A result code of SQLite (https://sqlite.org/rescode.html) in words.
struct SQLiteFailure {
  let code: Int32
  let reason: String
  /// What the system call that failed left in errno; 0 if none did.
  let systemError: Int32
  let path: String
  /// While it is opened; nil later.
  let access: SQLiteConnection.Access?
  let timeoutMilliseconds: Int

  func error(offset: Int?) -> DatabaseError {
    let (kind, message) = sentence
    return DatabaseError(kind, message, code: "\(code)", offset: offset)
  }

  private var sentence: (DatabaseError.Kind, String) {
    switch code & 0xff {
    case SQLITE_BUSY, SQLITE_LOCKED:
      (
        .busy,
        "\(path) is locked by another connection, which did not let go within "
          + "\(timeoutMilliseconds) ms: try again"
      )
    case SQLITE_INTERRUPT: (.busy, "the statement on \(path) was interrupted")
    case SQLITE_FULL: full
    case SQLITE_CORRUPT:
      (
        .corrupt,
        "\(path) is damaged (\(reason)): restore a backup, or save what is left with sqlite3's "
          + ".recover"
      )
    case SQLITE_NOTADB: (.corrupt, "\(path) is not a SQLite database: name another file")
    case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: notPermitted
    case SQLITE_CANTOPEN: cannotOpen
    case SQLITE_CONSTRAINT: (.constraint, "\(path) refuses the row: \(reason)")
    case SQLITE_ERROR, SQLITE_MISMATCH, SQLITE_RANGE, SQLITE_TOOBIG, SQLITE_SCHEMA:
      (.statement, "\(path): \(reason)")
    case SQLITE_IOERR: inputOutput
    default: (.other, "\(path): \(reason)")
    }
  }

  private var full: (DatabaseError.Kind, String) {
    (.full, "the disk that holds \(path) is full: make room and try again")
  }

  private var systemReason: String {
    systemError == 0 ? reason : String(cString: strerror(systemError))
  }

  private var inputOutput: (DatabaseError.Kind, String) {
    // SQLite knows a full disk by ENOSPC from write(2) only.
    if [ENOSPC, EDQUOT].contains(systemError) { return full }
    if systemError == EFBIG {
      return (.full, "\(path) may not grow further: its file system or a limit forbids it")
    }
    if code == Self.corruptFileSystem || code == Self.badChecksum {
      return (.corrupt, "\(path) lies on a damaged file system (\(systemReason))")
    }
    return (.other, "reading or writing \(path) failed: \(systemReason)")
  }

  // Macros with operators in them, which the importer leaves out.
  private static let corruptFileSystem = SQLITE_IOERR | (33 << 8)
  private static let badChecksum = SQLITE_IOERR | (32 << 8)
  private static let readOnlyDirectory = SQLITE_READONLY | (6 << 8)
  private static let cannotInitialiseSharedMemory = SQLITE_READONLY | (5 << 8)

  private var notPermitted: (DatabaseError.Kind, String) {
    switch code {
    case Self.readOnlyDirectory:
      (
        .notPermitted,
        "\(Self.user) may not write in the directory of \(path), where SQLite keeps its journal"
      )
    case Self.cannotInitialiseSharedMemory:
      (
        .notPermitted,
        "\(path) is in WAL mode and \(Self.user) may not make its -shm file, without which it "
          + "cannot be read"
      )
    default:
      (
        .notPermitted,
        code & 0xff == SQLITE_READONLY
          ? "\(path) is open for reading only" : "\(path): \(reason)"
      )
    }
  }

  private var cannotOpen: (DatabaseError.Kind, String) {
    // The same that is asked before opening, since files come and go.
    if let refusal = Self.refusal(path: path, access: access ?? .readWrite) {
      return (refusal.kind, refusal.message)
    }
    // What a statement wanted to open, as ATTACH does, is named by the reason alone.
    if access == nil, reason.contains("unable to open database") {
      return (.statement, "\(path): \(reason)")
    }
    switch systemError {
    case ENOENT: return (.unreachable, "\(path) is not there")
    case EACCES, EPERM, EROFS:
      return (
        .notPermitted,
        "\(Self.user) may not open \(path) or the journal beside it (\(systemReason))"
      )
    case ENOSPC, EDQUOT: return full
    default: return (.other, "\(path) cannot be opened: \(systemReason)")
    }
  }

  private static var user: String { "user \(Machine.userName(Machine.effectiveUser))" }

  static func notWritable(_ path: String, code: Int32) -> DatabaseError {
    DatabaseError(.notPermitted, "\(user) may not write to \(path)", code: "\(code)")
  }

  /// Why the file system does not let the path be opened; nil if it does or nothing is known.
  static func refusal(path: String, access: SQLiteConnection.Access) -> DatabaseError? {
    if path == ":memory:" { return nil }
    let code = "\(SQLITE_CANTOPEN)"
    var status = stat()
    if stat(path, &status) == 0 {
      if status.st_mode & S_IFMT == S_IFDIR {
        return DatabaseError(
          .unreachable, "\(path) is a directory: name a file in it", code: code)
      }
      // A pipe would be waited for without end.
      if status.st_mode & S_IFMT != S_IFREG {
        return DatabaseError(
          .unreachable, "\(path) is a device, a pipe or a socket: name a regular file", code: code)
      }
      if faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0 {
        return DatabaseError(.notPermitted, "\(user) may not read \(path)", code: code)
      }
      if access != .readOnly, faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0 {
        return notWritable(path, code: SQLITE_READONLY)
      }
      return directoryRefusal(path: path, access: access)
    }
    switch errno {
    case EACCES:
      return DatabaseError(
        .notPermitted, "\(user) may not enter the directory of \(path)", code: code)
    case ENOENT where access != .create:
      return DatabaseError(.unreachable, "there is no file \(path)", code: code)
    case ENOENT: return directoryRefusal(path: path, access: access)
    case ENOTDIR:
      return DatabaseError(
        access == .create ? .cannotMake : .unreachable,
        "a part of the path \(path) is not a directory", code: code)
    default: return nil
    }
  }

  private static func directoryRefusal(
    path: String, access: SQLiteConnection.Access
  ) -> DatabaseError? {
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    var status = stat()
    if stat(directory, &status) != 0, errno == ENOENT {
      return DatabaseError(
        access == .create ? .cannotMake : .unreachable,
        "the directory of \(path) does not exist: make it first",
        code: "\(SQLITE_CANTOPEN)")
    }
    guard access != .readOnly, faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) != 0
    else { return nil }
    return DatabaseError(
      .notPermitted,
      "\(user) may not write in the directory of \(path), where SQLite keeps the file's journal",
      code: "\(SQLITE_CANTOPEN)")
  }
}
