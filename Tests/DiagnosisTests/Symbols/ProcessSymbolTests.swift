import Foundation
import LinuxSystem
import Modules
import TestSupport
import Testing

@testable import Diagnosis

@Suite("Of a process all files are looked at, and Debian's packages named that close gaps")
struct ProcessSymbolTests {
  @Test("this process: its program first, and each library that it executes from")
  func own() throws {
    var subject = Subject()
    subject.pid = Processes.ownID
    let examined = ExaminedModules.process(Processes.ownID)
    #expect(examined.failure == nil)
    let mapped = Set(
      Processes.mappings(of: Processes.ownID).filter { $0.isExecutable && $0.path.hasPrefix("/") }
        .map(\.path))
    // On a busy machine the time there is ends before the smallest were looked at.
    let seen = Set(examined.modules.map(\.path) + examined.unreadable.map(\.path))
    #expect(seen.isSubset(of: mapped))
    #expect(seen.count + examined.passedOver == mapped.count)
    #expect(examined.modules.first?.path == Machine.ownExecutable)
    let found = try finding("symbols.program.file", of: SymbolChecks.all(subject))
    #expect([.ok, .warning].contains(found.status), "\(found)")
  }

  @Test("a process that is not there")
  func gone() throws {
    var subject = Subject()
    subject.pid = 0x7FFF_FFF0
    let checks = SymbolChecks.all(subject)
    expect(try finding("symbols.program.file", of: checks), .failed, "no process")
    expect(try finding("symbols.program.names", of: checks), .notApplicable)
  }

  @Test("nothing named: nothing to look at, and lynx itself all the same")
  func nothing() throws {
    let checks = SymbolChecks.all(Subject())
    expect(try finding("symbols.program.file", of: checks), .notApplicable, "--binary")
    expect(try finding("symbols.lynx.file", of: checks), .ok, Machine.ownExecutable, "Swift")
    expect(try finding("symbols.lynx.names", of: checks), .ok)
  }

  @Test("the package of a file is that of dpkg -S")
  func packages() throws {
    let packages = DebianPackages(files: SystemFiles())
    let shop = try Workshop()
    for path in ["/bin/bash", "/usr/bin/gcc-12", "/usr/lib/x86_64-linux-gnu/libsqlite3.so.0.8.6"]
    where FileManager.default.fileExists(atPath: path) {
      let verdict = try shop.run("dpkg -S '\(path)' 2>/dev/null || dpkg -S '\(path.dropFirst(4))'")
      #expect(packages.owner(of: path) == verdict.split(separator: ":").first.map(String.init))
    }
    #expect(packages.owner(of: shop / "mine") == nil)
    let several = packages.owners(of: ["/bin/bash", shop / "mine", "/usr/bin/gcc-12"])
    #expect(several.keys.sorted() == ["/bin/bash", "/usr/bin/gcc-12"])
  }

  @Test("a link leads to the file that it is one to")
  func link() throws {
    let shop = try Workshop()
    try shop.run("cp /bin/true program && ln -s program link")
    #expect(ExaminedModules.file(shop / "link").modules.first?.path == shop / "program")
  }

  @Test("the archive of debug packages is made known first where apt does not know it")
  func archive() throws {
    let shop = try Workshop()
    try shop.run(
      """
      mkdir -p etc/apt/sources.list.d
      printf 'ID=debian\\nVERSION_CODENAME="trixie"\\n' > etc/os-release
      echo 'deb http://deb.debian.org/debian trixie main' > etc/apt/sources.list
      """)
    let packages = DebianPackages(files: SystemFiles(root: shop.path))
    let line = packages.debugLine(for: ["bash"])
    #expect(line.contains("trixie-debug main") && line.hasSuffix("apt-get install -y bash-dbgsym"))
    #expect(line.contains("trixie-proposed-updates-debug main"))
    #expect(
      packages.debugLine(for: ["zlib1g", "libc6"])
        .hasSuffix("apt-get install -y zlib1g-dbgsym libc6-dbg"))
    #expect(packages.debugLine(for: ["libc6"]) == "sudo apt-get install -y libc6-dbg")
    try shop.run(
      "echo 'deb http://deb.debian.org/debian-debug/ trixie-debug main' > etc/apt/sources.list.d/debug.list"
    )
    #expect(packages.debugLine(for: ["bash"]) == "sudo apt-get install -y bash-dbgsym")
  }
}
