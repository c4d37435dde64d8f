internal import Links
internal import Synchronization

/// A part of the cache with a lock of its own for changes: known links, codes known to be absent, and
/// the lookups under way.
final class CacheShard: Sendable {
  typealias Completion = @Sendable (Result<Target?, LinkError>) -> Void

  private let links: CacheTable
  private let absent: CacheTable
  private let flights = Mutex(Flights())

  /// Lookups under way, by code.
  private struct Flights {
    var waiting: [[UInt8]: (number: UInt64, completions: [Completion])] = [:]
    /// What a change cut off: those who wait are answered, but the answer may be too old for the table.
    var detached: [UInt64: [Completion]] = [:]
    var lastNumber: UInt64 = 0

    mutating func detach(_ code: [UInt8]) {
      if let flight = waiting.removeValue(forKey: code) {
        detached[flight.number] = flight.completions
      }
    }
  }

  init(entries: Int, blocks: Int, absentEntries: Int, absentBlocks: Int, in arena: CacheArena) {
    links = CacheTable(capacity: entries, blocks: blocks, in: arena)
    absent = CacheTable(capacity: absentEntries, blocks: absentBlocks, in: arena)
  }

  /// What readers need; valid as long as the shard lives.
  var view: CacheShardView { CacheShardView(links: links.view, absent: absent.view) }

  /// Looks up any code, and takes the lock only after changes got in the way again and again, as when
  /// the thread that makes one lost the CPU in the middle.
  @inline(never)
  func lookUp(
    _ code: UnsafeRawBufferPointer, hash: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) -> CacheAnswer {
    view.lookUp(code, hash: hash, into: buffer) ?? lookUpLocked(code, hash: hash, into: buffer)
  }

  func lookUpLocked(
    _ code: UnsafeRawBufferPointer, hash: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) -> CacheAnswer {
    flights.withLock { _ in
      if let found = links.view.read(code, hash: hash, into: buffer).0 { return .found(found) }
      return absent.find(code, hash: hash) == nil ? .miss : .absent
    }
  }

  enum Joined {
    /// This lookup is now to be made: ``finish(_:_:_:hash:)`` has to be called with its number.
    case began(UInt64)
    case waits
    /// Somebody found out in the meantime.
    case known(Target?)
  }

  /// Joins the lookup of a code, or begins one.
  func join(_ code: [UInt8], hash: UInt64, _ completion: @escaping Completion) -> Joined {
    flights.withLock { flights in
      if flights.waiting[code] != nil {
        flights.waiting[code]?.completions.append(completion)
        return .waits
      }
      if let known = known(code, hash: hash) { return .known(known) }
      flights.lastNumber += 1
      flights.waiting[code] = (flights.lastNumber, [completion])
      return .began(flights.lastNumber)
    }
  }

  private func known(_ code: [UInt8], hash: UInt64) -> Target?? {
    // Room for the longest would be 64 KiB of the stack of everyone who calls this, and of the heap.
    var bytes = [UInt8](repeating: 0, count: 256)
    guard var found = read(code, hash: hash, into: &bytes) else {
      return code.withUnsafeBytes { absent.find($0, hash: hash) } == nil ? nil : .some(nil)
    }
    while found.destinationLength > bytes.count {
      bytes = [UInt8](repeating: 0, count: found.destinationLength)
      guard let again = read(code, hash: hash, into: &bytes) else { return nil }
      found = again
    }
    return Target(
      id: found.id,
      destination: String(decoding: bytes.prefix(found.destinationLength), as: UTF8.self),
      isActive: found.isActive, version: found.version)
  }

  private func read(_ code: [UInt8], hash: UInt64, into bytes: inout [UInt8]) -> CachedTarget? {
    bytes.withUnsafeMutableBytes { buffer in
      code.withUnsafeBytes { links.view.read($0, hash: hash, into: buffer).0 }
    }
  }

  /// Ends a lookup: keeps its answer unless the code changed meanwhile, and tells all who waited.
  func finish(
    _ number: UInt64, _ code: [UInt8], _ result: Result<Target?, LinkError>, hash: UInt64
  ) {
    let completions: [Completion] = flights.withLock { flights in
      if let cutOff = flights.detached.removeValue(forKey: number) { return cutOff }
      guard let flight = flights.waiting[code], flight.number == number else { return [] }
      flights.waiting[code] = nil
      if case .success(let target) = result { keep(target, code, hash) }
      return flight.completions
    }
    for completion in completions { completion(result) }
  }

  /// Puts in a state that was just written. A lookup under way may have read the one before it.
  func install(_ target: Target, _ code: [UInt8], hash: UInt64) {
    flights.withLock { flights in
      flights.detach(code)
      keep(target, code, hash)
    }
  }

  func invalidate(_ code: [UInt8], version: Int64, hash: UInt64) {
    flights.withLock { flights in
      flights.detach(code)
      code.withUnsafeBytes { bytes in
        _ = links.remove(bytes, hash: hash, olderThan: version)
        _ = absent.remove(bytes, hash: hash, olderThan: version)
      }
    }
  }

  func invalidateAll() {
    flights.withLock { flights in
      for code in Array(flights.waiting.keys) { flights.detach(code) }
      links.removeAll()
      absent.removeAll()
    }
  }

  var counts: (links: Int, absent: Int) { flights.withLock { _ in (links.count, absent.count) } }
  var reservedBytes: Int { links.reservedBytes + absent.reservedBytes }

  private func keep(_ target: Target?, _ code: [UInt8], _ hash: UInt64) {
    code.withUnsafeBytes { code in
      guard var target else {
        // A link is never deleted, so that a known one outweighs an answer that did not see it yet.
        if links.find(code, hash: hash) == nil {
          absent.install(
            code, hash: hash, id: 0, destination: UnsafeRawBufferPointer(start: nil, count: 0),
            isActive: false, version: 0)
        }
        return
      }
      absent.remove(code, hash: hash, olderThan: .max)
      target.destination.withUTF8 { destination in
        _ = links.install(
          code, hash: hash, id: target.id, destination: UnsafeRawBufferPointer(destination),
          isActive: target.isActive, version: max(0, target.version))
      }
    }
  }
}

/// The reading side of a ``CacheShard``.
struct CacheShardView: Sendable {
  let links: CacheView
  let absent: CacheView

  /// Nil if changes got in the way again and again.
  func lookUp(
    _ code: UnsafeRawBufferPointer, hash: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) -> CacheAnswer? {
    guard let found = links.lookUp(code, hash: hash, into: buffer) else { return nil }
    if let found { return .found(found) }
    guard let unknown = absent.lookUp(code, hash: hash, into: buffer) else { return nil }
    return unknown == nil ? .miss : .absent
  }
}
