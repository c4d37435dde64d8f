import Foundation
import TestSupport
import Testing

@Suite("lynx doctor tells whether a server would start, and of one that runs", .serialized)
struct DoctorServiceTests {
  private struct Check: Decodable {
    var id: String
    var status: String
    var observed: String
  }

  private struct Report: Decodable {
    var checks: [Check]
  }

  /// The checks that a command line of bash has lynx doctor write as JSON.
  private static func checks(
    _ line: String, in directory: TemporaryDirectory
  ) throws -> [String: Check] {
    let result = try Executable.shell(line, in: directory)
    let report = try JSONDecoder().decode(Report.self, from: result.outputBytes)
    return Dictionary(report.checks.map { ($0.id, $0) }) { first, _ in first }
  }

  private static func ports() throws -> String {
    let (redirects, api) = (try PostgresServer.freePort(), try PostgresServer.freePort())
    return
      "export LYNX_RUNTIME_DIR=$PWD/run REDIRECT_PORT=\(redirects) API_PORT=\(api); mkdir -p run; "
  }

  @Test("an empty directory is enough for a server, and stays empty")
  func empty() throws {
    let directory = try TemporaryDirectory()
    let checks = try Self.checks(Self.ports() + "$LYNX doctor --for serve --json", in: directory)
    for id in ["redirects_port", "api_port", "writable", "open_files"] {
      #expect(checks["server.\(id)"]?.status == "ok", "\(checks["server.\(id)"] as Any)")
    }
    #expect(try directory.names == ["run"])
  }

  @Test("a server that runs is known by its process, and its database is sound and current")
  func running() throws {
    let directory = try TemporaryDirectory()
    let checks = try Self.checks(
      Self.ports() + """
        $LYNX serve >serve.out 2>&1 & server=$!
        for attempt in $(seq 200); do [ -e run/serve-$server.json ] && break; sleep 0.1; done
        echo $server > pid; $LYNX doctor --json; kill $server; wait $server
        """, in: directory)
    let pid = try directory.read("pid").trimmingCharacters(in: .newlines)
    for id in ["server.redirects_port", "server.api_port"] {
      let check = try #require(checks[id])
      #expect(
        check.status == "ok" && check.observed.contains("lynx serve (process \(pid))"), "\(check)")
    }
    for id in ["file", "wal", "integrity", "schema"] {
      #expect(checks["database.\(id)"]?.status == "ok", "\(checks["database.\(id)"] as Any)")
    }
  }

  @Test("a limit of open files that is too low for a start")
  func openFiles() throws {
    let directory = try TemporaryDirectory()
    // The least with which doctor itself gets along.
    let checks = try Self.checks(
      Self.ports() + "ulimit -n 48; $LYNX doctor --for serve --json", in: directory)
    #expect(
      checks["server.open_files"]?.status == "failed", "\(checks["server.open_files"] as Any)")
  }

  @Test("passwords are in no line of any form")
  func passwords() throws {
    let directory = try TemporaryDirectory()
    let server = try PostgresServer.shared()
    for url in [
      server.url(user: "guarded", password: "hush-hush"),
      "postgresql://lynx:hush-hush@127.0.0.1:1/links", "postgresql://a:hush-hush@b@c/links",
    ] {
      for form in ["--json", "--verbose", "--list"] {
        for place in ["--database-url '\(url)'", ""] {
          let result = try Executable.shell(
            "export DATABASE_URL='\(url)'; $LYNX doctor --for database \(form) \(place)",
            in: directory)
          #expect(!(result.output + result.errors).contains("hush-hush"), "\(result)")
        }
      }
    }
  }
}
