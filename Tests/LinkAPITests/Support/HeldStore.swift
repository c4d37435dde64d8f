import Links
import Synchronization

/// A store that can be told to let links wait when they are asked for, or to be unavailable.
final class HeldStore: LinkStore, APIKeyStore {
  private struct State {
    var isHolding = false
    var waiting: [CheckedContinuation<Void, Never>] = []
    var failure: LinkError?
  }

  private let store: any LinkStore & APIKeyStore
  private let state = Mutex(State())

  init(_ store: any LinkStore & APIKeyStore) { self.store = store }

  func hold() { state.withLock { $0.isHolding = true } }

  var waitingCount: Int { state.withLock { $0.waiting.count } }

  func release() {
    let waiting = state.withLock { state in
      state.isHolding = false
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  func fail(_ error: LinkError?) { state.withLock { $0.failure = error } }

  private func pass() async throws(LinkError) {
    await withCheckedContinuation { continuation in
      let goesOn = state.withLock { state in
        if state.isHolding { state.waiting.append(continuation) }
        return !state.isHolding
      }
      if goesOn { continuation.resume() }
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  func create(_ new: NewLink) async throws(LinkError) -> Link {
    try await pass()
    return try await store.create(new)
  }
  func link(code: String) async throws(LinkError) -> Link {
    try await pass()
    return try await store.link(code: code)
  }
  func targets(of codes: [String]) async throws(LinkError) -> [Target?] {
    try await store.targets(of: codes)
  }
  func lookUp(
    _ code: String, _ answer: @escaping @Sendable (Result<Target?, LinkError>) -> Void
  ) { store.lookUp(code, answer) }
  func links(_ query: LinkQuery) async throws(LinkError) -> LinkPage {
    try await pass()
    return try await store.links(query)
  }
  func update(
    code: String, destination: Destination, by user: String?
  ) async throws(LinkError) -> Link {
    try await pass()
    return try await store.update(code: code, destination: destination, by: user)
  }
  func history(code: String) async throws(LinkError) -> [HistoryEntry] {
    try await pass()
    return try await store.history(code: code)
  }
  func restore(code: String, entry: Int64, by user: String?) async throws(LinkError) -> Link {
    try await pass()
    return try await store.restore(code: code, entry: entry, by: user)
  }
  func setActive(code: String, _ isActive: Bool) async throws(LinkError) -> Link {
    try await pass()
    return try await store.setActive(code: code, isActive)
  }
  func counts() async throws(LinkError) -> LinkCounts { try await store.counts() }
  func add(_ clicks: ClickBatch) async throws(LinkError) -> Int64? {
    try await store.add(clicks)
  }
  func advanceIDs() async throws(LinkError) { try await store.advanceIDs() }
  func setting(_ name: String, orSet value: String) async throws(LinkError) -> String {
    try await store.setting(name, orSet: value)
  }
  func changes(since updatedAt: Int64) async throws(LinkError) -> LinkChanges {
    try await store.changes(since: updatedAt)
  }
  func hints(
    _ tell: @escaping @Sendable (ChangeHint) -> Void
  ) throws(LinkError) -> any ChangeHints { try store.hints(tell) }
  func ping() async throws(LinkError) {
    try await pass()
    try await store.ping()
  }
  func close() async { await store.close() }

  func createKey(_ new: NewAPIKey) async throws(LinkError) -> APIKey {
    try await pass()
    return try await store.createKey(new)
  }
  func createFirstKey(_ new: NewAPIKey) async throws(LinkError) -> APIKey? {
    try await store.createFirstKey(new)
  }
  func key(hash: APIKeyHash) async throws(LinkError) -> APIKey? {
    try await pass()
    return try await store.key(hash: hash)
  }
  func keys() async throws(LinkError) -> [APIKey] {
    try await pass()
    return try await store.keys()
  }
  func revokeKey(id: Int64) async throws(LinkError) -> APIKey {
    try await pass()
    return try await store.revokeKey(id: id)
  }
}
