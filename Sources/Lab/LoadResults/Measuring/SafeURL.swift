/// `url` without the password of its authority (RFC 3986, section 3.2.1); the user's name stays.
func withoutPassword(_ url: String) -> String {
  let bytes = Array(url.utf8)
  // The authority goes from the two slashes to the next of these; `\` as browsers read it.
  var start = 0
  if let slashes = bytes.indices.first(where: { bytes[$0...].starts(with: "://".utf8) }) {
    start = slashes + 3
  }
  let end = bytes[start...].firstIndex { "/?#\\".utf8.contains($0) } ?? bytes.count
  guard let at = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")) else { return url }
  guard let colon = bytes[start..<at].firstIndex(of: UInt8(ascii: ":")) else { return url }
  return String(decoding: bytes[..<colon] + bytes[at...], as: UTF8.self)
}
