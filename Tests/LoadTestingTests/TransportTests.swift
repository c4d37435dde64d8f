import Foundation
import LinuxSystem
import TestSupport
import Testing

@testable import LoadTesting

extension EngineTests {
  @Suite("reaches servers on every way")
  struct TransportTests {
    @Test("Over IPv6, and by a name")
    func internet() async throws {
      let server = try ScriptedServer(.ipv6) { peer in
        while let request = try peer.request() {
          try peer.answer(request.head.contains("\r\nHost: [::1]:") ? 200 : 500)
        }
      }
      let outcome = try await Loading("http://[::1]:\(server.port)/").requests(100).run()
      try await server.stop()
      #expect(outcome.result.statuses == [200: 100])
      let named = try ScriptedServer { peer in
        while try peer.request() != nil { try peer.answer() }
      }
      let other = try await Loading("http://localhost:\(named.port)/").requests(100).run()
      try await named.stop()
      #expect(other.result.requests == 100 && other.errors.total == 0)
    }

    @Test("Over a unix socket, whatever host the URL has")
    func unix() async throws {
      let workshop = try Workshop()
      let path = workshop / "server.socket"
      let server = try ScriptedServer(.unix(path)) { peer in
        while let request = try peer.request() {
          try peer.answer(request.head.hasSuffix("\r\nHost: elsewhere.example") ? 200 : 500)
        }
      }
      var loading = try Loading("http://elsewhere.example/").requests(
        400, threads: 2, connections: 8)
      loading.settings.target.unixSocket = path
      let outcome = try await loading.run()
      try await server.stop()
      #expect(outcome.result.statuses == [200: 400] && outcome.errors.total == 0)

      for (path, kind) in [
        (path + "-none", LoadError.Kind.unreachable),
        (String(repeating: "x", count: 108), .setting),
        ("", .setting),
      ] {
        loading.settings.target.unixSocket = path
        let error = try await loading.refusal()
        #expect(error.kind == kind, "\(error.description)")
      }
    }

    /// A key and a certificate for it, in one file, which it has signed itself.
    static func certificate(_ workshop: Workshop, for name: String) throws -> String {
      let file = workshop / "\(UUID().uuidString).pem"
      try workshop.run(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext 'subjectAltName=\(name)' "
          + "-keyout key.pem -out certificate.pem 2>/dev/null && cat key.pem certificate.pem > '\(file)'"
      )
      return file
    }

    @Test(
      "TLS to a server that proves who it is, by address and by name", arguments: ["1.3", "1.2"])
    func secured(version: String) async throws {
      let workshop = try Workshop()
      let file = try Self.certificate(workshop, for: "IP:127.0.0.1,DNS:localhost")
      for host in ["127.0.0.1", "localhost"] {
        let server = try PythonServer(certificate: file, "tls=\(version)")
        var loading = try Loading("https://\(host):\(server.port)/").requests(
          300, threads: 2, connections: 5)
        loading.settings.certificates = file
        let outcome = try await loading.run()
        #expect(outcome.result.requests == 300 && outcome.errors.total == 0, "\(outcome.errors)")
        #expect(try server.stop().requests == 300)
      }
    }

    @Test("TLS to one that does not: no load, and a sentence that says what to do")
    func unproven() async throws {
      let workshop = try Workshop()
      let own = try Self.certificate(workshop, for: "IP:127.0.0.1")
      let other = try Self.certificate(workshop, for: "DNS:elsewhere.example,IP:127.0.0.2")
      let server = try PythonServer(certificate: own)
      let elsewhere = try PythonServer(certificate: other)
      let empty = try workshop.source("empty.pem", "nothing")
      for (port, trusted, says) in [
        (server.port, nil, "--cacert"), (server.port, other, "--cacert"),
        (elsewhere.port, other, "mismatch"), (server.port, empty, "no certificates"),
        (server.port, workshop / "missing.pem", "no certificates"),
      ] as [(Int, String?, String)] {
        var loading = try Loading("https://127.0.0.1:\(port)/").requests(3)
        loading.settings.certificates = trusted
        let error = try await loading.refusal()
        let text = error.description
        #expect(text.contains(says) && !text.contains("\n"), "\(text)")
        // Nobody has to prove anything if that is said.
        loading.settings.certificates = nil
        loading.settings.verifiesServer = false
        #expect(try await loading.run().result.requests == 3)
      }
    }

    @Test("TLS where it is not spoken, and plain HTTP where it is")
    func mixedUp() async throws {
      let plain = try ScriptedServer { peer in
        while try peer.request() != nil { try peer.answer() }
      }
      let loading = try Loading("https://127.0.0.1:\(plain.port)/").requests(3)
      var impatient = loading
      impatient.settings.timeout = .milliseconds(300)
      let error = try await impatient.refusal()
      #expect(error.kind == .unreachable)
      try await plain.stop()
      let workshop = try Workshop()
      let secured = try PythonServer(certificate: Self.certificate(workshop, for: "DNS:a"))
      let outcome = try await Loading("http://127.0.0.1:\(secured.port)/").requests(3).run()
      #expect(outcome.result.requests == 0 && outcome.errors.total == 3)
    }

