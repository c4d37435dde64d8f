import Terminal

/// What was typed.
struct Arguments {
  var claims: [String] = []
  var pairs = 7
  var seconds: Int?
  var inlinePairs: Int?
  var inlineTimeoutSeconds = 120
  var longSeconds = 300
  var longRuns = 1
  var connections: Int?
  var serverPath: String?
  var jsonPath: String?
  var isListWanted = false
  var isHelpWanted = false

  init(parsing words: [String]) throws(CommandError) {
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "--pairs": pairs = try Self.number(word, &rest)
      case "--seconds": seconds = try Self.number(word, &rest)
      case "--inline-pairs": inlinePairs = try Self.number(word, &rest)
      case "--inline-timeout": inlineTimeoutSeconds = try Self.number(word, &rest)
      case "--long-seconds": longSeconds = try Self.number(word, &rest)
      case "--long-runs": longRuns = try Self.number(word, &rest)
      case "--connections": connections = try Self.number(word, &rest)
      case "--server": serverPath = try Self.value(word, &rest)
      case "--json": jsonPath = try Self.value(word, &rest)
      case "--list": isListWanted = true
      case "-h", "--help": isHelpWanted = true
      case _ where word.hasPrefix("-"):
        throw CommandError(.usage, "there is no option \(quoted(word)); --help names them")
      default: claims.append(word)
      }
    }
  }

  private static func value(
    _ option: String, _ rest: inout ArraySlice<String>
  ) throws(CommandError) -> String {
    guard let value = rest.popFirst() else {
      throw CommandError(.usage, "\(option) needs a value")
    }
    return value
  }

  private static func number(
    _ option: String, _ rest: inout ArraySlice<String>
  ) throws(CommandError) -> Int {
    let text = try value(option, &rest)
    guard let number = Int(text), (1...100_000).contains(number) else {
      throw CommandError(
        .usage, "\(option) takes a whole number from 1 to 100000, not \(quoted(text))")
    }
    return number
  }
}
