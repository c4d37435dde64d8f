internal import Experiments
internal import Glibc
internal import LinuxSystem

/// Whether addresses can be listened at: tried by taking them as a server does, and leaving them again.
struct PortFindings {
  let places: [ServingSubject.Place]
  /// The option that sets another port.
  let option: String

  /// Of the first place that is not to be had, or of all.
  var finding: Finding {
    if places.isEmpty {
      return Finding(.notApplicable, "a service manager hands the sockets over")
    }
    let findings = places.map(finding)
    let worst = findings.first { $0.status == .failed } ?? findings.first { $0.status == .warning }
    if let worst { return worst }
    return Finding(.ok, findings.map(\.observed).joined(separator: "; "))
  }

  private func finding(_ place: ServingSubject.Place) -> Finding {
    switch place {
    case .internet(let host, let port): internet(place.text, host, port)
    case .unix(let path): unix(path)
    }
  }

  // MARK: TCP

  private func internet(_ text: String, _ host: String, _ port: Int) -> Finding {
    do throws(SystemCallError) {
      _ = try SocketCalls.bound(to: ResolvedAddress(host: host, port: port), sharesPort: false)
      return Finding(.ok, "\(text) is free")
    } catch {
      return refused(text, host, port, error)
    }
  }

  private func refused(
    _ text: String, _ host: String, _ port: Int, _ error: SystemCallError
  ) -> Finding {
    if error.call == "getaddrinfo" {
      return Finding(
        .failed, "the name \(host) has no address", expected: "an address of this machine",
        remedy: Remedy("lynx serve \(hostOption) 127.0.0.1"))
    }
    switch error.code {
    case EADDRINUSE: return taken(text, host, port)
    case EACCES, EPERM:
      return Finding(
        .failed, "\(text): this user may not listen at ports below 1024 (EACCES)",
        expected: "a port that this user may have",
        // Not setcap, which would take away the capabilities that a profiler was given.
        remedy: Remedy(
          "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=\(port)", needsRoot: true))
    case EADDRNOTAVAIL:
      return Finding(
        .failed, "\(host) is no address of this machine (EADDRNOTAVAIL)",
        expected: "one of those that ip address lists",
        remedy: Remedy("lynx serve \(hostOption) 127.0.0.1"))
    default:
      return Finding(
        .failed, "\(text): \(error.reason)", expected: "an address that can be listened at",
        remedy: Remedy("lynx serve \(hostOption) 127.0.0.1"))
    }
  }

  private var hostOption: String { option.replacing("-port", with: "-host") }

  private func taken(_ text: String, _ host: String, _ port: Int) -> Finding {
    let sockets = Processes.sockets(onPort: port)
    let remedy = freePort(host, after: port).map { Remedy("lynx serve \(option) \($0)") }
    guard sockets.contains(where: \.isListening) else {
      return Finding(
        .failed, "\(text) is in use by a connection from this machine (EADDRINUSE)",
        expected: "a free port", remedy: remedy)
    }
    guard let process = Processes.listening(onPort: port) else {
      let user = sockets.first(where: \.isListening).map { Machine.userName($0.user) } ?? "another"
      return Finding(
        .failed, "\(text) is held by a process of user \(user); root can see which",
        expected: "a free port", remedy: remedy)
    }
    let name = Processes.status(of: process)?.name ?? "unknown"
    if ServerAnnouncement.running().contains(where: { $0.pid == process }) {
      return Finding(.ok, "\(text) is held by lynx serve (process \(process)), which runs")
    }
    return Finding(
      .failed, "\(text) is held by \(name) (process \(process))", expected: "a free port",
      remedy: remedy)
  }

  /// The next port that can be had; nil if none of a few can.
  private func freePort(_ host: String, after port: Int) -> Int? {
    (port + 1...port + 50).first { candidate in
      guard let address = try? ResolvedAddress(host: host, port: candidate) else { return false }
      return (try? SocketCalls.bound(to: address, sharesPort: false)) != nil
    }
  }

  // MARK: Unix sockets

  private func unix(_ path: String) -> Finding {
    let folder = path.lastIndex(of: "/").map { path[...$0] }.map(String.init) ?? "."
    guard access(folder, W_OK | X_OK) == 0 else {
      let code = errno
      return Finding(
        .failed, "\(path): its directory cannot be written to: \(String(cString: strerror(code)))",
        expected: "a directory of this user's",
        remedy: code == ENOENT
          ? .makeDirectory(folder)
          : Remedy("lynx serve --unix-socket \"$HOME/lynx.sock\""))
    }
    var status = stat()
    guard lstat(path, &status) == 0 else { return Finding(.ok, "\(path) can be made") }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      return Finding(
        .failed, "\(path) is there and no socket", expected: "a socket, or nothing",
        remedy: Remedy("lynx serve --unix-socket \(shellWord(path + ".sock"))"))
    }
    guard let address = try? ResolvedAddress(path: path),
      let number = try? SocketCalls.connect(to: address)
    else { return Finding(.ok, "\(path) was left behind by a server that is gone") }
    SocketCalls.close(number)
    let text = "unix:\(path)"
    if let server = ServerAnnouncement.running().first(where: { $0.redirects.contains(text) }) {
      return Finding(.ok, "\(path) is held by lynx serve (process \(server.pid)), which runs")
    }
    return Finding(
      .failed, "somebody listens at \(path)", expected: "a path that nobody listens at",
      remedy: Remedy("lynx serve --unix-socket \(shellWord(path + ".2"))"))
  }
}
