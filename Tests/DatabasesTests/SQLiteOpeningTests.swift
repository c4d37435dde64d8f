import Databases
import Dispatch
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

  @Test("a file that others read or write while its mode changes is opened when they let go")
  func waiting() throws {
    let workshop = try Workshop()
    for (number, lock) in ["BEGIN; SELECT * FROM t", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"]
      .enumerated()
    {
      let path = workshop / "\(number).db"
      let holder = try SQLiteConnection(path: path, options: .init(usesWAL: false))
      try holder.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1)")
      try holder.execute(lock)
      // Not in time: the one who may not wait.
      let hasty = failure {
        try SQLiteConnection(path: path, options: .init(busyTimeoutMilliseconds: 0))
      }
      expectSentence(hasty, .busy, "locked")
      let threads = Threads()
      let started = DispatchSemaphore(value: 0)
      threads.start {
        started.signal()
        try openAndWrite(path, 2)
      }
      started.wait()
      // For SQLite itself to give up, which it does at once.
      usleep(200_000)
      try holder.execute("COMMIT")
      #expect(threads.join().isEmpty, "\(lock)")
      try expectRows(path, 2)
    }
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
