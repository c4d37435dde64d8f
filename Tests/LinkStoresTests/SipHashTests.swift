import TestSupport
import Testing

@testable import LinkStores

@Suite("Codes are hashed with a key that nobody outside knows")
struct SipHashTests {
  @Test("SipHash-2-4 of the bytes 0…14 is what the paper's appendix A computes")
  func paper() {
    let hasher = SipHash(key0: 0x0706_0504_0302_0100, key1: 0x0f0e_0d0c_0b0a_0908)
    let bytes = (UInt8(0)..<15).map { $0 }
    let hash = bytes.withUnsafeBytes {
      hasher.hash($0, compressionRounds: 2, finalizationRounds: 4)
    }
    #expect(hash == 0xa129_ca61_49be_45e5)
  }

  @Test("Every byte, the length and the key make a difference")
  func differences() {
    var random = SeededGenerator.forTest()
    let (one, other) = (SipHash(using: &random), SipHash(using: &random))
    func hash(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { one.hash($0) } }
    var seen: Set<UInt64> = [hash([])]
    for count in 1...40 {
      let bytes = random.bytes(count)
      #expect(seen.insert(hash(bytes)).inserted)
      #expect(seen.insert(bytes.withUnsafeBytes { other.hash($0) }).inserted)
      #expect(seen.insert(hash(bytes + [0])).inserted)
      for position in bytes.indices {
        var changed = bytes
        changed[position] ^= 1 << UInt8.random(in: 0...7, using: &random)
        #expect(seen.insert(hash(changed)).inserted)
      }
    }
  }

  @Test("A code in two words has the hash of its bytes")
  func words() {
    var random = SeededGenerator.forTest()
    let hasher = SipHash(using: &random)
    for count in 0...20 {
      let bytes = random.bytes(count)
      let (code, hash) = bytes.withUnsafeBytes { (UsualCode($0), hasher.hash($0)) }
      #expect((code != nil) == (1...15).contains(count))
      guard let code else { continue }
      #expect(hasher.hash(code) == hash)
      var packed = [UInt64](repeating: 0, count: 2)
      for (index, byte) in bytes.enumerated() {
        packed[index / 8] |= UInt64(byte) << UInt64(index % 8 * 8)
      }
      #expect([code.first, code.second] == packed)
    }
  }
}
