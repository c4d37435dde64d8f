internal import Databases
internal import Glibc
internal import Links
internal import LinuxSystem

/// Drives a few connections with a thread of its own.
///
/// What waits when a connection is free goes to it together: lookups as one `= ANY`, creations as one
/// INSERT, each a transaction of its own. While they are under way the next ones gather. Work that was
/// not sent waits for a connection until its deadline; work that was sent when a connection was lost
/// fails, except for lookups, which are sent again: whether a write was done is not known.
final class PostgresDriver {
  struct Options: Sendable {
    var connections = 2
    /// Codes or links in one statement.
    var groupLimit = 256
    /// How many groups may be under way on a connection.
    var depth = 2
    var pipeline = PostgresPipeline.Options()
    var firstPauseNanoseconds: UInt64 = 50_000_000
    var longestPauseNanoseconds: UInt64 = 500_000_000
  }

  private let conninfo: String
  private let inbox: PostgresInbox
  private let options: Options
  private var lanes: [PostgresLane] = []
  private var lookups: [TargetLookup] = []
  private var creations: [LinkCreation] = []
  private var requests: [PostgresRequests] = []
  private var lastError = DatabaseError(.unreachable, "PostgreSQL has not answered yet")

  init(conninfo: String, inbox: PostgresInbox, options: Options) {
    self.conninfo = conninfo
    self.inbox = inbox
    self.options = options
  }

  /// Works until the inbox is closed; then everything is answered and closed.
  func run() {
    lanes = (0..<max(1, options.connections)).map { _ in PostgresLane(options) }
    while true {
      let (work, isClosed) = inbox.takeAll()
      for item in work { sort(item) }
      if isClosed { return end() }
      let now = Clock.monotonicNanoseconds
      for lane in lanes {
        if let error = lane.reconnectIfDue(conninfo, now) { lastError = error }
      }
      dispatch()
      expire(now)
      wait()
    }
  }

  private func sort(_ work: PostgresWork) {
    switch work {
    case .targets(let lookup): lookups.append(lookup)
    case .creation(let creation): creations.append(creation)
    case .requests(let request): requests.append(request)
    }
  }

  private func end() {
    for lane in lanes { lane.close() }
    for lookup in lookups { lookup.answer(.failure(.closed)) }
    for creation in creations { creation.answer(.failure(.closed)) }
    for request in requests { request.fail(.closed) }
    lookups = []
    creations = []
    requests = []
  }

  // MARK: Sending

  private func dispatch() {
    // The least busy first, so that what is small spreads.
    for lane in lanes.sorted(by: { $0.groupCount < $1.groupCount }) {
      guard let pipeline = lane.ready else { continue }
      if !requests.isEmpty {
        for request in requests { send(request, pipeline, lane) }
        requests = []
      }
      if !lookups.isEmpty, lane.lookupGroups < options.depth { sendLookups(pipeline, lane) }
      if !creations.isEmpty, lane.creationGroups < options.depth { sendCreations(pipeline, lane) }
    }
  }

  private func send(
    _ request: PostgresRequests, _ pipeline: PostgresPipeline, _ lane: PostgresLane
  ) {
    let answers = Answers(count: request.statements.count)
    for (statement, parameters) in request.statements {
      pipeline.send(statement, parameters) { result in
        guard let outcome = answers.add(result) else { return }
        switch outcome {
        case .success(let rows): request.complete(rows)
        case .failure(let error): request.fail(LinkError(error))
        }
      }
    }
    pipeline.sync()
  }

  /// Collects what the statements of a transaction came back with.
  private final class Answers {
    private var rows: [PostgresRows] = []
    private var left: Int
    private var error: DatabaseError?

    init(count: Int) { left = count }

    /// The outcome with the last answer, nil before.
    func add(
      _ result: Result<PostgresRows, DatabaseError>
    ) -> Result<[PostgresRows], DatabaseError>? {
      switch result {
      case .success(let answer): rows.append(answer)
      case .failure(let failure): error = error ?? failure
      }
      left -= 1
      guard left == 0 else { return nil }
      return error.map { .failure($0) } ?? .success(rows)
    }
  }

