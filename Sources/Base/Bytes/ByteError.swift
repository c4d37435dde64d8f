/// Bytes that are not what their format promises.
public struct ByteError: Error, Hashable, CustomStringConvertible {
  /// What is wrong, without the place.
  public var message: String
  /// Where, in bytes from the beginning of what was given to read.
  public var offset: Int

  public init(_ message: String, offset: Int) {
    self.message = message
    self.offset = offset
  }

  public var description: String { "\(message) at offset \(offset)" }
}
