internal import Glibc
internal import Synchronization

/// The lock of the one runner that migrates a SQLite file: flock(2) on the file itself, which SQLite,
/// using fcntl(2), does not see. It ends with the process, however that ends.
///
/// Descriptors of a locked file are kept as long as the process lives: closing one would take away
/// the locks that SQLite holds on the same file (fcntl(2), "record locks").
final class SQLiteMigrationLock {
  private struct File: Hashable {
    var device: UInt64
    var inode: UInt64
  }

  private struct State {
    var descriptors: [File: Int32] = [:]
    /// Locked by a session of this process, among whose sessions flock does not tell apart.
    var held: Set<File> = []
  }

  private static let state = Mutex(State())

  private let file: File
  private let descriptor: Int32
  private(set) var isHeld = false

  init(path: String) throws(MigrationError) {
    var status = stat()
    let opened = Self.state.withLock { state -> (File, Int32)? in
      guard stat(path, &status) == 0 else { return nil }
      let file = File(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
      if let known = state.descriptors[file] { return (file, known) }
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return nil }
      state.descriptors[file] = descriptor
      return (file, descriptor)
    }
    guard let opened else {
      throw MigrationError(
        .database(.unreachable),
        "\(path) went away while it was opened; try again")
    }
    (file, descriptor) = opened
  }

  deinit { unlock() }

  func tryLock() throws(MigrationError) -> Bool {
    if isHeld { return true }
    let (file, descriptor) = (file, descriptor)
    let failure: Int32? = Self.state.withLock { state in
      guard !state.held.contains(file) else { return EWOULDBLOCK }
      while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        if errno != EINTR { return errno }
      }
      state.held.insert(file)
      return nil
    }
    switch failure {
    case nil: isHeld = true
    case EWOULDBLOCK: break
    case let reason?:
      throw MigrationError(
        .unsuitable,
        "the database's file system cannot lock it (\(String(cString: strerror(reason)))); keep the "
          + "file on a local disk")
    }
    return isHeld
  }

  func unlock() {
    guard isHeld else { return }
    isHeld = false
    let (file, descriptor) = (file, descriptor)
    Self.state.withLock { state in
      flock(descriptor, LOCK_UN)
      state.held.remove(file)
    }
  }
}
