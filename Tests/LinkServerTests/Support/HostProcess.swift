import Databases
import Foundation
import LinkStores
import Links
import LinuxSystem
import Migrations
import TestSupport

/// Tests/Fixtures/RedirectHost as a process of its own, over a SQLite file and a click journal that
/// outlive it.
final class HostProcess {
  /// A database and the place of a journal, removed with the last of those that use them.
  final class Files: Sendable {
    let directory: String
    var database: String { "\(directory)/links.db" }

    init() throws {
      directory = NSTemporaryDirectory() + "lynx-redirects-" + UUID().uuidString
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      _ = try Migrator(database: DatabaseURL("sqlite://\(database)"), origin: .embedded(.sqlite))
        .up()
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// Creates links while no host runs.
    func create(_ codes: [String]) async throws {
      let store = try SQLiteLinkStore(path: database)
      for code in codes {
        _ = try await store.create(
          NewLink(
            code: try ShortCode(custom: code),
            destination: try Destination("https://example.org/\(code)"), createdBy: nil))
      }
      await store.close()
    }

    /// What the database has counted; while no host runs.
    func clicks() async throws -> Int64 {
      let store = try SQLiteLinkStore(path: database)
      let clicks = try await store.counts().clicks
      await store.close()
      return clicks
    }
  }

  let processID: pid_t
  private let output: FileDescriptor
  private var text = ""
  private var isOver = false

  /// - Parameters:
  ///   - shell: what is done before it, by the shell that becomes the host.
  ///   - options: behind the port and the number of threads.
  ///   - descriptors: what the host has from descriptor 3 on.
  init(
    _ files: Files, port: Int = 0, threads: Int = 1, _ options: [String] = [],
    shell: String = ":", descriptors: [Int32] = []
  ) throws {
    // A pipe would be inherited by what other tests start meanwhile.
    var ends: [Int32] = [-1, -1]
    try retryingSystemCall("socketpair") {
      socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends)
    }
    output = FileDescriptor(owning: ends[0])
    defer { close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // Copies far above, so that none is overwritten before it was copied itself.
    var copies: [Int32] = []
    defer { for copy in copies { close(copy) } }
    for (number, place) in zip(descriptors + [ends[1]], descriptors.indices.map { 3 + $0 } + [1]) {
      let copy = try retryingSystemCall("fcntl") { fcntl(number, F_DUPFD_CLOEXEC, 512) }
      copies.append(Int32(copy))
      posix_spawn_file_actions_adddup2(&actions, Int32(copy), Int32(place))
    }
    // What other tests have open meanwhile would count as the host's.
    let closing =
      "for file in /proc/self/fd/*; do number=${file##*/}; "
      + "[ $number -lt \(3 + descriptors.count) ] || eval \"exec $number>&-\"; done"
    let words =
      [
        "/bin/bash", "-c", closing + " && " + shell + " && exec \"$@\"", "bash", try Self.program(),
        files.database,
      ]
      + ["\(files.directory)/clicks", "\(port)", "\(threads)"] + options
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    // Threads of the tests may have blocked signals.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var processID: pid_t = 0
    let code = posix_spawn(&processID, words[0], &actions, &attributes, &arguments, environ)
    guard code == 0 else { throw SystemCallError(call: "posix_spawn", code: code) }
    self.processID = processID
  }

  deinit {
    if !isOver {
      kill(processID, SIGKILL)
      _ = try? wait()
    }
  }

  static func program() throws -> String {
    let folder = Bundle.main.bundleURL
    let program = [folder, folder.deletingLastPathComponent()]
      .map { $0.appendingPathComponent("RedirectHost").path }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
    guard let program else { throw Tool.Failure(description: "RedirectHost was not built") }
    return program
  }

  /// The rest of the next line that begins like this, waited for.
  func line(_ beginning: String) throws -> String {
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      if let line = lines.first(where: { $0.hasPrefix(beginning) }) {
        let rest = String(line.dropFirst(beginning.count))
        text.removeSubrange(line.startIndex...line.endIndex)
        return rest
      }
      let count = try retryingSystemCall("read") { read(output.number, &chunk, chunk.count) }
      if count == 0 {
        throw Tool.Failure(description: "no line \(beginning.debugDescription) in \(text)")
      }
      text += String(decoding: chunk.prefix(count), as: UTF8.self)
    }
  }

  /// The port it accepts connections on, once it does.
  func port() throws -> Int {
    let text = try line("ready ")
    guard let port = Int(text) else { throw Tool.Failure(description: "no port: \(text)") }
    return port
  }

  func signal(_ number: Int32) { kill(processID, number) }

  /// Waits for its end; the status of its exit, or minus the signal that ended it.
  @discardableResult
  func wait() throws -> Int32 {
    var status: Int32 = 0
    try retryingSystemCall("waitpid") { waitpid(processID, &status, 0) }
    isOver = true
    return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
  }

  /// User and system time so far in hundredths of a second: proc(5), the 14th and 15th field of stat.
  func cpuTicks() throws -> Int {
    let text = readText("/proc/\(processID)/stat") ?? ""
    let fields = (text.components(separatedBy: ") ").last ?? "").split(separator: " ")
    guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
      throw Tool.Failure(description: "no times: \(text)")
    }
    return user + system
  }
}
