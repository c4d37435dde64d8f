internal import Hummingbird
internal import NIOCore

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// What a request's body has to be: one JSON object with the fields that are known, each once, and no others.
protocol JSONBody: Decodable {
  associatedtype Field: CodingKey, CaseIterable
}

/// The body of a request that asks for no fields.
struct EmptyBody: JSONBody {
  enum Field: String, CodingKey, CaseIterable { case none = "" }

  init(from decoder: any Decoder) throws {}
}

extension Request {
  /// The body, which the connection has read whole and not too large.
  ///
  /// Throws an ``APIError``: 415 if it does not say that it is JSON, 400 if it is not what `Body` asks for.
  func body<Body: JSONBody>(as type: Body.Type) async throws -> Body {
    guard isJSON else {
      throw APIError(
        .unsupportedMediaType, "the body has to be JSON; send 'Content-Type: application/json'")
    }
    return try JSONDecoder().decode(Body.self, fromBody: try await collected())
  }

  /// Refuses a body that says anything, where nothing is asked for.
  func requireEmptyBody() async throws {
    let buffer = try await collected()
    if buffer.readableBytes == 0 { return }
    guard isJSON else {
      throw APIError(.unsupportedMediaType, "this request takes no body; leave it out")
    }
    _ = try JSONDecoder().decode(EmptyBody.self, fromBody: buffer)
  }

  private func collected() async throws -> ByteBuffer { try await body.collect(upTo: .max) }

  /// Whether the content type is `application/json`, with parameters or not; a charset that is named has
  /// to be UTF-8 (RFC 8259, section 8.1).
  private var isJSON: Bool {
    let values = headers[values: .contentType]
    guard values.count == 1 else { return false }
    let parts = values[0].split(separator: ";").map(Self.trimmed)
    guard parts.first?.lowercased() == "application/json" else { return false }
    return parts.dropFirst().allSatisfy { parameter in
      let lowered = parameter.lowercased()
      guard lowered.hasPrefix("charset=") else { return true }
      return ["charset=utf-8", "charset=\"utf-8\""].contains(lowered)
    }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let isSpace = { (character: Character) in character == " " || character == "\t" }
    var text = text.drop(while: isSpace)
    while let last = text.last, isSpace(last) { text.removeLast() }
    return text
  }
}

extension JSONDecoder {
  fileprivate func decode<Body: JSONBody>(
    _ type: Body.Type, fromBody buffer: ByteBuffer
  ) throws -> Body {
    let bytes = Array(buffer.readableBytesView)
    // Foundation would guess at UTF-16 and UTF-32 from zero bytes.
    guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
      throw APIError(.badRequest, "the body is not UTF-8")
    }
    do {
      let data = Data(bytes)
      try decode(KnownFields<Body>.self, from: data).check()
      if let name = JSONFieldNames.repeated(in: bytes) {
        throw APIError(.badRequest, "the field '\(name)' comes twice; send it once")
      }
      return try decode(Body.self, from: data)
    } catch let error as DecodingError {
      throw APIError(.badRequest, Self.reason(error))
    }
  }

  private static func reason(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): return "the body has no field '\(key.stringValue)'"
    case .valueNotFound(_, let context), .typeMismatch(_, let context):
      guard let key = context.codingPath.last else { return "the body is not a JSON object" }
      return "the field '\(key.stringValue)' is not of the right type"
    case .dataCorrupted: return "the body is not valid JSON"
    @unknown default: return "the body is not valid JSON"
    }
  }
}

/// The names of an object's fields.
private struct KnownFields<Body: JSONBody>: Decodable {
  private struct AnyField: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private let names: [String]

  init(from decoder: any Decoder) throws {
    names = try decoder.container(keyedBy: AnyField.self).allKeys.map(\.stringValue)
  }

  func check() throws(APIError) {
    let known = Body.Field.allCases.map(\.stringValue).filter { !$0.isEmpty }
    guard names.contains(where: { !known.contains($0) }) else { return }
    throw APIError(
      .badRequest,
      "the body has a field that is not known here; "
        + (known.isEmpty ? "leave it out" : "known are \(known.joined(separator: ", "))"))
  }
}
