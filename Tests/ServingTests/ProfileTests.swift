import Foundation
import Glibc
import TestSupport
import Testing

@Suite("lynx serve takes profiles of itself")
struct ProfileTests {
  private static let path = "/debug/pprof/profile"

  /// Redirects without a pause until it is stopped.
  private final class Load {
    private let process = Process()

    init(_ server: ServedLynx, code: String, seconds: Int = 120) throws {
      process.executableURL = URL(fileURLWithPath: try ServedLynx.executable())
      process.arguments = [
        "bench", "-c8", "-t1", "-d\(seconds)s", "http://127.0.0.1:\(server.redirectPort)/\(code)",
      ]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
    }

    deinit {
      process.terminate()
      process.waitUntilExit()
    }
  }

  /// `go tool pprof` on an address, as people type it.
  private func pprof(_ server: ServedLynx, _ query: String) throws -> String {
    // The tool keeps a copy of what it fetches.
    let output = try Tool.run(
      "/usr/bin/env",
      [
        "HOME=\(server.place.path)", "/usr/bin/go", "tool", "pprof", "-top", "-nodecount=1000",
        "-nodefraction=0", "http://127.0.0.1:\(server.apiPort)\(Self.path)\(query)",
      ])
    return String(decoding: output, as: UTF8.self)
  }

  @Test("go tool pprof fetches one of a loaded server and finds its functions")
  func pprof() throws {
    let server = try ServedLynx()
    try server.create("one")
    let load = try Load(server, code: "one")
    let table = try pprof(server, "?seconds=3&hz=199")
    withExtendedLifetime(load) {}
    for text in [
      "Type: cpu", "target: process \(server.processID) (lynx)", "199 Hz", "RedirectLoop",
      "RequestParser",
    ] {
      #expect(table.contains(text), "\(text): \(table.prefix(4000))")
    }
    #expect(server.stop() == 0)
  }

  /// It would ask the server for the names of such a file, which has no more of them than the profile.
  @Test("go tool pprof reads one that a file without names has a part in")
  func nameless() throws {
    let workshop = try Workshop()
    let source = try workshop.source(
      "nameless.c",
      """
      #include <pthread.h>
      static volatile unsigned long turns;
      static void *spin(void *unused) { for (;;) turns++; return unused; }
      __attribute__((constructor)) static void start(void) {
        pthread_t thread;
        pthread_create(&thread, 0, spin, 0);
      }
      """)
    try workshop.run("cc -O1 -shared -fPIC -s -o nameless.so \(source) -lpthread")
    let server = try ServedLynx(prefix: ["LD_PRELOAD=\(workshop / "nameless.so")"])
    let table = try pprof(server, "?seconds=1&hz=199")
    #expect(table.contains("nameless.so"), "\(table.prefix(4000))")
    #expect(server.stop() == 0)
  }

  /// What the scrapers of Parca and of Pyroscope (Grafana Alloy) send, and what they want of an answer before they
  /// hand it on: `seconds`, the interval or a second less, once for each target; the key as a bearer's; 200, no text,
  /// `application/octet-stream`, and all of it a few seconds after the interval at the latest.
  @Test("scrapers are given what they ask for, one profile after another, with a key")
  func scrapers() throws {
    let server = try ServedLynx(["--auth", "api-key"])
    let key = try #require(
      server.said.split(separator: "\n").first { $0.hasPrefix("lynx_") }.map(String.init))
    let link = #"{"url":"https://example.org/","custom_code":"one"}"#
    #expect(try server.api("POST", "/api/urls", link, key: key).status == 201)
    let load = try Load(server, code: "one")
    let file = server.place.path + "/scraped.pb.gz"
    for query in ["?seconds=2", "?seconds=3&seconds=3"] {
      let shown = try Tool.run(
        "/usr/bin/curl",
        [
          "-s", "--max-time", "15", "-o", file, "-w", "%{http_code} %header{content-type}",
          "-H", "Accept-Encoding: gzip", "-H", "User-Agent: Parca/0.24",
          "-H", "Authorization: Bearer \(key)",
          "http://127.0.0.1:\(server.apiPort)\(Self.path)\(query)",
        ])
      #expect(String(decoding: shown, as: UTF8.self) == "200 application/octet-stream")
      let raw = String(
        decoding: try Tool.run(
          "/usr/bin/env",
          ["HOME=\(server.place.path)", "/usr/bin/go", "tool", "pprof", "-raw", file]),
        as: UTF8.self)
      // The names Go's CPU profiles have, by which they are stored.
      #expect(raw.contains("PeriodType: cpu nanoseconds"), "\(raw.prefix(400))")
      #expect(raw.contains("samples/count cpu/nanoseconds"), "\(raw.prefix(400))")
      #expect(raw.contains("RedirectLoop"))
    }
    withExtendedLifetime(load) {}
    #expect(server.stop() == 0)
  }

  @Test("a server without work gives a profile without samples, or with few")
  func idle() throws {
    let server = try ServedLynx()
    #expect(try pprof(server, "?seconds=1&hz=1").contains("Type: cpu"))
    let answer = try server.api("GET", Self.path + "?seconds=1")
    #expect(answer.status == 200 && answer.body.starts(with: [0x1f, 0x8b]))
    #expect(server.stop() == 0)
  }

  @Test(
    "a server that is stopped meanwhile ends as fast as ever, and a client that leaves is let go")
  func ended() throws {
    let server = try ServedLynx()
    func ask(_ seconds: Int) throws -> Process {
      let client = Process()
      client.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
      client.arguments = [
        "-s", "-w", "%{http_code}", "-o", "/dev/null",
        "http://127.0.0.1:\(server.apiPort)\(Self.path)?seconds=\(seconds)",
      ]
      client.standardOutput = Pipe()
      try client.run()
      try eventually("it runs") { try recorders(of: server) == 1 }
      return client
    }
    let leaving = try ask(600)
    #expect(try server.api("GET", Self.path).status == 409)
    // It may have been started with all other signals blocked.
    kill(leaving.processIdentifier, SIGKILL)
    leaving.waitUntilExit()
    try eventually("it is given up") { try recorders(of: server) == 0 }

    let staying = try ask(600)
    #expect(server.stop() == 0, "\(server.errors)")
    let pipe = try #require(staying.standardOutput as? Pipe)
    #expect(
      String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) == "503")
    staying.waitUntilExit()
    #expect(!server.errors.contains("error"), "\(server.errors)")
  }

  /// How many threads of the server record.
  private func recorders(of server: ServedLynx) throws -> Int {
    let folder = "/proc/\(server.processID)/task"
    return try FileManager.default.contentsOfDirectory(atPath: folder).count { thread in
      (try? String(contentsOfFile: "\(folder)/\(thread)/comm", encoding: .utf8))
        == "lynx-profiler\n"
    }
  }

  @Test("profiles follow each other while the server is loaded")
  func repeated() throws {
    let server = try ServedLynx()
    try server.create("one")
    let load = try Load(server, code: "one")
    for _ in 0..<5 {
      let answer = try server.api("GET", Self.path + "?seconds=1&hz=1000")
      #expect(answer.status == 200 && answer.body.count > 1_000, "\(answer.status)")
    }
    withExtendedLifetime(load) {}
    #expect(server.stop() == 0)
  }
}
