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

  private static let lingerTime = Duration.seconds(2)
  private let handler: RequestHandler
  private let limits: APISettings.Limits
  private var phase = Phase.waiting(hasBegun: false)
  /// What came with the request that is being answered.
  private var queue: [HTTPServerRequestPart] = []
  /// What the parser made of what came behind it, to be said in its turn.
  private var queuedRefusal: APIError?
  private var timer: Scheduled<Void>?
  private var task: Task<Void, Never>?
  /// Tells the answer that is due from one that comes too late.
  private var requestNumber = 0
  private var isReadHeldBack = false
  private var hasClientFinished = false
  private var isDraining = false

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
    case ChannelEvent.inputClosed:
      hasClientFinished = true
      switch phase {
      case .waiting, .lingering: close(context)
      case .reading(let request): refuse(HeadRules.refusal(.invalidEOFState), request, context)
      case .answering: break
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

  private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
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
    task = Task { [handler] in
      let response = await handler.response(to: request, channel: channel)
      bound.execute { connection, context in
        connection.send(response, for: number, context)
      }
    }
    schedule(limits.answerTime, context) { connection in
      connection.task?.cancel()
      connection.phase = .answering(wire.head, isKeptAlive: false)
      connection.send(
        connection.handler.timeout(
          of: request, after: connection.limits.answerTime), for: number, context)
    }
  }

  // MARK: Answers

  private func send(_ response: WireResponse, for number: Int, _ context: ChannelHandlerContext) {
    guard number == requestNumber, case .answering(let head, let isKeptAlive) = phase else {
      return
    }
    // The other answer to this request, if there is one, comes too late.
    requestNumber += 1
    let isLast = hasClientFinished && queue.isEmpty && queuedRefusal == nil
    let goesOn = isKeptAlive && !isDraining && !isLast
    schedule(limits.idleTime, context) { $0.close(context) }
    write(response, to: head, goesOn: goesOn, context).whenComplete { result in
      switch result {
      case .success where goesOn: self.proceed(context)
      case .success: self.linger(context)
      case .failure: self.close(context)
      }
    }
  }

  /// Says why a request is not answered, and ends the connection.
  private func refuse(
    _ error: APIError, _ request: WireRequest?, _ context: ChannelHandlerContext
  ) {
    phase = .lingering
    schedule(limits.idleTime, context) { $0.close(context) }
    write(handler.refusal(error), to: request?.head, goesOn: false, context).whenComplete { _ in
      self.linger(context)
    }
  }

  private func write(
    _ response: WireResponse, to request: HTTPRequestHead?, goesOn: Bool,
    _ context: ChannelHandlerContext
  ) -> EventLoopFuture<Void>.Isolated {
    var headers = response.headers
    headers.add(name: "date", value: HTTPDate.now)
    if !goesOn {
      headers.add(name: "connection", value: "close")
    } else if request?.version == .http1_0 {
      headers.add(name: "connection", value: "keep-alive")
    }
    let head = HTTPResponseHead(version: .http1_1, status: response.status, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if request?.method != .HEAD, response.body.readableBytes > 0 {
      context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
    }
    return context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated()
  }

  private func proceed(_ context: ChannelHandlerContext) {
    guard case .answering = phase else { return }
    phase = .waiting(hasBegun: false)
    let parts = queue
    queue = []
    for (index, part) in parts.enumerated() {
      take(part, context)
      if case .answering = phase {
        queue = Array(parts[(index + 1)...])
        break
      }
    }
    switch phase {
    case .waiting:
      if let queuedRefusal { return refuse(queuedRefusal, nil, context) }
      if isDraining || hasClientFinished { return close(context) }
    case .reading(let request):
      if let queuedRefusal { return refuse(queuedRefusal, request, context) }
      if hasClientFinished { return refuse(HeadRules.refusal(.invalidEOFState), request, context) }
    case .answering, .lingering: return
    }
    if isReadHeldBack {
      isReadHeldBack = false
      context.read()
    }
  }

  // MARK: Ends

  private func linger(_ context: ChannelHandlerContext) {
    phase = .lingering
    if hasClientFinished { return close(context) }
    schedule(Self.lingerTime, context) { $0.close(context) }
    context.close(mode: .output, promise: nil)
    if isReadHeldBack {
      isReadHeldBack = false
      context.read()
    }
  }

  private func close(_ context: ChannelHandlerContext) {
    timer?.cancel()
    phase = .lingering
    context.close(promise: nil)
  }

  private func schedule(
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
