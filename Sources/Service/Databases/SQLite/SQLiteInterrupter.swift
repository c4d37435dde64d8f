internal import CSQLite
internal import Synchronization

/// Ends what a connection is doing, from any thread (https://sqlite.org/c3ref/interrupt.html).
public final class SQLiteInterrupter: Sendable {
  /// The address of the connection while it is open: SQLite forbids the call afterwards.
  private let address: Mutex<UInt>

  init(_ handle: OpaquePointer) { address = Mutex(UInt(bitPattern: handle)) }

  public func interrupt() {
    address.withLock { address in
      if let handle = OpaquePointer(bitPattern: address) { sqlite3_interrupt(handle) }
    }
  }

  func end() { address.withLock { $0 = 0 } }
}
