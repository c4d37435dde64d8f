/// A keyed hash of short byte strings: Aumasson and Bernstein, "SipHash: a fast short-input PRF"
/// (2012). Who does not know the key cannot choose codes that collide. One compression and three
/// finalisation rounds, as the Swift standard library has it, are what hash tables need; 2 and 4 are
/// the paper's.
///
/// Unsafe code: reads `bytes` only below its count.
struct SipHash: Sendable {
  let key0: UInt64
  let key1: UInt64

  init(key0: UInt64, key1: UInt64) {
    self.key0 = key0
    self.key1 = key1
  }

  init(using generator: inout some RandomNumberGenerator) {
    self.init(key0: generator.next(), key1: generator.next())
  }

  @inline(__always)
  func hash(
    _ bytes: UnsafeRawBufferPointer, compressionRounds: Int = 1, finalizationRounds: Int = 3
  ) -> UInt64 {
    let words = bytes.count &>> 3
    return hash(
      compressionRounds: compressionRounds, finalizationRounds: finalizationRounds
    ) { compress in
      for index in 0..<words { compress(wholeWord(bytes, index)) }
      compress(
        UInt64(truncatingIfNeeded: bytes.count) &<< 56 | partialWord(bytes, from: words &<< 3))
    }
  }

  /// The same of the code's bytes.
  @inline(__always)
  func hash(_ code: UsualCode) -> UInt64 {
    hash { compress in
      let length = UInt64(truncatingIfNeeded: code.count) &<< 56
      if code.count < 8 { return compress(length | code.first) }
      compress(code.first)
      compress(length | code.second)
    }
  }

  @inline(__always)
  private func hash(
    compressionRounds: Int = 1, finalizationRounds: Int = 3, _ words: ((UInt64) -> Void) -> Void
  ) -> UInt64 {
    var v0 = key0 ^ 0x736f_6d65_7073_6575
    var v1 = key1 ^ 0x646f_7261_6e64_6f6d
    var v2 = key0 ^ 0x6c79_6765_6e65_7261
    var v3 = key1 ^ 0x7465_6462_7974_6573
    @inline(__always) func round() {
      v0 &+= v1
      v1 = (v1 &<< 13 | v1 &>> 51) ^ v0
      v0 = v0 &<< 32 | v0 &>> 32
      v2 &+= v3
      v3 = (v3 &<< 16 | v3 &>> 48) ^ v2
      v0 &+= v3
      v3 = (v3 &<< 21 | v3 &>> 43) ^ v0
      v2 &+= v1
      v1 = (v1 &<< 17 | v1 &>> 47) ^ v2
      v2 = v2 &<< 32 | v2 &>> 32
    }
    @inline(__always) func compress(_ word: UInt64) {
      v3 ^= word
      for _ in 0..<compressionRounds { round() }
      v0 ^= word
    }
    words { compress($0) }
    v2 ^= 0xff
    for _ in 0..<finalizationRounds { round() }
    return v0 ^ v1 ^ v2 ^ v3
  }
}

/// Eight bytes, little endian; `index` counts words and must be whole inside `bytes`.
@inline(__always)
func wholeWord(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt64 {
  UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index &<< 3, as: UInt64.self))
}

/// The up to seven bytes from `offset` on, padded with zeros. In at most three loads, which overlap: a
/// loop over the bytes would be mispredicted with every change of their number.
@inline(__always)
func partialWord(_ bytes: UnsafeRawBufferPointer, from offset: Int) -> UInt64 {
  let count = bytes.count &- offset
  if count >= 4 {
    let low = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    let high = UInt32(
      littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count &- 4, as: UInt32.self))
    return UInt64(low) | UInt64(high) &<< UInt64(truncatingIfNeeded: (count &- 4) &<< 3)
  }
  if count <= 0 { return 0 }
  let middle = count &>> 1
  return UInt64(bytes[offset])
    | UInt64(bytes[offset &+ middle]) &<< UInt64(truncatingIfNeeded: middle &<< 3)
    | UInt64(bytes[bytes.count &- 1]) &<< UInt64(truncatingIfNeeded: (count &- 1) &<< 3)
}
