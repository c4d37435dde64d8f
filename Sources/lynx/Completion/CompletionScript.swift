import ArgumentParser

/// What makes a shell complete the command line of lynx: ArgumentParser's script, mended where it does
/// harm, and with what it has no notion of: links named after commands (`lynx-profile`), `lynx help NAME`,
/// and the command behind `lynx profile --`.
struct CompletionScript {
  var shell: CompletionShell

  /// The script that `arguments` ask for; nil if they ask for something else, or for a shell that
  /// ArgumentParser does not know, which it will say.
  init?(requestedBy arguments: [String]) {
    let option = "--generate-completion-script"
    guard let first = arguments.first, first == option || first.hasPrefix(option + "=") else {
      return nil
    }
    let name =
      first == option ? arguments.dropFirst().first : String(first.dropFirst(option.count + 1))
    let shell =
      if let name { CompletionShell(rawValue: name) } else { CompletionShell.autodetected() }
    guard let shell else { return nil }
    self.shell = shell
  }

  var text: String {
    let script = Lynx.completionScript(for: shell)
    let mended =
      switch shell {
      case .bash: Self.mendedForBash(script)
      case .zsh: Self.mendedForZsh(script)
      default: Self.mendedForFish(script)
      }
    return mended + "\n"
  }

  static var commands: String { Lynx.subcommandNames.joined(separator: " ") }

  static var links: String {
    Lynx.subcommandNames.map { "lynx-" + $0 }.joined(separator: " ")
  }

  /// An option whose value may be left out takes the next word all the same in these scripts.
  static let withOptionalValue = ["json"]

  /// `script` with `old` replaced in its lines that contain `mark`.
  static func replacing(
    _ old: String, with new: String, in script: String, where mark: String
  ) -> String {
    script.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
      line.contains(mark) ? String(line).replacing(old, with: new) : String(line)
    }.joined(separator: "\n")
  }
}
