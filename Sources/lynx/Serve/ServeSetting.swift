/// What can be set by an option, a variable of the environment or a line of a file.
enum ServeSetting: String, CaseIterable, Sendable {
  case databaseURL = "DATABASE_URL"
  case redirectHost = "REDIRECT_HOST"
  case redirectPort = "REDIRECT_PORT"
  case unixSocket = "REDIRECT_UNIX_SOCKET"
  case apiHost = "API_HOST"
  case apiPort = "API_PORT"
  case auth = "AUTH_MODE"
  case allowOpenAPI = "API_ALLOW_OPEN"
  case threads = "REDIRECT_THREADS"
  case redirectStatus = "REDIRECT_STATUS_CODE"
  case redirectMaxAge = "REDIRECT_MAX_AGE"
  case redirectBaseURL = "REDIRECT_BASE_URL"
  case forwardQuery = "REDIRECT_FORWARD_QUERY"
  case timingHeaders = "ENABLE_TIMING_HEADERS"
  case cacheMaxEntries = "CACHE_MAX_ENTRIES"
  case journalDir = "JOURNAL_DIR"
  case clickFlushInterval = "CACHE_FLUSH_INTERVAL_SECS"
  case databaseConnections = "DATABASE_MAX_CONNECTIONS"
  case shortCodeMaxLength = "SHORT_CODE_MAX_LENGTH"

  /// Its option.
  var option: String {
    switch self {
    case .databaseURL: "--database-url"
    case .redirectHost: "--redirect-host"
    case .redirectPort: "--redirect-port"
    case .unixSocket: "--unix-socket"
    case .apiHost: "--api-host"
    case .apiPort: "--api-port"
    case .auth: "--auth"
    case .allowOpenAPI: "--allow-open-api"
    case .threads: "--threads"
    case .redirectStatus: "--redirect-status"
    case .redirectMaxAge: "--redirect-max-age"
    case .redirectBaseURL: "--redirect-base-url"
    case .forwardQuery: "--forward-query"
    case .timingHeaders: "--timing-headers"
    case .cacheMaxEntries: "--cache-max-entries"
    case .journalDir: "--journal-dir"
    case .clickFlushInterval: "--click-flush-interval"
    case .databaseConnections: "--database-connections"
    case .shortCodeMaxLength: "--short-code-max-length"
    }
  }

  /// Where the port of these hosts is set.
  var port: ServeSetting? {
    switch self {
    case .redirectHost: .redirectPort
    case .apiHost: .apiPort
    default: nil
    }
  }

  /// What was typed behind it.
  func typed(_ arguments: ServeArguments) -> String? {
    func text(_ flag: Bool?) -> String? { flag.map { $0 ? "true" : "false" } }
    return switch self {
    case .databaseURL: arguments.databaseURL
    case .redirectHost: arguments.redirectHost
    case .redirectPort: arguments.redirectPort
    case .unixSocket: arguments.unixSocket
    case .apiHost: arguments.apiHost
    case .apiPort: arguments.apiPort
    case .auth: arguments.auth
    case .allowOpenAPI: text(arguments.allowOpenAPI)
    case .threads: arguments.threads
    case .redirectStatus: arguments.redirectStatus
    case .redirectMaxAge: arguments.redirectMaxAge
    case .redirectBaseURL: arguments.redirectBaseURL
    case .forwardQuery: text(arguments.forwardQuery)
    case .timingHeaders: text(arguments.timingHeaders)
    case .cacheMaxEntries: arguments.cacheMaxEntries
    case .journalDir: arguments.journalDir
    case .clickFlushInterval: arguments.clickFlushInterval
    case .databaseConnections: arguments.databaseConnections
    case .shortCodeMaxLength: arguments.shortCodeMaxLength
    }
  }
}
