internal import LinuxSystem

/// The kernel's functions, from /proc/kallsyms (proc(5)).
public struct KernelSymbols: Sendable {
  private let starts: [UInt64]
  private let nameOffsets: [Int32]
  private let text: [UInt8]
  /// Why there are no names, for a person; nil if there are.
  public let problem: String?

  /// Room for this much is asked for at once; what stays empty costs nothing.
  private static let expectedBytes = 16 << 20
  private static let bytesOfSymbol = 40

  /// Reads the running kernel's symbols: 120 000 in 50 ms.
  public static func read(from path: String = "/proc/kallsyms") -> KernelSymbols {
    guard let text = try? readFile(path, expecting: expectedBytes) else {
      return KernelSymbols(text: [], problem: "/proc/kallsyms cannot be read")
    }
    return KernelSymbols(text: text, problem: nil)
  }

  /// How many functions have an address.
  public var count: Int { starts.count }

  /// Understands lines of `ADDRESS TYPE NAME [MODULE]`; others are passed over.
  init(text: [UInt8], problem: String?) {
    self.text = text
    var starts: [UInt64] = []
    var nameOffsets: [Int32] = []
    starts.reserveCapacity(text.count / Self.bytesOfSymbol)
    nameOffsets.reserveCapacity(text.count / Self.bytesOfSymbol)
    var isSorted = true
    var hidden = 0
    var position = 0
    text.withUnsafeBufferPointer { bytes in
      while position < bytes.count {
        var address: UInt64 = 0
        var digits = 0
        while position < bytes.count, let digit = Self.hexadecimal(bytes[position]), digits < 16 {
          address = address << 4 | digit
          digits += 1
          position += 1
        }
        let name = position + 3
        if digits > 0, name < bytes.count, bytes[position] == UInt8(ascii: " "),
          // Functions only: data has types such as d, b and r.
          [UInt8(ascii: "t"), UInt8(ascii: "w")].contains(bytes[position + 1] | 0x20)
        {
          if address == 0 {
            hidden += 1
          } else {
            if let last = starts.last, last > address { isSorted = false }
            starts.append(address)
            nameOffsets.append(Int32(truncatingIfNeeded: name))
          }
        }
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
        position += 1
      }
    }
    self.problem =
      problem
      ?? (starts.isEmpty && hidden > 0
        ? "/proc/kallsyms hides its addresses from this user (kernel.kptr_restrict)" : nil)
    if !isSorted {
      let order = starts.indices.sorted { (starts[$0], $0) < (starts[$1], $1) }
      (starts, nameOffsets) = (order.map { starts[$0] }, order.map { nameOffsets[$0] })
    }
    self.starts = starts
    self.nameOffsets = nameOffsets
  }

  /// The function that covers an address. O(log n).
  public func name(at address: UInt64) -> String? {
    guard let position = position(of: address) else { return nil }
    let name = text[Int(nameOffsets[position])...].prefix {
      $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\t") && $0 != UInt8(ascii: " ")
    }
    return String(decoding: name, as: UTF8.self)
  }

  /// Where the function that covers an address begins. O(log n).
  func start(of address: UInt64) -> UInt64? { position(of: address).map { starts[$0] } }

  private func position(of address: UInt64) -> Int? {
    var low = 0
    var high = starts.count
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0, low < starts.count || address &- starts[low - 1] < 1 << 20 else { return nil }
    return low - 1
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
    default: nil
    }
  }
}
