import Bytes
import Experiments
import Foundation
import Glibc
import Terminal
import TestSupport
import Testing

@Suite("Files of others in a history are named and passed over")
struct HostileFileTests {
  private let bench: HistoryBench

  init() throws { bench = try HistoryBench() }

  private static let counts = [("a", 500), ("b", 500)]
  /// Tags that the page has by itself.
  private static let ownTags: Set<String> = [
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "span", "div", "table",
    "thead", "tbody", "tr", "th", "td", "section", "small", "a", "img", "details", "summary",
  ]

  private func stem(_ label: String, _ second: Int = 30) -> String {
    "20261128T0822\(second)Z-4373855abcde-\(label)"
  }

  @Test("whatever they are, the runs beside them are shown")
  func kinds() throws {
    let first = try bench.keep(Self.counts, at: 1_795_854_120)
    let artifact = try HistoryBench.artifact(Self.counts)
    let wrong: [(String, [UInt8])] = [
      (stem("work", 31), []), (stem("work", 32), Array(artifact.prefix(artifact.count / 2))),
      (stem("work", 33), Array("not a profile".utf8)), (stem("work", 34), [0x1f, 0x8b]),
      (stem("work", 35), try Gzip.compress([UInt8](repeating: 0, count: 65 << 20))),
      (stem("work", 36), try Gzip.compress(artifact)),
      (stem("work", 37), try Gzip.compress([])),
    ]
    for (stem, bytes) in wrong { try bench.write(bytes, stem + ".pb.gz") }
    let blocked = "\(bench.path)/\(stem("work", 38)).pb.gz"
    #expect(mkfifo(blocked, 0o600) == 0)
    try FileManager.default.createDirectory(
      atPath: "\(bench.path)/\(stem("work", 39)).pb.gz", withIntermediateDirectories: false)
    #expect(symlink("\(stem("work", 40)).pb.gz", "\(bench.path)/\(stem("work", 40)).pb.gz") == 0)
    #expect(symlink("/dev/zero", "\(bench.path)/\(stem("work", 41)).pb.gz") == 0)
    for foreign in [
      "notes.txt", "<script>alert(1)<script>.svg", "\u{1b}[31m&amp;.pb.gz", ".hidden",
    ] {
      try bench.write([1, 2, 3], foreign)
    }
    let last = try bench.keep(Self.counts, at: 1_795_854_180)
    try bench.write(Array("{\"runs\":".utf8), last.stem + ".bench.json.gz")

    let state = try bench.history.update()
    #expect(state.runs.map(\.name) == [last, first])
    #expect(state.run(last)?.comparison?.previous == first)
    #expect(state.run(last)?.figures.load == nil)
    let skipped = Set(state.skipped.map(\.file))
    for (stem, _) in wrong { #expect(skipped.contains(stem + ".pb.gz"), "\(stem)") }
    for second in 38...41 { #expect(skipped.contains(stem("work", second) + ".pb.gz")) }
    #expect(skipped.contains(last.stem + ".bench.json.gz") && skipped.contains("notes.txt"))
    #expect(state.skipped.allSatisfy { !$0.reason.isEmpty })
    let page = try bench.judge()
    #expect(page.tags.isSubset(of: Self.ownTags), "\(page.tags.subtracting(Self.ownTags))")
    #expect(page.text.contains("<script>alert(1)<script>.svg"))
    #expect(!page.text.contains("\u{1b}"))
  }

  @Test("names of functions are text, whatever is in them")
  func names() throws {
    let odd = [
      "</td><script>alert(1)</script>", "a\" onmouseover=\"x", "b|c\n| d | `e` <img src=x>",
      "\u{202E}\u{0}\u{7}", "&lt;", "operator<<(std::ostream&)",
      String(repeating: "N", count: 9000),
    ]
    try bench.keep(odd.map { ($0, 500) }, at: 10)
    let second = try bench.keep(odd.enumerated().map { ($1, 100 + 200 * $0) }, at: 20)
    let state = try bench.history.update()
    let changes = try #require(state.run(second)?.comparison?.changes)
    #expect(changes.count >= 5)
    let page = try bench.judge()
    #expect(page.tags.isSubset(of: Self.ownTags), "\(page.tags.subtracting(Self.ownTags))")
    #expect(page.broken.isEmpty)
    #expect(page.text.contains("</td><script>alert(1)</script>"))
    let markdown = try bench.read("index.md")
    // A row is a line with as many cells as its table has titles.
    for line in markdown.split(separator: "\n") where line.hasPrefix("| ") && line.contains("→") {
      let bare = line.replacing("\\|", with: "")
      #expect(bare.count { $0 == "|" } == 6, "\(line)")
    }
    #expect(!markdown.replacing("\\<", with: "").contains("<"))
    #expect(!state.runs[0].lines(style: .plain, width: 100).joined().contains("\u{7}"))
  }

  @Test("records that lie about other files, or are none, are made again")
  func records() throws {
    let first = try bench.keep(Self.counts, at: 10)
    let second = try bench.keep([("a", 800), ("b", 200)], at: 20)
    _ = try bench.history.update()
    let page = try bench.read("index.html")
    let file = second.stem + ".run.json"
    let record = try bench.read(file)
    var random = SeededGenerator.forTest()
    var spoilt = ["", "{}", "[]", "null", String(repeating: "[", count: 100_000)]
    spoilt += [
      record.replacing("\"newSamples\":1000", with: "\"newSamples\":0"),
      record.replacing("\"newSamples\":1000", with: "\"newSamples\":-9223372036854775808"),
      record.replacing("\"new\":800", with: "\"new\":9223372036854775807"),
      record.replacing("\"schema\":1", with: "\"schema\":2"),
      record.replacing("\"size\":", with: "\"size\":1"),
      record.replacing(first.stem, with: "../../etc/passwd"),
    ]
    for text in spoilt {
      #expect(text != record)
      try bench.write(Array(text.utf8), file)
      _ = try bench.history.update()
      #expect(try bench.read("index.html") == page, "\(text.prefix(200))")
      #expect(try bench.read(file) == record, "\(text.prefix(200))")
    }
    // Any byte: it may say something else, but never ends the program.
    for _ in 0..<150 {
      var bytes = Array(record.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
          in: 32...126, using: &random)
      }
      try bench.write(bytes, file)
      let state = try bench.history.update()
      #expect(state.runs.count == 2)
      #expect(try bench.judge().tags.isSubset(of: Self.ownTags))
    }
  }

  @Test("recordings with any byte changed are shown or passed over")
  func mutatedRecordings() throws {
    try bench.keep(Self.counts, at: 10)
    let artifact = try HistoryBench.artifact(Self.counts)
    let raw = try Gzip.decompress(artifact)
    var random = SeededGenerator.forTest()
    for second in 0..<60 {
      var bytes = raw
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      try bench.write(
        try Gzip.compress(bytes),
        "20261128T0900\(second < 10 ? "0" : "")\(second)Z-4373855abcde-work.pb.gz")
    }
    let state = try bench.history.update()
    #expect(state.runs.count + state.skippedCount == 61)
    #expect(try bench.judge().tags.isSubset(of: Self.ownTags))
  }
}
