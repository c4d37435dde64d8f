internal import LinuxSystem
internal import NIOCore
internal import NIOHTTP1

/// What is written.
extension Connection {
  private static let lingerTime = Duration.seconds(2)

  func send(_ response: WireResponse, for number: Int, _ context: ChannelHandlerContext) {
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
  func refuse(
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
}
