import Foundation
import Links
import TestSupport
import Testing

@testable import LinkStores

@Suite("Journals of processes that ended")
struct JournalRecoveryTests {
  /// A directory with a journal, and what recovers there.
  private struct Scene {
    let directory: ScratchDirectory
    let ledger = ClickLedger()
    let path: String
    let recovery: JournalRecovery
    let image: JournalImage

    init(using random: inout SeededGenerator, database: JournalID? = nil) throws {
      directory = try ScratchDirectory()
      image = try #require(JournalImage.example(using: &random))
      path = directory.path + "/clicks-\(image.header.id).journal"
      recovery = JournalRecovery(
        directory: directory.path, database: database ?? image.header.database, store: ledger,
        report: { _ in })
    }

    func write(_ bytes: Data) throws { try bytes.write(to: URL(fileURLWithPath: path)) }

    /// What the database has of it already.
    func apply(_ batches: some Sequence<ClickBatch>) async throws {
      for batch in batches { _ = try await ledger.add(batch) }
    }

    var acknowledged: [ClickBatch] { image.sent.filter { $0.id.contains("/1.") } }
  }

  private static func bytes(_ words: [UInt64]) -> Data {
    words.withUnsafeBytes { Data($0) }
  }

  @Test("A whole one is counted once and removed, whatever the database has of it")
  func whole() async throws {
    var random = SeededGenerator.forTest()
    for known in 0...6 {
      let scene = try Scene(using: &random)
      try scene.write(Self.bytes(scene.image.words))
      try await scene.apply(scene.acknowledged)
      try await scene.apply(scene.image.sent.prefix(known))
      await scene.recovery.run()
      #expect(scene.ledger.clicks == scene.image.truth)
      #expect(scene.recovery.notices.isEmpty)
      #expect(try scene.directory.files.isEmpty)
    }
  }

  @Test("A recovery that the database leaves in the middle is finished later")
  func interrupted() async throws {
    var random = SeededGenerator.forTest()
    for weather in [ClickLedger.Weather.away, .answerLost] {
      let scene = try Scene(using: &random)
      try scene.write(Self.bytes(scene.image.words))
      try await scene.apply(scene.acknowledged)
      scene.ledger.state.withLock { $0.weather = weather }
      // Where answers are lost, each run gets one batch further, with the same ids.
      for _ in 0..<3 {
        await scene.recovery.run()
        #expect(try scene.directory.files.count == 1)
      }
      #expect(scene.recovery.notices.count == 1, "said once")
      #expect(scene.recovery.notices.first?.contains("the ledger is away") == true)
      scene.ledger.state.withLock { $0.weather = .fine }
      // A process that another test starts at this moment has the lock for as long as it is a copy of this
      // one; then the journal is left for later.
      for _ in 0..<100 {
        await scene.recovery.run()
        if try scene.directory.files.isEmpty { break }
        usleep(10_000)
      }
      #expect(scene.ledger.clicks == scene.image.truth)
      #expect(try scene.directory.files.isEmpty)
    }
  }

