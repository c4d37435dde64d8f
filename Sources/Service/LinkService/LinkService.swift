internal import Databases
public import LinkAPI
public import LinkServer
internal import LinkStores
internal import Links
internal import LinuxSystem
internal import Logging

/// A node: redirects, API, cache, clicks and what keeps them together.
///
/// To be ended by ``stop()``.
public final class LinkService: Sendable {
  /// Where redirects are served, with the ports that were chosen.
  public let redirectAddresses: [RedirectSettings.Address]
  /// Where the API is served.
  public let apiAddresses: [APISettings.Address]
  /// Whether the schema was made at this start.
  public let hasMadeSchema: Bool
  /// The key of the first administrator, at the first start with API keys; nowhere else to be had.
  public let firstKey: String?
  private let firstKeyID: Int64?

  private let store: MeasuredStore
  private let journal: ClickJournal
  private let feed: LinkChangeFeed
  private let redirects: RedirectServer
  private let api: APIServer

  /// Starts a service. Whatever fails, nothing is left running.
  ///
  /// - Throws: ``ServiceError``.
  public static func start(_ settings: ServiceSettings) async throws -> LinkService {
    let limit = Machine.openFileLimit
    let needed = FileBudget(settings).needed
    guard limit >= needed else {
      throw ServiceError(
        .setting,
        "this process may have \(limit) files open and needs \(needed) at least, and one for each "
          + "connection; raise the limit with ulimit -n or systemd's LimitNOFILE=")
    }
    let keeper = SchemaKeeper(database: settings.database)
    let hasMadeSchema = try await keeper.prepare()
    var starting = Starting()
    do {
      return try await LinkService(settings, keeper, hasMadeSchema, &starting)
    } catch {
      await starting.undo()
      throw ServiceError(starting: error)
    }
  }

  /// What was started already.
  private struct Starting {
    var store: MeasuredStore?
    var journal: ClickJournal?
    var feed: LinkChangeFeed?
    var redirects: RedirectServer?
    var api: APIServer?

    func undo() async {
      await api?.stop()
      await redirects?.stop()
      await feed?.close()
      // It has counted nothing; that its file cannot be removed is the lesser trouble.
      try? await journal?.close()
      await store?.close()
    }
  }

  private init(
    _ settings: ServiceSettings, _ keeper: SchemaKeeper, _ hasMadeSchema: Bool,
    _ starting: inout Starting
  ) async throws {
    self.hasMadeSchema = hasMadeSchema
    store = MeasuredStore(try Self.open(settings))
    starting.store = store
    let cache = try LinkCache(limits: Self.limits(entries: settings.cacheEntries))
    var options = ClickJournal.Options()
    options.flushInterval = settings.clickFlushInterval
    options.report = { [logger = settings.logger] in logger.warning("\($0)") }
    options.announce = { [logger = settings.logger] in logger.notice("\($0)") }
    journal = try await ClickJournal(
      directory: settings.journalDirectory, loops: settings.redirects.threads, store: store,
      options: options)
    starting.journal = journal
    feed = LinkChangeFeed(store: store, cache: cache) { [logger = settings.logger] contact in
      switch contact {
      case .lost(let reason):
        logger.warning("the database does not answer; cached redirects go on: \(reason)")
      case .regained(let nanoseconds):
        let tenths = nanoseconds / 100_000_000
        logger.notice("the database answers again, after \(tenths / 10).\(tenths % 10) s")
      }
    }
    try feed.start()
    starting.feed = feed
    await Self.settle(feed)

    let budget = FileBudget(settings)
    var redirecting = settings.redirects
    redirecting.maximumConnections = redirecting.maximumConnections ?? budget.redirects
    redirecting.report = { [logger = settings.logger] in logger.warning("\($0)") }
    if settings.logger.logLevel <= .debug {
      redirecting.reportClosed = { [logger = settings.logger] in logger.debug("redirects: \($0)") }
    }
    redirects = try RedirectServer(redirecting, cache: cache, store: store, journal: journal)
    starting.redirects = redirects
    redirectAddresses = redirects.addresses

    let metrics = ServiceMetrics(
      redirects: { [weak redirects] in redirects?.statistics }, cache: cache, journal: journal,
      feed: feed, store: store.measurements, version: settings.version,
      startedAt: Double(Clock.wallNanoseconds) / 1e9)
    let schema = SchemaWatch { try await keeper.isCurrent() }
    let services = APIServices(
      store: store, cache: cache, journal: journal,
      isSchemaCurrent: { schema.isCurrent() }, metrics: { metrics.families() },
      profile: settings.profile)
    var serving = settings.api
    serving.limits.connections = min(serving.limits.connections, budget.api)
    if serving.redirectBaseURL == nil {
      serving.redirectBaseURL = Self.baseURL(redirects.addresses.first)
    }
    api = APIServer(settings: serving, services: services, logger: settings.logger)
    starting.api = api
    apiAddresses = try await api.start()
    // Last: the key of a start that fails would be nobody's.
    let first = serving.authMode == .apiKey ? try await store.ensureFirstKey() : nil
    firstKey = first?.secret.text
    firstKeyID = first?.key.id
  }

