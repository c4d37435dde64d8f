internal import Bytes
internal import CElfutils
internal import Glibc

/// A file with compressed debug sections (ELF gABI, "Section Compression") as libdw is to see it: inflated, and
/// without the sections nobody here reads. libdw inflates all of them by itself, through zlib, which is a quarter of
/// what a short recording costs where libc's debug information is installed.
///
/// Unsafe, in this file only: libelf keeps pointers to the inflated bytes, which live as long as this object.
final class InflatedDebugSections {
  /// libelf's descriptor, closed with this object.
  let handle: OpaquePointer
  private var buffers: [UnsafeMutableRawBufferPointer] = []

  /// What names code and its lines. The others are of variables and macros, or unknown to libdw.
  private static let read: Set<String> = [
    ".debug_info", ".debug_types", ".debug_abbrev", ".debug_line", ".debug_line_str", ".debug_str",
    ".debug_str_offsets", ".debug_addr", ".debug_ranges", ".debug_rnglists", ".debug_aranges",
  ]
  /// No file has this much in one section; a damaged one may claim it.
  private static let limit: UInt64 = 8 << 30
  /// What deflate can make of a byte at most: 258 bytes from two bits (RFC 1951, 3.2.5), about.
  private static let greatestRatio: UInt64 = 1_032

  /// Nil if nothing of the file is compressed, if it cannot be opened again, or if a section cannot be inflated:
  /// libdw is to have the file itself then.
  init?(_ file: ElfFile) {
    guard file.hasCompressedSections, let inflater = ZlibInflater(),
      let handle = file.openedPrivately()
    else { return nil }
    self.handle = handle
    var names = 0
    guard elf_getshdrstrndx(handle, &names) == 0 else { return nil }
    var next = elf_nextscn(handle, nil)
    while let section = next {
      next = elf_nextscn(handle, section)
      var header = GElf_Shdr()
      guard gelf_getshdr(section, &header) != nil else { return nil }
      guard header.sh_flags & UInt64(SHF_COMPRESSED) != 0 else { continue }
      let name = elf_strptr(handle, names, Int(header.sh_name)).map { String(cString: $0) }
      if Self.read.contains(name ?? "") {
        guard inflate(section, &header, inflater) else { return nil }
      } else {
        header.sh_type = UInt32(SHT_NOBITS)
        guard gelf_update_shdr(section, &header) != 0 else { return nil }
      }
    }
  }

  deinit {
    elf_end(handle)
    for buffer in buffers { free(buffer.baseAddress) }
  }

  private func inflate(
    _ section: OpaquePointer, _ header: inout GElf_Shdr, _ inflater: ZlibInflater
  ) -> Bool {
    var compression = GElf_Chdr()
    let headerSize = MemoryLayout<Elf64_Chdr>.size
    guard gelf_getchdr(section, &compression) != nil,
      compression.ch_type == UInt32(ELFCOMPRESS_ZLIB),
      let data = elf_getdata(section, nil), let base = data.pointee.d_buf,
      data.pointee.d_size > headerSize
    else { return false }
    let input = UnsafeRawBufferPointer(start: base, count: data.pointee.d_size)[headerSize...]
    guard compression.ch_size > 0, compression.ch_size <= Self.limit,
      compression.ch_size / Self.greatestRatio <= UInt64(input.count)
    else { return false }
    // Swift's own allocation would end the process where there is no memory for what a file claims.
    guard let memory = malloc(Int(compression.ch_size)) else { return false }
    let output = UnsafeMutableRawBufferPointer(start: memory, count: Int(compression.ch_size))
    buffers.append(output)
    guard inflater.inflate(UnsafeRawBufferPointer(rebasing: input), into: output) else {
      return false
    }
    header.sh_flags &= ~UInt64(SHF_COMPRESSED)
    header.sh_size = compression.ch_size
    header.sh_addralign = compression.ch_addralign
    guard gelf_update_shdr(section, &header) != 0 else { return false }
    data.pointee.d_buf = output.baseAddress
    data.pointee.d_size = output.count
    data.pointee.d_align = 1
    data.pointee.d_type = ELF_T_BYTE
    return true
  }
}
