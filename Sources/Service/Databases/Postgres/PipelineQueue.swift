/// What a pipeline waits for, oldest first: groups of requests, each up to a sync point.
///
/// Between two sync points PostgreSQL runs one transaction, which it commits at the second one
/// (manual, "Extended Query" and "Pipeline Mode"): only then is known what became of each of its
/// requests. So a group succeeds or fails as a whole, and answers are held back until then. Pure:
/// it is told what came and returns what is over.
struct PipelineQueue<Request, Answer> {
  enum Purpose: Equatable {
    /// The group runs requests.
    case work
    /// It prepares the statement of that name.
    case preparation(statement: String)
    /// It sets up the session.
    case setup
    /// It removes what is not needed any more; it may fail.
    case cleanup
  }

  struct Group {
    var purpose: Purpose
    var requests: [Request]
    var answers: [Answer] = []
    var failure: DatabaseError?
    /// How long it may be the oldest.
    var allowanceNanoseconds: UInt64
  }

  /// What libpq handed out, one PGresult or the end of one statement's.
  enum Event {
    case answer(Answer)
    case failure(DatabaseError)
    /// Passed over, since an earlier request of its group failed.
    case aborted
    case sync
  }

  private var groups: [Group?] = []
  private var first = 0
  /// By when the oldest group has to be over, on the monotonic clock.
  private(set) var deadlineNanoseconds: UInt64?

  var isEmpty: Bool { first == groups.count }
  var groupCount: Int { groups.count - first }
  private(set) var requestCount = 0

  mutating func append(_ group: Group, now: UInt64) {
    groups.append(group)
    requestCount += group.requests.count
    if groupCount == 1 { deadlineNanoseconds = now &+ group.allowanceNanoseconds }
  }

  /// The group that is over with this event, if one is.
  mutating func receive(_ event: Event, now: UInt64) -> Group? {
    guard !isEmpty else { return nil }
    switch event {
    case .answer(let answer): groups[first]?.answers.append(answer)
    case .failure(let error):
      if groups[first]?.failure == nil { groups[first]?.failure = error }
    case .aborted: break
    case .sync: return removeFirst(now: now)
    }
    return nil
  }

  /// Everything that is not over; the queue is empty then.
  mutating func removeAll() -> [Group] {
    let rest = groups[first...].compactMap { $0 }
    self = PipelineQueue()
    return rest
  }

  private mutating func removeFirst(now: UInt64) -> Group? {
    let group = groups[first]
    groups[first] = nil
    first += 1
    requestCount -= group?.requests.count ?? 0
    // Amortised O(1): what was taken out is moved over when it is half of the memory.
    if first > 32, first * 2 > groups.count {
      groups.removeFirst(first)
      first = 0
    }
    deadlineNanoseconds = isEmpty ? nil : groups[first].map { now &+ $0.allowanceNanoseconds }
    return group
  }
}
