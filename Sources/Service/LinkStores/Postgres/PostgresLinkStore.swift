public import Databases
public import Links
internal import LinuxSystem

/// Links in PostgreSQL, which any number of nodes may share.
///
/// A few connections in pipeline mode carry everything (PostgreSQL manual, "Pipeline Mode"); calls
/// that come at the same time share statements and commits.
public final class PostgresLinkStore: LinkStore {
  private let conninfo: String
  private let inbox: PostgresInbox
  private let announcer = PostgresAnnouncer()
  /// How long work waits for a connection when there is none.
  private static let patienceNanoseconds: UInt64 = 1_000_000_000

  /// Connects in the background: calls wait for it, for a second at most.
  ///
  /// - Parameters:
  ///   - conninfo: what libpq takes, as in `DatabaseURL.Engine.postgres`.
  ///   - connections: one for lookups, three for creations, the others for everything else; fewer are
  ///     shared.
  public init(
    conninfo: String, connections: Int = 5,
    options: PostgresPipeline.Options = PostgresPipeline.Options()
  ) throws(LinkError) {
    self.conninfo = conninfo
    do throws(SystemCallError) {
      inbox = try PostgresInbox()
    } catch {
      throw .unavailable(reason: "\(error)", retryAfter: nil)
    }
    var settings = PostgresDriver.Options()
    settings.connections = connections
    settings.pipeline = options
    let hasStarted = WorkerThread.start { [inbox, settings] in
      PostgresDriver(conninfo: conninfo, inbox: inbox, options: settings).run()
    }
    guard hasStarted else {
      throw .unavailable(reason: "no thread could be started for it", retryAfter: nil)
    }
  }

  deinit { inbox.close() }

  public func close() async {
    await announcer.close()
    inbox.close()
  }

  public func hints(
    _ tell: @escaping @Sendable (ChangeHint) -> Void
  ) throws(LinkError) -> any ChangeHints {
    try PostgresHints(conninfo: conninfo, tell)
  }

  /// Tells other nodes of a change that was committed.
  func announce(_ link: Link) {
    let change = LinkChange(code: link.code, version: link.version, updatedAt: link.updatedAt)
    announcer.add(change) { payloads in
      do throws(LinkError) {
        try await self.run([(PostgresStatements.announce, [.textArray(payloads)])]) { _ in }
        return true
      } catch {
        return false
      }
    }
  }

  // MARK: Handing over

  private static var deadline: UInt64 { Clock.monotonicNanoseconds &+ patienceNanoseconds }

  private func hand(_ work: PostgresWork) {
    if !inbox.append(work) { work.fail(.closed) }
  }

  /// Runs statements as one transaction and makes something of what they came back with.
  func run<Value: Sendable>(
    _ statements: [PostgresRequests.Statement],
    _ read: @escaping @Sendable ([PostgresRows]) -> Value
  ) async throws(LinkError) -> Value {
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<Value, LinkError>, Never>) in
      hand(
        .requests(
          PostgresRequests(
            statements: statements,
            complete: { continuation.resume(returning: .success(read($0))) },
            fail: { continuation.resume(returning: .failure($0)) },
            deadlineNanoseconds: Self.deadline)))
    }
    return try result.get()
  }

  /// Other nodes are not told and find it when they ask: a notice for each cost some 5 %.
  public func create(_ new: NewLink) async throws(LinkError) -> Link {
    // Here, since what PostgreSQL refuses would take the whole group with it.
    if new.createdBy?.utf8.contains(0) == true {
      throw .unavailable(reason: "the user's name contains a NUL character", retryAfter: nil)
    }
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<Link, LinkError>, Never>) in
      hand(
        .creation(
          LinkCreation(
            new: new, answer: { continuation.resume(returning: $0) },
            deadlineNanoseconds: Self.deadline)))
    }
    return try result.get()
  }

  public func targets(of codes: [String]) async throws(LinkError) -> [Target?] {
    if codes.isEmpty { return [] }
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<[Target?], LinkError>, Never>) in
      hand(
        .targets(
          TargetLookup(
            question: .many(codes) { continuation.resume(returning: $0) },
            deadlineNanoseconds: Self.deadline)))
    }
    return try result.get()
  }

  public func lookUp(
    _ code: String, _ answer: @escaping @Sendable (Result<Target?, LinkError>) -> Void
  ) {
    hand(
      .targets(
        TargetLookup(
          question: .one(code, answer: answer), deadlineNanoseconds: Self.deadline)))
  }
}
