internal import CElfutils

/// Names for the stubs of the procedure linkage table: `memcpy@plt`.
struct LinkageStubs {
  private let file: ElfFile
  /// The symbol each slot of the global offset table is filled with.
  private var symbolOfSlot: [UInt64: String] = [:]

  init(_ file: ElfFile) {
    self.file = file
    for section in file.sections
    where section.type == UInt32(SHT_RELA) && section.isAllocated {
      guard let data = elf_getdata(section.handle, nil), let base = data.pointee.d_buf,
        let symbols = elf_getscn(file.handle, section.linkedSection),
        let symbolData = elf_getdata(symbols, nil)
      else { continue }
      var header = GElf_Shdr()
      guard gelf_getshdr(symbols, &header) != nil else { continue }
      let bytes = UnsafeRawBufferPointer(start: base, count: Int(clamping: data.pointee.d_size))
      let stride = MemoryLayout<Elf64_Rela>.stride
      var offset = 0
      while offset + stride <= bytes.count {
        let entry = bytes.loadUnaligned(fromByteOffset: offset, as: Elf64_Rela.self)
        offset += stride
        var symbol = GElf_Sym()
        let number = Int32(truncatingIfNeeded: entry.r_info >> 32)
        guard number > 0, gelf_getsym(symbolData, number, &symbol) != nil,
          let name = elf_strptr(file.handle, Int(header.sh_link), Int(symbol.st_name)),
          name.pointee != 0
        else { continue }
        symbolOfSlot[entry.r_offset] = String(cString: name)
      }
    }
  }

  /// The name of the stub that covers an address; nil if it is not in one.
  func name(at address: UInt64) -> String? {
    guard
      let section = file.sections.first(where: {
        $0.isExecutable && $0.name.hasPrefix(".plt") && address >= $0.address
          && address - $0.address < $0.size
      })
    else { return nil }
    // 16 bytes each but in .plt.got, where those without a landing pad have 8.
    let size: UInt64 = section.entrySize == 8 ? 8 : 16
    let stub = address & ~(size - 1)
    let code = file.loadedBytes(at: stub, count: Int(size))
    #if arch(x86_64)
      // jmp *offset(%rip), perhaps behind endbr64 or with a bnd prefix.
      for position in code.indices where position + 6 <= code.count && position < 8 {
        guard code[position] == 0xff, code[position + 1] == 0x25 else { continue }
        let distance = code[(position + 2)..<(position + 6)].reversed().reduce(UInt32(0)) {
          $0 << 8 | UInt32($1)
        }
        let next = stub &+ UInt64(position) &+ 6
        let slot = next &+ UInt64(bitPattern: Int64(Int32(bitPattern: distance)))
        if let symbol = symbolOfSlot[slot] { return symbol + "@plt" }
      }
      // The first entry of .plt is the resolver's trampoline.
      return stub == section.address ? "_dl_runtime_resolve@plt" : nil
    #elseif arch(arm64)
      // adrp x16, page; ldr x17, [x16, #offset], perhaps behind bti.
      for position in stride(from: 0, to: 8, by: 4) where position + 8 <= code.count {
        let first = UInt32(littleEndianBytes: code[position..<(position + 4)])
        let second = UInt32(littleEndianBytes: code[(position + 4)..<(position + 8)])
        guard first & 0x9f00_001f == 0x9000_0010, second & 0xffc0_03ff == 0xf940_0211 else {
          continue
        }
        let pages = UInt64(first >> 29 & 3) | UInt64(first >> 5 & 0x7ffff) << 2
        let signed = Int64(bitPattern: pages << 43) >> 31
        let page = (stub &+ UInt64(position)) & ~4095
        let slot = page &+ UInt64(bitPattern: signed) &+ UInt64(second >> 10 & 0xfff) * 8
        if let symbol = symbolOfSlot[slot] { return symbol + "@plt" }
      }
      return nil
    #endif
  }
}
