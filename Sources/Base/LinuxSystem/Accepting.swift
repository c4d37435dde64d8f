internal import CLinuxShims

/// The next connection of a listening socket: a descriptor that does not block and that started programs
/// do not inherit.
public func acceptConnection(from listener: Int32) throws(SystemCallError) -> Int32 {
  try systemCall("accept", result: lynx_accept(listener))
}
