public import Terminal

extension LoadThreshold {
  private static let examples =
    "write for example p99<5ms, p99.9<=20ms, mean<1ms, max<1s, rps>=50k, errors<1 or errors<0.1%"

  /// The thresholds that `text` lists between commas: at least one.
  public static func parse(_ text: String) throws(ValueTextError) -> [LoadThreshold] {
    guard text.utf8.count <= 4096 else {
      throw ValueTextError("it is longer than 4096 bytes; \(examples)")
    }
    var thresholds: [LoadThreshold] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      thresholds.append(try one(part))
    }
    return thresholds
  }

  private static func one(_ part: Substring) throws(ValueTextError) -> LoadThreshold {
    let text = String(part.filter { $0 != " " && $0 != "\t" })
    guard !text.isEmpty else { throw ValueTextError("a threshold is empty; \(examples)") }
    let isSign = { (character: Character) in "<>=!".contains(character) }
    let name = text.prefix { !isSign($0) }
    let sign = text[name.endIndex...].prefix(while: isSign)
    let limit = text[sign.endIndex...]
    guard let comparison = Comparison(rawValue: String(sign)) else {
      let problem = sign.isEmpty ? "has none of" : "has \(quoted(sign)), which is none of"
      throw ValueTextError("\(quoted(text)) \(problem) <, <=, > and >=; \(examples)")
    }
    guard let figure = figure(name, isPercent: limit.last == "%") else {
      throw ValueTextError("\(quoted(name)) is no figure of a run; \(examples)")
    }
    do {
      return LoadThreshold(
        text: text, figure: figure, comparison: comparison, limit: try value(limit, figure))
    } catch {
      throw ValueTextError("the limit in \(quoted(text)) is not understood: \(error.message)")
    }
  }

  private static func figure(_ name: Substring, isPercent: Bool) -> Figure? {
    switch name {
    case "mean": return .mean
    case "max": return .maximum
    case "rps": return .requestsPerSecond
    case "errors": return isPercent ? .errorPercent : .errors
    default:
      guard name.first == "p" else { return nil }
      return decimal(name.dropFirst()).flatMap { $0 <= 100 ? .percentile($0) : nil }
    }
  }

  private static func value(
    _ text: Substring, _ figure: Figure
  ) throws(ValueTextError) -> Double {
    switch figure {
    case .percentile, .mean, .maximum:
      // Elsewhere a bare number is seconds, but nobody who types p99<5 means five of them.
      guard decimal(text) == nil else {
        throw ValueTextError("it has no unit; write for example 5ms, 250us or 1.5s")
      }
      let parts = try DurationText.parse(String(text)).components
      return Double(parts.seconds) * 1e9 + Double(parts.attoseconds) / 1e9
    case .requestsPerSecond, .errors:
      return Double(try CountText.parse(String(text)))
    case .errorPercent:
      guard let percent = decimal(text.dropLast()), percent <= 100 else {
        throw ValueTextError("write a number from 0 to 100 before the %")
      }
      return percent
    }
  }

  /// An unsigned decimal: digits, and perhaps a point and digits; nil for anything else.
  private static func decimal(_ text: Substring) -> Double? {
    let isDigit = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard text.utf8.count <= 20, (1...2).contains(parts.count) else { return nil }
    guard parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) }) else { return nil }
    return Double(text)
  }
}
