internal import CElfutils

/// Some of a file's functions, evenly from its symbol table: enough to tell what most are like.
struct FunctionSample {
  /// Whether `.symtab` names functions, and `.dynsym`.
  let isNamed: Bool
  let isNamedDynamically: Bool
  /// Symbols of the sample.
  let names: [String]
  let callFrames: ModuleExamination.Share
  let framePointers: ModuleExamination.Share

  private static let size = 200

  /// Linked to every program by the compiler: some have no call-frame rules wherever it was built.
  private static let startFiles: Set<String> = [
    "_init", "_fini", "_start", "deregister_tm_clones", "register_tm_clones", "frame_dummy",
    "__do_global_dtors_aux", "_dl_relocate_static_pie", "call_weak_fn", "__libc_csu_init",
    "__libc_csu_fini", "_dl_start",
  ]

  private struct Function {
    let start: UInt64
    let size: UInt64
    let name: String
  }

  init(_ file: ElfFile) {
    let full = Self.functions(of: file, type: UInt32(SHT_SYMTAB))
    let dynamic = Self.functions(of: file, type: UInt32(SHT_DYNSYM))
    isNamed = !full.isEmpty
    isNamedDynamically = !dynamic.isEmpty
    let functions = (full.isEmpty ? dynamic : full).filter {
      $0.size > 0 && !Self.startFiles.contains($0.name)
    }
    names = functions.map(\.name)
    let places =
      functions.isEmpty ? Self.codePlaces(of: file) : functions.map { $0.start &+ $0.size / 2 }
    let table = CallFrameTable(file)
    callFrames = .init(
      found: table.map { table in places.count { table.rule(at: $0) != nil } } ?? 0,
      sample: places.count)
    let frames = functions.compactMap { function in
      PrologueRules.setsFramePointer(
        file.loadedBytes(at: function.start, count: Int(min(function.size, 40))))
    }
    framePointers = .init(found: frames.count { $0 }, sample: frames.count)
  }

  /// At most ``size`` of the functions in symbol tables of a type.
  private static func functions(of file: ElfFile, type: UInt32) -> [Function] {
    guard let section = file.sections.first(where: { $0.type == type }),
      let data = elf_getdata(section.handle, nil), let base = data.pointee.d_buf
    else { return [] }
    let symbols = UnsafeRawBufferPointer(start: base, count: Int(clamping: data.pointee.d_size))
    let stride = MemoryLayout<Elf64_Sym>.stride
    let count = symbols.count / stride
    let step = max(1, count / size)
    var found: [Function] = []
    for first in Swift.stride(from: 0, to: count, by: step) {
      // The next that is a function.
      for index in first..<min(count, first + step) {
        let symbol = symbols.loadUnaligned(fromByteOffset: index * stride, as: Elf64_Sym.self)
        guard SymbolTable.isFunction(symbol, in: file), Int32(symbol.st_info & 15) != STT_NOTYPE
        else { continue }
        let name = elf_strptr(file.handle, section.linkedSection, Int(symbol.st_name))
        found.append(
          Function(
            start: symbol.st_value, size: symbol.st_size,
            name: name.map { String(cString: $0) } ?? ""))
        break
      }
    }
    return found
  }

  /// Where `.symtab` has a function of such a name; nil if it has none.
  static func address(in file: ElfFile, where isWanted: (String) -> Bool) -> UInt64? {
    guard let section = file.sections.first(where: { $0.type == UInt32(SHT_SYMTAB) }),
      let data = elf_getdata(section.handle, nil), let base = data.pointee.d_buf
    else { return nil }
    let symbols = UnsafeRawBufferPointer(start: base, count: Int(clamping: data.pointee.d_size))
    let stride = MemoryLayout<Elf64_Sym>.stride
    for index in 0..<symbols.count / stride {
      let symbol = symbols.loadUnaligned(fromByteOffset: index * stride, as: Elf64_Sym.self)
      guard symbol.st_size > 0, SymbolTable.isFunction(symbol, in: file),
        let name = elf_strptr(file.handle, section.linkedSection, Int(symbol.st_name)),
        isWanted(String(cString: name))
      else { continue }
      return symbol.st_value
    }
    return nil
  }

  /// Places in the code, evenly.
  private static func codePlaces(of file: ElfFile) -> [UInt64] {
    guard let text = file.section(".text"), text.size > 0 else { return [] }
    let step = max(1, text.size / UInt64(size))
    return (0..<UInt64(size)).map { $0.multipliedReportingOverflow(by: step).partialValue }
      .filter { $0 < text.size }.map { text.address &+ $0 }
  }
}
