import Foundation
import LoadResults
import Terminal
import TestSupport
import Testing

@Suite("Comparisons of runs")
struct ComparisonTests {
  private let plain = Style(.never, for: .output)

  /// A run with so many requests a second, each latency and the CPU of a request in proportion.
  private func run(
    _ rate: Double, name: String = "hot", url: String = "http://a/x", connections: Int = 10,
    serverCPU: Bool = true
  ) -> LoadResult {
    let requests = Int(rate * 10)
    return LoadResult(
      name: name, url: url, connections: connections, durationSeconds: 10,
      serverCPUSeconds: serverCPU ? Double(requests) * 0.01 / rate : nil, requests: requests,
      latency: histogram(of: (1...100).map { UInt64(Double($0) * 1e9 / rate) }))
  }

  private func runs(_ count: Int, _ rate: Double, step: Double = 10) -> [LoadResult] {
    (0..<count).map { run(rate + Double($0) * step) }
  }

  @Test("faster runs are faster, shorter and cheaper, and slower ones the opposite")
  func directions() {
    let fast = LoadComparison(runs(5, 10_400), against: runs(5, 10_000), .alternating)
    #expect(fast.figures.map(\.figure) == ComparedFigure.Figure.allCases)
    #expect(fast.figures.map(\.verdict) == [.higher, .lower, .lower, .lower])
    #expect(fast.figures[0].sentence == "faster by 4.0 % (3.7–4.3 %), p = 0.008")
    #expect(abs(fast.figures[0].estimate.ratio - 1.04) < 0.001)
    let slow = LoadComparison(runs(5, 10_000), against: runs(5, 10_400), .alternating)
    #expect(slow.figures.map(\.verdict) == [.lower, .higher, .higher, .higher])
    #expect(slow.figures[0].sentence.hasPrefix("slower by 3.8 % (3.6–4.1 %)"))
    #expect(fast.warnings.isEmpty && slow.warnings.isEmpty)
  }

  @Test("no difference is one that these runs could not show")
  func noDifference() {
    let same = LoadComparison(runs(6, 10_000), against: runs(6, 10_003), .alternating)
    #expect(same.figures.allSatisfy { $0.verdict == .noDifference })
    #expect(same.figures[0].sentence.hasPrefix("no difference that these runs could show ("))
    #expect(same.figures[0].sentence.contains("slower to"))
  }

