import TestSupport

/// Requests, right ones and such as nobody should send.
struct RequestGenerator {
  var random: SeededGenerator

  init(_ random: SeededGenerator) { self.random = random }

  /// A request that follows every rule, as text, and what it says.
  struct Valid {
    var text: String
    var path: String
    var query: String?
    var keepsAlive: Bool
    var isHTTP10: Bool
    var method: String
    /// As it is sent.
    var body: String
  }

  mutating func valid() -> Valid {
    let method = pick(["GET", "GET", "GET", "HEAD", "POST", "DELETE", "GETS", "get", "M-SEARCH"])
    let isHTTP10 = chance(5)
    let path = word("abcXYZ019-_.~/%41é:@!$&'()*+,;=", 0...20).replacing("%", with: "%2")
    let query = chance(3) ? word("ab=&?/%", 0...9) : nil
    var target = "/" + path + (query.map { "?" + $0 } ?? "")
    if chance(6) {
      target = pick(["http://", "HTTPS://"]) + pick(["a", "a.b:80", "[::1]:3"]) + target
    }
    var lines: [String] = []
    if !isHTTP10 || chance(2) {
      lines.append(cased("Host") + ":" + pick(["", " ", "\t "]) + "a.example:80")
    }
    var closes = false
    var saysKeepAlive = false
    switch Int.random(in: 0..<5, using: &random) {
    case 0:
      lines.append(cased("Connection") + ": " + cased("close"))
      closes = true
    case 1:
      lines.append(cased("Connection") + ": x ,\t" + cased("keep-alive") + " , y")
      saysKeepAlive = true
    default: break
    }
    var body = ""
    if chance(4) {
      let content = word("abc\r\n", 0...30)
      if isHTTP10 || chance(2) {
        lines.append(cased("Content-Length") + ":\t\(content.utf8.count) ")
        body = content
      } else {
        lines.append(cased("Transfer-Encoding") + ": " + cased("chunked"))
        body = chunked(content)
      }
    }
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      lines.append(
        word("abcdefX-!#$%&'*+.^_`|~09", 1...20) + "x:" + word("ab \tü\"()<>@,;:\\/[]?={}", 0...40))
    }
    lines.shuffle(using: &random)
    let version = isHTTP10 ? "1.0" : "1.1"
    let text =
      (chance(8) ? "\r\n" : "") + "\(method) \(target) HTTP/\(version)\r\n"
      + lines.map { $0 + "\r\n" }.joined() + "\r\n"
    return Valid(
      text: text, path: path, query: query,
      keepsAlive: isHTTP10 ? saysKeepAlive : !closes, isHTTP10: isHTTP10, method: method, body: body
    )
  }

  mutating func chunked(_ content: String) -> String {
    var rest = Array(content.utf8)[...]
    var text = ""
    while !rest.isEmpty {
      let size = Int.random(in: 1...rest.count, using: &random)
      let digits = String(size, radix: 16, uppercase: chance(2))
      text += (chance(3) ? "00" : "") + digits + (chance(3) ? ";a=\"b\"" : "") + "\r\n"
      text += String(decoding: rest.prefix(size), as: UTF8.self) + "\r\n"
      rest = rest.dropFirst(size)
    }
    return text + "0\r\n" + (chance(3) ? "Trailer: value\r\n" : "") + "\r\n"
  }

  /// Bytes that begin like a request and go wrong somewhere.
  mutating func hostile() -> [UInt8] {
    let valid = valid()
    var bytes = Array((valid.text + valid.body).utf8)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let place = Int.random(in: 0...bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes.insert(pick([0, 9, 10, 13, 32, 37, 58, 127, 128, 255]), at: place)
      case 1: if place < bytes.count { bytes.remove(at: place) }
      case 2: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &random) }
      case 3: bytes.insert(contentsOf: Array(pick(Self.pieces).utf8), at: place)
      default: bytes.removeSubrange(place...)
      }
    }
    return bytes
  }

  static let pieces = [
    "\r\n", "\n", "\r\n ", ":", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n",
    "Host: b\r\n", "%", "HTTP/1.1", "\r\n\r\n", "0", "99999999999999999999", "\0",
  ]

  /// The bytes in pieces.
  mutating func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var rest = bytes[...]
    var pieces: [ArraySlice<UInt8>] = []
    let longest = pick([1, 3, 20, 200])
    while !rest.isEmpty {
      let size = Int.random(in: 1...longest, using: &random)
      pieces.append(rest.prefix(size))
      rest = rest.dropFirst(size)
    }
    return pieces
  }

  mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }

  mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int.random(in: 0..<values.count, using: &random)]
  }

  mutating func word(_ characters: String, _ lengths: ClosedRange<Int>) -> String {
    let scalars = Array(characters.unicodeScalars)
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: lengths, using: &random) { text.append(pick(scalars)) }
    return String(text)
  }

  private mutating func cased(_ text: String) -> String {
    String(text.map { chance(2) ? Character($0.uppercased()) : Character($0.lowercased()) })
  }
}
