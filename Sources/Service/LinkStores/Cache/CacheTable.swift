internal import LinuxSystem

/// A bounded table from codes to what they lead to: its memory, and what the thread needs that
/// changes it (one at a time, whoever holds the lock of the shard). Reading is ``CacheView``'s.
final class CacheTable: @unchecked Sendable {
  static let entryWords = 16
  static let inlineWords = 10
  static let blockWords = 8
  static let none = UInt64(UInt32.max)

  enum Field {
    static let hash = 0
    static let id = 1
    static let versionAndFlags = 2
    static let lengths = 3
    static let links = 4
    static let frequency = 5
    static let payload = 6
  }

  let capacity: Int
  let blockCapacity: Int
  let view: CacheView
  private let arenas: [CacheArenaOwner]

  // Below: of the thread that changes the table, alone.
  var count = 0
  var freshEntries = 0
  var freeEntry = CacheTable.none
  var freshBlocks = 0
  var freeBlock = CacheTable.none
  var freeBlockCount: Int
  var small = EntryQueue()
  var main = EntryQueue()
  /// Hash bits of what left the small queue, at a place given by other bits.
  var ghosts: [UInt32]

  init(capacity: Int, blocks blockCapacity: Int) throws(SystemCallError) {
    self.capacity = max(1, capacity)
    self.blockCapacity = max(0, blockCapacity)
    let bucketCount = Self.bucketCount(self.capacity)
    arenas = [
      CacheArenaOwner(try CacheArena(words: Self.entryWords)),
      CacheArenaOwner(try CacheArena(words: bucketCount)),
      CacheArenaOwner(try CacheArena(words: self.capacity * Self.entryWords)),
      CacheArenaOwner(try CacheArena(words: self.blockCapacity * Self.blockWords)),
    ]
    view = CacheView(
      control: arenas[0].words, buckets: arenas[1].words, entries: arenas[2].words,
      blocks: arenas[3].words, capacity: self.capacity, blockCapacity: self.blockCapacity)
    freeBlockCount = self.blockCapacity
    ghosts = Array(repeating: 0, count: Self.ghostCount(self.capacity))
  }

  private static func powerOfTwo(atLeast value: Int) -> Int {
    var power = 8
    while power < value { power *= 2 }
    return power
  }

  private static func bucketCount(_ capacity: Int) -> Int {
    powerOfTwo(atLeast: capacity + capacity / 3 + 1)
  }

  private static func ghostCount(_ capacity: Int) -> Int { powerOfTwo(atLeast: capacity) }

  /// Bytes of a table without overflow blocks.
  static func fixedBytes(capacity: Int) -> Int {
    capacity * entryWords * 8 + bucketCount(capacity) * 8 + ghostCount(capacity) * 4
  }

  var mask: Int { view.mask }
  var buckets: CacheWords { view.buckets }
  var entries: CacheWords { view.entries }
  var blocks: CacheWords { view.blocks }

  func find(_ code: UnsafeRawBufferPointer, hash: UInt64) -> Int? { view.find(code, hash: hash) }

  var reservedBytes: Int {
    Self.fixedBytes(capacity: capacity) + blockCapacity * Self.blockWords * 8
  }
}

/// Arenas cannot be elements of an array themselves.
private final class CacheArenaOwner: Sendable {
  private let arena: CacheArena
  var words: CacheWords { arena.words }

  init(_ arena: consuming CacheArena) { self.arena = arena }
}
