/// Numbers byte strings in the order of first use: equal bytes, equal number.
///
/// An own table, because a `Dictionary` would want a `String` made (and compared by Unicode's
/// rules) for every one of the many repetitions of a name in a profile.
struct NameTable {
  private var bytes: [UInt8] = []
  /// Where each name ends in `bytes`; it begins where the one before it ends.
  private var ends: [Int] = []
  private var hashes: [Int] = []
  /// Open addressing with linear probing: -1 is free. The count is a power of two.
  private var slots = [Int](repeating: -1, count: 1024)

  /// How many different names there are.
  var count: Int { ends.count }

  /// The name's number, a new one if it was not seen before.
  mutating func number(of name: Span<UInt8>) -> Int {
    var hasher = Hasher()
    name.withUnsafeBytes { hasher.combine(bytes: $0) }
    let hash = hasher.finalize()
    var slot = hash & (slots.count - 1)
    while slots[slot] >= 0 {
      let candidate = slots[slot]
      if hashes[candidate] == hash, self.name(candidate, equals: name) { return candidate }
      slot = (slot + 1) & (slots.count - 1)
    }
    let number = ends.count
    slots[slot] = number
    name.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    ends.append(bytes.count)
    hashes.append(hash)
    if ends.count * 2 > slots.count { grow() }
    return number
  }

  mutating func number(of name: String) -> Int {
    number(of: name.utf8.span)
  }

  /// The bytes of a name that was numbered.
  func name(_ number: Int) -> ArraySlice<UInt8> {
    bytes[(number == 0 ? 0 : ends[number - 1])..<ends[number]]
  }

  private func name(_ number: Int, equals other: Span<UInt8>) -> Bool {
    let own = name(number)
    return own.count == other.count
      && own.withUnsafeBytes { own in
        other.withUnsafeBytes { other in own.elementsEqual(other) }
      }
  }

  private mutating func grow() {
    slots = [Int](repeating: -1, count: slots.count * 2)
    for (number, hash) in hashes.enumerated() {
      var slot = hash & (slots.count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = number
    }
  }
}
