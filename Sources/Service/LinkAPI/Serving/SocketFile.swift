internal import Glibc

/// The file by which a unix socket is found.
enum SocketFile {
  /// What is not there is not removed; nor is another kind of file.
  static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
    unlink(path)
  }
}
