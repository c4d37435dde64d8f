import Foundation
import Glibc
import Testing

extension Profiling {
  @Suite("Real programs come out whole and with names")
  struct RealPrograms {
    private let directory: Scratch

    init() throws { directory = try Scratch() }

    private enum Way: CaseIterable {
      case attaching, launching
    }

    /// Records a program that works for as many seconds as its argument says, in both ways.
    private func recordings(
      of program: String, seconds: Int, _ options: [String] = []
    ) throws -> [(report: Report, stacks: Stacks)] {
      let launched = try Recorded(options, of: ["--", program, "\(seconds)"], in: directory)
        .finish()
      let target = try Launched([program, "600"], in: directory)
      defer { target.end() }
      #expect(eventually { target.executes == program })
      let attached = try Recorded(
        options + ["-d", "\(seconds)"], of: ["-p", "\(target.id)"], in: directory
      ).finish()
      return [launched, attached]
    }

    @Test("recursive and deep C++ without frame pointers")
    func deep() throws {
      var recordings: [(report: Report, stacks: Stacks)] = []
      // Again until there are enough: on a busy machine a second has few samples.
      for _ in 0..<6 where recordings.reduce(0, { $0 + $1.report.samples }) < 2000 {
        recordings += try self.recordings(
          of: Programs.deep(), seconds: 4, ["--stack-size", "32k"])
      }
      #expect(recordings.reduce(0) { $0 + $1.report.samples } >= 2000)
      for (report, stacks) in recordings {
        #expect(report.isRooted(atLeast: 99.9), "\(report)")
        #expect(report.lost == 0)
        #expect(report.unresolvedPercent < 1, "\(report.unresolved)")
        #expect(stacks.functions.contains { $0.contains("forest::sum") })
        #expect(stacks.functions.contains { $0.contains("forest::descend<60>") })
        #expect(stacks.functions.contains { $0.contains("thrower") })
        #expect(!stacks.functions.contains { $0.hasPrefix("_Z") })
      }
    }

    @Test("a static program, sampled ten thousand times a second")
    func staticProgram() throws {
      let (report, stacks) = try Recorded(
        of: ["--", Programs.staticShares(), "1"], in: directory, frequency: 10_000
      ).finish()
      #expect(report.isRooted(atLeast: 99.9), "\(report)")
      #expect(stacks.share(of: "turn", within: "main") > 0.99)
      #expect(stacks.contains("twenty"))
    }

    @Test("a program in a root directory of its own, by attaching and by launching")
    func otherRoot() throws {
      guard Machine.isRoot(for: "a program in another root directory") else { return }
      let folder = directory / "root"
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: Programs.staticShares(), toPath: folder + "/shares")
      let launched = try Recorded(
        of: ["--", "chroot", folder, "/shares", "1"], in: directory
      ).finish()
      let target = try Launched(["chroot", folder, "/shares", "600"], in: directory)
      defer { target.end() }
      #expect(eventually { target.executes == folder + "/shares" })
      let attached = try Recorded(
        ["-d", "1"], of: ["-p", "\(target.id)"], in: directory
      ).finish()
      for (report, stacks) in [launched, attached] {
        #expect(report.isRooted(atLeast: 99), "\(report)")
        #expect(stacks.contains("forty") && stacks.contains("twenty"))
      }
    }

    @Test("Rust, without the hashes of its symbols")
    func words() throws {
      for (report, stacks) in try recordings(of: Programs.words(), seconds: 3) {
        #expect(report.isRooted(atLeast: 99.9), "\(report)")
        #expect(report.lost == 0)
        #expect(stacks.functions.contains { $0.contains("words::make_words") })
        #expect(stacks.functions.contains { $0.contains("words::rank") })
        #expect(!stacks.functions.contains { $0.contains(/::h[0-9a-f]{16}/) })
        #expect(!stacks.functions.contains { $0.hasPrefix("_R") || $0.hasPrefix("_ZN") })
      }
    }

    private func isMangledSwift(_ function: Substring) -> Bool {
      // Calls between libraries go through stubs, which keep the symbol.
      function.contains("$s") && !function.hasSuffix("@plt")
    }

