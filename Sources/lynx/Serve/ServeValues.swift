import Databases
import Glibc
import LinkAPI
import LinkServer
import Terminal

/// Reads the values of settings, wherever they were found; what cannot be meant is told with its place.
struct ServeValues {
  let sources: ServeSources

  init(_ sources: ServeSources) { self.sources = sources }

  func text(_ setting: ServeSetting) throws(CommandError) -> String? {
    try sources.find(setting)?.text
  }

  private func read<Value>(
    _ setting: ServeSetting, _ read: (String) throws(ValueTextError) -> Value
  ) throws(CommandError) -> Value? {
    guard let found = try sources.find(setting) else { return nil }
    do throws(ValueTextError) {
      return try read(found.text)
    } catch {
      throw CommandError(
        found.origin.code, "\(found.origin.description): \(quoted(found.text)): \(error.message)")
    }
  }

  /// Why the value of a setting cannot be used, with the place where it was found.
  func refusal(_ setting: ServeSetting, _ reason: String) throws(CommandError) -> CommandError {
    let origin = try sources.find(setting)?.origin
    return CommandError(
      origin?.code ?? .config, "\(origin?.description ?? setting.option): \(reason)")
  }

  func count(
    _ setting: ServeSetting, in range: ClosedRange<Int>
  ) throws(CommandError) -> Int? {
    try read(setting) { text throws(ValueTextError) in
      guard let number = try? CountText.parse(text), range.contains(number) else {
        throw ValueTextError(
          "write a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
  }

  func duration(
    _ setting: ServeSetting, atLeast least: Duration
  ) throws(CommandError) -> Duration? {
    try read(setting) { text throws(ValueTextError) in
      let duration = try DurationText.parse(text)
      guard duration >= least, duration <= .seconds(86_400) else {
        throw ValueTextError("write a duration from \(DurationText.format(least)) to 24h")
      }
      return duration
    }
  }

  func seconds(_ setting: ServeSetting) throws(CommandError) -> Int? {
    try read(setting) { text throws(ValueTextError) in
      let duration = try DurationText.parse(text)
      guard duration <= .seconds(31_536_000), duration.components.attoseconds == 0 else {
        throw ValueTextError("write whole seconds, at most 8760h")
      }
      return Int(duration.components.seconds)
    }
  }

  func flag(_ setting: ServeSetting) throws(CommandError) -> Bool? {
    try read(setting) { text throws(ValueTextError) in
      switch text.lowercased() {
      case "true", "yes", "on", "1": return true
      case "false", "no", "off", "0": return false
      default: throw ValueTextError("write true or false")
      }
    }
  }

  func status() throws(CommandError) -> RedirectSettings.RedirectStatus? {
    try read(.redirectStatus) { text throws(ValueTextError) in
      guard let number = Int(text), let status = RedirectSettings.RedirectStatus(rawValue: number)
      else { throw ValueTextError("write 301, 302, 303, 307 or 308") }
      return status
    }
  }

  func authMode() throws(CommandError) -> AuthMode? {
    try read(.auth) { text throws(ValueTextError) in
      switch text {
      case "none": return AuthMode.none
      case "api-key": return AuthMode.apiKey
      default: throw ValueTextError("write none or api-key")
      }
    }
  }

  func hosts(_ setting: ServeSetting) throws(CommandError) -> [String]? {
    try read(setting) { text throws(ValueTextError) in
      let hosts = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
        // As in a URL.
        part.hasPrefix("[") && part.hasSuffix("]")
          ? String(part.dropFirst().dropLast()) : String(part)
      }
      guard hosts.allSatisfy({ !$0.isEmpty && !$0.contains(" ") && !$0.contains("/") }) else {
        throw ValueTextError("write addresses with commas between them, for example 0.0.0.0,::")
      }
      // A colon alone, or behind a bracket, is no part of an IPv6 address.
      if hosts.contains(where: { $0.count { $0 == ":" } == 1 || $0.contains("]:") }) {
        throw ValueTextError(
          "write addresses without a port; that is for \(setting.port?.option ?? "another option")")
      }
      return hosts
    }
  }

  /// Without a slash at its end. Codes are put behind it: it has neither query nor fragment.
  func baseURL() throws(CommandError) -> String? {
    try read(.redirectBaseURL) { text throws(ValueTextError) in
      var url = text
      while url.hasSuffix("/") { url.removeLast() }
      let scheme = ["http://", "https://"].first { url.lowercased().hasPrefix($0) }
      guard let scheme, url.utf8.count > scheme.utf8.count,
        url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
      else { throw ValueTextError("write a URL, for example https://s.example") }
      if url.contains("?") || url.contains("#") {
        throw ValueTextError("codes are put behind it; leave out what begins with ? or #")
      }
      if ["/", ":"].contains(url.dropFirst(scheme.count).first) {
        throw ValueTextError("it has no host; write one, for example https://s.example")
      }
      return url
    }
  }

  func database() throws(CommandError) -> DatabaseURL {
    let found = try sources.find(.databaseURL)
    do throws(DatabaseError) {
      let database = try DatabaseURL(found?.text ?? "sqlite://./lynx.db")
      if case .sqlite(":memory:") = database.engine {
        throw DatabaseError(
          .invalidURL,
          "links in memory are gone when the server stops; name a file: sqlite://./lynx.db")
      }
      return database
    } catch {
      throw CommandError(
        found?.origin.code ?? .config,
        (found.map { "\($0.origin.description): " } ?? "") + error.message)
    }
  }
}
