import Foundation
import TestSupport
import Testing

@testable import Modules

@Suite("Compressed debug sections are inflated before libdw sees them")
struct CompressedSectionTests {
  private static func build(_ shop: Workshop) throws {
    try shop.run(
      """
      gcc -O2 -g -gdwarf-5 -pthread '\(Workshop.program("shares.c"))' -o plain
      objcopy --compress-debug-sections=zlib plain packed
      objcopy --compress-debug-sections=zlib-gnu plain older
      """)
  }

  private static func inflated(_ path: String) throws -> Bool {
    let opened = try #require(OpenedElf(path: path))
    return InflatedDebugSections(opened.file) != nil
  }

  @Test("every address resolves to what it does without compression, and the file stays as it is")
  func alike() throws {
    let shop = try Workshop()
    try Self.build(shop)
    let before = try Data(contentsOf: URL(fileURLWithPath: shop / "packed"))
    let addresses = try LLVMSymbolizer.instructions(of: shop / "plain")
    let wanted = try #require(InlineChainTests.chains(addresses, in: shop / "plain"))
    #expect(wanted.contains { $0.count > 1 })
    for name in ["packed", "older"] {
      let found = try #require(InlineChainTests.chains(addresses, in: shop / name))
      #expect(found == wanted, "\(name)")
    }
    // The older form has other names of sections, and is left to libdw.
    #expect(try Self.inflated(shop / "packed"))
    #expect(try !Self.inflated(shop / "plain") && !Self.inflated(shop / "older"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: shop / "packed")) == before)
  }

  @Test("a section that is damaged, or claims more than deflate can make, is left to libdw")
  func damaged() throws {
    let shop = try Workshop()
    try Self.build(shop)
    let script = """
      import struct, sys
      data = bytearray(open('packed', 'rb').read())
      table, = struct.unpack_from('<Q', data, 40)
      size, count, names = struct.unpack_from('<HHH', data, 58)
      headers = [struct.unpack_from('<IIQQQQ', data, table + size * n) for n in range(count)]
      text = headers[names][4]
      for name, _, flags, _, offset, length in headers:
          end = data.index(0, text + name)
          if data[text + name:end] == b'.debug_info' and flags & 0x800:
              if sys.argv[1] == 'size': struct.pack_into('<Q', data, offset + 8, 1 << 40)
              elif sys.argv[1] == 'kind': struct.pack_into('<I', data, offset, 77)
              else: data[offset + length // 2] ^= 0x55
              open(sys.argv[1], 'wb').write(data)
      """
    let path = try shop.source("damage.py", script)
    for damage in ["size", "kind", "byte"] {
      try shop.run("python3 '\(path)' \(damage)")
      #expect(try !Self.inflated(shop / damage), "\(damage)")
      // The symbol table is whole, and has the names.
      let opened = try #require(OpenedElf(path: shop / damage))
      let module = ModuleFile(path: shop / damage, opened: opened)
      let names = try #require(module.openFunctionNames())
      let main = try shop.run("nm plain | awk '$3 == \"main\" { print $1 }'")
      let address = try #require(UInt64(main.dropLast(), radix: 16))
      let frames = names.resolve([address], inlines: true)[0]
      #expect(frames.last.map { names.functions[$0.function].symbol } == "main", "\(damage)")
    }
  }
}
