internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// How many connections there are, on all event loops and from all addresses.
final class ConnectionLimit: Sendable {
  let maximum: Int
  let report: @Sendable (String) -> Void
  private let count = Atomic(0)
  /// Accepting channels that wait for connections to end.
  private let waiting = Mutex<[@Sendable () -> Void]>([])

  init(maximum: Int, report: @escaping @Sendable (String) -> Void) {
    self.maximum = max(1, maximum)
    self.report = report
  }

  /// False if no more are to be accepted for now.
  func add() -> Bool { count.add(1, ordering: .acquiringAndReleasing).newValue < maximum }

  func remove() {
    let left = count.subtract(1, ordering: .acquiringAndReleasing).newValue
    // Not with every one: a server at its limit would go to and fro between waiting and accepting.
    if left <= maximum - max(1, maximum / 64) {
      for resume in waiting.withLock({ exchange(&$0, with: []) }) { resume() }
    }
  }

  func wait(_ resume: @escaping @Sendable () -> Void) {
    waiting.withLock { $0.append(resume) }
    // The last one may have ended in between.
    if count.load(ordering: .acquiring) <= maximum - max(1, maximum / 64) {
      for resume in waiting.withLock({ exchange(&$0, with: []) }) { resume() }
    }
  }
}

/// Stops accepting connections at their limit, and for a second when the process or the system has no
/// descriptors left: an event loop that went on would do nothing but fail. Clients wait in the kernel's
/// queue meanwhile.
final class AcceptLimiter: ChannelDuplexHandler, @unchecked Sendable {
  typealias InboundIn = any Channel
  typealias InboundOut = any Channel
  typealias OutboundIn = Never
  // Unchecked: only the accepting channel's event loop touches it.

  private let limit: ConnectionLimit
  private var isPaused = false
  private var isReadWanted = false
  private var context: ChannelHandlerContext?

  init(_ limit: ConnectionLimit) { self.limit = limit }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func read(context: ChannelHandlerContext) {
    if isPaused { isReadWanted = true } else { context.read() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let child = Self.unwrapInboundIn(data)
    let limit = limit
    child.closeFuture.whenComplete { _ in limit.remove() }
    if !limit.add(), !isPaused {
      isPaused = true
      limit.report(
        "all \(limit.maximum) connections are in use; more wait until some end, or raise the limit of "
          + "open files (ulimit -n, LimitNOFILE=)")
      let loop = context.eventLoop
      limit.wait { loop.execute { self.resume() } }
    }
    context.fireChannelRead(data)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError, !isPaused else { return }
    switch error.errnoCode {
    case EMFILE, ENFILE, ENOBUFS, ENOMEM:
      isPaused = true
      limit.report(
        "no connection can be accepted: \(String(cString: strerror(error.errnoCode))); trying again in "
          + "a second; raise the limit of open files (ulimit -n, LimitNOFILE=)")
      context.eventLoop.scheduleTask(in: .seconds(1)) { self.resume() }
    // What else goes wrong concerns one connection that is gone already.
    default: return
    }
  }

  private func resume() {
    isPaused = false
    if isReadWanted {
      isReadWanted = false
      context?.read()
    }
  }
}
