internal import LinuxSystem
internal import LoadResults

extension LoadConnection {
  /// So often is read in a turn from a server that sends as fast as it is read from: time goes on meanwhile,
  /// and others have to be heard as well.
  private static let mostReads = 4

  /// Reads until there is nothing more: it would not be told again. A read that did not fill the room was
  /// the last one, unless the end has come as well.
  @inline(__always)
  func receive(_ events: ReadySet.Events) {
    let room = loop.received.buffer
    let token = token
    var reads = 0
    while state == .open, self.token == token {
      switch transport.receive(room, from: descriptor) {
      case .done(let count) where count > 0:
        loop.now = Clock.monotonicNanoseconds
        consume(UnsafeRawBufferPointer(rebasing: room[..<count]))
        if count < room.count, transport.isPlain,
          events.isDisjoint(with: [.inputEnd, .hangUp, .error])
        {
          return
        }
        reads &+= 1
        if reads == Self.mostReads { return askAgain(token) }
      case .done: return onEnd()
      case .wouldBlock: return
      case .failed: return lose(\.reset)
      }
    }
  }

  /// Has the loop tell once more of what is there.
  private func askAgain(_ token: UInt64) {
    guard state == .open, self.token == token else { return }
    do throws(SystemCallError) {
      try loop.ready.change(descriptor, Self.events, token: token)
    } catch {
      lose(\.reset)
    }
  }

  /// Reads what is there; false if nothing is.
  @inline(__always)
  func receiveOnce() -> Bool {
    guard state == .open, transport.isPlain else { return true }
    let room = loop.received.buffer
    switch SocketCalls.receive(room, from: descriptor) {
    case .done(let count) where count > 0:
      loop.now = Clock.monotonicNanoseconds
      consume(UnsafeRawBufferPointer(rebasing: room[..<count]))
      // What did not fit is still told of.
      return true
    case .wouldBlock: return false
    // Told of as well.
    case .done, .failed: return true
    }
  }

  @inline(__always)
  private func consume(_ bytes: UnsafeRawBufferPointer) {
    if loop.isMeasuring { loop.record.bytesReceived &+= bytes.count }
    if pending.isEmpty {
      let used = read(bytes)
      if used < bytes.count, state == .open { pending.append(contentsOf: bytes[used...]) }
    } else {
      pending.append(contentsOf: bytes)
      let whole = exchange(&pending, with: [])
      let used = whole.withUnsafeBytes { read($0) }
      if state == .open { pending = used == 0 ? whole : Array(whole[used...]) }
    }
    if state == .open { loop.addSender(self) }
  }

  /// Reads the responses in these bytes; how many bytes they had.
  @inline(__always)
  private func read(_ bytes: UnsafeRawBufferPointer) -> Int {
    var used = 0
    while state == .open {
      if startedCount == 0 {
        if used < bytes.count { fault(.unasked) }
        return used
      }
      let rest = UnsafeRawBufferPointer(rebasing: bytes[used...])
      let made = started[firstStarted].made
      switch reader.next(rest, answersHead: loop.plan.facts[made.kind].isHead) {
      case .needsMore(let count): return used &+ count
      case .head(let head, let count):
        if !head.isInterim { check(head, ResponseBytes(rest), made) }
        used &+= count
      case .ended(let count):
        used &+= count
        complete()
      case .malformed(let found):
        fault(found)
      }
    }
    return used
  }

  @inline(__always)
  private func check(_ head: ResponseHead, _ bytes: ResponseBytes, _ made: RequestMaker.Made) {
    keepsAlive = head.keepsAlive
    status = head.status
    let facts = loop.plan.facts[made.kind]
    verdict = loop.plan.accepts(head.status, facts, made.kind) ? .expected : .wrongStatus
    if verdict == .expected, facts.checksLocation,
      !loop.plan.hasExpectedLocation(bytes, head.location, made)
    {
      verdict = .wrongLocation
    }
  }

  /// The oldest request has been answered.
  @inline(__always)
  private func complete() {
    guard let answered = popStarted() else { return }
    failures = 0
    loop.onAnswer(answered, status, verdict)
    if !keepsAlive { endAfterAnswer() }
  }

  /// The server ends the connection with this answer: requests behind it were not looked at, and may be sent
  /// again (RFC 9112, section 9.6).
  private func endAfterAnswer() {
    while let request = popStarted() { loop.putBack(request) }
    if loop.isMeasuring { loop.record.reconnects &+= 1 }
    close()
  }

  /// The server sends nothing more.
  private func onEnd() {
    if reader.endsWithConnection {
      keepsAlive = false
      return complete()
    }
    // Between two requests that is its right.
    if startedCount == 0 {
      if loop.isMeasuring { loop.record.reconnects &+= 1 }
      return close()
    }
    lose(\.reset)
  }

  private func fault(_ fault: ResponseFault) {
    // What nobody asked for counts as one as well.
    if popStarted().map(loop.counts) ?? loop.isMeasuring {
      if let index = ResponseFault.allCases.firstIndex(of: fault) {
        loop.record.faults[index] &+= 1
      }
      loop.record.errors.malformed &+= 1
    }
    // Requests behind it are lost with the connection.
    lose(\.reset)
  }
}
