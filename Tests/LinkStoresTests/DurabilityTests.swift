import Foundation
import LinkStores
import Links
import TestSupport
import Testing

@Suite("What was acknowledged is there")
struct DurabilityTests {
  @Test("after kill -9 at 50 random moments", arguments: TestedEngine.allCases)
  func killed(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    var generator = SeededGenerator.forTest()
    let output = fixture.directory + "/acknowledged"
    var total = 0
    for run in 0..<50 {
      let writer = try WriterProcess(
        fixture.url, prefix: "run-\(run)", outstanding: 64, output: output)
      // Some begin to write soon, some late: moments count from the first acknowledgement.
      try #require(try writer.waits(forAcknowledged: 1), "run \(run) ended by itself")
      usleep(.random(in: 0...40_000, using: &generator))
      writer.kill()
      let acknowledged = try writer.acknowledged()
      let found = try await fixture.store.targets(of: acknowledged)
      let missing = zip(acknowledged, found).filter { $1 == nil }.map(\.0)
      #expect(missing.isEmpty, "run \(run) of \(acknowledged.count)")
      total += acknowledged.count
    }
    #expect(try await fixture.store.counts().links >= total)
    print("\(engine.rawValue): \(total) acknowledged links in 50 runs")
  }

  @Test("an fdatasync precedes each acknowledgement")
  func synchronized() throws {
    let fixture = try StoreFixture(.sqlite)
    let trace = fixture.directory + "/trace"
    let writer = try WriterProcess(
      fixture.url, prefix: "traced", outstanding: 1, count: 200,
      output: fixture.directory + "/acknowledged",
      tracedBy: [
        "/usr/bin/strace", "-f", "-qq", "-s", "64", "-e", "trace=write,pwrite64,fdatasync,fsync",
        "-y", "-o", trace,
      ])
    #expect(writer.end() == 0)
    #expect(try writer.acknowledged().count == 200)
    var hasWritten = false
    var isSynchronized = false
    var acknowledgements = 0
    for line in try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n") {
      let isLog = line.contains("links.db-wal>")
      if line.contains("pwrite64("), isLog {
        hasWritten = true
        isSynchronized = false
      } else if line.contains("fdatasync("), isLog, !line.contains("<unfinished") {
        isSynchronized = hasWritten
      } else if line.contains("fdatasync resumed") {
        isSynchronized = hasWritten
      } else if line.contains("write(1<"), line.contains("\"traced-") {
        acknowledgements += 1
        #expect(isSynchronized, "\(line)")
        hasWritten = false
        isSynchronized = false
      }
    }
    #expect(acknowledgements == 200)
  }
}
