internal import CLinuxShims
internal import Glibc

/// Descriptors that one thread waits for (epoll(7)), each with a token of the caller's.
///
/// Only one thread may use it.
public final class ReadySet {
  /// What a descriptor is waited for, and what it is ready for.
  public struct Events: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let read = Events(rawValue: 0x001)
    public static let write = Events(rawValue: 0x004)
    /// Reported without being asked for: an error, and that both sides ended.
    public static let error = Events(rawValue: 0x008)
    public static let hangUp = Events(rawValue: 0x010)
    /// The other side sends nothing more.
    public static let inputEnd = Events(rawValue: 0x2000)
    /// Told once for each time that something comes, rather than as long as it is there: spares the
    /// kernel a look at every wait. ``ReadySet/change(_:_:token:)`` tells again what is there.
    public static let once = Events(rawValue: 1 << 31)
  }

  private static let capacity = 256
  private let descriptor: FileDescriptor
  private let ready: UnsafeMutablePointer<lynx_ready>
  private var count = 0

  public init() throws(SystemCallError) {
    descriptor = FileDescriptor(
      owning: try systemCall("epoll_create", result: lynx_epoll_create()))
    ready = .allocate(capacity: Self.capacity)
    ready.initialize(repeating: lynx_ready(), count: Self.capacity)
  }

  deinit { ready.deallocate() }

  public func add(_ number: Int32, _ events: Events, token: UInt64) throws(SystemCallError) {
    try control(1, number, events, token)
  }

  public func change(_ number: Int32, _ events: Events, token: UInt64) throws(SystemCallError) {
    try control(3, number, events, token)
  }

  /// Closing a descriptor does the same.
  public func remove(_ number: Int32) throws(SystemCallError) { try control(2, number, [], 0) }

  private func control(
    _ operation: Int32, _ number: Int32, _ events: Events, _ token: UInt64
  ) throws(SystemCallError) {
    try systemCall(
      "epoll_ctl",
      result: lynx_epoll_control(descriptor.number, operation, number, events.rawValue, token))
  }

  /// Waits until something is ready, but not longer than given (-1: as long as it takes); how much is,
  /// at most 256. None as well if a signal came.
  public func wait(milliseconds: Int32) throws(SystemCallError) -> Int {
    count = 0
    let found = lynx_epoll_wait(descriptor.number, ready, Int32(Self.capacity), milliseconds)
    count = Int(try systemCall("epoll_wait", result: found))
    return count
  }

  /// As ``wait(milliseconds:)``, to the nanosecond where the kernel can (Linux 5.11).
  public func wait(nanoseconds: UInt64) throws(SystemCallError) -> Int {
    count = 0
    let found = lynx_epoll_wait_exactly(
      descriptor.number, ready, Int32(Self.capacity), nanoseconds)
    count = Int(try systemCall("epoll_pwait2", result: found))
    return count
  }

  /// What the last wait found; below the count it returned.
  public func found(_ index: Int) -> (token: UInt64, events: Events) {
    precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
    return (ready[index].token, Events(rawValue: ready[index].events))
  }
}
