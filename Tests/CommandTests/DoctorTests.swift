import Foundation
import Testing

@Suite("lynx doctor tells what it found, to people and to programs")
struct DoctorTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func doctor(
    _ arguments: String..., environment: [String: String] = [:]
  ) throws -> Executable.Result {
    try Executable.run(["doctor"] + arguments, in: directory, environment: environment)
  }

  private func checks(_ text: String) throws -> [[String: Any]] {
    try DoctorResults(text).checks
  }

  @Test("the list names every check once, each of a group, without trying anything")
  func list() throws {
    let result = try doctor("--list", "--json")
    #expect(result.status == 0 && result.errors == "")
    let checks = try checks(result.output)
    let ids = checks.compactMap { $0["id"] as? String }
    #expect(ids.count == checks.count && Set(ids).count == ids.count)
    for check in checks {
      let (id, group) = (check["id"] as? String ?? "", check["group"] as? String ?? "")
      #expect(id.hasPrefix(group + ".") && !(check["title"] as? String ?? "").isEmpty, "\(check)")
    }
    #expect(
      Set(checks.compactMap { $0["group"] as? String })
        == ["profiler", "symbols", "server", "database", "noise"])
    let text = try doctor("--list")
    for id in ids { #expect(text.output.contains("\n\(id) "), "\(id)") }
    #expect(try directory.names.isEmpty)
  }

  @Test(
    "each purpose has its groups",
    arguments: [
      ("profile", ["profiler", "symbols"]), ("serve", ["server", "database"]), ("bench", ["noise"]),
      ("database", ["database"]),
    ])
  func purposes(purpose: String, groups: [String]) throws {
    let listed = try checks(try doctor("--for", purpose, "--list", "--json").output)
    #expect(Set(listed.compactMap { $0["group"] as? String }) == Set(groups))
    let result = try doctor("--for", purpose, "--json")
    let tried = try checks(result.output)
    #expect(
      tried.compactMap { $0["id"] as? String } == listed.compactMap { $0["id"] as? String })
    for check in tried {
      #expect(
        Set(check.keys) == ["id", "group", "status", "observed", "expected", "remedy"])
      let status = check["status"] as? String ?? ""
      #expect(["ok", "warning", "failed", "not_applicable"].contains(status), "\(check)")
      #expect(!(check["observed"] as? String ?? "").isEmpty, "\(check)")
      #expect(check["remedy"] is String || check["remedy"] is NSNull, "\(check)")
    }
    #expect(result.status == (tried.contains { $0["status"] as? String == "failed" } ? 1 : 0))
  }

  @Test("people read the groups in order, what is not right with its line, and a count")
  func text() throws {
    let result = try doctor("--for", "profile", "--pid", "999999999")
    #expect(result.status == 1 && result.errors == "")
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.first == "Profiler" && lines.contains("Symbols"))
    #expect(!result.output.contains("[-]"))
    let failed = try #require(lines.firstIndex { $0.contains("[✗] process to profile") })
    #expect(lines[failed].hasSuffix("there is no process 999999999"))
    #expect(lines[failed + 1] == "        expected: a process that runs")
    #expect(lines[failed + 2] == "        pgrep -a NAME   # finds one")
    let count = try #require(lines.last { $0.contains(" ok, ") })
    #expect(count.contains(" failed, ") && count.contains("First, for "))
    // What is aligned: every observation begins in the same column.
    let marks = lines.filter { $0.hasPrefix("  [") }
    #expect(marks.count > 5)
    let verbose = try doctor("--for", "profile", "-v")
    #expect(verbose.output.contains("[-] process to profile"))
    let quiet = try doctor("--for", "profile", "--pid", "999999999", "-q")
    #expect(!quiet.output.contains("[✓]") && !quiet.output.contains("Profiler"))
    #expect(quiet.output.contains("[✗] process to profile"))
  }

  @Test("colour where it is wanted")
  func colour() throws {
    #expect(!(try doctor("--for", "bench").output.contains("\u{1B}")))
    let coloured = try doctor("--for", "bench", "--color", "always")
    #expect(coloured.output.contains("\u{1B}[32m[✓]\u{1B}[0m"))
    let none = try doctor(
      "--for", "bench", environment: ["NO_COLOR": "1", "CLICOLOR_FORCE": "1"])
    #expect(!none.output.contains("\u{1B}"))
  }

  @Test("with --strict what could be better is a failure too")
  func strict() throws {
    // A file that is no program has no symbols at all: whatever else is found, something is not right.
    let result = try doctor("--for", "database", "--json")
    let statuses = try checks(result.output).compactMap { $0["status"] as? String }
    let strict = try doctor("--for", "database", "--json", "--strict")
    #expect(result.status == (statuses.contains("failed") ? 1 : 0))
    #expect(
      strict.status == (statuses.contains { ["failed", "warning"].contains($0) } ? 1 : 0))
  }

  @Test("a report in a file, and none where none can be")
  func file() throws {
    let result = try doctor("--for", "bench", "--json", "r.json")
    #expect(result.output == "")
    #expect(try checks(try directory.read("r.json")).count > 5)
    let refused = try doctor("--for", "bench", "--json", "missing/r.json")
    #expect(refused.status == 73 && refused.output == "")
    let full = try Executable.shell("$LYNX doctor --for bench >/dev/full", in: directory)
    #expect(full.status == 73)
    let gone = try Executable.shell(
      "{ $LYNX doctor --for bench; echo $? >status; } | true; cat status", in: directory)
    #expect(gone.output == "0\n" && gone.errors == "")
  }

  @Test("what is not to be understood is refused, and nothing is tried")
  func usage() throws {
    for (arguments, message) in [
      (["--for", "nix"], "please provide one of 'profile', 'serve', 'bench', 'database' or 'all'"),
      (["--for", "bench", "--pid", "1"], "--for bench has no use for --pid"),
      (["--for", "serve", "--binary", "x"], "--for serve has no use for --binary"),
      (["--for", "profile", "--database-url", "sqlite://x"], "no use for --database-url"),
      (["--pid", "0"], "is not a process"), (["--pid", "-1"], "missing value"),
      (["--pid", "1,2"], "one process"),
      (["--pid", "99999999999999999999"], "is not a process"), (["--pid", ""], "is not a process"),
      (["--binary", ""], "--binary is empty"), (["--database-url", ""], "--database-url is empty"),
      (["--database-url", "mysql://x"], "sqlite:// or postgresql://"),
      (["--list", "--fix"], "--fix has no meaning"), (["--list", "--strict"], "--strict"),
      (["-q", "-v"], "exclude each other"), (["extra"], "unexpected argument"),
    ] {
      let result = try Executable.run(["doctor"] + arguments, in: directory)
      #expect(result.status == 64, "\(arguments): \(result)")
      #expect(result.output == "" && result.errors.contains(message), "\(arguments): \(result)")
    }
  }

  @Test("settings of the environment that lynx serve would refuse are found")
  func settings() throws {
    let result = try doctor("--for", "serve", "-q", environment: ["REDIRECT_PORT": "abc"])
    #expect(result.status == 1)
    #expect(result.output.contains("[✗] settings"))
    #expect(result.output.contains("REDIRECT_PORT in the environment: 'abc'"))
    let database = try doctor("--for", "database", environment: ["DATABASE_URL": "mysql://x"])
    #expect(database.status == 78)
    // Of no interest to a profiler.
    let profile = try doctor("--for", "bench", environment: ["DATABASE_URL": "mysql://x"])
    #expect(profile.status == 0)
  }

  @Test("no password is ever shown")
  func secrets() throws {
    for arguments in [["--json"], ["-v"], ["--list"]] {
      let result = try Executable.run(
        [
          "doctor", "--for", "serve", "--database-url",
          "postgresql://lynx:hunter2@127.0.0.1:1/lynx?sslpassword=hunter2",
        ] + arguments, in: directory)
      #expect(!(result.output + result.errors).contains("hunter2"), "\(result)")
    }
  }

  @Test(
    "--fix makes the directory that is missing, says so and looks again; and touches nothing else")
  func fix() throws {
    let url = "sqlite://\(directory.path)/new dir's/lynx.db"
    let before = try doctor("--for", "serve", "--database-url", url, "--json")
    #expect(before.status == 1)
    #expect(try directory.names.isEmpty)
    let fixed = try doctor("--for", "serve", "--database-url", url, "--fix", "--json")
    #expect(fixed.errors.contains("done: mkdir -p "), "\(fixed)")
    #expect(try directory.names == ["new dir's"])
    let writable = try checks(fixed.output).first { $0["id"] as? String == "server.writable" }
    #expect(writable?["status"] as? String == "ok", "\(String(describing: writable))")
    let again = try doctor("--for", "serve", "--database-url", url, "--fix")
    #expect(again.errors.contains("nothing was changed"), "\(again)")
  }

  @Test("what was found because of something that --fix mended is looked at again with it")
  func fixedWithAll() throws {
    let result = try Executable.shell(
      """
      chmod 777 .
      "$LYNX" migrate up --database-url sqlite://./lynx.db >/dev/null 2>&1 || exit 9
      AS=; if [ "$(id -u)" = 0 ]; then chown nobody lynx.db; AS='setpriv --reuid=nobody --regid=nogroup --clear-groups'; fi
      cp "$LYNX" lynx; chmod 755 lynx; chmod 000 lynx.db
      $AS ./lynx doctor --for database --json >before.json; echo $?
      $AS ./lynx doctor --for database --json --fix >after.json; echo $?
      """, in: directory)
    #expect(result.output == "1\n0\n", "\(result)")
    for (file, status) in [("before.json", "failed"), ("after.json", "ok")] {
      let results = try DoctorResults(try directory.read(file))
      #expect(try results.status("database.schema") == status, "\(file)")
    }
  }

  @Test("as a link of its own, and in the root's help")
  func link() throws {
    try FileManager.default.createSymbolicLink(
      atPath: directory / "lynx-doctor", withDestinationPath: Executable.path)
    let result = try Executable.run(
      ["--list", "--for", "bench"], in: directory, program: directory / "lynx-doctor")
    #expect(result.status == 0 && result.output.contains("noise.governor"))
    #expect(
      try Executable.run(["--help"], in: directory).output.contains("lynx doctor"))
    let mistyped = try Executable.run(["docter"], in: directory)
    #expect(mistyped.errors.contains("did you mean 'doctor'?"))
  }
}
