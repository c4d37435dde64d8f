import Terminal

/// Reads what stands behind an option; ArgumentParser puts the option's name before the reason.
enum OptionValue {
  @Sendable static func duration(_ text: String) throws -> Duration {
    try DurationText.parse(text)
  }

  @Sendable static func size(_ text: String) throws -> Int {
    try SizeText.parse(text)
  }

  @Sendable static func count(_ text: String) throws -> Int {
    try CountText.parse(text)
  }

  /// Process or thread numbers with commas between them.
  @Sendable static func identifiers(_ text: String) throws -> [Int32] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let identifier = Int32(part), identifier > 0, part.first != "+" else {
        throw ValueTextError(
          "\(quoted(part)) is not a process or thread number; write for example 1234 or 1234,1235")
      }
      return identifier
    }
  }

  /// A whole number in `range`.
  static func whole(in range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
    { text in
      guard let number = Int(text), range.contains(number) else {
        throw ValueTextError(
          "write a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
  }

  /// A number of pixels, not negative and no more than the narrowest picture has.
  @Sendable static func width(_ text: String) throws -> Double {
    guard let number = Double(text), number.isFinite, number >= 0, number <= 200 else {
      throw ValueTextError("write a number that is not negative and at most 200, for example 0.1")
    }
    return number
  }

  /// A regular expression, as the browser will read it.
  @Sendable static func regularExpression(_ text: String) throws -> String {
    do {
      _ = try Regex(text)
      return text
    } catch {
      throw ValueTextError(
        "\(quoted(text)) is not a regular expression; write for example 'read|write'")
    }
  }
}
