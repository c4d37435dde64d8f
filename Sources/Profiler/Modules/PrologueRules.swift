internal import LinuxSystem

/// Rules for code that no call-frame information describes: helpers that compilers emit without,
/// and linkage stubs. What the first instructions of the function do tells where its frame is.
struct PrologueRules {
  let file: ElfFile
  let symbols: SymbolTable

  /// The rule for an address in the file's own terms; nil if nothing can be told.
  func rule(at address: UInt64) -> UnwindRule? {
    let section = file.sections.first {
      $0.isExecutable && address >= $0.address && address - $0.address < $0.size
    }
    if let section, section.name.hasPrefix(".plt") || section.name == ".iplt" {
      return .atEntry
    }
    guard let symbol = symbols.symbol(at: address) else { return nil }
    let code = file.loadedBytes(at: symbol.start, count: 32)
    let position = Int(clamping: address &- symbol.start)
    #if arch(x86_64)
      // push %rbp; mov %rsp,%rbp in either encoding, endbr64 perhaps before it.
      let push: UInt8 = 0x55
      let moves: [[UInt8]] = [[0x48, 0x89, 0xe5], [0x48, 0x8b, 0xec]]
      guard let pushed = code.prefix(16).firstIndex(of: push), pushed + 4 <= code.count,
        moves.contains(Array(code[(pushed + 1)..<(pushed + 4)]))
      else { return .atEntry }
      if position <= pushed { return .atEntry }
      if position < pushed + 4 { return .afterPush }
      return isAtReturn(address) ? .atEntry : .framePointer
    #elseif arch(arm64)
      // stp x29, x30, [sp, #-n]! followed by mov x29, sp.
      guard code.count >= 8, position > 4 else { return .atEntry }
      let first = UInt32(littleEndianBytes: code[0..<4])
      return first & 0xffc0_7fff == 0xa980_7bfd ? .framePointer : .atEntry
    #endif
  }

  #if arch(x86_64)
    /// Whether the instruction is `ret`: the frame pointer has been popped then.
    private func isAtReturn(_ address: UInt64) -> Bool {
      file.loadedBytes(at: address, count: 1).first == 0xc3
    }
  #endif
}

#if arch(arm64)
  extension UInt32 {
    init(littleEndianBytes bytes: ArraySlice<UInt8>) {
      self = bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
  }
#endif
