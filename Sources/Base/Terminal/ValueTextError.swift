/// Why a text is not the duration, size or number it should be, with an example of one that is.
public struct ValueTextError: Error, Sendable, Equatable, CustomStringConvertible {
  public var message: String

  public init(_ message: String) {
    self.message = message
  }

  public var description: String { message }
}
