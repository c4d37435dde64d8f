import Glibc
import Terminal

/// A directory that outputs are written into.
enum OutputDirectory {
  /// Makes it, unless it is there; its parent has to be.
  static func make(_ path: String) throws(CommandError) {
    if mkdir(path, 0o777) == 0 { return }
    let code = errno
    var status = stat()
    if stat(path, &status) == 0 {
      if status.st_mode & S_IFMT == S_IFDIR, access(path, W_OK) == 0 { return }
      throw CommandError(
        .cantCreate,
        status.st_mode & S_IFMT == S_IFDIR
          ? "\(quoted(path)) cannot be written into by this user; name another directory"
          : "\(quoted(path)) is no directory; name one, for example -o profiles/")
    }
    throw CommandError(
      .cantCreate,
      "the directory \(quoted(path)) cannot be made: \(String(cString: strerror(code)).lowercased())"
    )
  }
}
