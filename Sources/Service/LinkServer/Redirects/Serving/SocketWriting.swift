internal import Glibc

/// Writing to a socket at once, past the queue that SwiftNIO keeps for it: for a whole answer that is
/// all there is to write, that queue is a fifth of what the server does.
///
/// Unsafe code. The invariant, kept by who calls: the descriptor is the channel's and open, and nothing
/// is in its queue.
enum SocketWriting {
  enum Outcome: Equatable {
    /// So many bytes; fewer than there were if the client does not read them fast enough.
    case wrote(Int)
    case failed
  }

  @inline(__always)
  static func send(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Outcome {
    while true {
      let count = Glibc.send(
        descriptor, bytes.baseAddress, bytes.count,
        Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      if count >= 0 { return .wrote(count) }
      if errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS { return .wrote(0) }
      if errno != EINTR { return .failed }
    }
  }
}
