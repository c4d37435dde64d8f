internal import NIOCore

/// Tells what comes behind it in the pipeline that bytes have come, parsed or not.
final class ByteNotice: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  struct BytesCame: Sendable {}

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    context.fireUserInboundEventTriggered(BytesCame())
    context.fireChannelRead(data)
  }
}
