internal import Glibc

/// Reading from and writing to sockets that do not block. Called for every request: errors are few
/// and told apart here, without an object for each.
public enum SocketCalls {
  public enum Outcome: Equatable {
    /// So many bytes; 0 is the end of what the other side sends.
    case done(Int)
    /// Nothing now.
    case wouldBlock
    /// The connection is gone.
    case failed
  }

  public static func receive(_ room: UnsafeMutableRawBufferPointer, from descriptor: Int32)
    -> Outcome
  {
    while true {
      let count = recv(descriptor, room.baseAddress, room.count, Int32(MSG_DONTWAIT))
      if count >= 0 { return .done(count) }
      if let outcome = failure(errno) { return outcome }
    }
  }

  public static func send(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Outcome {
    while true {
      let count = Glibc.send(
        descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      if count >= 0 { return .done(count) }
      if let outcome = failure(errno) { return outcome }
    }
  }

  /// Nil if a signal interrupted the call.
  private static func failure(_ code: Int32) -> Outcome? {
    switch code {
    case EINTR: nil
    case EAGAIN, ENOBUFS, ENOMEM: .wouldBlock
    default: .failed
    }
  }

  /// The next connection of a listening socket; -1 and why if there is none.
  public static func accept(_ listener: Int32) -> (descriptor: Int32, code: Int32) {
    while true {
      do throws(SystemCallError) {
        return (try acceptConnection(from: listener), 0)
      } catch {
        // What concerns only a connection that is gone already: accept(2), "Error handling".
        switch error.code {
        case ECONNABORTED, EPERM, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
          EOPNOTSUPP, ENETUNREACH:
          continue
        default: return (-1, error.code)
        }
      }
    }
  }

  /// Tells the other side that nothing more is sent.
  public static func endOutput(_ descriptor: Int32) { shutdown(descriptor, Int32(SHUT_WR)) }
}
