internal import CLinuxShims
internal import Glibc

/// An open file that is closed when its owner goes away.
public struct FileDescriptor: ~Copyable, Sendable {
  public let number: Int32

  /// Takes over an open descriptor.
  public init(owning number: Int32) {
    self.number = number
  }

  deinit {
    close(number)
  }

  /// Opens a file for reading, not to be inherited by children.
  public init(reading path: String) throws(SystemCallError) {
    number = try systemCall("open", on: path, result: lynx_open(path, O_RDONLY | O_NONBLOCK, 0))
  }

  /// Makes a file for writing, empty if it was there, that only this user may read.
  public init(creating path: String) throws(SystemCallError) {
    number = try systemCall(
      "open", on: path, result: lynx_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600))
  }

  /// What names a file and what kind it is.
  public struct Status: Sendable, Hashable {
    public let device: UInt64
    public let inode: UInt64
    public let size: Int64
    public let isRegular: Bool
  }

  public func status() throws(SystemCallError) -> Status {
    var status = stat()
    try retryingSystemCall("fstat") { fstat(number, &status) }
    return Status(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
      isRegular: status.st_mode & S_IFMT == S_IFREG)
  }
}

/// Reads a whole small file, such as those under /proc, whose size is not known beforehand.
///
/// - Parameter expected: how many bytes to have room for at once; more are read all the same.
public func readFile(
  _ path: String, limit: Int = 64 << 20, expecting expected: Int = 0
) throws(SystemCallError) -> [UInt8] {
  let file = try FileDescriptor(reading: path)
  var bytes: [UInt8] = []
  bytes.reserveCapacity(expected)
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while bytes.count < limit {
    let count = try retryingSystemCall("read", on: path) {
      read(file.number, &chunk, chunk.count)
    }
    if count == 0 { return bytes }
    bytes.append(contentsOf: chunk[..<count])
  }
  throw SystemCallError(call: "read", code: EFBIG, subject: path)
}

/// The text of a small file, without white space at its ends; nil if it cannot be read.
public func readText(_ path: String) -> String? {
  guard let bytes = try? readFile(path) else { return nil }
  var text = Substring(decoding: bytes, as: UTF8.self)
  while let last = text.last, last.isWhitespace { text.removeLast() }
  while let first = text.first, first.isWhitespace { text.removeFirst() }
  return String(text)
}
