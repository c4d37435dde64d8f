import Foundation
import LinuxSystem
import TestSupport
import Testing

@Suite("Other people's clients and proxies understand the answers")
struct OtherClientsTests {
  static let codes = ["a", "b/c", "gr\u{fc}n"]

  /// A host with three links, and its port.
  static func start() async throws -> (files: HostProcess.Files, host: HostProcess, port: Int) {
    let files = try HostProcess.Files()
    try await files.create(codes)
    let host = try HostProcess(files, threads: 2)
    return (files, host, try host.port())
  }

  /// Ends it; how many redirects it says it answered.
  static func stop(_ host: HostProcess) throws -> Int {
    host.signal(SIGTERM)
    let count = Int(try host.line("redirects ").prefix { $0.isNumber })
    #expect(try host.wait() == 0)
    return try #require(count)
  }

  @Test("wrk, 8 threads and 1000 connections: each answer a redirect, no error, each a click")
  func wrk() async throws {
    let (files, host, port) = try await Self.start()
    let output = try Workshop().run(
      "wrk -t 8 -c 1000 -d 2s --timeout 60s http://127.0.0.1:\(port)/a")
    #expect(!output.contains("Socket errors"), "\(output)")
    #expect(!output.contains("Non-2xx"), "\(output)")
    let words = output.split(whereSeparator: \.isWhitespace)
    let place = try #require(words.firstIndex(of: "requests"))
    let read = try #require(Int(words[place - 1]))
    let answered = try Self.stop(host)
    // The last answer of each connection may not have been read.
    #expect(read > 0 && read...(read + 1000) ~= answered)
    #expect(try await files.clicks() == answered)
  }

  @Test("Python's client: keep-alive, HEAD, chunked bodies, HTTP/1.0, escapes in either case")
  func python() async throws {
    let (files, host, port) = try await Self.start()
    let script = """
      import http.client, sys, urllib.error, urllib.request
      port = int(sys.argv[1])
      connection = http.client.HTTPConnection("127.0.0.1", port)
      socket = None
      def ask(method, target, status, location=None, **more):
          global socket
          connection.request(method, target, **more)
          assert socket in (None, connection.sock), "not kept alive"
          socket = connection.sock
          answer = connection.getresponse()
          body = answer.read()
          assert answer.status == status, (method, target, answer.status)
          assert answer.getheader("Location") == location, answer.getheaders()
          assert (status == 308 or method == "HEAD") == (body == b""), body
      green = "https://example.org/gr%C3%BCn"
      for target in ("/gr%c3%bcn", "/gr%C3%BCn", "/%67r%c3%BC%6e", "http://elsewhere/gr%C3%bcn"):
          ask("GET", target, 308, green)
          ask("HEAD", target, 308, green)
      ask("GET", "/b%2fc?d=%zz", 308, "https://example.org/b/c")
      ask("GET", "/nothing", 404)
      ask("HEAD", "/nothing", 404)
      ask("GET", "/", 200)
      ask("POST", "/a", 405, body=iter([b"ab", b"c" * 5000]), encode_chunked=True,
          headers={"Transfer-Encoding": "chunked"})
      ask("GET", "/a", 308, "https://example.org/a", body=b"a body")
      ask("GET", "/a", 308, "https://example.org/a")
      connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"
      ask("GET", "/a", 308, "https://example.org/a", headers={"Connection": "keep-alive"})
      ask("GET", "/a", 308, "https://example.org/a")
      assert connection.sock is None, "HTTP/1.0 is kept alive"
      # One that follows redirects: to where nobody listens.
      try:
          urllib.request.urlopen(f"http://127.0.0.1:{port}/nothing")
      except urllib.error.HTTPError as error:
          assert error.code == 404 and error.read() == b"There is no such link.\\n"
      """
    _ = try Tool.run("/usr/bin/env", ["python3", "-", "\(port)"], input: Array(script.utf8))
    #expect(try Self.stop(host) == 13)
    // Four were HEADs.
    #expect(try await files.clicks() == 9)
  }

  @Test("nginx in front of it, over TCP and a unix socket, with connections kept alive")
  func nginx() async throws {
    let files = try HostProcess.Files()
    try await files.create(Self.codes)
    let path = "\(files.directory)/redirects.socket"
    let host = try HostProcess(files, threads: 2, ["--unix", path])
    let port = try host.port()
    let front = try Listener(.loopback(0)).port()
    let configuration = """
      daemon off; user root; worker_processes 1; pid \(files.directory)/nginx.pid;
      error_log \(files.directory)/error.log;
      events { worker_connections 256; }
      http {
        access_log off; client_body_temp_path \(files.directory);
        proxy_temp_path \(files.directory); fastcgi_temp_path \(files.directory);
        uwsgi_temp_path \(files.directory); scgi_temp_path \(files.directory);
        upstream lynx { server 127.0.0.1:\(port); server unix:\(path); keepalive 8; }
        server {
          listen 127.0.0.1:\(front);
          location / {
            proxy_pass http://lynx; proxy_http_version 1.1; proxy_set_header Connection "";
          }
        }
      }
      """
    let file = "\(files.directory)/nginx.conf"
    try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["nginx", "-c", file]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    let client = try await Self.connect(to: front, while: process)
    for number in 0..<400 {
      let code = Self.codes[number % 2]
      try client.send(get("/" + code))
      let answer = try client.answer()
      #expect(answer.status == 308)
      #expect(answer.location == "https://example.org/" + code)
      #expect(answer.fields["cache-control"] == "private, max-age=90")
    }
    #expect(try Self.stop(host) == 400)
    #expect(try await files.clicks() == 400)
  }

  /// A connection to a program that is starting.
  static func connect(to port: Int, while process: Process) async throws -> Client {
    while process.isRunning {
      if let client = try? Client(port: port) { return client }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw Tool.Failure(description: "nginx ended with \(process.terminationStatus)")
  }
}
