internal import Links
internal import LinuxSystem
internal import Synchronization

/// Sends what is in the journals of processes that ended, and removes them.
///
/// Each step can be repeated: batches have the ids under which the ended process sent them, or would
/// have, and the clicks of the rings become a batch in the file before it is sent. A recovery that is
/// killed, or that finds no database, leaves a journal for the next one.
final class JournalRecovery: Sendable {
  private let directory: String
  private let database: JournalID
  private let store: any LinkStore
  let tell: @Sendable (String) -> Void
  private let announce: @Sendable (String) -> Void
  private let record = Mutex(Record())

  private struct Record {
    var recoveredClicks: Int64 = 0
    var lostClicks: UInt64 = 0
    var notices: [String] = []
  }

  init(
    directory: String, database: JournalID, store: any LinkStore,
    report: @escaping @Sendable (String) -> Void,
    announce: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.directory = directory
    self.database = database
    self.store = store
    tell = report
    self.announce = announce
  }

  var recoveredClicks: Int64 { record.withLock { $0.recoveredClicks } }
  /// Clicks that were in damaged places, as far as that is known.
  var lostClicks: UInt64 { record.withLock { $0.lostClicks } }
  var notices: [String] { record.withLock { $0.notices } }

  /// Says something once.
  func report(_ sentence: String) {
    let isNew = record.withLock { record in
      if record.notices.contains(sentence) { return false }
      if record.notices.count >= 100 { record.notices.removeFirst() }
      record.notices.append(sentence)
      return true
    }
    if isNew { tell(sentence) }
  }

  /// Recovers whatever can be, and says how much that was. What cannot is reported.
  func run() async {
    let before = recoveredClicks
    var journals = 0
    defer {
      let clicks = recoveredClicks - before
      if clicks > 0 {
        announce(
          "\(directory): \(clicks) clicks were recovered from \(journals) "
            + "journal\(journals == 1 ? "" : "s") that ended processes left")
      }
    }
    do {
      try JournalFile.removeUnfinished(in: directory)
      for path in try JournalFile.list(directory, endingWith: JournalFile.suffix) {
        let sofar = recoveredClicks
        defer { if recoveredClicks > sofar { journals += 1 } }
        do {
          try await recover(path)
        } catch {
          report("\(path): it was not recovered, and is tried again: \(error)")
        }
      }
    } catch {
      report("\(directory): journals cannot be looked for: \(error)")
    }
  }

  /// How long the database remembers the ids of batches at least: 30 days (``LinkStore/add(_:)``).
  private static let memorySeconds: Int64 = 30 * 86_400

  private func recover(_ path: String) async throws {
    let read = await WorkerThread.run {
      Result { () throws(SystemCallError) -> (ClaimedJournal, [UInt64])? in
        guard let journal = try ClaimedJournal.claim(path) else { return nil }
        return (journal, try journal.read())
      }
    }
    guard let (journal, words) = try read.get() else { return }
    guard let contents = JournalContents(words, oldest: AreaHeader.now() - Self.memorySeconds)
    else {
      if JournalHeader.isOfOtherVersion(words) {
        return report("\(path): it is another version's; start that one to have it recovered")
      }
      let other = try journal.setAside()
      return report(
        "\(path): neither copy of its header can be read, so none of its clicks was counted, and "
          + "how many are lost cannot be known; it was set aside as \(other)")
    }
    guard contents.header.database == database else {
      return report(
        "\(path): its clicks belong to another database; start lynx on that one to have it "
          + "recovered")
    }
    let lost = contents.lostClicks &+ (try await send(contents, journal))
    guard let damage = contents.damages.first else { return try journal.remove() }
    let more = contents.damages.count - 1
    let other = try journal.setAside()
    record.withLock { $0.lostClicks &+= lost }
    report(
      "\(path): at byte \(damage.offset) \(damage.what)"
        + (more > 0 ? ", and \(more) more places are damaged" : "")
        + "; what was whole was counted, \(Self.loss(lost, mayBeMore: contents.mayHaveLostMore)), and "
        + "it was set aside as \(other)")
  }

  private static func loss(_ clicks: UInt64, mayBeMore: Bool) -> String {
    if clicks == 0 {
      return mayBeMore ? "whether clicks are lost cannot be known" : "no click is lost"
    }
    let known = clicks == 1 ? "1 click is lost" : "\(clicks) clicks are lost"
    return known + (mayBeMore ? " and perhaps more, which cannot be known" : "")
  }

  /// Returns how many clicks of batches are known to be lost: one at least of each damaged link of
  /// those that the database did not have.
  private func send(
    _ contents: JournalContents, _ journal: ClaimedJournal
  ) async throws -> UInt64 {
    let header = contents.header
    var lost: UInt64 = 0
    for batch in contents.batches {
      lost += try await send(batch, of: header)
      try await write(journal) { store in
        batch.header.writeDone(toArea: batch.area, of: header, store: store)
      }
    }
    var clicks = contents.clicks
    var sequence = contents.lastSequence
    var covered = contents.covered
    var newestArea = contents.newestArea
    while clicks.contains(where: { !$0.isEmpty }), sequence < .max {
      let harvest = RingHarvest(&clicks, covered: covered, capacity: header.geometry.capacity)
      covered = harvest.covered
      sequence += 1
      // The newest says what is covered until this one does; all others were sent, or are to be kept.
      let others = (0..<JournalGeometry.areas).filter { $0 != newestArea }
      let area = others.first { !contents.areasToKeep.contains($0) } ?? others[0]
      let areaHeader = AreaHeader(
        sequence: sequence, revision: 1, count: harvest.counts.count, covered: covered,
        writtenAt: AreaHeader.now())
      try await write(journal) { store in
        areaHeader.write(harvest.counts, toArea: area, of: header, store: store)
      }
      newestArea = area
      let entries = Dictionary(uniqueKeysWithValues: harvest.counts.enumerated().map { ($0, $1) })
      _ = try await send(
        JournalContents.Batch(header: areaHeader, area: area, entries: entries), of: header)
      try await write(journal) { store in
        areaHeader.writeDone(toArea: area, of: header, store: store)
      }
    }
    return lost
  }

  private func send(
    _ batch: JournalContents.Batch, of header: JournalHeader
  ) async throws -> UInt64 {
    var lost: UInt64 = 0
    for (chunk, damaged) in BatchChunks.chunks(of: batch, header) {
      guard let added = try await store.add(chunk) else { continue }
      lost += UInt64(damaged)
      record.withLock { $0.recoveredClicks &+= added }
      if added < chunk.total {
        report(
          "\(chunk.total - added) clicks of batch \(chunk.id) were of links that the database does "
            + "not have, and are dropped; was it restored?")
      }
    }
    return lost
  }

  private func write(
    _ journal: ClaimedJournal,
    _ body: @escaping @Sendable ((_ index: Int, _ value: UInt64) -> Void) -> Void
  ) async throws {
    try await WorkerThread.run {
      Result { () throws(SystemCallError) in try journal.write(body) }
    }.get()
  }
}