    @Test(
      "Bodies and answers of many records go whole over TLS",
      arguments: [(1, 700_000), (4, 700_000), (1, 2)])
    func longOverTLS(pipeline: Int, size: Int) async throws {
      let workshop = try Workshop()
      let file = try Self.certificate(workshop, for: "IP:127.0.0.1")
      let server = try PythonServer(certificate: file, "size=\(size)", "chunked=1")
      var description = RequestDescription()
      description.body = String(repeating: "0123456789", count: 100_000)
      var loading = try Loading("https://127.0.0.1:\(server.port)/", description).requests(
        24, threads: 2, connections: 3)
      loading.settings.certificates = file
      loading.settings.pipeline = pipeline
      let outcome = try await loading.run()
      #expect(outcome.result.requests == 24 && outcome.errors.total == 0, "\(outcome.errors)")
      #expect(outcome.result.bytesReceived > 24 * size)
      let counts = try server.stop()
      #expect(counts.requests == 24 && counts.bytes == 24 * 1_000_000)
    }

    @Test("TLS with a connection for each request, and with a server that dies")
    func endings() async throws {
      let workshop = try Workshop()
      let file = try Self.certificate(workshop, for: "IP:127.0.0.1")
      let closing = try PythonServer(certificate: file, "close=1")
      var loading = try Loading("https://127.0.0.1:\(closing.port)/").requests(60, threads: 2)
      loading.settings.certificates = file
      let outcome = try await loading.run()
      #expect(outcome.result.requests == 60 && outcome.errors.total == 0)
      #expect(try closing.stop().requests == 60)

      let dying = try PythonServer(certificate: file)
      var other = try Loading("https://127.0.0.1:\(dying.port)/").duration(.milliseconds(1_200))
      other.settings.certificates = file
      let lost = try await other.run { _ in
        usleep(500_000)
        dying.kill()
      }
      EndingTests.checkTime(lost, 1.2)
      #expect(lost.result.requests > 0 && lost.errors.connect > 0)
    }
  }

  @Suite("knows its limits")
  struct LimitTests {
    @Test("Two thousand connections at once")
    func many() async throws {
      Machine.raiseOpenFileLimit()
      let limit = Machine.openFileLimit
      try #require(limit >= 2_100, "the limit of open files is \(limit)")
      let server = try PythonServer()
      var loading = try Loading("http://127.0.0.1:\(server.port)/").requests(
        8_000, threads: 2, connections: 2_000)
      loading.settings.timeout = .seconds(60)
      let outcome = try await loading.run()
      #expect(outcome.result.requests == 8_000 && outcome.errors.total == 0, "\(outcome.errors)")
      let counts = try server.stop()
      #expect(counts.requests == 8_000)
      // A load of a number may be over before the last connection is made; most of them are.
      #expect(counts.most <= 2_001 && counts.most > 500)
    }

    @Test("All of two thousand connections are held open for as long as it takes")
    func allAtOnce() async throws {
      Machine.raiseOpenFileLimit()
      let server = try PythonServer()
      var loading = try Loading("http://127.0.0.1:\(server.port)/").duration(.seconds(4))
      loading.settings.threads = 2
      loading.settings.connections = 2_000
      loading.settings.timeout = .seconds(60)
      let outcome = try await loading.run()
      let counts = try server.stop()
      #expect(outcome.result.notes.isEmpty, "\(outcome.result.notes)")
      #expect(counts.most >= 2_000)
      #expect(outcome.result.requests > 2_000)
      #expect(
        outcome.errors.total == outcome.errors.unanswered && outcome.errors.unanswered <= 2_000)
    }

    @Test(
      "More connections than descriptors: one sentence with both numbers, before anything is sent")
    func tooMany() async throws {
      let server = try ScriptedServer { _ in }
      let limit = Machine.openFileLimit
      for connections in [limit, limit * 2, Int.max] {
        var loading = try Loading(server)
        loading.settings.connections = connections
        let error = try await loading.refusal()
        let text = error.description
        #expect(error.kind == .setting && text.contains("\(limit) are allowed"), "\(text)")
        #expect(
          text.contains("at most \(LoadRun.mostConnections(threads: 1, servers: 1))"), "\(text)")
      }
      try await server.stop()
    }

    @Test("What no load can be made of is refused")
    func absurd() async throws {
      let server = try ScriptedServer { _ in }
      for change: @Sendable (inout LoadSettings) -> Void in [
        { $0.threads = 0 }, { $0.connections = 0 }, { $0.pipeline = 0 }, { $0.requests = 0 },
        { $0.rate = 0 }, { $0.rate = -1 }, { $0.rate = .nan }, { $0.rate = .infinity },
        { $0.plan.kinds = [] }, { $0.plan.kinds[0].server = 1 }, { $0.plan.kinds[0].server = -1 },
      ] {
        var loading = try Loading(server)
        change(&loading.settings)
        let error = try await loading.refusal()
        #expect(error.kind == .setting)
      }
      try await server.stop()
    }
  }
}
