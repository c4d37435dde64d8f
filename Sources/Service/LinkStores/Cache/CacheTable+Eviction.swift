// What has to go: S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you need for cache
// eviction", SOSP 2023, algorithm 1). New entries begin in a small queue of a tenth of the entries; who
// was asked for twice while crossing it goes on to the main queue, the others leave and are remembered
// as ghosts, who come back to the main queue at once. The main queue is a FIFO with second chances. A
// scan passes through the small queue and displaces nothing else; that is why not SIEVE, which is
// simpler and about as good without scans. The ghosts are a table of hash bits instead of the paper's
// queue: one that comes overwrites the one in its place.
extension CacheTable {
  private static let mainFlag: UInt64 = 2

  func isMain(_ entry: Int) -> Bool {
    entries[entry * Self.entryWords + Field.versionAndFlags] & Self.mainFlag != 0
  }

  /// Removes one entry. Amortised O(1): each step that removes nothing uses up a frequency or moves an
  /// entry to the main queue, both of which took a hit or an insertion.
  func evictOne() {
    while true {
      if small.count > capacity / 10 || main.count == 0 {
        guard small.tail != Self.none else { return }
        let entry = Int(small.tail)
        let base = entry * Self.entryWords
        if entries[base + Field.frequency] > 1 {
          unlink(entry)
          entries[base + Field.frequency] = 0
          link(entry, toMain: true)
        } else {
          addGhost(entries[base + Field.hash])
          return remove(entry)
        }
      } else {
        let entry = Int(main.tail)
        let place = entry * Self.entryWords + Field.frequency
        let frequency = entries[place]
        if frequency == 0 { return remove(entry) }
        unlink(entry)
        entries[place] = frequency - 1
        link(entry, toMain: true)
      }
    }
  }

  /// Puts an entry at the young end of a queue.
  func link(_ entry: Int, toMain: Bool) {
    let base = entry * Self.entryWords
    let state = entries[base + Field.versionAndFlags] & ~Self.mainFlag
    entries[base + Field.versionAndFlags] = state | (toMain ? Self.mainFlag : 0)
    var queue = toMain ? main : small
    // The older neighbour above, the younger one below.
    entries[base + Field.links] = queue.head << 32 | Self.none
    if queue.head == Self.none {
      queue.tail = UInt64(entry)
    } else {
      let place = Int(queue.head) * Self.entryWords + Field.links
      entries[place] = (entries[place] >> 32) << 32 | UInt64(entry)
    }
    queue.head = UInt64(entry)
    queue.count += 1
    if toMain { main = queue } else { small = queue }
  }

  /// Takes an entry out of its queue.
  func unlink(_ entry: Int) {
    let isMain = isMain(entry)
    var queue = isMain ? main : small
    let links = entries[entry * Self.entryWords + Field.links]
    let (older, younger) = (links >> 32, links & 0xffff_ffff)
    if older == Self.none {
      queue.tail = younger
    } else {
      let place = Int(older) * Self.entryWords + Field.links
      entries[place] = (entries[place] >> 32) << 32 | younger
    }
    if younger == Self.none {
      queue.head = older
    } else {
      let place = Int(younger) * Self.entryWords + Field.links
      entries[place] = older << 32 | entries[place] & 0xffff_ffff
    }
    queue.count -= 1
    if isMain { main = queue } else { small = queue }
  }

  private func ghostPlace(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: hash) & (ghosts.count - 1)
  }

  private func addGhost(_ hash: UInt64) {
    ghosts[ghostPlace(hash)] = UInt32(truncatingIfNeeded: hash >> 32)
  }

  func takeGhost(_ hash: UInt64) -> Bool {
    let place = ghostPlace(hash)
    guard ghosts[place] == UInt32(truncatingIfNeeded: hash >> 32) else { return false }
    ghosts[place] = 0
    return true
  }
}
