import Foundation
import Testing

extension Profiling {
  @Suite("What is said and written agrees")
  struct Reports {
    private let directory: Scratch

    init() throws { directory = try Scratch() }

    private func profile(_ options: String..., seconds: String = "0.5") throws -> Lynx.Result {
      try Lynx.run(
        ["profile", "-F", "997"] + options + ["--", Programs.shares(), seconds], in: directory)
    }

    @Test("the summary is one object with its stated fields, in a file or on standard output")
    func json() throws {
      let printed = try profile("-o", "a.svg", "--json")
      #expect(printed.status == 0)
      #expect(printed.errors == "")
      let toFile = try profile(
        "-o", "b.svg", "-o", "b.txt", "-o", "b.folded", "--json", "b.json")
      #expect(toFile.output == "" && toFile.errors == "")
      let first = try Report(Data(printed.output.utf8))
      let second = try Report(directory.bytes("b.json"))
      for report in [first, second] {
        #expect(report.schema == 1)
        #expect(report.samples > 30)
        #expect(report.lost == 0)
        #expect(report.durationSeconds > 0.4 && report.processingSeconds > 0)
        #expect(report.profilerCpuSeconds > 0 && report.peakMemoryBytes > 1_000_000)
        #expect(!report.event.isEmpty && report.frequency == 997)
        #expect(report.top.count >= 4 && report.top.count <= 5)
        for output in report.outputs {
          #expect(try directory.bytes(output.path).count == output.bytes)
        }
      }
      #expect(try second.top.count == heaviest(in: "b.folded"))
      #expect(first.outputs.map(\.path) == ["a.svg", "a.pb.gz"])
      #expect(second.outputs.map(\.path) == ["b.svg", "b.txt", "b.folded", "b.pb.gz"])
      #expect(second.outputs.map(\.format) == ["svg", "txt", "folded", "pprof"])
    }

    @Test("with a command that prints, the summary comes last")
    func jsonAfterOutput() throws {
      let result = try Lynx.run(
        [
          "profile", "-F", "997", "-o", "a.svg", "--json", "--", "sh", "-c",
          "echo first; \(Programs.crowd()) main 1 0.1; echo last",
        ], in: directory)
      let lines = result.output.split(separator: "\n", maxSplits: 2)
      try #require(lines.count == 3)
      #expect(lines[0] == "first" && lines[1] == "last")
      _ = try Report(Data(lines[2].utf8))
    }

