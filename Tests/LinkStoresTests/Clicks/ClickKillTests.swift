import Foundation
import LinkStores
import Links
import TestSupport
import Testing

@Suite("No answered click is lost and none is counted twice")
struct ClickKillTests {
  @Test("after kill -9 at 50 random moments", arguments: TestedEngine.allCases)
  func killed(engine: TestedEngine) async throws {
    var random = SeededGenerator.forTest("killed \(engine)")
    let scene = try await ClickScene(engine)
    for run in 0..<50 {
      let before = scene.size
      let process = try scene.start(
        loops: .random(in: 1...4, using: &random),
        flushMilliseconds: .random(in: 1...60, using: &random))
      try #require(process.waits(forBytes: before + 1), "run \(run) ended by itself")
      usleep(.random(in: 0...60_000, using: &random))
      process.kill()
      try scene.recover()
      try await scene.check("run \(run)")
    }
    let account = try await scene.check("in the end")
    print("\(engine.rawValue): \(account.total) answered clicks in 50 runs")
    #expect(account.total > 10_000)
  }

  @Test(
    "over ten restarts in a row, each killed at once or later", arguments: TestedEngine.allCases)
  func restarts(engine: TestedEngine) async throws {
    var random = SeededGenerator.forTest("restarts \(engine)")
    let scene = try await ClickScene(engine)
    for round in 0..<3 {
      for restart in 0..<10 {
        let before = scene.size
        let process = try scene.start()
        // Some are killed while they recover, before they say anything.
        if restart % 3 == 2 {
          usleep(.random(in: 0...30_000, using: &random))
        } else {
          try #require(process.waits(forBytes: before + 1))
          usleep(.random(in: 0...40_000, using: &random))
        }
        process.kill()
      }
      try scene.recover()
      let account = try await scene.check("round \(round)")
      #expect(account.total > 0)
    }
  }

  @Test(
    "when killed between the database's commit and the journal's note of it, or just before",
    arguments: TestedEngine.allCases, ["kill-before-add", "kill-after-add"])
  func aroundCommit(engine: TestedEngine, mode: String) async throws {
    let scene = try await ClickScene(engine)
    for run in 0..<5 {
      #expect(try scene.start(mode).end() == -SIGKILL)
      #expect(scene.journals.count == 1)
      // The recovery is killed at the same place, too: it sends the same batches.
      if run > 1 { #expect(try scene.start(mode).end() == -SIGKILL) }
      try scene.recover()
      try await scene.check("run \(run)")
    }
  }

  @Test("when processes share a directory and recover at once", arguments: TestedEngine.allCases)
  func together(engine: TestedEngine) async throws {
    let scene = try await ClickScene(engine)
    for round in 0..<6 {
      let writers = try (0..<3).map { _ in try scene.start() }
      let before = scene.size
      _ = writers[0].waits(forBytes: before + 20_000)
      for writer in writers { writer.kill() }
      #expect(scene.journals.count { $0.hasSuffix(".journal") } >= 1)
      let recoverers = try (0..<4).map { _ in try scene.start("recover") }
      for recoverer in recoverers { #expect(recoverer.end() == 0) }
      try await scene.check("round \(round)")
    }
  }

  @Test("SIGTERM: everything is flushed, the file goes, status 0", arguments: TestedEngine.allCases)
  func terminated(engine: TestedEngine) async throws {
    let scene = try await ClickScene(engine)
    // Nothing is flushed before the end.
    let process = try scene.start(flushMilliseconds: 3_600_000)
    try #require(process.waits(forBytes: 50_000))
    #expect(try await scene.counted().values.allSatisfy { $0 == 0 })
    #expect(process.terminate() == 0)
    let account = try await scene.check("after SIGTERM")
    #expect(account.answered == account.received)
    #expect(try await scene.counted().values.reduce(0, +) == account.total)
  }
}
