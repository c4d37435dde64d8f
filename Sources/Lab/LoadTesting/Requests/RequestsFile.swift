internal import Terminal

/// Requests from a file: JSON objects, or blocks as `.http` files have them.
///
/// JSON is one object, objects one after the other, or an array of them:
///
///     {"method": "POST", "path": "/api/urls", "body": {"url": "https://example.org/{{counter}}"}, "expect": 201}
///
/// A block is a request as HTTP writes it; `###` begins the next one and may name it, and comments
/// before the request say what is expected:
///
///     ### a redirect
///     # @expect 308
///     # @location https://example.org/
///     GET /fox
///     Accept: text/html
///
/// Placeholders stay as they are: ``RequestComposer`` reads them.
public struct RequestsFile: Sendable {
  public struct Entry: Sendable {
    /// As it was given, or method and path.
    public var name: String
    public var request: RequestDescription
    public var expectation: RequestPlan.Expectation
    public var weight: Int
    /// Where it begins, counted from 1.
    public var line: Int
  }

  /// Why a file cannot be read: a sentence that begins with the line, if there is one to name.
  public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }

    init(line: Int, _ message: String) { self.init("line \(line): \(message)") }
  }

  public static let mostBytes = 16 << 20
  public static let mostRequests = 100_000
  public static let mostWeight = 1_000_000

  /// In the file's order; never empty.
  public let entries: [Entry]

  /// - Parameter target: the server that URLs in the file have to name.
  public init(_ bytes: [UInt8], target: LoadTarget) throws(Failure) {
    guard bytes.count <= Self.mostBytes else {
      throw Failure("it has more than the \(SizeText.approximate(Self.mostBytes)) that are read")
    }
    // Editors of another world put a byte order mark in front.
    let hasMark = bytes.starts(with: [0xef, 0xbb, 0xbf])
    let bytes = hasMark ? Array(bytes.dropFirst(3)) : bytes
    if let zero = bytes.firstIndex(of: 0) {
      throw Failure(line: Self.line(of: zero, in: bytes), "it has a zero byte and so is no text")
    }
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw Failure("it is not UTF-8; save it as such")
    }
    let first = bytes.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }
    switch first {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      entries = try JSONRequests(bytes, target).entries()
    default:
      entries = try RequestBlocks(bytes, target).entries()
    }
    guard !entries.isEmpty else {
      throw Failure("it has no requests; write some, as JSON objects or as .http blocks")
    }
  }

  static func line(of offset: Int, in bytes: [UInt8]) -> Int {
    bytes.prefix(max(0, offset)).reduce(1) { $1 == 0x0a ? $0 + 1 : $0 }
  }
}

/// A name or value from a file, fit for a message.
func quotedShort(_ text: some StringProtocol) -> String {
  quoted(cut(String(text), toWidth: 60))
}
