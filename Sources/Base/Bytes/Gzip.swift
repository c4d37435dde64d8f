/// Gzip files (RFC 1952) held in memory, through zlib.
public enum Gzip {
  /// The most that `decompress` gives unless told otherwise: 2 GiB.
  public static let defaultLimit = 2 << 30

  /// Whether the bytes begin as a gzip file does (RFC 1952, section 2.3.1).
  public static func isGzip(_ bytes: [UInt8]) -> Bool {
    isGzip(bytes[...])
  }

  static func isGzip(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.starts(with: [0x1f, 0x8b])
  }
}
