import Glibc
import LinuxSystem
import Terminal
import TestSupport

/// A server that answers redirects, on a port of its own.
final class RedirectPeer {
  enum Kind: String, CaseIterable {
    case lynx
    case nginx = "nginx (return 308)"
    case floor = "C epoll loop"
  }

  let kind: Kind
  let port: UInt16
  /// Of Lynx's API; 0 on other sides.
  let apiPort: UInt16
  let command: [String]
  private let process: RunningProcess
  private let bench: Bench
  private let outputPath: String

  /// - Parameters:
  ///   - database: a SQLite file with links, for Lynx's side.
  ///   - cpu: the only one it may run on; nil for all.
  init(
    _ kind: Kind, _ bench: Bench, database: String, threads: Int = 1, cpu: Int? = nil
  ) throws(CommandError) {
    self.kind = kind
    self.bench = bench
    port = try freeLoopbackPort()
    apiPort = kind == .lynx ? try freeLoopbackPort() : 0
    outputPath = bench.scratch("server.txt")
    switch kind {
    case .lynx:
      command =
        pinned(cpu) + [
          bench.lynxPath, "serve", "--database-url", "sqlite://\(database)", "--journal-dir",
          bench.scratch("clicks"), "--redirect-port", "\(port)", "--api-port",
          "\(apiPort)", "--threads", "\(threads)",
        ]
    case .nginx:
      let path = bench.scratch("nginx.conf")
      try OutputFile.write(Array(Self.nginxSettings(bench, port, threads).utf8), to: path)
      // Relative paths of the settings, its process id among them, are below this directory.
      command =
        pinned(cpu) + [
          "nginx", "-p", try Self.absolute(bench.scratchDirectory), "-c", try Self.absolute(path),
        ]
    case .floor:
      let path = "\(bench.fixtureDirectory)/redirects"
      try bench.mustRun(
        ["gcc", "-O2", "-o", path, "Tests/Fixtures/Programs/redirects.c"], within: 120)
      command = pinned(cpu) + [path, "\(port)"]
    }
    process = try RunningProcess(
      command, .init(outputPath: outputPath, errorPath: bench.scratch("errors.txt")))
    let deadline = Clock.monotonicNanoseconds + 20_000_000_000
    while !canConnect(toLoopbackPort: port) {
      guard Clock.monotonicNanoseconds < deadline, Processes.exists(process.processID) else {
        throw bench.failure(of: command, "does not answer on port \(port)")
      }
      try bench.interrupts.pause(seconds: 0.05)
    }
  }

  private static func absolute(_ path: String) throws(CommandError) -> String {
    guard let found = realpath(path, nil) else {
      throw CommandError(.failed, "\(path) is gone")
    }
    defer { free(found) }
    return String(cString: found)
  }

  /// One process; nothing but the redirect.
  private static func nginxSettings(_ bench: Bench, _ port: UInt16, _ threads: Int) -> String {
    """
    daemon off;
    master_process off;
    worker_processes \(threads);
    pid nginx.pid;
    error_log stderr error;
    worker_rlimit_nofile 8192;
    events { worker_connections 4096; }
    http {
      access_log off;
      keepalive_requests 1000000000;
      keepalive_timeout 75s;
      server {
        listen 127.0.0.1:\(port) backlog=4096;
        location / { return 308 https://example.com/articles/0123456789abcdef; }
      }
    }
    """
  }

  var processID: ProcessID { process.processID }

