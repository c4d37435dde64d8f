internal import Glibc
internal import LinuxSystem
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Binds addresses and makes connections of what comes there.
struct Listener: Sendable {
  let handler: RequestHandler
  let limits: APISettings.Limits
  let group: any EventLoopGroup
  let logger: Logger

  /// - Throws: ``APIServerError``.
  func listen(at address: ResolvedAddress) async throws(APIServerError) -> any Channel {
    do {
      switch address.place {
      case .socket(let socket):
        // `::` is IPv6 alone, as at the redirect server: 0.0.0.0 may be asked for beside it (an IPv4
        // address written as IPv6 cannot be).
        let bootstrap =
          socket.protocol == .inet6 && socket.ipAddress?.hasPrefix("::ffff:") != true
          ? bootstrap.serverChannelOption(.socket(.init(IPPROTO_IPV6), IPV6_V6ONLY), value: 1)
          : bootstrap
        return try await bootstrap.bind(to: socket).get()
      case .unix(let path):
        if await isServed(path) {
          throw APIServerError(.taken, "the socket \(path) is taken by a running server")
        }
        return try await bootstrap.bind(
          unixDomainSocketPath: path, cleanupExistingSocketFile: true
        ).get()
      }
    } catch let error as APIServerError {
      throw error
    } catch let error as IOError {
      throw Self.refusal(address, error.errnoCode)
    } catch {
      throw APIServerError(.system, "\(address.asked) cannot be listened at: \(error)")
    }
  }

  private var bootstrap: ServerBootstrap {
    ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { [limits, handler, logger] channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            AcceptLimit(
              limit: limits.connections, connections: handler.connections, logger: logger))
        }
      }
      // What the client still wants to read after it said all.
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { [limits, handler] channel in
        channel.eventLoop.makeCompletedFuture {
          // A unix socket has no such option.
          if channel.remoteAddress?.protocol != .unix {
            try channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
          }
          try Self.setUp(channel, handler, limits)
        }
      }
  }

  private static func setUp(
    _ channel: any Channel, _ handler: RequestHandler, _ limits: APISettings.Limits
  ) throws {
    var decoding = NIOHTTPDecoderLimitConfiguration()
    decoding.maxHeaderFieldSize = limits.fieldBytes
    decoding.maxHeaderListSize = limits.headBytes
    decoding.maxHeaderFieldCount = limits.fields
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(ByteNotice())
    try pipeline.configureHTTPServerPipeline(
      withPipeliningAssistance: false, withErrorHandling: false,
      withOutboundHeaderValidation: true, withEncoderConfiguration: .init(),
      withDecoderLimitConfiguration: decoding)
    try pipeline.addHandler(Connection(handler: handler, limits: limits))
  }

  /// Whether somebody accepts connections at a socket: its file stays behind when a server is killed.
  private func isServed(_ path: String) async -> Bool {
    guard
      let channel = try? await ClientBootstrap(group: group)
        .connect(unixDomainSocketPath: path).get()
    else { return false }
    try? await channel.close()
    return true
  }

  private static func refusal(_ address: ResolvedAddress, _ code: Int32) -> APIServerError {
    let reason = SystemCallError(call: "bind", code: code).reason
    guard code == EADDRINUSE else {
      return APIServerError(.system, "\(address.asked) cannot be listened at: \(reason)")
    }
    var owner = ""
    if let process = address.port.flatMap(Processes.listening(onPort:)) {
      let name = Processes.status(of: process)?.name ?? "unknown"
      owner = " by process \(process) (\(name))"
    }
    return APIServerError(
      .taken, "\(address.asked) is taken\(owner); stop what listens there, or choose another port")
  }
}
