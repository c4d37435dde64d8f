/// What a file is that is no program a profiler could read.
enum FileKind {
  /// In a few words, from its first bytes; for messages.
  static func description(_ bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "an empty file" }
    if bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) { return elf(bytes) }
    if bytes.starts(with: Array("#!".utf8)) {
      let line = bytes.dropFirst(2).prefix { $0 != 10 }.prefix(80)
      let words = String(decoding: line, as: UTF8.self).split(separator: " ")
      return "a script for \(words.first.map(String.init) ?? "no interpreter")"
    }
    let known: [(first: [UInt8], name: String)] = [
      (Array("!<arch>\n".utf8), "an archive of object files or a Debian package"),
      ([0x1F, 0x8B], "gzip data"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd data"),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xz data"), (Array("PK".utf8), "a zip archive"),
      (Array("MZ".utf8), "a Windows program"), ([0xCF, 0xFA, 0xED, 0xFE], "a macOS program"),
      ([0xCA, 0xFE, 0xBA, 0xBE], "Java bytecode or a macOS program"),
      ([0x00, 0x61, 0x73, 0x6D], "WebAssembly"),
      (Array("SQLite format 3".utf8), "a SQLite database"),
    ]
    if let found = known.first(where: { bytes.starts(with: $0.first) }) { return found.name }
    let isText = bytes.allSatisfy { $0 >= 32 || [9, 10, 12, 13, 27].contains($0) }
    return isText ? "text" : "data of an unknown kind"
  }

  /// Why an ELF file is none that this machine could run, although it may be read: of another processor, or
  /// shorter than its header says. (System V ABI, "ELF Header": e_machine at 18, e_shoff at 40, e_shentsize at
  /// 58, e_shnum at 60.)
  static func problem(_ bytes: [UInt8], size: Int64) -> String? {
    guard bytes.count >= 64, bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]), bytes[4] == 2,
      bytes[5] == 1
    else { return nil }
    func number(_ offset: Int, _ count: Int) -> UInt64 {
      bytes[offset..<(offset + count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    let machine = number(18, 2)
    if machine != ownMachine {
      return "an ELF file for another processor (e_machine \(machine))"
    }
    let (tableSize, _) = number(58, 2).multipliedReportingOverflow(by: number(60, 2))
    let (end, overflow) = number(40, 8).addingReportingOverflow(tableSize)
    if overflow || end > UInt64(clamping: size) {
      return "an ELF file that is cut off: \(size) bytes of \(end) at least"
    }
    return nil
  }

  /// ELF's numbers for processors.
  private static var ownMachine: UInt64 {
    #if arch(arm64)
      183
    #else
      62
    #endif
  }

  /// System V ABI, "ELF Header": the fields of an ELF file that this machine's kind does not read.
  private static func elf(_ bytes: [UInt8]) -> String {
    guard bytes.count >= 64 else { return "an ELF file that ends within its header" }
    if bytes[4] == 1 { return "an ELF file of 32 bits" }
    if bytes[5] == 2 { return "an ELF file of the other byte order" }
    return "an ELF file that is damaged or cut off"
  }
}
