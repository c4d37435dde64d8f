import Links
import TestSupport
import Testing

@Suite("Generated codes are uniform and as short as the space allows")
struct CodeGeneratorTests {
  @Test("Each of the 62 letters is as likely as the others (chi-squared, 61 degrees of freedom)")
  func uniform() {
    // A fixed seed: the verdict is about the mapping from random bits, not about luck.
    var random = SeededGenerator(seed: 0x5eed)
    let generator = CodeGenerator()
    var counts: [UInt8: Int] = [:]
    let draws = 62_000
    for _ in 0..<draws {
      for byte in generator.draw(using: &random).text.utf8 { counts[byte, default: 0] += 1 }
    }
    #expect(counts.count == 62)
    #expect(counts.keys.allSatisfy { UnicodeScalar($0).properties.isAlphabetic || (48...57) ~= $0 })
    let expected = Double(draws * 3) / 62
    let chiSquared = counts.values.reduce(0.0) {
      $0 + (Double($1) - expected) * (Double($1) - expected) / expected
    }
    // 1 in 100 000 exceeds 123; `value % 62` of six bits would give about 6 000.
    #expect(chiSquared < 123)
  }

  @Test("A space that fills is left before creations become slow")
  func growth() {
    var random = SeededGenerator.forTest()
    var generator = CodeGenerator()
    var taken: Set<String> = []
    var draws = 0
    var most = 0
    let links = 200_000
    for _ in 0..<links {
      var collisions = 0
      while true {
        let code = generator.draw(collisions: collisions, using: &random)
        draws += 1
        let isNew = taken.insert(code.text).inserted
        generator.note(code, wasTaken: !isNew)
        if isNew { break }
        collisions += 1
      }
      most = max(most, collisions + 1)
    }
    print("draws a link: \(Double(draws) / Double(links)), at most \(most)")
    #expect(Double(draws) / Double(links) < 4.0 / 3)
    #expect(generator.length == 4)
    #expect(most <= 16)
  }

  @Test func shortSpacesThatAreFullAreLearnt() {
    var random = SeededGenerator.forTest()
    var generator = CodeGenerator()
    for creation in 0..<60 {
      var collisions = 0
      while true {
        let code = generator.draw(collisions: collisions, using: &random)
        let isTaken = code.text.utf8.count <= 5
        generator.note(code, wasTaken: isTaken)
        if !isTaken { break }
        collisions += 1
        #expect(collisions <= 6)
      }
      if creation >= 40 { #expect(collisions == 0) }
    }
    #expect(generator.length == 6)
  }

  @Test func neverLongerThanAllowed() {
    var random = SeededGenerator.forTest()
    var generator = CodeGenerator(maximumLength: 4)
    for collisions in 0..<500 {
      let code = generator.draw(collisions: collisions % 4, using: &random)
      #expect((3...4).contains(code.text.utf8.count))
      generator.note(code, wasTaken: true)
    }
    #expect(generator.length == 4)
    #expect(generator.draw(collisions: .max, using: &random).text.utf8.count == 4)
  }
}
