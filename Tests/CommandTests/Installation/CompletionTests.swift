import Foundation
import Testing

@Suite("Completions, in real shells", .serialized)
struct CompletionTests {
  let shells: Shells

  init() throws { shells = try Shells() }

  @Test("commands, options, names and values", arguments: Shells.Shell.all)
  func words(shell: Shells.Shell) throws {
    let exact: [String: [String]] = [
      "lynx pro": ["profile"], "lynx mig": ["migrate"], "lynx profile --sc": ["--scenario"],
      "lynx profile --scenario redirect-c": ["redirect-cold"],
      "lynx profile --scenario redirect-hot,cr": ["redirect-hot,create"],
      "lynx bench --scenario get,list,hea": ["get,list,health"],
      "lynx render --format s": ["svg"], "lynx render a --palette i": ["io"],
      "lynx profile --kernel y": ["yes"], "lynx profile --call-graph d": ["dwarf"],
      "lynx serve --auth a": ["api-key"],
      "lynx serve --redirect-status 30": [
        "301", "302", "303", "307", "308",
      ], "lynx migrate re": ["redo", "repair"], "lynx migrate new ": [],
      "lynx migrate up --dr": ["--dry-run"], "lynx help ser": ["serve"],
      // A value that may be left out does not swallow the next option.
      "lynx render --json --to": ["--top"],
      // Links named after commands.
      "lynx-profile --sc": ["--scenario"], "lynx-migrate verif": ["verify"],
      "lynx-profile --scenario redirect-hot,cr": ["redirect-hot,create"],
      "lynx profile --scenario=cre": [shell == .fish ? "--scenario=create" : "create"],
    ]
    let offers = try shells.offers(
      exact.keys.sorted() + ["lynx ", "lynx profile -- mktem", "lynx profile --scenario "],
      in: shell)
    for (line, expected) in exact {
      let offer = try #require(offers[line], "\(line)")
      #expect(Set(offer.words) == Set(expected), "\(shell.rawValue): \(line)")
      #expect(!offer.areFiles, "\(shell.rawValue): \(line)")
    }
    let help = try Executable.run(["--help"], in: shells.directory).output
    // Two spaces and a name; more spaces are a description that goes on, or the closing line.
    let commands = help.split(separator: "\n").drop { $0 != "SUBCOMMANDS:" }.dropFirst()
      .prefix { !$0.contains("lynx help") }
      .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
    #expect(commands.contains("serve") && commands.contains("migrate"))
    let first = try #require(offers["lynx "]).words
    #expect(Set(first).isSuperset(of: commands))
    let program = try #require(offers["lynx profile -- mktem"]).words
    #expect(program.contains("mktemp"))
    let scenarios = try #require(offers["lynx profile --scenario "]?.words)
    #expect(scenarios.contains("redirect-hot") && scenarios.contains("mixed"))
    #expect(scenarios.last == "all")
  }

