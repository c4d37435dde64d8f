internal import Links

/// What the words of a journal say: the batches that the database may not have, the clicks that are
/// in no batch yet, and what is damaged. A function of the words alone; they may be anything.
///
/// What counts as a click is what validates: each header, entry and slot has a checksum of its own.
/// Nothing is counted twice because a click is either below the newest header's ``AreaHeader/covered``
/// and in a batch, or above and in none, and a batch is known to the database by its number. If a
/// header is lost, and with it what it covered, clicks in the rings are not counted at all
/// (``isCoverageKnown``): they may be in a batch that the database has.
struct JournalContents: Sendable {
  struct Batch: Sendable, Hashable {
    var header: AreaHeader
    /// Where it stands.
    var area: Int
    /// By their place in the area, which says which chunk they are sent in; ones that are damaged are
    /// not there.
    var entries: [Int: ClickBatch.Count]
  }

  /// A click in a ring that no batch has.
  struct Click: Sendable, Hashable {
    var position: UInt64
    var linkID: Int64
  }

  struct Damage: Sendable, Hashable {
    /// Bytes from the start of the file.
    var offset: Int
    var what: String
  }

  let header: JournalHeader
  /// By sequence: of each the newest revision, without those that are done.
  private(set) var batches: [Batch] = []
  /// Per ring, by position.
  private(set) var clicks: [[Click]] = []
  private(set) var covered: [UInt64]
  /// The number of the newest batch; 0 if there was none.
  private(set) var lastSequence: UInt64 = 0
  /// The area with the newest header.
  private(set) var newestArea: Int?
  private(set) var isCoverageKnown = true
  /// Areas with something that is not sent: to be written to last.
  private(set) var areasToKeep: Set<Int> = []
  private(set) var damages: [Damage] = []
  /// Clicks of the rings that are known to be lost.
  private(set) var lostClicks: UInt64 = 0
  /// Whether clicks may be lost beyond those: how many cannot be known.
  private(set) var mayHaveLostMore = false

  /// Nil if not even the header can be read. Batches written before `oldest` are not to be sent: the
  /// database may have them and have forgotten their ids.
  init?(_ words: [UInt64], oldest: Int64 = .min) {
    guard let (header, damages) = Self.header(words) else { return nil }
    self.header = header
    self.damages = damages
    covered = Array(repeating: 0, count: header.geometry.rings)
    if words.count < header.geometry.words {
      self.damages.append(
        Damage(
          offset: words.count * 8,
          what: "ends here instead of after \(header.geometry.words * 8) bytes"))
      mayHaveLostMore = true
    }
    readAreas(words, oldest)
    for ring in 0..<header.geometry.rings { readRing(ring, words) }
  }

  private static func header(_ words: [UInt64]) -> (JournalHeader, [Damage])? {
    var found: JournalHeader?
    var damages: [Damage] = []
    for start in JournalGeometry.headerCopies {
      let end = start + JournalHeader.words
      if end <= words.count, let header = JournalHeader(words[start..<end]) {
        found = found ?? header
      } else {
        damages.append(Damage(offset: start * 8, what: "a copy of the header is damaged"))
      }
    }
    return found.map { ($0, damages) }
  }

  // MARK: Batches

  private mutating func readAreas(_ words: [UInt64], _ oldest: Int64) {
    var newest: [UInt64: (header: AreaHeader, area: Int)] = [:]
    for area in 0..<JournalGeometry.areas {
      guard let header = areaHeader(area, words) else { continue }
      if let other = newest[header.sequence], !header.supersedes(other.header) { continue }
      newest[header.sequence] = (header, area)
    }
    for (sequence, (areaHeader, area)) in newest.sorted(by: { $0.key < $1.key }) {
      if sequence > lastSequence {
        lastSequence = sequence
        covered = areaHeader.covered
        newestArea = area
      }
      if areaHeader.isDone { continue }
      if areaHeader.writtenAt < oldest {
        areasToKeep.insert(area)
        damages.append(
          Damage(
            offset: header.geometry.entries(ofArea: area) * 8,
            what: "batch \(sequence) is so old that the database may have it without knowing"))
        mayHaveLostMore = true
        continue
      }
      batches.append(
        Batch(
          header: areaHeader, area: area, entries: readEntries(areaHeader, area, words)))
    }
  }

  /// From either copy; done if one says so.
  private mutating func areaHeader(_ area: Int, _ words: [UInt64]) -> AreaHeader? {
    var valid: AreaHeader?
    var pages: [ArraySlice<UInt64>] = []
    var damaged: [Int] = []
    for start in header.geometry.headers(ofArea: area) {
      let end = start + JournalGeometry.pageWords
      guard end <= words.count else { continue }
      let page = words[start..<end]
      pages.append(page)
      if let copy = AreaHeader(page: page, of: header) {
        let isDone = valid?.isDone ?? false
        valid = valid ?? copy
        valid?.isDone = isDone || copy.isDone
      } else if page[start + AreaHeader.checkIndex] != 0 {
        damaged.append(start)
      }
    }
    for start in damaged {
      damages.append(Damage(offset: start * 8, what: "the header of a batch is damaged"))
    }
    if valid == nil, !damaged.isEmpty, !Self.wasNeverUsed(pages) {
      isCoverageKnown = false
      mayHaveLostMore = true
    }
    return valid
  }

