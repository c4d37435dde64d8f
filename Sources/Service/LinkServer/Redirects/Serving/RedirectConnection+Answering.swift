internal import LinkStores
internal import Links
internal import LinuxSystem

/// A request whose code is being looked up.
struct PendingLookup {
  var method: RequestHead.Method
  var ending: AnswerWriter.Ending
  var query: [UInt8]?
  var start: UInt64
  var databaseStart: UInt64
}

extension RedirectConnection {
  /// Answers a request whose head lies in these bytes, or has its code looked up.
  @inline(__always)
  func answer(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ start: UInt64) {
    var closes = !head.keepsAlive || loop.isDraining
    if head.body != .none { closes = beginBody(head) || closes }
    let ending = AnswerWriter.Ending(head, closes: closes)
    if closes {
      isEnding = true
      if loop.isDraining { endCause = .stopped }
    }
    guard head.method == .get || head.method == .head else { return refuseMethod(ending) }
    if head.path.isEmpty { return add(.health, ending, head.method) }

    var code = UnsafeRawBufferPointer(rebasing: bytes[head.path])
    if head.hasEscapes {
      let scratch = loop.scratch.buffer
      guard let count = percentDecode(code, into: scratch) else {
        return end(with: .malformed, head.method)
      }
      code = UnsafeRawBufferPointer(rebasing: scratch[..<count])
    }
    let query =
      loop.settings.forwardsQuery
      ? head.query.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) } : nil
    let writer = loop.writer
    let before = writer.outgoing.count
    let place = writer.beginRedirect()
    switch loop.cache.lookUp(code, into: writer.outgoing.room) {
    case .found(let target):
      loop.statistics.add(to: .cacheHits)
      guard target.isActive else {
        writer.outgoing.truncate(to: before)
        return add(.gone, ending, head.method)
      }
      writer.outgoing.advance(by: target.destinationLength)
      let timing = loop.settings.hasTimingFields ? timing(start, databaseStart: nil) : nil
      guard writer.endRedirect(from: place, query: query, timing: timing, ending) else {
        writer.outgoing.truncate(to: before)
        return add(.unusable, ending, head.method)
      }
      if head.method == .get { loop.counter.count(target.id) }
      redirects &+= 1
    case .absent:
      loop.statistics.add(to: .cacheHits)
      writer.outgoing.truncate(to: before)
      add(.notFound, ending, head.method)
    case .miss:
      loop.statistics.add(to: .cacheMisses)
      writer.outgoing.truncate(to: before)
      lookUp(code, head, ending, query, start)
    }
  }

  /// Prepares to pass over a body; whether the connection has to end instead: who waits to be told to
  /// send a body may or may not send it after a final answer, so that nobody knows what follows.
  @inline(never)
  private func beginBody(_ head: RequestHead) -> Bool {
    guard let skipper = BodySkipper(head.body) else { return false }
    if head.expectsContinue || skipper.isTooLong || head.method == .connect || !head.keepsAlive
      || loop.isDraining
    {
      lingers = true
      return true
    }
    self.skipper = skipper
    return false
  }

  private func refuseMethod(_ ending: AnswerWriter.Ending) {
    add(.methodNotAllowed, ending, .get)
  }

  func add(_ answer: Answer, _ ending: AnswerWriter.Ending, _ method: RequestHead.Method) {
    loop.writer.add(answer, ending, withBody: method != .head)
    loop.statistics.add(to: .status(answer.status))
    answers &+= 1
  }

  /// The last answer of a connection.
  func end(with answer: Answer, _ method: RequestHead.Method) {
    isEnding = true
    endCause = .refused
    lingers = true
    add(answer, .close, method)
  }

  private func timing(_ start: UInt64, databaseStart: UInt64?) -> AnswerWriter.Timing {
    let now = Clock.monotonicNanoseconds
    let database = databaseStart.map { now &- $0 } ?? 0
    let total = now &- start
    return AnswerWriter.Timing(
      isHit: databaseStart == nil, total: total / 1000, cache: (total &- database) / 1000,
      database: database / 1000)
  }

  // MARK: What is not cached

  @inline(never)
  private func lookUp(
    _ code: UnsafeRawBufferPointer, _ head: RequestHead, _ ending: AnswerWriter.Ending,
    _ query: UnsafeRawBufferPointer?, _ start: UInt64
  ) {
    // Codes are text, and a database's text has no NUL: nothing else can have a link.
    guard let text = String(validating: code, as: UTF8.self), !code.contains(0) else {
      return add(.notFound, ending, head.method)
    }
    lookup = PendingLookup(
      method: head.method, ending: ending, query: query.map(Array.init), start: start,
      databaseStart: Clock.monotonicNanoseconds)
    let loop = loop
    loop.retainOpen()
    loop.cache.resolve(text, lookingUp: loop.store.lookUp) { result in
      let isRunning = loop.execute {
        loop.releaseOpen()
        self.finishLookup(result)
      }
      if !isRunning { loop.releaseOpen() }
    }
  }

  private func finishLookup(_ result: Result<Target?, LinkError>) {
    guard let lookup, !isClosed else { return }
    self.lookup = nil
    switch result {
    case .failure:
      loop.statistics.add(to: .lookupErrors)
      add(.unavailable, lookup.ending, lookup.method)
    case .success(nil): add(.notFound, lookup.ending, lookup.method)
    case .success(let target?):
      if target.isActive {
        redirect(target, lookup)
      } else {
        add(.gone, lookup.ending, lookup.method)
      }
    }
    write(lookup.start)
    resume()
  }

  private func redirect(_ target: Target, _ lookup: PendingLookup) {
    let writer = loop.writer
    let before = writer.outgoing.count
    let place = writer.beginRedirect()
    let isShort = target.destination.utf8.count <= 65_535
    if isShort { writer.outgoing.append(target.destination) }
    let timing =
      loop.settings.hasTimingFields
      ? timing(lookup.start, databaseStart: lookup.databaseStart) : nil
    let isWritten = (lookup.query ?? []).withUnsafeBytes { query in
      writer.endRedirect(
        from: place, query: lookup.query == nil ? nil : query, timing: timing, lookup.ending)
    }
    guard isWritten else {
      writer.outgoing.truncate(to: before)
      return add(.unusable, lookup.ending, lookup.method)
    }
    if lookup.method == .get { loop.counter.count(target.id) }
    redirects &+= 1
  }
}
