internal import LinuxSystem
internal import LoadResults

/// One connection of an event loop: sends a request as soon as it may, reads what comes back, and is made
/// again when it ends.
///
/// Unchecked: only its loop's thread touches it.
final class LoadConnection {
  /// A request that was sent and not answered.
  struct Started {
    /// When it was to start.
    var due: UInt64
    /// When it did.
    var at: UInt64
    var made: RequestMaker.Made
  }

  enum Verdict {
    case expected
    case wrongStatus
    case wrongLocation
  }

  enum State: Equatable {
    /// To be made again at a time.
    case closed(until: UInt64)
    case connecting(since: UInt64)
    /// Agreeing on keys.
    case securing(since: UInt64)
    case open
  }

  /// Outlives its connections.
  unowned(unsafe) let loop: LoadLoop
  /// Its place in the loop's list.
  let number: Int
  /// Which of the servers it goes to.
  let server: Int
  /// A request of its worker that waits for it to be open.
  var assigned: (bytes: [UInt8], request: Started)?
  @exclusivity(unchecked) var state = State.closed(until: 0)
  @exclusivity(unchecked) var descriptor: Int32 = -1
  /// Tells the loop's events of this connection from those of its predecessors.
  @exclusivity(unchecked) var token: UInt64 = 0
  @exclusivity(unchecked) var transport = Transport.plain

  @exclusivity(unchecked) var reader = ResponseReader()
  /// Received, and not enough to be read.
  @exclusivity(unchecked) var pending: [UInt8] = []
  /// Oldest at ``firstStarted``, which goes round.
  @exclusivity(unchecked) var started: ContiguousArray<Started>
  @exclusivity(unchecked) var firstStarted = 0
  @exclusivity(unchecked) var startedCount = 0
  /// What the answer that is being read was found to be.
  @exclusivity(unchecked) var status = 0
  @exclusivity(unchecked) var verdict = Verdict.expected
  @exclusivity(unchecked) var keepsAlive = true

  /// What could not be written yet.
  @exclusivity(unchecked) var unsent: [UInt8] = []
  @exclusivity(unchecked) var sent = 0
  /// Whether it waits in the loop's list of those that may send.
  var isIdle = false
  @exclusivity(unchecked) var failures = 0
  /// Whether it waits in the loop's list of those that send after all have received.
  @exclusivity(unchecked) var isSender = false
  /// Which of the server's addresses is tried next.
  private var addressIndex = 0

  init(_ loop: LoadLoop, number: Int) {
    self.loop = loop
    self.number = number
    server = number % loop.serverCount
    started = ContiguousArray(
      repeating: Started(due: 0, at: 0, made: .init(kind: 0, pick: 0)),
      count: loop.settings.pipeline)
  }

  /// When the oldest request that has no answer was sent.
  var oldestStart: UInt64? { startedCount > 0 ? started[firstStarted].at : nil }

  // MARK: Connecting

  /// What its socket is waited for.
  static let events: ReadySet.Events = [.read, .write, .inputEnd, .once]

  func connect() {
    let addresses = loop.settings.servers[server].addresses
    let address = addresses[addressIndex % addresses.count]
    addressIndex &+= 1
    do throws(SystemCallError) {
      descriptor = try SocketCalls.connect(to: address)
      token = loop.nextToken(number)
      try loop.ready.add(descriptor, Self.events, token: token)
      state = .connecting(since: loop.now)
    } catch {
      if descriptor >= 0 { SocketCalls.close(descriptor) }
      descriptor = -1
      failedToConnect()
    }
  }

  func failedToConnect() {
    loop.noteUnreachable()
    close()
  }

  func onConnected() {
    guard SocketCalls.connectionFailure(of: descriptor) == nil else { return failedToConnect() }
    if let security = loop.settings.servers[server].security {
      guard let session = security.session(descriptor) else { return failedToConnect() }
      transport = .secured(session)
      state = .securing(since: loop.now)
      secure()
    } else {
      begin()
    }
  }

  /// Goes on with the handshake of TLS.
  func secure() {
    switch transport.handshake() {
    case .done: begin()
    case .wouldBlock: break
    case .failed: failedToConnect()
    }
  }

  func begin() {
    state = .open
    loop.now = Clock.monotonicNanoseconds
    loop.onOpen()
    if let (bytes, request) = exchange(&assigned, with: nil) { return take(bytes, request) }
    fill()
  }

  // MARK: Events

  @inline(__always)
  func handle(_ events: ReadySet.Events) {
    switch state {
    case .open:
      if sent < unsent.count, events.contains(.write) { writeUnsent() }
      if !events.isDisjoint(with: [.read, .inputEnd, .hangUp, .error]) { receive(events) }
    case .connecting:
      if !events.isDisjoint(with: [.write, .error, .hangUp]) { onConnected() }
    case .securing: secure()
    case .closed: break
    }
  }

  @inline(__always)
  func popStarted() -> Started? {
    guard startedCount > 0 else { return nil }
    let request = started[firstStarted]
    firstStarted = firstStarted &+ 1 == started.count ? 0 : firstStarted &+ 1
    startedCount &-= 1
    loop.noteOver(request)
    return request
  }

  /// Closes the connection; requests without an answer count as errors of this kind.
  func lose(_ error: WritableKeyPath<LoadErrors, Int>) {
    failures &+= 1
    while let request = popStarted() {
      if loop.counts(request) { loop.record.errors[keyPath: error] &+= 1 }
    }
    close()
  }

  /// Ends the connection, to be made again: at once after an answer, later and later after failures.
  func close() {
    if descriptor >= 0 {
      transport.end()
      SocketCalls.close(descriptor)
    }
    let wasOpen = state == .open
    descriptor = -1
    transport = .plain
    token = 0
    reader = ResponseReader()
    pending.removeAll()
    unsent.removeAll()
    sent = 0
    firstStarted = 0
    startedCount = 0
    if !wasOpen { failures &+= 1 }
    state = .closed(until: failures == 0 ? loop.now : loop.now &+ Self.backoff(failures))
    loop.onClosed(self, wasOpen: wasOpen)
  }

  /// 10 ms, twice as long after each further failure, at most a second.
  private static func backoff(_ failures: Int) -> UInt64 {
    min(1_000_000_000, 10_000_000 << UInt64(min(max(0, failures - 1), 7)))
  }

  /// Closes the connection for good; how many of its requests have no answer and `count`.
  func abandon(_ count: (Started) -> Bool) -> Int {
    var unanswered = 0
    while let request = popStarted() { if count(request) { unanswered &+= 1 } }
    if let assigned, count(assigned.request) { unanswered &+= 1 }
    assigned = nil
    if descriptor >= 0 {
      transport.end()
      SocketCalls.close(descriptor)
    }
    descriptor = -1
    return unanswered
  }
}
