import Foundation
import Glibc
import TestSupport
import Testing

@testable import Modules

@Suite("No damaged ELF file ends the profiler", .serialized)
struct HostileFileTests {
  /// Opens a file as the profiler does, and asks for all it may ask for.
  private static func readEverything(_ path: String) {
    guard let opened = OpenedElf(path: path) else { return }
    let module = ModuleFile(path: path, opened: opened)
    let addresses = stride(from: UInt64(0x1000), to: 0x1800, by: 7).map { $0 }
    for address in addresses { _ = module.unwindRule(at: address) }
    _ = module.unwindTable
    _ = module.loadedWord(at: 0x1100)
    guard let names = module.openFunctionNames() else { return }
    _ = names.resolve(addresses, inlines: true)
    _ = names.resolve([0, 1, UInt64.max - 1, UInt64.max], inlines: true)
  }

  private static func damage(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    switch Int.random(in: 0..<4, using: &random) {
    case 0:
      bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
    case 1:
      // Headers decide the most.
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let isHead = Bool.random(using: &random)
        let position =
          isHead
          ? Int.random(in: 16..<800, using: &random)
          : bytes.count - Int.random(in: 1...min(2500, bytes.count), using: &random)
        bytes[position] = UInt8.random(in: 0...255, using: &random)
      }
    default:
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        bytes[Int.random(in: 16..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
    }
    return bytes
  }

  @Test(
    "five hundred damaged copies, each read by a child",
    arguments: ["-gdwarf-5", "-gdwarf-4 -gz", "-gdwarf-4 -fno-asynchronous-unwind-tables"])
  func damaged(option: String) throws {
    var random = SeededGenerator.forTest()
    let shop = try Workshop()
    try shop.run("gcc -O2 \(option) -pthread '\(Workshop.program("shares.c"))' -o program")
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: shop / "program")))
    var died: [String] = []
    for number in 0..<500 {
      let path = shop / "damaged"
      try Data(Self.damage(whole, &random)).write(to: URL(fileURLWithPath: path))
      let child = lynxTestFork()
      if child == 0 {
        alarm(20)
        Self.readEverything(path)
        _exit(0)
      }
      try #require(child > 0)
      var status: Int32 = 0
      while waitpid(child, &status, 0) < 0, errno == EINTR {}
      if status & 0x7f != 0 {
        let kept = "/tmp/lynx-damaged-\(getpid())-\(number)"
        try? FileManager.default.removeItem(atPath: kept)
        try FileManager.default.copyItem(atPath: path, toPath: kept)
        died.append("copy \(number) by signal \(status & 0x7f), kept as \(kept)")
      }
    }
    #expect(died.isEmpty, "\(died.joined(separator: "\n"))")
  }
}

/// fork(2), which Swift's Glibc module hides since it is seldom right: the child here only reads a
/// file and leaves by _exit.
@_silgen_name("fork")
private func lynxTestFork() -> Int32
