/// The integer registers of a thread, numbered as DWARF numbers them for the architecture
/// (System V ABI AMD64 supplement, figure 3.36; DWARF for the Arm 64-bit architecture, 4.1).
public struct RegisterFile: Sendable {
  #if arch(x86_64)
    /// Registers 0…15 and, as 16, the return address column: the program counter.
    public static let count = 17
    public static let framePointerNumber = 6
    public static let stackPointerNumber = 7
    public static let programCounterNumber = 16
    public var values = InlineArray<17, UInt64>(repeating: 0)
    /// DWARF numbers in the order of asm/perf_regs.h, -1 for what is not asked for.
    private static let perfOrder: [Int] = [
      0, 3, 2, 1, 4, 5, 6, 7, 16, -1, -1, -1, -1, -1, -1, -1, 8, 9, 10, 11, 12, 13, 14, 15,
    ]
    /// PERF_SAMPLE_REGS_ABI_64.
    private static let nativeABI: UInt64 = 2
  #elseif arch(arm64)
    /// x0…x30, sp as 31 and pc as 32.
    public static let count = 33
    public static let framePointerNumber = 29
    public static let stackPointerNumber = 31
    public static let programCounterNumber = 32
    public var values = InlineArray<33, UInt64>(repeating: 0)
    private static let perfOrder: [Int] = Array(0..<33)
    private static let nativeABI: UInt64 = 2
  #endif

  public init() {}

  /// The mask for `perf_event_attr.sample_regs_user`.
  public static let perfMask: UInt64 = perfOrder.enumerated().reduce(0) {
    $1.element < 0 ? $0 : $0 | (1 << UInt64($1.offset))
  }

  /// How many values a sample carries for `perfMask`.
  public static let perfCount = perfOrder.count { $0 >= 0 }

  private static let presentNumbers: [Int] = perfOrder.filter { $0 >= 0 }

  /// Reads the values of a sample; nil if they belong to a process of another word size or are
  /// fewer than asked for.
  public init?(perfABI: UInt64, bytes: UnsafeRawBufferPointer) {
    guard perfABI == Self.nativeABI, bytes.count >= Self.perfCount * 8 else { return nil }
    for (position, number) in Self.presentNumbers.enumerated() {
      values[number] = bytes.loadUnaligned(fromByteOffset: position * 8, as: UInt64.self)
    }
  }

  public var programCounter: UInt64 {
    get { values[Self.programCounterNumber] }
    set { values[Self.programCounterNumber] = newValue }
  }
  public var stackPointer: UInt64 {
    get { values[Self.stackPointerNumber] }
    set { values[Self.stackPointerNumber] = newValue }
  }
  public var framePointer: UInt64 {
    get { values[Self.framePointerNumber] }
    set { values[Self.framePointerNumber] = newValue }
  }
}
