import Bytes
import TestSupport
import Testing

@Suite("A cursor reads what is there and nothing else")
struct ByteCursorTests {
  @Test func integersAreLittleEndian() throws {
    let bytes: [UInt8] = [0x01, 0x02, 0x03, 0xff, 0xfe, 0xff, 0xff, 0xff]
    var cursor = ByteCursor(bytes.span.bytes)
    equal(try cursor.integer(UInt8.self), 1)
    equal(try cursor.integer(UInt16.self), 0x0302)
    equal(try cursor.integer(Int8.self), -1)
    equal(try cursor.integer(Int32.self), -2)
    equal(cursor.isAtEnd, true)
  }

  @Test func aReadPastTheEndThrowsAndMovesNothing() throws {
    let bytes: [UInt8] = [1, 2, 3]
    var cursor = ByteCursor(bytes.span.bytes, base: 100)
    try cursor.skip(1)
    do {
      _ = try cursor.integer(UInt32.self)
      Issue.record("read 4 of 2 bytes")
    } catch {
      #expect(error.offset == 101)
      #expect(error.description == "an integer of length 4, but 2 bytes are left at offset 101")
    }
    equal(cursor.offset, 1)
    do {
      _ = try cursor.array(.max)
      Issue.record("read a huge array")
    } catch { #expect(error.offset == 101) }
    do {
      try cursor.skip(-1)
      Issue.record("went back")
    } catch { #expect(cursor.offset == 1) }
    do {
      try cursor.seek(to: 4)
      Issue.record("went past the end")
    } catch { #expect(cursor.offset == 1) }
    try cursor.seek(to: 3)
    equal(cursor.isAtEnd, true)
  }

  @Test func stringsEndAtTheirNUL() throws {
    let bytes: [UInt8] = Array("ab\0\0".utf8) + [0xff, 0] + Array("end".utf8)
    var cursor = ByteCursor(bytes.span.bytes)
    equal(try cursor.nulTerminatedString(), "ab")
    equal(try cursor.nulTerminatedString(), "")
    equal(try cursor.nulTerminatedString(), "\u{fffd}")
    do {
      _ = try cursor.nulTerminatedString()
      Issue.record("a string without NUL was read")
    } catch { #expect(error.offset == 6) }
    equal(try cursor.array(3), Array("end".utf8))
  }

  @Test func aCursorWithinCountsItsErrorsFromTheWhole() throws {
    let bytes: [UInt8] = [0, 0, 0, 7, 8, 9, 10]
    var cursor = ByteCursor(bytes.span.bytes)
    try cursor.skip(1)
    try cursor.align(to: 3)
    equal(cursor.offset, 3)
    var inner = try cursor.cursor(2)
    equal(cursor.offset, 5)
    equal(try inner.integer(UInt16.self), 0x0807)
    do {
      _ = try inner.integer(UInt8.self)
      Issue.record("read past the inner end")
    } catch { #expect(error.offset == 5) }
    let span = try cursor.span(2)
    equal(span.byteCount, 2)
  }
}

@Suite("LEB128 gives the number that was written, or an error")
struct LEB128Tests {
  @Test func examplesOfTheStandard() throws {
    // DWARF 5, tables 7.7 and 7.8.
    #expect(try uleb([2]) == 2)
    #expect(try uleb([0x80, 1]) == 128)
    #expect(try uleb([57 + 0x80, 100]) == 12857)
    #expect(try sleb([2]) == 2)
    #expect(try sleb([0x7e]) == -2)
    #expect(try sleb([127 + 0x80, 0]) == 127)
    #expect(try sleb([1 + 0x80, 0x7f]) == -127)
    #expect(try sleb([0x80, 1]) == 128)
    #expect(try sleb([0x80, 0x7f]) == -128)
  }

  @Test func limits() throws {
    let ones = [UInt8](repeating: 0xff, count: 9)
    let zeros = [UInt8](repeating: 0x80, count: 9)
    #expect(try uleb(ones + [1]) == .max)
    #expect(try sleb(ones + [0]) == .max)
    #expect(try sleb(zeros + [0x7f]) == .min)
    #expect(try uleb(zeros + zeros + [0]) == 0)
    #expect(try sleb(ones + ones + [0x7f]) == -1)
    #expect(throws: ByteError.self) { try uleb(ones + [2]) }
    #expect(throws: ByteError.self) { try uleb(zeros + zeros + [1]) }
    #expect(throws: ByteError.self) { try sleb(ones + [1]) }
    #expect(throws: ByteError.self) { try sleb(zeros + [1]) }
    #expect(throws: ByteError.self) { try sleb(ones + ones + [0]) }
    #expect(throws: ByteError.self) { try uleb([]) }
    #expect(throws: ByteError.self) { try sleb([0x80]) }
  }

  @Test func everyNumberComesBack() throws {
    var generator = SeededGenerator.forTest()
    for _ in 0..<20_000 {
      let value = generator.next() >> UInt64.random(in: 0...63, using: &generator)
      let padding = Int.random(in: 0...3, using: &generator)
      #expect(try uleb(unsigned(value, padding: padding)) == value)
      let signed =
        Int64(bitPattern: generator.next()) >> Int64.random(in: 0...63, using: &generator)
      #expect(try sleb(self.signed(signed, padding: padding)) == signed)
    }
  }

  private func uleb(_ bytes: [UInt8]) throws -> UInt64 {
    var cursor = ByteCursor(bytes.span.bytes)
    let value = try cursor.uleb128()
    equal(cursor.isAtEnd, true)
    return value
  }

  private func sleb(_ bytes: [UInt8]) throws -> Int64 {
    var cursor = ByteCursor(bytes.span.bytes)
    let value = try cursor.sleb128()
    equal(cursor.isAtEnd, true)
    return value
  }

  private func unsigned(_ value: UInt64, padding: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    repeat {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    } while rest != 0
    bytes += [UInt8](repeating: 0x80, count: padding)
    bytes[bytes.count - 1] &= 0x7f
    return bytes
  }

  private func signed(_ value: Int64, padding: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while true {
      let group = UInt8(truncatingIfNeeded: rest & 0x7f)
      rest >>= 7
      bytes.append(group | 0x80)
      if rest == 0, group & 0x40 == 0 { break }
      if rest == -1, group & 0x40 != 0 { break }
    }
    bytes += [UInt8](repeating: value < 0 ? 0xff : 0x80, count: padding)
    bytes[bytes.count - 1] &= 0x7f
    return bytes
  }
}

/// `#expect` cannot hold on to a cursor, which must not outlive its bytes.
private func equal<T: Equatable>(
  _ found: T, _ expected: T, at place: SourceLocation = #_sourceLocation
) {
  #expect(found == expected, sourceLocation: place)
}
