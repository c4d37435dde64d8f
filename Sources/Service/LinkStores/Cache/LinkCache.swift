public import Links
public import LinuxSystem

/// What the cache says of a code.
public enum CacheAnswer: Sendable, Hashable {
  /// Nothing is known: ``LinkCache/resolve(_:from:_:)`` finds out.
  case miss
  /// There is no link with this code.
  case absent
  case found(CachedTarget)
}

/// What answers redirects without the database, shared by all event loops.
///
/// One copy for all loops, in 16 shards by hash: memory does not grow with their number, and a hit
/// takes no lock and writes nothing once an entry is known to be popular. (One cache a loop would
/// need no sequence numbers, but hold every popular link once a loop.) All memory is reserved at the
/// start and becomes resident as it is used; there is nothing to be freed, so nothing to wait for.
///
/// **Freshness**: after ``install(_:for:)`` or ``invalidate(_:version:)`` has returned, no lookup on any
/// thread finds an older state, nor does a database lookup that began before bring one back. A code
/// changes on another node: its `invalidate` is due within a second (``LinkStore/changes(since:)``).
public final class LinkCache: Sendable {
  /// The most a cache may hold.
  public struct Limits: Sendable {
    /// Links.
    public var entries: Int
    /// Codes known to have no link, so that asking for them at random displaces no link.
    public var absentEntries: Int
    /// Memory for all of it. What is not needed for entries holds codes and destinations that have
    /// more than 80 bytes together; if it does not suffice for the entries, there are fewer of them.
    public var bytes: Int

    public init(entries: Int = 500_000, absentEntries: Int = 50_000, bytes: Int = 96_000_000) {
      self.entries = entries
      self.absentEntries = absentEntries
      self.bytes = bytes
    }
  }

  private let shards: [CacheShard]
  /// Of the shards' links.
  private let views: [CacheView]
  private let shift: UInt64
  private let hasher: SipHash

  /// Throws if the memory is not to be had.
  public convenience init(limits: Limits = Limits()) throws(SystemCallError) {
    var random = SystemRandomNumberGenerator()
    try self.init(limits: limits, hasher: SipHash(using: &random))
  }

  init(limits: Limits, hasher: SipHash) throws(SystemCallError) {
    let count = limits.entries >= 4096 ? 16 : 1
    var entries = max(1, limits.entries / count)
    var absentEntries = max(1, limits.absentEntries / count)
    let bytes = limits.bytes / count
    func fixed() -> Int {
      CacheTable.fixedBytes(capacity: entries) + CacheTable.fixedBytes(capacity: absentEntries)
    }
    // Tables are sized by powers of two, so that halving comes to an end soon.
    while fixed() > bytes, entries > 1 || absentEntries > 1 {
      (entries, absentEntries) = (max(1, entries * 3 / 4), max(1, absentEntries * 3 / 4))
    }
    // A block a table for rounding up.
    let blocks = max(0, (bytes - fixed()) / (CacheTable.blockWords * 8) - 4)
    let absentBlocks = min(blocks / 4, absentEntries / 8)
    let words =
      CacheTable.words(capacity: entries, blocks: blocks - absentBlocks)
      + CacheTable.words(capacity: absentEntries, blocks: absentBlocks)
    let arena = try CacheArena(words: words * count)
    let made = (0..<count).map { _ in
      CacheShard(
        entries: entries, blocks: blocks - absentBlocks, absentEntries: absentEntries,
        absentBlocks: absentBlocks, in: arena)
    }
    shards = made
    views = made.map(\.view.links)
    shift = count == 16 ? 60 : 64
    self.hasher = hasher
  }

  /// What is known of a code. If it is a link whose destination fits, that is written to the start of
  /// `buffer`, which is used as scratch space otherwise; quickest if that has 72 bytes or more. Takes
  /// no lock (unless changes of the same shard got in the way 64 times), allocates nothing, makes no
  /// system call. Complexity: O(length).
  @inline(__always)
  public func lookUp(
    _ code: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer
  ) -> CacheAnswer {
    guard let usual = UsualCode(code) else {
      let hash = hasher.hash(code)
      return shard(hash).lookUp(code, hash: hash, into: buffer)
    }
    let hash = hasher.hash(usual)
    let index = index(hash)
    let found = views.withUnsafeBufferPointer {
      $0[index].lookUpUsual(usual, hash: hash, into: buffer)
    }
    return found.map { .found($0) } ?? shards[index].lookUp(code, hash: hash, into: buffer)
  }

  /// Finds out what a code leads to and keeps it, found or not. However many ask for one code at a
  /// time, `lookup` is called once for them; its error goes to all and is not kept. `completion` is
  /// called once, on any thread; before this returns if somebody found out since the caller's own lookup.
  public func resolve(
    _ code: String,
    from lookup: @escaping @Sendable (String) async throws(LinkError) -> Target?,
    _ completion: @escaping @Sendable (Result<Target?, LinkError>) -> Void
  ) {
    // A task of its own: that who asked first gives up must not concern the others.
    resolve(
      code,
      lookingUp: { code, answer in
        Task {
          do throws(LinkError) {
            answer(.success(try await lookup(code)))
          } catch {
            answer(.failure(error))
          }
        }
      }, completion)
  }

  /// The same for event loops, which make no task: `lookup` is called at once, and only if nobody is
  /// finding out already; it has to call what it is given once, on any thread
  /// (``LinkStore/lookUp(_:_:)``).
  public func resolve(
    _ code: String,
    lookingUp lookup: (String, @escaping @Sendable (Result<Target?, LinkError>) -> Void) -> Void,
    _ completion: @escaping @Sendable (Result<Target?, LinkError>) -> Void
  ) {
    let bytes = Array(code.utf8)
    let hash = hash(bytes)
    let shard = shard(hash)
    switch shard.join(bytes, hash: hash, completion) {
    case .began(let number):
      lookup(code) { shard.finish(number, bytes, $0, hash: hash) }
    case .waits: return
    case .known(let target): completion(.success(target))
    }
  }

  /// The same for who can wait.
  public func resolve(
    _ code: String, from lookup: @escaping @Sendable (String) async throws(LinkError) -> Target?
  ) async throws(LinkError) -> Target? {
    let result: Result<Target?, LinkError> = await withCheckedContinuation { continuation in
      resolve(code, from: lookup) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// Keeps what was just written to the store, unless something newer is known.
  public func install(_ target: Target, for code: String) {
    let bytes = Array(code.utf8)
    let hash = hash(bytes)
    shard(hash).install(target, bytes, hash: hash)
  }

  /// Forgets every state of a code older than the version.
  public func invalidate(_ code: String, version: Int64) {
    let bytes = Array(code.utf8)
    let hash = hash(bytes)
    shard(hash).invalidate(bytes, version: version, hash: hash)
  }

  /// Forgets everything, as after changes may have been missed.
  public func invalidateAll() {
    for shard in shards { shard.invalidateAll() }
  }

  /// Links, and codes without one, that are known now.
  public var counts: (links: Int, absent: Int) {
    shards.map(\.counts).reduce((0, 0)) { ($0.0 + $1.links, $0.1 + $1.absent) }
  }

  /// The most memory the tables can ever take.
  public var reservedBytes: Int { shards.reduce(0) { $0 + $1.reservedBytes } }

  private func hash(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { hasher.hash($0) } }

  private func shard(_ hash: UInt64) -> CacheShard { shards[index(hash)] }

  @inline(__always)
  private func index(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> shift) }
}
