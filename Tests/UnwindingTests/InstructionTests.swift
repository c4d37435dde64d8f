#if arch(x86_64)
  import TestSupport
  import Testing

  @testable import Modules

  @Suite("Instructions of prologues are as long as objdump says")
  struct InstructionTests {
    @Test("every instruction of a program and of the C library")
    func lengths() throws {
      let shop = try Workshop()
      try shop.run("g++ -O2 '\(Workshop.program("deep.cpp"))' -o program")
      try shop.run("cp $(readlink -f $(gcc -print-file-name=libc.so.6)) library")
      for name in ["program", "library"] {
        let opened = try #require(OpenedElf(path: shop / name))
        let listing = try shop.run("objdump -d -j .text \(name)")
        var known = 0
        var total = 0
        for line in listing.split(separator: "\n") {
          // address: bytes in hexadecimal <tab> text; a long one goes on in the next line.
          let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
          guard fields.count == 3, total < 200_000 else { continue }
          let code = fields[1].split(separator: " ").compactMap { UInt8($0, radix: 16) }
          guard code.count < 7 else { continue }
          total += 1
          let text = fields[2]
          let following = code + [0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90]
          guard let length = X86.lengthOfOther(following[...]) else { continue }
          known += 1
          #expect(length == code.count, "\(line)")
          let target = text.split(separator: " ").dropFirst().first?.split(separator: ",").last
          let compares = ["cmp", "test", "ucomis", "comis", "nop"].contains { text.hasPrefix($0) }
          if !compares {
            #expect(target != "%rsp" && target != "%rbp" && target != "%esp", "\(line)")
          }
          for word in ["call", "j", "ret", "push", "pop", "leave"] {
            #expect(!text.hasPrefix(word), "\(line)")
          }
        }
        print("\(name): \(known) of \(total) instructions are known")
        #expect(known * 3 > total)
        _ = opened
      }
    }
  }
#endif
