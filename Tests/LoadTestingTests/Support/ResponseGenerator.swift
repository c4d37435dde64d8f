import TestSupport

@testable import LoadTesting

/// A response and what has to be read from it.
struct GeneratedResponse {
  var bytes: [UInt8] = []
  var answersHead = false
  var status = 200
  var framing = ResponseHead.Framing.none
  var keepsAlive = true
  var location: [UInt8]?
  /// Statuses of the interim responses before it.
  var interims: [Int] = []
  /// Bytes of its body without what frames them.
  var content = 0
}

/// Makes responses as servers may send them.
struct ResponseGenerator {
  var random: SeededGenerator
  /// Whether line feeds alone end lines as well.
  var usesBareLineFeeds = true

  init(_ random: SeededGenerator) { self.random = random }

  mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
  mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

  /// - Parameter mayEnd: whether it may be one that ends with the connection.
  mutating func response(mayEnd: Bool) -> GeneratedResponse {
    var response = GeneratedResponse()
    let end = usesBareLineFeeds && below(4) == 0 ? "\n" : "\r\n"
    for _ in 0..<(below(5) == 0 ? 1 + below(2) : 0) {
      let status = pick([100, 102, 103, 199])
      response.interims.append(status)
      response.bytes += "HTTP/1.1 \(status) Go on\(end)Link: </a>; rel=preload\(end)\(end)".utf8
    }
    let isOld = below(6) == 0
    response.status = pick([200, 200, 201, 204, 301, 304, 308, 404, 500, 999])
    response.answersHead = below(6) == 0
    var lines = [
      "HTTP/1.\(isOld ? 0 : 1) \(response.status)" + pick([" OK", " ", " Not  So\tGood"])
    ]
    var fields: [String] = []
    for _ in 0..<below(4) {
      fields.append(pick(["X: ", "Content-Type: text/html", "Set-Cookie: a=b:c", "Cache: \"x\""]))
    }
    if below(3) == 0 {
      let text = pick(["https://example.org/", "/a?b=c:d", "x"])
      response.location = Array(text.utf8)
      fields.append(field("Location", text))
    }
    var says: Bool?
    if below(3) == 0 {
      says = below(2) == 0
      let others = pick(["", "x, ", ", "])
      fields.append(
        field(
          "Connection",
          others + pick(says == true ? ["keep-alive", "Keep-Alive"] : ["close", "CLOSE"])))
    }
    let body = addBody(&response, &fields, end: end, mayEnd: mayEnd)
    shuffle(&fields)
    lines += fields
    response.bytes += (lines.map { $0 + end }.joined() + end).utf8
    response.bytes += body
    response.keepsAlive =
      response.framing != .untilClose && (says ?? !isOld)
    return response
  }

  /// Decides on a body; its bytes.
  private mutating func addBody(
    _ response: inout GeneratedResponse, _ fields: inout [String], end: String, mayEnd: Bool
  ) -> [UInt8] {
    let hasNone = response.answersHead || response.status == 204 || response.status == 304
    let kind = below(mayEnd ? 4 : 3)
    if kind < 2 {
      let length = pick([0, 1, 7, 100, 300])
      fields.append(field("Content-Length", pick(["", "0", "00"]) + "\(length)"))
      if hasNone { return [] }
      response.framing = length == 0 ? .none : .length(length)
      response.content = length
      return random.bytes(length)
    }
    if kind == 2 {
      fields.append(field("Transfer-Encoding", pick(["chunked", "Chunked", "gzip, chunked"])))
      if hasNone { return [] }
      response.framing = .chunked
      return chunked(&response, end)
    }
    if hasNone { return [] }
    response.framing = .untilClose
    response.content = below(50)
    return random.bytes(response.content)
  }

  private mutating func chunked(_ response: inout GeneratedResponse, _ end: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<below(4) {
      let length = 1 + below(pick([3, 40]))
      let size = String(length, radix: 16, uppercase: below(2) == 0)
      bytes += (pick(["", "0", "000"]) + size + pick(["", ";a", ";a=b", ";a=\"b;c\""]) + end).utf8
      bytes += random.bytes(length)
      bytes += end.utf8
      response.content += length
    }
    bytes += (pick(["0", "000"]) + end).utf8
    for _ in 0..<(below(3) == 0 ? 2 : 0) { bytes += ("Trailer: value" + end).utf8 }
    return bytes + end.utf8
  }

  /// A field in some case, with some blanks.
  private mutating func field(_ name: String, _ value: String) -> String {
    let name = pick([name, name.lowercased(), name.uppercased()])
    return name + ":" + pick(["", " ", "\t", "  "]) + value + pick(["", " ", "\t "])
  }

  private mutating func shuffle(_ fields: inout [String]) {
    fields.shuffle(using: &random)
  }

  /// Some responses of one connection, the last of which may end with it.
  mutating func exchange() -> [GeneratedResponse] {
    let count = 1 + below(4)
    return (1...count).map { response(mayEnd: $0 == count) }
  }
}

extension [GeneratedResponse] {
  var bytes: [UInt8] { flatMap(\.bytes) }
  var heads: [Bool] { map(\.answersHead) }
}
