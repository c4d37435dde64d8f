internal import LinuxSystem

/// Rules for code that no call-frame information describes: helpers that compilers emit without,
/// functions that cannot throw, and linkage stubs. What the first instructions of the function
/// did, and what is left of its last ones, tells where its frame is.
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
    let position = Int(clamping: address &- symbol.start)
    #if arch(x86_64)
      let prologue = Prologue(file.loadedBytes(at: symbol.start, count: min(64, position)))
      return prologue.rule(
        before: Epilogue(file.loadedBytes(at: address, count: 48)), in: symbol, at: address)
    #elseif arch(arm64)
      // stp x29, x30, [sp, #-n]! followed by mov x29, sp.
      let code = file.loadedBytes(at: symbol.start, count: 8)
      guard code.count >= 8, position > 4 else { return .atEntry }
      let first = UInt32(littleEndianBytes: code[0..<4])
      return first & 0xffc0_7fff == 0xa980_7bfd ? .framePointer : .atEntry
    #endif
  }
}

extension PrologueRules {
  /// Whether a function that begins with this code has the frame pointer lead to its frame; nil if it makes
  /// no frame, or none that can be seen.
  static func setsFramePointer(_ code: [UInt8]) -> Bool? {
    #if arch(x86_64)
      let prologue = Prologue(code)
      if prologue.framePointerDepth != nil { return true }
      // Behind a check of the stack's size, as Go has it: push %rbp; mov %rsp,%rbp.
      let pushes: [UInt8] = [0x55, 0x48, 0x89, 0xe5]
      if code.indices.contains(where: { code[$0...].starts(with: pushes) }) { return true }
      return prologue.depth > 8 ? false : nil
    #elseif arch(arm64)
      // stp x29, x30 somewhere in the frame; other stores below the stack pointer make one without.
      let words = stride(from: 0, to: code.count - 3, by: 4).map {
        UInt32(littleEndianBytes: code[$0..<($0 + 4)])
      }
      if words.contains(where: {
        $0 & 0xffc0_7fff == 0xa980_7bfd || $0 & 0xffc0_7fff == 0xa900_7bfd
      }) {
        return true
      }
      return words.contains { $0 & 0xff00_03ff == 0xd100_03ff } ? false : nil
    #endif
  }
}

#if arch(x86_64)
  /// What the first instructions of a function, as far as they ran, did to the stack pointer.
  private struct Prologue {
    /// CFA − rsp.
    private(set) var depth: Int32 = 8
    /// CFA − rbp, once rbp points into the frame.
    private(set) var framePointerDepth: Int32?
    /// Callee-saved registers by DWARF number, and CFA − where they were pushed.
    private(set) var saved: [(register: Int, depth: Int32)] = []

    /// Reads pushes, `sub $n,%rsp`, `mov %rsp,%rbp` and what leaves both registers alone, up to the
    /// first jump, call or unknown instruction; one that is cut off did not run yet.
    init(_ code: [UInt8]) {
      var code = code[...]
      if code.starts(with: [0xf3, 0x0f, 0x1e, 0xfa]) { code = code.dropFirst(4) }
      while let length = step(code), length <= code.count { code = code.dropFirst(length) }
    }

    private mutating func step(_ code: ArraySlice<UInt8>) -> Int? {
      if let (number, length) = X86.register(code, 0x50) {
        depth += 8
        saved.append((number, depth))
        return length
      }
      if code.starts(with: [0x48, 0x89, 0xe5]) || code.starts(with: [0x48, 0x8b, 0xec]) {
        framePointerDepth = depth
        return 3
      }
      if let (amount, length) = X86.stackAdjustment(code, 0xec) {
        depth = depth.addingReportingOverflow(amount).partialValue
        return length
      }
      return X86.lengthOfOther(code)
    }

    /// `CFA = rsp + depth` or `rbp + framePointerDepth`; less of it where an epilogue has begun.
    func rule(
      before epilogue: Epilogue, in symbol: SymbolTable.Symbol, at address: UInt64
    ) -> UnwindRule {
      var rule = UnwindRule(kind: .simple, cfaRegister: 7, cfaOffset: depth, returnAddress: -8)
      var reached = Int32.max
      // More than was pushed was read from the middle of an instruction: a caller's place is the
      // last byte of its call.
      if let left = epilogue.depth(in: symbol, at: address), left < depth {
        rule.cfaOffset = left
        reached = left
      } else if let framePointerDepth {
        rule.cfaRegister = 6
        rule.cfaOffset = framePointerDepth
      }
      for place in UnwindRule.calleeSaved.indices {
        let first = saved.first { $0.register == UnwindRule.calleeSaved[place] }
        // What has been popped again is in its register.
        if let first, first.depth <= reached { rule.saved[place] = -first.depth }
      }
      return rule
    }
  }

  /// What is left of a function's last instructions.
  private struct Epilogue {
    private var depth: Int32 = 8
    private enum End {
      case none
      case leaves
      /// Bytes from the first instruction to where a jump leads.
      case jump(Int)
    }
    private var end = End.none

    /// Reads `add $n,%rsp` and pops up to a return or a jump.
    init(_ code: [UInt8]) {
      var code = code[...]
      while let length = step(code), length <= code.count { code = code.dropFirst(length) }
      if code.first == 0xc3 || code.starts(with: [0xf3, 0xc3]) || code.first == 0xc2 {
        end = .leaves
      } else if code.first == 0xe9, code.count >= 5 {
        let distance = Int32(truncatingIfNeeded: X86.word(code.dropFirst()))
        end = .jump(code.startIndex + 5 + Int(distance))
      }
    }

    private mutating func step(_ code: ArraySlice<UInt8>) -> Int? {
      if let (_, length) = X86.register(code, 0x58) {
        depth += 8
        return length
      }
      if let (amount, length) = X86.stackAdjustment(code, 0xc4) {
        depth = depth.addingReportingOverflow(amount).partialValue
        return length
      }
      return nil
    }

    /// CFA − rsp if the address is within an epilogue: one that returns, or that leaves the
    /// function by a jump.
    func depth(in symbol: SymbolTable.Symbol, at address: UInt64) -> Int32? {
      switch end {
      case .none: return nil
      case .leaves: return depth
      case .jump(let distance):
        let target = address &+ UInt64(bitPattern: Int64(distance))
        return target <= symbol.start || target >= symbol.end ? depth : nil
      }
    }
  }
#endif

#if arch(arm64)
  extension UInt32 {
    init(littleEndianBytes bytes: ArraySlice<UInt8>) {
      self = bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
  }
#endif
