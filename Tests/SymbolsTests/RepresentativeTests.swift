import TestSupport
import Testing

@testable import Modules

@Suite("Addresses that stand for one another resolve to the same functions and lines")
struct RepresentativeTests {
  @Test("in programs with debug information, without, and stripped", arguments: [0, 1, 2])
  func sameFrames(variant: Int) throws {
    var random = SeededGenerator.forTest()
    let shop = try Workshop()
    let flags = variant == 0 ? "-O2 -g" : "-O2"
    try shop.run("g++ \(flags) -o program '\(Workshop.program("deep.cpp"))'")
    let all = try LLVMSymbolizer.instructions(of: shop / "program")
    let addresses = Set(all.shuffled(using: &random).prefix(4000)).sorted()
    if variant == 2 { try shop.run("strip program") }
    let opened = try #require(OpenedElf(path: shop / "program"))
    let names = try #require(
      ModuleFile(path: shop / "program", opened: opened).openFunctionNames())
    let representatives = names.representatives(of: addresses.shuffled(using: &random))
    #expect(Set(representatives).isSubset(of: addresses))

    let ordered = names.representatives(of: addresses)
    let chains = names.resolve(addresses, inlines: true)
    let frames = Dictionary(uniqueKeysWithValues: zip(addresses, chains))
    var stoodFor = 0
    for (address, representative) in zip(addresses, ordered) where address != representative {
      stoodFor += 1
      #expect(frames[address] == frames[representative], "\(address) as \(representative)")
      #expect(frames[address]?.isEmpty == false, "unnamed addresses stand for themselves")
    }
    // A line is several instructions, a function is many.
    if variant < 2 { #expect(stoodFor > addresses.count / 4, "\(stoodFor)") }
  }
}
