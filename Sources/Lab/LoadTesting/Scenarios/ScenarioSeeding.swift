internal import FoundationEssentials
internal import LoadResults

extension LynxInstance {
  /// The Lynx whose API is at `api`: it says itself where its redirects are.
  ///
  /// - Parameters:
  ///   - redirects: where redirects are, if they are not to be looked for where it says.
  ///   - settings: whom to trust, and how long to wait.
  /// - Throws: ``LoadError``.
  public static func find(
    api: LoadTarget, redirects: LoadTarget?, headers: [RequestDescription.Header],
    _ settings: LoadSettings
  ) throws(LoadError) -> LynxInstance {
    var request = RequestDescription()
    request.method = "POST"
    request.path = "/api/urls"
    request.headers = headers + [.init("Content-Type", "application/json")]
    let code = ScenarioLinks.code(1)
    request.body = #"{"url":"\#(ScenarioLinks.destination(1))","custom_code":"\#(code)"}"#
    var answer = try SingleExchange.send(request, to: api, settings)
    if answer.status == 409 {
      request.method = "GET"
      request.path = "/api/urls/\(code)"
      request.headers = headers
      request.body = nil
      answer = try SingleExchange.send(request, to: api, settings)
    }
    let place = api.authority
    switch answer.status {
    case 200, 201: break
    case 401, 403:
      throw LoadError(
        .setting,
        "the API at \(place) refuses to make links (\(answer.status)); give a key that may: "
          + "-H 'X-API-Key: …'")
    default:
      throw LoadError(
        .unreachable,
        "\(place) does not make links (status \(answer.status)): name the API of a lynx serve, "
          + "such as http://127.0.0.1:8080, or let one be started with --spawn")
    }
    guard let link = try? JSONDecoder().decode(LinkAnswer.self, from: Data(answer.body)) else {
      throw LoadError(
        .unreachable,
        "\(place) does not answer as the API of a lynx serve does; let one be started with --spawn")
    }
    if let redirects { return LynxInstance(redirects: redirects, api: api, headers: headers) }
    do throws(LoadTarget.ParseError) {
      let found = try LoadTarget(link.redirect_base_url)
      return LynxInstance(redirects: found.with(path: "/"), api: api, headers: headers)
    } catch {
      throw LoadError(
        .setting,
        "the API at \(place) says that its redirects are at \(link.redirect_base_url), which cannot "
          + "be loaded: \(error.message); say where they are with --redirect-url")
    }
  }

  private struct LinkAnswer: Decodable {
    // The field's own name.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var redirect_base_url: String
  }

  /// Makes the links that `trials` ask for, unless they are there, and sees that each leads where it
  /// should. They stay: Lynx deletes no link.
  ///
  /// - Parameter isStopWanted: asked ten times a second; what was made by then stays.
  /// - Throws: ``LoadError``.
  public func seed(
    for trials: [ScenarioTrial], _ like: LoadSettings, isStopWanted: () -> Bool
  ) throws(LoadError) {
    let count = trials.map(\.linkCount).max() ?? 0
    if count == 0 { return }
    var builder = ScenarioPlanBuilder(self)
    let seeding = try builder.seed(count)
    let made = try Self.run(
      builder.settings([seeding], name: "seeding", target: api), count, like, isStopWanted)
    guard made.requests == count else {
      throw LoadError(
        .unreachable,
        "of \(count) links only \(made.requests) could be made at \(api.authority): "
          + Self.trouble(made))
    }
    builder = ScenarioPlanBuilder(self)
    let asking = try builder.redirect(among: count, weight: 1, server: 0, draw: .inTurn)
    let asked = try Self.run(
      builder.settings([asking], name: "checking", target: redirects), count, like, isStopWanted)
    guard asked.requests == count else {
      throw LoadError(
        .unreachable,
        "of the links bench-1 to bench-\(count) \(count - asked.requests) do not lead to "
          + "\(ScenarioLinks.destination(1)) and so on at \(redirects.authority): "
          + Self.trouble(asked))
    }
  }

  private static func run(
    _ settings: LoadSettings, _ requests: Int, _ like: LoadSettings, _ isStopWanted: () -> Bool
  ) throws(LoadError) -> LoadResult {
    var settings = settings
    settings.certificates = like.certificates
    settings.verifiesServer = like.verifiesServer
    settings.timeout = max(like.timeout, .seconds(10))
    settings.connections = min(16, requests)
    settings.requests = requests
    settings.duration = nil
    let run = try LoadRun(settings)
    var isStopped = false
    let result = try run.run {
      guard !isStopped, isStopWanted() else { return }
      isStopped = true
      run.stop()
    }
    guard !isStopped else {
      throw LoadError(.stopped, "stopped while links were made, before anything was measured")
    }
    return result
  }

  private static func trouble(_ result: LoadResult) -> String {
    let statuses = result.statuses.sorted { $0.key < $1.key }
      .map { "\($0.value) answers were \($0.key)" }
    let reasons = statuses + result.notes
    return reasons.isEmpty ? "no answer came" : reasons.joined(separator: ", ")
  }

  /// How many lookups hit and missed the cache so far; nil if the server does not say.
  public func cacheCounts(_ settings: LoadSettings) -> (hits: Double, misses: Double)? {
    var request = RequestDescription()
    request.path = "/metrics"
    guard let answer = try? SingleExchange.send(request, to: api, settings), answer.status == 200
    else { return nil }
    var values: [Substring: Double] = [:]
    for line in String(decoding: answer.body, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2 { values[words[0]] = Double(words[1]) }
    }
    guard let hits = values["lynx_cache_hits_total"], let misses = values["lynx_cache_misses_total"]
    else { return nil }
    return (hits, misses)
  }
}
