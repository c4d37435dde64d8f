internal import LinkServer

/// Settings and figures of the kernel's network.
struct NetworkFindings {
  let files: SystemFiles

  private func setting(_ name: String) -> Int? {
    files.number("/proc/sys/net/\(name.replacing(".", with: "/"))")
  }

  private static func set(_ name: String, _ value: String) -> Remedy {
    Remedy("sysctl -w net.\(name)=\(value)", needsRoot: true)
  }

  /// What listen(2) is asked for is cut to this.
  var backlog: Finding {
    guard let most = setting("core.somaxconn") else {
      return Finding(.notApplicable, "net.core.somaxconn cannot be read")
    }
    let wanted = Int(RedirectSettings.backlog)
    if most >= wanted { return Finding(.ok, "net.core.somaxconn is \(most)") }
    return Finding(
      .warning, "net.core.somaxconn is \(most): of a burst, more are refused",
      expected: "\(wanted)", remedy: Self.set("core.somaxconn", "\(wanted)"))
  }

  // MARK: Ephemeral ports

  private static let usualRange = 28_232

  private var range: ClosedRange<Int>? {
    let ends = (files.text("/proc/sys/net/ipv4/ip_local_port_range") ?? "")
      .split { $0 == " " || $0 == "\t" }.compactMap { Int($0) }
    return ends.count == 2 && ends[0] <= ends[1] ? ends[0]...ends[1] : nil
  }

  /// The ports of outgoing connections: what a load generator uses up, and where a server's own port is
  /// taken by chance before the server starts.
  func ephemeralPorts(serving ports: [Int]) -> Finding {
    guard let range else {
      return Finding(.notApplicable, "net.ipv4.ip_local_port_range cannot be read")
    }
    let text = "\(range.lowerBound) to \(range.upperBound)"
    let reserved = reservedPorts
    if let port = ports.first(where: { port in
      range.contains(port) && !reserved.contains { $0.contains(port) }
    }) {
      let all = (reserved.map(Self.text) + ports.filter(range.contains).map { "\($0)" })
      return Finding(
        .warning, "port \(port) is among those of outgoing connections, \(text)",
        expected: "ports of servers reserved",
        remedy: Self.set("ipv4.ip_local_reserved_ports", all.joined(separator: ",")))
    }
    if range.count < Self.usualRange {
      return Finding(
        .warning, "\(text): \(range.count) connections to one address at most",
        expected: "32768 to 60999",
        remedy: Self.set("ipv4.ip_local_port_range", "'32768 60999'"))
    }
    return Finding(.ok, "\(text), \(range.count) of them")
  }

  private var reservedPorts: [ClosedRange<Int>] {
    (files.text("/proc/sys/net/ipv4/ip_local_reserved_ports") ?? "").split(separator: ",")
      .compactMap { part in
        let ends = part.split(separator: "-").compactMap { Int($0) }
        guard let first = ends.first, let last = ends.last, first <= last else { return nil }
        return first...last
      }
  }

  private static func text(_ range: ClosedRange<Int>) -> String {
    range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
  }

  // MARK: Connections

  /// Connections that are over and whose ports are kept (TIME_WAIT), and those that the firewall follows.
  var connections: Finding {
    let waiting = waitingConnections
    if let tracked = setting("netfilter.nf_conntrack_count"),
      let most = setting("netfilter.nf_conntrack_max"), most > 0, tracked * 5 >= most * 4
    {
      return Finding(
        tracked >= most ? .failed : .warning,
        "the firewall follows \(tracked) of \(most) connections; at that many, others are dropped",
        expected: "less than four fifths",
        remedy: Self.set(
          "netfilter.nf_conntrack_max", "\(most.multipliedReportingOverflow(by: 4).partialValue)"))
    }
    guard let waiting else {
      return Finding(.notApplicable, "/proc/net/sockstat cannot be read")
    }
    if let range, waiting * 2 >= range.count {
      return Finding(
        .warning, "\(waiting) in TIME_WAIT, for \(range.count) ports of outgoing connections",
        expected: "less than half; connections kept alive need none",
        remedy: Self.set("ipv4.tcp_tw_reuse", "1"))
    }
    return Finding(.ok, "\(waiting) in TIME_WAIT")
  }

  /// The number behind `tw` in the line of TCP.
  private var waitingConnections: Int? {
    let line = (files.text("/proc/net/sockstat") ?? "").split(separator: "\n").first {
      $0.hasPrefix("TCP:")
    }
    guard let words = line?.split(separator: " "), let place = words.firstIndex(of: "tw"),
      place + 1 < words.count
    else { return nil }
    return Int(words[place + 1])
  }
}
