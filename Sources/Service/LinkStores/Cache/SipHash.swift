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
    let words = bytes.count &>> 3
    for index in 0..<words { compress(wholeWord(bytes, index)) }
    compress(
      UInt64(truncatingIfNeeded: bytes.count) &<< 56 | partialWord(bytes, from: words &<< 3))
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

/// The up to seven bytes from `offset` on, padded with zeros.
@inline(__always)
func partialWord(_ bytes: UnsafeRawBufferPointer, from offset: Int) -> UInt64 {
  var word: UInt64 = 0
  var shift: UInt64 = 0
  var position = offset
  while position < bytes.count, shift < 64 {
    word |= UInt64(bytes[position]) &<< shift
    shift &+= 8
    position &+= 1
  }
  return word
}
