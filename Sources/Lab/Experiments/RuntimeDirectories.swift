internal import Glibc
internal import LinuxSystem
internal import Terminal

/// Where running servers announce themselves: directories that do not outlive the machine's run.
enum RuntimeDirectories {
  /// Names the only directory there is, where several groups of servers must not see each other.
  private static let onlyVariable = "LYNX_RUNTIME_DIR"

  /// Where this process writes: what the service manager made for it (systemd.exec(5),
  /// RuntimeDirectory=), else the user's own (XDG_RUNTIME_DIR), else below /run for root, else below /tmp.
  static var own: String {
    if let directory = environmentValue(onlyVariable) { return directory }
    if let first = environmentValue("RUNTIME_DIRECTORY")?.split(separator: ":").first {
      return String(first)
    }
    if let directory = environmentValue("XDG_RUNTIME_DIR"), access(directory, W_OK) == 0 {
      return directory + "/lynx"
    }
    return Machine.effectiveUser == 0 ? "/run/lynx" : "/tmp/lynx-\(Machine.effectiveUser)"
  }

  /// Everywhere that servers of this machine may have written, this user's first.
  static var all: [String] {
    if let directory = environmentValue(onlyVariable) { return [directory] }
    var directories = [own, "/run/lynx"]
    directories += directoryEntries(of: "/run/user").map { "/run/user/\($0)/lynx" }
    directories += directoryEntries(of: "/tmp").filter { $0.hasPrefix("lynx-") }.map {
      "/tmp/\($0)"
    }
    var seen: Set<String> = []
    return directories.filter { seen.insert($0).inserted }
  }

  /// Makes a directory that only its user may write into; one that is there has to be such.
  static func make(_ path: String) throws(CommandError) {
    if mkdir(path, 0o755) == 0 { return }
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
      status.st_uid == Machine.effectiveUser, status.st_mode & 0o022 == 0
    else {
      throw CommandError(.cantCreate, "\(path) is no directory that this user alone may write into")
    }
  }

  /// Files that name a process and belong to its user: nobody speaks for somebody else's server.
  static func announcements(in directory: String) -> [String] {
    directoryEntries(of: directory).filter { $0.hasPrefix("serve-") && $0.hasSuffix(".json") }
      .map { "\(directory)/\($0)" }
      .filter { path in
        guard let number = Int32(path.split(separator: "/").last?.dropFirst(6).dropLast(5) ?? "")
        else { return false }
        var file = stat()
        var process = stat()
        guard lstat(path, &file) == 0, file.st_mode & S_IFMT == S_IFREG else { return false }
        // One of a process that is gone is told from the start time.
        guard lstat("/proc/\(number)", &process) == 0 else { return true }
        return file.st_uid == process.st_uid || file.st_uid == 0
      }
  }

  static func remove(_ path: String) { unlink(path) }
}