    @Test("a person is told the five heaviest functions and where the files are")
    func text() throws {
      let result = try profile("-o", "a.svg", "-o", "a.folded")
      #expect(result.output == "")
      let lines = result.errors.split(separator: "\n")
      for function in ["ten", "twenty", "thirty", "forty"] {
        #expect(lines.contains { $0.hasSuffix("%  \(function)") }, "\(result.errors)")
      }
      let heaviest = try heaviest(in: "a.folded")
      #expect(
        lines.count { $0.contains("%  ") && !$0.contains(",") } == heaviest, "\(result.errors)")
      #expect(result.errors.contains("none lost"))
      #expect(try #require(lines.last).hasPrefix("wrote a.svg ("))
      #expect(
        try directory.names.filter { $0.hasPrefix("a.") } == ["a.folded", "a.pb.gz", "a.svg"])
      #expect(try profile("-q", "-o", "b.svg").errors == "")
    }

    /// How many functions there are to tell of: those with samples of their own, five at most.
    private func heaviest(in folded: String) throws -> Int {
      let stacks = try Stacks(directory.read(folded)).stacks
      return min(5, Set(stacks.compactMap(\.frames.last)).count)
    }

    @Test("the artifact is where it was asked for, or nowhere")
    func artifact() throws {
      #expect(try profile("-q", "-o", "a.svg", "--no-artifact").status == 0)
      #expect(try profile("-q", "-o", "b.svg", "--artifact", "kept").status == 0)
      #expect(try profile("-q").status == 0)
      #expect(
        try directory.names.filter { !$0.hasPrefix("lynx.") }
          == ["a.svg", "b.svg", "flamegraph.pb.gz", "flamegraph.svg", "kept"])
      let piped = try Lynx.shell(
        """
        $LYNX profile -q -F 997 --artifact - -- \(Programs.shares()) 0.3 \
          | $LYNX render - --format folded
        """, in: directory)
      #expect(try Stacks(piped.output).contains("forty"))
    }

    @Test("drawing the artifact again gives every output byte for byte")
    func again() throws {
      #expect(
        try profile("-q", "-o", "a.svg", "-o", "a.folded", "-o", "a.txt", "--title", "T").status
          == 0)
      let result = try Lynx.run(
        ["render", "a.pb.gz", "-o", "b.svg", "-o", "b.folded", "-o", "b.txt", "-o", "b.pb.gz"]
          + ["--title", "T"], in: directory)
      #expect(result.status == 0, "\(result.errors)")
      for kind in ["svg", "folded", "txt"] {
        #expect(try directory.bytes("a.\(kind)") == directory.bytes("b.\(kind)"), "\(kind)")
      }
    }

    @Test("go tool pprof reads the artifact and counts the same")
    func pprof() throws {
      #expect(try profile("-q", "-o", "a.folded", "--no-demangle", seconds: "1").status == 0)
      let tool = try Launched(
        ["go", "tool", "pprof", "-top", "-nodecount=100000", "-nodefraction=0", "a.pb.gz"],
        in: directory, name: "pprof", environment: ["HOME": directory.path])
      defer { tool.end() }
      let complaint = try directory.read("pprof.err")
      try #require(tool.wait().status == 0, "\(complaint)")
      let theirs = try table(directory.read("pprof.out"), columns: 5)
      let top = try Lynx.run(["render", "a.pb.gz", "--top", "100000"], in: directory)
      let ours = table(top.output, columns: 4)
      #expect(Set(theirs.keys) == Set(ours.keys))
      #expect(ours.count > 5)
      for (function, percent) in theirs {
        let own = try #require(ours[function])
        #expect(abs(own.flat - percent.flat) < 0.011, "\(function)")
        #expect(abs(own.total - percent.total) < 0.011, "\(function)")
      }
      let said = try directory.read("pprof.out")
      let shares = try Programs.shares()
      for comment in ["recorder: lynx 0.", "command \(shares) 1", "997 Hz", "lost: 0"] {
        #expect(said.contains(comment), "\(said.prefix(600))")
      }
    }

    /// Rows of percentages (self and total) with the function behind `columns` columns.
    private func table(
      _ text: String, columns: Int
    ) -> [String: (flat: Double, total: Double)] {
      var rows: [String: (flat: Double, total: Double)] = [:]
      for line in text.split(separator: "\n") {
        let words = line.split(separator: " ", maxSplits: columns, omittingEmptySubsequences: true)
        guard words.count == columns + 1 else { continue }
        let percents = words.dropLast().compactMap { word in
          word.hasSuffix("%") ? Double(word.dropLast()) : nil
        }
        // pprof: flat flat% sum% cum cum%; lynx: self% self total% total.
        guard percents.count == columns - 2, let first = percents.first, let last = percents.last
        else { continue }
        let name = String(words[columns]).replacing(" (inline)", with: "")
        rows[name] = (first, last)
      }
      return rows
    }

    @Test("deep stacks say truncated when too little of them is copied")
    func truncated() throws {
      let shallow = try Recorded(
        ["--stack-size", "1k"], of: ["--", Programs.deep(), "1"], in: directory
      ).finish().report
      #expect(shallow.truncatedPercent > 10)
      #expect(shallow.rootedPercent + shallow.truncatedPercent > 99.5)
      let whole = try Recorded(
        ["--stack-size", "65528"], of: ["--", Programs.deep(), "1"], in: directory
      ).finish().report
      #expect(whole.truncatedPercent == 0)
      #expect(whole.isRooted(atLeast: 99.5))
    }
  }
}
