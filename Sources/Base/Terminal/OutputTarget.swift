import Glibc

/// What a path to write to stands for, links followed.
enum OutputTarget {
  /// An open descriptor: standard output, or one the shell has set up.
  case descriptor(Int32)
  /// A device, a FIFO or the like: written to as it is.
  case special(path: String)
  /// A file that is there or that could be.
  case file(directory: String, name: String, existing: stat?)

  struct Failure: Error {
    var errno: Int32
  }

  init(_ path: String) throws(Failure) {
    if path == "-" {
      self = .descriptor(STDOUT_FILENO)
      return
    }
    var path = path
    for _ in 0..<40 {
      // Renaming over the file behind a descriptor would take it from under whoever opened it.
      if let descriptor = Self.descriptor(namedBy: path) {
        self = .descriptor(descriptor)
        return
      }
      let (directory, name) = Self.split(path)
      var status = stat()
      guard lstat(path, &status) == 0 else {
        guard errno == ENOENT, !path.isEmpty else { throw Failure(errno: errno) }
        guard !name.isEmpty else { throw Failure(errno: ENOENT) }
        self = .file(directory: directory, name: name, existing: nil)
        return
      }
      switch status.st_mode & S_IFMT {
      case S_IFLNK:
        let link = try Self.readLink(path)
        path = link.hasPrefix("/") ? link : "\(directory)/\(link)"
      case S_IFDIR: throw Failure(errno: EISDIR)
      case S_IFREG:
        self = .file(directory: directory, name: name, existing: status)
        return
      default:
        self = .special(path: path)
        return
      }
    }
    throw Failure(errno: ELOOP)
  }

  static func split(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let directory = path[..<slash]
    return (directory.isEmpty ? "/" : String(directory), String(path[slash...].dropFirst()))
  }

  private static func descriptor(namedBy path: String) -> Int32? {
    switch path {
    case "/dev/stdin": return STDIN_FILENO
    case "/dev/stdout": return STDOUT_FILENO
    case "/dev/stderr": return STDERR_FILENO
    default: break
    }
    for prefix in ["/dev/fd/", "/proc/self/fd/", "/proc/\(getpid())/fd/"]
    where path.hasPrefix(prefix) {
      return Int32(path.dropFirst(prefix.count))
    }
    return nil
  }

  private static func readLink(_ path: String) throws(Failure) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &buffer, buffer.count)
    guard count >= 0 else { throw Failure(errno: errno) }
    return String(decoding: buffer[..<count].lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
