internal import Glibc
internal import LinuxSystem

extension RedirectConnection {
  /// Writes what was gathered, at once if the client reads.
  @inline(__always)
  func write(_ start: UInt64) {
    let outgoing = loop.writer.outgoing
    guard outgoing.count > 0 else { return }
    var written = 0
    if !isBlocked {
      switch SocketCalls.send(outgoing.bytes, to: descriptor) {
      case .done(let count): written = count
      case .wouldBlock: break
      case .failed: return fail()
      }
    }
    if written < outgoing.count { keepUnsent(from: written) }
    outgoing.removeAll()
    loop.now = Clock.monotonicNanoseconds
    loop.statistics.add(redirects, to: loop.redirectPlace)
    let took = loop.now &- start
    loop.statistics.addLatency(took, requests: redirects, to: LoopStatistics.Place.redirects)
    redirects = 0
    if answers > 0 {
      loop.statistics.addLatency(took, requests: answers, to: LoopStatistics.Place.others)
      answers = 0
    }
  }

  /// What could not be written waits until the client reads.
  @inline(never)
  private func keepUnsent(from written: Int) {
    unsent.append(contentsOf: loop.writer.outgoing.bytes[written...])
    if isBlocked { return }
    isBlocked = true
    giveTimeToRead()
    wait(for: .write)
  }

  /// The client reads again.
  func writeUnsent() {
    let outcome = unsent.withUnsafeBytes { bytes in
      SocketCalls.send(UnsafeRawBufferPointer(rebasing: bytes[sent...]), to: descriptor)
    }
    switch outcome {
    case .failed: return fail()
    case .wouldBlock: return
    case .done(let count): sent &+= count
    }
    giveTimeToRead()
    guard sent >= unsent.count else { return }
    unsent = []
    sent = 0
    isBlocked = false
    resume()
  }

  /// As long as a client goes on reading, it has time.
  private func giveTimeToRead() {
    deadline = loop.deadline(inSeconds: loop.settings.writeTimeout)
    unread = unacknowledgedBytes(of: descriptor) ?? 0
  }

  /// There is no client any more.
  @inline(never)
  private func fail() {
    loop.writer.outgoing.removeAll()
    redirects = 0
    answers = 0
    close(.failed)
  }

  // MARK: Ending

  /// Ends the connection after its last answer was written.
  func endConnection() {
    if isLingering || lookup != nil || isClosed { return }
    isLingering = true
    // Bytes that were received and not read would make the kernel reset the connection, and the client
    // lose the answer.
    guard lingers || !pending.isEmpty, !hasInputEnded else { return close(endCause) }
    pending = []
    deadline = loop.deadline(inSeconds: loop.settings.lingerTimeout)
    SocketCalls.endOutput(descriptor)
    wait(for: .read)
  }

  /// Throws away what comes after the last answer.
  func discard(_ count: Int) {
    discarded &+= count
    if discarded > Self.maximumDiscarded { close(endCause) }
  }

  func close(_ end: ConnectionEnd) {
    if isClosed { return }
    isClosed = true
    isEnding = true
    isLingering = true
    deadline = .max
    // Counted first: a client that has seen the end finds it in the metrics.
    loop.statistics.add(to: .end(end))
    Glibc.close(descriptor)
    loop.remove(self)
    if let reason = end.reproach { loop.settings.reportClosed?(reason) }
  }

  /// The time for what was under way is over.
  func expire() {
    if lookup != nil {
      deadline = .max
      return
    }
    // The kernel's queue is long: it has room for more only after a slow client has read a third of it.
    if isBlocked, !loop.isDraining, let left = unacknowledgedBytes(of: descriptor), left < unread {
      return giveTimeToRead()
    }
    close(
      isLingering
        ? endCause
        : loop.isDraining
          ? .stopped
          : isBlocked ? .slowReader : requestDeadline > 0 ? .slowRequest : .idle)
  }

  /// The server stops: who has no request has little time to send one.
  func drain() {
    if lookup == nil, !isBlocked, !isLingering, pending.isEmpty {
      deadline = loop.idleDeadline
    }
  }
}
