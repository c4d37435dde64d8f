public import Databases
internal import Glibc

/// Makes whole databases, removes them, and waits for them.
public struct DatabaseAdministration: Sendable {
  public let database: DatabaseURL

  public init(_ database: DatabaseURL) {
    self.database = database
  }

  /// Whether the database is there; throws if nobody can say.
  public func exists() throws(MigrationError) -> Bool {
    switch database.engine {
    case .sqlite(let path):
      var status = stat()
      if stat(path, &status) == 0 { return true }
      guard errno == ENOENT else {
        throw MigrationError(
          .database(.unreachable), "\(path) cannot be reached: \(String(cString: strerror(errno)))")
      }
      return false
    case .postgres(let conninfo):
      do throws(DatabaseError) {
        _ = try PostgresConnection(conninfo: conninfo)
        return true
      } catch {
        // invalid_catalog_name: the server answers, and has no such database.
        if error.code == "3D000" { return false }
        throw MigrationError(error)
      }
    }
  }

  /// Makes the database, empty; false if it is there already, also if another process was first.
  public func create() throws(MigrationError) -> Bool {
    if try exists() { return false }
    switch database.engine {
    case .sqlite(let path):
      do throws(DatabaseError) {
        let connection = try SQLiteConnection(
          path: path, options: .init(access: database.access, usesWAL: false))
        // The file is written with the first page.
        try connection.execute("PRAGMA user_version = 0")
      } catch {
        throw MigrationError(error)
      }
      return true
    case .postgres(let conninfo): return try PostgresAdministration(conninfo).create()
    }
  }

  /// Removes the database and everything in it; false if there is none.
  ///
  /// - Throws: ``MigrationError/Kind/busy`` if somebody uses it.
  public func drop() throws(MigrationError) -> Bool {
    guard try exists() else { return false }
    switch database.engine {
    case .sqlite(let path): try dropFile(path)
    case .postgres(let conninfo): try PostgresAdministration(conninfo).drop()
    }
    return true
  }

  /// Whether the database has a table `urls` with anything in it.
  public func hasLinks() throws(MigrationError) -> Bool {
    guard try exists() else { return false }
    do throws(DatabaseError) {
      switch database.engine {
      case .sqlite(let path):
        let connection = try SQLiteConnection(
          path: path, options: .init(access: .readOnly, usesWAL: false))
        let table = try connection.prepare(
          "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'urls'")
        guard try table.step() else { return false }
        return try connection.prepare("SELECT 1 FROM urls LIMIT 1").step()
      case .postgres(let conninfo):
        let connection = try PostgresConnection(conninfo: conninfo)
        guard try connection.query("SELECT to_regclass('urls')").first?.first.flatMap({ $0 }) != nil
        else { return false }
        return try !connection.query("SELECT 1 FROM urls LIMIT 1").isEmpty
      }
    } catch {
      throw MigrationError(error)
    }
  }

  /// Returns when the database's server answers, or its file can be opened; a server that answers
  /// that there is no such database has answered.
  ///
  /// - Parameter acceptsAbsence: whether a SQLite file that is not there yet will do as well, for
  ///   those who would make it.
  /// - Throws: the last reason once `timeout` is over; at once if waiting cannot help, as with a
  ///   wrong password.
  public func wait(timeout: Duration, acceptsAbsence: Bool) throws(MigrationError) {
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: timeout)
    while true {
      do throws(MigrationError) {
        if acceptsAbsence, case .sqlite = database.engine, try !exists() { return }
        return try answer()
      } catch {
        let mayPass: Bool =
          switch error.kind {
          case .database(.unreachable), .database(.connectionLost), .busy: true
          default: false
          }
        guard mayPass, clock.now < deadline else { throw error }
      }
      usleep(200_000)
    }
  }

  private func answer() throws(MigrationError) {
    guard try exists(), case .sqlite(let path) = database.engine else {
      if case .sqlite = database.engine {
        throw MigrationError(
          .database(.unreachable), "there is no database \(database); make it with lynx migrate up")
      }
      return
    }
    do throws(DatabaseError) {
      _ = try SQLiteConnection(path: path, options: .init(access: .readOnly, usesWAL: false))
    } catch {
      throw MigrationError(error)
    }
  }

  private func dropFile(_ path: String) throws(MigrationError) {
    guard let resolved = realpath(path, nil) else {
      throw MigrationError(
        .database(.unreachable), "\(path) cannot be found: \(String(cString: strerror(errno)))")
    }
    defer { free(resolved) }
    let file = String(cString: resolved)
    let lock = try SQLiteMigrationLock(path: file)
    do throws(DatabaseError) {
      guard try lock.tryLockForDrop() else { throw DatabaseError(.busy, "") }
      let connection = try SQLiteConnection(
        path: file, options: .init(access: .readWrite, busyTimeoutMilliseconds: 0, usesWAL: false))
      // In WAL mode, the lock that this needs is refused as long as anybody has the file open.
      try connection.execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK")
      for suffix in ["", "-wal", "-shm", "-journal"] where unlink(file + suffix) != 0 {
        guard errno == ENOENT else {
          let kind: DatabaseError.Kind = errno == EACCES || errno == EPERM ? .notPermitted : .other
          throw DatabaseError(
            kind, "\(file)\(suffix) cannot be removed: \(String(cString: strerror(errno)))")
        }
      }
    } catch {
      guard error.kind == .busy else { throw MigrationError(error) }
      throw MigrationError(
        .busy, "\(path) is in use by another process and was not dropped; stop that first")
    }
  }
}

extension SQLiteMigrationLock {
  /// As ``tryLock()``; a file system without locks is no reason to keep a file.
  fileprivate func tryLockForDrop() throws(DatabaseError) -> Bool {
    do throws(MigrationError) {
      return try tryLock()
    } catch {
      return true
    }
  }
}
