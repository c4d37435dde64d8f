import Foundation
import Testing

/// What is committed is what the executable says of itself now.
@Suite("Completions and manual pages, as committed")
struct GeneratedFilesTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private static let remedy = "run .ci/generate and commit what it writes"

  private func committed(_ path: String) -> String? {
    FileManager.default.contents(atPath: "\(Shells.package)/\(path)").map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  @Test(
    "completions are what the executable prints",
    arguments: [("bash", "lynx.bash"), ("zsh", "_lynx"), ("fish", "lynx.fish")])
  func completions(shell: String, file: String) throws {
    let printed = try Executable.run(["--generate-completion-script", shell], in: directory)
    #expect(printed.status == 0)
    #expect(printed.errors == "")
    #expect(
      committed("Completions/\(file)") == printed.output,
      "Completions/\(file) is not what the executable prints; \(Self.remedy)")
    let joined = try Executable.run(["--generate-completion-script=\(shell)"], in: directory)
    #expect(joined.output == printed.output)
  }

  @Test("manual pages are what is made of the executable's description")
  func manual() throws {
    let made = try Executable.shell(
      "mkdir man; \"$LYNX\" --experimental-dump-help | \"$(dirname \"$LYNX\")/ManualPages\" man",
      in: directory)
    #expect(made.status == 0 && made.errors == "", "\(made.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: directory / "man").sorted()
    let here = try FileManager.default.contentsOfDirectory(atPath: "\(Shells.package)/Docs/man")
    #expect(names == here.sorted(), "\(Self.remedy)")
    #expect(names.contains("lynx.1") && names.contains("lynx-profile.1"))
    for name in names {
      #expect(
        committed("Docs/man/\(name)") == (try directory.read("man/\(name)")),
        "Docs/man/\(name) is not what is made of the executable's description; \(Self.remedy)")
    }
  }

  @Test("mistakes of whoever makes pages are told, and nothing is written")
  func mistakes() throws {
    for (line, status, sentence) in [
      ("\"$M\" </dev/null", Int32(64), "name a directory"),
      ("\"$M\" . <<<'{}'", 65, "is no description"), ("\"$M\" missing <dump", 73, "missing"),
      (
        "sed 's/\"serializationVersion\" *: *0/\"serializationVersion\":7/' dump | \"$M\" .", 65,
        "format 7"
      ),
    ] {
      let result = try Executable.shell(
        "M=$(dirname \"$LYNX\")/ManualPages; \"$LYNX\" --experimental-dump-help >dump; " + line,
        in: directory)
      #expect(result.status == status, "\(line): \(result)")
      #expect(result.errors.hasPrefix("ManualPages: ") && result.errors.contains(sentence))
      #expect(try directory.names == ["dump"])
    }
  }
}
