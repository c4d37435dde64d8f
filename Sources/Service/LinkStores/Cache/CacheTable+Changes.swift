internal import Synchronization

// Changes, each between two steps of the sequence number. The caller holds the shard's lock.
extension CacheTable {
  /// A queue of entries, linked both ways by their numbers.
  struct EntryQueue {
    var head = CacheTable.none
    var tail = CacheTable.none
    var count = 0
  }

  /// Puts a state in, unless one as new or newer is there. False if it is too large to be kept: then
  /// an older state is removed all the same.
  @discardableResult
  func install(
    _ code: UnsafeRawBufferPointer, hash: UInt64, id: Int64, destination: UnsafeRawBufferPointer,
    isActive: Bool, version: Int64
  ) -> Bool {
    let known = find(code, hash: hash)
    if let known, self.version(of: known) >= version { return true }
    let words = (code.count + 7) / 8 + (destination.count + 7) / 8
    let needed = max(0, words - Self.inlineWords + Self.blockWords - 2) / (Self.blockWords - 1)
    return change {
      let wasMain = known.map { isMain($0) } ?? false
      if let known { remove(known) }
      // One entry may not drive out a large part of the others.
      guard code.count <= Self.maximumLength, destination.count <= Self.maximumLength,
        needed <= max(blockCapacity / 8, 1),
        needed <= blockCapacity
      else { return false }
      while count >= capacity || freeBlockCount < needed { evictOne() }
      let goesToMain = wasMain || takeGhost(hash)
      let entry = takeEntry()
      let base = entry * Self.entryWords
      var chain = Self.none
      for _ in 0..<needed { chain = takeBlock(before: chain) }
      entries[base + Field.hash] = hash
      entries[base + Field.id] = UInt64(bitPattern: id)
      entries[base + Field.versionAndFlags] =
        UInt64(clamping: version) << 2 | (isActive ? 1 : 0)
      entries[base + Field.lengths] =
        UInt64(code.count) | UInt64(destination.count) << 16 | chain << 32
      entries[base + Field.frequency] = 0
      var writer = PayloadWriter(self, entry: entry, block: chain)
      writer.write(code)
      writer.write(destination)
      link(entry, toMain: goesToMain)
      var bucket = view.home(of: hash)
      while buckets[bucket] != 0 { bucket = (bucket + 1) & mask }
      buckets[bucket] = (hash >> 32) << 32 | UInt64(entry + 1)
      count += 1
      return true
    }
  }

  /// Removes a state older than the version; whether there was one.
  @discardableResult
  func remove(_ code: UnsafeRawBufferPointer, hash: UInt64, olderThan version: Int64) -> Bool {
    guard let entry = find(code, hash: hash), self.version(of: entry) < version else {
      return false
    }
    change { remove(entry) }
    return true
  }

  func removeAll() {
    change {
      for bucket in 0...mask where buckets[bucket] != 0 { buckets[bucket] = 0 }
      count = 0
      (freshEntries, freeEntry) = (0, Self.none)
      (freshBlocks, freeBlock, freeBlockCount) = (0, Self.none, blockCapacity)
      (small, main) = (EntryQueue(), EntryQueue())
    }
  }

  private func change<Result>(_ body: () -> Result) -> Result {
    let before = view.control[0]
    view.control[0] = before &+ 1
    atomicMemoryFence(ordering: .releasing)
    defer { view.control.storeReleasing(0, before &+ 2) }
    return body()
  }

  private func version(of entry: Int) -> Int64 {
    Int64(entries[entry * Self.entryWords + Field.versionAndFlags] >> 2)
  }

  private func takeEntry() -> Int {
    guard freeEntry != Self.none else {
      freshEntries += 1
      return freshEntries - 1
    }
    let entry = Int(freeEntry)
    freeEntry = entries[entry * Self.entryWords + Field.links]
    return entry
  }

  private func takeBlock(before next: UInt64) -> UInt64 {
    let block: Int
    if freeBlock != Self.none {
      block = Int(freeBlock)
      freeBlock = blocks[block * Self.blockWords]
    } else {
      block = freshBlocks
      freshBlocks += 1
    }
    freeBlockCount -= 1
    blocks[block * Self.blockWords] = next
    return UInt64(block)
  }

  /// Takes an entry out of its queue and the buckets, and gives back its memory.
  func remove(_ entry: Int) {
    unlink(entry)
    removeBucket(of: entry)
    let base = entry * Self.entryWords
    var block = entries[base + Field.lengths] >> 32
    while block != Self.none {
      let next = blocks[Int(block) * Self.blockWords]
      blocks[Int(block) * Self.blockWords] = freeBlock
      freeBlock = block
      freeBlockCount += 1
      block = next
    }
    entries[base + Field.links] = freeEntry
    freeEntry = UInt64(entry)
    count -= 1
  }

  /// Closes the gap, so that no probe ends early: Knuth, The Art of Computer Programming 3, section
  /// 6.4, algorithm R.
  private func removeBucket(of entry: Int) {
    let hash = entries[entry * Self.entryWords + Field.hash]
    let wanted = (hash >> 32) << 32 | UInt64(entry + 1)
    var hole = view.home(of: hash)
    while buckets[hole] != wanted { hole = (hole + 1) & mask }
    var bucket = hole
    while true {
      bucket = (bucket + 1) & mask
      let word = buckets[bucket]
      if word == 0 { break }
      let owner = Int(word & 0xffff_ffff) - 1
      let home = view.home(of: entries[owner * Self.entryWords + Field.hash])
      if (bucket - home) & mask >= (bucket - hole) & mask {
        buckets[hole] = word
        hole = bucket
      }
    }
    buckets[hole] = 0
  }
}

/// Writes code and destination where ``PayloadReader`` reads them.
private struct PayloadWriter {
  private let table: CacheTable
  private var next: Int
  private var end: Int
  private var block: UInt64
  private var isInline = true

  init(_ table: CacheTable, entry: Int, block: UInt64) {
    self.table = table
    next = entry * CacheTable.entryWords + CacheTable.Field.payload
    end = next + CacheTable.inlineWords
    self.block = block
  }

  mutating func write(_ bytes: UnsafeRawBufferPointer) {
    let words = bytes.count / 8
    for index in 0..<words { write(wholeWord(bytes, index)) }
    if bytes.count % 8 != 0 { write(partialWord(bytes, from: words * 8)) }
  }

  private mutating func write(_ word: UInt64) {
    if next == end {
      next = Int(block) * CacheTable.blockWords + 1
      end = next + CacheTable.blockWords - 1
      block = table.blocks[next - 1]
      isInline = false
    }
    if isInline { table.entries[next] = word } else { table.blocks[next] = word }
    next += 1
  }
}
