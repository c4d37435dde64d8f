internal import LinuxSystem
public import LoadTesting

/// A `lynx serve` on free ports of this machine, started for an experiment and gone afterwards.
public final class SpawnedServer {
  public let instance: LynxInstance
  public var processID: Int32 { process.processID }

  private let process: ChildProcess
  private let directory: TemporaryDirectory
  private let cleaner: ServerCleaner?

  /// Why there is none: one sentence.
  public struct Failure: Error, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// How long a server may take to be ready.
  private static let patience: UInt64 = 30_000_000_000

  /// Starts `executable` with a SQLite file of its own, or with the database given, whose links stay.
  ///
  /// - Parameters:
  ///   - cacheEntries: links in its cache; as many as usual if nil.
  ///   - threads: event loops of redirects; as many as usual if nil.
  public init(
    executable: String, databaseURL: String? = nil, cacheEntries: Int? = nil, threads: Int? = nil
  ) throws(Failure) {
    let directory: TemporaryDirectory
    do throws(SystemCallError) {
      directory = try TemporaryDirectory(prefix: "lynx-serve")
    } catch {
      throw Failure(description: "no directory can be made for a server's files: \(error)")
    }
    var command = [
      executable, "serve", "--database-url", databaseURL ?? "sqlite://\(directory.path)/links.db",
      "--journal-dir", "\(directory.path)/clicks", "--redirect-host", "127.0.0.1",
      "--redirect-port", "0", "--api-host", "127.0.0.1", "--api-port", "0", "--auth", "none",
      "--redirect-base-url", "http://127.0.0.1", "--no-announce",
    ]
    if let cacheEntries { command += ["--cache-max-entries", "\(cacheEntries)"] }
    if let threads { command += ["--threads", "\(threads)"] }
    let log = "\(directory.path)/log"
    do throws(SystemCallError) {
      process = try ChildProcess(serving: command, output: try FileDescriptor(creating: log))
    } catch {
      directory.remove()
      throw Failure(description: "\(executable) cannot be started: \(error)")
    }
    self.directory = directory
    cleaner = ServerCleaner(after: process.processID, directory: directory.path)
    do throws(Failure) {
      instance = try Self.waitUntilReady(process, log)
    } catch {
      process.send(signal: 9)
      _ = try? process.wait()
      directory.remove()
      cleaner?.end()
      throw error
    }
  }

  /// Its banner says where it listens.
  private static func waitUntilReady(
    _ process: ChildProcess, _ log: String
  ) throws(Failure) -> LynxInstance {
    let end = Clock.monotonicNanoseconds &+ patience
    while true {
      let text = readText(log) ?? ""
      if let instance = instance(in: text) { return instance }
      if process.poll() != nil {
        let lines = text.split(separator: "\n").suffix(3).joined(separator: " ")
        throw Failure(
          description:
            "the server that was to be loaded ended: \(lines.isEmpty ? silence(log) : lines)")
      }
      guard Clock.monotonicNanoseconds < end else {
        throw Failure(description: "the server that was to be loaded is not ready after 30 s")
      }
      _ = waitForReadable([], timeoutMilliseconds: 5)
    }
  }

  /// Why a server said nothing.
  private static func silence(_ log: String) -> String {
    let directory = log.lastIndex(of: "/").map { String(log[..<$0]) } ?? "."
    guard let system = try? FileSystem(of: directory), system.availableBytes < 1 << 20 else {
      return "no reason"
    }
    return "there is no space left in \(directory); let TMPDIR name a directory with some"
  }

  static func instance(in banner: String) -> LynxInstance? {
    func target(_ word: String) -> LoadTarget? {
      for line in banner.split(separator: "\n") {
        let words = line.split(separator: " ")
        if words.count > 1, words[0] == word { return try? LoadTarget(String(words[1])) }
      }
      return nil
    }
    // The line of clicks is the banner's last that is always there.
    guard banner.contains("\n  clicks "), let redirects = target("redirects"),
      let api = target("API")
    else { return nil }
    return LynxInstance(redirects: redirects.with(path: "/"), api: api.with(path: "/"))
  }

  /// Ends it in order and removes its files; what it had to say if that went wrong.
  public func stop() -> String? {
    let early = process.poll()
    process.send(signal: 15)
    let status = process.wait(milliseconds: 20_000)
    defer {
      directory.remove()
      cleaner?.end()
    }
    switch early {
    case .killed(let signal):
      return "the server that was loaded was killed by signal \(signal) before it was told to end"
    case .exited(let code):
      return "the server that was loaded ended by itself, with status \(code)\(lastWords)"
    case nil: break
    }
    if status == .exited(0) { return nil }
    if status == nil {
      process.send(signal: 9)
      _ = try? process.wait()
      return "the server that was loaded did not end and was killed"
    }
    return "the server that was loaded ended badly\(lastWords)"
  }

  private var lastWords: String {
    let text = readText("\(directory.path)/log") ?? ""
    return text.split(separator: "\n").last.map { ": \($0)" } ?? ""
  }
}
