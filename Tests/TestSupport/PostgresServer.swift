internal import Foundation

/// A real PostgreSQL on a directory and a port of its own, gone with the test process however that
/// ends: a watcher reads a pipe from it, stops the server and removes the directory at its end.
///
/// Role `lynx` is the superuser and trusted, `guarded` needs ``guardedPassword``, `rejected` is let
/// in by no method. As root the server runs as `postgres` or `nobody`, since it refuses root.
public final class PostgresServer: Sendable {
  public static let guardedPassword = "p@ss/w?rd #1 ü"
  public let port: Int
  /// Holds the data, the log and the socket.
  public let directory: String
  private let account: PostgresAccount
  private let watcher: PostgresWatcher

  /// The server that tests share; each takes a database of its own from it.
  public static func shared() throws -> PostgresServer { try sharedServer.get() }
  private static let sharedServer = Result { try PostgresServer() }

  /// How a server is set up.
  public enum Configuration: Sendable {
    /// Starts quickly and takes little room.
    case small
    /// As Debian's is, what initdb makes.
    case stock
  }

  /// Databases are set up once in a process and copied for each server.
  private static let small = Result { try Template(.small) }
  private static let stock = Result { try Template(.stock) }

  /// A server of the caller's own, which may stop, kill and start it.
  public init(_ configuration: Configuration = .small) throws {
    let template = try (configuration == .small ? Self.small : Self.stock).get()
    account = template.account
    directory = try account.makeDirectory()
    watcher = try PostgresWatcher(account: account, directory: directory)
    _ = try Tool.run("/bin/cp", ["-a", template.directory + "/data", directory + "/data"])
    var attempts = 0
    while true {
      let port = try Self.freePort()
      do {
        try Self.start(account, directory, port)
        self.port = port
        return
      } catch {
        // Somebody else may have taken the port in between.
        attempts += 1
        if attempts == 5 { throw error }
      }
    }
  }

  /// Over TCP.
  public func url(
    user: String = "lynx", password: String? = nil, database: String = "postgres",
    port: Int? = nil
  ) -> String {
    let secret = password.map { ":" + Self.encoded($0) } ?? ""
    return "postgresql://\(user)\(secret)@127.0.0.1:\(port ?? self.port)/\(Self.encoded(database))"
  }

  /// Over the socket in ``directory``.
  public func socketURL(database: String = "postgres") -> String {
    "postgresql://lynx@/\(Self.encoded(database))?host=\(Self.encoded(directory))&port=\(port)"
  }

  /// A new empty database; its name.
  public func makeDatabase() throws -> String {
    let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "")
    try psql("CREATE DATABASE \(name)")
    return name
  }

  /// What psql prints for a script, rows by line, columns by `|`.
  @discardableResult
  public func psql(_ script: String, database: String = "postgres") throws -> String {
    let output = try Tool.run(
      account.binaries + "/psql",
      ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url(database: database)],
      input: Array(script.utf8))
    return String(decoding: output, as: UTF8.self)
  }

  public func start() throws { try Self.start(account, directory, port) }

  /// Lets nobody finish (`immediate`) or ends sessions in order (`fast`).
  public func stop(_ mode: String = "fast") throws {
    try account.run("pg_ctl", ["-D", directory + "/data", "-m", mode, "-w", "stop"])
  }

  /// SIGKILL to the server and all its sessions at once, as when power fails.
  public func kill() throws {
    let postmaster = try processID
    // Stopped first, so that it cannot start others while they are listed.
    Foundation.kill(postmaster, SIGSTOP)
    let children = try String(
      contentsOfFile: "/proc/\(postmaster)/task/\(postmaster)/children", encoding: .utf8)
    let all = children.split(separator: " ").compactMap { Int32($0) } + [postmaster]
    for process in all { Foundation.kill(process, SIGKILL) }
    for process in all {
      while Foundation.kill(process, 0) == 0, !Self.isZombie(process) { usleep(2_000) }
    }
    // Where nobody waits for orphans their numbers stay taken, and the next server would believe that
    // they live.
    unlink(directory + "/data/postmaster.pid")
    unlink(directory + "/.s.PGSQL.\(port).lock")
  }

  /// Makes a directory the server's own.
  public func give(_ path: String) throws {
    if let user = account.user, chown(path, user.id, user.group) != 0 {
      throw Tool.Failure(description: "\(path) cannot be given to user \(user.id)")
    }
  }

  /// The postmaster.
  public var processID: Int32 {
    get throws {
      let text = try String(contentsOfFile: directory + "/data/postmaster.pid", encoding: .utf8)
      guard let process = text.split(separator: "\n").first.flatMap({ Int32($0) }) else {
        throw Tool.Failure(description: "postmaster.pid names no process: \(text)")
      }
      return process
    }
  }

  private static func isZombie(_ process: Int32) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else {
      return true
    }
    return text.drop { $0 != ")" }.hasPrefix(") Z")
  }

  private static func start(_ account: PostgresAccount, _ directory: String, _ port: Int) throws {
    try account.run(
      "pg_ctl",
      [
        "-D", directory + "/data", "-l", directory + "/log", "-w", "-t", "120", "-o",
        "-p \(port) -k \(directory)", "start",
      ])
  }

  private static func encoded(_ text: String) -> String {
    text.addingPercentEncoding(
      withAllowedCharacters: .alphanumerics.intersection(.init(charactersIn: "!"..."~"))) ?? text
  }

  /// A port nobody listens on at this moment.
  public static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
      }
    }
    guard status == 0 else { throw Tool.Failure(description: "no free port: errno \(errno)") }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  /// A data directory as initdb makes it, with roles and rules; never run after that.
  private final class Template: Sendable {
    let account: PostgresAccount
    let directory: String
    private let watcher: PostgresWatcher

    init(_ configuration: Configuration) throws {
      account = try PostgresAccount()
      directory = try account.makeDirectory()
      watcher = try PostgresWatcher(account: account, directory: directory)
      let data = directory + "/data"
      try account.run(
        "initdb",
        [
          "-D", data, "-U", "lynx", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
        ] + (configuration == .small ? ["--wal-segsize=1"] : []))
      var settings = """

        listen_addresses = '127.0.0.1'
        max_connections = 400
        log_min_messages = info
        """
      if configuration == .small { settings += "\nshared_buffers = 32MB" }
      try Self.append(settings, to: data + "/postgresql.conf")
      try Data(
        """
        local all guarded scram-sha-256
        host all guarded 127.0.0.1/32 scram-sha-256
        host all rejected 127.0.0.1/32 reject
        local all all trust
        host all all 127.0.0.1/32 trust

        """.utf8
      ).write(to: URL(fileURLWithPath: data + "/pg_hba.conf"))
      let roles = """
        CREATE ROLE guarded LOGIN PASSWORD '\(PostgresServer.guardedPassword)';
        CREATE ROLE rejected LOGIN;

        """
      try account.run("postgres", ["--single", "-j", "-D", data, "postgres"], input: roles)
    }

    private static func append(_ text: String, to path: String) throws {
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try file.seekToEnd()
      try file.write(contentsOf: Data(text.utf8))
      try file.close()
    }
  }
}
