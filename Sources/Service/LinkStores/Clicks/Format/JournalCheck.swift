/// The journal's checksums: against damage, not against forgery. Whoever may write the file may
/// also write to the database.
enum JournalCheck {
  /// Two multiplications and shifts after the manner of MurmurHash3's finaliser (Appleby): for a
  /// given position, different links never have the same result.
  @inline(__always)
  static func mix(_ key: UInt64, _ position: UInt64, _ value: UInt64) -> UInt64 {
    var hash = (value ^ key) &* 0xff51_afd7_ed55_8ccd
    hash ^= hash &>> 32
    hash = (hash &+ position &* 0x9e37_79b9_7f4a_7c15) &* 0xc4ce_b9fe_1a85_ec53
    return hash ^ hash &>> 29
  }

  /// Over words in their order; never zero, which stands for "not written".
  static func fold(_ key: UInt64, _ words: some Sequence<UInt64>) -> UInt64 {
    var hash = key
    var position: UInt64 = 0
    for word in words {
      position &+= 1
      hash = mix(hash, position, word)
    }
    return max(1, hash)
  }

  /// What stands beside a link in the slot of a click: 48 bits of a checksum, below them 16 bits of
  /// how many times the ring has been gone round, plus one. So the tag of a slot tells whether its
  /// link belongs to this position, and if not, whether it is from the round before or damaged.
  @inline(__always)
  static func tag(_ key: UInt64, position: UInt64, round: UInt64, link: UInt64) -> UInt64 {
    mix(key, position, link) & ~0xffff | (round &+ 1) & 0xffff
  }
}