  /// Waits a moment for the feed's first answers, each of which forgets the whole cache: nothing is in it
  /// yet.
  private static func settle(_ feed: LinkChangeFeed) async {
    let end = Clock.monotonicNanoseconds + 500_000_000
    while Clock.monotonicNanoseconds < end {
      let statistics = feed.statistics
      let isSettled = statistics.lastContactNanoseconds != nil && statistics.isHearingHints
      if isSettled || statistics.lastFailure != nil { return }
      try? await Task.sleep(for: .milliseconds(1))
    }
  }

  private static func open(
    _ settings: ServiceSettings
  ) throws -> any LinkStore & APIKeyStore {
    switch settings.database.engine {
    case .sqlite(let path): try SQLiteLinkStore(path: path, access: settings.database.access)
    case .postgres(let conninfo):
      try PostgresLinkStore(conninfo: conninfo, connections: settings.databaseConnections)
    }
  }

  /// As much memory a link as the default has.
  private static func limits(entries: Int) -> LinkCache.Limits {
    let usual = LinkCache.Limits()
    let entries = max(1, entries)
    let share = Double(entries) / Double(usual.entries)
    return LinkCache.Limits(
      entries: entries,
      absentEntries: max(1000, Int(Double(usual.absentEntries) * min(share, 100))),
      bytes: max(1_000_000, Int(Double(usual.bytes) * min(share, 10_000))))
  }

  /// Where redirects are found if nobody says otherwise.
  static func baseURL(_ address: RedirectSettings.Address?) -> String? {
    guard case .internet(let host, let port)? = address else { return nil }
    let name =
      switch host {
      case "0.0.0.0", "::", "": "localhost"
      case _ where host.contains(":"): "[\(host)]"
      default: host
      }
    return port == 80 ? "http://\(name)" : "http://\(name):\(port)"
  }

  /// Lets nobody in with ``firstKey``, so that the next start makes another: for a key that could not be
  /// shown.
  ///
  /// - Throws: ``ServiceError`` if it could not be done.
  public func revokeFirstKey() async throws {
    guard let firstKeyID else { return }
    do {
      _ = try await store.revokeKey(id: firstKeyID)
    } catch {
      throw ServiceError(starting: error)
    }
  }

  public var redirectStatistics: RedirectStatistics { redirects.statistics }

  /// Stops accepting, finishes what is under way, tells the database of all clicks. Clicks that it
  /// cannot be told of stay in the journal for the next start.
  ///
  /// - Returns: what should be known of it, nil if all is well.
  public func stop() async -> String? {
    async let redirectsStopped: Void = redirects.stop()
    async let apiStopped: Void = api.stop()
    _ = await (redirectsStopped, apiStopped)
    await feed.close()
    var notice: String?
    do {
      try await journal.close()
    } catch {
      notice = "\(error)"
    }
    await store.close()
    return notice
  }
}

extension ServiceError {
  fileprivate init(starting error: any Error) {
    switch error {
    case let error as ServiceError: self = error
    case let error as DatabaseError: self.init(.database(error.kind), error.message)
    case let error as APIServerError: self.init(Kind(error.kind), "\(error)")
    case let error as RedirectServerError: self.init(Kind(error.kind), "\(error)")
    case let error as ClickJournalError: self.init(.cannotWrite, "\(error)")
    case .unavailable as LinkError: self.init(.database(.unreachable), "\(error)")
    case .full as LinkError: self.init(.database(.full), "\(error)")
    default: self.init(.other, "\(error)")
    }
  }
}

extension ServiceError.Kind {
  fileprivate init(_ kind: RedirectServerError.Kind) {
    self =
      switch kind {
      case .taken: .addressTaken
      case .notPermitted: .notPermitted
      case .setting: .setting
      case .cannotMake: .cannotWrite
      case .system: .other
      }
  }

  fileprivate init(_ kind: APIServerError.Kind) {
    self =
      switch kind {
      case .setting: .setting
      case .taken: .addressTaken
      case .system: .other
      }
  }
}
