import Foundation
import Testing

@Suite("Manual pages and help")
struct ManualTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  static let pages: [String] = {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "\(Shells.package)/Docs/man")
    return (names ?? []).sorted()
  }()

  /// What a person reads of a page.
  private func text(_ page: String) throws -> String {
    let result = try Executable.run(
      ["-T", "ascii", "-O", "width=80", "\(Shells.package)/Docs/man/\(page)"], in: directory,
      program: "/usr/bin/mandoc")
    #expect(result.status == 0 && result.errors == "", "\(page): \(result.errors)")
    // Bold and underlined letters are struck twice.
    return result.output.replacing(/.\u{8}/, with: "")
  }

  @Test("mandoc and groff have nothing to say against a page", arguments: pages)
  func wellFormed(page: String) throws {
    let path = "\(Shells.package)/Docs/man/\(page)"
    let mandoc = try Executable.run(
      ["-T", "lint", "-W", "warning", path], in: directory, program: "/usr/bin/mandoc")
    #expect(mandoc.output + mandoc.errors == "")
    #expect(mandoc.status == 0)
    let groff = try Executable.run(
      ["--warnings", "-E", "UTF-8", "-l", path], in: directory,
      environment: ["MANWIDTH": "80", "LC_ALL": "C.UTF-8"], program: "/usr/bin/man")
    #expect(groff.errors == "")
    #expect(groff.status == 0)
    #expect(groff.output.contains("EXIT STATUS"))
  }

  @Test("a page says what its command's help says, examples first", arguments: pages)
  func complete(page: String) throws {
    let command = page.split(separator: ".")[0].split(separator: "-").dropFirst().map(String.init)
    let help = try Executable.run(command + ["--help"], in: directory).output
    let text = try text(page)
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    // Every option, every example.
    for match in help.matches(of: /^ +(-[A-Za-z], )?(--[a-z-]+)/.anchorsMatchLineEndings()) {
      #expect(words.contains(match.2), "\(match.2)")
    }
    let examples = help.split(separator: "\n", omittingEmptySubsequences: false)
      .drop { $0 != "Examples:" }.dropFirst().prefix { !$0.isEmpty }
      .filter { !$0.hasPrefix("     ") }
    #expect(examples.count >= 4)
    for example in examples {
      let typed =
        example.dropFirst(2).firstRange(of: "  ").map { example[..<$0.lowerBound] } ?? example
      let wanted = typed.split(separator: " ").joined(separator: " ")
      #expect(words.contains(wanted), "\(wanted)")
    }
    let titles = text.split(separator: "\n").filter { $0.first?.isUppercase == true }.map {
      String($0)
    }
    let order = ["NAME", "SYNOPSIS", "EXAMPLES", "DESCRIPTION", "OPTIONS", "ENVIRONMENT"]
      .map { titles.firstIndex(of: $0) ?? -1 }
    #expect(order.sorted() == order && order.first != -1, "\(titles)")
    #expect(titles.contains("EXIT STATUS") && titles.contains("SEE ALSO"))
    // Nothing but what is to be copied as it is goes beyond the margin.
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.contains("--") })
  }

  @Test("variables that pages name are those that the executable reads")
  func variables() throws {
    for page in Self.pages {
      let lines = try text(page).split(separator: "\n", omittingEmptySubsequences: false)
        .map(String.init).drop { $0 != "ENVIRONMENT" }.dropFirst().prefix {
          $0.first?.isUppercase != true
        }
      let names = lines.filter { $0.wholeMatch(of: /[ ]{7}[A-Z][A-Z_, ]+( {2}.*)?/) != nil }.flatMap
      {
        $0.split(whereSeparator: { ",  ".contains($0) }).prefix {
          $0.allSatisfy { $0.isUppercase || $0 == "_" }
        }
      }
      #expect(names.contains("NO_COLOR"), "\(page)")
      for name in names {
        let search = try Executable.run(
          [
            "-rqF", "--include=*.swift", "--exclude-dir=Build", "\"\(name)\"",
            Shells.package + "/Sources",
          ],
          in: directory, program: "/bin/grep")
        #expect(search.status == 0, "\(page): nothing reads \(name)")
      }
    }
  }

  /// What is typed behind lynx for each page: nothing, or a command.
  static let commands: [[String]] = pages.map { page in
    page.split(separator: ".")[0].split(separator: "-").dropFirst().map(String.init)
  }

  @Test("help keeps its lines at 80 columns", arguments: commands)
  func help(command: [String]) throws {
    struct Tree: Decodable {
      struct Command: Decodable {
        var commandName: String
        var discussion: String?
        var subcommands: [Command]?
      }
      var command: Command
    }
    let dump = try Executable.run(["--experimental-dump-help"], in: directory)
    let root = try JSONDecoder().decode(Tree.self, from: dump.outputBytes).command
    let described =
      command.isEmpty ? root : root.subcommands?.first { $0.commandName == command[0] }
    let discussion = try #require(described?.discussion)
    #expect(discussion.hasPrefix("Examples:\n"))
    let help = try Executable.run(["help"] + command, in: directory)
    #expect(help.status == 0)
    #expect(help.output == (try Executable.run(command + ["--help"], in: directory).output))
    // None had to be broken, which would spoil tables and paragraphs alike.
    for line in discussion.split(separator: "\n") {
      #expect(line.count <= 80)
      #expect(help.output.contains("\n\(line)\n"), "\(line)")
    }
    #expect(help.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }
}
