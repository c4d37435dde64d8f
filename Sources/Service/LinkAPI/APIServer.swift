internal import LinkStores
internal import Links
public import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Serves the API of links: what Docs/API.md describes.
///
/// To be started once and stopped once.
public final class APIServer: Sendable {
  private struct State {
    var group: MultiThreadedEventLoopGroup?
    var channels: [any Channel] = []
    /// Files of this server's own.
    var socketFiles: [String] = []
    var hasStarted = false
  }

  private let settings: APISettings
  private let listenerLogger: Logger
  private let connections = OpenConnections()
  private let handler: RequestHandler
  private let cursorKey: CursorKeySource
  private let state = Mutex(State())

  /// - Parameter logger: gets a line about each answer with a status of 500 or more, with the number that
  ///   the answer has in `x-request-id`, at level debug about all others, and never addresses, queries,
  ///   fields or bodies.
  public init(settings: APISettings, services: APIServices, logger: Logger) {
    self.settings = settings
    listenerLogger = logger
    let metrics = RequestMetrics()
    let authenticator = Authenticator(mode: settings.authMode, store: services.store)
    let links = LinkRoutes(
      services: services, settings: settings,
      codes: CodeSource(maximumLength: settings.shortCodeMaxLength))
    cursorKey = CursorKeySource(store: services.store)
    let routes =
      StateRoutes(
        services: services, settings: settings, metrics: metrics, connections: connections
      ).all + links.all
      + ListRoutes(services: services, links: links, cursorKey: cursorKey).all
      + KeyRoutes(store: services.store, authenticator: authenticator).all
      + (services.profile.map { ProfileRoutes(take: $0).all } ?? [])
    handler = RequestHandler(
      routes: RouteTable(routes, authenticator, HostRule(settings)), metrics: metrics,
      connections: connections,
      logger: logger)
  }

  /// Listens at all addresses, or at none. Returns where, with the ports that were free for port 0.
  @discardableResult
  public func start() async throws(APIServerError) -> [APISettings.Address] {
    guard state.withLock({ !$0.hasStarted }) else {
      throw APIServerError(.setting, "an API server starts once")
    }
    let addresses = try resolve()
    // Made now if need be: later the disk may be full. Who lists hears of what is wrong with it.
    _ = try? await cursorKey.key()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, settings.threads))
    let listener = Listener(
      handler: handler, limits: settings.limits, group: group, logger: listenerLogger)
    state.withLock { state in
      state.group = group
      state.hasStarted = true
    }
    var bound: [APISettings.Address] = []
    for address in addresses {
      do throws(APIServerError) {
        let channel = try await listener.listen(at: address)
        state.withLock { state in
          state.channels.append(channel)
          if case .unix(let path) = address.place { state.socketFiles.append(path) }
        }
        bound.append(Self.bound(address, channel))
      } catch {
        await stop(within: .zero)
        throw error
      }
    }
    return bound
  }

  /// Accepts nothing more, has what is running answered, and ends. What is not answered within the limit is
  /// cut off. Idempotent.
  public func stop(within limit: Duration = .seconds(10)) async {
    let stopped = state.withLock { state in
      defer {
        state.channels = []
        state.socketFiles = []
        state.group = nil
      }
      return state
    }
    for channel in stopped.channels { try? await channel.close() }
    for path in stopped.socketFiles { SocketFile.remove(path) }
    connections.drain()
    let cut = Task { [connections] in
      try? await Task.sleep(for: limit)
      if !Task.isCancelled { connections.closeAll() }
    }
    await connections.untilEmpty()
    cut.cancel()
    try? await stopped.group?.shutdownGracefully()
  }

  private func resolve() throws(APIServerError) -> [ResolvedAddress] {
    guard settings.shortCodeMaxLength >= CodeGenerator.minimumLength else {
      throw APIServerError(
        .setting,
        "short codes of at most \(settings.shortCodeMaxLength) bytes are too few; allow "
          + "\(CodeGenerator.minimumLength) or more")
    }
    if let base = settings.redirectBaseURL {
      do {
        _ = try Destination(base)
      } catch {
        throw APIServerError(.setting, "the base URL of redirects cannot be meant: \(error)")
      }
    }
    if settings.addresses.isEmpty {
      throw APIServerError(.setting, "there is no address to serve the API at")
    }
    var resolved: [ResolvedAddress] = []
    for address in settings.addresses { resolved.append(try ResolvedAddress(address)) }
    if settings.authMode == .none, !settings.allowsOpenAPI,
      let open = resolved.first(where: { !$0.isLocal })
    {
      throw APIServerError(
        .setting,
        "the API at \(open.asked) would be open to everybody: ask for keys with --auth api-key, "
          + "listen on a loopback address, or allow it with --allow-open-api")
    }
    return resolved
  }

  private static func bound(
    _ address: ResolvedAddress, _ channel: any Channel
  ) -> APISettings.Address {
    guard case .tcp(let host, let port) = address.asked else { return address.asked }
    return .tcp(host: host, port: channel.localAddress?.port ?? port)
  }
}
