import Databases
import Glibc
import TestSupport
import Testing

@Suite("SQLite: one new file opened by many at once")
struct SQLiteOpeningTests {
  @Test("every thread gets its connection and writes its row")
  func threads() throws {
    let workshop = try Workshop()
    for round in 0..<5 {
      let path = workshop / "\(round).db"
      let threads = Threads()
      for number in 0..<16 { threads.start { try openAndWrite(path, Int64(number)) } }
      #expect(threads.join().isEmpty)
      try expectRows(path, 16)
    }
  }

  @Test("every process gets its connection and writes its row")
  func processes() async throws {
    let workshop = try Workshop()
    let path = workshop / "p.db"
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        group.addTask {
          await #expect(processExitsWith: .success) {
            [path = path as String, number = number as Int] in
            try openAndWrite(path, Int64(number))
          }
        }
      }
    }
    try expectRows(path, 8)
  }

  private func expectRows(_ path: String, _ count: Int64) throws {
    let connection = try SQLiteConnection(path: path)
    let statement = try connection.prepare("SELECT count(DISTINCT a) FROM t")
    #expect(try statement.step() && statement.int64(at: 0) == count)
  }
}

private func openAndWrite(_ path: String, _ number: Int64) throws {
  let connection = try SQLiteConnection(path: path, options: .init(busyTimeoutMilliseconds: 60_000))
  try connection.transaction {
    try connection.execute("CREATE TABLE IF NOT EXISTS t(a)")
    let insert = try connection.prepare("INSERT INTO t VALUES(?)")
    try insert.bind(number, at: 1)
    try insert.run()
  }
}
