#if arch(x86_64)
  /// The few instructions that make and undo frames, and the lengths of some that compilers put
  /// between them (Intel SDM, volume 2, "Instruction Format").
  enum X86 {
    /// DWARF numbers in the order of the encoding: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi.
    private static let numbers = [0, 2, 1, 3, 7, 6, 4, 5]

    /// `push %r` (0x50) and `pop %r` (0x58).
    static func register(_ code: ArraySlice<UInt8>, _ base: UInt8) -> (number: Int, length: Int)? {
      guard let first = code.first else { return nil }
      if first & 0xf8 == base { return (numbers[Int(first & 7)], 1) }
      guard first == 0x41, let second = code.dropFirst().first, second & 0xf8 == base else {
        return nil
      }
      return (8 + Int(second & 7), 2)
    }

    /// `sub $n,%rsp` (0xec) and `add $n,%rsp` (0xc4).
    static func stackAdjustment(
      _ code: ArraySlice<UInt8>, _ operand: UInt8
    ) -> (amount: Int32, length: Int)? {
      if code.starts(with: [0x48, 0x83, operand]), let small = code.dropFirst(3).first {
        return (Int32(Int8(bitPattern: small)), 4)
      }
      if code.starts(with: [0x48, 0x81, operand]), code.count >= 7 {
        return (Int32(bitPattern: UInt32(truncatingIfNeeded: word(code.dropFirst(3)))), 7)
      }
      return nil
    }

    /// The length of a move, a load, a store, an address or a piece of arithmetic that changes
    /// neither rsp nor rbp nor where execution goes on; nil for anything else.
    static func lengthOfOther(_ code: ArraySlice<UInt8>) -> Int? {
      var rest = code
      // An operand size or a kind of vector instruction.
      var isShort = false
      if let first = rest.first, [0x66, 0xf2, 0xf3].contains(first) {
        isShort = first == 0x66
        rest = rest.dropFirst()
      }
      var prefix: UInt8 = 0
      if let first = rest.first, first & 0xf0 == 0x40 {
        prefix = first
        rest = rest.dropFirst()
      }
      guard let operation = rest.popFirst() else { return nil }
      let isWide = prefix & 8 != 0
      var immediate = 0
      var writesOperand = false
      var writesRegister = false
      switch operation {
      case 0xb8...0xbf:
        // mov $n,%r
        if isFrame(operation & 7, prefix & 1) { return nil }
        return length(of: code, to: rest.startIndex + (isWide ? 8 : isShort ? 2 : 4))
      case 0x01, 0x09, 0x21, 0x29, 0x31, 0x89: writesOperand = true
      case 0x03, 0x0b, 0x23, 0x2b, 0x33, 0x63, 0x8b, 0x8d: writesRegister = true
      case 0x39, 0x3b, 0x85, 0x38, 0x3a, 0x84, 0x88: break
      case 0x80, 0x83, 0xc6: (writesOperand, immediate) = (true, 1)
      case 0x81, 0xc7: (writesOperand, immediate) = (true, isShort && !isWide ? 2 : 4)
      case 0x0f:
        guard let second = rest.popFirst() else { return nil }
        switch second {
        case 0x10, 0x11, 0x14, 0x16, 0x1f, 0x28...0x2a, 0x2e, 0x2f, 0x51, 0x54, 0x57...0x59,
          0x5c, 0x5e, 0x6e...0x6f, 0x7f, 0xd6, 0xef:
          break
        case 0x7e: writesOperand = true
        case 0x40...0x4f, 0xaf, 0xb6, 0xb7, 0xbe, 0xbf: writesRegister = true
        default: return nil
        }
      default: return nil
      }
      return operands(
        code, rest, prefix, immediate, writesOperand: writesOperand,
        writesRegister: writesRegister)
    }

    /// The length of an instruction whose ModRM byte comes next.
    private static func operands(
      _ code: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8>, _ prefix: UInt8, _ immediate: Int,
      writesOperand: Bool, writesRegister: Bool
    ) -> Int? {
      guard let modRM = rest.first else { return nil }
      let mode = modRM >> 6
      let operand = modRM & 7
      if writesRegister, isFrame(modRM >> 3 & 7, prefix & 4) { return nil }
      if mode == 3 {
        if writesOperand, isFrame(operand, prefix & 1) { return nil }
        return length(of: code, to: rest.startIndex + 1 + immediate)
      }
      var end = rest.startIndex + 1
      var displacement = mode == 1 ? 1 : mode == 2 ? 4 : 0
      if operand == 4 {
        guard let scaled = rest.dropFirst().first else { return nil }
        end += 1
        if mode == 0, scaled & 7 == 5 { displacement = 4 }
      } else if mode == 0, operand == 5 {
        displacement = 4
      }
      return length(of: code, to: end + displacement + immediate)
    }

    /// 4 and 5 are rsp and rbp, unless a prefix makes them r12 and r13.
    private static func isFrame(_ number: UInt8, _ extended: UInt8) -> Bool {
      extended == 0 && number & 6 == 4
    }

    private static func length(of code: ArraySlice<UInt8>, to end: Int) -> Int {
      end - code.startIndex
    }

    static func word(_ code: ArraySlice<UInt8>) -> UInt64 {
      code.prefix(4).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
  }
#endif
