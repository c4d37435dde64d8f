/// The command line of lynx, as `lynx --experimental-dump-help` prints it: what a manual page needs of
/// ArgumentParser's description.
struct CommandTree: Decodable {
  /// Of the description's format.
  var serializationVersion: Int
  var command: Command

  struct Command: Decodable {
    var commandName: String
    var superCommands: [String]?
    var shouldDisplay: Bool
    var abstract: String?
    var discussion: String?
    var subcommands: [Command]?
    var arguments: [Argument]?

    /// As it is typed: `lynx profile`.
    var typed: String { ((superCommands ?? []) + [commandName]).joined(separator: " ") }
    /// As its page is called: `lynx-profile`.
    var page: String { ((superCommands ?? []) + [commandName]).joined(separator: "-") }
  }

  struct Argument: Decodable {
    enum Kind: String, Decodable { case positional, option, flag }

    struct Name: Decodable {
      enum Kind: String, Decodable { case long, short, longWithSingleDash }
      var kind: Kind
      var name: String

      var typed: String { (kind == .long ? "--" : "-") + name }
    }

    var kind: Kind
    var shouldDisplay: Bool
    var sectionTitle: String?
    var isOptional: Bool
    var isRepeating: Bool
    var parsingStrategy: String
    var names: [Name]?
    var valueName: String?
    var abstract: String?
    var defaultValue: String?
    var allValues: [String]?

    /// Its meaning, with the values it may have and the one it has if left out.
    var meaning: String {
      var additions: [String] = []
      if let allValues { additions.append("values: " + allValues.joined(separator: ", ")) }
      if let defaultValue, !defaultValue.isEmpty { additions.append("default: " + defaultValue) }
      let addition = additions.isEmpty ? "" : " (\(additions.joined(separator: "; ")))"
      return (abstract ?? "") + addition
    }
  }
}
