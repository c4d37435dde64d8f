import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite("No click is lost or made up, however the server ends")
struct LossTests {
  static let codes = (0..<30).map { "c\($0)" }

  /// Eight clients that go on until their connection ends.
  static func load(port: Int, _ random: inout SeededGenerator) throws -> Load {
    let load = Load()
    for _ in 0..<8 {
      let seed = random.next()
      try load.start { load in
        var random = SeededGenerator(seed: seed)
        load.ask(try Client(port: port), codes, &random)
      }
    }
    return load
  }

  @Test("After a kill: as many as were answered at least, and not more than were sent")
  func killed() async throws {
    var random = SeededGenerator.forTest()
    let files = try HostProcess.Files()
    try await files.create(Self.codes)
    var before: Int64 = 0
    for _ in 0..<4 {
      let host = try HostProcess(files, threads: 2)
      let load = try Self.load(port: try host.port(), &random)
      while load.redirected.load(ordering: .relaxed) < 500 {
        try await Task.sleep(for: .milliseconds(2))
        if !load.failed.isEmpty { break }
      }
      try await Task.sleep(for: .milliseconds(Int.random(in: 0...300, using: &random)))
      host.signal(SIGKILL)
      #expect(try host.wait() == -SIGKILL)
      try await load.wait()
      #expect(load.failed.isEmpty)
      // The next start counts what the journal holds.
      let next = try HostProcess(files, threads: 2)
      _ = try next.port()
      next.signal(SIGTERM)
      #expect(try next.wait() == 0)
      let clicks = try await files.clicks() - before
      before += clicks
      let answered = Int64(load.redirected.load(ordering: .relaxed))
      #expect(answered >= 500)
      #expect(answered <= clicks)
      #expect(clicks <= load.sent.load(ordering: .relaxed))
    }
  }

  @Test("After a stop: as many as redirects were answered to GETs, and the same after a restart")
  func stopped() async throws {
    var random = SeededGenerator.forTest()
    let files = try HostProcess.Files()
    try await files.create(Self.codes)
    var answered: Int64 = 0
    for _ in 0..<4 {
      let host = try HostProcess(files, threads: 2)
      let load = try Self.load(port: try host.port(), &random)
      let goal = Int.random(in: 200...2000, using: &random)
      while load.redirected.load(ordering: .relaxed) < goal {
        try await Task.sleep(for: .milliseconds(2))
        if !load.failed.isEmpty { break }
      }
      // Under load.
      host.signal(SIGTERM)
      #expect(try host.wait() == 0)
      try await load.wait()
      #expect(load.failed.isEmpty)
      answered += Int64(load.redirected.load(ordering: .relaxed))
      #expect(try await files.clicks() == answered)
    }
    let last = try HostProcess(files)
    _ = try last.port()
    last.signal(SIGTERM)
    #expect(try last.wait() == 0)
    #expect(try await files.clicks() == answered)
  }
}
