internal import Crypto

/// The key of an API client: 256 random bits. It never prints itself; whoever shows it, once, asks for
/// ``text``.
///
/// With that many bits a plain SHA-256 is as good in a database as a slow hash would be: there is nothing
/// to guess, in any order.
public struct APIKeySecret: Sendable {
  private static let prefix = "lynx_"
  private let bytes: [UInt8]

  /// A new key.
  public init(using generator: inout some RandomNumberGenerator) {
    bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  /// Reads ``text``; nil if it is none.
  public init?(text: String) {
    guard text.utf8.count == 48, text.utf8.starts(with: Self.prefix.utf8),
      let bytes = Base64URL.decode(String(text.dropFirst(Self.prefix.count))), bytes.count == 32
    else { return nil }
    self.bytes = bytes
  }

  /// `lynx_` and 43 characters of base64url.
  public var text: String { Self.prefix + Base64URL.encode(bytes) }

  public var hash: APIKeyHash { APIKeyHash(digest: Array(SHA256.hash(data: bytes))) }
}

extension APIKeySecret: CustomStringConvertible, CustomReflectable {
  public var description: String { "APIKeySecret" }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// SHA-256 of an ``APIKeySecret``: what is stored of it.
public struct APIKeyHash: Sendable, Hashable {
  public let bytes: [UInt8]

  init(digest: [UInt8]) { bytes = digest }

  /// Reads what was stored; nil if it is none.
  public init?(storedBytes: [UInt8]) {
    guard storedBytes.count == 32 else { return nil }
    bytes = storedBytes
  }

  /// Takes the same time whichever bytes differ.
  public static func == (a: Self, b: Self) -> Bool {
    guard a.bytes.count == b.bytes.count else { return false }
    return zip(a.bytes, b.bytes).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
