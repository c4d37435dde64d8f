import Foundation
import Links
import TestSupport
import Testing

/// `ClickWriter` as a process, to be killed at any moment.
final class ClickProcess {
  private let process = Process()
  private let output: String

  /// What it says is appended to `output`.
  init(
    _ database: String, directory: String, mode: String = "count", links: [Int64], output: String,
    loops: Int = 2, flushMilliseconds: Int = 20
  ) throws {
    self.output = output
    process.executableURL = URL(fileURLWithPath: try fixtureProgram("ClickWriter"))
    process.arguments =
      [database, directory, "\(loops)", "\(flushMilliseconds)", mode] + links.map { "\($0)" }
    let descriptor = open(output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    process.standardOutput = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try process.run()
  }

  var isRunning: Bool { process.isRunning }

  /// Waits until it has said so much, or ended; false if it ended before.
  func waits(forBytes count: Int) -> Bool {
    while true {
      var status = stat()
      if stat(output, &status) == 0, status.st_size >= count { return true }
      if !process.isRunning { return false }
      usleep(1_000)
    }
  }

  func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  func terminate() -> Int32 {
    process.terminate()
    return end()
  }

  /// Waits for its end: its status, or the negative number of the signal.
  func end() -> Int32 {
    process.waitUntilExit()
    return process.terminationReason == .exit
      ? process.terminationStatus : -process.terminationStatus
  }
}

/// What the processes of a test said, of each link.
struct ClickAccount {
  var received: [Int64: Int64] = [:]
  var answered: [Int64: Int64] = [:]
  /// What their journals reported.
  var notices: [String] = []

  init(_ path: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    // Whoever is killed while writing a line leaves it as it is: then it was not said.
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let words = line.split(separator: " ")
      if line.hasPrefix("!") { notices.append(String(line)) }
      guard words.count == 3, let link = Int64(words[1]), let clicks = Int64(words[2]) else {
        continue
      }
      if words[0] == "+" { received[link, default: 0] += clicks }
      if words[0] == "=" { answered[link, default: 0] += clicks }
    }
  }

  var total: Int64 { answered.values.reduce(0, +) }
}

/// A database with some links, a journal directory, and what was said about them.
struct ClickScene {
  let fixture: StoreFixture
  let directory: String
  let output: String
  private(set) var links: [Link] = []

  /// A server of PostgreSQL that may be stopped.
  let server: PostgresServer?

  init(
    _ engine: TestedEngine, links count: Int = 12, server: PostgresServer? = nil
  ) async throws {
    self.server = server
    fixture = try StoreFixture(engine, server: server)
    directory = fixture.directory + "/clicks"
    output = fixture.directory + "/said"
    for index in 0..<count { links.append(try await fixture.create("link-\(index)")) }
  }

  func start(
    _ mode: String = "count", loops: Int = 2, flushMilliseconds: Int = 20
  ) throws -> ClickProcess {
    try ClickProcess(
      fixture.url, directory: directory, mode: mode, links: links.map(\.id), output: output,
      loops: loops, flushMilliseconds: flushMilliseconds)
  }

  /// Has another process recover, which may count nothing of its own.
  func recover() throws {
    let status = try start("recover").end()
    #expect(status == 0)
  }

  /// Waits until this process reaches its database again.
  func untilReachable() async throws {
    for _ in 0..<600 {
      do throws(LinkError) { return try await fixture.store.ping() } catch { usleep(20_000) }
    }
    Issue.record("the database does not come back")
  }

  /// Clicks in the database, by link.
  func counted() async throws -> [Int64: Int64] {
    var counted: [Int64: Int64] = [:]
    for link in links { counted[link.id] = try await fixture.store.link(code: link.code).clicks }
    return counted
  }

  var size: Int {
    var status = stat()
    return stat(output, &status) == 0 ? Int(status.st_size) : 0
  }

  var journals: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
  }

  /// answered ≤ counted ≤ received, for each link; and nothing is left anywhere.
  @discardableResult
  func check(_ what: String, expectingNotices: Bool = false) async throws -> ClickAccount {
    let account = try ClickAccount(output)
    for (link, clicks) in try await counted() {
      #expect(account.answered[link, default: 0] <= clicks, "\(what): link \(link) lost clicks")
      #expect(clicks <= account.received[link, default: 0], "\(what): link \(link) counted twice")
    }
    #expect(account.notices.isEmpty != expectingNotices, "\(what)")
    #expect(journals.isEmpty, "\(what)")
    return account
  }
}
