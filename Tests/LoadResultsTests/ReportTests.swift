import Foundation
import LoadResults
import Terminal
import TestSupport
import Testing

@Suite("Reports of runs")
struct ReportTests {
  private let plain = Style(.never, for: .output)

  @Test("no line is wider than asked for, nor moves the cursor")
  func width() throws {
    var generator = SeededGenerator.forTest()
    for round in 0..<8 {
      let runs = (0..<Int.random(in: 1...6, using: &generator)).map { _ in anyResult(&generator) }
      let others = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
        anyResult(&generator)
      }
      let origin: LoadComparison.Origin =
        round % 2 == 0 ? .alternating : .saved(file: String(repeating: "long/", count: 30))
      let compared = LoadComparison.comparisons(of: runs, against: others, origin)
      let thresholds = try LoadThreshold.parse("p99<5ms,rps>10k,errors<1%")
      let report = LoadReport(
        runs: runs, comparisons: compared.comparisons, leftOut: compared.leftOut,
        thresholds: runs.flatMap { run in thresholds.map { $0.outcome(of: run) } })
      for width in [80, 100] {
        for line in report.lines(style: plain, width: width) {
          #expect(displayWidth(line) <= width, "\(line)")
          #expect(line == printable(line))
          #expect(!line.contains("hidden"))
        }
      }
      #expect(!report.json.text.contains("hidden"))
    }
  }

  @Test("another parser finds in the JSON what was measured")
  func json() throws {
    var generator = SeededGenerator.forTest()
    let runs = (0..<5).map { _ in anyResult(&generator) }
    let script = """
      import json, sys
      report = json.load(sys.stdin, parse_constant=lambda name: sys.exit(name))
      assert report["schema"] == 1
      for run in report["runs"]:
          for name in ("latency_us", "service_us"):
              times = run.get(name)
              if times is None: continue
              order = [times[k] for k in "min p50 p75 p90 p99 p99_9 p99_99 max".split()]
              assert order == sorted(order) if order[0] is not None else set(order) == {None}
              assert "mean" in times and "stdev" in times
          assert ("service_us" in run) == (run["rate"] is not None)
          assert set(run["errors"]) == set(
              "connect reset timeout malformed unexpected_status unanswered".split())
          rate = run["requests"] / run["duration_seconds"]
          assert abs(run["requests_per_second"] - rate) <= 1e-9 * rate
      json.dump([{"name": run["name"], "cpuSeconds": run["cpu_seconds"],
        "p999": run["latency_us"]["p99_9"],
        "counts": [run["threads"], run["connections"], run["requests"],
          sum(run["status"].values()), run["errors"]["unexpected_status"]]}
        for run in report["runs"]], sys.stdout)
      """
    let text = LoadReport(runs: runs).json.text
    let output = try Tool.run("/usr/bin/env", ["python3", "-c", script], input: Array(text.utf8))
    struct Found: Decodable {
      var name: String
      var counts: [Int]
      var cpuSeconds: Double
      var p999: Double?
    }
    let found = try JSONDecoder().decode([Found].self, from: Data(output))
    #expect(found.count == runs.count)
    for (run, found) in zip(runs, found) {
      #expect(found.name == run.name)
      let answers = run.statuses.values.reduce(0, +)
      #expect(
        found.counts == [
          run.threads, run.connections, run.requests, answers, run.errors.unexpectedStatus,
        ])
      #expect(found.cpuSeconds == run.cpuSeconds)
      let p999 = Double(run.latency.nanoseconds(atPercentile: 99.9)) / 1000
      #expect(found.p999 == (run.latency.isEmpty ? nil : p999))
    }
  }

  @Test("only the errors that occurred are told")
  func errors() {
    var run = LoadResult(name: "a", url: "http://h/", durationSeconds: 1)
    func errorLines() -> String {
      run.lines(style: plain).filter { $0.hasPrefix("errors") }.joined()
    }
    #expect(errorLines().hasSuffix("none"))
    run.errors = LoadErrors(timeout: 3)
    #expect(errorLines().contains("timeouts: 3") && !errorLines().contains("lost"))
    let all = LoadErrors(
      connect: 1, reset: 1, timeout: 1, malformed: 1, unexpectedStatus: 1, unanswered: 1)
    run.errors = all
    #expect(run.lines(style: plain).joined().split(separator: ": 1").count >= all.total)
  }

  @Test("latencies over the top are told")
  func clamped() {
    let run = LoadResult(name: "a", url: "u", latency: histogram(of: [5, .max, .max]))
    #expect(run.lines(style: plain).contains { $0.hasPrefix("note: 2 latencies of more than") })
    #expect(run.json.text.contains("2 latencies of more than an hour"))
  }

  @Test("with a rate, latencies from both starts are side by side")
  func bothStarts() {
    let run = LoadResult(
      name: "a", url: "u", rate: 1000, latency: histogram(of: [2_000_000]),
      serviceTime: histogram(of: [1_000_000]))
    let lines = run.lines(style: plain)
    #expect(lines.contains { $0.contains("from intended start") && $0.contains("actual") })
    #expect(
      lines.contains {
        $0.hasPrefix("p50") && $0.contains("2.000 ms  ") && $0.hasSuffix("1.000 ms")
      })
  }

  @Test("the drawn histogram holds every latency once")
  func drawing() throws {
    var generator = SeededGenerator.forTest()
    for _ in 0..<100 {
      let count = Int.random(in: 1...500, using: &generator)
      let run = LoadResult(
        name: "a", url: "u", latency: histogram(of: anyLatencies(count, &generator)))
      let rows = run.lines(style: plain).filter { $0.contains(" – ") }
      #expect((1...14).contains(rows.count), "\(rows.count) rows")
      var sum = 0.0
      var end: Substring?
      for row in rows {
        let parts = row.split(separator: " ")
        // Rows follow one another without a gap.
        if let end { #expect(parts[0] + parts[1] == end) }
        end = parts[3] + parts[4]
        let share = parts.firstIndex(of: "%").flatMap { Double(parts[$0 - 1]) } ?? 0
        sum += share
        #expect((share > 0) == row.contains { "█▏▎▍▌▋▊▉".contains($0) })
      }
      #expect(abs(sum - 100) <= 0.005 * Double(rows.count) + 1e-9)
    }
  }

  @Test("several runs have one row each, and several of a kind their median")
  func summary() {
    var generator = SeededGenerator.forTest()
    var runs = (0..<7).map { index in
      LoadResult(name: "hot", url: "u", connections: 10, durationSeconds: 1, requests: 100 + index)
    }
    runs.append(anyResult(&generator))
    let lines = RunSummary.lines(of: runs)
    #expect(lines.count { $0.hasPrefix("hot  ") } == 7)
    let text = lines.joined(separator: " ")
    #expect(text.contains("median of 7 runs 103.0 requests/sec (100.0–106.0"))
    #expect(RunSummary.lines(of: [runs[0]]).isEmpty)
  }

  @Test("runs of one name at two servers are told apart, and have a median each")
  func twoServers() {
    let runs = (0..<8).map { index in
      LoadResult(
        name: "hot", url: "http://h:300\(index % 2)/x", connections: 10, durationSeconds: 1,
        requests: index % 2 * 100)
    }
    let lines = RunSummary.lines(of: runs)
    #expect(lines.count { $0.hasPrefix("h:3000 hot  ") } == 4)
    #expect(lines.count { $0.hasPrefix("h:3001 hot  ") } == 4)
    let text = lines.joined(separator: " ")
    #expect(text.contains("h:3000 hot, 10 connections: median of 4 runs 0.0 requests/sec"))
    #expect(text.contains("h:3001 hot, 10 connections: median of 4 runs 100.0 requests/sec"))
  }

  @Test("the line of a run that goes on")
  func live() {
    let figures = LiveFigures(
      requestsPerSecond: 12_345.4, p99Nanoseconds: 1_230_000, errors: 0, elapsedSeconds: 3.9,
      totalSeconds: 30)
    #expect(figures.text == "3 s of 30 s: 12,345/s, p99 1.230 ms, no errors")
    let odd = LiveFigures(
      requestsPerSecond: .infinity, p99Nanoseconds: nil, errors: 1, elapsedSeconds: .nan,
      totalSeconds: nil)
    #expect(odd.text == "nan s: inf/s, 1 error")
  }
}
