/// A profile that cannot be read, written or believed: says what is wrong and where.
public struct ProfileFormatError: Error, Hashable, CustomStringConvertible {
  /// What is wrong, such as "sample 12 refers to location 99, which is not in the profile".
  /// Samples, locations and the like are counted from 0 in file order, unless an id is named.
  public var message: String
  /// The offset of the trouble in bytes from the beginning of the input, if one is known.
  public var offset: Int?
  /// The line of the trouble in a text, counted from 1, if there is one.
  public var line: Int?

  public init(_ message: String, offset: Int? = nil, line: Int? = nil) {
    self.message = message
    self.offset = offset
    self.line = line
  }

  public var description: String {
    if let line { return "line \(line): \(message)" }
    if let offset { return "\(message) (at byte \(offset))" }
    return message
  }
}
