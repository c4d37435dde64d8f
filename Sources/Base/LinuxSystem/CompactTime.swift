internal import Glibc

/// A moment in the basic format of ISO 8601, in UTC and to the second: `20261128T082213Z`. Always
/// ``length`` bytes, so that texts sort as moments do.
public enum CompactTime {
  public static let length = 16

  /// - Parameter seconds: since 1970; years beyond 9999 do not fit and come out as the last one.
  public static func text(_ seconds: Int64) -> String {
    var time = time_t(min(max(0, seconds), 253_402_300_799))
    var fields = tm()
    gmtime_r(&time, &fields)
    func digits(_ number: Int32, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    return digits(1900 + fields.tm_year, 4) + digits(fields.tm_mon + 1, 2)
      + digits(fields.tm_mday, 2) + "T" + digits(fields.tm_hour, 2) + digits(fields.tm_min, 2)
      + digits(fields.tm_sec, 2) + "Z"
  }
}
