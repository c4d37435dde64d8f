import Glibc

/// Standard output and standard error.
public enum StandardStream: Int32, Sendable {
  /// For data.
  case output = 1
  /// For progress and whatever went wrong.
  case error = 2

  public var isTerminal: Bool { isatty(rawValue) == 1 }

  /// How many columns the terminal has; nil if the stream is none.
  public var columns: Int? {
    guard isTerminal else { return nil }
    var size = winsize()
    if ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      return Int(size.ws_col)
    }
    if let text = environmentValue("COLUMNS"), let columns = Int(text), columns > 0 {
      return columns
    }
    return 80
  }

  /// Writes all of `text`.
  ///
  /// A reader that has gone away, as `head` does, is not an error: it has all it wanted. A stream
  /// that is full or closed is, with code 73.
  ///
  /// - Parameter needsReader: whether it is one all the same, for what nobody may miss.
  public func write(_ text: String, needsReader: Bool = false) throws(CommandError) {
    try write(Array(text.utf8), needsReader: needsReader)
  }

  /// Writes all of `bytes`; see `write(_:needsReader:)` for texts.
  public func write(_ bytes: [UInt8], needsReader: Bool = false) throws(CommandError) {
    let code: Int32
    switch writeAll(bytes, to: rawValue) {
    case .failed(let errno): code = errno
    case .readerGone where needsReader: code = EPIPE
    case .done, .readerGone: return
    }
    throw CommandError(.cantCreate, "cannot write to \(name): \(describe(errno: code))")
  }

  private var name: String {
    switch self {
    case .output: "standard output"
    case .error: "standard error"
    }
  }
}

/// The value of an environment variable; nil if it is not set or empty.
public func environmentValue(_ name: String) -> String? {
  guard let value = getenv(name), value.pointee != 0 else { return nil }
  return String(cString: value)
}

/// What the system calls error number `errno`, beginning with a small letter.
func describe(errno: Int32) -> String {
  let text = String(cString: strerror(errno))
  return text.prefix(1).lowercased() + text.dropFirst()
}
