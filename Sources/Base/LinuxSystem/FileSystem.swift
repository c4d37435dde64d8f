internal import CLinuxShims
internal import Glibc

/// The file system that a path is on.
public struct FileSystem: Sendable, Equatable {
  /// What kind of file system it is, as far as that decides what may be kept there.
  public enum Kind: Sendable, Equatable {
    case local
    /// Other machines may write to it too; locks and shared memory are not to be relied on.
    case network(String)
    /// A program serves it, perhaps from another machine.
    case fuse
    /// Gone with the machine's run.
    case memory
  }

  public let kind: Kind
  /// Bytes that this user may still write, and all there are.
  public let availableBytes: UInt64
  public let totalBytes: UInt64
  /// Files that this user may still make, and all there may be: 0 where their number has no limit.
  public let availableFiles: UInt64
  public let totalFiles: UInt64
  public let isReadOnly: Bool

  public init(of path: String) throws(SystemCallError) {
    var status = statvfs()
    try retryingSystemCall("statvfs", on: path) { statvfs(path, &status) }
    var magic: UInt64 = 0
    try systemCall("statfs", on: path, result: lynx_file_system_magic(path, &magic))
    kind = Self.kind(magic: magic)
    let unit = UInt64(status.f_frsize)
    availableBytes = UInt64(status.f_bavail).multipliedReportingOverflow(by: unit).partialValue
    totalBytes = UInt64(status.f_blocks).multipliedReportingOverflow(by: unit).partialValue
    availableFiles = UInt64(status.f_favail)
    totalFiles = UInt64(status.f_files)
    isReadOnly = UInt(status.f_flag) & UInt(ST_RDONLY) != 0
  }

  /// By the magic numbers of statfs(2) and linux/magic.h; what is not listed there as a network's is local.
  public static func kind(magic: UInt64) -> Kind {
    switch magic {
    case 0x6969: .network("NFS")
    case 0x517B: .network("SMB")
    case 0xFF53_4D42: .network("CIFS")
    case 0xFE53_4D42: .network("SMB2")
    case 0x0102_1997: .network("9P")
    case 0x00C3_6400: .network("Ceph")
    case 0x5346_414F, 0x6B41_4653: .network("AFS")
    case 0x564C: .network("NCP")
    case 0x7375_7245: .network("Coda")
    case 0x7461_636F: .network("OCFS2")
    case 0x0116_1970: .network("GFS2")
    case 0x0BD0_0BD0: .network("Lustre")
    case 0x6573_5546: .fuse
    case 0x0102_1994, 0x8584_58F6: .memory
    default: .local
    }
  }
}

extension Clock {
  /// Whether something keeps the wall clock synchronised, and how wrong it may be at most, in microseconds;
  /// nil where the kernel does not say.
  public static var synchronisation: (isKept: Bool, errorMicroseconds: Int64)? {
    var isKept: Int32 = 0
    var error: Int64 = 0
    guard lynx_clock_state(&isKept, &error) == 0 else { return nil }
    return (isKept != 0, error)
  }
}

/// Where bytes first appear among others; nil if nowhere. O(n) in memory's own speed, which a search written
/// in Swift does not have in debug builds.
public func firstPosition(of bytes: [UInt8], in memory: [UInt8]) -> Int? {
  memory.withUnsafeBytes { memory in
    bytes.withUnsafeBytes { bytes in
      guard let start = memory.baseAddress, let sought = bytes.baseAddress else { return nil }
      let position = lynx_find_bytes(start, memory.count, sought, bytes.count)
      return position < 0 ? nil : position
    }
  }
}
