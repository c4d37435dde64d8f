internal import Databases
internal import Links
internal import LinuxSystem
internal import Synchronization

/// Whether anybody has committed something to a file, seen by a connection and thread of their own.
///
/// `PRAGMA data_version` is another number after each commit of another connection, in this process or
/// any other (https://sqlite.org/pragma.html#pragma_data_version), and costs a look at the shared
/// memory of the write-ahead log.
final class SQLiteHints: ChangeHints {
  typealias Tell = @Sendable (ChangeHint) -> Void

  private final class Ending: Sendable {
    let wakeUp: WakeUp
    let isOver = Atomic<Bool>(false)

    init() throws(SystemCallError) { wakeUp = try WakeUp() }
  }

  private static let intervalMilliseconds: Int32 = 100
  private static let pauseMilliseconds: Int32 = 1_000
  private let ending: Ending

  init(
    path: String, _ open: ConnectionCount, _ tell: @escaping Tell
  ) throws(LinkError) {
    do throws(SystemCallError) {
      ending = try Ending()
    } catch {
      throw .unavailable(reason: "\(error)", retryAfter: nil)
    }
    open.add()
    let hasStarted = WorkerThread.start { [ending] in
      while !ending.isOver.load(ordering: .acquiring) {
        do throws(DatabaseError) {
          try Self.watch(path, ending, tell)
        } catch {
          tell(.silence(error.message))
        }
        Self.wait(ending, Self.pauseMilliseconds)
      }
      open.remove()
    }
    guard hasStarted else {
      open.remove()
      throw .unavailable(reason: "no thread could be started for it", retryAfter: nil)
    }
  }

  deinit { end() }

  var areComplete: Bool { true }

  func end() {
    ending.isOver.store(true, ordering: .releasing)
    ending.wakeUp.signal()
  }

  /// The connection is closed when this returns.
  @inline(never)
  private static func watch(
    _ path: String, _ ending: Ending, _ tell: Tell
  ) throws(DatabaseError) {
    let connection = try SQLiteConnection(path: path, options: .init(access: .readOnly))
    let statement = try connection.prepare("PRAGMA data_version", isPersistent: true)
    var known = try version(statement)
    // Whatever was committed before is not in the numbers to come.
    tell(.anything)
    while !ending.isOver.load(ordering: .acquiring) {
      let version = try version(statement)
      if version != known { tell(.changes) }
      known = version
      wait(ending, intervalMilliseconds)
    }
  }

  private static func version(_ statement: SQLiteStatement) throws(DatabaseError) -> Int64 {
    defer { statement.reset() }
    return try statement.step() ? statement.int64(at: 0) ?? 0 : 0
  }

  private static func wait(_ ending: Ending, _ milliseconds: Int32) {
    _ = waitForReadable([ending.wakeUp.descriptor], timeoutMilliseconds: milliseconds)
  }
}

/// Of a database in memory, which nobody else can change.
final class NoHints: ChangeHints {
  var areComplete: Bool { true }
  func end() {}
}
