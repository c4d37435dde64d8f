import Links
import Synchronization

@testable import LinkStores

/// A database of clicks in memory, that can be away, or lose its answer.
final class ClickLedger: LinkStore {
  enum Weather: CaseIterable { case fine, away, answerLost }

  struct State {
    var clicks: [Int64: Int64] = [:]
    var batches: Set<String> = []
    var weather = Weather.fine
    /// Batches that broke what the protocol promises of them.
    var broken: [String] = []
  }

  let state = Mutex(State())
  let identity: String

  init(identity: String = String(repeating: "0123456789abcdef", count: 2)) {
    self.identity = identity
  }

  var clicks: [Int64: Int64] { state.withLock { $0.clicks } }

  func add(_ batch: ClickBatch) async throws(LinkError) -> Int64? {
    let outcome = state.withLock { state -> Result<Int64?, LinkError> in
      let refusal = LinkError.unavailable(reason: "the ledger is away", retryAfter: 1)
      if state.weather == .away { return .failure(refusal) }
      let isNew = state.batches.insert(batch.id).inserted
      if isNew {
        let links = batch.counts.map(\.linkID)
        if links != Set(links).sorted() { state.broken.append(batch.id) }
        for count in batch.counts { state.clicks[count.linkID, default: 0] += count.clicks }
      }
      // The answer to a commit is lost; asked again, it knows the batch.
      return isNew && state.weather == .answerLost
        ? .failure(refusal) : .success(isNew ? batch.total : nil)
    }
    return try outcome.get()
  }

  func setting(_ name: String, orSet value: String) async throws(LinkError) -> String { identity }
  func advanceIDs() async throws(LinkError) {}
  func ping() async throws(LinkError) {}
  func close() async {}

  private static let nothing = LinkError.unavailable(reason: "only clicks", retryAfter: nil)

  func create(_ new: NewLink) async throws(LinkError) -> Link { throw Self.nothing }
  func link(code: String) async throws(LinkError) -> Link { throw Self.nothing }
  func targets(of codes: [String]) async throws(LinkError) -> [Target?] { throw Self.nothing }
  func lookUp(
    _ code: String, _ answer: @escaping @Sendable (Result<Target?, LinkError>) -> Void
  ) { answer(.failure(Self.nothing)) }
  func links(_ query: LinkQuery) async throws(LinkError) -> LinkPage { throw Self.nothing }
  func update(
    code: String, destination: Destination, by user: String?
  ) async throws(LinkError) -> Link { throw Self.nothing }
  func history(code: String) async throws(LinkError) -> [HistoryEntry] { throw Self.nothing }
  func restore(code: String, entry: Int64, by user: String?) async throws(LinkError) -> Link {
    throw Self.nothing
  }
  func setActive(code: String, _ isActive: Bool) async throws(LinkError) -> Link {
    throw Self.nothing
  }
  func counts() async throws(LinkError) -> LinkCounts { throw Self.nothing }
  func changes(since updatedAt: Int64) async throws(LinkError) -> LinkChanges {
    throw Self.nothing
  }
  func hints(
    _ tell: @escaping @Sendable (ChangeHint) -> Void
  ) throws(LinkError) -> any ChangeHints { throw Self.nothing }
}
