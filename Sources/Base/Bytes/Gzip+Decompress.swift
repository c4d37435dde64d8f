import CZlib

extension Gzip {
  /// What a gzip file of one or more members holds, checksums verified.
  ///
  /// - Parameter limit: the most bytes to give; a larger content is an error, so that a small
  ///   file cannot fill the memory.
  /// - Throws: `ByteError` with the offset in the compressed bytes if these are not gzip,
  ///   damaged, cut short, larger than `limit` or followed by something else.
  public static func decompress(
    _ bytes: [UInt8], limit: Int = Gzip.defaultLimit
  ) throws(ByteError) -> [UInt8] {
    guard isGzip(bytes) else { throw ByteError("not a gzip stream", offset: 0) }
    let stream = ZlibStream()
    defer { stream.free() }
    let status = inflateInit2_(stream.pointer, 15 + 16, ZLIB_VERSION, ZlibStream.size)
    guard status == Z_OK else { throw stream.error("gzip cannot begin", status, offset: 0) }
    defer { inflateEnd(stream.pointer) }

    var output: [UInt8] = []
    var consumed = 0
    while true {
      let step = stream.step(bytes, from: consumed, into: &output) { stream, _ in
        inflate(stream, Z_NO_FLUSH)
      }
      consumed += step.consumed
      guard output.count <= limit else {
        throw ByteError("gzip content is larger than the limit of \(limit) bytes", offset: consumed)
      }
      switch step.status {
      case Z_OK:
        continue
      case Z_STREAM_END:
        if consumed == bytes.count { return output }
        guard isGzip(bytes[consumed...]) else {
          throw ByteError("unexpected data after the gzip stream", offset: consumed)
        }
        guard inflateReset(stream.pointer) == Z_OK else {
          throw ByteError("gzip cannot begin again", offset: consumed)
        }
      case Z_BUF_ERROR where consumed == bytes.count:
        throw ByteError("gzip stream is cut short", offset: consumed)
      default:
        throw stream.error("gzip stream is damaged", step.status, offset: consumed)
      }
    }
  }
}
