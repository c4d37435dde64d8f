internal import Databases
internal import LinkServer
internal import LinuxSystem

/// How the files that a process may have open are shared out, so that connections of clients never take
/// the last one: databases, journals and Swift's own threads (libdispatch ends the process if it
/// cannot open a file of /proc about one of them) need some at any time.
struct FileBudget {
  /// Connections to the redirect server.
  let redirects: Int
  /// Connections to the API.
  let api: Int

  /// Files without which the service does not start, or not for long.
  let needed: Int

  /// - Parameters:
  ///   - files: that the process may have open.
  ///   - sockets: that are listened at or connect to the database's server.
  init(files: Int, threads: Int, sockets: Int) {
    let files = max(0, files)
    // Threads of redirects have two each; 31 files were open with two threads on SQLite, others are
    // opened now and then.
    let least = 40 + 2 * max(0, threads) + max(0, sockets)
    needed = least + 8
    let own = max(least, min(files / 2, 64 + 2 * max(0, threads) + min(192, files / 16)))
    api = max(1, min(1024, files / 8))
    redirects = max(1, files - own - api)
  }

  init(_ settings: ServiceSettings) {
    var sockets = settings.redirects.addresses.count + settings.api.addresses.count
    if case .postgres = settings.database.engine { sockets += settings.databaseConnections + 1 }
    self.init(
      files: Machine.openFileLimit, threads: settings.redirects.threads, sockets: sockets)
  }
}
