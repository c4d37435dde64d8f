internal import HTTPTypes
internal import Hummingbird
internal import Links
internal import LinuxSystem
internal import Synchronization

/// Tells who makes a request by its key.
///
/// Verified keys are remembered for a second, so that not every request reads the database: a key that
/// is revoked on another node lets nobody in a second later, one that is revoked here at once.
final class Authenticator: Sendable {
  /// Less than the second that is promised, since the request itself takes some time.
  static let memoryNanoseconds: UInt64 = 900_000_000
  private static let capacity = 1_024

  private struct Entry {
    let key: APIKey
    /// When the database was asked, in nanoseconds of CLOCK_MONOTONIC.
    let askedNanoseconds: UInt64
  }

  private struct State {
    var entries: [APIKeyHash: Entry] = [:]
    /// How often keys were revoked here: what was asked before is not remembered.
    var revocations = 0
  }

  private let store: any APIKeyStore
  let mode: AuthMode
  private let state = Mutex(State())

  init(mode: AuthMode, store: any APIKeyStore) {
    self.mode = mode
    self.store = store
  }

  /// Throws an ``APIError`` with 401, or what the store throws.
  func caller(_ fields: HTTPFields) async throws -> Caller {
    if mode == .none { return .anyone }
    let text = try Self.keyText(in: fields)
    guard let secret = APIKeySecret(text: text) else { throw Self.refusal }
    let hash = secret.hash
    let now = Clock.monotonicNanoseconds
    let (known, revocations) = state.withLock { ($0.entries[hash], $0.revocations) }
    if let known, now &- known.askedNanoseconds < Self.memoryNanoseconds {
      return Caller(key: known.key)
    }
    guard let key = try await store.key(hash: hash), key.revokedAt == nil else {
      throw Self.refusal
    }
    state.withLock { state in
      guard state.revocations == revocations else { return }
      if state.entries.count >= Self.capacity {
        state.entries = state.entries.filter {
          now &- $0.value.askedNanoseconds < Self.memoryNanoseconds
        }
      }
      if state.entries.count < Self.capacity {
        state.entries[hash] = Entry(key: key, askedNanoseconds: now)
      }
    }
    return Caller(key: key)
  }

  /// To be called when a key was revoked and before that is answered.
  func forget() {
    state.withLock { state in
      state.entries = [:]
      state.revocations += 1
    }
  }

  /// What `Authorization: Bearer KEY` or `X-API-Key: KEY` says.
  private static func keyText(in fields: HTTPFields) throws(APIError) -> String {
    let authorizations = fields[values: .authorization]
    let keys = HTTPField.Name("X-API-Key").map { fields[values: $0] } ?? []
    var texts = keys
    for value in authorizations {
      let words = value.split(separator: " ", omittingEmptySubsequences: true)
      // RFC 9110, section 11.1: the scheme's case does not matter.
      guard words.count == 2, words[0].lowercased() == "bearer" else { throw refusal }
      texts.append(String(words[1]))
    }
    guard let first = texts.first else {
      throw APIError(
        .unauthorized,
        "a key is needed: send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'",
        fields: challenge)
    }
    guard texts.count == 1 else {
      throw APIError(.unauthorized, "more than one key was sent; send one", fields: challenge)
    }
    return first
  }

  private static let challenge: HTTPFields = [.wwwAuthenticate: "Bearer realm=\"lynx\""]

  private static let refusal = APIError(
    .unauthorized, "the key is not known here or was revoked; ask an admin for another",
    fields: challenge)
}
