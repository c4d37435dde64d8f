import LoadTesting
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

  /// Requests a second; `0.5` is one every two seconds.
  @Sendable static func rate(_ text: String) throws -> Double {
    if let count = try? CountText.parse(text), count > 0 { return Double(count) }
    guard let number = Double(text), number >= 0.001, number <= 1e9 else {
      throw ValueTextError("write a rate above zero, for example 0.5, 1000 or 50k")
    }
    return number
  }

  /// Statuses of HTTP with commas between them.
  @Sendable static func statuses(_ text: String) throws -> [Int] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let status = Int(part), (200...999).contains(status), part.count == 3 else {
        throw ValueTextError("\(quoted(part)) is not a status; write for example 308 or 200,404")
      }
      return status
    }
  }

  /// Names of scenarios with commas between them.
  @Sendable static func scenarios(_ text: String) throws -> [LynxScenario] {
    if text == "all" { return LynxScenario.allCases }
    return try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let scenario = LynxScenario(rawValue: String(part)) else {
        let names = LynxScenario.allCases.map(\.rawValue) + ["all"]
        throw ValueTextError(
          "\(quoted(part)) is not a scenario; there are \(names.joined(separator: ", "))")
      }
      return scenario
    }
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
