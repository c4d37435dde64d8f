import Databases
import Glibc
import LinkAPI
import LinkServer
import LinkService
import LinuxSystem
import Logging
import Terminal

/// What `lynx serve` is to do: everything that can be set, resolved.
struct ServePlan {
  var settings: ServiceSettings
  var manner: Manner
  /// Whether other commands on this machine are told that the service runs, and where.
  var isAnnounced: Bool
  /// What is not as it is by default and where that was said, for the banner.
  var origins: [(setting: ServeSetting, origin: ServeSources.Origin)] = []

  init(
    resolving arguments: ServeArguments, environment: [String: String]? = nil,
    inherited: [Int32] = InheritedSockets.descriptors()
  ) throws(CommandError) {
    let values = ServeValues(try ServeSources(arguments, environment: environment))
    let database = try values.database()
    settings = ServiceSettings(
      database: database,
      journalDirectory: try values.text(.journalDir) ?? Self.journalDirectory(database),
      logger: Logger(label: "lynx") { _ in SwiftLogNoOpLogHandler() })
    settings.version = Lynx.version
    settings.profile = SelfProfile.take
    settings.cacheEntries = try values.count(.cacheMaxEntries, in: 1...100_000_000) ?? 500_000
    settings.clickFlushInterval =
      try values.duration(.clickFlushInterval, atLeast: .milliseconds(100)) ?? .seconds(5)
    settings.databaseConnections = try values.count(.databaseConnections, in: 1...100) ?? 5
    settings.redirects = try Self.redirects(values, inherited)
    settings.redirects.takesOver = arguments.takeOver
    isAnnounced = !arguments.noAnnounce
    settings.api = try Self.api(values)
    manner = try arguments.general.resolved()
    var addresses = ServeAddresses(values)
    for case .internet(let host, let port) in settings.redirects.addresses {
      try addresses.add(host, port, (.redirectHost, .redirectPort))
    }
    for case .tcp(let host, let port) in settings.api.addresses {
      try addresses.add(host, port, (.apiHost, .apiPort))
    }
    for setting in ServeSetting.allCases {
      if let found = try values.sources.find(setting) { origins.append((setting, found.origin)) }
    }
  }

  private static func redirects(
    _ values: ServeValues, _ inherited: [Int32]
  ) throws(CommandError) -> RedirectSettings {
    var redirects = RedirectSettings()
    let hosts = try values.hosts(.redirectHost) ?? ["127.0.0.1"]
    let port = try values.count(.redirectPort, in: 0...65_535) ?? 3000
    // A service manager that opened sockets decides where: the address is its business.
    redirects.addresses =
      inherited.isEmpty
      ? hosts.map { .internet(host: $0, port: port) }
      : inherited.map { .inherited(descriptor: $0) }
    if let path = try values.text(.unixSocket) { redirects.addresses.append(.unix(path: path)) }
    redirects.threads =
      try values.count(.threads, in: 1...64) ?? min(64, Machine.usableCPUCount)
    redirects.redirectStatus = try values.status() ?? .permanentRedirect
    redirects.maximumAge = try values.seconds(.redirectMaxAge) ?? 90
    redirects.forwardsQuery = try values.flag(.forwardQuery) ?? false
    redirects.hasTimingFields = try values.flag(.timingHeaders) ?? false
    return redirects
  }

  private static func api(_ values: ServeValues) throws(CommandError) -> APISettings {
    var api = APISettings()
    let hosts = try values.hosts(.apiHost) ?? ["127.0.0.1"]
    let port = try values.count(.apiPort, in: 0...65_535) ?? 8080
    api.addresses = hosts.map { .tcp(host: $0, port: port) }
    api.authMode = try values.authMode() ?? .none
    api.allowsOpenAPI = try values.flag(.allowOpenAPI) ?? false
    api.redirectBaseURL = try values.baseURL()
    api.shortCodeMaxLength = try values.count(.shortCodeMaxLength, in: 3...1024) ?? 50
    return api
  }

  /// Beside a SQLite file; else where the service manager has a directory for this service
  /// (systemd.exec(5), StateDirectory=), else the current one.
  private static func journalDirectory(_ database: DatabaseURL) -> String {
    if case .sqlite(let path) = database.engine { return path + ".clicks" }
    guard let directory = environmentValue("STATE_DIRECTORY")?.split(separator: ":").first else {
      return "./lynx.clicks"
    }
    return directory + "/clicks"
  }
}
