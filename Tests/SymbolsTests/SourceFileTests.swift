import TestSupport
import Testing

@testable import Modules

@Suite("Functions have the source file they are in")
struct SourceFileTests {
  /// clang numbers the unit's own file 0 in DWARF 5, gcc 0 and 1.
  @Test(
    "the unit's own, by a relative name and by an absolute one",
    arguments: ["gcc -gdwarf-4", "gcc -gdwarf-5", "clang -gdwarf-4", "clang -gdwarf-5"])
  func ownFile(compiler: String) throws {
    let shop = try Workshop()
    try shop.run("mkdir inner")
    _ = try shop.source(
      "inner/own.c",
      """
      #include "other.h"
      int main(int count, char **words) { return other(count); }
      """)
    _ = try shop.source(
      "inner/other.h",
      "static __attribute__((noinline)) int other(int count) { return count * 3; }\n")
    for name in ["inner/own.c", shop / "inner/own.c"] {
      try shop.run("\(compiler) -O1 '\(name)' -o program")
      let opened = try #require(OpenedElf(path: shop / "program"))
      let module = ModuleFile(path: shop / "program", opened: opened)
      let names = try #require(module.openFunctionNames())
      for (function, file) in [("main", "inner/own.c"), ("other", "inner/other.h")] {
        let line = try shop.run("nm program | awk '$3 == \"\(function)\" { print $1 }'")
        let address = try #require(UInt64(line.dropLast(), radix: 16))
        let frame = try #require(names.resolve([address], inlines: true)[0].last)
        let found = names.functions[frame.function]
        // libdw leaves directories of DWARF 4 relative to where it was compiled.
        let place = found.file.hasPrefix("/") ? found.file : shop / found.file
        #expect(found.symbol == function && place == shop / file, "\(found)")
      }
    }
  }
}
