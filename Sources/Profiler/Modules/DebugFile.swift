internal import Glibc
internal import LinuxSystem

/// Where debug information that was split from a binary is found.
enum DebugFile {
  /// Directories that mirror the root of the file system, as gdb's `debug-file-directory`.
  static let directories = ["/usr/lib/debug"]

  /// Opens the separate debug file of a module: by build-id, then by `.gnu_debuglink`. A file is
  /// believed only when its build-id (or, where there is none, the link's checksum) agrees.
  static func open(for file: ElfFile, path: String) -> OpenedElf? {
    find(for: file, path: path)?.opened
  }

  /// The same, with where it was found.
  static func find(for file: ElfFile, path: String) -> (path: String, opened: OpenedElf)? {
    let buildID = file.buildID
    for candidate in buildIDPlaces(buildID) {
      if let opened = OpenedElf(path: candidate), opened.file.buildID == buildID {
        return (candidate, opened)
      }
    }
    guard let link = file.debugLink else { return nil }
    for candidate in linkPlaces(link.name, path: path) {
      guard let opened = OpenedElf(path: candidate) else { continue }
      let found = opened.file.buildID
      let agrees =
        buildID.isEmpty ? checksum(of: candidate) == link.checksum : found == buildID
      if agrees { return (candidate, opened) }
    }
    return nil
  }

  /// Where the debug file of a module is looked for, in this order.
  static func places(for file: ElfFile, path: String) -> [String] {
    buildIDPlaces(file.buildID) + (file.debugLink.map { linkPlaces($0.name, path: path) } ?? [])
  }

  private static func buildIDPlaces(_ buildID: String) -> [String] {
    if buildID.count <= 4 { return [] }
    return directories.map {
      "\($0)/.build-id/\(buildID.prefix(2))/\(buildID.dropFirst(2)).debug"
    }
  }

  private static func linkPlaces(_ name: String, path: String) -> [String] {
    if name.contains("/") { return [] }
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    let places =
      ["\(folder)/\(name)", "\(folder)/.debug/\(name)"]
      + directories.map { "\($0)\(folder)/\(name)" }
    return places.filter { $0 != path }
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

/// An ELF file together with what it is read from.
final class OpenedElf {
  let file: ElfFile
  private let source: Source

  private enum Source {
    case descriptor(OpenDescriptor)
    case image([UInt8])
  }

  // Shared by all handles on one file.
  private final class OpenDescriptor: Sendable {
    let descriptor: FileDescriptor
    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
  }

  convenience init?(path: String) {
    guard let descriptor = try? FileDescriptor(reading: path),
      (try? descriptor.status())?.isRegular == true
    else { return nil }
    self.init(descriptor: descriptor)
  }

  convenience init?(descriptor: consuming FileDescriptor) {
    self.init(.descriptor(OpenDescriptor(descriptor)))
  }

  convenience init?(image: [UInt8]) {
    self.init(.image(image))
  }

  private init?(_ source: Source) {
    let file =
      switch source {
      case .descriptor(let open): ElfFile(descriptor: open.descriptor.number)
      case .image(let bytes): ElfFile(image: bytes)
      }
    guard let file else { return nil }
    self.file = file
    self.source = source
  }

  /// A second handle on the same file, for another thread.
  func duplicate() -> OpenedElf? { OpenedElf(source) }
}
