import Experiments
import TestSupport
import Testing

@Suite("Names of the runs of a history")
struct RunNameTests {
  @Test("are read back as they were written, and sort as time goes")
  func roundTrip() throws {
    var random = SeededGenerator.forTest()
    let alphabet = Array("abcXYZ019_.+-~/ <>&\"'\u{0}\n\u{202E}äß日%".unicodeScalars)
    var earlier: RunName?
    for _ in 0..<2000 {
      var text = ""
      for _ in 0..<Int.random(in: 0...90, using: &random) {
        text.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
      }
      let label = RunName.label(for: text)
      let name = RunName(
        seconds: Int64.random(in: 0...4_000_000_000, using: &random),
        commit: Bool.random(using: &random) ? "unknown" : "4373855abcde+", label: label,
        number: Int.random(in: 1...9999, using: &random))
      for kind in RunFile.allCases {
        let file = name.stem + kind.ending
        let read = try #require(RunFile.of(file), "\(file)")
        #expect(read.run == name && read.kind == kind, "\(file)")
        #expect(file.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "/") })
        #expect(file.utf8.count < 200 && file.first != "." && file.first != "-")
      }
      if let earlier {
        #expect((earlier.time < name.time) == (earlier < name) || earlier.time == name.time)
      }
      earlier = name
    }
  }

  @Test("of different programs are different; plain ones stay as they are")
  func labels() {
    for plain in ["redirect-hot", "python3.11", "a.out", "g++", "serve"] {
      #expect(RunName.label(for: plain) == plain)
    }
    let odd = ["", "ä", "ö", "a b", "a/b", "..", ".", "-x", "x.diff", "x.bench", "a\nb", "~2"]
    #expect(Set(odd.map(RunName.label)).count == odd.count)
    let long = String(repeating: "x", count: 300)
    #expect(RunName.label(for: long) != RunName.label(for: long + "y"))
  }

  @Test("say the commit in twelve digits, and whether the tree was modified")
  func commits() {
    let hash = "4373855abcde0123456789abcdef012345678901"
    #expect(RunName.commit(hash) == "4373855abcde")
    #expect(RunName.commit(hash + "-modified") == "4373855abcde+")
    for none in ["", "unknown", "none-modified", "../../x", "12"] {
      #expect(RunName.commit(none) == "unknown")
    }
  }

  @Test(
    "are refused if they only look like some",
    arguments: [
      "", "index.html", "20261128T082213Z.pb.gz", "20261128T082213Z-abc.pb.gz",
      "20261128T082213Z--x.pb.gz", "20261128T082213Z-4373855abcde-.pb.gz",
      "2026112aT082213Z-4373855abcde-x.pb.gz", "20261128T082213Z-4373855abcde-x~1.pb.gz",
      "20261128T082213Z-4373855abcde-x~02.pb.gz", "20261128T082213Z-4373855abcde-a b.pb.gz",
      "20261128T082213Z-4373855abcde-x.pb", "x20261128T082213Z-4373855abcde-x.pb.gz",
      "20261128T082213Z-4373855abcde-<b>.svg", "20261128T082213Z-4373855ABCDE-x.svg",
      "20261128T082213Z-4373855abcde-x~99999999999999999999.svg",
    ])
  func foreign(file: String) {
    #expect(RunFile.of(file) == nil)
  }

  @Test("tell the time as the calendar of another library does")
  func time() {
    #expect(
      RunName(seconds: 1_795_854_133, commit: "unknown", label: "x").stem
        == "20261128T082213Z-unknown-x")
    #expect(
      RunName(seconds: 0, commit: "unknown", label: "x", number: 3).stem
        == "19700101T000000Z-unknown-x~3")
    #expect(
      RunName(seconds: 951_782_400, commit: "unknown", label: "x").timeText
        == "2000-02-29 00:00:00 UTC")
  }
}
