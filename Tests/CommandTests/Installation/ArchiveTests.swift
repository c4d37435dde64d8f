import Foundation
import Testing

/// The archives, made of the executable the tests have: a statically linked one takes minutes to build.
@Suite("What is installed", .serialized)
struct ArchiveTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Both archives, once for all tests.
  private struct Packed: Sendable {
    var directory: TemporaryDirectory
    var names: [String]
  }

  private static let packed = Result { () throws -> Packed in
    let directory = try TemporaryDirectory()
    let result = try Executable.shell(
      "\"\(Shells.package)/.ci/package\" --executable \"$LYNX\" out", in: directory)
    #expect(result.status == 0, "\(result.errors)")
    let names = result.output.split(separator: "\n").map {
      String($0.split(separator: "/").last ?? "")
    }
    return Packed(directory: directory, names: names.sorted())
  }

  private func archives() throws -> (program: String, debug: String) {
    let packed = try Self.packed.get()
    try #require(packed.names.count == 2)
    return (
      packed.directory / "out/\(packed.names[1])", packed.directory / "out/\(packed.names[0])"
    )
  }

  /// Unpacks them below `directory`/usr/local and `directory`/usr, as INSTALL.md has it.
  private func install() throws {
    let (program, debug) = try archives()
    let result = try Executable.shell(
      """
      set -e; mkdir -p usr/local
      tar -C usr/local --strip-components=1 -xzf \(program)
      tar -C usr --strip-components=1 -xzf \(debug)
      """, in: directory)
    #expect(result.status == 0 && result.errors == "", "\(result.errors)")
  }

  @Test("archives are called after version and machine, and hold nothing of who made them")
  func contents() throws {
    let (program, debug) = try archives()
    let name = try #require(program.split(separator: "/").last)
    #expect(name.wholeMatch(of: /lynx-0\.1\.0-linux-(x86_64|aarch64)\.tar\.gz/) != nil, "\(name)")
    let stem = name.dropLast(".tar.gz".count)
    #expect(debug.hasSuffix("/\(stem)-debug.tar.gz"))
    let list = try Executable.shell("tar --numeric-owner -tvzf \(program)", in: directory).output
    let lines = list.split(separator: "\n")
    let names = lines.compactMap { line in
      line.split(separator: " ").drop { !$0.hasPrefix("lynx-") }.first.map(String.init)
    }
    #expect(names == names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
    #expect(lines.allSatisfy { $0.split(separator: " ")[1] == "0/0" }, "\(list)")
    let times = Set(lines.map { $0.split(separator: " ")[3...4].joined(separator: " ") })
    #expect(times.count == 1)
    for path in [
      "bin/lynx", "bin/lynx-profile", "share/bash-completion/completions/lynx",
      "share/zsh/site-functions/_lynx", "share/fish/vendor_completions.d/lynx.fish",
      "share/man/man1/lynx.1.gz", "share/man/man1/lynx-serve.1.gz", "share/doc/lynx/INSTALL.md",
      "lib/systemd/system/lynx.service", "lib/systemd/system/lynx.socket",
    ] {
      #expect(names.contains("\(stem)/\(path)"), "\(path)")
    }
    #expect(
      lines.allSatisfy {
        $0.hasPrefix("drwxr-xr-x") || $0.hasPrefix("-rw-r--r--") || $0.hasPrefix("l")
          || ($0.hasPrefix("-rwxr-xr-x") && $0.hasSuffix("/bin/lynx"))
      }, "\(list)")
  }

  @Test("the same executable makes the same archives, whoever packs it and whenever")
  func reproducible() throws {
    let (program, debug) = try archives()
    let again = try Executable.shell(
      """
      umask 077; touch -d '2001-01-01' early; export TZ=Asia/Tokyo LC_ALL=C.UTF-8
      "\(Shells.package)/.ci/package" --executable "$LYNX" again >/dev/null &&
      cmp \(program) again/$(basename \(program)) && cmp \(debug) again/$(basename \(debug)); echo $?
      ls -A again
      """, in: directory)
    #expect(again.output.split(separator: "\n").first == "0", "\(again)")
    #expect(again.output.split(separator: "\n").count == 3, "\(again.output)")
  }

  @Test("what cannot be packed is refused with a sentence, and nothing is written")
  func refusals() throws {
    for (arguments, status) in [
      ("--executable", Int32(64)), ("--executable missing", 66), ("a b", 64),
      ("--executable /bin/sh/none out", 66), ("--executable plain out", 65),
    ] {
      let result = try Executable.shell(
        "echo no program >plain; \"\(Shells.package)/.ci/package\" \(arguments)", in: directory)
      #expect(result.status == status, "\(arguments): \(result)")
      #expect(result.errors.contains("package: "), "\(arguments): \(result.errors)")
      #expect(result.output == "")
      #expect(try directory.names.filter { $0 != "plain" && $0 != "out" } == [])
    }
  }

  @Test("installed, it is found: program, links, pages, completions")
  func found() throws {
    try install()
    let result = try Executable.shell(
      """
      export PATH=$PWD/usr/local/bin:$PATH HOME=$PWD MANWIDTH=80
      cd /
      lynx --version
      lynx-render --help | sed -n 1p
      man -M $HOME/usr/local/share/man lynx-profile | sed -n 1p
      man -M $HOME/usr/local/share/man -w lynx lynx-serve lynx-bench lynx-render lynx-migrate | wc -l
      export XDG_DATA_DIRS=$HOME/usr/local/share:/usr/share
      fish -c 'complete -C "lynx pro"; complete -C "lynx-profile --scen"'
      bash -c 'source /usr/share/bash-completion/bash_completion
        source \(Shells.fixture("complete.bash")) "lynx pro" "lynx-migrate verif"'
      zsh -f \(Shells.fixture("complete.zsh")) $HOME/usr/local/share/zsh/site-functions 'lynx pro' 'lynx-migrate verif'
      """, in: directory)
    #expect(result.errors == "")
    let lines = result.output.split(separator: "\n").map(String.init)
    try #require(lines.count == 10, "\(result.output)")
    #expect(lines[0].hasPrefix("lynx 0.1.0 (commit "))
    #expect(lines[1].hasPrefix("OVERVIEW: Turn profiles into"))
    #expect(lines[2].hasPrefix("LYNX-PROFILE(1)"))
    #expect(lines[3] == "5")
    #expect(lines[4].hasPrefix("profile\t") && lines[5].hasPrefix("--scenario\t"))
    #expect(lines[6...7].elementsEqual(["lynx pro => profile", "lynx-migrate verif => verify"]))
    #expect(lines[8...9].elementsEqual(["lynx pro => profile", "lynx-migrate verif => verify"]))
  }

  @Test("debug information is apart, found by build-id, and gives back lines and inlined calls")
  func debugInformation() throws {
    try install()
    let sections = try Executable.shell(
      "readelf -SW usr/local/bin/lynx; readelf -n usr/local/bin/lynx", in: directory
    ).output
    #expect(sections.contains(".symtab") && sections.contains(".eh_frame"))
    #expect(sections.contains(".gnu_debuglink") && !sections.contains(".debug_info"))
    let id = try #require(sections.firstMatch(of: /Build ID: ([0-9a-f]+)/)?.1)
    let path = "usr/lib/debug/.build-id/\(id.prefix(2))/\(id.dropFirst(2)).debug"
    #expect(FileManager.default.fileExists(atPath: directory / path))
    // Where the kernel lets nobody mount, nothing can be put into /usr/lib/debug without harm.
    let namespace = try Executable.shell(
      "unshare -m mount -t tmpfs none /usr/lib/debug", in: directory)
    guard namespace.status == 0 else {
      return notTried("debug information below /usr/lib/debug", because: namespace.errors)
    }
    var stacks = ""
    for _ in 0..<8 { stacks += (0..<2000).map { "a;b\($0);c\($0 % 7) \($0 + 1)\n" }.joined() }
    try directory.write(stacks, to: "in.folded")
    let result = try Executable.shell(
      """
      export LYNX=$PWD/usr/local/bin/lynx
      unshare -m bash -c 'mount -t tmpfs none /usr/lib/debug
        "$LYNX" profile -F 997 --kernel no -o without.pb.gz -- "$LYNX" render in.folded -o a.svg
        cp -r usr/lib/debug/.build-id /usr/lib/debug/
        "$LYNX" profile -F 997 --kernel no -o with.pb.gz -- "$LYNX" render in.folded -o b.svg'
      for name in without with; do
        go tool pprof -traces -lines $name.pb.gz >$name.txt 2>/dev/null || echo no pprof
      done
      """, in: directory)
    #expect(result.status == 0, "\(result.errors)")
    let without = try directory.read("without.txt")
    let with = try directory.read("with.txt")
    // Names either way; files and what was inlined only with it.
    #expect(without.contains("RenderCommand.run"), "\(without.prefix(2000))")
    #expect(!without.contains("RenderCommand.swift"))
    #expect(
      with.contains("RenderCommand.run") && with.contains("RenderCommand.swift:"),
      "\(with.prefix(2000))")
  }

  @Test("an ordinary user unpacks and serves; pages and links are readable")
  func ordinaryUser() throws {
    let (program, _) = try archives()
    guard geteuid() == 0 else {
      return notTried("unpacking as another user", because: "the tests do not run as root")
    }
    let result = try Executable.shell(
      """
      mkdir home; chown 65534:65534 home; chmod o+rx "$(dirname \(program))" "$(dirname "$(dirname \(program))")"
      setpriv --reuid=65534 --regid=65534 --clear-groups env -i HOME=$PWD/home PATH=/usr/bin:/bin bash -c '
        set -e; umask 077; cd home
        tar --strip-components=1 -xzf \(program)
        mkdir run; export LYNX_RUNTIME_DIR=$PWD/run
        bin/lynx-serve --redirect-port 0 --api-port 0 >log 2>&1 & pid=$!
        for i in $(seq 600); do [ -e run/serve-$pid.json ] && break; sleep 0.05; done
        test -e run/serve-$pid.json; kill $pid; wait $pid; echo served $?
        man -M $PWD/share/man lynx-serve 2>/dev/null | grep -c LYNX-SERVE'; stat -c %u home/bin/lynx
      """, in: directory)
    #expect(result.output == "served 0\n2\n65534\n", "\(result)")
  }

  @Test("systemd has nothing to say against the units")
  func units() throws {
    guard access("/usr/bin/systemd-analyze", X_OK) == 0 else {
      return notTried("lynx.service", because: "systemd-analyze is not installed")
    }
    try install()
    let result = try Executable.shell(
      """
      mkdir units; for unit in service socket; do
        sed "s|/usr/local/bin|$PWD/usr/local/bin|" usr/local/lib/systemd/system/lynx.$unit >units/lynx.$unit
      done
      SYSTEMD_UNIT_PATH=$PWD/units: MANPATH=$PWD/usr/local/share/man systemd-analyze verify lynx.service lynx.socket
      """, in: directory)
    #expect(!result.errors.contains("lynx."), "\(result.errors)")
  }
}
