import Databases
import Foundation
import LinkStores
import Links
import Synchronization
import TestSupport
import Testing

@Suite("A node sees what other nodes do")
struct FeedTests {
  enum Edit: String, CaseIterable { case create, update, deactivate, reactivate, restore }

  @Test("each kind of change, of what was cached before", arguments: TestedEngine.allCases)
  func edits(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let (writing, reading) = (try Node(fixture.database), try Node(fixture.database))
    try await writing.waitUntilWatching()
    try await reading.waitUntilWatching()
    var times: [Edit: [Double]] = [:]
    for round in 0..<20 {
      let code = "code-\(round)"
      for edit in Edit.allCases {
        // Not while the change before is still being told of.
        try await eventually("\(code) is cached") {
          let before = try await reading.answer(code)
          return reading.cache.look(code) == before.map { .found($0) } ?? .absent
        }
        let link = try await writing.write { store in
          try await Self.apply(edit, to: code, store)
        }
        let time = try await eventually("\(edit) of \(code)") {
          try await reading.answer(code)?.version == link.version
        }
        times[edit, default: []].append(time)
        let seen = try await reading.answer(code)
        #expect(seen?.destination == link.destination && seen?.isActive == link.isActive)
        // Not in step with the pauses between questions.
        try await Task.sleep(for: .milliseconds(.random(in: 0...30)))
      }
    }
    for edit in Edit.allCases { print("\(engine) \(edit): \(summary(times[edit] ?? []))") }
    #expect(reading.feed.statistics.connections == 1)
    await writing.close()
    await reading.close()
  }

  private static func apply(_ edit: Edit, to code: String, _ store: any LinkStore) async throws
    -> Link
  {
    switch edit {
    case .create:
      return try await store.create(
        NewLink(
          code: ShortCode(custom: code), destination: Destination("https://example.org/1"),
          createdBy: nil))
    case .update:
      return try await store.update(
        code: code, destination: Destination("https://example.org/2"), by: nil)
    case .deactivate: return try await store.setActive(code: code, false)
    case .reactivate: return try await store.setActive(code: code, true)
    case .restore:
      let entry = try #require(try await store.history(code: code).first)
      return try await store.restore(code: code, entry: entry.id, by: nil)
    }
  }

  @Test("what writers do that know nothing of Lynx", arguments: TestedEngine.allCases)
  func strangers(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let node = try Node(fixture.database)
    try await node.waitUntilWatching()
    var times: [Double] = []
    for round in 1...15 {
      let code = "code-\(round)"
      try await eventually("\(code) is known to be absent") {
        try await node.answer(code) == nil && node.cache.look(code) == .absent
      }
      let isCreated = engine == .sqlite ? "1" : "TRUE"
      try fixture.execute(
        """
        INSERT INTO urls (short_code, original_url, created_at, is_active)
        VALUES ('\(code)', 'https://example.org/1', 1, \(isCreated))
        """)
      times.append(
        try await eventually("\(code) is there") { try await node.answer(code)?.version == 1 })
      try fixture.execute(
        "UPDATE urls SET original_url = 'https://example.org/2' WHERE short_code = '\(code)'")
      times.append(
        try await eventually("\(code) leads elsewhere") {
          try await node.answer(code)?.destination == "https://example.org/2"
        })
    }
    print("\(engine): changes by plain SQL seen: \(summary(times))")
    await node.close()
  }

  @Test("many edits in random order end in caches that agree", arguments: TestedEngine.allCases)
  func agreement(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let nodes = [try Node(fixture.database), try Node(fixture.database)]
    for node in nodes { try await node.waitUntilWatching() }
    let codes = (0..<40).map { "code-\($0)" }
    let disturber = engine == .postgres ? try ListenerDisturber(fixture) : nil
    // Whatever is cached meanwhile, at whatever moment.
    let readers = Task(executorPreference: OwnExecutor()) {
      await withTaskGroup(of: Void.self) { group in
        for node in nodes {
          group.addTask {
            var random = SystemRandomNumberGenerator()
            while !Task.isCancelled {
              if let code = codes.randomElement(using: &random) { _ = try? await node.answer(code) }
              try? await Task.sleep(for: .microseconds(200))
            }
          }
        }
      }
    }
    try await Self.editAtRandom(codes, nodes, fixture, count: 600)
    if let disturber {
      let ended = try await eventually("listeners are ended") { disturber.count > 5 }
      print("listeners ended \(disturber.count) times, after \(Int(ended)) ms more")
      disturber.stop()
    }
    readers.cancel()
    await readers.value
    let truth = try await fixture.store.targets(of: codes)
    let time = try await eventually("both caches agree with the database") {
      for node in nodes {
        for (code, target) in zip(codes, truth) where try await node.answer(code) != target {
          return false
        }
      }
      return true
    }
    print("\(engine): caches agree \(Int(time)) ms after the last edit")
    for node in nodes { print(node.feed.statistics) }
    for node in nodes { await node.close() }
  }

