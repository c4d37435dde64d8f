internal import CSQLite
internal import Glibc

extension SQLiteConnection {
  /// Copies the database, as it is at one moment, into a new file; others may go on writing.
  ///
  /// All pages are copied in one step, under one read lock, so that writers do not make it begin
  /// anew (https://sqlite.org/backup.html). The file gets its name when it is complete and on the
  /// disk.
  ///
  /// - Throws: ``DatabaseError/Kind/notPermitted`` if there is a file at `path` already.
  public func backup(to path: String) throws(DatabaseError) {
    let partial = path + ".partial"
    unlink(partial)
    defer { for suffix in ["", "-journal", "-wal", "-shm"] { unlink(partial + suffix) } }
    do {
      let copy = try SQLiteConnection(
        path: partial, options: Options(access: .create, usesWAL: false))
      try copy.fill(from: self)
    }
    // Unlike a rename, a link never takes the place of what is there.
    guard link(partial, path) == 0 else {
      let reason = errno
      throw DatabaseError(
        reason == EEXIST ? .notPermitted : .other,
        reason == EEXIST
          ? "\(path) exists already: name another file for the backup"
          : "the backup cannot be named \(path): \(String(cString: strerror(reason)))")
    }
    let directory = open(
      path.lastIndex(of: "/").map { String(path[...$0]) } ?? ".", O_RDONLY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }

  private func fill(from source: SQLiteConnection) throws(DatabaseError) {
    guard let backup = sqlite3_backup_init(handle, "main", source.handle, "main") else {
      throw error(sqlite3_errcode(handle))
    }
    let deadline = Deadline(milliseconds: source.busyTimeoutMilliseconds)
    var code = sqlite3_backup_step(backup, -1)
    while code == SQLITE_BUSY || code == SQLITE_LOCKED, !deadline.isOver {
      usleep(5_000)
      code = sqlite3_backup_step(backup, -1)
    }
    let finished = sqlite3_backup_finish(backup)
    guard code == SQLITE_DONE else { throw error(finished == SQLITE_OK ? code : finished) }
  }
}
