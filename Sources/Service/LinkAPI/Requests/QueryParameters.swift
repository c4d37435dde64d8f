/// The query of an address, of which nothing is passed over: a parameter that is not known or comes twice
/// is refused, since the answer would be another than was meant.
struct QueryParameters {
  private var values: [String: String] = [:]

  /// Throws an ``APIError`` with 400. `allowingRepeats` lets a parameter come again with the same value.
  /// Complexity: O(length).
  init(_ query: String?, known names: Set<String>, allowingRepeats: Bool = false) throws(APIError) {
    guard let query, !query.isEmpty else { return }
    for part in query.split(separator: "&", omittingEmptySubsequences: true) {
      let pieces = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentDecoding.decode(pieces[0], plusIsSpace: true),
        let value = PercentDecoding.decode(pieces.count > 1 ? pieces[1] : "", plusIsSpace: true)
      else {
        throw APIError(.badRequest, "the query is not percent-encoded UTF-8")
      }
      guard names.contains(name) else {
        throw APIError(
          .badRequest,
          "the query parameter '\(Self.shortened(name))' is not known here; known are "
            + names.sorted().joined(separator: ", "))
      }
      let before = values.updateValue(value, forKey: name)
      guard before == nil || allowingRepeats && before == value else {
        throw APIError(.badRequest, "the query parameter '\(name)' comes twice; send it once")
      }
    }
  }

  func text(_ name: String) -> String? { values[name] }

  /// An integer; one that no 64 bits hold is the nearest that they do.
  func integer(_ name: String) throws(APIError) -> Int64? {
    guard let text = values[name] else { return nil }
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
    guard !digits.isEmpty,
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else {
      throw APIError(.badRequest, "the query parameter '\(name)' is not an integer")
    }
    return Int64(text) ?? (digits.count < text.utf8.count ? .min : .max)
  }

  func boolean(_ name: String) throws(APIError) -> Bool? {
    switch values[name] {
    case nil: return nil
    case "true": return true
    case "false": return false
    default:
      throw APIError(.badRequest, "the query parameter '\(name)' is neither true nor false")
    }
  }

  /// So that an answer does not repeat much of what was sent.
  private static func shortened(_ name: String) -> String {
    name.unicodeScalars.count <= 40
      ? name : String(String.UnicodeScalarView(name.unicodeScalars.prefix(40))) + "…"
  }
}
