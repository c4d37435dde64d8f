import LoadResults
import Terminal
import TestSupport
import Testing

@Suite("Thresholds")
struct ThresholdTests {
  @Test(
    "what can be typed",
    arguments: [
      ("p99<5ms", .percentile(99), .less, 5e6), ("p99.9<=20ms", .percentile(99.9), .atMost, 2e7),
      ("p50>=1us", .percentile(50), .atLeast, 1000), ("mean<1.5s", .mean, .less, 1.5e9),
      ("max < 1m", .maximum, .less, 6e10), ("rps>10000", .requestsPerSecond, .greater, 10_000),
      ("rps>=50k", .requestsPerSecond, .atLeast, 50_000), ("errors<1", .errors, .less, 1),
      ("errors<0.1%", .errorPercent, .less, 0.1), ("p100<1h", .percentile(100), .less, 3.6e12),
    ] as [(String, LoadThreshold.Figure, LoadThreshold.Comparison, Double)])
  func parsed(
    text: String, figure: LoadThreshold.Figure, comparison: LoadThreshold.Comparison, limit: Double
  ) throws {
    let thresholds = try LoadThreshold.parse(text)
    #expect(thresholds.count == 1)
    #expect(thresholds.first?.figure == figure)
    #expect(thresholds.first?.comparison == comparison)
    #expect(thresholds.first?.limit == limit)
    #expect(try LoadThreshold.parse("rps>1,\(text) , max<1s").dropFirst().first == thresholds.first)
  }

  @Test(
    "what is refused says what can be typed",
    arguments: [
      "", ",", "p99<5ms,", "p99", "p99<", "p99=5ms", "p99==5ms", "p99!5ms", "p99<5", "p99<5.0",
      "p101<5ms", "p<5ms", "p-1<5ms", "pinf<5ms", "pnan<5ms", "p9e1<5ms", "p99<-5ms", "p99<>5ms",
      "p99<5ms<6ms", "rps>-1", "rps>1.5", "rps>50kk", "rps>nan", "errors<101%", "errors<%",
      "errors<1e1%", "errors<-1", "latency<5ms", "<5ms", "p99<5 parsecs", "P99<5ms", "mean<1ms;x",
      "p99<99999999999999999999h", "rps>99999999999999999999", "p٩٩<5ms", "errors<١",
    ])
  func refused(text: String) {
    let error = #expect(throws: ValueTextError.self) { try LoadThreshold.parse(text) }
    #expect(error?.message.contains("write") == true, "\(error?.message ?? "")")
  }

  @Test("nothing that is typed traps")
  func hostile() {
    var generator = SeededGenerator.forTest()
    let pieces = [
      "p", "99", ".", "9", "<", ">", "=", "ms", "us", "k", "%", ",", " ", "rps", "errors", "mean",
      "max", "-", "\u{0}", "é", "🂡", "18446744073709551616", "e308",
    ]
    for _ in 0..<3000 {
      let text = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
        pieces.randomElement(using: &generator) ?? ""
      }.joined()
      guard let thresholds = try? LoadThreshold.parse(text) else { continue }
      #expect(thresholds.allSatisfy { $0.limit.isFinite && $0.limit >= 0 })
    }
    #expect(throws: ValueTextError.self) {
      try LoadThreshold.parse(String(repeating: "p99<5ms,", count: 100_000))
    }
  }

  @Test("kept and missed by the figures of the run")
  func outcomes() throws {
    let run = LoadResult(
      name: "a", url: "u", durationSeconds: 10, requests: 990,
      latency: histogram(of: (1...1000).map { UInt64($0) * 1_000_000 }),
      errors: LoadErrors(reset: 4, timeout: 6))
    func isKept(_ text: String) throws -> Bool {
      try LoadThreshold.parse(text).allSatisfy { $0.outcome(of: run).isKept }
    }
    #expect(try isKept("p50<501ms") && !isKept("p50<499ms"))
    #expect(try isKept("p99<992ms") && !isKept("p99<989ms"))
    #expect(try isKept("p99>989ms") && !isKept("p99>992ms"))
    #expect(try isKept("max<=1s") && !isKept("max<1s"))
    #expect(try isKept("max>=1s") && !isKept("max>1s"))
    #expect(try isKept("mean<501ms") && !isKept("mean<500ms"))
    #expect(try isKept("rps>=99") && !isKept("rps>99"))
    #expect(try isKept("errors<=10") && !isKept("errors<10"))
    #expect(try isKept("errors<=1%") && !isKept("errors<1%"))
    let mixed = try LoadThreshold.parse("p50<501ms,errors<1").map { $0.outcome(of: run) }
    #expect(mixed.map(\.isKept) == [true, false])
    #expect(mixed.map(\.observed) == ["500.2 ms", "10"])
    #expect(LoadReport(runs: [run], thresholds: mixed).missesThreshold)
    #expect(!LoadReport(runs: [run], thresholds: [mixed[0]]).missesThreshold)
  }

  @Test("a run without answers misses what it could not measure")
  func silence() throws {
    let run = LoadResult(name: "a", url: "u")
    for text in ["p99<1h", "mean<1h", "max<1h", "rps>=0", "errors<1%", "errors<=100%"] {
      for threshold in try LoadThreshold.parse(text) {
        let outcome = threshold.outcome(of: run)
        #expect(!outcome.isKept && outcome.value == nil && outcome.observed == "not measured")
      }
    }
    #expect(try LoadThreshold.parse("errors<1")[0].outcome(of: run).isKept)
  }
}
