import LinuxSystem
import TestSupport
import Testing

@testable import Sampling

@Suite("Records are understood, and what is no record is none")
struct RecordParserTests {
  private typealias RecordType = RecordParser.RecordType

  private let fields: PerfEventRequest.Fields = [
    .instructionPointer, .thread, .time, .event, .period, .callChain, .userRegisters, .userStack,
  ]
  private var parser: RecordParser { RecordParser(fields: fields) }

  /// A record being written: a header whose size is set at the end, then fields.
  private struct Writer {
    var bytes: [UInt8] = []

    init(_ type: UInt32, misc: UInt16 = 0) {
      append(type)
      append(misc)
      append(UInt16(0))
    }

    mutating func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(text: String) {
      bytes += Array(text.utf8) + [0]
      while !bytes.count.isMultiple(of: 8) { bytes.append(0) }
    }

    /// With what `sample_id_all` puts behind every record but samples.
    mutating func appendTrailer(time: UInt64) {
      append(UInt32(7))
      append(UInt32(8))
      append(time)
      append(UInt64(99))
    }
  }

  private func sample(
    chain: [UInt64] = [Sample.CallChain.userMarker, 0x1000], stack: [UInt8] = [1, 2, 3, 4],
    room: UInt64 = 16, abi: UInt64 = 2
  ) -> [UInt8] {
    var record = Writer(RecordType.sample, misc: 2)
    record.append(UInt64(0x4000))
    record.append(UInt32(7))
    record.append(UInt32(8))
    record.append(UInt64(123_456))
    record.append(UInt64(99))
    record.append(UInt64(1_003_009))
    record.append(UInt64(chain.count))
    for address in chain { record.append(address) }
    record.append(abi)
    if abi != 0 { for number in 0..<RegisterFile.perfCount { record.append(UInt64(number)) } }
    record.append(room)
    if room > 0 {
      record.bytes += stack + Array(repeating: 0, count: Int(room) - stack.count)
      record.append(UInt64(stack.count))
    }
    return record.bytes
  }

  private func addresses(of sample: Sample) -> [UInt64] {
    var found: [UInt64] = []
    for address in sample.callChain { found.append(address) }
    return found
  }

  private func parse<Result>(
    _ bytes: [UInt8], _ body: (RecordParser, PerfRing.Record) -> Result
  ) -> Result {
    bytes.withUnsafeBytes { raw in
      body(
        parser,
        PerfRing.Record(
          type: RecordParser.half(raw, 0) ?? 0,
          misc: UInt16(truncatingIfNeeded: RecordParser.half(raw, 4) ?? 0), bytes: raw))
    }
  }

  @Test("a sample has every field that was asked for")
  func sampleFields() {
    parse(sample()) { parser, record in
      let sample = parser.sample(record)
      #expect(sample?.process == 7 && sample?.thread == 8)
      #expect(sample?.nanoseconds == 123_456 && sample?.event == 99)
      #expect(sample?.period == 1_003_009 && sample?.instructionPointer == 0x4000)
      #expect(sample?.inKernel == false)
      #expect(sample.map(addresses(of:)) == [Sample.CallChain.userMarker, 0x1000])
      #expect(sample?.registers != nil)
      #expect(sample.map { Array($0.stack) } == [1, 2, 3, 4])
      #expect(parser.nanoseconds(type: record.type, bytes: record.bytes) == 123_456)
    }
  }

  @Test("a kernel thread has no registers and no stack")
  func kernelThread() {
    parse(sample(room: 0, abi: 0)) { parser, record in
      #expect(parser.sample(record)?.registers == nil)
      #expect(parser.sample(record)?.stack.isEmpty == true)
    }
  }

  @Test("mappings, names, births and ends")
  func events() {
    var mapping = Writer(RecordType.mmap2, misc: 1 << 14)
    for number: UInt32 in [7, 8] { mapping.append(number) }
    for number: UInt64 in [0x1000, 0x2000, 0x3000] { mapping.append(number) }
    mapping.bytes += [3, 0, 0, 0, 0xa, 0xb, 0xc] + Array(repeating: 0, count: 17)
    mapping.append(UInt64(5))
    mapping.append(text: "/lib/é.so")
    mapping.appendTrailer(time: 5)
    parse(mapping.bytes) { parser, record in
      #expect(
        parser.event(record)
          == .mapped(
            7,
            .init(
              start: 0x1000, length: 0x2000, fileOffset: 0x3000, path: "/lib/é.so",
              buildID: [0xa, 0xb, 0xc])))
      #expect(parser.nanoseconds(type: record.type, bytes: record.bytes) == 5)
    }
    var name = Writer(RecordType.comm, misc: 1 << 13)
    for number: UInt32 in [7, 8] { name.append(number) }
    name.append(text: "a\n\"b")
    name.appendTrailer(time: 6)
    parse(name.bytes) { parser, record in
      #expect(parser.event(record) == .named(7, thread: 8, name: "a\n\"b", isExec: true))
    }
    var birth = Writer(RecordType.fork)
    for number: UInt32 in [7, 6, 8, 5] { birth.append(number) }
    birth.append(UInt64(70))
    birth.appendTrailer(time: 71)
    parse(birth.bytes) { parser, record in
      #expect(parser.event(record) == .forked(process: 7, parent: 6, thread: 8))
      #expect(
        parser.birth(type: record.type, bytes: record.bytes)
          == Births.Birth(thread: 8, parent: 5, nanoseconds: 71))
    }
  }

  @Test("whatever is cut off or changed, nothing beyond the record is read")
  func hostile() {
    var random = SeededGenerator.forTest()
    var mapping = Writer(RecordType.mmap2, misc: 1 << 14)
    for _ in 0..<8 { mapping.append(UInt64.max) }
    mapping.append(text: "/x")
    mapping.appendTrailer(time: 1)
    let originals = [sample(), sample(chain: [], stack: [], room: 8), mapping.bytes]
    for original in originals {
      for length in 0...original.count { use(Array(original[..<length])) }
    }
    for _ in 0..<20_000 {
      var bytes = originals[Int.random(in: 0..<originals.count, using: &random)]
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] =
          Bool.random(using: &random) ? UInt8.random(in: 0...255, using: &random) : 0xff
      }
      // Every record type that there is, so that each reader sees each shape.
      bytes[0] = UInt8.random(in: 0...15, using: &random)
      bytes.removeLast(Int.random(in: 0...min(32, bytes.count), using: &random))
      use(bytes)
    }
  }

  private func use(_ bytes: [UInt8]) {
    parse(bytes) { parser, record in
      if let sample = parser.sample(record) {
        #expect(sample.stack.count <= bytes.count)
        #expect(addresses(of: sample).count <= bytes.count / 8)
      }
      if case .mapped(_, let mapping) = parser.event(record) {
        #expect(mapping.path.utf8.count <= 3 * bytes.count && mapping.buildID.count <= 20)
      }
      _ = parser.nanoseconds(type: record.type, bytes: record.bytes)
      _ = parser.birth(type: record.type, bytes: record.bytes)
    }
  }
}
