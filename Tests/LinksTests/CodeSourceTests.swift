import Links
import Synchronization
import Testing

/// A store that can only create links and keep settings; anything else is unavailable.
private final class SmallStore: LinkStore {
  let taken = Mutex<Set<String>>([])
  let settings = Mutex<[String: String]>([:])
  /// What happens instead of creating.
  let refusal: LinkError?
  let isTaken: @Sendable (String) -> Bool
  private let missing = LinkError.unavailable(reason: "not kept here", retryAfter: nil)

  init(refusal: LinkError? = nil, isTaken: @escaping @Sendable (String) -> Bool = { _ in false }) {
    self.refusal = refusal
    self.isTaken = isTaken
  }

  func create(_ new: NewLink) async throws(LinkError) -> Link {
    if let refusal { throw refusal }
    let isNew = !isTaken(new.code.text) && taken.withLock { $0.insert(new.code.text).inserted }
    if !isNew { throw .codeTaken(new.code.text) }
    return Link(
      id: 1, code: new.code.text, destination: new.destination.text, createdAt: 0,
      createdBy: new.createdBy, clicks: 0, isActive: true, updatedAt: 0, version: 1)
  }
  func setting(_ name: String, orSet value: String) async throws(LinkError) -> String {
    settings.withLock { settings in
      defer { settings[name] = settings[name] ?? value }
      return settings[name] ?? value
    }
  }
  func link(code: String) async throws(LinkError) -> Link { throw missing }
  func targets(of codes: [String]) async throws(LinkError) -> [Target?] { throw missing }
  func lookUp(
    _ code: String, _ answer: @escaping @Sendable (Result<Target?, LinkError>) -> Void
  ) { answer(.failure(missing)) }
  func links(_ query: LinkQuery) async throws(LinkError) -> LinkPage { throw missing }
  func update(code: String, destination: Destination, by user: String?) async throws(LinkError)
    -> Link
  { throw missing }
  func history(code: String) async throws(LinkError) -> [HistoryEntry] { throw missing }
  func restore(code: String, entry: Int64, by user: String?) async throws(LinkError) -> Link {
    throw missing
  }
  func setActive(code: String, _ isActive: Bool) async throws(LinkError) -> Link { throw missing }
  func counts() async throws(LinkError) -> LinkCounts { throw missing }
  func add(_ clicks: ClickBatch) async throws(LinkError) -> Int64? { throw missing }
  func changes(since updatedAt: Int64) async throws(LinkError) -> LinkChanges { throw missing }
  func hints(
    _ tell: @escaping @Sendable (ChangeHint) -> Void
  ) throws(LinkError) -> any ChangeHints { throw missing }
  func advanceIDs() async throws(LinkError) { throw missing }
  func ping() async throws(LinkError) { throw missing }
  func close() async {}
}

@Suite("Links under generated codes, and the key of a store")
struct CodeSourceTests {
  @Test func drawsUntilACodeIsFree() async throws {
    // All codes of three characters are taken, as in a database that is older than this process.
    let store = SmallStore { $0.utf8.count == 3 }
    let source = CodeSource()
    let destination = try Destination("https://example.com")
    var codes: Set<String> = []
    for _ in 0..<200 {
      let link = try await source.create(destination, by: "me", in: store)
      #expect(link.createdBy == "me" && link.destination == destination.text)
      #expect((4...5).contains(link.code.utf8.count))
      #expect(codes.insert(link.code).inserted)
    }
  }

  @Test func whatTheStoreRefusesIsPassedOn() async throws {
    let failure = LinkError.unavailable(reason: "no connection", retryAfter: 2)
    let destination = try Destination("https://example.com")
    await #expect(throws: failure) {
      try await CodeSource().create(destination, by: nil, in: SmallStore(refusal: failure))
    }
  }

  @Test func endsWhereEverythingIsTaken() async throws {
    let destination = try Destination("https://example.com")
    await #expect {
      try await CodeSource(maximumLength: 3).create(
        destination, by: nil, in: SmallStore { _ in true })
    } throws: { error in
      if case .unavailable? = error as? LinkError { true } else { false }
    }
  }

  @Test func allWhoAskGetOneKeyAndADamagedOneIsNamed() async throws {
    let store = SmallStore()
    let key = try await store.cursorKey()
    #expect(try await store.cursorKey() == key)
    #expect(store.settings.withLock { $0[CursorKey.settingName] } == key.storageText)
    store.settings.withLock { $0[CursorKey.settingName] = "damaged" }
    await #expect {
      try await store.cursorKey()
    } throws: { "\($0)".contains(CursorKey.settingName) }
  }
}
