import Databases
import Glibc
import TestSupport
import Testing

@Suite("SQLite: statements, scripts and transactions")
struct SQLiteConnectionTests {
  private let workshop: Workshop
  private let connection: SQLiteConnection

  init() throws {
    workshop = try Workshop()
    connection = try SQLiteConnection(path: workshop / "a.db")
  }

  private func rows(_ sql: String) throws -> [[String?]] {
    let statement = try connection.prepare(sql)
    var rows: [[String?]] = []
    while try statement.step() {
      rows.append((0..<statement.columnCount).map { statement.text(at: $0) })
    }
    return rows
  }

  @Test("it is in WAL mode for good, synchronous FULL, with foreign keys")
  func settings() throws {
    for (pragma, value) in [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")] {
      #expect(try rows("PRAGMA \(pragma)") == [[value]])
    }
    try connection.execute("CREATE TABLE t(a)")
    let verdict = try workshop.run(
      """
      python3 -c 'import sqlite3; print(sqlite3.connect("a.db").execute("PRAGMA journal_mode").fetchall())'
      """)
    #expect(verdict == "[('wal',)]\n")
    let normal = try SQLiteConnection(
      path: workshop / "b.db", options: .init(synchronous: .normal, usesWAL: false))
    let statement = try normal.prepare("SELECT * FROM pragma_synchronous, pragma_journal_mode")
    #expect(try statement.step())
    #expect(statement.int64(at: 0) == 1 && statement.text(at: 1) == "delete")
  }

  @Test("generated values come back as they went in")
  func roundTrip() throws {
    var generator = SeededGenerator.forTest()
    try connection.execute("CREATE TABLE t(i, d, s, b)")
    let insert = try connection.prepare("INSERT INTO t VALUES(?,?,?,?)", isPersistent: true)
    let select = try connection.prepare("SELECT * FROM t WHERE rowid=?")
    for _ in 0..<500 {
      let integer =
        Bool.random(using: &generator) ? Int64.random(in: .min ... .max, using: &generator) : nil
      let double =
        Bool.random(using: &generator) ? Double.random(in: -1e300...1e300, using: &generator) : nil
      let text = Bool.random(using: &generator) ? awkwardText(&generator) : nil
      let bytes =
        Bool.random(using: &generator)
        ? generator.bytes(Int.random(in: 0...20, using: &generator)) : nil
      try insert.bind(integer, at: 1)
      try insert.bind(double, at: 2)
      try insert.bind(text, at: 3)
      try insert.bind(bytes, at: 4)
      try insert.run()
      #expect(connection.changes == 1)
      try select.bind(connection.lastInsertRowID, at: 1)
      #expect(try select.step())
      #expect(select.int64(at: 0) == integer && select.double(at: 1) == double)
      #expect(select.text(at: 2).map { Array($0.utf8) } == text.map { Array($0.utf8) })
      #expect(select.bytes(at: 3) == bytes && select.isNull(at: 3) == (bytes == nil))
      #expect(try !select.step())
    }
    #expect(failure { try insert.bind(Int64(1), at: 5) }?.kind == .statement)
  }

