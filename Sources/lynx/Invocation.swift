import Terminal

/// What was typed, before ArgumentParser sees it. All pure.
enum Invocation {
  /// The arguments of `lynx`, the subcommand first: taken from the program's name if that is a
  /// link such as `lynx-profile`.
  ///
  /// - Throws: `CommandError` with code 64 if there is no such subcommand.
  static func arguments(of commandLine: [String]) throws(CommandError) -> [String] {
    var arguments = Array(commandLine.dropFirst())
    let program = commandLine.first?.split(separator: "/").last ?? ""
    // What completion scripts ask names its command itself.
    if arguments.first == "---completion" { return arguments }
    if program.hasPrefix("lynx-") {
      let name = String(program.dropFirst("lynx-".count))
      guard Lynx.subcommandNames.contains(name) else {
        throw unknown(name, called: "the program is called \(quoted(program)), but ")
      }
      return [name] + arguments
    }
    guard let first = arguments.first, !first.hasPrefix("-") else { return arguments }
    if first == "help" {
      // ArgumentParser would show the help of lynx itself for a name it does not know.
      if let name = arguments.dropFirst().first, !name.hasPrefix("-"),
        !Lynx.subcommandNames.contains(name)
      {
        throw unknown(name)
      }
      arguments = ["help"] + arguments.dropFirst().prefix(1)
      return arguments
    }
    guard Lynx.subcommandNames.contains(first) else { throw unknown(first) }
    return arguments
  }

  private static func unknown(_ name: String, called prefix: String = "") -> CommandError {
    let names = Lynx.subcommandNames
    let nearest =
      names.first { !name.isEmpty && $0.hasPrefix(name) }
      ?? names.filter { editDistance(name, $0) <= $0.count / 3 }
      .min { editDistance(name, $0) < editDistance(name, $1) }
    let advice =
      if let nearest {
        "did you mean \(quoted(nearest))?"
      } else {
        "there are \(names.map { quoted($0) }.joined(separator: ", "))"
      }
    return CommandError(.usage, "\(prefix)\(quoted(name)) is not a lynx command; \(advice)")
  }

  /// The short options that take a value. The same letter means the same in every command.
  private static let shortOptionsWithValue: Set<Character> = [
    "p", "F", "d", "o", "t", "c", "n", "R",
  ]

  /// `arguments` as ArgumentParser reads them rightly: it takes an empty value for none, and an
  /// equals sign in a joined value (`-oa=b.svg`) for the end of the option's name.
  static func spelledForParser(_ arguments: [String]) -> [String] {
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    var spelled: [String] = []
    for argument in arguments[..<end] {
      if argument.hasPrefix("--"), argument.count > 3, argument.firstIndex(of: "=") != nil,
        argument.hasSuffix("="), argument.firstIndex(of: "=") == argument.lastIndex(of: "=")
      {
        spelled += [String(argument.dropLast()), ""]
      } else if let joined = joinedValue(argument) {
        spelled.append(joined)
      } else {
        spelled.append(argument)
      }
    }
    return spelled + arguments[end...]
  }

  private static func joinedValue(_ argument: String) -> String? {
    guard argument.hasPrefix("-"), !argument.hasPrefix("--"), argument.contains("=") else {
      return nil
    }
    let rest = argument.dropFirst()
    guard let option = rest.first, shortOptionsWithValue.contains(option),
      rest.dropFirst().first != "="
    else { return nil }
    return "-\(option)=\(rest.dropFirst())"
  }
}

/// How many characters must be added, removed or changed to make `a` of `b` (Levenshtein).
func editDistance(_ a: String, _ b: String) -> Int {
  let b = Array(b)
  var row = Array(0...b.count)
  for (i, character) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let substituted = diagonal + (character == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
