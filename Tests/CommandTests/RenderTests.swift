import Foundation
import Glibc
import Testing

@Suite("lynx render")
struct RenderTests {
  let directory: TemporaryDirectory
  private let folded = "main;work;hot 70\nmain;work 20\nmain;idle 10\n"

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write(folded, to: "in.folded")
  }

  private func render(
    _ arguments: String..., input: String = ""
  ) throws -> Executable.Result {
    try Executable.run(["render"] + arguments, in: directory, input: input)
  }

  @Test("the top table has the hottest functions first")
  func top() throws {
    let result = try render("in.folded", "--top", "2")
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(
      result.output == """
        samples: 100 in total, the top 2 of 4 functions
        self %  self  total %  total  function
        70.00%    70   70.00%     70  hot
        20.00%    20   90.00%     90  work

        """)
  }

  @Test("from folded to pprof and back nothing is lost, and the same picture is drawn")
  func roundTrip() throws {
    #expect(
      try render("in.folded", "-o", "a.pb.gz", "-oa.svg", "-o", "a.txt", "-o", "a.folded").status
        == 0)
    #expect(try render("a.pb.gz", "-o", "b.folded", "-o", "b.svg", "-o", "b.txt").status == 0)
    #expect(
      try directory.names
        == ["a.folded", "a.pb.gz", "a.svg", "a.txt", "b.folded", "b.svg", "b.txt", "in.folded"])
    #expect(
      try directory.read("b.folded").split(separator: "\n").sorted()
        == folded.split(separator: "\n").sorted())
    for kind in ["svg", "txt", "folded"] {
      #expect(try directory.read("a.\(kind)") == directory.read("b.\(kind)"))
    }
    #expect(try directory.read("a.svg").contains("<svg"))
    #expect(try directory.read("a.txt").contains("hot"))
  }

  @Test("standard input to standard output, gzip or not")
  func pipes() throws {
    let direct = try render("-", "--format", "folded", input: folded)
    #expect(direct.status == 0)
    #expect(direct.output.split(separator: "\n").count == 3)
    let named = try render("-", "-o", "-", "--format", "folded", input: folded)
    #expect(named.output == direct.output)
    let chain = try Executable.shell(
      """
      gzip <in.folded | $LYNX render - --format pprof | $LYNX render - -o /dev/stdout --format folded
      """, in: directory)
    #expect(chain.output == direct.output)
    #expect(try directory.names == ["in.folded"])
  }

  @Test("several recordings of the same kind are one")
  func merging() throws {
    try directory.write("main;work;hot 5\nother 1\n", to: "more.folded")
    let result = try render("in.folded", "more.folded", "--format", "folded")
    #expect(result.status == 0)
    #expect(
      result.output.split(separator: "\n").sorted()
        == ["main;idle 10", "main;work 20", "main;work;hot 75", "other 1"])
    #expect(try render("in.folded", "more.folded", "-o", "m.pb.gz").status == 0)
    let again = try render("m.pb.gz", "--format", "folded")
    #expect(again.output == result.output)
  }

  @Test("the report is one JSON object with a schema")
  func report() throws {
    struct Report: Decodable {
      struct Output: Decodable, Equatable {
        var path: String
        var format: String
        var bytes: Int
      }
      struct Row: Decodable {
        var function: String
        var `self`: Int
        var total: Int
      }
      var schema: Int
      var inputs: [String]
      var total: Int
      var stacks: Int
      var functions: Int
      var outputs: [Output]
      var top: [Row]?
    }
    let result = try render("in.folded", "-o", "out.txt", "--top", "1", "--json")
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("{\"schema\":1,"))
    let report = try JSONDecoder().decode(Report.self, from: result.outputBytes)
    #expect(report.inputs == ["in.folded"])
    #expect(report.total == 100)
    #expect(report.functions == 4)
    #expect(
      report.outputs
        == [.init(path: "out.txt", format: "txt", bytes: try directory.read("out.txt").utf8.count)])
    #expect(report.top?.map(\.function) == ["hot"])

    #expect(try render("in.folded", "--json", "r.json", "--top", "1").output.contains("hot"))
    let file = Data(try directory.read("r.json").utf8)
    #expect(try JSONDecoder().decode(Report.self, from: file).stacks == 3)
  }

  @Test(
    "wrong command lines are refused with code 64",
    arguments: [
      ("", "no input"), ("in.folded", "nothing to write"), ("in.folded -o x.png", "does not say"),
      ("in.folded -o -", "needs a format"), ("in.folded --top 0", "from 1 to"),
      ("in.folded --top x", "from 1 to"), ("in.folded --format png", "'svg', 'folded', 'txt'"),
      ("--json in.folded", "put --json last"), ("- - --top 1", "read once"),
      ("in.folded -o a.svg -o a.svg", "two things"),
      ("in.folded --top 1 --format txt", "two things would be written to standard output"),
      ("in.folded --json --format txt", "two things would be written to standard output"),
      ("in.folded --tpo 3", "did you mean '--top'?"),
    ])
  func refused(line: String, reason: String) throws {
    let arguments = line.split(separator: " ").map(String.init)
    let result = try Executable.run(["render"] + arguments, in: directory)
    #expect(result.status == 64)
    #expect(result.output == "")
    #expect(
      result.errors.hasPrefix("lynx render: ") && result.errors.contains(reason),
      "\(result.errors)")
    #expect(try directory.names == ["in.folded"])
  }

  @Test("inputs that are missing or not understood end in their codes, with no file left")
  func inputs() throws {
    try directory.write("neither this\nnor that\n\u{1}\u{2}", to: "nonsense")
    try directory.write("", to: "empty")
    for (input, code, name) in [
      ("missing", Int32(66), "'missing'"), (".", 66, "'.' is a directory"),
      ("nonsense", 65, "'nonsense'"), ("empty", 65, "'empty'"), ("-", 65, "standard input"),
      (Executable.path, 65, "lynx'"),
    ] {
      let result = try render(input, "-o", "out.svg", "--top", "3", "--json", "r.json")
      #expect(result.status == code, "\(result.errors)")
      #expect(
        result.errors.hasPrefix("lynx render: ") && result.errors.contains(name),
        "\(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1)
      #expect(result.output == "")
      #expect(try directory.names == ["empty", "in.folded", "nonsense"])
    }
  }

  @Test("outputs that cannot be written end in code 73, with no file left")
  func outputs() throws {
    for path in ["none/out.svg", "/dev/full", "in.folded/x.svg"] {
      let result = try render("in.folded", "-o", path, "--format", "svg")
      #expect(result.status == 73)
      #expect(result.errors.contains("cannot write '\(path)'"), "\(result.errors)")
    }
    let full = try Executable.shell("$LYNX render in.folded --top 3 >/dev/full", in: directory)
    #expect(full.status == 73)
    #expect(full.errors.contains("standard output"))
    #expect(try directory.names == ["in.folded"])
    #expect(try directory.read("in.folded") == folded)
  }

  @Test("a reader that has had enough is no error")
  func enough() throws {
    let lines = (0..<20_000).map { "main;function_\($0) 1" }.joined(separator: "\n")
    try directory.write(lines, to: "large.folded")
    let result = try Executable.shell(
      "$LYNX render large.folded --top 20000 | head -1; echo ${PIPESTATUS[0]}", in: directory)
    #expect(result.output.hasSuffix("functions\n0\n"))
    #expect(result.errors == "")
    let fifo = try Executable.shell(
      """
      mkfifo f; head -c 5 f >/dev/null & $LYNX render large.folded -o f --format txt; echo $?; wait
      """, in: directory)
    #expect(fifo.output == "0\n")
  }

  @Test("standard output in a file is appended to where the shell does, and never renamed over")
  func appended() throws {
    let result = try Executable.shell(
      "{ echo a; $LYNX render in.folded -o /dev/stdout --format folded; echo b; } >out",
      in: directory)
    #expect(result.status == 0)
    let lines = try directory.read("out").split(separator: "\n")
    #expect(lines.count == 5 && lines.first == "a" && lines.last == "b")
  }

  @Test("what another user may not read or write")
  func otherUser() throws {
    guard getuid() == 0 else {
      notTried("rendering as another user", because: "only root can become one")
      return
    }
    chmod(directory / "in.folded", 0o600)
    let asNobody = "setpriv --reuid=nobody --regid=nogroup --clear-groups"
    // The build directory may be closed to others.
    let copied = try Executable.shell(
      "cp $LYNX lynx && chmod 755 lynx && \(asNobody) ./lynx --version", in: directory)
    guard copied.status == 0 else {
      notTried("rendering as nobody", because: "lynx does not start: \(copied.errors)")
      return
    }
    let unreadable = try Executable.shell(
      "\(asNobody) ./lynx render in.folded --top 1", in: directory)
    #expect(unreadable.status == 77)
    #expect(unreadable.errors.contains("'in.folded' may not be read"))
    chmod(directory / "in.folded", 0o644)
    let unwritable = try Executable.shell(
      "\(asNobody) ./lynx render in.folded -o out.svg", in: directory)
    #expect(unwritable.status == 73)
    #expect(unwritable.errors.contains("may not write"))
    #expect(try directory.names == ["in.folded", "lynx"])
  }

  @Test("where nameless files cannot be given a name, files still appear whole")
  func withoutDescriptorLinks() throws {
    let hide = "mount -t tmpfs none /proc/$$/fd"
    guard try Executable.shell("unshare -m sh -c '\(hide)'", in: directory).status == 0 else {
      notTried("writing by hidden names", because: "a mount namespace is not permitted here")
      return
    }
    for _ in 1...2 {
      let result = try Executable.shell(
        "unshare -m sh -c '\(hide) && exec $LYNX render in.folded -o new.folded'", in: directory)
      #expect(result.status == 0, "\(result.errors)")
      #expect(try directory.names == ["in.folded", "new.folded"])
      #expect(try directory.read("new.folded").split(separator: "\n").count == 3)
    }
  }
}
