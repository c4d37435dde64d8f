import Databases
import Foundation
import Migrations
import TestSupport
import Testing

@Suite("Without descriptors the server waits, says so and goes on")
struct DescriptorTests {
  @Test("More clients than open files: those that are connected are served, the others afterwards")
  func noDescriptors() throws {
    let directory = NSTemporaryDirectory() + "lynx-redirects-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let path = "\(directory)/links.db"
    _ = try Migrator(database: DatabaseURL("sqlite://\(path)"), origin: .embedded(.sqlite)).up()
    let host = Bundle.main.bundleURL.deletingLastPathComponent()
    let executable = [Bundle.main.bundleURL, host].map { $0.appendingPathComponent("RedirectHost") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    let program = try #require(executable, "RedirectHost was not built").path

    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    // It believes that it may have more connections than files.
    process.arguments = [
      "-c", "ulimit -n 60 && exec \"$0\" \"$1\" \"$2\" 0 1 100000", program, path,
      "\(directory)/clicks",
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    defer { if process.isRunning { process.terminate() } }
    let lines = Lines(output.fileHandleForReading)
    let ready = try #require(lines.next { $0.hasPrefix("ready ") })
    let port = try #require(Int(ready.dropFirst(6)))

    var clients = try (0..<100).map { _ in try Client(port: port) }
    for client in clients { try client.send(get("/")) }
    #expect(lines.next { $0.hasPrefix("!") }?.contains("Too many open files") == true)
    #expect(try clients[0].answer().status == 200)
    // It does not spin meanwhile: the CPU time of a second without descriptors.
    let before = try Self.cpuTicks(process.processIdentifier)
    sleep(2)
    #expect(try Self.cpuTicks(process.processIdentifier) - before < 50)
    // Each that goes makes room for another.
    while !clients.isEmpty {
      #expect(try clients.count == 100 || clients[0].answer().status == 200)
      clients.removeFirst()
    }
    process.terminate()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  /// User and system time in hundredths of a second: proc(5), the 14th and 15th field of stat.
  static func cpuTicks(_ process: Int32) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    let fields = (text.components(separatedBy: ") ").last ?? "").split(separator: " ")
    return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
  }

  /// Lines of a running program, waited for.
  final class Lines {
    private let handle: FileHandle
    private var text = ""

    init(_ handle: FileHandle) { self.handle = handle }

    func next(_ isWanted: (Substring) -> Bool) -> String? {
      while true {
        if let line = text.split(separator: "\n").first(where: isWanted) { return String(line) }
        let data = handle.availableData
        if data.isEmpty { return nil }
        text += String(decoding: data, as: UTF8.self)
      }
    }
  }
}
