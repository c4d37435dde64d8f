internal import CLinuxShims

/// The next connection of a listening socket: a descriptor that does not block and that started programs
/// do not inherit.
public func acceptConnection(from listener: Int32) throws(SystemCallError) -> Int32 {
  try systemCall("accept", result: lynx_accept(listener))
}

/// Of the listening sockets that share a port (SO_REUSEPORT), lets the one that joined second have all new
/// connections; as long as there is one alone, it keeps them. For a socket that is closed soon: what the
/// kernel gives it after its last accept would be reset.
public func yieldPort(of listener: Int32) throws(SystemCallError) {
  try systemCall("setsockopt", result: lynx_yield_port(listener))
}

/// How much of what was written to a socket the other side has not received yet; nil if that cannot be known.
public func unacknowledgedBytes(of socket: Int32) -> Int? {
  let bytes = lynx_unacknowledged(socket)
  return bytes < 0 ? nil : Int(bytes)
}
