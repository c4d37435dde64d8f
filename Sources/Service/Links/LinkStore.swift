/// Where links are kept. All nodes of one service see the same.
///
/// **Durability**: what a writing call returned survives the end of the process and of the machine.
/// A call that throws ``LinkError/unavailable(reason:retryAfter:)`` may or may not have been done;
/// every other error means that nothing was. **Order**: a call that begins after another returned,
/// in this process, sees what that one did. **Versions**: each change of a link's destination or
/// state increases ``Link/version`` by at least one in the same statement (on both engines a column
/// `version`, 1 at first, `SET …, version = version + 1`), so that row locks make versions follow
/// the order of commits. **Permission** is for the caller to judge: ``Link/createdBy`` never changes,
/// so that judging by a link read before cannot be overtaken.
public protocol LinkStore: Sendable {
  /// Creates a link; throws ``LinkError/codeTaken(_:)`` if its code has one. Of several that ask for
  /// the same code, here or on other nodes, one gets it.
  func create(_ new: NewLink) async throws(LinkError) -> Link

  /// The link with a code; throws ``LinkError/notFound(_:)``.
  func link(code: String) async throws(LinkError) -> Link

  /// What the codes lead to, in their order; nil for a code without a link. Codes are told apart byte
  /// by byte (as dictionary keys, strings of different bytes can be equal). All are read from one
  /// state not older than the call.
  func targets(of codes: [String]) async throws(LinkError) -> [Target?]

  /// What one code leads to, for callers that cannot wait: event loops. `answer` is called once, with
  /// nil for a code without a link, and as a rule on a thread of the store's, which it must not hold up.
  func lookUp(
    _ code: String, _ answer: @escaping @Sendable (Result<Target?, LinkError>) -> Void)

  /// A page of the links that pass the query's filters: the list if it has none, else a search.
  func links(_ query: LinkQuery) async throws(LinkError) -> LinkPage

  /// Changes where a link leads and keeps the former destination in its history, both or neither.
  /// The destination it has already changes nothing and adds no history. Throws
  /// ``LinkError/notFound(_:)``.
  func update(
    code: String, destination: Destination, by user: String?
  ) async throws(LinkError) -> Link

  /// Former destinations, newest first; empty if there are none. Throws ``LinkError/notFound(_:)``
  /// if there is no such link.
  func history(code: String) async throws(LinkError) -> [HistoryEntry]

  /// An update to the destination of a history entry, which stays. Throws
  /// ``LinkError/notFound(_:)`` if link or entry do not exist or do not belong together.
  func restore(code: String, entry: Int64, by user: String?) async throws(LinkError) -> Link

  /// Lets a link redirect or not. Idempotent: the state it has already changes nothing, its version
  /// included. Throws ``LinkError/notFound(_:)``.
  func setActive(code: String, _ isActive: Bool) async throws(LinkError) -> Link

  /// Totals, as of some moment during the call.
  func counts() async throws(LinkError) -> LinkCounts

  /// Adds clicks and remembers the batch's id in the same transaction; how many were added, nil if the
  /// id was there, in which case nothing is. Ids are remembered for at least 30 days. Links that do not
  /// exist are passed over. Neither ``Link/version`` nor ``Link/updatedAt`` changes.
  func add(_ clicks: ClickBatch) async throws(LinkError) -> Int64?

  /// Has links created from now on, on any node, get ids above all that were given out before this
  /// second, also by what this database was before it was restored to an earlier state: clicks that
  /// still wait somewhere for a link that is gone must not become another's. Ids begin at
  /// ``LinkID/floor(atUnixSeconds:)`` then.
  func advanceIDs() async throws(LinkError)

  /// The value of a setting; if it has none it gets this one. Of several nodes that ask at once all
  /// are answered the same.
  func setting(_ name: String, orSet value: String) async throws(LinkError) -> String

  /// Links created or changed in that second or later, each at least once, by ``LinkChanges/clock``.
  /// Commits become visible late: who polls has to begin some seconds before the last answer's clock
  /// and will see changes again; versions make that harmless.
  func changes(since updatedAt: Int64) async throws(LinkError) -> LinkChanges

  /// Has `tell` called, on any thread, with hints at changes soon after they are committed. They make
  /// changes known sooner; that none is missed is for ``changes(since:)``.
  func hints(
    _ tell: @escaping @Sendable (ChangeHint) -> Void
  ) throws(LinkError) -> any ChangeHints

  /// Returns if the store answers.
  func ping() async throws(LinkError)

  /// Ends what is under way and lets go of the store; calls after it throw
  /// ``LinkError/unavailable(reason:retryAfter:)``. Idempotent.
  func close() async
}

extension LinkStore {
  /// The key that signs cursors, made by whichever node asks first.
  public func cursorKey() async throws(LinkError) -> CursorKey {
    var generator = SystemRandomNumberGenerator()
    let text = try await setting(
      CursorKey.settingName, orSet: CursorKey(using: &generator).storageText)
    guard let key = CursorKey(storageText: text) else {
      throw .unavailable(
        reason: "the setting \(CursorKey.settingName) is damaged; delete it to have a new one made",
        retryAfter: nil)
    }
    return key
  }
}
