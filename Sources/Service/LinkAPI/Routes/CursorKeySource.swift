internal import Links
internal import Synchronization

/// The key that signs cursors, asked for once.
final class CursorKeySource: Sendable {
  private let store: any LinkStore
  private let known = Mutex<CursorKey?>(nil)

  init(store: any LinkStore) { self.store = store }

  func key() async throws(LinkError) -> CursorKey {
    if let key = known.withLock({ $0 }) { return key }
    let key = try await store.cursorKey()
    known.withLock { $0 = key }
    return key
  }
}
