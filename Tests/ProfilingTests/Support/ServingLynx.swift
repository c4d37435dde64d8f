import Foundation
import Glibc
import Testing

/// A `lynx serve` on free ports, in a directory of its own, that takes profiles of itself.
final class ServingLynx {
  let directory: Scratch
  let process: Launched
  private(set) var redirectPort = 0
  private(set) var apiPort = 0

  /// - Parameter prefix: a command that its own is put behind.
  init(prefix: [String] = [], executable: String = Lynx.path, in directory: Scratch) throws {
    self.directory = directory
    let arguments = [
      "serve", "--database-url", "sqlite://\(directory / "links.db")", "--redirect-port", "0",
      "--api-port", "0",
    ]
    process = try Launched(prefix + [executable] + arguments, in: directory, name: "serve")
    let isReady = eventually(seconds: 60) {
      !self.process.isRunning || self.errors.contains("ready after")
    }
    try #require(isReady && process.isRunning, "\(errors)")
    // The banner is one write.
    redirectPort = try port(behind: "redirects")
    apiPort = try port(behind: "API")
  }

  deinit { process.end() }

  var errors: String { (try? directory.read("serve.err")) ?? "" }

  private func port(behind name: String) throws -> Int {
    let line = try #require(
      errors.split(separator: "\n").first { $0.hasPrefix("  \(name) ") })
    let digits = line.components(separatedBy: "127.0.0.1:").last?.prefix { $0.isNumber }
    return try #require(digits.flatMap { Int($0) }, "\(line)")
  }

  func create(_ code: String) throws {
    let answer = try curl([
      "-d", #"{"url":"https://example.org/","custom_code":"\#(code)"}"#, "-H",
      "Content-Type: application/json", "http://127.0.0.1:\(apiPort)/api/urls",
    ])
    try #require(answer == 201)
  }

  func address(seconds: Int, hertz: Int) -> String {
    "http://127.0.0.1:\(apiPort)/debug/pprof/profile?seconds=\(seconds)&hz=\(hertz)"
  }

  /// Takes a profile into the file `NAME.pb.gz`; the answer's status.
  func profile(seconds: Int, hertz: Int, to name: String) throws -> Int {
    try curl([address(seconds: seconds, hertz: hertz)], output: directory / "\(name).pb.gz")
  }

  private func curl(_ arguments: [String], output: String = "/dev/null") throws -> Int {
    let name = "curl-\(UUID().uuidString)"
    let tool = try Launched(
      ["curl", "-s", "-o", output, "-w", "%{http_code}"] + arguments, in: directory, name: name)
    defer { tool.end() }
    _ = tool.wait(seconds: 200)
    return Int(try directory.read("\(name).out")) ?? 0
  }

  /// Redirects without a pause until it is ended.
  func load(_ code: String) throws -> Launched {
    try Launched(
      [
        Lynx.path, "bench", "-c8", "-t1", "-d300s", "http://127.0.0.1:\(redirectPort)/\(code)",
      ], in: directory, name: "load")
  }

  /// Ends it in order; its status.
  func stop() -> Int32 {
    process.send(SIGTERM)
    return process.wait().status
  }
}
