internal import CElfutils

/// What the first compilation units of a file say of themselves.
struct UnitFacts {
  let facts: ModuleExamination.DebugFacts
  /// How many units are of each language, by DW_LANG's number (DWARF 5, 7.12).
  let languages: [Int: Int]

  /// More are not read: each costs some microseconds.
  private static let most = 400
  /// Bytes of `.debug_info` in which the unit of one function is looked for.
  private static let mostBytes: UInt64 = 64 << 20

  /// nil if libdw cannot read the file's debug information.
  init?(_ file: ElfFile) {
    guard let handle = dwarf_begin_elf(file.handle, DWARF_C_READ, nil) else { return nil }
    defer { dwarf_end(handle) }
    var versions: Set<Int> = []
    var languages: [Int: Int] = [:]
    var isSplit = false
    var unit: OpaquePointer?
    var next: OpaquePointer?
    var version: Dwarf_Half = 0
    var die = Dwarf_Die()
    var count = 0
    while count < Self.most,
      dwarf_get_units(handle, unit, &next, &version, nil, &die, nil) == 0
    {
      unit = next
      count += 1
      versions.insert(Int(version))
      let language = Int(dwarf_srclang(&die))
      if language > 0 { languages[language, default: 0] += 1 }
      isSplit = isSplit || Self.isSplit(&die)
    }
    self.languages = languages
    facts = ModuleExamination.DebugFacts(
      versions: versions.sorted(),
      hasLines: file.hasContent(".debug_line") || file.hasContent(".zdebug_line"),
      isSplit: isSplit)
  }

  /// Swift names the modules of clang in the same way, whose files end in `.pcm`.
  private static func isSplit(_ unit: inout Dwarf_Die) -> Bool {
    [DW_AT_dwo_name, DW_AT_GNU_dwo_name].contains { name in
      var attribute = Dwarf_Attribute()
      guard dwarf_attr(&unit, UInt32(name), &attribute) != nil,
        let text = dwarf_formstring(&attribute)
      else { return false }
      return String(cString: text).hasSuffix(".dwo")
    }
  }

  /// Whether a unit of `debug` describes the function with which the program in `file` begins; nil if that is not
  /// to be told: compilers of some languages make one that no unit has.
  static func describesMain(
    _ language: ModuleExamination.Language, in file: ElfFile, by debug: ElfFile
  ) -> Bool? {
    let size = debug.section(".debug_info")?.size ?? 0
    guard size > 0, size <= mostBytes else { return nil }
    let isMain: (String) -> Bool
    switch language {
    case .c: isMain = { $0 == "main" }
    // `main` of the crate's root, by either way of mangling.
    case .rust:
      isMain = {
        $0.hasPrefix("_ZN") && $0.contains("4main17h")
          || $0.hasPrefix("_RNv") && $0.hasSuffix("4main")
      }
    case .swift, .go, .unknown: return nil
    }
    return FunctionSample.address(in: file, where: isMain).flatMap {
      DebugInformation(debug)?.describes($0)
    }
  }
}