  @Test(
    "too few runs are said to be too few, however far apart",
    arguments: [
      (1, 1, "1"), (2, 2, "0.33"), (3, 3, "0.1"), (3, 4, "0.06"),
    ])
  func tooFew(m: Int, n: Int, smallest: String) {
    let comparison = LoadComparison(runs(m, 20_000), against: runs(n, 10_000), .alternating)
    #expect(comparison.figures.allSatisfy { $0.verdict == .tooFewRuns })
    #expect(
      comparison.figures[0].sentence.hasPrefix(
        "too few runs to say: with \(m) against \(n) the smallest two-sided p is \(smallest),"))
  }

  @Test("a saved file was not interleaved, and says so")
  func saved() {
    let live = LoadComparison(runs(5, 10_000), against: runs(5, 9000), .alternating)
    let saved = LoadComparison(runs(5, 10_000), against: runs(5, 9000), .saved(file: "a.json.gz"))
    #expect(live.warnings.isEmpty)
    #expect(saved.warnings.count == 1)
    #expect(saved.warnings[0].contains("'a.json.gz' were not interleaved"))
    #expect(saved.lines(style: plain).joined(separator: " ").contains("not interleaved"))
    #expect(saved.json.text.contains(#""interleaved":false"#))
    #expect(live.json.text.contains(#""interleaved":true"#))
  }

  @Test("what differs between the sides is told")
  func differences() {
    let these = [run(100)]
    func warnings(_ origin: LoadComparison.Origin, _ change: (inout LoadResult) -> Void) -> String {
      var other = run(100)
      change(&other)
      return LoadComparison(these, against: [other], origin).warnings.joined(separator: "\n")
    }
    #expect(warnings(.alternating) { _ in }.isEmpty)
    #expect(warnings(.alternating) { $0.threads = 8 } == "threads differ: 1 against 8")
    #expect(warnings(.alternating) { $0.connections = 9 } == "connections differ: 10 against 9")
    #expect(warnings(.alternating) { $0.name = "b" } == "names differ: hot against b")
    #expect(warnings(.alternating) { $0.durationSeconds = 20 }.contains("durations differ"))
    #expect(warnings(.alternating) { $0.durationSeconds = 10.2 }.isEmpty)
    #expect(warnings(.alternating) { $0.rate = 100 }.contains("rates asked for differ: none"))
    #expect(warnings(.alternating) { $0.errors.timeout = 7 }.contains("had 7 errors"))
    #expect(warnings(.alternating) { $0.requests = 0 }.contains("answered no request"))
    // Two live servers have two addresses; the same one at two times should have one.
    #expect(warnings(.alternating) { $0 = run(100, url: "http://b/x") }.isEmpty)
    #expect(warnings(.alternating) { $0 = run(100, url: "http://a/y") }.contains("paths differ"))
    #expect(
      warnings(.saved(file: "f")) { $0 = run(100, url: "http://b/x") }.contains("URLs differ"))
  }

  @Test("what is not known of both sides is not compared")
  func partial() {
    let without = (0..<5).map { run(100 + Double($0), serverCPU: false) }
    let comparison = LoadComparison(runs(5, 100), against: without, .alternating)
    #expect(comparison.figures.map(\.figure) == [.requestsPerSecond, .p50, .p99])
    let silent = LoadResult(name: "hot", url: "http://a/x")
    let nothing = LoadComparison([silent], against: runs(5, 100), .alternating)
    #expect(nothing.figures.isEmpty && nothing.these.runs == 0)
    #expect(nothing.lines(style: plain).contains { $0.contains("nothing to compare") })
    #expect(LoadComparison([], against: [], .alternating).figures.isEmpty)
  }

  @Test("runs are compared with those of their kind")
  func kinds() {
    let these = [
      run(1, name: "hot", connections: 10), run(2, name: "hot", connections: 20),
      run(3, name: "cold", connections: 10), run(4, name: "new"),
    ]
    let those = [
      run(5, name: "cold", connections: 30), run(6, name: "hot", connections: 20),
      run(7, name: "hot", connections: 10), run(8, name: "old"),
    ]
    let (comparisons, leftOut) = LoadComparison.comparisons(
      of: these, against: those, .alternating)
    #expect(comparisons.map(\.name) == ["hot", "hot", "cold"])
    #expect(comparisons.map(\.warnings.count) == [0, 0, 1])
    #expect(comparisons[0].figures.first?.those.median == 7)
    #expect(leftOut.count == 2)
    #expect(leftOut[0].contains("'new,") && leftOut[1].contains("'old,"))
    // One kind on each side is compared whatever it is called.
    let single = LoadComparison.comparisons(
      of: [these[0]], against: [those[3]], .alternating)
    #expect(single.comparisons.count == 1 && single.leftOut.isEmpty)
    #expect(single.comparisons[0].warnings.count == 1)
  }

  @Test("the JSON says the same")
  func json() throws {
    let comparison = LoadComparison(runs(5, 10_400), against: runs(5, 10_000), .alternating)
    let report = LoadReport(runs: runs(5, 10_400), comparisons: [comparison])
    struct Report: Decodable {
      struct Comparison: Decodable {
        struct Figure: Decodable {
          var figure: String
          var ratio: Double
          var interval: [Double]?
          var pValue: Double
          var verdict: String
        }
        var figures: [Figure]
      }
      var schema: Int
      var comparisons: [Comparison]
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let read = try decoder.decode(Report.self, from: Data(report.json.text.utf8))
    #expect(read.schema == 1 && read.comparisons.count == 1)
    for (figure, read) in zip(comparison.figures, read.comparisons[0].figures) {
      #expect(read.figure == figure.figure.rawValue && read.verdict == figure.verdict.rawValue)
      #expect(read.ratio == figure.estimate.ratio && read.pValue == figure.test.pValue)
      #expect(read.interval?.first == figure.estimate.interval?.lowerBound)
    }
  }
}