  private static func editAtRandom(
    _ codes: [String], _ nodes: [Node], _ fixture: StoreFixture, count: Int
  ) async throws {
    var random = SeededGenerator.forTest()
    var existing: Set<String> = []
    for number in 0..<count {
      guard let code = codes.randomElement(using: &random),
        let node = nodes.randomElement(using: &random)
      else { continue }
      let destination = "https://example.org/\(number)"
      guard existing.contains(code) else {
        existing.insert(code)
        try await node.write {
          try await $0.create(
            NewLink(
              code: ShortCode(custom: code), destination: Destination(destination), createdBy: nil))
        }
        continue
      }
      switch Int.random(in: 0..<5, using: &random) {
      case 0: try await node.write { try await $0.setActive(code: code, false) }
      case 1: try await node.write { try await $0.setActive(code: code, true) }
      case 2:
        if let entry = try await node.store.history(code: code).randomElement(using: &random) {
          try await node.write { try await $0.restore(code: code, entry: entry.id, by: nil) }
        }
      case 3:
        try fixture.execute(
          "UPDATE urls SET original_url = '\(destination)' WHERE short_code = '\(code)'")
      default:
        try await node.write {
          try await $0.update(code: code, destination: Destination(destination), by: "otto")
        }
      }
    }
  }

  @Test("what another process creates in the same file")
  func processes() async throws {
    let fixture = try StoreFixture(.sqlite)
    let node = try Node(fixture.database)
    try await node.waitUntilWatching()
    let codes = (0..<500).map { "other-\($0)" }
    // On a busy machine the feed may come to forget some of them meanwhile.
    try await eventually("they are known to be absent") {
      for code in codes where try await node.answer(code) != nil { return false }
      return codes.allSatisfy { node.cache.look($0) == .absent }
    }
    let writer = try WriterProcess(
      fixture.url, prefix: "other", outstanding: 8, count: codes.count,
      output: fixture.directory + "/acknowledged")
    #expect(writer.end() == 0)
    #expect(Set(try writer.acknowledged()) == Set(codes))
    let time = try await eventually("all of them") {
      for code in codes where try await node.answer(code) == nil { return false }
      return true
    }
    print("the last of another process's links seen \(Int(time)) ms after its end")
    await node.close()
  }
}

/// Ends the sessions that listen, again and again.
private final class ListenerDisturber: Sendable {
  private let ended = Atomic<Int>(0)
  private let isOver = Atomic<Bool>(false)

  init(_ fixture: StoreFixture) throws {
    guard case .postgres(let conninfo) = fixture.database.engine else {
      throw Tool.Failure(description: "\(fixture.database) is not PostgreSQL")
    }
    let connection = Handed(try PostgresConnection(conninfo: conninfo))
    // A listener's last statement is LISTEN, or its question whether the server is there.
    Thread.detachNewThread { [self] in
      while !isOver.load(ordering: .relaxed) {
        let rows = try? connection.value.query(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND (query LIKE 'LISTEN%' OR query = 'SELECT 1')
          """)
        ended.add(rows?.count ?? 0, ordering: .relaxed)
        usleep(60_000)
      }
    }
  }

  /// To the thread, which alone uses it.
  private struct Handed: @unchecked Sendable {
    let value: PostgresConnection

    init(_ value: PostgresConnection) { self.value = value }
  }

  deinit { stop() }

  /// How many sessions were ended.
  var count: Int { ended.load(ordering: .relaxed) }

  func stop() { isOver.store(true, ordering: .relaxed) }
}
