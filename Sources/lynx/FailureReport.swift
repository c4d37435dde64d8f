import ArgumentParser
import Glibc
import Terminal

/// What a failed command prints, and the code it ends with.
struct FailureReport {
  private let error: any Error
  private let arguments: [String]

  init(_ error: any Error, arguments: [String]) {
    self.error = error
    self.arguments = arguments
  }

  /// Prints the failure on standard error, or help that was asked for on standard output.
  func print() -> Int32 {
    // ArgumentParser also sets help nobody sees, to the width it finds here, and fails at a
    // narrow one.
    setenv("COLUMNS", String(HelpWidth.columns), 1)
    do {
      if let commandError {
        // If standard error cannot be written, the exit code still tells.
        try? StandardStream.error.write(text(of: commandError))
        return commandError.code.rawValue
      }
      try StandardStream.output.write(
        Lynx.fullMessage(for: error, columns: HelpWidth.columns) + "\n")
      return ExitCode.done.rawValue
    } catch {
      try? StandardStream.error.write(text(of: error))
      return error.code.rawValue
    }
  }

  /// Nil if what was thrown is a request for help or the version.
  private var commandError: CommandError? {
    if let error = error as? CommandError { return error }
    let code = Lynx.exitCode(for: error).rawValue
    guard code != ExitCode.done.rawValue else { return nil }
    let message = Self.sentence(Lynx.message(for: error))
    guard code == ExitCode.usage.rawValue else { return CommandError(.failed, message) }
    return CommandError(.usage, commandHint(message) ?? optionHint(message) ?? message)
  }

  private func text(of error: CommandError) -> String {
    let style = Style(colorMode, for: .error)
    var text = "\(style.bold(commandName + ":")) \(style.red(error.message))\n"
    if let remedy = error.remedy {
      for line in remedy.split(separator: "\n") { text += "    \(line)\n" }
    }
    if error.code == .usage {
      text += style.dim("See '\(commandName) --help'.") + "\n"
    }
    return text
  }

  private var commandName: String {
    guard let first = arguments.first, Lynx.subcommandNames.contains(first) else { return "lynx" }
    return "lynx \(first)"
  }

  /// The mode asked for, found without the parser, which may be what failed.
  private var colorMode: ColorMode {
    var mode = ColorMode.auto
    let options = arguments.prefix { $0 != "--" }
    for (option, next) in zip(options, options.dropFirst() + [""]) {
      if option == "--color" { mode = ColorMode(rawValue: next) ?? mode }
      if option.hasPrefix("--color=") {
        mode = ColorMode(rawValue: String(option.dropFirst("--color=".count))) ?? mode
      }
    }
    return mode
  }

  /// The parser's message on one line, in the form of all others.
  private static func sentence(_ message: String) -> String {
    var lines = message.split(separator: "\n").map { line in
      String(line.drop { $0 == " " })
    }
    // A list of values.
    for index in lines.indices.dropFirst() where lines[index].hasPrefix("- ") {
      lines[index] = String(lines[index].dropFirst(2))
      if lines[index - 1].last != ":" { lines[index - 1] += "," }
    }
    // Of two readings of joined short options, the second knows the option.
    if let second = lines.last, second.hasPrefix("or: ") { lines = [String(second.dropFirst(4))] }
    var sentence = printable(lines.joined(separator: " "))
    for advice in ["Did you mean", "Please provide"] {
      guard let range = sentence.firstRange(of: ". " + advice) else { continue }
      sentence.replaceSubrange(
        range, with: "; " + advice.prefix(1).lowercased() + advice.dropFirst())
    }
    if sentence.hasSuffix(".") { sentence.removeLast() }
    return sentence.prefix(1).lowercased() + sentence.dropFirst()
  }

  /// What other tools for migrations call their options.
  private func optionHint(_ message: String) -> String? {
    let names = [
      "--url": "--database-url", "-u": "--database-url", "-database": "--database-url",
      "--database": "--database-url", "--migrations-dir": "--dir", "-d": "--dir", "--path": "--dir",
      "-path": "--dir", "--source": "--dir", "--locations": "--dir",
    ]
    let quotedParts = message.split(separator: "'", omittingEmptySubsequences: false)
    guard arguments.first == "migrate", message.hasPrefix("unknown option"), quotedParts.count >= 3,
      let name = names[String(quotedParts[1])]
    else { return nil }
    return "unknown option \(quoted(quotedParts[1])); here it is called \(name)"
  }

  /// A word without an option before it is most often a command to profile, as other profilers
  /// take it.
  private func commandHint(_ message: String) -> String? {
    guard arguments.first == "profile", !arguments.contains("--"),
      message.contains("unexpected argument")
    else { return nil }
    let quotedParts = message.split(separator: "'", omittingEmptySubsequences: false)
    guard quotedParts.count >= 3 else { return nil }
    let word = quotedParts[1]
    if Int32(word) != nil, arguments.contains(where: { $0.hasPrefix("-p") || $0 == "--pid" }) {
      return "\(quoted(word)) stands apart; write several processes with commas: -p 1234,1235"
    }
    return "\(quoted(word)) is no option; to start and profile a command, write it behind --, "
      + "as in: lynx profile -- \(printable(word))"
  }
}

/// How wide help is set.
enum HelpWidth {
  /// The width of the terminal within what is readable, and what the parser can wrap to.
  static var columns: Int { min(max(StandardStream.output.columns ?? 80, 60), 100) }
}
