/// Sizes in bytes as people type them: `4096`, `64k`, `10M`, `1.5GiB`.
///
/// Each step is 1024, with or without the `i`: memory and stacks come in powers of two.
public enum SizeText {
  private static let examples = "write for example 4096, 64k, 10M or 1GiB"
  private static let prefixes = ["", "k", "m", "g", "t"]

  /// The number of bytes `text` says.
  public static func parse(_ text: String) throws(ValueTextError) -> Int {
    try parseScaled(text, step: 1024, examples: examples, what: "a size") { unit in
      let unit = unit.lowercased()
      if unit == "b" { return 0 }
      return prefixes.firstIndex { prefix in
        unit == prefix || !prefix.isEmpty && (unit == prefix + "b" || unit == prefix + "ib")
      }
    }
  }

  /// The shortest text that `parse` reads as `bytes`: `64k`, `65537`.
  public static func format(_ bytes: Int) -> String {
    formatScaled(bytes, step: 1024, prefixes: ["", "k", "M", "G", "T"])
  }

  /// `bytes` to three digits or so, for people: `214 KiB`, `1.5 MiB`.
  public static func approximate(_ bytes: Int) -> String {
    var value = Double(bytes)
    var unit = "bytes"
    for next in ["KiB", "MiB", "GiB", "TiB"] where value.magnitude >= 1024 {
      value /= 1024
      unit = next
    }
    if unit == "bytes" { return bytes == 1 ? "1 byte" : "\(bytes) bytes" }
    return value.magnitude < 10
      ? "\(NumberText.fixed(value, places: 1)) \(unit)"
      : "\(NumberText.fixed(value, places: 0)) \(unit)"
  }
}
