internal import Glibc
internal import LinuxSystem

/// Where debug information that was split from a binary is found.
enum DebugFile {
  /// Directories that mirror the root of the file system, as gdb's `debug-file-directory`.
  static let directories = ["/usr/lib/debug"]

  /// Opens the separate debug file of a module: by build-id, then by `.gnu_debuglink`. A file is
  /// believed only when its build-id (or, where there is none, the link's checksum) agrees.
  static func open(for file: ElfFile, path: String) -> OpenedElf? {
    let buildID = file.buildID
    if buildID.count > 4 {
      for directory in directories {
        let candidate = "\(directory)/.build-id/\(buildID.prefix(2))/\(buildID.dropFirst(2)).debug"
        if let opened = OpenedElf(path: candidate), opened.file.buildID == buildID {
          return opened
        }
      }
    }
    guard let link = file.debugLink, !link.name.contains("/") else { return nil }
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    let places =
      ["\(folder)/\(link.name)", "\(folder)/.debug/\(link.name)"]
      + directories.map { "\($0)\(folder)/\(link.name)" }
    for candidate in places where candidate != path {
      guard let opened = OpenedElf(path: candidate) else { continue }
      let found = opened.file.buildID
      if !buildID.isEmpty, found == buildID { return opened }
      if buildID.isEmpty, checksum(of: candidate) == link.checksum { return opened }
    }
    return nil
  }

  /// The CRC-32 that `.gnu_debuglink` carries (gdb manual, "Separate Debug Files").
  private static func checksum(of path: String) -> UInt32? {
    guard let bytes = try? readFile(path, limit: 1 << 30) else { return nil }
    let table: [UInt32] = (0..<256).map { start in
      var value = UInt32(start)
      for _ in 0..<8 { value = value & 1 != 0 ? (value >> 1) ^ 0xedb8_8320 : value >> 1 }
      return value
    }
    var sum: UInt32 = 0xffff_ffff
    for byte in bytes { sum = table[Int((sum ^ UInt32(byte)) & 0xff)] ^ (sum >> 8) }
    return sum ^ 0xffff_ffff
  }
}

/// An ELF file together with the descriptor it is read through.
final class OpenedElf {
  let file: ElfFile
  private let descriptor: FileDescriptor

  init?(path: String) {
    guard let descriptor = try? FileDescriptor(reading: path),
      (try? descriptor.status())?.isRegular == true,
      let file = ElfFile(descriptor: descriptor.number)
    else { return nil }
    self.file = file
    self.descriptor = descriptor
  }

  init?(descriptor: consuming FileDescriptor) {
    guard let file = ElfFile(descriptor: descriptor.number) else { return nil }
    self.file = file
    self.descriptor = descriptor
  }
}
