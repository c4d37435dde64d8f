import Glibc
import LinkServer
import LinkStores
import Links
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@Suite("Answers tell what was true while they were asked for")
struct ExactnessTests {
  /// What a link was, from when on at the earliest, and until when at the latest.
  struct State {
    /// Nil: deactivated.
    var destination: String?
    var from: UInt64
    var until = UInt64.max
  }

  struct Seen {
    var code: Int
    var destination: String?
    var sent: UInt64
    var read: UInt64
  }

  static let links = 8

  @Test("10 000 redirects from 64 connections while links are edited, deactivated and reactivated")
  func exact() async throws {
    var random = SeededGenerator.forTest()
    let running = try await RunningServer()
    for number in 0..<Self.links {
      try await running.create("l\(number)", "https://example.org/\(number)/0")
    }
    let seen = Mutex<[Seen]>([])
    let load = Load()
    for _ in 0..<64 {
      let seed = random.next()
      try load.start { load in
        var random = SeededGenerator(seed: seed)
        let client = try running.connect()
        var own: [Seen] = []
        // On a busy machine the changes take their time to begin.
        while own.count < 160 || load.changes.load(ordering: .relaxed) < 40, own.count < 20_000 {
          if own.count >= 160 { usleep(20_000) }
          let code = Int.random(in: 0..<Self.links, using: &random)
          let sent = Clock.monotonicNanoseconds
          try client.send(get("/l\(code)"))
          let answer = try client.answer()
          let read = Clock.monotonicNanoseconds
          guard answer.status == 308 && answer.location != nil || answer.status == 410 else {
            return load.fail("answered \(answer.status)")
          }
          if answer.status == 308 { load.redirected.add(1, ordering: .relaxed) }
          own.append(Seen(code: code, destination: answer.location, sent: sent, read: read))
        }
        seen.withLock { $0 += own }
      }
    }
    async let ended: Void = load.wait()
    let states = try await change(running, until: load, &random)
    try await ended
    #expect(load.failed.isEmpty, "\(load.failed.prefix(3))")

    let all = seen.withLock { $0 }
    #expect(all.count >= 64 * 160)
    #expect(all.contains { $0.destination == nil })
    #expect(Set(all.map(\.destination)).count > Self.links)
    for answer in all {
      let isTrue = states[answer.code].contains {
        $0.destination == answer.destination && $0.from <= answer.read && $0.until >= answer.sent
      }
      #expect(isTrue, "\(answer): \(states[answer.code])")
      if !isTrue { break }
    }
    #expect(try await running.stop() == load.redirected.load(ordering: .relaxed))
  }

  /// Changes links as the API does, until the clients have ended; all states they had.
  private func change(
    _ running: RunningServer, until load: Load, _ random: inout SeededGenerator
  ) async throws -> [[State]] {
    var states = (0..<Self.links).map {
      [State(destination: "https://example.org/\($0)/0", from: 0)]
    }
    var destinations = states.map { $0[0].destination ?? "" }
    var changes = 0
    while load.count > 0 {
      let link = Int.random(in: 0..<Self.links, using: &random)
      let code = "l\(link)"
      let isActive = states[link].last?.destination != nil
      changes += 1
      load.changes.store(changes, ordering: .relaxed)
      let from = Clock.monotonicNanoseconds
      let changed: Link
      if isActive, Bool.random(using: &random) {
        destinations[link] = "https://example.org/\(link)/\(changes)"
        changed = try await running.store.update(
          code: code, destination: try Destination(destinations[link]), by: nil)
      } else {
        changed = try await running.store.setActive(code: code, !isActive)
      }
      if Bool.random(using: &random) {
        running.cache.install(
          Target(
            id: changed.id, destination: changed.destination, isActive: changed.isActive,
            version: changed.version), for: code)
      } else {
        running.cache.invalidate(code, version: changed.version)
      }
      let until = Clock.monotonicNanoseconds
      states[link][states[link].count - 1].until = until
      states[link].append(
        State(destination: changed.isActive ? destinations[link] : nil, from: from))
      if changes % 50 == 0 { running.cache.invalidateAll() }
    }
    return states
  }
}
