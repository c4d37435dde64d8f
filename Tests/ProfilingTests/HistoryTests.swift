import Foundation
import Testing

extension Profiling {
  @Suite("lynx profile --history")
  struct Histories {
    private let directory: Scratch

    init() throws { directory = try Scratch() }

    /// What a run says of the one before it.
    private struct Report: Decodable {
      struct History: Decodable {
        struct Change: Decodable {
          struct Amount: Decodable {
            var percentagePoints: Double
            var beyondNoise: Bool
          }
          var function: String
          var `self`: Amount
        }
        var run: String
        var scenario: String
        var commit: String
        var previous: String?
        var difference: String?
        var beyondNoise: Int?
        var changes: [Change]?

        /// Functions that changed themselves, in order.
        var own: [Change] { (changes ?? []).filter(\.`self`.beyondNoise) }
      }
      var samples: Int
      var history: History
    }

    /// Records a program under the name `program` into the history `runs`.
    private func record(_ program: String, seconds: String = "8") throws -> Report {
      let place = directory.path + "/program"
      try? FileManager.default.removeItem(atPath: place)
      try FileManager.default.copyItem(atPath: program, toPath: place)
      // Without the kernel: interrupts that others cause are no change of the program, but real.
      let result = try Lynx.run(
        [
          "profile", "-F", "997", "--kernel", "no", "--history", "runs/", "--json", "--",
          "./program",
          seconds,
        ], in: directory)
      try #require(result.status == 0, "\(result.errors)")
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(Report.self, from: Data(result.output.utf8))
    }

    private var files: [String] {
      get throws {
        try FileManager.default.contentsOfDirectory(atPath: directory.path + "/runs").sorted()
      }
    }

    private func bash(_ line: String) throws -> Lynx.Result {
      try Lynx.run(["-c", line], in: directory, executable: "/bin/bash")
    }

    @Test("tells which functions of a program changed, and nothing where none did")
    func changes() throws {
      let first = try record(Programs.shares())
      #expect(first.history.previous == nil && first.history.scenario == "program")
      var unchanged: [Report.History] = []
      for _ in 0..<2 { unchanged.append(try record(Programs.shares()).history) }
      #expect(unchanged[0].previous == first.history.run)
      #expect(unchanged[1].previous == unchanged[0].run)
      // Of two comparisons, each is wrong once in a hundred times.
      #expect(unchanged.count { !$0.own.isEmpty } <= 1, "\(unchanged)")

      let changed = try record(Programs.changedShares())
      let history = changed.history
      try #require(changed.samples > 1000 && first.samples > 1000, "too busy a machine")
      #expect(history.previous == unchanged[1].run)
      let own = history.own
      #expect(Set(own.prefix(2).map(\.function)) == ["thirty", "forty"], "\(own)")
      #expect(Set(history.changes?.prefix(2).map(\.function) ?? []) == ["thirty", "forty"])
      for change in own.prefix(2) {
        let points = change.`self`.percentagePoints
        #expect(change.function == "forty" ? points > 3 : points < -3, "\(change)")
      }
      // Another executable is another build-id, and the same scenario.
      #expect(history.commit != first.history.commit && history.commit != "unknown")
      #expect(first.history.commit == unchanged[0].commit)
      let names = try files
      for ending in [".pb.gz", ".svg", ".diff.svg", ".run.json"] {
        #expect(names.contains(history.run + ending), "\(ending) of \(names)")
      }
      #expect(history.difference == "runs/\(history.run).diff.svg")
      let page = try String(contentsOfFile: directory.path + "/runs/index.html", encoding: .utf8)
      #expect(page.contains("href=\"\(history.run).diff.svg\"") && page.contains("forty"))
      #expect(try directory.names.filter { $0.hasPrefix("flamegraph") }.isEmpty)
    }

    @Test("programs of any name are kept apart, and runs of one second")
    func names() throws {
      let odd = ["a b", "<i>&\"'", "日本", "-dash", "..x", "x.diff"].map { "./\($0)" }
      for name in odd {
        try FileManager.default.copyItem(
          atPath: try Programs.shares(), toPath: directory.path + "/" + name)
      }
      let lines = (odd + [odd[0]]).map { name in
        "$LYNX profile -F 997 -q --history runs -- '\(name.replacing("'", with: "'\\''"))' 2 & "
      }
      let result = try bash(
        "LYNX='\(Lynx.path)'; " + lines.joined() + "wait")
      #expect(result.status == 0, "\(result.errors)")
      let recordings = try files.filter { $0.hasSuffix(".pb.gz") }
      #expect(recordings.count == 7, "\(recordings)")
      #expect(recordings.allSatisfy { $0.utf8.allSatisfy { $0 > 32 && $0 < 127 } })
      #expect(try files.filter { $0.hasPrefix(".") }.isEmpty)
    }

    @Test("Ctrl-C keeps what was recorded, under its name, and nothing else")
    func interrupted() throws {
      for milliseconds in [300, 900] {
        let result = try bash(
          """
          env --default-signal=INT "\(Lynx.path)" profile -F 997 --history runs \
            -- "\(Programs.shares())" 60 2>err.txt & P=$!
          sleep \(Double(milliseconds) / 1000); kill -INT $P; wait $P
          """)
        // On a busy machine it may not even have begun to listen.
        let hasBegun = FileManager.default.fileExists(atPath: directory / "runs")
        if result.status == 128 + SIGINT, !hasBegun { continue }
        let recordings = try files.filter { $0.hasSuffix(".pb.gz") }
        // Before there was a sample there is nothing to keep, which is said.
        let said = try directory.read("err.txt")
        let hasSamples = !said.contains("no samples")
        #expect(result.status == 0 || !hasSamples, "\(said)")
        #expect(recordings.isEmpty != hasSamples)
        #expect(try files.filter { $0.hasPrefix(".") }.isEmpty)
        if hasSamples { #expect(try files.contains("index.html")) }
        let pictures = try files.filter { $0.hasSuffix(".svg") && !$0.hasSuffix(".diff.svg") }
        #expect(pictures.count == recordings.count)
      }
    }
  }
}
