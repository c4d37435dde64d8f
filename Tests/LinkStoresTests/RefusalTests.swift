import Databases
import Foundation
import Glibc
import LinkStores
import Links
import Migrations
import TestSupport
import Testing

@Suite("What a store cannot work with is said in a sentence")
struct RefusalTests {
  private let directory: String

  init() throws {
    directory = NSTemporaryDirectory() + "lynx-refusals-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  private func opening(_ name: String) -> String {
    do {
      _ = try SQLiteLinkStore(path: directory + "/" + name)
      Issue.record("\(name) was opened")
      return ""
    } catch let error as DatabaseError {
      #expect(!error.message.contains("\n") && !error.message.hasSuffix("."))
      return error.message
    } catch {
      Issue.record("\(error)")
      return ""
    }
  }

  @Test("files that are no database, are not there, or may not be written")
  func files() throws {
    try Data("this is no database, it only looks long enough for one".utf8)
      .write(to: URL(fileURLWithPath: directory + "/text"))
    #expect(opening("text").contains("text is not a SQLite database"))
    #expect(opening("none.db").contains("there is no file"))
  }

  @Test("a read-only directory, for whom it is one")
  func readOnlyDirectory() throws {
    let locked = directory + "/locked"
    try FileManager.default.createDirectory(atPath: locked, withIntermediateDirectories: false)
    _ = try Migrator(
      database: DatabaseURL("sqlite://\(locked)/links.db"), origin: .embedded(.sqlite)
    ).up()
    chmod(directory, 0o755)
    chmod(locked + "/links.db", 0o666)
    chmod(locked, 0o555)
    defer { chmod(locked, 0o755) }
    let message = try asOrdinaryUser { opening("locked/links.db") }
    #expect(message.contains("may not write in the directory of \(locked)/links.db"))
  }

  @Test("a file cut off or overwritten answers or says that it is damaged, and takes nothing along")
  func corrupt() async throws {
    var random = SeededGenerator.forTest()
    let whole = directory + "/whole.db"
    _ = try Migrator(database: DatabaseURL("sqlite://\(whole)"), origin: .embedded(.sqlite)).up()
    let codes = (0..<300).map { "code-\($0)" }
    do {
      let store = try SQLiteLinkStore(path: whole)
      for code in codes {
        _ = try await store.create(
          NewLink(
            code: ShortCode(custom: code),
            destination: Destination(
              "https://example.org/\(code)/\(String(repeating: "x", count: 200))"),
            createdBy: nil))
      }
      await store.close()
    }
    try SQLiteConnection(path: whole).execute("PRAGMA wal_checkpoint(TRUNCATE)")
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: whole)))
    var damaged = 0
    for round in 0..<40 {
      var changed = bytes
      // Behind the first pages, which hold the schema: those of the links and their indexes.
      let page = Int.random(in: 8..<bytes.count / 4096, using: &random)
      if round % 2 == 0 {
        changed.removeSubrange((page * 4096)...)
      } else {
        for place in (page * 4096)..<min((page + 20) * 4096, bytes.count) {
          changed[place] = UInt8.random(in: 0...255, using: &random)
        }
      }
      let path = directory + "/\(round).db"
      try Data(changed).write(to: URL(fileURLWithPath: path))
      let store: SQLiteLinkStore
      do {
        store = try SQLiteLinkStore(path: path)
      } catch let error as DatabaseError {
        #expect(error.kind == .corrupt, "\(error)")
        continue
      }
      for code in codes {
        do throws(LinkError) {
          let link = try await store.link(code: code)
          // What it answers is no other link's.
          #expect(link.code == code)
        } catch {
          if case .notFound = error { continue }
          damaged += 1
          expectSentence(error, retries: false, says: [path, "damaged"])
        }
      }
      await store.close()
    }
    print("\(damaged) calls met damage")
    #expect(damaged > 0)
  }

  @Test("a database without the tables says what makes them", arguments: TestedEngine.allCases)
  func noSchema(engine: TestedEngine) async throws {
    let store: any LinkStore
    switch engine {
    case .sqlite: store = try SQLiteLinkStore(path: directory + "/empty.db", access: .create)
    case .postgres:
      let server = try PostgresServer.shared()
      store = try PostgresLinkStore(conninfo: server.url(database: server.makeDatabase()))
    }
    await expectUnavailable(retries: false, says: ["urls", "lynx migrate up"]) {
      _ = try await store.targets(of: ["abc"])
    }
    await expectUnavailable(retries: false, says: ["urls", "lynx migrate up"]) {
      _ = try await store.create(
        NewLink(
          code: ShortCode(custom: "abc"), destination: Destination("https://example.org/"),
          createdBy: nil))
    }
    await store.close()
  }

  @Test("a wrong password, which is not repeated")
  func wrongPassword() async throws {
    let server = try PostgresServer.shared()
    let store = try PostgresLinkStore(
      conninfo: server.url(user: "guarded", password: "swordfish"))
    do {
      _ = try await store.link(code: "abc")
      Issue.record("it was let in")
    } catch {
      expectSentence(
        error, retries: false, says: ["127.0.0.1:\(server.port)", "guarded", "password"])
      #expect(!"\(error)".contains("swordfish"))
    }
    await store.close()
  }

  @Test("a database that does not exist")
  func noDatabase() async throws {
    let store = try PostgresLinkStore(conninfo: PostgresServer.shared().url(database: "nowhere"))
    await expectUnavailable(retries: true, says: ["nowhere", "does not exist"]) {
      _ = try await store.link(code: "abc")
    }
    await store.close()
  }

  @Test("a host that accepts and never answers")
  func silentHost() async throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    // A port of the kernel's choice, and nobody who accepts.
    #expect(listen(descriptor, 4) == 0)
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    try #require(status == 0)
    let port = UInt16(bigEndian: address.sin_port)
    let store = try PostgresLinkStore(conninfo: "postgresql://127.0.0.1:\(port)/none")
    await expectUnavailable(retries: true, says: ["127.0.0.1:\(port)", "does not answer"]) {
      _ = try await store.targets(of: ["abc"])
    }
    await store.close()
  }
}
