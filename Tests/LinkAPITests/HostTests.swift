import Foundation
import LinkAPI
import TestSupport
import Testing

@Suite("Without keys the API answers to names that no other site can have")
struct HostTests {
  private static let own = [
    "127.0.0.1", "127.0.0.1:8080", "192.0.2.7", "[::1]", "[::1]:8080", "[2001:db8::7]:80",
    "localhost", "localhost:8080", "LocalHost", "localhost.", "a.localhost:1", "localhost:",
    // As it was told, and so with any name.
    "127.1", "127.1:8080", "127.1.",
  ]
  private static let foreign = [
    "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
    "xlocalhost", "evil.127.1", "127.1.evil.example", "127.2", "127.0.0.1@evil.example",
    "[::1].evil.example", "[evil.example]", "[::1", "::1", "127.0.0.1:80:80", "localhost:evil", "",
    "[127.0.0.1]", "2130706433.evil", "localhost evil",
  ]

  private func statuses(
    _ api: APIFixture, _ host: String, method: String = "GET", target: String = "/api/urls",
    body: String = ""
  ) async throws -> Answer {
    let port = api.port
    return try await onOwnThread {
      let connection = try TestConnection(port: port)
      var head = "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n"
      if !body.isEmpty {
        head += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
      }
      try connection.send(head + "\r\n" + body)
      return try connection.answer()
    }
  }

  @Test("addresses, localhost and names it listens at; others neither read nor write")
  func names() async throws {
    let api = try await APIFixture(settings: {
      $0.addresses = [.tcp(host: "127.1", port: 0)]
    })
    for host in Self.own {
      #expect(try await statuses(api, host).status == 200, "\(host)")
    }
    for host in Self.foreign {
      let read = try await statuses(api, host)
      #expect(read.status == 421, "\(host)")
      #expect(read.error?.contains("--allow-open-api") == true, "\(read.text)")
      let write = try await statuses(
        api, host, method: "POST", body: #"{"url":"https://example.org/"}"#)
      #expect(write.status == 421, "\(host)")
      for target in ["/healthz", "/metrics", "/openapi.json", "/none"] {
        #expect(try await statuses(api, host, target: target).status == 421, "\(host) \(target)")
      }
    }
    #expect(try await api.store.counts().links == 0)
    await api.stop()
  }

  @Test("a target with a host of its own is held to the same")
  func absolute() async throws {
    let api = try await APIFixture()
    for (target, status) in [
      ("http://localhost:1/api/urls", 200), ("http://[::1]:1/api/urls", 200),
      ("http://127.0.0.1/api/urls?limit=1", 200), ("http://evil.example/api/urls", 421),
      ("http://localhost@evil.example/api/urls", 421), ("http://evil.example?x=/", 421),
    ] {
      #expect(try await statuses(api, "localhost", target: target).status == status, "\(target)")
    }
    // As old monitors ask.
    let port = api.port
    let old = try await onOwnThread {
      let connection = try TestConnection(port: port)
      try connection.send("GET /healthz HTTP/1.0\r\n\r\n")
      return try connection.answer().status
    }
    #expect(old == 200)
    await api.stop()
  }

  @Test("with keys, or if everybody may come, every name will do")
  func everyName() async throws {
    let withKeys = try await APIFixture(auth: .apiKey)
    let open = try await APIFixture(settings: { $0.allowsOpenAPI = true })
    for host in ["evil.example", "localhost"] {
      #expect(try await statuses(withKeys, host).status == 401, "\(host)")
      #expect(try await statuses(open, host).status == 200, "\(host)")
    }
    await withKeys.stop()
    await open.stop()
  }
}
