internal import Databases
internal import Links

/// What is asked of the thread that drives the connections.
enum PostgresWork: Sendable {
  case targets(TargetLookup)
  case creation(LinkCreation)
  case requests(PostgresRequests)

  func fail(_ error: LinkError) {
    switch self {
    case .targets(let lookup): lookup.fail(error)
    case .creation(let creation): creation.answer(.failure(error))
    case .requests(let requests): requests.fail(error)
    }
  }
}

/// Codes to look up, together with whatever else is looked up at the moment.
struct TargetLookup: Sendable {
  /// One code, as redirects ask for, or several that are to be read from one state.
  enum Question: Sendable {
    case one(String, answer: @Sendable (Result<Target?, LinkError>) -> Void)
    case many([String], answer: @Sendable (Result<[Target?], LinkError>) -> Void)
  }

  let question: Question
  /// Until when it may wait for a connection, in nanoseconds of CLOCK_MONOTONIC.
  let deadlineNanoseconds: UInt64

  var codeCount: Int {
    switch question {
    case .one: 1
    case .many(let codes, _): codes.count
    }
  }

  func fail(_ error: LinkError) {
    switch question {
    case .one(_, let answer): answer(.failure(error))
    case .many(_, let answer): answer(.failure(error))
    }
  }
}

/// A link to create, together with whatever else is created at the moment.
struct LinkCreation: Sendable {
  let new: NewLink
  let answer: @Sendable (Result<Link, LinkError>) -> Void
  let deadlineNanoseconds: UInt64
}

/// One or more statements that are one transaction.
struct PostgresRequests: Sendable {
  typealias Statement = (PostgresStatement, [PostgresParameter])

  let statements: [Statement]
  /// Called on the driving thread, once, with what each statement came back with.
  let complete: @Sendable ([PostgresRows]) -> Void
  let fail: @Sendable (LinkError) -> Void
  let deadlineNanoseconds: UInt64
}
