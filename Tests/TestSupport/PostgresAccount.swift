internal import Foundation

/// Who runs the server, and from where.
struct PostgresAccount: Sendable {
  let binaries: String
  /// What a command is put behind.
  let prefix: [String]
  let user: (id: uid_t, group: gid_t)?

  /// Foundation knows by a descriptor that a program ended, which a server in the background
  /// would inherit.
  static let closing = """
    for file in /proc/$$/fd/*; do
      number=${file##*/}
      [ "$number" -gt 2 ] && eval "exec $number>&-"
    done

    """

  init() throws {
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql"))
    let found = (["15"] + (versions ?? []).sorted(by: >)).map { "/usr/lib/postgresql/\($0)/bin" }
      .first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
    guard let found else {
      throw Tool.Failure(
        description: "there is no PostgreSQL server here: install the package postgresql")
    }
    binaries = found
    guard geteuid() == 0 else {
      prefix = []
      user = nil
      return
    }
    guard let entry = getpwnam("postgres") ?? getpwnam("nobody") else {
      throw Tool.Failure(description: "there is neither a user postgres nor nobody")
    }
    let user = (id: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
    self.user = user
    prefix = [
      "/usr/bin/setpriv", "--reuid=\(user.id)", "--regid=\(user.group)", "--clear-groups", "--",
    ]
  }

  /// A directory the server may have; its name is short, as that of a socket has to be.
  func makeDirectory() throws -> String {
    let name = UUID().uuidString.prefix(8).lowercased()
    let path = NSTemporaryDirectory() + "lynx-pg-\(name)"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    if let user, chown(path, user.id, user.group) != 0 {
      throw Tool.Failure(description: "\(path) cannot be given to user \(user.id)")
    }
    return path
  }

  func run(_ program: String, _ arguments: [String], input: String = "") throws {
    let line = prefix + ["\(binaries)/\(program)"] + arguments
    _ = try Tool.run(
      "/bin/bash", ["-c", Self.closing + "exec \"$@\"", "closing"] + line,
      input: Array(input.utf8))
  }
}

/// Lives until this process closes a pipe or ends, then stops the server and removes what it had.
final class PostgresWatcher: Sendable {
  private let pipeEnd: Int32

  init(account: PostgresAccount, directory: String) throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0, fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0 else {
      throw Tool.Failure(description: "no pipe: errno \(errno)")
    }
    let process = Process()
    // A session of its own: Ctrl-C at the tests leaves it its work.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/setsid")
    process.arguments =
      [
        "/bin/bash", "-c",
        PostgresAccount.closing + """
          cat > /dev/null
          [ -e "$1/data/postmaster.pid" ] && "${@:2}" -D "$1/data" -m immediate -w -t 20 stop
          rm -rf -- "$1"
          """, "watcher", directory,
      ] + account.prefix + [account.binaries + "/pg_ctl"]
    process.standardInput = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    pipeEnd = ends[1]
  }

  deinit { close(pipeEnd) }
}
