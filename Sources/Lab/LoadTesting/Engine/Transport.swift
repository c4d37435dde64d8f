internal import LinuxSystem

/// How a connection's bytes travel.
enum Transport {
  case plain
  case secured(TLSSession)

  @inline(__always)
  var isPlain: Bool {
    if case .plain = self { return true }
    return false
  }

  @inline(__always)
  func receive(
    _ room: UnsafeMutableRawBufferPointer, from descriptor: Int32
  ) -> SocketCalls.Outcome {
    switch self {
    case .plain: SocketCalls.receive(room, from: descriptor)
    case .secured(let session): session.receive(room)
    }
  }

  @inline(__always)
  func send(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> SocketCalls.Outcome {
    switch self {
    case .plain: SocketCalls.send(bytes, to: descriptor)
    case .secured(let session): session.send(bytes)
    }
  }

  func handshake() -> TLSSession.Handshake {
    switch self {
    case .plain: .done
    case .secured(let session): session.handshake()
    }
  }

  /// Says goodbye, if that is how it is done.
  func end() {
    if case .secured(let session) = self { session.end() }
  }
}
