internal import Hummingbird
internal import NIOCore

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// What is sent back: built whole, since nothing here is large.
extension Response {
  static func json(
    _ value: some Encodable, status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]
  ) throws -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return .text(
      ByteBuffer(bytes: try encoder.encode(value)), "application/json", status: status,
      fields: fields)
  }

  static func text(
    _ body: ByteBuffer, _ contentType: String, status: HTTPResponse.Status = .ok,
    fields: HTTPFields = [:]
  ) -> Response {
    var fields = fields
    fields[.contentType] = contentType
    // Answers say how things are now, and to whom they were given.
    fields[.cacheControl] = "no-store"
    return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: body))
  }

  static func error(_ error: APIError) -> Response {
    .text(
      ByteBuffer(string: ErrorBody.text(error.reason)), ErrorBody.contentType,
      status: error.status, fields: error.fields)
  }
}

enum Sentence {
  private static let maximumLength = 500

  /// Text as a sentence: a capital letter first, a full stop last. It may repeat what a client sent: control
  /// characters become U+FFFD, and what is too long ends early.
  static func whole(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(maximumLength) {
      let isControl = scalar.properties.generalCategory == .control
      scalars.append(isControl ? "\u{fffd}" : scalar)
    }
    if text.unicodeScalars.count > maximumLength { scalars.append("…") }
    if let first = scalars.first, first.isASCII {
      scalars.replaceSubrange(
        ...scalars.startIndex, with: first.properties.uppercaseMapping.unicodeScalars)
    }
    if scalars.last != "." { scalars.append(".") }
    return String(scalars)
  }
}

enum JSONText {
  /// A JSON string (RFC 8259, section 7), whatever the text contains.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
