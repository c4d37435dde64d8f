import Databases
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite("PostgreSQL: a listener hears what is sent, and connects again")
struct PostgresListenerTests {
  private final class Heard {
    var events: [PostgresListener.Event] = []
    var connections: Int { events.count { $0 == .connected } }
    var losses: [DatabaseError] {
      events.compactMap { if case .disconnected(let error) = $0 { error } else { nil } }
    }
  }

  @Test("channel, payload and process arrive as they were sent, in order")
  func notifications() throws {
    var generator = SeededGenerator.forTest()
    let server = try PostgresServer.shared()
    let url = try server.url(database: server.makeDatabase())
    let sender = try PostgresConnection(conninfo: url)
    let heard = Heard()
    let channels = ["links", "Ünï \"quoted\""]
    let listener = try PostgresListener(conninfo: url, channels: channels) {
      heard.events.append($0)
    }
    #expect(drive(listener) { heard.connections == 1 })
    var expected = [PostgresListener.Event.connected]
    for _ in 0..<100 {
      let channel = channels.randomElement(using: &generator) ?? ""
      let payload = awkwardText(&generator)
      _ = try sender.query("SELECT pg_notify($1, $2)", parameters: [channel, payload])
      expected.append(
        .notification(channel: channel, payload: payload, processID: sender.serverProcessID))
    }
    _ = try sender.query("SELECT pg_notify('nobody', 'x')")
    #expect(drive(listener) { heard.events.count >= expected.count })
    #expect(heard.events == expected)
    listener.close()
    #expect(listener.descriptor == -1 && listener.deadlineNanoseconds == nil)
    expectSentence(
      failure { try PostgresListener(conninfo: url, channels: ["a\0"]) { _ in } }, .statement, "NUL"
    )
    expectSentence(
      failure { try PostgresListener(conninfo: url, channels: [""]) { _ in } }, .statement,
      "channel")
  }

  @Test("it is back after the server is, and says that it was away")
  func reconnection() throws {
    let server = try PostgresServer()
    let heard = Heard()
    let listener = try PostgresListener(conninfo: server.url(), channels: ["a"]) {
      heard.events.append($0)
    }
    #expect(drive(listener) { heard.connections == 1 })
    try server.kill()
    #expect(drive(listener) { heard.losses.count >= 3 })
    try server.start()
    #expect(drive(listener) { heard.connections == 2 })
    expectSentence(heard.losses.first, .connectionLost, "\(server.port)")
    expectSentence(heard.losses.dropFirst().first, .unreachable, "\(server.port)")
    _ = try PostgresConnection(conninfo: server.url()).query("SELECT pg_notify('a', 'again')")
    #expect(
      drive(listener) {
        if case .notification(_, "again", _)? = heard.events.last { true } else { false }
      })
  }

  @Test("a server that falls silent is asked, and left")
  func keepalive() throws {
    let server = try PostgresServer.shared()
    let heard = Heard()
    var options = PostgresListener.Options()
    options.keepaliveMilliseconds = 50
    options.answerTimeoutMilliseconds = 3_000
    let listener = try PostgresListener(conninfo: server.url(), channels: ["a"], options: options) {
      heard.events.append($0)
    }
    #expect(drive(listener) { heard.connections >= 1 })
    // Some questions that are answered.
    let end = Clock.monotonicNanoseconds + 300_000_000
    #expect(drive(listener) { Clock.monotonicNanoseconds > end })
    let process = try #require(listener.serverProcessID)
    let before = heard.losses.count
    Glibc.kill(process, SIGSTOP)
    defer { Glibc.kill(process, SIGCONT) }
    #expect(drive(listener) { heard.losses.count > before })
    expectSentence(heard.losses.last, .connectionLost, "in time")
    let connections = heard.connections
    #expect(drive(listener) { heard.connections > connections })
  }
}
