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
  /// Whether it is to go on once a connection ends.
  private var isWaiting = false
  /// Whether it is to go on after a while.
  private var isPaused = false
  private var reportedLimitAt: NIODeadline?
  private var reportedErrorAt: NIODeadline?

  init(limit: Int, connections: OpenConnections, logger: Logger) {
    self.limit = limit
    self.connections = connections
    self.logger = logger
  }

  func read(context: ChannelHandlerContext) {
    if isPaused || isWaiting { return }
    if connections.count < limit { return context.read() }
    if isDue(&reportedLimitAt) {
      logger.warning(
        "\(limit) connections to the API are open; further ones have to wait until some end")
    }
    isWaiting = true
    let place = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    connections.whenBelow(limit) { [loop = context.eventLoop] in
      loop.execute {
        let (limit, context) = place.value
        limit.isWaiting = false
        if context.channel.isActive { limit.read(context: context) }
      }
    }
  }

  /// Not more often than once a minute: a server at its limit is there again and again.
  private func isDue(_ last: inout NIODeadline?) -> Bool {
    let now = NIODeadline.now()
    if let last, now - last < .minutes(1) { return false }
    last = now
    return true
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let channel = unwrapInboundIn(data)
    connections.add(channel)
    channel.closeFuture.whenComplete { [connections] _ in connections.remove(channel) }
    context.fireChannelRead(data)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // accept(2) fails for want of descriptors or memory, or because the client is gone already; the
    // listening socket is as good as before.
    if isDue(&reportedErrorAt) {
      logger.error("the API cannot accept connections for now: \(error)")
    }
    if isPaused { return }
    isPaused = true
    context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
      self.isPaused = false
      if context.channel.isActive { self.read(context: context) }
    }
  }
}
