import Databases
import Diagnosis
import Foundation
import Glibc
import LinkService
import Logging
import TestSupport
import Testing

/// What a server would use whose files are in a directory.
func serving(
  in directory: String, redirects port: Int = 0, api apiPort: Int = 0, host: String = "127.0.0.1"
) throws -> ServingSubject {
  var settings = ServiceSettings(
    database: try DatabaseURL("sqlite://\(directory)/lynx.db"),
    journalDirectory: directory + "/lynx.db.clicks",
    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  settings.redirects.addresses = [.internet(host: host, port: port)]
  settings.api.addresses = [.tcp(host: host, port: apiPort)]
  return ServingSubject(settings)
}

/// The checks of a server.
func serverChecks(_ serving: ServingSubject, files: SystemFiles = SystemFiles()) -> [Check] {
  var subject = Subject()
  subject.serving = serving
  subject.files = files
  return ServerChecks.all(subject)
}

/// A Python process that listens at a port until its owner goes away.
final class PythonListener {
  let port: Int
  private let process = Process()

  var pid: Int32 { process.processIdentifier }

  init() throws {
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      """
      import socket, sys, time
      s = socket.socket()
      s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
      s.bind(("127.0.0.1", 0)); s.listen(8)
      print(s.getsockname()[1], flush=True)
      time.sleep(600)
      """,
    ]
    process.standardOutput = pipe
    try process.run()
    let line = pipe.fileHandleForReading.availableData
    port = try #require(
      Int(String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  deinit {
    // The threads that tests run on hold signals back, and so does what they start.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
