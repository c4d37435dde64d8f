/// A request as a person describes it.
public struct RequestDescription: Sendable, Equatable {
  public var method = "GET"
  /// Path and query, beginning with a slash; may have placeholders.
  public var path = "/"
  /// Names and values, in the order in which they are sent; values may have placeholders.
  public var headers: [Header] = []
  /// May have placeholders; none if nil.
  public var body: String?

  public struct Header: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }

    /// Reads `NAME: VALUE`.
    public init?(_ line: String) {
      guard let colon = line.firstIndex(of: ":") else { return nil }
      name = String(line[..<colon])
      value = line[line.index(after: colon)...].trimmingBlanks
    }
  }

  public init() {}

  /// What cannot be sent: a sentence's end.
  public struct Failure: Error, Sendable, Equatable {
    public let message: String

    public init(message: String) { self.message = message }
  }

  /// Whether a text is a token of RFC 9110, section 5.6.2, as methods and names of fields are.
  static func isToken(_ text: String) -> Bool {
    let others = Set("!#$%&'*+-.^_`|~".utf8)
    return !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "a")...UInt8(ascii: "z"):
          true
        default: others.contains(byte)
        }
      }
  }

  func check() throws(Failure) {
    guard Self.isToken(method) else { throw Failure(message: "'\(method)' is no method") }
    guard path.hasPrefix("/") || path == "*" && method == "OPTIONS" else {
      throw Failure(message: "the path \(path) does not begin with a slash")
    }
    for header in headers {
      guard Self.isToken(header.name) else {
        throw Failure(message: "\(header.name) is no name of a header field")
      }
      // Content-Length is worked out for each request.
      if ["content-length", "transfer-encoding"].contains(header.name.lowercased()) {
        throw Failure(message: "\(header.name) is worked out from the body; leave it out")
      }
      guard !header.value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) else {
        throw Failure(message: "the value of \(header.name) has control characters")
      }
    }
  }
}

/// Makes templates of descriptions, for one server.
public struct RequestComposer {
  private let target: LoadTarget
  private let keepsAlive: Bool
  private let firstList: Int
  private var text: TemplateText
  private var taken = 0

  /// Reads the lines of a file; throws a sentence's end.
  public typealias LineReader = (String) throws(RequestDescription.Failure) -> [String]

  /// - Parameters:
  ///   - keepsAlive: whether a connection is used for further requests.
  ///   - readLines: for `{{line:FILE}}`.
  public init(target: LoadTarget, keepsAlive: Bool, readLines: @escaping LineReader) {
    self.init(target: target, keepsAlive: keepsAlive, firstList: 0, readLines: readLines)
  }

  /// - Parameter firstList: the number of the plan's list that this composer's first one will be.
  init(
    target: LoadTarget, keepsAlive: Bool, firstList: Int, readLines: @escaping LineReader
  ) {
    self.target = target
    self.keepsAlive = keepsAlive
    self.firstList = firstList
    text = TemplateText(firstList: firstList) { path throws(TemplateText.Failure) in
      do throws(RequestDescription.Failure) {
        return try readLines(path)
      } catch {
        throw TemplateText.Failure(message: error.message)
      }
    }
  }

  /// The lists that placeholders of all templates so far draw from.
  public var lists: [RequestPlan.TextList] { text.lists }

  public mutating func template(
    of request: RequestDescription
  ) throws(RequestDescription.Failure) -> RequestTemplate {
    try request.check()
    do throws(TemplateText.Failure) {
      return try compose(request)
    } catch {
      throw RequestDescription.Failure(message: error.message)
    }
  }

  private mutating func compose(
    _ request: RequestDescription
  ) throws(TemplateText.Failure) -> RequestTemplate {
    // A placeholder's own blanks are none of the path.
    let path = try text.parse(request.path)
    for case .literal(let range) in path {
      guard text.bytes[range].allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
        throw TemplateText.Failure(
          message:
            "the path \(request.path) has blanks, control characters or letters beyond ASCII; "
            + "percent-encode them")
      }
    }
    try checkLines(of: path, "the path") { $0 > 0x20 && $0 < 0x7f }
    var head = literal("\(request.method) ") + path
    var fields = " HTTP/1.1\r\n"
    func has(_ name: String) -> Bool {
      request.headers.contains { $0.name.lowercased() == name }
    }
    if !has("host") { fields += "Host: \(target.authority)\r\n" }
    if !keepsAlive, !has("connection") { fields += "Connection: close\r\n" }
    head += literal(fields)
    for header in request.headers {
      head += literal("\(header.name): ")
      let value = try text.parse(header.value)
      try checkLines(of: value, header.name) { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
      head += value + literal("\r\n")
    }
    var body: [RequestTemplate.Part] = []
    if let content = request.body {
      body = try text.parse(content)
      head += literal("Content-Length: ")
      head.append(.bodyLength)
      head += literal("\r\n")
    } else if ["POST", "PUT", "PATCH"].contains(request.method) {
      head += literal("Content-Length: 0\r\n")
    }
    head += literal("\r\n")
    return RequestTemplate(method: request.method, bytes: text.bytes, head: head, body: body)
      .simplified
  }

  /// Refuses lines of files that would break what they are filled into.
  private func checkLines(
    of parts: [RequestTemplate.Part], _ place: String, _ isAllowed: (UInt8) -> Bool
  ) throws(TemplateText.Failure) {
    for case .pick(let list) in parts {
      guard
        let line = text.lists[list - firstList].texts.first(where: {
          !$0.utf8.allSatisfy(isAllowed)
        })
      else { continue }
      throw TemplateText.Failure(
        message: "the line \(quotedShort(line)) has characters that \(place) may not have; "
          + "percent-encode them")
    }
  }

  private mutating func literal(_ content: String) -> [RequestTemplate.Part] {
    let start = text.bytes.count
    text.appendLiteral(Substring(content))
    return [.literal(start..<text.bytes.count)]
  }
}

extension Substring {
  fileprivate var trimmingBlanks: String {
    var text = self
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }
}
