internal import CElfutils

/// The functions a symbol table names, by address. Built once in O(n log n).
struct SymbolTable {
  private var starts: [UInt64] = []
  private var ends: [UInt64] = []
  private var names: [UnsafePointer<CChar>?] = []
  // The names point into the file's string section, which lives as long as the file.
  private let file: ElfFile

  /// A function symbol.
  struct Symbol {
    let start: UInt64
    /// The first address behind it; that of the next symbol when the table gives no size.
    let end: UInt64
    let name: String
  }

  /// Reads `.symtab` and, for what it lacks, `.dynsym`.
  init(_ file: ElfFile) {
    self.file = file
    var entries: [(start: UInt64, size: UInt64, rank: UInt8, name: UnsafePointer<CChar>?)] = []
    for section in file.sections
    where section.type == UInt32(SHT_SYMTAB) || section.type == UInt32(SHT_DYNSYM) {
      guard let data = elf_getdata(section.handle, nil), let base = data.pointee.d_buf else {
        continue
      }
      let symbols = UnsafeRawBufferPointer(start: base, count: Int(clamping: data.pointee.d_size))
      let stride = MemoryLayout<Elf64_Sym>.stride
      entries.reserveCapacity(entries.count + symbols.count / stride)
      var offset = 0
      while offset + stride <= symbols.count {
        let symbol = symbols.loadUnaligned(fromByteOffset: offset, as: Elf64_Sym.self)
        offset += stride
        guard Self.isFunction(symbol, in: file) else { continue }
        entries.append(
          (
            symbol.st_value, symbol.st_size, Self.rank(symbol),
            elf_strptr(file.handle, section.linkedSection, Int(symbol.st_name)).map {
              UnsafePointer($0)
            }
          ))
      }
    }
    entries.sort { ($0.start, $0.rank, $1.size) < ($1.start, $1.rank, $0.size) }
    starts.reserveCapacity(entries.count)
    ends.reserveCapacity(entries.count)
    names.reserveCapacity(entries.count)
    for entry in entries where starts.last != entry.start {
      starts.append(entry.start)
      ends.append(entry.size == 0 ? 0 : entry.start &+ entry.size)
      names.append(entry.name)
    }
    for index in ends.indices where ends[index] == 0 {
      let next = index + 1 < starts.count ? starts[index + 1] : UInt64.max
      ends[index] = min(next, Self.sectionEnd(of: starts[index], in: file))
    }
  }

  var isEmpty: Bool { starts.isEmpty }

  /// The function that covers an address in the file's own terms. O(log n).
  func symbol(at address: UInt64) -> Symbol? {
    var low = 0
    var high = starts.count
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= address { low = middle + 1 } else { high = middle }
    }
    // Behind a function that lies within another comes the rest of the outer one.
    var found = low - 1
    while found >= 0, low - found <= 16, address >= ends[found] { found -= 1 }
    guard found >= 0, address < ends[found], let name = names[found], name.pointee != 0 else {
      return nil
    }
    return Symbol(start: starts[found], end: ends[found], name: String(cString: name))
  }

  static func isFunction(_ symbol: Elf64_Sym, in file: ElfFile) -> Bool {
    guard symbol.st_shndx != UInt16(SHN_UNDEF), symbol.st_value != 0 else { return false }
    switch Int32(symbol.st_info & 15) {
    case STT_FUNC, STT_GNU_IFUNC: return true
    case STT_NOTYPE:
      // Hand-written assembly often leaves the type out.
      let index = Int(symbol.st_shndx) - 1
      return file.sections.indices.contains(index) && file.sections[index].isExecutable
    default: return false
    }
  }

  /// Of several names for one address: global before weak before local, typed before untyped.
  private static func rank(_ symbol: Elf64_Sym) -> UInt8 {
    let binding: UInt8 =
      switch Int32(symbol.st_info >> 4) {
      case STB_GLOBAL: 0
      case STB_WEAK: 1
      default: 2
      }
    return Int32(symbol.st_info & 15) == STT_NOTYPE ? binding + 4 : binding
  }

  private static func sectionEnd(of address: UInt64, in file: ElfFile) -> UInt64 {
    for section in file.sections
    where section.isExecutable && address >= section.address
      && address - section.address < section.size
    {
      return section.address &+ section.size
    }
    return address
  }
}
