internal import Glibc

/// Files of a directory that others may write into: a FIFO would never end, a device never be empty.
enum RegularFile {
  /// The size of a file, links followed; nil if there is none of the kind.
  static func size(_ path: String) -> Int64? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int64(status.st_size)
  }

  /// Whether there is anything of that name.
  static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// The last `count` bytes, fewer if there are no more; nil if they cannot be read.
  static func end(_ path: String, count: Int) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let size = lseek(descriptor, 0, SEEK_END)
    guard size >= 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    let found = pread(descriptor, &bytes, count, max(0, size - off_t(count)))
    return found >= 0 ? Array(bytes.prefix(found)) : nil
  }
}
