public import Modules

/// A place in the code of a module, packed into a word: it stays true after the process is gone.
public struct CodeAddress: Hashable, Sendable, Comparable {
  /// 16 bits of module, 48 of address.
  public let rawValue: UInt64
  private static let addressBits: UInt64 = 48
  private static let addressMask: UInt64 = (1 << 48) - 1
  /// Modules are counted from 0; what does not fit, and what is mapped nowhere, is this one.
  public static let unknownModule = 0xffff

  public init(module: ModuleStore.Index?, address: UInt64) {
    let number = min(module ?? Self.unknownModule, Self.unknownModule)
    rawValue = UInt64(number) << Self.addressBits | (address & Self.addressMask)
  }

  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// nil if no module is known.
  public var module: ModuleStore.Index? {
    let number = Int(rawValue >> Self.addressBits)
    return number == Self.unknownModule ? nil : number
  }

  /// In the module's own terms; addresses of the kernel have their sign restored.
  public var address: UInt64 {
    UInt64(bitPattern: Int64(bitPattern: rawValue << 16) >> 16)
  }

  public static func < (left: CodeAddress, right: CodeAddress) -> Bool {
    left.rawValue < right.rawValue
  }
}
