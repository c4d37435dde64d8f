internal import CElfutils
internal import Glibc
internal import LinuxSystem

/// One ELF file (or image in memory) through libelf: segments, sections, build-id. Belongs to one
/// thread at a time, as libelf's handles do.
final class ElfFile {
  let handle: OpaquePointer
  let segments: [Segment]
  let sections: [Section]
  private var image: [UInt8]
  private var descriptor: Int32?

  /// A PT_LOAD program header.
  struct Segment {
    let fileOffset: UInt64
    let address: UInt64
    let fileSize: UInt64
    let memorySize: UInt64
    let isExecutable: Bool
  }

  struct Section {
    let name: String
    let address: UInt64
    let size: UInt64
    let type: UInt32
    let isExecutable: Bool
    let isAllocated: Bool
    let isCompressed: Bool
    /// Bytes of an entry, where all are alike; 0 else.
    let entrySize: UInt64
    let linkedSection: Int
    /// libelf's descriptor of the section.
    let handle: OpaquePointer
  }

  private static let libraryIsReady = elf_version(UInt32(EV_CURRENT)) != UInt32(EV_NONE)

  /// Reads the headers of an open file; nil if it is not a 64-bit ELF file of this machine's
  /// byte order. The descriptor must stay open as long as this object lives.
  convenience init?(descriptor: Int32) {
    guard Self.libraryIsReady, let handle = elf_begin(descriptor, ELF_C_READ_MMAP, nil) else {
      return nil
    }
    self.init(handle: handle, image: [])
    self.descriptor = descriptor
  }

