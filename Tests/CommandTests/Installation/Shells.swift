import Foundation
import Testing

/// The shells that complete command lines of lynx, with what is committed in Completions/.
struct Shells {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try FileManager.default.createDirectory(
      atPath: directory / "bin", withIntermediateDirectories: true)
    for name in ["lynx", "lynx-profile", "lynx-migrate"] {
      try FileManager.default.createSymbolicLink(
        atPath: directory / "bin/\(name)", withDestinationPath: Executable.path)
    }
  }

  static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  static func fixture(_ name: String) -> String { "\(package)/Tests/Fixtures/Shells/\(name)" }

  /// What a shell offers at the end of a line.
  struct Offers {
    var words: [String]
    /// Whether the shell takes them for names of files (bash only).
    var areFiles = false
  }

  enum Shell: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case bash
    /// With the package bash-completion.
    case bashCompletion
    case zsh
    case fish

    var testDescription: String { rawValue }
    static let all = Shell.allCases
  }

  /// Completes `lines` in a shell whose current directory is `directory`, in the order given.
  func offers(
    _ lines: [String], in shell: Shell, environment: [String: String] = [:]
  ) throws -> [String: Offers] {
    var variables = [
      "PATH": directory / "bin" + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"),
      "HOME": directory.path, "COMPLETIONS": Self.package + "/Completions",
    ]
    variables.merge(environment) { $1 }
    var arguments: [String]
    let program: String
    switch shell {
    case .bash, .bashCompletion:
      program = "/bin/bash"
      let load =
        shell == .bash
        ? "source \"$COMPLETIONS/lynx.bash\"; "
        : "source /usr/share/bash-completion/bash_completion; source \"$COMPLETIONS/lynx.bash\"; "
      arguments = ["-c", load + "source \"$0\" \"$@\"", Self.fixture("complete.bash")] + lines
    case .zsh:
      program = "/usr/bin/zsh"
      arguments = ["-f", Self.fixture("complete.zsh"), Self.package + "/Completions"] + lines
    case .fish:
      program = "/usr/bin/fish"
      arguments =
        [
          "-c",
          """
          set fish_complete_path $COMPLETIONS $fish_complete_path
          for line in $argv
            echo "$line => $(string join -- ' ' (complete -C $line | string split -f 1 \\t))"
          end
          """,
        ] + lines
    }
    try #require(
      access(program, X_OK) == 0, "there is no \(program); install the package \(shell.rawValue)")
    let result = try Executable.run(
      arguments, in: directory, environment: variables, program: program)
    #expect(result.errors == "", "\(shell.rawValue)")
    var offers: [String: Offers] = [:]
    for line in result.output.split(separator: "\n") {
      guard let arrow = line.firstRange(of: " => ") else {
        Issue.record("\(shell.rawValue) printed \(line)")
        continue
      }
      var words = line[arrow.upperBound...].split(separator: " ").map(String.init)
      let areFiles = words.last == "[files]"
      if areFiles { words.removeLast() }
      offers[String(line[..<arrow.lowerBound])] = Offers(words: words, areFiles: areFiles)
    }
    #expect(offers.count == lines.count, "\(result)")
    return offers
  }
}
