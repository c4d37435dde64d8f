import Glibc

/// Input files, read whole.
public enum InputFile {
  /// The most a file may have unless said otherwise.
  public static let defaultLimitBytes = 2 << 30

  /// What is in the file at `path`, or in standard input for `-`.
  ///
  /// - Throws: `CommandError` with code 66 if there is no such file, 77 if it may not be read, 65
  ///   if it has more than `limit` bytes.
  public static func read(
    _ path: String, limit: Int = defaultLimitBytes
  ) throws(CommandError) -> [UInt8] {
    if path == "-" { return try read(descriptor: STDIN_FILENO, name: "standard input", limit) }
    let descriptor = retry { open(path, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw failure(errno, name: quoted(path)) }
    defer { close(descriptor) }
    return try read(descriptor: descriptor, name: quoted(path), limit)
  }

  private static func read(
    descriptor: Int32, name: String, _ limit: Int
  ) throws(CommandError) -> [UInt8] {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(errno, name: name) }
    var bytes: [UInt8] = []
    if status.st_mode & S_IFMT == S_IFREG {
      bytes.reserveCapacity(Swift.min(Swift.max(Int(status.st_size), 0), limit))
    }
    let chunkBytes = 256 << 10
    var chunk = [UInt8](repeating: 0, count: chunkBytes)
    while true {
      let count = retry { Glibc.read(descriptor, &chunk, chunkBytes) }
      guard count >= 0 else { throw failure(errno, name: name) }
      if count == 0 { return bytes }
      guard count <= limit - bytes.count else {
        throw CommandError(
          .data,
          "\(name) has more than \(SizeText.approximate(limit)), too much for what it should be")
      }
      bytes += chunk[..<count]
    }
  }

  private static func failure(_ errno: Int32, name: String) -> CommandError {
    switch errno {
    case ENOENT: CommandError(.noInput, "there is no file \(name); check the path")
    case ENOTDIR:
      CommandError(.noInput, "there is no file \(name): a part of the path is not a directory")
    case EISDIR: CommandError(.noInput, "\(name) is a directory; name a file in it")
    case EACCES, EPERM:
      CommandError(
        .noPermission, "\(name) may not be read by this user; ask its owner, or run as root")
    default: CommandError(.noInput, "cannot read \(name): \(describe(errno: errno))")
    }
  }
}

/// Calls `body` again as long as a signal interrupts it.
func retry<Result: SignedInteger>(_ body: () -> Result) -> Result {
  while true {
    let result = body()
    if result != -1 || errno != EINTR { return result }
  }
}
