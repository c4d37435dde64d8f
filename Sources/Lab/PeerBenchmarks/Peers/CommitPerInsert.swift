import Databases
import Dispatch
import LinkStores
import Links

/// Links inserted one a transaction by one connection, which its callers use in turn.
///
/// A statement outside of a transaction is one of its own (https://sqlite.org/lang_transaction.html).
final class CommitPerInsert: @unchecked Sendable {
  // Serial, and the only one that touches the connection and its statement: callers queue up here.
  private let turns = DispatchQueue(label: "one commit per insert")
  private let connection: SQLiteConnection
  private let insertion: SQLiteStatement

  /// With the durability of ``SQLiteLinkStore``: WAL, `synchronous=FULL`.
  init(path: String) throws(DatabaseError) {
    connection = try SQLiteConnection(path: path, options: .init(access: .readWrite))
    insertion = try connection.prepare(
      """
      INSERT INTO urls (short_code, original_url, created_at, created_by, updated_at)
      VALUES (?1, ?2, ?3, ?4, ?3) ON CONFLICT (short_code) DO NOTHING RETURNING id
      """, isPersistent: true)
  }

  func create(_ new: NewLink, at time: Int64) async throws {
    try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<Void, any Error>) in
      turns.async { continuation.resume(with: Result { try self.insert(new, at: time) }) }
    }
  }

  private func insert(_ new: NewLink, at time: Int64) throws {
    defer { insertion.reset() }
    try insertion.bind(new.code.text, at: 1)
    try insertion.bind(new.destination.text, at: 2)
    try insertion.bind(time, at: 3)
    try insertion.bind(new.createdBy, at: 4)
    guard try insertion.step() else { throw LinkError.codeTaken(new.code.text) }
    // The end of its rows, and with it the commit.
    while try insertion.step() {}
  }
}
