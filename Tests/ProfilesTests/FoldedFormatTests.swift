import Bytes
import Profiles
import TestSupport
import Testing

@Suite("Folded stacks mean what they say")
struct FoldedFormatTests {
  private func decode(_ text: String) throws -> Profile {
    try FoldedFormat.decode(Array(text.utf8))
  }

  private func refolded(_ text: String, annotated: Bool = false) throws -> String {
    String(
      decoding: try FoldedFormat.encode(try decode(text), annotated: annotated), as: UTF8.self)
  }

  private func error(_ text: String) -> String? {
    #expect(throws: ProfileFormatError.self) { try decode(text) }?.description
  }

  @Test func stacksAreMergedAndSorted() throws {
    #expect(try refolded("b;c 2\na;x y 1\r\n\n  \nb;c 40") == "a;x y 1\nb;c 42\n")
    let profile = try decode("a;b 1\nb;b 2")
    #expect(profile.sampleTypes == [.init(type: "samples", unit: "count")])
    #expect(profile.functions.map(\.name) == ["a", "b"])
    #expect(profile.samples.map(\.locations) == [[1, 0], [1, 1]])
  }

  @Test func oddNamesAreKept() throws {
    #expect(try refolded("a;;b 3") == "a;[unknown];b 3\n")
    #expect(try refolded(" 3") == "[unknown] 3\n")
    #expect(try refolded("a b;c d  e  7\t") == "a b;c d  e  7\n")
    #expect(try refolded("worker 1 5\nother 2") == "other 2\nworker_1 5\n")
    #expect(try refolded("\u{feff}é;🚀 1") == "é;🚀 1\n")
    #expect(try FoldedFormat.decode([0x61, 0xff, 0x20, 0x31]).functions[0].name == "a\u{fffd}")
    #expect(
      try ProfileReader.decode([0x61, 0x01, 0x20, 0x31]).profile.functions[0].name == "a\u{1}")
  }

  @Test func endingsTellTheKindOfCode() throws {
    let text = "main;call_[i];deep_[i];read_[k];jitted_[j];wake_[w] 3\nread 1\n"
    let profile = try decode(text)
    #expect(
      profile.functions.map(\.name) == ["main", "call", "deep", "read", "jitted", "wake_[w]"])
    let frames = profile.frames(of: profile.samples[0])
    #expect(frames.map(\.isInlined) == [false, true, true, false, false, false])
    #expect(profile.mappings.map(\.fileName) == ["[kernel.kallsyms]", "[jit]"])
    #expect(profile.mappings[0].isKernel)
    #expect(try refolded(text, annotated: true) == text)
    #expect(try refolded(text) == "main;call;deep;read;jitted;wake_[w] 3\nread 1\n")
  }

  @Test func whatIsNoCountIsAnErrorWithItsLine() {
    #expect(error("") == "the profile is empty" || error("") == "there are no stacks in the input")
    #expect(error("\n \n") == "there are no stacks in the input")
    #expect(error("a;b 1\nmain") == "line 2: the stack has no count after it")
    #expect(error("a;b x") == "line 1: \"x\", after the last space, is not a count")
    #expect(
      error("\na;b 12.5")
        == "line 2: the count 12.5 is not a whole number; scale the counts before folding")
    #expect(
      error("a 1\nb 9223372036854775808") == "line 2: the count 9223372036854775808 is too large")
    #expect(
      error("a 9223372036854775807\n\na 1")
        == "line 3: the counts of this stack add up to more than fits")
    #expect(
      error("\na;b 1 2\na;c 0 5")
        == "line 2: every stack has two counts, as in a file of differences; one is expected")
  }

  @Test func whatCannotStandInALineIsReplaced() throws {
    let profile = Profile(
      sampleTypes: [.init(type: "samples", unit: "count"), .init(type: "bytes", unit: "bytes")],
      samples: [
        .init(locations: [0, 1], values: [3, 0]), .init(locations: [], values: [1, -7]),
        .init(locations: [2], values: [0, 9]),
      ],
      locations: [
        .init(mapping: nil, address: 0, lines: [.init(function: 0), .init(function: 1)]),
        .init(mapping: nil, address: 0x10, lines: []),
        .init(mapping: 0, address: 0x1234, lines: []),
      ],
      functions: [.init(name: "a;b\n 12"), .init(name: "", systemName: "_main")],
      mappings: [.init(start: 0x1000, limit: 0x2000, fileOffset: 0x100, fileName: "/lib/c.so")])
    let samples = String(decoding: try FoldedFormat.encode(profile), as: UTF8.self)
    #expect(samples == "[0x10];_main;a:b _12 3\n[unknown] 1\n")
    let bytes = String(decoding: try FoldedFormat.encode(profile, sampleType: 1), as: UTF8.self)
    #expect(bytes == "[c.so+0x334] 9\n[unknown] -7\n")
    #expect(throws: ProfileFormatError.self) { try FoldedFormat.encode(profile, sampleType: 2) }
  }

  @Test func writingWhatWasReadIsStable() throws {
    var generator = SeededGenerator.forTest()
    var written = 0
    for _ in 0..<300 {
      let profile = Profile.random(&generator)
      for annotated in [false, true] {
        guard let text = try? FoldedFormat.encode(profile, annotated: annotated), !text.isEmpty
        else { continue }
        written += 1
        let read = try ProfileReader.decode(text)
        #expect(read.format == .folded)
        let again = try FoldedFormat.encode(read.profile, annotated: annotated)
        // Names that look annotated lose that ending on reading, and may then be equal.
        if !String(decoding: text, as: UTF8.self).contains("_[") { #expect(again == text) }
      }
    }
    #expect(written > 50)
  }

  @Test func functionsAddUpAsBefore() throws {
    var generator = SeededGenerator.forTest()
    for _ in 0..<100 {
      let profile = Profile.realistic(&generator)
      let folded = try FoldedFormat.decode(
        FoldedFormat.encode(profile, sampleType: 0) + Array("z 1\n".utf8))
      let expected = try TopFunctions(profile: profile, sampleType: 0)
      let found = try TopFunctions(profile: folded)
      #expect(found.rows.filter { $0.name != "z" } == expected.rows)
      #expect(found.total == expected.total + 1)
    }
  }

  @Test func damageNeverTraps() throws {
    var generator = SeededGenerator.forTest()
    let text = Array(
      "main;serve;write_[k] 12\nmain;a b_[i];c 3\r\nworker 1;x 9223372036854775807\n".utf8)
    for length in text.indices { try survive(Array(text.prefix(length))) }
    for _ in 0..<5000 { try survive(generator.damaged(text)) }
    for count in 0..<2000 { try survive(generator.bytes(count % 50)) }
  }

  private func survive(_ bytes: [UInt8]) throws {
    do { try useAll(of: try FoldedFormat.decode(bytes)) } catch is ProfileFormatError {}
    do { try useAll(of: try ProfileReader.decode(bytes).profile) } catch is ProfileFormatError {}
  }
}