    @Test("lynx itself, drawing something big")
    func itself() throws {
      var folded = ""
      for line in 0..<60_000 {
        folded += "main;a\(line % 7);b\(line % 1013);c\(line % 4999);d\(line) \(line % 90 + 1)\n"
      }
      try directory.write(folded, to: "big.folded")
      let command = [Lynx.path, "render", directory / "big.folded", "-o", directory / "big.svg"]
      // A debug build has large frames, and merging is recursive.
      let options = ["--stack-size", "65528"]
      let launched = try Recorded(options, of: ["--"] + command, in: directory, frequency: 499)
      let first = try launched.finish()
      let target = try Launched(command, in: directory)
      defer { target.end() }
      let attached = try Recorded(
        options, of: ["-p", "\(target.id)"], in: directory, frequency: 499)
      for (report, stacks) in [first, try attached.finish()] {
        #expect(report.isRooted(atLeast: 99.5), "\(report)")
        // A ring has room for 64 such stacks, an eighth of a second: a busy machine may lose some.
        #expect(report.lost <= report.samples / 50, "\(report)")
        #expect(stacks.functions.filter(isMangledSwift) == [])
        #expect(stacks.functions.contains { $0.contains("FoldedDecoder") || $0.contains("Folded") })
      }
    }

    @Test("nginx under load: the master stands for its workers")
    func attachedNginx() throws {
      let port = try Servers.freePort()
      let server = try Launched(
        Servers.nginx(port: port, in: directory), in: directory, name: "nginx")
      defer { server.end() }
      let load = try Servers.load(port: port, path: "/", in: directory)
      defer { load.end() }
      let (report, stacks) = try Recorded(
        ["-d", "2"], of: ["-p", "\(server.id)"], in: directory
      ).finish()
      try expectNginx(report, stacks)
    }

    @Test("nginx under load, launched, in the foreground")
    func launchedNginx() throws {
      let port = try Servers.freePort()
      let recorded = try Recorded(
        of: ["--"] + Servers.nginx(port: port, in: directory), in: directory)
      let load = try Servers.load(port: port, path: "/", in: directory)
      defer { load.end() }
      sleep(2)
      recorded.lynx.send(SIGTERM)
      let (report, stacks) = try recorded.finish()
      try expectNginx(report, stacks)
      #expect(eventually { !Servers.answers(port: port) })
    }

    private func expectNginx(_ report: Report, _ stacks: Stacks) throws {
      #expect(report.lost == 0)
      #expect(report.samples > 20, "\(report)")
      #expect(report.isRooted(atLeast: 99.5), "\(report)")
      #expect(stacks.contains("ngx_http_core_run_phases"))
      // Debian's nginx has the names it exports, and no others: the rest says where it is, and why.
      let unnamed = stacks.functions.filter { $0.hasPrefix("[nginx+0x") }
      if !unnamed.isEmpty {
        let module = try #require(report.unresolved.first { $0.module == "nginx" })
        #expect(module.reason.contains("stripped"))
        #expect(try directory.read("lynx.err").isEmpty)
      }
      #expect(!stacks.functions.contains { $0.contains("[unknown]") })
    }

    @Test("a Swift server under load, attached and launched")
    func swiftServer() throws {
      let program = try Programs.swiftServer()
      for way in Way.allCases {
        let port = try Servers.freePort()
        let command = [program, "\(port)"]
        var server: Launched?
        var recorded: Recorded?
        switch way {
        case .attaching:
          server = try Launched(command, in: directory, name: "server")
        case .launching:
          recorded = try Recorded(["-d", "4"], of: ["--"] + command, in: directory)
        }
        defer { server?.end() }
        let load = try Servers.load(port: port, path: "/hello/lynx", in: directory)
        defer { load.end() }
        if let server {
          recorded = try Recorded(["-d", "3"], of: ["-p", "\(server.id)"], in: directory)
        }
        let (report, stacks) = try #require(recorded).finish()
        #expect(report.isRooted(atLeast: 99.5), "\(way) \(report)")
        #expect(report.lost == 0)
        #expect(report.samples > 100, "\(report)")
        #expect(report.peakMemoryBytes <= 150_000_000, "\(report.peakMemoryBytes)")
        #expect(stacks.functions.filter(isMangledSwift) == [])
        #expect(stacks.functions.contains { $0.contains("ByteBuffer") })
        #expect(report.unresolvedPercent < 5, "\(report.unresolved)")
      }
    }
  }
}
