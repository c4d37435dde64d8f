internal import Databases
internal import Glibc
internal import LinuxSystem

/// One connection of a store, made again whenever it is lost.
final class PostgresLane {
  /// Its number among the connections of the store.
  let index: Int
  private let options: PostgresDriver.Options
  private var pipeline: PostgresPipeline?
  private var pauseNanoseconds: UInt64
  private var nextAttemptNanoseconds: UInt64 = 0
  init(_ options: PostgresDriver.Options, index: Int) {
    self.index = index
    self.options = options
    pauseNanoseconds = options.firstPauseNanoseconds
  }

  /// The connection, if there is one that takes requests.
  var ready: PostgresPipeline? { pipeline?.state == .ready ? pipeline : nil }

  /// That a server has let the connection wait; nil if it does not.
  var silence: DatabaseError? {
    guard let pipeline, pipeline.state == .connecting else { return nil }
    return DatabaseError(
      .unreachable, "PostgreSQL at \(pipeline.address) does not answer: is it running there")
  }

  /// When there is something to do without any event.
  var deadlineNanoseconds: UInt64 {
    guard let pipeline else { return nextAttemptNanoseconds }
    // It broke while something was sent.
    if case .closed = pipeline.state { return 0 }
    return pipeline.deadlineNanoseconds ?? .max
  }

  var pollDescriptor: pollfd {
    // A negative descriptor is passed over (poll(2)).
    guard let pipeline else { return pollfd(fd: -1, events: 0, revents: 0) }
    var events: Int32 = 0
    if pipeline.interest.contains(.reading) { events |= POLLIN }
    if pipeline.interest.contains(.writing) { events |= POLLOUT }
    return pollfd(fd: pipeline.descriptor, events: Int16(events), revents: 0)
  }

  /// Begins to connect again if it is time to; why that cannot be.
  func reconnectIfDue(_ conninfo: String, _ now: UInt64) -> DatabaseError? {
    guard pipeline == nil, now >= nextAttemptNanoseconds else { return nil }
    do throws(DatabaseError) {
      pipeline = try PostgresPipeline(conninfo: conninfo, options: options.pipeline)
      return nil
    } catch {
      pause()
      return error
    }
  }

  /// Lets the connection do its work; why it was lost, if it was.
  func process(readable: Bool, writable: Bool) -> DatabaseError? {
    guard let pipeline else { return nil }
    pipeline.process(readable: readable, writable: writable)
    switch pipeline.state {
    case .connecting: return nil
    case .ready:
      pauseNanoseconds = options.firstPauseNanoseconds
      return nil
    case .closed(let error):
      self.pipeline = nil
      pause()
      return error
    }
  }

  func close() {
    pipeline?.close()
    pipeline = nil
  }

  private func pause() {
    nextAttemptNanoseconds = Clock.monotonicNanoseconds &+ pauseNanoseconds
    pauseNanoseconds = min(2 * pauseNanoseconds, options.longestPauseNanoseconds)
  }
}
