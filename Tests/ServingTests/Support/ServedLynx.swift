import Foundation
import Glibc
import TestSupport
import Testing

/// `lynx serve` as a process, on free ports, in a directory of its own.
final class ServedLynx {
  /// A directory that servers may share one after the other.
  final class Place {
    let path: String

    init() throws {
      path = NSTemporaryDirectory() + "lynx-serve-" + UUID().uuidString
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  let place: Place
  private let process = Process()
  private let output: String
  private(set) var redirectPort = 0
  private(set) var apiPort = 0

  /// Starts it and waits until it says that it is ready, or has ended.
  ///
  /// - Parameters:
  ///   - prefix: a command that its own is put behind.
  ///   - standardOutput: what it gets as that; nil for a file to be read by ``said``.
  init(
    _ arguments: [String] = [], in place: Place? = nil, environment: [String: String] = [:],
    ports: [String] = ["--redirect-port", "0", "--api-port", "0"], asOrdinaryUser: Bool = false,
    prefix: [String] = [], standardOutput: FileHandle? = nil
  ) throws {
    self.place = try place ?? Place()
    output = self.place.path + "/said-" + UUID().uuidString
    if asOrdinaryUser, getuid() == 0 {
      // Where the build is, others may not be let in.
      let copy = self.place.path + "/lynx"
      try FileManager.default.copyItem(atPath: try Self.executable(), toPath: copy)
      process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
      process.arguments =
        ["--reuid=65534", "--regid=65534", "--clear-groups", copy, "serve"] + ports
        + arguments
    } else {
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = prefix + [try Self.executable(), "serve"] + ports + arguments
    }
    process.currentDirectoryURL = URL(fileURLWithPath: self.place.path)
    var variables = ProcessInfo.processInfo.environment
    for name in ["DATABASE_URL", "AUTH_MODE", "NOTIFY_SOCKET", "STATE_DIRECTORY"] {
      variables[name] = nil
    }
    process.environment = variables.merging(environment) { $1 }
    for suffix in [".out", ".err"] {
      _ = FileManager.default.createFile(atPath: output + suffix, contents: nil)
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = standardOutput ?? FileHandle(forWritingAtPath: output + ".out")
    process.standardError = FileHandle(forWritingAtPath: output + ".err")
    try process.run()
    while process.isRunning, !errors.contains("ready after") || !errors.hasSuffix("\n") {
      usleep(2_000)
    }
    redirectPort = port(behind: "redirects") ?? 0
    apiPort = port(behind: "API") ?? 0
  }

  deinit { if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) } }

  /// Beside the executable these tests are in.
  static func executable() throws -> String {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: tests).deletingLastPathComponent().path + "/lynx"
  }

  private func read(_ suffix: String) -> String {
    (try? String(contentsOfFile: output + suffix, encoding: .utf8)) ?? ""
  }

  var errors: String { read(".err") }
  var said: String { read(".out") }
  var isRunning: Bool { process.isRunning }
  var processID: Int32 { process.processIdentifier }

  private func port(behind name: String) -> Int? {
    for line in errors.split(separator: "\n") where line.hasPrefix("  \(name) ") {
      let digits = line.components(separatedBy: "127.0.0.1:").last?.prefix { $0.isNumber }
      return digits.flatMap { Int($0) }
    }
    return nil
  }

  func signal(_ number: Int32) { Glibc.kill(process.processIdentifier, number) }

  /// Waits for its end: its status, or the negative number of the signal.
  func end() -> Int32 {
    process.waitUntilExit()
    return process.terminationReason == .exit
      ? process.terminationStatus : -process.terminationStatus
  }

  /// The status it refused to start with; nil, and killed, if it started.
  func refusal() -> Int32? {
    if errors.contains("ready after") {
      _ = stop(SIGKILL)
      return nil
    }
    return end()
  }

  @discardableResult
  func stop(_ number: Int32 = SIGTERM) -> Int32 {
    signal(number)
    return end()
  }

  // MARK: Requests

  func api(
    _ method: String = "GET", _ path: String, _ body: String? = nil, key: String? = nil
  ) throws -> Exchange.Answer {
    try Exchange.run(
      method, path, port: apiPort, fields: key.map { ["Authorization": "Bearer \($0)"] } ?? [:],
      body: body)
  }

  func redirect(_ code: String) throws -> Exchange.Answer {
    try Exchange.run("GET", "/\(code)", port: redirectPort)
  }

  /// Creates a link.
  func create(_ code: String, _ url: String = "https://example.org/") throws {
    let answer = try api("POST", "/api/urls", #"{"url":"\#(url)","custom_code":"\#(code)"}"#)
    try #require(answer.status == 201, "\(answer.text)")
  }

  func clicks(_ code: String) throws -> Int? {
    try api("GET", "/api/urls/\(code)").object["clicks"] as? Int
  }

  /// The value of a metric without labels, or with these.
  func metric(_ name: String) throws -> Double? {
    for line in try api("GET", "/metrics").text.split(separator: "\n") {
      let parts = line.split(separator: " ")
      if parts.count == 2, parts[0] == name { return Double(parts[1]) }
    }
    return nil
  }
}

/// Waits until something holds, for a minute at most.
func eventually(_ what: String, _ condition: () throws -> Bool) throws {
  for _ in 0..<3000 {
    if try condition() { return }
    usleep(20_000)
  }
  Issue.record("it did not come: \(what)")
}
