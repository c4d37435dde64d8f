internal import LinuxSystem

/// A process that removes a server's files when whoever started both is killed and can do it no more.
///
/// It is told by the kernel, as the server is (PR_SET_PDEATHSIG of prctl(2)), and waits for the server's end.
struct ServerCleaner {
  private let process: ChildProcess

  /// Until it is told, it sleeps; `$1` is the server, `$2` its directory. Half a minute is enough:
  /// an init that reaps nobody leaves a server that has ended among the processes.
  private static let script = """
    trap 'told=1' TERM; trap '' INT HUP
    sleep 86400 & nap=$!
    [ "$told" ] || wait $nap
    kill $nap
    tries=0
    while [ $tries -lt 600 ] && kill -0 "$1" 2>/dev/null; do sleep 0.05; tries=$((tries + 1)); done
    rm -rf -- "$2"
    """

  /// nil if none can be started: then nobody cleans up after a `kill -9`.
  init?(after server: ProcessID, directory: String) {
    guard let output = try? FileDescriptor(creating: directory + "/cleaner"),
      let process = try? ChildProcess(
        serving: ["/bin/sh", "-c", Self.script, "lynx-cleaner", "\(server)", directory],
        output: output)
    else { return nil }
    self.process = process
  }

  /// To be called when the server has ended.
  func end() {
    process.send(signal: 15)
    _ = process.wait(milliseconds: 2_000)
  }
}
