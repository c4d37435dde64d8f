/// How the files that a process may have open are shared out, so that connections of clients never take
/// the last one: databases, journals and Swift's own threads (libdispatch ends the process if it
/// cannot open a file of /proc about one of them) need some at any time.
struct FileBudget {
  /// Connections to the redirect server.
  let redirects: Int
  /// Connections to the API.
  let api: Int

  init(files: Int, threads: Int) {
    let files = max(0, files)
    // Threads have two each; databases, libraries and what is opened now and then take some dozens.
    let own = min(files / 2, 64 + 2 * max(0, threads) + min(192, files / 16))
    api = max(1, min(1024, files / 8))
    redirects = max(1, files - own - api)
  }
}
