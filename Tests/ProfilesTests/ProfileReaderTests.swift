import Bytes
import Profiles
import Testing

@Suite("The reader knows a profile from what is none")
struct ProfileReaderTests {
  @Test func compressedOrNot() throws {
    let folded = Array("main;a 1\n".utf8)
    #expect(try ProfileReader.decode(folded).format == .folded)
    #expect(try ProfileReader.decode(Gzip.compress(folded)).format == .folded)
    #expect(try FoldedFormat.decode(Gzip.compress(folded)) == FoldedFormat.decode(folded))
    #expect(try ProfileReader.decode(Array("[unknown];[libc.so] 1".utf8)).format == .folded)
    #expect(try ProfileReader.decode(Array("{closure};main 1".utf8)).format == .folded)
    #expect(try ProfileReader.decode(Array("[{}];<svg 1".utf8)).format == .folded)
  }

  @Test(arguments: [
    ("\u{7f}ELF\u{2}\u{1}\u{1}", "an ELF binary"),
    ("PERFILE2h\0\0\0", "a perf.data file"),
    (
      "{\n \"$schema\": \"https://www.speedscope.app/file-format-schema.json\"",
      "a speedscope profile"
    ),
    ("{\"meta\":{\"interval\":1}}", "a Firefox Profiler profile"),
    ("{\"a\": 1}", "JSON"),
    ("[{\"a\": 1}]", "JSON"),
    ("\n<!DOCTYPE html><html>", "an HTML page"),
    ("<?xml version=\"1.0\"?>\n<svg>", "an SVG picture"),
    (
      "# comment\nserver 812 [001]  93.120458:    10101010 cpu-clock:u: \n\t    7f31 write+0x4 (libc)\n",
      "the text of perf script"
    ),
  ])
  func foreignContentIsNamed(content: String, kind: String) throws {
    for bytes in [Array(content.utf8), try Gzip.compress(Array(content.utf8))] {
      let error = #expect(throws: ProfileFormatError.self) { try ProfileReader.decode(bytes) }
      #expect(error?.message.contains("looks like \(kind)") == true, "\(error as Any)")
      #expect(error?.message.contains("accepted are pprof, folded stacks") == true)
    }
  }

  @Test func nothingAndNoise() throws {
    #expect(throws: ProfileFormatError.self) { try ProfileReader.decode([]) }
    #expect(throws: ProfileFormatError.self) { try ProfileReader.decode(Gzip.compress([])) }
    #expect(throws: ProfileFormatError.self) { try ProfileReader.decode([0x89, 0x50, 0x4e, 0x47]) }
    #expect(throws: ProfileFormatError.self) { try ProfileReader.decode([0xff, 0, 1, 2]) }
    #expect(throws: ProfileFormatError.self) { try ProfileReader.decode([0x1f, 0x8b]) }
  }
}
