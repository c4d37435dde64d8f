import Glibc
import LinuxSystem
import TestSupport
import Testing
import Unwinding

@testable import Modules

@Suite("Address spaces and stack copies answer as a plain search does")
struct AddressTests {
  @Test("mappings over one another: the later counts")
  func addressSpace() {
    var random = SeededGenerator.forTest()
    let store = ModuleStore()
    let modules = (1...6).map { store.generatedCode(of: ProcessID($0)) }
    for _ in 0..<200 {
      var space = AddressSpace()
      var plain = [(module: Int, bias: UInt64)?](repeating: nil, count: 130)
      for _ in 0..<Int.random(in: 0...40, using: &random) {
        let start = UInt64.random(in: 0..<100, using: &random)
        let end = start + UInt64.random(in: 0...30, using: &random)
        let offset = UInt64.random(in: 0...50, using: &random)
        let module = modules[Int.random(in: 0..<modules.count, using: &random)]
        space.map(start: start, end: end, fileOffset: offset, module: module, in: store)
        for address in start..<end { plain[Int(address)] = (module, start &- offset) }
      }
      for address in (0..<130).shuffled(using: &random) {
        let region = space.region(at: UInt64(address))
        #expect(region?.module == plain[address]?.module)
        #expect(region?.bias == plain[address]?.bias)
      }
      for (left, right) in zip(space.regions, space.regions.dropFirst()) {
        #expect(left.end <= right.start)
      }
      #expect(space.region(at: .max) == nil)
    }
  }

  @Test("mappings at the ends of the address space")
  func extremes() {
    let store = ModuleStore()
    let module = store.generatedCode(of: 1)
    var space = AddressSpace()
    space.map(start: .max - 10, end: .max, fileOffset: .max, module: module, in: store)
    space.map(start: 0, end: 5, fileOffset: .max, module: module, in: store)
    space.map(start: 7, end: 3, fileOffset: 0, module: module, in: store)
    #expect(space.regions.count == 2)
    #expect(space.region(at: .max - 1)?.module == module)
    #expect(space.region(at: .max) == nil)
    #expect(space.region(at: 4)?.module == module)
    #expect(space.region(at: 6) == nil)
  }

  @Test("words of a stack copy, at any address")
  func stackCopy() {
    var random = SeededGenerator.forTest()
    for _ in 0..<2000 {
      let bytes = random.bytes(Int.random(in: 0...40, using: &random))
      let base =
        [0, 1000, UInt64.max - 20, UInt64.random(in: 0...UInt64.max, using: &random)]
        .randomElement(using: &random) ?? 0
      bytes.withUnsafeBytes { buffer in
        let copy = StackCopy(base: base, bytes: buffer)
        for offset in -20...60 {
          let address = base &+ UInt64(bitPattern: Int64(offset))
          var wanted: UInt64?
          if offset >= 0, offset + 8 <= bytes.count {
            wanted = bytes[offset..<(offset + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
          }
          #expect(copy.word(at: address) == wanted)
        }
        _ = copy.word(at: .max)
        _ = copy.isBeyond(.max)
      }
    }
  }

  @Test("packed places keep module and address")
  func codeAddress() {
    var random = SeededGenerator.forTest()
    for _ in 0..<10_000 {
      let user = UInt64.random(in: 0..<(1 << 47), using: &random)
      let module = Int.random(in: 0..<0xffff, using: &random)
      let address = Bool.random(using: &random) ? user : ~user
      let place = CodeAddress(module: module, address: address)
      #expect(place.module == module && place.address == address)
      #expect(CodeAddress(module: nil, address: address).module == nil)
      #expect(CodeAddress(module: module + 70_000, address: address).module == nil)
    }
  }

  /// Whatever registers and stack say, unwinding ends, within its bound.
  @Test("registers and stacks at random")
  func randomStacks() throws {
    var random = SeededGenerator.forTest()
    let store = ModuleStore()
    var space = AddressSpace()
    for region in Processes.mappings(of: getpid()) where region.isExecutable {
      let module = store.module(
        path: region.path, buildID: [], process: getpid(), start: region.start, end: region.end)
      space.map(
        start: region.start, end: region.end, fileOffset: region.fileOffset, module: module,
        in: store)
    }
    let regions = space.regions
    try #require(!regions.isEmpty)
    let unwinder = Unwinder(store: store)
    for _ in 0..<2000 {
      var registers = RegisterFile()
      let base = UInt64.random(in: 0x7000_0000_0000...0x7fff_0000_0000, using: &random) & ~15
      func value() -> UInt64 {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return base &+ UInt64.random(in: 0..<2048, using: &random) & ~7
        case 1: return UInt64.random(in: 0...UInt64.max, using: &random)
        case 2: return 0
        default:
          let region = regions[Int.random(in: 0..<regions.count, using: &random)]
          return UInt64.random(in: region.start..<region.end, using: &random)
        }
      }
      for number in 0..<RegisterFile.count { registers.values[number] = value() }
      registers.stackPointer = base
      let words = (0..<256).map { _ in value() }
      words.withUnsafeBytes { bytes in
        var places: [CodeAddress] = []
        _ = unwinder.unwind(
          registers, stack: StackCopy(base: base, bytes: bytes), space: &space, into: &places)
        #expect(!places.isEmpty && places.count <= Unwinder.maximumDepth)
      }
    }
  }
}
