import Foundation
import Profiles
import Testing

@Suite("lynx render --diff")
struct RenderDiffTests {
  let directory: TemporaryDirectory
  private let new = "main;work;hot 700\nmain;work 200\nmain;idle 100\n"
  private let base = "main;work;hot 250\nmain;work 150\nmain;old 100\n"

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write(new, to: "new.folded")
    try directory.write(base, to: "base.folded")
  }

  private func render(
    _ arguments: String..., input: String = ""
  ) throws -> Executable.Result {
    try Executable.run(["render"] + arguments, in: directory, input: input)
  }

  private struct Report: Decodable {
    struct Change: Decodable, Equatable {
      var new: Int
      var base: Int
      var newPercent: Double
      var basePercent: Double
      var percentagePoints: Double
      var changePercent: Double
      var pValue: Double
      var beyondNoise: Bool
    }
    struct Row: Decodable, Equatable {
      var function: String
      var `self`: Change
      var total: Change
    }
    struct Output: Decodable {
      var path: String
    }
    var schema: Int
    var inputs: [String]
    var base: String
    var inputFormat: String
    var baseFormat: String
    var negated: Bool
    var normalized: Bool
    var newSamples: Int
    var baseSamples: Int
    var baseScale: Double
    var noiseLevel: Double
    var functions: Int
    var beyondNoise: Int
    var notes: [String]
    var outputs: [Output]
    var changes: [Row]

    func row(_ name: String) throws -> Row {
      try #require(changes.first { $0.function == name })
    }
  }

  private func report(_ result: Executable.Result) throws -> Report {
    try #require(result.status == 0, "\(result.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Report.self, from: result.outputBytes)
  }

  @Test("the table has the largest changes first, with what is beyond noise marked")
  func table() throws {
    let result = try render("new.folded", "--diff", "base.folded", "--normalize", "--top", "3")
    #expect(result.status == 0)
    #expect(result.errors == "")
    let lines = result.output.split(separator: "\n").map(String.init)
    try #require(lines.count == 5)
    #expect(
      lines[0]
        == "samples: 1,000 new, 500 base, normalized, the top 3 of 5 functions, "
        + "4 changed beyond noise (*)")
    #expect(lines.dropFirst(2).map { $0.split(separator: " ").last } == ["hot", "old", "idle"])
    #expect(lines[2].hasPrefix("    +20.00%  *  700   250  <0.0001"), "\(lines[2])")
    #expect(lines[3].hasPrefix("    -20.00%  *    0   100  <0.0001"), "\(lines[3])")
  }

  @Test("the report has both profiles' numbers of every function")
  func report() throws {
    let found = try report(
      render("new.folded", "--diff", "base.folded", "--normalize", "-o", "d.svg", "--json"))
    #expect(found.schema == 1 && found.inputs == ["new.folded"] && found.base == "base.folded")
    #expect(found.newSamples == 1000 && found.baseSamples == 500 && found.baseScale == 2)
    #expect(found.functions == 5 && found.changes.count == 5 && found.beyondNoise == 4)
    #expect(found.outputs.map(\.path) == ["d.svg"])
    let hot = try found.row("hot").`self`
    #expect(hot.new == 700 && hot.base == 250)
    #expect(hot.newPercent == 70 && hot.basePercent == 50 && hot.percentagePoints == 20)
    #expect(hot.changePercent == 20 && hot.pValue < 1e-10 && hot.beyondNoise)
    let main = try found.row("main").total
    #expect(main.percentagePoints == 0 && main.pValue == 1 && !main.beyondNoise)
    #expect(try directory.read("d.svg").contains("'new.folded' against 'base.folded'"))
    #expect(try directory.read("d.svg").contains("Differential Flame Graph"))
  }

  @Test("without --normalize numbers of samples are compared, and it is said that totals differ")
  func numbers() throws {
    let result = try render("new.folded", "--diff", "base.folded", "--json")
    #expect(result.errors.hasPrefix("note: the totals differ"))
    let found = try report(result)
    #expect(!found.normalized && found.baseScale == 1 && found.notes.count == 1)
    #expect(try found.row("hot").`self`.changePercent == 45)
    #expect(try found.row("hot").`self`.percentagePoints == 20)
    #expect(try found.row("main").total.beyondNoise)
    #expect(try render("new.folded", "--diff", "base.folded", "--json", "-q").errors == "")
  }

  @Test("negated, A against B is B against A, drawn as wide as A")
  func negated() throws {
    for option in ["--normalize", "-q"] {
      let negated = try report(
        render(
          "new.folded", "--diff", "base.folded", "--negate", option, "--json", "-o", "n.svg"))
      let turned = try report(
        render("base.folded", "--diff", "new.folded", option, "--json", "-o", "t.svg"))
      #expect(negated.changes == turned.changes)
      #expect(negated.negated && !turned.negated)
    }
    let drawn = try directory.read("n.svg")
    #expect(drawn.contains("only in the new"))
    #expect(drawn.contains("'base.folded' against 'new.folded'"))
    #expect(try directory.read("t.svg").contains("only in the base"))
  }

  @Test("every kind of input is read for either side")
  func formats() throws {
    try directory.write(
      new.split(separator: "\n").map { $0 + "0000000" }.joined(separator: "\n"),
      to: "weights.folded")
    #expect(try render("new.folded", "-o", "new.pb.gz").status == 0)
    #expect(try Executable.shell("gzip -k new.folded", in: directory).status == 0)
    for input in ["new.pb.gz", "new.folded.gz", "-"] {
      let found = try report(
        render(input, "--diff", "base.folded", "--normalize", "--json", input: new))
      #expect(try found.row("hot").`self`.percentagePoints == 20)
      let turned = try report(
        render("base.folded", "--diff", input, "--normalize", "--json", input: new))
      #expect(try turned.row("hot").`self`.percentagePoints == -20)
    }
    // Weights of samples are taken for samples, and that is said: 10, 2 and 1 hundred million.
    let weighed = try render("weights.folded", "--diff", "base.folded", "--normalize", "--json")
    #expect(weighed.errors.contains("'weights.folded' each count is a multiple of 1000000000"))
    #expect(try report(weighed).newSamples == 10)
    let several = try report(
      render("new.folded", "new.pb.gz", "--diff", "base.folded", "--normalize", "--json"))
    #expect(several.newSamples == 2000)
  }

  @Test("without an output the functions that changed most are printed")
  func outputless() throws {
    let plain = try render("new.folded", "--diff", "base.folded")
    let asked = try render("new.folded", "--diff", "base.folded", "--top", "20")
    #expect(plain.status == 0 && plain.output.contains("samples: "), "\(plain.output)")
    #expect(plain.output == asked.output)
  }

  @Test(
    "wrong command lines are refused with code 64",
    arguments: [
      ("new.folded --normalize --top 1", "--diff BASE"), ("new.folded --negate --top 1", "--diff"),
      ("--diff base.folded", "no input"),
      ("- --diff - --top 1", "read once"), ("new.folded --diff base.folded -o x.folded", "svg"),
      ("new.folded --diff base.folded -o x.pb.gz", "cannot be written as pprof"),
      ("new.folded --diff base.folded -o x.svg --palette hot", "leave out --palette"),
    ])
  func refused(line: String, reason: String) throws {
    let arguments = line.split(separator: " ").map(String.init)
    let result = try Executable.run(["render"] + arguments, in: directory)
    #expect(result.status == 64)
    #expect(
      result.errors.hasPrefix("lynx render: ") && result.errors.contains(reason),
      "\(result.errors)")
    #expect(try directory.names == ["base.folded", "new.folded"])
  }

  @Test("what cannot be compared is refused with code 65 and the name, and no file is left")
  func incomparable() throws {
    func profile(_ type: String, _ unit: String, counted: Bool) throws -> Data {
      var profile = Profile(sampleTypes: [.init(type: type, unit: unit)])
      profile.samples = [.init(locations: [], values: [5_000_000])]
      if counted {
        profile.sampleTypes.append(.init(type: "samples", unit: "count"))
        profile.samples[0].values.append(5)
      }
      return Data(try PprofFormat.encode(profile))
    }
    let url = URL(fileURLWithPath: directory.path)
    try profile("cpu", "nanoseconds", counted: true).write(to: url / "cpu.pb.gz")
    try profile("off_cpu", "nanoseconds", counted: true).write(to: url / "off.pb.gz")
    try profile("inuse_space", "bytes", counted: false).write(to: url / "heap.pb.gz")
    try directory.write("a 0\n", to: "empty.folded")
    try directory.write("a -5\nb 9\n", to: "negative.folded")
    let names = try directory.names
    for (input, base, reason) in [
      ("cpu.pb.gz", "off.pb.gz", "'cpu.pb.gz' cannot be compared with 'off.pb.gz'"),
      ("new.folded", "heap.pb.gz", "'heap.pb.gz' cannot be compared: it has values in bytes"),
      ("new.folded", "empty.folded", "'empty.folded' cannot be compared: it counts nothing"),
      ("empty.folded", "new.folded", "'empty.folded' cannot be compared: it counts nothing"),
      ("new.folded", "negative.folded", "'negative.folded' cannot be compared: it has negative"),
      ("new.folded", "/dev/null", "'/dev/null' is not understood"),
    ] {
      for (first, second) in [(input, base), (base, input)] {
        let result = try render(first, "--diff", second, "-o", "x.svg", "--top", "1")
        #expect(result.status == 65, "\(result.errors)")
        if first == input { #expect(result.errors.contains(reason), "\(result.errors)") }
        #expect(result.errors.split(separator: "\n").count == 1 && result.output == "")
        #expect(try directory.names == names)
      }
    }
    #expect(try render("new.folded", "--diff", "none", "--top", "1").status == 66)
    #expect(try render("cpu.pb.gz", "--diff", "new.folded", "--top", "1").status == 0)
  }
}

extension URL {
  fileprivate static func / (folder: URL, name: String) -> URL {
    folder.appendingPathComponent(name)
  }
}
