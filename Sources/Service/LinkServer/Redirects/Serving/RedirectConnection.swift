internal import LinuxSystem
internal import NIOCore

/// One client's connection: requests are read where they arrived, answers gathered and written once for
/// all that came together.
///
/// What the client sends is read on while it reads what it is sent: if not, or if a lookup is under way
/// and more than a few heads have come meanwhile, nothing more is read. A request whose code is not
/// cached stops the ones behind it until it is answered, so that answers keep their order.
///
/// Unchecked: only its event loop's thread touches it.
final class RedirectConnection: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// What may be held that was not read as requests yet.
  static let maximumPending = 65_536
  /// What a client may send that is thrown away, before the connection is closed all the same.
  static let maximumDiscarded = 4 << 20

  let loop: RedirectLoop
  // Of the loop's list.
  var next: RedirectConnection?
  unowned(unsafe) var previous: RedirectConnection?
  /// The tick at which ``expire()`` is due.
  var deadline = UInt32.max

  var context: ChannelHandlerContext?
  var descriptor: Int32 = -1
  var parser = RequestParser()
  var skipper: BodySkipper?
  /// Received and not read as requests yet.
  var pending: [UInt8] = []
  /// When the request that is half there has to be whole; 0 if there is none.
  var requestDeadline: UInt32 = 0
  var discarded = 0

  /// Redirects in ``RedirectLoop/writer``.
  var redirects: UInt64 = 0
  var answers: UInt64 = 0

  var lookup: PendingLookup?
  /// Answers are in the channel's queue, because the client did not read them.
  var isBlocked = false
  /// No further request is read.
  var isEnding = false
  /// Nothing is written any more; what comes is thrown away.
  var isLingering = false
  var lingers = false
  var hasInputEnded = false
  var isReadingPaused = false

  init(_ loop: RedirectLoop) { self.loop = loop }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func channelActive(context: ChannelHandlerContext) {
    let descriptor = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
      of: NIOBSDSocket.Handle.self
    ) { $0 }
    self.descriptor = descriptor ?? -1
    deadline = loop.deadline(inSeconds: loop.isDraining ? 0 : loop.settings.idleTimeout)
    loop.insert(self)
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    descriptor = -1
    isEnding = true
    isLingering = true
    deadline = .max
    pending = []
    loop.remove(self)
  }

  // The default would say so to nobody and go on.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = Self.unwrapInboundIn(data)
    let start = Clock.monotonicNanoseconds
    if isLingering || isEnding { return discard(buffer.readableBytes) }
    if pending.isEmpty, lookup == nil, !isBlocked {
      buffer.withUnsafeReadableBytes { bytes in
        let used = readRequests(bytes, start)
        if used < bytes.count, !isEnding { pending.append(contentsOf: bytes[used...]) }
      }
    } else {
      buffer.withUnsafeReadableBytes { pending.append(contentsOf: $0) }
      readPending(start)
    }
    afterReading()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .inputClosed? = event as? ChannelEvent else { return }
    hasInputEnded = true
    closeIfDone()
  }

  // MARK: Reading

  /// Reads what had to wait, if nothing holds it up.
  func readPending(_ start: UInt64) {
    if pending.isEmpty || lookup != nil || isBlocked || isEnding { return }
    let received = pending
    pending = []
    let used = received.withUnsafeBytes { readRequests($0, start) }
    if used < received.count, !isEnding {
      pending = used == 0 ? received : Array(received[used...])
    }
  }

  /// Answers the requests in these bytes and writes what there is to write; how many bytes they had.
  @inline(__always)
  private func readRequests(_ bytes: UnsafeRawBufferPointer, _ start: UInt64) -> Int {
    var used = 0
    reading: while used < bytes.count, !isEnding, lookup == nil, !isBlocked {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[used...])
      if skipper != nil {
        guard let skipped = skipBody(rest) else { break reading }
        used &+= skipped
        continue
      }
      switch parser.parse(rest) {
      case .incomplete: break reading
      case .head(let head):
        used &+= head.length
        requestDeadline = 0
        answer(head, rest, start)
      case .refused(let refusal): end(with: Answer(refusal))
      }
      if loop.writer.outgoing.count > OutgoingBytes.fullEnough { write(start) }
    }
    write(start)
    return used
  }

  /// How many bytes belonged to the body; nil if it is not a body.
  private func skipBody(_ bytes: UnsafeRawBufferPointer) -> Int? {
    switch skipper?.skip(bytes) {
    case .incomplete: return bytes.count
    case .finished(let count):
      skipper = nil
      requestDeadline = 0
      return count
    case .refused, nil:
      // Its request was answered: there is nothing more to be said.
      isEnding = true
      lingers = true
      return nil
    }
  }

  /// Sees to what follows from what was read.
  @inline(__always)
  func afterReading() {
    if pending.isEmpty, !isEnding, !isBlocked, lookup == nil, skipper == nil, !loop.isDraining {
      deadline = loop.deadline(inSeconds: loop.settings.idleTimeout)
    } else {
      afterUnusualReading()
    }
  }

  @inline(never)
  private func afterUnusualReading() {
    if isEnding {
      if !isBlocked { endConnection() }
      return
    }
    if lookup != nil {
      deadline = .max
    } else if isBlocked {
      // Given when it began.
    } else if !pending.isEmpty || skipper != nil {
      if requestDeadline == 0 {
        requestDeadline = loop.deadline(inSeconds: loop.settings.requestTimeout)
      }
      deadline = requestDeadline
    } else {
      deadline = loop.deadline(inSeconds: loop.isDraining ? 0 : loop.settings.idleTimeout)
    }
    pauseReading(isBlocked || pending.count > Self.maximumPending)
    closeIfDone()
  }

  private func pauseReading(_ isPaused: Bool) {
    if isPaused == isReadingPaused { return }
    isReadingPaused = isPaused
    try? context?.channel.syncOptions?.setOption(.autoRead, value: !isPaused)
  }

  /// Goes on after a lookup, or after the client has read.
  func resume() {
    readPending(Clock.monotonicNanoseconds)
    afterReading()
    if !isEnding { pauseReading(isBlocked || pending.count > Self.maximumPending) }
    closeIfDone()
  }

  /// After the client's last byte and the last answer, nobody has anything to say.
  private func closeIfDone() {
    guard hasInputEnded, lookup == nil, !isBlocked else { return }
    close()
  }
}
