internal import CLinuxShims
internal import Glibc

/// A system call that failed: which one, on what, and the kernel's reason.
public struct SystemCallError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The call's name, as in section 2 of the manual.
  public let call: String
  /// The `errno` value.
  public let code: Int32
  /// What it was called on: a path, a process; empty if there is nothing to name.
  public let subject: String

  public init(call: String, code: Int32, subject: String = "") {
    self.call = call
    self.code = code
    self.subject = subject
  }

  /// The kernel's reason in words, such as "Permission denied".
  public var reason: String { String(cString: strerror(code)) }

  /// The reason's name in the manual, such as "EACCES"; its number if it has none.
  public var name: String {
    lynx_error_name(code).map { String(cString: $0) } ?? "error \(code)"
  }

  public var description: String {
    subject.isEmpty ? "\(call): \(reason)" : "\(call) \(subject): \(reason)"
  }
}

/// Runs a C call that answers -1 and sets `errno` on failure; tries again when a signal
/// interrupted it. Every system call of this room goes through here or through
/// ``systemCall(_:on:result:)``.
@discardableResult
public func retryingSystemCall<Result: FixedWidthInteger & SignedInteger>(
  _ call: String, on subject: @autoclosure () -> String = "", _ body: () -> Result
) throws(SystemCallError) -> Result {
  while true {
    let result = body()
    if result != -1 { return result }
    let code = errno
    if code != EINTR { throw SystemCallError(call: call, code: code, subject: subject()) }
  }
}

/// Turns the shims' "value or -errno" into a value or an error.
@discardableResult
func systemCall(
  _ call: String, on subject: @autoclosure () -> String = "", result: Int32
) throws(SystemCallError) -> Int32 {
  if result >= 0 { return result }
  throw SystemCallError(call: call, code: -result, subject: subject())
}
