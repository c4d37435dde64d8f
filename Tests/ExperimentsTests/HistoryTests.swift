import Experiments
import Foundation
import LoadResults
import Terminal
import TestSupport
import Testing

@Suite("A history of runs")
struct HistoryTests {
  private let bench: HistoryBench

  init() throws { bench = try HistoryBench() }

  private static let before = [("ten", 400), ("twenty", 800), ("thirty", 1200), ("forty", 1600)]
  private static let after = [("ten", 400), ("twenty", 800), ("thirty", 600), ("forty", 2200)]

  @Test(
    "names what changed, the largest first, with its sign, and links each run to the one before")
  func knownChange() throws {
    let first = try bench.keep(Self.before, at: 1000)
    let second = try bench.keep(
      [("ten", 400), ("twenty", 1000), ("thirty", 800), ("forty", 1800)], at: 2000)
    let third = try bench.keep(Self.after, at: 3000)
    try bench.keep(Self.after, at: 4000, label: "other")
    let state = try bench.history.update()

    #expect(state.runs.count == 4 && state.skipped.isEmpty)
    let comparison = try #require(state.run(third)?.comparison)
    #expect(comparison.previous == second && comparison.hasDifference)
    let found = try #require(comparison.changes).functions
    #expect(found.map(\.name) == ["forty", "thirty", "twenty"])
    #expect(found.map { $0.itself.new - $0.itself.base } == [400, -200, -200])
    #expect(state.run(second)?.comparison?.previous == first)
    #expect(state.run(first)?.comparison == nil)
    // Of another scenario: there is none before.
    #expect(state.runs.first { $0.name.label == "other" }?.comparison == nil)

    let page = try bench.judge()
    #expect(page.broken.isEmpty, "\(page.broken)")
    let text = page.text
    #expect(text.contains("+10.00") && text.contains("−5.00"))
    let order = ["1970-01-01 00:50:00", "1970-01-01 00:33:20", "1970-01-01 00:16:40"].map {
      text.range(of: $0, options: .backwards)?.lowerBound
    }
    #expect(order[0] != nil && order[1] != nil && order[2] != nil)
    let html = try bench.read("index.html")
    let places = [third, second, first].compactMap {
      html.range(of: "id=\"\($0.stem)\"")?.lowerBound
    }
    #expect(places.count == 3 && places == places.sorted(), "not the newest first")
    #expect(try bench.read("index.md").contains("| forty | +10.00\\* | 45.0 % → 55.0 % |"))
    #expect(try bench.read(third.stem + ".diff.svg").contains("beyond noise"))
  }

  @Test("finds nothing where only chance was at work")
  func chance() throws {
    var random = SeededGenerator.forTest()
    let weights = (0..<40).map { Double($0 + 1) }
    let sum = weights.reduce(0, +)
    let runs = 41
    for run in 0..<runs {
      var counts = [Int](repeating: 0, count: weights.count)
      for _ in 0..<Int.random(in: 1500...3000, using: &random) {
        var place = Double.random(in: 0..<sum, using: &random)
        let function = weights.firstIndex {
          place -= $0
          return place < 0
        }
        counts[function ?? 0] += 1
      }
      try bench.keep(
        counts.enumerated().map { ("f\($0)", $1) }, at: Int64(run) * 10)
    }
    let state = try bench.history.update()
    let compared = state.runs.compactMap(\.comparison?.changes)
    #expect(compared.count == runs - 1)
    // Own and total are asked for, each wrong in at most one comparison of a hundred: more than five of
    // forty are less likely than one in a thousand.
    #expect(compared.count { $0.count > 0 } <= 5)
  }

