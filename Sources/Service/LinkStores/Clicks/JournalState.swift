internal import Links
internal import LinuxSystem

/// What is behind the lock of a journal: the clicks that were drained from the rings, and which areas
/// of the file hold them.
///
/// Clicks go from the rings into the waiting batch. It is written to an area when a ring needs room, and
/// when it is to be sent: then nothing joins it any more, it is *on its way* until the database has
/// it, and the next clicks are the next batch's. Of the three areas one holds the batch that was last on
/// its way, whose header is the newest that is known to be on the disk, and is not written to; the
/// waiting batch goes to the other two by turns, so that a newer revision never overwrites the last.
struct JournalState: ~Copyable {
  /// A batch that the database has not acknowledged. Its content is settled: it is sent with the same
  /// ids until it is.
  struct OnItsWay {
    var header: AreaHeader
    var area: Int
    /// By link.
    var entries: [ClickBatch.Count]
    /// The pieces that were acknowledged.
    var acknowledgedChunks = 0
    /// The last attempt failed in a way that leaves open whether the database has the next piece.
    var isUncertain = false
  }

  let memory: JournalMemory
  let header: JournalHeader
  let rings: [ClickRing]
  let memoryLinks: Int
  private(set) var waiting = ClickTable()
  var onItsWay: OnItsWay?
  private var sequence: UInt64 = 1
  private var revision: UInt64 = 0
  private var waitingArea: Int?
  private var settledArea: Int?
  /// Per ring, up to where clicks were taken over into ``waiting`` or batches before.
  private(set) var drained: [UInt64]
  /// Waiting clicks are in memory alone, since they are of more links than an area holds.
  private(set) var isOverflowing = false
  /// Clicks of links for which there was no room in memory either.
  private(set) var dropped: UInt64 = 0
  /// Clicks whose slots were damaged while the journal was in use.
  private(set) var damaged: UInt64 = 0

  init(_ memory: JournalMemory, _ header: JournalHeader, rings: [ClickRing], memoryLinks: Int) {
    self.memory = memory
    self.header = header
    self.rings = rings
    self.memoryLinks = memoryLinks
    drained = Array(repeating: 0, count: rings.count)
  }

  /// Takes over what was counted.
  mutating func drain() {
    for (index, ring) in rings.enumerated() {
      let head = ring.head
      var position = drained[index]
      while position != head {
        if let link = ring.link(at: position) {
          if !waiting.add(link, limit: memoryLinks) { dropped &+= 1 }
        } else {
          damaged &+= 1
        }
        position &+= 1
      }
      drained[index] = head
    }
  }

  /// Whether a ring has so little room that its slots should be given back.
  var needsRoom: Bool {
    zip(rings, drained).contains { $1 &- $0.tail >= $0.slots / 4 }
  }

  /// Gives back the slots of the clicks that were drained, after they were written to an area. If they
  /// are of too many links for one, they are from now on in memory alone: counting goes on.
  mutating func makeRoom() {
    if zip(rings, drained).allSatisfy({ $0.tail == $1 }) { return }
    if waiting.count <= header.geometry.capacity {
      _ = write(waiting.sorted)
      isOverflowing = false
    } else {
      isOverflowing = true
    }
    for (ring, position) in zip(rings, drained) { ring.tail = position }
  }

  /// Writes the next revision of the waiting batch.
  private mutating func write(_ entries: [ClickBatch.Count]) -> (AreaHeader, area: Int) {
    revision += 1
    let areaHeader = AreaHeader(
      sequence: sequence, revision: revision, count: entries.count, covered: drained,
      writtenAt: AreaHeader.now())
    let area =
      (0..<JournalGeometry.areas).first { $0 != settledArea && $0 != waitingArea } ?? 0
    areaHeader.write(entries, toArea: area, of: header) { memory.store($0, $1) }
    waitingArea = area
    return (areaHeader, area)
  }

  /// Ends the waiting batch and begins the next; nil if there are no clicks in it. Nothing may be on
  /// its way.
  mutating func settle() -> OnItsWay? {
    precondition(onItsWay == nil)
    if waiting.count == 0 { return nil }
    var entries = waiting.sorted
    var rest = ClickTable()
    for entry in entries.dropFirst(header.geometry.capacity) {
      _ = rest.add(entry.linkID, entry.clicks)
    }
    entries.removeLast(max(0, entries.count - header.geometry.capacity))
    let (areaHeader, area) = write(entries)
    let batch = OnItsWay(header: areaHeader, area: area, entries: entries)
    onItsWay = batch
    settledArea = area
    waitingArea = nil
    sequence += 1
    revision = 0
    waiting = rest
    // The next batch has to be in the file too, if it fits.
    isOverflowing = rest.count > header.geometry.capacity
    if rest.count > 0, !isOverflowing { _ = write(rest.sorted) }
    for (ring, position) in zip(rings, drained) { ring.tail = position }
    return batch
  }

  /// Notes that the database has the next piece, and with the last one the whole batch.
  mutating func acknowledgeChunk() {
    guard var batch = onItsWay else { return }
    batch.acknowledgedChunks += 1
    batch.isUncertain = false
    onItsWay = batch
    if batch.acknowledgedChunks == BatchChunks.count(of: batch.entries.count, header.geometry) {
      batch.header.writeDone(toArea: batch.area, of: header) { memory.store($0, $1) }
      onItsWay = nil
    }
  }

  /// The clicks of a link that the database has not acknowledged.
  func pending(of link: Int64) -> Int64 {
    let sent = onItsWay?.pending(of: link, header.geometry) ?? 0
    let (sum, isTooLarge) = waiting[link].addingReportingOverflow(sent)
    return isTooLarge ? .max : sum
  }
}

extension JournalState.OnItsWay {
  /// The next piece to be sent.
  func nextChunk(_ journal: JournalHeader) -> ClickBatch {
    let first = acknowledgedChunks * journal.geometry.chunk
    let end = min(entries.count, first + journal.geometry.chunk)
    return ClickBatch(
      id: BatchChunks.id(journal.id, header.sequence, acknowledgedChunks),
      counts: Array(entries[min(first, end)..<end]))
  }

  func unacknowledged(_ geometry: JournalGeometry) -> ArraySlice<ClickBatch.Count> {
    entries[min(entries.count, acknowledgedChunks * geometry.chunk)...]
  }

  fileprivate func pending(of link: Int64, _ geometry: JournalGeometry) -> Int64 {
    let entries = unacknowledged(geometry)
    var (low, high) = (entries.startIndex, entries.endIndex)
    while low < high {
      let middle = low + (high - low) / 2
      if entries[middle].linkID < link { low = middle + 1 } else { high = middle }
    }
    return low < entries.endIndex && entries[low].linkID == link ? entries[low].clicks : 0
  }
}
