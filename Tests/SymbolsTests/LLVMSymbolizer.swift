import Foundation
import TestSupport

/// What llvm-symbolizer says of addresses: for each the calls going on, innermost first.
///
/// binutils' addr2line is no judge of inlined calls: version 2.40 takes names from the symbol table
/// for innermost calls, loses callers in clang's DWARF 5, and reads no .zdebug_ sections.
enum LLVMSymbolizer {
  struct Frame: Hashable, CustomStringConvertible {
    var name: String
    var line: Int
    var description: String { "\(name):\(line)" }
  }

  static func chains(_ addresses: [UInt64], in file: String) throws -> [[Frame]] {
    let input = addresses.map { "0x" + String($0, radix: 16) }.joined(separator: "\n") + "\n"
    let output = try Tool.run(
      try SwiftNameTests.toolchainProgram("llvm-symbolizer"),
      ["--obj=\(file)", "--no-demangle", "--functions=linkage", "--inlining"],
      input: Array(input.utf8))
    // Two lines a call, name and file:line:column; an empty line behind each address.
    var chains: [[Frame]] = [[]]
    var name: String?
    for line in String(decoding: output, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    {
      if line.isEmpty {
        chains.append([])
      } else if let pending = name {
        let fields = line.split(separator: ":")
        let number = fields.count > 2 ? Int(fields[fields.count - 2]) ?? 0 : 0
        chains[chains.count - 1].append(Frame(name: pending, line: number))
        name = nil
      } else {
        name = String(line)
      }
    }
    return Array(chains.prefix(addresses.count))
  }

  /// The addresses of all instructions of .text.
  static func instructions(of file: String) throws -> [UInt64] {
    let output = try Tool.run(
      "/usr/bin/objdump", ["-d", "-j", ".text", "--no-show-raw-insn", file])
    return String(decoding: output, as: UTF8.self).split(separator: "\n").compactMap { line in
      guard line.hasPrefix(" "), let colon = line.firstIndex(of: ":") else { return nil }
      return UInt64(line[..<colon].drop { $0 == " " }, radix: 16)
    }
  }
}
