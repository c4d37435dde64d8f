internal import Glibc

/// A moment as HTTP writes it (IMF-fixdate, RFC 9110, section 5.6.7), `Sun, 06 Nov 1994 08:49:37 GMT`:
/// always ``length`` bytes.
public enum HTTPDate {
  public static let length = 29
  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Now, by the wall clock.
  public static var now: String { text(Int64(clamping: Clock.wallNanoseconds / 1_000_000_000)) }

  /// - Parameter seconds: since 1970; years beyond 9999 do not fit and come out as the last one.
  public static func text(_ seconds: Int64) -> String {
    var time = time_t(min(max(0, seconds), 253_402_300_799))
    var fields = tm()
    gmtime_r(&time, &fields)
    func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + "\(number)" }
    let day = days[Int(fields.tm_wday) % 7]
    let month = months[Int(fields.tm_mon) % 12]
    return "\(day), \(two(fields.tm_mday)) \(month) \(1900 + fields.tm_year) "
      + "\(two(fields.tm_hour)):\(two(fields.tm_min)):\(two(fields.tm_sec)) GMT"
  }
}
