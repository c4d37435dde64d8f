internal import Databases
internal import Glibc
internal import LinuxSystem
internal import Synchronization

/// What is found of a SQLite file.
struct SQLiteFindings {
  let subject: DatabaseSubject
  let path: String

  private var exists: Bool { access(path, F_OK) == 0 }
  private var absent: Finding {
    Finding(.notApplicable, "\(path) is not there yet; lynx serve makes it when it starts")
  }

  /// Opened as a server opens it, but for changes.
  private func open(
    _ access: SQLiteConnection.Access
  ) throws(DatabaseError) -> SQLiteConnection {
    try SQLiteConnection(
      path: path, options: .init(access: access, busyTimeoutMilliseconds: 300, usesWAL: false))
  }

  private var wantedAccess: SQLiteConnection.Access {
    subject.url.access == .readOnly ? .readOnly : .readWrite
  }

  // MARK: The file

  var file: Finding {
    if path == ":memory:" {
      return Finding(.notApplicable, "a database in memory is gone with its process")
    }
    guard exists else { return missing }
    do throws(DatabaseError) {
      let connection = try open(wantedAccess)
      return Finding(.ok, "\(path) can be \(connection.isReadOnly ? "read" : "read and written")")
    } catch {
      return Finding(
        .failed, error.message, expected: "a SQLite database that this user may use",
        remedy: remedy(error))
    }
  }

  private var missing: Finding {
    let directory = DirectoryFindings.parent(of: path)
    guard access(directory, F_OK) != 0 else { return absent }
    let code = errno
    let reason =
      code == ENOENT ? "is not there" : "cannot be reached: \(String(cString: strerror(code)))"
    return Finding(
      .failed, "\(directory), where \(path) would be, \(reason)", expected: "a directory",
      remedy: .makeDirectory(directory))
  }

  private func remedy(_ error: DatabaseError) -> Remedy {
    switch error.kind {
    case .notPermitted:
      var status = stat()
      guard stat(path, &status) == 0, status.st_uid == Machine.effectiveUser else {
        return Remedy(
          "sudo chown \(Machine.userName(Machine.effectiveUser)) \(shellWord(path))",
          needsRoot: true)
      }
      return Remedy("chmod u+rw \(shellWord(path))", isOwn: true)
    case .busy: return Remedy("fuser -v \(shellWord(path))")
    case .full: return Remedy("df -h \(shellWord(path))")
    case .corrupt where error.message.contains("is not a SQLite database"): return another
    case .cannotMake, .invalidURL, .other: return another
    default: return recovery
    }
  }

  private var another: Remedy { Remedy("name another file: --database-url sqlite://./links.db") }

  /// Into another file: what is there stays as it is.
  private var recovery: Remedy {
    Remedy(
      "sqlite3 \(shellWord(path)) .recover | sqlite3 \(shellWord(path + ".recovered"))"
        + "   # what is left of it; then move it into its place",
      alternatives: ["restore a backup"])
  }

  // MARK: WAL

  /// By putting a new file beside it into WAL mode, and removing that again: memory that processes share has to
  /// work in this directory.
  var wal: Finding {
    if path == ":memory:" { return Finding(.notApplicable, "a database in memory has none") }
    let directory = DirectoryFindings.parent(of: path)
    guard access(directory, F_OK) == 0 else {
      return Finding(.notApplicable, "\(directory) is not there")
    }
    let trial = "\(directory)/.lynx-doctor-\(getpid())-\(UInt32.random(in: 0 ... .max)).db"
    defer { for suffix in ["", "-wal", "-shm", "-journal"] { unlink(trial + suffix) } }
    do throws(DatabaseError) {
      let connection = try SQLiteConnection(
        path: trial, options: .init(access: .create, busyTimeoutMilliseconds: 300))
      try connection.execute("CREATE TABLE trial (a); INSERT INTO trial VALUES (1)")
    } catch {
      if error.kind == .notPermitted {
        return Finding(
          .notApplicable, "nothing can be made in \(directory): see directories that are written")
      }
      return Finding(
        .failed, "WAL mode does not work in \(directory): \(error.message)",
        expected: "a directory of this user's on a disk of this machine",
        remedy: Remedy("lynx serve --database-url \"sqlite://$HOME/lynx.db\""))
    }
    guard exists, let mode = try? currentMode() else {
      return Finding(.ok, "works in \(directory)")
    }
    return Finding(
      .ok,
      mode == "wal"
        ? "\(path) is in WAL mode" : "works; \(path) is in mode \(mode) until lynx serve opens it")
  }

  /// nil if they cannot be read: that is told by other checks.
  private var tables: Set<String>? {
    guard let connection = try? open(.readOnly),
      let statement = try? connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
    else { return nil }
    var names: Set<String> = []
    while (try? statement.step()) == true { names.insert(statement.text(at: 0) ?? "") }
    return names
  }

  private func currentMode() throws(DatabaseError) -> String {
    let statement = try open(.readOnly).prepare("PRAGMA journal_mode")
    return try statement.step() ? statement.text(at: 0) ?? "" : ""
  }

  // MARK: Integrity

  private static let checkMilliseconds: Int32 = 900

  /// By SQLite's own check, as far as it comes in the time there is.
  var integrity: Finding {
    guard path != ":memory:", exists else { return absent }
    do throws(DatabaseError) {
      let connection = try open(.readOnly)
      let watch = Watch(connection.interrupter, milliseconds: Self.checkMilliseconds)
      defer { watch.end() }
      let statement = try connection.prepare("PRAGMA quick_check(3)")
      var lines: [String] = []
      while try statement.step() { lines.append(statement.text(at: 0) ?? "") }
      if lines == ["ok"] { return Finding(.ok, "quick_check finds nothing wrong") }
      return Finding(
        .failed, "\(path) is damaged: " + lines.joined(separator: "; ").replacing("\n", with: "; "),
        expected: "a sound file", remedy: recovery)
    } catch {
      if error.kind == .busy {
        return Finding(
          .warning, "quick_check had not ended after \(Self.checkMilliseconds) ms",
          expected: "all of the file looked at",
          remedy: Remedy("sqlite3 \(shellWord(path)) 'PRAGMA quick_check'"))
      }
      if error.kind == .corrupt {
        return Finding(.failed, error.message, expected: "a sound file", remedy: recovery)
      }
      return Finding(.notApplicable, "the file cannot be read")
    }
  }

  /// Interrupts a connection after a time, unless it is ended before.
  private final class Watch: Sendable {
    private let isOver = Mutex(false)
    private let wakeUp: WakeUp?

    init(_ interrupter: SQLiteInterrupter, milliseconds: Int32) {
      wakeUp = try? WakeUp()
      guard let wakeUp else { return }
      _ = WorkerThread.start { [self] in
        _ = waitForReadable([wakeUp.descriptor], timeoutMilliseconds: milliseconds)
        isOver.withLock { if !$0 { interrupter.interrupt() } }
      }
    }

    func end() {
      isOver.withLock { $0 = true }
      wakeUp?.signal()
    }
  }

  // MARK: Schema

  var schema: Finding {
    if path == ":memory:" { return Finding(.notApplicable, "a database in memory has none") }
    return exists ? SchemaFinding.find(subject, present: tables) : absent
  }
}
