import Foundation
import LinuxSystem
import TestSupport
import Testing

@testable import Diagnosis

@Suite("What a program lacks for its profiles is told, and mended by the line that is given")
struct SymbolCheckTests {
  /// shares.c, built with flags; `after` is run on it.
  private static func built(_ shop: Workshop, _ flags: String, after: String = "true") throws
    -> String
  {
    try shop.run("gcc \(flags) -pthread '\(Workshop.program("shares.c"))' -o program && \(after)")
    return shop / "program"
  }

  @Test("a program with everything has no gap")
  func whole() throws {
    let shop = try Workshop()
    let program = try Self.built(shop, "-O2 -g -gdwarf-5 -Wl,--build-id=sha1")
    let checks = symbolChecks(program)
    expect(try finding("symbols.program.file", of: checks), .ok, program, "C/C++")
    expect(try finding("symbols.program.names", of: checks), .ok, ".symtab")
    expect(try finding("symbols.program.debug_information", of: checks), .ok, "DWARF 5")
    expect(try finding("symbols.program.call_frames", of: checks), .ok, ".eh_frame", "100%")
    let id = try finding("symbols.program.build_id", of: checks)
    let verdict = try shop.run("readelf -n program | sed -n 's/.*Build ID: //p'")
    expect(id, .ok)
    #expect(id.observed == verdict.split(separator: "\n").first.map(String.init))
    expect(try finding("symbols.program.debug_file", of: checks), .notApplicable)
    expect(try finding("symbols.program.debuginfod", of: checks), .notApplicable)
  }

  @Test("the version of DWARF is the compiler's", arguments: [3, 4, 5])
  func versions(version: Int) throws {
    let shop = try Workshop()
    let program = try Self.built(shop, "-O2 -g -gdwarf-\(version)")
    expect(try symbolFinding("debug_information", program), .ok, "\(version)")
  }

  @Test("debug information of a library that is linked in is none of the program's own")
  func others() throws {
    let shop = try Workshop()
    let source = try shop.source(
      "main.c", "int other(int); int main(int n, char **a) { return other(n); }\n")
    _ = try shop.source("other.c", "int other(int n) { return n * 3; }\n")
    try shop.run("gcc -O1 -g -c other.c && gcc -O1 -c '\(source)' && gcc main.o other.o -o program")
    let found = try symbolFinding("debug_information", shop / "program")
    expect(found, .warning, "main")
    let flags = try #require(found.remedy?.line.firstMatch(of: /CFLAGS='([^']*)'/)?.1)
    try shop.run("gcc \(flags) main.c other.c -o program")
    expect(try symbolFinding("debug_information", shop / "program"), .ok)
    try shop.run("gcc -O1 -g -gsplit-dwarf main.c other.c -o program")
    expect(try symbolFinding("debug_information", shop / "program"), .warning, ".dwo")
  }

  @Test("a Rust program whose standard library alone has lines")
  func rustWithoutLines() throws {
    let shop = try Workshop()
    try shop.run("rustc -O '\(Workshop.program("words.rs"))' -o program")
    expect(try symbolFinding("debug_information", shop / "program"), .warning)
    try shop.run("rustc -O -g '\(Workshop.program("words.rs"))' -o program")
    expect(try symbolFinding("debug_information", shop / "program"), .ok, "DWARF")
  }

  /// The value of CFLAGS or LDFLAGS in a remedy, used as make would use it.
  private static func rebuilt(_ shop: Workshop, by remedy: Remedy?) throws -> String {
    let line = try #require(remedy?.line)
    let variables = line.prefix { $0 != "#" }.replacing("make -B ", with: "")
    try shop.run(
      "unset CFLAGS LDFLAGS; \(variables); gcc $CFLAGS -pthread '\(Workshop.program("shares.c"))' -o program $LDFLAGS"
    )
    return shop / "program"
  }

  @Test("a stripped program: no names, no lines; the line given brings both")
  func stripped() throws {
    let shop = try Workshop()
    let program = try Self.built(shop, "-O2 -g", after: "strip program")
    let names = try symbolFinding("names", program)
    expect(names, .failed, "stripped")
    expect(try symbolFinding("debug_information", program), .warning, "no .debug_info")
    // Places in the code are looked at instead of functions.
    expect(try symbolFinding("call_frames", program), .ok, "places in the code")
    let mended = try Self.rebuilt(shop, by: names.remedy)
    expect(try symbolFinding("names", mended), .ok)
    expect(try symbolFinding("debug_information", mended), .ok, "DWARF")
  }

  @Test("no call-frame rules, and none but the start files'; the line given brings them")
  func callFrames() throws {
    let shop = try Workshop()
    let program = try Self.built(
      shop, "-O2 -fomit-frame-pointer -fno-asynchronous-unwind-tables -fno-unwind-tables")
    let found = try symbolFinding("call_frames", program)
    expect(found, .failed, "0%")
    expect(try symbolFinding("frame_pointers", program), .warning)
    let mended = try Self.rebuilt(shop, by: found.remedy)
    expect(try symbolFinding("call_frames", mended), .ok, "100%")
    _ = try Self.built(
      shop, "-O2 -g", after: "strip -R .eh_frame -R .eh_frame_hdr -R .debug_frame program")
    expect(try symbolFinding("call_frames", shop / "program"), .failed, "neither .eh_frame nor")
  }