  @Test("an error in a script is found at its byte, behind comments and multibyte text")
  func offsets() throws {
    var generator = SeededGenerator.forTest()
    let fillers = [
      "-- ü 🦁\n", "/* ; é */", " \t\r\n", ";", "SELECT 'ä;🦁';", "SELECT 1 -- ;\n;",
      "CREATE TABLE IF NOT EXISTS \"tä\"(a UNIQUE);",
    ]
    let faults: [(text: String, bad: String, kind: DatabaseError.Kind)] = [
      ("SELECT 'é', nonsense FROM sqlite_schema", "nonsense", .statement),
      ("SELEKT 1", "SELEKT", .statement),
      (
        "CREATE TABLE \"üb\"(a NOT NULL CHECK(a > 0)); INSERT INTO \"üb\" VALUES(0)", "INSERT",
        .constraint
      ),
      ("SELECT * FROM missing", "SELECT", .statement),
    ]
    for _ in 0..<200 {
      let before = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
        fillers.randomElement(using: &generator) ?? ""
      }.joined()
      guard let fault = faults.randomElement(using: &generator),
        let place = fault.text.firstRange(of: fault.bad)
      else { return }
      let expected = before.utf8.count + fault.text[..<place.lowerBound].utf8.count
      let script = before + fault.text + "; SELECT 'after 🦁'"
      try connection.execute("BEGIN")
      let error = failure { try connection.execute(script) }
      try connection.execute("ROLLBACK")
      #expect(error?.offset == expected && error?.kind == fault.kind, "\(script): \(error as Any)")
    }
    let zero = failure { try connection.execute("SELECT 1;\0 DROP TABLE x") }
    expectSentence(zero, .statement, "NUL")
    #expect(zero?.offset == 9)
  }

  @Test("a long script takes time in proportion to its length")
  func longScript() throws {
    let script =
      "CREATE TABLE t(a);" + String(repeating: "INSERT INTO t VALUES('ü');\n", count: 20_000)
    try connection.transaction { try connection.execute(script) }
    #expect(try rows("SELECT count(*) FROM t") == [["20000"]])
  }

  @Test("a text is taken apart statement by statement")
  func tail() throws {
    let script = "SELECT 1; -- ü\nSELECT 2 ;; /* end */ "
    let first = try connection.prepareNext(of: script, from: 0)
    let second = try connection.prepareNext(of: script, from: first.next)
    let third = try connection.prepareNext(of: script, from: second.next)
    #expect(try first.statement?.step() == true && second.statement?.step() == true)
    #expect(first.statement?.int64(at: 0) == 1 && second.statement?.int64(at: 0) == 2)
    #expect(third.statement == nil)
    expectSentence(failure { try connection.prepare(" -- nothing") }, .statement)
  }

  @Test("a transaction that throws leaves nothing, and rolls back")
  func transactions() throws {
    struct Stop: Error {}
    try connection.execute("CREATE TABLE t(a)")
    #expect(throws: Stop.self) {
      try connection.transaction {
        #expect(connection.isInTransaction)
        try connection.execute("INSERT INTO t VALUES(1)")
        throw Stop()
      }
    }
    #expect(!connection.isInTransaction)
    #expect(try rows("SELECT count(*) FROM t") == [["0"]])
    #expect(try connection.transaction { try rows("SELECT 7") } == [["7"]])
  }

  @Test("constraints, locks and interruptions have their kinds")
  func kinds() throws {
    try connection.execute(
      "CREATE TABLE p(a INTEGER PRIMARY KEY); CREATE TABLE c(a REFERENCES p, b UNIQUE, c NOT NULL DEFAULT 1)"
    )
    expectSentence(
      failure { try connection.execute("INSERT INTO c VALUES(5,1,1)") }, .constraint, "FOREIGN KEY")
    expectSentence(
      failure { try connection.execute("INSERT INTO c VALUES(NULL,1,NULL)") }, .constraint,
      "NOT NULL")
    let other = try SQLiteConnection(
      path: workshop / "a.db", options: .init(busyTimeoutMilliseconds: 10))
    try connection.transaction {
      let error = failure { try other.execute("INSERT INTO p VALUES(1)") }
      expectSentence(error, .busy, "a.db", "locked")
      #expect(error?.code == "5")
    }
    let interrupter = other.interrupter
    let counter = try other.prepare(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n")
    #expect(try counter.step())
    interrupter.interrupt()
    expectSentence(failure { try counter.run() }, .busy, "interrupted")
  }

  @Test("a backup has the same rows, and takes nothing's place")
  func backup() throws {
    try connection.execute("CREATE TABLE t(a); INSERT INTO t VALUES('ü'),(2)")
    try connection.backup(to: workshop / "copy.db")
    let copy = try SQLiteConnection(path: workshop / "copy.db", options: .init(access: .readOnly))
    let statement = try copy.prepare("SELECT group_concat(a) FROM t")
    #expect(try statement.step() && statement.text(at: 0) == "ü,2")
    expectSentence(
      failure { try connection.backup(to: workshop / "copy.db") }, .notPermitted, "copy.db",
      "exists")
    expectSentence(
      failure { try connection.backup(to: workshop / "no/copy.db") }, .cannotMake, "directory")
    #expect(try workshop.run("ls").split(separator: "\n").filter { $0.contains("partial") }.isEmpty)
  }
}
