import Foundation
import Testing

@Suite("Calling lynx")
struct InvocationTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func lynx(
    _ arguments: String..., environment: [String: String] = [:]
  ) throws -> Executable.Result {
    try Executable.run(arguments, in: directory, environment: environment)
  }

  @Test("help shows examples before options, on standard output")
  func help() throws {
    for arguments in [["help", "profile"], ["profile", "--help"], ["profile", "-h"]] {
      let result = try Executable.run(arguments, in: directory)
      #expect(result.status == 0)
      #expect(result.errors == "")
      let example = try #require(result.output.range(of: "lynx profile -- make -j8"))
      let option = try #require(result.output.range(of: "--freq"))
      #expect(example.lowerBound < option.lowerBound)
      #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
    let all = try lynx("--help")
    #expect(all.status == 0)
    #expect(all.output.contains("profile") && all.output.contains("render"))
    let render = try lynx("help", "render")
    #expect(render.output.contains("--top"))
  }

  @Test("a narrow terminal breaks nothing", arguments: ["1", "20", "0", "-5", "x", "100000"])
  func narrow(columns: String) throws {
    #expect(try lynx("profile", "--help", environment: ["COLUMNS": columns]).status == 0)
    #expect(try lynx("profile", "--nonsense", environment: ["COLUMNS": columns]).status == 64)
    #expect(try lynx(environment: ["COLUMNS": columns]).status == 64)
  }

  @Test("the version names the commit")
  func version() throws {
    let result = try lynx("--version")
    #expect(result.status == 0)
    let pattern = /lynx 0\.1\.0 \(commit ([0-9a-f]{12}(-modified)?|unknown)\)\n/
    #expect(result.output.wholeMatch(of: pattern) != nil, "\(result.output)")
  }

  @Test("lynx alone shows help, as an error")
  func alone() throws {
    let result = try lynx()
    #expect(result.status == 64)
    #expect(result.output == "")
    #expect(result.errors.contains("lynx render"))
  }

  @Test(
    "a mistyped command is answered with the nearest or all",
    arguments: [
      ("profil", "did you mean 'profile'?"), ("pofile", "did you mean 'profile'?"),
      ("prof", "did you mean 'profile'?"), ("rendr", "did you mean 'render'?"),
      ("frobnicate", "there are 'serve', 'bench', 'profile', 'render', 'migrate', 'doctor'"),
      ("", "there are 'serve', 'bench', 'profile', 'render', 'migrate', 'doctor'"),
    ])
  func mistyped(name: String, advice: String) throws {
    for arguments in [[name], ["help", name]] {
      let result = try Executable.run(arguments, in: directory)
      #expect(result.status == 64)
      #expect(result.output == "")
      #expect(
        result.errors
          == "lynx: '\(name)' is not a lynx command; \(advice)\nSee 'lynx --help'.\n")
    }
  }

  @Test("a link named after a command is that command")
  func links() throws {
    for (link, status, text) in [
      ("lynx-render", Int32(0), "lynx render INPUT"), ("lynx-profile", 0, "lynx profile [options]"),
      ("lynx-frob", 64, "'frob' is not a lynx command"), ("lynx-", 64, "is not a lynx command"),
      ("other-name", 0, "lynx <subcommand>"),
    ] {
      try FileManager.default.createSymbolicLink(
        atPath: directory / link, withDestinationPath: Executable.path)
      let result = try Executable.run(["--help"], in: directory, program: directory / link)
      #expect(result.status == status)
      #expect((result.output + result.errors).contains(text), "\(result)")
    }
    let result = try Executable.shell("PATH=.:$PATH lynx-render missing --top 3", in: directory)
    #expect(result.status == 66)
    #expect(result.errors.hasPrefix("lynx render: "))
  }

  @Test("errors are coloured when asked for, and never into a file otherwise")
  func colour() throws {
    let plain = try lynx("render")
    #expect(!plain.errors.contains("\u{1B}"))
    let asked = try lynx("render", "--color", "always", environment: ["NO_COLOR": "1"])
    #expect(asked.errors.contains("\u{1B}[31m"))
    let forced = try lynx("render", environment: ["CLICOLOR_FORCE": "1"])
    #expect(forced.errors.contains("\u{1B}[31m"))
    let refused = try lynx("render", environment: ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"])
    #expect(!refused.errors.contains("\u{1B}"))
    let never = try lynx("render", "--color=never", environment: ["CLICOLOR_FORCE": "1"])
    #expect(!never.errors.contains("\u{1B}"))
  }

  @Test("on a terminal errors are coloured, unless NO_COLOR says no")
  func terminal() throws {
    let run = "script -qec '\"$LYNX\" render' /dev/null"
    let coloured = try Executable.shell("export TERM=xterm; \(run)", in: directory)
    #expect(coloured.status == 64)
    #expect(coloured.output.contains("\u{1B}[31m"))
    for variable in ["NO_COLOR=1 TERM=xterm", "TERM=dumb"] {
      let plain = try Executable.shell("export \(variable); \(run)", in: directory)
      #expect(plain.output.contains("lynx render: no input"))
      #expect(!plain.output.contains("\u{1B}"), "\(variable)")
    }
  }

  @Test("closed standard streams are no place to write to, and none to trap at")
  func closedStreams() throws {
    let output = try Executable.shell("$LYNX --help >&-", in: directory)
    #expect(output.status == 73)
    #expect(output.errors.contains("cannot write to standard output"))
    #expect(try Executable.shell("$LYNX --help >/dev/full", in: directory).status == 73)
    #expect(try Executable.shell("$LYNX 2>/dev/full", in: directory).status == 64)
    #expect(try Executable.shell("$LYNX nonsense 2>&-", in: directory).status == 64)
    #expect(try Executable.shell("$LYNX nonsense 2>/dev/full", in: directory).status == 64)
    #expect(try Executable.shell("$LYNX --help >&- 2>&- <&-", in: directory).status == 73)
  }

  @Test("a reader that goes away ends nothing in a signal")
  func brokenPipe() throws {
    let result = try Executable.shell(
      "{ sleep 0.2; $LYNX --help; echo $? >status; } | true; cat status", in: directory)
    #expect(result.output == "0\n")
    #expect(result.errors == "")
  }

  @Test("completion scripts are printed", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) throws {
    let result = try lynx("--generate-completion-script", shell)
    #expect(result.status == 0)
    #expect(result.output.contains("profile"))
  }
}
