import Glibc

enum WriteResult: Equatable {
  case done
  /// The other end of the pipe or socket was closed.
  case readerGone
  case failed(errno: Int32)
}

/// Writes all of `bytes`, over interruptions and short writes.
///
/// A pipe nobody reads ends in `.readerGone` and never in SIGPIPE. The signal is held back on this
/// thread alone and only here, since a disposition would be inherited by the commands Lynx starts.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> WriteResult {
  var pipeSignal = sigset_t()
  sigemptyset(&pipeSignal)
  sigaddset(&pipeSignal, SIGPIPE)
  var before = sigset_t()
  pthread_sigmask(SIG_BLOCK, &pipeSignal, &before)
  defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

  let result = bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
  if result == .readerGone, sigismember(&before, SIGPIPE) == 0 {
    // Takes the signal that waits, so that it does not come when the mask is lifted.
    var atOnce = timespec()
    while sigtimedwait(&pipeSignal, nil, &atOnce) == -1, errno == EINTR {}
  }
  return result
}

private func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> WriteResult {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
    if count >= 0 {
      rest = rest.dropFirst(count)
      continue
    }
    switch errno {
    case EINTR: continue
    case EAGAIN:
      var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = poll(&ready, 1, -1)
    case EPIPE: return .readerGone
    case let error: return .failed(errno: error)
    }
  }
  return .done
}
