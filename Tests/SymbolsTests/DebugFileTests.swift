import Foundation
import TestSupport
import Testing

@testable import Modules

@Suite("Debug information is found where it was split off to, and believed only if it belongs")
struct DebugFileTests {
  /// Builds `program`, stripped, and `program.debug` beside it, linked to it.
  private static func split(_ shop: Workshop, buildID: Bool) throws {
    try shop.run(
      """
      gcc -O2 -g -pthread -Wl,--build-id=\(buildID ? "sha1" : "none") \
        '\(Workshop.program("shares.c"))' -o whole
      objcopy --only-keep-debug whole program.debug
      objcopy --strip-all whole program
      objcopy --add-gnu-debuglink=program.debug program
      """)
  }

  private static func agree(_ shop: Workshop) throws -> Bool {
    let addresses = try LLVMSymbolizer.instructions(of: shop / "whole")
    let whole = try #require(InlineChainTests.chains(addresses, in: shop / "whole"))
    let split = try #require(InlineChainTests.chains(addresses, in: shop / "program"))
    return whole == split
  }

  @Test("a debug file beside the program", arguments: [true, false])
  func beside(buildID: Bool) throws {
    let shop = try Workshop()
    try Self.split(shop, buildID: buildID)
    #expect(try Self.agree(shop))
  }

  @Test("a debug file in .debug", arguments: [true, false])
  func hidden(buildID: Bool) throws {
    let shop = try Workshop()
    try Self.split(shop, buildID: buildID)
    try shop.run("mkdir .debug; mv program.debug .debug/")
    #expect(try Self.agree(shop))
  }

  @Test("another program's debug file is not believed", arguments: [true, false])
  func foreign(buildID: Bool) throws {
    let shop = try Workshop()
    try Self.split(shop, buildID: buildID)
    try shop.run(
      """
      gcc -O1 -g -pthread -Wl,--build-id=\(buildID ? "sha1" : "none") \
        '\(Workshop.program("shares.c"))' -o other
      objcopy --only-keep-debug other program.debug
      """)
    let opened = try #require(OpenedElf(path: shop / "program"))
    let names = try #require(
      ModuleFile(path: shop / "program", opened: opened).openFunctionNames())
    #expect(!names.hasDebugInformation)
  }

  @Test("a debug link is not followed out of its directories")
  func escaping() throws {
    let shop = try Workshop()
    try Self.split(shop, buildID: false)
    try shop.run(
      """
      mkdir inner; mv program inner/; objcopy --remove-section=.gnu_debuglink inner/program
      printf '../program.debug\\0\\0\\0\\0\\0\\0\\0\\0' > link
      objcopy --add-section .gnu_debuglink=link inner/program
      """)
    let opened = try #require(OpenedElf(path: shop / "inner/program"))
    let names = try #require(
      ModuleFile(path: shop / "inner/program", opened: opened).openFunctionNames())
    #expect(!names.hasDebugInformation)
  }
}
