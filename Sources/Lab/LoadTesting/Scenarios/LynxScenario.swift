/// What a Lynx is asked for in a load.
public enum LynxScenario: String, Sendable, CaseIterable {
  /// Redirects of one link.
  case redirectHot = "redirect-hot"
  /// Redirects of 100 links, and of 10 000, each as often as the others.
  case redirectDistributed = "redirect-distributed"
  /// Redirects that are not in the cache.
  case redirectCold = "redirect-cold"
  /// New links.
  case create
  /// What a link is, of 100 links.
  case get
  /// A page of links.
  case list
  /// Whether the API lives.
  case health
  /// 80 % redirects of 100 links, 15 % reads of them, 5 % new links.
  case mixed

  /// How many links it is about; each of these is a trial.
  var linkCounts: [Int] {
    switch self {
    case .redirectHot: [1]
    case .redirectDistributed: [100, 10_000]
    case .redirectCold: [10_000]
    case .get, .mixed: [100]
    case .list: [100]
    case .create, .health: [0]
    }
  }

  /// Connections, if nobody says how many; each of these is a trial.
  public var connectionCounts: [Int] {
    switch self {
    case .redirectHot, .redirectDistributed, .redirectCold: [1000, 5000, 10_000]
    case .create, .get, .list, .health, .mixed: [64]
    }
  }

  /// Links in the cache of a server that is started for the purpose; nil for as many as usual.
  public var cacheEntries: Int? { self == .redirectCold ? 1 : nil }

  /// Whether it makes links that stay.
  public var makesLinks: Bool { self == .create || self == .mixed }
}

/// A running Lynx: where its redirects and its API are.
public struct LynxInstance: Sendable {
  public var redirects: LoadTarget
  public var api: LoadTarget
  /// For its API, such as a key.
  public var headers: [RequestDescription.Header]

  public init(
    redirects: LoadTarget, api: LoadTarget, headers: [RequestDescription.Header] = []
  ) {
    self.redirects = redirects
    self.api = api
    self.headers = headers
  }
}
