internal import CPostgres

/// Asks a server to end what one of its connections runs, from any thread.
///
/// Unsafe, in this file only: PQcancel may be called by any thread, since it only reads its
/// PGcancel (PostgreSQL manual, "Canceling Queries in Progress"); nothing else touches it.
public final class PostgresCanceller: Sendable {
  nonisolated(unsafe) private let request: OpaquePointer?
  private let address: String

  init(_ connection: OpaquePointer) {
    request = PQgetCancel(connection)
    address = PostgresFailure.address(connection)
  }

  deinit { PQfreeCancel(request) }

  /// Returns when the server took the request, which says nothing about its effect. Blocks for as
  /// long as it takes to connect.
  public func cancel() throws(DatabaseError) {
    var buffer = [CChar](repeating: 0, count: 256)
    guard PQcancel(request, &buffer, Int32(buffer.count)) == 1 else {
      let reason = buffer.withUnsafeBufferPointer { text in
        text.baseAddress.map { String(cString: $0) } ?? ""
      }
      throw DatabaseError(
        .unreachable,
        "PostgreSQL at \(address) did not take the request to cancel "
          + "(\(PostgresFailure.sentence(reason)))")
    }
  }
}
