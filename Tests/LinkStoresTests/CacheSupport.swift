import Links

@testable import LinkStores

/// What a lookup says, with the destination it copied.
enum Looked: Equatable {
  case miss
  case absent
  case found(Target)
}

extension LinkCache {
  func look(_ code: String) -> Looked {
    let bytes = Array(code.utf8)
    return withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 8) { buffer in
      switch bytes.withUnsafeBytes({ lookUp($0, into: buffer) }) {
      case .miss: return .miss
      case .absent: return .absent
      case .found(let target):
        let text = String(decoding: buffer.prefix(target.destinationLength), as: UTF8.self)
        return .found(
          Target(
            id: target.id, destination: text, isActive: target.isActive, version: target.version))
      }
    }
  }
}

/// Eviction alone: a table of short codes, asked for one after the other and filled on a miss.
struct EvictionTrial {
  let table: CacheTable
  let hasher = SipHash(key0: 1, key1: 2)
  private(set) var hits = 0

  init(capacity: Int) throws {
    let arena = try CacheArena(words: CacheTable.words(capacity: capacity, blocks: 0))
    table = CacheTable(capacity: capacity, blocks: 0, in: arena)
  }

  mutating func ask(_ key: Int) -> Bool {
    var key = UInt64(key)
    return withUnsafeBytes(of: &key) { code in
      let hash = hasher.hash(code)
      var scratch: UInt64 = 0
      let isHit = withUnsafeMutableBytes(of: &scratch) { buffer in
        table.view.lookUp(code, hash: hash, into: buffer).flatMap { $0 } != nil
      }
      if !isHit {
        table.install(
          code, hash: hash, id: 0, destination: UnsafeRawBufferPointer(start: nil, count: 0),
          isActive: true, version: 1)
      }
      return isHit
    }
  }
}
