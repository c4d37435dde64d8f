import Foundation
import Glibc
import TestSupport
import Testing

@Suite("lynx serve: from start to stop")
struct LifetimeTests {
  @Test("shortens, redirects, counts, stops and goes on where it was")
  func lifetime() throws {
    let place = try ServedLynx.Place()
    let first = try ServedLynx(in: place)
    #expect(first.errors.contains("schema made"))
    let created = try first.api("POST", "/api/urls", #"{"url":"https://example.com/a?b=1"}"#)
    #expect(created.status == 201)
    let link = try created.object
    let code = try #require(link["short_code"] as? String)
    #expect(link["redirect_base_url"] as? String == "http://127.0.0.1:\(first.redirectPort)")
    for _ in 0..<7 {
      let answer = try first.redirect(code)
      #expect(answer.status == 308)
      #expect(answer.fields["location"] == "https://example.com/a?b=1")
      #expect(answer.fields["cache-control"] == "private, max-age=90")
    }
    #expect(try Exchange.run("HEAD", "/\(code)", port: first.redirectPort).status == 308)
    try eventually("the clicks are shown") { try first.clicks(code) == 7 }
    #expect(try first.metric(#"lynx_redirect_requests_total{status="308"}"#) == 8)
    #expect(try first.api("GET", "/readyz").status == 200)
    #expect(first.stop() == 0)
    // A HEAD is answered like a GET, and is no click.
    #expect(first.errors.contains("stopped after redirecting 8 requests"))

    let second = try ServedLynx(
      ["--redirect-status", "302", "--redirect-max-age", "5m"], in: place)
    #expect(!second.errors.contains("schema made"))
    #expect(try second.clicks(code) == 7)
    let answer = try second.redirect(code)
    #expect(answer.status == 302)
    #expect(answer.fields["cache-control"] == "private, max-age=300")
    #expect(second.stop(SIGINT) == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: place.path + "/lynx.db.clicks")
    #expect(names.isEmpty, "the journal goes with an orderly end")
    let files = try FileManager.default.contentsOfDirectory(atPath: place.path)
    #expect(files.filter { $0.hasPrefix("lynx.db") }.sorted() == ["lynx.db", "lynx.db.clicks"])
  }

  @Test("kill -9 loses no answered click, and the next start has them")
  func killed() throws {
    let place = try ServedLynx.Place()
    var answered = 0
    for _ in 0..<5 {
      let server = try ServedLynx(["--click-flush-interval", "1h"], in: place)
      if answered > 0 {
        #expect(server.errors.contains("20 clicks were recovered from 1 journal that"))
      }
      if answered == 0 { try server.create("one") }
      for _ in 0..<20 where try server.redirect("one").status == 308 { answered += 1 }
      #expect(server.stop(SIGKILL) == -SIGKILL)
    }
    let last = try ServedLynx(in: place)
    #expect(answered == 100)
    #expect(try last.clicks("one") == 100)
    #expect(last.stop() == 0)
    let after = try ServedLynx(in: place)
    #expect(!after.errors.contains("recovered"))
    #expect(after.stop() == 0)
  }

  @Test("edits and deactivations are seen by the next request")
  func edits() throws {
    let server = try ServedLynx()
    try server.create("one", "https://example.org/1")
    for number in 2...20 {
      #expect(try server.redirect("one").fields["location"] == "https://example.org/\(number - 1)")
      let edit = try server.api(
        "PATCH", "/api/urls/one", #"{"url":"https://example.org/\#(number)"}"#)
      #expect(edit.status == 200)
      #expect(try server.redirect("one").fields["location"] == "https://example.org/\(number)")
      #expect(try server.api("PUT", "/api/urls/one/deactivate").status == 200)
      #expect(try server.redirect("one").status == 410)
      #expect(try server.api("PUT", "/api/urls/one/reactivate").status == 200)
    }
    #expect(try server.redirect("none").status == 404)
    try server.create("none")
    #expect(try server.redirect("none").status == 308, "a code that was asked for in vain before")
  }

  @Test(
    "who asks whether it is ready does not keep it at how things were", arguments: [false, true])
  func readiness(onPostgres: Bool) throws {
    var arguments: [String] = []
    if onPostgres {
      let postgres = try PostgresServer.shared()
      arguments = ["--database-url", postgres.url(database: try postgres.makeDatabase())]
    }
    let server = try ServedLynx(arguments)
    try server.create("one", "https://example.org/0")
    for number in 1...10 {
      // More than there are connections that read.
      for _ in 0..<10 { #expect(try server.api("GET", "/readyz").status == 200) }
      let edit = try server.api(
        "PATCH", "/api/urls/one", #"{"url":"https://example.org/\#(number)"}"#)
      #expect(edit.status == 200)
      for _ in 0..<10 {
        let shown = try server.api("GET", "/api/urls/one").object["original_url"] as? String
        #expect(shown == "https://example.org/\(number)")
      }
    }
    #expect(server.stop() == 0)
  }

  @Test("the first key is printed once, and nobody gets in without one")
  func firstKey() throws {
    let place = try ServedLynx.Place()
    let first = try ServedLynx(["--auth", "api-key"], in: place)
    let key = try #require(
      first.said.split(separator: "\n").first { $0.hasPrefix("lynx_") }.map(String.init))
    #expect(!first.errors.contains(key), "what is logged is not secret")
    #expect(try first.api("GET", "/api/urls").status == 401)
    #expect(try first.api("GET", "/api/urls", key: key + "x").status == 401)
    #expect(try first.api("GET", "/api/urls", key: key).status == 200)
    let other = try first.api("POST", "/api/keys", #"{"name":"build"}"#, key: key).object
    let otherKey = try #require(other["key"] as? String)
    #expect(try first.api("POST", "/api/keys", #"{"name":"more"}"#, key: otherKey).status == 403)
    #expect(first.stop() == 0)

    let second = try ServedLynx(["--auth", "api-key"], in: place)
    #expect(!second.said.contains("lynx_"))
    #expect(try second.api("GET", "/api/urls", key: key).status == 200)
    let id = try #require(other["id"] as? Int)
    #expect(try second.api("DELETE", "/api/keys/\(id)", key: key).status < 300)
    #expect(try second.api("GET", "/api/urls", key: otherKey).status == 401)
  }

  @Test("an ordinary user's server is as good as root's, on every address")
  func ordinaryUser() throws {
    let place = try ServedLynx.Place()
    chmod(place.path, 0o777)
    let server = try ServedLynx(
      [
        "--api-host", "127.0.0.1,::1", "--redirect-host", "127.0.0.1,::1", "--unix-socket",
        "r.sock",
      ],
      in: place, asOrdinaryUser: true)
    try #require(server.isRunning, "\(server.errors)")
    #expect(try server.api("GET", "/readyz").status == 200)
    try server.create("one")
    #expect(try server.redirect("one").status == 308)
    var status = stat()
    #expect(stat(place.path + "/r.sock", &status) == 0 && status.st_mode & 0o777 == 0o666)
    #expect(server.stop() == 0)
  }

  @Test("the first key is not lost with a start that fails")
  func keyOfAFailedStart() throws {
    let place = try ServedLynx.Place()
    let other = try ServedLynx()
    let failed = try ServedLynx(
      ["--auth", "api-key"], in: place,
      ports: ["--redirect-port", "0", "--api-port", "\(other.apiPort)"])
    #expect(failed.refusal() == 75)
    let server = try ServedLynx(["--auth", "api-key"], in: place)
    #expect(server.said.contains("lynx_"))
    #expect(server.stop() == 0)
  }

  @Test("the first key is not lost if nobody gets to see it", arguments: [true, false])
  func unprintedKey(isFull: Bool) throws {
    let place = try ServedLynx.Place()
    let pipe = Pipe()
    // The last of its readers.
    try pipe.fileHandleForReading.close()
    let unread = try ServedLynx(
      ["--auth", "api-key"], in: place,
      standardOutput: isFull
        ? FileHandle(forWritingAtPath: "/dev/full") : pipe.fileHandleForWriting)
    #expect(unread.refusal() == 73, "\(unread.errors)")
    #expect(unread.errors.contains("could not be printed and was revoked"), "\(unread.errors)")
    let server = try ServedLynx(["--auth", "api-key"], in: place)
    let key = try #require(
      server.said.split(separator: "\n").first { $0.hasPrefix("lynx_") }.map(String.init))
    #expect(try server.api("GET", "/api/urls", key: key).status == 200)
    #expect(server.stop() == 0)
  }

  @Test("--verbose tells settings, API requests and refused connections, and nothing secret")
  func verbose() throws {
    let place = try ServedLynx.Place()
    let server = try ServedLynx(
      ["-v", "--redirect-status", "302", "--auth", "api-key"], in: place,
      environment: ["REDIRECT_MAX_AGE": "5m"])
    let key = try #require(
      server.said.split(separator: "\n").first { $0.hasPrefix("lynx_") }.map(String.init))
    for line in [
      "REDIRECT_STATUS_CODE=302 (--redirect-status)",
      "DATABASE_URL=sqlite://./lynx.db (by default)",
      "REDIRECT_MAX_AGE=5m (REDIRECT_MAX_AGE in the environment)", "AUTH_MODE=api-key (--auth)",
    ] {
      #expect(server.errors.contains(line), "\(line): \(server.errors)")
    }
    let body = #"{"url":"https://example.org/hidden","custom_code":"veiled"}"#
    #expect(try server.api("POST", "/api/urls", body, key: key).status == 201)
    #expect(try server.api("GET", "/api/urls/veiled?x=covert", key: key + "x").status == 401)
    #expect(try server.redirect("veiled").status == 302)
    let refused = try Exchange.run("GET", "/veiled", port: server.redirectPort, fields: [" x": "y"])
    #expect(refused.status == 400)
    try eventually("it is told") {
      server.errors.contains("behind a request that was refused")
    }
    #expect(server.stop() == 0)
    let lines = server.errors.split(separator: "\n")
    for parts in [
      ["POST", "/api/urls", "201"], ["GET", "/api/urls/{code}", "401"],
    ] {
      #expect(
        lines.count { line in
          line.contains("the API answered") && parts.allSatisfy { line.contains("=\($0)") }
        } == 1, "\(parts): \(server.errors)")
    }
    for secret in [key, "hidden", "veiled", "covert"] {
      #expect(!server.errors.contains(secret), "\(secret): \(server.errors)")
    }
  }

  @Test("a service manager hears when it is ready and when it stops")
  func notified() throws {
    let place = try ServedLynx.Place()
    let path = place.path + "/notify"
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { room in
      for (index, byte) in path.utf8.enumerated() { room[index] = byte }
    }
    let bound = withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0)
    let server = try ServedLynx(in: place, environment: ["NOTIFY_SOCKET": path])
    func heard() -> String {
      var buffer = [UInt8](repeating: 0, count: 256)
      let count = recv(descriptor, &buffer, buffer.count, 0)
      return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
    #expect(heard() == "READY=1")
    #expect(server.stop() == 0)
    #expect(heard() == "STOPPING=1")
  }
}
