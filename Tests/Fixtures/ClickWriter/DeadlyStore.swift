import Glibc
import Links
import Synchronization

/// A store that kills its process before or after it added the third batch.
final class DeadlyStore: LinkStore {
  enum Moment { case before, after }

  private let store: any LinkStore
  private let moment: Moment
  private let batches = Atomic(0)

  init(_ store: any LinkStore, kills moment: Moment) {
    self.store = store
    self.moment = moment
  }

  func add(_ clicks: ClickBatch) async throws(LinkError) -> Int64? {
    let isLast = batches.add(1, ordering: .relaxed).newValue == 3
    if isLast, moment == .before { kill(getpid(), SIGKILL) }
    let added = try await store.add(clicks)
    if isLast, moment == .after { kill(getpid(), SIGKILL) }
    return added
  }

  func create(_ new: NewLink) async throws(LinkError) -> Link { try await store.create(new) }
  func link(code: String) async throws(LinkError) -> Link { try await store.link(code: code) }
  func targets(of codes: [String]) async throws(LinkError) -> [Target?] {
    try await store.targets(of: codes)
  }
  func lookUp(
    _ code: String, _ answer: @escaping @Sendable (Result<Target?, LinkError>) -> Void
  ) { store.lookUp(code, answer) }
  func links(_ query: LinkQuery) async throws(LinkError) -> LinkPage {
    try await store.links(query)
  }
  func update(
    code: String, destination: Destination, by user: String?
  ) async throws(LinkError) -> Link {
    try await store.update(code: code, destination: destination, by: user)
  }
  func history(code: String) async throws(LinkError) -> [HistoryEntry] {
    try await store.history(code: code)
  }
  func restore(code: String, entry: Int64, by user: String?) async throws(LinkError) -> Link {
    try await store.restore(code: code, entry: entry, by: user)
  }
  func setActive(code: String, _ isActive: Bool) async throws(LinkError) -> Link {
    try await store.setActive(code: code, isActive)
  }
  func counts() async throws(LinkError) -> LinkCounts { try await store.counts() }
  func setting(_ name: String, orSet value: String) async throws(LinkError) -> String {
    try await store.setting(name, orSet: value)
  }
  func changes(since updatedAt: Int64) async throws(LinkError) -> LinkChanges {
    try await store.changes(since: updatedAt)
  }
  func hints(
    _ tell: @escaping @Sendable (ChangeHint) -> Void
  ) throws(LinkError) -> any ChangeHints { try store.hints(tell) }
  func advanceIDs() async throws(LinkError) { try await store.advanceIDs() }
  func ping() async throws(LinkError) { try await store.ping() }
  func close() async { await store.close() }
}
