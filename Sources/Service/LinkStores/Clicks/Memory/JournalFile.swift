internal import Glibc
internal import LinuxSystem

/// The files of a journal directory. Whoever works with one holds its lock (flock(2)), which the
/// kernel takes back when the process ends, however it ends.
///
/// Unsafe code. The invariant: buffers handed to read and write are whole arrays that live longer than
/// the call.
enum JournalFile {
  static let suffix = ".journal"
  /// A file that is being made; no clicks are in it yet.
  static let newSuffix = ".new"
  /// A damaged one, kept to be looked at.
  static let damagedSuffix = ".damaged"

  static func name(_ id: JournalID, _ suffix: String = suffix) -> String { "clicks-\(id)\(suffix)" }

  /// Makes a journal with all its blocks, locked from the start: it gets its name only when its
  /// header is there, so that what has the name is whole.
  static func create(
    in directory: String, _ header: JournalHeader
  ) throws(SystemCallError) -> (JournalMemory, path: String) {
    let path = "\(directory)/\(name(header.id))"
    let newPath = "\(directory)/\(name(header.id, newSuffix))"
    let file = FileDescriptor(
      owning: try retryingSystemCall("open", on: newPath) {
        openFile(newPath, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC)
      })
    do throws(SystemCallError) {
      try retryingSystemCall("flock", on: newPath) { flock(file.number, LOCK_EX) }
      let words = header.geometry.words
      // A hole would be a SIGBUS in the middle of a redirect, once the disk is full. It says what
      // went wrong by its value.
      let code = posix_fallocate(file.number, 0, off_t(words * 8))
      guard code == 0 else {
        throw SystemCallError(call: "fallocate", code: code, subject: newPath)
      }
      for copy in JournalGeometry.headerCopies {
        try write(header.encoded, at: copy, to: file, newPath)
      }
      try retryingSystemCall("fsync", on: newPath) { fsync(file.number) }
      let memory = try JournalMemory(mapping: file, words: words, path: newPath)
      try retryingSystemCall("rename", on: path) { rename(newPath, path) }
      return (memory, path)
    } catch {
      unlink(newPath)
      throw error
    }
  }

  private static func openFile(_ path: String, _ flags: Int32) -> Int32 {
    open(path, flags, mode_t(0o600))
  }

  /// Opens a file that no living process has; nil if one has it, or it is gone.
  static func claim(_ path: String) throws(SystemCallError) -> FileDescriptor? {
    let number: Int32
    do throws(SystemCallError) {
      number = try retryingSystemCall("open", on: path) {
        openFile(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
      }
    } catch {
      if error.code == ENOENT { return nil }
      throw error
    }
    let file = FileDescriptor(owning: number)
    do throws(SystemCallError) {
      try retryingSystemCall("flock", on: path) { flock(file.number, LOCK_EX | LOCK_NB) }
    } catch {
      if error.code == EWOULDBLOCK { return nil }
      throw error
    }
    // Whoever had the lock until now may have finished with the file: then the name is gone, or
    // another file's.
    var named = stat()
    guard lstat(path, &named) == 0 else { return nil }
    let status = try file.status()
    guard status.isRegular, UInt64(named.st_ino) == status.inode,
      UInt64(named.st_dev) == status.device
    else { return nil }
    return file
  }

  /// The whole words of a file, up to what a journal can have.
  static func read(
    _ file: borrowing FileDescriptor, _ path: String
  ) throws(SystemCallError) -> [UInt64] {
    let size = min(Int(clamping: try file.status().size), JournalGeometry.largestBytes)
    var words = [UInt64](repeating: 0, count: size / 8)
    let number = file.number
    var done = 0
    while done < words.count * 8 {
      let from = done
      let count = try retryingSystemCall("read", on: path) {
        words.withUnsafeMutableBytes { bytes in
          pread(
            number, bytes.baseAddress.map { $0 + from }, bytes.count - from, off_t(from))
        }
      }
      if count == 0 { break }
      done += count
    }
    words.removeLast(words.count - done / 8)
    return words
  }

  /// Writes words to a place in the file.
  static func write(
    _ words: [UInt64], at start: Int, to file: borrowing FileDescriptor, _ path: String
  ) throws(SystemCallError) {
    let number = file.number
    var done = 0
    while done < words.count * 8 {
      let from = done
      done += try retryingSystemCall("write", on: path) {
        words.withUnsafeBytes { bytes in
          pwrite(
            number, bytes.baseAddress.map { $0 + from }, bytes.count - from,
            off_t(start * 8 + from))
        }
      }
    }
  }

  static func synchronize(
    _ file: borrowing FileDescriptor, _ path: String
  ) throws(SystemCallError) {
    let number = file.number
    try retryingSystemCall("fdatasync", on: path) { fdatasync(number) }
  }

  /// Removes a journal whose lock is held.
  static func remove(_ path: String) throws(SystemCallError) {
    try retryingSystemCall("unlink", on: path) { unlink(path) }
  }

  /// Gives a damaged journal a name under which it is not looked at again; that name.
  static func setAside(_ path: String) throws(SystemCallError) -> String {
    let other =
      path.hasSuffix(suffix) ? path.dropLast(suffix.count) + damagedSuffix : path + damagedSuffix
    try retryingSystemCall("rename", on: path) { rename(path, String(other)) }
    return String(other)
  }

  /// The paths of the files with an ending, in the order of their names.
  static func list(
    _ directory: String, endingWith suffix: String
  ) throws(SystemCallError) -> [String] {
    guard let handle = opendir(directory) else {
      throw SystemCallError(call: "opendir", code: errno, subject: directory)
    }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasPrefix("clicks-"), name.hasSuffix(suffix) { names.append("\(directory)/\(name)") }
    }
    return names.sorted()
  }

  /// Makes the directory if need be.
  static func makeDirectory(_ path: String) throws(SystemCallError) {
    if mkdir(path, 0o700) == 0 { return }
    guard errno == EEXIST else {
      throw SystemCallError(call: "mkdir", code: errno, subject: path)
    }
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR {
      throw SystemCallError(call: "mkdir", code: ENOTDIR, subject: path)
    }
  }

  /// Removes what processes left behind that ended while they made their journal.
  static func removeUnfinished(in directory: String) throws(SystemCallError) {
    for path in try list(directory, endingWith: newSuffix) {
      // One that is just being made may not be locked yet: it has no size then.
      guard let file = try claim(path), try file.status().size > 0 else { continue }
      try remove(path)
    }
  }
}
