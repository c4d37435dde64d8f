internal import Glibc

/// Waits until one of the descriptors is readable or the time is over; the positions of the
/// readable (or hung up) ones.
public func waitForReadable(
  _ descriptors: [Int32], timeoutMilliseconds: Int32
) -> [Int] {
  var entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  let count = poll(&entries, nfds_t(entries.count), timeoutMilliseconds)
  guard count > 0 else { return [] }
  return entries.indices.filter { entries[$0].revents != 0 }
}

/// Waits until a descriptor is writable, as a socket is that has connected or failed to; false when the time is
/// over.
public func waitForWritable(_ descriptor: Int32, timeoutMilliseconds: Int32) -> Bool {
  var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
  return poll(&entry, 1, timeoutMilliseconds) > 0
}
