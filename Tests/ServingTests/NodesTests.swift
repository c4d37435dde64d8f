import Foundation
import Glibc
import TestSupport
import Testing

@Suite("lynx serve: several nodes on one PostgreSQL, and without it")
struct NodesTests {
  @Test("what one does is seen by the others within a second")
  func together() throws {
    let server = try PostgresServer.shared()
    let url = try server.url(database: server.makeDatabase())
    let nodes = try (0..<2).map { _ in try ServedLynx(["--database-url", url]) }
    for node in nodes { try #require(node.isRunning, "\(node.errors)") }
    try nodes[0].create("one", "https://example.org/0")
    var slowest = 0.0
    for number in 1...20 {
      let here = nodes[number % 2]
      let there = nodes[(number + 1) % 2]
      // In the other's cache.
      _ = try there.redirect("one")
      let edit = try here.api(
        "PATCH", "/api/urls/one", #"{"url":"https://example.org/\#(number)"}"#)
      #expect(edit.status == 200)
      let start = Date()
      try eventually("node \(number % 2)'s edit is seen") {
        try there.redirect("one").fields["location"] == "https://example.org/\(number)"
      }
      slowest = max(slowest, Date().timeIntervalSince(start))
    }
    print("slowest of 20 edits: \(Int(slowest * 1000)) ms")
    // Unknown there until it is created here.
    #expect(try nodes[1].redirect("two").status == 404)
    try nodes[0].create("two")
    try eventually("the new link is seen") { try nodes[1].redirect("two").status == 308 }
    let clicks = try nodes.map { try $0.redirect("two").status }
    #expect(clicks == [308, 308])
    for node in nodes { #expect(node.stop() == 0) }
    let after = try ServedLynx(["--database-url", url])
    #expect(try after.clicks("two") == 3, "of both nodes together")
  }

  @Test("without its database it redirects what it knows, refuses the rest, and recovers")
  func outage() throws {
    let server = try PostgresServer()
    let url = try server.url(database: server.makeDatabase())
    let node = try ServedLynx(["--database-url", url])
    try #require(node.isRunning, "\(node.errors)")
    try node.create("warm")
    try node.create("cold")
    #expect(try node.redirect("warm").status == 308)
    try server.stop("immediate")
    var answered = 1
    for _ in 0..<50 where try node.redirect("warm").status == 308 { answered += 1 }
    #expect(answered == 51)
    let cold = try node.redirect("unknown")
    #expect(cold.status == 503)
    #expect(cold.fields["retry-after"] != nil)
    #expect(try node.api("GET", "/api/urls/warm").status == 503)
    #expect(try node.api("POST", "/api/urls", #"{"url":"https://example.org/"}"#).status == 503)
    #expect(try node.api("GET", "/readyz").status == 503)
    #expect(try node.api("GET", "/healthz").status == 200)
    #expect((try node.metric(#"lynx_database_errors_total{operation="lookup"}"#) ?? 0) > 0)
    try server.start()
    try eventually("redirects from the database") { try node.redirect("cold").status == 308 }
    try eventually("readiness") { try node.api("GET", "/readyz").status == 200 }
    try node.create("new")
    try eventually("the log says so") { node.errors.contains("the database answers again, after ") }
    let lost = node.errors.firstRange(of: "the database does not answer; cached redirects go on")
    let regained = node.errors.firstRange(of: "the database answers again, after ")
    #expect(try #require(lost).upperBound < #require(regained).lowerBound, "\(node.errors)")
    #expect(node.stop() == 0)
    let after = try ServedLynx(["--database-url", url])
    #expect(try after.clicks("warm") == answered)
    #expect(after.stop() == 0)
  }
}
