/// Durations as people type them: `500ms`, `30s`, `5m`, `1h30m`, `1.5s`; a bare number is seconds.
public enum DurationText {
  private static let examples = "write for example 500ms, 30s, 5m or 1h30m"

  private static let units: [(name: String, nanoseconds: UInt64)] = [
    ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000),
    ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
  ]

  /// The duration `text` says, to the nanosecond and at most some 292 years.
  public static func parse(_ text: String) throws(ValueTextError) -> Duration {
    guard !text.isEmpty else { throw ValueTextError("it is empty; \(examples)") }
    if text.hasPrefix("-") {
      throw ValueTextError("a duration cannot be negative; \(examples)")
    }
    var rest = text[...]
    var total: Int64 = 0
    var lastUnit = UInt64.max
    do {
      while !rest.isEmpty {
        guard let number = try DecimalNumber(takingFrom: &rest) else {
          throw ValueTextError("\(quoted(rest)) is not a number with a unit; \(examples)")
        }
        let unit = rest.prefix { !$0.isASCIIDigit && $0 != "." }
        rest = rest[unit.endIndex...]
        let isBareNumber = unit.isEmpty && lastUnit == .max
        guard let scale = isBareNumber ? 1_000_000_000 : nanoseconds(ofUnit: unit) else {
          throw ValueTextError(
            unit.isEmpty
              ? "the last number has no unit; \(examples)"
              : "\(quoted(unit)) is not a unit of time; \(examples)")
        }
        guard scale < lastUnit else {
          throw ValueTextError("its units must go from large to small, each once; \(examples)")
        }
        lastUnit = scale
        let (sum, overflow) = total.addingReportingOverflow(try number.scaled(by: scale))
        guard !overflow else { throw DecimalNumber.ScalingError.tooLarge }
        total = sum
      }
    } catch let error as ValueTextError {
      throw error
    } catch DecimalNumber.ScalingError.notWhole {
      throw ValueTextError("it is finer than a nanosecond; \(examples)")
    } catch {
      throw ValueTextError("it is longer than can be measured; \(examples)")
    }
    return .nanoseconds(total)
  }

  private static func nanoseconds(ofUnit name: Substring) -> UInt64? {
    units.first { $0.name == name }?.nanoseconds
  }

  /// The shortest text that `parse` reads as `duration`, parts below a nanosecond left out:
  /// `1h30m`, `1.5s`, `250us`; a negative one has a minus sign in front.
  public static func format(_ duration: Duration) -> String {
    let parts = duration.components
    let isNegative = parts.seconds < 0 || parts.attoseconds < 0
    let seconds = parts.seconds.magnitude
    let nanoseconds = parts.attoseconds.magnitude / 1_000_000_000
    return (isNegative ? "-" : "") + format(seconds: seconds, nanoseconds: nanoseconds)
  }

  private static func format(seconds: UInt64, nanoseconds: UInt64) -> String {
    if seconds == 0 {
      switch nanoseconds {
      case 0: return "0s"
      case ..<1000: return "\(nanoseconds)ns"
      case ..<1_000_000: return decimalText(nanoseconds, places: 3) + "us"
      default: return decimalText(nanoseconds, places: 6) + "ms"
      }
    }
    var text = ""
    if seconds >= 3600 { text += "\(seconds / 3600)h" }
    if seconds % 3600 >= 60 { text += "\(seconds % 3600 / 60)m" }
    if seconds % 60 > 0 || nanoseconds > 0 {
      text += decimalText(seconds % 60 * 1_000_000_000 + nanoseconds, places: 9) + "s"
    }
    return text
  }
}
