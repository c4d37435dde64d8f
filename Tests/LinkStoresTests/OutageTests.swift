import Databases
import Foundation
import LinkStores
import Links
import LinuxSystem
import Migrations
import Synchronization
import TestSupport
import Testing

@Suite("PostgreSQL goes away under load and comes back")
struct OutageTests {
  private final class Tally: Sendable {
    let acknowledged = Mutex<[String]>([])
    /// When something was done for the first time since this was set to nil, in nanoseconds of
    /// CLOCK_MONOTONIC.
    let firstCreation = Mutex<UInt64?>(nil)
    let firstLookup = Mutex<UInt64?>(nil)
    let refused = Mutex<Int>(0)
    let wrong = Mutex<[String]>([])
  }

  @Test(
    "nothing acknowledged is lost, and work goes on after its return",
    arguments: ["killed", "stopped"])
  func outage(way: String) async throws {
    let server = try PostgresServer()
    let database = try DatabaseURL(server.url())
    _ = try Migrator(database: database, origin: .embedded(.postgres)).up()
    guard case .postgres(let conninfo) = database.engine else { return }
    let store = try PostgresLinkStore(conninfo: conninfo)
    let known = try await store.create(
      NewLink(
        code: ShortCode(custom: "known"), destination: Destination("https://example.org/"),
        createdBy: nil))
    let tally = Tally()
    let load = Task(executorPreference: OwnExecutor()) {
      await withTaskGroup(of: Void.self) { group in
        for worker in 0..<32 {
          group.addTask {
            var number = 0
            while !Task.isCancelled {
              number += 1
              await Self.step(store, "\(worker)-\(number)", known, tally)
            }
          }
        }
      }
    }
    for round in 1...3 {
      try await Self.waitForProgress(tally)
      try await onOwnThread { way == "killed" ? try server.kill() : try server.stop("fast") }
      // What is asked meanwhile is refused, soon and in words.
      let before = tally.refused.withLock { $0 }
      try await Self.wait("round \(round): calls are refused") {
        tally.refused.withLock { $0 } > before
      }
      tally.firstCreation.withLock { $0 = nil }
      tally.firstLookup.withLock { $0 = nil }
      let ready = try await onOwnThread { try server.startNoticingReadiness() }
      try await Self.waitForProgress(tally)
      let firsts = [
        ("create", tally.firstCreation.withLock { $0 }),
        ("lookup", tally.firstLookup.withLock { $0 }),
      ]
      for (what, moment) in firsts {
        let first = try #require(moment)
        let seconds = Double(first > ready ? first - ready : 0) / 1e9
        print("\(way), round \(round): first \(what) after \(Int(seconds * 1_000)) ms")
        // Within one, as PeerBenchmarks measures it; tests share their machine.
        #expect(seconds < 5, "first \(what)")
      }
    }
    load.cancel()
    await load.value
    let acknowledged = tally.acknowledged.withLock { $0 }
    // Some hundreds at a time: all at once may be more than one statement has time for on a busy machine.
    for start in stride(from: 0, to: acknowledged.count, by: 500) {
      let some = Array(acknowledged[start..<min(start + 500, acknowledged.count)])
      let found = try await store.targets(of: some)
      #expect(zip(some, found).filter { $1 == nil }.isEmpty)
    }
    #expect(tally.wrong.withLock { $0 }.isEmpty)
    print("\(way): \(acknowledged.count) acknowledged, \(tally.refused.withLock { $0 }) refused")
    await store.close()
  }

  /// Creates a link, and looks one up that is there.
  private static func step(
    _ store: PostgresLinkStore, _ code: String, _ known: Link, _ tally: Tally
  ) async {
    do throws(LinkError) {
      let link = try await store.create(
        NewLink(
          code: try ShortCode(custom: code), destination: try Destination(known.destination),
          createdBy: nil))
      tally.acknowledged.withLock { $0.append(link.code) }
      tally.firstCreation.withLock { $0 = $0 ?? Clock.monotonicNanoseconds }
      let found = try await store.targets(of: [known.code, code])
      tally.firstLookup.withLock { $0 = $0 ?? Clock.monotonicNanoseconds }
      if found.contains(nil) {
        tally.wrong.withLock { $0.append("\(code): found \(found)") }
      }
    } catch {
      if case .unavailable = error {
        tally.refused.withLock { $0 += 1 }
      } else {
        tally.wrong.withLock { $0.append("\(code): \(error)") }
      }
    }
  }

  private static func waitForProgress(_ tally: Tally) async throws {
    let before = tally.acknowledged.withLock { $0.count }
    try await wait("links are created") { tally.acknowledged.withLock { $0.count } > before + 200 }
  }

  private static func wait(_ what: Comment, for condition: () -> Bool) async throws {
    for _ in 0..<6_000 {
      if condition() { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record(what)
    throw CancellationError()
  }

  @Test("a server that was never there is unreachable, in a second")
  func absent() async throws {
    let store = try PostgresLinkStore(
      conninfo: "postgresql://127.0.0.1:\(PostgresServer.freePort())/none")
    await #expect {
      _ = try await store.link(code: "abc")
    } throws: { error in
      guard case .unavailable(let reason, let retry)? = error as? LinkError else { return false }
      return reason.contains("127.0.0.1") && retry == 1
    }
    await store.close()
  }
}