  @Test("sets the loads side by side, and says what a share costs a request")
  func loads() throws {
    func load(_ requests: Int, cpu: Double, connections: Int = 64) -> LoadResult {
      var latency = LatencyHistogram()
      for index in 1...1000 { latency.record(nanoseconds: UInt64(index) * 1000) }
      return LoadResult(
        name: "work", url: "http://127.0.0.1/", connections: connections, durationSeconds: 10,
        serverCPUSeconds: cpu, requests: requests, latency: latency)
    }
    let first = try bench.keep(Self.before, at: 1000)
    try bench.keep(load: load(100_000, cpu: 2), of: first)
    let second = try bench.keep(Self.after, at: 2000)
    try bench.keep(load: load(150_000, cpu: 6, connections: 32), of: second)
    let state = try bench.history.update()
    let run = try #require(state.run(second))
    let text = run.lines(style: .plain, width: nil).joined(separator: "\n")
    #expect(text.contains("requests/s 10,000 → 15,000 (+50.0 %)"), "\(text)")
    // 40 % of 20 µs, 55 % of 40 µs.
    #expect(text.contains("8.0 µs → 22.0 µs"), "\(text)")
    #expect(text.contains("connections differ: 32, and 64 before"))
    let report = run.json(in: bench.history).text
    #expect(report.contains("\"requests_per_second\":{\"new\":15000.0,\"base\":10000.0}"))
    #expect(try bench.judge().text.contains("8.0 µs → 22.0 µs"))
  }

  @Test("compares each pair once; a run that was deleted is compared past")
  func cached() throws {
    var runs: [RunName] = []
    for number in 0..<20 {
      runs.append(try bench.keep(number % 2 == 0 ? Self.before : Self.after, at: Int64(number)))
    }
    _ = try bench.history.update()
    let page = try bench.read("index.html")
    func inodes() throws -> [String: Int] {
      let names = try bench.names.filter { $0.hasSuffix(".diff.svg") || $0.hasSuffix(".run.json") }
      return Dictionary(uniqueKeysWithValues: try names.map { ($0, try bench.inode($0)) })
    }
    let before = try inodes()
    #expect(before.count == 39)
    // Recordings spoilt in the middle would not be understood, were they read again.
    var originals: [RunName: [UInt8]] = [:]
    for run in runs {
      let file = run.stem + ".pb.gz"
      var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(bench.path)/\(file)")))
      originals[run] = bytes
      for place in 10..<(bytes.count - 8) { bytes[place] = 0xff }
      try bench.write(bytes, file)
    }
    _ = try bench.history.update()
    #expect(try bench.read("index.html") == page)
    #expect(try inodes() == before)

    for (run, bytes) in originals { try bench.write(bytes, run.stem + ".pb.gz") }
    try FileManager.default.removeItem(atPath: "\(bench.path)/\(runs[10].stem).pb.gz")
    let state = try bench.history.update()
    let comparison = try #require(state.run(runs[11])?.comparison)
    #expect(comparison.previous == runs[9])
    // Both are of the second kind now.
    #expect(comparison.changes?.count == 0)
    let changed = try inodes().filter { before[$0.key] != $0.value }.keys
    #expect(
      Set(changed) == [runs[11].stem + ".diff.svg", runs[11].stem + ".run.json"], "\(changed)")
    // What is left of the deleted run is named.
    #expect(state.skipped.contains { $0.file == runs[10].stem + ".diff.svg" })
  }

  @Test("runs of one second each have a name of their own, whoever keeps them when")
  func sameSecond() async throws {
    let history = bench.history
    let artifact = try HistoryBench.artifact(Self.before)
    let names = try await withThrowingTaskGroup(of: RunName.self) { group in
      for _ in 0..<60 {
        group.addTask {
          try history.keep(artifact, seconds: 77, commit: "4373855abcde", label: "same")
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(names).count == 60)
    #expect(Set(names.map(\.number)) == Set(1...60))
    let state = try history.update()
    #expect(state.runs.map(\.name.number) == (1...60).reversed())
    #expect(state.runs.compactMap(\.comparison?.changes).allSatisfy { $0.count == 0 })
    #expect(try bench.names.filter { $0.hasPrefix(".") }.isEmpty)
    #expect(try bench.judge().broken.isEmpty)
  }
}