  @Test("A damaged one is set aside under another name, told with its place, and not counted again")
  func damaged() async throws {
    var random = SeededGenerator.forTest()
    for _ in 0..<60 {
      let scene = try Scene(using: &random)
      var bytes = Self.bytes(scene.image.words)
      if Bool.random(using: &random) {
        bytes.removeLast(.random(in: 1...bytes.count, using: &random))
      } else {
        bytes[.random(in: 0..<96, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      }
      try scene.write(bytes)
      try await scene.apply(scene.image.sent)
      await scene.recovery.run()
      let clicks = scene.ledger.clicks
      #expect(clicks.allSatisfy { $1 <= scene.image.truth[$0, default: 0] })
      let notice = try #require(scene.recovery.notices.first)
      #expect(notice.hasPrefix(scene.path + ": "))
      #expect(notice.contains(" at byte ") || notice.contains("neither copy of its header"))
      #expect(notice.contains("set aside as"))
      #expect(notice.contains(" lost"), "\(notice)")
      #expect(!notice.contains("\n") && !notice.hasSuffix("."))
      let files = try scene.directory.files
      #expect(files == ["clicks-\(scene.image.header.id).damaged"])
      await scene.recovery.run()
      #expect(scene.ledger.clicks == clicks)
      #expect(try scene.directory.files == files)
      #expect(scene.recovery.notices.count == 1)
    }
  }

  @Test("Clicks that are known to be lost are counted, once; what cannot be known is told")
  func losses() async throws {
    var random = SeededGenerator.forTest()
    for rounds in [0, 1, 3] {
      for damaged in 1...5 {
        let geometry = try #require(JournalGeometry(rings: 1, slots: 64, capacity: 20, chunk: 6))
        var image = JournalImage(geometry, using: &random)
        for _ in 0..<rounds {
          for _ in 0..<64 { image.count(.random(in: 1...20, using: &random), ring: 0) }
          image.checkpoint()
        }
        for _ in 0..<40 { image.count(.random(in: 1...20, using: &random), ring: 0) }
        // Neither the first of the ring nor all: the last ones too, behind which nothing validates.
        let places = (30..<40).shuffled(using: &random).prefix(damaged - 1) + [39]
        for place in Set(places) { image.words[geometry.ring(0) + 2 * place] ^= 1 << 20 }
        let ledger = ClickLedger()
        let directory = try ScratchDirectory()
        let path = directory.path + "/clicks-\(image.header.id).journal"
        try Self.bytes(image.words).write(to: URL(fileURLWithPath: path))
        let recovery = JournalRecovery(
          directory: directory.path, database: image.header.database, store: ledger,
          report: { _ in })
        await recovery.run()
        let lost = image.truth.values.reduce(0, +) - ledger.clicks.values.reduce(0, +)
        #expect(lost == Set(places).count)
        #expect(recovery.lostClicks == UInt64(lost), "\(rounds) rounds, \(places)")
        let notice = try #require(recovery.notices.first)
        #expect(
          notice.contains(lost == 1 ? ", 1 click is lost, " : ", \(lost) clicks are lost, "),
          "\(notice)")
        await recovery.run()
        #expect(recovery.lostClicks == UInt64(lost))
      }
    }
    // Nothing is left to count by.
    for length in [0, 40, 8_000] {
      let scene = try Scene(using: &random)
      try scene.write(Self.bytes(scene.image.words).prefix(length))
      await scene.recovery.run()
      #expect(scene.recovery.lostClicks == 0)
      #expect(scene.recovery.notices.first?.contains("cannot be known") == true)
    }
  }

  @Test("Another database's, and another version's, are left alone and told")
  func foreign() async throws {
    var random = SeededGenerator.forTest()
    let other = try Scene(using: &random, database: JournalID(using: &random))
    try other.write(Self.bytes(other.image.words))
    await other.recovery.run()
    #expect(other.recovery.notices.first?.contains("belong to another database") == true)

    let newer = try Scene(using: &random)
    var words = newer.image.words
    for copy in JournalGeometry.headerCopies { words[copy + 1] = 2 }
    try newer.write(Self.bytes(words))
    await newer.recovery.run()
    #expect(newer.recovery.notices.first?.contains("another version") == true)

    for scene in [other, newer] {
      #expect(scene.ledger.clicks.isEmpty)
      #expect(try scene.directory.files == ["clicks-\(scene.image.header.id).journal"])
    }
  }

  @Test("One that somebody has, a link, and other files are not touched")
  func untouched() async throws {
    var random = SeededGenerator.forTest()
    let scene = try Scene(using: &random)
    try scene.write(Self.bytes(scene.image.words))
    try await scene.apply(scene.acknowledged)
    do {
      let claimed = try #require(try ClaimedJournal.claim(scene.path))
      let before = scene.ledger.clicks
      await scene.recovery.run()
      #expect(scene.ledger.clicks == before)
      #expect(claimed.path == scene.path)
    }
    let elsewhere = scene.directory.path + "/notes.txt"
    try Data("notes".utf8).write(to: URL(fileURLWithPath: elsewhere))
    try FileManager.default.createSymbolicLink(
      atPath: scene.directory.path + "/clicks-link.journal", withDestinationPath: elsewhere)
    await scene.recovery.run()
    #expect(scene.ledger.clicks == scene.image.truth)
    #expect(try scene.directory.files == ["clicks-link.journal", "notes.txt"])
    #expect(try String(contentsOfFile: elsewhere, encoding: .utf8) == "notes")
  }

  @Test("What was being made when its process ended goes; what is being made stays")
  func unfinished() throws {
    let directory = try ScratchDirectory()
    let left = directory.path + "/clicks-1.new"
    let beingMade = directory.path + "/clicks-2.new"
    for path in [left, beingMade] {
      try Data(count: 4096).write(to: URL(fileURLWithPath: path))
    }
    let claimed = try #require(try ClaimedJournal.claim(beingMade))
    try JournalFile.removeUnfinished(in: directory.path)
    #expect(try directory.files == ["clicks-2.new"])
    try claimed.remove()
  }

  @Test("Every block of a new journal is there, so that no store can find the disk full")
  func preallocated() async throws {
    let directory = try ScratchDirectory()
    let journal = try await ClickJournal(
      directory: directory.path + "/clicks", loops: 3, store: ClickLedger())
    var status = stat()
    #expect(stat(journal.core.path, &status) == 0)
    let bytes = journal.core.header.geometry.words * 8
    #expect(Int(status.st_size) == bytes)
    #expect(Int(status.st_blocks) * 512 >= bytes)
    #expect(status.st_mode & 0o777 == 0o600)
    try await journal.close()
    try await journal.close()
  }

  @Test("A directory that cannot be is told")
  func noDirectory() async throws {
    for path in ["/proc/clicks", "/dev/null/clicks"] {
      await #expect {
        _ = try await ClickJournal(directory: path, loops: 1, store: ClickLedger())
      } throws: { "\($0)".contains(path) && "\($0)".contains("click journal") }
    }
    await #expect(throws: ClickJournalError.self) {
      _ = try await ClickJournal(
        directory: NSTemporaryDirectory(), loops: 257, store: ClickLedger())
    }
    await #expect(throws: ClickJournalError.self) {
      _ = try await ClickJournal(
        directory: NSTemporaryDirectory(), loops: 1, store: ClickLedger(identity: "damaged"))
    }
  }

  @Test("Closed while the database is away: the clicks stay for the next start")
  func closedWhileAway() async throws {
    let directory = try ScratchDirectory()
    let ledger = ClickLedger()
    let first = try await ClickJournal(directory: directory.path, loops: 1, store: ledger)
    for _ in 0..<100 { first.counter(forLoop: 0).count(7) }
    ledger.state.withLock { $0.weather = .answerLost }
    await #expect {
      try await first.close()
    } throws: { "\($0)".contains("100 clicks stay in \(directory.path)") }
    ledger.state.withLock { $0.weather = .fine }
    let second = try await ClickJournal(directory: directory.path, loops: 1, store: ledger)
    #expect(ledger.clicks == [7: 100])
    #expect(second.statistics.notices.isEmpty)
    try await second.close()
    #expect(try directory.files.isEmpty)
  }
}