  @Test("files by what is read and written, and directories", arguments: Shells.Shell.all)
  func files(shell: Shells.Shell) throws {
    for name in [
      "a.pb.gz", "b.folded", "c.svg", "d.json.gz", "e.json", "f.sql", "g.swift", "h.pem",
    ] {
      try shells.directory.write("", to: name)
    }
    for name in ["sub", "profile", "redirect-cold"] {
      try FileManager.default.createDirectory(
        atPath: shells.directory / name, withIntermediateDirectories: true)
    }
    let sub = shell == .fish ? "sub/" : "sub"
    let offers = try shells.offers(
      [
        "lynx render ", "lynx render x --diff ", "lynx bench --save ", "lynx bench --cacert ",
        "lynx migrate --dir ", "lynx profile -o ", "lynx profile --artifact ",
        "lynx render --json ",
        "lynx pro", "lynx profile --scenario redirect-c",
      ], in: shell)
    func expect(_ line: String, _ wanted: [String], not unwanted: [String]) throws {
      let offer = try #require(offers[line], "\(line)")
      let words = Set(offer.words.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 })
      #expect(words.isSuperset(of: wanted), "\(shell.rawValue): \(line): \(words.sorted())")
      #expect(words.isDisjoint(with: unwanted), "\(shell.rawValue): \(line): \(words.sorted())")
      #expect(offer.areFiles == (shell == .bash || shell == .bashCompletion))
    }
    for line in ["lynx render ", "lynx render x --diff "] {
      try expect(
        line, ["a.pb.gz", "b.folded", "sub"], not: ["c.svg", "f.sql", "g.swift", "h.pem"])
    }
    try expect("lynx bench --save ", ["d.json.gz", "sub"], not: ["a.pb.gz", "e.json"])
    try expect("lynx bench --cacert ", ["h.pem", "sub"], not: ["a.pb.gz", "e.json"])
    try expect("lynx migrate --dir ", ["sub", "profile"], not: ["a.pb.gz", "f.sql"])
    try expect("lynx profile -o ", ["a.pb.gz", "b.folded", "c.svg", "sub"], not: ["f.sql"])
    try expect("lynx profile --artifact ", ["a.pb.gz", "sub"], not: ["c.svg", "d.json.gz"])
    // That a directory has a word's name makes no file of the word: it would get a slash.
    for (line, word) in [
      ("lynx pro", "profile"), ("lynx profile --scenario redirect-c", "redirect-cold"),
    ] {
      #expect(offers[line]?.words == [word], "\(shell.rawValue) with \(sub)")
      #expect(offers[line]?.areFiles == false)
    }
    #expect(offers["lynx render --json "]?.words.contains("e.json") == (shell != .fish))
  }

  @Test("processes of servers that run, also behind a comma")
  func servers() throws {
    let started = try Executable.shell(
      """
      mkdir run; chmod 755 run; export LYNX_RUNTIME_DIR=$PWD/run
      # Whoever waits for this shell waits for all that holds its descriptors.
      ( for file in /proc/$BASHPID/fd/*; do n=${file##*/}; [ $n -gt 2 ] && eval "exec $n>&-"; done
        exec "$LYNX" serve --redirect-port 0 --api-port 0 --database-url sqlite://./links.db
      ) >log 2>&1 </dev/null &
      for i in $(seq 600); do [ -e run/serve-$!.json ] && break; sleep 0.05; done
      echo $!
      """, in: shells.directory)
    let pid = try #require(Int32(started.output.split(separator: "\n").last ?? ""))
    defer { kill(pid, SIGTERM) }
    let log = try shells.directory.read("log")
    for shell in Shells.Shell.all {
      let offers = try shells.offers(
        [
          "lynx profile --pid ", "lynx profile -p ", "lynx profile -p 1,", "lynx bench --pid ",
          "lynx profile --pid \(pid),", "lynx-profile -p ", "lynx profile --pid=",
        ], in: shell, environment: ["LYNX_RUNTIME_DIR": shells.directory / "run"])
      for line in [
        "lynx profile --pid ", "lynx profile -p ", "lynx bench --pid ", "lynx-profile -p ",
      ] {
        #expect(offers[line]?.words == ["\(pid)"], "\(shell.rawValue): \(line): \(log)")
      }
      #expect(offers["lynx profile -p 1,"]?.words == ["1,\(pid)"], "\(shell.rawValue)")
      #expect(offers["lynx profile --pid \(pid),"]?.words == [], "\(shell.rawValue)")
      #expect(
        offers["lynx profile --pid="]?.words == [shell == .fish ? "--pid=\(pid)" : "\(pid)"],
        "\(shell.rawValue)")
    }
  }

  @Test("bash is left as it was: its options, its traps")
  func leftAlone() throws {
    let result = try Executable.shell(
      """
      source "$COMPLETIONS/lynx.bash"
      PATH=${LYNX%/*}:$PATH
      before=$(trap -p; shopt; set -o)
      source "$COMPLETE" "lynx pro" "lynx profile --scenario " >offers
      [ "$(trap -p; shopt; set -o)" = "$before" ] && echo same
      shopt -s globstar
      echo : >sourced && source ./sourced
      shopt globstar
      """.replacingOccurrences(of: "$COMPLETIONS", with: Shells.package + "/Completions")
        .replacingOccurrences(of: "$COMPLETE", with: Shells.fixture("complete.bash")),
      in: shells.directory)
    #expect(result.errors == "")
    #expect(try shells.directory.read("offers").contains("lynx pro => profile\n"))
    #expect(result.output.split(separator: "\n").first == "same")
    #expect(result.output.contains("on\n"), "\(result.output)")
  }

  @Test("a person at a terminal, in bash: what is typed is completed in place")
  func typed() throws {
    try FileManager.default.createDirectory(
      atPath: shells.directory / "profile", withIntermediateDirectories: true)
    try shells.directory.write(
      """
      PS1=
      source \(Shells.package)/Completions/lynx.bash
      function lynx { if [ "$1" = ---completion ]; then command lynx "$@"; else printf 'ran<%s>\\n' "$@" >>ran; fi; }
      lynx prof\t--scenario=redirect-hot,cre\t-d 1s
      exit

      """, to: "keys")
    // The keys have to come when readline listens.
    let result = try Executable.shell(
      """
      export PATH=$PWD/bin:$PATH TERM=dumb HOME=$PWD INPUTRC=/dev/null
      while IFS= read -r line; do sleep 0.5; printf '%s\\n' "$line"; done <keys |
        script -qec 'bash --norc --noprofile -i' /dev/null >screen
      cat ran
      """, in: shells.directory)
    #expect(
      result.output == """
        ran<profile>
        ran<--scenario=redirect-hot,create>
        ran<-d>
        ran<1s>

        """, "\((try? shells.directory.read("screen")) ?? "")")
  }
}
