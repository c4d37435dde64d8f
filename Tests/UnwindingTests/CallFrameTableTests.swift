import Foundation
import LinuxSystem
import TestSupport
import Testing

@testable import Modules

@Suite("Call-frame rules are those that readelf prints")
struct CallFrameTableTests {
  /// Numbers of the DWARF mapping (System V ABI, AMD64 supplement, figure 3.36) in the order of their names there.
  private static let registers = [
    "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15",
  ]

  private struct Row {
    let address: UInt64
    /// `rsp+8`, or `exp` for an expression.
    let canonicalFrame: String
  }

  /// gold puts `.eh_frame_hdr` behind `.eh_frame`, where libdw does not see it; the others before.
  @Test(
    "whichever linker arranged the sections, and between functions there is none",
    arguments: ["gold", "bfd"])
  func rows(linker: String) throws {
    let shop = try Workshop()
    try shop.run(
      "g++ -O2 -g -fuse-ld=\(linker) -pthread '\(Workshop.program("deep.cpp"))' -o program")
    let names = try shop.run("readelf -SW program").split(separator: "\n").compactMap {
      $0.firstMatch(of: #/\.eh_frame(_hdr)?\s/#).map { $0.1 == nil ? "rules" : "table" }
    }
    #expect(names == (linker == "gold" ? ["rules", "table"] : ["table", "rules"]))

    let descriptor = try FileDescriptor(reading: shop / "program")
    let file = try #require(ElfFile(descriptor: descriptor.number))
    let table = try #require(CallFrameTable(file))
    let (rows, ranges) = try Self.rows(try shop.run("readelf --debug-dump=frames-interp program"))
    try #require(rows.count > 50 && ranges.count > 20)
    // From the end: an address that was found does not help those before it.
    for row in rows.reversed() {
      let rule = try #require(table.rule(at: row.address), "\(row)")
      if row.canonicalFrame == "exp" {
        #expect(rule.kind == .expression, "\(row)")
      } else {
        let name = Self.registers[Int(rule.cfaRegister)]
        #expect(rule.kind == .simple && "\(name)+\(rule.cfaOffset)" == row.canonicalFrame, "\(row)")
      }
    }
    for range in ranges where !ranges.contains(where: { $0.contains(range.upperBound) }) {
      #expect(table.rule(at: range.upperBound) == nil, "\(range)")
    }
    withExtendedLifetime((descriptor.number, file)) {}
  }

  private static func rows(_ dump: String) throws -> ([Row], [Range<UInt64>]) {
    var rows: [Row] = []
    var ranges: [Range<UInt64>] = []
    var isFunction = false
    for line in dump.split(separator: "\n") {
      if let entry = line.firstMatch(of: #/ FDE .*pc=([0-9a-f]+)\.\.([0-9a-f]+)/#) {
        let low = try #require(UInt64(entry.1, radix: 16))
        let high = try #require(UInt64(entry.2, radix: 16))
        isFunction = low < high
        if isFunction { ranges.append(low..<high) }
      } else if line.contains(" CIE ") {
        isFunction = false
      } else if isFunction, let row = line.firstMatch(of: #/^([0-9a-f]{16}) (\S+) /#) {
        rows.append(
          Row(
            address: try #require(UInt64(row.1, radix: 16)), canonicalFrame: String(row.2)))
      }
    }
    return (rows, ranges)
  }
}
