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
      switch errno {
      case EINTR: continue
      case EAGAIN, ENOMEM: return .wouldBlock
      default: return .failed
      }
    }
  }

  // Written out, though it is nearly the same again: of two functions that differ in constants and in what they
  // call, the compiler makes one, and profiles would show sending as receiving.
  public static func send(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Outcome {
    while true {
      let count = Glibc.send(
        descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      if count >= 0 { return .done(count) }
      switch errno {
      case EINTR: continue
      case EAGAIN, ENOBUFS, ENOMEM: return .wouldBlock
      default: return .failed
      }
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
