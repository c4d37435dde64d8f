/// Numbers for people: `1,234,567`, `12.34%`.
public enum NumberText {
  /// `number` with a comma between each three digits.
  public static func grouped(_ number: some BinaryInteger) -> String {
    let digits = Array(String(number.magnitude).utf8)
    var text = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.unicodeScalars.append(Unicode.Scalar(digit))
    }
    return text
  }

  /// `number` with exactly `places` digits behind the point, at most nine; halves away from zero.
  /// What is no finite number, or too large to have such digits, is written as Swift does.
  public static func fixed(_ number: Double, places: Int) -> String {
    let places = min(max(places, 0), 9)
    var scale: UInt64 = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = (number.magnitude * Double(scale)).rounded()
    guard scaled.isFinite, scaled < 0x1p63 else { return "\(number)" }
    let units = UInt64(scaled)
    let sign = number < 0 && units > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(units)" }
    let fraction = String(units % scale)
    let zeros = String(repeating: "0", count: places - fraction.count)
    return "\(sign)\(units / scale).\(zeros)\(fraction)"
  }

  /// How much of `whole` is `part`, as `12.34%`; `0.00%` of nothing.
  public static func percentage(_ part: Int64, of whole: Int64) -> String {
    let share = whole == 0 ? 0 : Double(part) / Double(whole) * 100
    return fixed(share, places: 2) + "%"
  }
}
