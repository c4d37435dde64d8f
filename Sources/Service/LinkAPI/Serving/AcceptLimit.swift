internal import Logging
internal import NIOCore

/// Lets the kernel keep connections while there are as many as may be, or no descriptor is left for more.
final class AcceptLimit: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = any Channel
  typealias InboundOut = any Channel
  typealias OutboundIn = Never
  typealias OutboundOut = Never

  private static let pause = TimeAmount.milliseconds(100)
  private let limit: Int
  private let connections: OpenConnections
  private let logger: Logger
  private var isWaiting = false
  private var isPaused = false
  private var hasReportedError = false
  private var hasReportedLimit = false

  init(limit: Int, connections: OpenConnections, logger: Logger) {
    self.limit = limit
    self.connections = connections
    self.logger = logger
  }

  func read(context: ChannelHandlerContext) {
    if isPaused || connections.count >= limit {
      if !isPaused, !hasReportedLimit {
        hasReportedLimit = true
        logger.warning("\(limit) connections to the API are open; further ones have to wait")
      }
      return wait(context)
    }
    context.read()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    hasReportedError = false
    let channel = unwrapInboundIn(data)
    connections.add(channel)
    channel.closeFuture.whenComplete { [connections] _ in connections.remove(channel) }
    context.fireChannelRead(data)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // accept(2) fails for want of descriptors or memory, or because the client is gone already; the
    // listening socket is as good as before.
    if !hasReportedError {
      hasReportedError = true
      logger.error("the API cannot accept connections for now: \(error)")
    }
    isPaused = true
    wait(context)
  }

  private func wait(_ context: ChannelHandlerContext) {
    if isWaiting { return }
    isWaiting = true
    context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
      self.isWaiting = false
      self.isPaused = false
      if self.connections.count < self.limit { self.hasReportedLimit = false }
      if context.channel.isActive { self.read(context: context) }
    }
  }
}
