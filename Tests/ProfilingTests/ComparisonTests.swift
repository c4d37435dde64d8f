import Foundation
import Testing

extension Profiling {
  @Suite("A change of a program is found, and nothing else")
  struct Comparisons {
    private let directory: Scratch

    init() throws { directory = try Scratch() }

    private struct Comparison: Decodable {
      struct Change: Decodable {
        var new: Int
        var base: Int
        var percentagePoints: Double
        var beyondNoise: Bool
      }
      struct Row: Decodable {
        var function: String
        var `self`: Change
      }
      var newSamples: Int
      var baseSamples: Int
      var changes: [Row]
    }

    /// Records a program until there are enough samples: on a busy machine a second has few.
    /// Without the kernel: interrupts that others cause are no change of the program, but real.
    private func record(_ program: String, as name: String) throws {
      var parts: [String] = []
      var samples = 0
      while samples < 2000, parts.count < 8 {
        parts.append("part\(parts.count).pb.gz")
        let result = try Lynx.run(
          [
            "profile", "-F", "997", "--kernel", "no", "-o", parts[parts.count - 1], "--no-artifact",
            "--json",
            "part.json", "--", program, "3",
          ], in: directory)
        try #require(result.status == 0, "\(result.errors)")
        samples += try Report(directory.bytes("part.json")).samples
      }
      try #require(samples >= 2000)
      let result = try Lynx.run(["render"] + parts + ["-o", name], in: directory)
      try #require(result.status == 0, "\(result.errors)")
    }

    private func compare(_ new: String, _ base: String) throws -> Comparison {
      let result = try Lynx.run(
        ["render", new, "--diff", base, "--normalize", "-o", "diff.svg", "--json"], in: directory)
      try #require(result.status == 0, "\(result.errors)")
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(Comparison.self, from: Data(result.output.utf8))
    }

    @Test("ten points of work moved from one function to another")
    func movedWork() throws {
      try record(Programs.shares(), as: "base.pb.gz")
      try record(Programs.changedShares(), as: "new.pb.gz")
      let report = try compare("new.pb.gz", "base.pb.gz")
      let found = report.changes.filter(\.`self`.beyondNoise)
      #expect(Set(found.map(\.function)) == ["thirty", "forty"], "\(found)")
      #expect(Set(report.changes.prefix(2).map(\.function)) == ["thirty", "forty"])
      for (function, points) in [("thirty", -10.0), ("forty", 10)] {
        let row = try #require(report.changes.first { $0.function == function })
        // Of two shares near a half and a quarter, five deviations and half a point.
        let smaller = Double(min(report.newSamples, report.baseSamples))
        let deviation = 100 * (2 * 0.25 / smaller).squareRoot()
        #expect(abs(row.`self`.percentagePoints - points) <= 5 * deviation + 0.5, "\(row)")
      }
      let picture = try directory.read("diff.svg")
      #expect(picture.contains("forty (new ") && picture.contains("beyond noise"))
    }

    @Test("the same program twice is the same")
    func sameWork() throws {
      try record(Programs.shares(), as: "base.pb.gz")
      try record(Programs.shares(), as: "new.folded")
      // From one kind of file to another: what is written as weights is counted again.
      let report = try compare("new.folded", "base.pb.gz")
      #expect(report.newSamples > 1000 && report.baseSamples > 1000)
      let found = report.changes.filter(\.`self`.beyondNoise)
      #expect(found.isEmpty, "\(found)")
    }
  }
}