  @Test("frame pointers are counted where they are needed; the line given brings them")
  func framePointers() throws {
    let shop = try Workshop()
    let without = "-O2 -fno-asynchronous-unwind-tables -fno-unwind-tables"
    let program = try Self.built(shop, "\(without) -fomit-frame-pointer")
    let found = try symbolFinding("frame_pointers", program)
    expect(found, .warning, "functions with a frame")
    let flags = try #require(found.remedy?.line.firstMatch(of: /CFLAGS='([^']*)'/)?.1)
      .replacing("-g ", with: "")
    _ = try Self.built(shop, "\(without) \(flags)")
    expect(try symbolFinding("frame_pointers", program), .ok, "100%")
    // Stacks can be followed by them: the rules are missed less.
    expect(try symbolFinding("call_frames", program), .warning)
  }

  @Test("no build-id; the line given brings one")
  func buildID() throws {
    let shop = try Workshop()
    let program = try Self.built(shop, "-O2 -g -Wl,--build-id=none")
    let found = try symbolFinding("build_id", program)
    expect(found, .warning, "none")
    let mended = try Self.rebuilt(shop, by: found.remedy)
    expect(try symbolFinding("build_id", mended), .ok)
  }

  @Test("a debug file that was split off is found, or every place is told where it was looked for")
  func debugFile() throws {
    let shop = try Workshop()
    let program = try Self.built(
      shop, "-O2 -g -Wl,--build-id=sha1",
      after: """
        objcopy --only-keep-debug program program.debug && strip program \
        && objcopy --add-gnu-debuglink=program.debug program
        """)
    expect(try symbolFinding("debug_file", program), .ok, shop / "program.debug")
    expect(try symbolFinding("debug_information", program), .ok, "DWARF")
    expect(try symbolFinding("names", program), .ok)
    try shop.run("mv program.debug elsewhere")
    let lost = try symbolFinding("debug_file", program)
    let id = try shop.run("readelf -n program | sed -n 's/.*Build ID: //p'").prefix { $0 != "\n" }
    expect(
      lost, .warning, shop / "program.debug", shop / ".debug/program.debug",
      "/usr/lib/debug/.build-id/\(id.prefix(2))/\(id.dropFirst(2)).debug")
    // It was built with lines: to build it again would not bring them back.
    for gap in ["debug_file", "debug_information", "names"] {
      let remedy = try #require(try symbolFinding(gap, program).remedy)
      #expect(
        remedy.line.hasSuffix(
          " /usr/lib/debug/.build-id/\(id.prefix(2))/\(id.dropFirst(2)).debug"), "\(remedy)")
    }
    // In the last place that was named it is found.
    try shop.run("mkdir .debug && mv elsewhere .debug/program.debug")
    expect(try symbolFinding("debug_file", program), .ok, shop / ".debug/program.debug")
  }

  @Test("debuginfod is named with what it would bring")
  func debuginfod() throws {
    let shop = try Workshop()
    let program = try Self.built(shop, "-O2 -Wl,--build-id=sha1")
    let findings = SymbolFindings(
      examined: ExaminedModules.file(program),
      packages: DebianPackages(files: SystemFiles(root: shop.path)))
    expect(findings.debuginfod(servers: ""), .notApplicable, "DEBUGINFOD_URLS")
    let found = findings.debuginfod(servers: "https://debuginfod.debian.net")
    expect(found, .warning)
    let id = try #require(findings.examined.modules.first).buildID
    #expect(found.remedy?.line.contains("debuginfod-find debuginfo \(id)") == true)
  }

  @Test("files that are no programs are told for what they are")
  func otherFiles() throws {
    let shop = try Workshop()
    _ = try Self.built(
      shop, "-O2", after: "head -c 40 program > short && head -c 3000 program > cut")
    try shop.run(
      """
      printf 'some words\\n' > text; printf '#!/bin/sh\\necho\\n' > script; : > empty; mkdir folder
      gzip -c text > packed; printf '\\177ELF\\001\\001\\001' > small; head -c 80 /dev/zero >> small
      """)
    for (name, text) in [
      ("text", "is text"), ("script", "a script for /bin/sh"), ("empty", "empty"),
      ("folder", "no regular file"), ("packed", "gzip"), ("small", "32 bits"),
      ("short", "ends within its header"), ("none", "cannot be opened"),
    ] {
      let checks = symbolChecks(shop / name)
      expect(try finding("symbols.program.file", of: checks), .failed, text)
      expect(try finding("symbols.program.names", of: checks), .notApplicable)
    }
    // Cut off behind its headers: whatever is told, something is.
    _ = symbolChecks(shop / "cut").map { $0.probe() }
  }

  /// The linkers lay the table of call-frame rules out differently, and it is read on different ways.
  @Test("damaged copies end no check", arguments: ["bfd", "gold"])
  func damaged(linker: String) throws {
    var random = SeededGenerator.forTest()
    let shop = try Workshop()
    let program = try Self.built(shop, "-O2 -g -fuse-ld=\(linker)")
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: program)))
    let header = try shop.run("readelf -SW program").firstMatch(
      of: #/\.eh_frame_hdr +\S+ +\S+ +(\S+) +(\S+)/#)
    let table = try #require(header.flatMap { Int($0.1, radix: 16) })
    for round in 0..<60 {
      var bytes = whole
      // Its first words are encodings, an address and how many entries there are.
      if round % 3 == 0 { bytes[table + Int.random(in: 0..<12, using: &random)] ^= 0xFF }
      if Bool.random(using: &random) {
        bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
      }
      for _ in 0..<Int.random(in: 1...30, using: &random) {
        let position =
          Bool.random(using: &random)
          ? Int.random(in: 0..<min(800, bytes.count), using: &random)
          : Int.random(in: 0..<bytes.count, using: &random)
        bytes[position] = UInt8.random(in: 0...255, using: &random)
      }
      try Data(bytes).write(to: URL(fileURLWithPath: shop / "damaged"))
      for check in symbolChecks(shop / "damaged") { _ = check.probe() }
    }
  }
}
