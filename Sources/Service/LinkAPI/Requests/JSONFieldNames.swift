#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The names of a JSON object's fields as they are written, which decoders do not tell: they keep one of
/// several values of a name, and which one is up to them (RFC 8259, section 4).
enum JSONFieldNames {
  /// The first name that comes twice; nil if none does.
  ///
  /// - Parameter object: valid JSON in UTF-8. Complexity: O(length).
  static func repeated(in object: [UInt8]) -> String? {
    var seen: Set<String> = []
    var depth = 0
    var isNameNext = false
    var index = 0
    while index < object.count {
      switch object[index] {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        isNameNext = depth == 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: ","): isNameNext = depth == 1
      case UInt8(ascii: "\""):
        let end = endOfString(object, from: index)
        if isNameNext {
          isNameNext = false
          // Escapes can write one name in many ways.
          let name = try? JSONDecoder().decode(String.self, from: Data(object[index..<end]))
          if let name, !seen.insert(name).inserted { return name }
        }
        index = end - 1
      default: break
      }
      index += 1
    }
    return nil
  }

  /// Behind the quotation mark that ends a string.
  private static func endOfString(_ bytes: [UInt8], from start: Int) -> Int {
    var index = start + 1
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\\"): index += 2
      case UInt8(ascii: "\""): return index + 1
      default: index += 1
      }
    }
    return bytes.count
  }
}
