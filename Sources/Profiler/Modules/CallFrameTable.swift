internal import CElfutils
internal import Glibc
internal import LinuxSystem

/// The call-frame information of one file, compiled to ``UnwindRule``s through libdw.
///
/// `.eh_frame`, and for what it leaves out `.debug_frame`: the start files that are linked to every
/// program bring some of the former even where nothing else has any. Belongs to one thread at a
/// time.
final class CallFrameTable {
  private let loaded: OpaquePointer?
  private let withoutSections: OpaquePointer?
  private let debugOnly: OpaquePointer?
  private let debugInformation: OpaquePointer?

  /// nil if the file has neither.
  init?(_ file: ElfFile) {
    withoutSections = Self.hidesSearchTable(file) ? file.openedWithoutSections() : nil
    loaded =
      withoutSections.flatMap { dwarf_getcfi_elf($0) }
      ?? (file.section(".eh_frame") != nil || !file.segments.isEmpty
        ? dwarf_getcfi_elf(file.handle) : nil)
    let isThere = file.section(".debug_frame") != nil || file.section(".zdebug_frame") != nil
    debugInformation = isThere ? dwarf_begin_elf(file.handle, DWARF_C_READ, nil) : nil
    debugOnly = debugInformation.flatMap { dwarf_getcfi($0) }
    if loaded == nil && debugOnly == nil {
      if let debugInformation { dwarf_end(debugInformation) }
      if let withoutSections { elf_end(withoutSections) }
      return nil
    }
  }

  /// Whether libdw would overlook the table by which it finds an address at once, `.eh_frame_hdr`: it reads sections in
  /// their order and takes the table only if that comes first, and the linker gold, Swift's own, puts it second.
  /// Then the first address would have it read all rules one by one, 100 000 in 30 ms and 10 MB.
  private static func hidesSearchTable(_ file: ElfFile) -> Bool {
    guard let rules = file.sections.firstIndex(where: { $0.name == ".eh_frame" }),
      let table = file.sections.firstIndex(where: { $0.name == ".eh_frame_hdr" })
    else { return false }
    return rules < table
  }

  deinit {
    if let loaded { dwarf_cfi_end(loaded) }
    if let withoutSections { elf_end(withoutSections) }
    if let debugInformation { dwarf_end(debugInformation) }
  }

  /// The rule at an address in the file's own terms; nil if no entry covers it.
  /// Costs 5–20 µs: callers keep what they get.
  func rule(at address: UInt64) -> UnwindRule? {
    if let loaded, let rule = rule(at: address, in: loaded) { return rule }
    if let debugOnly { return rule(at: address, in: debugOnly) }
    return nil
  }

  private func rule(at address: UInt64, in table: OpaquePointer) -> UnwindRule? {
    var frame: OpaquePointer?
    guard dwarf_cfi_addrframe(table, address, &frame) == 0, let frame else { return nil }
    defer { free(UnsafeMutableRawPointer(frame)) }
    var isSignalFrame = false
    let column = dwarf_frame_info(frame, nil, nil, &isSignalFrame)
    guard column >= 0 else { return nil }

    var rule = UnwindRule(kind: .simple, isSignalFrame: isSignalFrame)
    var operations: UnsafeMutablePointer<Dwarf_Op>?
    var count = 0
    guard dwarf_frame_cfa(frame, &operations, &count) == 0, let operations,
      let (register, offset) = Self.registerPlusOffset(operations, count)
    else {
      return UnwindRule(kind: .expression, isSignalFrame: isSignalFrame)
    }
    rule.cfaRegister = register
    rule.cfaOffset = offset

    guard let returnAddress = place(of: column, in: frame) else {
      return UnwindRule(kind: .expression, isSignalFrame: isSignalFrame)
    }
    rule.returnAddress = returnAddress
    for index in UnwindRule.calleeSaved.indices {
      guard let place = place(of: Int32(UnwindRule.calleeSaved[index]), in: frame) else {
        return UnwindRule(kind: .expression, isSignalFrame: isSignalFrame)
      }
      rule.saved[index] = place
    }
    return rule
  }

  /// `CFA = register + offset`, as libdw spells it; nil for anything else.
  private static func registerPlusOffset(
    _ operations: UnsafeMutablePointer<Dwarf_Op>, _ count: Int
  ) -> (UInt8, Int32)? {
    guard count == 1 else { return nil }
    let operation = operations[0]
    let register: UInt64
    let offset: UInt64
    switch Int(operation.atom) {
    case DW_OP_bregx: (register, offset) = (operation.number, operation.number2)
    case DW_OP_breg0...DW_OP_breg31:
      (register, offset) = (UInt64(Int(operation.atom) - DW_OP_breg0), operation.number)
    default: return nil
    }
    guard register < UInt64(RegisterFile.count),
      let small = Int32(exactly: Int64(bitPattern: offset))
    else { return nil }
    return (UInt8(register), small)
  }

  /// Where a register was saved: an offset from the CFA, `kept` or `undefined`; nil if only an
  /// expression tells.
  private func place(of register: Int32, in frame: OpaquePointer) -> Int32? {
    let scratch = UnsafeMutablePointer<Dwarf_Op>.allocate(capacity: 3)
    defer { scratch.deallocate() }
    var operations: UnsafeMutablePointer<Dwarf_Op>?
    var count = 0
    guard dwarf_frame_register(frame, register, scratch, &operations, &count) == 0 else {
      return UnwindRule.kept
    }
    guard let operations else { return UnwindRule.kept }
    if count == 0 { return UnwindRule.undefined }
    guard Int(operations[0].atom) == DW_OP_call_frame_cfa else { return nil }
    if count == 1 { return 0 }
    guard count == 2, Int(operations[1].atom) == DW_OP_plus_uconst else { return nil }
    // An unsigned operand of 64 bits stands for negative offsets as well.
    return Int32(exactly: Int64(bitPattern: operations[1].number))
  }
}
