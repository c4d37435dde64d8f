internal import LinuxSystem

/// Understands the records of linux/perf_event.h. Every read is bounded by the record's size: a
/// record that is shorter than its type demands is no record.
struct RecordParser {
  /// Which optional parts samples of this session carry.
  let fields: PerfEventRequest.Fields

  enum RecordType {
    static let lost: UInt32 = 2
    static let comm: UInt32 = 3
    static let exit: UInt32 = 4
    static let throttle: UInt32 = 5
    static let fork: UInt32 = 7
    static let sample: UInt32 = 9
    static let mmap2: UInt32 = 10
    static let lostSamples: UInt32 = 13
  }

  private static let modeMask: UInt16 = 7
  private static let kernelMode: UInt16 = 1
  /// PERF_RECORD_MISC_COMM_EXEC.
  private static let commExec: UInt16 = 1 << 13
  /// PERF_RECORD_MISC_MMAP_BUILD_ID.
  private static let hasBuildID: UInt16 = 1 << 14

  /// The time stamp of a record: a field of samples, near the end of all others (`sample_id_all`
  /// with TID, TIME and perhaps ID).
  func nanoseconds(type: UInt32, bytes: UnsafeRawBufferPointer) -> UInt64 {
    if type == RecordType.sample { return Self.word(bytes, 24) ?? 0 }
    return Self.word(bytes, bytes.count - (fields.contains(.event) ? 16 : 8)) ?? 0
  }

  /// Who was born of whom, if it is a record of that.
  func birth(type: UInt32, bytes: UnsafeRawBufferPointer) -> Births.Birth? {
    guard type == RecordType.fork, let thread = Self.id(bytes, 16), let parent = Self.id(bytes, 20)
    else { return nil }
    return Births.Birth(
      thread: thread, parent: parent, nanoseconds: nanoseconds(type: type, bytes: bytes))
  }

  static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64? {
    guard offset >= 0, offset + 8 <= bytes.count else { return nil }
    return bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }

  static func half(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32? {
    guard offset >= 0, offset + 4 <= bytes.count else { return nil }
    return bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
  }

  private static func id(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> ProcessID? {
    half(bytes, offset).map { ProcessID(bitPattern: $0) }
  }

  func sample(_ record: PerfRing.Record) -> Sample? {
    let bytes = record.bytes
    guard let instructionPointer = Self.word(bytes, 8), let process = Self.id(bytes, 16),
      let thread = Self.id(bytes, 20), let time = Self.word(bytes, 24)
    else { return nil }
    var offset = 32
    var identifier: UInt64 = 0
    if fields.contains(.event) {
      guard let number = Self.word(bytes, offset) else { return nil }
      identifier = number
      offset += 8
    }
    guard let period = Self.word(bytes, offset) else { return nil }
    offset += 8
    var chain = UnsafeRawBufferPointer(start: nil, count: 0)
    if fields.contains(.callChain) {
      guard let count = Self.word(bytes, offset), count <= UInt64(bytes.count / 8) else {
        return nil
      }
      offset += 8
      let end = offset + Int(count) * 8
      guard end <= bytes.count else { return nil }
      chain = UnsafeRawBufferPointer(rebasing: bytes[offset..<end])
      offset = end
    }
    var registers: RegisterFile?
    if fields.contains(.userRegisters) {
      guard let abi = Self.word(bytes, offset) else { return nil }
      offset += 8
      if abi != 0 {  // PERF_SAMPLE_REGS_ABI_NONE: a kernel thread, nothing follows
        let end = offset + RegisterFile.perfCount * 8
        guard end <= bytes.count else { return nil }
        registers = RegisterFile(
          perfABI: abi, bytes: UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
        offset = end
      }
    }
    var stack = UnsafeRawBufferPointer(start: nil, count: 0)
    if fields.contains(.userStack) {
      guard let size = Self.word(bytes, offset), size <= UInt64(bytes.count) else { return nil }
      offset += 8
      if size > 0 {
        // Of the room reserved only the first `dyn_size` bytes were filled; that number follows.
        guard let filled = Self.word(bytes, offset + Int(size)), filled <= size else { return nil }
        stack = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + Int(filled))])
      }
    }
    return Sample(
      process: process, thread: thread, nanoseconds: time,
      instructionPointer: instructionPointer,
      inKernel: record.misc & Self.modeMask == Self.kernelMode, event: identifier, period: period,
      callChain: Sample.CallChain(bytes: chain), registers: registers, stack: stack)
  }

  func event(_ record: PerfRing.Record) -> ProcessEvent? {
    let bytes = record.bytes
    switch record.type {
    case RecordType.comm:
      guard let process = Self.id(bytes, 8), let thread = Self.id(bytes, 12) else { return nil }
      return .named(
        process, thread: thread, name: Self.text(bytes, from: 16),
        isExec: record.misc & Self.commExec != 0)
    case RecordType.fork:
      guard let process = Self.id(bytes, 8), let parent = Self.id(bytes, 12),
        let thread = Self.id(bytes, 16)
      else { return nil }
      return .forked(process: process, parent: parent, thread: thread)
    case RecordType.exit:
      guard let process = Self.id(bytes, 8), let thread = Self.id(bytes, 16) else { return nil }
      return .exited(process: process, thread: thread)
    case RecordType.mmap2:
      guard let process = Self.id(bytes, 8), let start = Self.word(bytes, 16),
        let length = Self.word(bytes, 24), let fileOffset = Self.word(bytes, 32),
        bytes.count >= 72
      else { return nil }
      var buildID: [UInt8] = []
      if record.misc & Self.hasBuildID != 0 {
        // A byte for the size, three of padding, then up to twenty of build-id.
        let size = min(20, Int(bytes[40]))
        buildID = Array(bytes[44..<(44 + size)])
      }
      return .mapped(
        process,
        .init(
          start: start, length: length, fileOffset: fileOffset,
          path: Self.text(bytes, from: 72), buildID: buildID))
    default:
      return nil
    }
  }

  private static func text(_ bytes: UnsafeRawBufferPointer, from offset: Int) -> String {
    guard offset < bytes.count else { return "" }
    return String(decoding: bytes[offset...].prefix { $0 != 0 }, as: UTF8.self)
  }
}
