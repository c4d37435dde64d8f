internal import Databases
internal import Glibc
internal import Links
internal import LinuxSystem
internal import Synchronization

/// What other nodes tell with NOTIFY, heard on a connection and a thread of their own.
///
/// The notices of this node come back too and are not told apart: what was installed in a cache is as
/// new as they say, so that they do nothing there; and a cache in which it was not needs them.
final class PostgresHints: ChangeHints {
  typealias Tell = @Sendable (ChangeHint) -> Void

  /// What the thread and the owner share.
  private final class Ending: Sendable {
    let wakeUp: WakeUp
    let isOver = Atomic<Bool>(false)

    init() throws(SystemCallError) { wakeUp = try WakeUp() }
  }

  /// After which it is tried again where listening is refused, as by other engines.
  private static let pauseMilliseconds: Int32 = 10_000
  private let ending: Ending

  init(conninfo: String, _ tell: @escaping Tell) throws(LinkError) {
    do throws(SystemCallError) {
      ending = try Ending()
    } catch {
      throw .unavailable(reason: "\(error)", retryAfter: nil)
    }
    let hasStarted = WorkerThread.start { [ending] in
      while !ending.isOver.load(ordering: .acquiring) {
        Self.listen(conninfo, ending, tell)
        _ = waitForReadable(
          [ending.wakeUp.descriptor], timeoutMilliseconds: Self.pauseMilliseconds)
      }
    }
    guard hasStarted else {
      throw .unavailable(reason: "no thread could be started for it", retryAfter: nil)
    }
  }

  deinit { end() }

  /// Behind a pooler notices may never come, and nobody can tell.
  var areComplete: Bool { false }

  func end() {
    ending.isOver.store(true, ordering: .releasing)
    ending.wakeUp.signal()
  }

  /// Until it is over, or listening is refused for a reason that does not pass by itself.
  private static func listen(_ conninfo: String, _ ending: Ending, _ tell: @escaping Tell) {
    var isRefused = false
    do throws(DatabaseError) {
      let listener = try PostgresListener(conninfo: conninfo, channels: [ChangeNotice.channel]) {
        switch $0 {
        // What was sent before is lost; and a server that was away may be another one by now, which
        // took over with less than the first had.
        case .connected: tell(.anything)
        case .disconnected(let error):
          tell(.silence(error.message))
          isRefused = !error.passes
        case .notification(_, let payload, _):
          for hint in ChangeNotice.hints(payload) { tell(hint) }
        }
      }
      defer { listener.close() }
      while !isRefused, !ending.isOver.load(ordering: .acquiring) { step(listener, ending) }
    } catch {
      tell(.silence(error.message))
    }
  }

  private static func step(_ listener: PostgresListener, _ ending: Ending) {
    var events: Int32 = 0
    if listener.interest.contains(.reading) { events |= POLLIN }
    if listener.interest.contains(.writing) { events |= POLLOUT }
    var descriptors = [
      pollfd(fd: ending.wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
      // A negative descriptor is passed over (poll(2)).
      pollfd(fd: listener.descriptor, events: Int16(events), revents: 0),
    ]
    let now = Clock.monotonicNanoseconds
    let milliseconds = listener.deadlineNanoseconds.map { deadline in
      Int32(clamping: deadline > now ? (deadline - now) / 1_000_000 + 1 : 0)
    }
    let ready = poll(&descriptors, nfds_t(descriptors.count), milliseconds ?? -1)
    let found = ready > 0 ? Int32(descriptors[1].revents) : 0
    listener.process(
      readable: found & (POLLIN | POLLHUP | POLLERR) != 0, writable: found & POLLOUT != 0)
  }
}
