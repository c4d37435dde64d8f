import Glibc

/// Output files that appear complete or not at all.
///
/// The bytes go to a nameless file in the same directory, which then takes the name. A file of
/// that name that was there keeps its permissions and, where the user may give it away, its owner;
/// a new one gets what the umask leaves. Links are followed. `-`, devices, FIFOs and what
/// `/dev/stdout` and `/dev/fd/3` stand for are written to directly, and a reader that goes away
/// has had enough: that is no error.
public enum OutputFile {
  /// Writes `bytes` to `path`.
  ///
  /// - Throws: `CommandError` with code 73 that names the path and the reason; nothing is left
  ///   behind then.
  public static func write(_ bytes: [UInt8], to path: String) throws(CommandError) {
    do throws(OutputTarget.Failure) {
      switch try OutputTarget(path) {
      case .descriptor(let descriptor): try writeDirectly(bytes, to: descriptor)
      case .special(let special):
        let descriptor = retry { open(special, O_WRONLY | O_CLOEXEC | O_NOCTTY) }
        guard descriptor >= 0 else { throw OutputTarget.Failure(errno: errno) }
        defer { close(descriptor) }
        try writeDirectly(bytes, to: descriptor)
      case .file(let directory, let name, let existing):
        try checkWritable(directory: directory, name: name, existing: existing)
        try FileReplacement(directory: directory, name: name, existing: existing).write(bytes)
      }
    } catch {
      throw explain(error, path: path)
    }
  }

  /// Writes `bytes` to `path` unless there is anything of that name, and says whether it did: of several
  /// that try at the same time, one does.
  ///
  /// - Throws: as ``write(_:to:)`` does.
  public static func writeNew(_ bytes: [UInt8], to path: String) throws(CommandError) -> Bool {
    let (directory, name) = OutputTarget.split(path)
    do throws(OutputTarget.Failure) {
      guard !name.isEmpty else { throw OutputTarget.Failure(errno: ENOENT) }
      return try FileReplacement(directory: directory, name: name, existing: nil).writeNew(bytes)
    } catch {
      throw explain(error, path: path)
    }
  }

  /// Finds out whether `path` can be written to, and leaves everything as it is.
  ///
  /// For commands that work long before they write: the error comes before the work.
  public static func probe(_ path: String) throws(CommandError) {
    do throws(OutputTarget.Failure) {
      switch try OutputTarget(path) {
      case .descriptor(let descriptor):
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0 else { throw OutputTarget.Failure(errno: errno) }
        guard flags & O_ACCMODE != O_RDONLY else { throw OutputTarget.Failure(errno: EBADF) }
      case .special(let special):
        guard faccessat(AT_FDCWD, special, W_OK, AT_EACCESS) == 0 else {
          throw OutputTarget.Failure(errno: errno)
        }
      case .file(let directory, let name, let existing):
        try checkWritable(directory: directory, name: name, existing: existing)
        try FileReplacement(directory: directory, name: name, existing: existing).probe()
      }
    } catch {
      throw explain(error, path: path)
    }
  }

  /// Whether a file of its own is made at `path`: false for `-`, devices, FIFOs and descriptors.
  public static func isFile(_ path: String) -> Bool {
    guard let target = try? OutputTarget(path) else { return true }
    if case .file = target { return true }
    return false
  }

  private static func writeDirectly(
    _ bytes: [UInt8], to descriptor: Int32
  ) throws(OutputTarget.Failure) {
    if case .failed(let errno) = writeAll(bytes, to: descriptor) {
      throw OutputTarget.Failure(errno: errno)
    }
  }

  /// A write-protected file in a directory of one's own could be replaced; it is protected for a
  /// reason.
  private static func checkWritable(
    directory: String, name: String, existing: stat?
  ) throws(OutputTarget.Failure) {
    guard existing != nil else { return }
    guard faccessat(AT_FDCWD, "\(directory)/\(name)", W_OK, AT_EACCESS) == 0 else {
      throw OutputTarget.Failure(errno: errno)
    }
  }

  private static func explain(_ failure: OutputTarget.Failure, path: String) -> CommandError {
    let directory = quoted(OutputTarget.split(path).directory)
    let reason =
      switch failure.errno {
      case ENOENT where path.isEmpty: "the name is empty"
      case ENOENT where access(OutputTarget.split(path).directory, F_OK) == 0:
        "no file can be made in \(directory); choose another directory"
      case ENOENT: "there is no directory \(directory); create it or choose another"
      case ENOTDIR: "\(directory) is not a directory"
      case EISDIR: "that is a directory; add a file name"
      case EACCES, EPERM: "this user may not write there; choose another directory or file"
      case EROFS: "the file system is read-only; choose another directory"
      case ENOSPC, EDQUOT: "there is no space left; free some or choose another file system"
      case ENAMETOOLONG: "the name is too long"
      case ELOOP: "its links lead in a circle"
      case EBADF: "it is not open for writing"
      case let errno: describe(errno: errno)
      }
    let name = path == "-" ? "standard output" : quoted(path)
    return CommandError(.cantCreate, "cannot write \(name): \(reason)")
  }
}
