internal import Glibc
public import LinkStores
public import Links
internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Answers `GET /code` with a redirect: from the cache without leaving the event loop, else from the
/// store without holding it up. Each redirect of a GET is counted before it is written.
public final class RedirectServer: Sendable {
  /// Where connections are accepted, with the ports that were chosen.
  public let addresses: [RedirectSettings.Address]

  private let settings: RedirectSettings
  private let group: MultiThreadedEventLoopGroup
  private let loops: [RedirectLoop]
  private let listening: [Listening]
  private let hasStopped = Mutex(false)

  /// Begins to accept connections.
  ///
  /// - Parameter journal: counts clicks; made for as many loops as ``RedirectSettings/threads`` at least.
  ///   To be closed after ``stop()``.
  /// - Throws: ``RedirectServerError``; then nothing is left behind.
  public init(
    _ settings: RedirectSettings, cache: LinkCache, store: any LinkStore, journal: ClickJournal
  ) async throws {
    self.settings = settings
    let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, settings.threads))
    var loops: [RedirectLoop] = []
    for eventLoop in group.makeIterator() {
      loops.append(
        RedirectLoop(
          eventLoop, settings, cache: cache, store: store,
          counter: journal.counter(forLoop: loops.count)))
    }
    let limit = ConnectionLimit(
      maximum: settings.maximumConnections ?? Self.connectionLimit, report: settings.report)
    var listening: [Listening] = []
    do {
      for loop in loops { try await loop.eventLoop.submit { loop.start() }.get() }
      for address in settings.addresses {
        listening.append(
          try await Listening(
            address, Self.bootstrap(address, group, loops, limit), takesOver: settings.takesOver))
      }
      if listening.isEmpty {
        throw RedirectServerError("there is no address to serve redirects on")
      }
    } catch {
      for one in listening { await one.close() }
      for loop in loops { loop.stop() }
      try? await group.shutdownGracefully()
      throw error
    }
    self.group = group
    self.loops = loops
    self.listening = listening
    addresses = zip(settings.addresses, listening).map { address, listening in
      guard case .internet(let host, _) = address, let port = listening.channel.localAddress?.port
      else { return address }
      return .internet(host: host, port: port)
    }
  }

  /// What was done so far. Takes no lock and holds nobody up.
  public var statistics: RedirectStatistics { RedirectStatistics(loops.map(\.statistics)) }

  /// Stops accepting, answers what is under way, closes every connection, at the latest after
  /// ``RedirectSettings/drainTimeout``. After it nothing is counted any more. Idempotent.
  public func stop() async {
    if hasStopped.withLock({ exchange(&$0, with: true) }) { return }
    for one in listening { await one.close() }
    for loop in loops { loop.eventLoop.execute { loop.drain() } }
    let step = 20
    var left = max(0, settings.drainTimeout) * 1000
    while left > 0, loops.contains(where: { $0.openCount > 0 }) {
      try? await Task.sleep(for: .milliseconds(step))
      left -= step
    }
    for loop in loops {
      try? await loop.eventLoop.submit {
        loop.closeAll()
        loop.stop()
      }.get()
    }
    try? await group.shutdownGracefully()
  }

  /// What is left of the open files after what else the service needs.
  private static var connectionLimit: Int {
    let files = Machine.openFileLimit
    return max(1, files - max(32, min(256, files / 8)))
  }

  private static func bootstrap(
    _ address: RedirectSettings.Address, _ group: MultiThreadedEventLoopGroup,
    _ loops: [RedirectLoop], _ limit: ConnectionLimit
  ) -> ServerBootstrap {
    let byLoop = Dictionary(
      uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) })
    var bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 4096)
      .serverChannelOption(.maxMessagesPerRead, value: 16)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptLimiter(limit))
        }
      }
      // One read an event: the next one would say that there is nothing more.
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 8192))
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard let loop = byLoop[ObjectIdentifier(channel.eventLoop)] else { return }
          try channel.pipeline.syncOperations.addHandler(RedirectConnection(loop))
        }
      }
    if case .internet = address {
      bootstrap =
        bootstrap
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .serverChannelOption(.socketOption(.init(rawValue: SO_REUSEPORT)), value: 1)
        .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
    }
    return bootstrap
  }
}
