internal import LinuxSystem

/// One client's connection: requests are read where they arrived, answers gathered and written once for
/// all that came together.
///
/// What the client sends is read on while it reads what it is sent: if not, or if a lookup is under way
/// and more than a few heads have come meanwhile, nothing more is read. A request whose code is not
/// cached stops the ones behind it until it is answered, so that answers keep their order.
///
/// Unchecked: only its loop's thread touches it.
final class RedirectConnection: @unchecked Sendable {
  /// What may be held that was not read as requests yet.
  static let maximumPending = 65_536
  /// What a client may send that is thrown away, before the connection is closed all the same.
  static let maximumDiscarded = 4 << 20

  /// Reads before other connections have their turn.
  static let mostReads = 4
  /// What is waited for beside reading or writing.
  static let always: ReadySet.Events = [.once, .inputEnd]

  let loop: RedirectLoop
  let descriptor: Int32
  /// Its place in the loop's list.
  let number: Int
  /// The number, and which of all connections that had it.
  let token: UInt64
  /// The tick at which ``expire()`` is due.
  var deadline: UInt32
  var isClosed = false
  /// What the loop waits for.
  var interest = ReadySet.Events.read

  var parser = RequestParser()
  var skipper: BodySkipper?
  /// Received and not read as requests yet.
  var pending: [UInt8] = []
  /// When the request that is half there has to be whole; 0 if there is none.
  var requestDeadline: UInt32 = 0
  var discarded = 0

  // Answers in ``RedirectLoop/writer`` that were not written yet.
  var redirects: UInt64 = 0
  var answers: UInt64 = 0
  /// Answers that the client did not read yet, and how much of them it did.
  var unsent: [UInt8] = []
  var sent = 0
  /// What of it and before it was on its way when the client was last known to read.
  var unread = 0

  var lookup: PendingLookup?
  /// Something is ``unsent``.
  var isBlocked = false
  /// No further request is read.
  var isEnding = false
  /// Why it ends, if it does.
  var endCause = ConnectionEnd.answered
  /// Nothing is written any more; what comes is thrown away.
  var isLingering = false
  /// The client is to read the last answer, though it sends what is not read here.
  var lingers = false
  var hasInputEnded = false

  init(_ loop: RedirectLoop, descriptor: Int32, number: Int) {
    self.loop = loop
    self.descriptor = descriptor
    self.number = number
    token = UInt64(truncatingIfNeeded: number) | loop.nextGeneration() &<< 32
    deadline = loop.idleDeadline
  }

  /// Does what the connection is ready for.
  @inline(__always)
  func handle(_ events: ReadySet.Events) {
    if interest.contains(.read) { return receive(events) }
    if events.contains(.write), isBlocked { return writeUnsent() }
    // Nobody is there to be answered.
    if !events.isDisjoint(with: [.error, .hangUp]) { close(.failed) }
  }

  /// Reads until there is nothing more: it would not be told again. A read that did not fill the room was
  /// the last one, unless the end has come as well.
  @inline(__always)
  private func receive(_ events: ReadySet.Events) {
    let room = loop.received.buffer
    var turns = 0
    while true {
      switch SocketCalls.receive(room, from: descriptor) {
      case .done(let count) where count > 0:
        read(UnsafeRawBufferPointer(rebasing: room[..<count]))
        if count < room.count, events.isDisjoint(with: [.inputEnd, .hangUp, .error]) { return }
      case .done:
        hasInputEnded = true
        closeIfDone()
        return wait(for: interest.subtracting(.read))
      case .wouldBlock: return
      case .failed: return close(.failed)
      }
      if isClosed || !interest.contains(.read) { return }
      turns &+= 1
      // Others have their turn; what is left is told again.
      if turns == Self.mostReads { return waitAnew(for: interest) }
    }
  }

  @inline(__always)
  private func read(_ bytes: UnsafeRawBufferPointer) {
    if isEnding { return discard(bytes.count) }
    if pending.isEmpty, lookup == nil, !isBlocked {
      let used = readRequests(bytes)
      if used < bytes.count {
        // Who has sent more than is read may be sending more still.
        if isEnding { lingers = true } else { pending.append(contentsOf: bytes[used...]) }
      }
    } else {
      pending.append(contentsOf: bytes)
      readPending()
    }
    afterReading()
  }

  /// Reads what had to wait, if nothing holds it up.
  private func readPending() {
    if pending.isEmpty || lookup != nil || isBlocked || isEnding { return }
    let received = exchange(&pending, with: [])
    let used = received.withUnsafeBytes { readRequests($0) }
    if used < received.count {
      if isEnding {
        lingers = true
      } else {
        pending = used == 0 ? received : Array(received[used...])
      }
    }
  }

  /// Answers the requests in these bytes and writes what there is to write; how many bytes they had.
  @inline(__always)
  private func readRequests(_ bytes: UnsafeRawBufferPointer) -> Int {
    let start = loop.now
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
      case .refused(let refusal):
        end(with: Answer(refusal), RequestParser.beginsAsHead(rest) ? .head : .other)
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
      endCause = .refused
      lingers = true
      return nil
    }
  }

  /// Sees to what follows from what was read.
  @inline(__always)
  private func afterReading() {
    if pending.isEmpty, !isEnding, !isBlocked, lookup == nil, skipper == nil, !loop.isDraining,
      interest == .read
    {
      deadline = loop.deadline(inSeconds: loop.settings.idleTimeout)
    } else {
      afterUnusualReading()
    }
  }

  @inline(never)
  private func afterUnusualReading() {
    if isClosed { return }
    if isEnding {
      if !isBlocked { endConnection() }
      return
    }
    if lookup != nil {
      deadline = .max
    } else if isBlocked {
      // Has one since it began.
    } else if !pending.isEmpty || skipper != nil {
      if requestDeadline == 0 {
        requestDeadline = loop.deadline(inSeconds: loop.settings.requestTimeout)
      }
      deadline = requestDeadline
    } else {
      deadline = loop.idleDeadline
    }
    let isFull = isBlocked || pending.count > Self.maximumPending
    wait(for: isBlocked ? .write : isFull || hasInputEnded ? [] : .read)
    closeIfDone()
  }

  /// Goes on after a lookup, or after the client has read.
  func resume() {
    readPending()
    afterUnusualReading()
  }

  func wait(for events: ReadySet.Events) {
    if events != interest { waitAnew(for: events) }
  }

  private func waitAnew(for events: ReadySet.Events) {
    if isClosed { return }
    interest = events
    let all = events.union(Self.always)
    if (try? loop.ready.change(descriptor, all, token: token)) == nil { close(.failed) }
  }

  /// After the client's last byte and the last answer, nobody has anything to say.
  private func closeIfDone() {
    if hasInputEnded, lookup == nil, !isBlocked { close(isEnding ? endCause : .client) }
  }
}
