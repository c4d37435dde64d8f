/// A bounded table from codes to what they lead to: its memory, and what the thread needs that
/// changes it (one at a time, whoever holds the lock of the shard). Reading is ``CacheView``'s.
final class CacheTable: @unchecked Sendable {
  static let entryWords = 16
  static let inlineWords = 10
  static let blockWords = 8
  /// Bytes of a code or of a destination.
  static let maximumLength = 0xffff
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
  /// Keeps the view's memory.
  private let arena: CacheArena

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

  /// Takes ``words(capacity:blocks:)`` of the arena.
  init(capacity: Int, blocks blockCapacity: Int, in arena: CacheArena) {
    self.capacity = max(1, capacity)
    self.blockCapacity = max(0, blockCapacity)
    let bucketCount = Self.bucketCount(self.capacity)
    self.arena = arena
    view = CacheView(
      control: arena.take(words: Self.entryWords), buckets: arena.take(words: bucketCount),
      entries: arena.take(words: self.capacity * Self.entryWords),
      blocks: arena.take(words: self.blockCapacity * Self.blockWords), capacity: self.capacity,
      blockCapacity: self.blockCapacity)
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

  /// Words of an arena that a table takes.
  static func words(capacity: Int, blocks: Int) -> Int {
    entryWords + CacheArena.roundedUp(bucketCount(capacity))
      + CacheArena.roundedUp(capacity * entryWords) + CacheArena.roundedUp(blocks * blockWords)
  }

  /// Bytes of a table without overflow blocks.
  static func fixedBytes(capacity: Int) -> Int {
    words(capacity: capacity, blocks: 0) * 8 + ghostCount(capacity) * 4
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