  /// Reads an image that lies in memory, such as the vdso.
  convenience init?(image: [UInt8]) {
    guard Self.libraryIsReady, !image.isEmpty else { return nil }
    // libelf keeps the pointer: the copy it points to lives as long as this object.
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: image.count)
    for (position, byte) in image.enumerated() { copy[position] = CChar(bitPattern: byte) }
    guard let handle = elf_memory(copy, image.count) else {
      copy.deallocate()
      return nil
    }
    self.init(handle: handle, image: image)
    memory = copy
  }

  private var memory: UnsafeMutablePointer<CChar>?

  private init?(handle: OpaquePointer, image: [UInt8]) {
    guard elf_kind(handle) == ELF_K_ELF, gelf_getclass(handle) == ELFCLASS64 else {
      elf_end(handle)
      return nil
    }
    self.handle = handle
    self.image = image
    segments = Self.readSegments(handle)
    sections = Self.readSections(handle)
  }

  deinit {
    elf_end(handle)
    memory?.deallocate()
  }

  private static func readSegments(_ handle: OpaquePointer) -> [Segment] {
    var count = 0
    guard elf_getphdrnum(handle, &count) == 0 else { return [] }
    var found: [Segment] = []
    for position in 0..<min(count, 65_535) {
      var header = GElf_Phdr()
      guard gelf_getphdr(handle, Int32(position), &header) != nil else { break }
      guard header.p_type == UInt32(PT_LOAD) else { continue }
      found.append(
        Segment(
          fileOffset: header.p_offset, address: header.p_vaddr, fileSize: header.p_filesz,
          memorySize: header.p_memsz, isExecutable: header.p_flags & UInt32(PF_X) != 0))
    }
    return found
  }

  private static func readSections(_ handle: OpaquePointer) -> [Section] {
    var names = 0
    guard elf_getshdrstrndx(handle, &names) == 0 else { return [] }
    var found: [Section] = []
    var next = elf_nextscn(handle, nil)
    while let section = next {
      next = elf_nextscn(handle, section)
      var header = GElf_Shdr()
      guard gelf_getshdr(section, &header) != nil else { continue }
      let name = elf_strptr(handle, names, Int(header.sh_name)).map { String(cString: $0) } ?? ""
      found.append(
        Section(
          name: name, address: header.sh_addr, size: header.sh_size, type: header.sh_type,
          isExecutable: header.sh_flags & UInt64(SHF_EXECINSTR) != 0,
          isAllocated: header.sh_flags & UInt64(SHF_ALLOC) != 0,
          isCompressed: header.sh_flags & UInt64(SHF_COMPRESSED) != 0, entrySize: header.sh_entsize,
          linkedSection: Int(header.sh_link), handle: section))
    }
    return found
  }

  func section(_ name: String) -> Section? { sections.first { $0.name == name } }

  /// The same file for libdw's eyes without sections, to be closed with `elf_end` before this one; nil if it
  /// is an image in memory or cannot be opened again.
  func openedWithoutSections() -> OpaquePointer? {
    guard let other = openedPrivately() else { return nil }
    var header = GElf_Ehdr()
    if gelf_getehdr(other, &header) != nil {
      // Without their names sections are nothing to libdw.
      header.e_shstrndx = UInt16(SHN_UNDEF)
      if gelf_update_ehdr(other, &header) != 0 { return other }
    }
    elf_end(other)
    return nil
  }

  /// The same file once more, whose headers may be changed for libdw's eyes: the mapping is private, and the file
  /// stays as it is. To be closed with `elf_end` before this one; nil if it is an image in memory or cannot be
  /// opened again.
  func openedPrivately() -> OpaquePointer? {
    descriptor.flatMap { elf_begin($0, ELF_C_READ_MMAP_PRIVATE, nil) }
  }

  /// The build-id in lower-case hexadecimal, empty if there is none.
  var buildID: String {
    var bytes: UnsafeRawPointer?
    let count = dwelf_elf_gnu_build_id(handle, &bytes)
    guard count > 0, let bytes else { return "" }
    return UnsafeRawBufferPointer(start: bytes, count: count).hexadecimal
  }

  /// Name and checksum of the separate debug file, from `.gnu_debuglink`.
  var debugLink: (name: String, checksum: UInt32)? {
    var checksum: UInt32 = 0
    guard let name = dwelf_elf_gnu_debuglink(handle, &checksum) else { return nil }
    return (String(cString: name), checksum)
  }

  /// Where a process that executes this file begins, 0 if nowhere.
  var entryAddress: UInt64 {
    var header = GElf_Ehdr()
    return gelf_getehdr(handle, &header) == nil ? 0 : header.e_entry
  }

  var hasCompressedSections: Bool { sections.contains(where: \.isCompressed) }

  var hasDebugInformation: Bool {
    sections.contains {
      ($0.name == ".debug_info" || $0.name == ".zdebug_info") && $0.type != UInt32(SHT_NOBITS)
    }
  }

  /// The address (in the file's own terms) that a mapped file offset becomes; nil if no segment
  /// covers it.
  func address(ofFileOffset offset: UInt64) -> UInt64? {
    let page: UInt64 = 4095
    for segment in segments where segment.isExecutable {
      // The kernel maps whole pages: a mapping begins at or before the segment.
      let start = segment.fileOffset & ~page
      let (end, overflow) = segment.fileOffset.addingReportingOverflow(segment.fileSize)
      if !overflow, offset >= start, offset < end {
        return segment.address &+ (offset &- segment.fileOffset)
      }
    }
    return nil
  }

  /// Bytes of code (or of anything loaded) at an address of the file's own terms; fewer if the
  /// section ends, none if no section covers it.
  func loadedBytes(at address: UInt64, count: Int) -> [UInt8] {
    for section in sections where section.isAllocated && section.type != UInt32(SHT_NOBITS) {
      guard address >= section.address, address - section.address < section.size,
        let data = elf_rawdata(section.handle, nil), let base = data.pointee.d_buf
      else { continue }
      let bytes = UnsafeRawBufferPointer(start: base, count: Int(clamping: data.pointee.d_size))
      let offset = Int(clamping: address - section.address)
      guard offset < bytes.count else { return [] }
      return Array(bytes[offset..<min(bytes.count, offset + count)])
    }
    return []
  }
}

extension Collection where Element == UInt8 {
  /// Two lower-case digits a byte.
  var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(count * 2)
    for byte in self {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
