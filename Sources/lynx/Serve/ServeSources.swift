import Configuration
import Terminal

/// Where settings come from: an option beats the environment, which beats the file.
struct ServeSources {
  /// A value and where it was found.
  struct Found: Equatable {
    var text: String
    var origin: Origin
  }

  enum Origin: Equatable {
    case option(String)
    case environment(String)
    case file(String, name: String)

    /// As a sentence begins with it.
    var description: String {
      switch self {
      case .option(let name): name
      case .environment(let name): "\(name) in the environment"
      case .file(let path, let name): "\(name) in \(path)"
      }
    }

    var code: ExitCode {
      if case .option = self { return .usage }
      return .config
    }
  }

  private let arguments: ServeArguments
  private let environment: ConfigReader
  private let file: (path: String, reader: ConfigReader)?

  init(
    _ arguments: ServeArguments, environment: [String: String]? = nil
  ) throws(CommandError) {
    self.arguments = arguments
    self.environment = ConfigReader(
      provider: environment.map { EnvironmentVariablesProvider(environmentVariables: $0) }
        ?? EnvironmentVariablesProvider())
    guard let path = arguments.config else {
      file = nil
      return
    }
    let values = try Self.read(path)
    file = (
      path, ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: values))
    )
  }

  /// The value of a setting; nil if nobody set it.
  func find(_ setting: ServeSetting) throws(CommandError) -> Found? {
    let key = ConfigKey(setting.rawValue.lowercased().split(separator: "_").map(String.init))
    let found: Found? =
      if let text = setting.typed(arguments) {
        Found(text: text, origin: .option(setting.option))
      } else if let text = environment.string(forKey: key) {
        Found(text: text, origin: .environment(setting.rawValue))
      } else if let file, let text = file.reader.string(forKey: key) {
        Found(text: text, origin: .file(file.path, name: setting.rawValue))
      } else {
        nil
      }
    if let found, found.text.isEmpty {
      throw CommandError(
        found.origin.code, "\(found.origin.description) is empty; give it a value or leave it out")
    }
    return found
  }

  /// The lines `NAME=VALUE` of a file, as systemd's `EnvironmentFile=` and others have them; empty ones
  /// and those that begin with # are left out. A name that is no setting is a mistake.
  private static func read(_ path: String) throws(CommandError) -> [String: String] {
    var text = String(decoding: try InputFile.read(path, limit: 1 << 20), as: UTF8.self)
    // A byte order mark, as some editors write it.
    if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    var values: [String: String] = [:]
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, line) in lines.enumerated() {
      let line = line.trimmingBlanks
      if line.isEmpty || line.hasPrefix("#") { continue }
      let place = "\(path), line \(index + 1)"
      guard let equals = line.firstIndex(of: "=") else {
        throw CommandError(.config, "\(place): \(quoted(line)) is not NAME=VALUE")
      }
      let name = String(line[..<equals].trimmingBlanks)
      guard ServeSetting(rawValue: name) != nil else {
        let known = ServeSetting.allCases.map(\.rawValue)
        let nearest = known.min { editDistance(name, $0) < editDistance(name, $1) } ?? ""
        throw CommandError(
          .config,
          "\(place): \(quoted(name)) is not a setting"
            + (editDistance(name, nearest) <= 3
              ? "; did you mean \(nearest)?" : "; there are \(known.joined(separator: ", "))"))
      }
      if values[name] != nil {
        throw CommandError(.config, "\(place): \(name) is set a second time; leave one out")
      }
      values[name] = unquoted(line[line.index(after: equals)...].trimmingBlanks)
    }
    return values
  }

  /// Without the quotes around it, as shells and systemd take them.
  private static func unquoted(_ value: Substring) -> String {
    guard value.count >= 2, let quote = value.first, quote == "\"" || quote == "'",
      value.last == quote
    else { return String(value) }
    return String(value.dropFirst().dropLast())
  }
}

extension Substring {
  fileprivate var trimmingBlanks: Substring {
    var text = self
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }
}
