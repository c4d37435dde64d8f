import Glibc
import LinuxSystem
import Terminal

/// The Swift server on a port of its own, and wrk to load it.
final class LoadedServer {
  private static let readySeconds = 20.0
  /// At most so long does a load go on by itself.
  private static let longestLoadSeconds = 1200

  let processID: ProcessID
  let command: [String]
  private let bench: Bench
  private let server: RunningProcess
  private let port: UInt16
  private var load: RunningProcess?
  private(set) var requestRates = Series("requests/s under the load", .count)

  init(_ bench: Bench) throws(CommandError) {
    self.bench = bench
    port = try freeLoopbackPort()
    command = [try bench.serverPath(), "\(port)"]
    server = try RunningProcess(command)
    processID = server.processID
    let deadline = Clock.monotonicNanoseconds + UInt64(Self.readySeconds * 1e9)
    while !canConnect(toLoopbackPort: port) {
      guard Clock.monotonicNanoseconds < deadline, Processes.exists(processID) else {
        throw CommandError(.failed, "the Swift server does not answer on port \(port)")
      }
      try bench.interrupts.pause(seconds: 0.05)
    }
    // What is compiled, cached or mapped at the first requests is not what is measured.
    try startLoad()
    try bench.interrupts.pause(seconds: 1)
    try stopLoad()
    requestRates = Series(requestRates.name, .count)
  }

  var loadCommand: [String] {
    [
      "wrk", "-t1", "-c32", "-d\(Self.longestLoadSeconds)s",
      "http://127.0.0.1:\(port)/hello/world",
    ]
  }

  func startLoad() throws(CommandError) {
    load = try RunningProcess(loadCommand, .init(outputPath: bench.scratch("wrk.txt")))
    try bench.interrupts.pause(seconds: 0.5)
  }

  /// Ends the load and checks that all of it was answered.
  func stopLoad() throws(CommandError) {
    guard let load else { return }
    load.send(signal: SIGINT)
    let end = try bench.finish(load, within: 10)
    self.load = nil
    let text = readText(bench.scratch("wrk.txt")) ?? ""
    guard end != nil, !text.contains("Socket errors"), !text.contains("Non-2xx"),
      let rate = Self.rate(in: text)
    else {
      throw CommandError(.failed, "wrk was not answered well: \(printable(text.suffix(300)))")
    }
    requestRates.set(rate, pair: requestRates.points.count)
  }

  private static func rate(in text: String) -> Double? {
    let label = "Requests/sec:"
    let line = text.split(separator: "\n").first { $0.hasPrefix(label) }
    return line.flatMap { Double($0.dropFirst(label.count).drop { $0 == " " }) }
  }
}
