internal import CElfutils
internal import LinuxSystem

/// What a file was written in, told from what compilers leave in it.
enum SourceLanguage {
  /// In order of belief: sections that only one compiler makes, the compilers' names in `.comment`, debug
  /// information, the mangling of symbols, texts of the standard library.
  static func guess(
    _ file: ElfFile, units: UnitFacts?, symbols: [String]
  ) -> ModuleExamination.Language {
    let sections = file.sections.map(\.name)
    if sections.contains(where: { $0 == ".gopclntab" || $0 == ".note.go.buildid" }) { return .go }
    if sections.contains(where: { $0.hasPrefix("swift5_") }) { return .swift }
    let comment = file.section(".comment").map { file.bytes(of: $0, limit: 65_536) } ?? []
    if contains(comment, "rustc") { return .rust }
    if let units, let most = units.languages.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) {
      return language(dwarf: most.key)
    }
    let mangled = symbols.compactMap(language(symbol:))
    if !mangled.isEmpty {
      let order: [ModuleExamination.Language] = [.swift, .rust, .c]
      let counted = order.map { language in (language, mangled.count { $0 == language }) }
      return counted.max { $0.1 < $1.1 }?.0 ?? .c
    }
    // Paths of the standard library's sources, in the texts of its panics.
    if let texts = file.section(".rodata"),
      contains(file.bytes(of: texts, limit: 16 << 20), "/rustc")
        || contains(file.bytes(of: texts, limit: 16 << 20), "library/std/src")
    {
      return .rust
    }
    return contains(comment, "GCC") || contains(comment, "clang") ? .c : .unknown
  }

  private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    firstPosition(of: Array(text.utf8), in: bytes) != nil
  }

  /// DWARF 5, table 7.17.
  private static func language(dwarf code: Int) -> ModuleExamination.Language {
    switch code {
    case 0x16: .go
    case 0x1C: .rust
    case 0x1E: .swift
    case 0x01, 0x02, 0x04, 0x0C, 0x1A, 0x1D, 0x21, 0x2B, 0x2C, 0x3A, 0x3E, 0x8001: .c
    default: .unknown
    }
  }

  private static func language(symbol: String) -> ModuleExamination.Language? {
    if symbol.hasPrefix("$s") || symbol.hasPrefix("$S") { return .swift }
    if symbol.hasPrefix("_R") { return .rust }
    // Rust's older mangling is C++'s with a hash of 16 digits at its end.
    if symbol.hasPrefix("_ZN"), symbol.hasSuffix("E"), symbol.dropLast(17).hasSuffix("17h") {
      return .rust
    }
    return symbol.hasPrefix("_Z") ? .c : nil
  }
}

extension ElfFile {
  /// The beginning of a section.
  func bytes(of section: Section, limit: Int) -> [UInt8] {
    guard section.hasBytes, let data = elf_rawdata(section.handle, nil),
      let base = data.pointee.d_buf
    else { return [] }
    let count = min(limit, Int(clamping: data.pointee.d_size))
    return Array(UnsafeRawBufferPointer(start: base, count: count))
  }
}

extension ElfFile.Section {
  /// Whether the section is in the file, not only in memory.
  var hasBytes: Bool { type != UInt32(SHT_NOBITS) }
}
