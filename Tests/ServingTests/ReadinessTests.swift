import Foundation
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@testable import LinkService

@Suite("Readiness costs the database nothing")
struct ReadinessTests {
  @Test("the schema is looked at by one at a time, and nobody waits for that")
  func oneLook() async throws {
    let looks = Atomic(0)
    let (gate, open) = AsyncStream<Void>.makeStream()
    let watch = SchemaWatch(intervalNanoseconds: 0) {
      looks.add(1, ordering: .sequentiallyConsistent)
      for await _ in gate { break }
      return false
    }
    for _ in 0..<1_000 { #expect(watch.isCurrent()) }
    try await Self.until { looks.load(ordering: .sequentiallyConsistent) == 1 }
    for _ in 0..<1_000 { #expect(watch.isCurrent()) }
    #expect(looks.load(ordering: .sequentiallyConsistent) == 1)
    open.yield()
    try await Self.until { !watch.isCurrent() }
    open.finish()
  }

  @Test("a look that fails changes nothing, and the next one does")
  func failedLook() async throws {
    let found = Mutex<[Bool?]>([nil, false, nil, true])
    let watch = SchemaWatch(intervalNanoseconds: 0) {
      guard let next = found.withLock({ $0.isEmpty ? true : $0.removeFirst() }) else {
        throw CancellationError()
      }
      return next
    }
    var seen: [Bool] = []
    try await Self.until {
      let isCurrent = watch.isCurrent()
      if seen.last != isCurrent { seen.append(isCurrent) }
      return seen == [true, false, true]
    }
  }

  @Test("it is not looked at again before its time")
  func interval() async throws {
    let looks = Atomic(0)
    let watch = SchemaWatch(intervalNanoseconds: .max) {
      looks.add(1, ordering: .sequentiallyConsistent)
      return false
    }
    for _ in 0..<1_000 { #expect(watch.isCurrent()) }
    try await Task.sleep(for: .milliseconds(50))
    #expect(watch.isCurrent() && looks.load(ordering: .sequentiallyConsistent) == 0)
  }

  @Test("ready without a connection to spare, and without new sessions")
  func usedUp() throws {
    let postgres = try PostgresServer.shared()
    let role = "r" + UUID().uuidString.prefix(8).lowercased()
    let name = try postgres.makeDatabase()
    _ = try postgres.psql(
      """
      CREATE ROLE \(role) LOGIN PASSWORD 'secret';
      ALTER DATABASE \(name) OWNER TO \(role)
      """)
    _ = try postgres.psql("GRANT ALL ON SCHEMA public TO \(role)", database: name)
    let url = postgres.url(user: role, password: "secret", database: name)
    let server = try ServedLynx(["--database-url", url])
    try #require(server.isRunning, "\(server.errors)")
    try server.create("one")
    _ = try postgres.psql("ALTER ROLE \(role) CONNECTION LIMIT 0")
    for _ in 0..<200 { #expect(try server.api("GET", "/readyz").status == 200) }
    #expect(try server.redirect("one").status == 308)
    #expect(server.stop() == 0)
  }

  private static func until(_ condition: () -> Bool) async throws {
    for _ in 0..<6_000 {
      if condition() { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("it did not come")
  }
}
