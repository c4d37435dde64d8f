internal import Terminal

/// Measured quantities for people: four significant digits or so, with the unit that suits them.
enum QuantityText {
  /// `635.9 µs`, `12.92 ms`, `1.250 s`.
  static func time(nanoseconds: Double) -> String {
    // By what is printed: 999.96 would be 1000.0.
    switch nanoseconds {
    case ..<999.5: return NumberText.fixed(nanoseconds, places: 0) + " ns"
    case ..<999_950: return fourDigits(nanoseconds / 1e3) + " µs"
    case ..<999_950_000: return fourDigits(nanoseconds / 1e6) + " ms"
    default: return fourDigits(nanoseconds / 1e9) + " s"
    }
  }

  static func time(nanoseconds: UInt64) -> String { time(nanoseconds: Double(nanoseconds)) }

  static func time(seconds: Double) -> String { time(nanoseconds: seconds * 1e9) }

  private static func fourDigits(_ number: Double) -> String {
    switch number {
    case ..<9.9995: NumberText.fixed(number, places: 3)
    case ..<99.995: NumberText.fixed(number, places: 2)
    case ..<999.95: NumberText.fixed(number, places: 1)
    default: grouped(number)
    }
  }

  /// `748,869`, and below a hundred thousand with a tenth: `1,000.0`.
  static func rate(_ perSecond: Double) -> String {
    guard perSecond < 99_999.95 else { return grouped(perSecond) }
    let text = NumberText.fixed(perSecond, places: 1)
    guard let whole = Int(text.dropLast(2)) else { return text }
    return NumberText.grouped(whole) + text.suffix(2)
  }

  /// Whole, with commas.
  static func grouped(_ number: Double) -> String {
    Int64(exactly: number.rounded()).map { NumberText.grouped($0) } ?? "\(number)"
  }

  /// Bytes, also more than an `Int` holds.
  static func bytes(_ count: Double) -> String {
    SizeText.approximate(Int(exactly: count.rounded()) ?? .max)
  }

  /// `4.1`: the percents of a change, with two digits where it is small.
  static func percent(_ percent: Double) -> String {
    NumberText.fixed(percent, places: percent.magnitude < 0.995 ? 2 : 1)
  }

  /// `1 thread`, `8 threads`.
  static func count(_ count: Int, _ noun: String, plural: String? = nil) -> String {
    "\(NumberText.grouped(count)) \(count == 1 ? noun : plural ?? noun + "s")"
  }
}

/// `text` in lines of at most `width` columns, broken at blanks; the later ones begin with `indent`.
func wrapped(_ text: String, width: Int, indent: String) -> [String] {
  var lines: [String] = []
  var line = ""
  for word in printable(text).split(separator: " ") {
    let longer = line.isEmpty ? (lines.isEmpty ? "" : indent) + word : line + " " + word
    if displayWidth(longer) <= width || line.isEmpty {
      line = longer
    } else {
      lines.append(cut(line, toWidth: width))
      line = indent + word
    }
  }
  if !line.isEmpty { lines.append(cut(line, toWidth: width)) }
  return lines
}
