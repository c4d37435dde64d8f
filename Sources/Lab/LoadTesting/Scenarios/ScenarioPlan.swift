/// One load of a scenario: its requests, for one server or two.
public struct ScenarioTrial: Sendable {
  /// What it is called in reports.
  public let name: String
  public let scenario: LynxScenario
  /// How many of ``ScenarioLinks`` it needs.
  let linkCount: Int

  /// The trials of a scenario.
  public static func all(of scenario: LynxScenario) -> [ScenarioTrial] {
    let counts = scenario.linkCounts
    return counts.map { count in
      ScenarioTrial(
        name: counts.count == 1 ? scenario.rawValue : "\(scenario.rawValue)-\(count)",
        scenario: scenario, linkCount: count)
    }
  }

  /// What is sent where: the first server is ``LoadSettings/target``.
  public func settings(for instance: LynxInstance) throws(LoadError) -> LoadSettings {
    var builder = ScenarioPlanBuilder(instance)
    switch scenario {
    case .redirectHot, .redirectDistributed, .redirectCold:
      let kind = try builder.redirect(among: linkCount, weight: 1, server: 0)
      return builder.settings([kind], name: name, target: instance.redirects)
    case .create:
      return builder.settings([try builder.create(1, 0)], name: name, target: instance.api)
    case .get:
      let kind = try builder.get(among: linkCount, weight: 1, server: 0)
      return builder.settings([kind], name: name, target: instance.api)
    case .list:
      let kind = try builder.api("GET", "/api/urls?limit=50", expect: 200)
      return builder.settings([kind], name: name, target: instance.api)
    case .health:
      let kind = try builder.api("GET", "/api/health", expect: 200)
      return builder.settings([kind], name: name, target: instance.api)
    case .mixed:
      let kinds = [
        try builder.redirect(among: linkCount, weight: 80, server: 0),
        try builder.get(among: linkCount, weight: 15, server: 1),
        try builder.create(5, 1),
      ]
      var settings = builder.settings(kinds, name: name, target: instance.redirects)
      settings.otherTargets = [instance.api]
      settings.plan.isShuffled = true
      return settings
    }
  }
}

/// The links that scenarios ask for: `bench-1`, `bench-2` and so on.
enum ScenarioLinks {
  static func code(_ number: Int) -> String { "bench-\(number)" }
  static func destination(_ number: Int) -> String { "https://example.com/bench/\(number)" }
}

/// Makes the requests of scenarios.
struct ScenarioPlanBuilder {
  private let instance: LynxInstance
  private var lists: [RequestPlan.TextList] = []

  init(_ instance: LynxInstance) { self.instance = instance }

  func settings(
    _ kinds: [RequestPlan.Kind], name: String, target: LoadTarget
  ) -> LoadSettings {
    LoadSettings(target: target, plan: RequestPlan(kinds, lists: lists), name: name)
  }

  mutating func redirect(
    among count: Int, weight: Int, server: Int, draw: RequestPlan.Draw = .uniform
  ) throws(LoadError) -> RequestPlan.Kind {
    var request = RequestDescription()
    request.path = "/{{line:codes}}"
    let pick = lists.count
    let template = try template(
      request, instance.redirects,
      RequestPlan.TextList((1...max(1, count)).map(ScenarioLinks.code), draw: draw))
    lists.append(
      RequestPlan.TextList((1...max(1, count)).map(ScenarioLinks.destination), draw: draw))
    return RequestPlan.Kind(
      template,
      expectation: .init(statuses: [], location: .listed(list: pick + 1, pick: pick)),
      weight: weight, server: server)
  }

  mutating func get(
    among count: Int, weight: Int, server: Int
  ) throws(LoadError) -> RequestPlan.Kind {
    var request = RequestDescription()
    request.path = "/api/urls/{{line:codes}}"
    request.headers = instance.headers
    let template = try template(
      request, instance.api,
      RequestPlan.TextList((1...max(1, count)).map(ScenarioLinks.code), draw: .uniform))
    return RequestPlan.Kind(
      template, expectation: .init(statuses: [200]), weight: weight, server: server)
  }

  mutating func create(_ weight: Int, _ server: Int) throws(LoadError) -> RequestPlan.Kind {
    try api(
      "POST", "/api/urls", body: #"{"url":"https://example.com/bench/{{uuid}}"}"#, expect: 201,
      weight: weight, server: server)
  }

  /// Makes the scenarios' links, each once, unless they are there.
  mutating func seed(_ count: Int) throws(LoadError) -> RequestPlan.Kind {
    try api(
      "POST", "/api/urls",
      body: #"{"url":"https://example.com/bench/{{line:numbers}}","#
        + #""custom_code":"bench-{{line:numbers}}"}"#,
      expect: 201, 409,
      list: RequestPlan.TextList((1...max(1, count)).map { "\($0)" }, draw: .inTurn))
  }

  mutating func api(
    _ method: String, _ path: String, body: String? = nil, expect: Int..., weight: Int = 1,
    server: Int = 0, list: RequestPlan.TextList? = nil
  ) throws(LoadError) -> RequestPlan.Kind {
    var request = RequestDescription()
    request.method = method
    request.path = path
    request.headers = instance.headers
    request.body = body
    if body != nil { request.headers.append(.init("Content-Type", "application/json")) }
    return RequestPlan.Kind(
      try template(request, instance.api, list), expectation: .init(statuses: expect),
      weight: weight, server: server)
  }

  /// A template whose `{{line:…}}` takes from `list`.
  private mutating func template(
    _ request: RequestDescription, _ target: LoadTarget, _ list: RequestPlan.TextList?
  ) throws(LoadError) -> RequestTemplate {
    let first = lists.count
    do throws(RequestDescription.Failure) {
      // Lists of a composer count from 0: those of earlier requests stand in front.
      var composer = RequestComposer(target: target, keepsAlive: true, firstList: first) {
        path throws(RequestDescription.Failure) in list?.texts ?? []
      }
      let template = try composer.template(of: request)
      lists += composer.lists.map { RequestPlan.TextList($0.texts, draw: list?.draw ?? $0.draw) }
      return template
    } catch {
      throw LoadError(.setting, "a request of the scenario cannot be sent: \(error.message)")
    }
  }
}
