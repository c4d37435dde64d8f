internal import Databases
internal import Glibc
internal import Links
internal import LinuxSystem

/// Drives a few connections with a thread of its own.
///
/// What waits when a connection is free goes to it together: lookups as one `= ANY`, creations as one
/// INSERT, each a transaction of its own (``PostgresGrouping``). Work that was not sent waits for a
/// connection until its deadline; work that was sent when a connection was lost fails, except for
/// lookups, which are sent again: whether a write was done is not known.
final class PostgresDriver {
  struct Options: Sendable {
    var connections = 5
    var pipeline = PostgresPipeline.Options()
    var firstPauseNanoseconds: UInt64 = 50_000_000
    var longestPauseNanoseconds: UInt64 = 200_000_000
  }

  private let conninfo: String
  private let inbox: PostgresInbox
  private let options: Options
  private let lanes: [PostgresLane]
  private let roles: ConnectionRoles
  let lookups: GroupedWork<TargetLookup>
  let creations: GroupedWork<LinkCreation>
  private var requests: [PostgresRequests] = []
  private var lastError: DatabaseError?

  init(conninfo: String, inbox: PostgresInbox, options: Options) {
    self.conninfo = conninfo
    self.inbox = inbox
    self.options = options
    let count = max(1, options.connections)
    lanes = (0..<count).map { PostgresLane(options, index: $0) }
    roles = ConnectionRoles(connections: count)
    lookups = GroupedWork(.lookups, connections: count, share: roles.lookups.count)
    creations = GroupedWork(.creations, connections: count, share: roles.creations.count)
  }

  /// Works until the inbox is closed; then everything is answered and closed.
  func run() {
    while let next = turn() { wait(untilNanoseconds: next) }
    end()
  }

  /// Takes what was left here and sends what can be sent; until when there is nothing to do unless
  /// something happens, nil when the inbox is closed.
  private func turn() -> UInt64? {
    let (work, isClosed) = inbox.takeAll()
    if isClosed {
      for item in work { item.fail(.closed) }
      return nil
    }
    let now = Clock.monotonicNanoseconds
    for item in work { sort(item, now) }
    for lane in lanes {
      if let error = lane.reconnectIfDue(conninfo, now) { lastError = error }
    }
    let next = dispatch(now)
    expire(now)
    return next
  }

  private func sort(_ work: PostgresWork, _ now: UInt64) {
    switch work {
    case .targets(let lookup): lookups.append(lookup, now: now)
    case .creation(let creation): creations.append(creation, now: now)
    case .requests(let request): requests.append(request)
    }
  }

  private func end() {
    for lane in lanes { lane.close() }
    for lookup in lookups.take(where: { _ in true }) { lookup.fail(.closed) }
    for creation in creations.take(where: { _ in true }) { creation.answer(.failure(.closed)) }
    for request in requests { request.fail(.closed) }
    requests = []
  }

  /// Sends what can be sent; until when it need not be called again if nothing happens.
  private func dispatch(_ now: UInt64) -> UInt64 {
    var next = UInt64.max
    if !lookups.isEmpty {
      for (index, pipeline) in ready(roles.lookups) {
        // What is sent in vain comes back at once: it is for the next connection.
        while pipeline.state == .ready,
          let group = lookups.begin(onConnection: index, now: now, untilNanoseconds: &next)
        {
          send(group, pipeline, index)
        }
      }
    }
    if !creations.isEmpty {
      for (index, pipeline) in ready(roles.creations)
        .sorted(by: { creationGroups($0.index) < creationGroups($1.index) })
      {
        while pipeline.state == .ready,
          let group = creations.begin(onConnection: index, now: now, untilNanoseconds: &next)
        {
          send(group, pipeline, index)
        }
      }
    }
    if !requests.isEmpty {
      let least = ready(roles.requests)
        .min { $0.pipeline.outstandingCount < $1.pipeline.outstandingCount }
      if let least {
        for request in requests { send(request, least.pipeline) }
        requests = []
      }
    }
    return next
  }

