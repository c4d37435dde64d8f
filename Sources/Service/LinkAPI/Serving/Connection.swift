internal import Hummingbird
internal import NIOCore
internal import NIOHTTP1

/// One client's connection: takes requests in whole, one at a time, and answers each before it looks at the
/// next.
///
/// What follows a request meanwhile stays in the kernel, but for what came with it. Whatever ends a
/// connection before its client expects that is said with a last answer, behind which the connection
/// lingers until the client has closed its side too: else the client's kernel might throw the answer away
/// (RFC 9112, section 9.6).
final class Connection: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = Never
  typealias OutboundOut = HTTPServerResponsePart

  enum Phase {
    /// For the head of a request, of which there may be a part already.
    case waiting(hasBegun: Bool)
    case reading(WireRequest)
    case answering(HTTPRequestHead, isKeptAlive: Bool)
    case lingering
  }

  let handler: RequestHandler
  let limits: APISettings.Limits
  var phase = Phase.waiting(hasBegun: false)
  /// What came with the request that is being answered.
  var queue: [HTTPServerRequestPart] = []
  /// What the parser made of what came behind it, to be said in its turn.
  var queuedRefusal: APIError?
  private var timer: Scheduled<Void>?
  private var task: Task<Void, Never>?
  /// Tells the answer that is due from one that comes too late.
  var requestNumber = 0
  var isReadHeldBack = false
  var hasClientFinished = false
  var isDraining = false
  /// Whether what is being answered takes long, and is given up for whoever does not wait for it.
  private var mayBeGivenUp = false

  init(handler: RequestHandler, limits: APISettings.Limits) {
    self.handler = handler
    self.limits = limits
  }

  // MARK: Events

  func channelActive(context: ChannelHandlerContext) {
    if handler.connections.isDraining { return close(context) }
    schedule(limits.headTime, context) { $0.close(context) }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    task?.cancel()
    phase = .lingering
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let part = unwrapInboundIn(data)
    switch phase {
    case .answering: queue.append(part)
    case .waiting, .reading: take(part, context)
    case .lingering: break
    }
  }

  func read(context: ChannelHandlerContext) {
    if case .answering = phase { isReadHeldBack = true } else { context.read() }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case is ByteNotice.BytesCame:
      if case .waiting(hasBegun: false) = phase {
        phase = .waiting(hasBegun: true)
        schedule(limits.headTime, context) { $0.refuse(.tooSlow, nil, context) }
      }
    case is DrainEvent:
      isDraining = true
      if case .waiting = phase { close(context) }
      if case .answering = phase, mayBeGivenUp { task?.cancel() }
    case ChannelEvent.inputClosed:
      hasClientFinished = true
      switch phase {
      case .waiting, .lingering: close(context)
      case .reading(let request): refuse(HeadRules.refusal(.invalidEOFState), request, context)
      case .answering: if mayBeGivenUp { close(context) }
      }
    default: context.fireUserInboundEventTriggered(event)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? HTTPParserError else { return close(context) }
    switch phase {
    case .waiting(hasBegun: false) where error == .invalidEOFState: close(context)
    case .waiting: refuse(HeadRules.refusal(error), nil, context)
    case .reading(let request): refuse(HeadRules.refusal(error), request, context)
    case .answering: queuedRefusal = queuedRefusal ?? HeadRules.refusal(error)
    case .lingering: break
    }
  }

  // MARK: Requests

  func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
    switch (part, phase) {
    case (.head(let head), .waiting): begin(WireRequest(head: head), context)
    case (.body(var buffer), .reading(var request)):
      // One owner while it grows.
      phase = .waiting(hasBegun: true)
      if request.body.readableBytes + buffer.readableBytes > limits.bodyBytes {
        return refuse(HeadRules.tooLarge(limits), request, context)
      }
      request.body.writeBuffer(&buffer)
      phase = .reading(request)
    case (.end, .reading(let request)): answer(request, context)
    default: break
    }
  }

  private func begin(_ request: WireRequest, _ context: ChannelHandlerContext) {
    if let refusal = HeadRules.refusal(request.head, limits) {
      return refuse(refusal, request, context)
    }
    phase = .reading(request)
    schedule(limits.bodyTime, context) { $0.refuse(.tooSlow, request, context) }
    if request.expectsContinue, request.hasBody {
      let head = HTTPResponseHead(version: .http1_1, status: .continue)
      context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    }
  }

  private func answer(_ wire: WireRequest, _ context: ChannelHandlerContext) {
    guard let request = wire.request() else {
      return refuse(HeadRules.refusal(.invalidMethod), wire, context)
    }
    phase = .answering(wire.head, isKeptAlive: wire.isKeptAlive)
    requestNumber += 1
    let number = requestNumber
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    let channel = context.channel
    mayBeGivenUp = false
    task = Task { [handler] in
      let response = await handler.response(to: request, channel: channel) { time in
        bound.execute { connection, context in
          connection.allow(time, for: number, request, wire, context)
        }
      }
      bound.execute { connection, context in
        connection.send(response, for: number, context)
      }
    }
    limit(limits.answerTime, for: number, request, wire, context)
  }

  /// Has a request answered within `time` from now on, or answers it with 503.
  private func limit(
    _ time: Duration, for number: Int, _ request: Request, _ wire: WireRequest,
    _ context: ChannelHandlerContext
  ) {
    schedule(time, context) { connection in
      connection.task?.cancel()
      connection.phase = .answering(wire.head, isKeptAlive: false)
      connection.send(
        connection.handler.timeout(of: request, after: time), for: number, context)
    }
  }

  private func allow(
    _ time: Duration, for number: Int, _ request: Request, _ wire: WireRequest,
    _ context: ChannelHandlerContext
  ) {
    guard number == requestNumber, case .answering = phase else { return }
    if hasClientFinished { return close(context) }
    mayBeGivenUp = true
    if isDraining { task?.cancel() }
    limit(time, for: number, request, wire, context)
  }

  // MARK: Ends

  func close(_ context: ChannelHandlerContext) {
    timer?.cancel()
    phase = .lingering
    context.close(promise: nil)
  }

  func schedule(
    _ time: Duration, _ context: ChannelHandlerContext, _ action: @escaping (Connection) -> Void
  ) {
    timer?.cancel()
    timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time)) { [weak self] in
      if let self { action(self) }
    }
  }
}

extension APIError {
  fileprivate static let tooSlow = APIError(
    .requestTimeout, "the request took too long to arrive")
}

extension NIOLoopBound where Value == (Connection, ChannelHandlerContext) {
  fileprivate func execute(_ body: @escaping @Sendable (Connection, ChannelHandlerContext) -> Void)
  {
    eventLoop.execute { body(value.0, value.1) }
  }
}
