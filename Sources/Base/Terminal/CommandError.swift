/// Why a command could not do its work, in words for the person who typed it.
public struct CommandError: Error, Sendable, Equatable {
  public var code: ExitCode
  /// One sentence without a full stop: what went wrong, where, and what to do about it.
  public var message: String
  /// Commands to type, one a line, printed indented below the sentence.
  public var remedy: String?

  public init(_ code: ExitCode, _ message: String, remedy: String? = nil) {
    self.code = code
    self.message = message
    self.remedy = remedy
  }
}

extension CommandError: CustomStringConvertible {
  public var description: String { message }
}
