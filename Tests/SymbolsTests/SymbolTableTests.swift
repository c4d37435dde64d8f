import Foundation
import TestSupport
import Testing

@testable import Modules

@Suite("Symbol tables and linkage stubs name what objdump and nm name")
struct SymbolTableTests {
  @Test(
    "the stubs of the procedure linkage table", arguments: ["", "-fcf-protection", "-Wl,-z,now"])
  func stubs(option: String) throws {
    let shop = try Workshop()
    try shop.run("g++ -O2 \(option) '\(Workshop.program("deep.cpp"))' -o program")
    let opened = try #require(OpenedElf(path: shop / "program"))
    let stubs = LinkageStubs(opened.file)
    let listing = try shop.run("objdump -d program")
    var compared = 0
    for line in listing.split(separator: "\n") where line.hasSuffix("@plt>:") {
      let fields = line.split(separator: " ")
      guard let address = UInt64(fields[0], radix: 16) else { continue }
      let wanted = fields[1].dropFirst().dropLast(2)
      // objdump writes versions and offsets of its own.
      let ours = stubs.name(at: address) ?? ""
      #expect(wanted == ours, "at \(fields[0])")
      #expect(stubs.name(at: address + 5) == ours)
      compared += 1
    }
    #expect(compared > 10)
    print("compared \(compared) stubs with objdump")
  }

  @Test("stubs of functions that are both called and pointed to, in .plt.got")
  func pointedTo() throws {
    let shop = try Workshop()
    // An odd number of them, and each both called and taken the address of, which makes its stub short.
    let names = (1...7).map { "function\($0)" }
    let text =
      names.map { "int \($0)(int); int (*pointer_\($0)(void))(int) { return \($0); }\n" }.joined()
      + "int all(int n) { return \(names.map { "\($0)(n)" }.joined(separator: " + ")); }\n"
    _ = try shop.source("calls.c", text)
    try shop.run("gcc -O2 -fPIC -shared -fno-builtin -fcf-protection=none calls.c -o calls.so")
    let opened = try #require(OpenedElf(path: shop / "calls.so"))
    let stubs = LinkageStubs(opened.file)
    var compared: Set<String> = []
    let listing = try shop.run("objdump -d --section=.plt.got calls.so")
    for line in listing.split(separator: "\n") where line.hasSuffix("@plt>:") {
      let fields = line.split(separator: " ")
      let address = try #require(UInt64(fields[0], radix: 16))
      for offset: UInt64 in [0, 6, 7] {
        #expect(stubs.name(at: address + offset) ?? "" == fields[1].dropFirst().dropLast(2))
      }
      compared.insert(String(fields[1]))
    }
    #expect(compared.count > 7)
  }

  @Test("a stripped library's exported functions", arguments: ["libstdc++.so.6", "libc.so.6"])
  func exported(library: String) throws {
    let shop = try Workshop()
    let path = try shop.run("printf %s $(readlink -f $(gcc -print-file-name=\(library)))")
    let opened = try #require(OpenedElf(path: path))
    let table = SymbolTable(opened.file)
    var compared = 0
    for line in try shop.run("nm -D -S --defined-only '\(path)'").split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count == 4, "TWti".contains(fields[2]), let start = UInt64(fields[0], radix: 16),
        let size = UInt64(fields[1], radix: 16), size > 0
      else { continue }
      // Several names may stand for one address: what counts is where it begins and ends.
      for address in [start, start + size / 2, start + size - 1] {
        let symbol = try #require(table.symbol(at: address), "\(line)")
        #expect(symbol.start <= address && address < symbol.end)
        #expect(symbol.start >= start, "\(line): \(symbol)")
      }
      compared += 1
    }
    #expect(compared > 1000)
    print("\(library): compared \(compared) symbols with nm")
  }

  @Test("functions of size 0, nested and overlapping ones, local labels")
  func assembly() throws {
    let shop = try Workshop()
    let source = try shop.source(
      "a.s",
      """
      .text
      .globl first, outer, inner, last
      .type first, @function
      .type outer, @function
      .type inner, @function
      first: .fill 32, 1, 0x90
      outer: .fill 16, 1, 0x90
      inner: .fill 16, 1, 0x90
      .size inner, 16
      .fill 16, 1, 0x90
      .size outer, . - outer
      untyped: .fill 16, 1, 0x90
      last: .fill 16, 1, 0x90
      .data
      thing: .quad 0
      """)
    try shop.run("gcc -shared -nostdlib -o lib.so '\(source)'")
    let opened = try #require(OpenedElf(path: shop / "lib.so"))
    let table = SymbolTable(opened.file)
    let text = try #require(opened.file.section(".text"))
    let wanted: [(UInt64, String?)] = [
      (0, "first"), (31, "first"), (32, "outer"), (47, "outer"), (48, "inner"), (63, "inner"),
      (64, "outer"), (79, "outer"), (80, "untyped"), (96, "last"), (111, "last"), (112, nil),
    ]
    for (offset, name) in wanted {
      #expect(table.symbol(at: text.address + offset)?.name == name, "at \(offset)")
    }
    let data = try #require(opened.file.section(".data"))
    #expect(table.symbol(at: data.address) == nil)
  }
}
