internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOHTTP1

/// A request that is read, on its way from the parser's types to the router's.
struct WireRequest {
  let head: HTTPRequestHead
  var body = ByteBuffer()

  /// Whether the client will send another request on this connection, as far as it is up to the client.
  /// After an upgrade or CONNECT the parser reads no further.
  var isKeptAlive: Bool {
    head.isKeepAlive && head.method != .CONNECT
      && !head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
  }

  var expectsContinue: Bool {
    head.version == .http1_1
      && head.headers["expect"].contains { $0.lowercased() == "100-continue" }
  }

  var hasBody: Bool {
    head.headers.contains(name: "transfer-encoding")
      || head.headers["content-length"].contains { $0 != "0" }
  }

  /// Nil if its method is no token, which the parser lets pass.
  func request() -> Request? {
    guard let method = HTTPRequest.Method(head.method.rawValue) else { return nil }
    var fields = HTTPFields()
    for (name, value) in head.headers where name.lowercased() != "host" {
      if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
    }
    let head = HTTPRequest(
      method: method, scheme: "http", authority: head.headers.first(name: "host"), path: head.uri,
      headerFields: fields)
    return Request(head: head, body: RequestBody(buffer: body))
  }
}

/// A response with its body in memory, as all of this server are.
struct WireResponse: Sendable {
  let status: HTTPResponseStatus
  var headers: HTTPHeaders
  let body: ByteBuffer

  init(_ response: Response) async throws {
    let collector = Collector()
    try await response.body.write(collector)
    self.init(response.status, response.headers, collector.body)
  }

  /// An answer that says why there is no other.
  init(_ error: APIError) {
    let body = ErrorBody.text(error.reason)
    var fields = error.fields
    fields[.contentType] = ErrorBody.contentType
    fields[.cacheControl] = "no-store"
    fields[.contentLength] = "\(body.utf8.count)"
    self.init(error.status, fields, ByteBuffer(string: body))
  }

  private init(_ status: HTTPResponse.Status, _ fields: HTTPFields, _ body: ByteBuffer) {
    self.status = HTTPResponseStatus(
      statusCode: status.code, reasonPhrase: status.reasonPhrase)
    headers = HTTPHeaders(fields.map { ($0.name.rawName, $0.value) })
    self.body = body
  }

  private final class Collector: ResponseBodyWriter {
    var body = ByteBuffer()

    func write(_ buffer: ByteBuffer) async throws { body.writeImmutableBuffer(buffer) }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
  }
}
