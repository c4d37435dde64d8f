import Databases
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite("SQLite: what cannot be opened or written has a sentence of its own")
struct SQLiteFailureTests {
  private let workshop: Workshop
  init() throws { workshop = try Workshop() }

  private func open(_ name: String, _ access: SQLiteConnection.Access = .create) -> DatabaseError? {
    failure { try SQLiteConnection(path: workshop / name, options: .init(access: access)) }
  }

  @Test("directories, missing files, and files that are none")
  func places() throws {
    try workshop.run(
      "mkdir d; mkfifo pipe; echo 'this is no database, it only looks long enough for one' > text; : > empty"
    )
    expectSentence(open("d"), .unreachable, "d is a directory")
    expectSentence(open("pipe"), .unreachable, "pipe is a device, a pipe or a socket")
    expectSentence(open("none", .readOnly), .unreachable, "no file")
    expectSentence(open("none", .readWrite), .unreachable, "no file")
    expectSentence(open("no/such.db"), .cannotMake, "directory of", "does not exist")
    expectSentence(open("text/x.db"), .cannotMake, "not a directory")
    expectSentence(open("text"), .corrupt, "text is not a SQLite database")
    #expect(open("empty") == nil)
    expectSentence(failure { try SQLiteConnection(path: "") }, .invalidURL)
  }

  @Test("what an ordinary user may not read or write")
  func permissions() throws {
    let path = workshop / "locked/a.db"
    try workshop.run("mkdir locked")
    do { try SQLiteConnection(path: path).execute("CREATE TABLE t(a); INSERT INTO t VALUES(1)") }
    // A file of before the mode was changed, for which no -shm file has to be made.
    try workshop.run("cp locked/a.db b.db; chmod 755 .; chmod 444 locked/a.db; chmod 555 locked")
    defer { _ = try? workshop.run("chmod 755 locked") }
    try asOrdinaryUser {
      expectSentence(open("locked/new.db"), .notPermitted, "may not write in the directory")
      expectSentence(open("locked/a.db"), .notPermitted, "may not write to", "a.db")
    }
    try workshop.run("chmod 666 locked/a.db")
    try asOrdinaryUser {
      expectSentence(open("locked/a.db"), .notPermitted, "may not write in the directory")
    }
    try workshop.run("chmod 600 locked/a.db")
    // As its owner an ordinary user may read it.
    if geteuid() == 0 {
      try asOrdinaryUser {
        expectSentence(open("locked/a.db", .readOnly), .notPermitted, "may not read")
      }
    }
    try workshop.run("chmod 000 locked")
    try asOrdinaryUser {
      expectSentence(open("locked/a.db"), .notPermitted, "may not enter the directory")
    }
  }

  @Test("a database in WAL mode whose -shm file may not be made is not readable, and that is said")
  func sharedMemory() throws {
    let path = workshop / "a.db"
    try workshop.run("mkdir locked; chmod 755 .")
    let writer = try SQLiteConnection(path: path)
    try writer.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1)")
    try workshop.run("cp a.db a.db-wal locked; chmod 444 locked/*; chmod 555 locked")
    defer { _ = try? workshop.run("chmod 755 locked") }
    try asOrdinaryUser {
      expectSentence(open("locked/a.db", .readOnly), .notPermitted, "locked/a.db")
    }
  }

  @Test("a connection for reading refuses to write")
  func readOnly() throws {
    let path = workshop / "a.db"
    let writer = try SQLiteConnection(path: path)
    try writer.execute("CREATE TABLE t(a)")
    let reader = try SQLiteConnection(path: path, options: .init(access: .readOnly))
    expectSentence(
      failure { try reader.execute("INSERT INTO t VALUES(1)") }, .notPermitted, "a.db",
      "reading only")
    #expect(reader.isReadOnly)
  }

  @Test("a full disk is said to be full, and what was committed is there when there is room")
  func fullDisk() throws {
    let whenFull: Void? = try withSmallDisk(workshop / "disk") {
      let connection = try SQLiteConnection(path: workshop / "disk/a.db")
      try fill(connection)
    }
    // Who may not mount has SQLite's own limit.
    if whenFull == nil {
      let connection = try SQLiteConnection(path: workshop / "a.db")
      try connection.execute("PRAGMA max_page_count=200")
      try fill(connection)
    }
  }

  private func fill(_ connection: SQLiteConnection) throws {
    try connection.execute("CREATE TABLE t(a)")
    var committed: Int64 = 0
    var error: DatabaseError?
    while error == nil, committed < 10_000 {
      error = failure { try connection.execute("INSERT INTO t VALUES(zeroblob(5000))") }
      if error == nil { committed += 1 }
    }
    expectSentence(error, .full, connection.path, "full")
    let count = try connection.prepare("SELECT count(*) FROM t")
    #expect(try count.step() && count.int64(at: 0) == committed)
    #expect(committed > 0 && !connection.isInTransaction)
  }

  @Test("a file with flipped bytes gives an error or rows, and never ends the process")
  func flippedBytes() throws {
    var generator = SeededGenerator.forTest()
    let path = workshop / "a.db"
    do {
      let connection = try SQLiteConnection(path: path, options: .init(usesWAL: false))
      try connection.execute(
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON t(b)")
      let insert = try connection.prepare("INSERT INTO t(b) VALUES(?)")
      try connection.transaction {
        for number in 0..<500 {
          try insert.bind("text \(number) " + String(repeating: "x", count: number % 50), at: 1)
          try insert.run()
        }
      }
    }
    let original = try readFile(path)
    var corrupt = 0
    for round in 0..<150 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        // Half of them where pages and the file itself say what they are.
        let place =
          Bool.random(using: &generator)
          ? Int.random(in: 0..<bytes.count, using: &generator)
          : Int.random(in: 0..<bytes.count / 4096, using: &generator) * 4096
            + Int.random(in: 0..<100, using: &generator)
        bytes[place] ^= UInt8.random(in: 1...255, using: &generator)
      }
      let damaged = workshop / "\(round).db"
      _ = try Tool.run("/usr/bin/tee", [damaged], input: bytes)
      let error = failure {
        let connection = try SQLiteConnection(
          path: damaged, options: .init(busyTimeoutMilliseconds: 10))
        let statement = try connection.prepare("SELECT a, b FROM t INDEXED BY i ORDER BY b")
        while try statement.step() { _ = (statement.int64(at: 0), statement.text(at: 1)) }
        try connection.execute("UPDATE t SET b = b || 'y'; DELETE FROM t WHERE a % 3 = 0")
      }
      if let error {
        // A flipped letter in the schema is another schema, or a file of a later format.
        let expected: [DatabaseError.Kind] = [
          .corrupt, .statement, .notPermitted, .constraint, .other,
        ]
        #expect(expected.contains(error.kind), "\(error)")
        if error.kind == .corrupt { corrupt += 1 }
      }
    }
    #expect(corrupt > 0)
  }
}