  private func creationGroups(_ index: Int) -> Int {
    creations.groupsUnderWay(onConnection: index)
  }

  /// Of these connections those that take requests; while none of them does, any that does.
  private func ready(_ meant: Range<Int>) -> [(index: Int, pipeline: PostgresPipeline)] {
    func find(_ lanes: ArraySlice<PostgresLane>) -> [(index: Int, pipeline: PostgresPipeline)] {
      lanes.compactMap { lane in lane.ready.map { (lane.index, $0) } }
    }
    let found = find(lanes[meant])
    return found.isEmpty ? find(lanes[...]) : found
  }

  // MARK: Waiting

  /// Fails what has waited for a connection for too long.
  private func expire(_ now: UInt64) {
    guard lanes.allSatisfy({ $0.ready == nil }) else { return }
    let error = LinkError(
      lastError ?? lanes.lazy.compactMap(\.silence).first
        ?? DatabaseError(.unreachable, "there was no connection to PostgreSQL yet"))
    for lookup in lookups.take(where: { $0.deadlineNanoseconds <= now }) { lookup.fail(error) }
    for creation in creations.take(where: { $0.deadlineNanoseconds <= now }) {
      creation.answer(.failure(error))
    }
    requests.removeAll { request in
      guard request.deadlineNanoseconds <= now else { return false }
      request.fail(error)
      return true
    }
  }

  private func wait(untilNanoseconds next: UInt64) {
    var descriptors = [pollfd(fd: inbox.descriptor, events: Int16(POLLIN), revents: 0)]
    var deadline = next
    for lane in lanes {
      descriptors.append(lane.pollDescriptor)
      deadline = min(deadline, lane.deadlineNanoseconds)
    }
    if lanes.allSatisfy({ $0.ready == nil }) {
      deadline = min(deadline, lookups.minimum(\.deadlineNanoseconds))
      deadline = min(deadline, creations.minimum(\.deadlineNanoseconds))
      for request in requests { deadline = min(deadline, request.deadlineNanoseconds) }
    }
    let now = Clock.monotonicNanoseconds
    // Whoever is gathered for is on the way, and answers may be: other threads go first instead of a
    // sleep, which would take longer.
    let isShort = deadline <= now &+ Self.shortWaitNanoseconds || lookups.isAnswerNear(now)
    let mayWait = !isShort && inbox.willPoll()
    if isShort { sched_yield() }
    let milliseconds: Int32 =
      !mayWait ? 0 : deadline == .max ? -1 : Int32(clamping: (deadline - now) / 1_000_000 + 1)
    // An interruption is like a wake-up without a reason.
    let ready = poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    if mayWait { inbox.hasPolled(isReadable: ready > 0 && descriptors[0].revents != 0) }
    var isFirst = true
    for (lane, descriptor) in zip(lanes, descriptors.dropFirst()) {
      let events = ready > 0 ? Int32(descriptor.revents) : 0
      // What one connection's answers bring goes out before the next one's are read, so that the
      // server works on it meanwhile.
      if !isFirst, events != 0, turn() == nil { return }
      if let error = lane.process(
        readable: events & (POLLIN | POLLHUP | POLLERR) != 0, writable: events & POLLOUT != 0)
      {
        lastError = error
      }
      if events != 0 { isFirst = false }
    }
  }

  /// Less than a thread's sleep and waking up may take.
  private static let shortWaitNanoseconds: UInt64 = 100_000
}

/// What each connection is meant for, so that redirects wait neither for commits nor for searches.
struct ConnectionRoles {
  let lookups: Range<Int>
  let creations: Range<Int>
  let requests: Range<Int>

  init(connections count: Int) {
    lookups = 0..<1
    // While one waits for the disk, and one for its callers to come back, another fills pages.
    creations = count == 1 ? 0..<1 : 1..<min(4, count)
    requests = count > 4 ? 4..<count : count - 1..<count
  }
}
