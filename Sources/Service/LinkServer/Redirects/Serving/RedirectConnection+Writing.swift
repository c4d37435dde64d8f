internal import LinuxSystem
internal import NIOCore

extension RedirectConnection {
  /// Writes what was gathered, at once if the client reads.
  @inline(__always)
  func write(_ start: UInt64) {
    let outgoing = loop.writer.outgoing
    guard outgoing.count > 0 else { return }
    var sent = 0
    if !isBlocked, descriptor >= 0 {
      switch SocketWriting.send(outgoing.bytes, to: descriptor) {
      case .wrote(let count): sent = count
      case .failed: return fail()
      }
    }
    if sent < outgoing.count { enqueue(from: sent) }
    outgoing.removeAll()
    let written = redirects &+ answers
    loop.statistics.add(redirects, to: loop.redirectPlace)
    loop.statistics.addLatency(Clock.monotonicNanoseconds &- start, requests: written)
    redirects = 0
    answers = 0
  }

  /// Leaves to the channel what could not be written at once.
  @inline(never)
  private func enqueue(from sent: Int) {
    guard let context else { return }
    let rest = loop.writer.outgoing.bytes[sent...]
    var buffer = context.channel.allocator.buffer(capacity: rest.count)
    buffer.writeBytes(rest)
    if !isBlocked { deadline = loop.deadline(inSeconds: loop.settings.writeTimeout) }
    isBlocked = true
    let promise = context.eventLoop.makePromise(of: Void.self)
    promise.futureResult.whenComplete { result in
      self.isBlocked = false
      if case .failure = result { return self.fail() }
      self.resume()
    }
    context.writeAndFlush(Self.wrapOutboundOut(buffer), promise: promise)
  }

  /// There is no client any more.
  @inline(never)
  private func fail() {
    loop.writer.outgoing.removeAll()
    redirects = 0
    answers = 0
    isEnding = true
    lingers = false
    isLingering = true
    close()
  }

  // MARK: Ending

  /// Ends the connection after its last answer was written.
  func endConnection() {
    if isLingering || lookup != nil { return }
    isLingering = true
    // Bytes that were received and not read would make the kernel reset the connection, and the client
    // lose the answer.
    guard lingers || !pending.isEmpty, !hasInputEnded, let context else { return close() }
    pending = []
    deadline = loop.deadline(inSeconds: loop.settings.lingerTimeout)
    if isReadingPaused { try? context.channel.syncOptions?.setOption(.autoRead, value: true) }
    context.close(mode: .output, promise: nil)
  }

  /// Throws away what comes after the last answer.
  func discard(_ count: Int) {
    discarded &+= count
    if discarded > Self.maximumDiscarded { close() }
  }

  func close() { context?.close(promise: nil) }

  /// The time for what was under way is over.
  func expire() {
    if lookup != nil {
      deadline = .max
      return
    }
    if !isLingering, !loop.isDraining { loop.statistics.add(to: .timedOut) }
    close()
  }

  /// The server stops: who has no request has a second or two to send one.
  func drain() {
    if lookup == nil, !isBlocked, !isLingering, pending.isEmpty {
      deadline = loop.deadline(inSeconds: 0)
    }
  }
}