  private func sendLookups(_ pipeline: PostgresPipeline, _ lane: PostgresLane) {
    var group: [TargetLookup] = []
    var codes: [String?] = []
    while let next = lookups.first, group.isEmpty || codes.count + next.codes.count <= limit {
      group.append(next)
      codes += next.codes
      lookups.removeFirst()
    }
    lane.lookupGroups += 1
    pipeline.send(PostgresStatements.targets, [.textArray(codes)]) { [self] result in
      lane.lookupGroups -= 1
      switch result {
      case .success(let rows):
        let targets = PostgresStatements.targets(rows)
        for lookup in group {
          lookup.answer(.success(lookup.codes.map { targets[CodeKey(text: $0)] }))
        }
      case .failure(let error) where error.kind == .connectionLost:
        lookups.insert(contentsOf: group, at: 0)
      case .failure(let error):
        for lookup in group { lookup.answer(.failure(LinkError(error))) }
      }
    }
    pipeline.sync()
  }

  private var limit: Int { options.groupLimit }

  private func sendCreations(_ pipeline: PostgresPipeline, _ lane: PostgresLane) {
    // Of two that want the same code one waits for the next group: the statement would not say which
    // of them it took.
    var group: [CodeKey: LinkCreation] = [:]
    var rest: [LinkCreation] = []
    for creation in creations {
      let key = CodeKey(text: creation.new.code.text)
      if group.count < limit, group[key] == nil {
        group[key] = creation
      } else {
        rest.append(creation)
      }
    }
    creations = rest
    // In the same order on every node: two that wait for each other's codes would be a deadlock.
    let ordered = group.values.sorted { $0.new.code.text < $1.new.code.text }
    let now = PostgresStatements.now()
    let parameters: [PostgresParameter] = [
      .textArray(ordered.map(\.new.code.text)), .textArray(ordered.map(\.new.destination.text)),
      .textArray(ordered.map(\.new.createdBy)), .int64(now),
    ]
    lane.creationGroups += 1
    pipeline.send(PostgresStatements.create, parameters) { result in
      lane.creationGroups -= 1
      switch result {
      case .success(let rows):
        let ids = PostgresStatements.created(rows)
        for creation in ordered {
          let new = creation.new
          guard let id = ids[CodeKey(text: new.code.text)] else {
            creation.answer(.failure(.codeTaken(new.code.text)))
            continue
          }
          creation.answer(
            .success(
              Link(
                id: id, code: new.code.text, destination: new.destination.text, createdAt: now,
                createdBy: new.createdBy, clicks: 0, isActive: true, updatedAt: now, version: 1)))
        }
      case .failure(let error):
        for creation in ordered { creation.answer(.failure(LinkError(error))) }
      }
    }
    pipeline.sync()
  }

  // MARK: Waiting

  /// Fails what has waited for a connection for too long.
  private func expire(_ now: UInt64) {
    guard lanes.allSatisfy({ $0.ready == nil }) else { return }
    let error = LinkError(lastError)
    lookups.removeAll { lookup in
      guard lookup.deadlineNanoseconds <= now else { return false }
      lookup.answer(.failure(error))
      return true
    }
    creations.removeAll { creation in
      guard creation.deadlineNanoseconds <= now else { return false }
      creation.answer(.failure(error))
      return true
    }
    requests.removeAll { request in
      guard request.deadlineNanoseconds <= now else { return false }
      request.fail(error)
      return true
    }
  }

  private func wait() {
    var descriptors = [pollfd(fd: inbox.descriptor, events: Int16(POLLIN), revents: 0)]
    var deadline = UInt64.max
    for lane in lanes {
      descriptors.append(lane.pollDescriptor)
      deadline = min(deadline, lane.deadlineNanoseconds)
    }
    if lanes.allSatisfy({ $0.ready == nil }) {
      for lookup in lookups { deadline = min(deadline, lookup.deadlineNanoseconds) }
      for creation in creations { deadline = min(deadline, creation.deadlineNanoseconds) }
      for request in requests { deadline = min(deadline, request.deadlineNanoseconds) }
    }
    let now = Clock.monotonicNanoseconds
    let milliseconds: Int32 =
      deadline == .max ? -1 : Int32(clamping: deadline > now ? (deadline - now) / 1_000_000 + 1 : 0)
    // An interruption is like a wake-up without a reason.
    let ready = poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    for (lane, descriptor) in zip(lanes, descriptors.dropFirst()) {
      let events = ready > 0 ? Int32(descriptor.revents) : 0
      if let error = lane.process(
        readable: events & (POLLIN | POLLHUP | POLLERR) != 0, writable: events & POLLOUT != 0)
      {
        lastError = error
      }
    }
  }
}
