/// Rates and counts as people type them: `1000`, `50k`, `1.5M`; each step is 1000.
public enum CountText {
  private static let examples = "write for example 99, 1000, 50k or 1.5M"
  private static let prefixes = ["", "k", "m", "g"]

  /// The whole number `text` says.
  public static func parse(_ text: String) throws(ValueTextError) -> Int {
    try parseScaled(text, step: 1000, examples: examples, what: "a number") { unit in
      prefixes.firstIndex(of: unit.lowercased())
    }
  }

  /// The shortest text that `parse` reads as `count`: `50k`, `1500`.
  public static func format(_ count: Int) -> String {
    formatScaled(count, step: 1000, prefixes: ["", "k", "M", "G"])
  }
}

/// Reads a number and its unit, where `power` says how many times `step` a unit multiplies by.
func parseScaled(
  _ text: String, step: UInt64, examples: String, what: String, power: (Substring) -> Int?
) throws(ValueTextError) -> Int {
  guard !text.isEmpty else { throw ValueTextError("it is empty; \(examples)") }
  if text.hasPrefix("-") { throw ValueTextError("\(what) cannot be negative; \(examples)") }
  var rest = text[...]
  do {
    guard let number = try DecimalNumber(takingFrom: &rest) else {
      throw ValueTextError("it does not begin with a digit; \(examples)")
    }
    guard let power = power(rest) else {
      throw ValueTextError("\(quoted(rest)) is not a unit; \(examples)")
    }
    var scale: UInt64 = 1
    for _ in 0..<power { scale *= step }
    return Int(try number.scaled(by: scale))
  } catch let error as ValueTextError {
    throw error
  } catch DecimalNumber.ScalingError.notWhole {
    throw ValueTextError("it is not a whole number; \(examples)")
  } catch {
    throw ValueTextError("it is too large; \(examples)")
  }
}

/// Writes `value` with the largest prefix that leaves it whole.
func formatScaled(_ value: Int, step: Int, prefixes: [String]) -> String {
  var value = value
  var index = 0
  while value != 0, value % step == 0, index + 1 < prefixes.count {
    value /= step
    index += 1
  }
  return "\(value)\(prefixes[index])"
}
