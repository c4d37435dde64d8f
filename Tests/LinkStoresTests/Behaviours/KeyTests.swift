import Foundation
import LinkStores
import Links
import TestSupport
import Testing

@Suite("Keys of the API, on every engine")
struct KeyTests {
  private func keys(_ fixture: StoreFixture) throws -> any APIKeyStore {
    try #require(fixture.store as? any APIKeyStore)
  }

  private func secret() -> APIKeySecret {
    var generator = SystemRandomNumberGenerator()
    return APIKeySecret(using: &generator)
  }

  @Test("a key is found by its secret alone, revoked or not", arguments: TestedEngine.allCases)
  func life(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let store = try keys(fixture)
    var made: [(secret: APIKeySecret, key: APIKey)] = []
    for (name, isAdmin, creator) in [
      ("anna", false, "otto"), ("otto", true, nil), ("anna", true, nil), ("ünï 🦊'\"", false, "x"),
    ] as [(String, Bool, String?)] {
      let secret = secret()
      let key = try await store.createKey(
        NewAPIKey(name: name, hash: secret.hash, isAdmin: isAdmin, createdBy: creator))
      #expect(key.name == name && key.isAdmin == isAdmin && key.createdBy == creator)
      #expect(key.revokedAt == nil && key.createdAt > 1_700_000_000)
      made.append((secret, key))
    }
    #expect(try await store.keys() == made.map(\.key).reversed())
    for (secret, key) in made { #expect(try await store.key(hash: secret.hash) == key) }
    #expect(try await store.key(hash: secret().hash) == nil)

    let revoked = try await store.revokeKey(id: made[0].key.id)
    #expect(revoked.revokedAt != nil && revoked.name == "anna")
    #expect(try await store.revokeKey(id: revoked.id) == revoked, "since when it was")
    #expect(try await store.key(hash: made[0].secret.hash) == revoked)
    #expect(try await store.key(hash: made[2].secret.hash) == made[2].key, "of the same name")
    await #expect {
      _ = try await store.revokeKey(id: made[3].key.id + 1)
    } throws: { error in
      if case .notFound? = error as? LinkError { true } else { false }
    }
  }

  @Test("the secret is in none of the database's files")
  func hashed() async throws {
    let fixture = try StoreFixture(.sqlite)
    let secret = secret()
    let key = try await keys(fixture).createKey(
      NewAPIKey(name: "somebody", hash: secret.hash, isAdmin: false, createdBy: nil))
    var files = Data()
    for name in try FileManager.default.contentsOfDirectory(atPath: fixture.directory) {
      files += FileManager.default.contents(atPath: "\(fixture.directory)/\(name)") ?? Data()
    }
    let text = secret.text.dropFirst("lynx_".count)
    let base64 = text.replacing("-", with: "+").replacing("_", with: "/") + "="
    let bytes = try #require(Data(base64Encoded: String(base64)))
    #expect(
      files.range(of: Data("somebody".utf8)) != nil
        && files.range(of: Data(secret.hash.bytes)) != nil)
    #expect(files.range(of: Data(text.utf8)) == nil && files.range(of: bytes) == nil)
    #expect(!"\(key) \(secret) \(String(reflecting: secret))".contains(text))
  }

  @Test("of many nodes that start first, one makes the first key", arguments: TestedEngine.allCases)
  func first(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    for round in 1...2 {
      let made = try await withThrowingTaskGroup(of: APIKeySecret?.self) { group in
        for _ in 0..<12 {
          group.addTask {
            let store = try StoreFixture.openStore(fixture.database)
            // A call waits a second for a connection; a busy machine may take longer to make one.
            try await eventually("the store answers") {
              do { try await store.ping() } catch { return false }
              return true
            }
            let secret = try await (store as? any APIKeyStore)?.ensureFirstKey()?.secret
            await store.close()
            return secret
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let secrets = made.compactMap { $0 }
      try #require(secrets.count == 1)
      let key = try #require(try await keys(fixture).key(hash: secrets[0].hash))
      #expect(key.isAdmin && key.name == "admin" && key.createdBy == nil)
      #expect(try await keys(fixture).ensureFirstKey() == nil)
      // Who has lost all admins' keys revokes them, and starts again.
      _ = try await keys(fixture).revokeKey(id: key.id)
      #expect(try await keys(fixture).keys().count == round)
    }
  }
}
