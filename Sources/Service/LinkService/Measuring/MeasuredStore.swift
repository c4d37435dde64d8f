internal import LinkAPI
internal import LinkStores
internal import Links
internal import LinuxSystem

/// A store that takes note of how long it takes to answer, and whether it can.
final class MeasuredStore: LinkStore, APIKeyStore {
  private let store: any LinkStore & APIKeyStore
  let measurements = StoreMeasurements()

  init(_ store: any LinkStore & APIKeyStore) { self.store = store }

  private func measured<Value>(
    _ operation: StoreOperation, _ body: () async throws(LinkError) -> Value
  ) async throws(LinkError) -> Value {
    let start = Clock.monotonicNanoseconds
    do throws(LinkError) {
      let value = try await body()
      measurements.note(operation, since: start)
      return value
    } catch {
      measurements.note(operation, since: start, isFailure: error.isUnavailable)
      throw error
    }
  }

  func create(_ new: NewLink) async throws(LinkError) -> Link {
    try await measured(.create) { () throws(LinkError) in try await store.create(new) }
  }

  func link(code: String) async throws(LinkError) -> Link {
    try await measured(.read) { () throws(LinkError) in try await store.link(code: code) }
  }

  func targets(of codes: [String]) async throws(LinkError) -> [Target?] {
    try await measured(.lookup) { () throws(LinkError) in try await store.targets(of: codes) }
  }

  func lookUp(
    _ code: String, _ answer: @escaping @Sendable (Result<Target?, LinkError>) -> Void
  ) {
    let start = Clock.monotonicNanoseconds
    store.lookUp(code) { [measurements] result in
      var isFailure = false
      if case .failure(let error) = result { isFailure = error.isUnavailable }
      measurements.note(.lookup, since: start, isFailure: isFailure)
      answer(result)
    }
  }

  func links(_ query: LinkQuery) async throws(LinkError) -> LinkPage {
    try await measured(.list) { () throws(LinkError) in try await store.links(query) }
  }

  func update(
    code: String, destination: Destination, by user: String?
  ) async throws(LinkError) -> Link {
    try await measured(.change) { () throws(LinkError) in
      try await store.update(code: code, destination: destination, by: user)
    }
  }

  func history(code: String) async throws(LinkError) -> [HistoryEntry] {
    try await measured(.read) { () throws(LinkError) in try await store.history(code: code) }
  }

  func restore(code: String, entry: Int64, by user: String?) async throws(LinkError) -> Link {
    try await measured(.change) { () throws(LinkError) in
      try await store.restore(code: code, entry: entry, by: user)
    }
  }

  func setActive(code: String, _ isActive: Bool) async throws(LinkError) -> Link {
    try await measured(.change) { () throws(LinkError) in
      try await store.setActive(code: code, isActive)
    }
  }

  func counts() async throws(LinkError) -> LinkCounts {
    try await measured(.read) { () throws(LinkError) in try await store.counts() }
  }

  func add(_ clicks: ClickBatch) async throws(LinkError) -> Int64? {
    try await measured(.clicks) { () throws(LinkError) in try await store.add(clicks) }
  }

  func advanceIDs() async throws(LinkError) { try await store.advanceIDs() }

  func setting(_ name: String, orSet value: String) async throws(LinkError) -> String {
    try await measured(.read) { () throws(LinkError) in try await store.setting(name, orSet: value)
    }
  }

  func changes(since updatedAt: Int64) async throws(LinkError) -> LinkChanges {
    try await measured(.changes) { () throws(LinkError) in
      try await store.changes(since: updatedAt)
    }
  }

  func hints(
    _ tell: @escaping @Sendable (ChangeHint) -> Void
  ) throws(LinkError) -> any ChangeHints { try store.hints(tell) }

  func ping() async throws(LinkError) {
    try await measured(.read) { () throws(LinkError) in try await store.ping() }
  }

  func close() async { await store.close() }
}

extension MeasuredStore {
  func createKey(_ new: NewAPIKey) async throws(LinkError) -> APIKey {
    try await measured(.keys) { () throws(LinkError) in try await store.createKey(new) }
  }

  func createFirstKey(_ new: NewAPIKey) async throws(LinkError) -> APIKey? {
    try await measured(.keys) { () throws(LinkError) in try await store.createFirstKey(new) }
  }

  func key(hash: APIKeyHash) async throws(LinkError) -> APIKey? {
    try await measured(.keys) { () throws(LinkError) in try await store.key(hash: hash) }
  }

  func keys() async throws(LinkError) -> [APIKey] {
    try await measured(.keys) { () throws(LinkError) in try await store.keys() }
  }

  func revokeKey(id: Int64) async throws(LinkError) -> APIKey {
    try await measured(.keys) { () throws(LinkError) in try await store.revokeKey(id: id) }
  }
}

extension LinkError {
  fileprivate var isUnavailable: Bool {
    switch self {
    case .unavailable, .full: true
    default: false
    }
  }
}
