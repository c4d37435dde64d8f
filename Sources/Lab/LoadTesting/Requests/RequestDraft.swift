internal import Terminal

/// What a file says of a request, on the way to an entry.
struct RequestDraft {
  /// Why it is none: a sentence's end.
  struct Problem: Error {
    let message: String

    init(_ message: String) { self.message = message }
  }

  var line: Int
  var name: String?
  var method: String?
  /// A path, or a URL.
  var place: String?
  var headers: [RequestDescription.Header] = []
  var body: String?
  /// Whether it is sent with its media type, unless the headers have one.
  var isBodyJSON = false
  var statuses: [Int]?
  var location: String?
  var weight: Int?

  init(line: Int) { self.line = line }

  func entry(for target: LoadTarget) throws(Problem) -> RequestsFile.Entry {
    guard let place else { throw Problem("it has no path; give it one") }
    var request = RequestDescription()
    request.method = method ?? (body == nil ? "GET" : "POST")
    request.path = try Self.path(place, target)
    request.headers = headers
    if isBodyJSON, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
      request.headers.append(.init("Content-Type", "application/json"))
    }
    request.body = body
    do throws(RequestDescription.Failure) { try request.check() } catch {
      throw Problem(printable(error.message))
    }
    return RequestsFile.Entry(
      name: name ?? "\(request.method) \(place)", request: request,
      expectation: RequestPlan.Expectation(
        statuses: statuses ?? [], location: location.map { .exactly($0) }),
      weight: weight ?? 1, line: line)
  }

  // MARK: Values

  mutating func set(statuses: [Int]) throws(Problem) {
    // 1xx are never the last word.
    guard !statuses.isEmpty, statuses.allSatisfy({ (200...999).contains($0) }) else {
      throw Problem("what is expected is one status from 200 to 999, or several")
    }
    self.statuses = statuses
  }

  mutating func set(weight: Int?) throws(Problem) {
    guard let weight, (1...RequestsFile.mostWeight).contains(weight) else {
      throw Problem("a weight is a whole number from 1 to \(RequestsFile.mostWeight)")
    }
    self.weight = weight
  }

  mutating func set(location: String) throws(Problem) {
    guard !location.isEmpty, location.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
      throw Problem("a location is a URL without blanks or control characters")
    }
    guard !location.utf8.hasBraces else {
      throw Problem("a location is compared as it stands, and has no placeholders")
    }
    self.location = location
  }

  // MARK: Where to

  /// Path and query of a place at `target`.
  static func path(_ place: String, _ target: LoadTarget) throws(Problem) -> String {
    let place = withoutFragment(place)
    let bytes = place.utf8
    if bytes.first == UInt8(ascii: "/") || place == "*" { return String(place) }
    guard let mark = place.firstRange(of: "://") else {
      throw Problem(
        "\(quotedShort(place)) is neither a path, which begins with a slash, nor a URL")
    }
    let end =
      bytes[mark.upperBound...].firstIndex { "/?".utf8.contains($0) } ?? place.endIndex
    let server: LoadTarget
    do throws(LoadTarget.ParseError) { server = try LoadTarget(String(place[..<end])) } catch {
      throw Problem("\(quotedShort(place)) is no URL: \(printable(error.message))")
    }
    guard server.isSecure == target.isSecure, server.port == target.port,
      server.host.lowercased() == target.host.lowercased()
    else {
      throw Problem(
        "\(quotedShort(place)) is at another server than \(target.with(path: "/").url); "
          + "write paths, or load that one by itself")
    }
    let path = place[end...]
    return path.utf8.first == UInt8(ascii: "/") ? String(path) : "/" + path
  }

  /// Fragments are not sent: RFC 9110, section 7.1. What is within a placeholder is none.
  private static func withoutFragment(_ place: String) -> Substring {
    let bytes = place.utf8
    var isInside = false
    var last: UInt8 = 0
    for index in bytes.indices {
      let byte = bytes[index]
      if byte == last, byte == UInt8(ascii: "{") { isInside = true }
      if byte == last, byte == UInt8(ascii: "}") { isInside = false }
      if byte == UInt8(ascii: "#"), !isInside { return place[..<index] }
      last = byte
    }
    return place[...]
  }
}

extension String.UTF8View {
  /// Whether there are two opening braces side by side.
  fileprivate var hasBraces: Bool {
    zip(self, dropFirst()).contains { $0 == UInt8(ascii: "{") && $1 == UInt8(ascii: "{") }
  }
}
