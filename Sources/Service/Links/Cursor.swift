internal import Crypto

/// A position as clients see it: opaque, signed, and of use only for the query it was made for.
///
/// Base64url, without padding, of a version byte, creation time and id (big endian), and the first 16
/// bytes of an HMAC-SHA256 (RFC 2104; truncated as its section 5 allows) over these and the query's
/// filters.
public enum Cursor {
  private static let version: UInt8 = 1
  private static let tagLength = 16

  public static func encode(
    _ position: LinkPosition, for query: LinkQuery, key: CursorKey
  ) -> String {
    let payload = [version] + bigEndian(position.createdAt) + bigEndian(position.id)
    return Base64URL.encode(payload + tag(of: payload, query, key))
  }

  /// Throws ``LinkError/badCursor`` if any byte is not what ``encode(_:for:key:)`` wrote for this
  /// query and key. How long that takes does not depend on which byte.
  public static func decode(
    _ text: String, for query: LinkQuery, key: CursorKey
  ) throws(LinkError) -> LinkPosition {
    guard text.utf8.count == 44, let bytes = Base64URL.decode(text),
      bytes.count == 17 + tagLength
    else { throw .badCursor }
    let payload = Array(bytes[..<17])
    let difference = zip(tag(of: payload, query, key), bytes[17...]).reduce(UInt8(0)) {
      $0 | ($1.0 ^ $1.1)
    }
    guard difference == 0, payload[0] == version else { throw .badCursor }
    func integer(at offset: Int) -> Int64 {
      Int64(bitPattern: payload[offset..<(offset + 8)].reduce(0) { $0 << 8 | UInt64($1) })
    }
    return LinkPosition(createdAt: integer(at: 1), id: integer(at: 9))
  }

  private static func tag(of payload: [UInt8], _ query: LinkQuery, _ key: CursorKey) -> [UInt8] {
    // The purpose comes first: a key used for something else later signs nothing that is valid here.
    let message = Array("lynx cursor\0".utf8) + payload + query.filterBytes
    let code = HMAC<SHA256>.authenticationCode(
      for: message, using: SymmetricKey(data: key.bytes))
    return Array(Array(code).prefix(tagLength))
  }
}

/// The secret that signs cursors: 32 random bytes, kept in the database so that cursors hold across
/// restarts and nodes. It never prints itself.
public struct CursorKey: Sendable, Equatable {
  /// The name of the setting it is kept under.
  public static let settingName = "cursor_key"
  let bytes: [UInt8]

  /// A new key.
  public init(using generator: inout some RandomNumberGenerator) {
    bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  /// Reads ``storageText``; nil if it is none.
  public init?(storageText: String) {
    guard storageText.utf8.count == 43, let bytes = Base64URL.decode(storageText),
      bytes.count == 32
    else { return nil }
    self.bytes = bytes
  }

  /// 43 characters of base64url.
  public var storageText: String { Base64URL.encode(bytes) }
}

extension CursorKey: CustomStringConvertible, CustomReflectable {
  public var description: String { "CursorKey" }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
