/// Integers of variable length, seven bits a byte, least significant first (DWARF 5, section 7.6).
extension ByteCursor {
  /// An unsigned LEB128. Padding with needless zero groups is accepted; a value of more than
  /// 64 bits is an error.
  @_lifetime(self: copy self)
  public mutating func uleb128() throws(ByteError) -> UInt64 {
    var next = self
    var value: UInt64 = 0
    var shift = 0
    while true {
      guard !next.isAtEnd else { throw error("an unfinished LEB128") }
      let byte = try next.integer(UInt8.self)
      let group = UInt64(byte & 0x7f)
      if shift < 64 {
        guard (group << shift) >> shift == group else { throw error("a LEB128 over 64 bits") }
        value |= group << shift
        shift += 7
      } else if group != 0 {
        throw error("a LEB128 over 64 bits")
      }
      if byte & 0x80 == 0 {
        self = next
        return value
      }
    }
  }

  /// A signed LEB128. Padding with needless copies of the sign is accepted; a value of more than
  /// 64 bits is an error.
  @_lifetime(self: copy self)
  public mutating func sleb128() throws(ByteError) -> Int64 {
    var next = self
    var value: Int64 = 0
    var shift = 0
    while true {
      guard !next.isAtEnd else { throw error("an unfinished LEB128") }
      let byte = try next.integer(UInt8.self)
      // The group as a signed number: seven bits, the upper one of them its sign.
      let group = Int64(Int8(bitPattern: byte << 1) >> 1)
      if shift < 63 {
        // Bits above this group are its sign until the next group replaces them.
        value = (value & ((1 << shift) - 1)) | (group << shift)
        shift += 7
      } else {
        // Bit 63 is the sign: this group and those after it may only repeat it.
        if shift == 63 { value = (value & Int64.max) | (group << 63) }
        shift = 64
        guard group == (value < 0 ? -1 : 0) else { throw error("a LEB128 over 64 bits") }
      }
      if byte & 0x80 == 0 {
        self = next
        return value
      }
    }
  }
}
