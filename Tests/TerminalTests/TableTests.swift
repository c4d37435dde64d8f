import Terminal
import Testing

@Suite("Tables and numbers")
struct TableTests {
  @Test("columns line up, numbers to the right, by the width on the screen")
  func alignment() {
    var table = Table([.init("self", .right), .init("name"), .init("file")])
    table.append(["1", "main", "a.c"])
    table.append(["1,234", "漢字", "b.c"])
    #expect(
      table.lines() == [
        " self  name  file",
        "    1  main  a.c",
        "1,234  漢字  b.c",
      ])
  }

  @Test("no line is wider than the terminal, none ends in blanks, none has control characters")
  func widths() {
    withGenerated("tables", count: 500) { generator in
      var table = Table([.init("count", .right), .init("name"), .init("漢", .right)])
      for _ in 0..<3 {
        table.append(
          (0..<Int.random(in: 0...4, using: &generator)).map { _ in anyText(&generator) })
      }
      let width = Int.random(in: 1...40, using: &generator)
      let lines = table.lines(width: width)
      #expect(lines.count == 4)
      for line in lines {
        #expect(displayWidth(line) <= width)
        #expect(line.last != " ")
        #expect(!line.unicodeScalars.contains { $0.value < 32 || $0.value == 127 })
      }
    }
  }

  @Test("a cut text is as wide as allowed or one less, and the whole text where it fits")
  func cutting() {
    withGenerated("cut texts") { generator in
      let text = printable(anyText(&generator))
      let width = Int.random(in: 0...20, using: &generator)
      let result = cut(text, toWidth: width)
      if displayWidth(text) <= width {
        #expect(result == text)
      } else if width > 0 {
        #expect((width - 1...width).contains(displayWidth(result)))
        #expect(result.hasSuffix("…"))
      } else {
        #expect(result.isEmpty)
      }
    }
  }

  @Test("display widths")
  func displayWidths() {
    #expect(displayWidth("abc") == 3)
    #expect(displayWidth("漢字") == 4)
    #expect(displayWidth("한글") == 4)
    #expect(displayWidth("e\u{301}") == 1)
    #expect(displayWidth("👩‍👩‍👧") == 2)
    #expect(displayWidth("ｆｕｌｌ") == 8)
  }

  @Test("numbers for people")
  func numbers() {
    #expect(NumberText.grouped(0) == "0")
    #expect(NumberText.grouped(999) == "999")
    #expect(NumberText.grouped(1000) == "1,000")
    #expect(NumberText.grouped(-1_234_567) == "-1,234,567")
    #expect(NumberText.grouped(Int64.min) == "-9,223,372,036,854,775,808")
    #expect(NumberText.percentage(1, of: 3) == "33.33%")
    #expect(NumberText.percentage(1, of: 0) == "0.00%")
    #expect(NumberText.fixed(-0.001, places: 2) == "0.00")
    #expect(NumberText.fixed(1.005, places: 0) == "1")
    #expect(NumberText.fixed(.infinity, places: 2) == "inf")
    #expect(NumberText.fixed(1e300, places: 2) == "1e+300")
    #expect(NumberText.fixed(12.5, places: 3) == "12.500")
  }

  @Test("thousands without their separators are the number")
  func groupedRoundTrip() {
    withGenerated("grouped numbers") { generator in
      let number = Int64(bitPattern: generator.next())
      #expect(Int64(NumberText.grouped(number).filter { $0 != "," }) == number)
    }
  }
}
