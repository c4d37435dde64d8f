import Foundation
import Testing

@Suite("lynx profile without a target, and of scenarios", .serialized)
struct ScenarioProfileTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Servers and temporary files of their own, so that others on this machine do not matter.
  private static let alone =
    "mkdir -p run tmp; chmod 755 run; export LYNX_RUNTIME_DIR=$PWD/run TMPDIR=$PWD/tmp\n"

  /// A server on free ports, announced.
  private static func serve(_ number: Int) -> String {
    """
    "$LYNX" serve --redirect-port 0 --api-port 0 --database-url sqlite://./\(number).db >\(number).log 2>&1 &
    S\(number)=$!
    for i in $(seq 600); do [ -e run/serve-$S\(number).json ] && break; sleep 0.05; done

    """
  }

  @Test("with no server one is started, loaded and drawn, and nothing of it is left")
  func noServer() throws {
    let result = try Executable.shell(
      Self.alone + "\"$LYNX\" profile -F 499 -d 2s -o out.svg; S=$?; ls tmp run; exit $S",
      in: directory)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.split(separator: "\n").filter { !$0.hasSuffix(":") }.isEmpty)
    #expect(result.errors.contains("redirect-hot: http://127.0.0.1:"))
    #expect(result.errors.contains("where the server's CPU time goes: "))
    let picture = try directory.read("out.svg")
    // The way of a redirect, and nothing of the load generator.
    for name in ["RedirectLoop.run", "RequestParser", "LinkCache.lookUp", "sendto"] {
      #expect(picture.contains(name), "\(name)")
    }
    #expect(!picture.contains("LoadConnection"))
    #expect(try directory.names.contains("out.pb.gz"))
  }

  @Test("a picture that cannot be written costs neither the recording nor what is told of it")
  func pictureInTheWay() throws {
    let result = try Executable.shell(
      Self.alone
        + """
        mkdir gone
        "$LYNX" profile -F 499 -d 1s -o gone/out.svg --artifact kept.pb.gz 2>err & P=$!
        for i in $(seq 600); do grep -q starting err && break; sleep 0.05; done
        rm -r gone; wait $P; echo $?; ls tmp run
        "$LYNX" render kept.pb.gz -o again.svg 2>&1
        mkdir gone
        "$LYNX" profile -F 499 -o gone/out.svg --artifact own.pb.gz -- \
          bash -c 'rm -r gone; for i in {1..300000}; do :; done' 2>own; echo $?
        """, in: directory)
    let lines = result.output.split(separator: "\n").filter { !$0.hasSuffix(":") }
    #expect(lines.filter { $0 == "73" }.count == 2, "\(result)")
    let told = try directory.read("err")
    #expect(told.contains("where the server's CPU time goes: "))
    for name in ["err", "own"] {
      let told = try directory.read(name)
      #expect(told.contains("cannot write 'gone/out.svg'"), "\(told)")
      #expect(told.contains("what was recorded is in "), "\(told)")
    }
    #expect(try directory.read("own").contains("% of stacks whole"))
    #expect(try directory.read("again.svg").contains("RedirectLoop.run"))
    #expect(try directory.names.contains("own.pb.gz"))
  }

  @Test("a server that is killed under load is told of, and what was recorded before is kept")
  func killedServer() throws {
    let result = try Executable.shell(
      Self.alone
        + """
        "$LYNX" profile --scenario redirect-hot,get -d 2s -o out/ 2>err & P=$!
        for i in $(seq 1200); do [ -e out/redirect-hot.svg ] && break; sleep 0.05; done
        pkill -9 -P $P -f 'lynx serve'; wait $P; echo $?; ls tmp run
        """, in: directory)
    let lines = result.output.split(separator: "\n").filter { !$0.hasSuffix(":") }
    #expect(lines == ["69"], "\(result)")
    let told = try directory.read("err")
    #expect(told.contains("was killed by signal 9 before it was told to end"), "\(told)")
    #expect(try directory.read("out/index.html").contains("redirect-hot"))
  }

  @Test("one server is recorded; of two, each is listed; what a killed one left is passed over")
  func servers() throws {
    let script =
      Self.alone + Self.serve(1)
      + "\"$LYNX\" profile -d 300ms -o one.svg 2>one.txt; echo one $?\n"
      + Self.serve(2)
        + """
        "$LYNX" profile -d 300ms -o two.svg 2>two.txt; echo two $?
        kill -9 $S1; wait $S1 2>/dev/null
        "$LYNX" profile -d 300ms -o left.svg 2>left.txt; echo left $?
        echo files $(ls run)
        kill -TERM $S2; wait $S2
        echo files $(ls run)
        echo pids $S1 $S2
        """
    let result = try Executable.shell(script, in: directory)
    let lines = result.output.split(separator: "\n").map(String.init)
    let pids = try #require(lines.last { $0.hasPrefix("pids ") }?.split(separator: " ").dropFirst())
    let (first, second) = (pids[1], pids[2])
    // A server without load may have no samples in this time; it is found all the same.
    let one = try directory.read("one.txt")
    #expect(one.contains("lynx serve runs as process \(first)"), "\(one)")
    #expect(lines.contains("two 64"))
    let two = try directory.read("two.txt")
    #expect(two.contains("2 lynx serve run on this machine"))
    #expect(two.contains("lynx profile -p \(first) ") && two.contains("lynx profile -p \(second) "))
    #expect(try directory.read("left.txt").contains("lynx serve runs as process \(second)"))
    #expect(lines.contains("files serve-\(second).json"))
    #expect(lines.contains("files"))
  }

  @Test("scenarios leave a picture, a recording and a result each, and a page of all")
  func several() throws {
    let result = try Executable.shell(
      Self.alone
        + "\"$LYNX\" profile --scenario health,redirect-hot,redirect-cold -F 499 -d 1s -o all/ "
        + "--json report.json; S=$?; ls tmp run; exit $S",
      in: directory)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.split(separator: "\n").filter { !$0.hasSuffix(":") }.isEmpty)
    let page = try directory.read("all/index.html")
    let report = try #require(
      JSONSerialization.jsonObject(with: Data(try directory.read("report.json").utf8))
        as? [String: Any])
    let scenarios = try #require(report["scenarios"] as? [[String: Any]])
    #expect(scenarios.count == 3)
    for name in ["health", "redirect-hot", "redirect-cold"] {
      let files = try FileManager.default.contentsOfDirectory(atPath: directory / "all")
      for ending in ["svg", "pb.gz", "json"] { #expect(files.contains("\(name).\(ending)")) }
      #expect(page.contains("src=\"\(name).svg\""))
      let load = try #require(
        JSONSerialization.jsonObject(with: Data(try directory.read("all/\(name).json").utf8))
          as? [String: Any])
      let runs = try #require(load["runs"] as? [[String: Any]])
      let requests = try #require(runs.first?["requests"] as? Int)
      #expect(requests > 0)
      // What was sent is what the page shows.
      let own = scenarios.first { ($0["load"] as? [String: Any])?["name"] as? String == name }
      #expect((own?["load"] as? [String: Any])?["requests"] as? Int == requests)
      let layers = try #require(own?["layers"] as? [String: Double])
      #expect(abs(layers.values.reduce(0, +) - 1) < 0.001)
      #expect(layers["network"] ?? 0 > 0.05)
    }
    func share(_ scenario: String, _ layer: String) -> Double {
      let own = scenarios.first { ($0["load"] as? [String: Any])?["name"] as? String == scenario }
      return (own?["layers"] as? [String: Double])?[layer] ?? 0
    }
    #expect(share("redirect-cold", "database") > share("redirect-hot", "database") + 0.05)
  }

  @Test(
    "a history keeps each run, and says what changed since the one before, on the page and elsewhere"
  )
  func history() throws {
    let line = "\"$LYNX\" profile --scenario health,redirect-hot -F 499 -d 1s --history past"
    let result = try Executable.shell(
      Self.alone
        + "\(line) 2>first.txt && \(line) 2>second.txt && \(line) --json third.json; S=$?\n"
        + "\"$LYNX\" bench -n 1 --compare past/*-health.bench.json.gz http://127.0.0.1:1/ "
        + ">compare.txt 2>&1\nls tmp run; exit $S",
      in: directory)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.split(separator: "\n").filter { !$0.hasSuffix(":") }.isEmpty)
    #expect(
      try directory.read("first.txt").contains("the first run of redirect-hot in this history"))
    let second = try directory.read("second.txt")
    #expect(second.contains("compared with the previous run of redirect-hot, 20"), "\(second)")
    #expect(second.contains("  requests/s ") && second.contains("  p99.9 "), "\(second)")
    #expect(second.contains("beyond noise"), "\(second)")

    let files = try FileManager.default.contentsOfDirectory(atPath: directory / "past").sorted()
    let commit =
      try Executable.run(["--version"], in: directory).output
      .split(separator: " ").last?.prefix(12) ?? ""
    for name in ["health", "redirect-hot"] {
      for (ending, count) in [(".pb.gz", 3), (".svg", 3), (".bench.json.gz", 3), (".diff.svg", 2)] {
        let own = files.filter { $0.hasSuffix("-\(name)\(ending)") }
        #expect(own.count == count, "\(name)\(ending): \(files)")
        // 20261128T082213Z-4373855abcde-redirect-hot
        #expect(own.allSatisfy { $0.dropFirst(17).hasPrefix(commit) }, "\(commit): \(own)")
      }
    }
    let report = try #require(
      JSONSerialization.jsonObject(with: Data(try directory.read("third.json").utf8))
        as? [String: Any])
    let scenarios = try #require(report["scenarios"] as? [[String: Any]])
    #expect(scenarios.count == 2)
    let page = try directory.read("past/index.html")
    for scenario in scenarios {
      let history = try #require(scenario["history"] as? [String: Any])
      let run = try #require(history["run"] as? String)
      let previous = try #require(history["previous"] as? String)
      #expect(files.contains(previous + ".pb.gz") && previous < run)
      // A fragment is percent-encoded, what it leads to is not.
      let fragment = previous.replacing("+", with: "%2B")
      #expect(page.contains("id=\"\(run)\"") && page.contains("href=\"#\(fragment)\""))
      let figures = try #require(history["load"] as? [String: [String: Double]])
      let load = try #require(scenario["load"] as? [String: Any])
      let rate = try #require(load["requests_per_second"] as? Double)
      let kept = try #require(figures["requests_per_second"]?["new"])
      #expect(abs(kept / rate - 1) < 0.001)
    }
    let table = try directory.read("past/index.md")
    #expect(table.contains("| health | 64 | ") && table.contains("| redirect-hot | 64 | "))
    #expect(table.contains("**redirect-hot** against "))
  }

  @Test("Ctrl-C between two scenarios of a history keeps the first, with its page")
  func interruptedHistory() throws {
    let script =
      Self.alone
        + """
        "$LYNX" profile --scenario health,redirect-hot -F 499 -d 2s --history past 2>err.txt & P=$!
        for i in $(seq 600); do ls past/*-health.svg >/dev/null 2>&1 && break; sleep 0.05; done
        kill -INT $P
        wait $P; S=$?
        ls tmp run; exit $S
        """
    let result = try Executable.shell(script, in: directory)
    let left = result.output.split(separator: "\n").filter { !$0.hasSuffix(":") }
    let said = try directory.read("err.txt")
    #expect(result.status == 0 && left.isEmpty, "\(left), \(said)")
    let files = try FileManager.default.contentsOfDirectory(atPath: directory / "past")
    #expect(files.contains { $0.hasSuffix("-health.pb.gz") } && files.contains("index.html"))
    #expect(files.allSatisfy { !$0.hasPrefix(".") }, "\(files)")
  }

  @Test("Ctrl-C at any moment leaves no server and no files, and what was measured until then")
  func interrupted() throws {
    for milliseconds in [50, 400, 1500, 4000] {
      let script =
        Self.alone
          + """
          # A shell without job control has SIGINT ignored by what it starts with &; Lynx hears it all the same.
          "$LYNX" profile -F 499 -d 60s -o \(milliseconds).svg >/dev/null 2>err.txt & P=$!
          sleep \(Double(milliseconds) / 1000)
          kill -INT $P
          wait $P; S=$?
          for i in $(seq 200); do pgrep -f "$PWD/tmp/lynx-serve" >/dev/null || break; sleep 0.05; done
          pgrep -f "$PWD/tmp/lynx-serve"
          ls tmp run; exit $S
          """
      let result = try Executable.shell(script, in: directory)
      let left = result.output.split(separator: "\n").filter { !$0.hasSuffix(":") }
      #expect(left.isEmpty, "after \(milliseconds) ms: \(left)")
      let hasPicture = try directory.names.contains("\(milliseconds).svg")
      // Before anything was recorded there is nothing to keep, which is said.
      #expect(result.status == 0 ? hasPicture : !hasPicture, "\(result.status)")
    }
  }
}