  /// User and system time of the process so far.
  func cpuSeconds() throws(CommandError) -> Double {
    var clock = clockid_t()
    var time = timespec()
    guard clock_getcpuclockid(process.processID, &clock) == 0, clock_gettime(clock, &time) == 0
    else { throw CommandError(.failed, "\(kind.rawValue) is gone") }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// How many redirects Lynx's side answered so far, as it says itself.
  func answeredRedirects() throws(CommandError) -> Double {
    let text = loopbackAnswer(port: apiPort, path: "/metrics")
    let name = "lynx_redirect_requests_total{status=\"308\"} "
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
      let count = Double(line.dropFirst(name.count))
    else { throw CommandError(.failed, "\(kind.rawValue) does not tell how much it answered") }
    return count
  }

  /// Ends it; what Lynx's side wrote.
  @discardableResult
  func stop() throws(CommandError) -> String {
    process.send(signal: SIGTERM)
    guard try bench.finish(process, within: 30) != nil else {
      throw bench.failure(of: command, "does not end")
    }
    rmdir(bench.scratch("clicks"))
    return readText(outputPath) ?? ""
  }
}

/// What goes before a command to keep it on one CPU; taskset becomes the command itself.
private func pinned(_ cpu: Int?) -> [String] { cpu.map { ["taskset", "-c", "\($0)"] } ?? [] }

/// wrk, asking for codes drawn beforehand.
struct RedirectLoad {
  /// By Zipf (s = 1) from the links of ``SQLiteBenchFile``.
  static func cached(_ bench: Bench) throws(CommandError) -> RedirectLoad {
    var random = SeededGenerator(seed: 30)
    let zipf = Zipf(over: SQLiteBenchFile.linkCount)
    let ranks = Array(0..<SQLiteBenchFile.linkCount).shuffled(using: &random)
    return try RedirectLoad(
      bench, codes: (0..<1 << 17).map { _ in "\(1_000_000 + ranks[zipf.draw(using: &random)])" })
  }

  private let bench: Bench
  private let script: String

  /// Prepares the requests: `codes` in this order, again and again.
  init(_ bench: Bench, codes: [String]) throws(CommandError) {
    self.bench = bench
    script = bench.scratch("draw.lua")
    let list = bench.scratch("codes.txt")
    try OutputFile.write(Array((codes.joined(separator: "\n") + "\n").utf8), to: list)
    let text = """
      local requests, position, count = {}, 0, 0
      function init(arguments)
        for code in io.lines("\(list)") do
          count = count + 1
          requests[count] = wrk.format("GET", "/" .. code)
        end
      end
      function request()
        position = position % count + 1
        return requests[position]
      end

      """
    try OutputFile.write(Array(text.utf8), to: script)
  }

  /// Runs a script of wrk's, under a name of its own.
  init(_ bench: Bench, script text: String, named name: String) throws(CommandError) {
    self.bench = bench
    script = bench.scratch("\(name).lua")
    try OutputFile.write(Array(text.utf8), to: script)
  }

  struct Outcome {
    var requests: Double
    var perSecond: Double
    var bytesPerAnswer: Double
  }

  func command(_ port: UInt16, connections: Int, seconds: Int, cpu: Int? = nil) -> [String] {
    pinned(cpu) + [
      "wrk", "-t1", "-c\(connections)", "-d\(seconds)s", "-s", script, "http://127.0.0.1:\(port)",
    ]
  }

  /// Every request has to be answered with a redirect.
  func run(
    _ port: UInt16, connections: Int, seconds: Int, cpu: Int? = nil
  ) throws(CommandError) -> Outcome {
    let output = bench.scratch("wrk.txt")
    let command = command(port, connections: connections, seconds: seconds, cpu: cpu)
    try bench.mustRun(command, within: Double(seconds) + 30, outputPath: output)
    let text = readText(output) ?? ""
    // "  123456 requests in 5.00s, 20.12MB read"
    let line = text.split(separator: "\n").first { $0.contains(" requests in ") }
    let words = line?.split(separator: " ") ?? []
    guard words.count >= 6, let requests = Double(words[0]), requests > 0,
      let span = Self.seconds(words[3].dropLast()), !text.contains("Non-2xx"),
      !text.contains("Socket errors")
    else {
      throw CommandError(.failed, "wrk was not answered well: \(printable(text.suffix(300)))")
    }
    return Outcome(
      requests: requests, perSecond: requests / span,
      bytesPerAnswer: Self.bytes(words[4]) / requests)
  }

  /// "5.00s" or "1.00m".
  private static func seconds(_ text: Substring) -> Double? {
    Double(text.dropLast()).map { text.hasSuffix("m") ? $0 * 60 : $0 }
  }

  private static func bytes(_ text: Substring) -> Double {
    let units: [(String, Double)] = [
      ("GB", 1_073_741_824), ("MB", 1_048_576), ("KB", 1024), ("B", 1),
    ]
    for (unit, factor) in units where text.hasSuffix(unit) {
      return (Double(text.dropLast(unit.count)) ?? .nan) * factor
    }
    return .nan
  }
}
