internal import LinuxSystem

extension LoadConnection {
  /// Sends what may be sent.
  @inline(__always)
  func fill() {
    guard state == .open, sent == unsent.count, startedCount < started.count else { return }
    if loop.serverCount > 1 { return fillForWorker() }
    if loop.schedule != nil { return fillBySchedule() }
    var count = started.count &- startedCount
    count = loop.mayStart(count)
    if count == 0 { return }
    if let fixed = loop.fixed {
      for _ in 0..<count { push(loop.now, loop.now, .init(kind: 0, pick: 0)) }
      return send(UnsafeRawBufferPointer(rebasing: fixed[..<(count &* loop.fixedLength)]))
    }
    loop.outgoing.removeAll(keepingCapacity: true)
    for _ in 0..<count {
      let made = loop.maker.make(into: &loop.outgoing)
      push(loop.now, loop.now, made)
    }
    sendOutgoing()
  }

  private func fillBySchedule() {
    loop.outgoing.removeAll(keepingCapacity: true)
    while startedCount < started.count, let due = loop.takeDue() {
      let now = Clock.monotonicNanoseconds
      loop.now = now
      let made = loop.maker.make(into: &loop.outgoing)
      push(due, now, made)
      loop.noteStart(due, now)
    }
    if !loop.outgoing.isEmpty { sendOutgoing() }
    if startedCount < started.count { loop.addIdle(self) }
  }

  /// Has the worker start its next request, on whichever of its connections that is for.
  private func fillForWorker() {
    if loop.isBusy(number) { return }
    var due = loop.now
    if loop.schedule != nil {
      guard let next = loop.takeDue() else {
        return loop.addIdle(loop.connection(besides: number, to: 0))
      }
      due = next
      loop.now = Clock.monotonicNanoseconds
      loop.noteStart(due, loop.now)
    } else if loop.mayStart(1) == 0 {
      return
    }
    var bytes = exchange(&loop.outgoing, with: [])
    bytes.removeAll(keepingCapacity: true)
    let made = loop.maker.make(into: &bytes)
    loop.connection(besides: number, to: loop.plan.facts[made.kind].server)
      .take(bytes, Started(due: due, at: loop.now, made: made))
    if loop.outgoing.isEmpty { loop.outgoing = bytes }
  }

  /// Sends a request of its worker, as soon as it may.
  func take(_ bytes: [UInt8], _ request: Started) {
    guard state == .open, sent == unsent.count else {
      assigned = (bytes, request)
      return
    }
    push(request.due, request.at, request.made)
    bytes.withUnsafeBytes { send($0) }
  }

  private func push(_ due: UInt64, _ at: UInt64, _ made: RequestMaker.Made) {
    var index = firstStarted &+ startedCount
    if index >= started.count { index &-= started.count }
    started[index] = Started(due: due, at: at, made: made)
    startedCount &+= 1
    loop.underWay &+= 1
  }

  private func sendOutgoing() {
    let bytes = exchange(&loop.outgoing, with: [])
    bytes.withUnsafeBytes { send($0) }
    if loop.outgoing.isEmpty { loop.outgoing = bytes }
  }

  @inline(__always)
  private func send(_ bytes: UnsafeRawBufferPointer) {
    switch transport.send(bytes, to: descriptor) {
    case .done(let count):
      if loop.schedule == nil { loop.noteSent(self) }
      guard count < bytes.count else { return }
      keep(UnsafeRawBufferPointer(rebasing: bytes[count...]))
      // OpenSSL writes one record at a time: that there is room for the next is not told.
      if !transport.isPlain { writeUnsent() }
    case .wouldBlock: keep(bytes)
    case .failed: lose(\.reset)
    }
  }

  private func keep(_ bytes: UnsafeRawBufferPointer) {
    unsent = Array(bytes)
    sent = 0
  }

  func writeUnsent() {
    while sent < unsent.count {
      let outcome = unsent.withUnsafeBytes { bytes in
        transport.send(UnsafeRawBufferPointer(rebasing: bytes[sent...]), to: descriptor)
      }
      switch outcome {
      case .done(let count): sent &+= count
      case .wouldBlock: return
      case .failed: return lose(\.reset)
      }
    }
    unsent.removeAll(keepingCapacity: true)
    sent = 0
    if let (bytes, request) = exchange(&assigned, with: nil) { return take(bytes, request) }
    loop.now = Clock.monotonicNanoseconds
    fill()
  }
}
