import Glibc
import LinuxSystem
import Synchronization
import TestSupport

/// Clients, each on a thread of its own, that ask for as long as they are to.
final class Load: Sendable {
  /// GET requests for links, counted before they are sent.
  let sent = Atomic(0)
  /// Redirects of such requests that were read.
  let redirected = Atomic(0)
  /// Changes of links so far.
  let changes = Atomic(0)
  /// What must not have happened.
  private let failures = Mutex<[String]>([])
  private let over = Atomic(false)
  private let running = Atomic(0)

  var isOver: Bool { over.load(ordering: .acquiring) }
  /// Clients that have not ended.
  var count: Int { running.load(ordering: .acquiring) }
  var failed: [String] { failures.withLock { $0 } }

  func fail(_ what: String) { failures.withLock { $0.append(what) } }

  /// Starts a client; what it throws is a failure.
  func start(_ body: @escaping @Sendable (Load) throws -> Void) throws {
    running.add(1, ordering: .relaxed)
    try SystemThread.start(named: "client") { [self] in
      do { try body(self) } catch { fail("\(error)") }
      running.subtract(1, ordering: .releasing)
    }
  }

  /// Tells the clients to end and waits until they have.
  func stop() async throws {
    over.store(true, ordering: .releasing)
    try await wait()
  }

  /// Waits until all clients have ended by themselves.
  func wait() async throws {
    while count > 0 { try await Task.sleep(for: .milliseconds(5)) }
  }

  /// Asks for these links over one connection, some requests at a time and HEADs among them, until it ends.
  func ask(_ client: Client, _ codes: [String], _ random: inout SeededGenerator) {
    while !isOver {
      var methods: [String] = []
      var text = ""
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let method = Int.random(in: 0..<5, using: &random) == 0 ? "HEAD" : "GET"
        let code = codes[Int.random(in: 0..<codes.count, using: &random)]
        methods.append(method)
        text += "\(method) /\(code) HTTP/1.1\r\nHost: a\r\n\r\n"
      }
      sent.add(methods.count { $0 == "GET" }, ordering: .relaxed)
      guard (try? client.send(text)) != nil else { return }
      for method in methods {
        guard let answer = try? client.answer(toHead: method == "HEAD") else { return }
        if answer.status != 308 { fail("\(method) was answered \(answer.status)") }
        if method == "GET" { redirected.add(1, ordering: .relaxed) }
        if answer.fields["connection"] == "close" { return }
      }
    }
  }
}