  /// An area that was never written to is all zeros, but for the damage on one of its pages.
  private static func wasNeverUsed(_ pages: [ArraySlice<UInt64>]) -> Bool {
    pages.count == 2 && pages.contains { $0.allSatisfy { $0 == 0 } }
      && pages.allSatisfy { $0.first == 0 }
  }

  private mutating func readEntries(
    _ areaHeader: AreaHeader, _ area: Int, _ words: [UInt64]
  ) -> [Int: ClickBatch.Count] {
    var entries: [Int: ClickBatch.Count] = [:]
    entries.reserveCapacity(min(areaHeader.count, words.count))
    var place = header.geometry.entries(ofArea: area)
    var firstDamaged: Int?
    for index in 0..<areaHeader.count {
      defer { place += JournalGeometry.entryWords }
      if place + 2 < words.count {
        let entry = ClickBatch.Count(
          linkID: Int64(bitPattern: words[place]), clicks: Int64(bitPattern: words[place + 1]))
        if entry.clicks > 0, words[place + 2] == areaHeader.check(ofEntry: index, entry, header) {
          entries[index] = entry
          continue
        }
      }
      firstDamaged = firstDamaged ?? place
    }
    if let firstDamaged {
      let lost = areaHeader.count - entries.count
      areasToKeep.insert(area)
      mayHaveLostMore = true
      damages.append(
        Damage(
          offset: firstDamaged * 8,
          what: "the clicks of \(lost) of \(areaHeader.count) links in batch "
            + "\(areaHeader.sequence) are damaged"))
    }
    return entries
  }

  // MARK: Rings

  private mutating func readRing(_ ring: Int, _ words: [UInt64]) {
    let start = header.geometry.ring(ring)
    let slots = header.geometry.slots
    let end = min(start + slots * JournalGeometry.slotWords, words.count)
    guard start < end else { return clicks.append([]) }
    let reader = SlotReader(key: header.key, slots: slots, covered: covered[ring])
    var found: [Click] = []
    var suspects: [Int] = []
    var head = covered[ring]
    for index in 0..<(end - start) / JournalGeometry.slotWords {
      let link = words[start + 2 * index]
      let tag = words[start + 2 * index + 1]
      if let position = reader.position(ofSlot: index, link: link, tag: tag) {
        head = max(head, position &+ 1)
        if position >= covered[ring] {
          found.append(Click(position: position, linkID: Int64(bitPattern: link)))
        }
      } else if link | tag != 0 {
        suspects.append(index)
      }
    }
    // A kill between the two stores of a click leaves its slot like this: never answered.
    suspects.removeAll {
      reader.isTorn(
        slot: $0, link: words[start + 2 * $0], tag: words[start + 2 * $0 + 1], head: head)
    }
    found.sort { $0.position < $1.position }
    // More than a ring holds cannot have been lost from one.
    let missing = min((head &- covered[ring]) &- UInt64(found.count), UInt64(slots))
    let last = suspects.filter {
      reader.belongs(
        link: words[start + 2 * $0], tag: words[start + 2 * $0 + 1], slot: $0, toRoundBehind: head)
    }
    let behind = Self.run(of: Set(last), from: Int(truncatingIfNeeded: head) & (slots - 1), slots)
    let lost = isCoverageKnown ? missing + UInt64(behind) : 0
    lostClicks += lost
    if let first = suspects.first {
      damages.append(
        Damage(
          offset: (start + 2 * first) * 8,
          what: "\(suspects.count) clicks of event loop \(ring) are damaged"))
      // Others may be ones that the database has already.
      if UInt64(suspects.count) != lost { mayHaveLostMore = true }
    } else if missing > 0 {
      damages.append(
        Damage(offset: start * 8, what: "\(missing) clicks of event loop \(ring) are missing"))
    }
    clicks.append(isCoverageKnown ? found : [])
    if !isCoverageKnown, !found.isEmpty {
      damages.append(
        Damage(
          offset: start * 8,
          what: "\(found.count) clicks of event loop \(ring) were not counted, since they may have "
            + "been before"))
    }
  }

  /// How many slots of a ring follow each other from one on.
  private static func run(of slots: Set<Int>, from first: Int, _ count: Int) -> Int {
    var length = 0
    while length < slots.count, slots.contains((first + length) & (count - 1)) { length += 1 }
    return length
  }
}
