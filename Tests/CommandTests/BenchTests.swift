import Foundation
import Testing

@Suite("lynx bench", .serialized)
struct BenchTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test(
    "what cannot be meant is refused with its reason",
    arguments: [
      ("", 64, "what is to be loaded?"), ("ftp://h/", 64, "write http:// or https://"),
      ("http://", 64, "it names no host"), ("http://u:p@h/", 64, "write -H 'Authorization: …'"),
      ("http://h:0/", 64, "from 1 to 65535"), ("http://h/ -d 1s -n 5", 64, "exclude each other"),
      ("http://h/ -n 0", 64, "at least one request"), ("http://h/ -c 0", 64, "one connection"),
      ("http://h/ -t 0", 64, "from 1 to 256"), ("http://h/ -R 0", 64, "above zero"),
      ("http://h/ -R -5", 64, "-R"), ("http://h/ -H nonsense", 64, "NAME: VALUE"),
      ("http://h/ -m G(T", 64, "is no method"), ("http://h/{{nothing}}", 64, "is no placeholder"),
      ("http://h/{{counter", 64, "is never closed"),
      ("http://h/ --expect 99", 64, "is not a status"),
      ("http://h/ --threshold p99", 64, "--threshold"),
      ("http://h/ --spawn", 64, "leave the URL out"),
      ("--scenario sleep", 64, "is not a scenario"), ("--spawn --body x", 64, "leave --body out"),
      ("http://h/ --profile a.svg", 64, "name its process with --pid"),
      ("http://h/ -F 99", 64, "add --profile"),
      ("--spawn --scenario create -c 4 --profile=", 64, "--profile needs the name of a file"),
      ("--spawn --profile a.svg", 64, "records one run"),
      ("--spawn --scenario all -c 8 --profile a.svg", 64, "records one run"),
      ("http://h/ --cacert a --insecure", 64, "exclude each other"),
      ("http://127.0.0.1:1/ -d 1s", 69, "cannot be reached: connection refused"),
      ("http://nowhere.invalid/ -d 1s", 69, "has no address"),
      ("http://h/ --compare missing.json.gz", 66, "missing.json.gz"),
      ("http://127.0.0.1:1/ --body @missing", 66, "missing"),
      ("http://127.0.0.1:1/ -c 100m", 78, "open files"),
      ("http://127.0.0.1:1/ --save none/a.json.gz", 73, "none"),
    ])
  func refusals(words: String, code: Int32, reason: String) throws {
    let result = try Executable.run(
      ["bench"] + words.split(separator: " ").map(String.init), in: directory)
    #expect(result.status == code, "\(words): \(result.errors)")
    #expect(result.errors.contains(reason), "\(words): \(result.errors)")
    #expect(!result.errors.contains("starting a lynx serve"), "\(words): \(result.errors)")
    #expect(result.output.isEmpty)
    #expect(try directory.names.isEmpty)
  }

  @Test(
    "scenarios of a server of its own: every answer right, its files and process gone afterwards")
  func spawned() throws {
    let result = try Executable.shell(
      """
      mkdir tmp; export TMPDIR=$PWD/tmp
      "$LYNX" bench --spawn --scenario all -c 8 -d 400ms --json report.json; S=$?
      pgrep -f "$PWD/tmp/lynx-serve"; ls tmp; exit $S
      """, in: directory)
    #expect(result.status == 0, "\(result.errors)")
    let report = try #require(
      JSONSerialization.jsonObject(with: Data(try directory.read("report.json").utf8))
        as? [String: Any])
    #expect(report["schema"] as? Int == 1)
    let runs = try #require(report["runs"] as? [[String: Any]])
    let names = Set(runs.compactMap { $0["name"] as? String })
    #expect(
      names == [
        "redirect-hot", "redirect-distributed-100", "redirect-distributed-10000", "redirect-cold",
        "create", "get", "list", "health", "mixed",
      ])
    for run in runs {
      let name = run["name"] as? String ?? ""
      let requests = try #require(run["requests"] as? Int)
      #expect(requests > 0, "\(name)")
      let statuses = try #require(run["status"] as? [String: Int])
      let errors = try #require(run["errors"] as? [String: Int])
      // Whoever is under way at the end of so short a run on a busy machine may not be answered in time.
      #expect(
        errors.filter { $0.key != "unanswered" }.values.allSatisfy { $0 == 0 }, "\(name) \(errors)")
      #expect(statuses.values.reduce(0, +) == requests, "\(name)")
      #expect(run["server_cpu_seconds"] as? Double ?? 0 > 0, "\(name)")
      if name == "mixed" {
        // 80, 15 and 5 %, within five standard deviations of a draw.
        for (status, share) in [("308", 0.8), ("200", 0.15), ("201", 0.05)] {
          let expected = share * Double(requests)
          let deviation = (Double(requests) * share * (1 - share)).squareRoot()
          #expect(abs(Double(statuses[status] ?? 0) - expected) < 5 * deviation + 9, "\(statuses)")
        }
      }
    }
    let left = result.output.split(separator: "\n").filter { $0.contains("lynx-serve") }
    #expect(left.isEmpty)
  }

  @Test(
    "requests of a file are sent in turn, as often as they say, and each is judged by its own rules"
  )
  func requestsFile() throws {
    try directory.write(
      """
      ### health
      # @weight 3
      # @expect 200
      GET /api/health

      ### a link that is not there
      # @expect 404
      GET /api/urls/{{line:codes.txt}}

      ### a new one
      # @expect 201
      POST /api/urls
      Content-Type: application/json

      {"url":"https://example.com/{{counter}}"}
      """, to: "sub.http")
    let result = try Executable.shell(
      """
      mkdir run d; chmod 755 run; export LYNX_RUNTIME_DIR=$PWD/run
      mv sub.http d; printf 'no\nnone\n' >d/codes.txt
      "$LYNX" serve --redirect-port 0 --api-port 0 >log 2>&1 & S=$!
      for i in $(seq 600); do [ -e run/serve-$S.json ] && break; sleep 0.05; done
      API=$(grep -o 'API *http://[0-9.:]*' log | grep -o 'http.*')
      "$LYNX" bench -t1 -c1 -n 500 --requests d/sub.http $API --json=-; R=$?
      kill $S; wait $S; exit $R
      """, in: directory)
    #expect(result.status == 0, "\(result.errors)")
    let report = try #require(
      JSONSerialization.jsonObject(with: result.outputBytes) as? [String: Any])
    let run = try #require((report["runs"] as? [[String: Any]])?.first)
    #expect(run["status"] as? [String: Int] == ["200": 300, "404": 100, "201": 100])
    #expect(run["requests"] as? Int == 500)
  }

  @Test("the server is drawn over the span that is measured")
  func profiled() throws {
    let result = try Executable.shell(
      """
      mkdir tmp; export TMPDIR=$PWD/tmp
      "$LYNX" bench --spawn --scenario redirect-hot -c 8 -d 1s --profile out.svg -F 499; S=$?
      ls tmp; exit $S
      """, in: directory)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("where the server's CPU time goes: "))
    #expect(
      result.output.contains(/sampled [\d,]+ times at 499 Hz, [\d.]+% of stacks whole/),
      "\(result.output)")
    #expect(result.output.contains("out.svg, out.pb.gz"))
    #expect(try directory.read("out.svg").contains("RedirectLoop.run"))
    #expect(try directory.names.contains("out.pb.gz"))
  }

  @Test("what was measured is told and saved though the picture cannot be written")
  func profileInTheWay() throws {
    let result = try Executable.shell(
      """
      mkdir tmp gone; export TMPDIR=$PWD/tmp
      "$LYNX" bench --spawn --scenario redirect-hot -c 8 -d 1s --profile gone/out.svg -F 499 \\
        --save kept.json.gz --json kept.json >out 2>err & B=$!
      for i in $(seq 600); do grep -q starting err && break; sleep 0.05; done
      rm -r gone; wait $B; echo $?; ls tmp; ls
      """, in: directory)
    #expect(result.output == "73\nerr\nkept.json\nkept.json.gz\nout\ntmp\n", "\(result)")
    #expect(try directory.read("out").contains("requests"))
    #expect(try directory.read("err").contains("cannot write 'gone/out.svg'"))
    #expect(try directory.read("kept.json").contains("\"runs\""))
  }

  @Test("a process that does not serve the URL is told from the one that does, workers included")
  func stranger() throws {
    let result = try Executable.shell(
      """
      mkdir run; chmod 755 run; export LYNX_RUNTIME_DIR=$PWD/run
      "$LYNX" serve --redirect-port 0 --api-port 0 >log 2>&1 & S=$!
      sleep 600 & N=$!
      for i in $(seq 600); do [ -e run/serve-$S.json ] && break; sleep 0.05; done
      API=$(grep -o 'API *http://[0-9.:]*' log | grep -o 'http.*')
      for P in $S $$ $N; do "$LYNX" bench -c2 -d 200ms --pid $P $API/api/health >$P.txt 2>&1; done
      mv $S.txt server; mv $$.txt parent; mv $N.txt neighbour; echo $N $S
      kill -9 $N; kill $S; wait $S
      """, in: directory)
    let numbers = result.output.split(separator: "\n").first?.split(separator: " ") ?? []
    try #require(numbers.count == 2, "\(result)")
    for name in ["server", "parent"] {
      #expect(try !directory.read(name).contains("does not listen"), "\(name)")
    }
    let told = try directory.read("neighbour")
    #expect(told.contains("--pid \(numbers[0]) does not listen on port "), "\(told)")
    #expect(told.contains("process \(numbers[1]) (lynx) does"), "\(told)")
  }

  @Test("whoever ends it while links are made gets no figures, and waits for nothing")
  func endedEarly() throws {
    let result = try Executable.shell(
      """
      mkdir tmp; export TMPDIR=$PWD/tmp
      "$LYNX" bench --spawn --scenario redirect-cold -c 8 -d 30s --profile out.svg >out 2>err & B=$!
      for i in $(seq 600); do grep -q starting err && break; sleep 0.05; done
      sleep 0.2; kill -INT $B; wait $B; echo $?; ls tmp; ls
      """, in: directory)
    #expect(result.output == "1\nerr\nout\ntmp\n", "\(result)")
    #expect(try directory.read("out").isEmpty)
    #expect(try directory.read("err").contains("before anything was measured"))
  }

  @Test("comparing, saving, thresholds: what was measured is kept whatever they say")
  func comparison() throws {
    let script = """
      mkdir run; chmod 755 run; export LYNX_RUNTIME_DIR=$PWD/run
      "$LYNX" serve --redirect-port 0 --api-port 0 >log 2>&1 & S=$!
      for i in $(seq 600); do [ -e run/serve-$S.json ] && break; sleep 0.05; done
      API=$(grep -o 'API *http://[0-9.:]*' log | grep -o 'http.*')
      "$LYNX" bench -t1 -c4 -d 200ms --runs 4 --warmup 0 --against $API/healthz $API/api/health \\
        --save a.json.gz --json against.json >text 2>err; echo against $?
      "$LYNX" bench -t1 -c4 -d 200ms --runs 4 --warmup 0 $API/api/health --compare a.json.gz >saved; echo compare $?
      "$LYNX" bench -c4 -d 200ms $API/api/health --threshold 'p99<1ns' --save b.json.gz >missed 2>&1; echo missed $?
      "$LYNX" bench -c4 -d 200ms $API/api/health --threshold 'rps>1,errors<1000' >/dev/null; echo kept $?
      "$LYNX" bench -c4 -d 200ms $API/nothing --json >nothing.json 2>/dev/null; echo nothing $?
      head -c 100 a.json.gz >cut.json.gz
      "$LYNX" bench $API/api/health --compare cut.json.gz 2>/dev/null; echo cut $?
      "$LYNX" bench -n 1000 -c3 -t3 $API/api/health --json=- 2>/dev/null | grep -o '"requests":1000,'
      "$LYNX" bench -d 60s -c2 $API/api/health >stopped 2>/dev/null & B=$!
      sleep 3; kill -INT $B; wait $B; echo stopped $?
      kill $S; wait $S
      """
    let result = try Executable.shell(script, in: directory)
    let lines = result.output.split(separator: "\n").map(String.init)
    for line in [
      "against 0", "compare 0", "missed 99", "kept 0", "nothing 1", "cut 65", "\"requests\":1000,",
      "stopped 0",
    ] {
      #expect(lines.contains(line), "\(line) in \(lines): \(result.errors)")
    }
    #expect(try directory.read("text").contains("alternating"))
    #expect(
      try directory.read("saved").contains("not interleaved")
        || directory.read("saved").contains("alternate"))
    #expect(try directory.read("missed").contains("p99<1ns"))
    #expect(try directory.names.contains("b.json.gz"))
    #expect(try directory.read("stopped").contains("stopped before its time"))
    let nothing = try #require(
      JSONSerialization.jsonObject(with: Data(try directory.read("nothing.json").utf8))
        as? [String: Any])
    let run = try #require((nothing["runs"] as? [[String: Any]])?.first)
    #expect(run["requests"] as? Int == 0)
    #expect((run["errors"] as? [String: Int])?["unexpected_status"] ?? 0 > 0)
  }
}
