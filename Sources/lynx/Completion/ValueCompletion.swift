import ArgumentParser
import Experiments
import LoadTesting

/// What a shell is offered behind an option.
enum ValueCompletion {
  /// Files that `lynx render` may read.
  static let recordings = CompletionKind.file(
    extensions: ["pb.gz", "pb", "pprof", "prof", "folded", "collapsed", "gz", "txt"])
  /// Files that a profile can be written to.
  static let profileOutputs = CompletionKind.file(
    extensions: OutputFormat.allCases.map { String($0.fileExtension.dropFirst()) })
  static let artifacts = CompletionKind.file(extensions: ["pb.gz"])
  static let savedRuns = CompletionKind.file(extensions: ["json.gz"])
  static let reports = CompletionKind.file(extensions: ["json"])

  /// Names of scenarios, behind commas too.
  static let scenarios = CompletionKind.custom { _, _, typed in
    list(typed, of: LynxScenario.allCases.map { ($0.rawValue, "") }, alone: [("all", "")])
  }

  /// Processes of the servers that run, behind commas too.
  static let servers = CompletionKind.custom { _, _, typed in list(typed, of: runningServers) }

  /// The process of a server that runs.
  static let server = CompletionKind.custom { _, _, _ in
    runningServers.map { described($0.name, $0.meaning) }
  }

  private static var runningServers: [(name: String, meaning: String)] {
    ServerAnnouncement.running().map { server in
      ("\(server.pid)", "lynx serve, " + (server.redirects + server.api).joined(separator: " "))
    }
  }

  /// What to do, as the first word only; `new` has a name behind it.
  static let migrateAction = CompletionKind.custom { words, index, _ in
    let before = words.prefix(max(0, index)).dropFirst(2)
    if before.contains(where: { MigrateAction(rawValue: $0) != nil }) { return [] }
    return MigrateAction.allCases.map { described($0.rawValue, $0.purpose) }
  }

  /// What may stand behind the last comma of `typed`, each with what stands before it: shells complete
  /// whole words. What the list has already is left out.
  private static func list(
    _ typed: String, of values: [(name: String, meaning: String)],
    alone: [(name: String, meaning: String)] = []
  ) -> [String] {
    var typed = Substring(typed)
    // Some shells hand over the option as well, as it was typed: --pid=12, -p12.
    if typed.hasPrefix("--") {
      typed = typed.firstIndex(of: "=").map { typed[typed.index(after: $0)...] } ?? ""
    } else if typed.hasPrefix("-") {
      typed = typed.dropFirst(2)
    }
    guard let comma = typed.lastIndex(of: ",") else {
      return (values + alone).map { described($0.name, $0.meaning) }
    }
    let before = typed[...comma]
    let named = Set(before.split(separator: ",").map(String.init))
    return values.filter { !named.contains($0.name) }.map {
      described(before + $0.name, $0.meaning)
    }
  }

  /// A value with what it means, if the shell that asks can show that.
  private static func described(_ value: String, _ meaning: String) -> String {
    if meaning.isEmpty { return value }
    return switch CompletionShell.requesting {
    case .zsh?: "\(value):\(meaning)"
    case .fish?: "\(value)\t\(meaning)"
    default: value
    }
  }
}
