internal import LinuxSystem

/// How a caller's registers are found from a callee's, for one address.
///
/// CFA means canonical frame address: the stack pointer's value at the call (DWARF 5, 6.4).
public struct UnwindRule: Sendable {
  public enum Kind: UInt8, Sendable {
    /// `CFA = register + offset`, every register saved at `CFA + n` or kept.
    case simple
    /// Something is computed by a DWARF expression: libunwind evaluates it.
    case expression
    /// Nothing describes this address.
    case missing
  }

  #if arch(x86_64)
    /// rbx, rbp, r12…r15: what a function must give back unchanged, besides the stack pointer.
    public static let calleeSaved: InlineArray<6, Int> = [3, 6, 12, 13, 14, 15]
    public typealias SavedOffsets = InlineArray<6, Int32>
    static let returnAddressColumn: Int32 = 16
    /// The place of the frame pointer in `calleeSaved`.
    static let framePointerPlace = 1
  #elseif arch(arm64)
    /// x19…x30, the frame pointer and the link register among them.
    public static let calleeSaved: InlineArray<12, Int> = [
      19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    ]
    public typealias SavedOffsets = InlineArray<12, Int32>
    static let returnAddressColumn: Int32 = 30
    static let framePointerPlace = 10
  #endif

  /// Instead of an offset: the register keeps its value.
  public static let kept = Int32.min
  /// Instead of an offset: the value cannot be found. For a return address: this is the root.
  public static let undefined = Int32.min + 1

  public var kind: Kind
  /// The frame of a signal handler's caller: its program counter was not a call.
  public var isSignalFrame: Bool
  /// DWARF number of the register the CFA is computed from.
  public var cfaRegister: UInt8
  public var cfaOffset: Int32
  /// Where the return address lies, relative to the CFA; or `kept`, or `undefined`.
  public var returnAddress: Int32
  /// For each of `calleeSaved` where it lies, relative to the CFA; or `kept`, or `undefined`.
  public var saved: SavedOffsets

  init(
    kind: Kind, cfaRegister: UInt8 = 0, cfaOffset: Int32 = 0, returnAddress: Int32 = kept,
    isSignalFrame: Bool = false
  ) {
    self.kind = kind
    self.isSignalFrame = isSignalFrame
    self.cfaRegister = cfaRegister
    self.cfaOffset = cfaOffset
    self.returnAddress = returnAddress
    saved = SavedOffsets(repeating: Self.kept)
  }

  /// Everything the rule says: equal words, equal rules.
  public var words: [Int32] {
    [Int32(kind.rawValue), isSignalFrame ? 1 : 0, Int32(cfaRegister), cfaOffset, returnAddress]
      + saved.indices.map { saved[$0] }
  }

  /// No call-frame information and no pattern describes the address.
  public static let missing = UnwindRule(kind: .missing)

  #if arch(x86_64)
    /// Right after a call: `(cfa, ra) = (rsp + 8, *rsp)`.
    static let atEntry = UnwindRule(
      kind: .simple, cfaRegister: 7, cfaOffset: 8, returnAddress: -8)

    /// `(cfa, ra, rbp) = (rbp + 16, *(rbp + 8), *rbp)`.
    public static let framePointer: UnwindRule = {
      var rule = UnwindRule(kind: .simple, cfaRegister: 6, cfaOffset: 16, returnAddress: -8)
      rule.saved[framePointerPlace] = -16
      return rule
    }()
  #elseif arch(arm64)
    /// Right after a call: `(cfa, ra) = (sp, x30)`.
    static let atEntry = UnwindRule(kind: .simple, cfaRegister: 31, cfaOffset: 0)

    /// `(cfa, ra, x29) = (x29 + 16, *(x29 + 8), *x29)`.
    public static let framePointer: UnwindRule = {
      var rule = UnwindRule(kind: .simple, cfaRegister: 29, cfaOffset: 16, returnAddress: -8)
      rule.saved[framePointerPlace] = -16
      rule.saved[framePointerPlace + 1] = -8
      return rule
    }()
  #endif
}
