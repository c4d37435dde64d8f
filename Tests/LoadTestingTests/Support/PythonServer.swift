import Foundation
import Glibc
import LinuxSystem
import TestSupport

/// A server as a process of its own, in Python's asyncio: for what one in this process cannot do, which is
/// to be killed, to speak TLS, and to have thousands of connections.
final class PythonServer: @unchecked Sendable {
  /// What it says at its end.
  struct Counts: Decodable {
    /// Answered.
    var requests: Int
    /// Bytes of bodies it read.
    var bytes: Int
    /// Connections that were open at the same time.
    var most: Int
  }

  private(set) var port = 0
  private let processID: pid_t
  private var isOver = false
  private let output: String

  /// - Parameters:
  ///   - port: 0 for any.
  ///   - certificate: a file with key and certificate, for TLS.
  ///   - options: `size=BYTES` of an answer's body, `chunked=1`, `close=1` after each answer, `tls=1.2`.
  init(port: Int = 0, certificate: String? = nil, _ options: String...) throws {
    let folder = NSTemporaryDirectory() + "lynx-python-server-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    output = folder + "/output"
    let script = folder + "/server.py"
    try Data(Self.script.utf8).write(to: URL(fileURLWithPath: script))
    // A file rather than a pipe, which other tests' processes would inherit.
    try Data().write(to: URL(fileURLWithPath: output))
    processID = try Self.spawn(
      ["/usr/bin/env", "python3", script, "port=\(port)"]
        + (certificate.map { ["certificate=\($0)"] } ?? []) + options, output: output)
    var found: Int?
    while found == nil {
      let lines = Self.lines(output)
      found = lines.first { $0.hasPrefix("port ") }.flatMap { Int($0.dropFirst(5)) }
      if found == nil, try !isRunning() {
        throw Tool.Failure(description: "the server in Python ended: \(lines)")
      }
      if found == nil { usleep(10_000) }
    }
    self.port = found ?? 0
  }

  deinit {
    kill()
    try? FileManager.default.removeItem(atPath: (output as NSString).deletingLastPathComponent)
  }

  /// Not Foundation's Process, which has to be waited for by the thread that started it.
  private static func spawn(_ words: [String], output: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_APPEND, 0)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // Threads of the tests may have blocked signals.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var processID: pid_t = 0
    let code = posix_spawn(&processID, words[0], &actions, &attributes, &arguments, environ)
    guard code == 0 else { throw SystemCallError(call: "posix_spawn", code: code) }
    return processID
  }

  private func isRunning() throws -> Bool {
    if isOver { return false }
    var status: Int32 = 0
    let code = try retryingSystemCall("waitpid") { waitpid(processID, &status, WNOHANG) }
    isOver = code == processID
    return !isOver
  }

  private func wait() {
    if isOver { return }
    var status: Int32 = 0
    _ = try? retryingSystemCall("waitpid") { waitpid(processID, &status, 0) }
    isOver = true
  }

  private static func lines(_ path: String) -> [String] {
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    // The last line may not be whole.
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  func kill() {
    if isOver { return }
    Glibc.kill(processID, SIGKILL)
    wait()
  }

  /// Ends it; what it counted.
  func stop() throws -> Counts {
    Glibc.kill(processID, SIGTERM)
    wait()
    guard let line = Self.lines(output).last(where: { $0.hasPrefix("{") }) else {
      throw Tool.Failure(description: "no counts: \(Self.lines(output))")
    }
    return try JSONDecoder().decode(Counts.self, from: Data(line.utf8))
  }

  private static let script = """
    import asyncio, json, signal, ssl, sys

    options = dict(word.split("=", 1) for word in sys.argv[1:])
    counts = {"requests": 0, "bytes": 0, "most": 0}
    now_open = 0
    body = b"x" * int(options.get("size", "2"))
    head = b"HTTP/1.1 200 OK\\r\\n"
    if "close" in options:
        head += b"Connection: close\\r\\n"
    if "chunked" in options:
        chunks = [body[i:i + 7777] for i in range(0, len(body), 7777)]
        body = b"".join(b"%x\\r\\n%s\\r\\n" % (len(chunk), chunk) for chunk in chunks) + b"0\\r\\n\\r\\n"
        head += b"Transfer-Encoding: chunked\\r\\n\\r\\n"
    else:
        head += b"Content-Length: %d\\r\\n\\r\\n" % len(body)

    async def serve(reader, writer):
        global now_open
        now_open += 1
        counts["most"] = max(counts["most"], now_open)
        try:
            while True:
                request = await reader.readuntil(b"\\r\\n\\r\\n")
                for line in request.split(b"\\r\\n"):
                    if line.startswith(b"Content-Length: "):
                        content = await reader.readexactly(int(line[16:]))
                        counts["bytes"] += len(content)
                counts["requests"] += 1
                writer.write(head + body)
                await writer.drain()
                if "close" in options:
                    break
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            now_open -= 1
            writer.close()

    async def main():
        context = None
        if "certificate" in options:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(options["certificate"])
            if options.get("tls") == "1.2":
                context.maximum_version = ssl.TLSVersion.TLSv1_2
        server = await asyncio.start_server(
            serve, "127.0.0.1", int(options["port"]), backlog=4096, ssl=context, limit=1 << 20)
        over = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
        print("port", server.sockets[0].getsockname()[1], flush=True)
        await over.wait()
        print(json.dumps(counts), flush=True)
        import os
        os._exit(0)

    asyncio.run(main())
    """
}
